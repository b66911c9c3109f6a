"""An applicant, an open call, and a clock that a test may move."""

from __future__ import annotations

import pytest

from cauce.base import clock
from tests.calls import factories as make


@pytest.fixture
def at_noon(monkeypatch, now):
    """What views take for the time: ``at_noon["now"]`` may be set to another."""
    moment = {"now": now}
    monkeypatch.setattr(clock, "read", lambda: moment["now"])
    return moment


@pytest.fixture
def mariana():
    return make.user("Mariana")


@pytest.fixture
def call():
    return make.call()
