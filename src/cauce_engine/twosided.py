"""Questions in which posts have orders of their own, prepared for the loops and read back from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import Unsupported
from cauce_engine.order import Ordering, ordering
from cauce_engine.problems import OPEN, Orders, Question
from cauce_engine.results import NO_SEATS, SEATS_LEFT, Allocation, DroppedWishes

POST_SILENT = "the post does not list the applicant"
MOST_GROUPS = 62
APPLICANT_SILENT = "the applicant does not list the post"


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Every wish ranked at its post.

    ``common``: the one order of all people (merit, lottery, identifier). ``rank``: by wish, -1 where the post
    does not list the person. ``listed``/``wishes``: the wishes of each post, best first. ``dropped``: wishes
    that only one side made. ``one``: all people in an order that every post's own follows, where one was found.
    """

    common: Ordering
    rank: NDArray[np.int32]
    listed: NDArray[np.int64]
    wishes: NDArray[np.int64]
    owner: NDArray[np.int32]
    dropped: DroppedWishes
    one: NDArray[np.int32] | None = None


def ranked(question: Question) -> Ranked:
    """Rank every wish of a question at its post, ties settled by lottery, then identifier."""
    from cauce_engine._kernels import ranking  # noqa: PLC0415 - the compiler loads only to solve

    common, start, choices = ordering(question), question.choice_start, question.choices
    orders = question.orders or no_orders(len(question.posts))
    people = settled(question, orders)
    place = common.place - np.int32(1)
    found = ranking.one_for_all(orders.start, people, place) if orders.given.all() else None
    one = None
    if found is None:
        rank, listed, wishes, returned = ranking.by_post(
            start, choices, orders.given, orders.start, people, place
        )
    else:
        one = np.empty(len(found), np.int32)
        one[found] = np.arange(len(found), dtype=np.int32)
        rank, listed, wishes, returned = ranking.along(one, found, start, choices, orders.start, people)
    owner = np.repeat(np.arange(len(question.applicants), dtype=np.int32), np.diff(start))
    both = len(wishes) == len(choices)
    unlisted = np.zeros(0, np.int64) if both else np.flatnonzero(rank < 0)
    dropped = _dropped(question, orders, people, owner, unlisted, returned)
    return Ranked(common, rank, listed, wishes, owner, dropped, one)


def no_orders(posts: int) -> Orders:
    """What a question without any order of a post's own amounts to."""
    empty = np.zeros(0, np.int32)
    none = np.zeros(posts, np.bool_)
    return Orders(np.zeros(posts + 1, np.int64), empty, empty, none, np.zeros(0, np.bool_))


def settled(question: Question, orders: Orders) -> NDArray[np.int32]:
    """The entries of all orders, people tied in one put in the order of their tickets or identifiers."""
    from cauce_engine._kernels import ranking  # noqa: PLC0415 - the compiler loads only to solve

    if not ranking.has_ties(orders.start, orders.level):
        return orders.applicant
    owner = np.repeat(np.arange(len(question.posts)), np.diff(orders.start))
    same = np.zeros(len(owner) + 1, np.bool_)
    same[1:-1] = (orders.level[1:] == orders.level[:-1]) & (owner[1:] == owner[:-1])
    tied = np.flatnonzero(same[1:] | same[:-1])
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
    unlisted: NDArray[np.int64],
    returned: NDArray[np.bool_],
) -> DroppedWishes:
    unasked = np.flatnonzero(~returned)
    if question.couples:
        coupled = np.zeros(len(question.applicants), np.bool_)
        coupled[[member for couple in question.couples for member in couple.members]] = True
        unasked = unasked[~coupled[people[unasked]]]
    asked = np.searchsorted(orders.start, unasked, side="right") - 1
    person = np.concatenate([owner[unlisted], people[unasked]])
    post = np.concatenate([question.choices[unlisted], asked])
    silent = np.arange(len(person)) < len(unlisted)
    order = np.lexsort((post, person))
    return DroppedWishes(
        question.applicants,
        question.posts,
        (APPLICANT_SILENT, POST_SILENT),
        person[order],
        post[order],
        silent[order].astype(np.int8),
    )


def stable(question: Question) -> Allocation:
    """The stable answer that is best for applicants, and whether it is the only one."""
    from cauce_engine._kernels import deferred  # noqa: PLC0415 - the compiler loads only to solve

    market = ranked(question)
    if market.one is not None:
        return _in_turn(question, market, market.one)
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
        market.rank,
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


