"""A live choice: who may do what in it, when its clocks run out, and what a line of its log is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import ChosenHow, LiveChoice, LiveMode, LiveState, LiveTurn, TurnState
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.base.workdays import MEXICO_CITY, is_workday
from cauce.calls.models import Call, Mechanism
from cauce.calls.rules import Phase, lottery_is_fixed, phase
from cauce.calls.rules.canonical import canonical, digest_of

FORMAT = "cauce-live-log/1"
SILENCE = timedelta(seconds=10)
"""How long the worker may be away from the clocks before the time counts as nobody's."""
LEAST = 15
"""Seconds that a turn has at least when its clock goes on after standing still."""
SHORTEST_REASON = 10
UNDER_WAY = (LiveState.OPEN, LiveState.PAUSED)
SHOWN = (LiveState.READY, LiveState.OPEN, LiveState.PAUSED, LiveState.DONE)
IN_PERSON = (ChosenHow.ONLINE, ChosenHow.DESK, ChosenHow.CORRECTION)


@dataclass(frozen=True, slots=True)
class LivePlan:
    """How a session will be held. ``blocks``: ``{"first_day": "2024-03-04", "hours": ["09:00"], "people": 40}``, or empty."""

    mode: str
    seconds: int
    desks: int
    blocks: dict[str, Any]


# ---------------------------------------------------------------- may I?


