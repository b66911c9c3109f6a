"""Reads the answers of an examination: one row for each folio with its room, and one row with the key."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from cauce.base.imports import Bad, Column, Sheet, Told, read_sheet, repeated
from cauce.base.phrases import phrase as _

MOST_ROWS = 200_000
MOST_QUESTIONS = 600
KEY = "CLAVE"
_BLANKS = str.maketrans(dict.fromkeys("-_.*", " "))


@dataclass(frozen=True, slots=True)
class Answered:
    """The sheet of a folio: where they sat, and a character for each question."""

    room: str
    answers: str


@dataclass(frozen=True, slots=True)
class Sheets:
    """Everything of a file: the key, and the sheets by folio."""

    key: str
    by_folio: dict[str, Answered]


def columns(folios: Collection[str]) -> list[Column]:
    return [
        Column("folio", ("folio", "solicitud"), _folio(folios)),
        Column("room", ("sala", "aula", "sede y sala"), _room, needed=True),
        Column("answers", ("respuestas", "hoja"), _answers),
    ]


def _folio(folios: Collection[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        folio = text.replace(" ", "").upper()
        if folio != KEY and folio not in folios:
            raise Bad(
                _("Ninguna solicitud de esta convocatoria tiene este folio."),
                _("Copiarlo del comprobante, o quitar la fila."),
            )
        return folio

    return parse


def _room(text: str) -> str:
    if not 1 <= len(text) <= 40:
        raise Bad(
            _("Falta la sala, o su nombre pasa de 40 letras."),
            _("Escribir un nombre corto; en la fila CLAVE, cualquiera."),
        )
    return text


def _answers(text: str) -> str:
    marks = text.strip('"').upper().translate(_BLANKS)
    if not marks.strip() or len(marks) > MOST_QUESTIONS:
        raise Bad(
            _("Faltan las respuestas, o son más de 600."),
            _("Una letra por pregunta, en su orden; un guion donde no contestó."),
        )
    if not marks.isascii() or not marks.replace(" ", "").isalnum():
        raise Bad(
            _("Hay signos que no son respuestas."), _("Usar letras o números; un guion donde no contestó.")
        )
    return marks


def read_answers(
    data: bytes, folios: Collection[str], told: Told = lambda near: None
) -> tuple[Sheet, Sheets]:
    """Read a file; return what was found, and the sheets; none if anything is at fault."""
    sheet = read_sheet(data, columns(folios), most_rows=MOST_ROWS, told=told)
    repeated(sheet, "folio")
    good = [record for record in sheet.records if record.is_good]
    key = next((record.values["answers"] for record in good if record.values["folio"] == KEY), "")
    if not key:
        sheet.whole(
            _("Falta la fila de la clave."), _("Agregar una fila con folio CLAVE y las respuestas correctas.")
        )
    for record in good:
        if key and len(record.values["answers"]) != len(key):
            sheet.fault(
                record, "answers",
                _("Son %(count)s respuestas; la clave tiene %(key)s.")
                % {"count": len(record.values["answers"]), "key": len(key)},
                _("Revisar que no falte ni sobre una; un guion donde no contestó."),
            )  # fmt: skip
    sheets = {
        record.values["folio"]: Answered(record.values["room"], record.values["answers"])
        for record in good
        if record.values["folio"] != KEY
    }
    sheet.facts = {
        "people": len(sheets),
        "rooms": len({each.room for each in sheets.values()}),
        "questions": len(key),
    }
    sheet.records = []
    return sheet, Sheets(key, {}) if sheet.report.faults else Sheets(key, sheets)
