"""The exact search for couples: first what can be in any stable answer at all, then clauses for the rest.

The bounds hold in every stable answer. A single person gets nothing better than without any couple: seats that
couples hold are seats fewer. They get nothing worse than where every member of a couple asks for each of its
posts at once and posts choose: rivals more. A member cannot hold a post that even without couples is full of
people before them. A couple gets nothing worse than a pair for which fewer people can come before its members
than there are seats. What is left falls apart into components; clauses say of each that nobody objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFLICTS = 20_000
"""Conflicts of the search for a stable answer."""
CELLS = 400_000
"""Cells of all counters of one component, at most."""
FEW_CELLS = 12_000
"""Cells of the whole market, at most, where the fewest objections are proven."""
ROUNDS = 40
"""Rounds of bounds: each uses those before."""
TRUE, FALSE = -1, -2
"""Literals that are settled before any search."""


class Clauses:
    """Clauses over literals ``2 v`` and ``2 v + 1``, with what is settled folded away."""

    def __init__(self) -> None:
        self.variables = 0
        self.clauses: list[list[int]] = []
        self.broken = False

    def new(self) -> int:
        self.variables += 1
        return 2 * (self.variables - 1)

    def say(self, literals: Iterable[int]) -> None:
        """At least one of these is true."""
        kept = [literal for literal in literals if literal != FALSE]
        if TRUE in kept:
            return
        if kept:
            self.clauses.append(list(dict.fromkeys(kept)))
        else:
            self.broken = True

    def either(self, literals: list[int]) -> int:
        """A literal that is true exactly where one of these is."""
        if TRUE in literals:
            return TRUE
        literals = [literal for literal in literals if literal != FALSE]
        if len(literals) < 2:
            return literals[0] if literals else FALSE
        one = self.new()
        self.say([opposite(one), *literals])
        for literal in literals:
            self.say([one, opposite(literal)])
        return one

    def both(self, left: int, right: int) -> int:
        """A literal that is true exactly where both of these are."""
        return opposite(self.either([opposite(left), opposite(right)]))

    def counters(self, literals: list[int], most: int) -> list[list[int]]:
        """``counters[n][k]``: at least k of the first n literals are true, for k up to ``most``."""
        rows = [[TRUE, *[FALSE] * most]]
        for literal in literals:
            before = rows[-1]
            row = [TRUE]
            for k in range(1, most + 1):
                row.append(self.either([before[k], self.both(literal, before[k - 1])]))
            rows.append(row)
        return rows

    def search(self, budget: int) -> tuple[int, list[bool], int]:
        """1 with an assignment, 0 if there is none, -1 if more conflicts than this were met; conflicts used."""
        from cauce_engine._kernels import clauses as loops  # noqa: PLC0415 - the compiler loads when it is needed

        if self.broken:
            return 0, [], 0
        first = np.zeros(len(self.clauses) + 1, np.int64)
        np.cumsum([len(clause) for clause in self.clauses], out=first[1:])
        literals = np.array([literal for clause in self.clauses for literal in clause], np.int64)
        phase = np.zeros(self.variables, np.bool_)
        found, values, conflicts = loops.search(self.variables, first, literals, phase, budget)
        return int(found), values.tolist(), int(conflicts)


def opposite(literal: int) -> int:
    return TRUE + FALSE - literal if literal < 0 else literal ^ 1


@dataclass(slots=True)
class Bounds:
    """What can be in a stable answer: ``possible`` wishes; ``alive`` pairs; ``sure`` wishes: held in every one."""

    possible: NDArray[np.bool_]
    alive: NDArray[np.bool_]
    sure: NDArray[np.bool_]


def everything(market: Any) -> Bounds:
    """No bounds: every wish that both sides make, every pair that the posts list."""
    _, _, rank, *_, pairs, pair_rank, _, _ = market.arrays
    alive = ((pairs < 0) | (pair_rank >= 0)).all(axis=1)
    possible = (rank >= 0) & _single(market)
    return _with_pairs(market, Bounds(possible, alive, np.zeros(len(rank), np.bool_)))


def _single(market: Any) -> NDArray[np.bool_]:
    """By wish: it is that of a single person."""
    single = np.ones(len(market.question.applicants), np.bool_)
    single[market.joint.members] = False
    of_wish: NDArray[np.bool_] = single[market.ranked.owner]
    return of_wish


def _pair_wishes(market: Any) -> NDArray[np.int64]:
    """By pair and member, the member's wish for that post; -1 for no post."""
    start, joint = market.arrays[0], market.joint
    couple = np.repeat(np.arange(len(joint.members)), np.diff(joint.start))
    wishes: NDArray[np.int64] = np.where(joint.at >= 0, start[joint.members[couple]] + joint.at, -1)
    return wishes


