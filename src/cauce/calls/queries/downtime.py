"""Which calls an outage moves, and the public log of outages and of the closings they moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from cauce.base.models import Outage, Pulse
from cauce.calls.models import Call, CallState, OutageExtension
from cauce.calls.queries.desk import frozen_text
from cauce.calls.rules import downtime

PER_PAGE = 50
_LATEST = timedelta(days=7)  # a machine that stood longer is looked at by people


def calls_to_extend(*, now: datetime) -> list[Call]:
    """Calls that are open, or closed lately with their lists not fixed yet, whose closing an outage moves."""
    near = (
        Call.objects.filter(state=CallState.PUBLISHED, lists_frozen_at__isnull=True, results_at__gt=now)
        .filter(opens_at__lte=now, closes_at__gte=now - _LATEST)
        .select_related("institution")
        .order_by("pk")
    )
    return [call for call in near if extension_due(call) is not None]


def extension_due(call: Call) -> downtime.Extension | None:
    """Where outages move the closing of a call now, or nothing."""
    measured = Outage.objects.filter(ended_at__gt=call.opens_at, started_at__lte=call.closes_at)
    # Frozen rules may be a megabyte: they are read only if there is anything to give back.
    if call.lists_frozen_at is not None or not measured.exists():
        return None
    clause = downtime.clause_of(frozen_text(call))
    if clause is None:
        return None
    last = OutageExtension.objects.filter(call=call).order_by("-closes_at").first()
    base = last.base if last is not None and last.closes_at == call.closes_at else call.closes_at
    spans = measured.filter(ended_at__gt=base - clause.window)
    return downtime.extension(call, clause, spans.values_list("started_at", "ended_at"), base=base)


@dataclass(frozen=True, slots=True)
class OutagesPage:
    """The public log: outages as they were measured, the closings they moved, and since when each part is watched."""

    outages: Page[Outage]
    extensions: list[OutageExtension]
    pulses: list[Pulse]


def outages_page(number: str) -> OutagesPage:
    """Four queries."""
    rows: QuerySet[Outage] = Outage.objects.order_by("-started_at", "part")
    return OutagesPage(
        outages=Paginator(rows, PER_PAGE).get_page(number[:9]),
        extensions=list(
            OutageExtension.objects.select_related("call", "addendum").order_by("-closes_at")[:PER_PAGE]
        ),
        pulses=list(Pulse.objects.order_by("part")),
    )
