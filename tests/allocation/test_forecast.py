"""The forecast of who waits, against cases worked out by hand."""

from __future__ import annotations

import pytest

from cauce.allocation.rules.forecast import Queue, at_least, calibration, chance_of, forecast, queues


@pytest.mark.parametrize(
    ("wanted", "of", "share", "chance"),
    [
        (0, 0, 0.5, 1.0),  # a seat is free already
        (1, 0, 0.5, 0.0),
        (1, 1, 0.25, 0.25),
        (1, 2, 0.5, 0.75),
        (2, 2, 0.5, 0.25),
        (2, 3, 0.5, 0.5),
        (1, 3, 0.0, 0.0),
        (3, 3, 1.0, 1.0),
        (400, 2000, 0.2, 0.5111),  # the median of many, and no overflow on the way
    ],
)
def test_how_likely_so_many_are_given_up(wanted, of, share, chance):
    assert at_least(wanted, of, share) == pytest.approx(chance, abs=0.005)


def test_people_before_one_count_at_each_post_that_they_want():
    found = dict(queues([(1, [10, 20]), (2, [20]), (3, [20, 10, 30])], {10: 1}, {20: 4}))
    assert found[1] == [Queue(0, 1, 0), Queue(0, 0, 4)]
    assert found[2] == [Queue(1, 0, 4)]
    assert found[3] == [Queue(2, 0, 4), Queue(1, 1, 0)], "no seat of the third post is free or out"


def test_any_post_will_do():
    assert chance_of([], 0.5) == 0
    assert chance_of([Queue(0, 0, 1), Queue(0, 0, 1)], 0.5) == pytest.approx(0.75)
    assert chance_of([Queue(0, 1, 0), Queue(9, 0, 1)], 0.5) == 1


def test_nothing_is_told_from_few_answers_and_the_range_holds_the_chance():
    told = {"is_so_far": True, "past": []}
    assert forecast([Queue(0, 0, 1)], given_up=4, answered=9, **told) is None
    found = forecast([Queue(0, 0, 1)], given_up=5, answered=10, **told)
    assert found.chance.share == pytest.approx(0.5)
    assert 0.2 < found.chance.low < 0.5 < found.chance.high < 0.8
    assert found.bands == ()


def test_the_calibration_sets_what_was_expected_beside_what_came():
    past = [(0.1, False)] * 8 + [(0.2, True)] * 2 + [(0.6, True)] * 3 + [(1.0, True)] * 5
    low, high = calibration(past)
    assert (low.low, low.high, low.people, low.called) == (0.0, 0.25, 10, 0.2)
    assert low.expected == pytest.approx(0.12)
    assert (high.low, high.people, high.expected, high.called) == (0.75, 5, 1.0, 1.0)
