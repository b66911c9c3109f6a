"""Who may be given a place of a call: in the order of its rule, with documents and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.allocation.models import (
    LiveChoice,
    LiveEntry,
    LiveState,
    LiveTurn,
    Offer,
    OfferState,
    Placement,
    Run,
    RunState,
    TurnState,
)
from cauce.allocation.queries.live import session_of
from cauce.allocation.queries.live_pages import Lane, lanes_of
from cauce.allocation.queries.offers import KINDS, today_of
from cauce.allocation.queries.order_words import tie_words
from cauce.allocation.queries.rounds import published_list
from cauce.allocation.queries.runs import light_runs
from cauce.allocation.rules import live as rulebook
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.spreadsheets import Table
from cauce.calls import queries as calls
from cauce.calls.models import Application, ApplicationState, Call, CaseState
from cauce.calls.queries import FileStanding
from cauce.calls.rules import may_manage

PAGE = 50
_CHUNK = 1000
_GONE = (OfferState.DECLINED, OfferState.LAPSED, OfferState.ABSENT)
_REVIEWS = {
    CaseState.ACCEPTED: "ok", CaseState.OBSERVED: "warn", CaseState.QUEUED: "now", CaseState.EXCLUDED: "bad"
}  # fmt: skip
FILTERS = {
    "turno": gettext_lazy("Es su turno"),
    "espera": gettext_lazy("Espera su turno"),
    "eligio": gettext_lazy("Ya eligió"),
    "suplente": gettext_lazy("Sin lugar ni oferta: suplentes"),
    "oferta": gettext_lazy("Tiene una oferta por responder"),
    "acepto": gettext_lazy("Aceptó"),
    "llego": gettext_lazy("Llegó"),
    "dejo": gettext_lazy("Rechazó, no respondió o no llegó"),
}
_LIVE, _LISTED = ("turno", "espera", "eligio"), ("suplente", "oferta", "acepto", "llego", "dejo")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: ``text`` is a folio or a place; ``state`` one of ``FILTERS``, ``review`` of the files."""

    text: str = ""
    specialty: str = ""
    state: str = ""
    review: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        said = {
            name: given.get(name, "").replace("\0", "").strip()[:80]
            for name in ("q", "especialidad", "estado", "docs")
        }
        return cls(said["q"], said["especialidad"], said["estado"], said["docs"])

    @property
    def count(self) -> int:
        return sum(map(bool, (self.text, self.specialty, self.state, self.review)))


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One person by folio. ``place`` is empty until the order is fixed; ``tie`` says in words what broke a tie."""

    folio: str
    place: int | None
    specialty: str
    merit: list[tuple[str, str]]
    tie: str
    file: FileStanding | None
    review: tuple[str, str]
    state: tuple[str, str]
    detail: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the order of a call comes from: its live choice, else the public or newest certified run; or nowhere yet."""

    session: LiveChoice | None = None
    run: Run | None = None

    @property
    def is_fixed(self) -> bool:
        return self.session is not None or self.run is not None

    @property
    def is_public(self) -> bool:
        """Whether who got what may be said: of a run that nobody published it may not."""
        return self.run is not None and self.run.state == RunState.PUBLISHED


def source_of_order(call: Call) -> Source:
    """Three queries at most."""
    session, run = session_of(call), published_list(call)
    if session is not None and session.state in rulebook.SHOWN:
        return Source(session, run)
    if run is None:
        certified = light_runs().filter(call=call, round=0, corrects__isnull=True, state=RunState.CERTIFIED)
        run = certified.order_by("-number").first()
    return Source(run=run)


def candidates_of(call: Call, source: Source) -> QuerySet[Application]:
    """Everybody who is eligible, with ``place`` and ``decided`` (their merit as it was ordered), in the order of the call.

    Eligible is who sent a list, did not withdraw it and was not excluded; before there is an order, by folio.
    """
    rows = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED)
    rows = rows.exclude(review__state=CaseState.EXCLUDED).select_related("specialty", "review")
    if source.session is not None:
        rows = rows.filter(live_turns__session=source.session)
        return rows.annotate(place=F("live_turns__place"), decided=F("merit")).order_by("place")
    if source.run is not None:
        rows = rows.filter(placements__run=source.run)
        return rows.annotate(place=F("placements__place"), decided=F("placements__merit")).order_by("place")
    return rows.order_by("folio")


def _searched(rows: QuerySet[Application], source: Source, asked: Asked) -> QuerySet[Application]:
    if asked.text:
        wanted = Q(folio__icontains=asked.text)
        if source.is_fixed and asked.text.isascii() and asked.text.isdigit() and len(asked.text) < 8:
            wanted |= Q(place=int(asked.text))
        rows = rows.filter(wanted)
    if asked.specialty:
        rows = rows.filter(specialty__code=asked.specialty)
    if asked.review in CaseState.values:
        rows = rows.filter(review__state=asked.review)
    return _in_state(rows, source, asked.state)


