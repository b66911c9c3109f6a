"""What anyone may read: the portal's home, the calls, one call, one post, one receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.base.actors import Actor
from cauce.base.drawing import Region, StatesFigure, StatesRow, region_name
from cauce.base.errors import Verdict
from cauce.base.figures import days_away, number, percent
from cauce.calls import rules
from cauce.calls.models import (
    Addendum,
    Application,
    ApplicationState,
    Appointment,
    Call,
    CallKind,
    CallState,
    ListRule,
    ListVersion,
    Post,
    Requirement,
)
from cauce.calls.queries.double_check import Checked, checked
from cauce.calls.queries.lottery import Drawn, drawn
from cauce.calls.queries.managers import appointments_of
from cauce.calls.rules import Phase
from cauce.calls.rules.aftermath import Aftermath, aftermath_sentences
from cauce.calls.rules.design import OPEN, Design, classes_of, sentences
from cauce.calls.rules.lottery import Source
from cauce.calls.rules.panels import Rubric
from cauce.calls.rules.receipt import to_the_second
from cauce.institutions.models import State, specialty_name


def published_calls() -> QuerySet[Call]:
    """Return the calls that anyone may read."""
    return Call.objects.filter(state=CallState.PUBLISHED)


def open_calls(*, now: datetime) -> list[Call]:
    """Return the calls that take applications now, the one that closes first first."""
    second = now.replace(microsecond=0)
    found = (
        published_calls().filter(opens_at__lte=second, closes_at__gte=second).order_by("closes_at", "code")
    )
    return [call for call in found if rules.phase(call, now=now) is Phase.OPEN]


# ----------------------------------------------------------------- the calls


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call in a list. ``posts`` and ``seats`` are totals; ``mine`` is the state of the reader's application."""

    call: Call
    institution: str
    phase: Phase
    posts: int
    seats: int
    specialties: int
    mine: str = ""
    my_folio: str = ""

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    @property
    def is_announced(self) -> bool:
        return self.phase is Phase.ANNOUNCED

    @property
    def state(self) -> tuple[str, str]:
        return phase_state(self.phase)

    @property
    def size(self) -> str:
        """What it offers, in words."""
        return (
            offer_words(self.posts, self.specialties) if self.posts else _("sus plazas están por publicarse")
        )


def phase_state(where: Phase) -> tuple[str, str]:
    """Return the kind and the word of a call's state."""
    return {
        Phase.OPEN: ("now", _("Abierta")),
        Phase.ANNOUNCED: ("", _("Abre pronto")),
        Phase.CLOSED: ("", _("Cerrada")),
        Phase.DRAFT: ("", _("Borrador")),
    }[where]


def offer_words(posts: int, specialties: int) -> str:
    return _("%(posts)s en %(specialties)s") % {
        "posts": ngettext("%(n)s plaza", "%(n)s plazas", posts) % {"n": number(posts)},
        "specialties": ngettext("%(n)s especialidad", "%(n)s especialidades", specialties)
        % {"n": number(specialties)},
    }


def _cards(calls: QuerySet[Call], actor: Actor, *, now: datetime) -> list[CallCard]:
    mine = {}
    if actor.person_id is not None:
        rows = Application.objects.filter(person_id=actor.person_id).values_list("call_id", "state", "folio")
        mine = {call: (state, folio) for call, state, folio in rows}
    found = calls.select_related("institution").annotate(
        post_count=Count("posts"),
        seat_count=Sum("posts__seats"),
        specialty_count=Count("posts__specialty", distinct=True),
    )
    return [
        CallCard(
            call=call,
            institution=call.institution.acronym,
            phase=rules.phase(call, now=now),
            posts=call.post_count,
            seats=call.seat_count or 0,
            specialties=call.specialty_count,
            mine=mine.get(call.pk, ("", ""))[0],
            my_folio=mine.get(call.pk, ("", ""))[1],
        )
        for call in found
    ]


@dataclass(frozen=True, slots=True)
class CallsPage:
    """The calls by what one can do with them: open (first to close first), announced, closed (newest first)."""

    open: list[CallCard]
    announced: list[CallCard]
    closed: list[CallCard]

    @property
    def is_empty(self) -> bool:
        return not (self.open or self.announced or self.closed)


