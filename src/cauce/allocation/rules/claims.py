"""Who may claim, until when, and who decides. No queries, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.allocation.models import Claim, ClaimState, Release
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call

SHORTEST_FACTS = 20
LONGEST_FACTS = 6000
OPEN = (ClaimState.OPEN, ClaimState.PROPOSED)


def may_claim(
    actor: Actor, *, person_id: int, release: Release | None, has_open: bool, now: datetime
) -> Verdict:
    """Whether ``actor`` may claim against ``release``, the list in force; the last second of the window counts."""
    if actor.person_id is None or actor.person_id != person_id:
        return Verdict(False, _("Se inconforma la persona de quien es el resultado."))
    if release is None or release.claims_until is None:
        return Verdict(False, _("Esta lista es definitiva."), _("La convocatoria dice qué recursos quedan."))
    if now.replace(microsecond=0) > release.claims_until:
        return Verdict(
            False,
            _("El plazo para inconformarse terminó el %(when)s.")
            % {"when": figures.moment(release.claims_until, zone=True)},
        )
    if has_open:
        return Verdict(
            False, _("Ya tienes una inconformidad en estudio."), _("Espera su respuesta; te llega un aviso.")
        )
    return ALLOWED


def _may_decide(actor: Actor, call: Call, claim: Claim, barred: Collection[int]) -> Verdict:
    if actor.user_id is None or not actor.holds(roles.ALLOCATION_SIGN, call.institution_id):
        return Verdict(False, _("Decide la gestión de la convocatoria con la segunda firma."))
    if actor.person_id is not None and actor.person_id == claim.application.person_id:
        return Verdict(False, _("La inconformidad es tuya: la deciden otras personas."))
    if actor.user_id in barred:
        return Verdict(False, _("Decidiste lo que aquí se reclama: lo deciden otras personas."))
    return ALLOWED


def may_propose(actor: Actor, call: Call, claim: Claim, *, barred: Collection[int]) -> Verdict:
    """Whether ``actor`` may propose a decision; ``barred`` are users who decided what is claimed against."""
    verdict = _may_decide(actor, call, claim, barred)
    return verdict.unless(claim.state not in OPEN, _("Esta inconformidad ya se decidió."))


def may_decide(actor: Actor, call: Call, claim: Claim, *, barred: Collection[int]) -> Verdict:
    """Whether ``actor`` may confirm the decision that somebody else proposed."""
    verdict = _may_decide(actor, call, claim, barred)
    return (
        verdict.unless(claim.state == ClaimState.OPEN, _("Falta que alguien proponga una decisión."))
        .unless(claim.state not in OPEN, _("Esta inconformidad ya se decidió."))
        .unless(
            claim.state == ClaimState.PROPOSED and claim.proposed_by_id == actor.user_id,
            _("La propusiste tú: la confirma otra persona."),
        )
    )


def may_correct(actor: Actor, call: Call, *, upheld: int, has_rounds: bool, is_under_way: bool) -> Verdict:
    """Whether ``actor`` may ask for the run that carries ``upheld`` claims out."""
    if not actor.holds(roles.ALLOCATION_RUN, call.institution_id):
        return Verdict(False, _("Pedir una corrida toca a la gestión de la convocatoria."))
    if not upheld:
        return Verdict(False, _("No hay inconformidades resueltas a favor que falte aplicar."))
    if has_rounds:
        return Verdict(
            False, _("Ya hay ofertas hechas: lo resuelto se aplica en la corrida de la siguiente ronda.")
        )
    if is_under_way:
        return Verdict(False, _("Ya hay una corrida en curso."))
    return ALLOWED


def median_days(claims: Sequence[Any]) -> float | None:
    """The median of days between lodging and decision, of decided claims; ``None`` without any."""
    days = sorted(
        (one.decided_at - one.lodged_at).total_seconds() / 86400 for one in claims if one.decided_at
    )
    if not days:
        return None
    middle = len(days) // 2
    return days[middle] if len(days) % 2 else (days[middle - 1] + days[middle]) / 2
