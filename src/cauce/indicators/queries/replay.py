"""What the page of the replay shows: data, what follows from them, ranges over the assumptions, states."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cauce.base import background
from cauce.base.drawing import Region, Span, StatesFigure, StatesRow, span
from cauce.base.errors import Verdict
from cauce.base.figures import number, percent
from cauce.indicators.models import Replay, ReplayState
from cauce.indicators.rules import replay as rules
from cauce.indicators.rules.access import may_replay
from cauce.indicators.rules.drive import Assumption, Bounds, Drive, Fact, bounds

SCENARIO_NAMES = {
    "as_2022": gettext_lazy("Como en 2022: opción por opción, en tres rondas"),
    "three_one_serial": gettext_lazy("Tres opciones, una ronda, por mérito"),
    "three_one_stable": gettext_lazy("Tres opciones, una ronda, con órdenes propios"),
    "three_three_serial": gettext_lazy("Tres opciones, tres rondas, por mérito"),
    "full_one_serial": gettext_lazy("Lista completa, una ronda, por mérito"),
    "full_one_stable": gettext_lazy("Lista completa, una ronda, con órdenes propios"),
    "full_three_serial": gettext_lazy("Lista completa, tres rondas, por mérito"),
    "full_three_stable": gettext_lazy("Lista completa, tres rondas, con órdenes propios"),
    "three_one_supplement": gettext_lazy("Tres opciones, una ronda, con complementos de sueldo"),
    "full_three_supplement": gettext_lazy("Lista completa, tres rondas, con complementos de sueldo"),
    "everyone_three_one": gettext_lazy("Si nadie hubiera faltado: tres opciones, una ronda"),
    "everyone_full_three": gettext_lazy("Si nadie hubiera faltado: lista completa, tres rondas"),
}
CONTRAST_NAMES = {
    "cap": gettext_lazy("Quitar el límite de tres opciones"),
    "rounds": gettext_lazy("Tres rondas en vez de una"),
    "cap_and_rounds": gettext_lazy("Las dos cosas: sin límite y tres rondas"),
    "stable": gettext_lazy("Que cada institución tenga su propio orden"),
    "supplement": gettext_lazy("Complementos de sueldo en las plazas que nadie puso"),
    "all": gettext_lazy("Todo junto: sin límite, tres rondas y complementos"),
    "by_choice": gettext_lazy("Leer las tres opciones a la vez, y no una por ronda"),
    "everyone": gettext_lazy("Que nadie hubiera faltado, con las mismas tres opciones"),
}
RESIDUAL_NAMES = {
    "posts": gettext_lazy("Plazas por institución"),
    "named": gettext_lazy("Plazas con solicitud, por institución"),
    "referred": gettext_lazy("Personas acreditadas, por institución de su primera opción"),
    "specialty": gettext_lazy("Plazas por especialidad"),
}
UNITS = {
    "percent": gettext_lazy("por ciento"),
    "hundredths": gettext_lazy("centésimas"),
    "count": gettext_lazy("unidades"),
}
BASE = "three_one_serial"


@dataclass(frozen=True, slots=True)
class RangeCell:
    """A range as a table shows it: from least to most in words, the middle, and its drawing."""

    low: str
    median: str
    high: str
    drawing: Span | None = None


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    name: Any
    filled: RangeCell
    first: RangeCell
    kilometres: RangeCell
    unlisted: RangeCell
    beyond: RangeCell
    is_base: bool


@dataclass(frozen=True, slots=True)
class Driver:
    """An assumption that decides how much a change of rule adds; ``strength``: its rank correlation, signed."""

    name: str
    strength: str


@dataclass(frozen=True, slots=True)
class ContrastRow:
    """What one change of rule adds to the posts filled; ``drivers``: the two that decide most, or fewer."""

    name: Any
    gain: RangeCell
    chance: str
    drivers: Sequence[Driver]
    is_null: bool


@dataclass(frozen=True, slots=True)
class ResidualRow:
    """A published split in words: what it is of, the figure as published, as used, and how far it moved."""

    split: Any
    name: str
    published: str
    used: str
    difference: str


@dataclass(frozen=True, slots=True)
class AssumptionRow:
    name: str
    text: str
    low: int
    high: int
    unit: Any
    why: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A published number that the replay was not made to meet, beside what it gives."""

    text: str
    published: str
    source: str
    found: RangeCell
    is_inside: bool


