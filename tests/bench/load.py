"""The review queue, a live board and the day of results under load, each beside an empty page of the same server.

    python -m tests.bench.load --scene review|results|live [--people N] [--clients N] [--seconds 15]

Each scene has a PostgreSQL and servers of its own, as ``run.py demo`` starts them. Clients keep a connection each and
ask again as soon as they are answered; they share the cores with the server. Rounds of the empty page and of the
scene alternate, with as many clients in both.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench import serving

TOKEN = "b" * 32
ROUNDS = 3
EMPTY = "empty page"
SIZES = {"review": 11_000, "results": 45_000, "live": 2_000}
CLIENTS = {"review": 30, "results": 60, "live": 30}
# Of one hundred people on the day: who looks their own up, who asks by folio without an account, who reads the list.
OWN, BY_FOLIO = 30, 50


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--scene", choices=sorted(SIZES), required=True)
    options.add_argument("--people", type=int, help="files that wait, people with a result, watchers")
    options.add_argument("--clients", type=int)
    options.add_argument("--seconds", type=float, default=15.0, help="of each of three rounds of the scene")
    asked = options.parse_args()
    people = asked.people or SIZES[asked.scene]
    clients = asked.clients or CLIENTS[asked.scene]
    with serving.on_postgresql() as port:
        found = {"review": review, "results": results, "live": live}[asked.scene](
            port, people, clients, asked.seconds
        )
    print(json.dumps(found))


# ------------------------------------------------------------------- clients


class Line:
    """One connection that is kept: a client's, with the cookies of who is signed in."""

    def __init__(self, port: int, session: str = "") -> None:
        self.port = port
        self.cookies = f"csrftoken={TOKEN}" + (f"; sessionid={session}" if session else "")
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, status: int = 200) -> bytes:
        found = await self._ask(f"GET {path} HTTP/1.1", b"")
        if found[0] != status:
            raise RuntimeError(f"{path}: {found[0]} {found[2][:300]!r}")
        return found[2]

    async def post(self, path: str, **fields: object) -> str:
        """Send a form; return where it leads."""
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": TOKEN}).encode()
        status, headers, answer = await self._ask(f"POST {path} HTTP/1.1", body)
        if status != 302:
            raise RuntimeError(f"{path}: {status} {answer[:300]!r}")
        return headers["location"]

    async def _ask(self, first: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
        head = f"{first}\r\nHost: localhost\r\nCookie: {self.cookies}\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        if headers.get("transfer-encoding") == "chunked":
            answer = b""
            while size := int(await reader.readline(), 16):
                answer += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            answer = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, answer

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


@dataclass(slots=True)
class Times:
    """The seconds of every request, by what was asked for, and how long the rounds lasted."""

    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lasted: float = 0.0

    def rows(self, empty: Times) -> dict[str, dict[str, float]]:
        """For each page: how many a second, and the slowest of 50, 95 and 99 of 100 in milliseconds and as ratios."""
        base = _cuts(empty.taken[EMPTY])
        return {name: {"a second": len(seconds) / self.lasted, **_named(_cuts(seconds), base)}
                for name, seconds in self.taken.items()}  # fmt: skip


def _cuts(seconds: list[float]) -> tuple[float, float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49], cuts[94], cuts[98]


def _named(cuts: tuple[float, ...], base: tuple[float, ...]) -> dict[str, float]:
    return {
        name: value
        for at, cut, one in zip((50, 95, 99), cuts, base, strict=True)
        for name, value in ((f"{at} ms", cut * 1000), (f"{at} ratio", cut / one))
    }


Errand = Callable[[Line, Callable[[str, Awaitable[Any]], Awaitable[Any]]], Awaitable[None]]


async def _round(lines: list[Line], errands: list[Errand], seconds: float, into: Times) -> None:
    """Let every client do its errand again and again for some seconds."""
    until = time.perf_counter() + seconds

    async def client(line: Line, errand: Errand) -> None:
        async def timed(name: str, asked: Awaitable[Any]) -> Any:
            started = time.perf_counter()
            answer = await asked
            into.taken[name].append(time.perf_counter() - started)
            return answer

        while time.perf_counter() < until:
            await errand(line, timed)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for line, errand in zip(lines, errands, strict=True):
            group.create_task(client(line, errand))
    into.lasted += time.perf_counter() - begun
    for line in lines:
        line.close()  # a server closes what says nothing for five seconds


async def _empty(line: Line, timed: Any) -> None:
    await timed(EMPTY, line.get("/salud/"))


async def _beside_empty(
    server: int, lines: list[Line], errands: list[Errand], seconds: float
) -> dict[str, Any]:
    """Alternate rounds of the empty page and of the errands; the memory of the server after warming up and at the end."""
    nothing, scene = [_empty] * len(lines), errands
    await _round(lines, nothing, 2, Times())
    await _round(lines, scene, 4, Times())
    before = serving.memory(server)
    empty, found = Times(), Times()
    for _number in range(ROUNDS):
        await _round(lines, nothing, max(2.0, seconds / 4), empty)
        await _round(lines, scene, seconds, found)
    return {
        "pages": {**empty.rows(empty), **found.rows(empty)},
        "memory": [before, serving.memory(server), serving.memory(server, "VmHWM")],
    }


# -------------------------------------------------------------------- review


def review(port: int, files: int, clients: int, seconds: float) -> dict[str, Any]:
    """Reviewers take files, look at them and accept them; every tenth is given back."""
    from cauce.accounts.models import User
    from cauce.calls.models import Evidence, Review
    from tests.calls import dossiers

    call = dossiers.waiting_files(files)
    reviewers = [dossiers.reviewer(f"Revisora {n}") for n in range(clients)]
    users = User.objects.in_bulk([one.user_id for one in reviewers])
    keys = serving.sessions([users[one.user_id] for one in reviewers])
    evidence = dict(
        Evidence.objects.filter(application__call=call).values_list("application__review__pk", "pk")
    )
    serving.analyse()
    turns = itertools.count()

    async def errand(line: Line, timed: Any) -> None:
        await timed("the queue", line.get("/revision/"))
        case = await timed("take a file", line.post(f"/revision/{call.code}/tomar/"))
        if "expedientes" not in case:
            raise RuntimeError("Every file was decided before the time was over: ask for more of them.")
        await timed("look at the file", line.get(case))
        if next(turns) % 10 == 9:
            await timed("give a file back", line.post(f"{case}soltar/"))
        else:
            document = evidence[int(case.split("/")[-2])]
            await timed(
                "decide", line.post(case, finding_titulo="accept", evidence_titulo=document, remark="")
            )

    with serving.pages(port) as server:
        lines = [Line(port, key) for key in keys]
        found = asyncio.run(_beside_empty(server.pid, lines, [errand] * clients, seconds))
    decided = Review.objects.filter(case__call=call).values_list("case", "reviewer")
    found["counts"] = {
        "files that wait": files,
        "reviewers": clients,
        "decisions": len(decided),
        "decided twice by one person": len(decided) - len(set(decided)),
    }
    return found


# ------------------------------------------------------------------- results


def results(port: int, people: int, clients: int, seconds: float) -> dict[str, Any]:
    """A run is published; people look for their own result, others by folio, others read the list and take its file."""
    from cauce.accounts.models import User
    from cauce.allocation.models import Placement
    from tests.bench import allocation_run

    run = allocation_run.published(people)
    call = run.call
    chance = random.Random(7)
    folios = list(Placement.objects.filter(run=run).values_list("application__folio", flat=True))
    own = chance.sample(
        list(Placement.objects.filter(run=run).values_list("application__folio", "application__person")),
        max(clients * OWN // 100, 1),
    )
    users = User.objects.bulk_create(
        User(email=f"p{person}@ejemplo.mx", person_id=person, joined_at=allocation_run.CLOSED)
        for _folio, person in own
    )
    signed_in = list(zip((folio for folio, _person in own), serving.sessions(users), strict=True))
    serving.analyse()
    lists = -(-max(20, people // 20) // 50)

    def own_result(folio: str) -> Errand:
        async def errand(line: Line, timed: Any) -> None:
            await timed("one's own result", line.get(f"/resultados/{call.code}/{folio}/"))

        return errand

    async def by_folio(line: Line, timed: Any) -> None:
        await timed("result by folio", line.get(f"/resultados/{call.code}/{chance.choice(folios)}/"))

    async def the_list(line: Line, timed: Any) -> None:
        await timed("the public list", line.get(f"/resultados/{call.code}/?p={chance.randint(1, lists)}"))
        if chance.randrange(20) == 0:
            await timed("the list as a file", line.get(f"/resultados/{call.code}/cortes.csv"))

    with serving.pages(port) as server:
        lines = [Line(port, key) for _folio, key in signed_in]
        errands: list[Errand] = [own_result(folio) for folio, _key in signed_in]
        while len(lines) < clients:
            lines.append(Line(port))
            errands.append(by_folio if len(lines) <= clients * (OWN + BY_FOLIO) // 100 else the_list)
        found = asyncio.run(_beside_empty(server.pid, lines, errands, seconds))
    found["counts"] = {"people": people, "posts": max(20, people // 20), "people who ask at once": clients}
    return found


# ---------------------------------------------------------------------- live


def live(port: int, watchers: int, clients: int, seconds: float) -> dict[str, Any]:
    """The board's page is opened while thousands watch its stream; then people choose, and every watcher is told."""
    from tests.bench import board
    from tests.journeys.conftest import free_port

    session, clerk = board._session()
    serving.analyse()
    code, stream = session.call.code, free_port()

    async def errand(line: Line, timed: Any) -> None:
        await timed("the board's page", line.get(f"/eleccion/{code}/"))

    async def opened() -> dict[str, Any]:
        lines = [Line(port) for _number in range(clients)]
        found = await _beside_empty(server.pid, lines, [errand] * clients, seconds / 2)
        empty = Times()
        await _round([Line(stream) for _number in range(4)], [_empty] * 4, 3, empty)
        found["pages"]["the stream's process, empty page"] = empty.rows(empty)[EMPTY]
        return found

    with serving.pages(port) as server, serving.board(stream) as streams:
        told, found = asyncio.run(
            board._watched(stream, streams.pid, session, clerk, watchers, choices=40, meanwhile=opened)
        )
    found["counts"] = told
    return found


# -------------------------------------------------------------------- tables


def table(found: dict[str, Any]) -> str:
    """One scene as a table, and a line on what was counted and on memory."""
    lines = [
        "| page | a second | half within | 95 of 100 | 99 of 100 | times the empty page: half | 95 | 99 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {name} | {one['a second']:,.1f} | "
            + " | ".join(f"{one[f'{at} ms']:,.0f} ms" for at in (50, 95, 99))
            + " | "
            + " | ".join(f"{one[f'{at} ratio']:,.1f}" for at in (50, 95, 99))
            + " |"
            for name, one in found["pages"].items()
        ),
        "",
        "; ".join(f"{name}: {value:,}" for name, value in found["counts"].items())
        + ". Memory of the server's processes, MB: {:,} warmed up, {:,} at the end, {:,} at most.".format(
            *found["memory"]
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
