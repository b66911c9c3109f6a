"""Work for calls outside requests: chores of the worker, files of posts, of paper applications and of scores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.timezone import localdate
from django_tasks import task

from cauce.base import clock, continuity, imports
from cauce.base.actors import Actor
from cauce.base.models import Import
from cauce.base.phrases import phrase as _
from cauce.calls import intake, operations, queries
from cauce.calls.intake.answers import Sheets
from cauce.calls.models import Call
from cauce.calls.rules.drafting import PostValues
from cauce.calls.rules.filing import Filing
from cauce.calls.rules.nominations import Candidate

WALKED_EVERY = timedelta(days=1)


def count_demand() -> int:
    """Count the demand of every call where it changed; return how many calls were counted."""
    calls = queries.calls_to_count()
    for call in calls:
        operations.count_demand(call=call, actor=Actor.system("demand"), now=clock.read())
    return len(calls)


def remind() -> int:
    """Write the reminders and weekly letters that are due; return how many kinds were written."""
    now = clock.read()
    due = queries.reminders_due(now)
    for call, kind in due:
        operations.remind(call=call, kind=kind, actor=Actor.system("reminders"), now=now)
    return len(due)


def make_up_for_outages() -> int:
    """Move the closings that an outage of ours took time from; return how many."""
    now = clock.read()
    calls = queries.calls_to_extend(now=now)
    for call in calls:
        operations.make_up_for_outages(actor=Actor.system("outages"), call=call, now=now)
    return len(calls)


def tend_draws() -> int:
    """Close the lists of participants that are due, and fix the draws whose witnesses' time is over; return how many."""
    now = clock.read()
    due, over = queries.calls_to_seal(now=now), queries.calls_to_settle(now=now)
    sealed = 0
    for call in due:
        # An outage that is still to be made up for moves the closing first.
        if queries.extension_due(call) is None:
            operations.seal_participants(call=call, actor=Actor.system("lottery"), now=now)
            sealed += 1
    for call in over:
        operations.settle_draw(call=call, actor=Actor.system("lottery"), now=now)
    return sealed + len(over)


def walk_audit_daily() -> bool:
    """Ask for a walk over the whole audit chain when the last one is a day old; return whether it was asked for."""
    now = clock.read()
    if continuity.whole_since(now - WALKED_EVERY):
        return False
    operations.walk_audit(actor=Actor.system("audit"), now=now)
    return True


# ------------------------------------------------------------------- posts


def _read_posts(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, list[PostValues]]:
    call = queries.call_with_code(taken.scope)
    present = queries.posts_by_key(call) if call is not None else {}
    return intake.read_posts(data, queries.post_lookup(), present, told)


def _load_posts(taken: Import, posts: list[PostValues], **who: Any) -> Import | None:
    call = queries.call_with_code(taken.scope)  # a draft may have been thrown away meanwhile
    return operations.load_posts(call=call, taken=taken, posts=posts, **who) if call is not None else None


_POSTS = imports.Work(
    _read_posts, _load_posts,
    lambda: (_("Los catálogos o la convocatoria cambiaron después de leer el archivo."), _("Subirlo otra vez.")),
)  # fmt: skip


@task(takes_context=True)
def read_posts(context: Any, import_id: int) -> None:
    _POSTS.read_file(context, import_id)


@task(takes_context=True)
def load_posts(context: Any, import_id: int) -> None:
    _POSTS.load_file(context, import_id)


# --------------------------------------------------- applications on paper


def _read_applicants(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, list[Filing]]:
    lookup = queries.filing_lookup(_call_of(taken), today=localdate(taken.received_at))
    return intake.read_applicants(data, lookup, told)


def _load_applicants(taken: Import, filings: list[Filing], **who: Any) -> Import:
    return operations.load_applicants(call=_call_of(taken), taken=taken, filings=filings, **who)


def _call_of(taken: Import) -> Call:
    """The call of a file of applications; a published one is never removed."""
    call = queries.call_with_code(taken.scope)
    assert call is not None  # noqa: S101
    return call


