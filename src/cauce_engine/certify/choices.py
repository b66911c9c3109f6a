"""Certifying posts with classes of seats and regions with caps: plain Python, on lists, sharing nothing.

A post with classes, or a region, is asked the same question again: of all who hold a place there and all who
would rather, whom would you take, and into which seats? Anything but the published answer is an injustice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from cauce_engine.problems import PostTerms, Question
from cauce_engine.results import NO_SEATS, SEATS_LEFT, Allocation

Witness = Mapping[str, Any] | None
MOST = 2**31
Seat = tuple[int, str]
"""A post and the class of a seat of it."""


def choices_that_fail(
    question: Question, answer: Allocation, person_rank: NDArray[Any], wish_rank: NDArray[Any], common: bool
) -> dict[str, Witness]:
    """Check A1 to A6 and A8 of a question with classes or regions; None where a property holds."""
    market = _Market(question, person_rank, wish_rank, common)
    held: list[Seat | None] = [None] * len(question.applicants)
    lines = question.lines
    for person, line in enumerate(answer.line.tolist()):
        if answer.post[person] >= 0:
            name = lines.names[lines.name[line]] if line >= 0 else ""
            held[person] = (int(answer.post[person]), name)
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
    """The question as lists: wishes of each person as (post, rank there), without those that posts drop."""

    def __init__(self, question: Question, person: NDArray[Any], wish: NDArray[Any], common: bool) -> None:
        self.question = question
        bounds, choices = question.choice_start.tolist(), question.choices.tolist()
        ranks = wish.tolist() if not common else []
        alone = person.tolist()
        self.wishes: list[dict[int, int]] = []
        for i in range(len(question.applicants)):
            row = range(bounds[i], bounds[i + 1])
            listed = {choices[w]: alone[i] if common else ranks[w] for w in row}
            self.wishes.append({post: rank for post, rank in listed.items() if rank >= 0})
        bare = PostTerms()
        self.terms = [question.terms.get(post, bare) for post in range(len(question.posts))]
        lines = question.lines
        reverts = [{c.name: c.reverts_to for c in terms.classes} for terms in self.terms]
        self.classes: list[list[tuple[str, int, str | None]]] = [[] for _ in question.posts]
        for post, number, seats in zip(
            lines.post.tolist(), lines.name.tolist(), lines.seats.tolist(), strict=True
        ):
            name = lines.names[number]
            self.classes[post].append((name, seats, reverts[post].get(name)))
        self.seats: list[int] = question.capacity.tolist()
        self.region = {region.id: region for region in question.regions}
        self.posts_of: dict[str, list[int]] = {}
        for post, terms in enumerate(self.terms):
            if terms.region is not None:
                self.posts_of.setdefault(terms.region, []).append(post)

    def unit(self, post: int) -> int | str:
        """What chooses for this post: itself or its region."""
        region = self.terms[post].region
        return post if region is None else region

    def limit(self, post: int) -> int:
        """The seats of a post, cut to its target where its region says so."""
        terms = self.terms[post]
        capacity = self.seats[post]
        if terms.region is not None and self.region[terms.region].rule == "target":
            return min(capacity, terms.target or 0)
        return capacity

    def may_take(self, person: int, name: str) -> bool:
        return name == "open" or name in self.question.groups.get(person, ())

    def choose(self, unit: int | str, pool: Mapping[int, list[int]]) -> dict[int, Seat]:
        """Whom the unit takes from a pool (people by post), and into which seats."""
        ranked = {
            post: sorted(people, key=lambda i: self.wishes[i][post])
            for post, people in pool.items()
            if people
        }
        if isinstance(unit, str):
            return self._share(unit, ranked)
        return self._fill(unit, ranked.get(unit, []), self.limit(unit))

    def _fill(self, post: int, people: list[int], most: int) -> dict[int, Seat]:
        """The first ``most`` people who get a seat when the classes are filled in sequence, then turned."""
        taken: dict[int, Seat] = {}

        def fill(name: str, seats: int) -> int:
            for person in people:
                if not seats or len(taken) == most:
                    break
                if person not in taken and self.may_take(person, name):
                    taken[person] = (post, name)
                    seats -= 1
            return seats

        turns = {name: turned for name, _, turned in self.classes[post]}
        for seats, turned in [(fill(name, own), turned) for name, own, turned in self.classes[post]]:
            while seats and turned is not None:
                seats = fill(turned, seats)
                turned = turns.get(turned)
        return taken

    def _share(self, region: str, ranked: Mapping[int, list[int]]) -> dict[int, Seat]:
        count = self._shares(region, ranked)
        return {
            person: seat
            for post in count
            for person, seat in self._fill(post, ranked.get(post, []), count[post]).items()
        }

    def _shares(self, region: str, ranked: Mapping[int, list[int]]) -> dict[int, int]:
        """How many each post of a region takes of those who ask: targets first, then by turns."""
        room = self.region[region].cap
        count = dict.fromkeys(self.posts_of[region], 0)
        able = {p: len(self._fill(p, ranked.get(p, []), self.limit(p))) for p in count}
        for own in (True, False):
            limit = {p: min(able[p], (self.terms[p].target or 0) if own else MOST) for p in count}
            turning = [post for post in count if count[post] < limit[post]]
            while turning and room:
                for post in turning[:room]:
                    count[post] += 1
                room -= len(turning[:room])
                turning = [post for post in turning if count[post] < limit[post]]
        return count

    def propose(self) -> list[Seat | None]:
        """Deferred acceptance in rounds: the answer that is best for applicants."""
        following = [iter(wishes) for wishes in self.wishes]
        held: list[Seat | None] = [None] * len(self.wishes)
        pools: dict[int | str, dict[int, set[int]]] = {}
        waiting = list(range(len(held)))
        while waiting:
            asked = set()
            for person in waiting:
                post = next(following[person], None)
                if post is not None:
                    unit = self.unit(post)
                    pools.setdefault(unit, {}).setdefault(post, set()).add(person)
                    asked.add(unit)
            waiting = []
            for unit in asked:
                pool = pools[unit]
                taken = self.choose(unit, {post: list(people) for post, people in pool.items()})
                for people in pool.values():
                    for person in list(people):
                        held[person] = taken.get(person)
                        if person not in taken:
                            people.discard(person)
                            waiting.append(person)
        return held

    def offer(self) -> list[int | None]:
        """The opposite side: units offer to whom they would take among those who have not declined."""
        pools: dict[int | str, dict[int, list[int]]] = {}
        for person, wishes in enumerate(self.wishes):
            for post in wishes:
                pools.setdefault(self.unit(post), {}).setdefault(post, []).append(person)
        for pool in pools.values():
            for post, people in pool.items():
                people.sort(key=lambda i: self.wishes[i][post])
        held: list[int | None] = [None] * len(self.wishes)
        place = [{post: at for at, post in enumerate(wishes)} for wishes in self.wishes]
        dirty = set(pools)
        while dirty:
            unit = dirty.pop()
            for person, (post, _) in self.offers(unit, pools[unit]):
                before = held[person]
                # An offer of this round may have been declined by a better one earlier in the same round.
                if before == post or person not in pools[unit][post]:
                    continue
                loses = post if before is not None and place[person][before] < place[person][post] else before
                if loses != post:
                    held[person] = post
                if loses is not None:
                    pools[self.unit(loses)][loses].remove(person)
                    dirty.add(self.unit(loses))
        return held

    def offers(self, unit: int | str, pool: Mapping[int, list[int]]) -> list[tuple[int, Seat]]:
        """(person, seat) from a pool in order of rank: a region may offer several of its posts to one person."""
        if not isinstance(unit, str):
            return list(self._fill(unit, pool.get(unit, []), self.limit(unit)).items())
        count = self._shares(unit, pool)
        return [
            entry for post in count for entry in self._fill(post, pool.get(post, []), count[post]).items()
        ]


def _overfull(market: _Market, held: list[Seat | None]) -> Witness:
    question = market.question
    count: dict[int | str, int] = {}
    for seat in held:
        if seat is not None:
            for unit in {seat[0], market.unit(seat[0])}:
                count[unit] = count.get(unit, 0) + 1
    for unit, holders in sorted(count.items(), key=str):
        if isinstance(unit, str):
            if holders > market.region[unit].cap:
                return {"region": unit, "holders": holders, "cap": market.region[unit].cap}
        elif holders > market.limit(unit):
            return {"post": question.posts[unit], "holders": holders, "seats": market.limit(unit)}
    return None


def _unlisted(market: _Market, held: list[Seat | None]) -> Witness:
    for person, seat in enumerate(held):
        if seat is not None and seat[0] not in market.wishes[person]:
            return _named(market, person, seat[0])
        if seat is not None and not market.may_take(person, seat[1]):
            return _named(market, person, seat[0]) | {"class": seat[1]}
    return None


def _unjust(market: _Market, held: list[Seat | None]) -> dict[str, Witness]:
    """Ask every unit again, with all who hold a place there and all who would rather."""
    pools: dict[int | str, dict[int, list[int]]] = {}
    for person, wishes in enumerate(market.wishes):
        mine = held[person]
        for post in wishes:
            pools.setdefault(market.unit(post), {}).setdefault(post, []).append(person)
            if mine is not None and mine[0] == post:
                break
    found: dict[str, Witness] = {}
    for unit, pool in sorted(pools.items(), key=lambda entry: str(entry[0])):
        ranked = {post: sorted(people, key=lambda i: market.wishes[i][post]) for post, people in pool.items()}
        for person, wanted in sorted(market.offers(unit, ranked), key=lambda offer: (offer[1][0], offer[0])):
            post, seat = wanted[0], held[person]
            if seat is None or seat[0] != post:
                holders = [i for i in pool[post] if (held[i] or (-1, ""))[0] == post]
                behind = [i for i in holders if market.wishes[i][post] > market.wishes[person][post]]
                name = "A3" if behind else "A4"
                more = {"behind": market.question.applicants[behind[-1]]} if behind else {}
                found.setdefault(name, _named(market, person, post) | more)
            elif seat != wanted:
                witness = _named(market, person, post) | {"class": seat[1], "should_be": wanted[1]}
                found.setdefault("A5", witness)
    return found


def _improvable(market: _Market, answer: Allocation, held: list[Seat | None]) -> Witness:
    best = market.propose()
    for person, (mine, theirs) in enumerate(zip(held, best, strict=True)):
        if mine != theirs:
            return _named(market, person, theirs[0] if theirs else None) | {
                "because": "a better answer exists"
            }
    opposite = market.offer()
    differing = sum((seat[0] if seat else None) != post for seat, post in zip(held, opposite, strict=True))
    if answer.unique is None or answer.unique == (differing == 0):
        return None
    return {"unique": answer.unique, "differing": differing}


def _misled(market: _Market, answer: Allocation, held: list[Seat | None]) -> Witness:
    """Follow the published lines for everybody, after checking that each names someone who sits in it."""
    if answer.last is None:
        return {"cutoffs": "missing"}
    lines = market.question.lines
    last = answer.last.tolist()
    for line, person in enumerate(last):
        post, name = int(lines.post[line]), lines.names[lines.name[line]]
        if person >= 0 and held[person] != (post, name):
            return _named(market, person, post) | {"class": name}
    for person, wishes in enumerate(market.wishes):
        reached = None
        for post, rank in wishes.items():
            for line in range(int(lines.start[post]), int(lines.start[post + 1])):
                limit = last[line]
                if limit == NO_SEATS or not market.may_take(person, lines.names[lines.name[line]]):
                    continue
                if limit == SEATS_LEFT or market.wishes[limit][post] >= rank:
                    reached = post
                    break
            if reached is not None:
                break
        mine = held[person]
        if reached != (mine[0] if mine else None):
            return _named(market, person, mine[0] if mine else None)
    return None


def _named(market: _Market, person: int, post: int | None) -> dict[str, Any]:
    question = market.question
    return {"applicant": question.applicants[person], "post": None if post is None else question.posts[post]}
