"""Appointments, the log's digests, and what the board tells: without a database."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cauce.allocation.forms import LivePlanForm
from cauce.allocation.queries.board import changes
from cauce.allocation.rules import live as rules
from cauce.config.board import Board

BLOCKS = {"first_day": "2024-03-15", "hours": ["09:00", "15:00"], "people": 2}
CITY = ZoneInfo("America/Mexico_City")


def test_people_are_summoned_in_order_on_working_days_at_the_hours_of_mexico_city():
    found = list(rules.appointments(BLOCKS, 7))
    # Friday, then Tuesday: Monday 18 March 2024 is a day of rest.
    friday, tuesday = (datetime(2024, 3, day, hour, tzinfo=CITY) for day, hour in ((15, 9), (19, 9)))
    assert [one.isoformat()[:16] for one in found] == [
        "2024-03-15T09:00", "2024-03-15T09:00", "2024-03-15T15:00", "2024-03-15T15:00",
        "2024-03-19T09:00", "2024-03-19T09:00", "2024-03-19T15:00",
    ]  # fmt: skip
    assert (found[0], found[4]) == (friday, tuesday)
    assert list(rules.appointments({}, 2)) == [None, None]


def test_a_line_of_the_log_binds_all_that_it_says():
    line = {
        "call": "EV24", "number": 2, "folio": "EV24-000001-1", "post": "EV24-001", "how": "desk",
        "at": datetime(2024, 2, 10, 18, tzinfo=UTC), "corrects": None, "previous": "sha256:0",
    }  # fmt: skip
    other = {
        "call": "EV25", "number": 3, "folio": "x", "post": None, "how": "list", "at": datetime(2025, 1, 1, tzinfo=UTC),
        "corrects": 1, "previous": "sha256:1",
    }  # fmt: skip
    one = rules.entry_digest(**line)
    assert rules.entry_digest(**line) == one
    assert len({rules.entry_digest(**{**line, name: value}) for name, value in other.items()} | {one}) == 9


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mode": "desks", "first_day": ""}, "first_day"),
        ({"desks": ""}, "desks"),
        ({"hours": ""}, "hours"),
        ({"hours": "9 de la mañana"}, "hours"),
        ({"people": ""}, "people"),
        ({"seconds": "5"}, "seconds"),
    ],
)
def test_a_plan_that_lacks_something_is_told_where(changed, field):
    whole = {
        "mode": "both", "seconds": "60", "desks": "3", "first_day": "2024-03-04", "hours": "9:00, 12:00", "people": "40",
    }  # fmt: skip
    form = LivePlanForm(whole)
    assert form.is_valid()
    assert form.plan().blocks == {"first_day": "2024-03-04", "hours": ["09:00", "12:00"], "people": 40}
    wrong = LivePlanForm({**whole, **changed})
    assert list(wrong.errors) == [field]


# ------------------------------------------------------------------- board


def state(version: int, left: int = 2, folio: str = "A-1") -> dict:
    return {
        "version": version, "state": "open", "done": version, "lanes": {"1": [folio, 1, None, 3, left]},
        "seats": {"10": left, "11": 5}, "log": [[n, "x", "y", "desk", "09:00:00"] for n in range(version)],
    }  # fmt: skip


def test_a_change_tells_what_is_new_and_no_more():
    told = changes(state(1), state(2, left=1))
    assert told["seats"] == {"10": 1}
    assert list(told["lanes"]) == ["1"]
    assert [line[0] for line in told["log"]] == [1]


class Watcher:
    """A watcher on the other side of the ASGI application; ``hold`` stops it from taking anything."""

    def __init__(self, board: Board, path: str = "/eleccion/EV24/avance/", **headers: str) -> None:
        self.sent: list[bytes] = []
        self.status = 0
        self.free, self.gone = asyncio.Event(), asyncio.Event()
        self.free.set()
        encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": encoded,
        }
        self.task = asyncio.ensure_future(board(scope, self.receive, self.send))

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.free.wait()
        self.status = message.get("status", self.status)
        self.sent.append(message.get("body", b""))

    def events(self) -> list[tuple[str, int]]:
        told = b"".join(self.sent).decode()
        found = []
        for block in told.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "data" in lines:
                found.append((lines["event"], json.loads(lines["data"])["version"]))
        return found

    async def leave(self):
        self.gone.set()
        await self.task


class World:
    """What the reader finds: one call, whose state is ``now``."""

    def __init__(self) -> None:
        self.now = state(5)
        self.reads = 0
        self.board = Board(self.versions, self.snapshot)

    def versions(self, codes):
        return {code: (7, self.now["version"]) for code in codes if code == "EV24"}

    def snapshot(self, session):
        assert session == 7
        self.reads += 1
        return self.now

    async def becomes(self, version: int, **changed) -> None:
        self.now = state(version, **changed)
        await self.settled()

    async def settled(self) -> None:
        for _turn in range(3):
            await self.board._look()
            await asyncio.sleep(0.01)


def watched(story):
    async def run():
        world = World()
        await story(world)
        if world.board.reader:
            world.board.reader.cancel()

    asyncio.run(run())


def test_a_newcomer_gets_the_state_then_changes_and_who_comes_back_what_they_missed():
    async def story(world):
        one, two = Watcher(world.board), Watcher(world.board, "/eleccion/EV24/avance/?desde=5")
        await world.settled()
        await world.becomes(6, left=1)
        await world.becomes(7, left=0)
        assert one.events() == [("state", 5), ("change", 6), ("change", 7)]
        assert two.events() == [("change", 6), ("change", 7)]
        back = Watcher(world.board, last_event_id="6")
        stranger = Watcher(world.board, last_event_id="1")
        await world.settled()
        assert back.events() == [("change", 7)]
        assert stranger.events() == [("state", 7)]
        assert world.reads <= 4  # one reader for all of them
        for watcher in (one, two, back, stranger):
            await watcher.leave()
        assert world.board.channels == {}

    watched(story)


def test_a_slow_watcher_keeps_no_queue_and_then_gets_the_newest_only():
    async def story(world):
        slow = Watcher(world.board)
        await world.settled()
        slow.free.clear()
        for version in range(6, 306):
            world.now = state(version)
            await world.board._look()
        await world.settled()
        slow.free.set()
        await world.settled()
        assert len(slow.sent) <= 5
        assert slow.events()[-1][1] == 305
        await slow.leave()

    watched(story)


def test_a_call_without_a_board_is_not_found():
    async def story(world):
        for path in ("/eleccion/NADA/avance/", "/otra/", "/eleccion/EV24/"):
            stranger = Watcher(world.board, path)
            await asyncio.wait_for(stranger.task, 5)
            assert stranger.status == 404
        assert world.board.channels == {}

    watched(story)
