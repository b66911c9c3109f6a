"""Questions with couples: restarts of a quick solver, then an exact search, and an honest end either way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.certify_couples import Couples
from cauce_engine.pairs import expanded
from cauce_engine.problems import Couple, Question
from cauce_engine.results import Allocation
from cauce_engine.twosided import Ranked, ranked

RESTARTS = 60
"""Sequences tried before the exact search."""
CASES = 20_000
"""Outcomes of the couples tried by the exact search."""
MOST_SEARCHED = 100
"""Couples of the largest market that is searched exactly."""
LONG = 1_000_000
"""Sequences tried after it, where it did not come to an end."""
STEPS = 1_500_000_000
"""Steps of the long restarts together: a budget that counts work, never time."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """A question with couples as arrays; couples' members carry the posts of their pairs as wishes."""

    question: Question
    ranked: Ranked
    couples: tuple[Couple, ...]
    members: NDArray[np.int32]
    pair_start: NDArray[np.int64]
    pairs: NDArray[np.int32]
    pair_rank: NDArray[np.int32]
    asks: NDArray[np.int32]
    asks_start: NDArray[np.int64]


def with_couples(question: Question) -> Allocation:
    """A stable answer, or none with the reason; which of the three the status says."""
    market = _market(question)
    post, steps = _restarts(market)
    named = {"couples_definition": question.options.get("couples_definition", "BIS")}
    if post is not None:
        return _answer(question, market, post, "certified", named)
    search = _Search(market)
    if len(question.couples) <= MOST_SEARCHED:
        post = search.run()
    else:
        search.cases = CASES + 1
    if post is not None:
        return _answer(question, market, post, "certified", named)
    if search.cases > CASES:
        post, more = _restarts(market, restarts=LONG)
        steps += more
        if post is not None:
            return _answer(question, market, post, "certified", named)
    nobody = np.full(len(question.applicants), -1, np.int32)
    fewest = _fewest_objections(question, market)
    if search.cases <= CASES:
        proof = {
            "method": "every outcome of the couples was tried; with each, deferred acceptance settles the "
            "others as well for the posts as any stable answer can, and an objection remained",
            "cases": search.cases,
        }
        return _answer(
            question, market, nobody, "none-exists", {**named, "proof": proof, "fewest_objections": fewest}
        )
    spent = {"steps": steps, "cases": search.cases if len(question.couples) <= MOST_SEARCHED else 0}
    return _answer(
        question, market, nobody, "not-found", {**named, "spent": spent, "fewest_objections": fewest}
    )


def _answer(
    question: Question, market: Market, post: NDArray[np.int32], status: str, extra: dict[str, Any]
) -> Allocation:
    return Allocation(
        question=question,
        post=post,
        line=post,
        last=None,
        status=status,
        dropped=market.ranked.dropped,
        extra=extra,
    )


