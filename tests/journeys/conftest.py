"""The running product, as ``run.py demo`` starts it, and a browser to walk it with."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests import databases
from tests.conftest import a_browser

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
SWAPPED = os.environ.get("JOURNEY_WIDTHS") == "swapped"
"""Whether who walks on a phone walks at a desk this time, and the other way round."""


@dataclass(frozen=True)
class Demo:
    origin: str
    data: Path
    process: subprocess.Popen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _own_database(url: str) -> str:
    """A fresh database beside the one of the tests, so that the demo starts from nothing."""
    import psycopg

    name = f"journey_{uuid4().hex[:8]}"
    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return re.sub(r"/[^/?]*\?", f"/{name}?", url, count=1)


def start_demo(data: Path, *, port: int | None = None) -> Demo:
    """Run the very command of the README and wait for its first page: from nothing on PostgreSQL, again on SQLite."""
    port = port or free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CAUCE_", "DJANGO_"))}
    if url := os.environ.get("DATABASE_URL"):
        env["DATABASE_URL"] = _own_database(url)
    else:
        databases.filled_demo(data)
    with (data / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py", "demo", "--port", str(port), "--data", str(data)],
            cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    origin = f"http://localhost:{port}"
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail("The demo ended by itself:\n" + (data / "demo.log").read_text()[-4000:])
        try:
            with urllib.request.urlopen(f"{origin}/salud/", timeout=2):
                return Demo(origin, data, process)
        except OSError:
            time.sleep(0.2)
    stop_demo(process)
    pytest.fail("The demo did not serve a page within 180 s:\n" + (data / "demo.log").read_text()[-4000:])


def stop_demo(process: subprocess.Popen, sent: signal.Signals = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(sent)
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    started = start_demo(tmp_path_factory.mktemp("demo"))
    yield started
    stop_demo(started.process)


@pytest.fixture(scope="package")
def chromium():
    with a_browser() as browser:
        yield browser


@pytest.fixture
def visit(chromium, demo):
    """Return a function that opens a page as somebody new: ``visit(PHONE)``; console errors fail the test."""
    contexts, complaints = [], []

    def open_page(size=DESK, **options):
        if SWAPPED:
            size = PHONE if size == DESK else DESK
        context = chromium.new_context(
            viewport=size, locale="es-MX", base_url=demo.origin, accept_downloads=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)

        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    allowed = re.compile(r"status of 4\d\d")  # pages that refuse say so with their status
    assert [text for text in complaints if not allowed.search(text)] == []


def follow(page, name, **options):
    """Press a link by its words, which on a phone may be behind the button of the sections."""
    link = page.get_by_role("link", name=name, **options).first
    button = page.locator(".c-rail details:not([open]) > summary")
    for _try in range(150):
        if link.is_visible():
            break
        if button.is_visible():
            button.click()
        page.wait_for_timeout(100)
    link.click()


def open_filters(page):
    """On a phone the filters of a list are folded behind a button."""
    settle(page)
    button = page.locator(".c-filters:not([open]) > summary")
    if button.is_visible():
        button.click()


def settle(page):
    """Wait until the page that the last click leads to is there: before that, there is nothing to look at."""
    page.wait_for_function("() => document.readyState === 'complete' && document.body !== null")


@pytest.fixture
def axe():
    """Return a function that fails when axe finds anything on a page, once it is there."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page):
        settle(page)
        # Without preloading, axe writes no styles of its own, which our content policy would refuse aloud.
        found = checker.run(page, options={"preload": False, "resultTypes": ["violations"]}).response[
            "violations"
        ]
        report = [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found]
        assert report == [], f"{page.url}: {report}"

    return check
