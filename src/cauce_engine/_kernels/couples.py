"""Markets with couples: people and couples take in turn the best that they can object for, until nobody can.

Posts keep their holders sorted by rank. A couple that loses one seat gives up the other; a seat given up is
offered to those who would rather have it. Nothing guarantees an end, so steps are counted; an end without
objections is a stable answer.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def _insert(p, person, rank, base, count, hold_rank, hold_person):
    at = base[p] + count[p]
    while at > base[p] and hold_rank[at - 1] > rank:
        hold_rank[at] = hold_rank[at - 1]
        hold_person[at] = hold_person[at - 1]
        at -= 1
    hold_rank[at] = rank
    hold_person[at] = person
    count[p] += 1


@compiled
def _remove(p, person, base, count, hold_rank, hold_person):
    end = base[p] + count[p]
    at = base[p]
    while hold_person[at] != person:
        at += 1
    while at + 1 < end:
        hold_rank[at] = hold_rank[at + 1]
        hold_person[at] = hold_person[at + 1]
        at += 1
    count[p] -= 1


@compiled
def _behind(p, one, other, nth, base, count, hold_rank, hold_person):
    """Rank of the nth-last holder (1: last) of a post, these two people left out; -1 where there is none."""
    at = base[p] + count[p] - 1
    while at >= base[p]:
        if hold_person[at] != one and hold_person[at] != other:
            nth -= 1
            if nth == 0:
                return hold_rank[at]
        at -= 1
    return -1


@compiled
def _would_take(p, rank, partner, capacity, base, count, hold_rank, hold_person):
    """Whether a post has a free seat, or holds someone other than the partner behind this rank."""
    if count[p] < capacity[p]:
        return True
    return _behind(p, partner, -1, 1, base, count, hold_rank, hold_person) > rank


@compiled
def pair_objects(a, b, p, q, ra, rb, post, loose, capacity, base, count, hold_rank, hold_person):
    """Whether a couple could object for the pair (p, q), given what its members hold.

    ``loose``: by the definition of McDermid and Manlove for pairs at one post; else Biró, Irving, Schlotter.
    """
    if p >= 0 and p == q and not (loose and (post[a] == p or post[b] == p)):
        own = 0
        if post[a] == p:
            own += 1
        if post[b] == p:
            own += 1
        free = capacity[p] - (count[p] - own)
        low, high = max(ra, rb), min(ra, rb)
        if free >= 2:
            return True
        last = _behind(p, a, b, 1, base, count, hold_rank, hold_person)
        if free == 1:
            return last > (high if loose else low)
        if last <= low:
            return False
        return _behind(p, a, b, 2, base, count, hold_rank, hold_person) > (high if loose else low)
    if p >= 0 and post[a] != p and not _would_take(p, ra, b, capacity, base, count, hold_rank, hold_person):
        return False
    return q < 0 or post[b] == q or _would_take(q, rb, a, capacity, base, count, hold_rank, hold_person)


@compiled
def settle(
    start, choices, rank, owner, listed, wishes, capacity, members, pair_start, pairs, pair_rank, asks, asks_start,
    turn, loose, manner, seed, budget,
):  # fmt: skip
    """Let everybody take turns until nobody objects or the steps are used up.

    Agents are people, then couples (``people + c``); ``turn``: the agents in the sequence in which they first
    act; ``manner``: 0 first in first out, 1 last in first out, 2 by chance from ``seed``. ``pairs``/``pair_rank`` (k, 2): posts (-1 none) and ranks, of couple c at ``pair_start[c]`` on;
    ``asks``: the couples that list each post. Returns the post of each person (-1 none), the steps used, and
    whether the end was reached.
    """
    people, posts, couples = len(start) - 1, len(capacity), len(members)
    base = np.zeros(posts + 1, np.int64)
    for p in range(posts):
        base[p + 1] = base[p] + min(capacity[p] + 2, listed[p + 1] - listed[p] + 2)
    hold_rank = np.empty(base[posts], np.int32)
    hold_person = np.empty(base[posts], np.int32)
    count = np.zeros(posts, np.int64)
    post = np.full(people, -1, np.int32)
    level = np.full(people + couples, 2**62, np.int64)
    couple_of = np.full(people, -1, np.int32)
    for c in range(couples):
        couple_of[members[c, 0]] = c
        couple_of[members[c, 1]] = c
    agents = len(turn)
    queue = np.empty(people + couples, np.int32)
    queued = np.zeros(people + couples, np.bool_)
    head, waiting = 0, 0
    for k in range(agents):
        queue[waiting] = turn[agents - 1 - k] if manner == 1 else turn[k]
        queued[turn[k]] = True
        waiting += 1
    size = people + couples
    left = np.empty(4, np.int32)
    nowhere = np.int32(-1)
    steps = 0
    chance = np.uint64(seed) * np.uint64(2) + np.uint64(1)
    while steps < budget:
        if waiting == 0:
            # Whoever was not woken is asked once more: the end is an end only if nobody objects.
            for k in range(agents):
                agent = turn[k]
                if _objects(
                    agent, people, start, choices, rank, capacity, members, pair_start, pairs, pair_rank, level,
                    post, loose, base, count, hold_rank, hold_person,
                ):  # fmt: skip
                    queue[(head + waiting) % size] = agent
                    queued[agent] = True
                    waiting += 1
            if waiting == 0:
                return post, steps, True
        if manner == 2:
            chance ^= chance << np.uint64(13)
            chance ^= chance >> np.uint64(7)
            chance ^= chance << np.uint64(17)
            at = (head + np.int64((chance >> np.uint64(11)) % np.uint64(waiting))) % size
            agent = queue[at]
            queue[at] = queue[(head + waiting - 1) % size]
        elif manner == 1:
            agent = queue[(head + waiting - 1) % size]
        else:
            agent = queue[head]
            head = (head + 1) % size
        waiting -= 1
        queued[agent] = False
        leaving = 0
        if agent < people:
            taken = -1
            for wish in range(start[agent], min(start[agent + 1], level[agent])):
                steps += 1
                if rank[wish] >= 0 and capacity[choices[wish]] > 0:
                    p = choices[wish]
                    if count[p] < capacity[p] or hold_rank[base[p] + count[p] - 1] > rank[wish]:
                        taken = wish
                        break
            if taken < 0:
                continue
            if post[agent] >= 0:
                left[leaving] = post[agent]
                leaving += 1
                _remove(post[agent], agent, base, count, hold_rank, hold_person)
            p = choices[taken]
            post[agent] = p
            level[agent] = taken
            _insert(p, agent, rank[taken], base, count, hold_rank, hold_person)
            over_one, over_two = p, nowhere
        else:
            c = agent - people
            a, b = members[c, 0], members[c, 1]
            taken = -1
            for k in range(pair_start[c], min(pair_start[c + 1], level[agent])):
                steps += 1
                p, q = pairs[k, 0], pairs[k, 1]
                ra, rb = pair_rank[k, 0], pair_rank[k, 1]
                if (p >= 0 and (ra < 0 or capacity[p] == 0)) or (q >= 0 and (rb < 0 or capacity[q] == 0)):
                    continue
                if pair_objects(
                    a, b, p, q, ra, rb, post, loose, capacity, base, count, hold_rank, hold_person
                ):
                    taken = k
                    break
            if taken < 0:
                continue
            for person in (a, b):
                if post[person] >= 0:
                    left[leaving] = post[person]
                    leaving += 1
                    _remove(post[person], person, base, count, hold_rank, hold_person)
            over_one, over_two = pairs[taken, 0], pairs[taken, 1]
            post[a], post[b] = over_one, over_two
            level[agent] = taken
            if over_one >= 0:
                _insert(over_one, a, pair_rank[taken, 0], base, count, hold_rank, hold_person)
            if over_two >= 0:
                _insert(over_two, b, pair_rank[taken, 1], base, count, hold_rank, hold_person)
        for p in (over_one, over_two):
            while p >= 0 and count[p] > capacity[p]:
                at = base[p] + count[p] - 1
                loser = hold_person[at]
                # A couple that has just arrived is not put out by its own arrival.
                while agent >= people and couple_of[loser] == agent - people:
                    at -= 1
                    loser = hold_person[at]
                _remove(p, loser, base, count, hold_rank, hold_person)
                post[loser] = -1
                out = loser
                if couple_of[loser] >= 0:
                    c = couple_of[loser]
                    out = people + c
                    partner = members[c, 0] + members[c, 1] - loser
                    if post[partner] >= 0:
                        if leaving < 4:
                            left[leaving] = post[partner]
                            leaving += 1
                        _remove(post[partner], partner, base, count, hold_rank, hold_person)
                        post[partner] = -1
                level[out] = 2**62
                if not queued[out]:
                    queued[out] = True
                    queue[(head + waiting) % size] = out
                    waiting += 1
        for k in range(leaving):
            p = left[k]
            if count[p] >= capacity[p]:
                continue
            for at in range(listed[p], listed[p + 1]):
                steps += 1
                person = owner[wishes[at]]
                if couple_of[person] < 0 and wishes[at] < min(level[person], start[person + 1]):
                    if not queued[person]:
                        queued[person] = True
                        queue[(head + waiting) % size] = person
                        waiting += 1
                    break
            for at in range(asks_start[p], asks_start[p + 1]):
                out = people + asks[at]
                if not queued[out]:
                    queued[out] = True
                    queue[(head + waiting) % size] = out
                    waiting += 1
    return post, steps, False


@compiled
def _objects(
    agent, people, start, choices, rank, capacity, members, pair_start, pairs, pair_rank, level,
    post, loose, base, count, hold_rank, hold_person,
):  # fmt: skip
    if agent < people:
        for wish in range(start[agent], min(start[agent + 1], level[agent])):
            p = choices[wish]
            if rank[wish] < 0 or capacity[p] == 0:
                continue
            if count[p] < capacity[p] or hold_rank[base[p] + count[p] - 1] > rank[wish]:
                return True
        return False
    c = agent - people
    a, b = members[c, 0], members[c, 1]
    for k in range(pair_start[c], min(pair_start[c + 1], level[agent])):
        p, q = pairs[k, 0], pairs[k, 1]
        ra, rb = pair_rank[k, 0], pair_rank[k, 1]
        if (p >= 0 and (ra < 0 or capacity[p] == 0)) or (q >= 0 and (rb < 0 or capacity[q] == 0)):
            continue
        if pair_objects(a, b, p, q, ra, rb, post, loose, capacity, base, count, hold_rank, hold_person):
            return True
    return False
