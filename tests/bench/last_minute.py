"""The last minute of a call: thousands of people send their list at once, on PostgreSQL, and each is stamped on arrival.

    python -m tests.bench.last_minute [--people 10000] [--late 200] [--json]

Half of the people send in the ten seconds before the closing second, every twentieth twice (a tired thumb), and
some send after it. Each comes on a connection of their own and waits for the answer. Afterwards the database says
who was counted: nobody lost, doubled or wrongly late, and of those who came after closing nobody at all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import time
import urllib.parse
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.bench import serving

TOKEN = "b" * 32
STORM = 60.0  # seconds
# The last of those who are in time write this long before the closing second, the first of the others this long after.
MARGIN = 1.0
# Nobody is cut off while the machine works through the storm at its own pace.
LONGEST = 3600


@dataclass(slots=True)
class Sending:
    """One request: who, when it is to leave, and what came of it."""

    folio: str
    session: str
    due: float
    is_late: bool
    status: int = 0
    began: float = 0.0
    seconds: float = 0.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=10_000)
    options.add_argument("--late", type=int, default=200)
    options.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = options.parse_args()
    with serving.on_postgresql() as port:
        found = _measure(asked.people, asked.late, port)
    print(json.dumps(found) if asked.json else json.dumps(found, indent=2))


def _measure(people: int, late: int, port: int) -> dict[str, Any]:
    from tests.bench.web import Speed, _get, _round

    call, sessions = _fill(people + late)
    with serving.pages(port, *serving.STORM) as server:
        empty = Speed([], [])
        for _number in range(3):
            _round(port, [_get("/salud/")] * 4, 2.0, empty)
        before = serving.memory(server.pid)
        call.closes_at = call.closes_at.now(call.closes_at.tzinfo) + timedelta(seconds=STORM + 10)
        call.results_at = call.closes_at + timedelta(days=7)
        call.save(update_fields=["closes_at", "results_at"])
        sendings = _schedule(sessions, late, call.closes_at.timestamp())
        seconds = asyncio.run(_storm(port, sendings))
        memory = before, serving.memory(server.pid), serving.memory(server.pid, "VmHWM")
        return _found(call, sendings, seconds, empty.rate, memory)


def _schedule(sessions: list[tuple[str, str]], late: int, closing: float) -> list[Sending]:
    """Who sends when: half of them spread over the minute, half in its last ten seconds, some too late."""
    in_time, too_late = sessions[: len(sessions) - late], sessions[len(sessions) - late :]
    half = len(in_time) // 2
    made = []
    for at, (folio, session) in enumerate(in_time):
        spread, from_end = (at / half, STORM) if at < half else ((at - half) / (len(in_time) - half), 10.0)
        due = closing - MARGIN - from_end * (1 - spread)
        made.append(Sending(folio, session, due, is_late=False))
        if at % 20 == 0:
            made.append(Sending(folio, session, due, is_late=False))
    made += [
        Sending(folio, session, closing + MARGIN + at / 100, is_late=True)
        for at, (folio, session) in enumerate(too_late)
    ]
    return sorted(made, key=lambda sending: sending.due)


async def _storm(port: int, sendings: list[Sending]) -> float:
    """Send everything at its time; return the seconds from the first request to the last answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * len(sendings) + 256)), hard))
    async with asyncio.TaskGroup() as group:
        for sending in sendings:
            await asyncio.sleep(max(0.0, sending.due - time.time()))
            group.create_task(_send(port, sending))
    return time.time() - sendings[0].due


