"""How soon thousands of watchers of a live choice see a choice: from its commit to the slowest of them.

    python -m tests.bench.board [--watchers 2000] [--choices 60]

One process of the board, as `run.py demo` starts it; the watchers are sockets of this process, which also chooses, on
the same cores. Idle: what the board spends while nothing changes, per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SPECIALTIES, POSTS, PEOPLE = 20, 50, 10
IDLE = 10.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--watchers", type=int, default=2_000)
    options.add_argument("--choices", type=int, default=60)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "cauce.config.settings", "CAUCE_DATA": folder, "CAUCE_SECRET_KEY": "bench",
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3", "CAUCE_ORIGIN": "http://localhost",
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(measure(asked.watchers, asked.choices)))


def measure(watchers: int, choices: int) -> dict[str, float | int]:
    """Percentiles in milliseconds over every watcher and every choice; what the board's process used."""
    session, clerk = _session()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    board = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "cauce.config.board:app", "--worker-class", "asgi", "--workers", "1",
            "--worker-connections", "20000", "--bind", f"127.0.0.1:{port}", "--log-level", "warning",
            "--no-control-socket",
        ],
        start_new_session=True,
    )  # fmt: skip
    try:
        return asyncio.run(_watched(port, board.pid, session, clerk, watchers, choices))[0]
    finally:
        os.killpg(board.pid, signal.SIGTERM)
        board.wait(10)


def _session() -> tuple[Any, Any]:
    """A national act in small: 20 specialties of 50 posts, ten people in each, the first turns open."""
    from datetime import UTC, datetime

    from cauce.accounts.roles import Role
    from cauce.allocation.operations import live
    from cauce.allocation.rules.live import LivePlan
    from cauce.calls.models import Application, Post
    from tests.allocation import factories as make
    from tests.allocation import live as act
    from tests.calls import factories as calls

    now = datetime.now(UTC)
    call = act.closed_call(now)
    manager = make.user("carla@x.mx", (Role.CALL_MANAGER, call.institution_id), office_name="Carla")
    site = make.site("Hospital")
    number = 0
    for at in range(SPECIALTIES):
        specialty = calls.specialty(f"especialidad-{at}", f"Especialidad {at}")
        posts = Post.objects.bulk_create(
            Post(
                call=call, key=f"EV24-{at:02d}{n:03d}", site=site, specialty=specialty, seats=2, shift="full",
                contract="training",
            )
            for n in range(POSTS)
        )  # fmt: skip
        for _person in range(PEOPLE):
            number += 1
            make.application(call, number, [f"{100 - number / 10:.3f}", "40"], posts[:5], now=now)
        mine = Application.objects.filter(call=call).order_by("-pk").values_list("pk", flat=True)[:PEOPLE]
        Application.objects.filter(pk__in=list(mine)).update(specialty=specialty)
    actor = act.actor_for(manager)
    session = live.prepare_live(actor=actor, call=call, plan=LivePlan("both", 3600, 9, {}), now=now)
    live.set_up_live(session_id=session.pk, read_clock=lambda: now)
    session.refresh_from_db()
    live.start_live(actor=actor, session=session, now=now)
    return session, actor


class Watchers:
    """Sockets that note when each version reached each of them."""

    def __init__(self) -> None:
        self.seen: dict[int, list[float]] = {}
        self.ready = 0

    async def watch(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /eleccion/EV24/avance/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = True
        try:
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    self.seen.setdefault(int(line[4:]), []).append(time.perf_counter())
                    if first:
                        self.ready, first = self.ready + 1, False
        finally:
            writer.close()


async def _watched(
    port: int,
    pid: int,
    session: Any,
    clerk: Any,
    count: int,
    choices: int,
    meanwhile: Callable[[], Awaitable[Any]] | None = None,
) -> tuple[dict[str, float | int], Any]:
    """What watchers saw, and what ``meanwhile`` gave, which is awaited while they watch and nobody chooses."""
    await _served(port)
    watchers = Watchers()
    started = time.perf_counter()
    tasks = []
    for at in range(count):
        tasks.append(asyncio.ensure_future(watchers.watch(port)))
        if at % 100 == 99:
            await asyncio.sleep(0.05)
    while watchers.ready < count:
        await asyncio.sleep(0.05)
    joined = time.perf_counter() - started
    worker = _worker(pid)
    before = _used(worker)
    await asyncio.sleep(IDLE)
    idle = (_used(worker)[0] - before[0]) / IDLE
    beside = await meanwhile() if meanwhile is not None else None
    busy_from = _used(worker)
    waits: list[float] = []
    slowest: list[float] = []
    began = time.perf_counter()
    for turn in range(choices):
        version, at = await asyncio.to_thread(_choose, session, clerk)
        while len(watchers.seen.get(version, ())) < count:
            await asyncio.sleep(0.01)
        found = sorted(one - at for one in watchers.seen[version])
        waits += found
        slowest.append(found[-1])
        await asyncio.sleep(0.1 + turn % 5 / 20)
    lasted = time.perf_counter() - began
    after = _used(worker)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    waits.sort()
    return {
        "watchers": count,
        "choices": choices,
        "seconds until all had joined": round(joined, 2),
        "half within, ms": round(waits[len(waits) // 2] * 1000),
        "99 of 100 within, ms": round(waits[int(len(waits) * 0.99)] * 1000),
        "the slowest of all, ms": round(max(slowest) * 1000),
        "board: share of one core, idle": round(idle, 3),
        "board: share of one core, choosing": round((after[0] - busy_from[0]) / lasted, 3),
        "board: MB after joining": before[1],
        "board: MB after the last choice": after[1],
    }, beside


def _choose(session: Any, clerk: Any) -> tuple[int, float]:
    """Choose for the next open turn; return the version that shows it, and when it was committed."""
    from datetime import UTC, datetime

    from cauce.allocation.models import LiveChoice, LiveTurn, TurnState
    from cauce.allocation.operations import live

    turn = LiveTurn.objects.filter(session=session, state=TurnState.OPEN).order_by("place")[0]
    free = {one.post_id for one in session.posts.filter(specialty=turn.specialty_id) if one.taken < one.seats}
    post = next(post for post in turn.posts if post in free)
    live.choose_at_desk(actor=clerk, turn=turn, post=post, desk=1, now=datetime.now(UTC))
    at = time.perf_counter()
    return LiveChoice.objects.get(pk=session.pk).version, at


async def _served(port: int) -> None:
    for _try in range(200):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError("the board did not start")


def _worker(pid: int) -> int:
    """The one worker of the board's arbiter."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _used(pid: int) -> tuple[float, int]:
    """Processor seconds and resident megabytes of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    resident = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return ticks / os.sysconf("SC_CLK_TCK"), int(resident[1]) // 1024 if resident else 0


if __name__ == "__main__":
    main()
