"""The board of live choices as one small ASGI process: one reader of the database, any number of watchers.

    gunicorn cauce.config.board:app --worker-class asgi --workers 1 --worker-connections 20000

``/eleccion/<code>/avance/`` is a stream of server-sent events. Their ids are versions of the session: who comes back
with ``Last-Event-ID`` is told what they missed, or the whole state. A watcher keeps no queue: when it can take more,
it gets what it lacks of the newest state, so a slow one costs no memory and falls behind nobody. Everything told is
on the public page already: folios, posts, seats; no cookie is read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cauce.config.settings")
django.setup()

from django.db import DatabaseError, connection  # noqa: E402 - after the set-up

from cauce.allocation.queries import board as queries  # noqa: E402

logger = logging.getLogger("cauce.board")

LOOK = 0.2
"""Seconds between two looks of the reader, while anybody watches."""
BEAT = 15.0
"""Seconds between two comments that keep a silent stream open."""
KEPT = 200
"""Changes kept for who comes back."""
ADDRESS = re.compile(r"/eleccion/([A-Za-z0-9_-]{1,20})/avance/")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    # Public facts, asked for without cookies: any page may show them.
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Reading = Callable[[set[str]], dict[str, tuple[int, int]]]


def event(name: str, told: dict[str, Any]) -> bytes:
    """Return one server-sent event."""
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return f"id: {told['version']}\nevent: {name}\ndata: {data}\n\n".encode()


class Channel:
    """The board of one call: its newest state, the last changes, and the bell that wakes its watchers."""

    def __init__(self) -> None:
        self.watchers = 0
        self.snapshot: dict[str, Any] | None = None
        self.whole = b""
        self.changes: deque[tuple[int, bytes]] = deque(maxlen=KEPT)  # (version before, event)
        self.bell = asyncio.Event()

    @property
    def version(self) -> int:
        return self.snapshot["version"] if self.snapshot else -1

    def take(self, snapshot: dict[str, Any]) -> None:
        """Take a newer state and wake everybody; one that is here already changes nothing."""
        if snapshot["version"] == self.version:
            return
        if self.snapshot is not None:
            told = queries.changes(self.snapshot, snapshot)
            self.changes.append((self.version, event("change", told)))
        self.snapshot, self.whole = snapshot, event("state", snapshot)
        self.ring()

    def ring(self) -> None:
        bell, self.bell = self.bell, asyncio.Event()
        bell.set()

    def since(self, version: int) -> bytes:
        """What a watcher who has ``version`` lacks: the changes after it, or the whole state."""
        if version == self.version:
            return b""
        for at, (before, _event) in enumerate(self.changes):
            if before == version:
                return b"".join(told for _before, told in list(self.changes)[at:])
        return self.whole


class Board:
    """The ASGI application. ``versions`` and ``snapshot`` read the database; they run in the one thread of the reader."""

    def __init__(self, versions: Reading, snapshot: Callable[[int], dict[str, Any]]) -> None:
        self.versions, self.read = versions, snapshot
        self.channels: dict[str, Channel] = {}
        self.reader: asyncio.Task[None] | None = None
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="board-reader")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        found = ADDRESS.fullmatch(scope["path"])
        if scope["path"] == "/salud/":
            await _answer(send, 200, b"ok")
        elif found is None or scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 404, b"")
        else:
            await self._watch(found[1].upper(), scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                if self.reader is not None:
                    self.reader.cancel()
                return

    # ------------------------------------------------------------- watchers

    async def _watch(self, code: str, scope: Message, receive: Receive, send: Send) -> None:
        channel = self.channels.get(code)
        if channel is None:
            try:
                channel = await self._open(code)
            except DatabaseError:
                await _answer(send, 503, b"")
                return
        if channel is None:
            await _answer(send, 404, b"")
            return
        self._start_reading()
        channel.watchers += 1
        gone = asyncio.ensure_future(_gone(receive))
        telling = asyncio.ensure_future(_tell(channel, _version_of(scope), send))
        try:
            await asyncio.wait((gone, telling), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            telling.cancel()
            channel.watchers -= 1
            if not channel.watchers:
                self.channels.pop(code, None)

    async def _open(self, code: str) -> Channel | None:
        """The channel of a call, if it has a board; two watchers who come at once share one."""
        found = await self._in_thread(partial(self.versions, {code}))
        if code not in found:
            return None
        snapshot = await self._in_thread(partial(self.read, found[code][0]))
        channel = self.channels.setdefault(code, Channel())
        if channel.snapshot is None:
            channel.take(snapshot)
        return channel

    # --------------------------------------------------------------- reader

    def _start_reading(self) -> None:
        if self.reader is None or self.reader.done():
            self.reader = asyncio.ensure_future(self._keep_reading())

    async def _keep_reading(self) -> None:
        """Look at versions while anybody watches; a state is read only when its version is new."""
        loop = asyncio.get_running_loop()
        beat = loop.time() + BEAT
        while self.channels:
            try:
                await self._look()
            except DatabaseError:
                logger.exception("The board could not be read; it is tried again.")
                await self._in_thread(connection.close)
            if loop.time() >= beat:
                beat = loop.time() + BEAT
                for channel in self.channels.values():
                    channel.ring()
            await asyncio.sleep(LOOK)

    async def _look(self) -> None:
        codes = set(self.channels)
        found = await self._in_thread(partial(self.versions, codes))
        for code, (session, version) in found.items():
            channel = self.channels.get(code)
            if channel is not None and channel.version != version:
                channel.take(await self._in_thread(partial(self.read, session)))

    async def _in_thread(self, task: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.thread, task)


async def _tell(channel: Channel, version: int, send: Send) -> None:
    """Tell one watcher what it lacks, again and again. ``send`` waits while the watcher's line is full."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    told = b"retry: 2000\n\n" + channel.since(version)
    while True:
        version, bell = channel.version, channel.bell
        await send({"type": "http.response.body", "body": told, "more_body": True})
        if version == channel.version:
            await bell.wait()
        told = channel.since(version) or b":\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _version_of(scope: Message) -> int:
    """The version that a watcher has: of the last event it was told, or of the page it looks at."""
    told = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    told = told or parse_qs(scope["query_string"].decode("latin-1")).get("desde", [""])[0]
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = Board(queries.live_versions, queries.live_snapshot)
