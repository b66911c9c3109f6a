"""What an auditor may ask for."""

from __future__ import annotations

from datetime import datetime

from cauce.base import continuity
from cauce.base.actors import Actor
from cauce.base.models import AuditWalk
from cauce.base.usecases import use_case
from cauce.calls import rules


@use_case
def walk_audit(*, actor: Actor, now: datetime) -> AuditWalk:
    """Ask for a walk over the whole audit chain; while one is under way, that one is returned.

    Raises ``Denied`` unless the actor reads the audit or is the worker.
    """
    rules.may_walk_audit(actor).enforce()
    return continuity.ask(actor=actor, now=now)
