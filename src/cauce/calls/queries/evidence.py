"""Reads of what calls ask for and people hand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.accounts import roles
from cauce.accounts.models import IdentityDocument
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.models import FilePage, StoredFile
from cauce.calls.models import (
    Application,
    Call,
    CaseState,
    Evidence,
    EvidencePart,
    EvidenceState,
    Finding,
    Requirement,
    Review,
    ReviewCase,
)
from cauce.calls.queries.list import Frame
from cauce.calls.queries.readings import Read, readings_of
from cauce.calls.rules import requirements as rulebook
from cauce.calls.rules.review import REASONS, Mark

MEXICO = "MX"


def is_foreign(application: Application) -> bool:
    """Whether the person identifies themselves with a document of another country."""
    return IdentityDocument.objects.filter(person=application.person_id).exclude(country=MEXICO).exists()


def asked_of(application: Application) -> list[Requirement]:
    """Return what the call asks of this person, in its order; two queries."""
    foreign = is_foreign(application)
    rows = Requirement.objects.filter(call_id=application.call_id).order_by("position")
    return [
        row for row in rows if rulebook.is_asked_of(row, is_foreign=foreign, category=application.category)
    ]


def current_evidence(application: Application) -> dict[int, Evidence]:
    """Return what is handed in now, by id of the requirement."""
    rows = Evidence.objects.filter(application=application, replaced_at__isnull=True)
    return {row.requirement_id: row for row in rows}


def is_complete(application: Application) -> bool:
    """Whether everything that the call needs of the person is there."""
    held = set(current_evidence(application))
    return all(row.pk in held for row in asked_of(application) if row.is_needed)


def last_observation(case: ReviewCase) -> Review | None:
    """Return the decision by which the case was observed last, if it was."""
    return case.decisions.filter(finding=Finding.OBSERVE).order_by("-round", "-decided_at").first()


def is_waiting_to_be_mended(application: Application, case: ReviewCase) -> bool:
    """Whether something that was observed is still as it was, or still not there."""
    observation = last_observation(case)
    if observation is None:
        return False
    held = {
        row.requirement.key: row.pk
        for row in Evidence.objects.filter(application=application, replaced_at__isnull=True).select_related(
            "requirement"
        )
    }
    marks = [mark for mark in map(Mark.of, observation.marks) if mark.finding == Finding.OBSERVE]
    return any(held.get(mark.requirement) == mark.evidence for mark in marks)


def reusable(application: Application, *, now: datetime) -> list[tuple[Requirement, Evidence]]:
    """Return what the call asks for and nothing was handed in for, with what was verified in another call and is good."""
    held = set(current_evidence(application))
    return _reusable(application, [row for row in asked_of(application) if row.pk not in held], now=now)


def _reusable(
    application: Application, requirements: Sequence[Requirement], *, now: datetime
) -> list[tuple[Requirement, Evidence]]:
    lacking = {row.key: row for row in requirements}
    if not lacking:
        return []
    verified = (
        Evidence.objects.filter(
            application__person_id=application.person_id,
            state=EvidenceState.VERIFIED,
            requirement__key__in=lacking,
        )
        .exclude(application=application)
        .select_related("requirement", "application__call")
        .order_by("verified_at")
    )
    found = {
        row.requirement.key: row
        for row in verified
        if rulebook.still_serves(lacking[row.requirement.key], row, now=now)
    }
    return [(row, found[key]) for key, row in lacking.items() if key in found]


def evidence_visible_to(actor: Actor, *, now: datetime) -> models.QuerySet[Evidence]:
    """Return the documents of the person; and, for who reviews, the current ones of the case that they hold."""
    mine = models.Q(application__person_id=actor.person_id) if actor.person_id else models.Q(pk__in=[])
    held = models.Q(pk__in=[])
    if actor.user_id is not None and actor.holds_anywhere(roles.DOCUMENT_REVIEW):
        held = models.Q(
            application__review__claimed_by_id=actor.user_id,
            application__review__claimed_until__gte=now,
            replaced_at__isnull=True,
        )
    return Evidence.objects.filter(mine | held)


def pages_of(evidences: Sequence[Evidence]) -> dict[int, list[StoredFile]]:
    """Return the pictures of the pages of each evidence, in their order; two queries for all."""
    parts = list(
        EvidencePart.objects.filter(evidence__in=evidences)
        .select_related("file")
        .order_by("evidence_id", "number")
    )
    drawn: dict[int, list[StoredFile]] = {}
    rows = FilePage.objects.filter(file__in=[part.file_id for part in parts]).select_related("picture")
    for page in rows.order_by("file_id", "number"):
        drawn.setdefault(page.file_id, []).append(page.picture)
    pages: dict[int, list[StoredFile]] = {}
    for part in parts:
        pages.setdefault(part.evidence_id, []).extend(drawn.get(part.file_id, [part.file]))
    return pages


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of a document as everybody who may see it sees it."""

    number: int
    url: str


