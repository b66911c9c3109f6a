"""Panels and interviews as their pages show them, and the proof that every recorded value comes from its sheets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    Interview,
    Outcome,
    Panel,
    PanelMember,
    ProfileReview,
    Recusal,
    Sheet,
)
from cauce.calls.queries.desk import name_of
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules import managers, panels
from cauce.calls.rules.panels import Asked, Rubric, Stage

PER_PAGE = 50


# ---------------------------------------------------------------- the proof


def without_record(call: Call) -> list[str]:
    """The folios of sent applications whose panel or profile value is not what the recorded sheets and reviews give.

    Five queries at most; none for a call whose order records nothing. Who has no value yet is not among them.
    """
    places = {source: panels.panel_place(call.score_criteria, source) for source in panels.RECORDED}
    if not any(place is not None for place in places.values()):
        return []
    rows = list(
        Application.objects.filter(call=call, state=ApplicationState.SUBMITTED)
        .order_by("folio")
        .values_list("pk", "folio", "merit")
    )
    strange: set[str] = set()
    for source, given in ((panels.PANEL, _panel_values), (panels.PROFILE, _profile_values)):
        place = places[source]
        if place is not None:
            truth = given(call, call.score_criteria[place])
            strange |= {
                folio
                for pk, folio, merit in rows
                if (merit[place : place + 1] or [""])[0] != truth.get(pk, "")
            }
    return sorted(strange)


def _panel_values(call: Call, criterion: Mapping[str, Any]) -> dict[int, str]:
    rubric = Rubric.of(call.rubric)
    totals: defaultdict[int, list[int]] = defaultdict(list)
    sheets = Sheet.objects.filter(interview__panel__call=call, sealed_at__isnull=False).select_related(
        "interview__application"
    )
    for sheet in sheets:
        digest = panels.sheet_digest(
            sheet.interview.application.folio, sheet.panellist_id, sheet.levels, sheet.note, call.rules_digest
        )
        if digest == sheet.digest and rubric.total(sheet.levels) == sheet.total:
            totals[sheet.interview.application_id].append(rubric.total(sheet.levels))
    values = {}
    closed = Interview.objects.filter(panel__call=call, closed_at__isnull=False)
    for application, outcome in closed.values_list("application_id", "outcome"):
        if outcome == Outcome.ABSENT:
            values[application] = panels.lowest_value(criterion)
        elif len(totals[application]) >= rubric.quorum:
            values[application] = panels.value_of(rubric, totals[application], criterion)
    return values


def _profile_values(call: Call, criterion: Mapping[str, Any]) -> dict[int, str]:
    reviews = ProfileReview.objects.filter(application__call=call).values_list("application_id", "met")
    return {pk: managers.profile_value(call.profile, met, criterion) for pk, met in reviews}


# ------------------------------------------------------------------ panellist


def interviews_of(actor: Actor) -> QuerySet[Interview]:
    """The interviews where the actor sits, of their panels or as somebody's substitute, and holds the office."""
    institutions = actor.institutions(roles.PANEL_SCORE)
    rows = Interview.objects.filter(where_sits([actor.user_id or 0]))
    if institutions is not None:
        rows = rows.filter(panel__call__institution_id__in=institutions)
    return rows.select_related("panel__call", "application__person")


def where_sits(users: Collection[int]) -> Q:
    """Interviews of the panels of these people, or where they are somebody's substitute."""
    member = PanelMember.objects.filter(user__in=users).values("panel")
    substitute = Recusal.objects.filter(substitute__in=users).values("application")
    return Q(panel__in=member) | Q(application__in=substitute)


def who_sits(interview: Interview) -> tuple[set[int], set[int]]:
    """Who sits in an interview, substitutes included, and who of them is recused, as users; two queries."""
    rows = Recusal.objects.filter(application_id=interview.application_id).values_list(
        "user_id", "substitute_id"
    )
    members = set(interview.panel.members.values_list("user_id", flat=True))
    pairs = list(rows)
    members |= {substitute for _user, substitute in pairs if substitute}
    return members, members & {user for user, _substitute in pairs}


