"""What the public reads of a published run, and why one person got what they got."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from cauce.accounts.roles import Role
from cauce.allocation import rules
from cauce.allocation.models import ClassCutoff, Cutoff, Placement, Run, RunState
from cauce.allocation.queries.privacy import PublicReview, public_review
from cauce.allocation.queries.runs import light_runs, source_of
from cauce.allocation.queries.sensitivity import Counted, newest_sensitivity
from cauce.allocation.queries.words import wish_sentence
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.calls.models import CalendarEntry, Call, CallState, Post
from cauce.calls.queries import Drawn, drawn
from cauce.calls.rules.folio import example_folio

PAGE = 50


def published_runs() -> QuerySet[Run]:
    """Runs whose lists of everybody are public, without their documents; of a call at most one."""
    return (
        light_runs().filter(state=RunState.PUBLISHED, round=0).select_related("call__institution", "opinion")
    )


def published_calls() -> QuerySet[Call]:
    return Call.objects.filter(state=CallState.PUBLISHED).select_related("institution")


def package_bytes(run: Run) -> bytes:
    """The run's package as stored, compressed."""
    return bytes(Run.objects.values_list("package", flat=True).get(pk=run.pk) or b"")


# ------------------------------------------------------------------ lists


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """Calls with results, and calls that have closed and wait for theirs."""

    page: Page[Run]
    pending: list[Call]


def results_page(number: str, *, now: datetime) -> ResultsPage:
    """Three queries."""
    runs = published_runs().order_by("-published_at")
    pending = (
        published_calls()
        .filter(closes_at__lt=now)
        .exclude(runs__state=RunState.PUBLISHED)
        .order_by("results_at", "code")[:PAGE]
    )
    return ResultsPage(Paginator(runs, PAGE).get_page(number[:9]), list(pending))


@dataclass(frozen=True, slots=True)
class CallResultsPage:
    """A call's results. ``run`` is empty before publication; ``offices`` say who signed.

    ``seed`` is the lottery's, revealed with the results, and ``seal`` what was published of it before closing.
    """

    call: Call
    run: Run | None
    offices: list[Any]
    seed: str
    seal: str
    source: str
    file_name: str
    privacy: PublicReview | None = None
    classes: list[tuple[str, int, str]] = field(default_factory=list)
    tie_breaks: Counted | None = None
    drawn: Drawn | None = None

    @property
    def opinion(self) -> Any:
        """What an auditor published of the run, or nothing."""
        return getattr(self.run, "opinion", None)

    @property
    def example(self) -> str:
        return example_folio(self.call.code)


def call_results_page(call: Call, run: Run | None) -> CallResultsPage:
    """Three queries: the offices that signed, the review of the package, what the tie-breaks decide; two for a draw."""
    seal = call.lottery_commitment.removeprefix("sha256:")
    if run is None:
        return CallResultsPage(call, None, [], "", seal, "", "")
    return CallResultsPage(
        call,
        run,
        offices_of(run),
        call.lottery_seed,
        seal,
        source_of(run),
        f"{call.code}-corrida-{run.number}.zip",
        public_review(run),
        _public_classes(run),
        newest_sensitivity(run, public=True),
        drawn(call),
    )


def _public_classes(run: Run) -> list[tuple[str, int, str]]:
    """The classes of seats as (label, seats, people); a small group of people is not told, nor what would give it away."""
    rows = run.facts.get("shared", {}).get("classes", [])
    held = figures.hide_small([people for _key, _label, _seats, people in rows])
    return [
        (label, seats, figures.few() if people is None else figures.number(people))
        for (_key, label, seats, _people), people in zip(rows, held, strict=True)
    ]


def offices_of(run: Run) -> list[Any]:
    """The offices that signed a run, in the order in which they did; never names."""
    return [
        Role(office).label for office in run.signatures.order_by("at", "pk").values_list("office", flat=True)
    ]


# ------------------------------------------------------------- one result


@dataclass(frozen=True, slots=True)
class WishLine:
    """A wish and what became of it.

    ``code``: "placed", "behind" or "not_reached". ``last_place`` is empty
    while seats are left. ``distance`` counts places between the person and
    the last admitted: behind them, or ahead when they got it.
    """

    position: int
    post: Post
    specialty: str
    code: str
    last_place: int | None
    last_merit: list[str]
    distance: int
    is_open: bool
    gap: Any = None
    gap_label: str = ""
    first_label: str = ""
    words: str = ""
    seat_class: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One application's result with everything that decided it. ``wishes`` is empty for who may not read why."""

    call: Call
    run: Run
    folio: str
    placement: Placement
    post: Post | None
    specialty: str
    cutoff: Cutoff | None
    applicants: int
    is_own: bool
    may_explain: bool
    given_names: str
    wishes: list[WishLine]
    above: list[WishLine]
    below: list[WishLine]
    nearest: WishLine | None
    offices: list[Any]
    upcoming: list[CalendarEntry]
    open_calls: int
    source: str
    file_name: str

    @property
    def is_shared(self) -> bool:
        """Whether classes of seats, regions or posts' own orders decided too."""
        return "shared" in self.run.facts

    @property
    def seat_class(self) -> str:
        """The label of the class of seat held, where there are classes."""
        return next((one.seat_class for one in self.wishes if one.seat_class), "")


