"""What waits for a person is told the most urgent first."""

from datetime import timedelta

from cauce.calls.rules.waiting import Waiting, most_urgent_first
from tests.conftest import NOON


def line(name, **values):
    return Waiting("F", "C", name, "", "/", "", **values)


def test_what_must_be_done_comes_first_by_its_clock_and_what_may_be_left_last():
    lines = [
        line("result"),
        line("claim", until=NOON, is_choice=True),
        line("list", until=NOON + timedelta(days=3)),
        line("offer", until=NOON + timedelta(days=1)),
        line("turn near", is_now=True),
        line("my turn", is_now=True, until=NOON + timedelta(minutes=1)),
    ]
    found = [one.headline for one in most_urgent_first(lines)]
    assert found == ["my turn", "turn near", "offer", "list", "result", "claim"]
