"""People as fixtures, things as factories. Names say what a person is to the call under test."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as random_questions

from tests import databases

# Files whose tests start processes, write databases of their own, fill a whole demo or read the whole source.
SLOW = (
    "architecture/test_audited.py",
    "architecture/test_translations.py",
    "demo/test_demo.py",
    "allocation/test_death.py",
    "failures/test_races.py",
    "failures/test_f4_one_draft.py",
    "engine/test_command.py",
    "engine/test_largest.py",
    "calls/test_application_script.py",
    "indicators/test_replay.py",
)
# Files whose first test makes what the others use, at a price that only one process should pay.
TOGETHER = (
    "architecture/test_access.py",
    "architecture/test_audited.py",
    "architecture/test_translations.py",
    "demo/test_demo.py",
    "allocation/test_death.py",
    "indicators/test_replay.py",
    "engine/test_largest.py",
)


# Random questions are judged by what they show, never by how long a shared machine took.
random_questions.register_profile(
    "here", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
random_questions.load_profile("here")

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
            if path.endswith(("_views.py", "_pages.py")):
                # What a page shows of what it read; that every page can be read, the access matrix asks on both.
                item.add_marker(pytest.mark.once)
            if path.endswith(TOGETHER):
                item.add_marker(pytest.mark.xdist_group(item.path.stem))
            if "chromium" in item.fixturenames or "tests/journeys" in path:
                item.add_marker(pytest.mark.journey)
                item.add_marker(pytest.mark.xdist_group("journey" if "tests/journeys" in path else "script"))


def pytest_configure(config):
    config.pluginmanager.register(Order())


@pytest.hookimpl(trylast=True)  # after pytest-django has put them last, since they use no database of its own
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "tests/journeys" not in item.path.as_posix())


def pytest_runtest_setup():
    """In whatever language the test before was answered, each begins in the product's own."""
    translation.activate(settings.LANGUAGE_CODE)


# 10 February 2024, 12:00 in Mexico City.
NOON = datetime(2024, 2, 10, 18, tzinfo=UTC)


@pytest.fixture
def now():
    return NOON


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """Copy the migrated database of ``tests.databases``: migrating again in each process would take seconds."""
    name = connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        connection.close()
        if connection.vendor == "postgresql":
            databases.migrated_database(os.environ["DATABASE_URL"], name)
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            _fill_memory(connection.connection)


def _fill_memory(memory: sqlite3.Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        migrated = databases.migrated_file(Path(folder) / "migrated.sqlite3")
        with closing(sqlite3.connect(migrated)) as source:
            source.backup(memory)


@contextmanager
def a_browser():
    """A browser. A missing one is a loud failure in CI and a loud skip elsewhere.

    Playwright keeps an event loop running in its thread, beside which nothing asynchronous can be tested: whoever
    asks for a browser lets go of it before other tests follow.
    """
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
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


def pytest_make_parametrize_id(val):
    """Bytes name no test: an archive carries the second of its making, and two processes would collect other names."""
    return "bytes" if isinstance(val, bytes) else None
