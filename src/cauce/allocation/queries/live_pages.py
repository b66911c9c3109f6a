"""The pages of a live choice: the public board, one's own turn, the desk, and the conductor's page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cauce.accounts.models import IdentityDocument
from cauce.allocation.models import (
    ChosenHow,
    LiveChoice,
    LiveCorrection,
    LiveEntry,
    LiveMode,
    LivePost,
    LiveState,
    LiveTurn,
    TurnState,
)
from cauce.allocation.queries.live import has_live_run, is_last_entry, session_of
from cauce.allocation.queries.runs import name_of
from cauce.allocation.rules import live as rulebook
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Application, Call, Shift

LAST = 12
PAGE = 50


@dataclass(frozen=True, slots=True)
class Lane:
    """One specialty: whose turn it is (empty when over), how many wait behind, and the seats that are left."""

    id: int
    code: str
    name: str
    folio: str
    place: int | None
    deadline: datetime | None
    is_held: bool
    starts_at: datetime | None
    waiting: int
    left: int
    seats: int


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One post as a person compares it."""

    id: int
    key: str
    site: str
    where: str
    shift: str
    pay: Any
    extra: int
    left: int
    seats: int


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int
    folio: str
    key: str
    site: str
    how: str
    at: datetime
    corrects: int | None


def _specialty_name() -> str:
    return "name_en" if (get_language() or "es").startswith("en") else "name_es"


def _state_of(session: LiveChoice) -> tuple[str, str]:
    kinds = {LiveState.OPEN: "now", LiveState.PAUSED: "warn", LiveState.DONE: "ok", LiveState.FAILED: "bad"}
    return kinds.get(LiveState(session.state), ""), str(LiveState(session.state).label)


class Live:
    """What the script of a live page needs besides: words for what it writes, as JSON for its attributes."""

    @property
    def words(self) -> dict[str, str]:
        labels = ["", _("Folio"), _("Plaza"), _("Cómo"), _("Hora del centro")]
        how = {one.value: str(one.label) for one in ChosenHow}
        return {"how": json.dumps(how, ensure_ascii=False), "labels": json.dumps(labels, ensure_ascii=False)}


def board_address(call: Call) -> str:
    """Where the board's process tells changes; empty where there is none, and pages are reloaded by hand."""
    return f"{settings.BOARD}/eleccion/{call.code}/avance/" if settings.BOARD else ""


def lanes_of(session: LiveChoice) -> list[Lane]:
    """Every specialty of the session; three queries."""
    name = f"specialty__{_specialty_name()}"
    waiting = (
        LiveTurn.objects.filter(session=session)
        .values("specialty_id", "specialty__code", name)
        .annotate(waiting=Count("pk", filter=Q(state=TurnState.WAITING)))
        .order_by(name)
    )
    heads = {
        turn.specialty_id: turn
        for turn in LiveTurn.objects.filter(session=session, state=TurnState.OPEN).select_related(
            "application"
        )
    }
    seats = {
        row["specialty_id"]: (row["left"], row["seats_in_all"])
        for row in LivePost.objects.filter(session=session)
        .values("specialty_id")
        .annotate(left=Sum(F("seats") - F("taken")), seats_in_all=Sum("seats"))
        .order_by()
    }
    found = []
    for row in waiting:
        head = heads.get(row["specialty_id"])
        left, of = seats.get(row["specialty_id"], (0, 0))
        found.append(
            Lane(
                id=row["specialty_id"], code=row["specialty__code"], name=row[name],
                folio=head.application.folio if head else "", place=head.place if head else None,
                deadline=head.deadline if head else None, is_held=bool(head and head.deadline is None),
                starts_at=head.appointment_at if head else None, waiting=row["waiting"],
                left=left, seats=of,
            )
        )  # fmt: skip
    return found


def _seat_lines(posts: QuerySet[LivePost]) -> list[SeatLine]:
    rows = posts.select_related("post__site__state").order_by("post__site__short_name", "post__key")
    return [
        SeatLine(
            id=row.post_id, key=row.post.key, site=row.post.site.short_name,
            where=f"{row.post.site.municipality}, {row.post.site.state.name}",
            shift=str(Shift(row.post.shift).label), pay=row.post.monthly_pay,
            extra=row.post.isolation_percent + row.post.rural_percent, left=row.seats - row.taken, seats=row.seats,
        )
        for row in rows
    ]  # fmt: skip


def _log_lines(entries: QuerySet[LiveEntry]) -> list[LogLine]:
    return [_log_line(one) for one in _with_names(entries)]