def _with_pairs(market: Any, bounds: Bounds) -> Bounds:
    """Members' wishes are possible where a pair that is alive uses them."""
    wishes = _pair_wishes(market)[bounds.alive].ravel()
    bounds.possible[wishes[wishes >= 0]] = True
    return bounds


def bounded(market: Any) -> Bounds:
    """The bounds of every stable answer, each round with those before, until nothing changes."""
    from cauce_engine._kernels import deferred  # noqa: PLC0415 - the compiler loads only to solve

    start, choices, rank, owner, listed, wishes, capacity, *_ = market.arrays
    bounds, single = everything(market), _single(market)
    base, count, hold = market.begun
    last = np.full(len(capacity), 2**31, np.int64)
    full = (count >= capacity) & (capacity > 0)
    last[full] = hold[(base[:-1] + count - 1)[full]] >> 32
    last[capacity == 0] = -1
    number = np.arange(len(rank))
    best = np.where(market.held >= 0, market.held, start[1:])
    bounds.possible &= ~single | (number >= best[owner])
    reachable = bounds.possible & (rank < last[choices]) | single
    pair_wishes = _pair_wishes(market)
    bounds.alive &= ((pair_wishes < 0) | reachable[pair_wishes]).all(axis=1)
    rivals = owner.copy()
    rivals[~single] = len(start) - 1 + np.arange(np.count_nonzero(~single), dtype=np.int32)
    wide = np.zeros(len(start) + int(np.count_nonzero(~single)), np.int64)
    for _ in range(ROUNDS):
        before = int(bounds.alive.sum()) + int(bounds.possible.sum())
        bounds.possible &= single
        _with_pairs(market, bounds)
        asked = np.where(bounds.possible, rank, -1).astype(rank.dtype)
        worst = deferred.posts_propose(wide, rivals, choices, asked, listed, wishes, capacity)
        worst = np.where(worst[: len(start) - 1] >= 0, worst[: len(start) - 1], start[1:])
        bounds.possible &= ~single | (number <= worst[owner])
        bounds.sure = single & bounds.possible & (number == best[owner]) & (number == worst[owner])
        _drop_worse(market, bounds, pair_wishes)
        if int(bounds.alive.sum()) + int(bounds.possible.sum()) == before:
            break
    bounds.possible &= single
    return _with_pairs(market, bounds)


def _drop_worse(market: Any, bounds: Bounds, pair_wishes: NDArray[np.int64]) -> None:
    """Take out every pair below one for which the couple would always have an objection."""
    _, _, _, _, listed, wishes, capacity, members, pair_start, pairs, *_ = market.arrays
    before = np.concatenate([[0], np.cumsum(bounds.possible[wishes])])
    ahead = np.zeros(len(bounds.possible), np.int64)
    ahead[wishes] = before[:-1] - np.repeat(before[listed[:-1]], np.diff(listed))
    room = np.where(pairs >= 0, capacity[pairs] - 2 >= ahead[pair_wishes], True)
    sure = bounds.alive & room.all(axis=1)
    couple = np.repeat(np.arange(len(members)), np.diff(pair_start))
    number = np.arange(len(pairs))
    first = np.full(len(members), len(pairs))
    np.minimum.at(first, couple[sure], number[sure])
    bounds.alive &= number <= first[couple]


