"""The same decision for the same file: what each reviewer decides of a document against all the others. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cauce.calls.rules.outlook import Odds, wilson

FEWEST = 10  # decisions of one document below which no share is told: it would say nothing


@dataclass(frozen=True, slots=True)
class Alike:
    """What one reviewer decided of one document. ``mine`` and ``others`` have the share of each finding, in order.

    A share is ``None`` where there are fewer than ``FEWEST`` decisions.
    """

    reviewer: int
    decided: int
    mine: tuple[Odds | None, ...]
    others: tuple[Odds | None, ...]


def compared(
    decisions: Iterable[tuple[int, Sequence[Mapping[str, Any]]]], findings: Sequence[str]
) -> dict[str, list[Alike]]:
    """By key of the document, a row for each reviewer, by account: nobody is ranked.

    ``decisions`` are (reviewer, marks) of first decisions, each made without seeing another.
    """
    tallies: defaultdict[str, defaultdict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for reviewer, marks in decisions:
        for mark in marks:
            tallies[mark["requirement"]][reviewer][mark["finding"]] += 1
    return {key: _rows(by_reviewer, findings) for key, by_reviewer in tallies.items()}


def _rows(by_reviewer: Mapping[int, Counter[str]], findings: Sequence[str]) -> list[Alike]:
    everybody: Counter[str] = sum(by_reviewer.values(), Counter())
    return [
        Alike(reviewer, tally.total(), _shares(tally, findings), _shares(everybody - tally, findings))
        for reviewer, tally in sorted(by_reviewer.items())
    ]


def _shares(tally: Counter[str], findings: Sequence[str]) -> tuple[Odds | None, ...]:
    total = tally.total()
    return tuple(wilson(tally[finding], total) if total >= FEWEST else None for finding in findings)
