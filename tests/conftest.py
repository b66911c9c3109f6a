"""People as fixtures, things as factories. Names say what a person is to the call under test."""

from __future__ import annotations

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


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.as_posix().endswith(SLOW):
            item.add_marker(pytest.mark.slow)


# 10 February 2024, 12:00 in Mexico City.
NOON = datetime(2024, 2, 10, 18, tzinfo=UTC)


@pytest.fixture
def now():
    return NOON
