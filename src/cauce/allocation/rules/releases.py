"""Who may make what public, who else must agree, and what may be taken back. No queries, no clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import LIVE, OfferState, Release, ReleaseKind, ReleaseState, Run, RunState
from cauce.allocation.rules.runs import is_whole
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call
from cauce.calls.rules.aftermath import Aftermath

UNANSWERED = (OfferState.PREPARED, OfferState.ISSUED, OfferState.HELD)


def in_force(releases: Collection[Release]) -> list[Release]:
    """The public releases that nobody took back, oldest first; ``releases`` are all those of one call."""
    undone = {
        one.undoes_id for one in releases if one.kind == ReleaseKind.UNDO and one.state == ReleaseState.PUBLIC
    }
    return sorted(
        (
            one
            for one in releases
            if one.state == ReleaseState.PUBLIC and one.kind != ReleaseKind.UNDO and one.pk not in undone
        ),
        key=lambda one: one.number,
    )


def current_list(releases: Collection[Release]) -> Release | None:
    """The provisional or definitive list that is in force, if any."""
    lists = [
        one for one in in_force(releases) if one.kind in (ReleaseKind.PROVISIONAL, ReleaseKind.DEFINITIVE)
    ]
    return lists[-1] if lists else None


def rounds_of(releases: Collection[Release]) -> list[Release]:
    return [one for one in in_force(releases) if one.kind == ReleaseKind.ROUND]


def _may_sign(actor: Actor, call: Call) -> Verdict:
    if actor.user_id is None or not actor.holds(roles.ALLOCATION_SIGN, call.institution_id):
        return Verdict(
            False, _("Publicar y ofrecer toca a la gestión de la convocatoria y a la segunda firma.")
        )
    return ALLOWED


def _none_waits(releases: Collection[Release]) -> Verdict:
    if any(one.state == ReleaseState.PROPOSED for one in releases):
        return Verdict(
            False,
            _("Ya hay una publicación propuesta que espera a otra persona."),
            _("Confirmarla o descartarla antes de proponer otra."),
        )
    return ALLOWED


def may_propose_list(
    actor: Actor, call: Call, *, releases: Collection[Release], run: Run | None, now: datetime
) -> Verdict:
    """Whether ``actor`` may propose the definitive list made from ``run``, the published one or its newest correction."""
    verdict = _may_sign(actor, call)
    if not verdict:
        return verdict
    shown = current_list(releases)
    if shown is None or run is None:
        return Verdict(
            False, _("Todavía no hay resultados publicados."), _("Publicar primero la corrida firmada.")
        )
    if rounds_of(releases):
        return Verdict(
            False, _("Ya hay ofertas hechas sobre esta lista: lo que cambie pasa a la siguiente ronda.")
        )
    if shown.kind == ReleaseKind.DEFINITIVE and shown.run_id == run.pk:
        return Verdict(False, _("La lista definitiva ya se publicó."))
    if shown.claims_until is not None and now.replace(microsecond=0) <= shown.claims_until:
        return Verdict(
            False,
            _("Todavía corre el plazo para inconformarse."),
            _("La lista definitiva se propone cuando termine."),
        )
    if run.state not in (RunState.CERTIFIED, RunState.PUBLISHED) or not is_whole(run):
        return Verdict(False, _("Solo se publica una corrida certificada."))
    return _none_waits(releases)


def may_propose_round(
    actor: Actor, call: Call, *, releases: Collection[Release], unanswered: int, run: Run | None
) -> Verdict:
    """Whether ``actor`` may propose to offer places from ``run``; ``unanswered`` counts offers that wait for an answer."""
    verdict = _may_sign(actor, call)
    if not verdict:
        return verdict
    if not Aftermath.of(call).answer_hours:
        return Verdict(False, _("Las reglas de esta convocatoria no prevén ofertas aquí."))
    shown = current_list(releases)
    if shown is None or shown.kind != ReleaseKind.DEFINITIVE:
        return Verdict(False, _("Se ofrece sobre la lista definitiva, y todavía no la hay."))
    if unanswered:
        return Verdict(
            False,
            _("Hay ofertas sin respuesta."),
            _("La siguiente ronda empieza cuando todas tengan respuesta o venzan."),
        )
    if run is None:
        return Verdict(
            False, _("Falta la corrida de esta ronda."), _("Pedirla: usa los lugares que volvieron.")
        )
    return _none_waits(releases)


def may_run_round(
    actor: Actor, call: Call, *, releases: Collection[Release], unanswered: int, free: int, is_ready: bool
) -> Verdict:
    """Whether ``actor`` may ask for the run of a later round over the ``free`` seats; ``is_ready`` if one waits to be used."""
    if not actor.holds(roles.ALLOCATION_RUN, call.institution_id):
        return Verdict(False, _("Pedir una corrida toca a la gestión de la convocatoria."))
    if not rounds_of(releases):
        return Verdict(False, _("La primera ronda se ofrece con la lista definitiva, sin otra corrida."))
    if unanswered:
        return Verdict(
            False,
            _("Hay ofertas sin respuesta."),
            _("La siguiente ronda empieza cuando todas tengan respuesta o venzan."),
        )
    if not free:
        return Verdict(False, _("No queda ningún lugar libre que ofrecer."))
    if is_ready:
        return Verdict(False, _("La corrida de esta ronda ya está."), _("Proponer sus ofertas."))
    return ALLOWED


def may_confirm(actor: Actor, release: Release, *, cleared: Verdict) -> Verdict:
    """Whether ``actor`` may confirm what somebody else proposed; ``cleared`` is what the review of its package says."""
    verdict = _may_sign(actor, release.call)
    if not verdict:
        return verdict
    if release.state == ReleaseState.PUBLIC:
        return Verdict(False, _("Ya se publicó."))
    if release.state == ReleaseState.DROPPED:
        return Verdict(False, _("Esta propuesta se descartó."), _("Proponerla de nuevo si hace falta."))
    if actor.user_id == release.proposed_by_id:
        return Verdict(False, _("La propusiste tú: la confirma otra persona."))
    # Taking back shows nothing that was not public before.
    return ALLOWED if release.kind == ReleaseKind.UNDO else cleared


def may_drop(actor: Actor, release: Release) -> Verdict:
    verdict = _may_sign(actor, release.call)
    return verdict.unless(
        release.state == ReleaseState.PUBLIC,
        _("Ya se publicó."),
        _("Lo publicado se deshace con otra publicación."),
    ).unless(release.state == ReleaseState.DROPPED, _("Ya estaba descartada."))


def may_undo(actor: Actor, call: Call, *, releases: Collection[Release], joined: int) -> Verdict:
    """Whether ``actor`` may propose to take the newest release back; ``joined`` counts people who already came by it."""
    verdict = _may_sign(actor, call)
    if not verdict:
        return verdict
    if not in_force(releases):
        return Verdict(False, _("No hay nada publicado que deshacer."))
    if joined:
        return Verdict(False, _("Ya llegó a su plaza gente de esta ronda: no se deshace."))
    return _none_waits(releases)


def start_problem(starts_on: date, *, today: date) -> object:
    """Say what is wrong with the first day of the places offered, or nothing."""
    return "" if starts_on > today else _("La fecha de inicio debe ser posterior a hoy.")


def is_live(state: str) -> bool:
    return state in LIVE
