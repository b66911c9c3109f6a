"""Scores from two independent files: where they differ, and what in them asks for a second look.

An anomaly opens a review; it never excludes anybody and never changes a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from cauce.base import figures
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _
from cauce.calls.rules.anomalies import far, far_sentence, moved, scaled

FEWEST_LETTERS, MOST_LETTERS = 10, 600
RUN = 3  # so many rows one after the other are no chance


class OutcomeRefused(Refused):
    """A review cannot be closed with these words; the sentence says why."""

    code = "outcome_refused"


@dataclass(frozen=True, slots=True)
class Scored:
    """The row of a folio in its file, and its values as exact decimal strings in the order of the criteria."""

    row: int
    values: tuple[str, ...]


Scores = Mapping[str, Scored]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that the two files do not share; a row of 0 and "—" stand for a folio that one of them lacks."""

    folio: str
    label: str
    row_a: int
    value_a: str
    row_b: int
    value_b: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What asks for a second look before anybody sees a place in the order; ``is_of_one`` if a person's own values do."""

    folio: str
    row: int
    sentence: str
    is_of_one: bool = False


def differences(labels: Sequence[str], a: Scores, b: Scores) -> list[Difference]:
    """Every place where two files of scores differ, in the order of the first."""
    found = []
    for folio in [*a, *(folio for folio in b if folio not in a)]:
        one, two = a.get(folio), b.get(folio)
        if one is None or two is None:
            there = _("está")
            found.append(
                Difference(
                    folio, _("folio"), one.row if one else 0, there if one else "—", two.row if two else 0,
                    there if two else "—",
                )
            )  # fmt: skip
            continue
        for label, first, second in zip(labels, one.values, two.values, strict=True):
            if first != second:
                found.append(Difference(folio, label, one.row, first, two.row, second))
    return found


def shifts(labels: Sequence[str], a: Scores, b: Scores) -> list[str]:
    """Columns of ``b`` that are those of ``a`` moved by a row, or changed for one another: told in sentences."""
    shared = [folio for folio in a if folio in b]
    told: list[str] = []
    for place, label in enumerate(labels):
        mine = [a[folio].values[place] for folio in shared]
        other = [b[folio].values[place] for folio in shared]
        if mine == other or len(shared) < RUN:
            continue
        for step, words in ((1, _("una fila abajo")), (-1, _("una fila arriba"))):
            pairs = list(
                zip(mine[:-1], other[1:], strict=True) if step > 0 else zip(mine[1:], other[:-1], strict=True)
            )
            if (start := _run(pairs, mine, other)) is not None:
                facts = {"label": label, "where": words, "folio": shared[start]}
                told.append(
                    _(
                        "La columna %(label)s del archivo B parece recorrida %(where)s desde el folio %(folio)s."
                    )
                    % facts
                )
        for across in range(len(labels)):
            if across != place and other == [a[folio].values[across] for folio in shared]:
                facts = {"label": label, "other": labels[across]}
                told.append(_("La columna %(label)s del archivo B trae los valores de %(other)s.") % facts)
    return told


def _run(pairs: Sequence[tuple[str, str]], mine: Sequence[str], other: Sequence[str]) -> int | None:
    """Where a run of ``RUN`` moved values begins that are not equal in place too, or nothing."""
    length = 0
    for at, (one, two) in enumerate(pairs):
        moved = one == two and (mine[at] != other[at] or mine[at + 1] != other[at + 1])
        length = length + 1 if moved else 0
        if length == RUN:
            return at - RUN + 1
    return None


def anomalies(criteria: Sequence[Mapping[str, Any]], scores: Scores) -> list[Anomaly]:
    """What stands out in scores on which both files agree: equal rows in a run, and sections that contradict."""
    return [*_equal_runs(scores), *_far_from_line([str(each["label"]) for each in criteria], scores)]


def _equal_runs(scores: Scores) -> list[Anomaly]:
    found, run = [], 1
    listed = list(scores.items())
    for (_before, one), (folio, two) in pairwise(listed):
        run = run + 1 if one.values == two.values else 1
        if run == RUN:
            words = _("Esta fila y las dos de arriba traen exactamente los mismos valores.")
            found.append(Anomaly(folio, two.row, words))
    return found


def _far_from_line(labels: Sequence[str], scores: Scores) -> list[Anomaly]:
    """People whose value in one section is far from what another section lets expect, and columns moved by a row."""
    rows = list(scores.items())
    columns = [scaled([scored.values[place] for _folio, scored in rows])[0] for place in range(len(labels))]
    found = []
    for one, two in combinations(range(len(labels)), 2):
        for each in far(columns[one], columns[two]):
            folio, scored = rows[each.at]
            words = far_sentence(
                labels[one], scored.values[one], labels[two], scored.values[two], each.tenths
            )
            found.append(Anomaly(folio, scored.row, words, is_of_one=True))
        if (run := moved(columns[one], columns[two])) is not None:
            first, last, _step = run
            facts = {"one": labels[one], "two": labels[two], "last": rows[last][1].row}
            words = _(
                "De esta fila a la %(last)s, %(one)s y %(two)s parecen de personas vecinas: una columna se recorrió."
            )
            found.append(Anomaly(rows[first][0], rows[first][1].row, words % facts))
    return found


def outcome_problem(outcome: str) -> str:
    """Say why these are no words to close a review with, or nothing."""
    if len(outcome) < FEWEST_LETTERS:
        return _("Falta qué se encontró al revisar.")
    if len(outcome) > MOST_LETTERS:
        return _("Son %(count)s letras; caben %(most)s.") % {
            "count": figures.number(len(outcome)),
            "most": MOST_LETTERS,
        }
    return ""
