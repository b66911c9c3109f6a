"""What a run is made of: the lists that count, and the posts of the call, in columns."""

from __future__ import annotations

from dataclasses import dataclass

from cauce.calls import queries as calls
from cauce.calls.models import Application, ApplicationState, Call, ListVersion


@dataclass(frozen=True, slots=True)
class SentLists:
    """Parallel columns, one entry for each application whose list counts. ``posts`` are ids, best first."""

    applications: list[int]
    folios: list[str]
    merit: list[list[str]]
    posts: list[list[int]]


@dataclass(frozen=True, slots=True)
class OfferedPosts:
    """Parallel columns, one entry for each post of a call, by key."""

    ids: list[int]
    keys: list[str]
    seats: list[int]


def sent_lists(call: Call) -> SentLists:
    """Return the newest sent version of every submitted application, in one query."""
    rows = list(calls.sent_lists(call))
    return SentLists(
        [one.application for one in rows],
        [one.folio for one in rows],
        [one.merit for one in rows],
        [one.posts for one in rows],
    )


def offered_posts(call: Call) -> OfferedPosts:
    posts = calls.call_posts(call)
    return OfferedPosts([one.id for one in posts], [one.key for one in posts], [one.seats for one in posts])


def sendings(call: Call) -> list[int]:
    """Return how many applications stand and how many lists were ever sent: equal while nothing was sent or withdrawn."""
    standing = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED).count()
    return [standing, ListVersion.objects.filter(application__call=call, sent_at__isnull=False).count()]
