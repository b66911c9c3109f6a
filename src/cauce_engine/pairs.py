"""Couples' lists of pairs seen as lists of posts, which is how posts see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cauce_engine.problems import Question


def expanded(question: Question) -> Question:
    """The question in which each member of a couple lists the posts of its pairs, in order of appearance."""
    extra: dict[int, list[int]] = {}
    for couple in question.couples:
        for which, member in enumerate(couple.members):
            named = couple.choices[:, which].tolist()
            extra[member] = list(dict.fromkeys(post for post in named if post >= 0))
    counts = np.diff(question.choice_start)
    for member, posts in extra.items():
        counts[member] = len(posts)
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    choices = np.empty(int(start[-1]), np.int32)
    inside = np.zeros(len(choices), np.bool_)
    for member, posts in extra.items():
        choices[start[member] : start[member + 1]] = posts
        inside[start[member] : start[member + 1]] = True
    choices[~inside] = question.choices
    return replace(question, choice_start=start, choices=choices, couples=())
