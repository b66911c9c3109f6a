"""Compiled loop that explains every wish of a question in which one order decides everywhere."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def explained(start, choices, post, place, levels, last_place, last_levels, codes, code, distance, element):
    """Write ``code``, ``distance`` and ``element`` of every wish down to the one that each person holds.

    ``levels`` (people, elements): merit, higher first; ``last_place`` and ``last_levels`` (by post): of the
    last admitted, 0 where nobody can be passed; ``codes``: placed, behind, no seats.
    """
    placed, behind, no_seats = codes
    elements = levels.shape[1]
    one = np.uint64(1)
    for person in range(len(post)):
        wish = np.uint64(start[person])
        end = np.uint64(start[person + 1])
        mine = post[person]
        here = place[person]
        while wish < end and choices[wish] != mine:
            p = np.uint64(choices[wish])
            if last_place[p] == 0:
                code[wish] = no_seats
            else:
                code[wish] = behind
                distance[wish] = here - last_place[p]
                decided = 0
                for k in range(elements):
                    if levels[person, k] != last_levels[p, k]:
                        decided = k + 1
                        break
                element[wish] = decided
            wish += one
        if wish < end:
            code[wish] = placed
