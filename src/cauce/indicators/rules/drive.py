"""The drive of 2022: what was published, how its splits are scaled to its totals, and what follows from arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from cauce.indicators.rules.draws import Draws, Ints, largest_remainder


@dataclass(frozen=True, slots=True)
class Fact:
    """A published number."""

    key: str
    value: int
    unit: str
    text: str
    text_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Institution:
    """Posts offered, per cent of them named by somebody, people referred to it in the first round: as published."""

    code: str
    name: str
    posts: int
    named_percent: Decimal
    referred: int


@dataclass(frozen=True, slots=True)
class Place:
    """A state with its centre of population and, where it was published, its posts in the draft of 2025."""

    key: str
    name: str
    population: int
    latitude: Decimal
    longitude: Decimal
    draft_2025: int | None = None


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that nobody published, with the range that is tried. Values are whole numbers of ``unit``."""

    key: str
    name: str
    name_en: str
    low: int
    high: int
    unit: str
    text: str
    text_en: str
    why: str
    why_en: str

    @property
    def middle(self) -> int:
        return (self.low + self.high) // 2


@dataclass(frozen=True, slots=True)
class Residual:
    """A published split against what the totals make of it."""

    of: str
    name: str
    published: Decimal
    used: int

    @property
    def difference(self) -> Decimal:
        return self.used - self.published


@dataclass(frozen=True)
class Drive:
    """The catalogue of the drive. ``facts`` by key."""

    facts: Mapping[str, Fact]
    checks: Sequence[Mapping[str, str]]
    institutions: Sequence[Institution]
    institutions_source: str
    specialties: Sequence[tuple[str, str, int]]
    specialties_source: str
    states: Sequence[Place]
    states_source: str
    draft_2025: tuple[int, str]
    assumptions: Sequence[Assumption]

    def __getitem__(self, key: str) -> int:
        return self.facts[key].value

    # ------------------------------------------------------- splits, scaled

    @cached_property
    def posts_by_institution(self) -> Ints:
        return largest_remainder([one.posts for one in self.institutions], self["posts"])

    @cached_property
    def named_by_institution(self) -> Ints:
        """Posts that somebody named: posts times per cent, in thousandths of a post, scaled."""
        weights = [int(one.posts * one.named_percent * 10) for one in self.institutions]
        return largest_remainder(weights, self["named"])

    @cached_property
    def accredited_by_institution(self) -> Ints:
        """People accredited, by the institution of their first choice: the referred add up without scaling."""
        return largest_remainder([one.referred for one in self.institutions], self["accredited"])

    @cached_property
    def first_by_institution(self) -> Ints:
        """All people by the institution of their first choice, as if attendance had been the same everywhere."""
        return largest_remainder([one.referred for one in self.institutions], self["registered"])

    def posts_by_specialty(self, others: int) -> Ints:
        """Posts of the published specialties, and of ``others`` more that share the rest evenly."""
        known = [posts for _code, _name, posts in self.specialties]
        scaled = largest_remainder([*known, self["announced"] - sum(known)], self["posts"])
        return np.concatenate([scaled[:-1], largest_remainder([1] * others, int(scaled[-1]))])

    def posts_by_state(self, percent: int) -> Ints:
        """Posts by state: by population, and ``percent`` of the way to the shares of the draft of 2025."""
        people = np.array([place.population for place in self.states], np.int64)
        total = self.draft_2025[0]
        drafted = np.array([place.draft_2025 or 0 for place in self.states], np.int64)
        rest = np.where(drafted == 0, people, 0)
        scale = 1_000_000
        by_people = largest_remainder(people, scale)
        by_draft = np.where(drafted > 0, drafted * scale // total, 0)
        by_draft += largest_remainder(rest, scale - int(by_draft.sum()))
        return largest_remainder(by_people * (100 - percent) + by_draft * percent, self["posts"])

    @cached_property
    def residuals(self) -> list[Residual]:
        """Every published split beside the whole number that is used."""
        named = [one.posts * one.named_percent / 100 for one in self.institutions]
        rows = [
            Residual("posts", one.name, Decimal(one.posts), int(used))
            for one, used in zip(self.institutions, self.posts_by_institution, strict=True)
        ]
        rows += [
            Residual("named", one.name, published.quantize(Decimal("0.1")), int(used))
            for one, published, used in zip(self.institutions, named, self.named_by_institution, strict=True)
        ]
        rows += [
            Residual("referred", one.name, Decimal(one.referred), int(used))
            for one, used in zip(self.institutions, self.accredited_by_institution, strict=True)
        ]
        rows += [
            Residual("specialty", name, Decimal(posts), int(used))
            for (_code, name, posts), used in zip(self.specialties, self.posts_by_specialty(1), strict=False)
        ]
        return rows


# ------------------------------------------------------------ what follows


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the published totals force, whatever is assumed. Whole numbers of posts or people.

    ``used_all_most``, ``left_room_least``: people who used every choice, people who left one unused.
    ``filled_most``: posts that those who were accredited could fill under any rule.
    ``gain_most``: what any change of rule could have added to the posts that were filled.
    ``empty_if_all_came``: posts left empty had everybody registered come and taken one.
    ``refused_first_least``: people referred first to an institution with fewer named posts than people.
    """

    used_all_least: int
    used_all_most: int
    left_room_least: int
    filled_most: int
    empty_least: int
    gain_most: int
    empty_if_all_came: int
    refused_first_least: int


def bounds(drive: Drive) -> Bounds:
    """Return what arithmetic alone says of the published totals."""
    extra = drive["choices"] - drive["registered"]  # second and third choices
    hired = int(next(check["value"] for check in drive.checks if check["key"] == "hired"))
    most = extra // 2
    return Bounds(
        used_all_least=max(0, extra - drive["registered"]),
        used_all_most=most,
        left_room_least=drive["registered"] - most,
        filled_most=drive["accredited"],
        empty_least=drive["posts"] - drive["accredited"],
        gain_most=drive["accredited"] - hired,
        empty_if_all_came=drive["posts"] - drive["registered"],
        refused_first_least=sum(
            max(0, one.referred - math.ceil(one.posts * one.named_percent / 100))
            for one in drive.institutions
        ),
    )


# --------------------------------------------------------------- the design


def design(drive: Drive, points: int) -> list[dict[str, int]]:
    """A Latin hypercube: each range in as many slices as points, each slice used once, in an order of its own."""
    columns = {
        one.key: one.low
        + ((one.high - one.low) * (2 * Draws("design", points, one.key).order(points) + 1) + points)
        // (2 * points)
        for one in drive.assumptions
    }
    return [{key: int(column[at]) for key, column in columns.items()} for at in range(points)]


def middle(drive: Drive) -> dict[str, int]:
    """Every assumption in the middle of its range."""
    return {one.key: one.middle for one in drive.assumptions}
