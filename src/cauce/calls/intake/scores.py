"""Reads a file of scores: one row for each folio, one column for each criterion that the person does not declare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from cauce.base.imports import Bad, Column, Sheet, Told, read_sheet, repeated
from cauce.calls.rules.application import DetailsRefused, read_merit
from cauce.calls.rules.scores import Scored, Scores

__all__ = ["Scores", "columns", "read_scores"]

MOST_ROWS = 200_000


def columns(criteria: Sequence[Mapping[str, Any]], folios: Collection[str]) -> list[Column]:
    """The columns of a file of scores for criteria that the institution loads; ``folios`` are the call's."""
    return [
        Column("folio", ("folio", "solicitud"), _folio(folios)),
        *(Column(each["key"], (each["label"], each["key"]), _value(each)) for each in criteria),
    ]


def _folio(folios: Collection[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        folio = text.replace(" ", "").upper()
        if folio not in folios:
            raise Bad(
                _("Ninguna solicitud de esta convocatoria tiene este folio."),
                _("Copiarlo del comprobante, o quitar la fila."),
            )
        return folio

    return parse


def _value(criterion: Mapping[str, Any]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        try:
            return read_merit(criterion, text)
        except DetailsRefused as refused:
            raise Bad(str(refused.message), str(refused.remedy)) from None

    return parse


def read_scores(
    data: bytes,
    criteria: Sequence[Mapping[str, Any]],
    folios: Collection[str],
    told: Told = lambda near: None,
) -> tuple[Sheet, Scores]:
    """Read a file; return what was found and the scores by folio, in the file's order; none if anything is at fault."""
    sheet = read_sheet(data, columns(criteria, folios), most_rows=MOST_ROWS, told=told)
    repeated(sheet, "folio")
    scores = {
        record.values["folio"]: Scored(record.row, tuple(record.values[each["key"]] for each in criteria))
        for record in sheet.records
        if record.is_good
    }
    sheet.records = []
    return sheet, {} if sheet.report.faults else scores
