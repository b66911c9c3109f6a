"""What a call offers and who wants it: by state and municipality, and the seats that nobody takes, with the reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.allocation.models import Cutoff, DeclineReason, Offer, OfferState, Run, Seat, SeatState
from cauce.allocation.queries.rounds import published_list
from cauce.base import figures
from cauce.calls.models import Call, Post
from cauce.calls.rules.design import Design

PAGE = 50
_LEFT = (OfferState.DECLINED, OfferState.LAPSED, OfferState.ABSENT)
REASONS = {
    "dejada": gettext_lazy("Se ofreció y la dejaron"),
    "nadie": gettext_lazy("Nadie la puso en su lista"),
    "pocas": gettext_lazy("Menos listas que lugares"),
    "abajo": gettext_lazy("Quienes la pusieron obtuvieron algo que prefieren"),
    "reservada": gettext_lazy("La pusieron, y lo que queda es de una clase o de un tope que no alcanzan"),
}


@dataclass(frozen=True, slots=True)
class PlaceDemand:
    """A state or a municipality: what is offered there, in how many lists, and how many seats are free, if that is known."""

    key: str
    name: str
    posts: int
    seats: int
    listed: int
    first: int
    unlisted: int
    free: int | None

    @property
    def per_seat(self) -> float:
        """Wishes for each seat."""
        return self.listed / self.seats if self.seats else 0


@dataclass(frozen=True, slots=True)
class EmptyPost:
    """A post that is not filled. ``reason`` is one of ``REASONS``; ``said`` what those who were offered it said."""

    post: Post
    free: int
    listed: int
    reason: str
    said: list[tuple[str, int]]

    @property
    def words(self) -> str:
        return str(REASONS[self.reason])


@dataclass(frozen=True, slots=True)
class DemandPage:
    """Demand of a call. ``run`` is empty until results are public; ``has_ledger`` says that seats are being offered."""

    call: Call
    run: Run | None
    has_ledger: bool
    places: list[PlaceDemand]
    state: tuple[str, str]
    reasons: list[tuple[str, str, int]]
    chosen: str
    rows: list[EmptyPost]
    page: Page[Post]

    @property
    def most(self) -> float:
        return max((one.per_seat for one in self.places), default=0)

    @property
    def total(self) -> PlaceDemand:
        def summed(name: str) -> int:
            return sum(getattr(one, name) or 0 for one in self.places)

        free = summed("free") if self.run else None
        return PlaceDemand(
            "", "", summed("posts"), summed("seats"), summed("listed"), summed("first"), summed("unlisted"), free
        )  # fmt: skip

    @property
    def source(self) -> str:
        if self.run is not None and self.run.certified_at is not None:
            facts = {"number": self.run.number, "when": figures.moment(self.run.certified_at)}
            if self.has_ledger:
                return _("listas de la corrida %(number)s, del %(when)s; lugares libres, ahora") % facts
            return _("corrida %(number)s, certificada el %(when)s") % facts
        if self.call.demand_at is None:
            return _("todavía no se cuenta ninguna lista")
        return _("listas enviadas, contadas el %(when)s") % {"when": figures.moment(self.call.demand_at)}


def demand_page(call: Call, *, state: str, reason: str, number: str) -> DemandPage:
    """Demand by state, or by municipality of ``state``, and what is not filled; a fixed number of queries."""
    run = published_list(call)
    has_ledger = run is not None and Seat.objects.filter(post__call=call).exists()
    posts = _posts(call, run, has_ledger=has_ledger)
    states = dict(posts.order_by().values_list("site__state_id", "site__state__name").distinct())
    state = state if state in states else ""
    if state:
        posts = posts.filter(site__state=state)
    empty = posts.filter(free_n__gt=0) if run or call.demand_at else posts.none()
    counts = dict(empty.order_by().values_list("reason").annotate(n=Count("pk")))
    shown = empty.filter(reason=reason) if reason in counts else empty
    page = Paginator(
        shown.select_related("site__state", "specialty").order_by("-free_n", "key"), PAGE
    ).get_page(number[:9])
    rows = list(page.object_list)
    return DemandPage(
        call=call,
        run=run,
        has_ledger=has_ledger,
        places=_places(posts, by_municipality=bool(state), is_free_known=run is not None),
        state=(state, states.get(state, "")),
        reasons=[(key, str(words), counts[key]) for key, words in REASONS.items() if key in counts],
        chosen=reason if reason in counts else "",
        rows=_rows(rows, _said(rows) if has_ledger else {}),
        page=page,
    )


def _posts(call: Call, run: Run | None, *, has_ledger: bool) -> QuerySet[Any]:
    """The posts with ``listed_n``, ``free_n`` and the ``reason`` why they would not be full."""
    posts = Post.objects.filter(call=call)
    if run is None:
        posts = posts.annotate(listed_n=F("listed"), free_n=F("seats") - F("listed"), left_n=Value(0))
    else:
        cutoff = Cutoff.objects.filter(run=run, post=OuterRef("pk"))
        posts = posts.annotate(listed_n=_number(cutoff.values("listed")))
        if has_ledger:
            free = Seat.objects.filter(post=OuterRef("pk"), state=SeatState.FREE)
            left = Offer.objects.filter(seat__post=OuterRef("pk"), state__in=_LEFT)
            posts = posts.annotate(free_n=_counted(free, "post"), left_n=_counted(left, "seat__post"))
        else:
            posts = posts.annotate(free_n=F("seats") - _number(cutoff.values("taken")), left_n=Value(0))
    rest = "pocas" if run is None else "abajo" if Design.of(call).is_plain else "reservada"
    return posts.annotate(
        reason=Case(
            When(left_n__gt=0, then=Value("dejada")),
            When(listed_n=0, then=Value("nadie")),
            default=Value(rest),
        )
    )


def _number(rows: Any) -> Coalesce:
    return Coalesce(Subquery(rows[:1], output_field=IntegerField()), 0)


def _counted(rows: Any, name: str) -> Coalesce:
    return _number(rows.order_by().values(name).annotate(n=Count("pk")).values("n"))


def _places(posts: QuerySet[Any], *, by_municipality: bool, is_free_known: bool) -> list[PlaceDemand]:
    names = ["site__municipality"] * 2 if by_municipality else ["site__state_id", "site__state__name"]
    rows = (
        posts.order_by()
        .values(*dict.fromkeys(names))
        .annotate(
            posts_n=Count("pk"), seats_n=Sum("seats"), wishes=Sum("listed_n"), first=Sum("listed_first"),
            unlisted=Count("pk", filter=Q(listed_n=0)), free=Sum("free_n"),
        )
        .order_by(names[1])
    )  # fmt: skip
    return [
        PlaceDemand(
            row[names[0]], row[names[1]], row["posts_n"], row["seats_n"], row["wishes"], row["first"], row["unlisted"],
            row["free"] if is_free_known else None,
        )
        for row in rows
    ]  # fmt: skip


def _rows(posts: Sequence[Any], said: dict[int, Counter[str]]) -> list[EmptyPost]:
    return [
        EmptyPost(
            one, one.free_n, one.listed_n, one.reason, said[one.pk].most_common() if one.pk in said else []
        )
        for one in posts
    ]


def _said(posts: Sequence[Post]) -> dict[int, Counter[str]]:
    """By post, what those who were offered it and left it said, in one query."""
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    left = Offer.objects.filter(seat__post__in=posts, state__in=_LEFT)
    for post, state, reason in left.values_list("seat__post_id", "state", "reason"):
        found[post][str(DeclineReason(reason).label if reason else OfferState(state).label)] += 1
    return found
