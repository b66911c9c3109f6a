"""Teams of a draft: replaced whole, with their units and places; and what became of them once results are public."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call, CallKind, Team, TeamPlace, TeamUnit
from cauce.calls.operations.desk import locked_draft, touch
from cauce.calls.rules.coverage import PlaceRow, TeamRow, TeamsRefused
from cauce.institutions.models import Site

_BATCH = 1000
_ASKED = 500


@use_case
def set_teams(
    *, actor: Actor, call: Call, teams: Sequence[TeamRow], places: Sequence[PlaceRow], now: datetime
) -> Call:
    """Replace the teams of a draft, with their units and places, all or nothing.

    Raises ``Denied``, and ``TeamsRefused`` for a call of another kind, or
    naming the state, unit, post or team that is not known.
    """
    call = locked_draft(actor, call)
    if call.kind != CallKind.TEAMS:
        raise TeamsRefused(_("Esta convocatoria no es de equipos."), _("Cambiar el tipo en Datos generales."))
    states = set(call.states.values_list("key", flat=True))
    sites = _sites({clues for row in teams for clues in row.units})
    posts = dict(call.posts.values_list("key", "pk"))
    for row in teams:
        if row.state not in states:
            raise _unknown(
                row.key, _("el estado %(it)s no es de la convocatoria") % {"it": row.state}, "teams"
            )
        for clues in row.units:
            if clues not in sites:
                raise _unknown(row.key, _("la CLUES %(it)s no está en el catálogo") % {"it": clues}, "teams")
    keys = {row.key for row in teams}
    for place in places:
        if place.post not in posts:
            raise _unknown(place.post, _("la plaza no es de la convocatoria"), "places")
        if place.team not in keys:
            raise _unknown(place.post, _("el equipo %(it)s no está arriba") % {"it": place.team}, "places")
    TeamPlace.objects.filter(team__call=call).delete()
    call.teams.all().delete()
    made = Team.objects.bulk_create(
        (
            Team(call=call, key=row.key, name=row.name, kind=row.kind, state_id=row.state, zone=row.zone)
            for row in teams
        ),
        batch_size=_BATCH,
    )
    of = {team.key: team.pk for team in made}
    TeamUnit.objects.bulk_create(
        (
            TeamUnit(team_id=of[row.key], site_id=sites[clues])
            for row in teams
            for clues in dict.fromkeys(row.units)
        ),
        batch_size=_BATCH,
    )
    TeamPlace.objects.bulk_create(
        (TeamPlace(post_id=posts[one.post], team_id=of[one.team], role=one.role) for one in places),
        batch_size=_BATCH,
    )
    touch(call, actor, now)
    note(part="teams", teams=len(teams), posts=len(places))
    return call


def _sites(clues: set[str]) -> dict[str, int]:
    wanted = sorted(clues)
    found: dict[str | None, int] = {}
    for at in range(0, len(wanted), _ASKED):
        some = wanted[at : at + _ASKED]
        found |= dict(Site.objects.filter(clues__in=some).values_list("clues", "pk"))
    return {str(key): pk for key, pk in found.items()}


def _unknown(key: str, what: str, field: str) -> TeamsRefused:
    return TeamsRefused(
        _("Renglón de «%(key)s»: %(what)s.") % {"key": key, "what": what},
        _("Corregirlo; no se guardó nada."), field=field,
    )  # fmt: skip


@step
def record_filled(call: Call, taken: Iterable[tuple[int, int]]) -> None:
    """Note how many people each post of the teams got (post id, people), as whoever publishes results says."""
    if call.kind != CallKind.TEAMS:
        return
    filled = dict(taken)
    places = list(TeamPlace.objects.filter(team__call=call))
    for place in places:
        place.filled = filled.get(place.post_id, 0)
    TeamPlace.objects.bulk_update(places, ["filled"], batch_size=_BATCH)
