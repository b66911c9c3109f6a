"""Markets with couples: people and couples take in turn the best that they can object for, until nobody can.

Single people start from the answer that is best for them without any couple; couples then come one after
another. Posts keep their holders sorted, rank in the high half and person in the low half of a word. A couple
that loses one seat gives up the other; a seat given up is offered to those who would rather have it. Nothing
guarantees an end, so steps are counted; an end without objections is a stable answer.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled

FREE = 2**31 - 1
FAR = 2**62


@compiled
def joint_lists(members, pair_start, pairs, posts):
    """The posts of each member's pairs in order of appearance.

    Returns ``bounds`` (2 c + 1 and so on: where the list of each member starts), the posts, and by pair and
    member the position of its post in that list (-1 for no post).
    """
    couples = len(members)
    bounds = np.zeros(2 * couples + 1, np.int64)
    listed = np.empty(2 * len(pairs), np.int32)
    at = np.full((len(pairs), 2), -1, np.int32)
    seen = np.full(posts, -1, np.int64)
    where = np.empty(posts, np.int32)
    end = 0
    for c in range(couples):
        for which in range(2):
            first = end
            for k in range(pair_start[c], pair_start[c + 1]):
                p = pairs[k, which]
                if p < 0:
                    continue
                if seen[p] != 2 * c + which:
                    seen[p] = 2 * c + which
                    where[p] = end - first
                    listed[end] = p
                    end += 1
                at[k, which] = where[p]
            bounds[2 * c + which + 1] = end
    return bounds, listed[:end], at


@compiled
def with_lists(choices, coupled, slots, bounds, listed, start, filled):
    """Fill in the lists of everybody, those of couples' members put in.

    ``coupled``: all members, ascending, and ``slots``: which list of `joint_lists` is theirs; they have none in
    ``choices``. ``start``: where the lists to be written into ``filled`` begin. In between, whole runs are copied.
    """
    read, end = 0, 0
    for k in range(len(coupled) + 1):
        until = start[coupled[k]] if k < len(coupled) else len(filled)
        run = until - end
        filled[end:until] = choices[read : read + run]
        read += run
        end = until
        if k < len(coupled):
            mine = listed[bounds[slots[k]] : bounds[slots[k] + 1]]
            filled[end : end + len(mine)] = mine
            end += len(mine)


@compiled
def pair_ranks(start, rank, members, pair_start, at):
    """The rank of each member at the post of each pair; -1 where there is none, or the post does not list it."""
    ranks = np.full(at.shape, -1, np.int32)
    for c in range(len(members)):
        for k in range(pair_start[c], pair_start[c + 1]):
            for which in range(2):
                if at[k, which] >= 0:
                    ranks[k, which] = rank[start[members[c, which]] + at[k, which]]
    return ranks


@compiled
def askers(start, choices, members, posts):
    """The couples that list each post: where those of each post start, and their numbers.

    ``start``/``choices``: lists of people, those of members written out.
    """
    starts = np.zeros(posts + 1, np.int64)
    seen = np.full(posts, -1, np.int32)
    for c in range(len(members)):
        for which in range(2):
            for wish in range(start[members[c, which]], start[members[c, which] + 1]):
                if seen[choices[wish]] != c:
                    seen[choices[wish]] = c
                    starts[choices[wish] + 1] += 1
    starts = np.cumsum(starts)
    asks = np.empty(starts[posts], np.int32)
    filled = starts[:-1].copy()
    seen[:] = -1
    for c in range(len(members)):
        for which in range(2):
            for wish in range(start[members[c, which]], start[members[c, which] + 1]):
                p = choices[wish]
                if seen[p] != c:
                    seen[p] = c
                    asks[filled[p]] = c
                    filled[p] += 1
    return asks, starts


@compiled
def beginning(choices, rank, listed, capacity, held):
    """The holders of each post where people hold these wishes: ``base``, ``count`` and the sorted words."""
    posts = len(capacity)
    base = np.zeros(posts + 1, np.int64)
    for p in range(posts):
        base[p + 1] = base[p] + min(capacity[p], listed[p + 1] - listed[p]) + 2
    hold = np.empty(base[posts], np.int64)
    count = np.zeros(posts, np.int64)
    for person in range(len(held)):
        if held[person] >= 0:
            p = choices[held[person]]
            hold[base[p] + count[p]] = (np.int64(rank[held[person]]) << 32) | person
            count[p] += 1
    for p in range(posts):
        gap = count[p] // 2
        while gap > 0:
            for k in range(base[p] + gap, base[p] + count[p]):
                key, at = hold[k], k
                while at - gap >= base[p] and hold[at - gap] > key:
                    hold[at] = hold[at - gap]
                    at -= gap
                hold[at] = key
            gap //= 2
    return base, count, hold


@compiled
def _mark(p, capacity, base, count, hold, cut):
    """Keep the rank from which on the post refuses."""
    if capacity[p] == 0:
        cut[p] = -1
    elif count[p] < capacity[p]:
        cut[p] = FREE
    else:
        cut[p] = hold[base[p] + count[p] - 1] >> 32


@compiled
def _insert(p, person, rank, capacity, base, count, hold, cut):
    key = (np.int64(rank) << 32) | person
    at = base[p] + count[p]
    while at > base[p] and hold[at - 1] > key:
        hold[at] = hold[at - 1]
        at -= 1
    hold[at] = key
    count[p] += 1
    _mark(p, capacity, base, count, hold, cut)


@compiled
def _remove(p, person, capacity, base, count, hold, cut):
    end = base[p] + count[p]
    at = end - 1
    moved = hold[at]
    while moved & 0xFFFFFFFF != person:
        at -= 1
        hold[at], moved = moved, hold[at]
    count[p] -= 1
    _mark(p, capacity, base, count, hold, cut)


@compiled
def _behind(p, one, other, nth, base, count, hold, cut):
    """Rank of the nth-last holder (1: last) of a post, these two people left out; -1 where there is none."""
    at = base[p] + count[p] - 1
    while at >= base[p]:
        person = hold[at] & 0xFFFFFFFF
        if person != one and person != other:
            nth -= 1
            if nth == 0:
                return hold[at] >> 32
        at -= 1
    return np.int64(-1)


@compiled
def _would_take(p, rank, partner, capacity, base, count, hold, cut):
    """Whether a post has a free seat, or holds someone other than the partner behind this rank."""
    if rank >= cut[p]:
        return False
    return cut[p] == FREE or _behind(p, partner, -1, 1, base, count, hold, cut) > rank


@compiled
def pair_objects(a, b, p, q, ra, rb, post, loose, capacity, base, count, hold, cut):
    """Whether a couple could object for the pair (p, q), given what its members hold.

    ``loose``: by the definition of McDermid and Manlove for pairs at one post; else Biró, Irving, Schlotter.
    """
    if (p >= 0 and (ra < 0 or capacity[p] == 0)) or (q >= 0 and (rb < 0 or capacity[q] == 0)):
        return False
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
        last = _behind(p, a, b, 1, base, count, hold, cut)
        if free == 1:
            return last > (high if loose else low)
        if last <= low:
            return False
        return _behind(p, a, b, 2, base, count, hold, cut) > (high if loose else low)
    if p >= 0 and post[a] != p and not _would_take(p, ra, b, capacity, base, count, hold, cut):
        return False
    return q < 0 or post[b] == q or _would_take(q, rb, a, capacity, base, count, hold, cut)


# fmt: off
@compiled
def _best_pair(
    a, b, first, end, pairs, pair_rank, post, loose, capacity, base, count, hold, cut,
):
    """The first of these pairs for which the couple could object; or -1."""
    for k in range(first, end):
        p, q = pairs[k, 0], pairs[k, 1]
        # Most pairs fail here: a post that is full of people before the member refuses it in every case.
        if (p >= 0 and p != post[a] and pair_rank[k, 0] >= cut[p] and p != q) or (
            q >= 0 and q != post[b] and pair_rank[k, 1] >= cut[q] and p != q
        ):
            continue
        if pair_objects(
            a, b, p, q, pair_rank[k, 0], pair_rank[k, 1], post, loose, capacity, base, count, hold, cut,
        ):
            return k
    return np.int64(-1)


@compiled
def _wake(agent, queue, queued, state):
    """Put an agent at the end of those who wait, once. ``state``: where the first waits, and how many."""
    if not queued[agent]:
        queued[agent] = True
        at = state[0] + state[1]
        queue[at if at < len(queue) else at - len(queue)] = agent
        state[1] += 1


@compiled
def settle(market, begun, held, sequence, loose, most_moves):
    """Let everybody take turns until nobody objects or the steps are used up.

    ``market``: start, choices, rank, owner, listed, wishes, capacity, members, pair_start, pairs, pair_rank,
    asks, asks_start. Agents are people, then couples (``people + c``), who wait in one line, first in first
    out. ``begun``: `beginning` of ``held``, the wish that each single person starts from. ``sequence``: the
    couples, in the sequence in which they arrive, each when nobody waits any more; couples that are not in
    it stay unplaced. Returns the post of each person (-1 none), the steps used, whether the end was
    reached, and how often each couple moved. The end is not reached where a couple
    moves more than ``most_moves`` times, or where everybody together acts far more often than there are agents:
    people alone can go in circles too, in the wake of a couple.
    """
    (start, choices, rank, owner, listed, wishes, capacity, members, pair_start, pairs, pair_rank, asks,
     asks_start) = market
    people, posts, couples = len(start) - 1, len(capacity), len(members)
    base, count, hold, cut = begun[0], begun[1].copy(), begun[2].copy(), np.empty(posts, np.int64)
    for p in range(posts):
        _mark(p, capacity, base, count, hold, cut)
    post = np.full(people, -1, np.int32)
    level = np.zeros(people + couples, np.int64)
    level[:people] = FAR
    for person in range(people):
        if held[person] >= 0:
            post[person] = choices[held[person]]
            level[person] = held[person]
    couple_of = np.full(people, -1, np.int32)
    for c in range(couples):
        couple_of[members[c, 0]] = c
        couple_of[members[c, 1]] = c
    moves = np.zeros(couples, np.int64)
    queue, queued = np.empty(people + couples, np.int32), np.zeros(people + couples, np.bool_)
    state = np.zeros(2, np.int64)
    arrived = 0
    left = np.empty(8, np.int32)
    gained = np.empty(2, np.int32)
    steps = np.int64(0)
    actions, most_actions = 0, 4 * (people + couples) + 2_000
    while actions < most_actions:
        actions += 1
        if state[1] == 0 and arrived < len(sequence):
            level[people + sequence[arrived]] = FAR
            _wake(people + sequence[arrived], queue, queued, state)
            arrived += 1
        elif state[1] == 0:
            # Whoever was not woken is asked once more: the end is an end only if nobody objects.
            for person in range(people):
                for wish in range(start[person], min(start[person + 1], level[person])):
                    if rank[wish] >= 0 and rank[wish] < cut[choices[wish]] and couple_of[person] < 0:
                        _wake(person, queue, queued, state)
                        break
            for k in range(len(sequence)):
                c = sequence[k]
                if _best_pair(
                    members[c, 0], members[c, 1], pair_start[c], min(pair_start[c + 1], level[people + c]),
                    pairs, pair_rank, post, loose, capacity, base, count, hold, cut,
                ) >= 0:
                    _wake(people + c, queue, queued, state)
            if state[1] == 0:
                return post, steps, True, moves
        agent = queue[state[0]]
        state[0] = (state[0] + 1) % len(queue)
        state[1] -= 1
        queued[agent] = False
        taken = np.int64(-1)
        if agent < people:
            for wish in range(start[agent], min(start[agent + 1], level[agent])):
                if rank[wish] >= 0 and rank[wish] < cut[choices[wish]]:
                    taken = wish
                    break
        else:
            c = agent - people
            taken = _best_pair(
                members[c, 0], members[c, 1], pair_start[c], min(pair_start[c + 1], level[agent]),
                pairs, pair_rank, post, loose, capacity, base, count, hold, cut,
            )
        steps += 4
        if taken < 0:
            continue
        level[agent] = taken
        leaving = 0
        gained[0], gained[1] = -1, -1
        if agent < people:
            if post[agent] >= 0:
                left[leaving] = post[agent]
                leaving += 1
                _remove(post[agent], agent, capacity, base, count, hold, cut)
            post[agent] = choices[taken]
            gained[0] = post[agent]
            _insert(post[agent], agent, rank[taken], capacity, base, count, hold, cut)
        else:
            c = agent - people
            moves[c] += 1
            if moves[c] > most_moves:
                return post, steps, False, moves
            for which in range(2):
                person = members[c, which]
                if post[person] >= 0:
                    left[leaving] = post[person]
                    leaving += 1
                    _remove(post[person], person, capacity, base, count, hold, cut)
            for which in range(2):
                person = members[c, which]
                post[person] = pairs[taken, which]
                gained[which] = post[person]
                if post[person] >= 0:
                    _insert(post[person], person, pair_rank[taken, which], capacity, base, count, hold, cut)
        for which in range(2):
            p = gained[which]
            while p >= 0 and count[p] > capacity[p]:
                at = base[p] + count[p] - 1
                loser = np.int32(hold[at] & 0xFFFFFFFF)
                # A couple that has just arrived is not put out by its own arrival.
                while agent >= people and couple_of[loser] == agent - people:
                    at -= 1
                    loser = np.int32(hold[at] & 0xFFFFFFFF)
                _remove(p, loser, capacity, base, count, hold, cut)
                post[loser] = -1
                out = loser
                if couple_of[loser] >= 0:
                    c = couple_of[loser]
                    out = people + c
                    partner = members[c, 0] + members[c, 1] - loser
                    if post[partner] >= 0:
                        left[leaving] = post[partner]
                        leaving += 1
                        _remove(post[partner], partner, capacity, base, count, hold, cut)
                        post[partner] = -1
                level[out] = FAR
                _wake(out, queue, queued, state)
        for k in range(leaving):
            p = left[k]
            if count[p] >= capacity[p]:
                continue
            for at in range(listed[p], listed[p + 1]):
                person = owner[wishes[at]]
                if couple_of[person] < 0 and wishes[at] < min(level[person], start[person + 1]):
                    steps += (at - listed[p]) >> 3
                    _wake(person, queue, queued, state)
                    break
            steps += asks_start[p + 1] - asks_start[p]
            for at in range(asks_start[p], asks_start[p + 1]):
                out = people + asks[at]
                # Couples that are left out of the sequence have nothing to object for.
                if level[out] > 0:
                    _wake(out, queue, queued, state)
    return post, steps, False, moves
# fmt: on


@compiled
def taken_out(start, rank, members):
    """Take the ranks of couples' members out of ``rank`` (they become -1), and return them for `put_back`."""
    size = 0
    for person in members.flat:
        size += start[person + 1] - start[person]
    kept = np.empty(size, rank.dtype)
    filled = 0
    for person in members.flat:
        for wish in range(start[person], start[person + 1]):
            kept[filled] = rank[wish]
            rank[wish] = -1
            filled += 1
    return kept