_APPLICANTS = imports.Work(
    _read_applicants, _load_applicants,
    lambda: (_("Alguien del archivo se registró o se postuló después de leerlo."), _("Subirlo otra vez, para ver quién.")),
)  # fmt: skip


@task(takes_context=True)
def read_applicants(context: Any, import_id: int) -> None:
    _APPLICANTS.read_file(context, import_id)


@task(takes_context=True)
def load_applicants(context: Any, import_id: int) -> None:
    _APPLICANTS.load_file(context, import_id)


# ------------------------------------------------------------------ scores


def _read_scores(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, intake.Scores]:
    known = queries.score_lookup(taken.scope)
    criteria, folios = (known.criteria, known.folios) if known else ([], frozenset())
    return intake.read_pair(intake.Pair.of(data), criteria, folios, told)


def _load_scores(taken: Import, scores: intake.Scores, **who: Any) -> Import | None:
    call = queries.call_with_code(taken.scope)
    return operations.load_scores(call=call, taken=taken, scores=scores, **who) if call is not None else None


_SCORES = imports.Work(
    _read_scores, _load_scores,
    lambda: (_("La convocatoria o sus solicitudes cambiaron después de leer los archivos."), _("Subirlos otra vez.")),
)  # fmt: skip


@task(takes_context=True)
def read_scores(context: Any, import_id: int) -> None:
    _SCORES.read_file(context, import_id)


@task(takes_context=True)
def load_scores(context: Any, import_id: int) -> None:
    _SCORES.load_file(context, import_id)


# ------------------------------------------------ candidates of a partner


def _read_nominations(
    taken: Import, data: bytes, told: imports.Told
) -> tuple[imports.Sheet, list[Candidate]]:
    partner = queries.partner_with_number(int(taken.scope))
    present = queries.candidates_of(partner)
    today = localdate(taken.received_at)
    return intake.read_nominations(data, partner, present, today=today, told=told)


def _load_nominations(taken: Import, told: list[Candidate], **who: Any) -> Import:
    partner = queries.partner_with_number(int(taken.scope))
    return operations.load_nominations(partner=partner, taken=taken, told=told, **who)


_NOMINATIONS = imports.Work(
    _read_nominations, _load_nominations,
    lambda: (_("La propuesta cambió después de leer el archivo."), _("Subirlo otra vez, para ver qué cambiaría ahora.")),
)  # fmt: skip


@task(takes_context=True)
def read_nominations(context: Any, import_id: int) -> None:
    _NOMINATIONS.read_file(context, import_id)


@task(takes_context=True)
def load_nominations(context: Any, import_id: int) -> None:
    _NOMINATIONS.load_file(context, import_id)


# ----------------------------------------------------------- second looks


def _read_answers(taken: Import, data: bytes, told: imports.Told) -> tuple[imports.Sheet, Sheets]:
    _call, folios = queries.answer_lookup(taken.scope)
    return intake.read_answers(data, folios, told)


def _load_answers(taken: Import, sheets: Sheets, **who: Any) -> Import:
    return operations.load_answers(call=_call_of(taken), taken=taken, sheets=sheets, **who)


_ANSWERS = imports.Work(
    _read_answers, _load_answers,
    lambda: (_("La convocatoria o sus solicitudes cambiaron después de leer el archivo."), _("Subirlo otra vez.")),
)  # fmt: skip


@task(takes_context=True)
def read_answers(context: Any, import_id: int) -> None:
    _ANSWERS.read_file(context, import_id)


@task(takes_context=True)
def load_answers(context: Any, import_id: int) -> None:
    _ANSWERS.load_file(context, import_id)


@task()
def look_over(call_id: int) -> None:
    """Look over all scores of a call and keep what was found; again, it opens nothing twice."""
    call = queries.call_with_id(call_id)
    if call is not None:
        operations.keep_look(
            actor=Actor.system("anomalies"), call=call, look=queries.look_over(call), now=clock.read()
        )
