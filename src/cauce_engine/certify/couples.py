"""Judging an answer with couples by the definition that the question names; shares nothing with the solver."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.certify.order import ranks
from cauce_engine.problems import Couple, Orders, Question

Witness = Mapping[str, Any] | None


def objections_of(question: Question, post: NDArray[np.int32]) -> dict[str, Witness]:
    """A1 to A4 for everybody and A9, each with its witness: singles are judged by A3 and A4, couples by A9.

    Cut-offs and A6 are not claimed with couples.
    """
    judged = Judged(question, post)
    found: dict[str, Witness] = {"A1": judged.more_than_seats(), "A2": judged.unlisted()}
    found["A3"], found["A4"] = judged.envy(), judged.waste()
    first = judged.couples_objecting(first=True) if found["A2"] is None else []
    found["A9"] = first[0] if first else found["A3"] or found["A4"] or found["A2"]
    return found


class Judged:
    """An answer to a question with couples, and who holds each post in which order.

    No wish is ranked but where it matters: every post's order is read down to its last holder (to its end where
    a seat is free), and whoever is met there must not like the post better than what they have.
    """

    def __init__(self, question: Question, post: NDArray[np.int32]) -> None:
        from cauce_engine.certify import couples_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

        self.loops: Any = loops
        self.question, self.post = question, post
        self.members, self.pair_start, self.pairs = _columns(question.couples)
        posts, people = len(question.posts), len(question.applicants)
        self.orders = question.orders or _no_orders(posts)
        self.first = np.empty(people + 1, np.int64)
        self.wanted = np.empty(len(question.choices) + self.pairs.size, np.int32)
        self.count, self.expected = np.zeros(posts, np.int64), np.zeros(posts, np.int64)
        self.stranger = int(
            loops.wants(
                question.choice_start, question.choices, post, self.members, self.pair_start, self.pairs,
                self.count, self.expected, self.first, self.wanted,
            )
        )  # fmt: skip
        self.rank, self.person = np.full((posts, 4), -1, np.int64), np.full((posts, 4), -1, np.int64)
        self.ranks = np.full(self.first[-1], -1, np.int32)
        self.refused = self._refused()

    def _refused(self) -> list[int]:
        """The first wish of envy and the first of waste; -1 for none. Reads every order as far as it matters."""
        orders, start, capacity = self.orders, self.question.choice_start, self.question.capacity
        lists = (self.first, self.wanted, self.post)
        found = [
            self.loops.along_orders(
                orders.start, self._settled(), orders.given, start, *lists, self.count, self.expected, capacity,
                self.rank, self.person, self.ranks,
            )
        ]  # fmt: skip
        if not orders.given.all():
            place = ranks(self.question, self.question.merit)
            self.loops.holders_by_merit(orders.given, place, self.post, self.rank, self.person)
            found.append(
                self.loops.refused_by_merit(
                    orders.given, place, start, *lists, self.count, capacity, self.rank, self.ranks
                )
            )
        return [
            min((int(wish) for wish in kind if wish >= 0), default=-1) for kind in zip(*found, strict=True)
        ]

    def _settled(self) -> NDArray[np.int32]:
        """The entries of all orders, people tied in one put in the order of their tickets or identifiers."""
        orders = self.orders
        if not self.loops.has_ties(orders.start, orders.level):
            return orders.applicant
        owner = np.repeat(np.arange(len(orders.given)), np.diff(orders.start))
        same = np.zeros(len(owner) + 1, np.bool_)
        same[1:-1] = (orders.level[1:] == orders.level[:-1]) & (owner[1:] == owner[:-1])
        tied = np.flatnonzero(same[1:] | same[:-1])
        chance, people = ranks(self.question, ()), orders.applicant.copy()
        entries = people[tied]
        people[tied] = entries[np.lexsort((chance[entries], orders.level[tied], owner[tied]))]
        return people

    def more_than_seats(self) -> Witness:
        over = np.flatnonzero(self.count > self.question.capacity)
        if not len(over):
            return None
        post = int(over[0])
        return {
            "post": self.question.posts[post],
            "holders": int(self.count[post]),
            "seats": int(self.question.capacity[post]),
        }

    def unlisted(self) -> Witness:
        """The first person at a post that they do not list or that does not list them; or couple at no pair."""
        strangers = [self.stranger] if self.stranger >= 0 else []
        orders = self.orders
        for post in np.flatnonzero((self.expected > 0) & orders.given).tolist():
            listed = orders.applicant[orders.start[post] : orders.start[post + 1]]
            strangers += np.setdiff1d(np.flatnonzero(self.post == post), listed)[:1].tolist()
        if strangers:
            person = min(strangers)
            name = self.question.posts[self.post[person]]
            return {"applicant": self.question.applicants[person], "post": name}
        couple = int(self.loops.outside(self.post, self.members, self.pair_start, self.pairs))
        if couple < 0:
            return None
        mine = self.post[self.members[couple]].tolist()
        return {"couple": self.question.couples[couple].id, "pair": self._names(mine)}

    def envy(self) -> Witness:
        """The first single person refused by a post that took somebody behind them."""
        wish = self.refused[0]
        if wish < 0:
            return None
        last = self.person[self.question.choices[wish], 0]
        return self._wish(wish) | {"behind": self.question.applicants[last]}

    def waste(self) -> Witness:
        """The first single person refused by a post with a free seat."""
        wish = self.refused[1]
        if wish < 0:
            return None
        post = int(self.question.choices[wish])
        return self._wish(wish) | {"open_seats": int(self.question.capacity[post] - self.count[post])}

    def couples_objecting(self, *, first: bool = False) -> list[dict[str, Any]]:
        """Every objection of a couple, or only the first. Where A2 does not hold, they mean nothing."""
        loose = self.question.options.get("couples_definition") == "MM"
        marked = self.loops.couples_objecting(
            self.post, self.members, self.pair_start, self.pairs, self.first, self.wanted, self.ranks, loose,
            self.question.capacity, self.count, self.rank, self.person, first,
        )  # fmt: skip
        found = []
        for k in np.flatnonzero(marked).tolist():
            couple = self.question.couples[int(np.searchsorted(self.pair_start, k, side="right")) - 1]
            found.append({"couple": couple.id, "pair": self._names(self.pairs[k].tolist())})
        return found

    def _wish(self, wish: int) -> dict[str, Any]:
        person = int(np.searchsorted(self.question.choice_start, wish, side="right")) - 1
        name = self.question.posts[self.question.choices[wish]]
        return {"applicant": self.question.applicants[person], "post": name}

    def _names(self, pair: list[int]) -> list[str | None]:
        return [None if p < 0 else self.question.posts[p] for p in pair]


def _no_orders(posts: int) -> Orders:
    """Where merit decides everywhere."""
    nobody, none = np.zeros(0, np.int32), np.zeros(posts, np.bool_)
    return Orders(np.zeros(posts + 1, np.int64), nobody, nobody, none, np.zeros(0, np.bool_))


def _columns(
    couples: tuple[Couple, ...],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Members, where the pairs of each couple start, and all pairs."""
    flat = np.fromiter(chain.from_iterable(couple.members for couple in couples), np.int32, 2 * len(couples))
    start = np.zeros(len(couples) + 1, np.int64)
    np.cumsum([len(couple.choices) for couple in couples], out=start[1:])
    pairs = [couple.choices for couple in couples] or [np.zeros((0, 2), np.int32)]
    return flat.reshape(len(couples), 2), start, np.concatenate(pairs).astype(np.int32, copy=False)
