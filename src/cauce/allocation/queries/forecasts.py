"""The forecast of one person who waits: who is before them, what is free or out, and what became of earlier offers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, Min, Q

from cauce.allocation.models import Cutoff, Offer, OfferState, Placement, Release, Run, Seat, SeatState
from cauce.allocation.rules import offers as offer_rules
from cauce.allocation.rules import releases as release_rules
from cauce.allocation.rules.forecast import Forecast, chance_of, forecast, queues
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.outlook import wilson

_GIVEN_UP = (OfferState.DECLINED, OfferState.LAPSED, OfferState.ABSENT, OfferState.UPGRADED)
_ANSWERED = (*_GIVEN_UP, OfferState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody of a specialty in the list; ``called`` is the first round that offered them a place, if any did."""

    application: int
    posts: list[int]
    called: int | None


def waiting_forecast(run: Run, placement: Placement, releases: Collection[Release]) -> Forecast | None:
    """Return the chance that the person of ``placement`` is called in the next round; ``None`` where nothing tells it.

    Six queries at most, whatever the size, over the people of one specialty. Nothing is told where classes of seats, regions
    or posts' own orders decide, nor before the first round.
    """
    rounds = release_rules.rounds_of(releases)
    if not rounds or "shared" in run.facts:
        return None
    people = _people(run, placement)
    given_up, answered = _answers(run)
    free, out = _seats(placement)
    moving = _movers(run) if Aftermath.of(run.call).may_upgrade else {}
    waiting = [
        (one.application, _before(one.posts, moving.get(one.application)))
        for one in people
        if one.called is None or one.application in moving
    ]
    mine = next((q for who, q in queues(waiting, free, out) if who == placement.application_id), None)
    if mine is None:
        return None
    return forecast(
        mine,
        given_up=sum(given_up.values()),
        answered=sum(answered.values()),
        is_so_far=bool(out),
        past=_past(rounds, people, given_up, answered),
    )


def _people(run: Run, placement: Placement) -> list[_Person]:
    """Everybody of the person's specialty, in the order of merit."""
    called = Min(
        "application__offers__release__round", filter=~Q(application__offers__state=OfferState.WITHDRAWN)
    )
    rows = (
        Placement.objects.filter(run=run, application__specialty=placement.application.specialty_id)
        .annotate(called=called)
        .order_by("place")
        .values_list("application_id", "posts", "called")
    )
    return [_Person(*row) for row in rows]


def _movers(run: Run) -> dict[int, int]:
    """Who accepted and waits for something better, with the post that they hold: before others they come first."""
    rows = Offer.objects.filter(
        release__call=run.call_id, state=OfferState.ACCEPTED, wants_upgrade=True, joined_at__isnull=True
    )
    return dict(rows.values_list("application_id", "seat__post_id"))


def _before(posts: list[int], held: int | None) -> list[int]:
    """The wishes above the post that is held; all of them for who holds none."""
    return posts[: posts.index(held)] if held in posts else posts


def _answers(run: Run) -> tuple[dict[int, int], dict[int, int]]:
    """Offers given up, and offers answered, by round of the call."""
    rows = (
        Offer.objects.filter(release__call=run.call_id, state__in=_ANSWERED)
        .order_by()
        .values_list("release__round")
        .annotate(answered=Count("pk"), given_up=Count("pk", filter=Q(state__in=_GIVEN_UP)))
    )
    given_up, answered = {}, {}
    for number, all_of_it, gone in rows:
        given_up[number], answered[number] = gone, all_of_it
    return given_up, answered


def _seats(placement: Placement) -> tuple[dict[int, int], dict[int, int]]:
    """The free seats of the posts of the list, and those offered and not answered."""
    free = Counter(
        Seat.objects.filter(post__in=placement.posts, state=SeatState.FREE).values_list("post_id", flat=True)
    )
    out = Counter(
        Offer.objects.filter(seat__post__in=placement.posts, state__in=offer_rules.WAITING).values_list(
            "seat__post_id", flat=True
        )
    )
    return free, out


def _past(
    rounds: list[Release], people: list[_Person], given_up: dict[int, int], answered: dict[int, int]
) -> Iterator[tuple[float, bool]]:
    """For each round from the third on: what would have been told as the one before it went out, and who was called."""
    if len(rounds) < 3:
        return
    posts = {post for one in people for post in one.posts}
    seats: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for cut in Cutoff.objects.filter(run__in=[one.run_id for one in rounds], seats__gt=0).only(
        "run_id", "post_id", "seats", "taken"
    ):
        if cut.post_id in posts:
            seats[cut.run_id][cut.post_id] = (cut.seats - cut.taken, cut.taken)
    for before, release in pairwise(rounds[1:]):
        known = [number for number in answered if number < before.round]
        share = wilson(sum(given_up[n] for n in known), sum(answered[n] for n in known)).share
        then = seats[before.run_id or 0]
        free = {post: pair[0] for post, pair in then.items()}
        out = {post: pair[1] for post, pair in then.items()}
        waiting = [one for one in people if one.called is None or one.called >= release.round]
        called = {one.application for one in waiting if one.called == release.round}
        for who, queue in queues(((one.application, one.posts) for one in waiting), free, out):
            yield chance_of(queue, share), who in called