def _in_state(rows: QuerySet[Application], source: Source, state: str) -> QuerySet[Application]:
    turns = {"turno": TurnState.OPEN, "espera": TurnState.WAITING, "eligio": TurnState.DONE}
    if state in turns:
        turn = LiveTurn.objects.filter(session=source.session, application=OuterRef("pk"), state=turns[state])
        return rows.filter(Exists(turn))
    offers = Offer.objects.filter(application=OuterRef("pk"))
    if state == "suplente":
        placed = Placement.objects.filter(run=source.run, application=OuterRef("pk"), post__isnull=False)
        return rows.exclude(Exists(placed)).exclude(Exists(offers.exclude(state=OfferState.WITHDRAWN)))
    wanted = {
        "oferta": Q(state__in=(OfferState.ISSUED, OfferState.HELD)),
        "acepto": Q(state=OfferState.ACCEPTED),
        "llego": Q(state=OfferState.ACCEPTED, joined_at__isnull=False),
        "dejo": Q(state__in=_GONE),
    }.get(state)
    return rows if wanted is None else rows.filter(Exists(offers.filter(wanted)))


@dataclass(frozen=True, slots=True)
class CandidatesPage:
    """The candidates of a call. ``lanes`` are the open turns of a live choice; ``left_out`` says who is not here and why."""

    call: Call
    source: Source
    asked: Asked
    rows: list[CandidateRow]
    page: Page[Application]
    specialties: list[tuple[str, str]]
    states: list[tuple[str, str]]
    reviews: list[tuple[str, str]]
    asks_documents: bool
    left_out: list[tuple[str, int]]
    lanes: list[Lane]
    may_serve: Verdict
    may_export: Verdict

    @property
    def order_words(self) -> str:
        """Where the order on this page comes from, in a sentence."""
        if self.source.session is not None:
            return _("Orden de mérito de la elección en vivo, fijado con el sorteo de la convocatoria.")
        if self.source.run is not None and self.source.run.certified_at is not None:
            return _("Orden de mérito de la corrida %(number)s, certificada el %(when)s.") % {
                "number": self.source.run.number, "when": figures.moment(self.source.run.certified_at),
            }  # fmt: skip
        return _(
            "Todavía no hay orden: el sorteo sigue sellado hasta que se corre la asignación. Van por folio."
        )


def candidates_page(actor: Actor, call: Call, asked: Asked, number: str, *, now: datetime) -> CandidatesPage:
    """Fifty people of those asked for, in a fixed number of queries whatever the size of the call."""
    source = source_of_order(call)
    page = Paginator(_searched(candidates_of(call, source), source, asked), PAGE).get_page(number[:9])
    people = list(page.object_list)
    offered = [*(_LIVE if source.session else ()), *(_LISTED if source.is_public else ())]
    is_open = source.session is not None and source.session.state == LiveState.OPEN
    rows = _rows(call, source, people, today=today_of(now))
    return CandidatesPage(
        call=call,
        source=source,
        asked=asked,
        rows=rows,
        page=page,
        specialties=[(one.code, one.name) for one in call.specialties.order_by("name_es")],
        states=[(key, str(words)) for key, words in FILTERS.items() if key in offered],
        reviews=[(one.value, str(one.label)) for one in CaseState if one != CaseState.EXCLUDED],
        asks_documents=call.requirements.exists(),
        left_out=_left_out(call),
        lanes=lanes_of(source.session) if is_open and source.session else [],
        may_serve=rulebook.may_serve(actor, source.session) if source.session else Verdict(False),
        may_export=may_manage(actor, call),
    )


def _left_out(call: Call) -> list[tuple[str, int]]:
    rows = Application.objects.filter(call=call)
    excluded = Q(state=ApplicationState.SUBMITTED, review__state=CaseState.EXCLUDED)
    counts = rows.aggregate(
        unsent=Count("pk", filter=Q(state=ApplicationState.DRAFT)),
        withdrawn=Count("pk", filter=Q(state=ApplicationState.WITHDRAWN)),
        excluded=Count("pk", filter=excluded),
    )
    named = (("unsent", _("sin enviar")), ("withdrawn", _("retiradas")), ("excluded", _("excluidas")))
    return [(words, counts[key]) for key, words in named if counts[key]]


def _rows(call: Call, source: Source, people: Sequence[Application], *, today: date) -> list[CandidateRow]:
    """What the page says of these people; eight queries at most, whatever their number."""
    files = calls.file_standings(call, people, today=today)
    ahead = _ahead(source, people)
    states = _states(source, people)
    labels = [str(one["label"]) for one in call.score_criteria]
    found = []
    for one in people:
        place: int | None = getattr(one, "place", None)
        merit: list[str] = getattr(one, "decided", one.merit)
        review = getattr(one, "review", None)
        state, detail = states.get(one.pk, (("", _("Solicitud enviada")), ""))
        found.append(
            CandidateRow(
                folio=one.folio,
                place=place,
                specialty=one.specialty.name if one.specialty else "",
                merit=list(zip(labels, merit, strict=False)),
                tie=tie_words(labels, merit, *ahead[place]) if place in ahead else "",
                file=files.get(one.pk),
                review=(_REVIEWS[CaseState(review.state)], str(review.get_state_display()))
                if review
                else ("", ""),
                state=state,
                detail=detail,
            )
        )
    return found


