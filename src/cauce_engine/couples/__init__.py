"""Questions with couples: a quick solver in many sequences, an exact search, and an honest end either way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.couples.objections import objections
from cauce_engine.pairs import Joint, joint
from cauce_engine.problems import Question
from cauce_engine.results import Allocation
from cauce_engine.twosided import Ranked, ranked

MOVES = 16
"""How often one couple may move before a sequence is given up; sequences that end need fewer than ten."""
FIRST = 12
"""Sequences tried before the exact search."""
LATER = 400
"""Sequences tried after it, where it did not come to an end."""
STEPS = 2_000_000_000
"""Steps of all sequences together: a budget that counts work, never time."""
CANDIDATES = 40
"""Posts at which one more seat is tried alone, and couples left out one at a time."""
MOST_EXTRA = 2
"""Extra seats named at one post at most (Nguyen and Vohra, 2018)."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """A question with couples as the loops want it; see `_kernels.couples.settle` for ``arrays``."""

    question: Question
    joint: Joint
    ranked: Ranked
    arrays: tuple[Any, ...]
    held: NDArray[np.int64]
    begun: tuple[Any, ...]
    loose: bool

    @property
    def capacity(self) -> NDArray[np.int64]:
        capacity: NDArray[np.int64] = self.arrays[6]
        return capacity


def market_of(question: Question) -> Market:
    """Rank every wish, and let the single people find their places as if there were no couples."""
    from cauce_engine._kernels import couples as loops  # noqa: PLC0415 - the compiler loads only to solve

    together = joint(question)
    whole, market = together.whole, ranked(together.whole)
    pair_rank = loops.pair_ranks(
        whole.choice_start, market.rank, together.members, together.start, together.at
    )
    asks, asks_start = loops.askers(whole.choice_start, whole.choices, together.members, len(question.posts))
    arrays = (
        whole.choice_start, whole.choices, market.rank, market.owner, market.listed, market.wishes,
        question.capacity, together.members, together.start, together.pairs, pair_rank, asks, asks_start,
    )  # fmt: skip
    held, begun = _without_couples(together, market, question.capacity)
    loose = question.options.get("couples_definition") == "MM"
    return Market(question, together, market, arrays, held, begun, loose)


def _without_couples(
    together: Joint, market: Ranked, capacity: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    from cauce_engine._kernels import couples as loops  # noqa: PLC0415 - the compiler loads only to solve
    from cauce_engine._kernels import deferred  # noqa: PLC0415

    whole = together.whole
    # For as long as singles propose, no post ranks a member: cheaper than a copy of every rank.
    kept = loops.taken_out(whole.choice_start, market.rank, together.members)
    held, _ = deferred.applicants_propose(
        whole.choice_start, whole.choices, market.rank, market.listed, capacity, market.common.order
    )
    loops.put_back(whole.choice_start, market.rank, together.members, kept)
    return held, loops.beginning(whole.choices, market.rank, market.listed, capacity, held)


def with_seats(market: Market, capacity: NDArray[np.int64]) -> Market:
    """The same market with other capacities."""
    held, begun = _without_couples(market.joint, market.ranked, capacity)
    arrays = (*market.arrays[:6], capacity, *market.arrays[7:])
    return Market(market.question, market.joint, market.ranked, arrays, held, begun, market.loose)


@dataclass(slots=True)
class Attempts:
    """Sequences in which the couples of a market arrive, tried one after another.

    ``trouble``: by couple, how many of the sequences it made fail. ``last``: where the last failure stood.
    """

    market: Market
    steps: int = 0
    tried: int = 0
    trouble: NDArray[np.int64] = field(init=False)
    last: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        self.trouble = np.zeros(len(self.market.joint.members), np.int64)

    def run(self, sequences: int, *, without: Sequence[int] = ()) -> NDArray[np.int32] | None:
        """The posts of a stable answer (of the market without these couples), or None if none was met."""
        from cauce_engine._kernels.couples import settle  # noqa: PLC0415 - the compiler loads only to solve

        market = self.market
        couples = np.setdiff1d(np.arange(len(market.joint.members), dtype=np.int32), without).astype(np.int32)
        for _ in range(sequences):
            post, steps, ended, moves = settle(
                market.arrays, market.begun, market.held, shuffled(couples, self.tried), market.loose, MOVES
            )
            self.tried += 1
            self.steps += int(steps)
            if ended:
                return np.asarray(post)
            self.trouble += moves > MOVES // 2
            self.last = post
            if self.steps > STEPS:
                break
        return None


def shuffled(values: NDArray[np.int32], number: int) -> NDArray[np.int32]:
    """A sequence that depends on its number alone: sorted by a mixed counter (SplitMix64); 0: as they stand."""
    if number == 0:
        return values
    mixed = np.arange(1, len(values) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64(number * 0xD1342543DE82EF95 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    sequence: NDArray[np.int32] = values[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")]
    return sequence


def with_couples(question: Question) -> Allocation:
    """A stable answer, or none with the reason; which of the three the status says."""
    from cauce_engine.couples.exact import Exact  # noqa: PLC0415 - few questions come to it

    market = market_of(question)
    attempts = Attempts(market)
    post = attempts.run(FIRST)
    if post is not None:
        return _answer(market, post, "certified", {})
    exact = Exact(market)
    post = exact.solve()
    if post is None and not exact.impossible:
        post = attempts.run(LATER)
    if post is not None:
        return _answer(market, post, "certified", {})
    nobody = np.full(len(question.applicants), -1, np.int32)
    status = "none-exists" if exact.impossible else "not-found"
    spent = {"sequences": attempts.tried, "steps": attempts.steps, "conflicts": exact.conflicts}
    reason = {"proof": exact.proof()} if exact.impossible else {"spent": spent}
    least = _least_unstable(market, attempts, exact)
    more = _extra_seats(market, attempts)
    return _answer(market, nobody, status, {**reason, "fewest_objections": least, "extra_seats": more})


def _answer(market: Market, post: NDArray[np.int32], status: str, extra: dict[str, Any]) -> Allocation:
    return Allocation(
        question=market.question,
        post=post,
        line=post,
        last=None,
        status=status,
        dropped=market.ranked.dropped,
        extra={"couples_definition": "MM" if market.loose else "BIS", **extra},
    )


def _least_unstable(market: Market, attempts: Attempts, exact: Any) -> dict[str, Any]:
    """The answer with the fewest objections that was met, and whether fewer are proven impossible."""
    met: list[NDArray[np.int32]] = [np.full(len(market.question.applicants), -1, np.int32)]
    met += [post for post, _ in _leaving_out(market, attempts)]
    if attempts.last is not None:
        met.append(attempts.last)
    best = min(met, key=lambda post: len(objections(market, post)))
    better = exact.fewest(len(objections(market, best)))
    best = best if better is None else better
    found = objections(market, best)
    return {
        "count": len(found),
        "proven_fewest": exact.impossible and len(found) == exact.at_least,
        "objections": found,
        "places": _places(market, best),
    }


def _places(market: Market, post: NDArray[np.int32]) -> dict[str, str | None]:
    names: tuple[str | None, ...] = (*market.question.posts, None)
    return {
        person: names[held] for person, held in zip(market.question.applicants, post.tolist(), strict=True)
    }


def _leaving_out(market: Market, attempts: Attempts) -> list[tuple[NDArray[np.int32], list[int]]]:
    """Stable answers of the market without a few couples, those that made the most sequences fail first."""
    troubled = np.argsort(-attempts.trouble, kind="stable")[:CANDIDATES].tolist()
    alone = Attempts(market)
    found = []
    for couple in troubled:
        post = alone.run(2, without=[couple])
        if post is not None:
            found.append((post, [couple]))
    size = 2
    while not found and size <= len(market.joint.members):
        post = alone.run(4, without=troubled[:size])
        if post is not None:
            found.append((post, troubled[:size]))
        size *= 2
        troubled = np.argsort(-attempts.trouble, kind="stable").tolist()
    return found


def _extra_seats(market: Market, attempts: Attempts) -> dict[str, Any] | None:
    """Posts at which more seats make a stable answer possible, and that answer; None if none was met.

    A couple that was left out, given the best pair for which it objects with seats of its own there, harms
    nobody who is refused: whoever it would have put out comes behind it, and before everyone refused. One
    seat alone is tried first at each post of these pairs.
    """
    met: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
    posts: list[int] = []
    for post, couples in _leaving_out(market, attempts):
        seated = _seated(market, post, couples)
        if seated is not None:
            met.append(seated)
        named = {name for entry in objections(market, post) for name in entry.get("pair", ()) if name}
        posts += [p for p, name in enumerate(market.question.posts) if name in named and p not in posts]
    for at in posts[:CANDIDATES]:
        if met and min(_added(market, capacity) for capacity, _ in met) <= 1:
            break
        capacity = market.capacity.copy()
        capacity[at] += 1
        found = Attempts(with_seats(market, capacity)).run(FIRST)
        if found is not None:
            met.append((capacity, found))
    if not met:
        return None
    capacity, answer = min(met, key=lambda one: _added(market, one[0]))
    added = capacity - market.capacity
    return {
        "posts": [
            {"post": market.question.posts[at], "seats": int(added[at])}
            for at in np.flatnonzero(added).tolist()
        ],
        "places": _places(market, answer),
    }


def _added(market: Market, capacity: NDArray[np.int64]) -> int:
    return int((capacity - market.capacity).sum())


def _seated(
    market: Market, post: NDArray[np.int32], couples: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int32]] | None:
    """Give each of these unplaced couples the best pair for which it objects, adding the seats it lacks."""
    post, capacity = post.copy(), market.capacity.copy()
    holders = np.bincount(post[post >= 0], minlength=len(capacity))
    ids = {market.question.couples[couple].id: couple for couple in couples}
    index = {name: at for at, name in enumerate(market.question.posts)}
    seen = set()
    for entry in objections(market, post):
        if "couple" not in entry or entry["couple"] in seen or entry["couple"] not in ids:
            continue
        seen.add(entry["couple"])
        for member, name in zip(market.joint.members[ids[entry["couple"]]], entry["pair"], strict=True):
            if name is not None:
                post[member] = index[name]
                holders[index[name]] += 1
    capacity = np.maximum(capacity, holders)
    stable = not objections(market, post, capacity)
    return (capacity, post) if stable and (capacity - market.capacity).max() <= MOST_EXTRA else None
