"""What leaves as text: the tables of the replay of 2022, as markdown, which its documentation holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from cauce.base.figures import number
from cauce.indicators import queries
from cauce.indicators.rules import replay as rules
from cauce.indicators.rules.drive import Drive

Column = tuple[Any, bool]  # its heading, and whether it holds numbers


def replay_tables(drive: Drive, document: bytes) -> str:
    """Return every table of the replay in the language in force, each under the title it has on the page.

    ``document``: the bytes of the results. Rows are those of the page, from the same queries.
    """
    results = json.loads(document)
    tables = (
        (_("Lo que se publicó"), _facts(drive)),
        (_("Lo que no cuadra en lo publicado"), _residuals(drive)),
        (_("Lo que no se publicó y hubo que suponer"), _assumptions(drive)),
        (_("Qué habría cambiado"), _contrasts(drive, list(rules.contrasts(results)))),
        (_("Todas las reglas, lado a lado"), _scenarios(drive, rules.spread_points(results))),
    )
    return "\n".join(f"### {title}\n\n{table}" for title, table in tables)


def _facts(drive: Drive) -> str:
    return _table(
        ((_("Lo que se publicó"), False), (_("Valor"), True), (_("Fuente"), False)),
        ((text, number(fact.value), fact.source) for fact, text in queries.fact_rows(drive)),
    )


def _residuals(drive: Drive) -> str:
    return _table(
        (
            (_("Reparto"), False),
            (_("De qué"), False),
            (_("Publicado"), True),
            (_("Usado"), True),
            (_("Residuo"), True),
        ),
        (
            (row.split, row.name, row.published, row.used, row.difference)
            for row in queries.residual_rows(drive)
        ),
    )


def _assumptions(drive: Drive) -> str:
    return _table(
        (
            (_("Suposición"), False),
            (_("Qué quiere decir"), False),
            (_("Rango"), True),
            (_("Por qué ese rango"), False),
        ),
        (
            (row.name, row.text, f"{_between(row.low, row.high)} {row.unit}", row.why)
            for row in queries.assumption_rows(drive)
        ),
    )


def _contrasts(drive: Drive, contrasts: Sequence[rules.Contrast]) -> str:
    return _table(
        (
            (_("Si se cambia…"), False),
            (_("Plazas ocupadas"), True),
            (_("De qué depende más"), False),
            (_("Solo azar"), True),
        ),
        (
            (
                row.name,
                _ranged(row.gain),
                ", ".join(f"{one.name} ({one.strength})" for one in row.drivers) or _("ninguna destaca"),
                row.chance,
            )
            for row in queries.contrast_rows(drive, contrasts)
        ),
    )


def _scenarios(drive: Drive, points: Sequence[Any]) -> str:
    return _table(
        (
            (_("Regla"), False),
            (_("Plazas ocupadas"), True),
            (_("En su primera opción"), True),
            (_("Kilómetros"), True),
            (_("Plazas en ninguna lista"), True),
            (_("Ocupadas que nadie puso en 2022"), True),
        ),
        (
            (row.name, *map(_ranged, (row.filled, row.first, row.kilometres, row.unlisted, row.beyond)))
            for row in queries.scenario_rows(drive, points)
        ),
    )


def _ranged(cell: queries.RangeCell) -> str:
    return _("%(middle)s (%(low)s a %(high)s)") % {
        "middle": cell.median,
        "low": cell.low,
        "high": cell.high,
    }


def _between(low: int, high: int) -> str:
    return _("%(low)s a %(high)s") % {"low": low, "high": high}


def _table(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> str:
    rules_of_columns = ["--:" if is_number else "---" for _head, is_number in columns]
    lines = [_line(head for head, _is_number in columns), f"|{'|'.join(rules_of_columns)}|"]
    return "".join(f"{line}\n" for line in [*lines, *map(_line, rows)])


def _line(cells: Iterable[Any]) -> str:
    return f"| {' | '.join(_escaped(cells))} |"


def _escaped(cells: Iterable[Any]) -> Iterator[str]:
    return (str(cell).replace("|", r"\|") for cell in cells)
