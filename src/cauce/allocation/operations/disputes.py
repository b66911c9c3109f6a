"""Locks on seats: an admission outside the platform, or an open claim. What is locked is offered to nobody."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cauce.allocation.models import Claim, Dispute, DisputeCause, DisputeOutcome, SeatState
from cauce.allocation.operations import seats
from cauce.allocation.rules import offers as rules
from cauce.base.actors import Actor
from cauce.base.errors import Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call, Post

SHORTEST_WORDS = 10


class DisputeRefused(Refused):
    """A lock without its post, or that does not say what happened."""

    code = "dispute_refused"


@use_case
def record_outside_admission(*, actor: Actor, call: Call, key: str, words: str, now: datetime) -> Dispute:
    """Lock a seat of a post where somebody was admitted outside the platform, until another person settles it.

    A free seat is locked at once; without one, the next that falls free. The
    same words for the same post twice lock one seat. Raises ``Denied`` or ``DisputeRefused``.
    """
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    rules.may_manage_offers(actor, call).enforce()
    post = Post.objects.filter(call=call, key=key.strip().upper()).first()
    if post is None:
        raise DisputeRefused(
            _("Esa plaza no es de esta convocatoria."), _("Copiar su clave de la lista."), field="key"
        )
    if len(words.strip()) < SHORTEST_WORDS:
        raise DisputeRefused(
            _("Falta decir qué se registró."), _("Escribirlo en una oración, sin nombres."), field="words"
        )
    known = Dispute.objects.filter(post=post, words=words.strip(), closed_at__isnull=True).first()
    if known is not None:
        note(repeated=True)
        return known
    dispute = Dispute.objects.create(
        call=call,
        post=post,
        cause=DisputeCause.OUTSIDE,
        words=words.strip(),
        opened_at=now,
        opened_by_id=actor.user_id,
    )
    seats.lock_waiting(call, now=now)
    note(post=post.key)
    return dispute


@use_case
def resolve_dispute(*, actor: Actor, dispute: Dispute, is_taken: bool, now: datetime) -> Dispute:
    """Settle a lock that somebody else recorded: the seat is taken and closes, or it is free again. Once."""
    Call.objects.select_for_update(of=("self",)).get(pk=dispute.call_id)
    dispute = Dispute.objects.select_related("call", "seat").get(pk=dispute.pk)
    outcome = DisputeOutcome.CLOSED if is_taken else DisputeOutcome.FREED
    if dispute.closed_at is not None and dispute.closed_by_id == actor.user_id and dispute.outcome == outcome:
        note(repeated=True)
        return dispute
    rules.may_resolve(actor, dispute).enforce()
    close_dispute(dispute, outcome, by=actor.user_id, now=now)
    note(post=dispute.post_id, outcome=outcome)
    return dispute


@step
def open_for_claim(claim: Claim, *, now: datetime) -> None:
    """Lock one seat of the post that a claim asks for."""
    if claim.post_id is None:
        return
    Dispute.objects.create(
        call=claim.application.call,
        post_id=claim.post_id,
        cause=DisputeCause.CLAIM,
        claim=claim,
        opened_at=now,
    )
    seats.lock_waiting(claim.application.call, now=now)


@step
def close_for_claim(claim: Claim, *, by: int | None, now: datetime) -> None:
    """Let the seat go that a claim held: what it gives comes with the next list or round."""
    dispute = (
        Dispute.objects.select_related("call", "seat").filter(claim=claim, closed_at__isnull=True).first()
    )
    if dispute is not None:
        close_dispute(dispute, DisputeOutcome.FREED, by=by, now=now)


@step
def close_dispute(dispute: Dispute, outcome: str, *, by: int | None, now: datetime) -> None:
    dispute.closed_at, dispute.closed_by_id, dispute.outcome = now, by, outcome
    dispute.save(update_fields=["closed_at", "closed_by", "outcome"])
    if dispute.seat is None:
        return
    if outcome == DisputeOutcome.CLOSED:
        seats.move([(dispute.seat, None)], SeatState.CLOSED, cause="dispute", now=now)
    else:
        seats.give_back(dispute.call, [(dispute.seat, None)], cause="dispute", now=now)
