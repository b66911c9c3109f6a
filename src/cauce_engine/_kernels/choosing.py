"""Deferred acceptance where a post, or a region of posts, chooses among its proposers by more than one order.

A *unit* is what chooses at once: one post with its classes of seats, or all posts of a region under its cap.
Its pool is a list of wishes sorted by post, then rank. Both choices keep every rejection final when the pool
grows, which is what makes deferred acceptance right for them.
"""

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def choose_classes(pool, owner, mask, first, end, seats, bit, reverts, limit, line, waiting):
    """Fill the lines ``first:end`` of one post in sequence, then turn unused seats into others; stop at ``limit``.

    ``pool``: wishes, best first; ``mask``: groups of each person as bits; ``bit``: the group of each line as
    a bit, 0 for open to all; ``reverts``: the line that unused seats turn into, or -1. Writes the line given
    to each wish (-1 none) into ``line`` and whether seats of a line wait for someone into ``waiting``; returns
    how many were taken.
    """
    size = len(pool)
    for at in range(size):
        line[at] = -1
    unused = np.zeros(end - first, np.int64)
    room = limit
    for k in range(first, end):
        left = seats[k]
        at = 0
        while left > 0 and room > 0 and at < size:
            if line[at] < 0 and (bit[k] == 0 or mask[owner[pool[at]]] & bit[k]):
                line[at] = k
                left -= 1
                room -= 1
            at += 1
        unused[k - first] = left
        waiting[k] = left > 0 and room > 0
    for k in range(first, end):
        left = unused[k - first]
        turned = reverts[k]
        while left > 0 and room > 0 and turned >= 0:
            at = 0
            while left > 0 and room > 0 and at < size:
                if line[at] < 0 and (bit[turned] == 0 or mask[owner[pool[at]]] & bit[turned]):
                    line[at] = turned
                    left -= 1
                    room -= 1
                at += 1
            if left > 0 and room > 0:
                waiting[turned] = True
            turned = reverts[turned]
    return limit - room


@compiled
def choose_region(pool, choices, owner, mask, lines, capacity, target, cap, line, waiting):
    """Share a region: each post up to its target, then posts take turns while the region has room.

    ``pool``: wishes by post, then rank. A post's share is filled by its classes in their sequence. Writes the
    line given to each wish (-1 none) into ``line``.
    """
    line_start, seats, bit, reverts = lines
    size = len(pool)
    # Pointers into the pool: where the wishes of each post begin and end.
    begins = np.empty(size + 1, np.int64)
    posts = 0
    for at in range(size):
        if at == 0 or choices[pool[at]] != choices[pool[at - 1]]:
            begins[posts] = at
            posts += 1
    begins[posts] = size
    taken = np.zeros(posts, np.int64)
    able = np.zeros(posts, np.int64)
    for k in range(posts):
        p = choices[pool[begins[k]]]
        inside = slice(begins[k], begins[k + 1])
        able[k] = choose_classes(
            pool[inside], owner, mask, line_start[p], line_start[p + 1], seats, bit, reverts, capacity[p],
            line[inside], waiting,
        )  # fmt: skip
    room = cap
    for beyond in range(2):
        moved = True
        while moved and room > 0:
            moved = False
            for k in range(posts):
                limit = able[k] if beyond else min(target[choices[pool[begins[k]]]], able[k])
                if room > 0 and taken[k] < limit:
                    taken[k] += 1
                    room -= 1
                    moved = True
    for k in range(posts):
        if taken[k] < able[k]:
            p = choices[pool[begins[k]]]
            inside = slice(begins[k], begins[k + 1])
            choose_classes(
                pool[inside], owner, mask, line_start[p], line_start[p + 1], seats, bit, reverts, taken[k],
                line[inside], waiting,
            )  # fmt: skip


@compiled
def choose(u, pool, choices, owner, mask, lines, region, capacity, target, line, waiting):
    """What unit ``u`` takes from its pool, which is not empty."""
    if region[u] >= 0:
        choose_region(pool, choices, owner, mask, lines, capacity, target, region[u], line, waiting)
        return
    line_start, seats, bit, reverts = lines
    p = choices[pool[0]]
    choose_classes(
        pool, owner, mask, line_start[p], line_start[p + 1], seats, bit, reverts, capacity[p], line, waiting
    )


@compiled
def seats_left(held, choices, rank, owner, lines, mask, limit):
    """By line, whether seats wait for someone once everybody holds what they hold (a wish, -1 none).

    ``limit``: how many people each post may take as things stand.
    """
    line_start, seats, bit, reverts = lines
    waiting = np.zeros(len(seats), np.bool_)
    posts = len(line_start) - 1
    start = np.zeros(posts + 1, np.int64)
    for wish in held:
        if wish >= 0:
            start[choices[wish] + 1] += 1
    for p in range(posts):
        start[p + 1] += start[p]
    filled = start[:-1].copy()
    pool = np.empty(start[posts], np.int64)
    for wish in held:
        if wish >= 0:
            pool[filled[choices[wish]]] = wish
            filled[choices[wish]] += 1
    pool = sorted_pool(pool, choices, rank)
    line = np.empty(len(pool), np.int32)
    for p in range(posts):
        inside = slice(start[p], start[p + 1])
        choose_classes(
            pool[inside], owner, mask, line_start[p], line_start[p + 1], seats, bit, reverts, limit[p],
            line[inside], waiting,
        )  # fmt: skip
    return waiting


