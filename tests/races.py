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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).parents[1]


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run each task in a thread that waits for the others; return what each gave, or the name of what it raised."""
    gate, given = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(number: int) -> None:
        try:
            gate.wait()
            given[number] = tasks[number]()
        except Exception as error:  # noqa: BLE001 - the race reports whatever came out
            given[number] = type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def on_file(folder: Path, module: str, *names: str) -> dict[str, Any]:
    """What the functions of a test module return, as JSON, run one after the other on a SQLite file."""
    env = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'race.sqlite3'}",
        "CAUCE_TESTING": "true",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    command = [sys.executable, "-m", "tests.races", module, *names]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    races = importlib.import_module(sys.argv[1])
    print(json.dumps({name: getattr(races, name)() for name in sys.argv[2:]}))
