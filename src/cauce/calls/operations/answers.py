"""The answers of an examination, brought as a file so that sheets of one room can be compared."""

from __future__ import annotations

from datetime import datetime

from cauce.base import background, imports
from cauce.base.actors import Actor
from cauce.base.models import Import, ImportState
from cauce.base.usecases import note, step, use_case
from cauce.calls.intake.answers import Sheets
from cauce.calls.models import AnswerSheet, Call
from cauce.calls.operations.second_look import LOOK_TASK
from cauce.calls.rules import may_load

ANSWERS = "answers"
_READ_TASK, _LOAD_TASK = "cauce.calls.tasks.read_answers", "cauce.calls.tasks.load_answers"


@step
def _locked(actor: Actor, call: Call) -> Call:
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not actor.is_system:
        may_load(actor, call).enforce()
    return call


@use_case
def receive_answers(*, actor: Actor, call: Call, name: str, data: bytes, now: datetime) -> Import:
    """Take a file of answers and have it read. Raises ``Denied``, ``ImportRefused``."""
    call = _locked(actor, call)
    return imports.receive(
        kind=ANSWERS, scope=call.code, name=name, data=data, task=_READ_TASK, actor=actor, now=now
    )


@use_case
def drop_answers(*, actor: Actor, call: Call, taken: Import, now: datetime) -> Import:
    """Let go of the file that waits. Raises ``Denied``."""
    _locked(actor, call)
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_answers(*, actor: Actor, call: Call, taken: Import, digest: str, now: datetime) -> Import:
    """Have the file with this digest loaded as it was read. Raises ``Denied``, ``ImportRefused``."""
    _locked(actor, call)
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK, now=now)


@use_case
def load_answers(*, actor: Actor, call: Call, taken: Import, sheets: Sheets, now: datetime) -> Import:
    """Keep the sheets of a confirmed file in the place of those there were, and have them looked over.

    Files loaded already are left alone. Raises ``Denied``.
    """
    call = _locked(actor, call)
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING:
        note(repeated=True)
        return taken
    AnswerSheet.objects.filter(application__call=call).delete()
    ids = dict(call.applications.values_list("folio", "pk"))
    AnswerSheet.objects.bulk_create(
        (
            AnswerSheet(application_id=ids[folio], room=each.room, answers=each.answers, loaded_at=now)
            for folio, each in sheets.by_folio.items()
            if folio in ids
        ),
        batch_size=1000,
    )
    call.answer_key = sheets.key
    call.save(update_fields=["answer_key"])
    background.enqueue(LOOK_TASK, call_id=call.pk)
    note(people=len(sheets.by_folio))
    return imports.finish(taken, added=len(sheets.by_folio), changed=0, now=now)
