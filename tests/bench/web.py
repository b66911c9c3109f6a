"""How fast pages are, as shares of an empty page of the same server in the same run.

The filled demo is served by gunicorn as ``run.py demo`` does, the residency call is run and published, and
four clients ask for one page after the other. Rounds of the pages alternate, so that whatever else the machine
does weighs on all of them.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import postgres

CLIENTS = 4
TOKEN = "b" * 32
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Speed:
    """Requests a second of each round, and the seconds of every request."""

    rounds: list[float]
    seconds: list[float]

    @property
    def rate(self) -> float:
        return statistics.median(self.rounds)

    @property
    def slowest(self) -> float:
        """Seconds that 99 of 100 requests stay under."""
        return statistics.quantiles(self.seconds, n=100)[-1]


def measure(database: str, *, rounds: int = 5, seconds: float = 2.0) -> dict[str, Speed]:
    """Return the speed of each page on ``database``: "sqlite" or "postgresql"."""
    with _served(database) as (port, facts):
        errands = _errands(facts)
        found: dict[str, Speed] = {name: Speed([], []) for name in errands}
        for errand in errands.values():
            _round(port, errand, seconds / 2, Speed([], []))  # warm
        for _number in range(rounds):
            for name, errand in errands.items():
                _round(port, errand, seconds, found[name])
    return found


Ask = Callable[[http.client.HTTPConnection], None]


def _round(port: int, errand: list[Ask], seconds: float, into: Speed) -> None:
    until = time.perf_counter() + seconds
    faults: list[BaseException] = []

    def client(ask: Ask) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            while (started := time.perf_counter()) < until:
                ask(connection)
                taken.append(time.perf_counter() - started)
        except BaseException as fault:  # noqa: BLE001 - a thread must not swallow it
            faults.append(fault)

    taken: list[float] = []
    threads = [threading.Thread(target=client, args=[ask]) for ask in errand]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    into.rounds.append(len(taken) / (time.perf_counter() - begun))
    into.seconds.extend(taken)


def _errands(facts: dict[str, Any]) -> dict[str, list[Ask]]:
    return {
        "empty page": [_get("/salud/")] * CLIENTS,
        "list of posts": [_get("/convocatorias/JR24/plazas/")] * CLIENTS,
        "result by folio": [_get(f"/resultados/RM24/{facts['folio']}/")] * CLIENTS,
        "replay of 2022": [_get("/jornada-2022/")] * CLIENTS,
        "save of a ranked list": [_save(person) for person in facts["people"][:CLIENTS]],
    }


def _get(path: str) -> Ask:
    def ask(connection: http.client.HTTPConnection) -> None:
        connection.request("GET", path, headers={"Host": "localhost"})
        _answer(connection)

    return ask


def _save(person: dict[str, Any]) -> Ask:
    """Move the first choice to the end, over and over, as the page's script does."""
    order, version = list(person["posts"]), person["version"]
    cookie = f"sessionid={person['session']}; csrftoken={TOKEN}"
    headers = {
        "Host": "localhost", "Cookie": cookie, "X-CSRFToken": TOKEN, "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip

    def ask(connection: http.client.HTTPConnection) -> None:
        nonlocal version
        order.append(order.pop(0))
        body = urllib.parse.urlencode({"orden": ",".join(map(str, order)), "base": version})
        connection.request("POST", f"/mi/solicitudes/{person['folio']}/lista/", body, headers)
        version = json.loads(_answer(connection))["version"]

    return ask


def _answer(connection: http.client.HTTPConnection) -> bytes:
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {body[:300]!r}")
    return body


@contextmanager
def _served(database: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """A demo with a published run, served; yields its port and what the errands need."""
    from tests.journeys.conftest import free_port

    with tempfile.TemporaryDirectory(prefix="cauce-bench-") as folder:
        if database == "postgresql":
            with postgres.server(safe=True) as url:
                yield from _serve(Path(folder), free_port(), {"DATABASE_URL": url})
        else:
            yield from _serve(Path(folder), free_port(), {})


def _serve(folder: Path, port: int, extra: dict[str, str]) -> Iterator[tuple[int, dict[str, Any]]]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAUCE_", "DATABASE_"))}
    env = {
        **kept, **extra, "CAUCE_DEMO": "true", "CAUCE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "cauce.config.settings",
        "CAUCE_ORIGIN": f"http://localhost:{port}",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "django", "prepare_demo"], env=env, check=True, stdout=subprocess.DEVNULL
    )
    prepared = subprocess.run(
        [sys.executable, "-m", "tests.bench.prepared"],
        env=env,
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "cauce.config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2",
         "--threads", "4", "--log-level", "error", "--no-control-socket"],
        env=env,
    )  # fmt: skip
    try:
        wait_until_served(port)
        yield port, json.loads(prepared.stdout.splitlines()[-1])
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_served(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            _get("/salud/")(http.client.HTTPConnection("127.0.0.1", port))
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not answer within 60 s.")