class _Search:
    """Every outcome of the couples, depth first, cut where a member is refused by those fixed so far.

    With the couples' outcomes fixed, their members are people with one wish. A member refused in the answer
    that is best for people is refused in every stable one, and more couples only add competition, so the
    branch is cut. Of all stable answers with these outcomes, the one best for posts leaves couples the fewest
    objections; if they have one there, they have one in all.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.cases = 0
        self.rank = market.ranked.rank.copy()
        self.question = market.question
        start = self.question.choice_start
        for member in market.members.ravel().tolist():
            self.rank[start[member] : start[member + 1]] = -1
        self.judge = _judge(market)

    def run(self) -> NDArray[np.int32] | None:
        """A stable answer, or None: then none exists if ``cases`` stayed within `CASES`."""
        return self._branch(0)

    def _branch(self, couple: int) -> NDArray[np.int32] | None:
        from cauce_engine._kernels import deferred  # noqa: PLC0415 - the compiler loads only to solve

        market, question = self.market, self.question
        if self.cases > CASES:
            return None
        if couple == len(market.members):
            self.cases += 1
            held = deferred.posts_propose(
                question.choice_start,
                market.ranked.owner,
                question.choices,
                self.rank,
                market.ranked.listed,
                market.ranked.wishes,
                question.capacity,
            )
            post = _posts(question, held)
            return None if self.judge.objections(post, first=True) else post
        outcomes = range(int(market.pair_start[couple]), int(market.pair_start[couple + 1]))
        for k in [*outcomes, -1]:
            if self.cases > CASES:
                return None
            chosen = self._fix(couple, k)
            if chosen is None:
                continue
            self.cases += 1
            held, _ = deferred.applicants_propose(
                question.choice_start,
                question.choices,
                self.rank,
                market.ranked.listed,
                question.capacity,
                market.ranked.common.order,
            )
            fixed = self.rank >= 0
            fixed[held[held >= 0]] = False
            refused = np.isin(market.ranked.owner[fixed], market.members[: couple + 1])
            found = None if refused.any() else self._branch(couple + 1)
            self.rank[chosen] = -1
            if found is not None:
                return found
        return None

    def _fix(self, couple: int, k: int) -> list[int] | None:
        """Let the members wish for this pair alone; the wishes, or None where a post does not list them."""
        if k < 0:
            return []
        chosen = []
        start, choices = self.question.choice_start, self.question.choices
        for which in range(2):
            member, post = int(self.market.members[couple, which]), int(self.market.pairs[k, which])
            if post < 0:
                continue
            if self.market.pair_rank[k, which] < 0:
                return None
            chosen.append(
                int(start[member] + choices[start[member] : start[member + 1]].tolist().index(post))
            )
        for wish in chosen:
            self.rank[wish] = self.market.ranked.rank[wish]
        return chosen


def _judge(market: Market) -> Couples:
    rank = market.ranked.rank
    return Couples(market.question, market.couples, market.ranked.common.place, rank, False)


def _posts(question: Question, held: NDArray[np.int64]) -> NDArray[np.int32]:
    post = np.full(len(held), -1, np.int32)
    post[held >= 0] = question.choices[held[held >= 0]]
    return post


def _fewest_objections(question: Question, market: Market) -> dict[str, Any]:
    """An answer with few objections: of those in which one couple at a time is left out, the best."""
    judge = _judge(market)
    best: tuple[int, NDArray[np.int32], list[dict[str, Any]]] | None = None
    for without in range(min(len(market.members), 60)):
        post, _ = _restarts(market, without=without, restarts=8)
        if post is None:
            continue
        found = judge.objections(post)
        if best is None or len(found) < best[0]:
            best = (len(found), post, found)
            if best[0] == 1:
                break
    if best is None:
        return {"count": None}
    names = (*question.posts, None)
    places = {person: names[post] for person, post in zip(question.applicants, best[1].tolist(), strict=True)}
    return {"count": best[0], "proven_fewest": best[0] == 1, "objections": best[2], "places": places}


def _market(question: Question) -> Market:
    whole = expanded(question)
    market = ranked(whole)
    couples = question.couples
    pair_start = np.zeros(len(couples) + 1, np.int64)
    np.cumsum([len(couple.choices) for couple in couples], out=pair_start[1:])
    pairs = np.concatenate([couple.choices for couple in couples]).astype(np.int32)
    pair_rank = np.full(pairs.shape, -1, np.int32)
    for number, couple in enumerate(couples):
        rows = slice(int(pair_start[number]), int(pair_start[number + 1]))
        for which, member in enumerate(couple.members):
            first, end = whole.choice_start[member : member + 2]
            rank = dict(zip(whole.choices[first:end].tolist(), market.rank[first:end].tolist(), strict=True))
            pair_rank[rows, which] = [rank.get(post, -1) for post in pairs[rows, which].tolist()]
    asking: list[list[int]] = [[] for _ in question.posts]
    for number, couple in enumerate(couples):
        for post in sorted({post for post in couple.choices.ravel().tolist() if post >= 0}):
            asking[post].append(number)
    asks_start = np.zeros(len(asking) + 1, np.int64)
    np.cumsum([len(numbers) for numbers in asking], out=asks_start[1:])
    asks = np.array([number for numbers in asking for number in numbers], np.int32)
    members = np.array([couple.members for couple in couples], np.int32)
    return Market(whole, market, couples, members, pair_start, pairs, pair_rank, asks, asks_start)


def _restarts(
    market: Market, *, without: int = -1, restarts: int = RESTARTS
) -> tuple[NDArray[np.int32] | None, int]:
    """Try sequences of couples until one ends; singles always come first, in the order of merit."""
    from cauce_engine._kernels.couples import settle  # noqa: PLC0415 - the compiler loads only to solve

    people, couples = len(market.question.applicants), len(market.members)
    single = np.ones(people, np.bool_)
    single[market.members.ravel()] = False
    alone = market.ranked.common.order
    alone = alone[single[alone]]
    loose = market.question.options.get("couples_definition") == "MM"
    sequence = np.array([people + c for c in range(couples) if c != without], np.int32)
    used, allowance = 0, 20 * (len(market.question.choices) + len(market.pairs)) + 3_000
    for attempt in range(restarts):
        turn = np.concatenate([alone, sequence])
        if attempt % 8 >= 4:
            turn = _shuffled(turn, attempt)
        post, steps, ended = settle(
            market.question.choice_start,
            market.question.choices,
            market.ranked.rank,
            market.ranked.owner,
            market.ranked.listed,
            market.ranked.wishes,
            market.question.capacity,
            market.members,
            market.pair_start,
            market.pairs,
            market.pair_rank,
            market.asks,
            market.asks_start,
            turn.astype(np.int32),
            loose,
            (0, 1, 2, 2)[attempt % 4] if attempt < RESTARTS else 2,
            attempt * 0x9E3779B97F4A7C15 % 2**62,
            allowance,
        )
        used += int(steps)
        if ended:
            return post, used
        if used > (STEPS if restarts == LONG else STEPS // 10):
            break
        sequence = _shuffled(sequence, attempt)
    return None, used


def _shuffled(values: NDArray[np.int32], attempt: int) -> NDArray[np.int32]:
    """A sequence that depends on nothing but the attempt: sorted by a mixed counter (SplitMix64)."""
    mixed = np.arange(1, len(values) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64(attempt * 0xD1342543DE82EF95 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    shuffled: NDArray[np.int32] = values[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")]
    return shuffled
