"""The tags that draw: progress, cut-offs, bars, ranges and maps. What they draw is computed in ``drawing``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.translation import gettext

from cauce.base import drawing, figures

register = template.Library()


# ------------------------------------------------------------ bars and lines


@register.inclusion_tag("base/tags/bed.html")
def bed(done: float, total: float, label: str) -> dict[str, Any]:
    """Show progress towards a known end, in words and as a bar."""
    share = figures.percent(done / total if total else None)
    return {"label": label, "done": figures.number(done), "total": figures.number(total), "share": share,
            "value": str(done), "max": str(total)}  # fmt: skip


@register.inclusion_tag("base/tags/waterline.html")
def waterline(
    scale: int,
    years: Sequence[tuple[object, int | None]] = (),
    cutoff: int | None = None,
    you: int | None = None,
    seats_left: bool = False,
    words: bool = True,
) -> dict[str, Any]:
    """Draw order against a cut-off, with the same facts in words (see ``drawing.waterline``)."""
    line = drawing.waterline(scale=scale, years=years, cutoff=cutoff, you=you, seats_left=seats_left)
    return {"line": line, "show_words": words}


@register.inclusion_tag("base/tags/axis.html")
def waterline_axis(scale: int, count: int = 5) -> dict[str, Any]:
    """The axis that all the waterlines of a list share."""
    return {"ticks": drawing.ticks(scale, count)}


@register.inclusion_tag("base/tags/key.html")
def waterline_key(you: int | None = None) -> dict[str, Any]:
    """What each mark of the waterline means."""
    return {"you": None if you is None else figures.number(you)}


@register.inclusion_tag("base/tags/bar.html")
def bar(value: float, total: float, mark: float | None = None, kind: str = "") -> dict[str, Any]:
    """A bar for a cell of a table; its number stands in its own cell."""
    return {"bar": drawing.bar(value, total, mark), "kind": kind}


@register.inclusion_tag("base/tags/span.html")
def span(drawn: drawing.Span) -> dict[str, Any]:
    """A range with its middle, for a cell of a table; its numbers stand in their own cells (see ``drawing.span``)."""
    return {"span": drawn}


# ------------------------------------------------------------ maps


@register.inclusion_tag("base/tags/tiles.html")
def tiles(regions: Iterable[Any], measure: str, label: str = "", table: bool = True) -> dict[str, Any]:
    """The tile map of the 32 states: all weigh the same, text inside; items as ``drawing.Region``."""
    return _map(regions, measure, label or gettext("Mapa de mosaico: un cuadro igual por estado"), table)


@register.inclusion_tag("base/tags/regions_map.html")
def regions_map(regions: Iterable[Any], measure: str, label: str = "", table: bool = True) -> dict[str, Any]:
    """The geographic map of the 32 states (INEGI, Marco Geoestadístico); items as ``drawing.Region``."""
    return _map(regions, measure, label or gettext("Mapa geográfico de los 32 estados"), table)


@register.inclusion_tag("base/tags/states_figure.html")
def states_figure(figure: drawing.StatesFigure, open: bool = False) -> dict[str, Any]:
    """A measure of the 32 states: tiles, on wide screens the map beside them, the classes in words, and the table.

    Keyboard and screen reader get the table, shown at once with ``open``; the drawings are for the eye and the pointer.
    """
    return {**_map(figure.regions, figure.measure, figure.label, False), "figure": figure, "open": open}


def _map(regions: Iterable[Any], measure: str, label: str, table: bool) -> dict[str, Any]:
    squares = drawing.tiles(regions)
    return {
        "tiles": squares,
        "by_name": sorted(squares, key=lambda tile: tile.key),
        "measure": measure,
        "label": label,
        "table": table,
        "geometry": static("base/mexico.svg"),
    }


@register.inclusion_tag("base/tags/scale_key.html")
def scale_key(limits: Sequence[str], label: str = "") -> dict[str, Any]:
    """The five classes of a map, from pale to deep, in words."""
    return {"rows": list(enumerate(limits, start=1)), "label": label or gettext("Clases del mapa")}
