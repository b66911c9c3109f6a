"""Offers from their signed document to the day on which the person comes; each step once, whoever presses twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.allocation import documents, queries
from cauce.allocation.models import DeclineReason, Offer, OfferState, Release, ReleaseState, Seat, SeatState
from cauce.allocation.operations import seats
from cauce.allocation.rules import letters
from cauce.allocation.rules import offers as rules
from cauce.base import background, figures, workdays
from cauce.base.actors import Actor
from cauce.base.errors import Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call
from cauce.calls.rules.aftermath import ACCEPTS, Aftermath
from cauce.notices.operations import Letter, post_letter, post_many

BATCH = 200
ACCEPT, DECLINE, HOLD = "accept", "decline", "hold"
_SEAT_STATE = {
    OfferState.HELD: SeatState.HELD,
    OfferState.ACCEPTED: SeatState.ACCEPTED,
}


class AnswerRefused(Refused):
    """An answer that says too little, or that the rules of the call do not know."""

    code = "answer_refused"


# ------------------------------------------------------------------- issue


def issue_everything(*, release_id: int, task_id: str, read_clock: Callable[[], datetime]) -> None:
    """Sign and send every offer of a round that is still being prepared, some at a time; again after a death, only the rest."""
    actor = Actor.system("allocation")
    total = queries.prepared_offers(release_id, limit=None)
    done = 0
    while batch := queries.offers_to_sign(release_id, limit=BATCH):
        papers = {one.offer_id: documents.signed_offer(one) for one in batch}
        issue_batch(actor=actor, release_id=release_id, papers=papers, now=read_clock())
        done += len(papers)
        background.report(task_id, stage="issue", done=done, total=max(total, done))


@use_case
def issue_batch(*, actor: Actor, release_id: int, papers: Mapping[int, bytes], now: datetime) -> Release:
    """Give these offers their signed documents, start their clocks and write to their people.

    An offer that has its document, or that was undone meanwhile, is left alone.
    Who had asked for a better place has accepted it beforehand.
    """
    release = Release.objects.select_related("call").get(pk=release_id, state=ReleaseState.PUBLIC)
    Call.objects.select_for_update(of=("self",)).get(pk=release.call_id)
    rows = list(
        Offer.objects.filter(pk__in=papers, state=OfferState.PREPARED)
        .select_related("seat", "application")
        .order_by("pk")
    )
    deadline = workdays.due_after_hours(now.replace(microsecond=0), release.answer_hours)
    for offer in rows:
        offer.document = papers[offer.pk]
        offer.document_digest = documents.digest_of(papers[offer.pk])
        offer.issued_at, offer.answer_by = now, deadline
        moved = offer.replaces_id is not None
        offer.state = OfferState.ACCEPTED if moved else OfferState.ISSUED
        offer.answered_at = now if moved else None
    Offer.objects.bulk_update(
        rows, ["document", "document_digest", "issued_at", "answer_by", "state", "answered_at"], batch_size=50
    )
    seats.move(
        [(one.seat, one) for one in rows if one.state == OfferState.ACCEPTED],
        SeatState.ACCEPTED,
        cause="upgrade",
        now=now,
    )
    note(
        release=release.number,
        offers=len(rows),
        told=post_many(_letters(release, rows), now=now, subject=release),
    )
    return release


def _letters(release: Release, offers: Sequence[Offer]) -> Iterable[Letter]:
    people = queries.users_of([one.application_id for one in offers])
    for offer in offers:
        if offer.application_id not in people:
            continue
        user_id, language = people[offer.application_id]
        call, folio, until = release.call, offer.application.folio, offer.answer_by
        text = letters.OFFER if offer.replaces_id is None else letters.MOVED
        yield text.letter(
            key=f"offer:{offer.pk}", user_id=user_id, language=language, matter=f"call:{release.call_id}",
            link=reverse("allocation:offer", args=[call.code, folio, offer.release.number]), call=call.title,
            when=partial(figures.moment, until, weekday=True, zone=True) if until else "",
            starts=partial(figures.day, offer.starts_on),
        )  # fmt: skip


# ------------------------------------------------------------------ answer


@use_case
def answer_offer(
    *,
    actor: Actor,
    offer: Offer,
    answer: str,
    reason: str = "",
    words: str = "",
    wants_upgrade: bool = False,
    now: datetime,
) -> Offer:
    """Accept, decline with a reason, or hold an offer, up to the last second of its clock. The same answer twice is once.

    Raises ``Denied`` for somebody else's offer, one that is answered or over,
    or a hold that the rules do not allow; ``AnswerRefused`` for a decline
    without a reason.
    """
    offer = _locked(offer)
    if _is_said(actor, offer, answer):
        note(repeated=True)
        return offer
    rules.may_answer(actor, offer, now=now).enforce()
    aftermath = Aftermath.of(offer.release.call)
    if answer == ACCEPT:
        offer.state, offer.wants_upgrade = OfferState.ACCEPTED, wants_upgrade and aftermath.may_upgrade
    elif answer == DECLINE:
        _refuse_no_reason(reason, words)
        offer.state, offer.reason, offer.words = OfferState.DECLINED, reason, words.strip()
    elif answer == HOLD:
        rules.may_hold(offer, aftermath).enforce()
        offer.state = OfferState.HELD
        offer.answer_by = workdays.due_after_hours(offer.answer_by or now, aftermath.hold_hours)
    else:
        raise AnswerRefused(_("Falta la respuesta."), _("Elige aceptar o rechazar."), field="answer")
    offer.answered_at = now
    offer.save(update_fields=["state", "wants_upgrade", "reason", "words", "answer_by", "answered_at"])
    _move_seat(offer, cause=answer, now=now)
    note(offer=offer.number, said=answer, reason=offer.reason)
    return offer


def _is_said(actor: Actor, offer: Offer, answer: str) -> bool:
    said = {ACCEPT: OfferState.ACCEPTED, DECLINE: OfferState.DECLINED, HOLD: OfferState.HELD}.get(answer)
    mine = actor.person_id is not None and offer.application.person_id == actor.person_id
    return mine and said is not None and offer.state == said


def _refuse_no_reason(reason: str, words: str) -> None:
    if reason not in DeclineReason.values:
        raise AnswerRefused(_("Falta por qué la rechazas."), _("Elige una razón."), field="reason")
    if reason == DeclineReason.OTHER and not words.strip():
        raise AnswerRefused(
            _("Falta decir cuál es la otra razón."), _("Escríbela en pocas palabras."), field="words"
        )


@step
def _move_seat(offer: Offer, *, cause: str, now: datetime) -> None:
    """Let the seat follow its offer; one that is given up is free, or goes to a dispute that waits."""
    if offer.state in _SEAT_STATE:
        seats.move([(offer.seat, offer)], _SEAT_STATE[OfferState(offer.state)], cause=cause, now=now)
    else:
        seats.give_back(offer.release.call, [(offer.seat, offer)], cause=cause, now=now)


# ------------------------------------------------------------------- lapse


def lapse_everything(*, read_clock: Callable[[], datetime]) -> int:
    """Carry out what silence means for every offer whose clock has run out; return how many. A clock set back undoes nothing."""
    actor, count = Actor.system("allocation"), 0
    now = read_clock()
    for offer_id in queries.overdue_offers(now=now):
        count += lapse_offer(actor=actor, offer_id=offer_id, now=now).answered_at == now
    return count


@use_case
def lapse_offer(*, actor: Actor, offer_id: int, now: datetime) -> Offer:
    """Carry out what silence means for one offer, exactly once; one that was answered in time stays as it was answered."""
    offer = _locked(Offer.objects.defer("document").get(pk=offer_id))
    if offer.state not in rules.WAITING or not rules.is_over(offer, now=now):
        note(repeated=True)
        return offer
    accepts = Aftermath.of(offer.release.call).silence == ACCEPTS
    offer.state = OfferState.ACCEPTED if accepts else OfferState.LAPSED
    offer.answered_at = now
    offer.save(update_fields=["state", "answered_at"])
    _move_seat(offer, cause="silence", now=now)
    _tell_lapsed(offer, accepts=accepts, now=now)
    note(offer=offer.number)
    return offer


@step
def _tell_lapsed(offer: Offer, *, accepts: bool, now: datetime) -> None:
    people = queries.users_of([offer.application_id])
    if offer.application_id not in people:
        return
    user_id, language = people[offer.application_id]
    call = offer.release.call
    letter = letters.LAPSED.letter(
        key=f"lapsed:{offer.pk}", user_id=user_id, language=language, matter=f"call:{call.pk}", call=call.title,
        link=reverse("allocation:offer", args=[call.code, offer.application.folio, offer.release.number]),
        is_accepted=accepts, is_lost=not accepts,
    )  # fmt: skip
    post_letter(letter, now=now, subject=offer)


# ------------------------------------------------------------------ arrive


@use_case
def mark_joined(*, actor: Actor, offer: Offer, came: bool, now: datetime) -> Offer:
    """Say that somebody came, or that they did not, which returns the seat. Marking twice is once.

    Raises ``Denied`` before the first day, or for an offer that is not accepted.
    """
    offer = _locked(offer)
    if (offer.joined_at is not None and came) or (offer.state == OfferState.ABSENT and not came):
        rules.may_manage_offers(actor, offer.release.call).enforce()
        note(repeated=True)
        return offer
    today = now.astimezone(workdays.MEXICO_CITY).date()
    verdict = rules.may_mark(actor, offer, today=today)
    verdict.unless(offer.joined_at is not None, gettext_lazy("Ya consta que llegó.")).enforce()
    offer.marked_by_id = actor.user_id
    if came:
        offer.joined_at = now
    else:
        offer.state = OfferState.ABSENT
    offer.save(update_fields=["joined_at", "state", "marked_by"])
    if not came:
        _move_seat(offer, cause="absent", now=now)
    note(offer=offer.number, came=came)
    return offer


def _locked(offer: Offer) -> Offer:
    """The offer with its call and seat locked: an answer, a lapse and an undo of one call come one after the other."""
    Call.objects.select_for_update(of=("self",)).get(
        pk=Offer.objects.values_list("release__call_id", flat=True).get(pk=offer.pk)
    )
    found = (
        Offer.objects.select_for_update(of=("self",)).select_related("release__call", "application", "seat")
        .defer("document").get(pk=offer.pk)
    )  # fmt: skip
    assert isinstance(found.seat, Seat)  # noqa: S101 - a constraint
    return found
