"""What reading files of scores needs to know of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cauce.calls.models import Call


@dataclass(frozen=True, slots=True)
class ScoreLookup:
    """A call with the criteria that its institution loads, the folios of its applications, and how many have a score."""

    call: Call
    criteria: list[dict[str, Any]]
    folios: frozenset[str]
    scored: int


def score_lookup(code: str) -> ScoreLookup | None:
    """Read it in two queries; ``None`` when there is no such call."""
    call = Call.objects.select_related("institution").filter(code=code).first()
    if call is None:
        return None
    rows = list(call.applications.values_list("folio", "merit"))
    places = [at for at, each in enumerate(call.score_criteria) if not each.get("declared")]
    return ScoreLookup(
        call=call,
        criteria=[call.score_criteria[at] for at in places],
        folios=frozenset(folio for folio, _merit in rows),
        scored=sum(
            bool(places) and all(merit[at : at + 1] not in ([], [""]) for at in places) for _f, merit in rows
        ),
    )
