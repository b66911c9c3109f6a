"""The auditor's desk: one call, nine steps, from its package to the opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from cauce.accounts import roles
from cauce.accounts.models import Membership, User
from cauce.accounts.roles import Role
from cauce.allocation import rules as all_rules
from cauce.allocation.models import (
    AuditFinding,
    AuditOpinion,
    FindingState,
    OpinionKind,
    Placement,
    PrivacyReview,
    Rerun,
    Run,
    RunState,
    Signature,
)
from cauce.allocation.queries.audit_cases import Exceptions, Sampled, exceptions_of, sample_of
from cauce.allocation.queries.privacy import privacy_reviews
from cauce.allocation.queries.runs import CheckLine, check_lines, light_runs, name_of
from cauce.allocation.queries.sensitivity import Counted, newest_sensitivity
from cauce.allocation.rules import audit as rules
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.continuity import Continuity, continuity
from cauce.base.errors import Verdict
from cauce.base.models import Import
from cauce.calls import queries as call_queries
from cauce.calls.models import Addendum, Call, ScoreReview

# What a person did outside the ordinary way; what other apps bring adds its own.
EXCEPTIONAL = (
    "calls.load_applicants", "calls.close_review", "calls.publish_addendum", "calls.load_standings",
    "calls.load_orders", "calls.load_answers", "calls.make_up_for_outages", "calls.enter_value", "calls.reveal_secret",
    "calls.settle_draw", "allocation.publish", "allocation.sign",
    "allocation.withdraw_signature", "allocation.fail", "allocation.decide_package", "allocation.propose_list",
    "allocation.propose_round", "allocation.propose_undo", "allocation.confirm_release", "allocation.drop_release",
    "allocation.propose_decision", "allocation.decide_claim", "allocation.record_outside_admission",
    "allocation.resolve_dispute", "allocation.pause_live", "allocation.resume_live", "allocation.ask_correction",
    "allocation.decide_correction", "allocation.make_up_time",
)  # fmt: skip
SHOWN = 40
_KINDS = {
    "scores": gettext_lazy("Puntajes"),
    "answers": gettext_lazy("Hojas de respuestas"),
    "applicants": gettext_lazy("Solicitudes"),
    "posts": gettext_lazy("Plazas"),
}
_MANAGERS = [role for role in Role.values if roles.CALL_MANAGE in roles.PERMISSIONS[role]]


def managers_of(call: Call) -> QuerySet[User]:
    """Everybody who manages calls of the institution."""
    held = Membership.objects.filter(
        Q(institution_id=call.institution_id) | Q(institution_id__isnull=True),
        role__in=_MANAGERS, user__is_active=True,
    )  # fmt: skip
    return User.objects.filter(pk__in=held.values("user_id")).order_by("pk")


def audited_run(call: Call) -> Run | None:
    """The published run of a call, or its newest certified one."""
    return (
        light_runs()
        .filter(call=call, state__in=all_rules.ANSWERED)
        .annotate(is_public=Count("pk", filter=Q(state=RunState.PUBLISHED)))
        .order_by("-is_public", "-number")
        .first()
    )


def rerun_of(number: int) -> Rerun | None:
    return Rerun.objects.filter(pk=number).first()


def findings_of(call: Call) -> QuerySet[AuditFinding]:
    return (
        AuditFinding.objects.filter(call=call)
        .select_related("call", "written_by__person", "replied_by__person", "settled_by__person")
        .order_by("number")
    )


@dataclass(frozen=True, slots=True)
class Provenance:
    """A file that people brought for the call: who, when, its digest, and what reading it found."""

    file: Import
    who: str
    agreed: int | None

    @property
    def kind(self) -> str:
        return str(_KINDS[self.file.kind])


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Everything of one call that an auditor walks through. ``ticket`` is that of the folio asked for."""

    call: Call
    run: Run | None
    may_audit: Verdict
    signatures: list[tuple[str, Any]]
    privacy: list[tuple[str, PrivacyReview]]
    files: list[Provenance]
    looks: int
    reviews: tuple[int, int]
    reruns: list[Rerun]
    rerun_stuck: bool
    may_rerun: Verdict
    checks: list[CheckLine]
    tie_breaks: Counted | None
    seal_came_first: bool
    drawn: call_queries.Drawn | None
    recount: call_queries.Recount | None
    folio: str
    ticket: str
    sample: list[Sampled]
    addenda: list[Addendum]
    exceptions: list[Exceptions]
    runs: int
    acts: Sequence[Any]
    chain: Continuity
    findings: list[AuditFinding]
    opinion: AuditOpinion | None
    may_opine: Verdict

    @property
    def last_rerun(self) -> Rerun | None:
        return self.reruns[0] if self.reruns else None