def _with_names(entries: QuerySet[LiveEntry]) -> QuerySet[LiveEntry]:
    return entries.select_related("turn__application", "post__site", "supersedes")


def _log_line(one: LiveEntry) -> LogLine:
    return LogLine(
        one.number, one.turn.application.folio, one.post.key if one.post else "",
        one.post.site.short_name if one.post else "", str(ChosenHow(one.how).label), one.at,
        one.supersedes.number if one.supersedes else None,
    )  # fmt: skip


# ------------------------------------------------------------------- board


@dataclass(frozen=True, slots=True)
class BoardPage(Live):
    """The public board. ``session`` is empty until it is prepared; ``chosen`` is the specialty whose posts are shown."""

    call: Call
    session: LiveChoice | None
    state: tuple[str, str]
    lanes: list[Lane]
    chosen: Lane | None
    posts: list[SeatLine]
    log: list[LogLine]
    people: int
    done: int
    address: str
    is_mine: bool


def board_page(actor: Actor, call: Call, *, code: str) -> BoardPage:
    """The board of a call, posts of one specialty at a time; seven queries whatever the size (two before it is ready)."""
    session = session_of(call)
    mine = actor.person_id is not None and Application.objects.filter(
        call=call, person_id=actor.person_id
    ).exists()  # fmt: skip
    if session is None or session.state not in rulebook.SHOWN:
        return BoardPage(call, None, ("", _("Por empezar")), [], None, [], [], 0, 0, "", mine)
    lanes = lanes_of(session)
    first = next((lane for lane in lanes if lane.folio), lanes[0] if lanes else None)
    chosen = next((lane for lane in lanes if lane.code == code), first)
    of_chosen = LivePost.objects.filter(session=session, specialty=chosen.id if chosen else None)
    people = LiveTurn.objects.filter(session=session).aggregate(
        all=Count("pk"), done=Count("pk", filter=Q(state=TurnState.DONE))
    )
    return BoardPage(
        call=call, session=session, state=_state_of(session), lanes=lanes, chosen=chosen, posts=_seat_lines(of_chosen),
        log=_log_lines(LiveEntry.objects.filter(session=session).order_by("-number")[:LAST]),
        people=people["all"], done=people["done"], address=board_address(call), is_mine=mine,
    )  # fmt: skip


# ----------------------------------------------------------------- my turn


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a turn can take now: posts of the person's list that have a seat, in its order, then the rest."""

    wanted: list[SeatLine]
    others: list[SeatLine]
    gone: int

    def with_key(self, key: str) -> SeatLine | None:
        return next((one for one in (*self.wanted, *self.others) if one.key == key), None)


def _choosing(turn: LiveTurn) -> Choosing:
    lines = _seat_lines(LivePost.objects.filter(session_id=turn.session_id, specialty_id=turn.specialty_id))
    by_id = {line.id: line for line in lines}
    listed = [by_id[post] for post in turn.posts if post in by_id]
    wanted = [line for line in listed if line.left]
    others = [line for line in lines if line.left and line.id not in turn.posts]
    return Choosing(wanted, others, len(listed) - len(wanted))


@dataclass(frozen=True, slots=True)
class Got:
    """What the log says of a turn that is over."""

    line: LogLine
    where: str


@dataclass(frozen=True, slots=True)
class TurnPage(Live):
    """One's own turn. ``ahead`` people of the specialty come before, ``behind`` after; ``asked`` is the post to confirm."""

    call: Call
    session: LiveChoice
    turn: LiveTurn
    specialty: str
    state: tuple[str, str]
    headline: str
    ahead: int
    behind: int
    latest: datetime | None
    choosing: Choosing
    may_choose: Verdict
    asked: SeatLine | None
    asks_none: bool
    got: Got | None
    is_at_desk: bool
    address: str


def turn_page(actor: Actor, turn: LiveTurn, *, key: str, now: datetime) -> TurnPage:
    """Everything about one's own turn, in four queries whatever the size."""
    session = turn.session
    counts = LiveTurn.objects.filter(session=session, specialty=turn.specialty_id).aggregate(
        ahead=Count("pk", filter=Q(place__lt=turn.place) & ~Q(state=TurnState.DONE)),
        behind=Count("pk", filter=Q(place__gt=turn.place)),
    )
    choosing = _choosing(turn)
    may_choose = rulebook.may_choose(actor, session, turn, now=now)
    got = _got(turn)
    return TurnPage(
        call=session.call, session=session, turn=turn, specialty=getattr(turn.specialty, _specialty_name()),
        state=_turn_state(session, turn, got), headline=_headline(session, turn, counts["ahead"], got),
        ahead=counts["ahead"], behind=counts["behind"], latest=_latest(session, turn, counts["ahead"], now),
        choosing=choosing, may_choose=may_choose, asked=choosing.with_key(key) if may_choose else None,
        asks_none=bool(may_choose) and key == NONE, got=got, is_at_desk=session.mode == LiveMode.DESKS,
        address=board_address(session.call),
    )  # fmt: skip