def previews(evidence: Evidence, pages: Sequence[StoredFile]) -> list[Preview]:
    return [
        Preview(number, reverse("calls:evidence_page", args=[evidence.key, number]))
        for number in range(1, len(pages) + 1)
    ]


# ------------------------------------------------------------------- my file


@dataclass(frozen=True, slots=True)
class FileRow:
    """A document that is asked for, and how it stands: kind and words of the state, and what is still to do."""

    requirement: Requirement
    evidence: Evidence | None
    pages: list[Preview]
    state: tuple[str, str]
    observed: str
    may_hand_in: Verdict
    expires_on: date | None
    url: str
    read: Read | None = None

    @property
    def pages_words(self) -> str:
        count = len(self.pages)
        return ngettext("%(n)s página", "%(n)s páginas", count) % {"n": count} if count else ""

    @property
    def curable_words(self) -> str:
        """Whether a fault can be mended, as the call says."""
        if not self.requirement.is_curable:
            return _("No se puede corregir después del cierre")
        days = self.requirement.cure_days or 1
        return ngettext(
            "Si algo falla, tienes %(days)s día hábil para corregirlo",
            "Si algo falla, tienes %(days)s días hábiles para corregirlo",
            days,
        ) % {"days": days}

    @property
    def validity_words(self) -> str:
        days = self.requirement.validity_days
        if days is None:
            return ""
        return ngettext("Expedido hace %(days)s día o menos", "Expedido hace %(days)s días o menos", days) % {
            "days": days
        }

    @property
    def is_to_do(self) -> bool:
        return bool(self.observed) or (self.evidence is None and self.requirement.is_needed)


