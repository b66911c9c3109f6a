"""Why this place, and why not those above: for one person in sentences, for everybody in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import Unsupported, quoted
from cauce_engine.largest import refuse_other_kinds
from cauce_engine.live import as_chosen
from cauce_engine.order import merit_key, ordering
from cauce_engine.pairs import expanded
from cauce_engine.problems import OPEN, Orders, Question
from cauce_engine.results import NO_SEATS as NO_LINE
from cauce_engine.results import SEATS_LEFT, Allocation
from cauce_engine.shares import as_called
from cauce_engine.twosided import ranked

CODES = ("placed", "behind", "not_reached", "no_seats", "dropped")
WEAK_CODES = (*CODES, "tied")
_EXACT = Context(prec=130)
PLACED, BEHIND, NOT_REACHED, NO_SEATS, DROPPED, TIED = range(len(WEAK_CODES))


@dataclass(frozen=True, slots=True)
class Wish:
    """What became of one wish.

    ``code``: "placed", "behind" (the last admitted came before), "not_reached" (placed higher up the list),
    "no_seats" or "dropped" (the post does not list the person). For "behind": ``last_place`` is the place of the
    last admitted, ``distance`` how many places behind, ``element`` the first merit element that differed, from 1
    (0: merit was equal and the lottery, or without one the identifier, decided; None: the post's own order
    decided), ``difference`` by how much, and ``enough`` the value of that element that would have sufficed
    (``strictly``: only above it). Values are exact decimals as text.

    Where ties are settled for size, people who are tied share the first of their places, ``tied`` is how many
    of those admitted are tied with the person (else None), and "tied" is a further code: the post is full of
    people ahead of them or tied with them. What suffices is then to stand strictly ahead of the last admitted:
    another answer may admit others, but no just one admits that person and refuses this one.
    """

    position: int
    post: str
    code: str
    last_place: int | None = None
    distance: int | None = None
    element: int | None = None
    difference: str | None = None
    enough: str | None = None
    strictly: bool = False
    tied: int | None = None

    def sentence(self, lang: str = "es") -> str:
        """The wish in one sentence, in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        head = words["wish"].format(position=self.position, post=self.post)
        if self.code == "tied":
            body = words["tied" if self.tied != 1 else "one_tied"].format(
                tied=self.tied, place=self.last_place
            )
            return head + body + words["tied_own" if self.element is None else "tied_merit"]
        if self.code != "behind":
            return head + words[self.code]
        body = words["behind" if self.distance != 1 else "just_behind"].format(
            distance=self.distance, last_place=self.last_place
        )
        if not self.element:
            ahead = "" if self.tied is None else words["own_ahead"]
            return head + body + words["own" if self.element is None else "tie"] + ahead + "."
        reason = words["element"].format(element=self.element, difference=self.difference)
        bound = words["above" if self.strictly else "with"].format(enough=self.enough)
        return head + body + reason + bound + words["admitted" if self.tied is None else "ahead"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one person has the place they have. ``place`` counts from 1 in an order of ``applicants`` people.

    It is None where posts have orders of their own: then only places at a post say something. Where ties are
    settled for size, people who are tied share the first of their places.
    """

    applicant: str
    place: int | None
    applicants: int
    post: str | None
    wishes: tuple[Wish, ...]

    def sentences(self, lang: str = "es") -> tuple[str, ...]:
        """A sentence on the result and one for each wish, in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        place = "" if self.place is None else words["place"]
        result = (words["result" if self.post is not None else "nothing"]).format(
            applicant=self.applicant,
            place=place.format(place=self.place, applicants=self.applicants),
            post=self.post,
        )
        return (result, *(wish.sentence(lang) for wish in self.wishes))


@dataclass(frozen=True, eq=False)
class Explanations:
    """Every wish of a question, parallel to `Question.choices`.

    ``code`` (int8) indexes ``codes``; ``last_place``, ``distance`` (int32) and ``element`` (int8) are as in
    `Wish` where the code is "behind" or "tied", else 0, 0 and -1; ``last`` is the last admitted person, or -1.
    ``tied`` (int32), where ties are settled for size: as in `Wish`, 0 unless the code is "tied".
    """

    code: NDArray[np.int8]
    distance: NDArray[np.int32]
    element: NDArray[np.int8]
    in_the_way: Callable[[], tuple[NDArray[np.int32], NDArray[np.int32]]] = field(repr=False)
    """Gives ``last`` and ``last_place``: made when asked for, as the cut-offs of the posts already say both."""
    codes: tuple[str, ...] = CODES
    tied: NDArray[np.int32] | None = None

    @property
    def last(self) -> NDArray[np.int32]:
        return self._last[0]

    @property
    def last_place(self) -> NDArray[np.int32]:
        return self._last[1]

    @cached_property
    def _last(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return self.in_the_way()


def explain(question: Question, allocation: Allocation, applicant: str) -> Explanation:
    """Explain one person's result.

    For a member of a couple, `couples.reasons.CoupleExplanation`: the wishes are the pairs of the joint list.
    Raises KeyError when the question has no such applicant, `Unsupported` for answers that are not certified.
    """
    person = question.index_of(applicant)
    _refuse_unexplained(allocation)
    question = as_called(as_chosen(question))
    if question.couples:
        if any(person in couple.members for couple in question.couples):
            from cauce_engine.couples.reasons import explain_member  # noqa: PLC0415 - it extends this module

            return explain_member(question, allocation, applicant)
        question = expanded(question)
    first, end = (int(bound) for bound in question.choice_start[person : person + 2])
    everybody = _Places.of(question)
    rows = _explained(
        question, allocation, everybody, np.arange(first, end), np.full(end - first, person, np.int32)
    )
    held = int(allocation.post[person])
    wishes = tuple(_wish(question, person, rows, at, first + at) for at in range(end - first))
    return Explanation(
        applicant,
        int(everybody.common[person]) if everybody.by_wish is None else None,
        len(question.applicants),
        question.posts[held] if held >= 0 else None,
        wishes,
    )


def explain_all(question: Question, allocation: Allocation) -> Explanations:
    """Explain every wish of everybody, in arrays; `Unsupported` for answers that are not certified.

    Members of couples have no wishes of their own: `explain` gives the reasons for each of their pairs.
    """
    _refuse_unexplained(allocation)
    if question.couples:
        return _beside_couples(question, allocation)
    question = as_called(as_chosen(question))
    strict = not question.settles_for_size and not question.lines.several
    if strict and question.orders is None and allocation.last is not None:
        return _by_one_order(question, allocation.post, allocation.last)
    owner = np.repeat(np.arange(len(question.applicants), dtype=np.int32), np.diff(question.choice_start))
    return _explained(question, allocation, _Places.of(question), np.arange(len(owner)), owner)


def _beside_couples(question: Question, allocation: Allocation) -> Explanations:
    """The wishes of single people, judged beside couples whose members hold seats too."""
    whole = expanded(question)
    single = np.ones(len(whole.applicants), np.bool_)
    single[[member for couple in question.couples for member in couple.members]] = False
    owner = np.repeat(np.arange(len(single), dtype=np.int32), np.diff(whole.choice_start))
    wishes = np.flatnonzero(single[owner])
    return _explained(whole, allocation, _Places.of(whole), wishes, owner[wishes])


def _by_one_order(question: Question, post: NDArray[np.int32], last: NDArray[np.int32]) -> Explanations:
    from cauce_engine.explain_loops import explained  # noqa: PLC0415 - the compiler loads when it is needed

    place, wishes = ordering(question).place, len(question.choices)
    admitted = last >= 0
    last_place = np.zeros(len(last), np.int32)
    last_place[admitted] = place[last[admitted]]
    levels = np.empty((len(place), len(question.merit)), np.int32)
    for number, merit in enumerate(question.merit):
        levels[:, number] = merit.levels[merit.codes]
    last_levels = np.zeros((len(last), len(question.merit)), np.int32)
    last_levels[admitted] = levels[last[admitted]]
    code, element = np.full(wishes, NOT_REACHED, np.int8), np.full(wishes, -1, np.int8)
    distance = np.zeros(wishes, np.int32)
    codes = (PLACED, BEHIND, NO_SEATS)
    start, choices = question.choice_start, question.choices
    explained(start, choices, post, place, levels, last_place, last_levels, codes, code, distance, element)

    def in_the_way() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        behind, posts = code == BEHIND, question.choices
        return (
            np.where(behind, last[posts], np.int32(-1)).astype(np.int32),
            np.where(behind, last_place[posts], np.int32(0)).astype(np.int32),
        )

    return Explanations(code, distance, element, in_the_way)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where people stand: in the common order, and, where posts have their own, at the post of each wish.

    ``common``: place from 1 by person. ``by_wish``: place from 1 by wish, 0 where the post does not list the
    person; None if one order is all. ``own``: posts at which merit does not speak.
    """

    common: NDArray[np.int32]
    by_wish: NDArray[np.int32] | None
    own: NDArray[np.bool_]

    @classmethod
    def of(cls, question: Question) -> _Places:
        if question.settles_for_size:
            return cls.shared(question)
        if question.orders is None:
            return cls(ordering(question).place, None, np.zeros(len(question.posts), np.bool_))
        market = ranked(question)
        return cls(market.common.place, market.rank + np.int32(1), question.orders.given)

    @classmethod
    def shared(cls, question: Question) -> _Places:
        """Places before any lottery: whoever is tied shares the first place of the tie."""
        key = merit_key(question)
        if question.merit:
            key[question.merit[0].codes < 0] = np.iinfo(np.int64).max
        common = (np.searchsorted(np.sort(key), key) + 1).astype(np.int32)
        if question.orders is None:
            return cls(common, None, np.full(len(question.posts), not question.merit))
        given = question.orders.given
        by_wish = _shared_places(question, question.orders)
        owner = np.repeat(np.arange(len(common)), np.diff(question.choice_start))
        by_merit = ~given[question.choices]
        by_wish[by_merit] = common[owner[by_merit]]
        return cls(common, by_wish, given if question.merit else np.ones_like(given))

    def at(self, wishes: NDArray[np.int64], owner: NDArray[np.int32]) -> NDArray[np.int32]:
        """The place of each wish's person at its post."""
        return self.common[owner] if self.by_wish is None else self.by_wish[wishes]


def _shared_places(question: Question, orders: Orders) -> NDArray[np.int32]:
    """By wish, the place from 1 in the post's own order, shared by those tied; 0 where it does not list the person."""
    people = len(question.applicants)
    wishes = (
        np.repeat(np.arange(people), np.diff(question.choice_start))
        + question.choices.astype(np.int64) * people
    )
    of = np.repeat(np.arange(len(question.posts)), np.diff(orders.start))
    entries = orders.applicant + of * people
    opens = np.ones(len(of), np.bool_)
    opens[1:] = (of[1:] != of[:-1]) | (orders.level[1:] != orders.level[:-1])
    first = np.maximum.accumulate(np.where(opens, np.arange(len(of)), 0))
    _, wish, entry = np.intersect1d(wishes, entries, assume_unique=True, return_indices=True)
    place = np.zeros(len(wishes), np.int32)
    place[wish] = (first - orders.start[of] + 1)[entry]
    return place


def _explained(
    question: Question,
    allocation: Allocation,
    places: _Places,
    wishes: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> Explanations:
    posts = question.choices[wishes]
    held = _held(question, allocation)
    lines = allocation.last
    if lines is None or question.settles_for_size:
        lines = _last_admitted(question, allocation, places, held)
    code = np.where(wishes == held[owner], PLACED, np.where(wishes > held[owner], NOT_REACHED, BEHIND))
    place = places.at(wishes, owner)
    code[place == 0] = DROPPED
    behind = np.flatnonzero(code == BEHIND)
    last = _last_in_the_way(question, lines, places, held, behind, wishes, owner)
    code[behind[last < 0]] = NO_SEATS
    behind, last = behind[last >= 0], last[last >= 0]
    last_place = np.zeros(len(wishes), np.int32)
    distance = np.zeros(len(wishes), np.int32)
    element = np.full(len(wishes), -1, np.int8)
    last_place[behind] = places.at(held[last], last)
    distance[behind] = place[behind] - last_place[behind]
    element[behind] = 0
    for number, merit in reversed(list(enumerate(question.merit, start=1))):
        level = merit.levels[merit.codes]
        element[behind[level[owner[behind]] != level[last]]] = number
    element[behind[places.own[posts[behind]]]] = -1
    passed = np.full(len(wishes), -1, np.int32)
    passed[behind] = last
    tied = None
    if question.settles_for_size:
        level = behind[distance[behind] == 0]
        code[level] = TIED
        tied = np.zeros(len(wishes), np.int32)
        tied[level] = _sharing_the_last(question, allocation, places, held, lines)[posts[level]]
    codes = CODES if tied is None else WEAK_CODES
    return Explanations(code.astype(np.int8), distance, element, lambda: (passed, last_place), codes, tied)


def _refuse_unexplained(allocation: Allocation) -> None:
    if allocation.question.settles_for_size:
        refuse_other_kinds(allocation.question)
    if allocation.status != "certified":
        raise Unsupported(
            "status", "an answer that is {status} places nobody", status=quoted(allocation.status)
        )


def _last_admitted(
    question: Question, allocation: Allocation, places: _Places, held: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The last admitted of every full post, where no cut-offs are published."""
    last = np.full(len(question.posts), SEATS_LEFT, np.int32)
    last[question.capacity == 0] = NO_LINE
    people = np.flatnonzero(allocation.post >= 0).astype(np.int32)
    order = people[np.argsort(places.at(held[people], people), kind="stable")]
    full = np.bincount(allocation.post[people], minlength=len(last)) >= question.capacity
    admitted = np.full(len(last), SEATS_LEFT, np.int32)
    admitted[allocation.post[order]] = order
    last[full & (question.capacity > 0)] = admitted[full & (question.capacity > 0)]
    return last


def _sharing_the_last(
    question: Question,
    allocation: Allocation,
    places: _Places,
    held: NDArray[np.int64],
    last: NDArray[np.int32],
) -> NDArray[np.int64]:
    """How many of those admitted to each full post share the place of its ``last``; 0 at other posts."""
    people = np.flatnonzero(allocation.post >= 0).astype(np.int32)
    post = allocation.post[people]
    people, post = people[last[post] >= 0], post[last[post] >= 0]
    furthest = last[post]
    level = places.at(held[people], people) == places.at(held[furthest], furthest)
    return np.bincount(post[level], minlength=len(question.posts))


def _last_in_the_way(
    question: Question,
    last: NDArray[np.int32],
    places: _Places,
    held: NDArray[np.int64],
    behind: NDArray[np.int64],
    wishes: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> NDArray[np.int32]:
    """The last admitted person whom each refused one would have had to pass; -1 where no seat was for them.

    With classes of seats, of those classes that the person may hold, the one that reached furthest down.
    """
    posts = question.choices[wishes[behind]]
    lines = question.lines
    if not lines.several:
        return last[posts]
    found = np.full(len(behind), -1, np.int32)
    for at, (post, person) in enumerate(zip(posts.tolist(), owner[behind].tolist(), strict=True)):
        groups = {OPEN, *question.groups.get(person, ())}
        furthest = 0
        for line in range(int(lines.start[post]), int(lines.start[post + 1])):
            other = last[line]
            if other < 0 or lines.names[lines.name[line]] not in groups:
                continue
            place = int(places.at(held[[other]], last[[line]])[0])
            if place > furthest:
                furthest, found[at] = place, other
    return found


def _held(question: Question, allocation: Allocation) -> NDArray[np.int64]:
    """Index of the wish that each person holds; the end of their list where none."""
    held = question.choice_start[1:].copy()
    owner = np.repeat(np.arange(len(held), dtype=np.int32), np.diff(question.choice_start))
    match = np.flatnonzero(question.choices == allocation.post[owner])
    held[owner[match]] = match
    return held


def _wish(question: Question, person: int, rows: Explanations, at: int, wish: int) -> Wish:
    post = int(question.choices[wish])
    code = rows.codes[rows.code[at]]
    tied = None if rows.tied is None else int(rows.tied[at])
    if code not in ("behind", "tied"):
        return Wish(at + 1, question.posts[post], code)
    element = int(rows.element[at]) if rows.element[at] >= 0 else None
    difference = enough = None
    strictly = False
    if element:
        last = int(rows.last[at])
        mine, theirs = (_value(question, element, someone) for someone in (person, last))
        difference, enough = format(_EXACT.subtract(Decimal(theirs), Decimal(mine)), "f"), theirs
        strictly = not _ahead_after(question, element, person, last)
    return Wish(
        at + 1,
        question.posts[post],
        code,
        int(rows.last_place[at]),
        int(rows.distance[at]),
        element,
        difference,
        enough,
        strictly,
        tied,
    )


def _value(question: Question, element: int, person: int) -> str:
    merit = question.merit[element - 1]
    return str(merit.texts[merit.codes[person]])


def _ahead_after(question: Question, element: int, person: int, last: int) -> bool:
    """Whether, equal up to and including this element, the person would come before the last admitted."""
    for merit in question.merit[element:]:
        mine, theirs = (int(merit.levels[merit.codes[someone]]) for someone in (person, last))
        if mine != theirs:
            return mine > theirs
    if question.settles_for_size:
        return False
    if question.lottery is not None:
        mine_drawn, theirs_drawn = (
            question.lottery.ticket(question.applicants[someone]) for someone in (person, last)
        )
        if mine_drawn != theirs_drawn:
            return mine_drawn < theirs_drawn
    return person < last


_WORDS = {
    "es": {
        "place": "lugar {place} de {applicants} en el orden; ",
        "result": "{applicant}: {place}obtiene la plaza {post}.",
        "nothing": "{applicant}: {place}no obtiene plaza.",
        "wish": "Opción {position}, plaza {post}: ",
        "placed": "es la que obtiene.",
        "not_reached": "no se consideró, porque ya obtiene una que prefiere.",
        "no_seats": "no tuvo lugar que ofrecerle.",
        "behind": "quedó {distance} lugares detrás de la última persona admitida (lugar {last_place})",
        "just_behind": "quedó justo detrás de la última persona admitida (lugar {last_place})",
        "dropped": "la plaza no incluye a esta persona en su orden.",
        "own": "; decidió el orden propio de la plaza",
        "own_ahead": "; un paso delante de ese lugar, ninguna respuesta justa podría admitir a quien está en él y "
        "rechazar a esta persona",
        "tie": "; el mérito es igual y decidió el desempate",
        "element": "; decidió el elemento {element} del mérito, por {difference}",
        "with": "; con {enough}",
        "above": "; con más de {enough}",
        "admitted": " habría sido admitida.",
        "ahead": ", ninguna respuesta justa podría admitir a quien está en ese lugar y rechazar a esta persona.",
        "tied": "está llena de personas que van delante de esta o empatan con ella: {tied} de las admitidas "
        "comparten su lugar ({place}); el empate se resolvió para que más personas tengan plaza, no por mérito ni "
        "por sorteo; ",
        "one_tied": "está llena de personas que van delante de esta o empatan con ella: 1 de las admitidas "
        "comparte su lugar ({place}); el empate se resolvió para que más personas tengan plaza, no por mérito ni "
        "por sorteo; ",
        "tied_own": "un paso delante del empate, ninguna respuesta justa podría admitir a alguien de ese lugar y "
        "rechazar a esta persona.",
        "tied_merit": "con más mérito en cualquier elemento, por poco que fuera, ninguna respuesta justa podría "
        "admitir a alguien de ese lugar y rechazar a esta persona.",
    },
    "en": {
        "place": "place {place} of {applicants} in the order; ",
        "result": "{applicant}: {place}gets post {post}.",
        "nothing": "{applicant}: {place}gets no post.",
        "wish": "Choice {position}, post {post}: ",
        "placed": "this is the one they get.",
        "not_reached": "not considered, because they already get one they prefer.",
        "no_seats": "had no seat to offer them.",
        "behind": "{distance} places behind the last person admitted (place {last_place})",
        "just_behind": "just behind the last person admitted (place {last_place})",
        "dropped": "the post does not list this person.",
        "own": "; the post's own order decided",
        "own_ahead": "; one step ahead of that place, no just answer could admit whoever is in it and refuse this "
        "person",
        "tie": "; merit is equal and the tie-break decided",
        "element": "; element {element} of merit decided, by {difference}",
        "with": "; with {enough}",
        "above": "; with more than {enough}",
        "admitted": " they would have been admitted.",
        "ahead": ", no just answer could admit whoever is in that place and refuse this person.",
        "tied": "full of people ahead of this one or tied with them: {tied} of those admitted share their place "
        "({place}); the tie was settled so that more people have a post, not by merit nor by lottery; ",
        "one_tied": "full of people ahead of this one or tied with them: 1 of those admitted shares their place "
        "({place}); the tie was settled so that more people have a post, not by merit nor by lottery; ",
        "tied_own": "one step ahead of the tie, no just answer could admit anybody of that place and refuse this "
        "person.",
        "tied_merit": "with more merit in any element, however little, no just answer could admit anybody of that "
        "place and refuse this person.",
    },
}
