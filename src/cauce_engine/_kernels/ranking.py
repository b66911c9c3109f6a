"""Where every person stands at every post they ask for, from the posts' own orders and the common one."""

# mypy: disable-error-code="arg-type,assignment"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, fetch

NOBODY = np.uint32(2**32 - 1)


def by_post(start, choices, given, order_start, order_applicant, place):
    """Rank every wish at its post, and list the wishes of each post by rank.

    ``place``: place of each person in the common order, from 0, for posts without an order of their own.
    Returns ``rank`` (int32 by wish; -1 where the post does not list the person), ``listed`` (int64 by post:
    where its wishes start) and ``wishes`` (int64, best first), and by order entry whether it was returned.

    Two walks: over the people, dealing their wishes out to the posts, then over the posts. What is written far
    away is fetched before. Arrays come from outside the loops: there they would stand in small pages of memory.
    """
    rank = np.full(len(choices), -1, np.int32)
    slot = np.zeros(len(given) + 1, np.int64)
    _count(choices, slot)
    dealt, wishes = np.empty(len(choices), np.int64), np.empty(len(choices), np.int64)
    turn = np.arange(len(place), dtype=np.int32)
    if not given.all():
        turn[place] = np.arange(len(place), dtype=np.int32)
    _deal(turn, start, choices, given, place, slot[:-1].copy(), dealt, rank)
    returned = np.zeros(len(order_applicant), np.bool_)
    mine = np.full(len(place), NOBODY)
    listed = _match(slot, dealt, given, order_start, order_applicant, mine, rank, wishes, returned)
    return rank, listed, wishes[: listed[-1]], returned


@compiled
def _count(choices, slot):
    """Turn ``slot`` (int64 by post and one more, all 0) into where the wishes of each post begin."""
    one = np.uint64(1)
    for wish in range(len(choices)):
        slot[np.uint64(choices[wish]) + one] += 1
    for p in range(1, len(slot)):
        slot[p] += slot[p - 1]


@compiled
def _deal(turn, start, choices, given, place, filled, dealt, rank):
    """Write every wish into its post's part of ``dealt``, in the sequence of ``turn``: person in the high half.

    Where a post has no order of its own, ``turn`` is the common one, and the wish is ranked here.
    """
    people = np.uint64(len(turn))
    one, near, far = np.uint64(1), np.uint64(20), np.uint64(40)
    at = np.uint64(0)
    while at < people:
        if at + far < people:
            fetch(start, np.int64(turn[at + far]))
        if at + near < people:
            begin = start[np.uint64(turn[at + near])]
            fetch(choices, begin)
            fetch(choices, begin + 16)
        if at + one < people:
            person = np.uint64(turn[at + one])
            for wish in range(start[person], start[person + one]):
                fetch(dealt, filled[np.uint64(choices[np.uint64(wish)])])
        person = np.uint64(turn[at])
        mark = np.int64(person) << 32
        for wish in range(start[person], start[person + one]):
            p = np.uint64(choices[np.uint64(wish)])
            dealt[np.uint64(filled[p])] = mark | wish
            filled[p] += 1
            if not given[p]:
                rank[np.uint64(wish)] = place[person]
        at += one


@compiled
def _match(slot, dealt, given, order_start, order_applicant, mine, rank, wishes, returned):
    """Meet the wishes of each post with its order; returns where the wishes of each post start in ``wishes``.

    ``mine``: which of the dealt wishes was a person's last; those of other posts are told by their number.
    """
    posts = len(given)
    listed = np.zeros(posts + 1, np.int64)
    low = np.int64(0xFFFFFFFF)
    one, ahead, size = np.uint64(1), np.uint64(32), np.uint64(len(dealt))
    at = np.uint64(0)
    for p in range(posts):
        begin, end = np.uint64(slot[p]), np.uint64(slot[p + 1])
        k = begin
        if not given[p]:
            while k < end:
                wishes[at] = dealt[k] & low
                at += one
                k += one
            listed[p + 1] = np.int64(at)
            continue
        while k < end:
            fetch(rank, dealt[k] & low)
            if k + ahead < size:
                fetch(mine, dealt[k + ahead] >> 32)
            mine[np.uint64(dealt[k] >> 32)] = np.uint32(k)
            k += one
        first = order_start[p]
        for entry in range(first, order_start[p + 1]):
            k = np.uint64(mine[np.uint64(order_applicant[np.uint64(entry)])])
            if begin <= k < end:
                wish = dealt[k] & low
                returned[entry] = True
                rank[np.uint64(wish)] = np.int32(entry - first)
                wishes[at] = wish
                at += one
        listed[p + 1] = np.int64(at)
    return listed


