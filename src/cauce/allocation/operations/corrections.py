"""Upheld claims and later rounds as runs: what each asks the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cauce.allocation import bridge, queries
from cauce.allocation.models import Claim, ClaimState, Run, RunState
from cauce.allocation.rules import claims as claim_rules
from cauce.allocation.rules import releases as release_rules
from cauce.allocation.rules import runs as run_rules
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call, Mechanism, PostOrders
from cauce.calls.rules.design import Design

EXECUTE = "cauce.allocation.tasks.execute_run"


class NobodyWaits(DomainError):
    """No free seat is on the list of anybody who still waits: the rounds are over."""

    code = "nobody_waits"


@use_case
def request_correction(*, actor: Actor, call: Call, now: datetime) -> Run:
    """Ask for the run that works every upheld claim into the published lists; asked twice, it is the same one.

    Raises ``Denied`` without such claims, once places have been offered, or while a run is under way.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    shown = queries.published_list(call)
    waiting = queries.upheld_claims(call)
    if again := _asked_already(call, corrects=shown, claims=waiting):
        note(repeated=True)
        return again
    claim_rules.may_correct(
        actor, call, upheld=len(waiting) if shown else 0,
        has_rounds=bool(release_rules.rounds_of(queries.releases_of(call))), is_under_way=_is_under_way(call),
    ).enforce()  # fmt: skip
    run = _asked(actor, call, now=now, corrects=shown)
    note(claims=[one.receipt for one in waiting])
    return run


@use_case
def request_round(*, actor: Actor, call: Call, now: datetime) -> Run:
    """Ask for the run of the next round: the seats that came back, among who still waits. Asked twice, it is the same one.

    Raises ``Denied`` while offers wait for an answer, ``NobodyWaits`` when no list has any of the free seats.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    releases = queries.releases_of(call)
    number = len(release_rules.rounds_of(releases)) + 1
    last = queries.round_run(call, number) if number > 1 else None
    if last is not None and last.state in run_rules.UNDER_WAY:
        note(repeated=True)
        return last
    release_rules.may_run_round(
        actor, call, releases=releases, unanswered=queries.unanswered(call),
        free=sum(map(len, queries.free_seats(call).values())),
        is_ready=last is not None and last.state == RunState.CERTIFIED and not queries.is_overtaken(call, last),
    ).enforce()  # fmt: skip
    if queries.round_question(call) is None:
        raise NobodyWaits(
            _("Nadie que siga en espera tiene en su lista un lugar de los que quedan."),
            _("Aquí terminan las rondas: los lugares libres están en la lista de plazas vacías."),
        )
    return _asked(actor, call, now=now, round=number)


def _asked_already(call: Call, *, corrects: Run | None, claims: Sequence[Claim]) -> Run | None:
    """The correction that already has, or will have, these very claims in it."""
    last = (
        queries.light_runs().filter(call=call, corrects=corrects).order_by("-number").first()
        if corrects
        else None
    )
    if last is None or not claims:
        return None
    if last.state in run_rules.UNDER_WAY:
        return last
    done = last.state == RunState.CERTIFIED and last.facts.get("claims") == [one.receipt for one in claims]
    return last if done else None


def _is_under_way(call: Call) -> bool:
    return Run.objects.filter(call=call, state__in=run_rules.UNDER_WAY).exists()


@step
def _asked(actor: Actor, call: Call, *, now: datetime, corrects: Run | None = None, round: int = 0) -> Run:
    last = queries.light_runs().filter(call=call).order_by("-number").first()
    run = Run.objects.create(
        call=call, number=last.number + 1 if last else 1, requested_by_id=actor.user_id or 0, requested_at=now,
        engine_version=bridge.ENGINE_VERSION, corrects=corrects, round=round,
    )  # fmt: skip
    run.task_id = background.enqueue(EXECUTE, run_id=run.pk)
    run.save(update_fields=["task_id"])
    return run


# ------------------------------------------------------------------ what they ask


@step
def freeze_correction(run: Run, work: Any) -> None:
    """Fill ``work`` with the corrected question: the lists of the run before, and upheld claims in their place."""
    before = run.corrects
    assert before is not None  # noqa: S101 - the caller looked
    claims = queries.upheld_claims(run.call)
    work.lists, work.offer = queries.base_lists(before), queries.offered_posts(run.call)
    keys = dict(zip(work.offer.ids, work.offer.keys, strict=True))
    events = [_event(claim, work.lists, keys) for claim in claims]
    stored = Run.objects.values_list("question", flat=True).get(pk=before.pk)
    outcome = bridge.correction_outcome(
        bytes(stored or b""), before.answer_digest, events, design=Design.of(run.call)
    )
    work.frozen, work.extra = outcome.frozen, {**work.extra, **outcome.files}
    work.facts = {"proof": outcome.proof, "claims": [one.receipt for one in claims]}


def _event(claim: Claim, lists: Any, keys: dict[int, str]) -> dict[str, Any]:
    """The claim as the engine reads it, and the lists as it corrects them."""
    application = claim.application
    merit = list(claim.merit or application.merit)
    if application.pk in lists.applications:
        lists.merit[lists.applications.index(application.pk)] = merit
        return {"kind": "appeal", "applicant": application.folio, "merit": merit}
    wishes = queries.list_of(application)
    lists.applications.append(application.pk)
    lists.folios.append(application.folio)
    lists.merit.append(merit)
    lists.posts.append(wishes)
    lists.groups.append(application.groups)
    lists.origins.append((application.origin_state, application.origin_site_id))
    return {
        "kind": "admission", "applicant": application.folio, "merit": merit,
        "choices": [keys[post] for post in wishes],
        **({"groups": application.groups} if application.groups else {}),
    }  # fmt: skip


@step
def freeze_round(run: Run, work: Any) -> None:
    """Fill ``work`` with the question of a later round. Who holds a place and hopes for better never loses it."""
    found = queries.round_question(run.call)
    if found is None:
        raise bridge.CannotAsk(
            "nadie que siga en espera tiene en su lista un lugar libre", "nobody who waits lists a free seat"
        )
    work.lists, work.offer, design = found.lists, found.offer, found.design
    call = run.call
    tiers: dict[int, list[list[int]]] = {}
    if found.holders:
        design = replace(design, mechanism=Mechanism.STABLE, post_orders=PostOrders.IMPORTED)
        tiers = _holders_first(call, found)
    elif design.post_orders == PostOrders.IMPORTED:
        tiers = queries.own_orders(call)
    work.frozen = bridge.freeze(
        work.lists,
        work.offer,
        seed=call.lottery_seed,
        commitment=call.lottery_commitment,
        beacon=call.lottery_beacon,
        design=design,
        tiers=tiers,
    )
    work.facts = {"round": run.round}


def _holders_first(call: Call, found: Any) -> dict[int, list[list[int]]]:
    """The order of each post: who holds it already, then everybody by merit and lottery."""
    order = bridge.merit_order(found.lists, found.offer, seed=call.lottery_key)
    tiers: dict[int, list[list[int]]] = {post: [] for post in found.offer.ids}
    for row in order:
        for post in found.lists.posts[row]:
            tiers[post].append([found.lists.applications[row]])
    for post, people in found.holders.items():
        held = set(people)
        tiers[post].sort(key=lambda tier: tier[0] not in held)  # stable: each part keeps its order
    return tiers


@step
def carried_out(run: Run, claims: Sequence[str]) -> None:
    """Note that the upheld claims with these receipts are part of what is now public."""
    Claim.objects.filter(receipt__in=claims, state=ClaimState.UPHELD).update(applied_in=run)
