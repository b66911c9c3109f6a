"""What a live choice is, for those who conduct it and for the run that its log becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from cauce.accounts import roles
from cauce.allocation import rules
from cauce.allocation.models import (
    LiveChoice,
    LiveCorrection,
    LiveEntry,
    LiveState,
    LiveTurn,
    Run,
    TurnState,
)
from cauce.allocation.queries.lists import SentLists
from cauce.allocation.rules import live as rulebook
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls import queries as calls
from cauce.calls.models import Application, Call, CallState, Mechanism


def live_sessions_to_tend() -> list[LiveChoice]:
    """Sessions whose clocks run."""
    return list(LiveChoice.objects.filter(state=LiveState.OPEN).order_by("pk"))


def overdue_turns(session: LiveChoice, *, now: datetime) -> list[LiveTurn]:
    """Open turns of the session whose clock has run out, the earliest first."""
    return list(
        LiveTurn.objects.filter(session=session, state=TurnState.OPEN, deadline__lte=now).order_by(
            "deadline", "place"
        )
    )


def is_last_entry(entry: LiveEntry) -> bool:
    """Whether the entry stands, and nobody of its specialty has chosen after it."""
    newest = (
        LiveEntry.objects.filter(session_id=entry.session_id, turn__specialty_id=entry.turn.specialty_id)
        .order_by("-turn__place", "-number")
        .values_list("pk", flat=True)
        .first()
    )
    return newest == entry.pk


def has_live_run(call: Call) -> bool:
    """Whether the log has been certified, or is on the way to it."""
    return Run.objects.filter(call=call, state__in=(*rules.UNDER_WAY, *rules.ANSWERED)).exists()


def open_corrections(session: LiveChoice) -> int:
    return LiveCorrection.objects.filter(session=session, decided_at__isnull=True).count()


def run_verdict(actor: Actor, call: Call, *, is_published: bool, now: datetime) -> Verdict:
    """Whether a run may be asked for; of a call that chooses live, once its log is complete (two queries more)."""
    verdict = rules.may_run(actor, call, is_published=is_published, now=now)
    if not verdict or call.mechanism != Mechanism.LIVE:
        return verdict
    session = LiveChoice.objects.filter(call=call).first()
    return rulebook.is_over(session, open_corrections=open_corrections(session) if session else 0)


# ------------------------------------------------------------------- the log


class Chosen(NamedTuple):
    """What counts of one turn: ``post`` (id and key) is empty for none; ``in_person`` for who chose themself."""

    application: int
    folio: str
    post: int | None
    key: str | None
    in_person: bool


def live_log(call: Call) -> list[Chosen]:
    """Return what counts of every turn that is over, in the order of merit; one query."""
    later = LiveEntry.objects.filter(supersedes=OuterRef("pk"))
    rows = (
        LiveEntry.objects.filter(~Exists(later), session__call=call)
        .order_by("turn__place")
        .values_list("turn__application_id", "turn__application__folio", "post_id", "post__key", "how")
    )
    return [
        Chosen(application, folio, post, key, how in rulebook.IN_PERSON)
        for application, folio, post, key, how in rows
    ]


def as_chosen(lists: SentLists, log: Iterable[Chosen]) -> SentLists:
    """The lists as the act left them: what somebody chose in person stands instead of their list."""
    chosen = {one.application: [one.post] if one.post else [] for one in log if one.in_person}
    posts = [
        chosen.get(application, posts)
        for application, posts in zip(lists.applications, lists.posts, strict=True)
    ]
    return replace(lists, posts=posts)


# -------------------------------------------------------------- who sees what


def live_calls() -> QuerySet[Call]:
    """Published calls that choose live; their boards are public."""
    return Call.objects.filter(state=CallState.PUBLISHED, mechanism=Mechanism.LIVE).select_related(
        "institution"
    )


def session_of(call: Call) -> LiveChoice | None:
    session = LiveChoice.objects.filter(call=call).first()
    if session is not None:
        session.call = call
    return session


def live_calls_served_by(actor: Actor) -> QuerySet[Call]:
    """Calls that choose live where the actor attends a desk."""
    found = live_calls()
    where = actor.institutions(roles.DESK_SERVE)
    return found if where is None else found.filter(institution_id__in=where)


def live_calls_conducted_by(actor: Actor) -> QuerySet[Call]:
    """Calls that choose live whose desk the actor reads."""
    found = live_calls()
    where = actor.institutions(roles.CALL_READ)
    return found if where is None else found.filter(institution_id__in=where)


def my_turns(actor: Actor) -> QuerySet[LiveTurn]:
    """The actor's own turns; nobody's for who is no person."""
    mine = calls.applications_visible_to(actor)
    return LiveTurn.objects.filter(application__in=mine).select_related(
        "session__call__institution", "application", "specialty"
    )


def turn_with_folio(session: LiveChoice, folio: str) -> LiveTurn | None:
    return (
        LiveTurn.objects.filter(session=session, application__folio=folio)
        .select_related("application__person", "specialty")
        .first()
    )


def open_turn_of(session: LiveChoice, specialty: str) -> LiveTurn | None:
    """Whose turn it is in a specialty, by its code."""
    rows = LiveTurn.objects.filter(session=session, specialty__code=specialty, state=TurnState.OPEN)
    return rows.select_related("application").first()


def entry_of(session: LiveChoice, number: int) -> LiveEntry | None:
    return (
        LiveEntry.objects.filter(session=session, number=number)
        .select_related("turn__application", "turn__specialty", "post")
        .first()
    )


def correction_of(session: LiveChoice, pk: int) -> LiveCorrection | None:
    return LiveCorrection.objects.filter(session=session, pk=pk).first()


def my_application(actor: Actor, call: Call) -> Application | None:
    return calls.applications_visible_to(actor).filter(call=call).first()


def log_rows(session: LiveChoice) -> Iterable[tuple[Any, ...]]:
    """The whole log for a file: number, folio, post, how, at, corrects, digest."""
    return (
        LiveEntry.objects.filter(session=session)
        .order_by("number")
        .values_list(
            "number", "turn__application__folio", "turn__place", "post__key", "how", "at", "supersedes__number",
            "previous", "digest",
        )
        .iterator(chunk_size=2000)
    )  # fmt: skip