NONE = "ninguna"
"""What stands for choosing no post at all, where the key of a post would stand."""


def _got(turn: LiveTurn) -> Got | None:
    if turn.state != TurnState.DONE:
        return None
    entry = (
        _with_names(LiveEntry.objects.filter(turn=turn)).select_related("post__site__state").latest("number")
    )
    site = entry.post.site if entry.post else None
    return Got(_log_line(entry), f"{site.municipality}, {site.state.name}" if site else "")


def _turn_state(session: LiveChoice, turn: LiveTurn, got: Got | None) -> tuple[str, str]:
    if got is not None:
        return ("ok", _("Con plaza")) if got.line.key else ("", _("Sin plaza"))
    if session.state == LiveState.OPEN and turn.state == TurnState.OPEN:
        return "you", _("Es tu turno")
    return _state_of(session) if session.state != LiveState.OPEN else ("", str(TurnState.WAITING.label))


def _headline(session: LiveChoice, turn: LiveTurn, ahead: int, got: Got | None) -> str:
    if got is not None:
        return _("Tienes plaza") if got.line.key else _("Terminó tu turno, sin plaza")
    if session.state == LiveState.PAUSED:
        return _("La elección está en pausa")
    if session.state == LiveState.READY:
        return _("La elección todavía no empieza")
    if turn.state == TurnState.OPEN:
        return _("Es tu turno")
    return ngettext(
        "Falta una persona antes que tú", "Faltan %(count)s personas antes que tú", ahead
    ) % {"count": figures.number(ahead)}  # fmt: skip


def _latest(session: LiveChoice, turn: LiveTurn, ahead: int, now: datetime) -> datetime | None:
    """When the turn comes at the latest, if everybody before takes all their time; unknown while clocks stand still."""
    if session.state != LiveState.OPEN or turn.state != TurnState.WAITING:
        return None
    return now + timedelta(seconds=session.seconds * ahead)


# ------------------------------------------------------------------- desk


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """Who stands at the desk: shown to the clerk alone, to compare with their document."""

    turn: LiveTurn
    name: str
    documents: list[str]
    specialty: str
    choosing: Choosing
    may_take: Verdict
    may_call_absent: Verdict
    asked: SeatLine | None
    asks_none: bool
    got: Got | None
    number: int | None
    may_correct: Verdict


@dataclass(frozen=True, slots=True)
class LiveDeskPage(Live):
    call: Call
    session: LiveChoice
    state: tuple[str, str]
    may_serve: Verdict
    lanes: list[Lane]
    log: list[LogLine]
    folio: str
    is_unknown: bool
    person: DeskPerson | None
    address: str


def desk_page(
    actor: Actor, session: LiveChoice, turn: LiveTurn | None, *, folio: str, key: str, now: datetime
) -> LiveDeskPage:
    """The desk: whose turns are open, and who stands there; twelve queries at most, whatever the size."""
    may_serve = rulebook.may_serve(actor, session)
    return LiveDeskPage(
        call=session.call, session=session, state=_state_of(session), may_serve=may_serve, lanes=lanes_of(session),
        log=_log_lines(LiveEntry.objects.filter(session=session).order_by("-number")[:LAST]), folio=folio,
        is_unknown=bool(folio) and turn is None,
        person=_desk_person(actor, session, turn, key, now) if turn and may_serve else None,
        address=board_address(session.call),
    )  # fmt: skip


def _desk_person(actor: Actor, session: LiveChoice, turn: LiveTurn, key: str, now: datetime) -> DeskPerson:
    person = turn.application.person
    choosing, got = _choosing(turn), _got(turn)
    may_take = rulebook.may_take_turn(session, turn, now=now)
    may_correct = Verdict(False)
    if got is not None:
        entry = LiveEntry.objects.select_related("turn").get(session=session, number=got.line.number)
        may_correct = rulebook.may_correct(
            actor, session, is_last=is_last_entry(entry), has_run=has_live_run(session.call)
        )
    return DeskPerson(
        turn=turn, name=str(person),
        documents=[
            f"{kind.upper()} {number}"
            for kind, number in IdentityDocument.objects.filter(person=person).values_list("kind", "number")
        ],
        specialty=getattr(turn.specialty, _specialty_name()), choosing=choosing, may_take=may_take,
        may_call_absent=rulebook.may_call_absent(actor, session, turn, now=now),
        asked=choosing.with_key(key) if may_take else None, asks_none=bool(may_take) and key == NONE, got=got,
        number=got.line.number if got else None, may_correct=may_correct,
    )  # fmt: skip


