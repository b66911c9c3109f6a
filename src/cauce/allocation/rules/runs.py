"""Who may run, sign, publish and read an allocation, and why not. No queries, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import Run, RunState
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call
from cauce.calls.rules import Phase, lottery_is_fixed, phase

SIGNATURES = 2
UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)
ANSWERED = (RunState.CERTIFIED, RunState.PUBLISHED)


def may_run(actor: Actor, call: Call, *, is_published: bool, now: datetime) -> Verdict:
    """Whether ``actor`` may ask for a run; ``is_published`` says that a run of the call already is."""
    if not actor.holds(roles.ALLOCATION_RUN, call.institution_id):
        return Verdict(False, _("Pedir una corrida toca a la gestión de la convocatoria."))
    if phase(call, now=now) is not Phase.CLOSED:
        return Verdict(
            False,
            _("La convocatoria todavía no cierra."),
            _("La asignación se corre con las listas enviadas hasta el último segundo."),
        )
    if is_published:
        return Verdict(
            False,
            _("Los resultados ya se publicaron."),
            _("Lo publicado no se cambia; una corrección se publica aparte."),
        )
    return lottery_is_fixed(call)


def may_rehearse(actor: Actor, call: Call) -> Verdict:
    """Whether ``actor`` may have mechanisms tried on the shape of ``call``; it places nobody, whatever its state."""
    if not actor.holds(roles.CALL_MANAGE, call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Pedir un ensayo toca a la gestión de la convocatoria."))
    return ALLOWED


def is_whole(run: Run) -> bool:
    """Whether every property of the certificate holds, and there is a certificate."""
    return bool(run.checks) and all(check["holds"] for check in run.checks)


def is_later(run: Run) -> bool:
    """Whether a run corrects a published one or shares out a later round: two people release it, with its preview."""
    return run.corrects_id is not None or run.round > 0


_ELSEWHERE = Verdict(
    False,
    _("Esta corrida se publica con su vista previa."),
    _("Una corrección, en Publicaciones; una ronda, en Ofertas y rondas."),
)


def may_sign(actor: Actor, run: Run, *, signed_by: Iterable[int], newest: int) -> Verdict:
    """Whether ``actor`` may sign ``run``; ``newest`` is the number of the newest certified run of its call."""
    signed = set(signed_by)
    if not actor.holds(roles.ALLOCATION_SIGN, run.call.institution_id) or actor.user_id is None:
        return Verdict(False, _("Firmar toca a la gestión de la convocatoria y a la segunda firma."))
    if is_later(run):
        return _ELSEWHERE
    if run.state == RunState.PUBLISHED:
        return Verdict(False, _("Esta corrida ya se publicó."))
    if run.state != RunState.CERTIFIED or not is_whole(run):
        return Verdict(
            False, _("Solo se firma una corrida certificada."), _("Esperar a que termine, o pedir otra.")
        )
    if actor.user_id in signed:
        return Verdict(False, _("Ya firmaste esta corrida: la segunda firma debe ser de otra persona."))
    if run.number != newest:
        return Verdict(False, _("Hay una corrida más reciente."), _("Se firma la más reciente."))
    if len(signed) >= SIGNATURES:
        return Verdict(False, _("Ya están las dos firmas."))
    return ALLOWED


def reviews_seen(*, open_reviews: int, seen: int) -> Verdict:
    """Whether who signs has said that they saw every score that somebody should look at and nobody has (F1).

    They exclude nobody and stop no run; ``seen`` is how many were shown to the person.
    """
    return ALLOWED.unless(
        open_reviews > seen,
        _("Hay revisiones de puntajes abiertas y no se dijo que se vieron todas."),
        _("Abrirlas desde la corrida, leerlas y marcar la casilla antes de firmar."),
    )


def may_withdraw(actor: Actor, run: Run, *, signed_by: Iterable[int]) -> Verdict:
    if actor.user_id is None or actor.user_id not in set(signed_by):
        return Verdict(False, _("No hay una firma tuya en esta corrida."))
    if run.state == RunState.PUBLISHED:
        return Verdict(False, _("La corrida ya se publicó: la firma no se retira."))
    return ALLOWED


def may_publish(
    actor: Actor, run: Run, *, signed_by: Iterable[int], newest: int, cleared: Verdict
) -> Verdict:
    """Whether ``actor`` may publish ``run``; ``cleared`` is what the review of its package says."""
    signed = set(signed_by)
    manages = actor.holds(roles.CALL_MANAGE, run.call.institution_id)
    if actor.user_id is None or not (manages or actor.user_id in signed):
        return Verdict(False, _("Publicar toca a la gestión de la convocatoria o a quien firmó."))
    if is_later(run):
        return _ELSEWHERE
    if run.state == RunState.PUBLISHED:
        return Verdict(False, _("Esta corrida ya se publicó."))
    if run.state != RunState.CERTIFIED or not is_whole(run):
        return Verdict(False, _("Solo se publica una corrida certificada."))
    if run.number != newest:
        return Verdict(False, _("Hay una corrida más reciente."), _("Se publica la más reciente."))
    if len(signed) < SIGNATURES:
        return Verdict(
            False,
            _("Faltan firmas: se publica con dos, de dos personas distintas."),
            _("Firmar, o pedir la firma a quien puede darla."),
        )
    return cleared


def early_warning(call: Call, *, now: datetime) -> str:
    """Say that publishing at ``now`` comes before the results date that the call announced; nothing when it does not.

    Publishing before is no fault, but whoever trusted the calendar may miss
    what counts from publication: the act needs a reason, which stays public.
    """
    if now.replace(microsecond=0) >= call.results_at:
        return ""
    return gettext(
        "La convocatoria anunció los resultados para el %(announced)s; hoy es %(today)s. "
        "Publicarlos antes adelanta los plazos que cuentan desde la publicación."
    ) % {
        "announced": figures.moment(call.results_at, weekday=True, zone=True),
        "today": figures.moment(now, weekday=True),
    }


def may_read_run(actor: Actor, call: Call) -> bool:
    return actor.holds(roles.CALL_READ, call.institution_id)


def may_explain(actor: Actor, call: Call, *, person_id: int) -> bool:
    """Whether ``actor`` reads why this person got their place: the person, and who answers for the call."""
    is_own = actor.person_id is not None and actor.person_id == person_id
    return is_own or actor.holds(roles.RESULT_EXPLAIN, call.institution_id)


def stages(run: Run, signatures: int) -> list[tuple[Any, str]]:
    """Return the stages of a run as (label, "done" | "now" | "")."""
    labels = [
        _("Congelar"),
        _("Resolver"),
        _("Certificar"),
        _("Primera firma"),
        _("Segunda firma"),
        _("Publicar"),
    ]
    if run.state in (RunState.PUBLISHED, RunState.SUPERSEDED):
        reached = len(labels)
    elif run.state == RunState.CERTIFIED:
        reached = 3 + min(signatures, SIGNATURES)
    else:
        reached = 1 if run.question_digest else 0
    return [
        (label, "done" if at < reached else "now" if at == reached else "") for at, label in enumerate(labels)
    ]
