"""Corrections and swap rounds as files: carried out from bytes, and verified without trusting any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.correcting import FORMAT as CORRECTED
from cauce_engine.after.correcting import Corrected, correct
from cauce_engine.after.corrections import EFFECTS, Correction, OtherAnswer
from cauce_engine.after.documents import parse_correction
from cauce_engine.after.swap_rounds import FORMAT as SWAP
from cauce_engine.after.swap_rounds import SwapRound, parse_swap
from cauce_engine.after.swaps import FORMAT as SWAPPED
from cauce_engine.after.swaps import Swapped, swap
from cauce_engine.allocation import Uncertified, allocate
from cauce_engine.certify import certify
from cauce_engine.certify.corrections import certify_correction
from cauce_engine.certify.swaps import certify_swaps
from cauce_engine.faults import InvalidAnswer, InvalidQuestion, quoted
from cauce_engine.formats.documents import read_json, read_question
from cauce_engine.problems import Question
from cauce_engine.results import Allocation, Check

_UNCOMPARED = ("engine", "checks")


class Refused(Exception):
    """A file cannot be used (``exit_status`` 2) or breaks a property or differs (1).

    ``which``: "question", "answer", "change" or "outcome".
    """

    def __init__(self, exit_status: int, which: str, problem: str) -> None:
        super().__init__(problem)
        self.exit_status = exit_status
        self.which = which
        self.problem = problem


@dataclass(frozen=True, slots=True)
class AfterReport:
    """What verifying a correction or a swap round found. ``exit_status``: 0 verified; 1 a property is broken or
    something differs; 2 a file cannot be used.
    """

    exit_status: int
    which: str
    problem: str
    checks: tuple[Check, ...] = ()

    @property
    def verified(self) -> bool:
        return self.exit_status == 0

    def line(self, lang: str = "es") -> str:
        """One line: verified, or the first thing that is wrong; in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        if self.verified:
            return words["verified"].format(problem=self.problem)
        head = words["differs" if self.exit_status == 1 else "unusable"]
        return head + words[self.which] + self.problem


def read_change(
    question_bytes: bytes, answer_bytes: bytes, change_bytes: bytes, *, lang: str = "es"
) -> Correction | SwapRound:
    """Read a correction or a swap round of an answer, and certify that answer. Raises `Refused`."""
    question, answer = _certified(question_bytes, answer_bytes, lang)
    try:
        document = read_json(change_bytes, InvalidQuestion)
        if isinstance(document, Mapping) and document.get("format") == SWAP:
            return parse_swap(question, answer, document)
        return parse_correction(question, answer, document)
    except OtherAnswer as error:
        raise Refused(1, "change", error.said(lang)) from None
    except InvalidQuestion as error:
        raise Refused(2, "change", error.said(lang)) from None


def carry_out(
    change: Correction | SwapRound, *, effect: str | None = None, lang: str = "es"
) -> Corrected | Swapped:
    """Work the change into its answer. Raises `Refused`."""
    try:
        return correct(change, effect) if isinstance(change, Correction) else swap(change)
    except InvalidQuestion as error:
        raise Refused(2, "change", error.said(lang)) from None
    except Uncertified as error:
        raise Refused(1, "outcome", _shown(error.check, lang)) from None


def verify_change(
    question_bytes: bytes, answer_bytes: bytes, change_bytes: bytes, outcome_bytes: bytes, *, lang: str = "es"
) -> AfterReport:
    """Verify the published outcome of a change.

    The published answer is certified; the outcome's places are certified; the change is carried out again and
    everything compared; and for the effect "rerun" the corrected question is solved from the beginning.
    """
    try:
        change = read_change(question_bytes, answer_bytes, change_bytes, lang=lang)
        try:
            document = read_json(outcome_bytes, InvalidAnswer)
        except InvalidAnswer as error:
            raise Refused(2, "outcome", error.said(lang)) from None
        if isinstance(change, Correction):
            return _verified_correction(change, document, lang)
        return _verified_swap(change, document, lang)
    except Refused as refused:
        return AfterReport(refused.exit_status, refused.which, refused.problem)


def _certified(question_bytes: bytes, answer_bytes: bytes, lang: str) -> tuple[Question, Allocation]:
    try:
        question = read_question(question_bytes)
    except InvalidQuestion as error:
        raise Refused(2, "question", error.said(lang)) from None
    try:
        answer = Allocation.from_document(question, read_json(answer_bytes, InvalidAnswer))
        broken = next((check for check in certify(question, answer) if not check.holds), None)
    except InvalidAnswer as error:
        raise Refused(1 if error.differs else 2, "answer", error.said(lang)) from None
    except InvalidQuestion as error:
        raise Refused(2, "question", error.said(lang)) from None
    if broken is not None:
        raise Refused(1, "answer", _shown(broken, lang))
    return question, answer


def _shown(check: Check, lang: str) -> str:
    witness = json.dumps(check.witness, ensure_ascii=False) if check.witness else ""
    return f"{check.name}: {check.statement(lang)} {witness}".strip()


