"""What the board's process tells its watchers: read a few times a second, once for all of them. No names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.timezone import localtime

from cauce.allocation.models import LiveChoice, LiveEntry, LivePost, LiveTurn, TurnState
from cauce.allocation.rules import live as rulebook

LAST = 12


def live_versions(codes: set[str]) -> dict[str, tuple[int, int]]:
    """Return session and version of each of these calls that has a board, in one query."""
    rows = LiveChoice.objects.filter(call__code__in=codes, state__in=rulebook.SHOWN)
    return {code: (pk, version) for code, pk, version in rows.values_list("call__code", "pk", "version")}


def live_snapshot(session_id: int) -> dict[str, Any]:
    """Return everything the board shows that changes, in six queries.

    ``lanes`` by specialty: folio, place, deadline, how many wait, seats left; ``seats`` left by post.
    """
    session = LiveChoice.objects.get(pk=session_id)
    turns = LiveTurn.objects.filter(session=session_id)
    waiting = dict(
        turns.order_by().values_list("specialty").annotate(n=Count("pk", filter=Q(state=TurnState.WAITING)))
    )
    heads = {
        specialty: (folio, place, deadline)
        for specialty, folio, place, deadline in turns.filter(state=TurnState.OPEN).values_list(
            "specialty", "application__folio", "place", "deadline"
        )
    }
    posts = LivePost.objects.filter(session=session_id)
    left = dict(posts.order_by().values_list("specialty").annotate(n=Sum(F("seats") - F("taken"))))
    lanes = {}
    for specialty, behind in waiting.items():
        folio, place, deadline = heads.get(specialty, ("", None, None))
        when = deadline.isoformat() if deadline else None
        lanes[str(specialty)] = [folio, place, when, behind, left.get(specialty, 0)]
    return {
        "version": session.version,
        "state": session.state,
        "done": turns.filter(state=TurnState.DONE).count(),
        "lanes": lanes,
        "seats": {str(post): seats for post, seats in posts.values_list("post", F("seats") - F("taken"))},
        "log": _log(session_id),
    }


def _log(session_id: int) -> list[list[Any]]:
    """The last lines, the oldest of them first: number, folio, post, how, time of day."""
    rows = (
        LiveEntry.objects.filter(session=session_id)
        .order_by("-number")
        .values_list(
            "number", "turn__application__folio", "post__site__short_name", "post__key", "how", "at"
        )[:LAST]
    )
    return [
        [number, folio, f"{site} {key}" if key else "", how, localtime(at).strftime("%H:%M:%S")]
        for number, folio, site, key, how, at in reversed(rows)
    ]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a watcher who has ``old`` lacks of ``new``: changed lanes and posts, new lines of the log."""
    told: dict[str, Any] = {"version": new["version"], "state": new["state"], "done": new["done"]}
    for name in ("lanes", "seats"):
        told[name] = {key: value for key, value in new[name].items() if old[name].get(key) != value}
    seen = {line[0] for line in old["log"]}
    told["log"] = [line for line in new["log"] if line[0] not in seen]
    return told