def may_prepare(actor: Actor, call: Call, *, now: datetime) -> Verdict:
    if not actor.holds(roles.CALL_MANAGE, call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Preparar la elección en vivo toca a la gestión de la convocatoria."))
    if call.mechanism != Mechanism.LIVE:
        return Verdict(False, _("Esta convocatoria no se asigna en vivo: así lo dicen sus reglas."))
    if phase(call, now=now) is not Phase.CLOSED:
        return Verdict(
            False,
            _("La convocatoria todavía no cierra."),
            _("El orden se fija con las listas enviadas hasta el último segundo."),
        )
    return lottery_is_fixed(call)


def may_conduct(actor: Actor, session: LiveChoice) -> Verdict:
    """Whether the actor starts, stops and resumes the session."""
    if not actor.holds(roles.CALL_MANAGE, session.call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Conducir la elección toca a la gestión de la convocatoria."))
    return ALLOWED


def may_serve(actor: Actor, session: LiveChoice) -> Verdict:
    """Whether the actor attends people at a desk of this session."""
    if not actor.holds(roles.DESK_SERVE, session.call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Atender una mesa toca a quien tiene ese cargo."))
    if session.mode == LiveMode.ONLINE:
        return Verdict(False, _("Esta elección es solo en línea: no tiene mesas."))
    return ALLOWED


def may_choose(actor: Actor, session: LiveChoice, turn: LiveTurn, *, now: datetime) -> Verdict:
    """Whether the person may choose online with a choice that arrived ``now``."""
    if actor.person_id is None or actor.person_id != turn.application.person_id:
        return Verdict(False, _("Este turno es de otra persona."))
    if session.mode == LiveMode.DESKS:
        return Verdict(
            False, _("En esta elección se elige en una mesa."), _("Acude a tu cita con una identificación.")
        )
    return may_take_turn(session, turn, now=now)


def may_take_turn(session: LiveChoice, turn: LiveTurn, *, now: datetime) -> Verdict:
    """Whether a choice that arrived ``now`` can use the turn, whoever asks.

    From the second in which the clock runs out it cannot, whether or not the worker has already ended the turn.
    """
    verdict = _is_open(session, turn)
    if verdict and turn.deadline is not None and turn.deadline <= now:
        return Verdict(
            False,
            _("El tiempo de este turno terminó a las %(clock)s; la elección llegó después.")
            % {"clock": f"{turn.deadline.astimezone(MEXICO_CITY):%H:%M:%S}"},
            _("Ahora actúa la lista enviada. Si el reloj falló, el tiempo perdido se repone aquí mismo."),
        )
    return verdict


def _is_open(session: LiveChoice, turn: LiveTurn) -> Verdict:
    if session.state == LiveState.PAUSED:
        return Verdict(False, _("La elección está en pausa."), _("El reloj también: nadie pierde tiempo."))
    if session.state != LiveState.OPEN:
        return Verdict(False, _("La elección no está en curso."))
    if turn.state == TurnState.DONE:
        return Verdict(False, _("Este turno ya terminó."))
    if turn.state == TurnState.WAITING:
        return Verdict(False, _("Todavía no es este turno."), _("Faltan personas que van antes."))
    if turn.deadline is None:
        return Verdict(
            False,
            _("Se revisa una corrección de la elección anterior de esta especialidad."),
            _("El reloj está detenido; sigue en cuanto se resuelva."),
        )
    return ALLOWED


def may_call_absent(actor: Actor, session: LiveChoice, turn: LiveTurn, *, now: datetime) -> Verdict:
    """Whether a desk may say that a person did not come, so that their list acts."""
    verdict = may_serve(actor, session)
    if not verdict:
        return verdict
    verdict = _is_open(session, turn)  # after its time too: the list acts, as when the clock ends the turn
    if verdict and session.mode == LiveMode.BOTH:
        return Verdict(
            False, _("Puede estar eligiendo en línea."), _("Si no elige, el reloj termina su turno.")
        )
    return verdict.unless(
        turn.appointment_at is not None and now < turn.appointment_at, _("Todavía no es la hora de su cita.")
    )


def may_correct(actor: Actor, session: LiveChoice, *, is_last: bool, has_run: bool) -> Verdict:
    """Whether the actor may ask to correct a choice; ``is_last``: nobody of that specialty has chosen after it."""
    if not actor.holds(roles.DESK_SERVE, session.call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Pedir una corrección toca a las mesas y a la gestión."))
    if session.state not in (*UNDER_WAY, LiveState.DONE):
        return Verdict(False, _("La elección no ha empezado."))
    if has_run:
        return Verdict(False, _("El registro ya se certificó."), _("Queda la inconformidad."))
    if not is_last:
        return Verdict(
            False,
            _("Ya eligió la persona siguiente de esa especialidad."),
            _("Lo que eligió dependía de esto: ya no se corrige aquí. Queda la inconformidad."),
        )
    return ALLOWED


def may_decide(actor: Actor, session: LiveChoice, *, asked_by: int) -> Verdict:
    """Whether the actor may confirm or refuse a correction: somebody who signs, and not who asked for it."""
    if not actor.holds(roles.ALLOCATION_SIGN, session.call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Confirmar una corrección toca a quien puede firmar la asignación."))
    if actor.user_id == asked_by:
        return Verdict(False, _("La pediste tú: la confirma otra persona."))
    return ALLOWED


def is_over(session: LiveChoice | None, *, open_corrections: int) -> Verdict:
    """Whether the log is complete, so that it may be certified."""
    if session is None:
        return Verdict(
            False,
            _("Esta convocatoria se asigna en vivo."),
            _("La corrida se pide cuando la elección termina."),
        )
    if session.state != LiveState.DONE:
        return Verdict(False, _("La elección en vivo no ha terminado."), _("Faltan turnos."))
    if open_corrections:
        return Verdict(False, _("Hay una corrección sin resolver."), _("Confirmarla o rechazarla."))
    return ALLOWED


# ---------------------------------------------------------------- clocks


def deadline_of(turn: LiveTurn, *, seconds: int, now: datetime) -> datetime:
    """When the clock of a turn that opens ``now`` runs out: it never starts before the appointment."""
    return max(now, turn.appointment_at or now) + timedelta(seconds=seconds)


def stopped(deadline: datetime, *, now: datetime) -> int:
    """Seconds to keep while a clock stands still."""
    return max(0, round((deadline - now).total_seconds()))


def resumed(left: int, *, now: datetime) -> datetime:
    return now + timedelta(seconds=max(LEAST, left))


def made_up(turn: LiveTurn, *, seconds: int, away: timedelta, now: datetime) -> datetime:
    """The deadline after ``away`` in which nobody could watch the clock (negative: the clock was set back).

    Nobody gets more than a whole clock. One that had not started when the
    worker went away, since its appointment was still to come, gets all of it.
    """
    assert turn.deadline is not None  # noqa: S101 - its clock runs
    whole = now + timedelta(seconds=seconds)
    if turn.appointment_at is None or turn.appointment_at <= now - away:
        return min(turn.deadline + away, whole)
    return max(turn.deadline, whole) if away > timedelta(0) else turn.deadline


def was_away(silent: timedelta | None) -> bool:
    """Whether so much time has passed since the last look that it is nobody's; a clock set back counts too."""
    return silent is not None and abs(silent) > SILENCE


# ---------------------------------------------------------- appointments


def appointments(blocks: dict[str, Any], count: int) -> Iterator[datetime | None]:
    """Yield the appointment of each place, the first first: so many people at each hour of each working day.

    Hours are of Mexico City. Nothing for anybody without blocks.
    """
    if not blocks:
        yield from (None for _place in range(count))
        return
    moments = _moments(
        date.fromisoformat(blocks["first_day"]), [time.fromisoformat(one) for one in blocks["hours"]]
    )
    people, moment = blocks["people"], None
    for place in range(count):
        if place % people == 0:
            moment = next(moments)
        yield moment


def _moments(day: date, hours: Sequence[time]) -> Iterator[datetime]:
    while True:
        if is_workday(day):
            for hour in hours:
                yield datetime.combine(day, hour, tzinfo=MEXICO_CITY)
        day += timedelta(days=1)


# ------------------------------------------------------------------- log


def entry_digest(
    *,
    call: str,
    number: int,
    folio: str,
    post: str | None,
    how: str,
    at: datetime,
    corrects: int | None,
    previous: str,
) -> str:
    """Return the digest of one line of the log, chained to the line before it."""
    return "sha256:" + digest_of(
        canonical(
            {
                "format": FORMAT,
                "call": call,
                "number": number,
                "applicant": folio,
                "post": post,
                "how": how,
                "at": at.astimezone(MEXICO_CITY).isoformat(timespec="microseconds"),
                "corrects": corrects,
                "previous": previous,
            }
        )
    )


def order_digest(folios: Sequence[str]) -> str:
    return "sha256:" + digest_of(canonical({"format": "cauce-live-order/1", "order": list(folios)}))
