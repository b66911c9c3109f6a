"""The certifier's own compiled loops: one walk over the lists for each kind of evidence.

Everywhere: wishes of person i are ``choices[start[i]:start[i + 1]]``; the rank of a person at the post of a
wish is ``person_rank[i]`` if ``common``, else ``wish_rank[wish]`` (-1: the post does not take this person).
"""

# mypy: disable-error-code="no-untyped-def,assignment"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, fetch


@compiled
def posts_held(post, value, posts):
    """By post: ``count`` of holders, the largest ``value`` among them (-1 where nobody holds it), a person of
    that value, and how many share it.
    """
    count = np.zeros(posts, np.int64)
    worst = np.full(posts, -1, np.int64)
    last = np.full(posts, -1, np.int32)
    sharing = np.zeros(posts, np.int64)
    for person in range(len(post)):
        if post[person] < 0:
            continue
        p = np.uint64(post[person])
        count[p] += 1
        mark = value[person]
        if mark >= worst[p]:
            sharing[p] = 1 if mark > worst[p] else sharing[p] + 1
            if mark > worst[p]:
                worst[p] = mark
                last[p] = person
    return count, worst, last, sharing


_FIRST = np.array([8, *((mask & -mask).bit_length() - 1 for mask in range(1, 256))], np.uint8)
"""The lowest bit that is set in a byte."""


@compiled
def refused_by_merit(start, choices, post, value, count, capacity, worst, sharing, tied, ahead, lowest):
    """Walk the wishes that people like better than what they hold, smaller values coming first.

    Returns the first person whose place is not on their list, the first wish refused by a post that took
    someone of larger value, the first refused by a post with a free seat (-1 where there is none), how many
    wishes were written to ``tied`` (refused by a full post whose last has the same value; their people to
    ``ahead``), and how many people to ``lowest``: those who share the largest value of their post.
    """
    # One bar for each post: a wish refused for good costs one comparison, and what somebody holds is not refused.
    # Indices are unsigned, which spares a test for negative ones at every access.
    bar = np.empty(len(capacity), np.int64)
    shared = np.empty(len(capacity), np.int64)
    for p in range(len(capacity)):
        bar[p] = worst[p] if count[p] >= capacity[p] else 2**62
        shared[p] = worst[p] if sharing[p] > 1 else -1
    stranger = -1
    envy = -1
    waste = -1
    ties = 0
    last = 0
    one, eight, far = np.uint64(1), np.uint64(8), np.uint64(400)
    wishes = np.uint64(len(choices))
    for person in range(len(post)):
        mine = post[person]
        mark = value[person]
        if mine >= 0 and shared[mine] == mark:
            lowest[last] = person
            last += 1
        found = mine < 0
        wish = np.uint64(start[person])
        end = np.uint64(start[person + 1])
        if end + far < wishes:
            fetch(choices, end + far)
        while wish < end:
            if wish + eight <= wishes:
                # Eight wishes at once, without a branch for each: most walks end at the first that is not refused.
                mask = 0
                for k in range(8):
                    mask |= (mark <= bar[np.uint64(choices[wish + np.uint64(k)])]) << k
                step = np.uint64(_FIRST[np.uint64(mask)])
                wish += step
                if step == eight or wish >= end:
                    continue
            elif mark > bar[choices[wish]]:
                wish += one
                continue
            p = choices[wish]
            if p == mine:
                found = True
                break
            if worst[p] > mark and envy < 0:
                envy = wish
            if worst[p] == mark:
                tied[ties] = wish
                ahead[ties] = person
                ties += 1
            if count[p] < capacity[p] and waste < 0:
                waste = wish
            wish += one
        if not found and stranger < 0:
            stranger = person
    return stranger, envy, waste, ties, last


@compiled
def holders(start, choices, post, person_rank, wish_rank, common, posts):
    """Who holds what: ``held`` (index of each person's wish, the end of the list where none), ``count`` and
    ``worst`` rank by post (-1 where nobody holds it), the person of ``worst``, and the first person whose
    place is not on their list, or whom the post does not take (-1 where there is none).
    """
    held = start[1:].copy()
    count = np.zeros(posts, np.int64)
    worst = np.full(posts, -1, np.int64)
    last = np.full(posts, -1, np.int32)
    stranger = -1
    for person in range(len(post)):
        p = post[person]
        if p < 0:
            continue
        count[p] += 1
        wish = start[person]
        while wish < start[person + 1] and choices[wish] != p:
            wish += 1
        held[person] = wish
        listed = wish < start[person + 1]
        rank = -1
        if common:
            rank = person_rank[person]
        elif listed:
            rank = wish_rank[wish]
        if (rank < 0 or not listed) and stranger < 0:
            stranger = person
        if rank > worst[p]:
            worst[p] = rank
            last[p] = person
    return held, count, worst, last, stranger


