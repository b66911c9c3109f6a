"""A worker in a process of its own that kills itself at a given point, for ``test_death``.

``fill``: a closed call with lists, and a run asked for. ``work [point]``: take up what is waiting, and die by
SIGKILL at the point, or else print what is stored, as JSON. The database is that of DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(point: str) -> None:
    """Put death at the point: in the place of a step, or right after it."""
    from django_tasks_db.models import DBTaskResult

    from cauce.allocation import bridge, operations
    from cauce.allocation.operations import rows

    def after(function: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> None:
            function(*args, **kwargs)
            die()

        return run

    places: dict[str, tuple[Any, str, Any]] = {
        "before freezing": (operations, "freeze", die),
        "after freezing": (operations, "freeze", after(operations.freeze)),
        "after solving": (bridge, "solve", after(bridge.solve)),
        "while keeping": (rows, "write_rows", after(rows.write_rows)),
        "after keeping": (DBTaskResult, "set_successful", die),
    }
    owner, name, death = places[point]
    setattr(owner, name, death)


def fill() -> None:
    from cauce.allocation import operations
    from tests.allocation import factories as make
    from tests.conftest import NOON

    call = make.closed_call(NOON)
    staff = make.people(call)
    make.market(call, NOON, people_=staff)
    operations.request_run(actor=staff.carla, call=call, after=0, now=NOON)


def work(point: str) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from cauce.base import background

    settings.PERIODIC = {"cauce.base.management.commands.work.reap": 3}
    background.SILENCE = timedelta(0)  # the dead worker is taken for dead at once
    if point:
        plant(point)
    call_command("work", once=True, quiet=True, interval=0.1)


def show() -> None:
    from django_tasks_db.models import DBTaskResult

    from cauce.allocation.models import Cutoff, Placement, Run
    from cauce.base.models import AuditEvent

    run = Run.objects.get()
    found = {
        "state": run.state,
        "question": run.question_digest,
        "answer": run.answer_digest,
        "package": run.package_digest,
        "places": Placement.objects.count(),
        "cutoffs": Cutoff.objects.count(),
        "kept": AuditEvent.objects.filter(action="allocation.keep").count(),
        "task": DBTaskResult.objects.get().status,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    import django

    django.setup()
    step, *rest = sys.argv[1:]
    if step == "fill":
        fill()
    if step == "work":
        work(rest[0] if rest else "")
        show()
