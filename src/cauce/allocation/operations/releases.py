"""Making results public by two people who saw the same preview, and taking them back by a further release."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from cauce.allocation import documents, queries
from cauce.allocation.models import (
    LIVE,
    Claim,
    Dispute,
    Offer,
    OfferState,
    Release,
    ReleaseKind,
    ReleaseState,
    Run,
    RunState,
    Seat,
    SeatState,
    Signature,
)
from cauce.allocation.operations import corrections, privacy, seats
from cauce.allocation.rules import letters
from cauce.allocation.rules import releases as rules
from cauce.base import background, workdays
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import operations as calls
from cauce.calls.models import Call
from cauce.calls.rules.aftermath import Aftermath
from cauce.notices.operations import Letter, post_many

ISSUE = "cauce.allocation.tasks.issue_offers"
SHORTEST_REASON = 10
_SECOND = timedelta(seconds=1)  # a window is stored as its last second
BATCH = 2000


class PreviewChanged(DomainError):
    """What would be published is no longer what the preview showed."""

    code = "preview_changed"


class StartMissing(Refused):
    """A round without a first day to come, or without a reason where one is asked for."""

    code = "start_missing"


class NoKey(DomainError):
    """There is no key to sign offers with, and an unsigned offer cannot be shown."""

    code = "no_key"


# ------------------------------------------------------------------ propose


@use_case
def propose_list(*, actor: Actor, call: Call, now: datetime) -> Release:
    """Propose the definitive list: the published lists, or their newest correction. Proposing twice is once.

    Raises ``Denied`` while the window for claims is open, once places have been offered, or while another proposal waits.
    """
    call, known = _locked(call)
    if again := _same(known, actor, ReleaseKind.DEFINITIVE):
        return again
    run = queries.newest_list_run(call)
    rules.may_propose_list(actor, call, releases=known, run=run, now=now).enforce()
    assert run is not None  # noqa: S101 - the rule has seen it
    return _proposed(
        actor, call, known, ReleaseKind.DEFINITIVE, run, queries.list_preview(call, run), now=now
    )


@use_case
def propose_round(*, actor: Actor, call: Call, starts_on: date | None, now: datetime) -> Release:
    """Propose to offer the places of the next round, the first day being ``starts_on``. Proposing twice is once.

    Raises ``StartMissing`` for a first day that is missing or past, ``NoKey``
    when nothing could be signed, ``Denied`` otherwise.
    """
    call, known = _locked(call)
    if again := _same(known, actor, ReleaseKind.ROUND):
        return again
    number = len(rules.rounds_of(known)) + 1
    run = queries.round_run(call, number)
    usable = run if run is not None and run.state in (RunState.CERTIFIED, RunState.PUBLISHED) else None
    rules.may_propose_round(
        actor, call, releases=known, unanswered=queries.unanswered(call), run=usable
    ).enforce()
    assert usable is not None  # noqa: S101 - the rule has seen it
    problem = (
        rules.start_problem(starts_on, today=_today(now))
        if starts_on
        else gettext_lazy("Falta el primer día.")
    )
    if problem or starts_on is None:
        raise StartMissing(
            problem, gettext_lazy("Escribir el primer día de estas plazas."), field="starts_on"
        )
    if not documents.has_key():
        raise NoKey(
            gettext_lazy("Esta instalación no tiene llave para firmar ofertas."),
            gettext_lazy("Quien la opera debe configurarla; sin firma no se ofrece nada."),
        )
    hours = Aftermath.of(call).answer_hours
    preview = queries.round_preview(call, usable, number=number, starts_on=starts_on.isoformat(), hours=hours)
    return _proposed(
        actor, call, known, ReleaseKind.ROUND, usable, preview, now=now, round=number, starts_on=starts_on,
        answer_hours=hours,
    )  # fmt: skip


@use_case
def propose_undo(*, actor: Actor, call: Call, reason: str, now: datetime) -> Release:
    """Propose to take the newest release back, with a ``reason`` that stays public. Proposing twice is once."""
    call, known = _locked(call)
    if again := _same(known, actor, ReleaseKind.UNDO):
        return again
    standing = rules.in_force(known)
    joined = Offer.objects.filter(release=standing[-1], joined_at__isnull=False).count() if standing else 0
    rules.may_undo(actor, call, releases=known, joined=joined).enforce()
    if len(reason.strip()) < SHORTEST_REASON:
        raise StartMissing(
            gettext_lazy("Falta el motivo de deshacer."),
            gettext_lazy("Escribirlo en una oración."),
            field="reason",
        )
    undone = standing[-1]
    return _proposed(
        actor, call, known, ReleaseKind.UNDO, _run_after_undo(standing), queries.undo_preview(undone), now=now,
        undoes=undone, reason=reason.strip(),
    )  # fmt: skip


def _run_after_undo(standing: list[Release]) -> Run | None:
    before = rules.current_list(standing[:-1])
    return before.run if before else None


def _same(known: list[Release], actor: Actor, kind: str) -> Release | None:
    """The proposal that the same person made already: a second click."""
    found = next((one for one in known if one.state == ReleaseState.PROPOSED), None)
    if found is None or found.kind != kind or found.proposed_by_id != actor.user_id:
        return None
    note(repeated=True)
    return found


@step
def _proposed(
    actor: Actor, call: Call, known: list[Release], kind: str, run: Run | None, preview: dict[str, Any], *,
    now: datetime, **fields: Any,
) -> Release:  # fmt: skip
    standing = rules.in_force(known)
    release = Release.objects.create(
        call=call, number=len(known) + 1, kind=kind, run=run, previous=standing[-1] if standing else None,
        preview=preview, digest=preview["digest"], proposed_by_id=actor.user_id or 0,
        proposer_office=_office_of(actor, call), proposed_at=now, **fields,
    )  # fmt: skip
    note(release=release.number, kind=kind, digest=release.digest)
    _ask_others(release, actor, now=now)
    if run is not None:
        privacy.ask_for_review(run, now=now)
    return release


def _office_of(actor: Actor, call: Call) -> str:
    held = queries.signing_memberships(call.institution_id).filter(user_id=actor.user_id or 0)
    return held.order_by("role").values_list("role", flat=True)[0]


@step
def _ask_others(release: Release, actor: Actor, *, now: datetime) -> None:
    call = release.call
    asked = [
        letters.RELEASE_WAITS.letter(
            key=f"release:{release.pk}:{user.pk}", user_id=user.pk, language=user.language, call=call.code,
            link=reverse("allocation:release", args=[call.code, release.number]), title=call.title,
            kind=release.get_kind_display,
        )
        for user in queries.signatories(call.institution_id).exclude(pk=actor.user_id or 0)
    ]  # fmt: skip
    post_many(asked, now=now, subject=release)


@use_case
def drop_release(*, actor: Actor, release: Release, now: datetime) -> Release:
    """Let a proposal go; nothing was public by it. Dropping what is dropped changes nothing."""
    release = _reloaded(release)
    if release.state == ReleaseState.DROPPED:
        note(repeated=True)
        return release
    rules.may_drop(actor, release).enforce()
    release.state = ReleaseState.DROPPED
    release.save(update_fields=["state"])
    note(release=release.number)
    return release


# ------------------------------------------------------------------ confirm


@use_case
def confirm_release(*, actor: Actor, release: Release, digest: str, now: datetime) -> Release:
    """Make public what somebody else proposed, if it is still what both saw. Confirming twice is once.

    Raises ``PreviewChanged`` when ``digest`` or what would happen now is not
    what was proposed, ``Denied`` for the same person, a proposal that is over, or a package nobody reviewed.
    """
    release = _reloaded(release)
    if release.state == ReleaseState.PUBLIC and release.confirmed_by_id == actor.user_id:
        note(repeated=True)
        return release
    cleared = queries.clearance(release.run) if release.run is not None else ALLOWED
    rules.may_confirm(actor, release, cleared=cleared).enforce()
    if digest != release.digest or _preview_now(release)["digest"] != release.digest:
        raise PreviewChanged(
            gettext_lazy("Lo que se publicaría ya no es lo que muestra esta vista previa."),
            gettext_lazy("Descartarla, proponer de nuevo y revisar lo que cambió."),
        )
    release.state, release.confirmed_by_id, release.released_at = ReleaseState.PUBLIC, actor.user_id, now
    release.confirmer_office = _office_of(actor, release.call)
    if release.kind == ReleaseKind.DEFINITIVE:
        _show_list(release, now=now)
    elif release.kind == ReleaseKind.ROUND:
        _offer(release, now=now)
    else:
        _take_back(release, now=now)
    release.save()
    note(release=release.number, kind=release.kind, digest=release.digest)
    return release


def _preview_now(release: Release) -> dict[str, Any]:
    call, run = release.call, release.run
    if release.kind == ReleaseKind.DEFINITIVE and run is not None:
        return queries.list_preview(call, run)
    if release.kind == ReleaseKind.ROUND and run is not None and release.starts_on is not None:
        return queries.round_preview(
            call,
            run,
            number=release.round,
            starts_on=release.starts_on.isoformat(),
            hours=release.answer_hours,
        )
    assert release.undoes is not None  # noqa: S101 - a constraint
    return queries.undo_preview(release.undoes)


@step
def record_first(run: Run, signed: list[tuple[int, str]], *, now: datetime) -> Release:
    """Note the release that publishing a signed run is: provisional where the call has a window for claims.

    ``signed`` are (user, office) in the order in which they signed.
    """
    days = Aftermath.of(run.call).claim_days
    number = Release.objects.filter(call=run.call).count() + 1
    first, second = signed[0], signed[1]
    return Release.objects.create(
        call=run.call, number=number, kind=ReleaseKind.PROVISIONAL if days else ReleaseKind.DEFINITIVE,
        state=ReleaseState.PUBLIC, run=run, claims_until=workdays.due_by(now, days) - _SECOND if days else None,
        preview={}, digest=run.answer_digest, proposed_by_id=first[0], proposer_office=first[1], proposed_at=now,
        confirmed_by_id=second[0], confirmer_office=second[1], released_at=now,
    )  # fmt: skip


@step
def _show_list(release: Release, *, now: datetime) -> None:
    """Let the definitive list be the public one; what it corrects stays, superseded."""
    run = release.run
    assert run is not None  # noqa: S101 - a constraint
    shown = queries.published_list(release.call)
    if shown is not None and shown.pk != run.pk:
        Run.objects.filter(pk=shown.pk).update(state=RunState.SUPERSEDED)
        Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED, published_at=now)
        calls.record_filled(release.call, queries.people_by_post(run))
        _sign_both(release, run, now=now)
        calls.record_outcomes(release.call, posts=queries.outcomes(run))
        corrections.carried_out(run, run.facts.get("claims", []))
    background.enqueue("cauce.allocation.tasks.tell_release", release_id=release.pk)


def _sign_both(release: Release, run: Run, *, now: datetime) -> None:
    """Both people's signatures under the answer, as under a run that is signed on its own page."""
    Signature.objects.bulk_create(
        [
            Signature(run=run, user_id=user, office=office, answer_digest=run.answer_digest, at=at)
            for user, office, at in (
                (release.proposed_by_id, release.proposer_office, release.proposed_at),
                (release.confirmed_by_id or 0, release.confirmer_office, now),
            )
        ],
        ignore_conflicts=True,
    )