def interviews_in(call: Call) -> QuerySet[Interview]:
    """The interviews of a call, each with its panel and application."""
    return Interview.objects.filter(panel__call=call).select_related("panel__call", "application")


@dataclass(frozen=True, slots=True)
class Mine:
    """One of my interviews: its state for the tag ``state``, and whether it waits for me."""

    interview: Interview
    state: tuple[str, str]
    is_due: bool


@dataclass(frozen=True, slots=True)
class MyPanelsPage:
    page: Page[Any]
    rows: list[Mine]
    due: int


def my_panels_page(actor: Actor, *, number: Any, now: datetime) -> MyPanelsPage:
    """My interviews, those that wait for my sheet first, then by date, in three queries."""
    sealed = Sheet.objects.filter(
        interview=OuterRef("pk"), panellist_id=actor.user_id or 0, sealed_at__isnull=False
    )
    recused = Recusal.objects.filter(application=OuterRef("application"), user_id=actor.user_id or 0)
    all_rows = interviews_of(actor).annotate(is_sealed=Exists(sealed), is_recused=Exists(recused))
    is_due = Q(is_sealed=False, is_recused=False, closed_at__isnull=True, starts_at__lte=now)
    due = all_rows.filter(is_due).count()
    page = Paginator(
        all_rows.annotate(is_due=Q(is_due)).order_by(
            "-is_due", F("closed_at").asc(nulls_first=True), "starts_at", "pk"
        ),
        PER_PAGE,
    ).get_page(number)
    return MyPanelsPage(page, [_mine(one, now) for one in page], due)


def _mine(one: Any, now: datetime) -> Mine:
    if one.is_recused:
        state = ("", _("Excusa declarada"))
    elif one.outcome == Outcome.ABSENT:
        state = ("", _("No se presentó"))
    elif one.closed_at:
        state = ("ok", _("Cerrada"))
    elif one.is_sealed:
        state = ("ok", _("Hoja sellada"))
    elif one.starts_at > now:
        state = ("now", _("Por venir"))
    else:
        state = ("warn", _("Falta tu hoja"))
    return Mine(one, state, bool(one.is_due))


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of a sealed sheet: what was asked and the level given, with its anchor."""

    asked: Asked
    points: int
    anchor: str


@dataclass(frozen=True, slots=True)
class SealedSheet:
    """A sealed sheet without its author's name, but for who may know it."""

    name: str
    lines: list[Line]
    total: int
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class SheetPage:
    """What a panellist sees of one interview. The others' sheets are there only once the own one is sealed."""

    interview: Interview
    rubric: Rubric
    sheet: Sheet | None
    others: list[SealedSheet]
    waiting: int
    may_score: Verdict
    may_recuse: Verdict
    is_recused: bool
    asks_reconciling: bool


def sheet_page(actor: Actor, interview: Interview, *, now: datetime) -> SheetPage:
    """Read the page in five queries."""
    members, recused = who_sits(interview)
    sheets = list(interview.sheets.select_related("panellist__person").order_by("sealed_at", "pk"))
    own = next((one for one in sheets if one.panellist_id == actor.user_id), None)
    is_sealed = bool(own and own.sealed_at)
    rubric = Rubric.of(interview.panel.call.rubric)
    sealed = [one for one in sheets if one.sealed_at]
    where = _stage(interview, len(members - recused), sealed, rubric, now)
    return SheetPage(
        interview=interview,
        rubric=rubric,
        sheet=own,
        others=[_sealed(one, rubric, name_of(one.panellist)) for one in sealed] if is_sealed else [],
        waiting=max(len(members - recused), rubric.quorum) - len(sealed),
        may_score=panels.may_score(
            actor, interview, is_member=actor.user_id in members, is_recused=actor.user_id in recused,
            is_sealed=is_sealed, now=now,
        ),
        may_recuse=panels.may_recuse(actor, interview, is_member=actor.user_id in members, is_sealed=is_sealed),
        is_recused=actor.user_id in recused,
        asks_reconciling=where is Stage.RECONCILE and is_sealed,
    )  # fmt: skip


