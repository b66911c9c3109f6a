"""Reads the national catalogue of units (CLUES), whole or in extracts: dry, with every doubt and fault in its cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from cauce.base import figures
from cauce.base.imports import Bad, Column, Doubtful, Record, Sheet, Told, read_sheet, repeated
from cauce.base.phrases import phrase as _
from cauce.institutions.queries import CluesLookup
from cauce.institutions.rules import OFFICIAL_STATES, clues_check, fold

MOST_ROWS = 200_000
SOURCE = "Catálogo CLUES"

# Keys in the third to fifth letter of a CLUES, and in the catalogue's own column, of institutions known by another code.
INSTITUTION_KEYS = {
    "IMS": "IMSS", "IMB": "IMSS-BIENESTAR", "IMSS BIENESTAR": "IMSS-BIENESTAR", "IMO": "IMSS-PROSPERA",
    "IST": "ISSSTE", "PMX": "PEMEX", "SDN": "SEDENA", "SMA": "SEMAR", "SECRETARIA DE SALUD": "SSA",
}  # fmt: skip
_LEVELS = {
    "primer nivel": 1, "segundo nivel": 2, "tercer nivel": 3, "1": 1, "2": 2, "3": 3, "": None, "0": None,
    "no aplica": None, "no especificado": None, "sin nivel": None,
}  # fmt: skip
_STATUSES = {
    "en operacion": True, "": True, "fuera de operacion": False, "pendiente de entrar en operacion": False,
    "pendiente": False, "baja": False, "fuera de operacion definitiva": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """One working unit of the catalogue, ready to be kept. ``institution`` is a code, ``state`` INEGI's key."""

    clues: str
    clues_imb: str | None
    institution: str
    institution_name: str
    state: str
    municipality: str
    name: str
    kind: str
    care_level: int
    latitude: Decimal | None
    longitude: Decimal | None


def _text(most: int, *, empty: bool = True) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text and not empty:
            raise Bad(_("Está vacío."), _("Escribirlo."))
        if len(text) > most:
            raise Bad(
                _("Tiene más de %(most)s caracteres.") % {"most": figures.number(most)}, _("Acortarlo.")
            )
        return text

    return parse


def _clues(text: str) -> Any:
    clues = text.replace(" ", "").upper()
    if fold(text) in ("", "no aplica", "n/a", "sin clues", "-"):
        return ""
    verdict = clues_check(clues)
    if verdict:
        return clues
    if len(clues) == 11 and clues[:5].isalpha() and clues.isascii() and clues[5:].isdigit():
        return Doubtful(clues, _(verdict.reason), _(verdict.remedy))
    raise Bad(_(verdict.reason), _("Copiar sus 11 caracteres del catálogo oficial: 5 letras y 6 números."))


def _of(values: Mapping[str, Any], remedy: str = "") -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        found = values.get(fold(text), values)
        if found is values:
            known = ", ".join(key for key in values if len(key) > 1)
            raise Bad(
                _("Este valor no se conoce."), remedy or _("Usar uno de: %(known)s.") % {"known": known}
            )
        return found

    return parse


def _degrees(low: int, high: int) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if fold(text) in ("", "0", "no disponible", "no aplica"):
            return None
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > 180:
            return Doubtful(
                None, _("No es una coordenada en grados; se deja vacía."), _("Escribirla como 19.43267.")
            )
        if not low <= number <= high:
            return Doubtful(None, _("Cae fuera de México; se deja vacía."), _("Revisar latitud y longitud."))
        return round(number, 5)

    return parse


