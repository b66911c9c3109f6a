"""A live choice: prepared, started, chosen in turn by turn, corrected by two people; its log then becomes a run.

Whoever changes a session holds its row: choices of one call commit one after another, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.allocation import bridge, queries
from cauce.allocation.models import (
    ChosenHow,
    LiveChoice,
    LiveCorrection,
    LiveEntry,
    LivePost,
    LiveState,
    LiveTurn,
    TurnState,
)
from cauce.allocation.operations.live_letters import tell_near, tell_summons
from cauce.allocation.rules import live as rulebook
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import operations as calls
from cauce.calls.models import Application, Call

SET_UP = "cauce.allocation.tasks.set_up_live_choice"
BATCH = 2000
SYSTEM = Actor.system("live-choice")


class SeatTaken(DomainError):
    """The last seat of the post went to somebody else, or the post is not of that specialty."""

    code = "seat_taken"


class AlreadyChosen(DomainError):
    """The turn is over, with another choice than this one."""

    code = "already_chosen"


class OrderChanged(DomainError):
    """A list or a score was kept while the order was being worked out."""

    code = "order_changed"


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    return actor.user_id


def _locked(session_id: int) -> LiveChoice:
    return LiveChoice.objects.select_for_update(of=("self",)).select_related("call").get(pk=session_id)


# ------------------------------------------------------------------ prepare


@use_case
def prepare_live(*, actor: Actor, call: Call, plan: rulebook.LivePlan, now: datetime) -> LiveChoice:
    """Ask for the order and the appointments of a live choice; session and task commit together.

    Asking again before it starts changes the plan and lays everything out anew;
    asking the same again changes nothing. Raises ``Denied``.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    rulebook.may_prepare(actor, call, now=now).enforce()
    session = LiveChoice.objects.filter(call=call).first()
    if session is not None and session.state in (*rulebook.UNDER_WAY, LiveState.DONE):
        raise Denied(
            gettext_lazy("La elección ya empezó: el orden y las citas no cambian."),
            gettext_lazy("Ponerla en pausa si hace falta."),
        )
    if session is not None and session.state != LiveState.FAILED and _plan_of(session) == plan:
        note(repeated=True)
        return session
    session = session or LiveChoice(call=call)
    session.mode, session.seconds, session.desks, session.blocks = (
        plan.mode, plan.seconds, plan.desks, plan.blocks,
    )  # fmt: skip
    session.state, session.failure, session.order_digest = LiveState.PREPARING, "", ""
    session.requested_by_id, session.requested_at = _user_of(actor), now
    session.save()
    session.task_id = background.enqueue(SET_UP, session_id=session.pk)
    session.save(update_fields=["task_id"])
    note(mode=session.mode, seconds=session.seconds)
    return session


