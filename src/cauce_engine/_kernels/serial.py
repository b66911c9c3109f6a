"""One order for all: a single pass over the people, best first."""

# mypy: disable-error-code="arg-type,assignment"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, fetch

_EIGHT = 8
_FIRST = np.array([_EIGHT, *((mask & -mask).bit_length() - 1 for mask in range(1, 256))], np.uint8)
"""The lowest bit that is set in a byte."""


@compiled
def serial(order, start, choices, capacity, post, last):
    """Give each person, best first, the best post that is left.

    ``order``: int32 people, best first; ``start``/``choices``: int64/int32 lists; ``capacity``: int64 seats.
    Writes ``post`` (int32 by person, -1 none) and ``last`` (int32 by post: the last admitted where it
    filled, -1 where seats are left, -2 where there were none).

    Indices are unsigned, which spares a test for negative ones at every access.
    """
    posts = len(capacity)
    free = np.empty(posts, np.int64)
    left = np.empty(posts, np.uint8)
    for p in range(posts):
        free[p] = capacity[p]
        left[p] = capacity[p] > 0
        last[p] = -1 if capacity[p] > 0 else -2
    people = np.uint64(len(order))
    wishes = np.uint64(len(choices))
    one, near, far, eight = np.uint64(1), np.uint64(20), np.uint64(40), np.uint64(8)
    turn = np.uint64(0)
    while turn < people:
        # The lists of those whose turn is near are fetched while others are served.
        if turn + far < people:
            fetch(start, np.int64(order[turn + far]))
            fetch(post, np.int64(order[turn + far]))
        if turn + near < people:
            begin = start[np.uint64(order[turn + near])]
            fetch(choices, begin)
            fetch(choices, begin + 8)
        person = np.uint64(order[turn])
        turn += one
        post[person] = -1
        at = np.uint64(start[person])
        end = np.uint64(start[person + one])
        while at < end:
            if at + eight <= wishes:
                # Eight wishes at once, without a branch for each: which of these posts have seats left?
                mask = 0
                for k in range(8):
                    mask |= left[np.uint64(choices[at + np.uint64(k)])] << k
                step = np.uint64(_FIRST[np.uint64(mask)])
                at += step
                if step == eight:
                    continue
            elif left[np.uint64(choices[at])] == 0:
                at += one
                continue
            if at < end:
                p = np.uint64(choices[at])
                post[person] = choices[at]
                free[p] -= 1
                if free[p] == 0:
                    last[p] = order[turn - one]
                    left[p] = 0
            break
