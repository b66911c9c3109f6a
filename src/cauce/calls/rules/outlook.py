"""What rehearsals say to somebody who is making a list: pure arithmetic over the stored ends.

An end says how far one class of seats of a post reached in one rehearsal. It
is one number: ``code * FINE + luck``, or ``FREE`` where seats were left.
``code`` is the merit of the last one admitted as one whole number (higher is
better), and ``luck`` how many of every ``FINE - 1`` people with that very
merit found no seat there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from math import sqrt
from typing import Any

from cauce.calls.rules.design import OPEN

FINE = 1000
FREE = -1
FEWEST_LISTS = 5  # a post in fewer lists than this tells of persons, not of demand
NINETY_FIVE = 1.96
LIKELY, POSSIBLE = 0.8, 0.25


def code_of(criteria: Sequence[Mapping[str, Any]], merit: Sequence[str], added: Decimal = Decimal(0)) -> int:
    """Return merit as one whole number that orders people as their criteria do; ``added`` goes to the first one.

    Raises ``ValueError`` for merit that lacks a criterion.
    """
    code = 0
    for place, (criterion, text) in enumerate(zip(criteria, merit, strict=True)):
        value = Decimal(text) if text else None
        if value is None:
            raise ValueError("merit is not complete")
        low, high = Decimal(str(criterion["minimum"])), Decimal(str(criterion["maximum"]))
        # Points may have more decimals than the first criterion, and go beyond its maximum.
        fine = 10 ** (int(criterion["decimals"]) + (3 if place == 0 else 0))
        room = int((high - low) * fine) + 1 if place else 0
        steps = int(((value - low + (added if place == 0 else 0)) * fine).to_integral_value(ROUND_FLOOR))
        code = code * room + steps if place else steps
    return code


def end_of(code: int, refused: int, tied: int) -> int:
    """Encode an end: ``refused`` of the ``tied`` people with the last one's merit found no seat there."""
    return code * FINE + (round((FINE - 1) * refused / tied) if tied else 0)


def chance(end: int, code: int) -> float:
    """The chance, from 0 to 1, that somebody with ``code`` would have been admitted where it ended like this."""
    if end == FREE:
        return 1.0
    last, luck = divmod(end, FINE)
    return 1.0 if code > last else 0.0 if code < last else 1 - luck / (FINE - 1)


@dataclass(frozen=True, slots=True)
class Odds:
    """A share of rehearsals with its interval (Wilson, 95 %), from 0 to 1."""

    share: float
    low: float
    high: float

    @property
    def word(self) -> str:
        """ "likely", "possible" or "hard". Said of the whole interval: who is told "likely" can rely on it."""
        return "likely" if self.low >= LIKELY else "possible" if self.high >= POSSIBLE else "hard"


def wilson(hits: float, trials: int) -> Odds:
    """The share ``hits / trials`` with Wilson's interval at 95 %."""
    if not trials:
        return Odds(0.0, 0.0, 1.0)
    share, z2 = hits / trials, NINETY_FIVE**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = NINETY_FIVE / (1 + z2 / trials) * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return Odds(share, max(0.0, middle - half), min(1.0, middle + half))


def odds_of_list(
    ends: Sequence[Mapping[str, Sequence[int]]],
    codes: Sequence[int],
    groups: Collection[str],
) -> tuple[list[Odds | None], Odds | None]:
    """Return the odds of each post of a list, and those of ending without any of them.

    ``ends`` has, for each post of the list, the ends by class (empty where
    nothing may be said); ``codes`` the person's merit at each. The last figure
    leaves out the posts that nothing may be said of; ``None`` when all are.
    """
    may_hold = {OPEN, *groups}
    each: list[Odds | None] = []
    left: list[float] = []
    for by_class, code in zip(ends, codes, strict=True):
        mine = [rows for name, rows in by_class.items() if name in may_hold]
        if not mine:
            each.append(None)
            continue
        chances = [max(chance(end, code) for end in row) for row in zip(*mine, strict=True)]
        each.append(wilson(sum(chances), len(chances)))
        left = [before * (1 - now) for before, now in zip(left or [1.0] * len(chances), chances, strict=True)]
    return each, wilson(sum(left), len(left)) if left else None


def safe_length(
    ends: Sequence[Mapping[str, Sequence[int]]], codes: Sequence[int], groups: Collection[str], *, risk: float
) -> int | None:
    """Return how many options from the top leave less than ``risk`` of ending without a post, by the upper bound.

    ``None`` when the whole list does not.
    """
    for length in range(1, len(ends) + 1):
        without = odds_of_list(ends[:length], codes[:length], groups)[1]
        if without is not None and without.high < risk:
            return length
    return None
