"""A closed call, its people and their lists."""

from __future__ import annotations

import io

import pytest

from tests.allocation import factories as make


@pytest.fixture
def call(now):
    return make.closed_call(now)


@pytest.fixture
def staff(call):
    return make.people(call)


@pytest.fixture
def lists(call, now, staff):
    return make.market(call, now, people_=staff)


@pytest.fixture
def png():
    """A small picture."""
    from PIL import Image

    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(drawn, "PNG")
    return drawn.getvalue()
