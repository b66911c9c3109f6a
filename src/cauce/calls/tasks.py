"""Chores of the worker for calls."""

from __future__ import annotations

from datetime import timedelta

from cauce.base import clock, continuity
from cauce.base.actors import Actor
from cauce.calls import operations, queries

WALKED_EVERY = timedelta(days=1)


def count_demand() -> int:
    """Count the demand of every call where it changed; return how many calls were counted."""
    calls = queries.calls_to_count()
    for call in calls:
        operations.count_demand(call=call, actor=Actor.system("demand"), now=clock.read())
    return len(calls)


def walk_audit_daily() -> bool:
    """Ask for a walk over the whole audit chain when the last one is a day old; return whether it was asked for."""
    now = clock.read()
    if continuity.whole_since(now - WALKED_EVERY):
        return False
    operations.walk_audit(actor=Actor.system("audit"), now=now)
    return True