def _verified_correction(correction: Correction, document: Any, lang: str) -> AfterReport:
    _refuse_format(document, CORRECTED)
    effect = document.get("effect")
    if effect not in EFFECTS:
        raise Refused(2, "outcome", f"effect: {quoted(effect)}: {', '.join(EFFECTS)}")
    places = _places(correction.base, document.get("places"))
    if correction.base.simple:
        extra = _extra(correction, document.get("extra_seats"))
        checks = certify_correction(correction, effect, places, extra)
        _refuse_broken(checks, lang)
    outcome = carry_out(correction, effect=effect, lang=lang)
    _refuse_difference(document, outcome.to_document())
    if isinstance(outcome, Corrected) and effect == "rerun":
        try:
            again = allocate(correction.corrected)
        except Uncertified as error:
            raise Refused(1, "outcome", _shown(error.check, lang)) from None
        if not np.array_equal(again.post, places):
            person = int(np.flatnonzero(again.post != places)[0])
            raise Refused(
                1,
                "outcome",
                f"places[{quoted(correction.base.applicants[person])}]: {quoted(correction.corrected.posts[again.post[person]] if again.post[person] >= 0 else None)}",
            )
    return AfterReport(0, "outcome", correction.digest, outcome.checks)


def _verified_swap(swap_round: SwapRound, document: Any, lang: str) -> AfterReport:
    _refuse_format(document, SWAPPED)
    places = _places(swap_round.question, document.get("places"))
    if not swap_round.question.lines.several:
        _refuse_broken(certify_swaps(swap_round, places, places), lang)
    outcome = carry_out(swap_round, lang=lang)
    _refuse_difference(document, outcome.to_document())
    return AfterReport(0, "outcome", swap_round.digest, outcome.checks)


def _refuse_format(document: Any, expected: str) -> None:
    if not isinstance(document, Mapping) or document.get("format") != expected:
        found = document.get("format") if isinstance(document, Mapping) else document
        raise Refused(2, "outcome", f"format: {quoted(found)}; {quoted(expected)}")


def _refuse_broken(checks: tuple[Check, ...], lang: str) -> None:
    for check in checks:
        if not check.holds:
            raise Refused(1, "outcome", _shown(check, lang))


def _places(question: Question, value: Any) -> NDArray[np.int32]:
    if not isinstance(value, Mapping):
        raise Refused(2, "outcome", f"places: {quoted(value)}")
    index: dict[str | None, int] = {post: at for at, post in enumerate(question.posts)}
    index[None] = -1
    found = np.empty(len(question.applicants), np.int32)
    for person, applicant in enumerate(question.applicants):
        post = value.get(applicant, 0)
        if not isinstance(post, (str, type(None))) or post not in index:
            raise Refused(1, "outcome", f"places[{quoted(applicant)}]: {quoted(post)}")
        found[person] = index[post]
    return found


def _extra(correction: Correction, value: Any) -> dict[int, int]:
    posts = {post: at for at, post in enumerate(correction.base.posts)}
    if not isinstance(value, Mapping) or not all(
        name in posts and type(n) is int for name, n in value.items()
    ):
        raise Refused(1, "outcome", f"extra_seats: {quoted(value)}")
    return {posts[name]: seats for name, seats in value.items()}


def _refuse_difference(published: Mapping[str, Any], computed: Mapping[str, Any]) -> None:
    for name in sorted({*published, *computed} - set(_UNCOMPARED)):
        if name not in published or published[name] != computed.get(name):
            where, ours, theirs = _first_difference(name, published.get(name), computed.get(name))
            raise Refused(1, "outcome", f"{where}: {quoted(ours)}; {quoted(theirs)}")


def _first_difference(place: str, published: Any, computed: Any) -> tuple[str, Any, Any]:
    if isinstance(published, Mapping) and isinstance(computed, Mapping):
        for name in sorted({*published, *computed}):
            if name not in published or name not in computed or published[name] != computed[name]:
                return _first_difference(f"{place}[{quoted(name)}]", published.get(name), computed.get(name))
    if isinstance(published, list) and isinstance(computed, list):
        for at, (ours, theirs) in enumerate(zip(published, computed, strict=False)):
            if ours != theirs:
                return _first_difference(f"{place}[{at}]", ours, theirs)
        return f"{place}.length", len(published), len(computed)
    return place, published, computed


_WORDS = {
    "es": {
        "verified": "Verificada: {problem}",
        "differs": "No verificada: ",
        "unusable": "No se puede usar: ",
        "question": "la pregunta: ",
        "answer": "la respuesta publicada: ",
        "change": "la corrección o el intercambio: ",
        "outcome": "el resultado: ",
    },
    "en": {
        "verified": "Verified: {problem}",
        "differs": "Not verified: ",
        "unusable": "Cannot be used: ",
        "question": "the question: ",
        "answer": "the published answer: ",
        "change": "the correction or swap round: ",
        "outcome": "the outcome: ",
    },
}
