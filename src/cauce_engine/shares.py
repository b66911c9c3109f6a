"""Minimum percentages merged into an order of merit: the order of call.

Going down the order, each next person is the best of merit, unless a share would fall short at that point:
then it is the best of those who belong to it. The merging looks at everybody whom the order ranks, whatever
they list, so nobody changes it by what they ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.order import ordering
from cauce_engine.problems import Orders, Question, Share
from cauce_engine.twosided import no_orders, settled


def as_called(question: Question) -> Question:
    """The question in which every order under shares is written out as its order of call; itself without."""
    called = calls(question)
    if not called:
        return question
    orders = question.orders or no_orders(len(question.posts))
    people, given = settled(question, orders), orders.given.copy()
    by_merit = called.get(None)
    rows = []
    for post in range(len(question.posts)):
        own = called.get(post)
        if own is None and not given[post]:
            own = by_merit
        if own is None:
            rows.append(people[int(orders.start[post]) : int(orders.start[post + 1])])
            continue
        rows.append(own if orders.given[post] else own[np.isin(own, _asking(question, post))])
        given[post] = True
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(list(map(len, rows)), out=start[1:])
    applicant = np.concatenate([*rows, np.zeros(0, np.int32)]).astype(np.int32)
    level = np.arange(len(applicant)) - np.repeat(start[:-1], np.diff(start))
    written = Orders(start, applicant, level.astype(np.int32), given, np.zeros(len(applicant), np.bool_))
    terms = {post: replace(terms, shares=()) for post, terms in question.terms.items()}
    return replace(question, mechanism="stable", orders=written, shares=(), terms=terms)


def calls(question: Question) -> dict[int | None, NDArray[np.int32]]:
    """The orders of call: by post where it has shares of its own, under None for the order of merit."""
    found: dict[int | None, NDArray[np.int32]] = {}
    merit = ordering(question).order
    if question.merit:
        merit = merit[question.merit[0].codes[merit] >= 0]
    if question.shares:
        found[None] = merged(question, merit, question.shares)
    orders = question.orders
    people = settled(question, orders) if orders is not None else merit
    for post, terms in question.terms.items():
        if terms.shares:
            own = orders is not None and bool(orders.given[post])
            rows = people[int(orders.start[post]) : int(orders.start[post + 1])] if own and orders else merit
            found[post] = merged(question, rows, terms.shares)
    return found


def call_documents(question: Question) -> list[dict[str, Any]]:
    """The orders of call as an answer publishes them; ``post`` null: all posts without an order of their own."""
    found = sorted(calls(question).items(), key=lambda entry: -1 if entry[0] is None else entry[0])
    return [
        {
            "post": None if post is None else question.posts[post],
            "order": [question.applicants[person] for person in people.tolist()],
        }
        for post, people in found
    ]


def merged(question: Question, people: NDArray[np.int32], shares: Sequence[Share]) -> NDArray[np.int32]:
    """People in an order of merit, put in their order of call."""
    listed = people.tolist()
    groups = [question.groups.get(person, ()) for person in listed]
    kinds = [sum(1 << at for at, share in enumerate(shares) if share.group in mine) for mine in groups]
    # For each set of shares that may bind together: the people who belong to all of them, best first.
    waiting: dict[int, Iterator[int]] = {}
    head: dict[int, int | None] = {}
    done = np.zeros(len(listed), np.bool_)
    taken = [0] * len(shares)

    def best(wanted: int) -> int | None:
        if wanted not in waiting:
            waiting[wanted] = (at for at, kind in enumerate(kinds) if kind & wanted == wanted)
            head[wanted] = next(waiting[wanted], None)
        at = head[wanted]
        while at is not None and done[at]:
            at = head[wanted] = next(waiting[wanted], None)
        return at

    called = []
    for count in range(1, len(listed) + 1):
        wanted = 0
        for at, share in enumerate(shares):
            short = 100 * taken[at] < share.percent * count
            if short and best(wanted | 1 << at) is not None:
                wanted |= 1 << at
        chosen = best(wanted)
        if chosen is None:
            break
        done[chosen] = True
        for at in range(len(shares)):
            taken[at] += kinds[chosen] >> at & 1
        called.append(listed[chosen])
    return np.array(called, np.int32)


def _asking(question: Question, post: int) -> NDArray[np.int64]:
    """Who lists the post, members of couples included."""
    wishes = np.flatnonzero(question.choices == post)
    alone = np.searchsorted(question.choice_start, wishes, side="right") - 1
    coupled = [member for couple in question.couples for member in couple.members]
    return np.concatenate([alone, np.array(coupled, np.int64)])
