"""Reading and loading the national catalogue outside requests."""

from __future__ import annotations

from typing import Any

from django_tasks import task

from cauce.base import imports
from cauce.base.models import Import
from cauce.base.phrases import phrase as _
from cauce.institutions import intake, operations, queries


def _read(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, list[intake.Unit]]:
    return intake.read_clues(data, queries.clues_lookup(), told)


def _load(taken: Import, units: list[intake.Unit], **who: Any) -> Import:
    return operations.load_clues(taken=taken, units=units, **who)


_CLUES = imports.Work(
    _read, _load,
    lambda: (_("El catálogo de estados cambió después de leer el archivo."), _("Subirlo otra vez.")),
)  # fmt: skip


@task(takes_context=True)
def read_clues(context: Any, import_id: int) -> None:
    _CLUES.read_file(context, import_id)


@task(takes_context=True)
def load_clues(context: Any, import_id: int) -> None:
    _CLUES.load_file(context, import_id)