@dataclass(frozen=True, slots=True)
class Results:
    """A replay that is ready. ``points`` without the repeats at the middle."""

    replay: Replay
    points: int
    repeats: int
    answers: int
    scenarios: Sequence[ScenarioRow]
    contrasts: Sequence[ContrastRow]
    verdict: str
    checks: Sequence[CheckRow]
    figure: StatesFigure
    measures: Sequence[tuple[str, Any, bool]]
    unasked: RangeCell
    used_all: RangeCell


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """Everything on the page; ``results`` and ``asked`` are empty while there are none."""

    facts: Sequence[tuple[Fact, str]]
    bounds: Bounds
    drive: Drive
    residuals: Sequence[ResidualRow]
    assumptions: Sequence[AssumptionRow]
    results: Results | None
    asked: Replay | None
    progress: background.Progress | None
    failed: Replay | None
    may_ask: Verdict

    @property
    def hired(self) -> str:
        return number(int(next(check["value"] for check in self.drive.checks if check["key"] == "hired")))

    @property
    def is_under_way(self) -> bool:
        return self.asked is not None


MEASURES = {
    "ocupadas": gettext_lazy("Plazas ocupadas"),
    "demanda": gettext_lazy("Solicitudes por plaza"),
    "oferta": gettext_lazy("Plazas ofrecidas"),
}


def replay_page(drive: Drive, actor: Any, *, measure: str = "") -> ReplayPage:
    """Read the newest replay that is ready and the one under way: two queries, and one for its progress."""
    last = Replay.objects.defer("document").order_by("-pk").first()
    ready = Replay.objects.filter(state=ReplayState.READY).order_by("-pk").first()
    asked = last if last is not None and last.state in (ReplayState.QUEUED, ReplayState.RUNNING) else None
    return ReplayPage(
        facts=fact_rows(drive),
        bounds=bounds(drive),
        drive=drive,
        residuals=residual_rows(drive),
        assumptions=assumption_rows(drive),
        results=_results(drive, ready, measure if measure in MEASURES else "ocupadas") if ready else None,
        asked=asked,
        progress=background.progress(asked.task_id) if asked is not None and asked.task_id else None,
        failed=last if last is not None and last.state == ReplayState.FAILED else None,
        may_ask=may_replay(actor),
    )


def ready_document() -> tuple[bytes, str] | None:
    """The results' bytes of the newest ready replay, and their digest. One query."""
    row = Replay.objects.filter(state=ReplayState.READY).order_by("-pk").first()
    return (zlib.decompress(row.document), row.digest) if row is not None and row.document else None


def results_table(document: bytes) -> tuple[list[str], list[list[Any]]]:
    """Heads and rows of the download: each point with its assumptions, each scenario with its measures."""
    points = json.loads(document)["points"]
    assumed = sorted(points[0]["values"])
    rows = [
        [point["seed"], *(point["values"][key] for key in assumed), key, *(row[m] for m in rules.MEASURES)]
        for point in points
        for key, row in point["scenarios"].items()
    ]
    return ["point", *assumed, "scenario", *rules.MEASURES], rows


@lru_cache(maxsize=4)
def _read(digest: str, data: bytes) -> tuple[Mapping[str, Any], list[rules.Contrast]]:
    """The results with their comparisons; bytes of one digest never change, so they are read once."""
    document = json.loads(zlib.decompress(data))
    return document, list(rules.contrasts(document))


def _in_language(spanish: str, english: str) -> str:
    return english if (get_language() or "es").startswith("en") else spanish


# --------------------------------------------------------------------- rows


def fact_rows(drive: Drive) -> list[tuple[Fact, str]]:
    """Every published total, with its words in the language in force."""
    return [(fact, _in_language(fact.text, fact.text_en)) for fact in drive.facts.values()]


def residual_rows(drive: Drive) -> list[ResidualRow]:
    """Every published split, and how far the totals moved it."""
    return [
        ResidualRow(
            RESIDUAL_NAMES[row.of],
            row.name,
            number(row.published),
            number(row.used),
            _signed(row.difference),
        )
        for row in drive.residuals
    ]


def assumption_rows(drive: Drive) -> list[AssumptionRow]:
    """Every assumption with its range, in the language in force."""
    return [_assumption_row(one) for one in drive.assumptions]


