"""Choosing in person: a log of choices made at the desk, and standing lists for those who were absent.

A choice in person stands instead of the person's list. What remains is the mechanism `serial`, so an act in
which everybody follows their list gives the same answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cauce_engine.problems import Question


def as_chosen(question: Question) -> Question:
    """The question in which each person in the log lists exactly what they chose; itself without a log."""
    if not question.log:
        return question
    chosen = dict(question.log)
    counts = np.diff(question.choice_start)
    kept = np.ones(len(question.choices), np.bool_)
    for person, post in chosen.items():
        kept[question.choice_start[person] : question.choice_start[person + 1]] = False
        counts[person] = int(post >= 0)
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    choices = np.full(int(start[-1]), -1, np.int32)
    for person, post in chosen.items():
        if post >= 0:
            choices[start[person]] = post
    listed = np.ones(len(choices), np.bool_)
    listed[[start[person] for person, post in chosen.items() if post >= 0]] = False
    choices[listed] = question.choices[kept]
    return replace(question, choice_start=start, choices=choices, log=())
