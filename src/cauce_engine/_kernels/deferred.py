"""Two sides with orders of their own: deferred acceptance, proposed by applicants or by posts (Gale, Shapley)."""

# mypy: disable-error-code="arg-type,assignment"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, fetch

_FIRST = np.array([8, *((mask & -mask).bit_length() - 1 for mask in range(1, 256))], np.uint8)
"""The lowest bit that is set in a byte."""


@compiled
def best_first(turn, start, choices, rank):
    """Lists in the sequence of ``turn``, rank and post of each wish in one number: rank in the high half.

    A wish that the post does not return has a rank beyond all others. Returns where lists start, and wishes.
    """
    people = len(turn)
    begins = np.empty(people + 1, np.int64)
    edges = np.empty(len(choices), np.int64)
    at = np.uint64(0)
    begins[0] = 0
    for k in range(people):
        if k + 16 < people:
            ahead = start[np.uint64(turn[k + 16])]
            fetch(choices, ahead)
            fetch(rank, ahead)
        if k + 32 < people:
            fetch(start, np.int64(turn[k + 32]))
        person = np.uint64(turn[k])
        for wish in range(start[person], start[person + np.uint64(1)]):
            w = np.uint64(wish)
            r = np.int64(rank[w])
            edges[at] = ((r if r >= 0 else np.int64(2**31 - 1)) << 32) | np.int64(choices[w])
            at += np.uint64(1)
        begins[k + 1] = at
    return begins, edges


@compiled
def propose(start, edges, room, capacity):
    """Everybody proposes down their list; whoever is refused later goes to the end of the queue.

    ``edges``: wishes as `best_first` gives them; ``room``: the most people that each post can come to hold.
    Returns the wish that each person holds (int64, -1 none) and the last admitted of each full post (int32).

    A refused proposal looks at one number, the limit of the post. First in, first out: the lists of those whose
    turn is near can be fetched while others propose.
    """
    people, posts = np.uint64(len(start) - 1), len(capacity)
    one, four, near, far = np.uint64(1), np.uint64(4), np.uint64(16), np.uint64(40)
    low = np.int64(0xFFFFFFFF)
    base = np.empty(posts + 1, np.uint64)
    base[0] = 0
    for p in range(posts):
        base[p + 1] = base[p] + np.uint64(room[p])
    # Those whom each post holds: rank in the high half, person in the low half; a heap with the worst on top
    # from the first time that one of them has to leave.
    heap = np.empty(np.int64(base[posts]), np.int64)
    size = np.zeros(posts, np.int64)
    heaped = np.zeros(posts, np.bool_)
    limit = np.empty(posts, np.int32)
    for p in range(posts):
        limit[p] = 2**31 - 1 if capacity[p] > 0 else -1
    held = np.empty(np.int64(people), np.int64)
    following = np.empty(np.int64(people), np.int64)
    queue = np.empty(np.int64(people), np.int32)
    wishes = np.uint64(len(edges))
    fresh, head, waiting = np.uint64(0), np.uint64(0), np.uint64(0)
    while fresh < people or waiting > np.uint64(0):
        if fresh < people:
            # Everybody's first turn comes before anybody's second: a stream.
            person = fresh
            fresh += one
            wish = np.uint64(start[person])
        else:
            if waiting > far:
                ahead = head + far
                ahead = np.uint64(queue[ahead if ahead < people else ahead - people])
                fetch(following, np.int64(ahead))
                fetch(start, np.int64(ahead))
                ahead = head + near
                ahead = np.uint64(queue[ahead if ahead < people else ahead - people])
                fetch(edges, following[ahead])
                fetch(held, np.int64(ahead))
            person = np.uint64(queue[head])
            head = head + one if head + one < people else np.uint64(0)
            waiting -= one
            wish = np.uint64(following[person])
        end = np.uint64(start[person + one])
        held[person] = -1
        edge = np.int64(0)
        while wish < end:
            if wish + four <= wishes:
                mask = 0
                for k in range(4):
                    e = edges[wish + np.uint64(k)]
                    mask |= (np.int32(e >> 32) < limit[np.uint64(e & low)]) << k
                step = np.uint64(_FIRST[np.uint64(mask | 16)])
                wish += step
                if step == four:
                    continue
                if wish < end:
                    edge = edges[wish]
                    break
            else:
                edge = edges[wish]
                if np.int32(edge >> 32) < limit[np.uint64(edge & low)]:
                    break
                wish += one
        if wish >= end:
            continue
        following[person] = np.int64(wish + one)
        held[person] = np.int64(wish)
        p = np.uint64(edge & low)
        first = base[p]
        key = (edge >> 32 << 32) | np.int64(person)
        if size[p] < capacity[p]:
            heap[first + np.uint64(size[p])] = key
            size[p] += 1
            if size[p] == capacity[p]:
                worst = key
                for k in range(size[p]):
                    worst = max(worst, heap[first + np.uint64(k)])
                limit[p] = worst >> 32
            continue
        count = np.uint64(size[p])
        if not heaped[p]:
            heaped[p] = True
            for root in range(size[p] // 2 - 1, -1, -1):
                at = np.uint64(root)
                moving = heap[first + at]
                while True:
                    child = at + at + one
                    if child >= count:
                        break
                    if child + one < count and heap[first + child + one] > heap[first + child]:
                        child += one
                    if heap[first + child] <= moving:
                        break
                    heap[first + at] = heap[first + child]
                    at = child
                heap[first + at] = moving
        loser = np.uint64(heap[first] & low)
        held[loser] = -1
        tail = head + waiting
        queue[tail if tail < people else tail - people] = np.int32(loser)
        waiting += one
        at = np.uint64(0)
        while True:
            child = at + at + one
            if child >= count:
                break
            if child + one < count and heap[first + child + one] > heap[first + child]:
                child += one
            if heap[first + child] <= key:
                break
            heap[first + at] = heap[first + child]
            at = child
        heap[first + at] = key
        limit[p] = heap[first] >> 32
    last = np.full(posts, -1, np.int32)
    for p in range(posts):
        if size[p] == capacity[p] and size[p] > 0:
            worst = np.int64(0)
            for k in range(size[p]):
                worst = max(worst, heap[base[p] + np.uint64(k)])
            last[p] = np.int32(worst & low)
    return held, last


def applicants_propose(start, choices, rank, listed, capacity, turn):
    """The stable answer that is best for every applicant.

    ``turn``: the sequence in which people first propose, best by whatever is known of them: it changes the
    time, never the answer. Returns the wish that each person holds (int64, -1 none) and the last admitted
    person of each full post (int32, else -1).
    """
    begins, edges = best_first(turn, start, choices, rank)
    mine, worst = propose(begins, edges, np.minimum(capacity, np.diff(listed)), capacity)
    held = np.full(len(turn), -1, np.int64)
    placed = np.flatnonzero(mine >= 0)
    people = turn[placed]
    held[people] = mine[placed] - begins[placed] + start[people]
    last = np.full(len(worst), -1, np.int32)
    last[worst >= 0] = turn[worst[worst >= 0]]
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
