"""What people and desks read of offers: one's own, the desk of rounds, plazas without takers, late arrivals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from cauce.allocation.models import (
    Cutoff,
    DeclineReason,
    Dispute,
    Offer,
    OfferState,
    Placement,
    Release,
    ReleaseKind,
    ReleaseState,
    Run,
    RunState,
    Seat,
    SeatState,
)
from cauce.allocation.queries.rounds import (
    free_seats,
    is_overtaken,
    published_list,
    releases_of,
    round_run,
    unanswered,
)
from cauce.allocation.rules import offers as rules
from cauce.allocation.rules import releases as release_rules
from cauce.allocation.rules import runs as run_rules
from cauce.base import workdays
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Application, Call
from cauce.calls.rules.aftermath import LAPSES, Aftermath
from cauce.calls.rules.design import Design

PAGE = 50
NEXT = 3
KINDS = {
    OfferState.PREPARED: "", OfferState.ISSUED: "now", OfferState.HELD: "now", OfferState.ACCEPTED: "ok",
    OfferState.DECLINED: "", OfferState.LAPSED: "warn", OfferState.UPGRADED: "ok", OfferState.ABSENT: "bad",
    OfferState.WITHDRAWN: "",
}  # fmt: skip


# -------------------------------------------------------------------- issue


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """Everything an offer's document says."""

    offer_id: int
    number: str
    person: str
    language: str
    folio: str
    call: str
    call_title: str
    institution: str
    contact: str
    key: str
    specialty: str
    site: str
    municipality: str
    state: str
    shift: str
    contract: str
    monthly_pay: Decimal | None
    starts_on: date
    released_on: date
    hours: int
    silence: str


def prepared_offers(release_id: int, *, limit: int | None) -> int:
    return Offer.objects.filter(release=release_id, state=OfferState.PREPARED).count()


def offers_to_sign(release_id: int, *, limit: int) -> list[OfferFacts]:
    """The next offers of a round without a document, with what theirs will say."""
    rows = (
        Offer.objects.filter(release=release_id, release__state=ReleaseState.PUBLIC, state=OfferState.PREPARED)
        .select_related(
            "application__person__user", "release__call__institution", "seat__post__site__state", "seat__post__specialty",
        )
        .defer("document")
        .order_by("pk")[:limit]
    )  # fmt: skip
    return [_facts(one) for one in rows]


def _facts(offer: Offer) -> OfferFacts:
    person, post, call = offer.application.person, offer.seat.post, offer.release.call
    user = getattr(person, "user", None)
    language = user.language if user is not None else "es-mx"
    released = offer.release.released_at
    assert released is not None  # noqa: S101 - a constraint
    with translation.override(language):
        silence = (
            _("Si no responde a tiempo, la oferta vence y el lugar pasa a otra persona.")
            if Aftermath.of(call).silence == LAPSES
            else _("Si no responde a tiempo, la oferta queda aceptada.")
        )
        return OfferFacts(
            offer_id=offer.pk, number=offer.number, person=str(person), language=language,
            folio=offer.application.folio, call=call.code, call_title=call.title, institution=call.institution.name,
            contact=call.contact, key=post.key, specialty=post.specialty.name, site=post.site.name,
            municipality=post.site.municipality, state=post.site.state.name, shift=str(post.get_shift_display()),
            contract=str(post.get_contract_display()), monthly_pay=post.monthly_pay, starts_on=offer.starts_on,
            released_on=released.astimezone(workdays.MEXICO_CITY).date(), hours=offer.release.answer_hours,
            silence=silence,
        )  # fmt: skip


def overdue_offers(*, now: datetime) -> list[int]:
    """Offers whose last second has passed without an answer, oldest clock first."""
    second = now.replace(microsecond=0)
    rows = Offer.objects.filter(state__in=rules.WAITING, answer_by__lt=second)
    return list(rows.order_by("answer_by", "pk").values_list("pk", flat=True)[:2000])


# ------------------------------------------------------------------ one's own


def offers_shown() -> QuerySet[Offer]:
    """Offers that their people may see: signed, with their first day and their clock. Without their documents."""
    return (
        Offer.objects.filter(state__in=rules.SHOWN).exclude(document_digest="")
        .select_related(
            "application__person", "release__call__institution", "seat__post__site__state", "seat__post__specialty"
        )
        .defer("document")
    )  # fmt: skip


def own_offers(actor: Actor, code: str) -> QuerySet[Offer]:
    return offers_shown().filter(application__person_id=actor.person_id or 0, release__call__code=code)


def document_of(offer: Offer) -> bytes:
    return bytes(Offer.objects.values_list("document", flat=True).get(pk=offer.pk) or b"")


@dataclass(frozen=True, slots=True)
class OfferPage:
    """One's own offer. ``late`` warns that its first day has passed and nobody noted the arrival."""

    offer: Offer
    call: Call
    aftermath: Aftermath
    specialty: str
    state_kind: str
    may_answer: Verdict
    may_hold: Verdict
    is_late: bool
    reason: str


