"""The certifier's own loops for couples: who would object, by the words of the definition.

A wish of person i is an index in ``start[i]:start[i + 1]``; the pairs of couple c are ``pair_start[c]`` to
``pair_start[c + 1]``. Ranks count from 0, best first; -1: the post does not list the person.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def member_lists(members, pair_start, pairs, posts):
    """How many different posts each member's pairs name (by couple), and those posts one after another."""
    size = np.zeros((len(members), 2), np.int64)
    named = np.empty(pairs.size, np.int32)
    told = np.zeros(posts, np.bool_)
    filled = 0
    for couple in range(len(members)):
        for side in range(2):
            before = filled
            for k in range(pair_start[couple], pair_start[couple + 1]):
                if pairs[k, side] >= 0 and not told[pairs[k, side]]:
                    told[pairs[k, side]] = True
                    named[filled] = pairs[k, side]
                    filled += 1
            for entry in range(before, filled):
                told[named[entry]] = False
            size[couple, side] = filled - before
    return size, named[:filled]


@compiled
def ranks_of_pairs(start, choices, person_rank, wish_rank, common, members, pair_start, pairs, posts):
    """By pair and member, the member's rank at the post of the pair (-1 for no post)."""
    ranks = np.full(pairs.shape, -1, np.int64)
    wish_at = np.empty(posts, np.int64)
    for couple in range(len(members)):
        for side in range(2):
            person = members[couple, side]
            for wish in range(start[person], start[person + 1]):
                wish_at[choices[wish]] = wish
            for k in range(pair_start[couple], pair_start[couple + 1]):
                if pairs[k, side] >= 0:
                    wish = wish_at[pairs[k, side]]
                    ranks[k, side] = person_rank[person] if common else wish_rank[wish]
    return ranks


@compiled
def outside(post, members, pair_start, pairs):
    """The first couple whose places are neither a pair of its list nor nothing for both; -1 for none."""
    for couple in range(len(members)):
        a, b = post[members[couple, 0]], post[members[couple, 1]]
        allowed = a < 0 and b < 0
        for k in range(pair_start[couple], pair_start[couple + 1]):
            allowed = allowed or (pairs[k, 0] == a and pairs[k, 1] == b)
        if not allowed:
            return couple
    return -1


@compiled
def last_four(start, choices, person_rank, wish_rank, common, post, posts):
    """By post, how many hold it, and the rank and person of the four who come last, last first (-1 none).

    Four are enough: two may be the members themselves, and no rule looks at more than two others.
    """
    count = np.zeros(posts, np.int64)
    rank = np.full((posts, 4), -1, np.int64)
    person = np.full((posts, 4), -1, np.int64)
    for someone in range(len(post)):
        p = post[someone]
        if p < 0:
            continue
        count[p] += 1
        mine = np.int64(-1)
        if common:
            mine = np.int64(person_rank[someone])
        else:
            for wish in range(start[someone], start[someone + 1]):
                if choices[wish] == p:
                    mine = np.int64(wish_rank[wish])
                    break
        at = 4
        while at > 0 and rank[p, at - 1] < mine:
            at -= 1
        if at < 4:
            for below in range(3, at, -1):
                rank[p, below] = rank[p, below - 1]
                person[p, below] = person[p, below - 1]
            rank[p, at] = mine
            person[p, at] = someone
    return count, rank, person


@compiled
def _how_many_behind(p, mine, one, other, rank, person):
    """How many of the last four of a post come behind this rank, these two people not counted."""
    behind = 0
    for at in range(4):
        if rank[p, at] > mine and person[p, at] != one and person[p, at] != other:
            behind += 1
    return behind


@compiled
def _reaches(p, mine, partner, held, seats, count, rank, person):
    """Whether a member reaches one post of a pair: holds it, or it has a free seat, or someone to give way."""
    if p < 0 or held == p:
        return True
    if seats[p] == 0:
        return False
    if count[p] >= seats[p] and mine >= rank[p, 0]:
        return False
    return count[p] < seats[p] or _how_many_behind(p, mine, partner, partner, rank, person) > 0


@compiled
def couples_objecting(post, members, pair_start, pairs, ranks, loose, seats, count, rank, person, only_first):
    """Mark the pairs for which their couple objects (``loose``: by MM, else by BIS); stop at the first if asked."""
    objects = np.zeros(len(pairs), np.bool_)
    for couple in range(len(members)):
        a, b = members[couple, 0], members[couple, 1]
        for k in range(pair_start[couple], pair_start[couple + 1]):
            p, q, ra, rb = pairs[k, 0], pairs[k, 1], ranks[k, 0], ranks[k, 1]
            if post[a] == p and post[b] == q:
                break
            if (p >= 0 and ra < 0) or (q >= 0 and rb < 0):
                continue
            if p >= 0 and p == q and not (loose and (post[a] == p or post[b] == p)):
                free = seats[p] - count[p]
                if post[a] == p:
                    free += 1
                if post[b] == p:
                    free += 1
                behind_later = _how_many_behind(p, max(ra, rb), a, b, rank, person)
                behind_earlier = _how_many_behind(p, min(ra, rb), a, b, rank, person)
                if seats[p] < 2:
                    objects[k] = False
                elif free >= 2:
                    objects[k] = True
                elif loose and free == 1:
                    objects[k] = behind_earlier >= 1
                elif loose:
                    objects[k] = behind_later >= 1 and behind_earlier >= 2
                else:
                    objects[k] = free + behind_later >= 2
            else:
                objects[k] = _reaches(p, ra, b, post[a], seats, count, rank, person) and _reaches(
                    q, rb, a, post[b], seats, count, rank, person
                )
            if objects[k] and only_first:
                return objects
    return objects


@compiled
def singles_objecting(start, choices, person_rank, wish_rank, common, post, coupled, seats, count, rank):
    """Mark the wishes that single people like better than what they hold and could have."""
    objects = np.zeros(len(choices), np.bool_)
    for someone in range(len(post)):
        if coupled[someone]:
            continue
        for wish in range(start[someone], start[someone + 1]):
            p = choices[wish]
            if p == post[someone]:
                break
            mine = np.int64(person_rank[someone] if common else wish_rank[wish])
            if mine >= 0 and seats[p] > 0 and (count[p] < seats[p] or rank[p, 0] > mine):
                objects[wish] = True
    return objects
