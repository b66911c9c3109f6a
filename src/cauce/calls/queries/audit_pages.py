"""What may be read of the audit: the log of one call, and the chain as a whole. Rules never read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.paginator import Page, Paginator
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from cauce.accounts.models import User
from cauce.base import audit
from cauce.base.actors import Actor
from cauce.base.continuity import Continuity, continuity
from cauce.base.models import AuditEvent, AuditSeal
from cauce.base.spreadsheets import Table
from cauce.calls.models import Call
from cauce.calls.queries.desk import calls_managed_by, name_of
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules.canonical import canonical

PER_PAGE = 50
# Models whose events belong to the log of a call, with the way from each to its call; a higher app may bring them.
_PARTS = {
    "calls.Addendum": "call", "calls.Draw": "call", "allocation.Run": "call", "allocation.PrivacyReview": "run__call",
    "allocation.Release": "call", "allocation.Claim": "release__call", "allocation.Dispute": "call",
    "allocation.LiveChoice": "call", "allocation.LiveCorrection": "session__call", "allocation.AuditFinding": "call",
    "allocation.AuditOpinion": "run__call",
}  # fmt: skip
# What the worker repeats by the minute or by the batch.
_NOISE = (
    "calls.count_demand", "allocation.tell_batch", "allocation.tell_apart_batch", "allocation.issue_batch",
    "allocation.tell_release",
)  # fmt: skip


def events_about(call: Call) -> QuerySet[AuditEvent]:
    """Events about the call and what belongs to it, newest first, in one query.

    Those of applications are not among them, nor what the worker repeats.
    """
    about = Q(subject_model="calls.Call", subject_id=str(call.pk))
    for label, way in _PARTS.items():
        rows = apps.get_model(label)._base_manager.filter(**{way: call.pk})
        numbers = rows.annotate(written=Cast("pk", CharField())).values("written")
        about |= Q(subject_model=label, subject_id__in=numbers)
    return AuditEvent.objects.filter(about).exclude(action__in=_NOISE).order_by("-pk")


@dataclass(frozen=True, slots=True)
class LogRow:
    """An event in words. ``seal`` is its number in the chain, empty while it waits; ``holds`` whether its link does."""

    event: AuditEvent
    who: str
    what: str
    facts: str
    seal: int | None
    digest: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class LogPage:
    frame: Frame
    rows: list[LogRow]
    page: Page[AuditEvent]
    waiting: int
    broken: int


def log_page(actor: Actor, call: Call, *, number: int, now: datetime) -> LogPage:
    """Fifty events of a call, each with its seal and whether its link of the chain holds, in six queries."""
    page = Paginator(events_about(call), PER_PAGE).get_page(number)
    rows = log_rows(list(page.object_list))
    return LogPage(
        frame=desk_frame(actor, call, "calls:log", now=now),
        rows=rows,
        page=page,
        waiting=sum(row.seal is None for row in rows),
        broken=sum(row.holds is False for row in rows),
    )


def log_rows(events: list[AuditEvent]) -> list[LogRow]:
    """Put events into words and check the link of each, in three queries."""
    seals = {
        seal.event_id: seal for seal in AuditSeal.objects.filter(event_id__in=[event.pk for event in events])
    }
    before = dict(
        AuditSeal.objects.filter(number__in=[seal.number - 1 for seal in seals.values()]).values_list(
            "number", "digest"
        )
    )
    names = _names(events)
    rows = []
    for event in events:
        seal = seals.get(event.pk)
        holds = None
        if seal is not None:
            previous = before.get(seal.number - 1, audit.START if seal.number == 1 else "")
            holds = audit.link(previous, event) == seal.digest
        rows.append(
            LogRow(
                event=event,
                who=names.get(event.actor) or _process(event.actor),
                what=audit.action_words(event.action),
                facts=audit.fact_words(event.detail),
                seal=seal.number if seal else None,
                digest=seal.digest if seal else "",
                holds=holds,
            )
        )
    return rows


def _names(events: Iterable[AuditEvent]) -> dict[str, str]:
    numbers = {
        int(event.actor[5:]) for event in events if event.actor[:5] == "user:" and event.actor[5:].isdigit()
    }
    # Only offices are named: whoever reads the audit needs no applicant's name.
    users = User.objects.filter(pk__in=numbers, memberships__isnull=False).select_related("person").distinct()
    return {f"user:{user.pk}": name_of(user) for user in users}


def _process(actor: str) -> str:
    return _("Cauce (%(process)s)") % {"process": actor[7:]} if actor.startswith("system:") else actor


# ---------------------------------------------------------------- the chain


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What is known of the chain, its newest events, and the calls the auditor may open.

    ``since`` are the links walked after the newest whole walk.
    """

    continuity: Continuity
    since: int
    rows: list[LogRow]
    page: Page[AuditEvent]
    calls: list[Call]


def audit_page(actor: Actor, *, number: int) -> AuditPage:
    """Fifty events and the state of the chain, in a fixed number of queries."""
    page = Paginator(AuditEvent.objects.order_by("-pk"), PER_PAGE).get_page(number)
    known = continuity()
    return AuditPage(
        continuity=known,
        since=known.reach.number - (known.kept.whole_to if known.kept else 0),
        rows=log_rows(list(page.object_list)),
        page=page,
        calls=list(calls_managed_by(actor).only("code", "title", "state").order_by("-opens_at")),
    )


_COLUMNS = ("event", "at", "actor", "action", "subject_model", "subject_id", "detail", "seal", "digest")


def all_events() -> QuerySet[AuditEvent]:
    """The whole log, for whoever may read the audit."""
    return AuditEvent.objects.all()


def event_table(events: QuerySet[AuditEvent]) -> Table:
    """Events as they leave, oldest first; ``detail`` as canonical JSON, as it was sealed."""
    return Table(_COLUMNS, _event_rows(events))


def _event_rows(events: QuerySet[AuditEvent]) -> Iterator[tuple[Any, ...]]:
    batch: list[AuditEvent] = []
    for event in events.order_by("pk").iterator(chunk_size=1000):
        batch.append(event)
        if len(batch) == 1000:
            yield from _exported(batch)
            batch = []
    yield from _exported(batch)


def _exported(batch: list[AuditEvent]) -> Iterator[tuple[Any, ...]]:
    seals = {
        seal.event_id: seal for seal in AuditSeal.objects.filter(event_id__in=[event.pk for event in batch])
    }
    for event in batch:
        seal = seals.get(event.pk)
        yield (
            event.pk,
            event.at.isoformat(timespec="microseconds"),
            event.actor,
            event.action,
            event.subject_model,
            event.subject_id,
            canonical(event.detail),
            seal.number if seal else "",
            seal.digest if seal else "",
        )
