"""Which person of a round gets which seat, when a lock may have come in between. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place that a run gives: to whom, which post, and, for who moves up, the offer and seat they leave."""

    application: int
    folio: str
    post: int
    key: str
    rank: int
    offer: int | None = None
    seat: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """``given`` pairs each person with a seat; ``waiting`` are those for whom only a locked seat is left."""

    given: list[tuple[Wanted, int]]
    waiting: list[Wanted]


def plan_seats(wanted: Sequence[Wanted], free: Mapping[int, Sequence[int]]) -> SeatPlan:
    """Share out ``free`` seats (by post) in the order of ``wanted``.

    Who moves up leaves a seat for others of the same round; who has to wait
    keeps theirs, and then whoever counted on it waits too.
    """
    stuck: set[int] = set()
    while True:
        left = _left(wanted, free, stuck)
        given: list[tuple[Wanted, int]] = []
        lacking = []
        for one in wanted:
            if one.application in stuck:
                continue
            if left[one.post]:
                given.append((one, left[one.post].pop(0)))
            else:
                lacking.append(one)
        stuck |= {one.application for one in lacking}
        if not any(one.seat is not None for one in lacking):
            return SeatPlan(given, [one for one in wanted if one.application in stuck])


def _left(
    wanted: Sequence[Wanted], free: Mapping[int, Sequence[int]], stuck: Collection[int]
) -> defaultdict[int, list[int]]:
    seats: defaultdict[int, list[int]] = defaultdict(list, {post: list(ids) for post, ids in free.items()})
    for one in wanted:
        if one.seat is not None and one.left is not None and one.application not in stuck:
            seats[one.left].append(one.seat)
    return seats