@dataclass(slots=True)
class Model:
    """Clauses for the posts of one component, and what each variable says."""

    market: Any
    bounds: Bounds
    posts: list[int]
    relaxed: bool = False
    clauses: Clauses = field(default_factory=Clauses)
    relaxations: list[int] = field(default_factory=list)
    holds: dict[int, int] = field(default_factory=dict)
    pair_holds: dict[int, int] = field(default_factory=dict)
    upto: dict[int, int] = field(default_factory=dict)
    ahead: dict[int, int] = field(default_factory=dict)
    counters: dict[int, list[list[int]]] = field(default_factory=dict)

    def build(self) -> Model:
        """Who may hold what, how many, and that nobody objects."""
        _, choices, _, owner, listed, wishes, capacity, members, pair_start, *_ = self.market.arrays
        single = _single(self.market)
        local = {
            post: [w for w in wishes[listed[post] : listed[post + 1]].tolist() if self.bounds.possible[w]]
            for post in self.posts
        }
        mine = sorted(w for entries in local.values() for w in entries if single[w])
        self._lists(mine)
        couples = sorted(
            {int(self.couple_of[owner[w]]) for es in local.values() for w in es if not single[w]}
        )
        for couple in couples:
            self._pairs(couple)
        for post, entries in local.items():
            seats = int(capacity[post])
            most = min(seats + 1, len(entries))
            self.counters[post] = self.clauses.counters([self.holds[w] for w in entries], most)
            self.ahead.update({w: at for at, w in enumerate(entries)})
            self.clauses.say([opposite(self.at_least(post, len(entries), seats + 1))])
        for wish in mine:
            post = int(choices[wish])
            self._unless([self.upto[wish], self.at_least(post, self.ahead[wish], int(capacity[post]))])
        for couple in couples:
            alive = [
                k for k in range(int(pair_start[couple]), int(pair_start[couple + 1])) if self.bounds.alive[k]
            ]
            for k in alive:
                self._nobody_objects(k, members[couple].tolist())
        return self

    @property
    def couple_of(self) -> NDArray[np.int64]:
        of = np.full(len(self.market.question.applicants), -1, np.int64)
        of[self.market.joint.members] = np.arange(len(self.market.joint.members))[:, None]
        return of

    def at_least(self, post: int, first: int, seats: int) -> int:
        """At least so many of the first people at a post hold it."""
        if seats <= 0:
            return TRUE
        row = self.counters[post][first]
        return row[seats] if seats < len(row) else FALSE

    def _lists(self, wishes: list[int]) -> None:
        """Single people hold one of their wishes or none: ``upto`` says "this one or a better one"."""
        owner, last = self.market.ranked.owner, -1
        best = FALSE
        for wish in wishes:
            if owner[wish] != last:
                last, best = owner[wish], FALSE
            if self.bounds.sure[wish]:
                self.upto[wish] = self.holds[wish] = TRUE
                continue
            upto = self.clauses.new()
            self.clauses.say([opposite(best), upto])
            self.upto[wish], self.holds[wish] = upto, self.clauses.both(upto, opposite(best))
            best = upto

    def _pairs(self, couple: int) -> None:
        """The same for the pairs of a couple; a member holds a post where one of the pairs gives it."""
        start, end = self.market.joint.start[couple : couple + 2].tolist()
        mine = _pair_wishes_of(self.market, couple)
        given: dict[int, list[int]] = {}
        best = FALSE
        for k in range(start, end):
            if not self.bounds.alive[k]:
                continue
            upto = self.clauses.new()
            self.clauses.say([opposite(best), upto])
            taken = self.clauses.both(upto, opposite(best))
            self.pair_holds[k], best = taken, upto
            for wish in mine[k - start]:
                if wish >= 0:
                    given.setdefault(wish, []).append(taken)
            self.upto[-1 - k] = upto
        for wish, pairs in given.items():
            self.holds[wish] = self.clauses.either(pairs)

    def _unless(self, literals: list[int]) -> None:
        """One of these, or (where objections are counted) one objection."""
        if self.relaxed:
            self.relaxations.append(self.clauses.new())
            literals = [*literals, self.relaxations[-1]]
        self.clauses.say(literals)

    def _refuses(self, wish: int, partner: int) -> int:
        """A post refuses a member: it is full of people before them, the partner's seat not counted."""
        choices, capacity = self.market.arrays[1], self.market.arrays[6]
        post, clauses = int(choices[wish]), self.clauses
        seats, at = int(capacity[post]), self.ahead[wish]
        full = self.at_least(post, at, seats)
        if partner < 0 or self.ahead.get(partner, -1) < at:
            return full
        but_one = clauses.both(self.at_least(post, at, seats - 1), self.holds[partner])
        return clauses.either([full, but_one])

    def _nobody_objects(self, k: int, members: list[int]) -> None:
        """The couple has this pair or a better one, or it has no objection for it."""
        pairs, capacity, market = self.market.arrays[9], self.market.arrays[6], self.market
        couple = int(np.searchsorted(market.joint.start, k, side="right")) - 1
        one, other = _pair_wishes_of(market, couple)[k - int(market.joint.start[couple])]
        p, q = pairs[k].tolist()
        upto = self.upto[-1 - k]
        if p != q or p < 0:
            theirs = [
                self._refuses(wish, self._wish_at(partner, post)) if wish >= 0 else FALSE
                for wish, partner, post in ((one, members[1], p), (other, members[0], q))
            ]
            held = [TRUE if wish < 0 else self.holds[wish] for wish in (one, other)]
            # A member who already holds its post is not refused there, whatever the counters say.
            blocked = [
                self.clauses.both(refused, opposite(mine)) for refused, mine in zip(theirs, held, strict=True)
            ]
            self._unless([upto, *blocked])
            return
        early, late = sorted((one, other), key=self.ahead.__getitem__)
        seats = int(capacity[p])
        if not market.loose:
            few = self.clauses.both(
                self.at_least(p, self.ahead[late], seats - 1),
                self.clauses.either([opposite(self.holds[early]), self.at_least(p, self.ahead[late], seats)]),
            )
            self._unless([upto, few])
            return
        neither = [opposite(self.holds[one]), opposite(self.holds[other])]
        apart = self.clauses.either(
            [self.at_least(p, self.ahead[early], seats - 1), self.at_least(p, self.ahead[late], seats)]
        )
        ways = [self.clauses.both(self.clauses.both(*neither), apart)]
        for mine, partner in ((one, other), (other, one)):
            ways.append(self.clauses.both(self.holds[partner], self._refuses(mine, partner)))
        self._unless([upto, *ways])

    def _wish_at(self, person: int, post: int) -> int:
        """The wish of a member for a post if it can be held, else -1."""
        start, choices = self.market.arrays[:2]
        for wish in range(int(start[person]), int(start[person + 1])):
            if choices[wish] == post and self.bounds.possible[wish]:
                return wish
        return -1

    def read(self, values: list[bool], post: NDArray[np.int32]) -> None:
        """Put the places that the assignment gives into ``post``."""
        owner, choices = self.market.ranked.owner, self.market.arrays[1]
        for wish, literal in self.holds.items():
            if literal == TRUE or (literal >= 0 and values[literal >> 1] == (literal & 1 == 0)):
                post[owner[wish]] = choices[wish]


