"""Check a corrected answer, sharing no code with what computed it.

The published answer is certified already, so a fault can only sit where something changed: at a post that
somebody won or lost, or that got seats, or on the list of a person who changed or whom an event names. These
places are checked completely, against the corrected question; everywhere else list, rank, holders and seats are
those of the published answer. Each property that fails comes with a witness.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.corrections import Correction
from cauce_engine.after.wanting import wanting
from cauce_engine.problems import Question
from cauce_engine.results import Check

STATEMENTS: dict[str, dict[str, str]] = {
    "C1": {
        "es": "Ninguna plaza recibe más personas que lugares tiene, contando los añadidos y los adicionales que se nombran.",
        "en": "No post takes more people than it has seats, counting those added and the extra ones that are named.",
    },
    "C2": {
        "es": "Nadie obtiene una plaza que no está en su lista corregida, ni una que no puede recibirle.",
        "en": "Nobody gets a post that is not on their corrected list, or that did not list them.",
    },
    "C3": {
        "es": "En el orden corregido, nadie fue rechazado en una plaza que recibió a alguien que va detrás.",
        "en": "In the corrected order, nobody is refused a post that took someone behind them.",
    },
    "C4": {
        "es": "Nadie fue rechazado en una plaza con un lugar libre.",
        "en": "Nobody is refused a post with an open seat.",
    },
    "C5": {
        "es": "Ninguna otra respuesta estable a la pregunta corregida es mejor para persona alguna.",
        "en": "No other stable answer to the corrected question is better for any applicant.",
    },
    "C6": {
        "es": "Nadie a quien la corrección no nombra pierde su lugar ni cambia de plaza; de la lista de espera se gana.",
        "en": "Nobody whom the correction does not name loses or changes a place; from the waiting list one gains.",
    },
    "C7": {
        "es": "Cada apelación fundada da la mejor plaza a la que tenía derecho, o conserva la que había.",
        "en": "Each upheld appeal gives the best post to which there was a claim, or leaves what there was.",
    },
    "C8": {
        "es": "En la lista de espera nadie fue rechazado en un lugar abierto, ni por alguien que va detrás.",
        "en": "Nobody on the waiting list is refused an open seat, or for someone behind them.",
    },
}
Witness = Mapping[str, Any] | None
_FAR = np.int64(2**40)


def certify_correction(
    correction: Correction,
    effect: str,
    after: NDArray[np.int32],
    extra: Mapping[int, int],
) -> tuple[Check, ...]:
    """Check the places ``after`` a correction (post by person of ``correction.base``, -1 none).

    ``extra``: extra seats by post. What is checked depends on the effect; see `STATEMENTS`.
    """
    market = _Market(correction, after)
    found: dict[str, Witness] = {"C1": _overfull(market, extra), "C2": _unlisted(market, effect)}
    if effect == "rerun":
        found["C3"], found["C4"] = _refused(market)
        if market.base.orders is not None:
            broken = next((name for name, witness in found.items() if witness is not None), None)
            found["C5"] = {"because": broken} if broken else _circle(market)
    else:
        found["C6"] = _moved(market, effect)
        found["C7"], served = _unserved(market, effect)
        if effect == "waiting-list":
            found["C8"] = _passed_over(market, served)
    return tuple(_check(name, witness) for name, witness in found.items())


class CorrectionCheck(Check):
    """A property of a correction; the same as `Check`, with the sentences of this module."""

    __slots__ = ()

    def statement(self, lang: str = "es") -> str:
        return STATEMENTS[self.name][lang]


def _check(name: str, witness: Witness) -> Check:
    return CorrectionCheck(name, witness is None, witness)


class _Market:
    """The corrected question, and who held what before and after."""

    def __init__(self, correction: Correction, after: NDArray[np.int32]) -> None:
        self.correction = correction
        self.base: Question = correction.base
        self.before, self.after = correction.before, after
        self.changed = np.flatnonzero(self.before != after)
        self.named = np.array(sorted(correction.named), np.int64)
        self.people = np.union1d(self.changed, self.named)
        posts = {post for state in (self.before, after) for post in state[self.people].tolist()}
        self.posts = sorted((posts | set(correction.seats)) - {-1})

    def row(self, person: int) -> NDArray[np.int32]:
        return self.correction.list_of(person)

    def own(self, post: int) -> bool:
        return self.base.orders is not None and bool(self.base.orders.given[post])

    def entries(self, post: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The people in a post's own order, and the levels at which they stand."""
        return self.correction.order_of(post)[:2]

    def listing(self, post: int) -> NDArray[np.int64]:
        """Everybody who may want the post: whom it lists where it has an order, who lists it otherwise."""
        if self.own(post):
            return self.entries(post)[0].astype(np.int64)
        relisted = self.correction.lists
        listed = np.setdiff1d(wanting(self.base).at(post), np.array(sorted(relisted), np.int64))
        return np.union1d(listed, [person for person, row in relisted.items() if post in row]).astype(
            np.int64
        )

    def positions(self, people: NDArray[np.int64], posts: NDArray[Any]) -> NDArray[np.int64]:
        """Where each person's corrected list names each post; far behind where it does not."""
        start = self.base.choice_start
        counts = start[people + 1] - start[people]
        ends = np.cumsum(counts)
        at = np.arange(int(ends[-1]) if len(ends) else 0)
        which = np.repeat(np.arange(len(people)), counts)
        offset = at - np.repeat(ends - counts, counts)
        hit = self.base.choices[np.repeat(start[people], counts) + offset] == np.repeat(posts, counts)
        found = np.full(len(people), _FAR)
        found[which[hit]] = offset[hit]
        for person, row in self.correction.lists.items():
            for place in np.flatnonzero(people == person).tolist():
                hits = np.flatnonzero(row == posts[place])
                found[place] = hits[0] if len(hits) else _FAR
        return found

    def keenest(self, post: int) -> tuple[Any, ...] | None:
        """The best of those who would rather have the post: their rank, with the person at its end.

        Where neither seats nor holders changed, whoever changed nothing themselves wants it only behind its
        last holder, because the published answer has no envy; so the walk begins there.
        """
        if not self.own(post) or post in self.posts:
            rather = self.rather(post)
            return self.extreme(post, rather, best=True) if len(rather) else None
        listed, level = self.entries(post)
        holders = np.flatnonzero(self.after[listed] == post)
        first = int(holders[-1]) if len(holders) else 0
        if len(holders) < self.correction.seats_of(post):
            first = len(listed)
        else:
            first = int(np.searchsorted(level, level[first]))
        affected = np.flatnonzero(np.isin(listed[:first], self.people))
        found = self._wanting(post, listed[affected])
        size = 8
        while not len(found) and first < len(listed):
            # Whole levels, so that nobody tied with the best is left out.
            end = int(np.searchsorted(level, level[min(first + size, len(listed)) - 1], side="right"))
            found = self._wanting(post, listed[first:end])
            first, size = end, size * 8
        return self.extreme(post, found, best=True) if len(found) else None

    def rather(self, post: int) -> NDArray[np.int64]:
        """Everybody who would rather have the post than what they hold, and whom it lists."""
        return self._wanting(post, self.listing(post))

    def _wanting(self, post: int, people: NDArray[Any]) -> NDArray[np.int64]:
        """Those of these people, whom the post lists, who would rather have it than what they hold."""
        people, held = people.astype(np.int64), self.after
        mine = self.positions(people, np.full(len(people), post))
        now = held[people]
        theirs = self.positions(people, now)
        return people[(mine < _FAR) & ((now < 0) | (mine < theirs))]

    def extreme(self, post: int, people: NDArray[np.int64], *, best: bool) -> tuple[Any, ...] | None:
        """The rank at the post of the best or the worst of these people, comparable, smaller is better.

        None where there are none. People whom the post does not list are left out.
        """
        if self.own(post):
            listed, level = self.entries(post)
            stands = dict(zip(listed.tolist(), level.tolist(), strict=True))
            pairs = [(stands[i], i) for i in people.tolist() if i in stands]
            if not pairs:
                return None
            edge = min(pairs)[0] if best else max(pairs)[0]
            head: tuple[Any, ...] = (edge,)
            people = np.array([i for stand, i in pairs if stand == edge], np.int64)
        else:
            if not len(people):
                return None
            head = ()
            for column in self.correction.merit:
                levels = column.levels[column.codes[people]]
                edge = int(levels.max() if best else levels.min())
                people = people[levels == edge]
                head = (*head, -edge)
        drawn = [(self._ticket(person), person) for person in people.tolist()]
        return (*head, *(min(drawn) if best else max(drawn)))

    def _ticket(self, person: int) -> bytes:
        lottery = self.base.lottery
        if lottery is None:
            return b""
        key = (lottery.seed + (lottery.beacon or "")).encode("utf-8")
        return hmac.digest(key, self.base.applicants[person].encode("utf-8"), "sha256")

    def lists(self, post: int, person: int) -> bool:
        return not self.own(post) or bool(np.any(self.entries(post)[0] == person))

    def holders(self, posts: list[int]) -> dict[int, NDArray[np.int64]]:
        """Who holds these posts after the correction: of those who listed them, and of those who changed."""
        found = {}
        for post in posts:
            people = np.union1d(wanting(self.base).at(post), self.people)
            found[post] = people[self.after[people] == post].astype(np.int64)
        return found

    def named_pair(self, person: int, post: int, **more: Any) -> dict[str, Any]:
        question = self.base
        return {"applicant": question.applicants[person], "post": question.posts[post], **more}


