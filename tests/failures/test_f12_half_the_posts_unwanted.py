"""F12: in 2022 half the posts were wanted by nobody. Was it the cap of three choices? The numbers say, not we."""

from __future__ import annotations

import json

import pytest

from cauce.indicators import intake, queries
from cauce.indicators.rules import replay as rules
from cauce.indicators.rules.drive import bounds

DRIVE = intake.read_drive()


@pytest.fixture(scope="module")
def document():
    return json.loads(intake.delivered_replay()[0])


def test_every_synthetic_drive_meets_the_known_totals(document):
    for point in document["points"]:
        base = point["base"]
        assert sum(base["offered"]) == DRIVE["posts"] == 14_323
        assert sum(base["choices"]) == DRIVE["choices"] == 23_574
        assert sum(base["offered"]) - sum(base["named"]) == DRIVE["unnamed"] == 7_360
        assert point["scenarios"]["as_2022"]["people"] == DRIVE["accredited"] == 4_494


def test_cap_rounds_orders_and_supplements_are_compared_on_the_same_people(document):
    for point in document["points"]:
        played = point["scenarios"]
        assert set(played) == {one.key for one in rules.SCENARIOS}
        present = {row["people"] for key, row in played.items() if not key.startswith("everyone")}
        assert present == {DRIVE["accredited"]}


def test_unfilled_posts_are_reported_for_every_rule(document):
    for key in queries.replay.SCENARIO_NAMES:
        filled = rules.measured(rules.spread_points(document), key, "filled")
        unlisted = rules.measured(rules.spread_points(document), key, "unlisted")
        assert all(
            0 <= empty <= DRIVE["posts"] - taken for taken, empty in zip(filled, unlisted, strict=True)
        )


def test_the_sentence_about_the_cap_follows_from_the_points_and_would_turn_with_them(document):
    points, contrasts = rules.spread_points(document), list(rules.contrasts(document))
    said = queries.replay._verdict(points, contrasts, DRIVE["posts"])
    gains = {one.key: one.gain.median for one in contrasts}
    assert ("no es la causa principal" in said) == (gains["cap"] < max(gains["rounds"], gains["everyone"]))
    # A world where the cap is the cause: there, the same sentence says so.
    other = json.loads(json.dumps(document))
    for point in other["points"]:
        point["scenarios"]["full_one_serial"]["filled"] = DRIVE["posts"]
    turned = queries.replay._verdict(rules.spread_points(other), list(rules.contrasts(other)), DRIVE["posts"])
    assert "pesó más" in turned


def test_arithmetic_alone_bounds_what_the_cap_could_do(document):
    forced = bounds(DRIVE)
    for point in document["points"]:
        used = point["base"]["used_all"]
        assert forced.used_all_least <= used <= forced.used_all_most
        for key, row in point["scenarios"].items():
            if not key.startswith("everyone"):
                assert DRIVE["posts"] - row["filled"] >= forced.empty_least
