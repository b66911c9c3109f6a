"""The silence meter: who of a call has heard nothing for how long, and what became of the letters of the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.calls.models import Application, ApplicationState, Call, CallReminder, CallState
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules import letters
from cauce.notices.models import Message, MessageState
from cauce.notices.queries import Fate, fates

PAGE = 50
# Upper limits of the bands of silence.
BANDS = (timedelta(days=3), timedelta(days=7), timedelta(days=14), timedelta(days=28))


@dataclass(frozen=True, slots=True)
class Band:
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Silent:
    """An applicant by folio. ``heard_at`` is empty for who has never heard anything."""

    folio: str
    state: str
    since: datetime
    heard_at: datetime | None
    days: int
    has_account: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A letter of the call to one person: what it was, when it went out, and when they opened it inside Cauce."""

    title: str
    language: str
    written_at: datetime
    state: str
    sent_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class SilencePage:
    """``asked`` is the folio that somebody looks up, ``told`` the latest letters of the call to its person."""

    frame: Frame
    bands: tuple[Band, ...]
    most: int
    people: int
    without_account: int
    longest: Page
    rows: tuple[Silent, ...]
    fates: tuple[Fate, ...]
    asked: str
    told: tuple[Told, ...]


def silence_page(
    actor: Actor, call: Call, *, now: datetime, page: str | int = 1, folio: str = ""
) -> SilencePage:
    """Read the silence of a call in five queries, six with a ``folio``. A letter counts when it went out or was opened inside Cauce."""
    everybody = _heard(call)
    counted = everybody.aggregate(
        people=Count("pk"), without=Count("pk", filter=Q(person__user__isnull=True)), **_bands(now)
    )
    labels = [
        _("hasta 3 días"), _("de 3 a 7 días"), _("de 1 a 2 semanas"), _("de 2 a 4 semanas"), _("más de 4 semanas"),
    ]  # fmt: skip
    bands = tuple(Band(label, counted[f"band{i}"]) for i, label in enumerate(labels))
    longest = Paginator(everybody.order_by("silent_since", "pk"), PAGE).get_page(page)
    return SilencePage(
        frame=desk_frame(actor, call, "calls:silence", now=now),
        bands=bands,
        most=max(band.count for band in bands),
        people=counted["people"],
        without_account=counted["without"],
        longest=longest,
        rows=tuple(_row(application, now) for application in longest),
        fates=fates(Message.objects.filter(matter=f"call:{call.pk}")),
        asked=folio,
        told=_told(call, folio) if folio else (),
    )


def _told(call: Call, folio: str) -> tuple[Told, ...]:
    who = Application.objects.filter(call=call, folio=folio).values("person")
    found = Message.objects.filter(matter=f"call:{call.pk}", user__person__in=who).order_by(
        "-written_at", "-pk"
    )
    return tuple(
        Told(
            one.title,
            one.language,
            one.written_at,
            str(MessageState(one.state).label),
            one.sent_at,
            one.read_at,
        )
        for one in found[:PAGE]
    )


def _heard(call: Call) -> QuerySet[Any]:
    received = (
        Message.objects.filter(user=OuterRef("person__user"))
        .filter(Q(state=MessageState.SENT) | Q(read_at__isnull=False))
        .order_by()
        .values("user")
    )
    last = Subquery(
        received.annotate(at=Max(Coalesce("sent_at", "read_at"))).values("at"), output_field=DateTimeField()
    )
    return (
        Application.objects.filter(call=call)
        .exclude(state=ApplicationState.WITHDRAWN)
        .annotate(user_id=F("person__user"), heard_at=last)
        .annotate(silent_since=Greatest("started_at", Coalesce("heard_at", "started_at")))
    )


def _bands(now: datetime) -> dict[str, Count]:
    edges = [now - limit for limit in BANDS]
    bands = {"band0": Count("pk", filter=Q(silent_since__gt=edges[0]))}
    for i in range(1, len(edges)):
        bands[f"band{i}"] = Count("pk", filter=Q(silent_since__lte=edges[i - 1], silent_since__gt=edges[i]))
    bands[f"band{len(edges)}"] = Count("pk", filter=Q(silent_since__lte=edges[-1]))
    return bands


def _row(application: Any, now: datetime) -> Silent:
    return Silent(
        folio=application.folio,
        state=application.get_state_display(),
        since=application.silent_since,
        heard_at=application.heard_at,
        days=max(0, (now - application.silent_since).days),
        has_account=application.user_id is not None,
    )


def kept_about(person_id: int) -> list[str]:
    """Why the name of a person must be kept: an application is part of a public process that others may review."""
    folios = Application.objects.filter(person=person_id).exclude(state=ApplicationState.DRAFT)
    return list(folios.order_by("pk").values_list("folio", flat=True))


def reminders_due(now: datetime) -> list[tuple[Call, str]]:
    """Return the open calls with the reminders and weekly letters that are due and not written, in two queries."""
    calls = Call.objects.filter(state=CallState.PUBLISHED, opens_at__lte=now, closes_at__gt=now)
    written = set(
        CallReminder.objects.filter(call__closes_at__gt=now).values_list("call", "kind", "closes_at")
    )
    due = []
    for call in calls.order_by("pk"):
        dates = {"opens_at": call.opens_at, "closes_at": call.closes_at, "now": now}
        step = letters.due_step(**dates)
        for kind in filter(None, (step.code if step else "", letters.due_week(**dates))):
            if (call.pk, kind, call.closes_at) not in written:
                due.append((call, kind))
    return due
