"""Certifying posts with classes of seats and regions with caps, sharing nothing with the solver.

A post with classes, or a region, is asked the same question again: of all who hold a place there and all who
would rather, whom would you take, and into which seats? Anything but the published answer is an injustice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.problems import PostTerms, Question
from cauce_engine.results import SEATS_LEFT, Allocation

Witness = Mapping[str, Any] | None
EVERYBODY = 2**31


def choices_that_fail(
    question: Question, answer: Allocation, person_rank: NDArray[Any], wish_rank: NDArray[Any], common: bool
) -> dict[str, Witness]:
    """Check A1 to A6 and A8 of a question with classes or regions; None where a property holds."""
    market = _Market(question, person_rank, wish_rank, common)
    held = _Held(market, answer)
    found: dict[str, Witness] = dict.fromkeys(("A1", "A2", "A3", "A4", "A5", "A6", "A8"))
    found["A1"] = _overfull(market, held)
    found["A2"] = _unlisted(market, held)
    if found["A1"] is None and found["A2"] is None:
        found.update(_unjust(market, held))
    broken = next((name for name in ("A1", "A2", "A3", "A4", "A5") if found[name] is not None), None)
    found["A6"] = {"because": broken} if broken else _improvable(market, answer, held)
    found["A8"] = {"because": broken} if broken else _misled(market, answer, held)
    return found


class _Market:
    """The question as the loops read it: what they are told of posts, units and groups is described there."""

    def __init__(self, question: Question, person: NDArray[Any], wish: NDArray[Any], common: bool) -> None:
        self.question = question
        size = np.diff(question.choice_start)
        self.owner = np.repeat(np.arange(len(size), dtype=np.int32), size)
        self.rank = person[self.owner] if common else wish
        bare = PostTerms()
        self.terms = [question.terms.get(post, bare) for post in range(len(question.posts))]
        self.region = {region.id: region for region in question.regions}
        self.target = np.array([terms.target or 0 for terms in self.terms], np.int64)
        self.limit = np.array(list(map(self._limit, range(len(self.terms)))), np.int64)

    def _limit(self, post: int) -> int:
        """The seats of a post, cut to its target where its region says so."""
        terms, capacity = self.terms[post], int(self.question.capacity[post])
        if terms.region is not None and self.region[terms.region].rule == "target":
            return min(capacity, terms.target or 0)
        return capacity

    @cached_property
    def lines(self) -> tuple[NDArray[Any], ...]:
        lines = self.question.lines
        turns = np.full(len(lines.name), -1, np.int64)
        for post, terms in self.question.terms.items():
            for seats in terms.classes:
                if seats.reverts_to is not None:
                    turns[lines.index[post, seats.name]] = lines.index[post, seats.reverts_to]
        return lines.start, lines.name, lines.seats, turns

    @cached_property
    def member(self) -> NDArray[np.bool_]:
        """By name of a class and person, whether they may hold its seats; one row more for a class without name."""
        names = self.question.lines.names
        member = np.zeros((len(names) + 1, len(self.question.applicants)), np.bool_)
        row = {name: at for at, name in enumerate(names)}
        for person, groups in self.question.groups.items():
            for group in groups:
                if group in row:
                    member[row[group], person] = True
        if "open" in row:
            member[row["open"]] = True
        return member

    @cached_property
    def names(self) -> list[int | str]:
        """What chooses, by unit: a post (its index) or a region (its identifier)."""
        alone = [post for post, terms in enumerate(self.terms) if terms.region is None]
        return [*self.region, *alone]

    @cached_property
    def units(self) -> tuple[NDArray[Any], ...]:
        at = {name: unit for unit, name in enumerate(self.names)}
        regions = [terms.region for terms in self.terms]
        of = np.array([at[post if name is None else name] for post, name in enumerate(regions)], np.int64)
        cap = np.full(len(self.names), -1, np.int64)
        cap[: len(self.region)] = [region.cap for region in self.region.values()]
        start = np.zeros(len(cap) + 1, np.int64)
        np.cumsum(np.bincount(of, minlength=len(cap)), out=start[1:])
        return of, start, np.argsort(of, kind="stable"), cap

    @cached_property
    def by_post(self) -> NDArray[np.int64]:
        """The wishes that posts return, by post, then rank."""
        wishes = np.flatnonzero(self.rank >= 0)
        post, rank = self.question.choices[wishes].astype(np.int64), self.rank[wishes]
        wide, high = len(self.rank).bit_length(), int(rank.max(initial=0)).bit_length()
        if len(self.terms).bit_length() + high + wide < 64:
            # Post, rank and wish in one number: numbers are sorted many times faster than indices.
            key = (post << high | rank) << wide | wishes
            key.sort()
            return key & ((1 << wide) - 1)
        return wishes[np.lexsort((rank, post))]

    def pools(self, chosen: NDArray[np.bool_] | None = None) -> tuple[NDArray[np.int64], ...]:
        """Wishes by post, then rank, where each post begins and how many it has; of all wishes or of some."""
        pool = self.by_post.copy() if chosen is None else self.by_post[chosen[self.by_post]]
        many = np.bincount(self.question.choices[pool], minlength=len(self.terms))
        return pool, np.cumsum(many) - many, many

    @property
    def rules(self) -> tuple[Any, ...]:
        return self.lines, self.member, self.units, self.limit, self.target

    def named(self, person: int, post: int | None) -> dict[str, Any]:
        question = self.question
        return {
            "applicant": question.applicants[person],
            "post": None if post is None or post < 0 else question.posts[post],
        }


class _Held:
    """What the answer gives each person: ``post``, ``name`` of its class (as a row of `_Market.member`), ``wish``."""

    def __init__(self, market: _Market, answer: Allocation) -> None:
        question, lines = market.question, market.question.lines
        self.post = answer.post
        self.name = np.where(answer.line >= 0, lines.name[answer.line], len(lines.names))
        self.wish = np.full(len(self.post), -1, np.int64)
        mine = np.flatnonzero((question.choices == self.post[market.owner]) & (market.rank >= 0))
        self.wish[market.owner[mine]] = mine

    def class_of(self, market: _Market, person: int) -> str:
        return (*market.question.lines.names, "")[self.name[person]]


def _overfull(market: _Market, held: _Held) -> Witness:
    of, _, _, cap = market.units
    count = np.bincount(held.post[held.post >= 0], minlength=len(of))
    total = np.bincount(of, weights=count, minlength=len(cap)).astype(np.int64)
    # The sequence in which witnesses have always been looked for: as these pairs are written.
    over: dict[str, dict[str, Any]] = {}
    for post in np.flatnonzero(count > market.limit).tolist():
        holders, name, seats = int(count[post]), market.question.posts[post], int(market.limit[post])
        over[str((post, holders))] = {"post": name, "holders": holders, "seats": seats}
    for unit in np.flatnonzero((cap >= 0) & (total > cap)).tolist():
        holders, region = int(total[unit]), market.names[unit]
        over[str((region, holders))] = {"region": region, "holders": holders, "cap": int(cap[unit])}
    return over[min(over)] if over else None


def _unlisted(market: _Market, held: _Held) -> Witness:
    placed = held.post >= 0
    strange = placed & (held.wish < 0)
    outside = placed & ~market.member[held.name, np.arange(len(placed))]
    people = np.flatnonzero(strange | outside)
    if not len(people):
        return None
    person = int(people[0])
    more = {} if strange[person] else {"class": held.class_of(market, person)}
    return market.named(person, int(held.post[person])) | more


def _unjust(market: _Market, held: _Held) -> dict[str, Witness]:
    """Ask every unit again, with all who hold a place there and all who would rather."""
    from cauce_engine.certify import choices_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

    question, owner = market.question, market.owner
    upto = np.where(held.wish >= 0, held.wish, question.choice_start[1:])
    asking = np.arange(len(owner)) <= upto[owner]
    pool, begin, many = market.pools(asking)
    sequence, share, line = loops.asked(pool, begin, many, owner, *market.rules)
    given = np.arange(len(pool)) - np.repeat(begin, many) < np.repeat(share, many)
    offers = sequence[given]
    names, units = market.lines[1], market.units[0]
    people = owner[offers]
    wrong = (held.wish[people] != offers) | (held.name[people] != names[line[offers]])
    found: dict[str, Witness] = {}
    told = [(str(market.names[units[question.choices[w]]]), int(question.choices[w]), int(owner[w]), int(w))
            for w in offers[wrong].tolist()]  # fmt: skip
    for _, post, person, wish in sorted(told):
        witness = market.named(person, post)
        if held.wish[person] == wish:
            name = question.lines.names[names[line[wish]]]
            found.setdefault("A5", witness | {"class": held.class_of(market, person), "should_be": name})
            continue
        holders = np.flatnonzero(held.post == post)
        behind = holders[market.rank[held.wish[holders]] > market.rank[wish]]
        more = {"behind": question.applicants[behind[-1]]} if len(behind) else {}
        found.setdefault("A3" if len(behind) else "A4", witness | more)
    return found


def _improvable(market: _Market, answer: Allocation, held: _Held) -> Witness:
    """Find the answer that is best for applicants, and whether the opposite side would give the same."""
    from cauce_engine.certify import choices_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

    question, owner = market.question, market.owner
    pool, begin, many = market.pools()
    best, line = loops.proposed(
        question.choice_start, question.choices, market.rank, begin, owner, *market.rules
    )
    placed, name = best >= 0, np.full(len(best), -1)
    name[placed] = market.lines[1][line[best[placed]]]
    mine = np.where(held.wish >= 0, held.name, -1)
    differing = np.flatnonzero((best != held.wish) | (name != mine))
    if len(differing):
        person = int(differing[0])
        post = int(question.choices[best[person]]) if best[person] >= 0 else None
        return market.named(person, post) | {"because": "a better answer exists"}
    if answer.unique is None:
        return None
    opposite = loops.offered(
        len(held.post), question.choices, pool, begin, many, owner, *market.rules
    )  # fmt: skip
    count = int(np.count_nonzero(opposite != held.wish))
    return None if answer.unique == (count == 0) else {"unique": answer.unique, "differing": count}


def _misled(market: _Market, answer: Allocation, held: _Held) -> Witness:
    """Follow the published lines for everybody, after checking that each names someone who sits in it."""
    from cauce_engine.certify import choices_loops as loops  # noqa: PLC0415 - the compiler loads when it is needed

    if answer.last is None:
        return {"cutoffs": "missing"}
    question, lines, last = market.question, market.question.lines, answer.last
    named = np.flatnonzero(last >= 0)
    sits = (held.post[last[named]] == lines.post[named]) & (held.name[last[named]] == lines.name[named])
    if not sits.all():
        line = int(named[~sits][0])
        witness = market.named(int(last[line]), int(lines.post[line]))
        return witness | {"class": lines.names[lines.name[line]]}
    reach = np.where(last == SEATS_LEFT, EVERYBODY, -1)
    reach[named] = market.rank[held.wish[last[named]]]
    person = int(
        loops.misled(
            question.choice_start, question.choices, market.rank, held.wish, lines.start, lines.name,
            market.member, reach,
        )
    )  # fmt: skip
    return None if person < 0 else market.named(person, int(held.post[person]))