def audit_desk(
    actor: Actor, call: Call, *, folio: str, ticket: Callable[[str, str], str], now: datetime
) -> AuditDesk:
    """Read it in a fixed number of queries whatever the size; ``ticket`` (of a seed and a folio) is the bridge's."""
    run = audited_run(call)
    reruns = list(Rerun.objects.filter(run=run).order_by("-requested_at", "-pk")[:5]) if run else []
    findings = list(findings_of(call))
    states = [finding.state for finding in findings]
    opinion = (
        AuditOpinion.objects.filter(run=run).select_related("written_by__person").first() if run else None
    )
    revealed = run is not None and run.state == RunState.PUBLISHED and bool(call.lottery_seed)
    reviews = ScoreReview.objects.filter(application__call=call).aggregate(
        n=Count("pk"), closed=Count("closed_at")
    )
    events = call_queries.events_about(call).filter(action__in=EXCEPTIONAL)[:SHOWN]
    return AuditDesk(
        call=call,
        run=run,
        may_audit=rules.may_audit(actor, call),
        signatures=_signatures(run),
        privacy=[(name_of(one.decided_by), one) for one in privacy_reviews(run)] if run else [],
        files=_files(call),
        looks=call.anomaly_reports.count(),
        reviews=(reviews["n"], reviews["n"] - reviews["closed"]),
        reruns=reruns,
        rerun_stuck=any(one.done_at is None and one.task_id and background.failed(one.task_id) for one in reruns),
        may_rerun=rules.may_rerun(actor, run) if run else Verdict(False, ""),
        checks=check_lines(run) if run else [],
        tie_breaks=newest_sensitivity(run),
        seal_came_first=call.published_at is not None and call.published_at <= call.closes_at,
        drawn=(found := call_queries.drawn(call)),
        recount=call_queries.recount(call, _folios(run)) if run and found and found.draw else None,
        folio=folio,
        ticket=ticket(call.lottery_key, folio) if folio and revealed else "",
        sample=sample_of(run) if run else [],
        addenda=list(call.addenda.order_by("number")),
        exceptions=exceptions_of(call),
        runs=call.runs.count(),
        acts=call_queries.log_rows(list(events)),
        chain=continuity(),
        findings=findings,
        opinion=opinion,
        may_opine=rules.may_opine(
            actor, run, OpinionKind.QUALIFIED, given=opinion is not None,
            waiting=states.count(FindingState.OPEN) + states.count(FindingState.ANSWERED),
            escalated=states.count(FindingState.ESCALATED),
        ),
    )  # fmt: skip


def _folios(run: Run) -> list[str]:
    """Everybody in the run's question, as its package has them."""
    return list(Placement.objects.filter(run=run).values_list("application__folio", flat=True))


def _signatures(run: Run | None) -> list[tuple[str, Any]]:
    if run is None:
        return []
    rows = Signature.objects.filter(run=run).select_related("user__person").order_by("at", "pk")
    return [(f"{name_of(one.user)}, {Role(one.office).label}", one.at) for one in rows]


def _files(call: Call) -> list[Provenance]:
    files = list(
        Import.objects.defer("data", "findings")
        .filter(kind__in=_KINDS, scope=call.code)
        .order_by("-received_at")[:SHOWN]
    )
    ids = {int(one.asked_by[5:]) for one in files if one.asked_by.startswith("user:")}
    names = {
        f"user:{user.pk}": name_of(user) for user in User.objects.filter(pk__in=ids).select_related("person")
    }
    return [Provenance(one, names.get(one.asked_by, one.asked_by), one.facts.get("people")) for one in files]