@step
def _offer(release: Release, *, now: datetime) -> None:
    """Bind each seat of the round to its person; documents and letters follow from the worker."""
    call, run = release.call, release.run
    assert run is not None and release.starts_on is not None  # noqa: S101, PT018 - constraints
    seats.open_ledger(call, run, now=now)
    plan = queries.round_plan(call, run)
    left = {one.offer: one for one, _seat in plan.given if one.offer is not None}
    old = {one.pk: one for one in Offer.objects.filter(pk__in=left).select_related("seat").defer("document")}
    Offer.objects.filter(pk__in=old).update(state=OfferState.UPGRADED)
    seats.move([(one.seat, one) for one in old.values()], SeatState.FREE, cause="upgrade", now=now)
    rows = {seat.pk: seat for seat in Seat.objects.filter(pk__in=[seat for _one, seat in plan.given])}
    made = Offer.objects.bulk_create(
        (
            Offer(
                release=release, application_id=one.application, seat_id=seat, rank=one.rank,
                number=f"{one.folio}-{release.number}", starts_on=release.starts_on, replaces_id=one.offer,
                wants_upgrade=one.offer is not None,
            )
            for one, seat in plan.given
        ),
        batch_size=BATCH,
    )  # fmt: skip
    seats.move([(rows[one.seat_id], one) for one in made], SeatState.OFFERED, cause="offer", now=now)
    if run.round:
        Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED, published_at=now)
        _sign_both(release, run, now=now)
    background.enqueue(ISSUE, release_id=release.pk)


