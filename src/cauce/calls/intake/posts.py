"""Tables of posts that people bring, as a file or pasted: read dry, with every doubt and fault in its cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from cauce.base import figures
from cauce.base.imports import Bad, Column, Doubtful, Record, Sheet, Told, read_sheet, repeated
from cauce.base.phrases import phrase as _
from cauce.base.phrases import together
from cauce.calls.intake.cells import state_of
from cauce.calls.models import ContractKind, Shift
from cauce.calls.queries import PostLookup
from cauce.calls.rules.drafting import PostValues, fingerprint
from cauce.institutions.rules import clues_check, fold

MOST_ROWS = 50_000
_SHOWN = 60
_FRACTION = re.compile(r"0?\.[0-9]{1,4}", re.ASCII)
COLUMNS: dict[str, tuple[str, ...]] = {
    "key": ("clave", "key"),
    "clues": ("clues", "clave de la unidad"),
    "site": ("sede", "unidad", "hospital", "nombre de la unidad", "site"),
    "state": ("estado", "entidad", "entidad federativa", "state"),
    "municipality": ("municipio", "municipality"),
    "specialty": ("especialidad", "specialty"),
    "seats": ("lugares", "plazas", "vacantes", "seats"),
    "shift": ("turno", "shift"),
    "contract": ("contrato", "tipo de contrato", "contract"),
    "monthly_pay": ("sueldo", "sueldo mensual", "sueldo mensual (MXN)", "pay"),
    "isolation_percent": ("aislamiento", "zona alejada (%)", "isolation"),
    "rural_percent": ("rural", "rural (%)"),
    "is_priority": ("prioritaria", "priority"),
    "has_housing": ("vivienda", "housing"),
    "has_transport": ("transporte", "transport"),
    "note": ("nota", "note"),
}
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


def columns(lookup: PostLookup) -> list[Column]:
    """The columns of a table of posts, by the names that institutions and the product's own tables give them."""
    return [
        Column("key", COLUMNS["key"], _key),
        Column("clues", COLUMNS["clues"], _text, needed=False, memo=True),
        Column("site", COLUMNS["site"], _text, needed=False, memo=True),
        Column("state", COLUMNS["state"], state_of(lookup.states), needed=False, memo=True),
        Column("municipality", COLUMNS["municipality"], _text, needed=False, memo=True),
        Column("specialty", COLUMNS["specialty"], _specialty(lookup), memo=True),
        Column("seats", COLUMNS["seats"], _whole_number(1, 999), memo=True),
        Column("shift", COLUMNS["shift"], _one_of(_SHIFTS, "matutino", "vespertino", "nocturno", "jornada acumulada", "tiempo completo"), memo=True),
        Column("contract", COLUMNS["contract"], _one_of(_CONTRACTS, "02", "08", "beca"), memo=True),
        Column("monthly_pay", COLUMNS["monthly_pay"], _pay, needed=False, memo=True),
        Column("isolation_percent", COLUMNS["isolation_percent"], _percent(50), needed=False, memo=True),
        Column("rural_percent", COLUMNS["rural_percent"], _percent(20), needed=False, memo=True),
        Column("is_priority", COLUMNS["is_priority"], _one_of(_YES, "sí", "no"), needed=False, memo=True),
        Column("has_housing", COLUMNS["has_housing"], _one_of(_YES, "sí", "no"), needed=False, memo=True),
        Column("has_transport", COLUMNS["has_transport"], _one_of(_YES, "sí", "no"), needed=False, memo=True),
        Column("note", COLUMNS["note"], _note, needed=False),
    ]  # fmt: skip


_UNSAID: dict[str, Any] = {
    "monthly_pay": None, "isolation_percent": 0, "rural_percent": 0, "is_priority": False, "has_housing": False,
    "has_transport": False, "note": "",
}  # fmt: skip


def read_posts(
    data: bytes,
    lookup: PostLookup,
    present: Mapping[str, PostValues] | None = None,
    told: Told = lambda near: None,
) -> tuple[Sheet, list[PostValues]]:
    """Read a table of posts; return what was found and the posts, none if anything is at fault.

    ``present`` are the posts of the call by key. What would change in them is told as doubts; ``facts`` count the
    new, changed and equal ones and hold the fingerprint ``seen`` of those that would change, as they are now.
    """
    sheet = read_sheet(data, columns(lookup), most_rows=MOST_ROWS, told=told)
    if sheet.table is not None and not {"clues", "site"} & set(sheet.table.places) and sheet.table.places:
        sheet.whole(
            _("Falta decir la sede."), _("Agregar la columna clues o sede."), row=sheet.table.head_row,
            column="clues",
        )  # fmt: skip
    elif sheet.table is not None:
        repeated(sheet, "key")
    posts: list[PostValues] = []
    counts = {"new": 0, "changed": 0, "same": 0}
    overwritten: list[PostValues] = []
    for record in sheet.records:
        site = _site(sheet, record, lookup) if record.is_good else None
        if site is None:
            continue
        values = {**_UNSAID, **{name: record.values[name] for name in _NAMES if name in record.values}}
        post = PostValues(site_id=site, specialty_id=record.values["specialty"], **values)
        posts.append(post)
        before = (present or {}).get(post.key)
        counts["new" if before is None else "same" if before == post else "changed"] += 1
        if before is not None and before != post:
            overwritten.append(before)
            _tell_change(sheet, record, before, post)
    sheet.records = []
    sheet.facts = {**counts, "seats": sum(post.seats for post in posts), "seen": seen_of(overwritten)}
    return sheet, [] if sheet.report.faults else posts


