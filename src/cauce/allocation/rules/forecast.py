"""The chance that somebody who waits is called in the next round, from what became of offers before. Pure, no chance drawn.

Each offer that is out is taken to be given up with the share of those that
were given up so far. A seat of a post reaches a person when more seats come
free there than people who wait before them have it in their list. Those
people may take other seats, so the chance is, if anything, too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

from cauce.calls.rules.outlook import Odds, wilson

FEWEST_ANSWERS = 10  # offers answered; from fewer no share is told
FEWEST_PEOPLE = 5  # of a band of the calibration: fewer would tell of persons
BANDS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Queue:
    """One post as somebody waits for it: people before them who want it, free seats, and seats offered and not answered."""

    ahead: int
    free: int
    out: int


@dataclass(frozen=True, slots=True)
class Band:
    """People of past rounds whose chance lay between ``low`` and ``high``: what was expected, and the share called."""

    low: float
    high: float
    people: int
    expected: float
    called: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The chance of being called in the next round, with its range. ``given_up`` of ``answered`` offers is its basis.

    ``is_so_far`` says that some offers still wait for their answer. ``bands`` compare earlier forecasts with what
    happened; empty where there were too few rounds.
    """

    chance: Odds
    given_up: int
    answered: int
    is_so_far: bool
    bands: tuple[Band, ...]


def queues(
    waiting: Iterable[tuple[int, Sequence[int]]], free: Mapping[int, int], out: Mapping[int, int]
) -> Iterator[tuple[int, list[Queue]]]:
    """Yield everybody who waits, in their order, with their queue at each post of their list that may have a seat."""
    before: Counter[int] = Counter()
    for who, posts in waiting:
        yield (
            who,
            [
                Queue(before[post], free.get(post, 0), out.get(post, 0))
                for post in posts
                if free.get(post) or out.get(post)
            ],
        )
        before.update(posts)


def at_least(wanted: int, of: int, share: float) -> float:
    """The chance that at least ``wanted`` of ``of`` offers are given up, each with the chance ``share``."""
    if wanted <= 0:
        return 1.0
    if wanted > of or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    found = sum(
        exp(lgamma(of + 1) - lgamma(n + 1) - lgamma(of - n + 1) + n * log(share) + (of - n) * log(1 - share))
        for n in range(wanted, of + 1)
    )
    return min(1.0, found)


def chance_of(mine: Iterable[Queue], share: float) -> float:
    """The chance that a seat of any of these posts comes as far as the person."""
    without = 1.0
    for queue in mine:
        without *= 1 - at_least(queue.ahead + 1 - queue.free, queue.out, share)
    return 1 - without


def forecast(
    mine: Sequence[Queue],
    *,
    given_up: int,
    answered: int,
    is_so_far: bool,
    past: Iterable[tuple[float, bool]],
) -> Forecast | None:
    """Return the chance from ``given_up`` of ``answered`` offers; ``None`` from fewer than ``FEWEST_ANSWERS``.

    ``past`` has for everybody who waited for an earlier round the chance that would have been told, and whether they
    were called.
    """
    if answered < FEWEST_ANSWERS:
        return None
    share = wilson(given_up, answered)
    chance = Odds(*(chance_of(mine, each) for each in (share.share, share.low, share.high)))
    return Forecast(chance, given_up, answered, is_so_far, calibration(past))


def calibration(past: Iterable[tuple[float, bool]]) -> tuple[Band, ...]:
    """Compare what was expected with what happened, in bands of a quarter; bands of fewer than five people are left out."""
    found: list[list[tuple[float, bool]]] = [[] for _low in BANDS[1:]]
    for chance, called in past:
        found[min(int(chance * len(found)), len(found) - 1)].append((chance, called))
    return tuple(
        Band(
            low, high, len(rows), sum(chance for chance, _called in rows) / len(rows),
            sum(called for _chance, called in rows) / len(rows),
        )
        for low, high, rows in zip(BANDS, BANDS[1:], found, strict=False)
        if len(rows) >= FEWEST_PEOPLE
    )  # fmt: skip
