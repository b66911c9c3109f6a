"""People as fixtures, things as factories. Names say what a person is to the call under test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

# 10 February 2024, 12:00 in Mexico City.
NOON = datetime(2024, 2, 10, 18, tzinfo=UTC)


@pytest.fixture
def now():
    return NOON
