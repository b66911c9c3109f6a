"""Compile every loop before the first person waits for it."""

from __future__ import annotations

from cauce_engine.allocation import allocate
from cauce_engine.explain import explain_all
from cauce_engine.problems import Question


def warm() -> None:
    """Run every mechanism on a question of two people, which compiles its loops and keeps them on disk."""
    question = Question.from_columns(
        applicants=["a", "b"], choice_counts=[1, 1], choices=["p", "p"], posts=["p"], capacities=[1]
    )
    explain_all(question, allocate(question))
