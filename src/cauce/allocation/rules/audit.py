"""Who may repeat a run, write findings, answer them, settle them and publish an opinion; and the sample nobody chooses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import AuditFinding, FindingState, OpinionKind, Run, RunState
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call

SAMPLE = 50
REPLY_DAYS = 10  # working days
FEWEST_LETTERS, MOST_LETTERS = 20, 4000


def may_audit(actor: Actor, call: Call) -> Verdict:
    """Whether the actor audits the institution of the call; a process never does."""
    if actor.user_id is not None and actor.holds(roles.AUDIT_READ, call.institution_id):
        return ALLOWED
    return Verdict(False, _("Auditar toca a quien audita."))


def may_rerun(actor: Actor, run: Run) -> Verdict:
    return may_audit(actor, run.call).unless(
        not run.package_digest, _("Esta corrida no tiene paquete que repetir.")
    )


def may_reply(actor: Actor, finding: AuditFinding) -> Verdict:
    """Whether the actor answers for the institution."""
    if actor.user_id is None or not actor.holds(roles.CALL_MANAGE, finding.call.institution_id):
        return Verdict(False, _("Contesta quien gestiona la convocatoria."))
    if finding.state != FindingState.OPEN:
        return Verdict(False, _("Este hallazgo ya se contestó o se resolvió."))
    return ALLOWED


def may_settle(actor: Actor, finding: AuditFinding, *, now: datetime) -> Verdict:
    """Whether the actor closes or escalates: once the institution answered, or let its time go by."""
    verdict = may_audit(actor, finding.call)
    if not verdict:
        return verdict
    if finding.state in (FindingState.CLOSED, FindingState.ESCALATED):
        return Verdict(False, _("Este hallazgo ya se resolvió."))
    return verdict.unless(
        finding.state == FindingState.OPEN and now < finding.reply_due,
        _("La institución todavía está en plazo para contestar."),
        _("Esperar su respuesta o el vencimiento."),
    )


def may_opine(
    actor: Actor, run: Run | None, kind: str, *, waiting: int, escalated: int, given: bool
) -> Verdict:
    """Whether an opinion of this kind may be published; ``waiting`` findings are not settled, ``escalated`` are."""
    if run is None:
        return Verdict(False, _("Todavía no hay una corrida publicada sobre la cual opinar."))
    verdict = may_audit(actor, run.call)
    if not verdict:
        return verdict
    if run.state != RunState.PUBLISHED:
        return Verdict(False, _("Todavía no hay una corrida publicada sobre la cual opinar."))
    if given:
        return Verdict(False, _("El dictamen ya se publicó; no cambia."))
    if waiting:
        return Verdict(False, _("Hay hallazgos sin resolver."), _("Cerrarlos o escalarlos primero."))
    return verdict.unless(
        kind == OpinionKind.CLEAN and escalated > 0,
        _("Hay hallazgos escalados: el dictamen no puede ser sin salvedades."),
        _("Elegir otro sentido del dictamen."),
    )


def sample(digest: str, count: int, size: int = SAMPLE) -> list[int]:
    """Places from 1 to ``count``, drawn by the digest of the published answer: nobody chooses them, anybody repeats them.

    Draw ``n`` is the SHA-256 of ``digest:n`` as a number, modulo ``count``, plus one; repeated places are skipped.
    """
    found: dict[int, None] = {}
    for place in _draws(digest, count):
        found[place] = None
        if len(found) == min(size, count):
            return sorted(found)
    return []


def _draws(digest: str, count: int) -> Iterator[int]:
    number = 0
    while count:
        drawn = hashlib.sha256(f"{digest}:{number}".encode()).digest()
        yield int.from_bytes(drawn) % count + 1
        number += 1
