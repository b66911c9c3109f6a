"""The pages of the managers' desk, each read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls import rules
from cauce.calls.models import (
    Addendum,
    Application,
    ApplicationState,
    CalendarEntry,
    Call,
    CallKind,
    CallState,
    Mechanism,
    Post,
    Requirement,
)
from cauce.calls.queries.desk import calls_managed_by, name_of, snapshot
from cauce.calls.rules.calendar import Phase, phase
from cauce.calls.rules.design import Design
from cauce.calls.rules.drafting import Dates, Entry, fingerprint
from cauce.calls.rules.filing import filed_words, may_file_one
from cauce.calls.rules.lint import Finding, Section
from cauce.calls.rules.lottery import Source, source_sentences, value_waits
from cauce.institutions.models import Institution, Specialty, specialty_name
from cauce.notices.rules import may_read_texts

PER_PAGE = 50
RailItem = tuple[str, str, int | str, bool]  # label, address, count, whether it is shown
Rail = list[tuple[str, list[RailItem]]]  # groups with their titles
RailEntry = tuple[str, str, int | str]  # label, name of the address, count
_WITH_PANELS = (CallKind.TEAMS, CallKind.MANAGERS)


def phase_words(call: Call, *, now: datetime) -> tuple[str, str]:
    """The state of a call for the tag ``state``: kind and words."""
    return {
        Phase.DRAFT: ("", _("Borrador")),
        Phase.ANNOUNCED: ("now", _("Publicada, por abrir")),
        Phase.OPEN: ("ok", _("Abierta")),
        Phase.CLOSED: ("", _("Cerrada")),
    }[phase(call, now=now)]


# --------------------------------------------------------------------- frame


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page about one call shows: the rail with its counts, the state, who may change it, the last change."""

    call: Call
    rail: Rail
    state: tuple[str, str]
    may_edit: Verdict
    may_manage: Verdict
    last_change: str
    posts: int
    seats: int
    applications: int

    @property
    def is_draft(self) -> bool:
        return self.call.state == CallState.DRAFT


def desk_frame(actor: Actor, call: Call, current: str, *, now: datetime) -> Frame:
    """The frame of the page ``current`` (the name of its url), in one query besides ``call``."""
    counts: Any = (
        Call.objects.filter(pk=call.pk)
        .annotate(
            posts_n=_count(Post), seats_n=_seats(), sent_n=_count(Application), entries_n=_count(CalendarEntry),
            addenda_n=_count(Addendum), asked_n=_count(Requirement),
        )
        .values("posts_n", "seats_n", "sent_n", "entries_n", "addenda_n", "asked_n")
        .get()
    )  # fmt: skip
    return Frame(
        call=call,
        rail=desk_rail(call, current, counts),
        state=phase_words(call, now=now),
        may_edit=rules.may_edit_call(actor, call),
        may_manage=rules.may_manage(actor, call),
        last_change=_last_change(call),
        posts=counts["posts_n"],
        seats=counts["seats_n"],
        applications=counts["sent_n"],
    )


def desk_rail(call: Call, current: str, counts: dict[str, int] | None = None) -> Rail:
    """The rail of a call for every page of its desk; ``current`` is the name of the url that is shown."""
    counts = counts or {}
    groups: list[tuple[str, list[RailEntry]]] = [
        (call.code, [(_("Resumen"), "calls:desk_call", "")]),
        (_("Bases"), _rules_of(call, counts)),
        *([] if call.state == CallState.DRAFT else _under_way(call, counts)),
        (_("Control"), [
            *([] if call.state == CallState.DRAFT else [(_("Auditoría"), "allocation:audit", "")]),
            (_("Bitácora"), "calls:log", ""),
        ]),
    ]  # fmt: skip
    return [
        (
            title,
            [
                (label, url, count, name == current)
                for label, name, count in entries
                if (url := _url(name, call.code))
            ],
        )
        for title, entries in groups
    ]


