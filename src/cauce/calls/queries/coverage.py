"""Teams, their places and their units: what binds, what the coverage page shows, and which units nobody has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cauce.base.drawing import Region, StatesFigure, StatesRow
from cauce.base.figures import percent
from cauce.base.spreadsheets import Table
from cauce.calls.models import Call, Team, TeamPlace, TeamUnit
from cauce.calls.rules.freezing import TeamFacts
from cauce.institutions.models import Site

PER_PAGE = 50


def team_facts(call: Call) -> tuple[TeamFacts, ...]:
    """The teams as they bind, in three queries."""
    units: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for team, clues, name in TeamUnit.objects.filter(team__call=call).values_list(
        "team_id", "site__clues", "site__name"
    ):
        units[team].append((clues or name, name))
    places: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for team, key, role in TeamPlace.objects.filter(team__call=call).values_list(
        "team_id", "post__key", "role"
    ):
        places[team].append((key, role))
    return tuple(
        TeamFacts(
            team.key, team.name, team.kind, team.state_id, team.zone, tuple(sorted(units[team.pk])),
            tuple(sorted(places[team.pk])),
        )
        for team in call.teams.order_by("key")
    )  # fmt: skip


def without_team(call: Call) -> QuerySet[Site]:
    """The units of the call's institution, in its states, that no team of the call has."""
    covered = TeamUnit.objects.filter(team__call=call, site=OuterRef("pk"))
    return Site.objects.filter(
        ~Exists(covered), institution_id=call.institution_id, state__in=call.states.all()
    ).order_by("state__name", "municipality", "name")


def uncovered_units(call: Call) -> tuple[tuple[str, str, str], ...]:
    """They as (state's name, CLUES or "", name), in one query."""
    return tuple(
        (state, clues or "", name)
        for state, clues, name in without_team(call).values_list("state__name", "clues", "name")
    )


@dataclass(frozen=True, slots=True)
class StateRow:
    """What one state has: ``share`` is the percentage of its places that are filled."""

    key: str
    name: str
    abbreviation: str
    teams: int
    places: int
    filled: int
    units: int
    uncovered: int

    @property
    def open(self) -> int:
        return self.places - self.filled

    @property
    def lack(self) -> float:
        """The share of its units that no team has."""
        return self.uncovered / self.units if self.units else 0.0

    @property
    def share(self) -> int:
        return 100 * self.filled // self.places if self.places else 0


@dataclass(frozen=True, slots=True)
class CoveragePage:
    call: Call
    states: list[StateRow]
    state: str
    teams: Page[Team]
    uncovered: Page[Site]

    @property
    def places(self) -> int:
        return sum(row.places for row in self.states)

    @property
    def filled(self) -> int:
        return sum(row.filled for row in self.states)

    @property
    def without_team(self) -> int:
        return sum(row.uncovered for row in self.states)

    @property
    def units(self) -> int:
        return sum(row.units for row in self.states)

    @property
    def figure(self) -> StatesFigure:
        """The share of each state's units that no team has, in five classes; the table of the page says the same."""
        rows = [row for row in self.states if row.units and row.key.isdigit()]
        return StatesFigure(
            label=_("Unidades sin equipo, por estado"),
            measure=_("unidades sin equipo"),
            regions=[
                Region(row.key, percent(row.lack), min(int(row.lack * 5), 4) + 1, f"?estado={row.key}")
                for row in rows
            ],
            limits=[_("menos de 20 %"), _("20 a 39 %"), _("40 a 59 %"), _("60 a 79 %"), _("80 % o más")],
            heads=(_("Sin equipo"),),
            rows=[StatesRow(row.key, row.name, f"?estado={row.key}", (percent(row.lack),)) for row in rows],
        )

    @property
    def has_results(self) -> bool:
        return self.call.results_published_at is not None


def coverage_page(call: Call, *, state: str = "", number: Any = 1, units: Any = 1) -> CoveragePage:
    """Teams by state with what is filled, fifty teams and fifty units without one; eight queries whatever the size."""
    rows = _states(call)
    state = state if any(row.key == state for row in rows) else ""
    teams = _teams(call).filter(**({"state_id": state} if state else {}))
    lacking = without_team(call).filter(**({"state_id": state} if state else {})).select_related("state")
    return CoveragePage(
        call,
        rows,
        state,
        Paginator(teams, PER_PAGE).get_page(number),
        Paginator(lacking, PER_PAGE).get_page(units),
    )


def _teams(call: Call) -> QuerySet[Team]:
    of_team = TeamPlace.objects.filter(team=OuterRef("pk")).order_by().values("team")
    return (
        call.teams.select_related("state")
        .annotate(
            places_n=Coalesce(Subquery(of_team.annotate(n=Sum("post__seats")).values("n")), 0),
            filled_n=Coalesce(Subquery(of_team.annotate(n=Sum("filled")).values("n")), 0),
            units_n=Count("team_units"),
        )
        .order_by("state__name", "zone", "key")
    )


def _states(call: Call) -> list[StateRow]:
    """Four queries: the states, their teams, their places, their units with and without a team."""
    teams = dict(call.teams.order_by().values_list("state_id").annotate(Count("pk")))
    places = {
        key: (seats, filled)
        for key, seats, filled in TeamPlace.objects.filter(team__call=call)
        .order_by()
        .values_list("team__state_id")
        .annotate(Sum("post__seats"), Sum("filled"))
    }
    covered = TeamUnit.objects.filter(team__call=call, site=OuterRef("pk"))
    units = {
        key: (every, lacking)
        for key, every, lacking in Site.objects.filter(
            institution_id=call.institution_id, state__in=call.states.all()
        )
        .order_by()
        .annotate(is_covered=Exists(covered))
        .values_list("state_id")
        .annotate(every=Count("pk"), lacking=Count("pk", filter=Q(is_covered=False)))
    }
    return [
        StateRow(
            one.key, one.name, one.abbreviation, teams.get(one.key, 0), *places.get(one.key, (0, 0)),
            *units.get(one.key, (0, 0)),
        )
        for one in call.states.order_by("name")
    ]  # fmt: skip


def uncovered_table(call: Call, state: str = "") -> Table:
    """The units without a team, to download."""
    rows = without_team(call).filter(**({"state_id": state} if state else {}))
    return Table(
        ["estado", "municipio", "CLUES", "unidad", "tipo", "nivel"],
        _rows(rows.values_list("state__name", "municipality", "clues", "name", "kind", "care_level")),
    )


def _rows(rows: Any) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=2000):
        yield ["" if value is None else value for value in row]


def teams_text(call: Call) -> str:
    """The teams of a call as the page for typing them reads them, in two queries."""
    units: defaultdict[int, list[str]] = defaultdict(list)
    for team, clues in (
        TeamUnit.objects.filter(team__call=call).order_by("site__clues").values_list("team_id", "site__clues")
    ):
        units[team].append(clues or "")
    return "\n".join(
        "; ".join(
            [one.key, one.name, str(one.get_kind_display()), one.state_id, one.zone, " ".join(units[one.pk])]
        )
        for one in call.teams.order_by("key")
    )


def places_text(call: Call) -> str:
    rows = TeamPlace.objects.filter(team__call=call).select_related("post", "team").order_by("post__key")
    return "\n".join("; ".join([one.post.key, one.team.key, str(one.get_role_display())]) for one in rows)