def _plan_of(session: LiveChoice) -> rulebook.LivePlan:
    return rulebook.LivePlan(session.mode, session.seconds, session.desks, session.blocks)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of merit as worked out: rows of ``lists``, the first first, and what stood when it was read."""

    lists: Any
    rows: list[int]
    sendings: list[int]


def set_up_live(*, session_id: int, read_clock: Callable[[], datetime]) -> None:
    """Work out the order of merit outside any transaction, then keep turns and appointments, and write to everybody."""
    session = LiveChoice.objects.select_related("call").get(pk=session_id)
    if session.state != LiveState.PREPARING:
        return
    call = session.call
    try:
        sendings = queries.sendings(call)
        lists: Any = queries.sent_lists(call)
        offer: Any = queries.offered_posts(call)
        if not lists.folios:
            fail_live(actor=SYSTEM, session_id=session_id, code="no_lists", now=read_clock())
            return
        rows = bridge.merit_order(lists, offer, seed=call.lottery_key)
        lay_out(actor=SYSTEM, session_id=session_id, order=Order(lists, rows, sendings), now=read_clock())
    except (bridge.CannotAsk, OrderChanged, ValueError) as error:
        code = getattr(error, "code", "unanswerable")
        fail_live(actor=SYSTEM, session_id=session_id, code=code, now=read_clock())
        return
    for after in range(0, len(rows), BATCH):
        summon(actor=SYSTEM, session_id=session_id, after=after, now=read_clock())


@use_case
def lay_out(*, actor: Actor, session_id: int, order: Order, now: datetime) -> LiveChoice:
    """Keep the turns in the order of merit, their appointments, and the seats of every post. Raises ``OrderChanged``."""
    session = _locked(session_id)
    if session.state != LiveState.PREPARING:
        return session
    calls.record_freeze(session.call, now=now)
    if queries.sendings(session.call) != order.sendings:
        raise OrderChanged(gettext_lazy("Se guardó una lista mientras se fijaba el orden."))
    LiveTurn.objects.filter(session=session).delete()
    LivePost.objects.filter(session=session).delete()
    specialty_of = dict(Application.objects.filter(call=session.call).values_list("pk", "specialty_id"))
    moments = rulebook.appointments(session.blocks, len(order.rows))
    lists = order.lists
    LiveTurn.objects.bulk_create(
        (
            LiveTurn(
                session=session, application_id=lists.applications[row], specialty_id=specialty_of[lists.applications[row]],
                place=place, posts=lists.posts[row], appointment_at=moment,
            )
            for place, (row, moment) in enumerate(zip(order.rows, moments, strict=True), start=1)
        ),
        batch_size=BATCH,
    )  # fmt: skip
    LivePost.objects.bulk_create(
        (
            LivePost(session=session, post_id=post, specialty_id=specialty, seats=seats)
            for post, specialty, seats in session.call.posts.order_by("key").values_list(
                "pk", "specialty_id", "seats"
            )
        ),
        batch_size=BATCH,
    )
    session.order_digest = rulebook.order_digest([lists.folios[row] for row in order.rows])
    session.sendings, session.state = order.sendings, LiveState.READY
    session.version += 1
    session.save()
    note(digest=session.order_digest, people=len(order.rows))
    return session


@use_case
def fail_live(*, actor: Actor, session_id: int, code: str, now: datetime) -> LiveChoice:
    """Note why a session could not be prepared. One that has gone on stays as it is."""
    session = _locked(session_id)
    if session.state == LiveState.PREPARING:
        session.state, session.failure = LiveState.FAILED, code
        session.save(update_fields=["state", "failure"])
        note(failure=code)
    return session


@use_case
def summon(*, actor: Actor, session_id: int, after: int, now: datetime) -> LiveChoice:
    """Write to the people from place ``after + 1`` on: their place, their appointment, what happens if they are absent."""
    session = _locked(session_id)
    rows = LiveTurn.objects.filter(
        session=session, place__gt=after, place__lte=after + BATCH, application__person__user__isnull=False
    ).select_related("application__person__user")
    told = tell_summons(session, list(rows), now=now)
    note(after=after, told=told)
    return session


# ------------------------------------------------------------------ conduct


@use_case
def start_live(*, actor: Actor, session: LiveChoice, now: datetime) -> LiveChoice:
    """Open the first turn of every specialty. Starting what has started changes nothing."""
    session = _locked(session.pk)
    rulebook.may_conduct(actor, session).enforce()
    if session.state in rulebook.UNDER_WAY:
        note(repeated=True)
        return session
    if session.state != LiveState.READY:
        raise Denied(gettext_lazy("La elección no está lista para empezar."))
    session.state, session.started_at = LiveState.OPEN, now
    for specialty in _specialties(session):
        _open_next(session, specialty, now, is_first=True)
    _changed(session, "state", "started_at")
    note(digest=session.order_digest)
    return session


def _specialties(session: LiveChoice) -> list[int]:
    found = LiveTurn.objects.filter(session=session).values_list("specialty_id", flat=True).distinct()
    return sorted(found)


@use_case
def pause_live(*, actor: Actor, session: LiveChoice, now: datetime) -> LiveChoice:
    """Stop every clock of the session where it stands."""
    session = _locked(session.pk)
    rulebook.may_conduct(actor, session).enforce()
    if session.state == LiveState.PAUSED:
        note(repeated=True)
        return session
    if session.state != LiveState.OPEN:
        raise Denied(gettext_lazy("La elección no está en curso."))
    session.state = LiveState.PAUSED
    for turn in _open_turns(session).filter(deadline__isnull=False):
        _stop(turn, now)
    _changed(session, "state")
    return session


@use_case
def resume_live(*, actor: Actor, session: LiveChoice, now: datetime) -> LiveChoice:
    """Let the clocks go on with what they had left; those that wait for a correction stay."""
    session = _locked(session.pk)
    rulebook.may_conduct(actor, session).enforce()
    if session.state == LiveState.OPEN:
        note(repeated=True)
        return session
    if session.state != LiveState.PAUSED:
        raise Denied(gettext_lazy("La elección no está en pausa."))
    session.state = LiveState.OPEN
    held = LiveCorrection.objects.filter(session=session, decided_at__isnull=True).values("specialty")
    for turn in _open_turns(session).exclude(specialty__in=held):
        _go_on(turn, now)
    _changed(session, "state")
    return session


def _open_turns(session: LiveChoice) -> Any:
    return LiveTurn.objects.filter(session=session, state=TurnState.OPEN)


@step
def _stop(turn: LiveTurn, now: datetime) -> None:
    if turn.deadline is not None:
        turn.left, turn.deadline = rulebook.stopped(turn.deadline, now=now), None
        turn.save(update_fields=["left", "deadline"])


@step
def _go_on(turn: LiveTurn, now: datetime) -> None:
    if turn.left is not None:
        turn.deadline, turn.left = rulebook.resumed(turn.left, now=now), None
        turn.save(update_fields=["left", "deadline"])


@step
def _open_next(session: LiveChoice, specialty: int, now: datetime, *, is_first: bool = False) -> None:
    """Open the next turn of the specialty: its clock begins now, or at its appointment. Who comes near is told."""
    waiting = LiveTurn.objects.filter(session=session, specialty_id=specialty, state=TurnState.WAITING)
    turn = waiting.order_by("place").first()
    if turn is None:
        return
    turn.state, turn.opened_at = TurnState.OPEN, now
    turn.deadline = rulebook.deadline_of(turn, seconds=session.seconds, now=now)
    turn.save(update_fields=["state", "opened_at", "deadline"])
    tell_near(session, waiting, is_first=is_first, now=now)


@step
def _changed(session: LiveChoice, *fields: str) -> None:
    """Save the session so that the board shows it."""
    session.version += 1
    session.save(update_fields=["version", *fields])


# ------------------------------------------------------------------- choose


@use_case
def choose_online(*, actor: Actor, turn: LiveTurn, post: int | None, now: datetime) -> LiveEntry:
    """Take a seat of ``post`` in one's own turn, or none. The same choice twice is one.

    Raises ``SeatTaken``, ``AlreadyChosen`` or ``Denied``, this also for a choice that arrived (``now``) when the time
    of the turn was over; nothing is kept then.
    """
    session, turn = _turn(turn)
    if turn.state == TurnState.DONE and actor.person_id == turn.application.person_id:
        return _again(turn, post)
    rulebook.may_choose(actor, session, turn, now=now).enforce()
    return _choose(session, turn, post, ChosenHow.ONLINE, actor=actor, desk=None, now=now)


@use_case
def choose_at_desk(
    *, actor: Actor, turn: LiveTurn, post: int | None, desk: int | None, now: datetime
) -> LiveEntry:
    """Take a seat for the person who stands at the desk; as ``choose_online``."""
    session, turn = _turn(turn)
    rulebook.may_serve(actor, session).enforce()
    if turn.state == TurnState.DONE:
        return _again(turn, post)
    rulebook.may_take_turn(session, turn, now=now).enforce()
    if desk is not None and not 1 <= desk <= max(1, session.desks):
        raise Refused(_("Esta elección tiene %(count)s mesas.") % {"count": session.desks}, field="desk")
    return _choose(session, turn, post, ChosenHow.DESK, actor=actor, desk=desk, now=now)


def _turn(turn: LiveTurn) -> tuple[LiveChoice, LiveTurn]:
    """Session and turn as they stand, the session held."""
    session = _locked(turn.session_id)
    return session, LiveTurn.objects.select_related("application").get(pk=turn.pk)


def _again(turn: LiveTurn, post: int | None) -> LiveEntry:
    """What a turn that is over gives to who asks again."""
    entry = LiveEntry.objects.filter(turn=turn).order_by("-number")[0]
    if entry.post_id == post:
        note(repeated=True)
        return entry
    raise AlreadyChosen(
        gettext_lazy("Este turno ya terminó, con otra elección."),
        gettext_lazy("Lo que cuenta está en el registro. Si fue un error, se pide una corrección."),
    )


@step
def _choose(
    session: LiveChoice,
    turn: LiveTurn,
    post: int | None,
    how: str,
    *,
    actor: Actor,
    desk: int | None,
    now: datetime,
) -> LiveEntry:
    if post is not None and not _take(session, turn, post):
        raise SeatTaken(
            gettext_lazy("Esa plaza ya no tiene lugar."),
            gettext_lazy("Elige otra de las que quedan."),
            field="post",
        )
    return _end(session, turn, post, how, by=_user_of(actor), desk=desk, now=now)


@step
def _take(session: LiveChoice, turn: LiveTurn, post: int) -> bool:
    """Take a seat if one is free: one statement, so that two can never take the last."""
    free = LivePost.objects.filter(
        session=session, post_id=post, specialty_id=turn.specialty_id, taken__lt=F("seats")
    )
    return free.update(taken=F("taken") + 1) == 1


@step
def _end(
    session: LiveChoice,
    turn: LiveTurn,
    post: int | None,
    how: str,
    *,
    by: int | None,
    desk: int | None,
    now: datetime,
) -> LiveEntry:
    """Write the line of the log, end the turn and open the next one of the specialty; the last one ends the session."""
    entry = _write(session, turn, post, how, by=by, desk=desk, now=now)
    turn.state, turn.deadline, turn.left = TurnState.DONE, None, None
    turn.save(update_fields=["state", "deadline", "left"])
    _open_next(session, turn.specialty_id, now)
    if not LiveTurn.objects.filter(session=session).exclude(state=TurnState.DONE).exists():
        session.state, session.finished_at = LiveState.DONE, now
    _changed(session, "state", "finished_at", "entries", "head")
    note(number=entry.number, how=how, post=post)
    return entry


@step
def _write(
    session: LiveChoice, turn: LiveTurn, post: int | None, how: str, *, by: int | None, desk: int | None,
    now: datetime, corrects: LiveEntry | None = None, reason: str = "",
) -> LiveEntry:  # fmt: skip
    number, previous = session.entries + 1, session.head or session.order_digest
    key = session.call.posts.values_list("key", flat=True).get(pk=post) if post else None
    digest = rulebook.entry_digest(
        call=session.call.code, number=number, folio=turn.application.folio, post=key, how=how, at=now,
        corrects=corrects.number if corrects else None, previous=previous,
    )  # fmt: skip
    session.entries, session.head = number, digest
    return LiveEntry.objects.create(
        session=session, number=number, turn=turn, post_id=post, how=how, desk=desk, by_id=by, at=now,
        supersedes=corrects, reason=reason, previous=previous, digest=digest,
    )  # fmt: skip


# ------------------------------------------------------------ absent, clocks


@use_case
def call_absent(*, actor: Actor, turn: LiveTurn, now: datetime) -> LiveEntry:
    """A desk says that the person did not come: their list acts. Saying it twice changes nothing."""
    session, turn = _turn(turn)
    if turn.state == TurnState.DONE and rulebook.may_serve(actor, session):
        note(repeated=True)
        return LiveEntry.objects.filter(turn=turn).order_by("-number")[0]
    rulebook.may_call_absent(actor, session, turn, now=now).enforce()
    return _by_list(session, turn, by=_user_of(actor), now=now)


@use_case
def end_overdue(*, actor: Actor, turn: LiveTurn, now: datetime) -> LiveTurn:
    """End a turn whose clock has run out: its list acts. A turn that has been used meanwhile stays as it is."""
    session, turn = _turn(turn)
    is_due = session.state == LiveState.OPEN and turn.state == TurnState.OPEN
    if is_due and turn.deadline is not None and turn.deadline <= now:
        _by_list(session, turn, by=None, now=now)
    return turn


@step
def _by_list(session: LiveChoice, turn: LiveTurn, *, by: int | None, now: datetime) -> LiveEntry:
    for post in turn.posts:
        if _take(session, turn, post):
            return _end(session, turn, post, ChosenHow.LIST, by=by, desk=None, now=now)
    return _end(session, turn, None, ChosenHow.ABSENT, by=by, desk=None, now=now)


@use_case
def make_up_time(*, actor: Actor, session: LiveChoice, away: timedelta, now: datetime) -> LiveChoice:
    """Move the deadlines by the time in which nobody could watch them, or by which the clock was set back."""
    session = _locked(session.pk)
    for turn in _open_turns(session).filter(deadline__isnull=False):
        turn.deadline = rulebook.made_up(turn, seconds=session.seconds, away=away, now=now)
        turn.save(update_fields=["deadline"])
    _changed(session)
    note(away=round(away.total_seconds()))
    return session


def tend_live(*, read_clock: Callable[[], datetime]) -> int:
    """Look at the clocks of every session under way; return how many turns ended.

    A turn that opens here begins its own clock, so one look ends at most one
    turn of a specialty, however late the look comes.
    """
    ended = 0
    for session in queries.live_sessions_to_tend():
        silent = background.silence(session.beat_id)
        if silent is not None and rulebook.was_away(silent):
            make_up_time(actor=SYSTEM, session=session, away=silent, now=read_clock())
        else:
            for turn in queries.overdue_turns(session, now=read_clock()):
                end_overdue(actor=SYSTEM, turn=turn, now=read_clock())
                ended += 1
        background.report(session.beat_id, stage="live")
    return ended


# -------------------------------------------------------------- corrections


@use_case
def ask_correction(
    *, actor: Actor, entry: LiveEntry, post: int | None, reason: str, now: datetime
) -> LiveCorrection:
    """Ask to put another post in the place of a mistaken choice; the clock of that specialty stops until it is decided.

    Raises ``Denied`` once the next person of the specialty has chosen, ``Refused`` without a reason.
    """
    session = _locked(entry.session_id)
    entry = LiveEntry.objects.select_related("turn__application").get(pk=entry.pk)
    waiting = LiveCorrection.objects.filter(
        session=session, specialty_id=entry.turn.specialty_id, decided_at__isnull=True
    ).first()
    if waiting is not None and (waiting.entry_id, waiting.post_id) == (entry.pk, post):
        note(repeated=True)
        return waiting
    if waiting is not None:
        raise Denied(gettext_lazy("Ya hay una corrección sin resolver en esta especialidad."))
    rulebook.may_correct(
        actor, session, is_last=queries.is_last_entry(entry), has_run=queries.has_live_run(session.call)
    ).enforce()
    if len(reason.strip()) < rulebook.SHORTEST_REASON:
        raise Refused(_("Falta el motivo de la corrección."), _("Escribirlo en una oración."), field="reason")
    if post == entry.post_id:
        raise Refused(_("Es la misma plaza."), _("Elegir otra."), field="post")
    if post is not None and not _is_free(session, entry.turn, post):
        raise SeatTaken(gettext_lazy("Esa plaza ya no tiene lugar."), field="post")
    for turn in _open_turns(session).filter(specialty_id=entry.turn.specialty_id):
        _stop(turn, now)
    asked = LiveCorrection.objects.create(
        entry=entry, session=session, specialty_id=entry.turn.specialty_id, post_id=post, reason=reason.strip(),
        asked_by_id=_user_of(actor), asked_at=now,
    )  # fmt: skip
    _changed(session)
    note(number=entry.number)
    return asked


def _is_free(session: LiveChoice, turn: LiveTurn, post: int) -> bool:
    return LivePost.objects.filter(
        session=session, post_id=post, specialty_id=turn.specialty_id, taken__lt=F("seats")
    ).exists()


@use_case
def decide_correction(
    *, actor: Actor, correction: LiveCorrection, is_confirmed: bool, now: datetime
) -> LiveCorrection:
    """Confirm or refuse a correction, by somebody else than who asked; then the clock goes on.

    Confirmed: the seat returns, the other is taken, and a line of the log supersedes the mistaken one.
    """
    session = _locked(correction.session_id)
    correction = LiveCorrection.objects.select_related("entry__turn__application").get(pk=correction.pk)
    if correction.decided_at is not None:
        if correction.is_confirmed == is_confirmed:
            note(repeated=True)
            return correction
        raise Denied(gettext_lazy("Otra persona ya resolvió esta corrección."))
    rulebook.may_decide(actor, session, asked_by=correction.asked_by_id).enforce()
    turn = correction.entry.turn
    if is_confirmed:
        _replace(session, turn, correction, actor, now)
    correction.is_confirmed, correction.decided_by_id, correction.decided_at = (
        is_confirmed,
        actor.user_id,
        now,
    )
    correction.save(update_fields=["is_confirmed", "decided_by", "decided_at"])
    if session.state == LiveState.OPEN:
        for waiting in _open_turns(session).filter(specialty_id=turn.specialty_id):
            _go_on(waiting, now)
    _changed(session, "entries", "head")
    note(number=correction.entry.number, confirmed=is_confirmed)
    return correction


@step
def _replace(
    session: LiveChoice, turn: LiveTurn, correction: LiveCorrection, actor: Actor, now: datetime
) -> None:
    given_back = correction.entry.post_id
    if given_back is not None:
        LivePost.objects.filter(session=session, post_id=given_back).update(taken=F("taken") - 1)
    if correction.post_id is not None and not _take(session, turn, correction.post_id):
        raise SeatTaken(gettext_lazy("Esa plaza ya no tiene lugar."))
    _write(
        session, turn, correction.post_id, ChosenHow.CORRECTION, by=_user_of(actor), desk=None, now=now,
        corrects=correction.entry, reason=correction.reason,
    )  # fmt: skip