def _rules_of(call: Call, counts: dict[str, int]) -> list[RailEntry]:
    is_draft = call.state == CallState.DRAFT
    rubric = is_draft and (bool(call.rubric) or call.kind in _WITH_PANELS)
    profile = is_draft and (bool(call.profile) or call.kind == CallKind.MANAGERS)
    return [
        (_("Datos generales"), "calls:edit_general", ""),
        (_("Calendario"), "calls:edit_calendar", counts.get("entries_n", "")),
        (_("Estados y especialidades"), "calls:edit_scope", ""),
        (_("Orden y desempates"), "calls:edit_order", ""),
        (_("Plazas"), "calls:desk_posts", counts.get("posts_n", "")),
        *([(_("Equipos y cobertura"), "calls:teams", "")] if call.kind == CallKind.TEAMS else []),
        *([(_("Rúbrica"), "calls:edit_rubric", "")] if rubric else []),
        *([(_("Perfil"), "calls:edit_profile", "")] if profile else []),
        (_("Cómo se asigna"), "calls:edit_design", ""),
        (_("Categorías"), "calls:edit_categories", len(call.categories) or ""),
        (_("Documentos"), "calls:edit_requirements", counts.get("asked_n", "")),
        (_("Después de los resultados"), "calls:edit_aftermath", ""),
        (_("Elegir el mecanismo"), "allocation:mechanisms", ""),
        (_("Revisar y publicar"), "calls:publish", "")
        if is_draft
        else (_("Adendas"), "calls:addenda", counts.get("addenda_n", "")),
    ]


def _under_way(call: Call, counts: dict[str, int]) -> list[tuple[str, list[RailEntry]]]:
    """What a published call has: who applies, and what comes of it."""
    shortlists = bool(call.profile) or call.kind == CallKind.MANAGERS
    people: list[RailEntry] = [
        (_("Solicitudes"), "calls:desk_applications", counts.get("sent_n", "")),
        (_("Candidatos"), "allocation:candidates", ""),
        (_("Demanda y vacantes"), "allocation:demand", ""),
        *([(_("Revisión"), "calls:desk_review", "")] if counts.get("asked_n", 1) else []),
        *([(_("Jurados y entrevistas"), "calls:panels", "")] if call.rubric else []),
        *([(_("Perfil y terna"), "calls:shortlists", "")] if shortlists else []),
        (_("Puntajes"), "calls:scores", ""),
        (_("Anomalías"), "calls:anomalies", ""),
        *([] if Design.of(call).is_plain else [(_("Grupos y órdenes"), "calls:standings", "")]),
        (_("Silencio y cartas"), "calls:silence", ""),
    ]
    results: list[RailEntry] = [
        *([(_("Sorteo"), "calls:draw", "")] if call.lottery_source else []),
        *([(_("Elección en vivo"), "allocation:live", "")] if call.mechanism == Mechanism.LIVE else []),
        (_("Corridas"), "allocation:runs", ""),
        (_("Publicaciones"), "allocation:releases", ""),
        (_("Inconformidades"), "allocation:claims", ""),
        (_("Ofertas y rondas"), "allocation:offers", ""),
    ]
    return [(_("Personas"), people), (_("Resultados"), results)]


def _url(name: str, *arguments: str) -> str:
    """The address called ``name``, or nothing: higher apps may not be installed."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _count(model: Any) -> Coalesce:
    rows = model.objects.filter(call=OuterRef("pk"))
    if model is Application:
        rows = rows.filter(state=ApplicationState.SUBMITTED)
    counted = rows.order_by().values("call").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _seats() -> Coalesce:
    summed = (
        Post.objects.filter(call=OuterRef("pk"))
        .order_by()
        .values("call")
        .annotate(n=Sum("seats"))
        .values("n")
    )
    return Coalesce(Subquery(summed, output_field=IntegerField()), 0)


def _last_change(call: Call) -> str:
    if call.edited_at is None:
        return ""
    facts = {"who": name_of(call.edited_by), "when": figures.moment(call.edited_at)}
    return _("Último cambio: %(who)s, %(when)s.") % facts


def page_number(text: str) -> int:
    """Read a page number that anyone may have typed; whatever is none is the first."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _page(rows: QuerySet[Any], number: int) -> Page[Any]:
    return Paginator(rows, PER_PAGE).get_page(number)


# ---------------------------------------------------------------------- desk


