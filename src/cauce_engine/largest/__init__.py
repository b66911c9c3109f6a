"""Ties settled so that as many people as possible are placed: a largest weakly stable answer of a small market.

Weakly stable: nobody is refused a post with a free seat, or one that took somebody it ranks strictly behind
them; a tie is no injustice. Finding a largest such answer is NP-hard, so the market is reduced first, then
searched with many settlements of its ties, and HiGHS decides only what is left between the size found and the
size that a plain matching allows. Everything counts steps and is the same on every machine but the answers
that HiGHS itself finds, which name its version.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cauce_engine.faults import Unsupported, quoted
from cauce_engine.order import merit_key
from cauce_engine.problems import Question
from cauce_engine.results import Allocation
from cauce_engine.twosided import ranked

MOST_WISHES = 100_000
MOST_DECIDED = 6_000
STARTS = 40
NODES = 5_000

Lists = dict[int, list[int]]
Levels = dict[int, dict[int, int]]
Places = dict[int, int]


@dataclass(frozen=True, slots=True)
class Market:
    """People's lists of posts, best first, and each post's level of each of them: lower is better, equal tied."""

    lists: Lists
    level: Levels
    seats: Mapping[int, int]


def largest(question: Question) -> Allocation:
    """The answer with most people placed among those in which a tie is no injustice.

    Status "not-found" when the budget ended before the size was proven.
    """
    refuse_other_kinds(question)
    whole = market_of(question)
    reduce(whole)
    places: Places = {}
    bound, searched_on = 0, False
    for part in components(whole):
        limit = matching(part)
        found = searched(part, limit)
        if len(found) < limit:
            decided = _decided(part, found, limit)
            if decided is None:
                return _not_found(question, whole)
            searched_on = searched_on or decided is not found
            found = decided
        places |= found
        bound += limit
    post = np.full(len(question.applicants), -1, np.int32)
    for person, held in places.items():
        post[person] = held
    extra: dict[str, Any] = {"ties": "maximum", "size": len(places)}
    extra["size_proof"] = "matching" if len(places) == bound else f"HiGHS {_version()}"
    if searched_on:
        extra["found_with"] = f"HiGHS {_version()}"
    return Allocation(
        question=question,
        post=post,
        line=post,
        last=None,
        dropped=ranked(question).dropped,
        extra=extra,
    )


def refuse_other_kinds(question: Question) -> None:
    """Raise `Unsupported` where ties are not settled for size; said of a question with "maximum" alone."""
    place = "options.ties"
    if question.mechanism == "live" or question.couples or not question.simple:
        problem = '"maximum" is answered by serial and stable alone, without couples, classes or regions'
        raise Unsupported(place, problem)
    if question.shares or any(terms.shares for terms in question.terms.values()):
        raise Unsupported(place, '"maximum" and shares settle the same ties in two ways; choose one')
    for post, terms in question.terms.items():
        if terms.minimum:
            named = f"posts[{quoted(question.posts[post])}].minimum"
            problem = 'cannot be judged with ties "maximum": weakly stable answers fill posts differently'
            raise Unsupported(named, problem)
    if len(question.choices) > MOST_WISHES:
        problem = '"maximum" is for small markets, up to {most} wishes; this question has {wishes}'
        raise Unsupported(place, problem, most=MOST_WISHES, wishes=len(question.choices))


def _not_found(question: Question, whole: Market) -> Allocation:
    """Nobody is placed; what is known of the size counts no step of HiGHS, so it is the same everywhere."""
    nobody = np.full(len(question.applicants), -1, np.int32)
    found = sum(len(searched(part, matching(part))) for part in components(whole))
    extra = {"ties": "maximum", "largest_found": found, "no_more_than": matching(whole)}
    return Allocation(
        question=question,
        post=nobody,
        line=nobody,
        last=None,
        status="not-found",
        dropped=ranked(question).dropped,
        extra=extra,
    )


def market_of(question: Question) -> Market:
    """The wishes that both sides make, with the posts' levels before any lottery."""
    orders = question.orders
    level: Levels = {}
    for post in range(len(question.posts)):
        if orders is None or not orders.given[post]:
            continue
        rows = slice(int(orders.start[post]), int(orders.start[post + 1]))
        level[post] = dict(zip(orders.applicant[rows].tolist(), orders.level[rows].tolist(), strict=True))
    lists: Lists = {}
    mutual: Levels = {post: {} for post in range(len(question.posts))}
    bounds, choices, merit = (
        question.choice_start.tolist(),
        question.choices.tolist(),
        merit_key(question).tolist(),
    )
    for person in range(len(question.applicants)):
        lists[person] = []
        for post in choices[bounds[person] : bounds[person + 1]]:
            mine = level[post].get(person) if post in level else merit[person]
            if mine is not None:
                lists[person].append(post)
                mutual[post][person] = mine
    return Market(lists, mutual, dict(enumerate(question.capacity.tolist())))


