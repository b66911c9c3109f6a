"""What a run is made of: the lists that count, and the posts of the call, in columns."""

from __future__ import annotations

from dataclasses import dataclass

from cauce.calls.models import ApplicationState, Call, ListVersion, Post


@dataclass(frozen=True, slots=True)
class SentLists:
    """Parallel columns, one entry for each application whose list counts, by folio. ``posts`` are ids, best first."""

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
    newest: dict[int, tuple[str, list[str], list[int]]] = {}
    rows = (
        ListVersion.objects.filter(
            application__call=call, application__state=ApplicationState.SUBMITTED, sent_at__isnull=False
        )
        .order_by("application__folio", "number")
        .values_list("application_id", "application__folio", "application__merit", "posts")
    )
    for application, folio, merit, posts in rows.iterator(chunk_size=5000):
        newest[application] = (folio, merit, posts)
    columns = list(zip(*newest.values(), strict=True)) or [(), (), ()]
    return SentLists(list(newest), list(columns[0]), list(columns[1]), list(columns[2]))


def offered_posts(call: Call) -> OfferedPosts:
    rows = list(Post.objects.filter(call=call).order_by("key").values_list("pk", "key", "seats"))
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return OfferedPosts(list(columns[0]), list(columns[1]), list(columns[2]))