def columns(lookup: CluesLookup) -> list[Column]:
    """The columns of the catalogue, by its own names and those of its public extracts."""
    states = {**OFFICIAL_STATES, **{fold(name): key for key, name in lookup.states.items()}}
    states |= {key: key for key in lookup.states} | {key.lstrip("0"): key for key in lookup.states} | {"": ""}
    return [
        Column("clues", ("CLUES", "clues ssa"), _clues),
        Column("name", ("NOMBRE DE LA UNIDAD", "nombre", "name"), _text(180, empty=False)),
        Column("institution_name", ("NOMBRE DE LA INSTITUCION",), _text(160), needed=False, memo=True),
        Column("institution", ("CLAVE DE LA INSTITUCION", "institucion", "institution"), _text(20), False, True),
        Column("state", ("ENTIDAD", "estado", "state", "nombre de la entidad"), _of(states, _("Escribir el nombre del estado o su clave de INEGI, de 01 a 32.")), False, True),
        Column("municipality", ("MUNICIPIO", "municipality", "nombre del municipio"), _text(80), False, True),
        Column("establishment", ("NOMBRE TIPO ESTABLECIMIENTO", "unit type"), _text(80), False, True),
        Column("typology", ("NOMBRE DE TIPOLOGIA", "tipologia", "typology"), _text(80), False, True),
        Column("works", ("ESTATUS DE OPERACION", "estatus", "status"), _of(_STATUSES), False, True),
        Column("level", ("NIVEL ATENCION", "nivel de atencion", "care level"), _of(_LEVELS), True, True),
        Column("latitude", ("LATITUD", "lat"), _degrees(14, 33), needed=False),
        Column("longitude", ("LONGITUD", "lon"), _degrees(-119, -86), needed=False),
        Column("clues_imb", ("CLUES IMB",), _clues, needed=False),
    ]  # fmt: skip


def read_clues(data: bytes, lookup: CluesLookup, told: Told = lambda near: None) -> tuple[Sheet, list[Unit]]:
    """Read the catalogue; return what was found and the working units that give care, none if anything is at fault.

    Units out of operation and those without a level of care (offices, stores) are counted and left out. Two units
    with one name in one municipality are told apart by their CLUES.
    """
    sheet = read_sheet(data, columns(lookup), most_rows=MOST_ROWS, told=told)
    repeated(sheet, "clues")
    repeated(sheet, "clues_imb")
    units: list[Unit] = []
    left_out = {"closed": 0, "no_care": 0}
    names: set[tuple[str, str, str, str]] = set()
    for record in sheet.records:
        if not record.is_good:
            continue
        if not record.values.get("works", True):
            left_out["closed"] += 1
        elif record.values["level"] is None:
            left_out["no_care"] += 1
        else:
            unit = _unit(sheet, record, lookup, names)
            if unit is not None:
                units.append(unit)
    sheet.facts = {**left_out, "units": len(units)}
    sheet.records = []
    return sheet, [] if sheet.report.faults else units


def _unit(
    sheet: Sheet, record: Record, lookup: CluesLookup, names: set[tuple[str, str, str, str]]
) -> Unit | None:
    values = record.values
    imb = values.get("clues_imb") or None
    clues = values["clues"] or imb
    if not clues:
        sheet.fault(
            record, "clues", _("La unidad no tiene CLUES, ni la anterior ni la de IMSS-Bienestar."),
            _("Copiarla del catálogo oficial, o quitar la fila."),
        )  # fmt: skip
        return None
    by_prefix = lookup.prefixes.get(clues[:2], "")
    state = values.get("state") or by_prefix
    if not state:
        sheet.fault(
            record, "state" if "state" in values else "clues",
            _("No dice de qué estado es, y su CLUES tampoco."), _("Escribir la entidad."),
        )  # fmt: skip
        return None
    if by_prefix and by_prefix != state:
        record.raw.setdefault("clues", clues)
        facts = {"told": lookup.states[state], "meant": lookup.states[by_prefix]}
        sheet.doubt(
            record, "clues", _("La CLUES es de %(meant)s y la entidad dice %(told)s.") % facts,
            _("Revisar si las columnas están recorridas."),
        )  # fmt: skip
    key = (values.get("institution") or (imb or clues)[2:5]).upper()
    institution = INSTITUTION_KEYS.get(fold(key).upper(), key)
    name = values["name"]
    place = (institution, state, values.get("municipality", ""), fold(name))
    if place in names:
        name = f"{name} ({clues})"
    names.add(place)
    kind = values.get("typology") or values.get("establishment") or "—"
    return Unit(
        clues, imb, institution, values.get("institution_name") or institution, state,
        values.get("municipality", ""), name, kind, values["level"], values.get("latitude"),
        values.get("longitude"),
    )  # fmt: skip
