"""Minimum numbers of people at posts: why one cannot be met justly, and what meeting it would cost whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cauce_engine.live import as_chosen
from cauce_engine.problems import Question
from cauce_engine.results import Allocation
from cauce_engine.shares import as_called
from cauce_engine.twosided import ranked

PROOF = {
    "es": "Toda respuesta estable ocupa en esta plaza el mismo número de lugares: quien la pide y no la ocupa "
    "tiene una que prefiere, y ninguna respuesta sin injusticia se la quita.",
    "en": "Every stable answer fills the same number of seats at this post: whoever lists it and does not hold "
    "it has one that they prefer, and no answer without injustice takes that away.",
}

IN_REGION = {
    "es": "Toda respuesta estable ocupa en la región el mismo número de lugares; cuántos de ellos en esta plaza "
    "puede variar entre respuestas estables, y esta es la mejor para todas las personas.",
    "en": "Every stable answer fills the same number of seats in the region; how many of them at this post may "
    "vary between stable answers, and this one is the best for every person.",
}


@dataclass(frozen=True, slots=True)
class Move:
    """One person who would have to accept the post instead of what they hold, ``steps`` down their list."""

    applicant: str
    holds: str | None
    steps: int


def unmet(question: Question, answer: Allocation) -> list[dict[str, Any]]:
    """The posts whose minimum the answer does not meet, each with proof and cost, by identifier.

    The cost is the set of moves with the fewest steps down people's own lists; ``missing_after`` says how
    many people would still be missing if everyone who lists the post were moved.
    """
    wanted = {post: terms.minimum for post, terms in question.terms.items() if terms.minimum}
    if not wanted:
        return []
    holders = np.bincount(answer.post[answer.post >= 0], minlength=len(question.posts))
    short = {post: minimum for post, minimum in wanted.items() if holders[post] < minimum}
    if not short:
        return []
    question = as_called(as_chosen(question))
    rank = ranked(question).rank
    entries = []
    for post, minimum in sorted(short.items()):
        missing = minimum - int(holders[post])
        proof = PROOF if question.terms[post].region is None else IN_REGION
        moves = _moves(question, answer, rank, post)[:missing]
        entries.append(
            {
                "post": question.posts[post],
                "minimum": minimum,
                "holders": int(holders[post]),
                "proof": proof["es"],
                "proof_en": proof["en"],
                "cost": [{"applicant": m.applicant, "holds": m.holds, "steps": m.steps} for m in moves],
                "missing_after": missing - len(moves),
            }
        )
    return entries


def _moves(question: Question, answer: Allocation, rank: Any, post: int) -> list[Move]:
    """Everyone who could be moved to the post, the fewest steps down first, then by the post's order."""
    found = []
    for wish in np.flatnonzero((question.choices == post) & (rank >= 0)).tolist():
        person = int(np.searchsorted(question.choice_start, wish, side="right")) - 1
        mine = int(answer.post[person])
        if mine == post:
            continue
        row = question.choices[question.choice_start[person] : question.choice_start[person + 1]].tolist()
        if mine < 0 or row.index(post) < row.index(mine):
            continue
        move = Move(question.applicants[person], question.posts[mine], row.index(post) - row.index(mine))
        found.append((move.steps, int(rank[wish]), move))
    return [move for _, _, move in sorted(found, key=lambda entry: entry[:2])]
