"""What stands out in scores, people and answers: exact arithmetic, the same on every machine.

Nothing here excludes anybody. What is found opens a review, in which the person has a say.

- Two values of one person: a resistant line (medians of the outer thirds), residuals and their median deviation as
  integers; far is more than six deviations.
- A column moved against its neighbours in the file: the value of the next row fits better, so many rows in a row
  that chance gives it in fewer than one file in a thousand.
- Two people who look alike: the same birth date and names that differ by one letter or by their order.
- Two sheets of one room: how many wrong answers are the same, against how many would be if each question had been
  answered apart (Hoeffding's bound), for all pairs of all rooms together (Bonferroni).
- A room: its median against everybody's, in deviations that shrink with the square root of its people.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from cauce.base import figures
from cauce.base.phrases import Phrase
from cauce.base.phrases import phrase as _
from cauce.institutions.rules import fold

if TYPE_CHECKING:
    import numpy as np

FEWEST = 12  # a line through fewer people says nothing of any of them
FAR = 6  # robust deviations
ONE_IN = 1000  # chance may raise one false alarm of a kind in so many calls
FEWEST_IN_ROOM = 10
BLANK = " "
_SIGMA = 14826  # a median deviation of a normal law is a 1.4826th of a standard one; in ten thousandths
_BINS = 20


@dataclass(frozen=True, slots=True)
class Far:
    """A person whose second value is ``times`` tenths of robust deviations from what the first lets expect."""

    at: int
    tenths: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Two people, by their places in what was looked at, and why."""

    one: int
    two: int
    sentence: Phrase


@dataclass(frozen=True, slots=True)
class Copied:
    """Two sheets of one room that share ``same`` wrong answers of ``both`` questions that both got wrong.

    ``expected`` is how many they would share by chance, ``one_in`` that chance of as many is at most one in so many
    for all pairs together.
    """

    one: int
    two: int
    room: str
    same: int
    both: int
    expected: float
    one_in: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room whose median is far from everybody's: ``tenths`` of robust deviations, below or above."""

    name: str
    people: int
    median: str
    tenths: int


# --------------------------------------------------------------------- values


def scaled(values: Sequence[str]) -> tuple[list[int], int]:
    """Exact decimals as integers of one scale, and its digits after the point."""
    decimals = [Decimal(value) for value in values]
    places = max((-int(value.as_tuple().exponent) for value in decimals), default=0)
    places = max(places, 0)
    return [int(value.scaleb(places)) for value in decimals], places


def middle(values: Iterable[int]) -> int:
    """The lower median: always one of the values, so that nothing is ever rounded."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


@dataclass(frozen=True, slots=True)
class Line:
    """A resistant line ``run * y = rise * x + centre``, in integers: a third of the people may be anywhere without moving it."""

    run: int
    rise: int
    centre: int

    @classmethod
    def through(cls, x: Sequence[int], y: Sequence[int]) -> Line | None:
        """The line through the medians of the lower and of the upper third; none through few people or one value."""
        count = len(x)
        if count < FEWEST:
            return None
        by_x = sorted(range(count), key=lambda at: (x[at], y[at]))
        low, high = by_x[: count // 3], by_x[-(count // 3) :]
        run = middle(x[at] for at in high) - middle(x[at] for at in low)
        if not run:
            return None
        rise = middle(y[at] for at in high) - middle(y[at] for at in low)
        return cls(run, rise, middle(run * two - rise * one for one, two in zip(x, y, strict=True)))

    def away(self, x: int, y: int) -> int:
        """How far from the line, times ``run``."""
        return abs(self.run * y - self.rise * x - self.centre)


def far(x: Sequence[int], y: Sequence[int]) -> list[Far]:
    """People whose ``y`` is more than ``FAR`` robust deviations from what their ``x`` lets expect."""
    line = Line.through(x, y)
    if line is None:
        return []
    found = [line.away(one, two) for one, two in zip(x, y, strict=True)]
    deviation = middle(found)
    if not deviation:
        return []
    return [
        Far(at, each * 100_000 // (_SIGMA * deviation))
        for at, each in enumerate(found)
        if each * 10_000 > FAR * _SIGMA * deviation
    ]


def moved(x: Sequence[int], y: Sequence[int]) -> tuple[int, int, int] | None:
    """A run of rows in which the ``y`` of a neighbour fits ``x`` better than their own: (first, last, step), or nothing.

    ``step`` is 1 where the value of the next row fits, -1 where that of the row before does.
    """
    needed = (4 * ONE_IN * len(x)).bit_length()
    # Neighbours are held against the line of the rows as they stand, right if few moved, and that of the rows moved
    # back, right if most did; the rows' own values always against the first, or sorted files would seem moved.
    own = Line.through(x, y)
    back = {1: Line.through(x[:-1], y[1:]), -1: Line.through(x[1:], y[:-1])}
    for step in (1, -1):
        for theirs in (own, back[step]):
            if own is not None and theirs is not None:
                run = _run(x, y, own, theirs, step, needed)
                if run is not None:
                    return *run, step
    return None


def _run(
    x: Sequence[int], y: Sequence[int], own: Line, theirs: Line, step: int, needed: int
) -> tuple[int, int] | None:
    """The first run of ``needed`` rows or more in which the neighbour's value is nearer to its line."""
    first, stop = max(0, -step), len(x) - max(0, step)
    for at in range(first, stop + 1):
        if at < stop and theirs.away(x[at], y[at + step]) * abs(own.run) < own.away(x[at], y[at]) * abs(
            theirs.run
        ):
            continue
        if at - first >= needed:
            return first, at - 1
        first = at + 1
    return None