def reduce(market: Market) -> None:
    """Strike wishes that no weakly stable answer can grant, in place.

    Whoever is sure of a post (so few stand level or ahead that the seats reach them) never gets less; and
    where enough people have a post first on what is left of their lists, nobody behind them all gets it.
    """
    dirty = set(market.level)
    while dirty:
        post = min(dirty)
        dirty.discard(post)
        mine, seats = market.level[post], market.seats[post]
        standing = sorted(mine.values())
        for person in [p for p, level in mine.items() if bisect_right(standing, level) <= seats]:
            wishes = market.lists[person]
            worse = wishes[wishes.index(post) + 1 :]
            del wishes[wishes.index(post) + 1 :]
            for other in worse:
                del market.level[other][person]
                dirty.add(other)
        keen = sorted(level for person, level in mine.items() if market.lists[person][0] == post)
        if len(keen) < seats:
            continue
        line = keen[seats - 1] if seats else -1
        for person in [p for p, level in mine.items() if level > line]:
            del mine[person]
            market.lists[person].remove(post)
            dirty.add(post)
            if market.lists[person]:
                dirty.add(market.lists[person][0])


def components(market: Market) -> Iterable[Market]:
    """The parts of a market that no wish connects, those with nobody in them left out."""
    seen: set[int] = set()
    for first, wishes in market.lists.items():
        if first in seen or not wishes:
            continue
        people, posts, reached = {first}, set(), [first]
        while reached:
            for post in market.lists[reached.pop()]:
                if post not in posts:
                    posts.add(post)
                    reached += market.level[post].keys() - people
                    people |= market.level[post].keys()
        seen |= people
        yield Market(
            {person: market.lists[person] for person in sorted(people)},
            {post: market.level[post] for post in sorted(posts)},
            market.seats,
        )


def matching(market: Market) -> int:
    """How many people a matching can place that heeds lists and seats alone: no answer places more."""
    holders: dict[int, set[int]] = {post: set() for post in market.level}
    return sum(_augmented(market, holders, person) for person in market.lists)


def _augmented(market: Market, holders: dict[int, set[int]], person: int) -> bool:
    """Place one person more by letting others move along, if that can be done."""
    came: dict[int, int] = {}
    held = {p: post for post, people in holders.items() for p in people}
    reached = deque([person])
    while reached:
        mover = reached.popleft()
        for post in market.lists[mover]:
            if post in came:
                continue
            came[post] = mover
            if len(holders[post]) < market.seats[post]:
                target: int | None = post
                while target is not None:
                    mover = came[target]
                    holders[target].add(mover)
                    before = held.get(mover)
                    if before is not None:
                        holders[before].discard(mover)
                    target = before
                return True
            reached += holders[post]
    return False


def searched(market: Market, enough: int) -> Places:
    """The largest of many weakly stable answers: ties settled in many ways, then improved path by path."""
    best: Places = {}
    for start in range(STARTS):
        weight = {person: _mixed(start, person) for person in market.lists}
        places = settled_by(market, weight)
        places = _improved(market, places, sorted(market.lists, key=weight.__getitem__))
        if len(places) > len(best) or not start:
            best = places
        if len(best) >= enough:
            break
    return best


