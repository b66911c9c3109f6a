"""What auditors do, and what institutions answer: each with its event and its letters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.accounts.models import User
from cauce.allocation import bridge, queries
from cauce.allocation.models import (
    AuditFinding,
    AuditOpinion,
    FindingState,
    Rerun,
    Run,
)
from cauce.allocation.rules import audit as rules
from cauce.allocation.rules import letters
from cauce.base import background, workdays
from cauce.base.actors import Actor
from cauce.base.errors import Denied, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call
from cauce.notices.operations import post_many
from cauce.notices.rules import Template

RERUN = "cauce.allocation.tasks.repeat_run"


class WordsMissing(Refused):
    """A finding, an answer or an opinion that says too little, or too much."""

    code = "words_missing"


class AlreadySaid(Refused):
    """Somebody said something else here before."""

    code = "already_said"


def _user(actor: Actor) -> int:
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    return actor.user_id


def _words(text: str, field: str) -> str:
    text = text.strip()
    if not rules.FEWEST_LETTERS <= len(text) <= rules.MOST_LETTERS:
        raise WordsMissing(
            _("Faltan palabras, o sobran: de %(least)s a %(most)s letras.")
            % {"least": rules.FEWEST_LETTERS, "most": rules.MOST_LETTERS},
            _("Escribirlo en unas frases."), field=field,
        )  # fmt: skip
    return text


# ------------------------------------------------------------------- repeat


@use_case
def request_rerun(*, actor: Actor, run: Run, now: datetime) -> Rerun:
    """Ask the worker to repeat a run from its package; one under way is returned. Raises ``Denied``."""
    run = queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run.pk)
    rules.may_rerun(actor, run).enforce()
    for waiting in Rerun.objects.filter(run=run, done_at__isnull=True):
        if waiting.task_id is None or not background.failed(waiting.task_id):
            note(repeated=True)
            return waiting
        waiting.delete()
    asked = Rerun.objects.create(run=run, requested_by_id=_user(actor), requested_at=now)
    asked.task_id = background.enqueue(RERUN, rerun_id=asked.pk)
    asked.save(update_fields=["task_id"])
    return asked


@use_case
def keep_rerun(*, actor: Actor, rerun: Rerun, difference: str, now: datetime) -> Rerun:
    """Keep what came of repeating a run: the first difference, or none. One that is kept already stays."""
    rerun = Rerun.objects.select_for_update().get(pk=rerun.pk)
    if rerun.done_at is not None:
        note(repeated=True)
        return rerun
    rerun.done_at, rerun.difference, rerun.engine_version = now, difference, bridge.ENGINE_VERSION
    rerun.save(update_fields=["done_at", "difference", "engine_version"])
    note(identical=not difference)
    return rerun


# ----------------------------------------------------------------- findings


@use_case
def write_finding(
    *, actor: Actor, call: Call, severity: str, text: str, evidence: str, days: int, now: datetime
) -> AuditFinding:
    """Write a finding, with ``days`` working days to answer it, and tell who manages the call.

    The same words twice are one finding. Raises ``Denied``, ``WordsMissing``.
    """
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    rules.may_audit(actor, call).enforce()
    text = _words(text, "text")
    last = AuditFinding.objects.filter(call=call).order_by("-number").first()
    if last is not None and (last.text, last.written_by_id) == (text, actor.user_id):
        note(call=call.pk, repeated=True)
        return last
    finding = AuditFinding.objects.create(
        call=call, number=last.number + 1 if last else 1, severity=severity, text=text, evidence=evidence.strip(),
        written_by_id=_user(actor), written_at=now, reply_due=workdays.due_by(now, days),
    )  # fmt: skip
    _tell(finding, queries.managers_of(call), "written", letters.FINDING_WRITTEN, now)
    note(call=call.pk, number=finding.number, severity=severity)
    return finding


@use_case
def reply_to_finding(*, actor: Actor, finding: AuditFinding, text: str, now: datetime) -> AuditFinding:
    """Answer a finding for the institution, and tell its auditor. Raises ``Denied``, ``WordsMissing``."""
    finding = _locked(finding)
    text = text.strip()
    if finding.replied_by_id == actor.user_id is not None and finding.reply == text:
        note(repeated=True)
        return finding
    rules.may_reply(actor, finding).enforce()
    finding.reply, finding.replied_by_id, finding.replied_at = _words(text, "text"), _user(actor), now
    finding.state = FindingState.ANSWERED
    finding.save(update_fields=["reply", "replied_by", "replied_at", "state"])
    _tell(finding, [finding.written_by], "answered", letters.FINDING_ANSWERED, now)
    note(call=finding.call_id, number=finding.number)
    return finding


@use_case
def settle_finding(
    *, actor: Actor, finding: AuditFinding, escalate: bool, reason: str, now: datetime
) -> AuditFinding:
    """Close a finding, or escalate it, with the reason, and tell who manages the call.

    Raises ``Denied``, ``WordsMissing``; the same again changes nothing.
    """
    finding = _locked(finding)
    state = FindingState.ESCALATED if escalate else FindingState.CLOSED
    if (finding.state, finding.reason, finding.settled_by_id) == (state, reason.strip(), actor.user_id):
        note(repeated=True)
        return finding
    rules.may_settle(actor, finding, now=now).enforce()
    finding.reason, finding.settled_by_id, finding.settled_at = _words(reason, "reason"), _user(actor), now
    finding.state = state
    finding.save(update_fields=["reason", "settled_by", "settled_at", "state"])
    _tell(finding, queries.managers_of(finding.call), "settled", letters.FINDING_SETTLED, now)
    note(call=finding.call_id, number=finding.number, state=state)
    return finding


def _locked(finding: AuditFinding) -> AuditFinding:
    return (
        AuditFinding.objects.select_for_update(of=("self",))
        .select_related("call", "written_by")
        .get(pk=finding.pk)
    )


@step
def _tell(finding: AuditFinding, readers: Iterable[User], event: str, text: Template, now: datetime) -> None:
    call, number = finding.call.code, finding.number
    told = [
        text.letter(
            key=f"finding-{event}:{finding.pk}:{reader.pk}", user_id=reader.pk, language=reader.language,
            link=reverse("allocation:audit_finding", args=[call, number]), number=number, call=call,
        )
        for reader in readers
    ]  # fmt: skip
    post_many(told, now=now, subject=finding)


# ------------------------------------------------------------------ opinion


@use_case
def publish_opinion(*, actor: Actor, run: Run, kind: str, text: str, now: datetime) -> AuditOpinion:
    """Publish what the auditor says of a published run, once; and tell who manages the call.

    Raises ``Denied``, ``WordsMissing``, ``AlreadySaid``; the same again changes nothing.
    """
    run = queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run.pk)
    given = AuditOpinion.objects.filter(run=run).first()
    if given is not None and (given.kind, given.text, given.written_by_id) == (
        kind,
        text.strip(),
        actor.user_id,
    ):
        note(repeated=True)
        return given
    states = list(AuditFinding.objects.filter(call=run.call).values_list("state", flat=True))
    rules.may_opine(
        actor, run, kind, given=given is not None, escalated=states.count(FindingState.ESCALATED),
        waiting=states.count(FindingState.OPEN) + states.count(FindingState.ANSWERED),
    ).enforce()  # fmt: skip
    opinion = AuditOpinion.objects.create(
        run=run, kind=kind, text=_words(text, "text"), written_by_id=_user(actor), published_at=now
    )
    told = [
        letters.OPINION.letter(
            key=f"opinion:{opinion.pk}:{reader.pk}", user_id=reader.pk, language=reader.language,
            link=reverse("allocation:audit", args=[run.call.code]), call=run.call.code,
        )
        for reader in queries.managers_of(run.call)
    ]  # fmt: skip
    post_many(told, now=now, subject=opinion)
    note(call=run.call_id, kind=kind)
    return opinion
