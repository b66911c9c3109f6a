"""Questions in which posts have orders of their own, prepared for the loops and read back from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauce_engine.order import Ordering, ordering
from cauce_engine.problems import Orders, Question
from cauce_engine.results import NO_SEATS, SEATS_LEFT, Allocation, Dropped

POST_SILENT = "the post does not list the applicant"
APPLICANT_SILENT = "the applicant does not list the post"


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Every wish ranked at its post.

    ``common``: the one order of all people (merit, lottery, identifier). ``rank``: by wish, -1 where the post
    does not list the person. ``listed``/``wishes``: the wishes of each post, best first. ``dropped``: wishes
    that only one side made.
    """

    common: Ordering
    rank: NDArray[np.int32]
    listed: NDArray[np.int64]
    wishes: NDArray[np.int64]
    owner: NDArray[np.int32]
    dropped: tuple[Dropped, ...]


def ranked(question: Question) -> Ranked:
    """Rank every wish of a question at its post, ties settled by lottery, then identifier."""
    from cauce_engine._kernels.deferred import by_post  # noqa: PLC0415 - the compiler loads only to solve

    common = ordering(question)
    orders = question.orders or no_orders(len(question.posts))
    people = settled(question, orders)
    place = common.place - np.int32(1)
    rank, listed, wishes, returned = by_post(
        question.choice_start, question.choices, orders.given, orders.start, people, place
    )
    owner = np.repeat(np.arange(len(question.applicants), dtype=np.int32), np.diff(question.choice_start))
    dropped = _dropped(question, orders, people, owner, rank, returned)
    return Ranked(common, rank, listed, wishes, owner, dropped)


def no_orders(posts: int) -> Orders:
    """What a question without any order of a post's own amounts to."""
    empty = np.zeros(0, np.int32)
    none = np.zeros(posts, np.bool_)
    return Orders(np.zeros(posts + 1, np.int64), empty, empty, none, np.zeros(0, np.bool_))


def settled(question: Question, orders: Orders) -> NDArray[np.int32]:
    """The entries of all orders, people tied in one put in the order of their tickets or identifiers."""
    owner = np.repeat(np.arange(len(question.posts)), np.diff(orders.start))
    same = np.zeros(len(owner) + 1, np.bool_)
    same[1:-1] = (orders.level[1:] == orders.level[:-1]) & (owner[1:] == owner[:-1])
    tied = np.flatnonzero(same[1:] | same[:-1])
    if not len(tied):
        return orders.applicant
    chance = ordering(question, merit=False).place
    people = orders.applicant.copy()
    entries = people[tied]
    people[tied] = entries[np.lexsort((chance[entries], orders.level[tied], owner[tied]))]
    return people


def _dropped(
    question: Question,
    orders: Orders,
    people: NDArray[np.int32],
    owner: NDArray[np.int32],
    rank: NDArray[np.int32],
    returned: NDArray[np.bool_],
) -> tuple[Dropped, ...]:
    applicants, posts = question.applicants, question.posts
    silent = [
        Dropped(applicants[owner[wish]], posts[question.choices[wish]], POST_SILENT)
        for wish in np.flatnonzero(rank < 0).tolist()
    ]
    of_post = np.repeat(np.arange(len(posts)), np.diff(orders.start))
    coupled = {member for couple in question.couples for member in couple.members}
    unasked = [
        Dropped(applicants[people[entry]], posts[of_post[entry]], APPLICANT_SILENT)
        for entry in np.flatnonzero(~returned).tolist()
        if int(people[entry]) not in coupled
    ]
    return tuple(sorted(silent + unasked, key=lambda wish: (wish.applicant, wish.post)))


def stable(question: Question) -> Allocation:
    """The stable answer that is best for applicants, and whether it is the only one."""
    from cauce_engine._kernels import deferred  # noqa: PLC0415 - the compiler loads only to solve

    market = ranked(question)
    held, last = deferred.applicants_propose(
        question.choice_start,
        question.choices,
        market.rank,
        market.listed,
        question.capacity,
        market.common.order,
    )
    opposite = deferred.posts_propose(
        question.choice_start,
        market.owner,
        question.choices,
        market.listed,
        market.wishes,
        question.capacity,
    )
    differing = int(np.count_nonzero(opposite != held))
    post = np.full(len(held), -1, np.int32)
    post[held >= 0] = question.choices[held[held >= 0]]
    lines = np.where(last >= 0, last, np.where(question.capacity > 0, SEATS_LEFT, NO_SEATS)).astype(np.int32)
    return Allocation(
        question=question,
        post=post,
        line=post,
        last=lines,
        unique=differing == 0,
        dropped=market.dropped,
        extra={} if differing == 0 else {"differ_if_posts_propose": differing},
    )
