"""Reading and loading the national catalogue outside requests."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django_tasks import task

from cauce.base import clock, imports
from cauce.base.actors import Actor
from cauce.institutions import intake, operations, queries

_SYSTEM = Actor.system("import")


@task(takes_context=True)
def read_clues(context: Any, import_id: int) -> None:
    """Read a file dry and keep what was found; again after a death, from its start."""
    if found := imports.brought(import_id):
        taken, data = found
        told = imports.teller(context.task_result.id, "read")
        sheet, _units = intake.read_clues(data, queries.clues_lookup(), told)
        imports.keep_reading(actor=_SYSTEM, taken=taken, sheet=sheet, now=clock.read())


@task(takes_context=True)
def load_clues(context: Any, import_id: int) -> None:
    """Read the confirmed file again and load it whole; a load that was done already changes nothing."""
    if found := imports.brought(import_id):
        taken, data = found
        told = imports.teller(context.task_result.id, "load")
        sheet, units = intake.read_clues(data, queries.clues_lookup(), told)
        if sheet.may_load:
            operations.load_clues(actor=_SYSTEM, taken=taken, units=units, now=clock.read())
        else:
            reason = _("El catálogo de estados cambió después de leer el archivo.")
            imports.give_back(
                actor=_SYSTEM, taken=taken, sentence=reason, remedy=_("Subirlo otra vez."), now=clock.read()
            )
