"""Geometry of the drawings that pages share, in percent or in units of the drawing. No HTML, no colours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from cauce.base.figures import number

STATIC = Path(__file__).parent / "static" / "base"
TILE = 40


# --------------------------------------------------------------- waterline


@dataclass(frozen=True, slots=True)
class Waterline:
    """Lengths in percent of the axis, and the same facts in words. ``None`` is not drawn."""

    words: str
    sure: str | None = None
    maybe: tuple[str, str] | None = None
    last: str | None = None
    you: str | None = None
    gap: tuple[str, str] | None = None
    is_spare: bool = False


def waterline(
    *,
    scale: int,
    years: Sequence[tuple[object, int | None]] = (),
    cutoff: int | None = None,
    you: int | None = None,
    seats_left: bool = False,
) -> Waterline:
    """Return the drawing of how far down the order of merit a place reached, and where ``you`` stand.

    ``scale`` is the last place on the axis. ``years`` are pairs (year, last
    place admitted), oldest first; ``None`` for the place means that seats were
    left over that year. ``cutoff`` is the final one and leaves ``years`` aside;
    ``seats_left`` says that there is none because nobody was turned away.
    """
    if scale <= 0:
        raise ValueError(f"the axis of a waterline needs a last place, not {scale}")
    mark = None if you is None else _percent(you, scale)
    if seats_left:
        return Waterline(words=_open_words(you), sure=_percent(scale, scale), you=mark)
    if cutoff is not None:
        return _final(cutoff, you, scale, mark)
    if not years:
        return Waterline(words=gettext("Sin cortes de años anteriores."), you=mark)
    reached = [scale if place is None else place for _, place in years]
    low, high = min(reached), max(reached)
    return Waterline(
        words=_years_words(years, you, reached),
        sure=_percent(low, scale),
        maybe=(_percent(low, scale), _percent(min(high, scale) - min(low, scale), scale))
        if high > low
        else None,
        last=None if years[-1][1] is None else _percent(reached[-1], scale),
        you=mark,
    )


def _final(cutoff: int, you: int | None, scale: int, mark: str | None) -> Waterline:
    edge = _percent(cutoff, scale)
    words = gettext("Última persona admitida: lugar %(cutoff)s.") % {"cutoff": number(cutoff)}
    if you is None:
        return Waterline(words=words, sure=edge)
    gap = None if mark is None or mark == edge else (edge, mark)
    return Waterline(
        words=f"{words} {_distance_words(cutoff, you)}", sure=edge, you=mark, gap=gap, is_spare=you <= cutoff
    )


def _distance_words(cutoff: int, you: int) -> str:
    facts = {"you": number(you), "places": number(abs(cutoff - you))}
    if you == cutoff:
        return gettext("Es tu lugar, el %(you)s.") % facts
    if you < cutoff:
        return (
            ngettext(
                "Tú, el %(you)s: te alcanza por %(places)s lugar.",
                "Tú, el %(you)s: te alcanza por %(places)s lugares.",
                cutoff - you,
            )
            % facts
        )
    return (
        ngettext(
            "Tú, el %(you)s: faltó %(places)s lugar.",
            "Tú, el %(you)s: faltaron %(places)s lugares.",
            you - cutoff,
        )
        % facts
    )


def _open_words(you: int | None) -> str:
    words = gettext("Sobraron lugares: alcanzaba a quien lo pidiera.")
    return words if you is None else f"{words} {_you_words(you)}"


def _you_words(you: int) -> str:
    return gettext("Tú: lugar %(you)s.") % {"you": number(you)}


def _years_words(years: Sequence[tuple[object, int | None]], you: int | None, reached: list[int]) -> str:
    parts = [
        gettext("sobraron lugares en %(year)s") % {"year": year}
        if place is None
        else gettext("lugar %(place)s en %(year)s") % {"place": number(place), "year": year}
        for year, place in years
    ]
    words = gettext("Última persona admitida: %(list)s.") % {"list": ", ".join(parts)}
    if you is None:
        return words
    inside = sum(place is None or you <= edge for (_, place), edge in zip(years, reached, strict=True))
    verdict = gettext("Habrías entrado en %(inside)s de %(count)s.") % {"inside": inside, "count": len(years)}
    return f"{words} {_you_words(you)} {verdict}"


def ticks(scale: int, count: int = 5) -> list[str]:
    """Return the labels of the axis, from the first place to ``scale``, evenly spaced."""
    return [gettext("1.º"), *(number(round(scale * i / (count - 1))) for i in range(1, count))]


# --------------------------------------------------------------------- bar


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths in thousandths of the bed."""

    width: int
    mark: int | None = None


