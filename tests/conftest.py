"""People as fixtures, things as factories. Names say what a person is to the call under test."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime

import pytest

# Files whose tests start processes, write databases of their own or fill a whole demo.
SLOW = (
    "demo/test_demo.py",
    "allocation/test_death.py",
    "failures/test_races.py",
    "failures/test_f4_one_draft.py",
    "engine/test_command.py",
    "calls/test_application_script.py",
)


# Playwright keeps a loop in its thread, and Django would refuse every query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


class Order:
    """Marks what is slow or walks a browser; the journeys, one long chain, start before everything else."""

    @pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
    def pytest_collection_modifyitems(self, items):
        for item in items:
            path = item.path.as_posix()
            if path.endswith(SLOW):
                item.add_marker(pytest.mark.slow)
            if "chromium" in item.fixturenames or "tests/journeys" in path:
                item.add_marker(pytest.mark.journey)
                item.add_marker(pytest.mark.xdist_group("journey" if "tests/journeys" in path else "script"))


def pytest_configure(config):
    config.pluginmanager.register(Order())


@pytest.hookimpl(trylast=True)  # after pytest-django has put them last, since they use no database of its own
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "tests/journeys" not in item.path.as_posix())


# 10 February 2024, 12:00 in Mexico City.
NOON = datetime(2024, 2, 10, 18, tzinfo=UTC)


@pytest.fixture
def now():
    return NOON


@pytest.fixture(scope="session")
def chromium():
    """A browser. A missing one is a loud failure in CI and a loud skip elsewhere."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not executable:
        sentence = "No Chromium on this machine: journeys were NOT walked (apt install chromium)."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()


def pytest_make_parametrize_id(val):
    """Bytes name no test: an archive carries the second of its making, and two processes would collect other names."""
    return "bytes" if isinstance(val, bytes) else None
