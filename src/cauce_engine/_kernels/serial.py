"""One order for all: a single pass over the people, best first."""

from __future__ import annotations

import numpy as np

from cauce_engine._kernels.compiled import compiled


@compiled
def serial(order, start, choices, capacity):
    """Give each person, best first, the best post that is left.

    ``order``: int32 people, best first; ``start``/``choices``: int64/int32 lists; ``capacity``: int64 seats.
    Returns ``post`` (int32 by person, -1 none) and ``last`` (int32 by post: the last admitted where it
    filled, -1 where seats are left, -2 where there were none).
    """
    post = np.full(len(order), -1, np.int32)
    free = capacity.copy()
    last = np.full(len(capacity), -1, np.int32)
    for p in range(len(capacity)):
        if capacity[p] == 0:
            last[p] = -2
    for at in range(len(order)):
        person = order[at]
        for wish in range(start[person], start[person + 1]):
            p = choices[wish]
            if free[p] > 0:
                free[p] -= 1
                post[person] = p
                if free[p] == 0:
                    last[p] = person
                break
    return post, last
