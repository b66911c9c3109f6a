"""Posts with classes of seats and regions with caps, asked by the certifier's own compiled loops.

Everywhere: ``pool[begin[p]:begin[p] + many[p]]`` are wishes for post p, best rank first; ``line`` says by wish
which line of seats it has (-1 none). ``lines``: by post where its lines begin, by line its name, its seats and
the line that its unused seats turn into (-1 none). ``member[name, person]``: who may hold seats of that name.
``units``: by post what chooses for it, by unit where its posts begin, these posts, by unit its cap (-1: none).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def _seat(k, seats, name, pool, first, end, owner, member, most, sequence, taken, line):
    """Give up to ``seats`` seats of line ``k`` to the best of the pool who have none; how many are taken then."""
    for at in range(first, end):
        if seats == 0 or taken == most:
            break
        wish = pool[at]
        if line[wish] < 0 and member[name, owner[wish]]:
            line[wish] = k
            sequence[first + taken] = wish
            taken += 1
            seats -= 1
    return taken


@compiled
def _fill(p, pool, first, end, owner, lines, member, most, sequence, line):
    """Fill the classes of a post in their sequence, then turn what is unused; how many of ``most`` got a seat.

    ``sequence``, from ``first`` on: the wishes in the sequence in which they were given a seat. Whoever has fewer
    seats to give has given them to the beginning of this sequence.
    """
    start, name, seats, turns = lines
    for at in range(first, end):
        line[pool[at]] = -1
    taken = 0
    unused = np.empty(start[p + 1] - start[p], np.int64)
    for k in range(start[p], start[p + 1]):
        before = taken
        taken = _seat(k, seats[k], name[k], pool, first, end, owner, member, most, sequence, taken, line)
        unused[k - start[p]] = seats[k] - (taken - before)
    for k in range(start[p], start[p + 1]):
        left = unused[k - start[p]]
        turned = turns[k]
        while left > 0 and turned >= 0:
            before = taken
            taken = _seat(
                turned, left, name[turned], pool, first, end, owner, member, most, sequence, taken, line
            )
            left -= taken - before
            turned = turns[turned]
    return taken


@compiled
def _turns(posts, limit, share, room):
    """Let posts take turns, one seat each while there is room, until each has its limit; the room that is left."""
    missing = 0
    rounds = 0
    for p in posts:
        missing += max(0, limit[p] - share[p])
        rounds = max(rounds, limit[p] - share[p])
    if missing > room:
        # The most whole rounds for which there is room, by halving.
        fewest = 0
        while fewest < rounds:
            half = (fewest + rounds + 1) // 2
            needed = 0
            for p in posts:
                needed += max(0, min(half, limit[p] - share[p]))
            if needed <= room:
                fewest = half
            else:
                rounds = half - 1
    for p in posts:
        given = max(0, min(rounds, limit[p] - share[p]))
        share[p] += given
        room -= given
    for p in posts:
        if room > 0 and share[p] < limit[p]:
            share[p] += 1
            room -= 1
    return room


@compiled
def _shares(posts, cap, able, target, share):
    """How many each post of a unit takes of those who ask: targets first, then by turns."""
    if cap < 0:
        for p in posts:
            share[p] = able[p]
        return
    limit = np.empty(len(able), np.int64)
    for p in posts:
        share[p] = 0
        limit[p] = min(able[p], target[p])
    room = _turns(posts, limit, share, cap)
    if room > 0:
        _turns(posts, able, share, room)


@compiled
def asked(pool, begin, many, owner, lines, member, units, limit, target):
    """Ask every unit once: ``sequence`` (from ``begin[p]`` on), ``share`` (how many of it post p takes), ``line``."""
    _, unit_start, unit_posts, cap = units
    sequence, line = np.empty(len(pool), np.int64), np.full(len(owner), -1, np.int32)
    able, share = np.zeros(len(many), np.int64), np.zeros(len(many), np.int64)
    for p in range(len(many)):
        able[p] = _fill(
            p, pool, begin[p], begin[p] + many[p], owner, lines, member, limit[p], sequence, line
        )  # fmt: skip
    for u in range(len(cap)):
        _shares(unit_posts[unit_start[u] : unit_start[u + 1]], cap[u], able, target, share)
    return sequence, share, line


@compiled
def _sort(pool, first, end, rank):
    """Put wishes in the sequence of their ranks (Shell 1959: quick where most stand in it already)."""
    gap = 1
    while gap < (end - first) // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for at in range(first + gap, end):
            wish = pool[at]
            to = at
            while to - gap >= first and rank[pool[to - gap]] > rank[wish]:
                pool[to] = pool[to - gap]
                to -= gap
            pool[to] = wish
        gap //= 3


@compiled
def proposed(start, choices, rank, begin, owner, lines, member, units, limit, target):
    """Deferred acceptance in rounds: by person the wish held in the answer that is best for them (-1 none), ``line``.

    ``begin``: room for all wishes of each post; ``rank``: by wish, -1 where the post does not take the person.
    """
    unit_of, unit_start, unit_posts, cap = units
    posts, people = len(limit), len(start) - 1
    pool, sequence = np.empty(len(choices), np.int64), np.empty(len(choices), np.int64)
    line = np.full(len(choices), -1, np.int32)
    many, able, share = np.zeros(posts, np.int64), np.zeros(posts, np.int64), np.zeros(posts, np.int64)
    touched, dirty, queue = (
        np.zeros(posts, np.bool_),
        np.zeros(len(cap), np.bool_),
        np.empty(len(cap), np.int64),
    )
    following, active = start[:-1].copy(), np.arange(people)
    count = people
    while count > 0:
        queued = 0
        for at in range(count):
            person = active[at]
            wish = following[person]
            while wish < start[person + 1] and rank[wish] < 0:
                wish += 1
            following[person] = wish + 1
            if wish >= start[person + 1]:
                continue
            p = choices[wish]
            pool[begin[p] + many[p]] = wish
            many[p] += 1
            touched[p] = True
            if not dirty[unit_of[p]]:
                dirty[unit_of[p]] = True
                queue[queued] = unit_of[p]
                queued += 1
        count = 0
        for u in queue[:queued]:
            dirty[u] = False
            inside = unit_posts[unit_start[u] : unit_start[u + 1]]
            for p in inside:
                if touched[p]:
                    end = begin[p] + many[p]
                    _sort(pool, begin[p], end, rank)
                    able[p] = _fill(p, pool, begin[p], end, owner, lines, member, limit[p], sequence, line)
            _shares(inside, cap[u], able, target, share)
            for p in inside:
                if not touched[p] and able[p] == share[p]:
                    continue
                for at in range(begin[p] + share[p], begin[p] + able[p]):
                    line[sequence[at]] = -1
                kept = begin[p]
                for at in range(begin[p], begin[p] + many[p]):
                    wish = pool[at]
                    if line[wish] < 0:
                        active[count] = owner[wish]
                        count += 1
                    else:
                        pool[kept] = wish
                        kept += 1
                # Whoever was refused is refused for good: the rest would be given the same seats again.
                many[p] = able[p] = share[p]
                touched[p] = False
    held = np.full(people, -1, np.int64)
    for p in range(posts):
        for wish in pool[begin[p] : begin[p] + many[p]]:
            held[owner[wish]] = wish
    return held, line


@compiled
def offered(people, choices, pool, begin, many, owner, lines, member, units, limit, target):
    """The opposite side: units offer to whom they would take of those who have not declined; the wish each keeps.

    ``pool``, ``many``: everybody's wishes; both are used up.
    """
    unit_of, unit_start, unit_posts, cap = units
    held = np.full(people, -1, np.int64)
    declined = np.zeros(len(choices), np.bool_)
    sequence, line = np.empty(len(pool), np.int64), np.full(len(choices), -1, np.int32)
    able, share = np.zeros(len(many), np.int64), np.zeros(len(many), np.int64)
    touched, dirty = np.ones(len(many), np.bool_), np.ones(len(cap), np.bool_)
    moving = True
    while moving:
        moving = False
        for u in range(len(cap)):
            if not dirty[u]:
                continue
            dirty[u] = False
            inside = unit_posts[unit_start[u] : unit_start[u + 1]]
            for p in inside:
                if touched[p]:
                    touched[p] = False
                    end = begin[p]
                    for at in range(begin[p], begin[p] + many[p]):
                        if not declined[pool[at]]:
                            pool[end] = pool[at]
                            end += 1
                    many[p] = end - begin[p]
                    able[p] = _fill(p, pool, begin[p], end, owner, lines, member, limit[p], sequence, line)
            _shares(inside, cap[u], able, target, share)
            for p in inside:
                for wish in sequence[begin[p] : begin[p] + share[p]]:
                    before = held[owner[wish]]
                    # An offer of this round may have been declined for a better one earlier in the same round.
                    if before == wish or declined[wish]:
                        continue
                    loses = wish if 0 <= before < wish else before
                    if loses != wish:
                        held[owner[wish]] = wish
                    if loses >= 0:
                        declined[loses] = True
                        touched[choices[loses]] = True
                        dirty[unit_of[choices[loses]]] = True
                        moving = True
    return held


@compiled
def misled(start, choices, rank, held, line_start, line_name, member, reach):
    """The first person whom the cut-offs lead elsewhere than to ``held`` (a wish, -1 none); -1 where nobody is.

    ``reach``: by line the largest rank admitted, -1 where nobody is.
    """
    for person in range(len(held)):
        found = -1
        for wish in range(start[person], start[person + 1]):
            if rank[wish] < 0:
                continue
            for k in range(line_start[choices[wish]], line_start[choices[wish] + 1]):
                if rank[wish] <= reach[k] and member[line_name[k], person]:
                    found = wish
                    break
            if found >= 0:
                break
        if found != held[person]:
            return person
    return -1
