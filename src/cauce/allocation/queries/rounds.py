"""What a round is made of: the seats that are free, who stands to get them, and with which lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cauce.allocation.models import (
    LIVE,
    Claim,
    ClaimState,
    Offer,
    OfferState,
    Placement,
    Release,
    Run,
    RunState,
    Seat,
    SeatMove,
    SeatState,
)
from cauce.allocation.queries.lists import OfferedPosts, SentLists, offered_posts
from cauce.allocation.queries.runs import light_runs
from cauce.allocation.rules.releases import UNANSWERED
from cauce.allocation.rules.seats import Wanted
from cauce.calls import queries as calls
from cauce.calls.models import Application, Call
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.design import Design


def releases_of(call: Call) -> list[Release]:
    """Every release of a call, oldest first, with the people behind it, in one query."""
    rows = Release.objects.filter(call=call).select_related(
        "run", "undoes", "proposed_by__person", "confirmed_by__person"
    )
    return list(rows.defer("run__question", "run__answer", "run__package").order_by("number"))


def unanswered(call: Call) -> int:
    return Offer.objects.filter(seat__post__call=call, state__in=UNANSWERED).count()


def free_seats(call: Call, *, posts: Iterable[int] | None = None) -> dict[int, list[Seat]]:
    """The free seats by post, each post's in the order of their numbers."""
    found: defaultdict[int, list[Seat]] = defaultdict(list)
    rows = Seat.objects.filter(post__call=call, state=SeatState.FREE)
    if posts is not None:
        rows = rows.filter(post_id__in=list(posts))
    for seat in rows.order_by("post_id", "number"):
        found[seat.post_id].append(seat)
    return found


def latest_offers(call: Call) -> dict[int, Offer]:
    """The newest offer of each application that was not undone, by application, without documents."""
    rows = Offer.objects.filter(seat__post__call=call).exclude(state=OfferState.WITHDRAWN)
    return {one.application_id: one for one in rows.select_related("seat").defer("document").order_by("pk")}


def published_list(call: Call) -> Run | None:
    """The run whose lists of everybody are public, without documents."""
    return light_runs().filter(call=call, round=0, state=RunState.PUBLISHED).first()


def newest_list_run(call: Call) -> Run | None:
    """The run that a definitive list would be made from: the newest correction of the published one, or that one."""
    shown = published_list(call)
    if shown is None:
        return None
    correction = (
        light_runs().filter(call=call, corrects=shown, state=RunState.CERTIFIED).order_by("-number").first()
    )
    return correction or shown


def round_run(call: Call, number: int) -> Run | None:
    """The newest run of round ``number``; of the first, the published lists themselves."""
    if number <= 1:
        return published_list(call)
    rows = light_runs().filter(call=call, round=number).exclude(state=RunState.SUPERSEDED)
    return rows.order_by("-number").first()


def wanted_in(call: Call, run: Run) -> list[Wanted]:
    """Who gets a place by ``run`` and has not been offered it, in order of merit, in two queries."""
    latest = latest_offers(call)
    rows = (
        Placement.objects.filter(run=run, post__isnull=False)
        .order_by("place")
        .values_list("application_id", "application__folio", "post_id", "post__key", "rank")
    )
    found = []
    for application, folio, post, key, rank in rows:
        held = latest.get(application)
        if held is None:
            found.append(Wanted(application, folio, post or 0, key or "", rank or 0))
        elif held.state == OfferState.ACCEPTED and held.wants_upgrade and held.seat.post_id != post:
            found.append(
                Wanted(
                    application,
                    folio,
                    post or 0,
                    key or "",
                    rank or 0,
                    held.pk,
                    held.seat_id,
                    held.seat.post_id,
                )
            )
    return found


# ------------------------------------------------------------------- the question


@dataclass(frozen=True, slots=True)
class RoundQuestion:
    """What a later round asks. ``holders`` are by post the applications that hold it and hope for better."""

    lists: SentLists
    offer: OfferedPosts
    design: Design
    holders: dict[int, list[int]] = field(default_factory=dict)


def round_question(call: Call) -> RoundQuestion | None:
    """The free seats and the lists of who still waits; ``None`` where nobody wants any of them."""
    design, latest = Design.of(call), latest_offers(call)
    movers = {
        application: offer
        for application, offer in latest.items()
        if Aftermath.of(call).may_upgrade
        and design.is_plain
        and offer.state == OfferState.ACCEPTED
        and offer.wants_upgrade
        and offer.joined_at is None
    }
    seats = _seats_in_play(call, movers.values())
    lists = _standing_lists(call, latest, movers, {post for post, rows in seats.items() if rows})
    if not any(
        len(posts) > (application in movers)
        for application, posts in zip(lists.applications, lists.posts, strict=True)
    ):
        return None
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for application, offer in movers.items():
        holders[offer.seat.post_id].append(application)
    posts = offered_posts(call)
    left = replace(
        posts,
        seats=[len(seats.get(post, ())) for post in posts.ids],
        shared=[(_classes(design, seats.get(post, ())), None, 0) for post in posts.ids],
    )
    return RoundQuestion(lists, left, _with_room(call, design), dict(holders))


