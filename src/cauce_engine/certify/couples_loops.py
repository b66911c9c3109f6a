"""The certifier's own loops for couples: who would object, by the words of the definition.

A wish of person i is an index in ``start[i]:start[i + 1]``; the pairs of couple c are ``pair_start[c]`` to
``pair_start[c + 1]``. Ranks count from 0, best first. ``wanted[first[i]:first[i + 1]]`` is what an answer leaves
person i to want: of a single person, the posts of their list down to the one they hold, that included; of a
member of a couple, every post that its pairs name, each once, written ``~post``.

No order is read further than it matters: a post that is full can be reached by nobody behind its last holder.
"""

# mypy: disable-error-code="no-untyped-def,arg-type,assignment"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, fetch

NONE = 2**62
HEAD = 32
"""Entries of an order that are fetched ahead."""


@compiled
def has_ties(start, level):
    """Whether any two neighbours in one order share their level."""
    ties = False
    for p in range(len(start) - 1):
        for entry in range(start[p] + 1, start[p + 1]):
            ties |= level[np.uint64(entry)] == level[np.uint64(entry - 1)]
    return ties


@compiled
def wants(start, choices, post, members, pair_start, pairs, count, expected, first, wanted):
    """Read every list as far as it matters: fills ``first`` and ``wanted``, with room for all that lists name.

    ``count`` (int64 by post, all 0) becomes the number of holders, ``expected`` that of holders who list the
    post. Returns the first person whose place is not on their list; -1 for none.
    """
    slot = np.full(len(post), -1, np.int32)
    for which in range(members.size):
        slot[members[which >> 1, which & 1]] = which
    told = np.full(len(count), -1, np.int32)
    stranger, filled = -1, 0
    first[0] = 0
    for person in range(len(post)):
        p, listed = post[person], False
        if slot[person] >= 0:
            couple, side = slot[person] >> 1, slot[person] & 1
            for k in range(pair_start[couple], pair_start[couple + 1]):
                named = pairs[k, side]
                if named >= 0 and told[named] != slot[person]:
                    told[named] = slot[person]
                    wanted[filled] = ~named
                    filled += 1
                    listed = listed or named == p
        else:
            for wish in range(start[person], start[person + 1]):
                wanted[filled] = choices[wish]
                filled += 1
                if choices[wish] == p:
                    listed = True
                    break
        first[person + 1] = filled
        if p >= 0:
            count[p] += 1
            expected[p] += listed
            if not listed and stranger < 0:
                stranger = person
    return stranger


@compiled
def along_orders(
    order_start,
    order_applicant,
    given,
    start,
    first,
    wanted,
    post,
    count,
    expected,
    seats,
    rank,
    person,
    ranks,
):
    """Go down the posts' own orders: to the last holder, or to the end where a seat is free.

    Fills ``rank`` and ``person`` (by post, four columns of -1): the four holders who come last, last first; and
    ``ranks``: by entry of ``wanted``, the rank of a member at that post where it was met. Four are enough: two may
    be the members themselves, and no rule looks at more than two others. ``expected`` is counted down: what is
    left are holders whom their post does not list. Returns the first wish of a single person that a post refused
    though it took somebody behind them, and the first refused by a post with a free seat (-1 for none).
    """
    envy, waste, one = np.int64(NONE), np.int64(NONE), np.uint64(1)
    for p in range(len(seats)):
        _fetch_heads(p, order_start, order_applicant, first, wanted)
        if not given[p]:
            continue
        free, keen = count[p] < seats[p], np.int64(NONE)
        for entry in range(order_start[p], order_start[p + 1]):
            if not free and expected[p] == 0:
                break
            someone = np.uint64(order_applicant[np.uint64(entry)])
            k, end = np.uint64(first[someone]), np.uint64(first[someone + one])
            while k < end and wanted[k] != p and wanted[k] != ~p:
                k += one
            if k == end:
                continue
            if wanted[k] < 0:
                ranks[k] = entry - order_start[p]
            elif post[someone] != p:
                keen = min(keen, start[someone] + np.int64(k) - first[someone])
            if post[someone] == p:
                envy = min(envy, keen)
                expected[p] -= 1
                for at in range(3, 0, -1):
                    rank[p, at] = rank[p, at - 1]
                    person[p, at] = person[p, at - 1]
                rank[p, 0] = entry - order_start[p]
                person[p, 0] = someone
        if free:
            waste = min(waste, keen)
    return envy if envy < NONE else -1, waste if waste < NONE else -1


