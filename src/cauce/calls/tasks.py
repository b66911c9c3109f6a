"""Work for calls outside requests: chores of the worker, files of posts, of paper applications and of scores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django_tasks import task

from cauce.base import clock, continuity, imports
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.models import Import
from cauce.calls import intake, operations, queries
from cauce.calls.models import Call
from cauce.calls.rules.drafting import PostValues
from cauce.calls.rules.filing import Filing

WALKED_EVERY = timedelta(days=1)


def count_demand() -> int:
    """Count the demand of every call where it changed; return how many calls were counted."""
    calls = queries.calls_to_count()
    for call in calls:
        operations.count_demand(call=call, actor=Actor.system("demand"), now=clock.read())
    return len(calls)


def walk_audit_daily() -> bool:
    """Ask for a walk over the whole audit chain when the last one is a day old; return whether it was asked for."""
    now = clock.read()
    if continuity.whole_since(now - WALKED_EVERY):
        return False
    operations.walk_audit(actor=Actor.system("audit"), now=now)
    return True


_IMPORT = Actor.system("import")


@task(takes_context=True)
def read_posts(context: Any, import_id: int) -> None:
    """Read a table of posts dry and keep what was found; again after a death, from its start."""
    if found := imports.brought(import_id):
        taken, data = found
        sheet, _posts = _read_posts(taken, data, imports.teller(context.task_result.id, "read"))
        imports.keep_reading(actor=_IMPORT, taken=taken, sheet=sheet, now=clock.read())


@task(takes_context=True)
def load_posts(context: Any, import_id: int) -> None:
    """Read the confirmed table again and load it whole; what forbids it goes back to its page as a finding."""
    if not (found := imports.brought(import_id)):
        return
    taken, data = found
    sheet, posts = _read_posts(taken, data, imports.teller(context.task_result.id, "load"))
    call = queries.call_with_code(taken.scope)
    reason = _("Los catálogos o la convocatoria cambiaron después de leer el archivo.")
    remedy = _("Subirlo otra vez.")
    if call is not None and sheet.may_load:
        try:
            operations.load_posts(actor=_IMPORT, call=call, taken=taken, posts=posts, now=clock.read())
            return
        except DomainError as error:
            reason, remedy = str(error.message), str(error.remedy)
    imports.give_back(actor=_IMPORT, taken=taken, sentence=reason, remedy=remedy, now=clock.read())


def _read_posts(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, list[PostValues]]:
    call = queries.call_with_code(taken.scope)
    present = queries.posts_by_key(call) if call is not None else {}
    return intake.read_posts(data, queries.post_lookup(), present, told)


@task(takes_context=True)
def read_applicants(context: Any, import_id: int) -> None:
    """Read a table of paper applications dry and keep what was found; again after a death, from its start."""
    if found := imports.brought(import_id):
        taken, data = found
        sheet, _filings = _read_applicants(taken, data, imports.teller(context.task_result.id, "read"))
        imports.keep_reading(actor=_IMPORT, taken=taken, sheet=sheet, now=clock.read())


@task(takes_context=True)
def load_applicants(context: Any, import_id: int) -> None:
    """Read the confirmed table again and apply for everybody in it; what forbids it goes back as a finding."""
    if not (found := imports.brought(import_id)):
        return
    taken, data = found
    sheet, filings = _read_applicants(taken, data, imports.teller(context.task_result.id, "load"))
    reason = _("Alguien del archivo se registró o se postuló después de leerlo.")
    remedy = _("Subirlo otra vez, para ver quién.")
    if sheet.may_load:
        try:
            call = _call_of(taken)
            operations.load_applicants(
                actor=_IMPORT, call=call, taken=taken, filings=filings, now=clock.read()
            )
            return
        except DomainError as error:
            reason, remedy = str(error.message), str(error.remedy)
    imports.give_back(actor=_IMPORT, taken=taken, sentence=reason, remedy=remedy, now=clock.read())


def _read_applicants(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, list[Filing]]:
    lookup = queries.filing_lookup(_call_of(taken), today=localdate(taken.received_at))
    return intake.read_applicants(data, lookup, told)


def _call_of(taken: Import) -> Call:
    """The call of a file of applications; a published one is never removed."""
    call = queries.call_with_code(taken.scope)
    assert call is not None  # noqa: S101
    return call


@task(takes_context=True)
def read_scores(context: Any, import_id: int) -> None:
    """Read and compare two files of scores and keep what was found; again after a death, from the start."""
    if found := imports.brought(import_id):
        taken, data = found
        sheet, _scores = _read_scores(taken, data, imports.teller(context.task_result.id, "read"))
        imports.keep_reading(actor=_IMPORT, taken=taken, sheet=sheet, now=clock.read())


@task(takes_context=True)
def load_scores(context: Any, import_id: int) -> None:
    """Read the confirmed files again and load them whole; what forbids it goes back to their page as a finding."""
    if not (found := imports.brought(import_id)):
        return
    taken, data = found
    sheet, scores = _read_scores(taken, data, imports.teller(context.task_result.id, "load"))
    call = queries.call_with_code(taken.scope)
    reason = _("La convocatoria o sus solicitudes cambiaron después de leer los archivos.")
    remedy = _("Subirlos otra vez.")
    if call is not None and sheet.may_load:
        try:
            operations.load_scores(actor=_IMPORT, call=call, taken=taken, scores=scores, now=clock.read())
            return
        except DomainError as error:
            reason, remedy = str(error.message), str(error.remedy)
    imports.give_back(actor=_IMPORT, taken=taken, sentence=reason, remedy=remedy, now=clock.read())


def _read_scores(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, intake.Scores]:
    known = queries.score_lookup(taken.scope)
    criteria, folios = (known.criteria, known.folios) if known else ([], frozenset())
    return intake.read_pair(intake.Pair.of(data), criteria, folios, told)