def _seats_in_play(call: Call, moving: Iterable[Offer]) -> dict[int, list[Seat]]:
    """The free seats, and those that somebody holds who may leave them for a better one."""
    seats = defaultdict(list, free_seats(call))
    for one in moving:
        seats[one.seat.post_id].append(one.seat)
    return seats


def _classes(design: Design, seats: Iterable[Seat]) -> dict[str, int]:
    known = {one["key"] for one in design.groups}
    return dict(Counter(seat.seat_class for seat in seats if seat.seat_class in known))


def _with_room(call: Call, design: Design) -> Design:
    """The design with what is left of each region's cap."""
    if not design.regions:
        return design
    taken = Counter(
        Seat.objects.filter(post__call=call)
        .exclude(state=SeatState.FREE)
        .values_list("post__site__state_id", flat=True)
    )
    regions = [{**one, "cap": max(one["cap"] - taken[one["state"]], 0)} for one in design.regions]
    return replace(design, regions=regions)


def _standing_lists(
    call: Call, latest: dict[int, Offer], movers: dict[int, Offer], posts: set[int]
) -> SentLists:
    """The lists as decided, cut to ``posts``; of who may move up, what they prefer to their seat, and then that seat."""
    lists = SentLists([], [], [], [], [], [])
    corrected = dict(
        Claim.objects.filter(application__call=call, state=ClaimState.UPHELD, applied_in__isnull=True)
        .order_by("decided_at")
        .values_list("application_id", "merit")
    )
    rows = (
        Placement.objects.filter(run=published_list(call))
        .order_by("place")
        .values_list(
            "application_id", "application__folio", "merit", "posts", "application__groups",
            "application__origin_state", "application__origin_site_id",
        )
    )  # fmt: skip
    for application, folio, merit, wishes, groups, state, site in rows:
        if application in latest and application not in movers:
            continue
        wanted = wishes
        if application in movers:
            wanted = wishes[: wishes.index(movers[application].seat.post_id) + 1]
        if chosen := [post for post in wanted if post in posts]:
            lists.applications.append(application)
            lists.folios.append(folio)
            lists.merit.append(corrected.get(application) or merit)
            lists.posts.append(chosen)
            lists.groups.append(groups)
            lists.origins.append((state, site))
    _add_left_out(lists, call, latest, posts, set(corrected))
    return lists


def _add_left_out(
    lists: SentLists, call: Call, latest: dict[int, Offer], posts: set[int], upheld: set[int]
) -> None:
    """Who a late claim brought back, with the list that had not counted."""
    missing = upheld - set(lists.applications) - set(latest)
    placed = set(
        Placement.objects.filter(run=published_list(call), application_id__in=missing).values_list(
            "application_id", flat=True
        )
    )
    for one in Application.objects.filter(pk__in=missing - placed).order_by("pk"):
        wishes = list_of(one)
        if chosen := [post for post in wishes if post in posts]:
            lists.applications.append(one.pk)
            lists.folios.append(one.folio)
            lists.merit.append(one.merit)
            lists.posts.append(chosen)
            lists.groups.append(one.groups)
            lists.origins.append((one.origin_state, one.origin_site_id))


def list_of(application: Application) -> list[int]:
    """The newest list that an application sent; empty where it sent none."""
    newest = application.versions.filter(sent_at__isnull=False).order_by("-number").first()
    return list(newest.posts) if newest else []


def live_at(posts: Iterable[int]) -> Counter[int]:
    """How many live offers there are at each of these posts."""
    return Counter(
        Offer.objects.filter(seat__post_id__in=list(posts), state__in=LIVE).values_list(
            "seat__post_id", flat=True
        )
    )


def base_lists(run: Run) -> SentLists:
    """The lists of everybody in a run, as it decided on them."""
    lists = SentLists([], [], [], [], [], [])
    rows = (
        Placement.objects.filter(run=run)
        .order_by("place")
        .values_list(
            "application_id", "application__folio", "merit", "posts", "application__groups",
            "application__origin_state", "application__origin_site_id",
        )
    )  # fmt: skip
    for application, folio, merit, posts, groups, state, site in rows:
        lists.applications.append(application)
        lists.folios.append(folio)
        lists.merit.append(merit)
        lists.posts.append(posts)
        lists.groups.append(groups)
        lists.origins.append((state, site))
    return lists


def call_keys(call: Call) -> dict[int, str]:
    return {one.id: one.key for one in calls.call_posts(call)}


def upheld_claims(call: Call) -> list[Claim]:
    """Upheld claims that no public run has carried out yet, oldest decision first."""
    rows = Claim.objects.filter(application__call=call, state=ClaimState.UPHELD, applied_in__isnull=True)
    return list(rows.select_related("application").order_by("decided_at", "pk"))


def is_overtaken(call: Call, run: Run) -> bool:
    """Whether seats have moved since a run of a round was frozen, so that another is needed."""
    return (
        bool(run.certified_at)
        and SeatMove.objects.filter(seat__post__call=call, at__gt=run.certified_at).exists()
    )
