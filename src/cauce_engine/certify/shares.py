"""The order of call, recomputed for the certifier: plain Python, sharing nothing with the solver."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np

from cauce_engine.certify.order import ranks
from cauce_engine.problems import Orders, Question, Share


def called(question: Question) -> tuple[Question, list[dict[str, Any]]]:
    """The question with every order under shares written out, and those orders as an answer publishes them."""
    if not question.shares and not any(terms.shares for terms in question.terms.values()):
        return question, []
    place = ranks(question, question.merit).tolist()
    ranked = [i for i in range(len(place)) if not question.merit or question.merit[0].codes[i] >= 0]
    merit = sorted(ranked, key=place.__getitem__)
    published: list[dict[str, Any]] = []
    by_merit = None
    if question.shares:
        by_merit = _call(question, merit, question.shares)
        published.append({"post": None, "order": [question.applicants[i] for i in by_merit]})
    rows: list[list[int]] = []
    given = []
    lists = _lists(question)
    for post, name in enumerate(question.posts):
        terms = question.terms.get(post)
        own = _own(question, post)
        shares = terms.shares if terms is not None else ()
        order = own
        if shares:
            order = _call(question, merit if own is None else own, shares)
            published.append({"post": name, "order": [question.applicants[i] for i in order]})
        elif own is None:
            order = by_merit
        if own is None and order is not None:
            order = [i for i in order if post in lists[i]]
        rows.append(order or [])
        given.append(order is not None)
    sizes = [len(row) for row in rows]
    flat = [i for row in rows for i in row]
    level = [at for row in rows for at in range(len(row))]
    orders = Orders(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array(flat, np.int32),
        np.array(level, np.int32),
        np.array(given, np.bool_),
        np.zeros(len(flat), np.bool_),
    )
    return replace(question, orders=orders), published


def _own(question: Question, post: int) -> list[int] | None:
    """The post's own order, ties by ticket, then identifier."""
    orders = question.orders
    if orders is None or not orders.given[post]:
        return None
    chance = ranks(question, ())
    rows = range(int(orders.start[post]), int(orders.start[post + 1]))
    return [
        int(orders.applicant[k])
        for k in sorted(rows, key=lambda k: (orders.level[k], chance[orders.applicant[k]]))
    ]


def _lists(question: Question) -> list[set[int]]:
    start, choices = question.choice_start.tolist(), question.choices.tolist()
    lists = [set(choices[start[i] : start[i + 1]]) for i in range(len(question.applicants))]
    for couple in question.couples:
        for member in couple.members:
            lists[member] = set(range(len(question.posts)))
    return lists


def _call(question: Question, people: list[int], shares: tuple[Share, ...]) -> list[int]:
    """One queue for each combination of shares; at each step the heads of the queues compete."""
    queues: dict[tuple[bool, ...], deque[tuple[int, int]]] = {}
    for at, person in enumerate(people):
        groups = question.groups.get(person, ())
        kind = tuple(share.group in groups for share in shares)
        queues.setdefault(kind, deque()).append((at, person))
    so_far = [0] * len(shares)
    order: list[int] = []
    while len(order) < len(people):
        waiting = {kind: queue[0] for kind, queue in queues.items() if queue}
        binding = [
            at
            for at, share in enumerate(shares)
            if any(kind[at] for kind in waiting) and 100 * so_far[at] < share.percent * (len(order) + 1)
        ]
        kind = min(waiting, key=lambda kind: ([not kind[at] for at in binding], waiting[kind][0]))
        order.append(queues[kind].popleft()[1])
        so_far = [count + inside for count, inside in zip(so_far, kind, strict=True)]
    return order