@dataclass(frozen=True, slots=True)
class DeskRow:
    call: Call
    state: tuple[str, str]
    posts: int
    seats: int
    applications: int
    waits: str
    url: str
    waits_url: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The calls whose desk the actor may open, and what waits for the actor among them."""

    rows: list[DeskRow]
    may_create: Verdict
    rail: list[RailItem]
    is_auditor: bool
    catalogue_url: str
    signing_url: str
    letters_url: str
    care_url: str
    packages_url: str
    review_url: str
    desks_url: str
    panels_url: str
    partner_url: str

    @property
    def waiting(self) -> list[DeskRow]:
        return [row for row in self.rows if row.waits]


def desk_page(actor: Actor, *, now: datetime) -> DeskPage:
    calls = (
        calls_managed_by(actor)
        .select_related("institution")
        .annotate(posts_n=_count(Post), seats_n=_seats(), sent_n=_count(Application))
        .defer("rules_text", "legal_basis")
        .order_by("-opens_at", "code")
    )
    rows = [_desk_row(actor, call, now) for call in calls]
    rail: list[RailItem] = [(row.call.code, row.url, "", False) for row in rows]
    return DeskPage(
        rows=rows,
        may_create=rules.may_create(actor, None),
        rail=rail,
        is_auditor=actor.holds_anywhere(roles.AUDIT_READ),
        catalogue_url=_url("institutions:import_clues") if actor.holds_anywhere(roles.CATALOGUE_LOAD) else "",
        signing_url=_url("allocation:signing") if actor.holds_anywhere(roles.ALLOCATION_SIGN) else "",
        letters_url=_letters_url(actor),
        care_url=_url("accounts:care") if actor.holds(roles.PERSON_CARE) else "",
        packages_url=_url("allocation:packages") if actor.holds_anywhere(roles.PACKAGE_REVIEW) else "",
        review_url=_url("calls:review_queue") if actor.holds_anywhere(roles.DOCUMENT_REVIEW) else "",
        desks_url=_url("allocation:live_desks") if actor.holds_anywhere(roles.DESK_SERVE) else "",
        panels_url=_url("calls:my_panels") if actor.holds_anywhere(roles.PANEL_SCORE) else "",
        partner_url=_url("calls:partner_home") if actor.holds_anywhere(roles.PARTNER_NOMINATE) else "",
    )


def _letters_url(actor: Actor) -> str:
    if actor.holds(roles.MAIL_OPERATE):
        return _url("notices:outbox")
    return _url("notices:texts") if may_read_texts(actor) else ""


def _desk_row(actor: Actor, call: Any, now: datetime) -> DeskRow:
    url = reverse("calls:desk_call", args=[call.code])
    waits, waits_url = "", url
    where = phase(call, now=now)
    if where is Phase.CLOSED and (waits := value_waits(actor, call, now=now)):
        waits_url = reverse("calls:draw", args=[call.code])
    elif rules.may_manage(actor, call):
        if where is Phase.DRAFT:
            waits_url = reverse("calls:publish", args=[call.code])
            waits = _("Publicarla antes de su apertura, %(when)s.") % {"when": figures.moment(call.opens_at)}
            if call.opens_at <= now:
                waits = _("Su apertura ya pasó y sigue en borrador: mover las fechas o publicarla.")
        elif where is Phase.CLOSED and now < call.results_at:
            waits = _("Cerró: los resultados se publican a más tardar el %(when)s.") % {
                "when": figures.moment(call.results_at)
            }
    return DeskRow(
        call, phase_words(call, now=now), call.posts_n, call.seats_n, call.sent_n, waits, url, waits_url
    )


def institutions_managed_by(actor: Actor) -> QuerySet[Institution]:
    """The institutions whose calls the actor may create, by acronym."""
    where = actor.institutions(roles.CALL_MANAGE)
    rows = Institution.objects.order_by("acronym")
    return rows if where is None else rows.filter(pk__in=where)


# ------------------------------------------------------------------ overview


@dataclass(frozen=True, slots=True)
class FindingRow:
    finding: Finding
    url: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """A call at a glance: its calendar, and, for a draft, what is missing to publish it."""

    frame: Frame
    moments: list[tuple[str, datetime, str]]
    blocking: list[FindingRow]
    warnings: list[FindingRow]
    digest: str
    addenda: list[Addendum]
    criteria: list[dict[str, Any]]
    may_publish: Verdict


def overview_page(
    actor: Actor, call: Call, *, now: datetime, current: str = "calls:desk_call"
) -> OverviewPage:
    """The overview in seven queries. A draft is linted; ``digest`` is then what would be frozen."""
    frame = desk_frame(actor, call, current, now=now)
    findings: tuple[Finding, ...] = ()
    digest, addenda = call.rules_digest, []
    if frame.is_draft:
        facts = snapshot(call)
        findings = rules.lint(facts, now=now)
        digest = rules.digest_of(rules.frozen_rules(facts))
        entries = [(entry.label, entry.starts_at) for entry in facts.entries]
    else:
        addenda = list(call.addenda.order_by("number"))
        entries = list(call.calendar.order_by("starts_at", "pk").values_list("label", "starts_at"))
    return OverviewPage(
        frame=frame,
        moments=_moments(call, entries, now),
        blocking=finding_rows(call, rules.blocking(findings)),
        warnings=finding_rows(call, rules.warnings(findings)),
        digest=digest,
        addenda=addenda,
        criteria=list(call.score_criteria),
        may_publish=rules.may_publish(
            actor, call, findings, acknowledged=[finding.key for finding in findings]
        ),
    )


def _moments(
    call: Call, entries: Iterable[tuple[str, datetime]], now: datetime
) -> list[tuple[str, datetime, str]]:
    rows = [
        (_("Apertura"), call.opens_at),
        (_("Cierre"), call.closes_at),
        (_("Resultados"), call.results_at),
        *entries,
    ]
    if call.published_at:
        rows.append((_("Publicación"), call.published_at))
    if known_at := Source.of(call).known_at:
        rows.append((_("Se conoce el valor del sorteo"), known_at))
    rows.sort(key=lambda row: row[1])
    return [(label, at, "done" if at <= now else "") for label, at in rows]


_SECTION_PAGES = {
    Section.GENERAL: "calls:edit_general",
    Section.CALENDAR: "calls:edit_calendar",
    Section.SCOPE: "calls:edit_scope",
    Section.ORDER: "calls:edit_order",
    Section.DESIGN: "calls:edit_design",
    Section.CATEGORIES: "calls:edit_categories",
    Section.REQUIREMENTS: "calls:edit_requirements",
    Section.POSTS: "calls:desk_posts",
}


def finding_rows(call: Call, findings: Iterable[Finding]) -> list[FindingRow]:
    return [
        FindingRow(finding, reverse(_SECTION_PAGES[finding.section], args=[call.code]))
        for finding in findings
    ]


# --------------------------------------------------------------------- parts


@dataclass(frozen=True, slots=True)
class CalendarPage:
    frame: Frame
    dates: Dates
    entries: list[tuple[CalendarEntry, str]]
    findings: list[FindingRow]


def calendar_page(actor: Actor, call: Call, *, now: datetime) -> CalendarPage:
    """The calendar of a call with what the linter says of its dates and of every date in its texts."""
    frame = desk_frame(actor, call, "calls:edit_calendar", now=now)
    entries = list(call.calendar.order_by("starts_at", "pk"))
    findings = rules.lint_dates(snapshot(call), now=now)
    return CalendarPage(
        frame=frame,
        dates=Dates.of(call),
        entries=[(entry, Entry.of(entry).fingerprint) for entry in entries],
        findings=finding_rows(call, findings),
    )


@dataclass(frozen=True, slots=True)
class CriterionRow:
    criterion: dict[str, Any]
    place: int
    up: int | None
    down: int | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    frame: Frame
    rows: list[CriterionRow]
    fingerprint: str
    lottery_place: int
    sentences: list[str]


def order_page(actor: Actor, call: Call, *, now: datetime) -> OrderPage:
    criteria = list(call.score_criteria)
    last = len(criteria) - 1
    rows = [
        CriterionRow(each, place + 1, place - 1 if place else None, place + 1 if place < last else None)
        for place, each in enumerate(criteria)
    ]
    return OrderPage(
        desk_frame(actor, call, "calls:edit_order", now=now), rows, fingerprint(criteria), len(criteria) + 1,
        source_sentences(Source.of(call)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostsPage:
    """Fifty posts; ``alike`` are the ids of those that repeat another's site, specialty, shift and contract."""

    frame: Frame
    page: Page[Post]
    text: str
    specialty: str
    specialties: list[Specialty]
    alike: frozenset[int]