def _overfull(market: _Market, extra: Mapping[int, int]) -> Witness:
    holders = market.holders(market.posts)
    for post, people in holders.items():
        seats = market.correction.seats_of(post)
        over = max(0, len(people) - seats)
        if over != extra.get(post, 0):
            name = market.base.posts[post]
            return {"post": name, "holders": len(people), "seats": seats, "extra": extra.get(post, 0)}
    strange = next((post for post, seats in extra.items() if seats and post not in holders), None)
    return None if strange is None else {"post": market.base.posts[strange], "extra": extra[strange]}


def _unlisted(market: _Market, effect: str) -> Witness:
    for person in market.people.tolist():
        post = int(market.after[person])
        if post < 0 or (post == int(market.before[person]) and person not in market.correction.named):
            continue
        keeps = effect != "rerun" and post == int(market.before[person])
        keeps = keeps and person not in market.correction.withdrawn
        if (post not in market.row(person) and not keeps) or not market.lists(post, person):
            return market.named_pair(person, post)
    return None


def _refused(market: _Market) -> tuple[Witness, Witness]:
    """Justified envy and waste, everywhere that the correction could have caused any."""
    envy: Witness = None
    waste: Witness = None
    pairs = {post: market.rather(post) for post in market.posts}
    for person in market.people.tolist():
        held = int(market.after[person])
        for post in market.row(person).tolist():
            if post == held:
                break
            if market.lists(post, person):
                pairs[post] = np.union1d(pairs.get(post, np.zeros(0, np.int64)), [person])
    holders = market.holders(sorted(pairs))
    for post, people in sorted(pairs.items()):
        if not len(people):
            continue
        best = market.extreme(post, people, best=True)
        if best is None:
            continue
        free = market.correction.seats_of(post) - len(holders[post])
        worst = market.extreme(post, holders[post], best=False)
        if free > 0 and waste is None:
            waste = market.named_pair(best[-1], post, open_seats=free)
        if worst is not None and best < worst and envy is None:
            envy = market.named_pair(best[-1], post, behind=market.base.applicants[worst[-1]])
    return envy, waste


