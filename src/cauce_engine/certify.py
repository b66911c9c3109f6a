"""Check an answer against its question, property by property, sharing no code with the solver.

Everything is recomputed from the question: the order, the lottery, who is last at each post. Each property
that fails comes with a witness, the first person or post that shows it. Time is linear in the number of
wishes once the people are sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.lottery import Lottery
from cauce_engine.problems import Question
from cauce_engine.results import NO_SEATS, SEATS_LEFT, Allocation, Check

Witness = Mapping[str, Any] | None


def certify(question: Question, answer: Allocation) -> tuple[Check, ...]:
    """Check every property that the mechanism of the question promises; the answer may come from anywhere."""
    evidence = _Evidence.of(question, answer)
    found: dict[str, Witness] = {
        "A1": _more_than_seats(evidence),
        "A2": _unlisted(evidence),
        "A3": _envy(evidence),
        "A4": _waste(evidence),
    }
    found["A6"] = _improvable(answer, found)
    found["A7"] = _other_question(question, answer)
    found["A8"] = _cutoffs_mislead(evidence)
    found["A10"] = _other_lottery(question.lottery)
    return tuple(Check(name, witness is None, witness) for name, witness in found.items())


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """What the checks look at, computed once.

    ``rank``: place of each person from 0. ``owner``: the person of each wish. ``held``: index of the wish
    that each person holds; the end of their list where they hold none. ``count`` and ``worst``: how many hold
    each post, and the largest rank among them (-1 where none does).
    """

    question: Question
    answer: Allocation
    rank: NDArray[np.int64]
    owner: NDArray[np.int32]
    held: NDArray[np.int64]
    listed: NDArray[np.bool_]
    count: NDArray[np.int64]
    worst: NDArray[np.int64]

    @classmethod
    def of(cls, question: Question, answer: Allocation) -> _Evidence:
        rank = ranks(question)
        people = np.arange(len(question.applicants), dtype=np.int32)
        owner = np.repeat(people, np.diff(question.choice_start))
        match = np.flatnonzero(question.choices == answer.post[owner])
        held = question.choice_start[1:].copy()
        held[owner[match]] = match
        listed = np.zeros(len(people), np.bool_)
        listed[owner[match]] = True
        placed = answer.post >= 0
        count = np.bincount(answer.post[placed], minlength=len(question.posts))
        worst = np.full(len(question.posts), -1, np.int64)
        np.maximum.at(worst, answer.post[placed], rank[placed])
        return cls(question, answer, rank, owner, held, listed, count, worst)

    @property
    def preferred(self) -> NDArray[np.bool_]:
        """Wishes that their person likes better than what they hold."""
        return np.arange(len(self.owner)) < self.held[self.owner]

    def name(self, person: int) -> str:
        return self.question.applicants[person]

    def at_rank(self, rank: int) -> str:
        return self.name(int(np.flatnonzero(self.rank == rank)[0]))


def ranks(question: Question) -> NDArray[np.int64]:
    """Place of every person in the order of merit, from 0, computed from the question alone."""
    size = len(question.applicants)
    elements = [-merit.levels[merit.codes] for merit in question.merit]
    tied = np.ones(size, np.bool_)
    order = np.lexsort((np.arange(size), *reversed(elements)))
    if question.lottery is not None and size:
        if elements:
            ranked = np.stack([element[order] for element in elements])
            same = (ranked[:, 1:] == ranked[:, :-1]).all(axis=0)
            tied = np.zeros(size, np.bool_)
            tied[order[1:][same]] = True
            tied[order[:-1][same]] = True
        tickets = _tickets(question.applicants, question.lottery, tied)
        order = np.lexsort((np.arange(size), *tickets.T[::-1], *reversed(elements)))
    rank = np.empty(size, np.int64)
    rank[order] = np.arange(size)
    return rank


def _tickets(people: tuple[str, ...], lottery: Lottery, wanted: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """The HMAC of each wanted person as four words, after RFC 2104; zeros for the others."""
    key = (lottery.seed + (lottery.beacon or "")).encode("utf-8")
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in key)) for pad in (0x36, 0x5C))
    drawn = np.zeros((len(wanted), 4), np.uint64)
    for person in np.flatnonzero(wanted).tolist():
        first, second = inner.copy(), outer.copy()
        first.update(people[person].encode("utf-8"))
        second.update(first.digest())
        drawn[person] = np.frombuffer(second.digest(), ">u8")
    return drawn


def _more_than_seats(evidence: _Evidence) -> Witness:
    over = np.flatnonzero(evidence.count > evidence.question.capacity)
    if not len(over):
        return None
    post = int(over[0])
    return {
        "post": evidence.question.posts[post],
        "holders": int(evidence.count[post]),
        "seats": int(evidence.question.capacity[post]),
    }


def _unlisted(evidence: _Evidence) -> Witness:
    strangers = np.flatnonzero((evidence.answer.post >= 0) & ~evidence.listed)
    if not len(strangers):
        return None
    person = int(strangers[0])
    post = evidence.question.posts[evidence.answer.post[person]]
    return {"applicant": evidence.name(person), "post": post}


def _envy(evidence: _Evidence) -> Witness:
    posts = evidence.question.choices
    envied = np.flatnonzero(evidence.preferred & (evidence.worst[posts] > evidence.rank[evidence.owner]))
    if not len(envied):
        return None
    wish = int(envied[0])
    return {
        "applicant": evidence.name(int(evidence.owner[wish])),
        "post": evidence.question.posts[posts[wish]],
        "behind": evidence.at_rank(int(evidence.worst[posts[wish]])),
    }


def _waste(evidence: _Evidence) -> Witness:
    posts = evidence.question.choices
    free = evidence.count < evidence.question.capacity
    wasted = np.flatnonzero(evidence.preferred & free[posts])
    if not len(wasted):
        return None
    wish = int(wasted[0])
    post = int(posts[wish])
    return {
        "applicant": evidence.name(int(evidence.owner[wish])),
        "post": evidence.question.posts[post],
        "open_seats": int(evidence.question.capacity[post] - evidence.count[post]),
    }


def _improvable(answer: Allocation, found: Mapping[str, Witness]) -> Witness:
    """With one strict order for all there is exactly one answer without envy, waste or unlisted places."""
    broken = next((name for name in ("A1", "A2", "A3", "A4") if found[name] is not None), None)
    if broken is not None:
        return {"because": broken}
    if answer.unique is False:
        return {"unique": False, "because": "with one order for all the answer is the only one"}
    return None


def _other_question(question: Question, answer: Allocation) -> Witness:
    answered = answer.question_digest or answer.question.digest
    return None if answered == question.digest else {"question": question.digest, "answered": answered}


def _cutoffs_mislead(evidence: _Evidence) -> Witness:
    """Check that each line is true, then that following the lines leads everybody to the published place."""
    answer, question = evidence.answer, evidence.question
    if answer.last is None:
        return {"cutoffs": "missing"}
    reach = np.full(len(question.posts), len(evidence.rank), np.int64)
    reach[question.capacity == 0] = -1
    full = (evidence.count >= question.capacity) & (question.capacity > 0)
    expected = np.where(full, evidence.worst, np.where(question.capacity > 0, SEATS_LEFT, NO_SEATS))
    stated = np.where(answer.last >= 0, np.append(evidence.rank, 0)[np.maximum(answer.last, 0)], answer.last)
    wrong = np.flatnonzero((stated != expected) | ((answer.last >= 0) != full))
    if len(wrong):
        post = int(wrong[0])
        last = int(answer.last[post])
        return {
            "post": question.posts[post],
            "last_admitted_is_not": evidence.name(last) if last >= 0 else None,
        }
    reach[full] = evidence.worst[full]
    reached = np.flatnonzero(reach[question.choices] >= evidence.rank[evidence.owner])
    best = question.choice_start[1:].copy()
    first = np.ones(len(reached), np.bool_)
    first[1:] = evidence.owner[reached][1:] != evidence.owner[reached][:-1]
    best[evidence.owner[reached[first]]] = reached[first]
    misled = np.flatnonzero(best != evidence.held)
    if not len(misled):
        return None
    person = int(misled[0])
    return {"applicant": evidence.name(person), "published": evidence.answer.places()[evidence.name(person)]}


def _other_lottery(lottery: Lottery | None) -> Witness:
    if lottery is None or lottery.commitment is None:
        return None
    drawn = "sha256:" + hashlib.sha256(lottery.seed.encode("utf-8")).hexdigest()
    return None if drawn == lottery.commitment else {"commitment": lottery.commitment, "seed_gives": drawn}
