"""Reads scores from two files: one row for each folio, one column for each criterion that the person does not declare.

The two travel as one, so that they are received, read, confirmed and forgotten together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cauce.base import figures
from cauce.base.imports import Bad, Column, Finding, Sheet, Told, read_sheet, repeated
from cauce.base.phrases import phrase as _
from cauce.base.reading import letter
from cauce.calls.rules.application import DetailsRefused, read_merit
from cauce.calls.rules.panels import is_recorded
from cauce.calls.rules.scores import Scored, Scores, anomalies, differences, shifts

__all__ = ["Pair", "Scores", "columns", "read_pair", "read_scores"]

MOST_ROWS = 200_000


def columns(criteria: Sequence[Mapping[str, Any]], folios: Collection[str]) -> list[Column]:
    """The columns of a file of scores for criteria that people do not declare; ``folios`` are the call's.

    What only a panel or a profile review records has a column too: one that refuses every value.
    """
    return [
        Column("folio", ("folio", "solicitud"), _folio(folios)),
        *(
            refused_column(each, each["key"])
            if is_recorded(each)
            else Column(each["key"], (each["label"], each["key"]), _value(each))
            for each in criteria
        ),
    ]


def refused_column(criterion: Mapping[str, Any], key: str) -> Column:
    """A column that may stand empty in a file, and nothing else: its values are recorded, never brought."""

    def parse(text: str) -> str:
        if text:
            raise Bad(
                _("Este valor solo sale de lo que se registra en Cauce: ningún archivo puede ponerlo."),
                _("Quitar la columna."),
            )
        return ""

    return Column(key, (criterion["label"], criterion["key"]), parse, needed=False, listed=False)


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
            raise Bad(refused.message, refused.remedy) from None

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
    criteria = [each for each in criteria if not is_recorded(each)]
    scores = {
        record.values["folio"]: Scored(record.row, tuple(record.values[each["key"]] for each in criteria))
        for record in sheet.records
        if record.is_good
    }
    sheet.records = []
    return sheet, {} if sheet.report.faults else scores


# ---------------------------------------------------------------- two as one

_HEAD = b"cauce-pair/1\n"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files of scores, ``a`` as they came out of the marking and ``b`` from another source."""

    a: bytes
    b: bytes

    def packed(self) -> bytes:
        """The two in one, each as it came; empty where one of them is, since then nothing was sent."""
        return b"%b%d\n%b%b" % (_HEAD, len(self.a), self.a, self.b) if self.a and self.b else b""

    @classmethod
    def of(cls, packed: bytes) -> Pair:
        start = packed.index(b"\n", len(_HEAD)) + 1
        middle = start + int(packed[len(_HEAD) : start])
        return cls(packed[start:middle], packed[middle:])

    @property
    def digests(self) -> tuple[str, str]:
        """The SHA-256 of each."""
        return hashlib.sha256(self.a).hexdigest(), hashlib.sha256(self.b).hexdigest()


def read_pair(
    pair: Pair,
    criteria: Sequence[Mapping[str, Any]],
    folios: Collection[str],
    told: Told = lambda near: None,
) -> tuple[Sheet, Scores]:
    """Read both files and compare them; return what was found in one report, and the scores if they agree in all.

    Whatever differs is a fault, in the row of the first; what asks for a second look is a doubt and comes first.
    """
    loaded = [each for each in criteria if not is_recorded(each)]
    sheet, a = read_scores(pair.a, criteria, folios, lambda near: told(near * 0.45))
    second, b = read_scores(pair.b, criteria, folios, lambda near: told(0.45 + near * 0.45))
    for each in second.report.findings:
        where = _("%(column)s, archivo B") % {"column": each.column or _("todo")}
        sheet.report.add(replace(each, column=where, letter=""))
    sheet.report.faults += second.report.faults - sum(not each.is_doubt for each in second.report.findings)
    if not sheet.report.faults:
        _compare(sheet, [str(each["label"]) for each in loaded], pair, a, b)
    strange = [] if sheet.report.faults else anomalies(loaded, a)
    for odd in strange:
        remedy = _("Verlo con quien calificó. No excluye a nadie ni cambia un valor.")
        sheet.report.add(Finding(odd.row, _("Por revisar"), "", odd.folio, odd.sentence, remedy, True))
    agreed = sum(folio in b and b[folio].values == scored.values for folio, scored in a.items())
    sheet.facts = {"people": agreed, "reviews": len(strange)}
    told(1)
    return sheet, {} if sheet.report.faults else a


def _compare(sheet: Sheet, labels: Sequence[str], pair: Pair, a: Scores, b: Scores) -> None:
    remedy = _("Corregir el que esté mal, con quien lo hizo, y subir los dos otra vez.")
    if pair.a == pair.b:
        sheet.whole(
            _("Los dos archivos son el mismo: no comprueban nada."),
            _("Subir el acta de la otra fuente, no una copia."),
        )
    for sentence in shifts(labels, a, b):
        sheet.whole(sentence, remedy)
    places = sheet.table.places if sheet.table else {}
    letters = {
        column.names[0]: letter(places[column.key]) for column in sheet.columns if column.key in places
    }
    for each in differences(labels, a, b):
        facts = {"folio": each.folio, "value": each.value_b, "row": figures.number(each.row_b)}
        if each.row_a and each.row_b:
            words = _("%(folio)s: el archivo B dice %(value)s, en su fila %(row)s.") % facts
        elif each.row_a:
            words = _("%(folio)s no está en el archivo B.") % facts
        else:
            words = _("%(folio)s está solo en el archivo B, en su fila %(row)s.") % facts
        sheet.report.add(
            Finding(each.row_a, each.label, letters.get(each.label, ""), each.value_a, words, remedy)
        )