def placement_of(run: Run, folio: str) -> Placement | None:
    """The result behind a folio, with its post and its person's given names; ``None`` if the run has no such folio."""
    return (
        Placement.objects.filter(run=run, application__folio=folio)
        .select_related("application__person", "post__site__state", "post__specialty")
        .first()
    )


def result_page(actor: Actor, run: Run, placement: Placement, *, gap: Any, now: datetime) -> Result:
    """Read one result: in at most two queries for the public, five for who may read why (six where seats have classes).

    ``gap`` is the bridge's function that names the criterion which separated
    two people.
    """
    call = run.call
    application = placement.application
    may_explain = rules.may_explain(actor, call, person_id=application.person_id)
    wishes = _wishes(run, placement, gap) if may_explain else []
    placed = next((one for one in wishes if one.code == "placed"), None)
    cutoff = None
    if placement.post_id and not wishes:
        cutoff = Cutoff.objects.filter(run=run, post_id=placement.post_id).first()
    elif placed is not None:
        cutoff = Cutoff(last_place=placed.last_place, last_merit=placed.last_merit)
    behind = [one for one in wishes if one.code == "behind"]
    is_own = actor.person_id is not None and actor.person_id == application.person_id
    return Result(
        call=call,
        run=run,
        folio=application.folio,
        placement=placement,
        post=placement.post,
        specialty=_specialty(placement.post) if placement.post else "",
        cutoff=cutoff,
        applicants=run.facts.get("lists", 0),
        is_own=is_own,
        may_explain=may_explain,
        given_names=application.person.given_names if is_own else "",
        wishes=wishes,
        above=behind,
        below=[one for one in wishes if one.code == "not_reached"],
        nearest=min((one for one in behind if one.distance), key=lambda one: one.distance, default=None)
        if placed is None
        else None,
        offices=offices_of(run),
        upcoming=list(
            CalendarEntry.objects.filter(call=call, starts_at__gt=now).order_by("starts_at", "pk")[:6]
        )
        if may_explain
        else [],
        open_calls=_open_calls(now) if is_own and placement.post_id is None else 0,
        source=source_of(run),
        file_name=f"{call.code}-corrida-{run.number}.zip",
    )


def _open_calls(now: datetime) -> int:
    """How many calls somebody without a post can still apply to."""
    return published_calls().filter(opens_at__lte=now, closes_at__gte=now).count()


def _specialty(post: Post) -> str:
    return post.specialty.name


def _wishes(run: Run, placement: Placement, gap: Any) -> list[WishLine]:
    """What became of each wish, from the stored rows: the cut-offs of the list, and who was last in each, in two queries."""
    labels: dict[str, str] = {}
    if placement.reasons:
        labels = dict(
            ClassCutoff.objects.filter(run=run, post_id__in=placement.posts).values_list(
                "seat_class", "label"
            )
        )
    cutoffs = {
        one.post_id: one
        for one in Cutoff.objects.filter(run=run, post_id__in=placement.posts).select_related(
            "post__site__state", "post__specialty"
        )
    }
    lasts = {
        one.last_place for one in cutoffs.values() if one.last_place and one.last_place < placement.place
    }
    folios = dict(
        Placement.objects.filter(run=run, place__in=lasts).values_list("place", "application__folio")
    )
    if placement.reasons:
        return [
            _shared_wish(run.call, placement, position, cutoffs[post], labels)
            for position, post in enumerate(placement.posts, start=1)
        ]
    return [
        _wish(run.call, placement, position, cutoffs[post], folios, gap)
        for position, post in enumerate(placement.posts, start=1)
    ]


def _shared_wish(
    call: Call, placement: Placement, position: int, cut: Cutoff, labels: dict[str, str]
) -> WishLine:
    """A wish where classes, regions or own orders decide: from the reason that was kept with the placement."""
    reason = placement.reasons[position - 1]
    code = reason[0] if reason[0] in ("placed", "not_reached") else "behind"
    return WishLine(
        position=position,
        post=cut.post,
        specialty=_specialty(cut.post),
        code=code,
        last_place=None,
        last_merit=[],
        distance=reason[2],
        is_open=False,
        words=wish_sentence(reason, criteria=call.score_criteria, labels=labels),
        seat_class=labels.get(placement.seat_class, "") if code == "placed" else "",
    )


def _wish(
    call: Call, placement: Placement, position: int, cut: Cutoff, folios: dict[int, str], gap: Any
) -> WishLine:
    place, last = placement.place, cut.last_place
    first = call.score_criteria[0]["label"] if call.score_criteria else ""
    code = "behind"
    if placement.rank is not None and position >= placement.rank:
        code = "placed" if position == placement.rank else "not_reached"
    found = None
    if code == "behind" and last is not None:
        found = gap(
            mine=placement.merit,
            last=cut.last_merit,
            seed=call.lottery_key,
            my_folio=placement.application.folio,
            last_folio=folios[last],
        )
    return WishLine(
        position=position,
        post=cut.post,
        specialty=_specialty(cut.post),
        code=code,
        last_place=last,
        last_merit=cut.last_merit,
        distance=abs(place - last) if last is not None else 0,
        is_open=last is None or last >= place,
        gap=found,
        gap_label=call.score_criteria[found.element - 1]["label"] if found and found.element else "",
        first_label=first,
    )
