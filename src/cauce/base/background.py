"""Work outside requests: ask for it in the transaction that causes it, follow it, take it up after a death."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cauce.base import clock
from cauce.base.models import TaskProgress

logger = logging.getLogger("cauce.work")

BEAT = timedelta(seconds=2)
SILENCE = timedelta(seconds=10)
ATTEMPTS = 3


def enqueue(path: str, /, **arguments: int | str) -> UUID:
    """Ask for the task at ``path`` to run; it will, exactly if the surrounding transaction commits."""
    return UUID(str(import_string(path).enqueue(**arguments).id))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task has come: a stage's name, and ``done`` of ``total`` (0 when the end is not known)."""

    stage: str
    done: int
    total: int


def report(task_id: UUID | str, *, stage: str, done: int = 0, total: int = 0) -> None:
    """Write the task's progress down where pages read it; outside any transaction of the work itself."""
    TaskProgress.objects.update_or_create(
        task_id=task_id,
        defaults={"stage": stage, "done": done, "total": total, "heartbeat_at": clock.machine()},
    )


def progress(task_id: UUID | str) -> Progress | None:
    row = TaskProgress.objects.filter(task_id=task_id).first()
    return Progress(row.stage, row.done, row.total) if row else None


def silence(of: UUID | str) -> timedelta | None:
    """How long ago ``of`` was last reported; negative if the clock was set back since, ``None`` if never."""
    beat = TaskProgress.objects.filter(task_id=of).values_list("heartbeat_at", flat=True).first()
    return clock.machine() - beat if beat else None


@contextmanager
def heartbeat(task_id: UUID | str) -> Iterator[None]:
    """Show life for the task from a thread of its own, however busy its work keeps the process."""
    TaskProgress.objects.update_or_create(
        task_id=task_id, defaults={"heartbeat_at": clock.machine(), "stage": "", "done": 0, "total": 0}
    )
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT.total_seconds()):
                try:
                    TaskProgress.objects.filter(task_id=task_id).update(heartbeat_at=clock.machine())
                except DatabaseError as fault:
                    # One beat missed is no death: several fit into the silence after which a task is given back.
                    logger.warning("A heartbeat could not be written: %s", fault)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def reap() -> int:
    """Give back the tasks whose worker has fallen silent; return how many.

    A task taken up ``ATTEMPTS`` times in vain is marked as failed. Tasks must
    therefore be safe to run again from the start.
    """
    silent_since = clock.machine() - SILENCE
    given_back = 0
    with transaction.atomic(durable=True):
        running = DBTaskResult.objects.running().select_for_update().order_by("pk")
        alive = dict(TaskProgress.objects.values_list("task_id", "heartbeat_at"))
        for task in running:
            # The beat may be that of a dead predecessor: whoever has just taken the task up counts as alive.
            last_sign = max(filter(None, (alive.get(task.pk), task.started_at)), default=None)
            if last_sign is None or last_sign > silent_since:
                continue
            if len(task.worker_ids) >= ATTEMPTS:
                task.status, task.finished_at = TaskResultStatus.FAILED, clock.machine()
                task.exception_class_path = "builtins.TimeoutError"
                task.traceback = f"Its worker fell silent {len(task.worker_ids)} times."
            else:
                task.status, task.started_at = TaskResultStatus.READY, None
                given_back += 1
            task.save()
    return given_back


def failed(task_id: UUID | str) -> bool:
    """Whether the task ended without doing its work."""
    return DBTaskResult.objects.failed().filter(pk=task_id).exists()


def is_waiting(path: str, /, **arguments: int | str) -> bool:
    """Whether the task at ``path`` with these arguments has been asked for and is not over."""
    waiting = DBTaskResult.objects.filter(
        task_path=path, status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING)
    )
    return any(row.args_kwargs.get("kwargs") == arguments for row in waiting)