def bar(value: float, total: float, mark: float | None = None) -> Bar:
    """Return a bar of ``value`` on a bed of ``total``, both from zero; values beyond the bed fill it."""
    if total <= 0:
        return Bar(0)
    return Bar(_thousandths(value, total), None if mark is None else min(_thousandths(mark, total), 994))


@dataclass(frozen=True, slots=True)
class Span:
    """A range on an axis, in thousandths of it: where it starts, its width, its middle, and zero if that is inside."""

    start: int
    width: int
    middle: int
    zero: int | None = None


def span(low: float, middle: float, high: float, least: float, most: float) -> Span:
    """Return the range from ``low`` to ``high`` on an axis from ``least`` to ``most``; raises for a range out of order."""
    if not low <= middle <= high:
        raise ValueError(f"a range goes up: {low}, {middle}, {high}")
    length = most - least
    if length <= 0:
        return Span(0, 0, 0)
    start, end = _thousandths(low - least, length), _thousandths(high - least, length)
    return Span(
        min(start, 994),
        max(end - start, 6),
        min(_thousandths(middle - least, length), 994),
        min(_thousandths(-least, length), 997) if least < 0 < most else None,
    )


# ----------------------------------------------------------------- regions


class Region(NamedTuple):
    """A state as a map wants it: INEGI key, value as text, class 0 (no data) to 5, link, and a name if not its own."""

    key: str
    value: str
    level: int
    href: str = ""
    name: str = ""


class StatesRow(NamedTuple):
    """A state in the table of a figure: its key, name, link if any, and its cells as text."""

    key: str
    name: str
    href: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class StatesFigure:
    """One measure of the 32 states on tiles and map, and several of them in a table.

    ``limits`` are the classes in words, palest first; ``heads`` name the cells
    of ``rows``. The links of the drawing repeat those of the table for who
    uses a pointer; the table is for everybody.
    """

    label: str
    measure: str
    regions: Sequence[Region]
    limits: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[StatesRow]


@dataclass(frozen=True, slots=True)
class Tile:
    """A region with its square in units of the drawing, or without one if it is only a shape."""

    key: str
    name: str
    short: str
    value: str
    level: int
    href: str
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.x + TILE // 2 - 1

    @property
    def is_deep(self) -> bool:
        """Whether text on it must be light."""
        return self.level >= 4


@cache
def _gazetteer() -> dict[str, dict[str, str | int]]:
    return json.loads((STATIC / "regions.json").read_text(encoding="utf-8"))["regions"]


def region_name(key: str) -> str:
    """Return the name of the state with this INEGI key."""
    return str(_gazetteer()[key]["name"])


def tiles(regions: Iterable[Region | tuple]) -> list[Tile]:
    """Return all 32 states in reading order of the grid; those not in ``regions`` have class 0 and no link.

    Raises ``KeyError`` for a key that is no state and ``ValueError`` for a class out of range.
    """
    given = {}
    for item in regions:
        region = Region(*item)
        if region.key not in _gazetteer():
            raise KeyError(f"no state has the key {region.key!r}; keys go from '01' to '32'")
        if not 0 <= region.level <= 5:
            raise ValueError(f"the class of {region.key} is {region.level}; classes go from 0 to 5")
        given[region.key] = region
    return [
        _tile(key, place, given.get(key))
        for key, place in sorted(_gazetteer().items(), key=lambda item: (item[1]["row"], item[1]["col"]))
    ]


def _tile(key: str, place: dict[str, str | int], region: Region | None) -> Tile:
    return Tile(
        key=key,
        name=(region and region.name) or str(place["name"]),
        short=str(place["short"]),
        value=region.value if region else "",
        level=region.level if region else 0,
        href=region.href if region else "",
        x=int(place["col"]) * TILE + 1,
        y=int(place["row"]) * TILE + 1,
    )


def _percent(place: float, scale: float) -> str:
    return f"{min(max(place / scale, 0), 1):.2%}"


def _thousandths(value: float, total: float) -> int:
    return round(min(max(value / total, 0), 1) * 1000)
