"""The drive of 2022: totals that hold exactly, the same bytes every time, statistics that follow from what is stored."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from cauce.indicators import bridge, intake
from cauce.indicators.rules import replay as rules
from cauce.indicators.rules.draws import Draws, gumbel, largest_remainder
from cauce.indicators.rules.drive import bounds, design, middle
from cauce.indicators.rules.market import build, kilometres
from cauce.indicators.rules.scenarios import SCENARIOS, base_of, play

DRIVE = intake.read_drive()
EXTREMES = {
    "middle": middle(DRIVE),
    "low": {one.key: one.low for one in DRIVE.assumptions},
    "high": {one.key: one.high for one in DRIVE.assumptions},
}


@pytest.fixture(scope="module")
def markets():
    return {name: build(DRIVE, values, name) for name, values in EXTREMES.items()}


@pytest.fixture(scope="module")
def delivered():
    return json.loads(intake.delivered_replay()[0])


# ------------------------------------------------------------------ totals


@pytest.mark.parametrize("name", EXTREMES)
def test_every_published_total_holds_exactly(markets, name):
    market = markets[name]
    named = market.named[market.named >= 0]
    assert market.posts == 14_323
    assert market.doctors == 10_920
    assert len(named) == 23_574
    assert len(np.unique(named)) == 6_963
    assert market.posts - len(np.unique(named)) == 7_360
    assert market.came.sum() == 4_494
    assert market.refused.sum() == 197
    assert (~market.came & ~market.refused).sum() == 6_229
    assert set(market.counts) <= {1, 2, 3}
    assert ((market.named >= 0).sum(axis=1) == market.counts).all()


@pytest.mark.parametrize("name", EXTREMES)
def test_splits_hold_as_scaled(markets, name):
    market = markets[name]
    first = market.institution[market.named[:, 0]]
    assert np.bincount(market.institution).tolist() == DRIVE.posts_by_institution.tolist()
    assert np.bincount(market.institution[market.is_named]).tolist() == DRIVE.named_by_institution.tolist()
    assert np.bincount(first[market.came]).tolist() == [2245, 1282, 128, 551, 243, 45]
    fields = DRIVE.posts_by_specialty(EXTREMES[name]["other_specialties"])
    assert np.bincount(market.specialty).tolist() == fields.tolist()


@pytest.mark.parametrize("name", EXTREMES)
def test_people_name_posts_of_their_specialty_once_and_rank_others_after(markets, name):
    market = markets[name]
    for block in (market.named, market.tail, market.extras):
        inside = block >= 0
        assert (market.specialty[block] == market.field[:, None])[inside].all()
    lists = np.concatenate([market.named, market.tail], axis=1)
    for row in lists[::37]:
        mine = row[row >= 0]
        assert len(set(mine)) == len(mine)
    assert not market.is_named[market.extras[market.extras >= 0]].any()


def test_first_choices_at_home_are_as_many_as_assumed(markets):
    market = markets["low"]
    share = (market.state[market.named[:, 0]] == market.home).mean()
    # 10,920 draws with a chance of 0.35: four deviations are 0.018.
    assert abs(share - 0.35) < 0.018


def test_who_used_all_three_is_as_assumed_within_what_the_total_forces(markets):
    forced = bounds(DRIVE)
    for name, market in markets.items():
        used = int((market.counts == 3).sum())
        assert used == 10_920 * EXTREMES[name]["three_used"] // 100
        assert forced.used_all_least <= used <= forced.used_all_most


# --------------------------------------------------------------- residuals


def test_residuals_are_the_contradictions_of_the_sources():
    by = {}
    for row in DRIVE.residuals:
        by.setdefault(row.of, []).append(row)
    assert sum(row.published for row in by["posts"]) == 14_423
    assert sum(row.used for row in by["posts"]) == 14_323
    assert round(sum(row.published for row in by["named"])) == 7_104
    assert sum(row.used for row in by["named"]) == 6_963
    assert all(row.difference == 0 for row in by["referred"])
    assert sum(row.published for row in by["specialty"]) == 7_937
    assert [row.difference for row in by["posts"]] == [Decimal(d) for d in (-61, -19, -12, -7, -1, 0)]


def test_largest_remainder_adds_up_and_moves_no_part_by_a_whole():
    draws = Draws("test")
    for total in (1, 7, 100, 14_323):
        weights = draws.below(1000, 9) + 1
        parts = largest_remainder(weights, total)
        exact = weights * total / weights.sum()
        assert parts.sum() == total
        assert (abs(parts - exact) < 1).all()


def test_what_follows_without_assuming_is_arithmetic():
    found = bounds(DRIVE)
    assert (found.used_all_least, found.used_all_most) == (1_734, 6_327)
    assert found.left_room_least == 4_593
    assert (found.filled_most, found.empty_least) == (4_494, 9_829)
    assert found.empty_if_all_came == 3_403
    assert found.gain_most == 4_494 - 2_621
    assert found.refused_first_least == (551 - 184) + (243 - 112) + (45 - 26)


# ------------------------------------------------------------- determinism


def test_chance_has_a_name_and_gives_the_same_numbers():
    assert Draws("a").below(1000, 5).tolist() == [164, 289, 23, 938, 662]
    assert Draws("a").below(10, 5).tolist() != Draws("b").below(10, 5).tolist()
    assert int(gumbel().sum()) == 37828118
    assert abs(gumbel().mean() - 577) < 1  # Euler's constant, in thousandths


def test_a_market_is_the_same_twice_and_another_with_another_seed(markets):
    again = build(DRIVE, EXTREMES["low"], "low")
    for name in ("named", "tail", "merit", "came", "home", "renounce"):
        assert (getattr(again, name) == getattr(markets["low"], name)).all()
    assert (build(DRIVE, EXTREMES["low"], "another").named != again.named).any()


def test_the_design_uses_every_slice_of_every_range_once():
    points = design(DRIVE, 40)
    for one in DRIVE.assumptions:
        values = [point[one.key] for point in points]
        assert one.low <= min(values)
        assert max(values) <= one.high
        slices = [int((value - one.low) * 40 / (one.high - one.low)) for value in values]
        if one.high - one.low >= 40:
            assert len(set(slices)) >= 39
    assert design(DRIVE, 40) == points


def test_the_first_points_are_those_that_come_with_the_product(delivered):
    document, _seconds = bridge.replay(DRIVE, lambda _done, _of: None, points=1)
    assert json.loads(document)["points"] == delivered["points"][:1]


# --------------------------------------------------------------- scenarios


def test_one_seat_one_person_and_only_listed_posts(markets):
    market, values = markets["middle"], EXTREMES["middle"]
    asked = []

    def spy(doctors, lists, merit, worth):
        got = bridge.place(doctors, lists, merit, worth)
        asked.append((doctors, lists, got))
        return got

    for scenario in SCENARIOS[:3]:
        asked.clear()
        play(market, scenario, values, spy)
        for _doctors, lists, got in asked:
            held = got[got >= 0]
            assert len(np.unique(held)) == len(held)
            assert all(post in wishes for post, wishes in zip(got, lists, strict=True) if post >= 0)
            assert all(len(wishes) <= 3 for wishes in lists)


def test_by_merit_nobody_envies_who_stands_behind(markets):
    market = markets["middle"]
    doctors = np.flatnonzero(market.came)[:400]
    lists = [[int(post) for post in market.named[doctor] if post >= 0] for doctor in doctors]
    got = bridge.place(doctors, lists, market.merit[doctors], None)
    free = set(range(market.posts))
    for at in np.argsort(-market.merit[doctors]):
        best = next((post for post in lists[at] if post in free), -1)
        assert got[at] == best
        free.discard(best)


def test_measures_follow_from_what_was_played(delivered):
    for point in delivered["points"]:
        base = point["base"]
        assert sum(base["offered"]) == 14_323
        assert sum(base["choices"]) == 23_574
        assert sum(base["named"]) == 6_963
        assert base["named_by_accredited"] <= 6_963
        for row in point["scenarios"].values():
            assert sum(row["states"]) == sum(row["rounds"]) == row["filled"] <= row["placed"] <= row["people"]
            assert row["first"] <= row["any_named"] <= row["filled"] <= row["listed"]
            assert row["any_named"] + row["beyond_2022"] <= row["filled"]
            assert row["at_home"] <= row["filled"]


def test_base_is_counted_from_the_market(markets):
    market = markets["middle"]
    base = base_of(market)
    came = {int(post) for row in market.named[market.came] for post in row if post >= 0}
    assert base["named_by_accredited"] == len(came)
    assert base["offered"][8] == int((market.state == 8).sum())


def test_ranges_and_contrasts_are_those_of_the_stored_points(delivered):
    points = rules.spread_points(delivered)
    assert (len(points), len(rules.middle_points(delivered))) == (rules.POINTS, rules.REPEATS)
    for one in rules.contrasts(delivered):
        gains = sorted(
            point["scenarios"][one.after]["filled"] - point["scenarios"][one.before]["filled"]
            for point in points
        )
        assert (one.gain.low, one.gain.median, one.gain.high) == (gains[0], gains[19], gains[-1])
        assert all(abs(strength) >= rules.STRONG for _key, strength in one.drivers)


def test_distances_are_those_of_the_globe():
    km = kilometres(DRIVE)
    keys = [place.key for place in DRIVE.states]
    assert (km == km.T).all()
    assert (np.diag(km) == 0).all()
    # Mexico City to Yucatán, and Baja California to Quintana Roo, as the crow flies.
    assert 980 <= km[keys.index("09"), keys.index("31")] <= 1_060
    assert 3_000 <= km[keys.index("02"), keys.index("23")] <= 3_300