def _stage(interview: Interview, scoring: int, sealed: list[Sheet], rubric: Rubric, now: datetime) -> Stage:
    place = panels.panel_place(interview.panel.call.score_criteria)
    criterion = interview.panel.call.score_criteria[place or 0]
    return panels.stage(
        interview, scoring=scoring, totals=[one.total or 0 for one in sealed], rubric=rubric, criterion=criterion,
        now=now,
    )  # fmt: skip


def _sealed(sheet: Sheet, rubric: Rubric, name: str) -> SealedSheet:
    lines = [
        Line(one, sheet.levels[one.key], one.anchor_of(sheet.levels[one.key]))
        for one in rubric.asked
        if one.key in sheet.levels
    ]
    return SealedSheet(name, lines, sheet.total or 0, sheet.note, sheet.digest)


# ----------------------------------------------------------------------- desk


@dataclass(frozen=True, slots=True)
class PanelRow:
    panel: Panel
    members: list[str]
    interviews: int
    closed: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An interview for its manager."""

    interview: Interview
    state: tuple[str, str]
    sealed: int


@dataclass(frozen=True, slots=True)
class PanelsPage:
    frame: Frame
    verdict: Verdict
    rubric: Rubric
    panels: list[PanelRow]
    page: Page[Any]
    rows: list[Heard]
    waiting: int
    closed: int


def panels_page(actor: Actor, call: Call, *, number: Any, now: datetime) -> PanelsPage:
    """The panels of a call and its interviews, open ones first; a fixed number of queries."""
    rubric = Rubric.of(call.rubric)
    names: defaultdict[int, list[str]] = defaultdict(list)
    for member in PanelMember.objects.filter(panel__call=call).select_related("user__person").order_by("pk"):
        names[member.panel_id].append(name_of(member.user))
    rows = call.panels.annotate(
        every=Count("interviews"), closed_n=Count("interviews", filter=Q(interviews__closed_at__isnull=False))
    ).order_by("name")
    interviews: QuerySet[Any] = (
        Interview.objects.filter(panel__call=call)
        .select_related("panel", "application")
        .annotate(
            sealed=Count("sheets", filter=Q(sheets__sealed_at__isnull=False), distinct=True),
            away=Count(
                "application__recusals",
                filter=Q(application__recusals__substitute__isnull=True),
                distinct=True,
            ),
        )
        .order_by(F("closed_at").asc(nulls_first=True), "starts_at")
    )
    page = Paginator(interviews, PER_PAGE).get_page(number)
    counts = Interview.objects.filter(panel__call=call).aggregate(
        closed=Count("pk", filter=Q(closed_at__isnull=False))
    )
    waiting = Application.objects.filter(
        call=call, state=ApplicationState.SUBMITTED, interview__isnull=True
    ).count()
    return PanelsPage(
        frame=desk_frame(actor, call, "calls:panels", now=now),
        verdict=panels.may_manage_panels(actor, call),
        rubric=rubric,
        panels=[PanelRow(one, names[one.pk], one.every, one.closed_n) for one in rows],
        page=page,
        rows=[
            Heard(one, _desk_state(one, rubric, len(names[one.panel_id]) - one.away, now), one.sealed)
            for one in page
        ],
        waiting=waiting,
        closed=counts["closed"],
    )


def _desk_state(one: Any, rubric: Rubric, scoring: int, now: datetime) -> tuple[str, str]:
    if one.outcome:
        return ("ok" if one.outcome == Outcome.HELD else "", str(one.get_outcome_display()))
    if scoring < rubric.quorum:
        return ("bad", _("Falta suplente"))
    if one.starts_at > now:
        return ("now", _("Por venir"))
    return ("warn", _("Faltan hojas") if one.sealed < rubric.quorum else _("Por conciliar o por sellar"))


def panellists_of(call: Call) -> list[tuple[str, str]]:
    """Who may sit in a panel of the call, as choices, in one query."""
    rows = (
        User.objects.filter(
            Q(memberships__institution_id=call.institution_id) | Q(memberships__institution_id=None),
            memberships__role=roles.Role.PANELLIST, is_active=True,
        )
        .select_related("person").distinct().order_by("office_name", "email")
    )  # fmt: skip
    return [(str(one.pk), name_of(one)) for one in rows]


# --------------------------------------------------------------------- person


@dataclass(frozen=True, slots=True)
class MyInterviewPage:
    """What the person sees: the appointment and the rubric; after publication also their sheets, by nobody's name."""

    application: Application
    interview: Interview | None
    rubric: Rubric
    sheets: list[SealedSheet]
    is_public: bool
    claim_url: str