def _pair_wishes_of(market: Any, couple: int) -> list[list[int]]:
    """The wishes of each pair of one couple; -1 for no post."""
    start, joint = market.arrays[0], market.joint
    rows = slice(int(joint.start[couple]), int(joint.start[couple + 1]))
    at = joint.at[rows]
    wishes: list[list[int]] = np.where(at >= 0, start[joint.members[couple]] + at, -1).tolist()
    return wishes


class Exact:
    """The search over the components in which quick sequences found no end."""

    def __init__(self, market: Any) -> None:
        self.market = market
        self.impossible = False
        self.conflicts = 0
        self.at_least = 0
        self.size: dict[str, int] = {}

    def solve(self) -> NDArray[np.int32] | None:
        """A stable answer, or None: then none exists if ``impossible``."""
        bounds = bounded(self.market)
        post = np.full(len(self.market.question.applicants), -1, np.int32)
        for component in _components(self.market, bounds):
            if _cells(self.market, bounds, component) > CELLS:
                return None
            model = Model(self.market, bounds, component).build()
            found, values, conflicts = model.clauses.search(CONFLICTS)
            self.conflicts += conflicts
            if found == 0:
                self.impossible, self.at_least = True, 1
                self.size = {
                    "posts": len(component),
                    "couples": len({int(model.couple_of[i]) for i in self._people(model)} - {-1}),
                    "people": len(self._people(model)),
                    "clauses": len(model.clauses.clauses),
                    "conflicts": conflicts,
                }
            if found != 1:
                return None
            model.read(values, post)
        return post

    def _people(self, model: Model) -> set[int]:
        return {int(self.market.ranked.owner[wish]) for wish in model.holds}

    def proof(self) -> dict[str, Any]:
        return {
            "method": "what can be in a stable answer was bounded from both sides; that nobody objects was "
            "written as clauses for one connected part of it, and no assignment makes all of them true",
            "part": self.size,
        }

    def fewest(self, most: int) -> NDArray[np.int32] | None:
        """An answer with fewer objections than ``most``, if one was found; `at_least` rises with each proof."""
        if not self.impossible:
            return None
        whole = everything(self.market)
        posts = sorted({int(p) for p in self.market.arrays[1][whole.possible].tolist()})
        if _cells(self.market, whole, posts) > FEW_CELLS:
            return None
        for allowed in range(1, most):
            model = Model(self.market, whole, posts, relaxed=True).build()
            counted = model.clauses.counters(model.relaxations, min(allowed + 1, len(model.relaxations)))
            if allowed + 1 < len(counted[-1]):
                model.clauses.say([opposite(counted[-1][allowed + 1])])
            found, values, conflicts = model.clauses.search(CONFLICTS)
            self.conflicts += conflicts
            if found == 1:
                post = np.full(len(self.market.question.applicants), -1, np.int32)
                model.read(values, post)
                self.at_least = allowed
                return post
            if found < 0:
                return None
            self.at_least = allowed + 1
        return None