@compiled
def _fetch_heads(p, order_start, order_applicant, first, wanted):
    """Fetch what the first entries of the next orders will look at."""
    posts = len(order_start) - 1
    if p + 2 < posts:
        for entry in range(order_start[p + 2], min(order_start[p + 3], order_start[p + 2] + HEAD)):
            fetch(first, np.int64(order_applicant[entry]))
    if p + 1 < posts:
        for entry in range(order_start[p + 1], min(order_start[p + 2], order_start[p + 1] + HEAD)):
            fetch(wanted, first[order_applicant[entry]])


@compiled
def holders_by_merit(given, place, post, rank, person):
    """At posts without an order of their own, the last four holders by ``place``, as `along_orders` says."""
    for someone in range(len(post)):
        p = post[someone]
        if p < 0 or given[p]:
            continue
        mine, at = np.int64(place[someone]), 4
        while at > 0 and rank[p, at - 1] < mine:
            at -= 1
        if at < 4:
            for below in range(3, at, -1):
                rank[p, below] = rank[p, below - 1]
                person[p, below] = person[p, below - 1]
            rank[p, at] = mine
            person[p, at] = someone


@compiled
def refused_by_merit(given, place, start, first, wanted, post, count, seats, rank, ranks):
    """The same for those who are refused there: first envy, first waste; and ``ranks`` of members."""
    envy, waste = np.int64(-1), np.int64(-1)
    for someone in range(len(post)):
        for k in range(first[someone], first[someone + 1]):
            p = wanted[k] if wanted[k] >= 0 else ~wanted[k]
            if given[p]:
                continue
            if wanted[k] < 0:
                ranks[k] = place[someone]
            elif p != post[someone]:
                wish = start[someone] + k - first[someone]
                if rank[p, 0] > place[someone] and envy < 0:
                    envy = wish
                if count[p] < seats[p] and waste < 0:
                    waste = wish
    return envy, waste


@compiled
def outside(post, members, pair_start, pairs):
    """The first couple whose places are neither a pair of its list nor nothing for both; -1 for none."""
    for couple in range(len(members)):
        a, b = post[members[couple, 0]], post[members[couple, 1]]
        allowed = a < 0 and b < 0
        for k in range(pair_start[couple], pair_start[couple + 1]):
            if allowed:
                break
            allowed = pairs[k, 0] == a and pairs[k, 1] == b
        if not allowed:
            return couple
    return -1


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
    return count[p] < seats[p] or _how_many_behind(p, mine, partner, partner, rank, person) > 0


@compiled
def _objects(a, b, p, q, ra, rb, post, loose, seats, count, rank, person):
    """Whether a couple would object for a pair that it prefers to what its members a and b hold."""
    if p < 0 or p != q or (loose and (post[a] == p or post[b] == p)):
        return _reaches(p, ra, b, post[a], seats, count, rank, person) and _reaches(
            q, rb, a, post[b], seats, count, rank, person
        )
    free = seats[p] - count[p]
    if post[a] == p:
        free += 1
    if post[b] == p:
        free += 1
    behind_later = _how_many_behind(p, max(ra, rb), a, b, rank, person)
    behind_earlier = _how_many_behind(p, min(ra, rb), a, b, rank, person)
    if seats[p] < 2:
        return False
    if free >= 2:
        return True
    if loose and free == 1:
        return behind_earlier >= 1
    if loose:
        return behind_later >= 1 and behind_earlier >= 2
    return free + behind_later >= 2


@compiled
def couples_objecting(
    post, members, pair_start, pairs, first, wanted, ranks, loose, seats, count, rank, person, only_first
):
    """Mark the pairs for which their couple objects (``loose``: by MM, else by BIS); stop at the first if asked.

    ``ranks``: by entry of ``wanted``, -1 where the order of the post was read without meeting the member. A post that a member does not hold, that is full, and that nobody holds behind the member rules a pair
    out, be it listed there or not: the partner could at most take a seat away.
    """
    objects = np.zeros(len(pairs), np.bool_)
    known = np.full((2, len(seats)), -1, np.int64)
    for couple in range(len(members)):
        a, b = members[couple, 0], members[couple, 1]
        for side in range(2):
            member = members[couple, side]
            for k in range(first[member], first[member + 1]):
                p = ~wanted[k]
                refused = p != post[member] and (
                    seats[p] == 0 or (count[p] >= seats[p] and ranks[k] >= rank[p, 0])
                )
                known[side, p] = -1 if refused else ranks[k]
        for k in range(pair_start[couple], pair_start[couple + 1]):
            p, q = pairs[k, 0], pairs[k, 1]
            if post[a] == p and post[b] == q:
                break
            ra = known[0, p] if p >= 0 else np.int64(-1)
            rb = known[1, q] if q >= 0 else np.int64(-1)
            if (p < 0 or ra >= 0) and (q < 0 or rb >= 0):
                objects[k] = _objects(a, b, p, q, ra, rb, post, loose, seats, count, rank, person)
                if objects[k] and only_first:
                    return objects
    return objects
