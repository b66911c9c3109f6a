"""Judging an answer with couples by the definition that the question names; shares nothing with the solver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.problems import Couple, Question


def expanded(question: Question) -> Question:
    """The question in which each member of a couple lists the posts of its pairs, and there are no couples."""
    from cauce_engine.certify import couples_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

    members, pair_start, pairs = _columns(question.couples)
    size, named = loops.member_lists(members, pair_start, pairs, len(question.posts))
    counts = np.diff(question.choice_start)
    counts[members] = size
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    lengths, firsts = size.ravel(), start[members.ravel()]
    before = np.cumsum(lengths) - lengths
    inside = np.repeat(firsts - before, lengths) + np.arange(len(named))
    single = np.ones(int(start[-1]), np.bool_)
    single[inside] = False
    choices = np.empty(len(single), np.int32)
    choices[inside] = named
    choices[single] = question.choices
    return replace(question, choice_start=start, choices=choices, couples=())


def _columns(
    couples: tuple[Couple, ...],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Members, where the pairs of each couple start, and all pairs."""
    members = np.array([couple.members for couple in couples], np.int32).reshape(len(couples), 2)
    start = np.zeros(len(couples) + 1, np.int64)
    np.cumsum([len(couple.choices) for couple in couples], out=start[1:])
    pairs = [couple.choices for couple in couples] or [np.zeros((0, 2), np.int32)]
    return members, start, np.concatenate(pairs).astype(np.int32)


class Couples:
    """Finds objections: a person and a post, or a couple and a pair, that would both gain.

    ``question``: `expanded`. The rank of a person at a post is ``person_rank`` if ``common``, else the
    ``wish_rank`` of their wish for it. ``capacity``: seats, where they are not those of the question.
    """

    def __init__(
        self,
        question: Question,
        couples: tuple[Couple, ...],
        person_rank: NDArray[Any],
        wish_rank: NDArray[Any],
        common: bool,
        capacity: NDArray[np.int64] | None = None,
    ) -> None:
        from cauce_engine.certify import couples_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

        self.question = question
        self.couples = couples
        self.loops: Any = loops
        self.loose = question.options.get("couples_definition") == "MM"
        self.seats = question.capacity if capacity is None else capacity
        self.columns = _columns(couples)
        self.lists = (
            question.choice_start,
            question.choices,
            person_rank.astype(np.int32, copy=False),
            wish_rank.astype(np.int32, copy=False),
            bool(common),
        )
        self.ranks = loops.ranks_of_pairs(*self.lists, *self.columns, len(question.posts))

    def outside_lists(self, post: NDArray[Any]) -> dict[str, Any] | None:
        """The first couple whose outcome is not a pair of its list."""
        couple = int(self.loops.outside(post, *self.columns))
        if couple < 0:
            return None
        mine = post[self.columns[0][couple]].tolist()
        return {"couple": self.couples[couple].id, "pair": self._names(mine)}

    def objections(
        self, post: NDArray[Any], *, first: bool = False, couples_only: bool = False
    ) -> list[dict[str, Any]]:
        """Every objection, or only the first; those of couples come first."""
        members, pair_start, pairs = self.columns
        count, rank, person = self.loops.last_four(*self.lists, post, len(self.question.posts))
        marked = self.loops.couples_objecting(
            post, *self.columns, self.ranks, self.loose, self.seats, count, rank, person, first
        )
        found: list[dict[str, Any]] = []
        for k in np.flatnonzero(marked).tolist():
            couple = self.couples[int(np.searchsorted(pair_start, k, side="right")) - 1]
            found.append({"couple": couple.id, "pair": self._names(pairs[k].tolist())})
        if couples_only or (first and found):
            return found[:1] if first else found
        coupled = np.zeros(len(post), np.bool_)
        coupled[members] = True
        wishes = self.loops.singles_objecting(*self.lists, post, coupled, self.seats, count, rank)
        for wish in np.flatnonzero(wishes).tolist():
            single = int(np.searchsorted(self.question.choice_start, wish, side="right")) - 1
            name = self.question.posts[self.question.choices[wish]]
            found.append({"applicant": self.question.applicants[single], "post": name})
        return found[:1] if first else found

    def _names(self, pair: Any) -> list[str | None]:
        return [None if p < 0 else self.question.posts[p] for p in pair]
