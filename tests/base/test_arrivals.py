"""What counts for a deadline is when a request arrived, however long it waited for its turn."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cauce.base import clock
from tests.journeys.conftest import free_port

# Answers what the server stamped, and how long the request had waited by then.
SLOW = """
import time
def application(environ, start_response):
    arrived, taken = environ["cauce.arrived"], time.time()
    time.sleep(0.3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{arrived} {taken}".encode()]
"""
AT = datetime(2024, 2, 23, 5, 59, 59, 500_000, tzinfo=UTC)


@pytest.fixture
def present(monkeypatch, settings):
    settings.CLOCK_OFFSET = timedelta(0)
    monkeypatch.setattr(clock, "machine", lambda: AT + timedelta(seconds=90))
    monkeypatch.setattr(clock, "read", lambda: AT + timedelta(seconds=90))


def test_a_request_that_waited_counts_from_its_arrival(present):
    assert clock.arrived({clock.ARRIVED: AT.timestamp()}) == AT


def test_a_request_that_nobody_stamped_counts_from_now(present):
    assert clock.arrived({}) == AT + timedelta(seconds=90)


def test_our_own_stamp_counts_however_long_the_queue_was_and_never_from_the_future(present):
    long_ago = AT - timedelta(hours=2)
    assert clock.arrived({clock.ARRIVED: long_ago.timestamp()}) == long_ago
    later = AT + timedelta(minutes=5)
    assert clock.arrived({clock.ARRIVED: later.timestamp()}) == AT + timedelta(seconds=90)


@pytest.mark.parametrize("away", [timedelta(minutes=-11), timedelta(minutes=2)], ids=["old", "future"])
def test_a_proxy_with_a_wrong_clock_is_not_believed(present, settings, away):
    settings.ARRIVAL_HEADER = "HTTP_X_REQUEST_START"
    written = {"HTTP_X_REQUEST_START": f"t={(AT + away).timestamp():.3f}", clock.ARRIVED: AT.timestamp()}
    assert clock.arrived(written) == AT


def test_the_header_of_a_proxy_counts_only_when_the_settings_name_it(present, settings):
    written = {"HTTP_X_REQUEST_START": f"t={AT.timestamp():.3f}"}
    assert clock.arrived(written) == AT + timedelta(seconds=90)
    settings.ARRIVAL_HEADER = "HTTP_X_REQUEST_START"
    assert clock.arrived(written) == AT
    assert clock.arrived({"HTTP_X_REQUEST_START": f"{AT.timestamp() * 1000:.0f}"}) == AT
    assert clock.arrived({"HTTP_X_REQUEST_START": "yesterday"}) == AT + timedelta(seconds=90)


@pytest.fixture
def slow_server(tmp_path):
    """gunicorn with our worker and a single thread, so that whoever comes second waits."""
    (tmp_path / "slow.py").write_text(SLOW)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "slow:application", "--bind", f"127.0.0.1:{port}", "--threads", "1",
         "--worker-class", "cauce.config.server.StampingWorker", "--no-control-socket", "--log-level", "error"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "cauce.config.settings"},
    )  # fmt: skip
    for _attempt in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port, process.pid
    process.terminate()
    process.wait(timeout=20)


def told(connection):
    connection.request("GET", "/")
    arrived, taken = map(float, connection.getresponse().read().split())
    return arrived, taken


@pytest.mark.slow
@pytest.mark.once
def test_the_server_stamps_who_waits_when_they_came(slow_server):
    port, server = slow_server
    with ExitStack() as until_the_end:
        *clients, early, unseen = (
            until_the_end.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port)))
            for _client in range(6)
        )
        stamped_as_they_came(clients)
        # A connection that is kept is stamped anew, and opening one early gains nothing.
        before = time.time()
        assert told(clients[0])[0] >= before
        early.connect()
        time.sleep(0.5)
        before = time.time()
        assert told(early)[0] >= before
        while_the_server_does_nothing(server, unseen)


def while_the_server_does_nothing(server, client):
    """A request is stamped as it came even if the server's loop gets no processor until later."""
    children = Path(f"/proc/{server}/task/{server}/children")
    if not children.exists():
        return
    worker = int(children.read_text().split()[0])
    os.kill(worker, signal.SIGSTOP)
    try:
        client.request("GET", "/")
        sent = time.time()
        time.sleep(0.5)
    finally:
        os.kill(worker, signal.SIGCONT)
    arrived, taken = map(float, client.getresponse().read().split())
    assert arrived - sent < 0.2
    assert taken - sent >= 0.5


def stamped_as_they_came(clients):
    stamps = []
    threads = [threading.Thread(target=lambda one=one: stamps.append(told(one))) for one in clients]
    began = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One thread and 0.3 s for each: the last was taken up 0.9 s after it came, and is stamped as it came.
    assert len(stamps) == 4
    assert max(taken for _arrived, taken in stamps) - began >= 0.9
    assert max(taken - arrived for arrived, taken in stamps) >= 0.6