def offer_page(actor: Actor, offer: Offer, *, now: datetime) -> OfferPage:
    """No query beyond the offer's own."""
    aftermath = Aftermath.of(offer.release.call)
    may_answer = rules.may_answer(actor, offer, now=now)
    return OfferPage(
        offer=offer,
        call=offer.release.call,
        aftermath=aftermath,
        specialty=offer.seat.post.specialty.name,
        state_kind=KINDS[OfferState(offer.state)],
        may_answer=may_answer,
        may_hold=rules.may_hold(offer, aftermath) if may_answer else may_answer,
        is_late=rules.is_late(offer, today=today_of(now)),
        reason=str(DeclineReason(offer.reason).label) if offer.reason else "",
    )


def today_of(now: datetime) -> date:
    return now.astimezone(workdays.MEXICO_CITY).date()


@dataclass(frozen=True, slots=True)
class MyOffersPage:
    """A person's offers in a call, newest first, with the lists that are public."""

    call: Call
    folio: str
    offers: list[tuple[Offer, str]]
    releases: list[Release]
    undone: list[Release]


def my_offers_page(actor: Actor, application: Application) -> MyOffersPage:
    """Two queries."""
    known = releases_of(application.call)
    offers = offers_shown().filter(application=application).order_by("-pk")
    return MyOffersPage(
        call=application.call,
        folio=application.folio,
        offers=[(one, KINDS[OfferState(one.state)]) for one in offers],
        releases=release_rules.in_force(known),
        undone=[one for one in known if one.kind == ReleaseKind.UNDO and one.state == ReleaseState.PUBLIC],
    )


# --------------------------------------------------------------------- desk


@dataclass(frozen=True, slots=True)
class EmptyPost:
    """A post with free seats: how many lists have it, why who was offered it left it, and the next who want it, by folio."""

    key: str
    site: str
    specialty: str
    free: int
    listed: int
    reasons: list[tuple[str, int]]
    next: list[str]


@dataclass(frozen=True, slots=True)
class DisputeLine:
    dispute: Dispute
    waiting: list[str]
    may_resolve: Verdict


@dataclass(frozen=True, slots=True)
class OffersPage:
    """The desk of offers and rounds. ``seats`` are (state, label, count); ``late`` offers whose people have not come."""

    call: Call
    aftermath: Aftermath
    seats: list[tuple[str, str, int]]
    offers: Page[Offer]
    kinds: dict[str, str]
    states: list[tuple[str, str, int]]
    chosen: str
    late: list[Offer]
    empty: list[EmptyPost]
    disputes: list[DisputeLine]
    round: int
    run: Run | None
    is_first: bool
    is_running: bool
    may_run: Verdict
    may_propose: Verdict
    may_manage: Verdict
    today: date


def call_offers(call: Call) -> QuerySet[Offer]:
    return (
        Offer.objects.filter(seat__post__call=call)
        .select_related("application", "release__call", "seat__post__site", "seat__post__specialty")
        .defer("document")
    )


def offers_page(actor: Actor, call: Call, number: str, chosen: str, *, now: datetime) -> OffersPage:
    """A fixed number of queries, whatever the size of the call."""
    known, today = releases_of(call), today_of(now)
    open_offers, free = unanswered(call), free_seats(call)
    round_number = len(release_rules.rounds_of(known)) + 1
    run = round_run(call, round_number)
    usable = run if run is not None and run.state in (RunState.CERTIFIED, RunState.PUBLISHED) else None
    is_first = round_number == 1
    fresh = usable is not None and (is_first or not is_overtaken(call, usable))
    rows = call_offers(call)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    shown = rows.filter(state=chosen) if chosen in OfferState.values else rows
    return OffersPage(
        call=call,
        aftermath=Aftermath.of(call),
        seats=seat_counts(call),
        offers=Paginator(shown.order_by("-pk"), PAGE).get_page(number[:9]),
        kinds={str(state): kind for state, kind in KINDS.items()},
        states=[
            (state, str(OfferState(state).label), counts[state])
            for state in OfferState.values
            if state in counts
        ],
        chosen=chosen if chosen in OfferState.values else "",
        late=list(late_offers(call, today=today)[:PAGE]),
        empty=_empty_posts(call, free),
        disputes=_disputes(actor, call),
        round=round_number,
        run=usable,
        is_first=is_first,
        is_running=run is not None and run.state in run_rules.UNDER_WAY,
        may_run=release_rules.may_run_round(
            actor,
            call,
            releases=known,
            unanswered=open_offers,
            free=sum(map(len, free.values())),
            is_ready=fresh,
        ),
        may_propose=release_rules.may_propose_round(
            actor, call, releases=known, unanswered=open_offers, run=usable if fresh else None
        ),
        may_manage=rules.may_manage_offers(actor, call),
        today=today,
    )


