"""The witnesses that every kind of question has in common, in the words that an answer publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.problems import Question
from cauce_engine.results import NO_SEATS, SEATS_LEFT, Allocation

Witness = Mapping[str, Any] | None


def of_wish(question: Question, wish: int) -> dict[str, Any]:
    """The person and the post of a wish."""
    person = int(np.searchsorted(question.choice_start, wish, side="right")) - 1
    return {"applicant": question.applicants[person], "post": question.posts[question.choices[wish]]}


def overfull(question: Question, count: NDArray[np.int64]) -> Witness:
    """The first post with more holders (``count``) than seats; None where there is none."""
    over = np.flatnonzero(count > question.capacity)
    if not len(over):
        return None
    post = int(over[0])
    return {"post": question.posts[post], "holders": int(count[post]), "seats": int(question.capacity[post])}


def full(question: Question, count: NDArray[np.int64]) -> NDArray[np.bool_]:
    """By post, whether it has seats and none of them is left."""
    taken: NDArray[np.bool_] = (count >= question.capacity) & (question.capacity > 0)
    return taken


def line_untrue(
    question: Question, answer: Allocation, count: NDArray[np.int64], last: NDArray[np.int32]
) -> Witness:
    """The first cut-off that does not name the ``last`` person admitted to its post; None where all do."""
    if answer.last is None:
        return {"cutoffs": "missing"}
    true = np.where(full(question, count), last, np.where(question.capacity > 0, SEATS_LEFT, NO_SEATS))
    wrong = np.flatnonzero(answer.last != true)
    if not len(wrong):
        return None
    post, named = int(wrong[0]), int(answer.last[wrong[0]])
    name = question.applicants[named] if named >= 0 else None
    return {"post": question.posts[post], "last_admitted_is_not": name}