def _cells(market: Any, bounds: Bounds, posts: list[int]) -> int:
    listed, wishes, capacity = market.arrays[4], market.arrays[5], market.arrays[6]
    mask = np.concatenate([[0], np.cumsum(bounds.possible[wishes])])
    asking = mask[listed[1:]] - mask[listed[:-1]]
    return int((asking * np.minimum(capacity + 1, asking))[posts].sum())


def _components(market: Any, bounds: Bounds) -> list[list[int]]:
    """The posts that hang together through somebody who may hold one or the other, in order."""
    _, choices, _, owner, _, _, _, members, *_ = market.arrays
    whose = owner.astype(np.int64)
    of = np.full(len(market.question.applicants), -1, np.int64)
    of[members] = np.arange(len(members))[:, None] + len(of)
    whose = np.where(of[whose] >= 0, of[whose], whose)
    used = bounds.possible
    parent = list(range(len(market.question.posts)))

    def root(post: int) -> int:
        while parent[post] != post:
            parent[post] = parent[parent[post]]
            post = parent[post]
        return post

    first: dict[int, int] = {}
    for who, post in zip(whose[used].tolist(), choices[used].tolist(), strict=True):
        other = first.setdefault(who, post)
        left, right = root(other), root(post)
        parent[max(left, right)] = min(left, right)
    parts: dict[int, list[int]] = {}
    for post in sorted(set(choices[used].tolist())):
        parts.setdefault(root(post), []).append(post)
    return list(parts.values())