@dataclass(frozen=True, slots=True)
class MyFile:
    """The documents of one application: what is there, what is missing, and the clock of what was observed."""

    frame: Frame
    rows: list[FileRow]
    case: ReviewCase | None
    remark: str
    reusable: int

    @property
    def missing(self) -> int:
        return sum(row.evidence is None and row.requirement.is_needed for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.evidence is not None for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def next(self) -> FileRow | None:
        """The first document that the person has something to do about, and may."""
        return next((row for row in self.rows if row.is_to_do and row.may_hand_in), None)

    @property
    def headline(self) -> str:
        """The state of the file as a sentence."""
        if self.is_observed:
            return _("Hay algo que corregir")
        if self.is_excluded:
            return _("Tu expediente quedó excluido")
        if self.case is not None and self.case.state == CaseState.ACCEPTED:
            return _("Tu expediente está completo")
        if self.missing and self.frame.is_open:
            return ngettext("Te falta %(n)s documento", "Te faltan %(n)s documentos", self.missing) % {
                "n": self.missing
            }
        return _("Mi expediente")

    @property
    def is_observed(self) -> bool:
        return self.case is not None and self.case.state == CaseState.OBSERVED

    @property
    def is_excluded(self) -> bool:
        return self.case is not None and self.case.state == CaseState.EXCLUDED

    @property
    def state(self) -> tuple[str, str]:
        if self.case is None:
            return ("you", _("Falta algo")) if self.missing else ("", _("Completo, sin enviar"))
        return {
            CaseState.QUEUED: ("now", _("En la fila de revisión")),
            CaseState.OBSERVED: ("you", _("Con observaciones")),
            CaseState.ACCEPTED: ("ok", _("Aceptado")),
            CaseState.EXCLUDED: ("bad", _("Excluido")),
        }[CaseState(self.case.state)]


def my_file(frame: Frame, actor: Actor, *, now: datetime) -> MyFile:
    """Return the page of the person's documents; at most ten queries whatever their number, besides the frame."""
    application = frame.application
    case = ReviewCase.objects.filter(application=application).first()
    requirements = asked_of(application)
    held = current_evidence(application)
    pages = pages_of(list(held.values()))
    read = readings_of(held.values(), actor)
    decision = _decision(case)
    said = {mark.requirement: mark for mark in map(Mark.of, decision.marks)} if decision else {}
    rows = []
    for requirement in requirements:
        evidence = held.get(requirement.pk)
        mark = said.get(requirement.key)
        reason = ""
        if mark and not mark.is_accepted and mark.evidence == (evidence.pk if evidence else None):
            reason = str(REASONS.get(mark.reason, ""))
        rows.append(
            FileRow(
                requirement=requirement,
                evidence=evidence,
                pages=previews(evidence, pages.get(evidence.pk, [])) if evidence else [],
                state=_state(requirement, evidence, reason, now),
                observed=reason,
                may_hand_in=rulebook.may_hand_in(actor, application, case, evidence, now=now),
                expires_on=rulebook.expires_on(requirement, evidence.issued_on) if evidence else None,
                url=reverse("calls:application_document", args=[application.folio, requirement.key]),
                read=read.get(evidence.pk) if evidence else None,
            )
        )
    lacking = [requirement for requirement in requirements if requirement.pk not in held]
    return MyFile(
        frame=frame,
        rows=rows,
        case=case,
        remark=decision.remark if decision else "",
        reusable=len(_reusable(application, lacking, now=now)) if frame.is_open else 0,
    )


def _decision(case: ReviewCase | None) -> Review | None:
    """The decision whose reasons the person reads: none while somebody looks again."""
    if case is None or case.state not in (CaseState.OBSERVED, CaseState.EXCLUDED):
        return None
    wanted = Finding.OBSERVE if case.state == CaseState.OBSERVED else Finding.EXCLUDE
    return (
        case.decisions.filter(finding=wanted, round=case.round)
        .exclude(stage="signature")
        .order_by("-decided_at", "-pk")
        .first()
    )


def _state(
    requirement: Requirement, evidence: Evidence | None, reason: str, now: datetime
) -> tuple[str, str]:
    if evidence is None:
        if reason:
            return "you", _("Falta: se puede subir todavía")
        return ("you", _("Por subir")) if requirement.is_needed else ("", _("Opcional"))
    if evidence.state == EvidenceState.VERIFIED:
        return "ok", _("Verificado")
    if evidence.state == EvidenceState.OBSERVED:
        return "you", _("Por corregir")
    if evidence.state == EvidenceState.FAILED:
        return "bad", _("No cumple")
    return "now", _("Subido")


def may_upload_words(verdict: Verdict) -> str:
    return "" if verdict else f"{verdict.reason} {verdict.remedy}".strip()


def requirements_of(call: Call) -> list[Requirement]:
    """Return what the call asks for, in its order."""
    return list(call.requirements.order_by("position"))


def lasts(requirement: Any) -> str:
    """How long a document is good, in words for the desk."""
    if requirement.validity_days is None:
        return _("No vence")
    return ngettext("%(n)s día", "%(n)s días", requirement.validity_days) % {
        "n": figures.number(requirement.validity_days)
    }
