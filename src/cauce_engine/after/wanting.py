"""A question read the other way round: who lists each post.

Gathered once for each question and kept while it is in use: one publication is corrected many times.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cauce_engine.problems import Question
from cauce_engine.scale import compiled_pays

_KNOWN: WeakKeyDictionary[Question, Wanting] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, eq=False)
class Wanting:
    """The people who list each post: ``people[begin[p]:begin[p + 1]]``, in the order of their identifiers."""

    begin: NDArray[np.int64]
    people: NDArray[np.int32]

    def at(self, post: int) -> NDArray[np.int32]:
        return self.people[int(self.begin[post]) : int(self.begin[post + 1])]


def wanting(question: Question) -> Wanting:
    """Who lists each post, whether or not the post returns the wish."""
    known = _KNOWN.get(question)
    if known is None:
        known = _gathered(question)
        _KNOWN[question] = known
    return known


def _gathered(question: Question) -> Wanting:
    start, choices, posts = question.choice_start, question.choices, len(question.posts)
    if compiled_pays(len(choices)):
        from cauce_engine.after.wanting_loops import by_post  # noqa: PLC0415 - only large questions compile

        return Wanting(*by_post(start, choices, posts))
    begin = np.zeros(posts + 1, np.int64)
    np.cumsum(np.bincount(choices, minlength=posts), out=begin[1:])
    owner = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    return Wanting(begin, owner[np.argsort(choices, kind="stable")])