def calls_page(actor: Actor, *, now: datetime) -> CallsPage:
    cards = _cards(published_calls(), actor, now=now)
    by_phase = {where: [card for card in cards if card.phase is where] for where in Phase}
    return CallsPage(
        open=sorted(by_phase[Phase.OPEN], key=lambda card: card.call.closes_at),
        announced=sorted(by_phase[Phase.ANNOUNCED], key=lambda card: card.call.opens_at),
        closed=sorted(by_phase[Phase.CLOSED], key=lambda card: card.call.closes_at, reverse=True),
    )


# ------------------------------------------------------------------ the home


@dataclass(frozen=True, slots=True)
class NextDate:
    """The next date that matters to whoever comes: ``kind`` closes, opens or results."""

    kind: str
    call: Call
    at: datetime
    away: str

    @property
    def when(self) -> str:
        return to_the_second(self.at)


@dataclass(frozen=True, slots=True)
class HomePage:
    """The portal's home. The figures are of the open calls, read at ``at``; demand as of ``demand_at``."""

    open: list[CallCard]
    announced: list[CallCard]
    closed: list[CallCard]
    next: NextDate | None
    at: datetime
    posts: int
    seats: int
    unlisted: int
    sent: int
    demand_at: datetime | None
    states: StatesFigure | None


def home_page(actor: Actor, *, now: datetime) -> HomePage:
    """Return the home, in four queries (five for who has signed in)."""
    page = calls_page(actor, now=now)
    ids = [card.call.pk for card in page.open]
    counted = [card.call.demand_at for card in page.open if card.call.demand_at is not None]
    by_state = list(
        Post.objects.filter(call__in=ids)
        .values("site__state_id")
        .annotate(posts=Count("pk"), seats=Sum("seats"), unlisted=Count("pk", filter=Q(listed=0)))
        .order_by("site__state_id")
    )
    is_counted = len(counted) == len(page.open) and bool(counted)
    sent = Application.objects.filter(call__in=ids, state=ApplicationState.SUBMITTED).count()
    return HomePage(
        open=page.open,
        announced=page.announced,
        closed=page.closed[:5],
        next=_next_date(page, now=now),
        at=now,
        posts=sum(card.posts for card in page.open),
        seats=sum(card.seats for card in page.open),
        unlisted=sum(row["unlisted"] for row in by_state),
        sent=sent,
        demand_at=min(counted) if is_counted else None,
        states=_states(by_state, is_counted=is_counted) if by_state else None,
    )


