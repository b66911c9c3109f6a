"""Why a couple has the places it has: for each pair of its list, which member was refused where, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cauce_engine.explain import Explanation, Wish
from cauce_engine.pairs import joint
from cauce_engine.problems import Question
from cauce_engine.results import Allocation
from cauce_engine.twosided import Ranked, ranked


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stood between a member and a post of a pair.

    ``code``: "behind" (``distance`` places behind the last who could have given way, who has ``last_place`` in
    the post's order), "own_partner" (only the seat of their own partner could have been given), "dropped",
    "no_seats", or, for two seats at one post, "two_seats" (like "behind", with ``free`` seats) and
    "one_seat" (the post has fewer than two). ``leaving``: the partner whose seat there did not count.
    """

    code: str
    member: str
    post: str
    distance: int | None = None
    last_place: int | None = None
    free: int | None = None
    leaving: str | None = None

    def words(self, lang: str) -> str:
        words = _WORDS[lang]
        template = words[self.code if self.distance != 1 or self.code != "behind" else "just_behind"]
        said = template.format(
            member=self.member,
            post=self.post,
            distance=self.distance,
            last_place=self.last_place,
            free=self.free,
        )
        return said if self.leaving is None else said + words["leaving"].format(leaving=self.leaving)


@dataclass(frozen=True, slots=True)
class Pair(Wish):
    """What became of one pair: ``code`` "placed", "not_reached" or "prevented", then with its ``obstacles``.

    ``post`` is that of the person explained ("" for none); ``posts`` those of both ``members``, in the
    sequence of the couple.
    """

    members: tuple[str, str] = ("", "")
    posts: tuple[str | None, str | None] = (None, None)
    obstacles: tuple[Obstacle, ...] = ()

    def sentence(self, lang: str = "es") -> str:
        """The pair in one sentence, in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        both = words["and"].join(
            words["at" if post is not None else "without"].format(member=member, post=post)
            for member, post in zip(self.members, self.posts, strict=True)
        )
        head = words["pair"].format(position=self.position, both=both)
        if self.code != "prevented":
            return head + words[self.code]
        return head + "; ".join(obstacle.words(lang) for obstacle in self.obstacles) + "."


@dataclass(frozen=True, slots=True)
class CoupleExplanation(Explanation):
    """Why one member of a couple has their place: ``wishes`` are the pairs of the joint list."""

    couple: str = ""
    partner: str = ""
    partner_post: str | None = None
    definition: str = "BIS"

    def sentences(self, lang: str = "es") -> tuple[str, ...]:
        """A sentence on the result, one for each pair, and the definition by which they were judged."""
        words = _WORDS[lang]
        mine, theirs = (
            words["gets" if post is not None else "gets_none"].format(person=person, post=post)
            for person, post in ((self.applicant, self.post), (self.partner, self.partner_post))
        )
        result = words["result"].format(couple=self.couple, mine=mine, theirs=theirs)
        return (result, *(wish.sentence(lang) for wish in self.wishes), words[self.definition])


def explain_member(question: Question, allocation: Allocation, applicant: str) -> CoupleExplanation:
    """Explain the result of a member of a couple in a certified answer."""
    person = question.index_of(applicant)
    couple = next(c for c in question.couples if person in c.members)
    judged = _Judged(question, allocation)
    held = [int(allocation.post[member]) for member in couple.members]
    names: tuple[str | None, ...] = (*question.posts, None)
    members = (question.applicants[couple.members[0]], question.applicants[couple.members[1]])
    mine = couple.members.index(person)
    wishes, reached = [], False
    for position, pair in enumerate(couple.choices.tolist(), start=1):
        obstacles: tuple[Obstacle, ...] = ()
        if pair == held:
            code, reached = "placed", True
        elif reached:
            code = "not_reached"
        else:
            code, obstacles = "prevented", judged.obstacles(couple.members, pair)
        posts = (names[pair[0]], names[pair[1]])
        wishes.append(
            Pair(position, posts[mine] or "", code, members=members, posts=posts, obstacles=obstacles)
        )
    return CoupleExplanation(
        applicant, None, len(question.applicants), names[held[mine]], tuple(wishes),
        couple=couple.id, partner=members[1 - mine], partner_post=names[held[1 - mine]],
        definition="MM" if judged.loose else "BIS",
    )  # fmt: skip


class _Judged:
    """An answer, and who holds each post in which order."""

    def __init__(self, question: Question, allocation: Allocation) -> None:
        self.whole = joint(question).whole
        self.market: Ranked = ranked(self.whole)
        self.post = allocation.post
        self.loose = question.options.get("couples_definition") == "MM"
        self.known: dict[int, dict[int, int]] = {}

    def rank(self, person: int, post: int) -> int:
        """Place of a person at a post from 0; -1 where it does not list them."""
        start, end = self.whole.choice_start[person : person + 2].tolist()
        at = self.whole.choices[start:end].tolist().index(post)
        return int(self.market.rank[start + at])

    def holders(self, post: int) -> dict[int, int]:
        """Who holds the post, with their rank there."""
        if post not in self.known:
            people = np.flatnonzero(self.post == post).tolist()
            self.known[post] = {person: self.rank(person, post) for person in people}
        return self.known[post]

    def obstacles(self, members: tuple[int, int], pair: list[int]) -> tuple[Obstacle, ...]:
        """Why the couple had no objection for this pair: all that stood in its way."""
        p, q = pair
        unlisted = [
            self._named("dropped" if self.rank(member, post) < 0 else "no_seats", member, post)
            for member, post in zip(members, pair, strict=True)
            if post >= 0 and (self.rank(member, post) < 0 or self.whole.capacity[post] == 0)
        ]
        if unlisted:
            return tuple(unlisted)
        stays = self.loose and p in (int(self.post[members[0]]), int(self.post[members[1]]))
        if p == q and p >= 0 and not stays:
            return (self._two_seats(members, p),)
        found = []
        for member, partner, post in ((members[0], members[1], p), (members[1], members[0], q)):
            if post >= 0 and self.post[member] != post:
                found += self._refused(member, partner, post, leaves=p != q)
        return tuple(found)

    def _refused(self, member: int, partner: int, post: int, *, leaves: bool) -> list[Obstacle]:
        holders, mine = self.holders(post), self.rank(member, post)
        others = [rank for person, rank in holders.items() if person != partner]
        if len(holders) < self.whole.capacity[post] or any(rank > mine for rank in others):
            return []
        if not others:
            return [self._named("own_partner", member, post)]
        last = max(others)
        leaving = self.whole.applicants[partner] if leaves and partner in holders else None
        return [
            self._named("behind", member, post, distance=mine - last, last_place=last + 1, leaving=leaving)
        ]

    def _two_seats(self, members: tuple[int, int], post: int) -> Obstacle:
        others = sorted(rank for person, rank in self.holders(post).items() if person not in members)
        free = int(self.whole.capacity[post]) - len(others)
        early, late = sorted(members, key=lambda member: self.rank(member, post))
        if self.whole.capacity[post] < 2:
            return self._named("one_seat", late, post)
        member, passed = late, others[free - 2]
        if self.loose and (free == 1 or others[-1] > self.rank(late, post)):
            member = early
        elif self.loose:
            passed = others[-1]
        distance = self.rank(member, post) - passed
        return self._named("two_seats", member, post, distance=distance, last_place=passed + 1, free=free)

    def _named(self, code: str, member: int, post: int, **more: Any) -> Obstacle:
        return Obstacle(code, self.whole.applicants[member], self.whole.posts[post], **more)


_WORDS = {
    "es": {
        "gets": "{person} obtiene la plaza {post}",
        "gets_none": "{person} no obtiene plaza",
        "result": "Pareja {couple}: {mine}; {theirs}.",
        "pair": "Opción {position}, {both}: ",
        "and": " y ",
        "at": "{member} en {post}",
        "without": "{member} sin plaza",
        "placed": "es la que obtienen.",
        "not_reached": "no se consideró, porque ya obtienen una que prefieren.",
        "dropped": "la plaza {post} no incluye a {member} en su orden",
        "no_seats": "la plaza {post} no tiene lugares",
        "behind": "en {post}, {member} quedó {distance} lugares detrás de la última persona admitida que podía "
        "ceder su lugar (lugar {last_place} en el orden de la plaza)",
        "just_behind": "en {post}, {member} quedó justo detrás de la última persona admitida que podía ceder su "
        "lugar (lugar {last_place} en el orden de la plaza)",
        "leaving": "; el lugar que {leaving} dejaría no cuenta",
        "own_partner": "en {post} solo está su propia pareja, y el lugar que ella dejaría no cuenta para {member} "
        "ni como libre ni como superable",
        "two_seats": "en {post} hacían falta dos lugares y, sin contar a la pareja, había {free} libres; {member} "
        "quedó a {distance} de quien habría tenido que ceder el suyo (lugar {last_place} en el orden de la plaza)",
        "one_seat": "la plaza {post} tiene menos de dos lugares",
        "BIS": "La pareja se juzgó con la definición de Biró, Irving y Schlotter (BIS).",
        "MM": "La pareja se juzgó con la definición de McDermid y Manlove (MM).",
    },
    "en": {
        "gets": "{person} gets post {post}",
        "gets_none": "{person} gets no post",
        "result": "Couple {couple}: {mine}; {theirs}.",
        "pair": "Choice {position}, {both}: ",
        "and": " and ",
        "at": "{member} at {post}",
        "without": "{member} without a post",
        "placed": "this is the one they get.",
        "not_reached": "not considered, because they already get one they prefer.",
        "dropped": "post {post} does not list {member}",
        "no_seats": "post {post} has no seats",
        "behind": "at {post}, {member} is {distance} places behind the last person admitted who could have given "
        "way (place {last_place} in the post's order)",
        "just_behind": "at {post}, {member} is just behind the last person admitted who could have given way "
        "(place {last_place} in the post's order)",
        "leaving": "; the seat that {leaving} would leave does not count",
        "own_partner": "at {post} there is only their own partner, and the seat that the partner would leave "
        "counts for {member} neither as free nor as beatable",
        "two_seats": "{post} would have needed two seats and, the couple not counted, had {free} free; {member} is "
        "{distance} places behind whoever would have had to give way (place {last_place} in the post's order)",
        "one_seat": "post {post} has fewer than two seats",
        "BIS": "The couple was judged by the definition of Biró, Irving and Schlotter (BIS).",
        "MM": "The couple was judged by the definition of McDermid and Manlove (MM).",
    },
}
