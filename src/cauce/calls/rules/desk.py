"""What a manager may do to a call, and why not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call, CallState
from cauce.calls.rules.lint import Finding, blocking, warnings
from cauce.calls.rules.lottery import Source


def may_read_desk(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may see drafts, numbers and the log of the call."""
    if actor.holds(roles.CALL_READ, call.institution_id) or actor.holds(
        roles.CALL_MANAGE, call.institution_id
    ):
        return ALLOWED
    return Verdict(False, _("Esta convocatoria es de otra institución."))


def may_walk_audit(actor: Actor) -> Verdict:
    if actor.is_system or actor.holds(roles.AUDIT_READ):
        return ALLOWED
    return Verdict(False, _("Recorrer la auditoría toca a quien audita."))


def may_create(actor: Actor, institution_id: int | None) -> Verdict:
    """Whether the actor may draft a call of the institution; with ``None``, of any."""
    allowed = (
        actor.holds_anywhere(roles.CALL_MANAGE)
        if institution_id is None
        else actor.holds(roles.CALL_MANAGE, institution_id)
    )
    return (
        ALLOWED
        if allowed
        else Verdict(False, _("Solo crea convocatorias quien las gestiona en su institución."))
    )


def may_manage(actor: Actor, call: Call) -> Verdict:
    if actor.holds(roles.CALL_MANAGE, call.institution_id):
        return ALLOWED
    return Verdict(
        False,
        _("Esta cuenta puede consultar la convocatoria, no cambiarla."),
        _("La cambia quien gestiona las convocatorias de la institución."),
    )


def may_edit_call(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may change the draft. What is published changes only by addendum."""
    return _while_draft(may_manage(actor, call), call)


def may_bring_posts(actor: Actor, call: Call) -> Verdict:
    """As ``may_edit_call``; the worker and the command may too, for whom a person answers."""
    return _while_draft(ALLOWED if actor.is_system else may_manage(actor, call), call)


def _while_draft(verdict: Verdict, call: Call) -> Verdict:
    return verdict.unless(
        call.state != CallState.DRAFT,
        _("La convocatoria está publicada: sus reglas ya no cambian."),
        _("Para corregir algo, publicar una adenda."),
    )


def may_publish(
    actor: Actor, call: Call, findings: tuple[Finding, ...], *, acknowledged: Collection[str] = ()
) -> Verdict:
    """Whether the call may be published with what the linter found; ``acknowledged`` are keys of warnings."""
    verdict = may_edit_call(actor, call)
    if not verdict:
        return verdict
    if stops := blocking(findings):
        listed = " ".join(f"{finding.place}: {finding.sentence}" for finding in stops[:_SHOWN])
        more = len(stops) - _SHOWN
        if more > 0:
            listed += " " + _("Y %(more)s más.") % {"more": figures.number(more)}
        return Verdict(
            False, _("No se puede publicar todavía. %(listed)s") % {"listed": listed}, stops[0].remedy
        )
    unread = [finding for finding in warnings(findings) if finding.key not in acknowledged]
    if unread:
        listed = " ".join(f"{finding.place}: {finding.sentence}" for finding in unread[:_SHOWN])
        return Verdict(
            False,
            _("Hay avisos sin revisar. %(listed)s") % {"listed": listed},
            _("Corregirlos, o confirmar que se publica así."),
        )
    return ALLOWED


def may_load(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may say which groups people belong to, or in which order posts take them."""
    verdict = may_manage(actor, call).unless(
        call.state == CallState.DRAFT,
        _("La convocatoria es un borrador: todavía no hay solicitudes."),
        _("Publicarla y esperar las listas."),
    )
    return verdict.unless(
        call.results_published_at is not None,
        _("Los resultados ya se publicaron: con estos datos se decidieron y así quedan."),
    )


def may_amend(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may publish an addendum to the call."""
    return may_manage(actor, call).unless(
        call.state == CallState.DRAFT,
        _("La convocatoria es un borrador: no necesita adendas."),
        _("Corregirla directamente."),
    )


def may_extend(call: Call, closes_at: datetime, *, now: datetime) -> Verdict:
    """Whether an addendum may move the closing to ``closes_at``: only later, before it comes, before the results and the lottery's value."""
    if now.replace(microsecond=0) > call.closes_at:
        return Verdict(False, _("La convocatoria ya cerró: el cierre no se mueve."))
    if closes_at <= call.closes_at:
        return Verdict(
            False,
            _("El cierre solo se puede mover a más tarde que el %(moment)s.")
            % {"moment": figures.moment(call.closes_at)},
            _("Elegir una fecha posterior, o dejarla en blanco."),
        )
    if closes_at >= call.results_at:
        return Verdict(
            False,
            _("El nuevo cierre debe ser anterior a los resultados, %(moment)s.")
            % {"moment": figures.moment(call.results_at)},
            _("Elegir una fecha anterior."),
        )
    known_at = Source.of(call).known_at
    if known_at is not None and closes_at >= known_at:
        return Verdict(
            False,
            _("El nuevo cierre debe ser anterior al valor público del sorteo, que se conoce el %(moment)s.")
            % {"moment": figures.moment(known_at)},
            _("Elegir una fecha anterior: de dónde sale el azar no cambia con una adenda."),
        )
    return ALLOWED


_SHOWN = 3
