"""The pages of one application: its steps, its list, its versions, what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.accounts.models import PrivacyNotice
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.figures import number
from cauce.calls import rules
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    ListRule,
    ListVersion,
    Post,
    Shift,
)
from cauce.calls.queries.application import (
    DocumentsAsked,
    as_sent,
    counting,
    documents_asked,
)
from cauce.calls.queries.odds import ListOdds, WishOdds, list_odds
from cauce.calls.queries.search import (
    PostsPage,
    posts_page,
    read_filters,
    supplement_words,
)
from cauce.calls.rules import Phase
from cauce.calls.rules import application as rulebook
from cauce.calls.rules.receipt import to_the_second
from cauce.institutions.models import specialty_name
from cauce.institutions.rules import whereabouts

RESULT = "allocation:result"


class Step(StrEnum):
    """What an application asks of its person now."""

    DETAILS = "details"
    LIST = "list"
    SEND = "send"
    RECEIPT = "receipt"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of an application shows: state, steps, what counts, and whether something waits to be sent."""

    application: Application
    call: Call
    phase: Phase
    current: ListVersion | None
    sent: ListVersion | None
    may_edit: Verdict
    next: Step
    has_refused: bool
    documents: DocumentsAsked

    @property
    def is_submitted(self) -> bool:
        return self.application.state == ApplicationState.SUBMITTED

    @property
    def is_withdrawn(self) -> bool:
        return self.application.state == ApplicationState.WITHDRAWN

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    @property
    def has_result(self) -> bool:
        """Whether the results of the call are public and this application took part."""
        return self.is_submitted and self.call.results_published_at is not None

    @property
    def is_complete_rule(self) -> bool:
        return self.call.list_rule == ListRule.COMPLETE

    @property
    def has_unsent_changes(self) -> bool:
        """Whether the list differs from the one that counts."""
        return (
            self.is_submitted
            and self.sent is not None
            and self.current is not None
            and self.current.posts != self.sent.posts
        )

    @property
    def sent_when(self) -> str:
        return to_the_second(self.sent.sent_at) if self.sent and self.sent.sent_at else ""

    @property
    def closes_when(self) -> str:
        return to_the_second(self.call.closes_at)

    @property
    def what_counts(self) -> str:
        return rulebook.what_counts(self.application, as_sent(self.sent))

    @property
    def needs_new_acceptance(self) -> bool:
        """Whether an addendum came after the rules that were accepted."""
        return self.is_submitted and self.application.accepted_rules < rules.current_version(self.call)

    @property
    def state(self) -> tuple[str, str]:
        """The kind and words of the application's state."""
        if self.is_withdrawn:
            return "", _("Retirada")
        if self.has_unsent_changes:
            return "warn", _("Con cambios sin enviar")
        if self.has_result:
            return "ok", _("Con resultado")
        if self.is_submitted:
            return "ok", _("Enviada")
        return ("you", _("Sin enviar")) if self.is_open else ("", _("No se envió"))

    def steps(self, here: str) -> list[tuple[str, str]]:
        """Return the steps with their state, that of the documents if any are asked for; ``here`` is the page's own."""
        done = {
            "call": True,
            "details": self.next is not Step.DETAILS,
            "documents": not (self.documents.missing or self.documents.mend_by),
            "list": bool(self.current and self.current.posts),
            "send": self.is_submitted and not self.has_unsent_changes,
            "receipt": False,
        }
        names = {
            "call": _("Convocatoria"),
            "details": _("Tus datos"),
            **({"documents": _("Tus documentos")} if self.documents.asked else {}),
            "list": _("Tu lista"),
            "send": _("Revisar y enviar"),
            "receipt": _("Comprobante"),
        }
        return [
            (name, "you" if step == here else "done" if done[step] else "") for step, name in names.items()
        ]


def frame(application: Application, actor: Actor, *, now: datetime) -> Frame:
    """Return the frame of an application read with its call and specialty; four queries."""
    versions = application.versions
    current = versions.filter(number=application.version).first()
    sent = counting(application)
    return Frame(
        application=application,
        call=application.call,
        phase=rules.phase(application.call, now=now),
        current=current,
        sent=sent,
        may_edit=rules.may_edit(actor, application, now=now, sent=as_sent(sent)),
        next=_next(application, current, sent, now=now),
        has_refused=versions.filter(is_refused=True).exists(),
        documents=documents_asked(application),
    )


def _next(
    application: Application, current: ListVersion | None, sent: ListVersion | None, *, now: datetime
) -> Step:
    if not rules.accepts(application.call, now=now):
        return Step.RECEIPT if application.state == ApplicationState.SUBMITTED else Step.LATE
    lacking = rulebook.missing_merit(application.call, application.merit)
    uncategorised = bool(application.call.categories) and not application.category
    if (
        uncategorised
        or application.specialty_id is None
        or any(criterion.get("declared") for criterion in lacking)
    ):
        return Step.DETAILS
    if current is None or not current.posts:
        return Step.LIST
    if application.state == ApplicationState.SUBMITTED and sent is not None and sent.posts == current.posts:
        return Step.RECEIPT
    return Step.SEND


