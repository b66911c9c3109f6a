"""What is put right after the fact: upheld appeals, withdrawals, added seats.

A correction never edits anything. It is bound by digest to a question and to the answer that was published, and
it states a second question, the corrected one, which anybody can solve from the beginning.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import InvalidQuestion
from cauce_engine.order import ordering
from cauce_engine.problems import OPEN, Merit, Orders, Question
from cauce_engine.results import Allocation

FORMAT = "cauce-correction/1"
EFFECTS = ("rerun", "extra-seats", "waiting-list")


class InvalidCorrection(InvalidQuestion):
    """The correction contradicts itself or cannot be read; ``place`` points into the correction's document."""


class OtherAnswer(InvalidCorrection):
    """The correction is well formed, but corrects another question or another answer."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing put right. None: not touched. ``moved``: the event names a position (``ahead_of``; None: the
    end), in the order of ``post``, or in the one order of all where ``post`` is None.
    """

    kind: str
    applicant: str | None = None
    merit: tuple[str | int, ...] | None = None
    groups: tuple[str, ...] | None = None
    choices: tuple[str, ...] | None = None
    moved: bool = False
    post: str | None = None
    ahead_of: str | None = None
    add: int = 0
    seat_class: str | None = None

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"kind": self.kind}
        if self.applicant is not None:
            document["applicant"] = self.applicant
        for name in ("merit", "groups", "choices"):
            if getattr(self, name) is not None:
                document[name] = list(getattr(self, name))
        if self.post is not None:
            document["post"] = self.post
        if self.moved:
            document["ahead_of"] = self.ahead_of
        if self.kind == "seats":
            document["add"] = self.add
            if self.seat_class is not None:
                document["class"] = self.seat_class
        return document