# ------------------------------------------------------------------ take back


@step
def _take_back(release: Release, *, now: datetime) -> None:
    """Compensate what ``release.undoes`` did: nothing is removed, and everything that it ended by itself returns."""
    undone = release.undoes
    assert undone is not None  # noqa: S101 - a constraint
    if undone.kind == ReleaseKind.ROUND:
        _take_offers_back(undone, now=now)
    else:
        _take_list_back(release, undone, now=now)
    background.enqueue("cauce.allocation.tasks.tell_release", release_id=release.pk)


def _take_offers_back(undone: Release, *, now: datetime) -> None:
    offers = list(
        Offer.objects.select_for_update(of=("self",)).filter(release=undone).exclude(state=OfferState.WITHDRAWN)
        .select_related("seat").defer("document")
    )  # fmt: skip
    live = [one for one in offers if one.state in LIVE]
    Offer.objects.filter(pk__in=[one.pk for one in offers]).update(state=OfferState.WITHDRAWN)
    seats.move([(one.seat, one) for one in live], SeatState.FREE, cause="undo", now=now)
    back = list(
        Offer.objects.filter(pk__in=[one.replaces_id for one in offers if one.replaces_id], state=OfferState.UPGRADED)
        .select_related("seat").defer("document")
    )  # fmt: skip
    _release_locks([one.seat for one in back])
    Offer.objects.filter(pk__in=[one.pk for one in back]).update(state=OfferState.ACCEPTED)
    seats.move([(one.seat, one) for one in back], SeatState.ACCEPTED, cause="undo", now=now)
    if undone.run is not None and undone.run.round:
        Run.objects.filter(pk=undone.run.pk).update(state=RunState.SUPERSEDED)
    seats.lock_waiting(undone.call, now=now)


