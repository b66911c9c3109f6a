"""A file's way in: received, read, confirmed, loaded or given back, forgotten. Who may do it is for the apps to say."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePath

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Refused
from cauce.base.imports.sheet import Finding, Sheet
from cauce.base.models import Import, ImportState
from cauce.base.reading import MOST_OCTETS
from cauce.base.usecases import note, step, use_case


class ImportRefused(Refused):
    """A file that cannot be received or loaded; the sentence says why."""

    code = "import_refused"


def pending(kind: str, scope: str = "") -> Import | None:
    """The file of this kind that waits, is being read or loaded; without its bytes."""
    return Import.objects.filter(kind=kind, scope=scope, state__in=ImportState.live()).defer("data").first()


def brought(import_id: int) -> tuple[Import, bytes] | None:
    """The file that a task was asked to read or load, with its bytes; ``None`` when it has been let go of, or is done."""
    taken = Import.objects.filter(pk=import_id, state__in=ImportState.live()).first()
    return (taken, bytes(taken.data)) if taken and taken.data is not None else None


def newest(kind: str, scope: str = "") -> QuerySet[Import]:
    """Files of this kind, newest first, without their bytes."""
    return Import.objects.filter(kind=kind, scope=scope).order_by("-pk").defer("data")


@step
def receive(
    *, kind: str, scope: str, name: str, data: bytes, task: str, actor: Actor, now: datetime
) -> Import:
    """Keep a file until it is confirmed, and ask the task at ``task`` to read it; without one, the caller does.

    An earlier file of the same kind that nobody confirmed is forgotten; the same bytes sent again are the same
    file. Raises ``ImportRefused`` for one too large, empty, or while another is being loaded.
    """
    if not data:
        raise ImportRefused(_("El archivo está vacío."), _("Elegirlo otra vez."), field="file")
    if len(data) > MOST_OCTETS:
        facts = {"size": figures.size(len(data)), "most": figures.size(MOST_OCTETS)}
        raise ImportRefused(
            _("El archivo pesa %(size)s; el máximo es %(most)s.") % facts, _("Dividirlo."), field="file"
        )
    digest = hashlib.sha256(data).hexdigest()
    waiting = Import.objects.select_for_update().filter(kind=kind, scope=scope, state__in=ImportState.live())
    for earlier in waiting.defer("data"):
        if earlier.digest == digest:
            note(repeated=True)
            return earlier
        if earlier.state == ImportState.LOADING:
            raise ImportRefused(
                _("Se está cargando otro archivo."), _("Esperar a que termine."), field="file"
            )
        forget(earlier, now=now)
    taken = Import.objects.create(
        kind=kind, scope=scope, name=PurePath(name.replace("\\", "/")).name[:120], digest=digest,
        size=len(data), data=data, state=ImportState.READING, asked_by=actor.name, received_at=now,
    )  # fmt: skip
    if task:
        taken.task_id = background.enqueue(task, import_id=taken.pk)
        taken.save(update_fields=["task_id"])
    note(kind=kind, scope=scope, digest=digest, octets=len(data))
    return taken


@step
def forget(taken: Import, *, now: datetime) -> Import:
    """Let go of a file that will not be loaded: its bytes and what was found in it. Twice is once."""
    if taken.state in (ImportState.READING, ImportState.READ):
        taken.state, taken.finished_at, taken.data, taken.findings = ImportState.DROPPED, now, None, []
        taken.save(update_fields=["state", "finished_at", "data", "findings"])
    note(kind=taken.kind, scope=taken.scope, digest=taken.digest)
    return taken


@use_case
def keep_reading(*, actor: Actor, taken: Import, sheet: Sheet, now: datetime) -> Import:
    """Keep what the task found in a file, unless somebody has let go of it meanwhile."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state == ImportState.READING:
        taken.state, taken.rows = ImportState.READ, sheet.rows
        taken.faults, taken.doubts = sheet.report.faults, sheet.report.doubts
        taken.findings = [each.kept() for each in sheet.report.findings]
        taken.facts = {**taken.facts, **sheet.facts}  # the importer may have kept some on receiving it
        taken.save(update_fields=["state", "rows", "faults", "doubts", "findings", "facts"])
    note(digest=taken.digest, rows=sheet.rows, faults=sheet.report.faults, doubts=sheet.report.doubts)
    return taken


@step
def confirm(taken: Import, *, digest: str, task: str, now: datetime) -> Import:
    """Ask the task at ``task`` to load the file that was read. Raises ``ImportRefused`` if it may not be loaded."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state in (ImportState.LOADING, ImportState.DONE):
        note(repeated=True)
        return taken
    if taken.state != ImportState.READ or taken.digest != digest:
        raise ImportRefused(
            _("El archivo ya no es el que se mostró."), _("Revisar el que está ahora y confirmarlo.")
        )
    if taken.faults:
        raise ImportRefused(
            _("El archivo tiene problemas: no se cargó nada."), _("Corregirlos y subirlo otra vez.")
        )
    taken.state = ImportState.LOADING
    if task:
        taken.task_id = background.enqueue(task, import_id=taken.pk)
    taken.save(update_fields=["state", "task_id"])
    note(digest=taken.digest, rows=taken.rows)
    return taken


@step
def finish(taken: Import, *, added: int, changed: int, now: datetime) -> Import:
    """Write down what the load did and forget the file, in the load's own transaction."""
    taken.state, taken.finished_at, taken.data, taken.findings = ImportState.DONE, now, None, []
    taken.added, taken.changed = added, changed
    taken.save(update_fields=["state", "finished_at", "data", "findings", "added", "changed"])
    note(kind=taken.kind, digest=taken.digest, rows=taken.rows, added=added, changed=changed)
    return taken


@use_case
def give_back(*, actor: Actor, taken: Import, sentence: str, remedy: str, now: datetime) -> Import:
    """A load was refused whole: the file waits again, with the reason as its finding."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state == ImportState.LOADING:
        taken.state, taken.faults = ImportState.READ, 1
        taken.findings = [Finding(0, "", "", "", sentence, remedy).kept()]
        taken.save(update_fields=["state", "faults", "findings"])
    note(digest=taken.digest)
    return taken
