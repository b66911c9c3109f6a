"""One order for all: a single pass over the people, best first."""

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled

_AHEAD = 64
_WINDOW = 8


@compiled
def serial(order, start, choices, capacity):
    """Give each person, best first, the best post that is left.

    ``order``: int32 people, best first; ``start``/``choices``: int64/int32 lists; ``capacity``: int64 seats.
    Returns ``post`` (int32 by person, -1 none) and ``last`` (int32 by post: the last admitted where it
    filled, -1 where seats are left, -2 where there were none).
    """
    size = len(order)
    post = np.full(size, -1, np.int32)
    last = np.full(len(capacity), -1, np.int32)
    free = capacity.astype(np.int32)
    for p in range(len(capacity)):
        if free[p] == 0:
            last[p] = -2
    # The heads of the lists of a block of people are fetched together, so that their cache misses overlap.
    begins = np.empty(_AHEAD, np.int64)
    ends = np.empty(_AHEAD, np.int64)
    heads = np.empty((_AHEAD, _WINDOW), np.int32)
    for block in range(0, size, _AHEAD):
        people = min(_AHEAD, size - block)
        for k in range(people):
            begins[k] = start[order[block + k]]
            ends[k] = start[order[block + k] + 1]
        for k in range(people):
            begin = begins[k]
            for w in range(min(_WINDOW, ends[k] - begin)):
                heads[k, w] = choices[begin + w]
        for k in range(people):
            person = order[block + k]
            for wish in range(ends[k] - begins[k]):
                p = heads[k, wish] if wish < _WINDOW else choices[begins[k] + wish]
                if free[p] > 0:
                    free[p] -= 1
                    post[person] = p
                    if free[p] == 0:
                        last[p] = person
                    break
    return post, last
