"""A swap round, read and checked: which holders consent, and to what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from cauce_engine.after.corrections import InvalidCorrection, answer_digest
from cauce_engine.after.documents import posts_named, refuse_other, refuse_shares
from cauce_engine.faults import Unsupported, quoted
from cauce_engine.live import as_chosen
from cauce_engine.problems import Question
from cauce_engine.results import Allocation

FORMAT = "cauce-swap/1"
CLAIMS = ("merit", "order")


@dataclass(frozen=True, slots=True)
class Consent:
    """One holder's consent: to any of ``choices``, best first; None: to what their standing list has above
    the post that they hold.
    """

    applicant: str
    choices: tuple[str, ...] | None = None

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"applicant": self.applicant}
        return document if self.choices is None else document | {"choices": list(self.choices)}


@dataclass(frozen=True, eq=False, kw_only=True)
class SwapRound:
    """Consents to swap posts of ``answer``. ``claims``: whether only merit and posts' own orders give a better
    claim ("merit"; the lottery that settled a tie gives none), or the tie-break too ("order").
    """

    question: Question
    answer: Allocation
    consents: tuple[Consent, ...]
    claims: str = "merit"
    chosen: Question = field(repr=False)
    """The question with choices made in person in the place of lists."""

    @cached_property
    def wants(self) -> dict[int, tuple[int, ...]]:
        """By consenting person, the posts that they would rather have than the one they hold, best first."""
        at = {post: index for index, post in enumerate(self.question.posts)}
        found: dict[int, tuple[int, ...]] = {}
        for consent in self.consents:
            person = self.question.index_of(consent.applicant)
            if consent.choices is not None:
                found[person] = tuple(at[post] for post in consent.choices)
                continue
            start = self.chosen.choice_start
            row = self.chosen.choices[int(start[person]) : int(start[person + 1])].tolist()
            above = row[: row.index(int(self.answer.post[person]))]
            found[person] = tuple(post for post in above if self._listed(post, person))
        return found

    def _listed(self, post: int, person: int) -> bool:
        orders = self.question.orders
        if orders is None or not orders.given[post]:
            return True
        entries = orders.applicant[int(orders.start[post]) : int(orders.start[post + 1])]
        return bool(np.any(entries == person))

    @property
    def digest(self) -> str:
        text = json.dumps(self.to_document(), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()

    def to_document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "question": self.answer.question_digest or self.question.digest,
            "answer": answer_digest(self.answer),
            "claims": self.claims,
            "consents": [consent.to_document() for consent in self.consents],
        }


def parse_swap(question: Question, answer: Allocation, document: Mapping[str, Any]) -> SwapRound:
    """Read a swap round over this answer; `InvalidCorrection` for its first fault, with its place.

    `OtherAnswer` when its digests are not those of this question and this answer.
    """
    refuse_other(question, answer, document, FORMAT, {"format", "question", "answer", "claims", "consents"})
    return swap_round(question, answer, document.get("consents"), claims=document.get("claims", "merit"))


def swap_round(
    question: Question,
    answer: Allocation,
    consents: Sequence[Mapping[str, Any]] | None,
    *,
    claims: str = "merit",
) -> SwapRound:
    """A swap round from its consents, as documents; `InvalidCorrection` for the first fault."""
    if claims not in CLAIMS:
        raise InvalidCorrection(
            "claims", "{claims} is none of {known}", claims=quoted(claims), known=", ".join(CLAIMS)
        )
    if answer.status != "certified":
        raise Unsupported("status", "an answer that is {status} places nobody", status=quoted(answer.status))
    if question.couples:
        raise Unsupported("couples", "cannot swap: what a couple prefers is a pair of posts")
    refuse_shares(question, "have no swap rounds: a share gives claims that merit does not show")
    if not isinstance(consents, (list, tuple)):
        raise InvalidCorrection("consents", "{consents} is not a list", consents=quoted(consents))
    read: list[Consent] = []
    seen: set[int] = set()
    for at, row in enumerate(consents):
        consent, person = _consent(row, f"consents[{at}]", question, answer)
        if person in seen:
            problem = "{applicant} has already consented"
            raise InvalidCorrection(f"consents[{at}].applicant", problem, applicant=quoted(consent.applicant))
        seen.add(person)
        read.append(consent)
    round_ = SwapRound(
        question=question, answer=answer, consents=tuple(read), claims=claims, chosen=as_chosen(question)
    )
    posts = {post: at for at, post in enumerate(question.posts)}
    for at, consent in enumerate(read):
        for number, post in enumerate(consent.choices or ()):
            if not round_._listed(posts[post], question.index_of(consent.applicant)):
                problem = "post {post} does not list {applicant}"
                raise InvalidCorrection(
                    f"consents[{at}].choices[{number}]",
                    problem,
                    post=quoted(post),
                    applicant=quoted(consent.applicant),
                )
    return round_


def _consent(row: Any, place: str, question: Question, answer: Allocation) -> tuple[Consent, int]:
    if not isinstance(row, Mapping) or not row.keys() <= {"applicant", "choices"}:
        raise InvalidCorrection(place, "is not an object with the fields applicant and choices alone")
    name: Any = row.get("applicant")
    try:
        person = question.index_of(name)
    except (KeyError, TypeError):
        raise InvalidCorrection(
            f"{place}.applicant", "applicant {name} is not declared", name=quoted(name)
        ) from None
    held = int(answer.post[person])
    if held < 0:
        raise InvalidCorrection(f"{place}.applicant", "{name} holds no post to swap", name=quoted(name))
    posts = {post: at for at, post in enumerate(question.posts)}
    choices = posts_named(row.get("choices"), f"{place}.choices", posts)
    if choices is not None and question.posts[held] in choices:
        number = choices.index(question.posts[held])
        raise InvalidCorrection(
            f"{place}.choices[{number}]", "{name} already holds this post", name=quoted(name)
        )
    return Consent(str(name), choices), person