@compiled
def put_back(start, rank, members, kept):
    """Undo `taken_out`."""
    filled = 0
    for person in members.flat:
        for wish in range(start[person], start[person + 1]):
            rank[wish] = kept[filled]
            filled += 1


@compiled
def objecting(market, post, loose):
    """By pair and by wish, whether its couple or its single person would object where people hold these posts.

    ``market``: as in `settle`. Every post is one of the person's list or -1.
    """
    (start, choices, rank, _, listed, _, capacity, members, pair_start, pairs, pair_rank, _, _) = market
    held = np.full(len(post), -1, np.int64)
    for person in range(len(post)):
        for wish in range(start[person], start[person + 1]):
            if choices[wish] == post[person]:
                held[person] = wish
    base, count, hold = beginning(choices, rank, listed, capacity, held)
    cut = np.empty(len(capacity), np.int64)
    for p in range(len(capacity)):
        _mark(p, capacity, base, count, hold, cut)
    by_pair, by_wish = np.zeros(len(pairs), np.bool_), np.zeros(len(choices), np.bool_)
    for person in range(len(post)):
        for wish in range(start[person], held[person] if held[person] >= 0 else start[person + 1]):
            by_wish[wish] = rank[wish] >= 0 and rank[wish] < cut[choices[wish]]
    for c in range(len(members)):
        a, b = members[c, 0], members[c, 1]
        by_wish[start[a] : start[a + 1]] = False
        by_wish[start[b] : start[b + 1]] = False
        for k in range(pair_start[c], pair_start[c + 1]):
            p, q = pairs[k, 0], pairs[k, 1]
            if post[a] == p and post[b] == q:
                break
            by_pair[k] = pair_objects(
                a, b, p, q, pair_rank[k, 0], pair_rank[k, 1], post, loose, capacity, base, count, hold, cut
            )
    return by_pair, by_wish
