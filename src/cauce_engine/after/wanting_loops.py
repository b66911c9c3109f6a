"""Compiled loop: the wishes of a large question, gathered by post."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def by_post(start, choices, posts):
    """``begin`` (int64 by post, one more at the end) and ``people`` (int32), the people who list each post."""
    begin = np.zeros(posts + 1, np.int64)
    for p in choices:
        begin[p + 1] += 1
    begin = np.cumsum(begin)
    filled = begin[:-1].copy()
    people = np.empty(len(choices), np.int32)
    for person in range(len(start) - 1):
        for wish in range(start[person], start[person + 1]):
            p = choices[wish]
            people[filled[p]] = person
            filled[p] += 1
    return begin, people
