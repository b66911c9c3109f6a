"""What would have been: the same doctors under other rules, and what came of it in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from cauce.indicators.rules.draws import Ints
from cauce.indicators.rules.market import Market

# Gives the post of each list, or -1. Lists are of post indices, best first, parallel to the doctors; every post has
# one seat. With ``worth``, parallel to the lists, posts take whom they value most; without it, merit decides.
Place = Callable[[Ints, list[list[int]], Ints, list[Ints] | None], Ints]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A rule to replay. ``by_choice``: choice by choice, as in 2022; ``everyone``: as if the absent had come."""

    key: str
    full: bool = False
    rounds: int = 1
    own_orders: bool = False
    by_choice: bool = False
    supplement: bool = False
    everyone: bool = False


SCENARIOS = (
    Scenario("as_2022", rounds=3, by_choice=True),
    Scenario("three_one_serial"),
    Scenario("three_one_stable", own_orders=True),
    Scenario("three_three_serial", rounds=3),
    Scenario("full_one_serial", full=True),
    Scenario("full_one_stable", full=True, own_orders=True),
    Scenario("full_three_serial", full=True, rounds=3),
    Scenario("full_three_stable", full=True, rounds=3, own_orders=True),
    Scenario("three_one_supplement", supplement=True),
    Scenario("full_three_supplement", full=True, rounds=3, supplement=True),
    Scenario("everyone_three_one", everyone=True),
    Scenario("everyone_full_three", full=True, rounds=3, everyone=True),
)
MEASURES = (
    "people", "listed", "placed", "filled", "first", "any_named", "at_home", "kilometres", "beyond_2022",
)  # fmt: skip


@dataclass
class _Play:
    """One scenario under way: who holds which post for good, who has left, which posts are free and were listed."""

    held: Ints
    left: Ints
    free: Ints
    listed: Ints
    placed: int = 0
    rounds: list[int] = field(default_factory=list)


def play(market: Market, scenario: Scenario, values: Mapping[str, int], place: Place) -> dict[str, Any]:
    """Carry the scenario out; return its measures, its filled posts by state, and how many each round filled."""
    present = ~market.refused if scenario.everyone else market.came
    state = _Play(
        held=np.full(market.doctors, -1, np.int64),
        left=np.zeros(market.doctors, bool),
        free=np.ones(market.posts, bool),
        listed=np.zeros(market.posts, bool),
    )
    if scenario.by_choice:  # they handed in all their choices, though each round reads only one
        choices = market.named[present]
        state.listed[choices[choices >= 0]] = True
    for turn in range(scenario.rounds):
        doctors = np.flatnonzero(present & (state.held < 0) & ~state.left)
        lists = [_list(market, scenario, values, state, int(doctor), turn) for doctor in doctors]
        asks = [at for at, wishes in enumerate(lists) if wishes]
        doctors, lists = doctors[asks], [lists[at] for at in asks]
        if not lists:
            state.rounds.append(0)
            continue
        state.listed[np.fromiter(chain.from_iterable(lists), np.int64)] = True
        worth = _worth(market, values, doctors, lists) if scenario.own_orders else None
        got = place(doctors, lists, market.merit[doctors], worth)
        stays = market.renounce[doctors, turn] >= values["renounce"]
        state.placed += int((got >= 0).sum())
        state.left[doctors[(got >= 0) & ~stays]] = True
        kept = (got >= 0) & stays
        state.held[doctors[kept]] = got[kept]
        state.free[got[kept]] = False
        state.rounds.append(int(kept.sum()))
    return _measured(market, state, int(present.sum()))


def _list(
    market: Market, scenario: Scenario, values: Mapping[str, int], state: _Play, doctor: int, turn: int
) -> list[int]:
    """The posts that a doctor asks for in this round, best first, among those that are free."""
    named = [int(post) for post in market.named[doctor] if post >= 0]
    if scenario.by_choice:
        wished = named[turn : turn + 1]
        return [post for post in wished if state.free[post]]
    tail = [int(post) for post in market.tail[doctor] if post >= 0]
    wished, rest = named, tail
    if scenario.full:
        ahead = tail[:2] if market.hidden[doctor] else []
        more = tail[len(ahead) :][: market.more[doctor]]
        wished, rest = ahead + named + more, tail[len(ahead) + len(more) :]
    if scenario.supplement and market.answer[doctor] < values["supplement_answer"]:
        paid = [
            int(p) for p in market.extras[doctor][: values["supplement_posts"]] if p >= 0 and p not in wished
        ]
        slot = min(int(market.slot[doctor]), len(wished))
        wished = wished[:slot] + paid + wished[slot:]
        rest = [post for post in rest if post not in paid]
    wished = [post for post in wished if state.free[post]]
    if turn and market.relist[doctor] < values["relist"]:
        wished += [post for post in rest if state.free[post]][:3]
    return wished if scenario.full else wished[:3]


def _worth(market: Market, values: Mapping[str, int], doctors: Ints, lists: list[list[int]]) -> list[Ints]:
    """What each listed post thinks of the doctor: merit, an opinion of its institution's own, a preference for locals."""
    found = []
    for doctor, wishes in zip(doctors, lists, strict=True):
        posts = np.array(wishes, np.int64)
        own = market.opinions[market.institution[posts], doctor]
        local = (market.state[posts] == market.home[doctor]) * market.doctors
        found.append(
            market.merit[doctor] * (100 - values["own_orders"])
            + own * values["own_orders"]
            + local * values["local_bonus"]
        )
    return found


def _measured(market: Market, state: _Play, people: int) -> dict[str, Any]:
    doctors = np.flatnonzero(state.held >= 0)
    posts = state.held[doctors]
    where = market.state[posts]
    return {
        "people": people,
        "listed": int(state.listed.sum()),
        "placed": state.placed,
        "filled": len(posts),
        "first": int((posts == market.named[doctors, 0]).sum()),
        "any_named": int((posts[:, None] == market.named[doctors]).any(axis=1).sum()),
        "at_home": int((where == market.home[doctors]).sum()),
        "kilometres": int(market.kilometres[market.home[doctors], where].sum()),
        "beyond_2022": int((~market.is_named[posts]).sum()),
        "rounds": state.rounds,
        "states": np.bincount(where, minlength=len(market.kilometres)).tolist(),
    }


def base_of(market: Market) -> dict[str, Any]:
    """What the drive was before any rule: by state, posts offered, posts named, choices; and who named what."""
    states = len(market.kilometres)
    choices = market.named[market.named >= 0]
    by_accredited = np.unique(market.named[market.came][market.named[market.came] >= 0])
    return {
        "offered": np.bincount(market.state, minlength=states).tolist(),
        "named": np.bincount(market.state[market.is_named], minlength=states).tolist(),
        "choices": np.bincount(market.state[choices], minlength=states).tolist(),
        "named_by_accredited": len(by_accredited),
        "used_all": int((market.counts == 3).sum()),
        "accredited_used_all": int((market.counts[market.came] == 3).sum()),
        "home_first": int((market.state[market.named[:, 0]] == market.home).sum()),
    }