def scenario_rows(drive: Drive, points: Sequence[Mapping[str, Any]]) -> list[ScenarioRow]:
    """What each rule gave over ``points``."""
    return [_scenario_row(points, key, drive["posts"]) for key in SCENARIO_NAMES]


def contrast_rows(drive: Drive, contrasts: Sequence[rules.Contrast]) -> list[ContrastRow]:
    """What each change of one rule adds, and which assumptions decide it."""
    named = {one.key: _in_language(one.name, one.name_en) for one in drive.assumptions}
    return [_contrast_row(one, contrasts, named) for one in contrasts]


def _assumption_row(one: Assumption) -> AssumptionRow:
    return AssumptionRow(
        _in_language(one.name, one.name_en),
        _in_language(one.text, one.text_en),
        one.low,
        one.high,
        UNITS[one.unit],
        _in_language(one.why, one.why_en),
    )


# ------------------------------------------------------------------ results


def _results(drive: Drive, replay: Replay, measure: str) -> Results:
    document, contrasts = _read(replay.digest, bytes(replay.document or b""))
    points = rules.spread_points(document)
    unasked = [drive["named"] - point["base"]["named_by_accredited"] for point in points]
    return Results(
        replay=replay,
        points=len(points),
        repeats=len(rules.middle_points(document)),
        answers=sum(
            len(row["rounds"]) for point in document["points"] for row in point["scenarios"].values()
        ),
        scenarios=scenario_rows(drive, points),
        contrasts=contrast_rows(drive, contrasts),
        verdict=_verdict(points, contrasts, drive["posts"]),
        checks=_checks(drive, points),
        figure=_figure(drive, points, measure),
        measures=[(key, name, key == measure) for key, name in MEASURES.items()],
        unasked=_cell(rules.range_of(unasked)),
        used_all=_cell(rules.range_of([point["base"]["accredited_used_all"] for point in points])),
    )


def _cell(found: rules.Range, drawing: Span | None = None) -> RangeCell:
    return RangeCell(number(found.low), number(found.median), number(found.high), drawing)


def _shares(found: rules.Range, whole: int) -> RangeCell:
    return RangeCell(percent(found.low / whole), percent(found.median / whole), percent(found.high / whole))


def _scenario_row(points: Sequence[Mapping[str, Any]], key: str, posts: int) -> ScenarioRow:
    def ranged(measure: str) -> rules.Range:
        return rules.range_of(rules.measured(points, key, measure))

    filled = ranged("filled")
    return ScenarioRow(
        name=SCENARIO_NAMES[key],
        filled=_cell(filled, span(filled.low, filled.median, filled.high, 0, posts)),
        first=_shares(ranged("first"), ranged("people").median),
        kilometres=_cell(ranged("kilometres")),
        unlisted=_cell(ranged("unlisted")),
        beyond=_cell(ranged("beyond_2022")),
        is_base=key == BASE,
    )


def _signed(value: int | float | Decimal, decimals: int | None = None) -> str:
    words = number(value, decimals)
    return f"+{words}" if value > 0 else words


def _contrast_row(
    one: rules.Contrast, every: Sequence[rules.Contrast], named: Mapping[str, str]
) -> ContrastRow:
    least = min(0, *(each.gain.low for each in every))
    most = max(each.gain.high for each in every)
    gain = one.gain
    drawing = span(gain.low, gain.median, gain.high, least, most)
    return ContrastRow(
        CONTRAST_NAMES[one.key],
        RangeCell(_signed(gain.low), _signed(gain.median), _signed(gain.high), drawing),
        _("%(low)s a %(high)s") % {"low": _signed(one.chance.low), "high": _signed(one.chance.high)},
        [Driver(named[key], _signed(strength, 2)) for key, strength in one.drivers[:2]],
        is_null=gain.low <= 0 <= gain.high,
    )


def _verdict(points: Sequence[Mapping[str, Any]], contrasts: Sequence[rules.Contrast], posts: int) -> str:
    """The answer in one sentence, from the numbers alone: how much of what stayed empty the limit explains."""
    gain = {one.key: one.gain for one in contrasts}
    before = rules.measured(points, BASE, "filled")
    after = rules.measured(points, "full_one_serial", "filled")
    shares = [max(0, then - now) / (posts - now) for now, then in zip(before, after, strict=True)]
    facts = {
        "cap": _span_words(gain["cap"]),
        "most": percent(max(shares), 1),
        "rounds": _span_words(gain["rounds"]),
        "everyone": _span_words(gain["everyone"]),
    }
    if max(("cap", "rounds", "everyone"), key=lambda key: gain[key].median) == "cap":
        head = _("El límite de tres opciones pesó más que las rondas y que las ausencias.")
    else:
        head = _("El límite de tres opciones no es la causa principal.")
    return (
        f"{head} "
        + _(
            "Quitarlo, sin más, habría ocupado %(cap)s plazas: a lo sumo, el %(most)s de las que quedaron vacías. Elegir en tres rondas, %(rounds)s. Que nadie hubiera faltado, %(everyone)s."
        )
        % facts
    )


