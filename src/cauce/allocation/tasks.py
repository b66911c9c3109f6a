"""Work of this app outside requests. A task reads the clock, and calls operations."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django_tasks import task

from cauce.allocation import bridge, operations, queries
from cauce.allocation.operations import audit, live, privacy, sensitivity
from cauce.base import background, clock
from cauce.base.actors import Actor


@task(takes_context=True)
def execute_run(context: Any, run_id: int) -> None:
    """Carry out a run from wherever it stands; again after a death, with the same bytes."""
    operations.execute(run_id=run_id, task_id=context.task_result.id, read_clock=clock.read)


@task()
def tell_results(run_id: int) -> None:
    """Write to everybody who has a result in a published run; again, nobody gets a second letter."""
    operations.tell_everybody(run_id=run_id, read_clock=clock.read)


@task()
def tell_apart(run_id: int) -> None:
    """Write to everybody whom the package of a run lets neighbours tell; again, nobody gets a second letter."""
    privacy.tell_apart(run_id=run_id, read_clock=clock.read)


@task(takes_context=True)
def rehearse(context: Any, rehearsal_id: int) -> None:
    """Try the mechanisms on a call's shape; again after a death, with the same people and the same counts."""
    operations.carry_out_rehearsal(
        rehearsal_id=rehearsal_id, task_id=context.task_result.id, read_clock=clock.read
    )


@task()
def compute_outlook(call_id: int) -> None:
    """Rehearse an open call with the lists so far, for the odds that its applicants read."""
    operations.refresh_outlook(call_id=call_id, read_clock=clock.read)


def ask_for_outlooks() -> int:
    """Ask for the outlook of every open call whose lists changed; return how many were asked for."""
    return sum(_asked(call_id) for call_id in queries.calls_to_rehearse(now=clock.read()))


def _asked(call_id: int) -> bool:
    """Ask for one, unless one is on its way already: the worker may be slower than the lists."""
    with transaction.atomic():
        if background.is_waiting("cauce.allocation.tasks.compute_outlook", call_id=call_id):
            return False
        background.enqueue("cauce.allocation.tasks.compute_outlook", call_id=call_id)
    return True


@task()
def set_up_live_choice(session_id: int) -> None:
    """Fix the order of merit of a live choice, with turns and appointments; again, with the same order."""
    live.set_up_live(session_id=session_id, read_clock=clock.read)


def tend_live_choices() -> int:
    """End the turns whose clock has run out; return how many."""
    return live.tend_live(read_clock=clock.read)


@task(takes_context=True)
def issue_offers(context: Any, release_id: int) -> None:
    """Sign and send the offers of a round; again after a death, only those that have no document yet."""
    operations.issue_everything(
        release_id=release_id, task_id=str(context.task_result.id), read_clock=clock.read
    )


@task()
def tell_release(release_id: int) -> None:
    """Write to everybody whom a list or an undo concerns; again, nobody gets a second letter."""
    operations.tell_release(actor=Actor.system("allocation"), release_id=release_id, now=clock.read())


def lapse_offers() -> int:
    """Chore of the worker: what silence means, for every offer whose clock has run out."""
    return operations.lapse_everything(read_clock=clock.read)


@task()
def repeat_run(rerun_id: int) -> None:
    """Repeat a run from its package alone, as anybody can, and keep the first difference; again, with the same end."""
    asked = queries.rerun_of(rerun_id)
    if asked is not None and asked.done_at is None:
        difference = bridge.first_difference(queries.package_bytes(asked.run))
        audit.keep_rerun(actor=Actor.system("audit"), rerun=asked, difference=difference, now=clock.read())


@task(takes_context=True)
def measure_sensitivity(context: Any, sensitivity_id: int) -> None:
    """Count what the tie-breaks of a run decide; again after a death, with the same counts."""
    sensitivity.measure_sensitivity(
        sensitivity_id=sensitivity_id, task_id=context.task_result.id, read_clock=clock.read
    )
