"""Several connections at the same moment, on either database.

On SQLite the connections need a file, so races run in a process of its own;
on PostgreSQL they run on the database of the tests.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tests.databases import ROOT, drop, environment, file_url, migrated_database, migrated_file


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run each task in a thread that waits for the others; return what each gave, or the name of what it raised."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        gate.wait()
        return _outcome(task)

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def meanwhile(change: Callable[[], Any], task: Callable[[], Any], *, seconds: float = 1) -> Any:
    """Start the task while ``change`` is made and not committed; return what it gave, or the name of what it raised.

    The commit waits ``seconds`` for the task to come to what was changed.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change()
            waiting = pool.submit(_outcome, task)
            wait([waiting], timeout=seconds)
        return waiting.result()


def _outcome(task: Callable[[], Any]) -> Any:
    try:
        return task()
    except Exception as error:  # noqa: BLE001 - the race reports whatever came out
        return type(error).__name__
    finally:
        connection.close()


def on_file(folder: Path, module: str, *names: str) -> dict[str, Any]:
    """What the functions of a test module return, as JSON, run one after the other on a SQLite file."""
    return _in_a_process(file_url(migrated_file(folder / "race.sqlite3")), module, names)


def on_database(folder: Path, module: str, *names: str) -> dict[str, Any]:
    """What ``on_file`` returns; where the tests run on PostgreSQL, from a database of its own there."""
    if connection.vendor != "postgresql":
        return on_file(folder, module, *names)
    server, name = os.environ["DATABASE_URL"], f"cauce_race_{uuid.uuid4().hex[:12]}"
    try:
        return _in_a_process(migrated_database(server, name), module, names)
    finally:
        drop(server, name)


def _in_a_process(url: str, module: str, names: tuple[str, ...]) -> dict[str, Any]:
    env = environment(url)
    command = [sys.executable, "-m", "tests.races", module, *names]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    import django

    django.setup()
    races = importlib.import_module(sys.argv[1])
    print(json.dumps({name: getattr(races, name)() for name in sys.argv[2:]}))