@compiled
def refused(start, choices, held, person_rank, wish_rank, common, count, capacity, worst):
    """Walk the wishes that people like better than what they hold.

    Returns the first wish of justified envy, the first wish of waste (-1 where none), and by post the best
    rank among those who would rather hold it, with that person (-1 where nobody would).
    """
    envy = -1
    waste = -1
    none = np.int64(2**62)
    keenest = np.full(len(capacity), none, np.int64)
    keen = np.full(len(capacity), -1, np.int32)
    for person in range(len(held)):
        for wish in range(start[person], held[person]):
            p = choices[wish]
            rank = np.int64(person_rank[person] if common else wish_rank[wish])
            if rank < 0:
                continue
            if worst[p] > rank and envy < 0:
                envy = wish
            if count[p] < capacity[p] and waste < 0:
                waste = wish
            if not common and rank < keenest[p]:
                keenest[p] = rank
                keen[p] = person
    return envy, waste, keen


@compiled
def misled(start, choices, held, person_rank, wish_rank, common, reach):
    """The first person whom the cut-offs (``reach``: largest rank admitted, by post) lead elsewhere; or -1."""
    for person in range(len(held)):
        best = start[person + 1]
        for wish in range(start[person], start[person + 1]):
            rank = person_rank[person] if common else wish_rank[wish]
            if rank >= 0 and rank <= reach[choices[wish]]:
                best = wish
                break
        if best != held[person]:
            return person
    return -1


@compiled
def next_lower(start, choices, held, wish_rank, count, capacity, worst, last):
    """By full post, the post that would take its last admitted next: the first further down that person's
    list that ranks them before its own last admitted. -1 where there is none, or where it has a free seat.
    """
    following = np.full(len(capacity), -1, np.int32)
    for p in range(len(capacity)):
        if count[p] < capacity[p] or capacity[p] == 0:
            continue
        person = last[p]
        for wish in range(held[person] + 1, start[person + 1]):
            other = choices[wish]
            if wish_rank[wish] < 0:
                continue
            if count[other] < capacity[other]:
                break
            if worst[other] > wish_rank[wish]:
                following[p] = other
                break
    return following


@compiled
def on_a_circle(following):
    """The first index from which ``following`` leads back to itself; -1 where no path closes."""
    seen = np.full(len(following), -1, np.int32)
    for begin in range(len(following)):
        at = begin
        while at >= 0 and seen[at] < 0:
            seen[at] = begin
            at = following[at]
        if at >= 0 and seen[at] == begin:
            return at
    return -1


@compiled
def wish_ranks(start, choices, given, order_start, order_applicant, order_place, person_rank):
    """The rank of each person at the post of each of their wishes; -1 where a post with an order of its own
    does not list them. ``order_place``: place of each entry in its post's order, ties already settled.
    """
    posts = len(given)
    wish_count = np.zeros(posts + 1, np.int64)
    for p in choices:
        wish_count[p + 1] += 1
    bucket = np.cumsum(wish_count)
    filled = bucket[:-1].copy()
    wish_of = np.empty(len(choices), np.int64)
    owner_of = np.empty(len(choices), np.int32)
    rank = np.full(len(choices), -1, np.int32)
    for person in range(len(start) - 1):
        for wish in range(start[person], start[person + 1]):
            p = choices[wish]
            if given[p]:
                wish_of[filled[p]] = wish
                owner_of[filled[p]] = person
                filled[p] += 1
            else:
                rank[wish] = person_rank[person]
    place = np.full(len(start) - 1, -1, np.int32)
    for p in range(posts):
        if not given[p]:
            continue
        for entry in range(order_start[p], order_start[p + 1]):
            place[order_applicant[entry]] = order_place[entry]
        for at in range(bucket[p], filled[p]):
            rank[wish_of[at]] = place[owner_of[at]]
        for entry in range(order_start[p], order_start[p + 1]):
            place[order_applicant[entry]] = -1
    return rank
