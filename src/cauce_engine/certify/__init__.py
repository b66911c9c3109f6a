"""Check an answer against its question, property by property, sharing no code with the solver.

Everything is recomputed from the question: the orders, the lottery, who is last at each post. Each property
that fails comes with a witness, the first person or post that shows it. Time is linear in the number of
wishes once the people are sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.certify.choices import choices_that_fail
from cauce_engine.certify.couples import objections_of
from cauce_engine.certify.largest import weakness
from cauce_engine.certify.merit import ByMerit
from cauce_engine.certify.order import ranks
from cauce_engine.certify.shares import called
from cauce_engine.certify.witnesses import Witness, full, line_untrue, of_wish, overfull
from cauce_engine.live import as_chosen
from cauce_engine.lottery import Lottery
from cauce_engine.problems import Question
from cauce_engine.results import STATEMENTS, Allocation, Check


def certify(question: Question, answer: Allocation) -> tuple[Check, ...]:
    """Check every property that the mechanism of the question promises; the answer may come from anywhere."""
    digest = question.digest
    question, calls = called(as_chosen(question))
    evidence = _Evidence(question, answer)
    found: dict[str, Witness]
    if answer.status != "certified":
        found = {}
    elif question.settles_for_size:
        found = weakness(question, answer)
    elif question.couples:
        found = objections_of(question, answer.post)
    elif question.simple and question.orders is None:
        found = _by_merit(question, answer, evidence)
    elif question.simple:
        found = {
            "A1": overfull(question, evidence.count),
            "A2": _unlisted(evidence),
            "A3": _envy(evidence),
            "A4": _waste(evidence),
        }
        found["A6"] = _improvable(evidence, found)
        found["A8"] = _cutoffs_mislead(evidence)
    else:
        found = choices_that_fail(question, answer, *evidence.ranked)
    if calls and answer.status == "certified":
        published = answer.extra.get("order_of_call")
        found["A12"] = None if published == calls else {"order_of_call": "is not the one recomputed"}
    found["A7"] = _other_question(digest, answer)
    found["A10"] = _other_lottery(question.lottery)
    return tuple(Check(name, found[name] is None, found[name]) for name in STATEMENTS if name in found)


def _by_merit(question: Question, answer: Allocation, evidence: _Evidence) -> dict[str, Witness]:
    """One order decides everywhere: then A1 to A4 leave exactly one answer, which is A6 as well."""
    one = ByMerit(question, answer)
    found = one.findings()
    broken = next((name for name, witness in found.items() if witness is not None), None)
    if broken is not None:
        return found | {"A6": {"because": broken}, "A8": _cutoffs_mislead(evidence)}
    found["A6"] = {"unique": False} if answer.unique is False else None
    found["A8"] = one.lines_untrue()
    return found


@dataclass(eq=False)
class _Evidence:
    """What the checks look at, each computed once."""

    question: Question
    answer: Allocation

    @cached_property
    def ranked(self) -> tuple[NDArray[np.int32], NDArray[np.int32], bool]:
        """Rank of each person, rank of each wish at its post, and whether the former says it all."""
        question = self.question
        person = ranks(question, question.merit)
        if question.orders is None:
            return person, np.zeros(0, np.int32), True
        from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

        orders = question.orders
        chance = ranks(question, ()) if len(question.merit) or question.lottery else person
        owner = np.repeat(np.arange(len(question.posts)), np.diff(orders.start))
        settled = np.arange(len(owner))
        alike = np.zeros(len(owner) + 1, np.bool_)
        alike[1:-1] = (orders.level[1:] == orders.level[:-1]) & (owner[1:] == owner[:-1])
        tied = np.flatnonzero(alike[1:] | alike[:-1])
        people = orders.applicant[tied]
        settled[tied] = tied[np.lexsort((chance[people], orders.level[tied], owner[tied]))]
        place = np.arange(len(settled)) - np.repeat(orders.start[:-1], np.diff(orders.start))
        wish = loops.wish_ranks(
            question.choice_start,
            question.choices,
            orders.given,
            orders.start,
            orders.applicant[settled],
            place.astype(np.int32),
            person,
        )
        return person, wish, False

    @cached_property
    def holders(self) -> tuple[Any, ...]:
        from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

        question = self.question
        return tuple(
            loops.holders(
                question.choice_start, question.choices, self.answer.post, *self.ranked, len(question.posts)
            )
        )

    @cached_property
    def refused(self) -> tuple[int, int, NDArray[np.int32]]:
        from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

        question = self.question
        envy, waste, keen = loops.refused(
            question.choice_start,
            question.choices,
            self.held,
            *self.ranked,
            self.count,
            question.capacity,
            self.worst,
        )
        return int(envy), int(waste), keen

    @property
    def held(self) -> NDArray[np.int64]:
        """Index of the wish that each person holds; the end of their list where they hold none."""
        held: NDArray[np.int64] = self.holders[0]
        return held

    @property
    def count(self) -> NDArray[np.int64]:
        count: NDArray[np.int64] = self.holders[1]
        return count

    @property
    def worst(self) -> NDArray[np.int64]:
        """The largest rank among those who hold each post; -1 where nobody does."""
        worst: NDArray[np.int64] = self.holders[2]
        return worst

    @property
    def last(self) -> NDArray[np.int32]:
        """The person of that rank."""
        last: NDArray[np.int32] = self.holders[3]
        return last


def _unlisted(evidence: _Evidence) -> Witness:
    person = int(evidence.holders[4])
    if person < 0:
        return None
    question = evidence.question
    return {"applicant": question.applicants[person], "post": question.posts[evidence.answer.post[person]]}


def _envy(evidence: _Evidence) -> Witness:
    wish = evidence.refused[0]
    if wish < 0:
        return None
    post = int(evidence.question.choices[wish])
    return of_wish(evidence.question, wish) | {"behind": evidence.question.applicants[evidence.last[post]]}


def _waste(evidence: _Evidence) -> Witness:
    wish = evidence.refused[1]
    if wish < 0:
        return None
    post = int(evidence.question.choices[wish])
    return of_wish(evidence.question, wish) | {
        "open_seats": int(evidence.question.capacity[post] - evidence.count[post])
    }


def _improvable(evidence: _Evidence, found: Mapping[str, Witness]) -> Witness:
    """Look for another stable answer: one that is better for somebody, or one that makes "unique" false.

    With one order for all there is exactly one answer without envy, waste or unlisted places. Otherwise two
    stable answers always differ by circles of posts (rotations): to go up, each post on the circle gives its
    last seat to the best person who would rather hold it, and that person's post is the next on the circle;
    to go down, the last admitted of each post moves to the next post that would take them.
    """
    broken = next((name for name in ("A1", "A2", "A3", "A4") if found[name] is not None), None)
    if broken is not None:
        return {"because": broken}
    question, answer = evidence.question, evidence.answer
    if evidence.ranked[2]:
        return {"unique": False} if answer.unique is False else None
    from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

    taken = full(question, evidence.count)
    keen = evidence.refused[2]
    up = np.where(taken & (keen >= 0), answer.post[np.maximum(keen, 0)] if len(answer.post) else -1, -1)
    post = loops.on_a_circle(up.astype(np.int32))
    if post >= 0:
        person = question.applicants[keen[post]]
        return {"applicant": person, "post": question.posts[post], "because": "a better stable answer exists"}
    down = loops.next_lower(
        question.choice_start,
        question.choices,
        evidence.held,
        evidence.ranked[1],
        evidence.count,
        question.capacity,
        evidence.worst,
        evidence.last,
    )
    another = int(loops.on_a_circle(down))
    if answer.unique is None or answer.unique == (another < 0):
        return None
    witness: dict[str, Any] = {"unique": answer.unique}
    return witness | ({} if another < 0 else {"post": question.posts[another]})


def _other_question(digest: str, answer: Allocation) -> Witness:
    answered = answer.question_digest or answer.question.digest
    return None if answered == digest else {"question": digest, "answered": answered}


def _cutoffs_mislead(evidence: _Evidence) -> Witness:
    """Check that each line is true, then that following the lines leads everybody to the published place."""
    from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

    answer, question = evidence.answer, evidence.question
    untrue = line_untrue(question, answer, evidence.count, evidence.last)
    if untrue is not None:
        return untrue
    open_to_all = np.where(question.capacity > 0, 2**31, -1)
    reach = np.where(full(question, evidence.count), evidence.worst, open_to_all)
    person = int(
        loops.misled(question.choice_start, question.choices, evidence.held, *evidence.ranked, reach)
    )
    if person < 0:
        return None
    held = int(answer.post[person])
    return {
        "applicant": question.applicants[person],
        "published": question.posts[held] if held >= 0 else None,
    }


def _other_lottery(lottery: Lottery | None) -> Witness:
    if lottery is None or lottery.commitment is None:
        return None
    drawn = "sha256:" + hashlib.sha256(lottery.seed.encode("utf-8")).hexdigest()
    return None if drawn == lottery.commitment else {"commitment": lottery.commitment, "seed_gives": drawn}
