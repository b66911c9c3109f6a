"""Who may still come before a call closes: what is assumed when its lists so far are rehearsed. Pure; chance has a seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

REHEARSALS = 60
REHEARSALS_OF_MANY = 20
MANY = 5_000  # people; above it each rehearsal costs too much to do sixty
FEWEST_LISTS = 30
MOST_TIMES = 2  # of the lists sent so far: how many more may be assumed
SPREAD = (0.5, 1.5)  # of the number that would come at the pace so far


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody assumed: the list of one person who has sent, the merit, group and origin of another of the same specialty."""

    wishes_of: int
    merit_of: int


def rehearsals(people: int) -> int:
    return REHEARSALS if people <= MANY else REHEARSALS_OF_MANY


def still_to_come(
    sent: int, unsent: int, *, opens_at: datetime, closes_at: datetime, now: datetime
) -> tuple[int, int]:
    """Return the fewest and the most further lists that are assumed to come, at the pace so far."""
    elapsed = max((now - opens_at) / (closes_at - opens_at), 0.01)
    pace = min(sent * (1 - elapsed) / elapsed, MOST_TIMES * sent)
    return max(0, int(pace * SPREAD[0])), max(0, int(pace * SPREAD[1])) + unsent


def newcomers(
    kinds: Sequence[int], assumed: tuple[int, int], *, seed: str, count: int
) -> Iterator[list[Newcomer]]:
    """Yield, for each of ``count`` rehearsals, the people assumed; ``kinds`` are the specialties of those who have sent."""
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for row, kind in enumerate(kinds):
        alike[kind].append(row)
    for number in range(count):
        draw = Random(f"{seed} {number}")  # noqa: S311 - the same lists must give the same odds
        more = draw.randint(*assumed)
        rows = draw.choices(range(len(kinds)), k=more) if more else []
        yield [Newcomer(row, draw.choice(alike[kinds[row]])) for row in rows]