def _release_locks(wanted: list[Seat]) -> None:
    """A place that comes back to who had accepted it goes before a lock that came later; that lock takes the next seat."""
    Dispute.objects.filter(seat__in=[one.pk for one in wanted], closed_at__isnull=True).update(seat=None)


def _take_list_back(release: Release, undone: Release, *, now: datetime) -> None:
    before, run = release.run, undone.run
    if run is None or (before is not None and before.pk == run.pk):
        return  # the same run stays public, as what it was
    Run.objects.filter(pk=run.pk).update(state=RunState.SUPERSEDED)
    Claim.objects.filter(applied_in=run).update(applied_in=None)
    if before is None:
        calls.retract_results(release.call)
    else:
        Run.objects.filter(pk=before.pk).update(state=RunState.PUBLISHED)
    calls.record_outcomes(release.call, posts=queries.outcomes(before) if before is not None else {})


# ------------------------------------------------------------------- tell


@use_case
def tell_release(*, actor: Actor, release_id: int, now: datetime) -> Release:
    """Write to everybody whom a list or an undo concerns; again, nobody gets a second letter."""
    release = Release.objects.select_related("call", "run", "undoes__run").defer(
        *(f"{run}__{blob}" for run in ("run", "undoes__run") for blob in queries.BLOBS)
    ).get(pk=release_id, state=ReleaseState.PUBLIC)  # fmt: skip
    told = post_many(_letters(release, queries.readers_of(release)), now=now, subject=release)
    note(told=told)
    return release


def _letters(release: Release, readers: Iterable[tuple[str, int, str]]) -> Iterable[Letter]:
    call = release.call
    text = letters.UNDONE if release.kind == ReleaseKind.UNDO else letters.FINAL_LIST
    for folio, user_id, language in readers:
        yield text.letter(
            key=f"released:{release.pk}:{user_id}", user_id=user_id, language=language, matter=f"call:{call.pk}",
            link=reverse("allocation:my_offers", args=[call.code, folio]), call=call.title, reason=release.reason,
            folio=folio,
        )  # fmt: skip


# ------------------------------------------------------------------ shared


def _locked(call: Call) -> tuple[Call, list[Release]]:
    call = Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)
    return call, queries.releases_of(call)


def _reloaded(release: Release) -> Release:
    """The release, with its call locked: offers, lists and proposals of one call never interleave."""
    Call.objects.select_for_update(of=("self",)).get(pk=release.call_id)
    return (
        Release.objects.select_related("call__institution", "run", "undoes__run")
        .defer(*(f"{run}__{blob}" for run in ("run", "undoes__run") for blob in queries.BLOBS))
        .get(pk=release.pk)
    )


def _today(now: datetime) -> date:
    return now.astimezone(workdays.MEXICO_CITY).date()