def _mixed(start: int, person: int) -> int:
    """A number that looks random and is the same everywhere."""
    word = (start * 0x9E3779B97F4A7C15 + person * 0xBF58476D1CE4E5B9 + 1) & (2**64 - 1)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = ((word ^ (word >> shift)) * factor) & (2**64 - 1)
    return word ^ (word >> 31)


def settled_by(market: Market, weight: Mapping[int, int]) -> Places:
    """Deferred acceptance with ties settled by weight, heavier last."""
    following = dict.fromkeys(market.lists, 0)
    holders: dict[int, list[int]] = {post: [] for post in market.level}
    places: Places = {}
    waiting = list(market.lists)
    while waiting:
        person = waiting.pop()
        wishes = market.lists[person]
        if following[person] == len(wishes):
            continue
        post = wishes[following[person]]
        following[person] += 1
        holders[post].append(person)
        places[person] = post
        if len(holders[post]) > market.seats[post]:
            level = market.level[post]
            out = max(holders[post], key=lambda p: (level[p], weight[p], p))
            holders[post].remove(out)
            del places[out]
            waiting.append(out)
    return places


def _improved(market: Market, places: Places, order: list[int]) -> Places:
    """Place one more person by a chain of moves between tied people, as long as one is found."""
    moved = True
    while moved:
        moved = False
        for person in order:
            if market.lists[person] and person not in places:
                longer = _chain(market, places, person)
                if longer is not None:
                    places, moved = longer, True
    return places


def _chain(market: Market, places: Places, person: int) -> Places | None:
    holders = holders_of(market, places)
    came: dict[int, tuple[int, int]] = {}
    reached = deque([person])
    while reached:
        mover = reached.popleft()
        for post in market.lists[mover]:
            level = market.level[post]
            if places.get(mover) == post:
                continue
            if len(holders[post]) < market.seats[post]:
                moved = dict(places)
                while mover != person:
                    moved[mover] = post
                    mover, post = came[mover]
                moved[mover] = post
                if weakly_stable(market, moved):
                    return moved
                break
            worst = max(map(level.__getitem__, holders[post]), default=-1)
            if level[mover] <= worst:
                for other in holders[post]:
                    if level[other] == worst and other != person and other not in came:
                        came[other] = (mover, post)
                        reached.append(other)
            if level[mover] < worst:
                break
    return None


def holders_of(market: Market, places: Places) -> dict[int, list[int]]:
    holders: dict[int, list[int]] = {post: [] for post in market.level}
    for person in sorted(places):
        holders[places[person]].append(person)
    return holders


def weakly_stable(market: Market, places: Places) -> bool:
    """Whether nobody is refused a free seat, or a post that took somebody strictly behind them."""
    holders = holders_of(market, places)
    worst = {}
    for post, people in holders.items():
        if len(people) > market.seats[post]:
            return False
        full = len(people) == market.seats[post]
        worst[post] = max(map(market.level[post].__getitem__, people), default=-1) if full else 2**62
    for person, wishes in market.lists.items():
        for post in wishes:
            if places.get(person) == post:
                break
            if worst[post] > market.level[post][person]:
                return False
    return True


def _decided(market: Market, found: Places, limit: int) -> Places | None:
    """A largest answer, proven by HiGHS; None when the budget ends first."""
    if sum(map(len, market.lists.values())) > MOST_DECIDED:
        return None
    from cauce_engine.largest.integer_search import weakly_stable_with  # noqa: PLC0415 - HiGHS loads only when needed

    while len(found) < limit:
        proven, larger = weakly_stable_with(market, len(found) + 1, nodes=NODES)
        if not proven:
            return None
        if larger is None:
            return found
        found = larger
    return found


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - asked for by answers that needed it alone

    return version("highspy")