# ------------------------------------------------------------------ the list


class Wish(NamedTuple):
    """A post in a list, with what helps to place it."""

    id: int
    key: str
    specialty: str
    site: str
    municipality: str
    state: str
    seats: int
    shift: str
    isolation: int
    rural: int
    listed: int
    last_place: int | None
    last_score: str

    @property
    def name(self) -> str:
        return f"{self.site}, {self.where}"

    @property
    def where(self) -> str:
        return whereabouts(self.site, self.municipality, self.state)

    @property
    def shift_label(self) -> str:
        return str(Shift(self.shift).label)

    @property
    def facts(self) -> str:
        seats = ngettext("%(n)s lugar", "%(n)s lugares", self.seats) % {"n": number(self.seats)}
        return " · ".join(
            filter(None, [seats, self.shift_label, supplement_words(self.isolation, self.rural)])
        )

    @property
    def years(self) -> tuple[tuple[str, int], ...]:
        """The previous cut-off as the waterline wants it; nothing where none is known."""
        return ((_("la convocatoria anterior"), self.last_place),) if self.last_place else ()

    @property
    def demand(self) -> str:
        return (
            ngettext("%(n)s lista", "%(n)s listas", self.listed) % {"n": number(self.listed)}
            if self.listed
            else _("Ninguna lista")
        )


_WISH = (
    "id", "key", "", "site__short_name", "site__municipality", "site__state__name", "seats", "shift",
    "isolation_percent", "rural_percent", "listed", "last_place", "last_score",
)  # fmt: skip


def _wish() -> tuple[str, ...]:
    """The fields of a wish; the specialty goes by its name in the language in force."""
    return tuple(field or f"specialty__{specialty_name()}" for field in _WISH)


def wishes(posts: Sequence[int]) -> list[Wish]:
    """Return the posts of a list in its order; one query."""
    return _wishes([posts])[0]


def _wishes(lists: Sequence[Sequence[int]]) -> list[list[Wish]]:
    wanted = {post for posts in lists for post in posts}
    found = (
        {row[0]: Wish._make(row) for row in Post.objects.filter(pk__in=wanted).values_list(*_wish())}
        if wanted
        else {}
    )
    return [[found[post] for post in posts if post in found] for posts in lists]


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list as it is. ``scale`` is the last place of the axis, 0 when no cut-off is known."""

    frame: Frame
    wishes: list[Wish]
    scale: int
    offered: int
    odds: ListOdds | None

    @property
    def lines(self) -> list[tuple[Wish, WishOdds | None]]:
        """The wishes, each with its odds where there are any."""
        each = self.odds.each if self.odds else {}
        return [(wish, each.get(wish.id)) for wish in self.wishes]

    @property
    def version(self) -> int:
        return self.frame.application.version

    @property
    def missing(self) -> int:
        """How many posts a complete list still lacks."""
        return max(self.offered - len(self.wishes), 0) if self.frame.is_complete_rule else 0

    @property
    def room(self) -> int | None:
        """How many more options fit; ``None`` without a limit."""
        most = self.frame.call.max_choices
        return None if most is None else max(most - len(self.wishes), 0)

    @property
    def title(self) -> str:
        return ngettext("%(n)s opción, en tu orden", "%(n)s opciones, en tu orden", len(self.wishes)) % {
            "n": number(len(self.wishes))
        }

    @property
    def saved_clock(self) -> str:
        current = self.frame.current
        return f"{timezone.localtime(current.saved_at):%H:%M:%S}" if current else ""


def list_page(application: Application, actor: Actor, *, now: datetime) -> ListPage:
    """Return the page of the list; eight queries whatever its length, seven where the call is not open."""
    here = frame(application, actor, now=now)
    offered = application.call.posts.filter(specialty_id=application.specialty_id or 0)
    posts = here.current.posts if here.current else []
    return ListPage(
        frame=here,
        wishes=wishes(posts),
        odds=list_odds(application, posts) if here.is_open and posts else None,
        scale=_round_up(offered.aggregate(most=Max("last_place"))["most"] or 0),
        offered=offered.count(),
    )


def _round_up(places: int) -> int:
    """Return a round end of the axis that holds ``places``."""
    if not places:
        return 0
    step = 10 ** max(len(str(places)) - 2, 1)
    return -(-places // step) * step


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A list as it was saved; ``wishes`` is filled only for those that are shown whole."""

    version: ListVersion
    count: int
    is_current: bool
    saved: str
    sent: str
    wishes: list[Wish]

    @property
    def state(self) -> tuple[str, str]:
        if self.is_current:
            return "you", _("Actual")
        return (
            ("warn", _("No entró: otro aparato guardó antes"))
            if self.version.is_refused
            else ("", _("Anterior"))
        )