@dataclass(frozen=True, eq=False, kw_only=True)
class Correction:
    """Events that correct ``answer``, the published answer to ``question``.

    Build one with `correction_of` or read it with `parse_correction`. People are indices into
    ``base.applicants``: the question with those admitted added to it, without wishes; an answer to one is an
    answer to the other.
    """

    question: Question
    answer: Allocation
    events: tuple[Event, ...]
    effect: str | None = None
    base: Question = field(repr=False)
    kept: NDArray[np.int64] = field(repr=False)
    """Index in ``base`` of each applicant of ``question``."""

    @cached_property
    def before(self) -> NDArray[np.int32]:
        """The post of each person of ``base`` in the published answer; -1 for none."""
        post = np.full(len(self.base.applicants), -1, np.int32)
        post[self.kept] = self.answer.post
        return post

    @cached_property
    def named(self) -> dict[int, tuple[int, ...]]:
        """The numbers of the events that name each person."""
        found: dict[int, tuple[int, ...]] = {}
        for number, event in enumerate(self.events):
            if event.applicant is not None:
                person = self.base.index_of(event.applicant)
                found[person] = (*found.get(person, ()), number)
        return found

    @cached_property
    def withdrawn(self) -> frozenset[int]:
        return frozenset(
            self.base.index_of(e.applicant) for e in self.events if e.kind == "withdrawal" and e.applicant
        )

    @cached_property
    def lists(self) -> dict[int, NDArray[np.int32]]:
        """The corrected list of everybody whose list changes."""
        relisted = any(event.choices is not None for event in self.events)
        at = {post: index for index, post in enumerate(self.base.posts)} if relisted else {}
        found = {person: np.zeros(0, np.int32) for person in self.withdrawn}
        # A choice made in person stood instead of the list; an upheld appeal gives the list back.
        chose = {self.question.applicants[person] for person, _ in self.question.log}
        for event in self.events:
            if event.kind == "appeal" and event.applicant in chose:
                person = self.question.index_of(event.applicant)
                bounds = self.question.choice_start[person : person + 2]
                listed = self.question.choices[int(bounds[0]) : int(bounds[1])]
                found[self.base.index_of(event.applicant)] = listed
        for event in self.events:
            if event.choices is not None and event.applicant is not None:
                listed = np.array([at[post] for post in event.choices], np.int32)
                found[self.base.index_of(event.applicant)] = listed
        return found

    @cached_property
    def seats(self) -> dict[int, int]:
        """Seats added, by post."""
        added: dict[int, int] = {}
        for event in self.events:
            if event.kind == "seats":
                post = self.base.posts.index(event.post)
                added[post] = added.get(post, 0) + event.add
        return added

    @cached_property
    def gaps(self) -> dict[int | None, dict[int, tuple[int, int]]]:
        """Where the people who move stand: for the one order (None) and for posts with an order of their own.

        The value (g, n) stands just ahead of whoever had place g (from 1) in the order as it was, behind the
        other newcomers to that gap with a smaller n. Everybody else keeps their place relative to the others.
        """
        return _gaps(self)

    @cached_property
    def merit(self) -> tuple[Merit, ...]:
        """The corrected elements of merit; a position in the one order is written as a first element."""
        return _merit(self)

    def list_of(self, person: int) -> NDArray[np.int32]:
        """The corrected list of a person: post indices, best first."""
        if person in self.lists:
            return self.lists[person]
        start = self.base.choice_start
        return self.base.choices[int(start[person]) : int(start[person + 1])]

    def order_of(self, post: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """The corrected order of a post that has its own: people, their levels, whether written in a tie."""
        return _order_of(self, post)

    def seats_of(self, post: int) -> int:
        """The seats of a post, with those added."""
        return int(self.base.capacity[post]) + self.seats.get(post, 0)

    @cached_property
    def corrected(self) -> Question:
        """The question that the events state: solved from the beginning, it gives the effect "rerun"."""
        return _applied(self)

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(_canonical(self.to_document())).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """The correction in the open format."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "question": self.answer.question_digest or self.question.digest,
            "answer": answer_digest(self.answer),
            "events": [event.to_document() for event in self.events],
        }
        return document if self.effect is None else document | {"effect": self.effect}


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def answer_digest(answer: Allocation) -> str:
    """ "sha256:" and the SHA-256 of what an answer settles: its question and who holds what.

    The engine's version and the wording of its checks leave no trace in it.
    """
    settled: dict[str, Any] = {
        "question": answer.question_digest or answer.question.digest,
        "places": answer.places(),
    }
    if answer.question.lines.several:
        settled["seats"] = answer.seats()
    return "sha256:" + hashlib.sha256(_canonical(settled)).hexdigest()


def with_admitted(question: Question, events: tuple[Event, ...]) -> tuple[Question, NDArray[np.int64]]:
    """The question with those admitted in it, with their merit and without wishes; and where the others went."""
    admitted = sorted((e.applicant, e) for e in events if e.kind == "admission" and e.applicant is not None)
    size = len(question.applicants)
    if not admitted:
        return question, np.arange(size)
    names = [name for name, _ in admitted]
    where = [bisect_left(question.applicants, name) for name in names]
    kept = np.delete(np.arange(size + len(names)), np.array(where) + np.arange(len(names)))
    applicants = np.empty(size + len(names), object)
    applicants[kept] = question.applicants
    people = np.setdiff1d(np.arange(size + len(names)), kept)
    applicants[people] = names
    counts = np.zeros(len(applicants) + 1, np.int64)
    counts[kept + 1] = np.diff(question.choice_start)
    columns = []
    for number, column in enumerate(question.merit):
        codes = np.full(len(applicants), -1, np.int32)
        codes[kept] = column.codes
        values = {
            int(p): e.merit[number] for p, (_, e) in zip(people, admitted, strict=True) if e.merit is not None
        }
        columns.append(_patched(replace(column, codes=codes), values))
    orders = question.orders
    if orders is not None:
        orders = replace(orders, applicant=kept[orders.applicant].astype(np.int32))
    return replace(
        question,
        applicants=tuple(applicants),
        choice_start=np.cumsum(counts),
        merit=tuple(columns),
        orders=orders,
        groups={int(kept[person]): names for person, names in question.groups.items()},
        log=tuple((int(kept[person]), post) for person, post in question.log),
    ), kept


def _patched(column: Merit, values: Mapping[int, str | int]) -> Merit:
    """A merit element with the values of some people replaced."""
    if not values:
        return column
    texts = (*column.texts, *values.values())
    codes = column.codes.copy()
    for code, person in enumerate(values, start=len(column.texts)):
        codes[person] = code
    exact = [Decimal(str(text)) for text in texts]
    level = {value: at for at, value in enumerate(sorted(set(exact)))}
    return Merit(codes, texts, np.array([level[value] for value in exact], np.int64))


def exact_key(question: Question, person: int) -> tuple[Any, ...]:
    """What places a person in the one order: compared as tuples, smaller comes first. O(1) for each person."""
    merit = tuple(-Decimal(str(column.texts[column.codes[person]])) for column in question.merit)
    name = question.applicants[person]
    return (*merit, question.lottery.ticket(name) if question.lottery else "", name)


def settled_order(question: Question, post: int) -> list[int]:
    """The people whom a post with an order of its own lists, best first, ties settled. O(its entries)."""
    orders = question.orders
    if orders is None:
        return []
    rows = slice(int(orders.start[post]), int(orders.start[post + 1]))
    people, level = orders.applicant[rows].tolist(), orders.level[rows].tolist()
    if len(set(level)) == len(level):
        return list(people)
    drawn = [
        question.lottery.ticket(question.applicants[person]) if question.lottery else "" for person in people
    ]
    return [person for _, _, person in sorted(zip(level, drawn, people, strict=True))]


def _gaps(correction: Correction) -> dict[int | None, dict[int, tuple[int, int]]]:
    base = correction.base
    inside: dict[int | None, dict[int, list[int]]] = {}
    places: dict[int | None, dict[int, int]] = {}
    merit = {
        base.index_of(e.applicant): e.merit
        for e in correction.events
        if e.kind == "appeal" and e.merit is not None and e.applicant is not None
    }
    if merit:
        order = ordering(base).order
        keyed = []
        for person, values in merit.items():
            key = (*(-Decimal(str(value)) for value in values), *exact_key(base, person)[len(values) :])
            gap = bisect_left(order, key, key=lambda other: exact_key(base, int(other))) + 1
            keyed.append((key, gap, person))
        for _, gap, person in sorted(keyed):
            inside.setdefault(None, {}).setdefault(gap, []).append(person)
            places.setdefault(None, {})[person] = gap
    for event in correction.events:
        if not event.moved or event.applicant is None:
            continue
        post = None if event.post is None else base.posts.index(event.post)
        person = base.index_of(event.applicant)
        target = None if event.ahead_of is None else base.index_of(event.ahead_of)
        gaps, moved = inside.setdefault(post, {}), places.setdefault(post, {})
        if person in moved:
            gaps[moved.pop(person)].remove(person)
        if target in moved:
            gap = moved[target]
            gaps[gap].insert(gaps[gap].index(target), person)
        else:
            gap = _place(base, post, target)
            gaps.setdefault(gap, []).append(person)
        moved[person] = gap
    return {
        post: {person: (gap, at) for gap, people in gaps.items() for at, person in enumerate(people)}
        for post, gaps in inside.items()
    }


def _place(base: Question, post: int | None, person: int | None) -> int:
    if post is None:
        return len(base.applicants) + 1 if person is None else int(ordering(base).place[person])
    order = settled_order(base, post)
    return len(order) + 1 if person is None else order.index(person) + 1


def _applied(correction: Correction) -> Question:
    base = correction.base
    groups = dict(base.groups)
    for event in correction.events:
        if event.groups is not None and event.applicant is not None:
            groups[base.index_of(event.applicant)] = tuple(sorted(event.groups))
    start, choices = _relisted(base, correction.lists)
    capacity = base.capacity.copy()
    for post, seats in correction.seats.items():
        capacity[post] += seats
    return replace(
        base,
        capacity=capacity,
        choice_start=start,
        choices=choices,
        merit=correction.merit,
        groups=dict(sorted((person, names) for person, names in groups.items() if names)),
        orders=_reordered(correction),
        terms=_with_seats(correction),
    )


def _merit(correction: Correction) -> tuple[Merit, ...]:
    base, events = correction.base, correction.events
    merit = base.merit
    for number in range(len(merit)):
        values = {
            base.index_of(e.applicant): e.merit[number]
            for e in events
            if e.kind == "appeal" and e.merit is not None and e.applicant is not None
        }
        merit = (*merit[:number], _patched(merit[number], values), *merit[number + 1 :])
    if any(event.moved and event.post is None for event in events):
        merit = (_positions(correction), *merit)
    return merit


def _positions(correction: Correction) -> Merit:
    """The corrected order in writing, as a first element of merit: how many people stand behind."""
    base, gaps = correction.base, correction.gaps[None]
    common = ordering(base)
    size = len(common.order)
    moved = sorted(gaps, key=gaps.__getitem__)
    gone = np.zeros(size, np.bool_)
    gone[moved] = True
    stay = common.order[~gone[common.order]]
    where = np.searchsorted(common.place[stay], [gaps[person][0] for person in moved])
    order = np.insert(stay, where, moved)
    codes = np.empty(size, np.int32)
    codes[order] = np.arange(size - 1, -1, -1, dtype=np.int32)
    if base.merit:
        codes[base.merit[0].codes < 0] = -1
    return Merit(codes, tuple(range(size)), np.arange(size, dtype=np.int64))


def _relisted(
    base: Question, lists: Mapping[int, NDArray[np.int32]]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    if not lists:
        return base.choice_start, base.choices
    counts = np.diff(base.choice_start)
    parts, done = [], 0
    for person in sorted(lists):
        parts += [base.choices[done : int(base.choice_start[person])], lists[person]]
        done = int(base.choice_start[person + 1])
        counts[person] = len(lists[person])
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    return start, np.concatenate([*parts, base.choices[done:]]).astype(np.int32)


def _order_of(
    correction: Correction, post: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """A post's own order with those who move put in; a tie that a newcomer enters is cut in two."""
    base, orders = correction.base, correction.base.orders
    if orders is None:
        raise ValueError("no post has an order of its own")
    rows = slice(int(orders.start[post]), int(orders.start[post + 1]))
    moves = correction.gaps.get(post)
    if not moves:
        return orders.applicant[rows], orders.level[rows], orders.inner[rows]
    where = {int(person): at for at, person in enumerate(orders.applicant[rows].tolist(), start=rows.start)}
    entries = [
        (place, 1, 0, person, int(orders.level[where[person]]), bool(orders.inner[where[person]]))
        for place, person in enumerate(settled_order(base, post), start=1)
        if person not in moves
    ]
    entries += [(gap, 0, at, person, -1, False) for person, (gap, at) in moves.items()]
    entries.sort()
    levels: list[int] = []
    last, number = -1, -1
    for _, _, _, _, level, tied in entries:
        number += not (tied and level == last)
        levels.append(number)
        last = level if tied else -1
    return (
        np.array([entry[3] for entry in entries], np.int32),
        np.array(levels, np.int32),
        np.array([entry[5] for entry in entries], np.bool_),
    )


def _reordered(correction: Correction) -> Orders | None:
    orders = correction.base.orders
    moved = sorted(post for post in correction.gaps if post is not None)
    if orders is None or not moved:
        return orders
    parts: list[tuple[NDArray[Any], ...]] = []
    counts, done = np.diff(orders.start), 0
    for post in moved:
        kept = slice(done, int(orders.start[post]))
        done = int(orders.start[post + 1])
        entries = correction.order_of(post)
        parts += [(orders.applicant[kept], orders.level[kept], orders.inner[kept]), entries]
        counts[post] = len(entries[0])
    parts.append((orders.applicant[done:], orders.level[done:], orders.inner[done:]))
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    applicant, level, inner = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Orders(start, applicant, level, orders.given, inner)


def _with_seats(correction: Correction) -> dict[int, Any]:
    terms = dict(correction.base.terms)
    for event in correction.events:
        if event.kind != "seats":
            continue
        post = correction.base.posts.index(event.post)
        stated = terms.get(post)
        if stated is None or not stated.classes:
            continue
        named = event.seat_class or OPEN
        classes = tuple(
            replace(c, seats=c.seats + event.add) if c.name == named else c for c in stated.classes
        )
        terms[post] = replace(stated, classes=classes)
    return terms
