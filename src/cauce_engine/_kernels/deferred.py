"""Two sides with orders of their own: deferred acceptance, proposed by applicants or by posts (Gale, Shapley)."""

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def by_post(start, choices, given, order_start, order_applicant, place):
    """Rank every wish at its post, and list the wishes of each post by rank.

    ``place``: place of each person in the common order, from 0, for posts without an order of their own.
    Returns ``rank`` (int32 by wish; -1 where the post does not list the person), ``listed`` (int64 by post:
    where its wishes start) and ``wishes`` (int64, best first), and by order entry whether it was returned.
    """
    posts, people = len(given), len(start) - 1
    rank = np.full(len(choices), -1, np.int32)
    listed = np.zeros(posts + 1, np.int64)
    for p in choices:
        listed[p + 1] += 1
    listed = np.cumsum(listed)
    bucket = np.empty(len(choices), np.int64)
    owner = np.empty(len(choices), np.int32)
    filled = listed[:-1].copy()
    in_place = np.empty(people, np.int32)
    for person in range(people):
        in_place[place[person]] = person
    for at in range(people):
        person = in_place[at]
        for wish in range(start[person], start[person + 1]):
            p = choices[wish]
            bucket[filled[p]] = wish
            owner[filled[p]] = person
            filled[p] += 1
    returned = np.zeros(len(order_applicant), np.bool_)
    wishes = np.empty(len(choices), np.int64)
    starts = np.zeros(posts + 1, np.int64)
    mine = np.full(people, -1, np.int64)
    at = 0
    for p in range(posts):
        starts[p] = at
        if not given[p]:
            for k in range(listed[p], listed[p + 1]):
                wishes[at] = bucket[k]
                rank[bucket[k]] = place[owner[k]]
                at += 1
            continue
        for k in range(listed[p], listed[p + 1]):
            mine[owner[k]] = bucket[k]
        for entry in range(order_start[p], order_start[p + 1]):
            wish = mine[order_applicant[entry]]
            if wish >= 0:
                returned[entry] = True
                rank[wish] = entry - order_start[p]
                wishes[at] = wish
                at += 1
        for k in range(listed[p], listed[p + 1]):
            mine[owner[k]] = -1
    starts[posts] = at
    return rank, starts, wishes[:at], returned


@compiled
def applicants_propose(start, choices, rank, listed, capacity, turn):
    """The stable answer that is best for every applicant.

    ``turn``: the sequence in which people first propose; it changes the time, never the answer. Returns the
    wish that each person holds (int64, -1 none) and the last admitted person of each full post (int32, else
    -1).
    """
    people, posts = len(start) - 1, len(capacity)
    room = np.zeros(posts + 1, np.int64)
    for p in range(posts):
        room[p + 1] = room[p] + min(capacity[p], listed[p + 1] - listed[p])
    # The holders of each post as a heap, worst on top: rank in the high half, person in the low half.
    heap = np.empty(room[posts], np.int64)
    size = np.zeros(posts, np.int64)
    limit = np.full(posts, 2**31 - 1, np.int32)
    for p in range(posts):
        if capacity[p] == 0:
            limit[p] = -1
    held = np.full(people, -1, np.int64)
    following = start[:-1].copy()
    queue = turn.copy()
    head, waiting = 0, people
    while waiting > 0:
        person = queue[head]
        head = head + 1 if head + 1 < people else 0
        waiting -= 1
        wish = following[person]
        end = start[person + 1]
        while wish < end:
            r = rank[wish]
            p = choices[wish]
            if r >= 0 and r < limit[p]:
                break
            wish += 1
        following[person] = wish + 1
        if wish >= end:
            continue
        held[person] = wish
        p = choices[wish]
        base = room[p]
        key = (np.int64(rank[wish]) << 32) | person
        if size[p] < capacity[p]:
            at = size[p]
            size[p] += 1
            while at > 0 and heap[base + (at - 1) // 2] < key:
                heap[base + at] = heap[base + (at - 1) // 2]
                at = (at - 1) // 2
            heap[base + at] = key
        else:
            loser = np.int32(heap[base] & 0xFFFFFFFF)
            held[loser] = -1
            tail = head + waiting
            queue[tail if tail < people else tail - people] = loser
            waiting += 1
            at = 0
            while True:
                child = 2 * at + 1
                if child >= size[p]:
                    break
                if child + 1 < size[p] and heap[base + child + 1] > heap[base + child]:
                    child += 1
                if heap[base + child] <= key:
                    break
                heap[base + at] = heap[base + child]
                at = child
            heap[base + at] = key
        if size[p] == capacity[p]:
            limit[p] = heap[base] >> 32
    last = np.full(posts, -1, np.int32)
    for p in range(posts):
        if size[p] == capacity[p] and size[p] > 0:
            last[p] = np.int32(heap[room[p]] & 0xFFFFFFFF)
    return held, last


@compiled
def posts_propose(start, owner_of, choices, rank, listed, wishes, capacity):
    """The stable answer that is best for every post, as the wish that each person holds (int64, -1 none).

    ``owner_of`` (int32): the person of each wish; ``listed``/``wishes``: the wishes of each post, best first.
    """
    people, posts = len(start) - 1, len(capacity)
    held = np.full(people, -1, np.int64)
    following = listed[:-1].copy()
    free = capacity.copy()
    stack = np.arange(posts).astype(np.int32)
    waits = np.ones(posts, np.bool_)
    depth = posts
    while depth > 0:
        depth -= 1
        p = stack[depth]
        waits[p] = False
        while free[p] > 0 and following[p] < listed[p + 1]:
            wish = wishes[following[p]]
            following[p] += 1
            if rank[wish] < 0:
                continue
            person = owner_of[wish]
            if held[person] >= 0:
                if held[person] < wish:
                    continue
                left = choices[held[person]]
                free[left] += 1
                if not waits[left] and left != p:
                    waits[left] = True
                    stack[depth] = left
                    depth += 1
            held[person] = wish
            free[p] -= 1
    return held