def seat_counts(call: Call) -> list[tuple[str, str, int]]:
    """How many seats of a call are in each state; nothing before the first round. One query."""
    counts = dict(
        Seat.objects.filter(post__call=call).order_by().values_list("state").annotate(n=Count("pk"))
    )
    return (
        [(state, str(SeatState(state).label), counts.get(state, 0)) for state in SeatState.values]
        if counts
        else []
    )


def late_offers(call: Call, *, today: date) -> QuerySet[Offer]:
    """Accepted offers whose first day has passed without anybody saying that the person came."""
    rows = call_offers(call).filter(state=OfferState.ACCEPTED, joined_at__isnull=True, starts_on__lt=today)
    return rows.order_by("starts_on", "pk")


def _empty_posts(call: Call, free: dict[int, list[Seat]]) -> list[EmptyPost]:
    most = sorted(free, key=lambda post: (-len(free[post]), post))[:PAGE]
    reasons: defaultdict[int, Counter[str]] = defaultdict(Counter)
    refused = Offer.objects.filter(
        seat__post_id__in=most, state__in=(OfferState.DECLINED, OfferState.LAPSED, OfferState.ABSENT)
    )
    for post, state, reason in refused.values_list("seat__post_id", "state", "reason"):
        label = DeclineReason(reason).label if reason else OfferState(state).label
        reasons[post][str(label)] += 1
    posts = {one.pk: one for one in call.posts.filter(pk__in=most).select_related("site", "specialty")}
    listed = dict(
        Cutoff.objects.filter(run=published_list(call), post_id__in=most).values_list("post_id", "listed")
    )
    substitutes = substitutes_for(call, most)
    return [
        EmptyPost(
            posts[post].key, posts[post].site.short_name, posts[post].specialty.name, len(free[post]),
            listed.get(post, 0), reasons[post].most_common(), substitutes.get(post, []),
        )
        for post in most
    ]  # fmt: skip


def _disputes(actor: Actor, call: Call) -> list[DisputeLine]:
    """Open locks with who waits for the seat: whoever claims it, and whoever the list gives it and has no offer."""
    rows = list(
        Dispute.objects.filter(call=call, closed_at__isnull=True)
        .select_related("call", "post__site", "seat", "claim__application", "opened_by").order_by("opened_at", "pk")
    )  # fmt: skip
    if not rows:
        return []
    waiting = waiting_for(call, {one.post_id for one in rows})
    lines = []
    for one in rows:
        claimant = [one.claim.application.folio] if one.claim else []
        names = claimant + [folio for folio in waiting.get(one.post_id, []) if folio not in claimant]
        lines.append(DisputeLine(one, names, rules.may_resolve(actor, one)))
    return lines


def waiting_for(call: Call, posts: set[int]) -> dict[int, list[str]]:
    """By post, the folios that the lists place there and who have had no offer, best first, in one query."""
    offered = (
        Offer.objects.filter(seat__post__call=call)
        .exclude(state=OfferState.WITHDRAWN)
        .values("application_id")
    )
    rows = Placement.objects.filter(run=published_list(call), post_id__in=posts).exclude(
        application_id__in=offered
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    if Offer.objects.filter(seat__post__call=call).exists():
        for post, folio in rows.order_by("place").values_list("post_id", "application__folio"):
            found[post or 0].append(folio)
    return found


def substitutes_for(call: Call, posts: Sequence[int]) -> dict[int, list[str]]:
    """By post, the next who have it in their list and still take part, by folio and best first; two queries.

    Who still waits, and who accepted and asked to move to something they prefer. Nothing where posts have orders of
    their own: there the run of the round says it.
    """
    if not posts or Design.of(call).has_own_orders:
        return {}
    wanted, found = set(posts), defaultdict[int, list[str]](list)
    told = Offer.objects.filter(seat__post__call=call).exclude(state=OfferState.WITHDRAWN).order_by("pk")
    # Of who was offered something, the post they may leave for a better one; nothing of who takes no part any more.
    held: dict[int, int | None] = {
        application: post if state == OfferState.ACCEPTED and moves and joined is None else None
        for application, post, state, moves, joined in told.values_list(
            "application_id", "seat__post_id", "state", "wants_upgrade", "joined_at"
        )
    }
    rows = Placement.objects.filter(run=published_list(call)).order_by("place")
    people = rows.values_list("application_id", "application__folio", "posts")
    for application, folio, wishes in people.iterator(chunk_size=2000):
        own = held.get(application, 0)
        for post in [] if own is None else wishes[: wishes.index(own)] if own else wishes:
            if post in wanted:
                found[post].append(folio)
                if len(found[post]) == NEXT:
                    wanted.discard(post)
        if not wanted:
            break
    return found


def call_disputes(call: Call) -> QuerySet[Dispute]:
    return Dispute.objects.filter(call=call).select_related("call", "post", "seat")