@compiled
def propose(start, choices, rank, owner, unit, units, lines, mask, region, capacity, target):
    """Applicants propose in rounds; each unit chooses from all who have not yet been refused.

    ``unit``: by post; ``units``: how many; ``lines``: (start by post, seats, bit, reverts); ``region``: the
    cap by unit, -1 for a unit of one post with classes. Returns the wish each person holds (-1 none) and its
    line.
    """
    people = len(start) - 1
    held = np.full(people, -1, np.int64)
    held_line = np.full(people, -1, np.int32)
    following = start[:-1].copy()
    waiting = np.zeros(len(lines[1]), np.bool_)
    for k in range(len(waiting)):
        waiting[k] = lines[1][k] > 0
    active = np.arange(people)
    count = people
    pool_start = np.zeros(units + 1, np.int64)
    while count > 0:
        proposals = 0
        for k in range(count):
            person = active[k]
            wish = following[person]
            while wish < start[person + 1] and rank[wish] < 0:
                wish += 1
            following[person] = wish + 1
            if wish < start[person + 1]:
                held[person] = wish
                proposals += 1
        if proposals == 0:
            break
        for u in range(units + 1):
            pool_start[u] = 0
        touched = np.zeros(units, np.bool_)
        for k in range(count):
            if held[active[k]] >= 0:
                touched[unit[choices[held[active[k]]]]] = True
        for person in range(people):
            if held[person] >= 0:
                pool_start[unit[choices[held[person]]] + 1] += 1
        for u in range(units):
            pool_start[u + 1] += pool_start[u]
        pools = np.empty(pool_start[units], np.int64)
        filled = pool_start[:-1].copy()
        for person in range(people):
            if held[person] >= 0:
                u = unit[choices[held[person]]]
                pools[filled[u]] = held[person]
                filled[u] += 1
        count = 0
        for u in range(units):
            if not touched[u]:
                continue
            pool = sorted_pool(pools[pool_start[u] : pool_start[u + 1]], choices, rank)
            line = np.empty(len(pool), np.int32)
            choose(u, pool, choices, owner, mask, lines, region, capacity, target, line, waiting)
            for at in range(len(pool)):
                person = owner[pool[at]]
                held_line[person] = line[at]
                if line[at] < 0:
                    held[person] = -1
                    active[count] = person
                    count += 1
    return held, held_line


@compiled
def posts_offer(
    start, choices, rank, owner, by_unit, unit_start, unit, lines, mask, region, capacity, target
):
    """The opposite side: each unit offers places to whom it would choose among those who have not declined.

    ``by_unit``/``unit_start``: the wishes of each unit by post, then rank. Returns the wish each person holds.
    """
    people, units = len(start) - 1, len(unit_start) - 1
    held = np.full(people, -1, np.int64)
    declined = np.zeros(len(choices), np.bool_)
    waiting = np.zeros(len(lines[1]), np.bool_)
    for k in range(len(waiting)):
        waiting[k] = lines[1][k] > 0
    dirty = np.ones(units, np.bool_)
    moved = True
    while moved:
        moved = False
        for u in range(units):
            if not dirty[u]:
                continue
            dirty[u] = False
            everyone = by_unit[unit_start[u] : unit_start[u + 1]]
            size = 0
            pool = np.empty(len(everyone), np.int64)
            for wish in everyone:
                if not declined[wish]:
                    pool[size] = wish
                    size += 1
            pool = pool[:size]
            if size == 0:
                continue
            line = np.empty(size, np.int32)
            choose(u, pool, choices, owner, mask, lines, region, capacity, target, line, waiting)
            for at in range(size):
                wish = pool[at]
                person = owner[wish]
                if line[at] < 0 or held[person] == wish:
                    continue
                moved = True
                if held[person] < 0 or wish < held[person]:
                    if held[person] >= 0:
                        declined[held[person]] = True
                        dirty[unit[choices[held[person]]]] = True
                    held[person] = wish
                else:
                    declined[wish] = True
                    dirty[u] = True
    return held


@compiled
def sorted_pool(pool, choices, rank):
    """The wishes of a unit by post, then rank.

    A heap of its own: the sorting that comes with the compiler takes seconds to compile.
    """
    size = len(pool)
    key = np.empty(size, np.int64)
    wish = np.empty(size, np.int64)
    for at in range(size):
        wish[at] = pool[at]
        key[at] = (np.int64(choices[pool[at]]) << 32) | rank[pool[at]]
    for root in range(size // 2 - 1, -1, -1):
        _sink(key, wish, root, size)
    for end in range(size - 1, 0, -1):
        key[0], key[end] = key[end], key[0]
        wish[0], wish[end] = wish[end], wish[0]
        _sink(key, wish, 0, end)
    return wish


@compiled
def _sink(key, wish, at, size):
    """Let the element at ``at`` of a heap with the largest on top find its level."""
    moving, carried = key[at], wish[at]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and key[child + 1] > key[child]:
            child += 1
        if key[child] <= moving:
            break
        key[at], wish[at] = key[child], wish[child]
        at = child
    key[at], wish[at] = moving, carried
