"""Reads of the review: the queue, the case in one's hands, and how well it goes. No name of an applicant is read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Avg, Count, F, Min, Q
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import User
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.models import StoredFile
from cauce.calls.models import (
    ApplicationState,
    Call,
    CaseState,
    Evidence,
    EvidenceState,
    Finding,
    Requirement,
    Review,
    ReviewCase,
    Stage,
)
from cauce.calls.queries.consistency import AlikeRow, alike, range_of
from cauce.calls.queries.desk import name_of
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.queries.double_check import Checked, checked
from cauce.calls.queries.evidence import Preview, asked_of, current_evidence, pages_of, previews
from cauce.calls.queries.readings import Read, readings_of
from cauce.calls.rules import review as rulebook
from cauce.calls.rules.outlook import wilson
from cauce.calls.rules.requirements import expires_on
from cauce.calls.rules.review import REASONS, Mark


def calls_reviewed_by(actor: Actor) -> models.QuerySet[Call]:
    """Return the calls whose documents the actor reviews: published ones of their institutions that ask for any."""
    calls = Call.objects.filter(state="published", requirements__isnull=False).distinct()
    where = actor.institutions(roles.DOCUMENT_REVIEW)
    return calls if where is None else calls.filter(institution_id__in=where)


def cases_visible_to(actor: Actor) -> models.QuerySet[ReviewCase]:
    """Return the cases of the calls whose documents the actor reviews."""
    where = actor.institutions(roles.DOCUMENT_REVIEW)
    cases = ReviewCase.objects.select_related("call", "application")
    return cases if where is None else cases.filter(call__institution_id__in=where)


def held_by(actor: Actor, *, now: datetime) -> models.QuerySet[ReviewCase]:
    """Return the cases that are in the actor's hands."""
    return ReviewCase.objects.filter(claimed_by_id=actor.user_id, claimed_until__gte=now).select_related(
        "call"
    )


def waiting(call: Call, *, now: datetime) -> models.QuerySet[ReviewCase]:
    """Return the cases that wait for somebody: sent, complete or past closing, in the queue or not mended in time."""
    cases = ReviewCase.objects.filter(
        Q(state=CaseState.QUEUED) | Q(state=CaseState.OBSERVED, cure_until__lt=now.replace(microsecond=0)),
        call=call,
        application__state=ApplicationState.SUBMITTED,
    )
    return cases if now.replace(microsecond=0) > call.closes_at else cases.filter(is_complete=True)


def claimable(call: Call, actor: Actor, *, now: datetime) -> models.QuerySet[ReviewCase]:
    """Return what the actor may take, what has waited longest first: in nobody's hands, not their own, not decided by them."""
    decided = Review.objects.filter(
        case=models.OuterRef("pk"), round=models.OuterRef("round"), reviewer_id=actor.user_id
    )
    free = waiting(call, now=now).filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now))
    if actor.person_id is not None:
        free = free.exclude(application__person_id=actor.person_id)
    return free.filter(Q(state=CaseState.OBSERVED) | ~models.Exists(decided)).order_by("queued_at", "pk")


# ------------------------------------------------------------------ one case


@dataclass(frozen=True, slots=True)
class Document:
    """A document that waits for a decision, or was verified before."""

    requirement: Requirement
    evidence: Evidence | None
    pages: list[Preview]
    is_lapsed: bool = False
    read: Read | None = None

    @property
    def is_verified(self) -> bool:
        return self.evidence is not None and self.evidence.state == EvidenceState.VERIFIED

    @property
    def findings(self) -> list[tuple[str, str]]:
        """What may be decided of it, as the call declared."""
        allowed = []
        if self.evidence is not None or not self.requirement.is_needed:
            allowed.append(Finding.ACCEPT)
        if self.requirement.is_curable:
            allowed.append(Finding.OBSERVE)
        if not self.requirement.is_curable or self.is_lapsed:
            allowed.append(Finding.EXCLUDE)
        return [(one.value, str(one.label)) for one in allowed]

    @property
    def validity(self) -> str:
        if self.evidence is None or self.evidence.issued_on is None:
            return ""
        last = expires_on(self.requirement, self.evidence.issued_on)
        facts = {"day": figures.day(self.evidence.issued_on), "last": figures.day(last)}
        if last is None:
            return _("Dice que se expidió el %(day)s.") % facts
        return _("Dice que se expidió el %(day)s; sirve hasta el %(last)s.") % facts


def _documents(case: ReviewCase) -> list[tuple[Requirement, Evidence | None]]:
    held = current_evidence(case.application)
    return [(row, held.get(row.pk)) for row in asked_of(case.application)]


