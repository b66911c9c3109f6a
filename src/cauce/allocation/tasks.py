"""Work of this app outside requests. A task reads the clock, and calls operations."""

from __future__ import annotations

from typing import Any

from django_tasks import task

from cauce.allocation import operations
from cauce.base import clock


@task(takes_context=True)
def execute_run(context: Any, run_id: int) -> None:
    """Carry out a run from wherever it stands; again after a death, with the same bytes."""
    operations.execute(run_id=run_id, task_id=context.task_result.id, read_clock=clock.read)


@task()
def tell_results(run_id: int) -> None:
    """Write to everybody who has a result in a published run; again, nobody gets a second letter."""
    operations.tell_everybody(run_id=run_id, read_clock=clock.read)
