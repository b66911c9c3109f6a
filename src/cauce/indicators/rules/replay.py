"""The whole replay: a plan of points, one document of whole numbers, and the ranges that pages show of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cauce.indicators.rules.drive import Drive, design, middle
from cauce.indicators.rules.market import build
from cauce.indicators.rules.scenarios import MEASURES, SCENARIOS, Place, Scenario, base_of, play

FORMAT = "cauce-replay/1"
POINTS = 40  # combinations of assumptions
REPEATS = 8  # seeds at the middle of every range: what chance alone does
STRONG = 0.5
_BY_KEY = {one.key: one for one in SCENARIOS}


@dataclass(frozen=True, slots=True)
class Point:
    """One combination of assumptions with its seed; ``is_middle``: one of the repeats at the middle."""

    seed: str
    values: Mapping[str, int]
    is_middle: bool


def plan(drive: Drive) -> list[Point]:
    """The points of the replay, always the same."""
    spread = [Point(f"point {at}", values, False) for at, values in enumerate(design(drive, POINTS), 1)]
    return spread + [Point(f"middle {at}", middle(drive), True) for at in range(1, REPEATS + 1)]


def replay_point(drive: Drive, point: Point, place: Place) -> dict[str, Any]:
    """Generate the drive of one point and play every scenario on it."""
    market = build(drive, point.values, point.seed)
    return {
        "seed": point.seed,
        "values": dict(point.values),
        "middle": point.is_middle,
        "base": base_of(market),
        "scenarios": {one.key: play(market, one, point.values, place) for one in SCENARIOS},
    }


def document_of(points: Sequence[Mapping[str, Any]]) -> bytes:
    """The results as their one sequence of bytes: what is stored, downloaded and digested."""
    document = {"format": FORMAT, "points": list(points)}
    lines = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return lines.replace('{"base"', '\n{"base"').encode() + b"\n"


def digest(document: bytes) -> str:
    return "sha256:" + hashlib.sha256(document).hexdigest()


# ------------------------------------------------------------------- ranges


@dataclass(frozen=True, slots=True)
class Range:
    """What a number was over the points: least, middle (the lower of two), most."""

    low: int
    median: int
    high: int


def range_of(values: Sequence[int]) -> Range:
    """Raises ``ValueError`` for no values."""
    if not values:
        raise ValueError("a range needs at least one value")
    ordered = sorted(values)
    return Range(ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1])


# What is compared with what: the same doctors, the same chance, one rule changed.
CONTRASTS = (
    ("cap", "three_one_serial", "full_one_serial"),
    ("rounds", "three_one_serial", "three_three_serial"),
    ("cap_and_rounds", "three_one_serial", "full_three_serial"),
    ("stable", "full_one_serial", "full_one_stable"),
    ("supplement", "three_one_serial", "three_one_supplement"),
    ("all", "three_one_serial", "full_three_supplement"),
    ("by_choice", "as_2022", "three_one_serial"),
    ("everyone", "three_one_serial", "everyone_three_one"),
)


# Assumptions that only enter under some rule; where neither side has it, a correlation would be chance.
_ENTERS: dict[str, Callable[[Scenario], bool]] = {
    "own_orders": lambda one: one.own_orders,
    "local_bonus": lambda one: one.own_orders,
    "relist": lambda one: one.rounds > 1 and not one.by_choice,
    "wanted_more": lambda one: one.full,
    "list_length": lambda one: one.full,
    "safe_play": lambda one: one.full,
    "supplement_answer": lambda one: one.supplement,
    "supplement_posts": lambda one: one.supplement,
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """How many more posts are filled when one rule changes; ``drivers``: the assumptions that it follows most."""

    key: str
    before: str
    after: str
    gain: Range
    chance: Range
    drivers: Sequence[tuple[str, float]]


def spread_points(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [point for point in document["points"] if not point["middle"]]


def middle_points(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [point for point in document["points"] if point["middle"]]


def measured(points: Sequence[Mapping[str, Any]], scenario: str, measure: str) -> list[int]:
    """A measure at every point. ``unlisted``: posts that nobody listed; ``kilometres``: mean of those who moved in."""
    rows = [point["scenarios"][scenario] for point in points]
    if measure == "unlisted":
        return [sum(p["base"]["offered"]) - row["listed"] for p, row in zip(points, rows, strict=True)]
    if measure == "kilometres":
        return [round(row["kilometres"] / max(1, row["filled"])) for row in rows]
    return [row[measure] for row in rows]


def contrasts(document: Mapping[str, Any]) -> Iterator[Contrast]:
    """Yield every comparison, paired point by point."""
    points, middles = spread_points(document), middle_points(document)
    for key, before, after in CONTRASTS:
        gain = _gain(points, before, after)
        yield Contrast(
            key,
            before,
            after,
            range_of(gain),
            range_of(_gain(middles, before, after)),
            _drivers(points, gain, (_BY_KEY[before], _BY_KEY[after])),
        )


def _gain(points: Sequence[Mapping[str, Any]], before: str, after: str) -> list[int]:
    pairs = zip(measured(points, before, "filled"), measured(points, after, "filled"), strict=True)
    return [then - now for now, then in pairs]


def _drivers(
    points: Sequence[Mapping[str, Any]], outcome: Sequence[int], sides: Sequence[Scenario]
) -> list[tuple[str, float]]:
    """Assumptions whose rank correlation with the outcome is strong, strongest first, with their sign."""
    found = [
        (key, _rank_correlation([point["values"][key] for point in points], outcome))
        for key in points[0]["values"]
        if key not in _ENTERS or any(map(_ENTERS[key], sides))
    ]
    strong = [(key, value) for key, value in found if abs(value) >= STRONG]
    return sorted(strong, key=lambda pair: (-abs(pair[1]), pair[0]))


def _rank_correlation(first: Sequence[int], second: Sequence[int]) -> float:
    """Spearman's, ties at their mean rank; 0 when one of the two never changes."""
    ranks = [_mean_ranks(np.asarray(values, np.int64)) for values in (first, second)]
    centred = [values - values.mean() for values in ranks]
    size = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return round(float((centred[0] * centred[1]).sum()) / size, 2) if size else 0.0


def _mean_ranks(values: Any) -> Any:
    _levels, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[inverse]


__all__ = [
    "CONTRASTS", "FORMAT", "MEASURES", "POINTS", "REPEATS", "SCENARIOS", "Contrast", "Point", "Range", "contrasts",
    "digest", "document_of", "measured", "middle_points", "plan", "range_of", "replay_point", "spread_points",
]  # fmt: skip
