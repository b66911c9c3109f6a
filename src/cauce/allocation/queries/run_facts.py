"""The counts of a run that was just answered, and how it differs from the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cauce.allocation.models import Placement, Run
from cauce.allocation.queries.runs import light_runs
from cauce.allocation.rules import ANSWERED
from cauce.calls.models import Application
from cauce.calls.queries import undecided_files

TOP = 3  # "among their first three" of the facts
SHOWN_CHANGES = 200


def run_facts(run: Run, placed: Sequence[Any], cuts: Sequence[Any]) -> dict[str, Any]:
    """The counts that a run's page shows, from its rows in hand."""
    ranks = Counter(one.rank for one in placed)
    alike = Counter(tuple(one.merit) for one in placed)
    return {
        "registered": Application.objects.filter(call_id=run.call_id).count(),
        "undecided": undecided_files(run.call),
        "lists": len(placed),
        "wishes": sum(one.listed for one in cuts),
        "posts": len(cuts),
        "full": sum(one.last_place is not None for one in cuts),
        "seats": sum(one.seats for one in cuts),
        "placed": len(placed) - ranks[None],
        "first": ranks[1],
        "top": sum(count for rank, count in ranks.items() if rank is not None and rank <= TOP),
        "empty": sum(one.seats - one.taken for one in cuts),
        "tied": sum(count for count in alike.values() if count > 1),
        "against": _against(run, placed, {one.post: one.key for one in cuts}),
    }


def _against(run: Run, placed: Sequence[Any], key_of: dict[int, str]) -> dict[str, Any] | None:
    """Compare with the previous answered run of the call: how many are equal, and who changes, by folio."""
    previous = (
        light_runs()
        .filter(call_id=run.call_id, number__lt=run.number, state__in=ANSWERED)
        .order_by("-number")
        .first()
    )
    if previous is None:
        return None
    before = dict(Placement.objects.filter(run=previous).values_list("application_id", "post_id"))
    missing = object()
    changed = [
        (one.folio, key_of.get(before.get(one.application) or 0), key_of.get(one.post or 0))
        for one in placed
        if before.get(one.application, missing) != one.post
    ]
    return {
        "number": previous.number,
        "same": len(placed) - len(changed),
        "count": len(changed),
        "gone": len(before.keys() - {one.application for one in placed}),
        "changed": changed[:SHOWN_CHANGES],
    }