def _circle(market: _Market) -> Witness:
    """Look for a better stable answer: a circle of posts that each give a seat to whoever best wants it.

    The published answer had none, so a circle passes a post whose best refused person changed: one that was won
    or lost, or that stands on the list, old or corrected, of a person who changed or is named.
    """
    base = market.correction.base
    begin = set(market.posts)
    for person in market.people.tolist():
        begin.update(market.row(person).tolist())
        begin.update(
            base.choices[int(base.choice_start[person]) : int(base.choice_start[person + 1])].tolist()
        )
    following: dict[int, tuple[int, int]] = {}
    cleared: set[int] = set()
    for first in sorted(begin):
        path: list[int] = []
        post = first
        while post >= 0 and post not in cleared:
            cleared.add(post)
            path.append(post)
            best = market.keenest(post) if market.correction.seats_of(post) else None
            if best is None:
                break
            following[post] = (int(best[-1]), int(market.after[best[-1]]))
            post = following[post][1]
            if post in path:
                person = following[post][0]
                return market.named_pair(person, post, because="a better stable answer exists")
    return None


def _moved(market: _Market, effect: str) -> Witness:
    for person in market.changed.tolist():
        if person in market.correction.named:
            continue
        if effect == "extra-seats" or market.before[person] >= 0:
            held = int(market.before[person])
            return {
                "applicant": market.base.applicants[person],
                "held": market.base.posts[held] if held >= 0 else None,
            }
    return None


