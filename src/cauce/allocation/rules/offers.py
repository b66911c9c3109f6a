"""Who may answer an offer and until when, and what comes after. No queries, no clock."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.allocation.models import Dispute, Offer, OfferState
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call
from cauce.calls.rules.aftermath import Aftermath

WAITING = (OfferState.ISSUED, OfferState.HELD)
SHOWN = tuple(state for state in OfferState.values if state != OfferState.PREPARED)


def may_answer(actor: Actor, offer: Offer, *, now: datetime) -> Verdict:
    """Whether ``actor`` may answer now: their own offer, not answered, in its last second at the latest."""
    if actor.person_id is None or offer.application.person_id != actor.person_id:
        return Verdict(False, _("Responde la persona a quien se ofrece el lugar."))
    if offer.state == OfferState.LAPSED or (offer.state in WAITING and is_over(offer, now=now)):
        when = figures.moment(offer.answer_by, zone=True) if offer.answer_by else ""
        return Verdict(False, _("El plazo para responder terminó el %(when)s.") % {"when": when})
    if offer.state not in WAITING:
        return Verdict(
            False, _("Esta oferta ya tiene respuesta: %(state)s.") % {"state": offer.get_state_display()}
        )
    return ALLOWED


def is_over(offer: Offer, *, now: datetime) -> bool:
    """Whether the clock has run out: ``answer_by`` is the last second in which one can answer."""
    return offer.answer_by is not None and now.replace(microsecond=0) > offer.answer_by


def may_hold(offer: Offer, aftermath: Aftermath) -> Verdict:
    if not aftermath.hold_hours:
        return Verdict(False, _("Las reglas de esta convocatoria no permiten apartar una oferta."))
    if offer.state == OfferState.HELD:
        return Verdict(False, _("Ya la apartaste una vez."))
    return ALLOWED


def may_manage_offers(actor: Actor, call: Call) -> Verdict:
    """Whether ``actor`` may mark who came, and lock and unlock seats."""
    if actor.user_id is None or not actor.holds(roles.CALL_MANAGE, call.institution_id):
        return Verdict(False, _("Esto toca a la gestión de la convocatoria."))
    return ALLOWED


def may_mark(actor: Actor, offer: Offer, *, today: date) -> Verdict:
    """Whether ``actor`` may say that somebody came, or did not: from the first day on."""
    return (
        may_manage_offers(actor, offer.release.call)
        .unless(offer.state != OfferState.ACCEPTED, _("Solo se marca la llegada de una oferta aceptada."))
        .unless(today < offer.starts_on, _("Todavía no llega su primer día."))
    )


def may_resolve(actor: Actor, dispute: Dispute) -> Verdict:
    """Whether ``actor`` may settle a lock that no claim holds; a claim's lock goes with its decision."""
    return (
        may_manage_offers(actor, dispute.call)
        .unless(
            dispute.claim_id is not None,
            _("Este lugar lo detiene una inconformidad: se suelta al decidirla."),
        )
        .unless(dispute.closed_at is not None, _("Esta disputa ya se cerró."))
        .unless(
            actor.user_id is not None and dispute.opened_by_id == actor.user_id,
            _("La registraste tú: la cierra otra persona."),
        )
    )


def is_late(offer: Offer, *, today: date) -> bool:
    """Whether an accepted offer's first day has passed and nobody said that the person came."""
    return offer.state == OfferState.ACCEPTED and offer.joined_at is None and offer.starts_on < today