def _span_words(found: rules.Range) -> str:
    return _("de %(low)s a %(high)s") % {"low": _signed(found.low), "high": _signed(found.high)}


def _checks(drive: Drive, points: Sequence[Mapping[str, Any]]) -> list[CheckRow]:
    jalisco = next(at for at, place in enumerate(drive.states) if place.key == "14")
    tenths = [
        round(10 * point["base"]["choices"][jalisco] / point["base"]["offered"][jalisco]) for point in points
    ]
    hired = rules.range_of(rules.measured(points, "as_2022", "filled"))
    pressure = rules.range_of(tenths)
    found = {
        "hired": (hired, _cell(hired), 1),
        "jalisco": (
            pressure,
            RangeCell(
                number(pressure.low / 10, 1), number(pressure.median / 10, 1), number(pressure.high / 10, 1)
            ),
            10,
        ),
    }
    rows = []
    for check in drive.checks:
        wide, cell, scale = found[check["key"]]
        value = float(check["value"])
        rows.append(
            CheckRow(
                _in_language(check["text"], check["text_en"]),
                number(int(value)) if scale == 1 else number(value, 1),
                check["source"],
                cell,
                wide.low <= round(value * scale) <= wide.high,
            )
        )
    return rows


# ------------------------------------------------------------------- states


def _figure(drive: Drive, points: Sequence[Mapping[str, Any]], measure: str) -> StatesFigure:
    """The states with their medians: posts offered, applications for each, per cent filled as in 2022 and with all."""
    rows, values = [], []
    for at, place in enumerate(drive.states):
        offered = _median([point["base"]["offered"][at] for point in points])
        demand = _median(
            [round(10 * p["base"]["choices"][at] / max(1, p["base"]["offered"][at])) for p in points]
        )
        filled = _filled(points, "as_2022", at)
        best = _filled(points, "full_three_supplement", at)
        values.append({"oferta": offered, "demanda": demand, "ocupadas": filled.median}[measure])
        rows.append(
            StatesRow(
                place.key,
                place.name,
                "",
                (
                    number(offered),
                    number(demand / 10, 1),
                    _("%(middle)s (%(low)s a %(high)s)")
                    % {
                        "middle": percent(filled.median / 100),
                        "low": percent(filled.low / 100),
                        "high": percent(filled.high / 100),
                    },
                    percent(best.median / 100),
                ),
            )
        )
    shown = {
        "oferta": number,
        "demanda": lambda value: number(value / 10, 1),
        "ocupadas": lambda value: percent(value / 100),
    }[measure]
    step = max(1, -(-(max(values) - min(values) + 1) // 5))
    start = min(values)
    regions = [
        Region(place.key, shown(value), min(5, 1 + (value - start) // step), f"#estado-{place.key}")
        for place, value in zip(drive.states, values, strict=True)
    ]
    limits = [
        _("%(low)s a %(high)s") % {"low": shown(start + step * k), "high": shown(start + step * (k + 1) - 1)}
        for k in range(5)
        if start + step * k <= max(values)
    ]
    return StatesFigure(
        measure=str(MEASURES[measure]).lower(),
        regions=regions,
        limits=limits,
        heads=(
            _("Plazas ofrecidas"),
            _("Solicitudes por plaza"),
            _("Ocupadas, como en 2022: mediana y rango"),
            _("Ocupadas, con todo: mediana"),
        ),
        rows=rows,
        label=str(MEASURES[measure]),
    )


def _median(values: Sequence[int]) -> int:
    return rules.range_of(values).median


def _filled(points: Sequence[Mapping[str, Any]], scenario: str, at: int) -> rules.Range:
    return rules.range_of(
        [
            round(100 * p["scenarios"][scenario]["states"][at] / max(1, p["base"]["offered"][at]))
            for p in points
        ]
    )