async def _send(port: int, sending: Sending) -> None:
    body = urllib.parse.urlencode(
        {"version": 1, "rules": 1, "accepts": "on", "consents": "on", "csrfmiddlewaretoken": TOKEN}
    )
    head = (
        f"POST /mi/solicitudes/{sending.folio}/enviar/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Cookie: sessionid={sending.session}; csrftoken={TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    sending.began = time.time()
    with suppress(TimeoutError, OSError, IndexError):  # no answer: counted as such
        async with asyncio.timeout(LONGEST):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write((head + body).encode())
                await writer.drain()
                status = int((await reader.readline()).split()[1])
                await reader.read()
                sending.status = status
            finally:
                writer.close()
    sending.seconds = time.time() - sending.began


def _found(
    call: Any, sendings: list[Sending], seconds: float, empty: float, memory: tuple[int, int, int]
) -> dict[str, Any]:
    from cauce.calls.models import Application, ListVersion

    sent = set(Application.objects.filter(call=call, state="submitted").values_list("folio", flat=True))
    versions = ListVersion.objects.filter(application__call=call, sent_at__isnull=False)
    in_time = {sending.folio for sending in sendings if not sending.is_late}
    late = {sending.folio for sending in sendings if sending.is_late}
    answered = [sending for sending in sendings if sending.status]
    stamps = dict(versions.values_list("application__folio", "sent_at"))
    behind = [
        stamps[one.folio].timestamp() - one.began
        for one in answered
        if not one.is_late and one.folio in stamps
    ]
    waits = statistics.quantiles([sending.seconds for sending in sendings], n=100)
    return {
        "people in time": len(in_time),
        "requests": len(sendings),
        "unanswered": len(sendings) - len(answered),
        "lost or wrongly late": len(in_time - sent),
        "counted twice": versions.count() - len(sent),
        "taken after closing": len(late & sent),
        "stamped after closing": versions.filter(sent_at__gt=call.closes_at).count(),
        "stamped later than sent by at most (s)": round(max(behind, default=0), 2),
        "seconds until the last answer": round(seconds, 1),
        "sendings a second": round(len(sendings) / seconds, 1),
        "empty pages a second": round(empty, 1),
        "share of an empty page": round(len(sendings) / seconds / empty, 3),
        "half waited less than (s)": round(waits[49], 1),
        "99 of 100 waited less than (s)": round(waits[98], 1),
        "memory before (MB)": memory[0],
        "memory after (MB)": memory[1],
        "memory at most (MB)": memory[2],
        "answers": dict(sorted({s: sum(x.status == s for x in sendings) for s in {x.status for x in sendings}}.items())),
    }  # fmt: skip


def _fill(people: int) -> tuple[Any, list[tuple[str, str]]]:
    """Write an open call and people with a list they have not sent; return it and each one's folio and session."""
    from cauce.accounts import operations as accounts
    from cauce.accounts.models import Person, User
    from cauce.base import clock
    from cauce.base.actors import Actor
    from cauce.calls.models import Application, Choice, ListVersion
    from cauce.calls.rules.folio import folio
    from tests.calls import factories

    now = clock.read()
    accounts.load_privacy_notices(actor=Actor.system("bench"), now=now - timedelta(days=40))
    call = factories.call(code="LM26", closes_at=now + timedelta(days=1), opens_at=now - timedelta(days=20),
                          results_at=now + timedelta(days=9))  # fmt: skip
    posts = [factories.post(call) for _number in range(5)]
    persons = Person.objects.bulk_create(
        Person(given_names="I", first_surname="I", birth_date="1995-01-01", sex="M", is_invented=True, created_at=now)
        for _number in range(people)
    )  # fmt: skip
    users = User.objects.bulk_create(
        User(email=f"p{at}@ejemplo.mx", person=person, joined_at=now, password="!")  # noqa: S106
        for at, person in enumerate(persons)
    )
    applications = Application.objects.bulk_create(
        Application(call=call, person=person, folio=folio(call.code, at), specialty=posts[0].specialty, version=1,
                    merit=["90.00"], started_at=now)
        for at, person in enumerate(persons)
    )  # fmt: skip
    wanted = [post.pk for post in posts]
    ListVersion.objects.bulk_create(
        ListVersion(application=one, number=1, based_on=0, posts=wanted, saved_at=now) for one in applications
    )
    Choice.objects.bulk_create(
        (Choice(application=one, post=post, rank=rank) for one in applications for rank, post in enumerate(posts, 1)),
        batch_size=5000,
    )  # fmt: skip
    serving.analyse()
    keys = serving.sessions(users)
    return call, [(one.folio, key) for one, key in zip(applications, keys, strict=True)]


if __name__ == "__main__":
    main()
