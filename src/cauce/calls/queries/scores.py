"""What reading files of scores needs to know of a call, and what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet

from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls import rules
from cauce.calls.models import Application, Call, ScoreReview
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules.panels import is_loaded

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ScoreLookup:
    """A call with the criteria that people do not declare, the folios of its applications, and how many have a score."""

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
    places = [at for at, each in enumerate(call.score_criteria) if is_loaded(each)]
    return ScoreLookup(
        call=call,
        criteria=[each for each in call.score_criteria if not each.get("declared")],
        folios=frozenset(folio for folio, _merit in rows),
        scored=sum(
            bool(places) and all(merit[at : at + 1] not in ([], [""]) for at in places) for _f, merit in rows
        ),
    )


@dataclass(frozen=True, slots=True)
class ScoresPage:
    """``scored`` of ``total`` applications have every score; ``open`` counts the reviews nobody has closed."""

    frame: Frame
    verdict: Verdict
    has_criteria: bool
    scored: int
    total: int
    open: int
    reviews: Page[ScoreReview]


def scores_page(actor: Actor, call: Call, *, number: Any, now: datetime) -> ScoresPage:
    """Scores of a call, and fifty reviews, the open ones first, in a fixed number of queries."""
    known = score_lookup(call.code)
    reviews = score_reviews(call)
    return ScoresPage(
        frame=desk_frame(actor, call, "calls:scores", now=now),
        verdict=rules.may_load(actor, call),
        has_criteria=any(is_loaded(each) for each in call.score_criteria),
        scored=known.scored if known else 0,
        total=len(known.folios) if known else 0,
        open=open_reviews(call),
        reviews=Paginator(reviews, PER_PAGE).get_page(number),
    )


def score_reviews(call: Call) -> QuerySet[ScoreReview]:
    """The reviews of a call, the open ones first, in the order of their folios."""
    return (
        ScoreReview.objects.filter(application__call=call)
        .select_related("application__call", "closed_by__person")
        .order_by(F("closed_at").desc(nulls_first=True), "application__folio", "pk")
    )


def open_reviews(call: Call) -> int:
    """How many reviews of scores nobody has closed yet."""
    return score_reviews(call).filter(closed_at__isnull=True).count()


def merit_lines(application: Application) -> list[tuple[str, str]]:
    """What each criterion is called and its value as kept, empty where there is none."""
    criteria = application.call.score_criteria
    values = [*application.merit, *[""] * len(criteria)]
    return [(str(each["label"]), value) for each, value in zip(criteria, values, strict=False)]
