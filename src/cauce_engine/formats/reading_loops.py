"""Compiled loops that read large questions; they decide nothing."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def first_repeated(counts, choices, posts):
    """Index of the first wish that repeats an earlier one of its list; -1 where none does."""
    seen = np.full(posts, -1, np.int32)
    wish = 0
    for person in range(len(counts)):
        for _ in range(counts[person]):
            if seen[choices[wish]] == person:
                return wish
            seen[choices[wish]] = person
            wish += 1
    return -1


@compiled
def reordered(start, choices, order, moved):
    """Rows of a ragged array in another order; ``moved``: where each new row starts."""
    target = np.empty(len(choices), choices.dtype)
    for row in range(len(order)):
        begin = start[order[row]]
        for offset in range(moved[row + 1] - moved[row]):
            target[moved[row] + offset] = choices[begin + offset]
    return target