def _ahead(source: Source, people: Sequence[Application]) -> dict[int | None, tuple[list[str], str]]:
    """Merit and folio of who stands right ahead of each, by the place behind; one query."""
    before = [one.place - 1 for one in people if getattr(one, "place", None)]  # type: ignore[attr-defined]
    rows: Any = ()
    if source.session is not None:
        rows = LiveTurn.objects.filter(session=source.session, place__in=before).values_list(
            "place", "application__merit", "application__folio"
        )
    elif source.run is not None:
        rows = Placement.objects.filter(run=source.run, place__in=before).values_list(
            "place", "merit", "application__folio"
        )
    return {place + 1: (merit, folio) for place, merit, folio in rows}


def _states(source: Source, people: Sequence[Application]) -> dict[int, tuple[tuple[str, str], str]]:
    """The newest that happened to each: an offer, else a turn, else a published place; three queries at most."""
    found: dict[int, tuple[tuple[str, str], str]] = {}
    if source.session is not None:
        found = _turns(source.session, people)
    elif source.is_public:
        placed = Placement.objects.filter(run=source.run, application__in=people)
        for application, key, site in placed.values_list(
            "application_id", "post__key", "post__site__short_name"
        ):
            words = _("Con lugar en la lista") if key else _("Sin lugar: suplente")
            found[application] = (("ok" if key else "", words), f"{key}, {site}" if key else "")
    offers = Offer.objects.filter(application__in=people).exclude(state=OfferState.WITHDRAWN)
    for offer in offers.select_related("seat__post__site").defer("document").order_by("pk"):
        found[offer.application_id] = _offered(offer)
    return found


def _offered(offer: Offer) -> tuple[tuple[str, str], str]:
    post, words = offer.seat.post, str(offer.get_state_display())
    kind = KINDS[OfferState(offer.state)]
    detail = [f"{post.key}, {post.site.short_name}"]
    if offer.joined_at:
        words = _("Llegó")
    elif offer.state in (OfferState.ISSUED, OfferState.HELD) and offer.answer_by:
        detail.append(_("responde hasta el %(when)s") % {"when": figures.moment(offer.answer_by)})
    elif offer.reason:
        detail.append(str(offer.get_reason_display()))
    return (kind, words), "; ".join(detail)


def _turns(session: LiveChoice, people: Sequence[Application]) -> dict[int, tuple[tuple[str, str], str]]:
    found: dict[int, tuple[tuple[str, str], str]] = {}
    turns = LiveTurn.objects.filter(session=session, application__in=people)
    for turn in turns.only("application_id", "state", "appointment_at"):
        kind = {TurnState.OPEN: "you", TurnState.DONE: "ok"}.get(TurnState(turn.state), "")
        cited = (
            _("cita: %(when)s") % {"when": figures.moment(turn.appointment_at)} if turn.appointment_at else ""
        )
        found[turn.application_id] = ((kind, str(turn.get_state_display())), cited)
    chosen = LiveEntry.objects.filter(session=session, turn__application__in=people).order_by("number")
    for entry in chosen.select_related("turn", "post__site"):
        words = _("Eligió") if entry.post else _("Terminó sin plaza")
        where = f"{entry.post.key}, {entry.post.site.short_name}; " if entry.post else ""
        kind = "ok" if entry.post else ""
        found[entry.turn.application_id] = ((kind, words), f"{where}{entry.get_how_display()}")
    return found


def candidates_table(call: Call, asked: Asked, *, now: datetime) -> Table:
    """The people asked for, as a file; read a thousand at a time."""
    labels = [str(one["label"]) for one in call.score_criteria]
    head = [
        _("Lugar"), _("Folio"), _("Especialidad"), *labels, _("Desempate"), _("Documentos pedidos"), _("Verificados"),
        _("Faltan"), _("Por vencer"), _("Revisión"), _("Estado"), _("Detalle"),
    ]  # fmt: skip
    return Table(head, _lines(call, asked, len(labels), now))


def _lines(call: Call, asked: Asked, width: int, now: datetime) -> Iterator[list[Any]]:
    source = source_of_order(call)
    everybody = _searched(candidates_of(call, source), source, asked)
    start = 0
    while people := list(everybody[start : start + _CHUNK]):
        for row in _rows(call, source, people, today=today_of(now)):
            values = [value for _label, value in row.merit]
            file = row.file or FileStanding(0, 0, (), ())
            yield [
                row.place, row.folio, row.specialty, *values, *[""] * (width - len(values)), row.tie, file.asked,
                file.verified, "; ".join(file.missing),
                "; ".join(f"{name}, {last.isoformat()}" for name, last in file.expiring), row.review[1], row.state[1],
                row.detail,
            ]  # fmt: skip
        start += _CHUNK
