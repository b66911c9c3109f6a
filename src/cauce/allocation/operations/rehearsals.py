"""Rehearsals: mechanisms tried on a call's shape for its manager, and what lists so far say of odds for applicants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from cauce.allocation import bridge, queries, rules
from cauce.allocation.models import Rehearsal, RehearsalState
from cauce.allocation.rules import outlook as assumed_people
from cauce.allocation.rules import rehearsal as trial
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Denied, Refused
from cauce.base.usecases import note, use_case
from cauce.calls import operations as calls
from cauce.calls.models import Call, Outlook
from cauce.calls.queries import snapshot
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.design import Design
from cauce.calls.rules.design_faults import design_faults

REHEARSE = "cauce.allocation.tasks.rehearse"
UNDER_WAY = (RehearsalState.QUEUED, RehearsalState.RUNNING)


class NotRehearsable(Refused):
    """The call contradicts itself in how it shares out its seats, or has none."""

    code = "not_rehearsable"


@use_case
def request_rehearsal(*, actor: Actor, call: Call, now: datetime) -> Rehearsal:
    """Ask for the mechanisms to be tried on the call's shape; row and task commit together.

    One under way is returned, unless its task died for good. Raises ``Denied``,
    or ``NotRehearsable`` with what the linter says of how seats are shared out.
    """
    call = Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)
    rules.may_rehearse(actor, call).enforce()
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    fault = next((one for one in design_faults(snapshot(call)) if one.blocks), None)
    if fault is not None:
        raise NotRehearsable(f"{fault.place}: {fault.sentence}", fault.remedy)
    if not call.posts.exists():
        raise NotRehearsable(
            gettext_lazy("No hay plazas."), gettext_lazy("Agregar las plazas y ensayar después.")
        )
    for last in Rehearsal.objects.filter(call=call, state__in=UNDER_WAY):
        if last.task_id is None or not background.failed(last.task_id):
            note(repeated=True)
            return last
        last.state, last.failure = RehearsalState.FAILED, "silent"
        last.save(update_fields=["state", "failure"])
    asked = Rehearsal.objects.create(
        call=call, requested_by_id=actor.user_id, requested_at=now, engine_version=bridge.ENGINE_VERSION
    )
    asked.task_id = background.enqueue(REHEARSE, rehearsal_id=asked.pk)
    asked.save(update_fields=["task_id"])
    return asked


def carry_out_rehearsal(
    *, rehearsal_id: int, task_id: UUID | str, read_clock: Callable[[], datetime]
) -> None:
    """Try every mechanism, and keep the counts; again after a death, with the same result.

    One that is over is left alone. What the engine cannot answer is noted in
    the row; a defect of ours is noted and raised again.
    """
    actor = Actor.system("rehearsal")
    row = begin_rehearsal(actor=actor, rehearsal_id=rehearsal_id, now=read_clock())
    if row.state != RehearsalState.RUNNING:
        return
    try:
        basis, document = _tried(row.call, task_id)
    except bridge.CannotAsk as error:
        fail_rehearsal(
            actor=actor, rehearsal_id=rehearsal_id, code="unanswerable", facts=error.facts, now=read_clock()
        )
        return
    except Exception as error:
        facts = {"error": type(error).__name__}
        fail_rehearsal(actor=actor, rehearsal_id=rehearsal_id, code="broken", facts=facts, now=read_clock())
        raise
    keep_rehearsal(actor=actor, rehearsal_id=rehearsal_id, basis=basis, document=document, now=read_clock())


def _tried(call: Call, task_id: UUID | str) -> tuple[str, dict[str, Any]]:
    """Solve each variant on lists so far, or on generated people where there are too few."""
    with transaction.atomic():
        shape, posts = queries.shape_of(call)
        lists = queries.lists_to_rehearse(call)
    if not shape.ids:
        raise bridge.CannotAsk("la convocatoria no tiene plazas", "the call has no posts")
    basis = "lists" if len(lists) >= trial.FEWEST_LISTS else "invented"
    people = lists if basis == "lists" else trial.invented_people(shape)
    columns = bridge.Lists(
        range(len(people)), [f"{at:07d}" for at in range(len(people))], people.merit, people.posts,
        people.groups, people.origins,
    )  # fmt: skip
    order = bridge.merit_order(columns, _offer(posts), seed=trial.SEED)
    chosen = trial.variants(shape, people)
    base: list[int | None] = []
    counted = []
    for done, variant in enumerate(chosen):
        background.report(task_id, stage="rehearse", done=done, total=len(chosen))
        if variant.design is None:
            seats = dict(zip(shape.ids, shape.seats, strict=True))
            place = trial.first_choices_first(people, seats, order)
        else:
            place = bridge.rehearse(
                columns, _offer(queries.with_targets(posts, variant.targets)), variant.design, seed=trial.SEED
            )
        base = base or place
        counted.append(trial.counted(variant, place, base, people, shape, order))
    return basis, {
        "people": len(people),
        "seats": sum(shape.seats),
        "posts": len(shape.ids),
        "variants": counted,
    }


def _offer(posts: queries.OfferedPosts) -> bridge.Offer:
    return bridge.Offer(posts.ids, posts.keys, posts.seats, posts.shared, posts.places)


def _lists(sent: queries.SentLists) -> bridge.Lists:
    return bridge.Lists(sent.applications, sent.folios, sent.merit, sent.posts, sent.groups, sent.origins)


@use_case
def begin_rehearsal(*, actor: Actor, rehearsal_id: int, now: datetime) -> Rehearsal:
    """Mark a rehearsal as running, unless it is over."""
    row = Rehearsal.objects.select_for_update(of=("self",)).select_related("call").get(pk=rehearsal_id)
    if row.state in UNDER_WAY:
        row.state = RehearsalState.RUNNING
        row.save(update_fields=["state"])
    return row


@use_case
def keep_rehearsal(
    *, actor: Actor, rehearsal_id: int, basis: str, document: dict[str, Any], now: datetime
) -> Rehearsal:
    """Keep what a rehearsal counted; one that is over stays as it is."""
    row = Rehearsal.objects.select_for_update().get(pk=rehearsal_id)
    if row.state not in UNDER_WAY:
        note(repeated=True)
        return row
    row.state, row.ready_at, row.basis, row.document = RehearsalState.READY, now, basis, document
    row.digest = digest_of(canonical({"basis": basis, **document}))
    row.save()
    note(digest=row.digest, basis=basis)
    return row


@use_case
def fail_rehearsal(
    *, actor: Actor, rehearsal_id: int, code: str, facts: dict[str, Any], now: datetime
) -> Rehearsal:
    """Note what stopped a rehearsal; one that is over stays as it is."""
    row = Rehearsal.objects.select_for_update().get(pk=rehearsal_id)
    if row.state in UNDER_WAY:
        row.state, row.failure, row.document = RehearsalState.FAILED, code, facts
        row.save(update_fields=["state", "failure", "document"])
    note(failed=rehearsal_id)
    return row


# ------------------------------------------------------------------- outlooks


def refresh_outlook(*, call_id: int, read_clock: Callable[[], datetime]) -> None:
    """Rehearse an open call with the lists so far, and keep how far each post reached; nothing where it cannot be said."""
    now = read_clock()
    with transaction.atomic():
        facts = queries.outlook_facts(call_id, now=now)
    if facts is None:
        return
    call = facts.call
    found = bridge.rehearsed(
        _lists(facts.lists),
        _offer(facts.offer),
        Design.of(call),
        criteria=call.score_criteria,
        specialties=facts.specialties,
        assumed=assumed_people.still_to_come(
            len(facts.lists.folios), facts.unsent, opens_at=call.opens_at, closes_at=call.closes_at, now=now
        ),
        seed=f"{call.code} {facts.sendings}",
    )
    keep_outlook(actor=Actor.system("outlook"), call=call, found=found, now=now)


@use_case
def keep_outlook(*, actor: Actor, call: Call, found: bridge.Found, now: datetime) -> Outlook:
    """Replace what the pages of the call's lists say of odds."""
    outlook = calls.record_outlook(
        call, rehearsals=found.rehearsals, lists=found.lists, assumed=found.assumed, ends=found.ends, now=now
    )
    note(rehearsals=found.rehearsals, lists=found.lists, digest=outlook.digest)
    return outlook
