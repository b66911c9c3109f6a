"""Couples' lists of pairs seen as lists of posts, which is how posts see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cauce_engine.problems import Question

_KNOWN: WeakKeyDictionary[Question, Joint] = WeakKeyDictionary()
"""Joint lists of questions in use: solving and explaining both need them, and a question never changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The couples of a question in columns.

    ``whole``: the question in which each member lists the posts of its pairs in order of appearance, without
    couples. Pairs of couple c: ``pairs[start[c]:start[c + 1]]`` (-1: that member unplaced); ``at``: position
    of each pair's posts in the members' lists (-1 for none). ``members``: shape (couples, 2).
    """

    whole: Question
    members: NDArray[np.int32]
    start: NDArray[np.int64]
    pairs: NDArray[np.int32]
    at: NDArray[np.int32]


def joint(question: Question) -> Joint:
    """The couples of this question in columns, made once."""
    if question not in _KNOWN:
        _KNOWN[question] = _joint(question)
    return _KNOWN[question]


def _joint(question: Question) -> Joint:
    from cauce_engine._kernels import couples as loops  # noqa: PLC0415 - the compiler loads only to solve

    couples = question.couples
    flat = np.fromiter(chain.from_iterable(couple.members for couple in couples), np.int32, 2 * len(couples))
    members = flat.reshape(len(couples), 2)
    start = np.zeros(len(couples) + 1, np.int64)
    np.cumsum([len(couple.choices) for couple in couples], out=start[1:])
    pairs = np.concatenate([couple.choices for couple in couples] or [np.zeros((0, 2), np.int32)])
    pairs = pairs.astype(np.int32, copy=False)
    bounds, listed, at = loops.joint_lists(members, start, pairs, len(question.posts))
    counts = np.diff(question.choice_start)
    counts[flat] = np.diff(bounds)
    choice_start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=choice_start[1:])
    choices = np.empty(int(choice_start[-1]), np.int32)
    slots = np.argsort(flat, kind="stable")
    loops.with_lists(question.choices, flat[slots], slots, bounds, listed, choice_start, choices)
    whole = replace(question, choice_start=choice_start, choices=choices, couples=())
    return Joint(whole, members, start, pairs, at)


def expanded(question: Question) -> Question:
    """The question in which each member of a couple lists the posts of its pairs, in order of appearance."""
    return joint(question).whole