def one_for_all(order_start, order_applicant, place):
    """Places (int32 by person, each once) of one order that every post's own order follows, or None if none shows.

    Tried are the common order ``place`` and the longest of the posts' own, each up to its first contradiction.
    """
    if follows(order_start, order_applicant, place):
        return place
    sizes = np.diff(order_start)
    longest = int(np.argmax(sizes)) if len(sizes) else 0
    if not len(sizes) or not sizes[longest]:
        return None
    first = order_applicant[order_start[longest] : order_start[longest + 1]]
    found = np.full(len(place), -1, np.int32)
    found[first] = np.arange(len(first), dtype=np.int32)
    if not follows(order_start, order_applicant, found):
        return None
    # Whom no post lists comes last, in any sequence: nobody can tell.
    unlisted = np.flatnonzero(found < 0)
    found[unlisted] = np.arange(len(first), len(found), dtype=np.int32)
    return found


@compiled
def follows(order_start, order_applicant, place):
    """Whether places rise along the order of every post; a person without one (-1) is a contradiction."""
    for p in range(len(order_start) - 1):
        before = np.int32(-1)
        for entry in range(order_start[p], order_start[p + 1]):
            now = place[np.uint64(order_applicant[entry])]
            if now <= before:
                return False
            before = now
    return True


@compiled
def has_ties(order_start, order_level):
    """Whether two entries next to each other in one order have one level."""
    ties = False
    for p in range(len(order_start) - 1):
        for entry in range(order_start[p] + 1, order_start[p + 1]):
            ties |= order_level[np.uint64(entry)] == order_level[np.uint64(entry - 1)]
    return ties


def along(turn, place, start, choices, order_start, order_applicant):
    """What `by_post` returns, where every post has an order and all follow the order of ``turn``: one walk."""
    rank = np.full(len(choices), -1, np.int32)
    returned = np.zeros(len(order_applicant), np.bool_)
    wishes = np.empty(len(order_applicant), np.int64)
    reached = order_start[:-1].copy()
    _along(turn, place, start, choices, order_start, order_applicant, reached, rank, wishes, returned)
    if returned.all():
        return rank, order_start, wishes, returned
    before = np.zeros(len(returned) + 1, np.int64)
    np.cumsum(returned, out=before[1:])
    return rank, before[order_start], wishes[returned], returned


@compiled
def _along(turn, place, start, choices, order_start, order_applicant, reached, rank, wishes, returned):
    """``reached``: by post, its first entry whose turn may still come."""
    people = np.uint64(len(turn))
    one, near, far = np.uint64(1), np.uint64(20), np.uint64(40)
    at = np.uint64(0)
    while at < people:
        if at + far < people:
            fetch(start, np.int64(turn[at + far]))
        if at + near < people:
            begin = start[np.uint64(turn[at + near])]
            fetch(choices, begin)
            fetch(choices, begin + 16)
            fetch(rank, begin)
            fetch(rank, begin + 16)
        if at + one < people:
            person = np.uint64(turn[at + one])
            for wish in range(start[person], start[person + one]):
                entry = reached[np.uint64(choices[np.uint64(wish)])]
                fetch(order_applicant, entry)
                fetch(wishes, entry)
        person = np.uint64(turn[at])
        for wish in range(start[person], start[person + one]):
            p = np.uint64(choices[np.uint64(wish)])
            entry, end = np.uint64(reached[p]), np.uint64(order_start[p + one])
            while entry < end:
                next_one = np.uint64(order_applicant[entry])
                if next_one == person or np.uint64(place[next_one]) >= at:
                    break
                entry += one
            if entry < end and np.uint64(order_applicant[entry]) == person:
                returned[entry] = True
                rank[np.uint64(wish)] = np.int32(np.int64(entry) - order_start[p])
                wishes[entry] = wish
                entry += one
            reached[p] = np.int64(entry)
        at += one
