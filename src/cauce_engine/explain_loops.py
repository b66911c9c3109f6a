"""Compiled loop that explains every wish of a question in which one order decides everywhere."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from cauce_engine.compilation import compiled


@compiled
def explained(start, choices, post, place, levels, last, last_place, codes, code, distance, element):
    """Write ``code``, ``distance`` and ``element`` of every wish.

    ``levels`` (people, elements): merit, higher first; ``last``/``last_place`` by post: the last admitted
    and their place, -1 where nobody can be passed; ``codes``: placed, behind, not reached, no seats.
    """
    placed, behind, not_reached, no_seats = codes
    elements = levels.shape[1]
    for person in range(len(post)):
        wish = start[person]
        end = start[person + 1]
        mine = post[person]
        here = place[person]
        while wish < end and choices[wish] != mine:
            p = choices[wish]
            if last[p] < 0:
                code[wish] = no_seats
                distance[wish] = 0
                element[wish] = -1
            else:
                code[wish] = behind
                distance[wish] = here - last_place[p]
                decided = 0
                for k in range(elements):
                    if levels[person, k] != levels[last[p], k]:
                        decided = k + 1
                        break
                element[wish] = decided
            wish += 1
        if wish < end:
            code[wish] = placed
            distance[wish] = 0
            element[wish] = -1
            wish += 1
        while wish < end:
            code[wish] = not_reached
            distance[wish] = 0
            element[wish] = -1
            wish += 1