def waiting_documents(case: ReviewCase) -> list[Document]:
    """Return what a decision must say something of: what was handed in and not verified, and what is needed and missing."""
    return [
        Document(requirement, evidence, [])
        for requirement, evidence in _documents(case)
        if (evidence is None and requirement.is_needed)
        or (evidence is not None and evidence.state != EvidenceState.VERIFIED)
    ]


def lapsed(case: ReviewCase, seen: Mapping[str, int | None]) -> frozenset[str]:
    """Return the keys of what was observed in the round before and was not mended."""
    if case.round == 1:
        return frozenset()
    last = (
        case.decisions.filter(round=case.round - 1, finding=Finding.OBSERVE)
        .order_by("-decided_at", "-pk")
        .first()
    )
    return rulebook.lapsed(last, seen)


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case as its reviewer sees it: documents, no name. ``proposal`` is only there when a signature is asked for.

    ``is_decided`` says that the actor has decided this round; ``minutes_left`` is what is left of the lease.
    """

    case: ReviewCase
    waiting: list[Document]
    verified: list[Document]
    proposal: Review | None
    may_decide: Verdict
    is_decided: bool
    minutes_left: int

    @property
    def is_signature(self) -> bool:
        return self.case.stage == Stage.SIGNATURE

    @property
    def stage_words(self) -> str:
        return {
            Stage.FIRST: _("Revisión"),
            # Whoever checks blindly must not know that there was a first decision.
            Stage.BLIND: _("Revisión"),
            Stage.THIRD: _("Revisión"),
            Stage.SIGNATURE: _("Segunda firma de una exclusión"),
        }[Stage(self.case.stage)]

    @property
    def proposed(self) -> list[tuple[str, str, str]]:
        """What is proposed of each document: name, decision, reason."""
        if self.proposal is None:
            return []
        names = {one.requirement.key: one.requirement.name for one in [*self.waiting, *self.verified]}
        return [
            (
                names.get(mark.requirement, ""),
                str(Finding(mark.finding).label),
                str(REASONS.get(mark.reason, "")),
            )
            for mark in map(Mark.of, self.proposal.marks)
        ]


def case_page(case: ReviewCase, actor: Actor, *, now: datetime) -> CasePage:
    """Return the page of a case; seven queries, eight in a later round, however many documents it has."""
    rows = _documents(case)
    held = [evidence for _requirement, evidence in rows if evidence is not None]
    pages: dict[int, list[StoredFile]] = pages_of(held)
    read = readings_of(held, actor)
    seen = {row.key: evidence.pk if evidence else None for row, evidence in rows}
    late = lapsed(case, seen)
    documents = [
        Document(
            row,
            evidence,
            previews(evidence, pages.get(evidence.pk, [])) if evidence else [],
            row.key in late,
            read.get(evidence.pk) if evidence else None,
        )
        for row, evidence in rows
    ]
    proposal = None
    if case.stage == Stage.SIGNATURE:
        proposal = (
            case.decisions.filter(round=case.round, finding=Finding.EXCLUDE)
            .exclude(stage=Stage.SIGNATURE)
            .order_by("-decided_at", "-pk")
            .first()
        )
    left = (case.claimed_until - now) if case.claimed_until else timedelta()
    return CasePage(
        case=case,
        waiting=[
            one for one in documents if not one.is_verified and (one.evidence or one.requirement.is_needed)
        ],
        verified=[one for one in documents if one.is_verified],
        proposal=proposal,
        may_decide=rulebook.may_decide(actor, case),
        is_decided=case.decisions.filter(round=case.round, reviewer_id=actor.user_id).exists(),
        minutes_left=max(int(left.total_seconds() // 60), 0),
    )


# ---------------------------------------------------------------- the queue


@dataclass(frozen=True, slots=True)
class QueueRow:
    call: Call
    waiting: int
    oldest: datetime | None
    held: ReviewCase | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """What waits in each call that the actor reviews, what they hold, and what they have done."""

    rows: list[QueueRow]
    decided: int


def queue_page(actor: Actor, *, now: datetime) -> QueuePage:
    """Return the reviewer's page; two queries, and one for each call."""
    held = {case.call_id: case for case in held_by(actor, now=now)}
    rows = []
    for call in calls_reviewed_by(actor).order_by("closes_at", "code"):
        counts = claimable(call, actor, now=now).order_by().aggregate(n=Count("pk"), oldest=Min("queued_at"))
        rows.append(QueueRow(call, counts["n"], counts["oldest"], held.get(call.pk)))
    return QueuePage(rows, Review.objects.filter(reviewer_id=actor.user_id).count())