def _unserved(market: _Market, effect: str) -> tuple[Witness, NDArray[np.int32]]:
    """Recompute every claim; returns the first that was not served, and who holds what once all are."""
    correction, question = market.correction, market.base
    count = np.bincount(market.before[market.before >= 0], minlength=len(question.posts))
    served = market.before.copy()
    witness: Witness = None
    for person in market.named.tolist():
        due = -1 if person in correction.withdrawn else _claim(market, person, count)
        served[person] = due
        got = int(market.after[person])
        waited = effect == "waiting-list" and due < 0 and person not in correction.withdrawn
        if got != due and not waited and witness is None:
            witness = {
                "applicant": question.applicants[person],
                "due": question.posts[due] if due >= 0 else None,
                "got": question.posts[got] if got >= 0 else None,
            }
    return witness, served


def _claim(market: _Market, person: int, count: NDArray[np.int64]) -> int:
    """The best post on the corrected list that was free or held by someone behind without an appeal."""
    correction, before = market.correction, market.before
    appeals = [other for other in correction.named if other not in correction.withdrawn]
    held = int(before[person])
    for post in market.row(person).tolist():
        if post == held:
            break
        if not market.lists(post, person) or correction.base.capacity[post] == 0:
            continue
        if count[post] < correction.base.capacity[post]:
            return int(post)
        others = np.setdiff1d(np.flatnonzero(before == post), appeals)
        worst = market.extreme(post, others, best=False)
        mine = market.extreme(post, np.array([person]), best=True)
        if worst is not None and mine is not None and mine < worst:
            return int(post)
    return held


def _passed_over(market: _Market, served: NDArray[np.int32]) -> Witness:
    correction, question = market.correction, market.base
    waiting = served < 0
    waiting[sorted(correction.withdrawn)] = False
    count = np.bincount(market.after[market.after >= 0], minlength=len(question.posts))
    posts = set(market.posts)
    for person in market.named[waiting[market.named]].tolist():
        posts.update(market.row(person).tolist())
    for post in sorted(posts):
        people = market.rather(post)
        people = people[waiting[people]]
        filled = np.flatnonzero((market.after == post) & waiting)
        best = market.extreme(post, people, best=True) if len(people) else None
        if best is None:
            continue
        if count[post] < correction.seats_of(post):
            return market.named_pair(best[-1], post, open_seats=correction.seats_of(post) - int(count[post]))
        worst = market.extreme(post, filled, best=False) if len(filled) else None
        if worst is not None and best < worst:
            return market.named_pair(best[-1], post, behind=question.applicants[worst[-1]])
    return None
