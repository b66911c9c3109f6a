"""What follows the results of a call, while it is a draft."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.calls.models import Call
from cauce.calls.operations.desk import DraftRefused, differs, locked_draft, touch
from cauce.calls.rules.aftermath import Aftermath, aftermath_problem
from cauce.calls.rules.design import Design


@use_case
def edit_aftermath(*, actor: Actor, call: Call, values: Aftermath, seen: str, now: datetime) -> Call:
    """Replace what a draft declares for after its results.

    Raises ``Denied`` unless the actor may edit, ``ChangedMeanwhile`` when
    somebody else saved other values, ``DraftRefused`` for what contradicts itself.
    """
    call = locked_draft(actor, call)
    if not differs(call, Aftermath.of(call), values, seen):
        return call
    problem = aftermath_problem(values)
    if not problem and values.may_upgrade and not Design.of(call).is_plain:
        problem = _("Con clases de lugares, topes u órdenes propios no se ofrece cambiar a una mejor.")
    if problem:
        raise DraftRefused(problem, _("Corregirlo; no se guardó nada."))
    call.aftermath = values.document()
    call.save(update_fields=["aftermath"])
    touch(call, actor, now)
    note(part="aftermath", fingerprint=values.fingerprint)
    return call
