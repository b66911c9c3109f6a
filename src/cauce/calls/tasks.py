"""Chores of the worker for calls."""

from __future__ import annotations

from cauce.base import clock
from cauce.base.actors import Actor
from cauce.calls import operations, queries


def count_demand() -> int:
    """Count the demand of every call where it changed; return how many calls were counted."""
    calls = queries.calls_to_count()
    for call in calls:
        operations.count_demand(call=call, actor=Actor.system("demand"), now=clock.read())
    return len(calls)