# ---------------------------------------------------------------- conductor


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction that waits: what stands, what is asked for, by whom and why."""

    id: int
    number: int
    folio: str
    before: str
    after: str
    reason: str
    asked_by: str
    asked_at: datetime
    may_decide: Verdict


@dataclass(frozen=True, slots=True)
class LivePage(Live):
    call: Call
    session: LiveChoice | None
    state: tuple[str, str]
    may_prepare: Verdict
    may_conduct: Verdict
    lanes: list[Lane]
    people: int
    done: int
    placed: int
    blocks: list[tuple[datetime, int, int]]
    corrections: list[CorrectionLine]
    log: Page[LogLine] | None
    has_run: bool
    address: str


def live_page(actor: Actor, call: Call, *, number: str, now: datetime) -> LivePage:
    """The page of who conducts the session; a fixed number of queries, whatever the size."""
    session = session_of(call)
    may_prepare = rulebook.may_prepare(actor, call, now=now)
    if session is None:
        nothing = Verdict(False)
        return LivePage(
            call,
            None,
            ("", _("Sin preparar")),
            may_prepare,
            nothing,
            [],
            0,
            0,
            0,
            [],
            [],
            None,
            False,
            "",
        )
    people = LiveTurn.objects.filter(session=session).aggregate(
        all=Count("pk"), done=Count("pk", filter=Q(state=TurnState.DONE))
    )
    entries = Paginator(_with_names(LiveEntry.objects.filter(session=session).order_by("-number")), PAGE)
    page: Any = entries.get_page(number[:9])
    page.object_list = [_log_line(one) for one in page.object_list]
    return LivePage(
        call=call, session=session, state=_state_of(session), may_prepare=may_prepare,
        may_conduct=rulebook.may_conduct(actor, session), lanes=lanes_of(session), people=people["all"],
        done=people["done"], placed=LivePost.objects.filter(session=session).aggregate(n=Sum("taken"))["n"] or 0,
        blocks=_blocks(session), corrections=_corrections(actor, session), log=page, has_run=has_live_run(call),
        address=board_address(call),
    )  # fmt: skip


def _blocks(session: LiveChoice) -> list[tuple[datetime, int, int]]:
    """Every appointment with the first and the last place that it summons."""
    rows: Any = (
        LiveTurn.objects.filter(session=session, appointment_at__isnull=False)
        .values_list("appointment_at")
        .annotate(first=Min("place"), last=Max("place"))
        .order_by("appointment_at")
    )
    return list(rows)


def _corrections(actor: Actor, session: LiveChoice) -> list[CorrectionLine]:
    rows: Iterable[LiveCorrection] = (
        LiveCorrection.objects.filter(session=session, decided_at__isnull=True)
        .select_related("entry__turn__application", "entry__post", "post", "asked_by__person")
        .order_by("asked_at")
    )
    return [
        CorrectionLine(
            one.pk, one.entry.number, one.entry.turn.application.folio,
            one.entry.post.key if one.entry.post else _("ninguna"), one.post.key if one.post else _("ninguna"),
            one.reason, name_of(one.asked_by), one.asked_at,
            rulebook.may_decide(actor, session, asked_by=one.asked_by_id),
        )
        for one in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """One line of the log that may be corrected, and the posts that could take its place: (id, words)."""

    call: Call
    line: LogLine
    may_correct: Verdict
    options: Sequence[tuple[str, str]]


def correction_page(actor: Actor, session: LiveChoice, entry: LiveEntry) -> CorrectionPage:
    free = _seat_lines(
        LivePost.objects.filter(session=session, specialty=entry.turn.specialty_id, taken__lt=F("seats"))
    )
    options = [(str(one.id), f"{one.site} · {one.key}") for one in free if one.id != entry.post_id]
    if entry.post_id is not None:
        options.append((NONE, _("Ninguna plaza")))
    verdict = rulebook.may_correct(
        actor, session, is_last=is_last_entry(entry), has_run=has_live_run(session.call)
    )
    return CorrectionPage(session.call, _log_line(entry), verdict, options)