# ------------------------------------------------------------------ how well


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """How one reviewer decides, to be compared with the others. ``upheld`` is the share that a blind second look upheld."""

    name: str
    decided: int
    observed: str
    excluded: str
    minutes: str
    checked: int
    changed: int
    upheld: str


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The review of a call for those who manage it."""

    frame: Frame
    states: list[tuple[str, int]]
    waiting: int
    incomplete: int
    oldest: datetime | None
    checked: Checked
    reviewers: list[ReviewerRow]
    documents: list[tuple[str, list[AlikeRow]]]
    wait_words: str


def review_desk(actor: Actor, call: Call, *, now: datetime) -> ReviewDesk:
    """Return the review in numbers; nine queries whatever its size.

    Who manages the call reads who its reviewers are; everybody else reads the
    numbers of their accounts, as in the audit log.
    """
    frame = desk_frame(actor, call, "calls:desk_review", now=now)
    counts: Counter[str] = Counter()
    rows = ReviewCase.objects.filter(call=call).order_by().values_list("state", "is_complete")
    for state, is_complete, count in rows.annotate(n=Count("pk")):
        counts[state] += count
        counts["incomplete"] += count * (state == CaseState.QUEUED and not is_complete)
    line = waiting(call, now=now).aggregate(n=Count("pk"), oldest=Min("queued_at"))
    first = Review.objects.filter(case__call=call, stage=Stage.FIRST)
    wait = first.aggregate(
        wait=Avg(models.ExpressionWrapper(F("claimed_at") - F("queued_at"), models.DurationField()))
    )["wait"]
    names = _names(first) if actor.holds(roles.CALL_MANAGE, call.institution_id) else {}

    def name(user_id: int) -> str:
        return names.get(user_id) or _("cuenta %(number)s") % {"number": user_id}

    return ReviewDesk(
        frame=frame,
        states=[(str(state.label), counts[state.value]) for state in CaseState],
        waiting=line["n"],
        incomplete=counts["incomplete"],
        oldest=line["oldest"],
        checked=checked(call),
        reviewers=_reviewers(first, name),
        documents=alike(call, first, name),
        wait_words=_lasting(wait) if wait is not None else "",
    )


def _names(first: models.QuerySet[Review]) -> dict[int, str]:
    users = User.objects.filter(pk__in=first.order_by().values("reviewer_id")).select_related("person")
    return {user.pk: name_of(user) for user in users}


def _reviewers(first: models.QuerySet[Review], name: Callable[[int], str]) -> list[ReviewerRow]:
    took: Any = models.ExpressionWrapper(F("decided_at") - F("claimed_at"), models.DurationField())
    rows = list(
        first.order_by()
        .values("reviewer_id")
        .annotate(
            n=Count("pk"),
            observed=Count("pk", filter=Q(finding=Finding.OBSERVE)),
            excluded=Count("pk", filter=Q(finding=Finding.EXCLUDE)),
            took=Avg(took),
            checked=Count("pk", filter=Q(was_upheld__isnull=False)),
            changed=Count("pk", filter=Q(was_upheld=False)),
        )
        .order_by("reviewer_id")  # nobody is ranked
    )
    return [
        ReviewerRow(
            name=name(row["reviewer_id"]),
            decided=row["n"],
            observed=figures.percent(row["observed"] / row["n"]),
            excluded=figures.percent(row["excluded"] / row["n"]),
            minutes=_lasting(row["took"]),
            checked=row["checked"],
            changed=row["changed"],
            upheld=range_of(wilson(row["checked"] - row["changed"], row["checked"]))
            if row["checked"]
            else "",
        )
        for row in rows
    ]


def _lasting(span: timedelta) -> str:
    """A span in the unit that suits it."""
    seconds = int(span.total_seconds())
    if seconds < 3600:
        return _("%(n)s min") % {"n": figures.number(max(seconds // 60, 1))}
    if seconds < 48 * 3600:
        return _("%(n)s h") % {"n": figures.number(seconds // 3600)}
    return _("%(n)s días") % {"n": figures.number(seconds // 86_400)}


def undecided_files(call: Call) -> int:
    """Return how many sent applications have documents about which nothing is decided, or something may be mended."""
    return ReviewCase.objects.filter(
        call=call,
        state__in=(CaseState.QUEUED, CaseState.OBSERVED),
        application__state=ApplicationState.SUBMITTED,
    ).count()
