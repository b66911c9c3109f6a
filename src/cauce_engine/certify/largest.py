"""Certifying a largest weakly stable answer: plain Python, sharing nothing with the solver.

A1 to A4 are read off the question. The size (A11) is proven by the certifier itself where the posts have no
more people to take: what a matching can place at all, after striking wishes that no weakly stable answer can
grant. Where a gap remains, HiGHS is asked, with a programme of the certifier's own, for an answer with one
person more, and its "there is none" is what the check then rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from cauce_engine.faults import Unsupported
from cauce_engine.problems import Question
from cauce_engine.programmes import Programme
from cauce_engine.results import Allocation

Witness = Mapping[str, Any] | None
NODES = 20_000


def weakness(question: Question, answer: Allocation) -> dict[str, Witness]:
    """A1 to A4 with ties that are no injustice, and the size."""
    tiers = _tiers(question)
    lists = _lists(question, tiers)
    held = [None if post < 0 else post for post in answer.post.tolist()]
    found = _broken(question, tiers, lists, held)
    broken = next((name for name in found if found[name] is not None), None)
    found["A11"] = {"because": broken} if broken else _beaten(question, tiers, lists, held)
    return found


def _tiers(question: Question) -> list[dict[int, int]]:
    """By post, the tier of everybody whom it would take: 0 is best, tied people share one."""
    everybody = range(len(question.applicants))
    values = [
        tuple(
            -Decimal(str(column.texts[column.codes[i]])) for column in question.merit if column.codes[i] >= 0
        )
        for i in everybody
    ]
    place = {value: at for at, value in enumerate(sorted(set(values)))}
    by_merit = {i: place[values[i]] for i in everybody}
    tiers = []
    for post in range(len(question.posts)):
        orders = question.orders
        if orders is None or not orders.given[post]:
            tiers.append(by_merit)
            continue
        first, last = int(orders.start[post]), int(orders.start[post + 1])
        tiers.append({int(orders.applicant[k]): int(orders.level[k]) for k in range(first, last)})
    return tiers


def _lists(question: Question, tiers: list[dict[int, int]]) -> list[list[int]]:
    start, choices = question.choice_start.tolist(), question.choices.tolist()
    return [
        [post for post in choices[start[i] : start[i + 1]] if i in tiers[post]]
        for i in range(len(question.applicants))
    ]


def _broken(
    question: Question, tiers: list[dict[int, int]], lists: list[list[int]], held: list[int | None]
) -> dict[str, Witness]:
    found: dict[str, Witness] = dict.fromkeys(("A1", "A2", "A3", "A4"))
    inside: list[list[int]] = [[] for _ in question.posts]
    for person, post in enumerate(held):
        if post is None:
            continue
        inside[post].append(person)
        if post not in lists[person] and found["A2"] is None:
            found["A2"] = {"applicant": question.applicants[person], "post": question.posts[post]}
    for post, people in enumerate(inside):
        seats = int(question.capacity[post])
        if len(people) > seats and found["A1"] is None:
            found["A1"] = {"post": question.posts[post], "holders": len(people), "seats": seats}
    for person, wishes in enumerate(lists):
        for post in wishes:
            if post == held[person]:
                break
            named = {"applicant": question.applicants[person], "post": question.posts[post]}
            mine = tiers[post][person]
            behind = [p for p in inside[post] if tiers[post].get(p, -1) > mine]
            if behind and found["A3"] is None:
                found["A3"] = named | {"behind": question.applicants[behind[0]]}
            free = int(question.capacity[post]) - len(inside[post])
            if free > 0 and found["A4"] is None:
                found["A4"] = named | {"open_seats": free}
    return found


def _beaten(
    question: Question, tiers: list[dict[int, int]], lists: list[list[int]], held: list[int | None]
) -> Witness:
    """Why a larger weakly stable answer cannot be excluded; None when it can."""
    size = sum(post is not None for post in held)
    seats = question.capacity.tolist()
    left = _possible(tiers, lists, seats)
    if _most(left, seats) <= size:
        return None
    try:
        decided, exists = _larger(tiers, left, seats, size + 1)
    except Unsupported as fault:
        return {"size": size, "unproven": fault.problem}
    if decided and not exists:
        return None
    return {"size": size, "larger": "exists" if exists else "not excluded within the budget"}


def _possible(tiers: list[dict[int, int]], lists: list[list[int]], seats: list[int]) -> list[list[int]]:
    """The lists without wishes that no weakly stable answer grants.

    A post surely taken cuts off what follows it; a post that enough people have first cuts off those behind.
    """
    left = [list(wishes) for wishes in lists]
    while True:
        wanted: list[list[int]] = [[] for _ in seats]
        first: list[list[int]] = [[] for _ in seats]
        for person, wishes in enumerate(left):
            for post in wishes:
                wanted[post].append(tiers[post][person])
            if wishes:
                first[wishes[0]].append(tiers[wishes[0]][person])
        line = [
            sorted(keen)[count - 1] if 0 < count <= len(keen) else (-1 if not count else 2**62)
            for keen, count in zip(first, seats, strict=True)
        ]
        counted = [np.sort(np.array(asked, np.int64)) for asked in wanted]
        changed = False
        for person, wishes in enumerate(left):
            kept = []
            for post in wishes:
                mine = tiers[post][person]
                if mine <= line[post]:
                    kept.append(post)
                if int(np.searchsorted(counted[post], mine, side="right")) <= seats[post]:
                    break
            if kept != wishes:
                left[person], changed = kept, True
        if not changed:
            return left


def _most(lists: list[list[int]], seats: list[int]) -> int:
    """How many people can be placed at all, by augmenting paths."""
    held: list[int | None] = [None] * len(lists)
    inside: list[set[int]] = [set() for _ in seats]
    for person in range(len(lists)):
        asked_by: dict[int, int] = {}
        movers, free = [person], None
        for mover in movers:
            for post in lists[mover]:
                if post not in asked_by:
                    asked_by[post] = mover
                    movers += inside[post]
                    if len(inside[post]) < seats[post]:
                        free = post
                        break
            if free is not None:
                break
        while free is not None:
            mover = asked_by[free]
            before, held[mover] = held[mover], free
            inside[free].add(mover)
            if before is not None:
                inside[before].discard(mover)
            free = before
    return sum(post is not None for post in held)


def _larger(
    tiers: list[dict[int, int]], lists: list[list[int]], seats: list[int], size: int
) -> tuple[bool, bool]:
    """(Decided, exists): ask HiGHS for a weakly stable answer with ``size`` people.

    A column for each wish and one for "full at this tier"; whoever gets nothing as good as a post finds it
    full at their tier, and a post that is full at a tier has all its seats taken by that tier or better ones.
    """
    programme = Programme()
    takes = {(i, post): programme.column() for i, wishes in enumerate(lists) for post in wishes}
    full = {key: programme.column() for key in sorted({(post, tiers[post][i]) for i, post in takes})}
    for i, wishes in enumerate(lists):
        if wishes:
            programme.row(-np.inf, 1, {takes[i, post]: 1 for post in wishes})
        for at, post in enumerate(wishes):
            as_good = {takes[i, better]: 1.0 for better in wishes[: at + 1]}
            programme.row(1, np.inf, as_good | {full[post, tiers[post][i]]: 1})
    for post, tier in full:
        filling = {takes[i, p]: 1.0 for i, p in takes if p == post and tiers[post][i] <= tier}
        programme.row(0, np.inf, filling | {full[post, tier]: -seats[post]})
    for post in {post for post, _ in full}:
        programme.row(-np.inf, seats[post], {takes[i, p]: 1.0 for i, p in takes if p == post})
    programme.row(size, np.inf, dict.fromkeys(takes.values(), 1.0))
    decided, values = programme.solution(NODES)
    return decided, values is not None