def histogram(values: Sequence[str]) -> list[tuple[str, str, int]]:
    """Counts in twenty equal steps from the least to the greatest value: (from, up to, how many)."""
    if not values:
        return []
    numbers, places = scaled(values)
    least, most = min(numbers), max(numbers)
    width = max(1, -(-(most - least + 1) // _BINS))
    counts = [0] * (-(-(most - least + 1) // width))
    for each in numbers:
        counts[(each - least) // width] += 1
    return [
        (
            _decimal(least + at * width, places),
            _decimal(min(most, least + (at + 1) * width - 1), places),
            count,
        )
        for at, count in enumerate(counts)
    ]


def _decimal(number: int, places: int) -> str:
    return str(Decimal(number).scaleb(-places))


# --------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Who:
    """What two applications may share of a person."""

    names: str
    born: date


def alike(people: Sequence[Who]) -> list[Alike]:
    """Pairs who may be one person: the same birth date and nearly the same names, or day and month changed over."""
    words = [sorted(fold(each.names).split()) for each in people]
    by_birth: dict[date, list[int]] = defaultdict(list)
    by_names: dict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(people):
        by_birth[each.born].append(at)
        by_names[" ".join(words[at])].append(at)
    found = {}
    for group in by_birth.values():
        for one, two in combinations(group, 2):
            if _near("".join(words[one]), "".join(words[two])):
                found[one, two] = _(
                    "Otra solicitud de esta convocatoria tiene la misma fecha de nacimiento y casi el mismo nombre."
                )
    for group in by_names.values():
        for one, two in combinations(group, 2):
            a, b = people[one].born, people[two].born
            if a != b and (a.year, a.month, a.day) == (b.year, b.day, b.month):
                found[one, two] = _(
                    "Otra solicitud de esta convocatoria tiene el mismo nombre y la fecha de nacimiento con el día y el mes cambiados."
                )
    return [Alike(one, two, sentence) for (one, two), sentence in sorted(found.items())]


def _near(one: str, two: str) -> bool:
    """Whether two texts are equal but for at most one letter changed, added or left out."""
    if abs(len(one) - len(two)) > 1:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    return (
        one[start + 1 :] == two[start + 1 :]
        or one[start + 1 :] == two[start:]
        or one[start:] == two[start + 1 :]
    )


# -------------------------------------------------------------------- answers


def copied(rooms: Sequence[str], answers: Sequence[str], key: str) -> list[Copied]:
    """Pairs of sheets of one room with more equal wrong answers than chance gives, the least likely first.

    By question, chance is that two people who are both wrong chose the same: the sum of the squared shares of its
    wrong answers among everybody. For s shared of n, and e expected, no mixture of questions gives as many with more
    than (e / s)^s ((n - e) / (n - s))^(n - s): Hoeffding's bound.
    """
    if not answers or not key:
        return []
    import numpy as np  # noqa: PLC0415 - only workers need arrays

    sheet = np.frombuffer("".join(answers).encode("latin-1", "replace"), np.uint8).reshape(
        len(answers), len(key)
    )
    right = np.frombuffer(key.encode("latin-1", "replace"), np.uint8)
    wrong = (sheet != right) & (sheet != ord(BLANK))
    options = np.unique(sheet[wrong])
    counts = (
        np.stack([((sheet == option) & wrong).sum(0) for option in options])
        if len(options)
        else np.zeros((1, len(key)))
    )
    total = np.maximum(counts.sum(0), 1)
    chance = ((counts / total) ** 2).sum(0)
    members: dict[str, list[int]] = defaultdict(list)
    for at, room in enumerate(rooms):
        members[room].append(at)
    pairs = sum(len(each) * (len(each) - 1) // 2 for each in members.values())
    found = [
        each
        for room, at in members.items()
        for each in _of_room(room, at, sheet, wrong, options, chance, pairs)
    ]
    return sorted(found, key=lambda each: (-each.one_in, each.one, each.two))


def _of_room(
    room: str,
    at: list[int],
    sheet: np.ndarray,
    wrong: np.ndarray,
    options: np.ndarray,
    chance: np.ndarray,
    pairs: int,
) -> Iterator[Copied]:
    if len(at) < 2:
        return
    import numpy as np  # noqa: PLC0415

    here, missed = sheet[at], wrong[at].astype(np.float32)
    both = missed @ missed.T
    expected = (missed * chance.astype(np.float32)) @ missed.T
    same = np.zeros_like(both)
    for option in options:
        marked = ((here == option) & wrong[at]).astype(np.float32)
        same += marked @ marked.T
    one, two = np.nonzero(np.triu(same > expected, 1))
    n, s, e = (table[one, two].astype(np.float64) for table in (both, same, expected))
    e, apart = np.clip(e, 1e-9, n - 1e-9), n - s
    bound = s * np.log(s / e) - math.log(pairs)
    bound += np.where(apart > 0, apart * np.log(np.maximum(apart, 1) / (n - e)), 0)
    for where in np.nonzero(bound >= math.log(ONE_IN))[0]:
        a, b = int(one[where]), int(two[where])
        yield Copied(
            at[a], at[b], room, int(same[a, b]), int(both[a, b]), round(float(expected[a, b]), 1),
            int(min(10**12, math.exp(min(27.7, float(bound[where]))))),
        )  # fmt: skip


def right_answers(answers: Sequence[str], key: str) -> list[int]:
    """How many questions each sheet has right."""
    if not answers:
        return []
    import numpy as np  # noqa: PLC0415

    sheet = np.frombuffer("".join(answers).encode("latin-1", "replace"), np.uint8).reshape(
        len(answers), len(key)
    )
    return [
        int(count) for count in (sheet == np.frombuffer(key.encode("latin-1", "replace"), np.uint8)).sum(1)
    ]


# ---------------------------------------------------------------------- rooms


def far_rooms(rooms: Sequence[str], values: Sequence[int]) -> list[Room]:
    """Rooms whose median is more than ``FAR`` of its deviations from everybody's, the farthest first."""
    if len(values) < FEWEST:
        return []
    centre = middle(values)
    deviation = middle(abs(each - centre) for each in values)
    members: Mapping[str, list[int]] = defaultdict(list)
    for room, value in zip(rooms, values, strict=True):
        members[room].append(value)
    found = []
    for name, group in members.items():
        if len(group) < FEWEST_IN_ROOM or not deviation:
            continue
        away = middle(group) - centre
        # A median of n values of a normal law deviates 1.2533 / sqrt(n); squares keep it exact.
        left, right = away * away * len(group) * 10**16, (FAR * _SIGMA * 12533 * deviation) ** 2
        if left > right:
            tenths = math.isqrt(100 * left * FAR * FAR // right)
            found.append(Room(name, len(group), str(middle(group)), tenths))
    return sorted(found, key=lambda room: (-room.tenths, room.name))


# --------------------------------------------------------------- in sentences


def far_sentence(one: str, a: str, two: str, b: str, tenths: int) -> Phrase:
    facts = {"one": one, "two": two, "a": a, "b": b, "times": figures.number(Decimal(tenths) / 10, 1)}
    return (
        _("%(one)s %(a)s y %(two)s %(b)s: a %(times)s desviaciones de lo que la una deja esperar de la otra.")
        % facts
    )


def copied_sentence(found: Copied) -> Phrase:
    """What is seen in two sheets, without saying whose the other one is."""
    facts = {"same": found.same, "both": found.both, "expected": found.expected}
    return (
        _(
            "Dos hojas de la misma sala fallaron %(both)s preguntas en común y en %(same)s tienen la misma respuesta equivocada; por azar serían unas %(expected)s."
        )
        % facts
    )