def _states(by_state: Sequence[Mapping[str, Any]], *, is_counted: bool) -> StatesFigure:
    """Posts of the open calls by state: drawn in five classes of equal width, and with seats and demand in the table."""
    address = reverse("calls:search")
    width = -(-max(row["posts"] for row in by_state) // 5)
    rows, regions = [], []
    for row in by_state:
        if not row["site__state_id"].isdigit():
            continue  # a country; the drawing is of Mexico
        key, href = row["site__state_id"], f"{address}?estado={row['site__state_id']}"
        demand = (percent(Decimal(row["unlisted"]) / row["posts"]),) if is_counted else ()
        rows.append(
            StatesRow(key, region_name(key), href, (number(row["posts"]), number(row["seats"]), *demand))
        )
        regions.append(Region(key, number(row["posts"]), -(-row["posts"] // width), href))
    heads = (_("Plazas"), _("Lugares"), *((_("Plazas sin ninguna lista"),) if is_counted else ()))
    limits = [
        _("%(low)s a %(high)s") % {"low": number(width * step + 1), "high": number(width * (step + 1))}
        for step in range(5)
    ]
    return StatesFigure(_("Plazas que se ofrecen, por estado"), _("plazas"), regions, limits, heads, rows)


def _next_date(page: CallsPage, *, now: datetime) -> NextDate | None:
    dates = [("closes", card.call, card.call.closes_at) for card in page.open]
    dates += [("opens", card.call, card.call.opens_at) for card in page.announced]
    dates += [
        ("results", card.call, card.call.results_at)
        for card in page.closed
        if card.call.results_at > now and card.call.results_published_at is None
    ]
    # What asks something of people comes before what they only wait for.
    soonest = min(dates, key=lambda one: (one[0] == "results", one[2]), default=None)
    return NextDate(*soonest, days_away(soonest[2], now)) if soonest else None


# -------------------------------------------------------------------- a call


class SpecialtyRow(NamedTuple):
    code: str
    name: str
    tier: str
    posts: int
    seats: int
    unlisted: int


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """A point of the calendar's course; ``kind`` as the course draws it."""

    label: str
    starts_at: datetime
    ends_at: datetime | None
    as_written: str
    kind: str
    binds: bool

    @property
    def is_one_day(self) -> bool:
        """Whether it ends on the local day it starts."""
        return (
            self.ends_at is not None
            and timezone.localtime(self.starts_at).date() == timezone.localtime(self.ends_at).date()
        )


@dataclass(frozen=True, slots=True)
class CallPage:
    call: Call
    phase: Phase
    state: tuple[str, str]
    calendar: list[CourseEntry]
    specialties: list[SpecialtyRow]
    state_names: dict[str, str]
    addenda: list[Addendum]
    version: int
    digest: str
    may_apply: Verdict
    mine: Application | None
    requirements: list[Requirement]
    checked: Checked
    appointments: list[Appointment]
    drawn: Drawn | None

    @property
    def rubric(self) -> Rubric:
        return Rubric.of(self.call.rubric)

    @property
    def states(self) -> list[str]:
        return list(self.state_names.values())

    @property
    def posts(self) -> int:
        return sum(row.posts for row in self.specialties)

    @property
    def seats(self) -> int:
        return sum(row.seats for row in self.specialties)

    @property
    def unlisted(self) -> int:
        return sum(row.unlisted for row in self.specialties)

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    @property
    def is_complete(self) -> bool:
        return self.call.list_rule == ListRule.COMPLETE

    @property
    def how(self) -> list[str]:
        """Who gets a seat, in plain words."""
        return sentences(Design.of(self.call), self.state_names)

    @property
    def after(self) -> list[str]:
        """What follows the results, in plain words; nothing where the call declares nothing."""
        declared = Aftermath.of(self.call)
        return aftermath_sentences(declared) if declared != Aftermath() else []

    @property
    def lead(self) -> str:
        return offer_words(self.posts, len(self.specialties))


def call_page(call: Call, actor: Actor, *, now: datetime) -> CallPage:
    """Return the public page of a call, in seven queries; one more for who has signed in, one for appointments, two for a draw."""
    name = f"specialty__{specialty_name()}"
    specialties = [
        SpecialtyRow._make(row)
        for row in call.call_specialties.values_list("specialty__code", name, "tier")
        .annotate(
            posts=Count("specialty__posts", filter=Q(specialty__posts__call=call)),
            seats=Sum("specialty__posts__seats", filter=Q(specialty__posts__call=call), default=0),
            unlisted=Count(
                "specialty__posts", filter=Q(specialty__posts__call=call, specialty__posts__listed=0)
            ),
        )
        .order_by("tier", name)
    ]
    addenda = list(call.addenda.order_by("number"))
    mine = None
    if actor.person_id is not None:
        mine = call.applications.filter(person_id=actor.person_id).first()
    may_apply = rules.may_start(actor, call, now=now) if actor.is_known else _when_signed_in(call, now=now)
    return CallPage(
        call=call,
        phase=rules.phase(call, now=now),
        state=phase_state(rules.phase(call, now=now)),
        calendar=_calendar(call, now=now),
        specialties=specialties,
        state_names=dict(State.objects.filter(calls=call).order_by("name").values_list("key", "name")),
        addenda=addenda,
        version=rules.current_version(call),
        digest=addenda[-1].digest if addenda else call.rules_digest,
        may_apply=may_apply,
        mine=mine,
        requirements=list(call.requirements.order_by("position")),
        checked=checked(call),
        appointments=appointments_of(call) if call.kind == CallKind.MANAGERS else [],
        drawn=drawn(call),
    )


def _when_signed_in(call: Call, *, now: datetime) -> Verdict:
    """What a visitor could do after signing in as a person."""
    return rules.may_start(Actor(name="visitor", person_id=0), call, now=now)


def _calendar(call: Call, *, now: datetime) -> list[CourseEntry]:
    """Return the three dates that bind and the rest, in order, each done, now or to come."""
    entries = [
        (_("Recepción de listas"), call.opens_at, call.closes_at, "", True),
        (_("Resultados"), call.results_at, None, "", True),
        *((one.label, one.starts_at, one.ends_at, one.as_written, False) for one in call.calendar.all()),
    ]
    if call.published_at is not None:
        entries.append((_("Publicación de las reglas"), call.published_at, None, "", False))
    if known_at := Source.of(call).known_at:
        entries.append((_("Se conoce el valor del sorteo"), known_at, None, "", False))
    return [
        CourseEntry(label, starts, ends, as_written, _moment_kind(starts, ends, now), binds)
        for label, starts, ends, as_written, binds in sorted(entries, key=lambda one: one[1])
    ]


def _moment_kind(starts: datetime, ends: datetime | None, now: datetime) -> str:
    if now < starts:
        return ""
    return "done" if ends is None or now > ends else "now"


# -------------------------------------------------------------------- a post


@dataclass(frozen=True, slots=True)
class PayLine:
    """A line of the monthly sum: what, on what basis, how much."""

    label: str
    basis: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SeatLine:
    """Seats of a post that are kept for somebody: for whom, how many, and whose they become where they are left."""

    label: str
    seats: int
    turns_to: str


@dataclass(frozen=True, slots=True)
class PostPage:
    """``classes`` is empty where all seats are open to everybody; ``cap`` is that of the state, in seats."""

    post: Post
    call: Call
    phase: Phase
    state: tuple[str, str]
    pay: list[PayLine]
    total: Decimal | None
    mine: Application | None
    classes: list[SeatLine]
    cap: int | None

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    @property
    def is_my_specialty(self) -> bool:
        return self.mine is not None and self.mine.specialty_id == self.post.specialty_id

    @property
    def per_seat(self) -> Decimal:
        return Decimal(self.post.listed) / self.post.seats


def published_posts() -> QuerySet[Post]:
    """Posts of published calls, with all that ``post_page`` shows."""
    return Post.objects.filter(call__in=published_calls()).select_related(
        "call", "site__state", "site__institution", "specialty"
    )


def post_page(post: Post, actor: Actor, *, now: datetime) -> PostPage:
    """Return the page of a post read with its call, site, institution, state and specialty."""
    mine = None
    if actor.person_id is not None:
        mine = post.call.applications.filter(person_id=actor.person_id).first()
    pay = pay_lines(post)
    where = rules.phase(post.call, now=now)
    design = Design.of(post.call)
    return PostPage(
        post=post,
        call=post.call,
        phase=where,
        state=phase_state(where),
        pay=pay,
        total=sum((line.amount for line in pay), Decimal(0)) if pay else None,
        mine=mine,
        classes=[
            SeatLine(design.label_of(key), seats, design.label_of(turns_to) if turns_to else "")
            for key, seats, turns_to in classes_of(design, post.seats, post.reserved)
            if seats or key != OPEN
        ],
        cap=design.caps().get(post.site.state_id),
    )


def pay_lines(post: Post) -> list[PayLine]:
    """Return how the monthly pay of a post adds up; nothing where no pay is known."""
    if post.monthly_pay is None:
        return []
    lines = [PayLine(_("Sueldo mensual"), _("según la convocatoria"), post.monthly_pay)]
    for label, share in (
        (_("Suplemento por zona alejada"), post.isolation_percent),
        (_("Suplemento rural"), post.rural_percent),
    ):
        if share:
            amount = (post.monthly_pay * share / 100).quantize(Decimal("0.01"))
            basis = _("%(percent)s del sueldo") % {"percent": percent(Decimal(share) / 100)}
            lines.append(PayLine(label, basis, amount))
    return lines


# ----------------------------------------------------------------- a receipt


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt as anyone may check it: no name, no list."""

    version: ListVersion
    call: Call
    folio: str
    is_newest: bool
    is_withdrawn: bool

    @property
    def sent(self) -> str:
        return to_the_second(self.version.sent_at) if self.version.sent_at else ""


def receipt_page(receipt: str) -> ReceiptPage | None:
    """Return the receipt with this number, forgiving case and spaces, or ``None``; two queries."""
    tidy = "".join(receipt[:60].replace("\0", "").split()).upper()
    version = (
        ListVersion.objects.select_related("application__call")
        .filter(receipt=tidy)
        .exclude(receipt="")
        .first()
    )
    if version is None:
        return None
    application = version.application
    newest = (
        application.versions.filter(sent_at__isnull=False)
        .order_by("-number")
        .values_list("pk", flat=True)
        .first()
    )
    return ReceiptPage(
        version=version,
        call=application.call,
        folio=application.folio,
        is_newest=newest == version.pk and application.state != ApplicationState.DRAFT,
        is_withdrawn=application.state == ApplicationState.WITHDRAWN,
    )