_NAMES = tuple(field.name for field in fields(PostValues) if field.name not in ("site_id", "specialty_id"))


def seen_of(posts: list[PostValues]) -> str:
    """Return a fingerprint of posts, whatever their order."""
    return fingerprint({post.key: post.fingerprint for post in sorted(posts, key=lambda post: post.key)})


def _tell_change(sheet: Sheet, record: Record, before: PostValues, post: PostValues) -> None:
    names = {column.key: column.names[0] for column in sheet.columns}
    differing = [
        names[field.name.removesuffix("_id")]
        for field in fields(post)
        if getattr(post, field.name) != getattr(before, field.name)
    ]
    record.raw.setdefault("key", post.key)
    sheet.doubt(
        record, "key", _("La plaza ya está en la convocatoria y cambiaría: %(what)s.") % {"what": ", ".join(differing)},
        _("Si no debe cambiar, quitar la fila."),
    )  # fmt: skip


def _text(text: str) -> str:
    return text


def _key(text: str) -> str:
    if not text or len(text) > 20 or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in text):
        raise Bad(_("No es una clave."), _("Usar hasta 20 letras, números, guiones o puntos."))
    return text


def _site(sheet: Sheet, record: Record, lookup: PostLookup) -> int | None:
    """The site of a row by its CLUES, or by its name; ``None`` with the fault told."""
    values = record.values
    told = record.raw
    for key in ("clues", "site"):
        told.setdefault(key, values.get(key, "")[:_SHOWN])
    if clues := values.get("clues", "").replace(" ", "").upper():
        found = lookup.by_clues.get(clues)
        if found is None:
            verdict = clues_check(clues)
            remedy = _("Revisarla, o dejarla vacía y decir la sede.")
            sentence = _("Ninguna sede del catálogo tiene esta CLUES.")
            sheet.fault(record, "clues", sentence if verdict else together(sentence, verdict.reason), remedy)
            return None
        state = values.get("state")
        if state and lookup.state_of.get(found, state) != state:
            sheet.doubt(
                record, "clues", _("La CLUES es de otro estado que el que dice la fila."),
                _("Revisar si las columnas están recorridas. Se toma la CLUES."),
            )  # fmt: skip
        return found
    name = values.get("site", "")
    if not name:
        sheet.fault(record, "site", _("Falta la sede."), _("Escribir su CLUES o su nombre."))
        return None
    homonyms = list(_homonyms(values, lookup))
    if len(homonyms) == 1:
        return homonyms[0]
    if homonyms:
        sentence = _("Hay %(count)s sedes con este nombre.") % {"count": figures.number(len(homonyms))}
        remedy = _("Agregar el estado y el municipio, o la CLUES.")
    else:
        sentence = _("Esta sede no está en el catálogo.")
        remedy = _("Escribir su nombre como en el catálogo, o su CLUES.")
    sheet.fault(record, "site", sentence, remedy)
    return None


def _homonyms(values: Mapping[str, Any], lookup: PostLookup) -> Iterator[int]:
    state, municipality = values.get("state", ""), fold(values.get("municipality", ""))
    for site in lookup.by_name.get(fold(values["site"]), ()):
        if state in ("", site.state_key) and municipality in ("", fold(site.municipality)):
            yield site.id


def _specialty(lookup: PostLookup) -> Callable[[str], int]:
    def parse(text: str) -> int:
        found = lookup.specialties.get(fold(text))
        if found is None:
            raise Bad(
                _("Esta especialidad no está en el catálogo."), _("Escribir su nombre como en el catálogo.")
            )
        return found

    return parse


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        plain = text.replace(",", "")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 8 and least <= int(plain) <= most):
            facts = {"least": least, "most": figures.number(most)}
            raise Bad(
                _("No es un número entero de %(least)s a %(most)s.") % facts, _("Escribirlo con números.")
            )
        return int(plain)

    return parse


def _percent(most: int) -> Callable[[str], Any]:
    whole = _whole_number(0, most)

    def parse(text: str) -> Any:
        plain = text.removesuffix("%").strip() or "0"
        if not _FRACTION.fullmatch(plain):
            return whole(plain)
        value = whole(f"{(Decimal(plain) * 100).normalize():f}")  # a sheet keeps 30 % as 0.3
        facts = {"percent": value}
        return Doubtful(
            value, _("Es una fracción; se lee como %(percent)s %%.") % facts, _("Nada, si eso quiere decir.")
        )

    return parse


def _pay(text: str) -> Decimal | None:
    plain = text.replace("$", "").replace(",", "").strip()
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 < amount < 1_000_000 or amount != round(amount, 2):
        raise Bad(_("No es un sueldo mensual en pesos."), _("Escribirlo como 39021.00, o dejarlo vacío."))
    return round(amount, 2)


def _one_of(values: Mapping[str, Any], *named: str) -> Callable[[str], Any]:
    """Read one of ``values``; ``named`` are those that a remedy names, the other spellings are taken in silence."""

    def parse(text: str) -> Any:
        found = values.get(fold(text))
        if found is None:
            remedy = _("Usar uno de: %(known)s.") % {"known": ", ".join(named)}
            raise Bad(_("Este valor no se conoce."), remedy)
        return getattr(found, "value", found)

    return parse


def _note(text: str) -> str:
    if len(text) > 300:
        raise Bad(_("La nota tiene más de 300 caracteres."), _("Acortarla."))
    return text