def posts_page(
    actor: Actor, call: Call, rows: QuerySet[Post], *, number: int, text: str, specialty: str, now: datetime
) -> PostsPage:
    frame = desk_frame(actor, call, "calls:desk_posts", now=now)
    page = _page(rows, number)
    page.object_list = list(page.object_list)
    twins = (
        call.posts.filter(site__in={post.site_id for post in page.object_list})
        .values_list("site_id", "specialty_id", "shift", "contract")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    repeated = {row[:4] for row in twins}
    return PostsPage(
        frame=frame,
        page=page,
        text=text,
        specialty=specialty,
        specialties=list(call.specialties.order_by("name_es")),
        alike=frozenset(
            post.pk
            for post in page.object_list
            if (post.site_id, post.specialty_id, post.shift, post.contract) in repeated
        ),
    )


@dataclass(frozen=True, slots=True)
class AddendaPage:
    frame: Frame
    addenda: list[Addendum]
    version: int
    may_amend: Verdict


def addenda_page(actor: Actor, call: Call, *, now: datetime) -> AddendaPage:
    return AddendaPage(
        frame=desk_frame(actor, call, "calls:addenda", now=now),
        addenda=list(call.addenda.order_by("-number")),
        version=rules.current_version(call),
        may_amend=rules.may_amend(actor, call),
    )


# -------------------------------------------------------------- applications


@dataclass(frozen=True, slots=True)
class ApplicationsPage:
    """Applications in numbers, and their folios, each with which office sent it, if one did: no names and no lists."""

    frame: Frame
    by_state: list[tuple[str, int]]
    by_specialty: list[tuple[str, int, int]]
    by_day: list[tuple[Any, int]]
    most_in_a_day: int
    page: Page[Application]
    rows: list[tuple[Application, str]]
    is_closed: bool
    may_file: Verdict


def applications_page(actor: Actor, call: Call, *, number: int, now: datetime) -> ApplicationsPage:
    frame = desk_frame(actor, call, "calls:desk_applications", now=now)
    applications = Application.objects.filter(call=call)
    states = dict(applications.order_by().values_list("state").annotate(n=Count("pk")))
    sent = Q(state=ApplicationState.SUBMITTED)
    specialties = (
        applications.order_by()
        .values_list(f"specialty__{specialty_name()}")
        .annotate(sent=Count("pk", filter=sent), drafts=Count("pk", filter=Q(state=ApplicationState.DRAFT)))
        .order_by("-sent", f"specialty__{specialty_name()}")
    )
    zone = timezone.get_default_timezone()
    days = (
        applications.filter(sent)
        .order_by()
        .annotate(day=TruncDate("submitted_at", tzinfo=zone))
        .values_list("day")
        .annotate(n=Count("pk"))
        .order_by("day")
    )
    by_day = list(days)
    rows = applications.select_related("paper").order_by("folio").only(
        "folio", "state", "started_at", "submitted_at", "withdrawn_at", "paper__office", "paper__consent_on"
    )  # fmt: skip
    page = _page(rows, number)
    return ApplicationsPage(
        frame=frame,
        by_state=[(str(state.label), states.get(state.value, 0)) for state in ApplicationState],
        by_specialty=[
            (name or _("Sin elegir todavía"), sent_n, drafts) for name, sent_n, drafts in specialties
        ],
        by_day=by_day,
        most_in_a_day=max((count for _day, count in by_day), default=0),
        page=page,
        rows=[(row, filed_words(getattr(row, "paper", None))) for row in page.object_list],
        is_closed=phase(call, now=now) is Phase.CLOSED,
        may_file=may_file_one(actor, call, now=now),
    )
