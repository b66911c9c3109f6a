"""What a run is made of: the lists that count, and the posts of the call, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from cauce.allocation.models import Placement, Run
from cauce.calls import queries as calls
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CaseState,
    ListVersion,
    PostOrder,
    PostOrders,
)


@dataclass(frozen=True, slots=True)
class SentLists:
    """Parallel columns, one entry for each application whose list counts. ``posts`` are ids, best first."""

    applications: list[int]
    folios: list[str]
    merit: list[list[str]]
    posts: list[list[int]]
    groups: list[list[str]]
    origins: list[tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class OfferedPosts:
    """Parallel columns, one entry for each post of a call, by key."""

    ids: list[int]
    keys: list[str]
    seats: list[int]
    shared: list[tuple[dict[str, int], int | None, int]]
    places: list[tuple[str, int]]


def sent_lists(call: Call) -> SentLists:
    """Return the newest sent version of every submitted application that is not excluded, in one query."""
    rows = list(calls.sent_lists(call))
    return SentLists(
        [one.application for one in rows],
        [one.folio for one in rows],
        [one.merit for one in rows],
        [one.posts for one in rows],
        [one.groups for one in rows],
        [(one.origin_state, one.origin_site) for one in rows],
    )


def offered_posts(call: Call) -> OfferedPosts:
    posts = calls.call_posts(call)
    return OfferedPosts(
        [one.id for one in posts],
        [one.key for one in posts],
        [one.seats for one in posts],
        [(one.reserved, one.target, one.minimum) for one in posts],
        [(one.state, one.site) for one in posts],
    )


def own_orders(call: Call) -> dict[int, list[list[int]]]:
    """The orders that posts of the call brought, or its partner institutes signed for theirs, as tiers of application ids."""
    if call.post_orders == PostOrders.PARTNER:
        return calls.partner_orders(call)
    if call.post_orders != PostOrders.IMPORTED:
        return {}
    return dict(PostOrder.objects.filter(post__call=call).values_list("post_id", "tiers"))


def outcomes(run: Run) -> dict[int, int | None]:
    """The post, if any, that each candidate of a partner institute got in a run, by application."""
    nominated = calls.nominated_applications(run.call)
    rows = (
        Placement.objects.filter(run=run, application__in=nominated)
        if nominated
        else Placement.objects.none()
    )
    return dict(rows.values_list("application_id", "post_id"))


def sendings(call: Call) -> list[int]:
    """Return how many applications stand and are not excluded, how many lists were ever sent, and how often groups and orders were loaded.

    Equal while nothing was sent, withdrawn or loaded.
    """
    standing = (
        Application.objects.filter(call=call, state=ApplicationState.SUBMITTED)
        .exclude(review__state=CaseState.EXCLUDED)
        .count()
    )
    sent = ListVersion.objects.filter(application__call=call, sent_at__isnull=False).count()
    return [standing, sent, Call.objects.values_list("standings", flat=True).get(pk=call.pk)]


def people_by_post(run: Run) -> QuerySet[Placement, Any]:
    """How many people a run gave each post, as pairs (post id, people); posts with nobody are not there."""
    rows = Placement.objects.filter(run=run, post__isnull=False).order_by()
    return rows.values_list("post_id").annotate(Count("pk"))