def my_interview_page(application: Application) -> MyInterviewPage:
    """Read it in two queries."""
    call = application.call
    rubric = Rubric.of(call.rubric)
    interview = Interview.objects.filter(application=application).select_related("panel").first()
    is_public = call.results_published_at is not None
    sheets: list[SealedSheet] = []
    if interview is not None and is_public:
        sealed = interview.sheets.filter(sealed_at__isnull=False).order_by("digest")
        sheets = [_sealed(one, rubric, "") for one in sealed]
    return MyInterviewPage(
        application, interview, rubric, sheets, is_public, _claim_url(application) if is_public else ""
    )


def _claim_url(application: Application) -> str:
    """Where to claim, if the installation has it: higher apps may not be there."""
    try:
        return reverse("allocation:claim_form", args=[application.call.code, application.folio])
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """One interview for its manager; the sheets only once it is closed.

    ``recusals`` are with who is recused and who sits instead, ``lacks`` how many people are missing to score.
    """

    frame: Frame
    interview: Interview
    verdict: Verdict
    sealed: int
    recusals: list[tuple[Recusal, str, str]]
    lacks: int
    sheets: list[SealedSheet]
    may_move: bool
    may_note_absence: bool
    may_give_date: bool


def interview_page(actor: Actor, call: Call, interview: Interview, *, now: datetime) -> InterviewPage:
    """Read it in five queries besides the interview."""
    rubric = Rubric.of(call.rubric)
    sealed = list(
        interview.sheets.filter(sealed_at__isnull=False).select_related("panellist__person").order_by("pk")
    )
    ends = interview.starts_at + timedelta(minutes=interview.minutes)
    is_over = interview.closed_at is None and not sealed and now >= ends
    has_second = rubric.absent == panels.Absent.SECOND and interview.turns < panels.MOST_TURNS
    members, recused = who_sits(interview)
    recusals = Recusal.objects.filter(application_id=interview.application_id).order_by("declared_at")
    return InterviewPage(
        frame=desk_frame(actor, call, "calls:panels", now=now),
        interview=interview,
        verdict=panels.may_manage_panels(actor, call),
        sealed=len(sealed),
        recusals=[
            (one, name_of(one.user), name_of(one.substitute) if one.substitute else "")
            for one in recusals.select_related("user__person", "substitute__person")
        ],
        lacks=0 if interview.closed_at else max(rubric.quorum - len(members - recused), 0),
        sheets=[_sealed(one, rubric, name_of(one.panellist)) for one in sealed]
        if interview.closed_at
        else [],
        may_move=interview.closed_at is None and not sealed and not is_over,
        may_note_absence=is_over and not has_second,
        may_give_date=is_over and has_second,
    )