def _in_turn(question: Question, market: Ranked, turn: NDArray[np.int32]) -> Allocation:
    """The only stable answer where one order serves all posts: everybody in turn takes the best that is left."""
    from cauce_engine._kernels.serial import serial  # noqa: PLC0415 - the compiler loads only to solve

    start, choices = question.choice_start, question.choices
    returned = market.rank >= 0
    if not returned.all():
        before = np.zeros(len(choices) + 1, np.int64)
        np.cumsum(returned, out=before[1:])
        start, choices = before[start], choices[returned]
    post, last = np.empty(len(turn), np.int32), np.empty(len(question.posts), np.int32)
    serial(turn, start, choices, question.capacity, post, last)
    return Allocation(question=question, post=post, line=post, last=last, unique=True, dropped=market.dropped)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What chooses at once: every post with its classes, or every region with its posts.

    ``of``: the unit of each post; ``cap``: of each unit, -1 for one post; ``lines``: start by post, seats,
    group as a bit (0: open), line that unused seats turn into (-1 none); ``mask``: groups of each person.
    """

    of: NDArray[np.int32]
    cap: NDArray[np.int64]
    lines: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    mask: NDArray[np.int64]
    capacity: NDArray[np.int64]
    target: NDArray[np.int64]


def units(question: Question) -> Units:
    """The units of a question with classes of seats or regions."""
    lines = question.lines
    names = [name for name in lines.names if name != OPEN]
    if len(names) > MOST_GROUPS:
        raise Unsupported(
            "posts",
            "name {names} groups; this engine keeps at most {value} apart",
            names=len(names),
            value=MOST_GROUPS,
        )
    bits = {name: 1 << at for at, name in enumerate(names)}
    mask = np.zeros(len(question.applicants), np.int64)
    for person, groups in question.groups.items():
        mask[person] = sum(bits.get(group, 0) for group in groups)
    reverts = np.full(len(lines.name), -1, np.int64)
    for post, terms in question.terms.items():
        for seats in terms.classes:
            if seats.reverts_to is not None:
                reverts[lines.index[post, seats.name]] = lines.index[post, seats.reverts_to]
    bit = np.array([bits.get(lines.names[name], 0) for name in lines.name.tolist()], np.int64)
    of, cap, target = _regions(question)
    capacity = np.where(_cut_to_target(question), np.minimum(target, question.capacity), question.capacity)
    return Units(of, cap, (lines.start, lines.seats, bit, reverts), mask, capacity, target)


def _regions(question: Question) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The unit of each post, the cap of each unit, the target of each post."""
    at = {region.id: number for number, region in enumerate(question.regions)}
    of = np.empty(len(question.posts), np.int32)
    target = np.zeros(len(question.posts), np.int64)
    cap = [region.cap for region in question.regions]
    for post in range(len(question.posts)):
        terms = question.terms.get(post)
        if terms is not None and terms.region is not None:
            of[post] = at[terms.region]
            target[post] = terms.target or 0
        else:
            of[post] = len(cap)
            cap.append(-1)
    return of, np.array(cap, np.int64), target


def _cut_to_target(question: Question) -> NDArray[np.bool_]:
    rule = {region.id: region.rule for region in question.regions}
    cut = np.zeros(len(question.posts), np.bool_)
    for post, terms in question.terms.items():
        cut[post] = terms.region is not None and rule[terms.region] == "target"
    return cut


def chosen(question: Question) -> Allocation:
    """The stable answer where posts choose by classes of seats, or regions share a cap."""
    from cauce_engine._kernels import choosing  # noqa: PLC0415 - the compiler loads only to solve

    market, unit = ranked(question), units(question)
    held, line = choosing.propose(
        question.choice_start,
        question.choices,
        market.rank,
        market.owner,
        unit.of,
        len(unit.cap),
        unit.lines,
        unit.mask,
        unit.cap,
        unit.capacity,
        unit.target,
    )
    of_wish = unit.of[question.choices[market.wishes]]
    by_unit = market.wishes[np.argsort(of_wish, kind="stable")]
    unit_start = np.zeros(len(unit.cap) + 1, np.int64)
    np.cumsum(np.bincount(of_wish, minlength=len(unit.cap)), out=unit_start[1:])
    opposite = choosing.posts_offer(
        question.choice_start,
        question.choices,
        market.rank,
        market.owner,
        by_unit,
        unit_start,
        unit.of,
        unit.lines,
        unit.mask,
        unit.cap,
        unit.capacity,
        unit.target,
    )
    differing = int(np.count_nonzero(opposite != held))
    post = np.full(len(held), -1, np.int32)
    post[held >= 0] = question.choices[held[held >= 0]]
    waiting = choosing.seats_left(
        held, question.choices, market.rank, market.owner, unit.lines, unit.mask, _limits(unit, post)
    )
    return Allocation(
        question=question,
        post=post,
        line=line,
        last=_last_of_lines(market, held, line, waiting),
        unique=differing == 0,
        dropped=market.dropped,
        extra={} if differing == 0 else {"differ_if_posts_propose": differing},
    )


def _limits(unit: Units, post: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many people each post may take as things stand: in a region without room, no more than it has."""
    holders = np.bincount(post[post >= 0], minlength=len(unit.of))
    total = np.bincount(unit.of, weights=holders, minlength=len(unit.cap)).astype(np.int64)
    full = (unit.cap >= 0) & (total >= unit.cap)
    return np.where(full[unit.of], holders, unit.capacity).astype(np.int64)


def _last_of_lines(
    market: Ranked,
    held: NDArray[np.int64],
    line: NDArray[np.int32],
    waiting: NDArray[np.bool_],
) -> NDArray[np.int32]:
    people = np.flatnonzero(held >= 0)
    order = people[np.argsort(market.rank[held[people]], kind="stable")]
    last = np.full(len(waiting), NO_SEATS, np.int32)
    last[line[order]] = order
    last[waiting] = SEATS_LEFT
    return last
