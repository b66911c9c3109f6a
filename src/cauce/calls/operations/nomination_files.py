"""The candidates of a partner institute from a file: received, read by the worker, confirmed, loaded whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.models import Import, ImportState
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import CallPartner
from cauce.calls.operations.nominations import (
    keep_candidates,
    locked_partner,
    refuse_duplicate,
    refuse_too_many,
)
from cauce.calls.rules.nominations import Candidate, may_nominate

NOMINATIONS = "nominations"
_READ_TASK, _LOAD_TASK = "cauce.calls.tasks.read_nominations", "cauce.calls.tasks.load_nominations"


@step
def _locked(actor: Actor, partner: CallPartner, now: datetime) -> CallPartner:
    partner = locked_partner(partner)
    may_nominate(actor, partner, now=now).enforce()
    return partner


@use_case
def receive_nominations(
    *, actor: Actor, partner: CallPartner, name: str, data: bytes, now: datetime, by_task: bool = True
) -> Import:
    """Take a table of candidates and have it read. Raises ``Denied``, ``ImportRefused``."""
    partner = _locked(actor, partner, now)
    task = _READ_TASK if by_task else ""
    return imports.receive(
        kind=NOMINATIONS, scope=str(partner.pk), name=name, data=data, task=task, actor=actor, now=now
    )


@use_case
def drop_nominations(*, actor: Actor, partner: CallPartner, taken: Import, now: datetime) -> Import:
    """Let go of the table that waits. Raises ``Denied``."""
    _locked(actor, partner, now)
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_nominations(
    *, actor: Actor, partner: CallPartner, taken: Import, digest: str, now: datetime, by_task: bool = True
) -> Import:
    """Have the table with this digest loaded as it was read. Raises ``Denied``, ``ImportRefused``."""
    _locked(actor, partner, now)
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK if by_task else "", now=now)


@use_case
def load_nominations(
    *, actor: Actor, partner: CallPartner, taken: Import, told: Sequence[Candidate], now: datetime
) -> Import:
    """Put the candidates of a confirmed table at the end of the proposal, in its order, all or none.

    Those that stand there already, the same in everything, stay as they are. Raises ``Denied``, and
    ``NominationRefused`` for a duplicate or too many. A table loaded already changes nothing.
    """
    partner = _locked(actor, partner, now)
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING:
        note(repeated=True)
        return taken
    rows = list(partner.nominations.order_by("position"))
    staying = [Candidate.of(row) for row in rows if not row.leaves]
    fresh = [one for one in told if one not in staying]
    for one in fresh:
        refuse_duplicate(one, rows)
    refuse_too_many(partner, len(staying) + len(fresh))
    keep_candidates(partner, fresh)
    note(added=len(fresh))
    return imports.finish(taken, added=len(fresh), changed=0, now=now)
