"""The worker: runs tasks, and keeps house between them."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string
from django_tasks_db.management.commands.db_worker import Worker

from cauce.base import audit, background, clock

logger = logging.getLogger("cauce.work")


class Beating(Worker):
    """A worker whose every task shows life while it runs, so that another can take it up after a death."""

    def run_task(self, db_task_result: Any) -> None:
        with background.heartbeat(db_task_result.pk):
            super().run_task(db_task_result)


class Command(BaseCommand):
    help = "Run tasks until interrupted; between them seal the audit, give back lost tasks, do periodic work."
    requires_system_checks = ()  # a worker serves no pages; the server's own start checks them

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between two looks")
        parser.add_argument("--quiet", action="store_true", help="say nothing but failures")
        parser.add_argument("--once", action="store_true", help="end when nothing is left to do")

    def handle(self, *args: Any, interval: float, quiet: bool, once: bool, **options: Any) -> None:
        worker = Beating(
            queue_names=["*"],
            interval=interval,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        if not once:
            worker.configure_signals()
        if quiet:
            logging.getLogger("django_tasks_db").setLevel(logging.ERROR)  # its farewell when told to stop
        else:
            self.stdout.write("Worker ready.")
        due = dict.fromkeys(settings.PERIODIC, 0.0)
        while worker.running:
            self._keep_house(due)
            worker.run()
            if once:
                self._keep_house(due)
                return
            time.sleep(interval)

    def _keep_house(self, due: dict[str, float]) -> None:
        """Run what is due. One failing chore is logged and must not stop the tasks nor the other chores."""
        for path, seconds in settings.PERIODIC.items():
            if time.monotonic() < due[path]:
                continue
            due[path] = time.monotonic() + seconds
            try:
                import_string(path)()
            except Exception:
                logger.exception("Periodic work failed: %s", path)


def seal() -> None:
    """Seal what has been committed since the last time."""
    audit.seal(now=clock.read())


def reap() -> None:
    background.reap()
