"""Tables of posts that people bring: pasted from a sheet, or a CSV file. Reads, checks and reports; saves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.spreadsheets import csv_rows
from cauce.calls.models import ContractKind, Shift
from cauce.calls.queries import PostLookup
from cauce.calls.rules.drafting import PostValues
from cauce.institutions.rules import fold

MOST_ROWS = 5000
MOST_OCTETS = 1_000_000
MOST_PROBLEMS = 100
_SHOWN = 60

COLUMNS: dict[str, tuple[str, ...]] = {
    "key": ("clave", "key"),
    "clues": ("clues",),
    "site": ("sede", "unidad", "hospital", "site"),
    "state": ("estado", "entidad", "state"),
    "municipality": ("municipio", "municipality"),
    "specialty": ("especialidad", "specialty"),
    "seats": ("lugares", "plazas", "vacantes", "seats"),
    "shift": ("turno", "shift"),
    "contract": ("contrato", "tipo de contrato", "contract"),
    "monthly_pay": ("sueldo", "sueldo mensual", "pay"),
    "isolation_percent": ("aislamiento", "% aislamiento", "isolation"),
    "rural_percent": ("rural", "% rural"),
    "is_priority": ("prioritaria", "priority"),
    "has_housing": ("vivienda", "housing"),
    "has_transport": ("transporte", "transport"),
    "note": ("nota", "note"),
}
_NEEDED = ("key", "specialty", "seats", "shift", "contract")
_SHIFTS = {
    "matutino": Shift.MORNING, "vespertino": Shift.AFTERNOON, "nocturno": Shift.NIGHT,
    "jornada acumulada": Shift.WEEKEND, "tiempo completo": Shift.FULL,
} | {shift.value: shift for shift in Shift}  # fmt: skip
_CONTRACTS = {
    "02": ContractKind.PERMANENT, "2": ContractKind.PERMANENT, "base": ContractKind.PERMANENT,
    "base (02)": ContractKind.PERMANENT, "08": ContractKind.SUBSTITUTION, "8": ContractKind.SUBSTITUTION,
    "sustitucion": ContractKind.SUBSTITUTION, "sustitucion (08)": ContractKind.SUBSTITUTION,
    "beca": ContractKind.TRAINING, "beca de residencia": ContractKind.TRAINING, "training": ContractKind.TRAINING,
}  # fmt: skip
_YES = {
    "si": True,
    "s": True,
    "x": True,
    "1": True,
    "yes": True,
    "no": False,
    "n": False,
    "0": False,
    "": False,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a cell: row as counted in the sheet (the head is row 1), column, what it holds, remedy."""

    row: int
    column: str
    value: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a table holds: posts ready to add, or the problems that stop all of it."""

    rows: int
    posts: tuple[PostValues, ...]
    problems: tuple[Problem, ...]


class _Bad(Exception):
    """A cell that cannot be read; carries sentence and remedy."""


def read_posts(data: bytes | str, lookup: PostLookup) -> Reading:
    """Read a table of posts with a head, separated by tabs, commas or semicolons.

    Any problem means no posts: all or nothing. At most ``MOST_PROBLEMS`` are told.
    """
    text = _text(data)
    if isinstance(text, Problem):
        return Reading(0, (), (text,))
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return Reading(0, (), (_whole(_("La tabla está vacía."), _("Pegar la tabla con su encabezado.")),))
    rows = csv_rows(lines, delimiter=_separator(lines[0]))
    columns, problems = _columns(rows[0])
    if len(rows) - 1 > MOST_ROWS:
        facts = {"rows": figures.number(len(rows) - 1), "most": figures.number(MOST_ROWS)}
        problems.append(
            _whole(_("La tabla tiene %(rows)s filas; el máximo es %(most)s.") % facts, _("Dividirla."))
        )
    if not problems and len(rows) == 1:
        problems.append(_whole(_("La tabla solo tiene encabezado."), _("Añadir una fila por plaza.")))
    if problems:
        return Reading(len(rows) - 1, (), tuple(problems))
    posts: list[PostValues] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows[1:], start=2):
        row = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
        values, faults = _row(number, row, lookup)
        first = seen.setdefault(row["key"], number)
        if first != number:
            sentence = _("La clave está también en la fila %(row)s.") % {"row": first}
            faults.append(Problem(number, _("clave"), row["key"][:_SHOWN], sentence, _("Dejar una sola.")))
        problems += faults
        if values is not None:
            posts.append(values)
        if len(problems) >= MOST_PROBLEMS:
            break
    return Reading(len(rows) - 1, () if problems else tuple(posts), tuple(problems[:MOST_PROBLEMS]))


def _text(data: bytes | str) -> str | Problem:
    size = len(data) if isinstance(data, bytes) else len(data.encode())
    if size > MOST_OCTETS:
        facts = {"size": figures.size(size), "most": figures.size(MOST_OCTETS)}
        return _whole(_("La tabla pesa %(size)s; el máximo es %(most)s.") % facts, _("Dividirla."))
    if isinstance(data, str):
        text = data
    elif data[:2] == b"PK":
        return _whole(
            _("Es un libro de cálculo, no un CSV."), _("Guardarlo como CSV, o copiar y pegar las celdas.")
        )
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        return _whole(_("No es un archivo de texto."), _("Guardarlo como CSV, o copiar y pegar las celdas."))
    return text.removeprefix("\ufeff")


def _whole(sentence: str, remedy: str) -> Problem:
    return Problem(1, "", "", sentence, remedy)


def _separator(head: str) -> str:
    return max("\t;,", key=head.count)


def _columns(head: list[str]) -> tuple[dict[str, int], list[Problem]]:
    names = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    columns: dict[str, int] = {}
    problems: list[Problem] = []
    known = ", ".join(aliases[0] for aliases in COLUMNS.values())
    for place, cell in enumerate(head):
        name = names.get(fold(cell))
        if name is None and cell.strip():
            remedy = _("Las columnas son: %(known)s.") % {"known": known}
            problems.append(Problem(1, cell.strip()[:_SHOWN], "", _("Esta columna no se conoce."), remedy))
        elif name in columns:
            problems.append(
                Problem(1, cell.strip()[:_SHOWN], "", _("Esta columna está dos veces."), _("Dejar una."))
            )
        elif name is not None:
            columns[name] = place
    for name in _NEEDED:
        if name not in columns:
            problems.append(
                Problem(1, COLUMNS[name][0], "", _("Falta esta columna."), _("Añadirla al encabezado."))
            )
    if "clues" not in columns and "site" not in columns:
        problems.append(
            Problem(1, "clues", "", _("Falta decir la sede."), _("Añadir la columna clues o sede."))
        )
    return columns, problems


def _row(number: int, row: Mapping[str, str], lookup: PostLookup) -> tuple[PostValues | None, list[Problem]]:
    readers: tuple[tuple[str, str, Callable[[], Any]], ...] = (
        ("key", "key", lambda: _key(row["key"], lookup)),
        ("site_id", "clues" if row.get("clues") else "site", lambda: _site(row, lookup)),
        ("specialty_id", "specialty", lambda: _specialty(row["specialty"], lookup)),
        ("seats", "seats", lambda: _whole_number(row["seats"], 1, 999)),
        ("shift", "shift", lambda: _one_of(row["shift"], _SHIFTS).value),
        ("contract", "contract", lambda: _one_of(row["contract"], _CONTRACTS).value),
        ("monthly_pay", "monthly_pay", lambda: _pay(row.get("monthly_pay", ""))),
        ("isolation_percent", "isolation_percent", lambda: _percent(row.get("isolation_percent", ""), 50)),
        ("rural_percent", "rural_percent", lambda: _percent(row.get("rural_percent", ""), 20)),
        ("is_priority", "is_priority", lambda: _one_of(row.get("is_priority", ""), _YES)),
        ("has_housing", "has_housing", lambda: _one_of(row.get("has_housing", ""), _YES)),
        ("has_transport", "has_transport", lambda: _one_of(row.get("has_transport", ""), _YES)),
        ("note", "note", lambda: _note(row.get("note", ""))),
    )
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, column, read in readers:
        try:
            values[field] = read()
        except _Bad as bad:
            sentence, remedy = bad.args
            shown = row.get(column, "")[:_SHOWN]
            problems.append(Problem(number, COLUMNS[column][0], shown, sentence, remedy))
    return (None if problems else PostValues(**values)), problems


def _key(text: str, lookup: PostLookup) -> str:
    if not text or len(text) > 20 or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in text):
        raise _Bad(_("No es una clave."), _("Usar hasta 20 letras, números, guiones o puntos."))
    return text


def _site(row: Mapping[str, str], lookup: PostLookup) -> int:
    if clues := row.get("clues", "").upper():
        found = lookup.by_clues.get(clues)
        if found is None:
            raise _Bad(
                _("Ninguna sede del catálogo tiene esta CLUES."),
                _("Revisarla, o dejarla vacía y decir la sede."),
            )
        return found
    name = row.get("site", "")
    if not name:
        raise _Bad(_("Falta la sede."), _("Escribir su CLUES o su nombre."))
    homonyms = list(_homonyms(row, lookup))
    if not homonyms:
        raise _Bad(
            _("Esta sede no está en el catálogo."), _("Escribir su nombre como en el catálogo, o su CLUES.")
        )
    if len(homonyms) > 1:
        facts = {"count": figures.number(len(homonyms))}
        raise _Bad(
            _("Hay %(count)s sedes con este nombre.") % facts,
            _("Añadir el estado y el municipio, o la CLUES."),
        )
    return homonyms[0]


def _homonyms(row: Mapping[str, str], lookup: PostLookup) -> Iterator[int]:
    state, municipality = fold(row.get("state", "")), fold(row.get("municipality", ""))
    for site in lookup.by_name.get(fold(row["site"]), ()):
        if state in ("", site.state_key, fold(site.state)) and municipality in ("", fold(site.municipality)):
            yield site.id


def _specialty(text: str, lookup: PostLookup) -> int:
    found = lookup.specialties.get(fold(text))
    if found is None:
        raise _Bad(
            _("Esta especialidad no está en el catálogo."), _("Escribir su nombre como en el catálogo.")
        )
    return found


def _whole_number(text: str, least: int, most: int) -> int:
    plain = text.replace(",", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 8 and least <= int(plain) <= most):
        facts = {"least": least, "most": figures.number(most)}
        raise _Bad(_("No es un número entero de %(least)s a %(most)s.") % facts, _("Escribirlo con números."))
    return int(plain)


def _percent(text: str, most: int) -> int:
    return _whole_number(text.removesuffix("%").strip() or "0", 0, most)


def _pay(text: str) -> Decimal | None:
    plain = text.replace("$", "").replace(",", "").strip()
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 < amount < 1_000_000 or amount != round(amount, 2):
        raise _Bad(_("No es un sueldo mensual en pesos."), _("Escribirlo como 39021.00, o dejarlo vacío."))
    return round(amount, 2)


def _one_of(text: str, values: Mapping[str, Any]) -> Any:
    found = values.get(fold(text))
    if found is None:
        known = ", ".join(key for key in values if len(key) > 1)
        raise _Bad(_("Este valor no se conoce."), _("Usar uno de: %(known)s.") % {"known": known})
    return found


def _note(text: str) -> str:
    if len(text) > 300:
        raise _Bad(_("La nota tiene más de 300 caracteres."), _("Acortarla."))
    return text
