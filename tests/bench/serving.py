"""The product's own servers for a bench: the database, the processes as ``run.py demo`` starts them, who is signed in."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import run

from tests import postgres
from tests.bench.web import wait_until_served
from tests.journeys.conftest import free_port

# Beside what the demo needs: in a storm each person who waits holds a connection.
STORM = ("--worker-connections", "8000", "--backlog", "4096", "--timeout", "120")


@contextmanager
def on_postgresql() -> Iterator[int]:
    """Set this process up as an installation on an empty PostgreSQL that waits for its disk; yield the port of its pages."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.server(safe=True))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cauce-bench-"))
        port = free_port()
        for name in [name for name in os.environ if name.startswith(("CAUCE_", "DATABASE_"))]:
            del os.environ[name]
        os.environ |= {
            "DATABASE_URL": url, "CAUCE_DEMO": "true", "CAUCE_DATA": folder,
            "CAUCE_ORIGIN": f"http://localhost:{port}", "DJANGO_SETTINGS_MODULE": "cauce.config.settings",
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        try:
            yield port
        finally:
            for connection in connections.all():
                connection.close()
                connection.close_pool()


@contextmanager
def pages(port: int, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the pages; ``more`` goes to the server."""
    with _running(run.pages_command(port), more) as server:
        wait_until_served(port)
        yield server


@contextmanager
def board(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the boards of live choices."""
    with _running(run.board_command(port), ()) as server:
        wait_until_served(port)
        yield server


@contextmanager
def _running(command: Sequence[str | Path], more: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    server = subprocess.Popen(
        [str(part) for part in (*command, *more)], env=run.environment(), start_new_session=True
    )
    try:
        yield server
    finally:
        server.terminate()
        server.wait(timeout=30)


def memory(parent: int, field: str = "VmRSS") -> int:
    """What a server's processes hold now (``VmHWM``: at most so far), added, in megabytes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    held = [
        int(line.split()[1])
        for process in (str(parent), *children)
        for line in Path(f"/proc/{process}/status").read_text().splitlines()
        if line.startswith(f"{field}:")
    ]
    return sum(held) // 1024


def sessions(users: Sequence[Any]) -> list[str]:
    """Sign everybody in; return the keys of their sessions, in the same order."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    from cauce.base import clock

    store, until = SessionStore(), clock.read() + timedelta(days=2)
    made = []
    for user in users:
        facts = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        made.append(
            Session(session_key=f"bench{user.pk:027d}", session_data=store.encode(facts), expire_date=until)
        )
    Session.objects.bulk_create(made, batch_size=5000)
    return [one.session_key for one in made]


def analyse() -> None:
    """Tell PostgreSQL what was filled in, as it finds out by itself within minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
