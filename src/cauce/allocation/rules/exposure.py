"""Whom a public package would tell apart: how many people share what others may know of them. No database, no files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from cauce.base.figures import SMALLEST

# What somebody may know of a person, from what neighbours see to what only documents say.
PLACE = "place"  # the post that they got: whoever works there sees it
ASKED = "asked"  # their groups, and the specialty and the state of their first choice
SCORE = "score"  # the first value of their merit
VALUES = "values"  # all values of their merit
LIST = "list"  # their whole list
KNOWLEDGE = (PLACE, ASKED, SCORE, VALUES, LIST)
NEIGHBOURS = (PLACE, ASKED)  # what is known without any document: who is alone by it is told so

GROUP, SPECIALTY, STATE, POST = "group", "specialty", "state", "post"
SHOWN_POSTS = 12


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as the package has it; ``specialty`` and ``state`` are empty where its rules do not say."""

    seats: int
    specialty: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package holds of people, in columns: parallel, one entry for each folio.

    ``wishes`` are keys of posts, best first; ``places`` the key got, empty for
    none. ``group_seats`` are seats kept for each group, ``claimed`` the folios
    named by an upheld claim, ``names`` what (kind, code) is called.
    """

    digest: str
    folios: Sequence[str]
    groups: Sequence[tuple[str, ...]]
    merit: Sequence[tuple[str, ...]]
    wishes: Sequence[tuple[str, ...]]
    places: Sequence[str]
    posts: Mapping[str, PostFacts]
    group_seats: Mapping[str, int]
    claimed: Sequence[str]
    names: Mapping[tuple[str, str], str]
    criteria: Sequence[str]


@dataclass(frozen=True, slots=True)
class Level:
    """Of ``people`` of whom this much is known: how many are alone with it, and how many share it with fewer than five."""

    knowledge: str
    people: int
    alone: int
    few: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A group, specialty, state or post: its seats, the people who asked for it (or are in it), those who got it."""

    kind: str
    code: str
    name: str
    seats: int
    people: int
    placed: int

    @property
    def is_small(self) -> bool:
        """Whether there are people in it, and fewer than five of something that tells them apart."""
        return self.people > 0 and (
            self.people < SMALLEST or self.seats < SMALLEST or 0 < self.placed < SMALLEST
        )


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a package tells apart. ``cells`` are the small ones that are no posts; ``posts`` the smallest posts.

    ``small_posts`` counts (posts, with few seats, with few people who ask, with few people who got it).
    ``alone`` are the folios that neighbours could tell, ``claimed`` those that the package says had a claim upheld.
    """

    digest: str
    people: int
    levels: tuple[Level, ...]
    cells: tuple[Cell, ...]
    posts: tuple[Cell, ...]
    small_posts: tuple[int, int, int, int]
    alone: tuple[str, ...]
    claimed: tuple[str, ...]
    criteria: tuple[str, ...]

    def counts(self) -> dict[str, Any]:
        """Everything in it but folios, to be kept with the decision."""
        return {
            "people": self.people,
            "alone": len(self.alone),
            "claimed": len(self.claimed),
            "levels": {one.knowledge: [one.people, one.alone, one.few] for one in self.levels},
            "cells": [[one.kind, one.code, one.seats, one.people, one.placed] for one in self.cells],
            "small_posts": list(self.small_posts),
        }


def exposure(package: Contents) -> Exposure:
    """Count whom ``package`` tells apart: a pass over everybody for each kind of knowledge."""
    known: dict[str, Sequence[Hashable | None]] = {
        PLACE: [place or None for place in package.places],
        ASKED: _asked(package),
        SCORE: [merit[:1] or None for merit in package.merit],
        VALUES: [merit or None for merit in package.merit],
        LIST: list(package.wishes),
    }
    sizes = {name: _shared_by(keys) for name, keys in known.items()}
    posts = _posts(package)
    return Exposure(
        digest=package.digest,
        people=len(package.folios),
        levels=tuple(_level(name, sizes[name]) for name in KNOWLEDGE),
        cells=tuple(cell for cell in (*_groups(package), *_gathered(package)) if cell.is_small),
        posts=tuple(sorted((one for one in posts if one.is_small), key=_smallest)[:SHOWN_POSTS]),
        small_posts=(
            len(posts),
            sum(one.seats < SMALLEST for one in posts),
            sum(0 < one.people < SMALLEST for one in posts),
            sum(0 < one.placed < SMALLEST for one in posts),
        ),
        alone=tuple(
            folio
            for folio, *others in zip(package.folios, *(sizes[name] for name in NEIGHBOURS), strict=True)
            if 1 in others
        ),
        claimed=tuple(package.claimed),
        criteria=tuple(package.criteria),
    )


def _asked(package: Contents) -> list[Hashable]:
    firsts = [package.posts[wishes[0]] if wishes else None for wishes in package.wishes]
    return [
        (groups, first.specialty, first.state) if first else (groups,)
        for groups, first in zip(package.groups, firsts, strict=True)
    ]


def _shared_by(keys: Sequence[Hashable | None]) -> list[int]:
    """For each person, how many people their key is shared by, themselves included; 0 where nothing is known."""
    crowd = Counter(key for key in keys if key is not None)
    return [0 if key is None else crowd[key] for key in keys]


def _level(name: str, sizes: Sequence[int]) -> Level:
    return Level(
        name, sum(size > 0 for size in sizes), sizes.count(1), sum(0 < size < SMALLEST for size in sizes)
    )


def _smallest(cell: Cell) -> tuple[int, int, str]:
    return cell.people, cell.seats, cell.code


def _posts(package: Contents) -> list[Cell]:
    wanted = Counter(chain.from_iterable(package.wishes))
    placed = Counter(package.places)
    return [
        Cell(POST, key, "", facts.seats, wanted[key], placed[key]) for key, facts in package.posts.items()
    ]


def _gathered(package: Contents) -> Iterable[Cell]:
    """The specialties and the states of the posts: their seats, everybody who lists one of them, who got one."""
    of = {key: (facts.specialty, facts.state) for key, facts in package.posts.items()}
    wanted = [set(map(of.__getitem__, wishes)) for wishes in package.wishes]
    for at, kind in enumerate((SPECIALTY, STATE)):
        seats: Counter[str] = Counter()
        for key, facts in package.posts.items():
            seats[of[key][at]] += facts.seats
        people = Counter(chain.from_iterable({pair[at] for pair in pairs} for pairs in wanted))
        placed = Counter(of[key][at] for key in package.places if key)
        for code in sorted(filter(None, seats)):
            name = package.names.get((kind, code), code)
            yield Cell(kind, code, name, seats[code], people[code], placed[code])


def _groups(package: Contents) -> Iterable[Cell]:
    """The groups that the package says people are in: seats kept for them, their people, those with a place."""
    people = Counter(name for groups in package.groups for name in groups)
    placed = Counter(
        name for groups, place in zip(package.groups, package.places, strict=True) if place for name in groups
    )
    return [
        Cell(GROUP, code, package.names.get((GROUP, code), code), package.group_seats.get(code, 0), people[code], placed[code])
        for code in sorted(people)
    ]  # fmt: skip
