"""Teams that cover a territory: what is wrong with them before publication, and how they are typed. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from cauce.base import figures
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _
from cauce.calls.models import TeamKind, TeamRole
from cauce.calls.rules.design_faults import Fault
from cauce.calls.rules.freezing import Snapshot, TeamFacts

_NAMED = 5


class TeamsRefused(Refused):
    """The table of teams or places cannot be read; the sentence names the line."""

    code = "teams_refused"


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team as typed; ``units`` are CLUES."""

    key: str
    name: str
    kind: str
    state: str
    zone: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A post as a place in a team."""

    post: str
    team: str
    role: str


def read_teams(text: str) -> list[TeamRow]:
    """Read ``key; name; kind; state; zone; CLUES CLUES …``, a line each. Raises ``TeamsRefused`` naming the line."""
    kinds = _names(TeamKind)
    rows = []
    for number, parts in _lines(text, 6, "teams"):
        kind = kinds.get(parts[2].casefold())
        if kind is None:
            raise _unread(number, _("El tipo es zonal o de supervisión."), "teams")
        rows.append(
            TeamRow(
                parts[0][:20], parts[1][:120], kind, parts[3], parts[4][:80], tuple(parts[5].upper().split())
            )
        )
    _refuse_twice([row.key for row in rows], "teams")
    return rows


def read_places(text: str) -> list[PlaceRow]:
    """Read ``post; team; role``, a line each. Raises ``TeamsRefused`` naming the line."""
    roles = _names(TeamRole)
    rows = []
    for number, parts in _lines(text, 3, "places"):
        role = roles.get(parts[2].casefold())
        if role is None:
            known = ", ".join(str(label) for label in TeamRole.labels)
            raise _unread(number, _("La función es una de: %(known)s.") % {"known": known}, "places")
        rows.append(PlaceRow(parts[0], parts[1], role))
    _refuse_twice([row.post for row in rows], "places")
    return rows


def _names(choices: type[TeamKind] | type[TeamRole]) -> dict[str, str]:
    return {name.casefold(): value for value, label in choices.choices for name in (value, str(label))}


def _lines(text: str, count: int, field: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [" ".join(part.split()) for part in line.replace("\t", ";").split(";")]
        if len(parts) != count or not all(parts[: count - 1]):
            raise _unread(
                number, _("Son %(count)s datos separados por punto y coma.") % {"count": count}, field
            )
        yield number, parts


def _unread(number: int, remedy: str, field: str) -> TeamsRefused:
    return TeamsRefused(_("No se entiende el renglón %(number)s.") % {"number": number}, remedy, field=field)


def _refuse_twice(keys: list[str], field: str) -> None:
    for key, count in Counter(keys).items():
        if count > 1:
            raise TeamsRefused(
                _("«%(key)s» está dos veces.") % {"key": key}, _("Dejar un renglón."), field=field
            )


# -------------------------------------------------------------------- faults


def coverage_faults(call: Snapshot) -> Iterator[Fault]:
    """Yield what is wrong with the teams of a call, and the units that would have none, state by state."""
    if not call.teams:
        yield Fault(
            "no-teams", "", _("Equipos"), _("No hay equipos: las plazas no tendrían territorio."),
            _("Escribirlos en Equipos y cobertura."),
        )  # fmt: skip
        return
    placed = {key for team in call.teams for key, _role in team.places}
    if loose := sorted(post.key for post in call.posts if post.key not in placed):
        yield Fault(
            "posts-without-team", "|".join(loose[:_NAMED]) + f"|{len(loose)}", _("Plazas"),
            _("%(count)s plazas no son de ningún equipo: %(keys)s.") % {
                "count": figures.number(len(loose)), "keys": _few(loose)
            },
            _("Decir de qué equipo son, o quitarlas."),
        )  # fmt: skip
    for team in call.teams:
        yield from _team(team)
    yield from _shared(call.teams)
    yield from _uncovered(call)


def _team(team: TeamFacts) -> Iterator[Fault]:
    place = _("Equipo %(key)s, %(name)s") % {"key": team.key, "name": team.name}
    if not team.places:
        yield Fault(
            "team-without-places",
            team.key,
            place,
            _("No tiene plazas."),
            _("Agregarlas o quitar el equipo."),
            blocks=False,
        )
    elif TeamRole.COORDINATOR not in {role for _key, role in team.places}:
        yield Fault(
            "team-without-coordinator",
            team.key,
            place,
            _("Nadie lo coordina."),
            _("Agregar su coordinación."),
            blocks=False,
        )
    if not team.units:
        yield Fault(
            "team-without-units",
            team.key,
            place,
            _("No tiene unidades a cargo."),
            _("Escribir sus CLUES."),
            blocks=False,
        )


def _shared(teams: tuple[TeamFacts, ...]) -> Iterator[Fault]:
    """Units that two teams of the same kind have: nobody would know who answers for them."""
    of: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for team in teams:
        for ident, name in team.units:
            of[team.kind, ident].append(team.key)
            names[ident] = name
    for (_kind, ident), keys in sorted(of.items()):
        if len(keys) > 1:
            yield Fault(
                "unit-in-two-teams", f"{ident}|{'|'.join(sorted(keys))}", names[ident],
                _("La tienen dos equipos: %(keys)s.") % {"keys": ", ".join(sorted(keys))},
                _("Dejarla en uno."), blocks=False,
            )  # fmt: skip


def _uncovered(call: Snapshot) -> Iterator[Fault]:
    by_state: defaultdict[str, list[str]] = defaultdict(list)
    for state, clues, name in call.uncovered:
        by_state[state].append(f"{name} ({clues})" if clues else name)
    for state, units in sorted(by_state.items()):
        yield Fault(
            "units-without-team", f"{state}|{len(units)}", state,
            _("%(count)s unidades no tienen equipo: %(units)s.") % {
                "count": figures.number(len(units)), "units": _few(units)
            },
            _("Sumarlas a un equipo, o confirmar que se publica así."), blocks=False,
        )  # fmt: skip


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return (
        shown if more <= 0 else _("%(shown)s y %(more)s más") % {"shown": shown, "more": figures.number(more)}
    )
