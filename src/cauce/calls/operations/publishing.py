"""Publishing a call, and the only way to change one afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import queries, rules
from cauce.calls.models import Addendum, Application, ApplicationState, Call, CallState, FrozenRules
from cauce.calls.rules import letters
from cauce.notices.operations import Letter, post_many


class NotPublishable(Refused):
    """The linter stops the publication. ``detail["findings"]`` are all its findings."""

    code = "not_publishable"


class AddendumRefused(Refused):
    """The addendum says nothing, or moves the closing where it may not go."""

    code = "addendum_refused"


@use_case
def publish_call(
    *, actor: Actor, call: Call, now: datetime, acknowledged: Collection[str] = (), expected: str = ""
) -> Call:
    """Freeze the call's rules and publish it.

    ``acknowledged`` are the keys of the linter's warnings that the manager has
    read (``Finding.key``); ``expected`` is the digest of the rules as they were
    shown, if they were. What is linted is what is frozen, under one lock.
    Publishing what is published already changes nothing. Raises ``Denied``
    unless the actor manages the call, ``NotPublishable`` with the findings
    when something blocks, a warning is not acknowledged or the rules are no
    longer those that were shown.
    """
    call = Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)
    rules.may_manage(actor, call).enforce()
    if call.state == CallState.PUBLISHED:
        note(repeated=True)
        return call
    snapshot = queries.snapshot(call)
    findings = rules.lint(snapshot, now=now)
    verdict = rules.may_publish(actor, call, findings, acknowledged=acknowledged)
    if not verdict:
        raise NotPublishable(verdict.reason, verdict.remedy, findings=findings)
    text = rules.frozen_rules(snapshot)
    call.rules_digest = rules.digest_of(text)
    if expected and expected != call.rules_digest:
        raise NotPublishable(
            _("La convocatoria cambió mientras se revisaba."),
            _("Revisarla otra vez; se publica lo que se haya visto."),
            findings=findings,
        )
    call.state, call.published_at = CallState.PUBLISHED, now
    call.edited_by_id, call.edited_at = actor.user_id, now
    FrozenRules.objects.create(call=call, text=text)
    call.save(update_fields=["rules_digest", "state", "published_at", "edited_by", "edited_at"])
    note(
        rules_digest=call.rules_digest,
        posts=len(snapshot.posts),
        acknowledged=sorted(rules.digest_of(finding.key)[:16] for finding in rules.warnings(findings)),
    )
    return call


@use_case
def publish_addendum(
    *, actor: Actor, call: Call, text: str, now: datetime, closes_at: datetime | None = None
) -> Addendum:
    """Add an addendum to a published call: a new version of its rules, chained to the one before.

    ``closes_at`` moves the closing, only later; it becomes ``Call.closes_at``,
    while the frozen rules keep the original. Everyone who has an application
    that is not withdrawn gets a letter, and accepts the new version with their next sending; lists
    already sent stay valid. The same addendum sent again straight away is the
    one there is. Raises ``Denied`` unless the actor may amend the call,
    ``AddendumRefused`` when the text is empty or the closing may not move there.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    rules.may_amend(actor, call).enforce()
    text = text.strip()
    last = call.addenda.order_by("-number").first()
    if last is not None and (last.text, last.closes_at) == (text, closes_at):
        note(call=call.pk, repeated=True)
        return last
    if not text:
        raise AddendumRefused(_("La adenda no dice nada."), _("Escribir qué cambia y por qué."), field="text")
    if closes_at is not None and not (verdict := rules.may_extend(call, closes_at, now=now)):
        raise AddendumRefused(verdict.reason, verdict.remedy, field="closes_at")
    return add_addendum(call, text=text, closes_at=closes_at, now=now)


@step
def add_addendum(call: Call, *, text: str, closes_at: datetime | None, now: datetime) -> Addendum:
    """Chain an addendum to the rules of a locked call, move its closing, and write to everybody with an application."""
    last = call.addenda.order_by("-number").first()
    number = last.number + 1 if last else 1
    addendum = Addendum.objects.create(
        call=call,
        number=number,
        text=text,
        closes_at=closes_at,
        digest=rules.addendum_digest(
            previous=last.digest if last else call.rules_digest,
            call=call.code,
            number=number,
            text=text,
            closes_at=closes_at,
            published_at=now,
        ),
        published_at=now,
    )
    call.amendments = number
    if closes_at is not None:
        call.closes_at = closes_at
    call.save(update_fields=["amendments", "closes_at"])
    told = post_many(_letters(call, addendum), now=now, subject=addendum)
    note(call=call.pk, number=number, digest=addendum.digest, told=told)
    return addendum


def _letters(call: Call, addendum: Addendum) -> Iterator[Letter]:
    """One letter for each applicant with an account, in their own language."""
    readers = (
        Application.objects.filter(call=call, person__user__isnull=False)
        .exclude(state=ApplicationState.WITHDRAWN)
        .order_by("pk")
        .values_list("person__user", "person__user__language", "state")
    )
    closes = addendum.closes_at
    for user, language, state in readers.iterator(chunk_size=2000):
        is_sent = state == ApplicationState.SUBMITTED
        yield letters.ADDENDUM.letter(
            key=f"addendum:{addendum.pk}:{user}",
            user_id=user,
            language=language,
            link=reverse("calls:call", args=[call.code]),
            matter=f"call:{call.pk}",
            code=call.code,
            number=addendum.number,
            title=call.title,
            text=addendum.text,
            moment=partial(figures.moment, closes, weekday=True, zone=True) if closes else "",
            is_sent=is_sent,
            is_unsent=not is_sent,
        )


@step
def record_freeze(call: Call, *, now: datetime) -> None:
    """Note on the call that its lists are about to be fixed for an allocation; the first time stays.

    Waits for a file of applications that is being loaded: its lists are read afterwards, and no later one comes in.
    """
    Call.objects.filter(pk=call.pk, lists_frozen_at__isnull=True).update(lists_frozen_at=now)


@step
def record_results(call: Call, *, now: datetime) -> None:
    """Note on the call that its results are public: pages of the call and of its applicants lead there from now on."""
    Call.objects.filter(pk=call.pk).update(results_published_at=now)


@step
def retract_results(call: Call) -> None:
    """Note on the call that nothing of its results is public any more: their publication was undone."""
    Call.objects.filter(pk=call.pk).update(results_published_at=None)
