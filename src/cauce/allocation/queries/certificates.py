"""Why one person has their place in the order of merit: what went in, which ties were broken and by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from cauce.allocation.models import Placement, Run
from cauce.allocation.queries.runs import source_of
from cauce.calls.models import Call
from cauce.calls.rules.panels import PANEL, PROFILE


@dataclass(frozen=True, slots=True)
class Input:
    """One criterion, best first: the value that was frozen, who said it, and how many people equal it and all before it.

    ``tied`` counts the person too; 1 means that this criterion left them alone.
    """

    number: int
    label: str
    value: str
    who: str
    tied: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who stands right ahead or right behind. ``gap`` is the bridge's; ``label`` names the criterion, empty for the lottery."""

    folio: str
    place: int
    gap: Any
    label: str
    ticket: str
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """The place of one application in a run's order of merit, with everything that gave it.

    ``drawn`` people equal this one in every criterion; among them the lottery gave the turn ``turn``. ``ticket`` is
    empty where the call has no lottery: then the folio decides.
    """

    call: Call
    run: Run
    folio: str
    is_own: bool
    given_names: str
    place: int
    applicants: int
    inputs: tuple[Input, ...]
    drawn: int
    turn: int
    ticket: str
    neighbours: tuple[Neighbour, ...]
    source: str

    @property
    def is_shared(self) -> bool:
        """Whether posts or classes of seats had a say after this order."""
        return "shared" in self.run.facts

    @property
    def decided_by(self) -> str:
        """What left nobody equal: the criterion's name, or empty for the lottery."""
        return next((one.label for one in self.inputs if one.tied == 1), "")


def certificate_of(
    run: Run, placement: Placement, *, person_id: int | None, gap: Any, ticket: Callable[[str, str], str]
) -> Certificate:
    """Read it from the rows that the run kept, in one query and one more for each criterion and neighbours.

    ``gap`` and ``ticket`` (of a seed and a folio) are the bridge's. Values compare as their texts: every criterion
    is kept with its own decimals.
    """
    call, application = run.call, placement.application
    same = Placement.objects.filter(run=run)
    inputs = []
    for at, value in enumerate(placement.merit):
        same = same.filter(**{f"merit__{at}": value})
        criterion = call.score_criteria[at]
        who = _source(criterion)
        inputs.append(Input(at + 1, str(criterion["label"]), value, who, same.count()))
    drawn = inputs[-1].tied if inputs else run.placements.count()
    first = same.aggregate(first=Min("place"))["first"] if drawn > 1 else placement.place
    seed = call.lottery_key
    return Certificate(
        call=call,
        run=run,
        folio=application.folio,
        is_own=person_id is not None and person_id == application.person_id,
        given_names=application.person.given_names,
        place=placement.place,
        applicants=run.facts.get("lists", 0),
        inputs=tuple(inputs),
        drawn=drawn,
        turn=placement.place - first + 1,
        ticket=ticket(seed, application.folio) if seed else "",
        neighbours=tuple(_neighbours(run, placement, gap, ticket)),
        source=source_of(run),
    )


def _neighbours(
    run: Run, placement: Placement, gap: Any, ticket: Callable[[str, str], str]
) -> list[Neighbour]:
    call, mine = run.call, placement.application.folio
    rows = (
        Placement.objects.filter(run=run, place__in=(placement.place - 1, placement.place + 1))
        .order_by("place")
        .values_list("place", "application__folio", "merit")
    )
    found = []
    for place, folio, merit in rows:
        what = gap(mine=placement.merit, last=merit, seed=call.lottery_key, my_folio=mine, last_folio=folio)
        found.append(
            Neighbour(
                folio=folio,
                place=place,
                gap=what,
                label=str(call.score_criteria[what.element - 1]["label"]) if what.element else "",
                ticket=ticket(call.lottery_key, folio) if call.lottery_key and not what.element else "",
                is_ahead=place < placement.place,
            )
        )
    return found


def _source(criterion: Mapping[str, Any]) -> str:
    """Who says the values of a criterion."""
    if criterion.get("source") == PANEL:
        return _("lo calificó un jurado, en hojas selladas")
    if criterion.get("source") == PROFILE:
        return _("sale de la revisión del perfil")
    return _("lo declaró la persona") if criterion.get("declared") else _("lo cargó la institución")
