"""Work of this app outside requests."""

from __future__ import annotations

from typing import Any

from django_tasks import task

from cauce.base import clock
from cauce.indicators import operations


@task(takes_context=True)
def run_replay(context: Any, replay_id: int) -> None:
    """Compute a replay; again after a death, from its first point and with the same bytes."""
    operations.execute(replay_id=replay_id, task_id=context.task_result.id, read_clock=clock.read)
