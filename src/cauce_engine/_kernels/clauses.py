"""Is there an assignment that makes every clause true? Conflict-driven search (Marques-Silva and Sakallah, 1996).

Literals are ``2 v`` for "v is true" and ``2 v + 1`` for "v is false". Integers only and no clock, so the same
clauses give the same assignment, or the same proof that there is none, everywhere.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled

UNKNOWN, NONE, FOUND = -1, 0, 1


@compiled
def _grown(values, size):
    more = np.empty(max(size, 2 * len(values)), values.dtype)
    # One by one: assigning a slice to a slice takes seconds to compile.
    for k in range(len(values)):
        more[k] = values[k]
    return more


@compiled
def _luby(number):
    """1 1 2 1 1 2 4 …: how long to search before the next restart."""
    size = np.int64(1)
    while size < number + 1:
        size = 2 * size + 1
    while size - 1 != number:
        size = (size - 1) >> 1
        number = number % size
    return (size + 1) >> 1


@compiled
def _up(heap, place, activity, at):
    v = heap[at]
    while at > 0 and activity[heap[(at - 1) >> 1]] < activity[v]:
        heap[at] = heap[(at - 1) >> 1]
        place[heap[at]] = at
        at = (at - 1) >> 1
    heap[at] = v
    place[v] = at


@compiled
def _down(heap, place, activity, size):
    at = 0
    v = heap[0]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and activity[heap[child + 1]] > activity[heap[child]]:
            child += 1
        if activity[heap[child]] <= activity[v]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = v
    place[v] = at


@compiled
def search(variables, first, literals, phase, budget):
    """Search for an assignment of ``variables`` (from 0) that makes every clause true.

    Clause c: ``literals[first[c]:first[c + 1]]``, none empty. ``phase``: the value tried first, by variable.
    Returns FOUND, NONE (proven) or UNKNOWN (more conflicts than ``budget``), the values, and the conflicts.
    """
    count = len(first) - 1
    begin, text = _grown(first, count + 1000), _grown(literals, len(literals) + 10_000)
    filled = len(literals)
    value = np.zeros(2 * variables, np.int8)
    head = np.full(2 * variables, -1, np.int64)
    after = np.full(2 * len(begin), -1, np.int64)
    trail, limits = np.empty(variables, np.int64), np.empty(variables + 1, np.int64)
    level, reason = np.zeros(variables, np.int64), np.full(variables, -1, np.int64)
    activity, seen = np.zeros(variables, np.int64), np.zeros(variables, np.bool_)
    heap, place = np.arange(variables), np.arange(variables)
    saved, waiting, bump = phase.copy(), variables, np.int64(1)
    learnt = np.empty(variables + 1, np.int64)
    end, done, depth, conflicts = 0, 0, 0, np.int64(0)
    for c in range(count):
        if begin[c + 1] - begin[c] == 1:
            lit = text[begin[c]]
            if value[lit] < 0:
                return NONE, saved, conflicts
            if value[lit] == 0:
                value[lit], value[lit ^ 1] = 1, -1
                trail[end] = lit
                end += 1
        else:
            for slot in range(2):
                lit = text[begin[c] + slot]
                after[2 * c + slot] = head[lit]
                head[lit] = 2 * c + slot
    restarts, patience = 0, 100
    while True:
        broken = np.int64(-1)
        while done < end and broken < 0:
            false = trail[done] ^ 1
            done += 1
            node, previous = head[false], np.int64(-1)
            while node >= 0:
                follows = after[node]
                c, slot = node >> 1, node & 1
                other = text[begin[c] + 1 - slot]
                moved = False
                if value[other] <= 0:
                    for k in range(begin[c] + 2, begin[c + 1]):
                        if value[text[k]] >= 0:
                            lit = text[k]
                            text[begin[c] + slot], text[k] = lit, false
                            if previous < 0:
                                head[false] = follows
                            else:
                                after[previous] = follows
                            after[node] = head[lit]
                            head[lit] = node
                            moved = True
                            break
                    if not moved:
                        if value[other] < 0:
                            broken = c
                            break
                        value[other], value[other ^ 1] = 1, -1
                        level[other >> 1], reason[other >> 1] = depth, c
                        trail[end] = other
                        end += 1
                if not moved:
                    previous = node
                node = follows
        if broken < 0:
            if patience <= 0 and depth > 0:
                back, restarts = 0, restarts + 1
                patience = 100 * _luby(restarts)
            else:
                chosen = np.int64(-1)
                while waiting > 0 and chosen < 0:
                    v = heap[0]
                    waiting -= 1
                    place[v] = -1
                    if waiting > 0:
                        heap[0] = heap[waiting]
                        _down(heap, place, activity, waiting)
                    if value[2 * v] == 0:
                        chosen = v
                if chosen < 0:
                    for v in range(variables):
                        saved[v] = value[2 * v] > 0
                    return FOUND, saved, conflicts
                limits[depth] = end
                depth += 1
                lit = 2 * chosen if saved[chosen] else 2 * chosen + 1
                value[lit], value[lit ^ 1] = 1, -1
                level[chosen], reason[chosen] = depth, -1
                trail[end] = lit
                end += 1
                continue
        else:
            conflicts += 1
            patience -= 1
            if depth == 0:
                return NONE, saved, conflicts
            if conflicts > budget:
                return UNKNOWN, saved, conflicts
            # Resolve backwards to the first literal through which the whole of this level runs.
            size, open_, at, c, lit = 1, 0, end - 1, broken, np.int64(-1)
            while True:
                for k in range(begin[c], begin[c + 1]):
                    v = text[k] >> 1
                    if text[k] == lit or seen[v] or level[v] == 0:
                        continue
                    seen[v] = True
                    activity[v] += bump
                    if place[v] >= 0:
                        _up(heap, place, activity, place[v])
                    if level[v] == depth:
                        open_ += 1
                    else:
                        learnt[size] = text[k]
                        size += 1
                while not seen[trail[at] >> 1]:
                    at -= 1
                lit = trail[at]
                seen[lit >> 1] = False
                at -= 1
                open_ -= 1
                if open_ == 0:
                    break
                c = reason[lit >> 1]
            learnt[0] = lit ^ 1
            back, second = 0, 1
            for k in range(1, size):
                seen[learnt[k] >> 1] = False
                if level[learnt[k] >> 1] > back:
                    back, second = level[learnt[k] >> 1], k
            bump += (bump >> 4) + 1
            if bump > 2**50:
                for v in range(variables):
                    activity[v] >>= 40
                bump >>= 40
        # Go back to the level: undo, remembering the values.
        if back < depth:
            for k in range(limits[back], end):
                v = trail[k] >> 1
                saved[v] = trail[k] & 1 == 0
                value[trail[k]], value[trail[k] ^ 1] = 0, 0
                if place[v] < 0:
                    heap[waiting] = v
                    place[v] = waiting
                    _up(heap, place, activity, waiting)
                    waiting += 1
            end = limits[back]
            done, depth = end, back
        if broken >= 0:
            if count + 2 > len(begin):
                begin = _grown(begin, 0)
                after = _grown(after, 2 * len(begin))
            if filled + size > len(text):
                text = _grown(text, filled + size)
            learnt[1 if size > 1 else 0], learnt[second if size > 1 else 0] = (
                learnt[second if size > 1 else 0],
                learnt[1 if size > 1 else 0],
            )
            for k in range(size):
                text[filled + k] = learnt[k]
            lit = learnt[0]
            if size > 1:
                for slot in range(2):
                    after[2 * count + slot] = head[learnt[slot]]
                    head[learnt[slot]] = 2 * count + slot
            filled += size
            begin[count + 1] = filled
            value[lit], value[lit ^ 1] = 1, -1
            level[lit >> 1], reason[lit >> 1] = depth, count
            trail[end] = lit
            end += 1
            count += 1
