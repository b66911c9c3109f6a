"""What each reviewer decides of each document, against the others, in words and with its range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.calls.models import Call, Finding, Review
from cauce.calls.rules import consistency as rules
from cauce.calls.rules.outlook import Odds

FINDINGS = (Finding.ACCEPT, Finding.OBSERVE, Finding.EXCLUDE)


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """One reviewer at one document; ``cells`` are (finding, theirs, the others'), none where decisions are too few."""

    who: str
    decided: int
    cells: list[tuple[str, str, str]]


def alike(
    call: Call, first: QuerySet[Review], name: Callable[[int], str]
) -> list[tuple[str, list[AlikeRow]]]:
    """By document of the call, its reviewers; two queries. ``name`` says who an account is to the reader."""
    found = rules.compared(first.order_by().values_list("reviewer_id", "marks"), FINDINGS)
    asked = call.requirements.order_by("position", "pk").values_list("key", "name")
    return [(title, [_row(one, name) for one in found[key]]) for key, title in asked if key in found]


def _row(one: rules.Alike, name: Callable[[int], str]) -> AlikeRow:
    cells = [
        (str(finding.label), range_of(mine), range_of(others) if others else _("pocas"))
        for finding, mine, others in zip(FINDINGS, one.mine, one.others, strict=True)
        if mine is not None
    ]
    return AlikeRow(name(one.reviewer), one.decided, cells)


def range_of(share: Odds | None) -> str:
    """A share with the range in which it may well lie."""
    if share is None:
        return ""
    return _("%(share)s (de %(low)s a %(high)s)") % {
        "share": figures.percent(share.share), "low": figures.percent(share.low), "high": figures.percent(share.high),
    }  # fmt: skip
