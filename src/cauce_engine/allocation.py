"""Solve a question and return its answer only if the certificate holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cauce_engine.certify import certify
from cauce_engine.couples import with_couples
from cauce_engine.faults import InvalidQuestion, Unsupported, quoted
from cauce_engine.largest import largest
from cauce_engine.live import as_chosen
from cauce_engine.minima import unmet
from cauce_engine.order import ordering
from cauce_engine.problems import Question
from cauce_engine.results import Allocation, Check
from cauce_engine.shares import as_called, call_documents
from cauce_engine.twosided import chosen, stable


class Uncertified(RuntimeError):
    """The solver's answer broke a property, so there is none: ``check`` is the first that failed."""

    def __init__(self, check: Check) -> None:
        super().__init__(f"{check.name} does not hold: {check.statement('en')} Witness: {check.witness}")
        self.check = check


def allocate(question: Question) -> Allocation:
    """Answer the question.

    Raises `Unsupported` when its kind is not built yet and `Uncertified` when any property fails: an answer
    that comes back is a certified one.
    """
    refuse_unsupported(question)
    answer = replace(_solved(as_called(question)), question=question)
    calls = call_documents(question)
    if calls:
        answer = replace(answer, extra={**answer.extra, "order_of_call": calls})
    checks = certify(question, answer)
    for check in checks:
        if not check.holds:
            raise Uncertified(check)
    minima = unmet(question, answer)
    extra = {**answer.extra, **({"minima": minima} if minima else {})}
    return replace(answer, checks=checks, extra=extra)


def refuse_unsupported(question: Question) -> None:
    """Raise `Unsupported` for what this engine reads but does not answer yet."""
    _refuse_missing_merit(question)
    if question.couples and (question.mechanism != "stable" or not question.simple):
        raise Unsupported("couples", "are answered by the mechanism stable, without classes or regions")


def _refuse_missing_merit(question: Question) -> None:
    """Where a post has no order of its own, merit decides: then everybody who asks for it needs one, or nobody."""
    if question.mechanism != "stable" or not question.merit:
        return
    without = question.merit[0].codes < 0
    if without.all() or not without.any():
        return
    given = question.orders.given if question.orders else np.zeros(len(question.posts), np.bool_)
    for person in np.flatnonzero(without).tolist():
        wishes = question.choices[question.choice_start[person] : question.choice_start[person + 1]]
        for post in wishes[~given[wishes]].tolist():
            problem = "is missing, and post {post} has no order of its own"
            raise InvalidQuestion(
                f"applicants[{quoted(question.applicants[person])}].merit",
                problem,
                post=quoted(question.posts[post]),
            )


def _solved(question: Question) -> Allocation:
    if question.settles_for_size:
        return largest(question)
    if question.log:
        return _replayed(question)
    if question.couples:
        return with_couples(question)
    if not question.simple:
        return chosen(question)
    if question.mechanism != "stable" or question.orders is None:
        return _serial(question)
    return stable(question)


def _replayed(question: Question) -> Allocation:
    """Answer a log of choices; `InvalidQuestion` for a turn out of order or a post that was already full."""
    place = ordering(question).place
    before = 0
    for at, (person, _) in enumerate(question.log):
        if place[person] <= before:
            name = quoted(question.applicants[person])
            raise InvalidQuestion(
                f"log[{at}].applicant", "{name} was called out of the order of merit", name=name
            )
        before = int(place[person])
    answer = replace(_solved(as_chosen(question)), question=question)
    for at, (person, post) in enumerate(question.log):
        if int(answer.post[person]) != post:
            wanted, name = quoted(question.posts[post]), quoted(question.applicants[person])
            raise InvalidQuestion(
                f"log[{at}].post",
                "{wanted} had no seat left when it was the turn of {name}",
                wanted=wanted,
                name=name,
            )
    return answer


def _serial(question: Question) -> Allocation:
    from cauce_engine._kernels.serial import serial  # noqa: PLC0415 - the compiler loads only when something is solved

    ranked = ordering(question)
    post = np.empty(len(question.applicants), np.int32)
    last = np.empty(len(question.posts), np.int32)
    serial(ranked.order, question.choice_start, question.choices, question.capacity, post, last)
    return Allocation(question=question, post=post, line=post, last=last, unique=True)