@dataclass(frozen=True, slots=True)
class VersionsPage:
    frame: Frame
    rows: list[VersionRow]


def versions_page(application: Application, actor: Actor, *, now: datetime) -> VersionsPage:
    """Return every list that was saved, the newest first, with its posts; five queries."""
    versions = list(application.versions.order_by("-number")[:200])
    lists = _wishes([version.posts for version in versions])
    return VersionsPage(
        frame=frame(application, actor, now=now),
        rows=[
            _version_row(version, application, found) for version, found in zip(versions, lists, strict=True)
        ],
    )


def _version_row(version: ListVersion, application: Application, found: list[Wish]) -> VersionRow:
    return VersionRow(
        version=version,
        count=len(version.posts),
        is_current=version.number == application.version,
        saved=to_the_second(version.saved_at),
        sent=to_the_second(version.sent_at) if version.sent_at else "",
        wishes=found,
    )


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Two lists made over the same version: the one that another device saved, and the one that came too late."""

    frame: Frame
    theirs: VersionRow
    mine: VersionRow

    @property
    def their_lines(self) -> list[tuple[Wish, str]]:
        return _against(self.theirs.wishes, self.mine.wishes)

    @property
    def my_lines(self) -> list[tuple[Wish, str]]:
        return _against(self.mine.wishes, self.theirs.wishes)


def _against(wishes: list[Wish], others: list[Wish]) -> list[tuple[Wish, str]]:
    """Give each wish the words for where the other list has it; "" where both agree."""
    places = {wish.id: place for place, wish in enumerate(others, start=1)}
    return [
        (
            wish,
            ""
            if places.get(wish.id) == place
            else _("en la otra, opción %(n)s") % {"n": places[wish.id]}
            if wish.id in places
            else _("solo en esta"),
        )
        for place, wish in enumerate(wishes, start=1)
    ]


def conflict_page(
    application: Application, number_: int, actor: Actor, *, now: datetime
) -> ConflictPage | None:
    """Return both lists, or ``None`` unless version ``number_`` was refused; five queries."""
    here = frame(application, actor, now=now)
    refused = (
        application.versions.filter(number=number_, is_refused=True).first() if 0 < number_ < 2**31 else None
    )
    if refused is None or here.current is None:
        return None
    theirs, mine = _wishes([here.current.posts, refused.posts])
    return ConflictPage(
        frame=here,
        theirs=_version_row(here.current, application, theirs),
        mine=_version_row(refused, application, mine),
    )


# ------------------------------------------------------------- send, receipt


@dataclass(frozen=True, slots=True)
class SendPage:
    """What would be sent, in full."""

    frame: Frame
    wishes: list[Wish]
    merit: list[tuple[str, str]]
    rules_version: int
    notice_version: int | None


def send_page(application: Application, actor: Actor, *, now: datetime) -> SendPage:
    here = frame(application, actor, now=now)
    return SendPage(
        frame=here,
        wishes=wishes(here.current.posts if here.current else []),
        merit=merit_lines(application),
        rules_version=rules.current_version(application.call),
        notice_version=PrivacyNotice.objects.order_by("-version").values_list("version", flat=True).first(),
    )


def merit_lines(application: Application) -> list[tuple[str, str]]:
    """Return the values that order the application, each with its label; the empty ones say so."""
    values: list[str] = [*application.merit, *[""] * len(application.call.score_criteria)]
    return [
        (str(criterion["label"]), value or _("sin dato"))
        for criterion, value in zip(application.call.score_criteria, values, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class ReceiptOfMine:
    frame: Frame
    wishes: list[Wish]


def my_receipt_page(application: Application, actor: Actor, *, now: datetime) -> ReceiptOfMine:
    here = frame(application, actor, now=now)
    return ReceiptOfMine(frame=here, wishes=wishes(here.sent.posts if here.sent else []))


# ------------------------------------------------------------- choosing posts


@dataclass(frozen=True, slots=True)
class AddPage:
    """The posts of the person's specialty to choose from; ``ranks`` says which are in the list already."""

    frame: Frame
    posts: PostsPage
    ranks: Mapping[int, int]

    @property
    def rows(self) -> list[tuple[Any, int | None]]:
        return [(row, self.ranks.get(row.id)) for row in self.posts.rows]


def add_page(application: Application, given: Any, actor: Actor, *, now: datetime) -> AddPage:
    """Return the posts to choose from, searched as ``given`` (a ``QueryDict``) asks."""
    here = frame(application, actor, now=now)
    asked = given.copy()
    asked["especialidad"] = application.specialty.code if application.specialty else ""
    held = here.current.posts if here.current else []
    return AddPage(
        frame=here,
        posts=posts_page([application.call], read_filters(asked), call=application.call),
        ranks={post: rank for rank, post in enumerate(held, start=1)},
    )
