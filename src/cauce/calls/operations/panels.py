"""Panels and their interviews: named, scheduled, scored sheet by sheet, and turned into the one value of the order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import User
from cauce.accounts.queries import actor_for
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.usecases import note, step, use_case
from cauce.calls import queries
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    Interview,
    Outcome,
    Panel,
    PanelMember,
    Recusal,
    RecusalKind,
    Sheet,
)
from cauce.calls.operations.desk import ChangedMeanwhile, locked_draft, touch
from cauce.calls.rules import letters
from cauce.calls.rules import panels as rulebook
from cauce.calls.rules.panels import InterviewRefused, Rubric, RubricRefused, SheetRefused
from cauce.notices.operations import Letter, post_many

MOST_SLOTS = 200


@use_case
def save_rubric(*, actor: Actor, call: Call, values: Rubric, seen: str, now: datetime) -> Call:
    """Replace the rubric of a draft. Raises ``Denied``, ``ChangedMeanwhile``, ``RubricRefused``."""
    call = locked_draft(actor, call)
    current = Rubric.of(call.rubric)
    if current == values:
        note(repeated=True)
        return call
    if seen != current.fingerprint:
        raise ChangedMeanwhile(
            _("Otra persona cambió la rúbrica mientras esta página estaba abierta."),
            _("Volver a abrirla y repetir el cambio; no se guardó nada."),
        )
    if problem := rulebook.rubric_problem(values):
        raise RubricRefused(problem, _("Corregirla; no se guardó nada."), field="criteria")
    call.rubric = values.document()
    call.save(update_fields=["rubric"])
    touch(call, actor, now)
    note(part="rubric", fingerprint=values.fingerprint)
    return call


@use_case
def save_panel(*, actor: Actor, call: Call, name: str, users: Sequence[int], now: datetime) -> Panel:
    """Name a panel of a call, or replace who is in the one with that name.

    Who has sealed a sheet stays. Raises ``Denied``, and ``InterviewRefused``
    for fewer members than the rubric asks for, or somebody who is no panellist there or has another interview at
    the hour of one of this panel's.
    """
    call = _locked_call(actor, call)
    name = " ".join(name.split())
    quorum = Rubric.of(call.rubric).quorum
    if not call.rubric:
        raise InterviewRefused(_("Esta convocatoria no tiene rúbrica: no hay con qué calificar."))
    if len(set(users)) < quorum:
        raise InterviewRefused(
            _("Un jurado tiene al menos %(quorum)s personas.") % {"quorum": quorum},
            _("Elegir más, mejor con suplentes por si alguien se excusa."), field="members",
        )  # fmt: skip
    for user in User.objects.filter(pk__in=users):
        if not actor_for(user).holds(roles.PANEL_SCORE, call.institution_id):
            raise InterviewRefused(_("Una persona no es jurado de esta institución."), field="members")
    panel, _created = Panel.objects.get_or_create(call=call, name=name)
    sealed = set(
        Sheet.objects.filter(interview__panel=panel, sealed_at__isnull=False).values_list(
            "panellist_id", flat=True
        )
    )
    known = set(panel.members.values_list("user_id", flat=True))
    _refuse_busy({*users} - known, list(panel.interviews.filter(closed_at__isnull=True)), field="members")
    panel.members.exclude(user_id__in={*users} | sealed).delete()
    PanelMember.objects.bulk_create(
        (PanelMember(panel=panel, user_id=user) for user in set(users)), ignore_conflicts=True
    )
    note(members=sorted({*users} | sealed))
    return panel


@use_case
def schedule(
    *,
    actor: Actor,
    panel: Panel,
    starts_at: datetime,
    minutes: int,
    count: int,
    is_remote: bool,
    place: str,
    now: datetime,
) -> Panel:
    """Give the next ``count`` people without one an appointment, one after the other, and write to them.

    People come in the order of their folios. Nobody is left with two
    appointments. Raises ``Denied``, and ``InterviewRefused`` for a past time, no place, or a slot that is taken.
    """
    panel = Panel.objects.select_related("call").get(pk=panel.pk)
    call = _locked_call(actor, panel.call)
    place = " ".join(place.split())
    if starts_at <= now:
        raise InterviewRefused(_("Esa hora ya pasó."), _("Elegir una que venga."), field="starts_at")
    if now <= call.closes_at:
        raise InterviewRefused(
            _("La convocatoria sigue abierta: faltan solicitudes por llegar."), _("Citar después del cierre.")
        )
    if not place:
        raise InterviewRefused(
            _("Falta dónde."), _("Escribir la dirección, o la liga de la videollamada."), field="place"
        )
    if not (5 <= minutes <= 240 and 1 <= count <= MOST_SLOTS):
        raise InterviewRefused(_("De 5 a 240 minutos, y hasta 200 citas por vez."), field="minutes")
    free = list(
        Application.objects.filter(call=call, state=ApplicationState.SUBMITTED, interview__isnull=True)
        .select_related("person")
        .order_by("folio")[:count]
    )
    made = [
        Interview(
            panel=panel, application=one, starts_at=starts_at + timedelta(minutes=minutes * at), minutes=minutes,
            is_remote=is_remote, place=place,
        )
        for at, one in enumerate(free)
    ]  # fmt: skip
    _refuse_overlaps(panel, made)
    Interview.objects.bulk_create(made)
    told = post_many(_letters(call, made), now=now, subject=panel)
    note(interviews=len(made), told=told)
    return panel


@use_case
def move_interview(
    *, actor: Actor, interview: Interview, starts_at: datetime, is_remote: bool, place: str, now: datetime
) -> Interview:
    """Give somebody another date, while nobody has sealed a sheet. Raises ``Denied``, ``InterviewRefused``."""
    interview = _locked(interview)
    rulebook.may_manage_panels(actor, interview.panel.call).enforce()
    place = " ".join(place.split())
    if (interview.starts_at, interview.is_remote, interview.place) == (starts_at, is_remote, place):
        note(repeated=True)
        return interview
    if interview.closed_at or interview.sheets.filter(sealed_at__isnull=False).exists():
        raise InterviewRefused(_("Ya hay hojas selladas de esta entrevista: no se mueve."))
    if starts_at <= now or not place:
        raise InterviewRefused(_("Hace falta una hora que venga y un lugar."), field="starts_at")
    interview.starts_at, interview.is_remote, interview.place = starts_at, is_remote, place
    _refuse_overlaps(interview.panel, [interview])
    interview.save(update_fields=["starts_at", "is_remote", "place"])
    note(told=post_many(_letters(interview.panel.call, [interview]), now=now, subject=interview))
    return interview


@use_case
def record_absence(*, actor: Actor, interview: Interview, now: datetime) -> Interview:
    """Note that the person did not come: by the call's rule a second date is due, or the lowest value.

    Raises ``Denied``, and ``InterviewRefused`` before the hour, or once a sheet is sealed.
    """
    interview = _locked(interview)
    rulebook.may_manage_panels(actor, interview.panel.call).enforce()
    if interview.outcome == Outcome.ABSENT:
        note(repeated=True)
        return interview
    if now < interview.starts_at + timedelta(minutes=interview.minutes):
        raise InterviewRefused(_("La cita todavía no termina."))
    if interview.closed_at or interview.sheets.filter(sealed_at__isnull=False).exists():
        raise InterviewRefused(_("Ya hay hojas selladas de esta entrevista: la persona vino."))
    rubric = Rubric.of(interview.panel.call.rubric)
    if rubric.absent == rulebook.Absent.SECOND and interview.turns < rulebook.MOST_TURNS:
        raise InterviewRefused(
            _("Las bases le dan una segunda fecha."), _("Dársela; si tampoco viene, anotarlo otra vez.")
        )
    _close(interview, Outcome.ABSENT, rulebook.lowest_value(_criterion(interview)), now)
    return interview


@use_case
def give_second_date(*, actor: Actor, interview: Interview, starts_at: datetime, now: datetime) -> Interview:
    """Give who did not come the second date that the rules grant. Raises ``Denied``, ``InterviewRefused``."""
    interview = _locked(interview)
    rulebook.may_manage_panels(actor, interview.panel.call).enforce()
    rubric = Rubric.of(interview.panel.call.rubric)
    if interview.starts_at == starts_at:
        note(repeated=True)
        return interview
    if (
        rubric.absent != rulebook.Absent.SECOND
        or interview.turns >= rulebook.MOST_TURNS
        or interview.closed_at
    ):
        raise InterviewRefused(_("Las bases no dan otra fecha."))
    if interview.sheets.filter(sealed_at__isnull=False).exists():
        raise InterviewRefused(_("Ya hay hojas selladas de esta entrevista: la persona vino."))
    if now < interview.starts_at + timedelta(minutes=interview.minutes) or starts_at <= now:
        raise InterviewRefused(
            _("La segunda fecha se da después de la primera, y para más adelante."), field="starts_at"
        )
    interview.starts_at, interview.turns = starts_at, interview.turns + 1
    _refuse_overlaps(interview.panel, [interview])
    interview.save(update_fields=["starts_at", "turns"])
    note(told=post_many(_letters(interview.panel.call, [interview]), now=now, subject=interview))
    return interview


# ------------------------------------------------------------------ panellists


@use_case
def recuse(*, actor: Actor, interview: Interview, kind: str, now: datetime) -> Interview:
    """Declare a conflict of interest: the actor's unsealed sheet goes, the others score. Raises ``Denied``."""
    interview = _locked(interview)
    member, recused, sheet = _standing(actor, interview)
    rulebook.may_recuse(
        actor, interview, is_member=member, is_sealed=bool(sheet and sheet.sealed_at)
    ).enforce()
    if recused:
        note(repeated=True)
        return interview
    if kind not in RecusalKind.values:
        raise InterviewRefused(_("Falta decir de qué conflicto se trata."), field="kind")
    Recusal.objects.create(
        user_id=_user_of(actor), application_id=interview.application_id, kind=kind, declared_at=now
    )
    interview.sheets.filter(panellist_id=actor.user_id, sealed_at__isnull=True).delete()
    note(kind=kind)
    _close_if_done(interview, now)
    return interview


@use_case
def replace_panellist(
    *, actor: Actor, interview: Interview, recusal: int, substitute: int, now: datetime
) -> Interview:
    """Let another panellist sit in this one interview for somebody who is recused, and write to them.

    Raises ``Denied``, and ``InterviewRefused`` for who is no panellist, sits there already, or has another
    interview at that hour.
    """
    interview = _locked(interview)
    call = interview.panel.call
    rulebook.may_manage_panels(actor, call).enforce()
    row = Recusal.objects.filter(pk=recusal, application_id=interview.application_id).first()
    if row is not None and row.substitute_id == substitute:
        note(repeated=True)
        return interview
    if row is None or row.substitute_id or interview.closed_at:
        raise InterviewRefused(
            _("Esa excusa ya tiene suplente, o la entrevista ya se cerró."), _("Abrir la página de nuevo.")
        )
    other = User.objects.filter(pk=substitute, is_active=True).first()
    if other is None or not actor_for(other).holds(roles.PANEL_SCORE, call.institution_id):
        raise InterviewRefused(_("Esa persona no es jurado de esta institución."), field="substitute")
    members, _recused = queries.who_sits(interview)
    if substitute in members | {row.user_id}:
        raise InterviewRefused(
            _("Esa persona ya es de este jurado."), _("Elegir a otra."), field="substitute"
        )
    _refuse_busy({substitute}, [interview], field="substitute")
    row.substitute = other
    row.save(update_fields=["substitute"])
    told = post_many([_to_substitute(call, interview, other)], now=now, subject=interview)
    note(substitute=substitute, told=told)
    return interview


@use_case
def save_sheet(
    *, actor: Actor, interview: Interview, levels: Mapping[str, Any], remark: str, seal: bool, now: datetime
) -> Interview:
    """Keep the actor's own sheet as far as it is written; with ``seal``, for ever.

    The last seal closes the interview, unless the sheets are further apart
    than the rules allow: then somebody of the panel must reconcile. Raises
    ``Denied``, and ``SheetRefused`` on the criterion at fault.
    """
    interview = _locked(interview)
    call = interview.panel.call
    member, recused, sheet = _standing(actor, interview)
    rubric = Rubric.of(call.rubric)
    remark = " ".join(remark.split())[: rulebook.MOST_LETTERS]
    if sheet and sheet.sealed_at and seal and (sheet.levels, sheet.note) == (dict(levels), remark):
        note(repeated=True)
        return interview
    rulebook.may_score(
        actor,
        interview,
        is_member=member,
        is_recused=recused,
        is_sealed=bool(sheet and sheet.sealed_at),
        now=now,
    ).enforce()
    kept = rulebook.levels_of(rubric, levels, whole=seal)
    sheet = sheet or Sheet(interview=interview, panellist_id=_user_of(actor))
    sheet.levels, sheet.note, sheet.saved_at = kept, remark, now
    if seal:
        sheet.sealed_at, sheet.total = now, rubric.total(kept)
        sheet.digest = rulebook.sheet_digest(
            interview.application.folio, _user_of(actor), kept, remark, call.rules_digest
        )
        note(digest=sheet.digest)
    sheet.save()
    if seal:
        _close_if_done(interview, now)
    return interview


@use_case
def reconcile(*, actor: Actor, interview: Interview, words: str, now: datetime) -> Interview:
    """Write down, for the panel, why the sheets are far apart; no number changes. Raises ``Denied``, ``SheetRefused``."""
    interview = _locked(interview)
    member, recused, sheet = _standing(actor, interview)
    words = " ".join(words.split())
    if interview.reconciliation == words and words:
        note(repeated=True)
        return interview
    Verdict(
        bool(member and not recused and sheet and sheet.sealed_at and interview.closed_at is None),
        _("Concilia quien ya selló su hoja, mientras la entrevista no se cierre."),
    ).enforce()
    if problem := rulebook.words_problem(words):
        raise SheetRefused(problem, _("Escribirlo en una o dos frases."), field="words")
    if _stage(interview, now)[0] != rulebook.Stage.RECONCILE:
        raise SheetRefused(_("No hay nada que conciliar todavía."), field="words")
    interview.reconciliation, interview.reconciled_by_id = words, actor.user_id
    interview.save(update_fields=["reconciliation", "reconciled_by"])
    _close_if_done(interview, now)
    return interview


# ------------------------------------------------------------------- shared


@step
def _locked_call(actor: Actor, call: Call) -> Call:
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    rulebook.may_manage_panels(actor, call).enforce()
    return call


@step
def _locked(interview: Interview) -> Interview:
    return (
        Interview.objects.select_for_update(of=("self",))
        .select_related("panel__call", "application")
        .get(pk=interview.pk)
    )


def _user_of(actor: Actor) -> int:
    """The user who acts; 0, which is nobody, for processes and strangers."""
    return actor.user_id or 0


def _standing(actor: Actor, interview: Interview) -> tuple[bool, bool, Sheet | None]:
    """Whether the actor sits in the interview, is recused, and their own sheet."""
    members, recused = queries.who_sits(interview)
    mine = interview.sheets.filter(panellist_id=actor.user_id).first()
    return _user_of(actor) in members, _user_of(actor) in recused, mine


def _criterion(interview: Interview) -> Mapping[str, Any]:
    criteria = interview.panel.call.score_criteria
    place = rulebook.panel_place(criteria)
    assert place is not None  # noqa: S101 - the linter lets no rubric through without its criterion
    return criteria[place]


def _stage(interview: Interview, now: datetime) -> tuple[rulebook.Stage, list[int]]:
    rubric = Rubric.of(interview.panel.call.rubric)
    members, recused = queries.who_sits(interview)
    totals = [one.total or 0 for one in interview.sheets.filter(sealed_at__isnull=False)]
    where = rulebook.stage(
        interview,
        scoring=len(members - recused),
        totals=totals,
        rubric=rubric,
        criterion=_criterion(interview),
        now=now,
    )
    return where, totals


@step
def _close_if_done(interview: Interview, now: datetime) -> None:
    where, totals = _stage(interview, now)
    if where == rulebook.Stage.CLOSED and interview.closed_at is None:
        rubric = Rubric.of(interview.panel.call.rubric)
        _close(interview, Outcome.HELD, rulebook.value_of(rubric, totals, _criterion(interview)), now)


@step
def _close(interview: Interview, outcome: str, value: str, now: datetime) -> None:
    """Fix what came of the interview and put its value into the person's merit: the only way it gets there."""
    interview.outcome, interview.value, interview.closed_at = outcome, value, now
    interview.save(update_fields=["outcome", "value", "closed_at"])
    put_recorded(interview.application, interview.panel.call, rulebook.PANEL, value)
    note(
        outcome=outcome,
        sheets=sorted(interview.sheets.filter(sealed_at__isnull=False).values_list("digest", flat=True)),
    )


@step
def put_recorded(application: Application, call: Call, source: str, value: str) -> None:
    """Set the one recorded value of this source; a run made before no longer counts as up to date."""
    place = rulebook.panel_place(call.score_criteria, source)
    application = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    merit = [*application.merit, *[""] * (len(call.score_criteria) - len(application.merit))]
    if place is None or merit[place] == value:
        return
    merit[place] = value
    application.merit = merit
    application.save(update_fields=["merit"])
    Call.objects.filter(pk=call.pk).update(standings=F("standings") + 1)


def _refuse_overlaps(panel: Panel, wanted: Sequence[Interview]) -> None:
    """Refuse hours at which this panel hears somebody else, or one of its people sits in another one."""
    taken = [
        (one.starts_at, one.starts_at + timedelta(minutes=one.minutes))
        for one in panel.interviews.filter(closed_at__isnull=True).exclude(
            pk__in=[one.pk for one in wanted if one.pk]
        )
    ]
    for one in wanted:
        ends = one.starts_at + timedelta(minutes=one.minutes)
        if any(begin < ends and one.starts_at < end for begin, end in taken):
            raise InterviewRefused(
                _("El jurado ya tiene una cita el %(moment)s.") % {"moment": figures.moment(one.starts_at, zone=True)},
                _("Elegir otra hora; no se citó a nadie."), field="starts_at",
            )  # fmt: skip
    _refuse_busy(set(panel.members.values_list("user_id", flat=True)), wanted, own=panel, field="starts_at")


def _refuse_busy(
    users: set[int], wanted: Sequence[Interview], *, field: str, own: Panel | None = None
) -> None:
    """Refuse appointments at an hour at which one of these people sits in another interview, of any call.

    The people are locked, so that two managers never book one of them at once; ``own`` is a panel not to look at.
    """
    if not users or not wanted:
        return
    names = {one.pk: one for one in User.objects.select_for_update().filter(pk__in=users).order_by("pk")}
    first = min(one.starts_at for one in wanted) - timedelta(minutes=rulebook.LONGEST)
    last = max(one.starts_at + timedelta(minutes=one.minutes) for one in wanted)
    others = (
        Interview.objects.filter(closed_at__isnull=True, starts_at__gt=first, starts_at__lt=last)
        .filter(queries.where_sits(users)).exclude(pk__in=[one.pk for one in wanted if one.pk]).exclude(panel=own)
        .select_related("panel")
    )  # fmt: skip
    for other in others:
        ends = other.starts_at + timedelta(minutes=other.minutes)
        clash = any(
            other.starts_at < one.starts_at + timedelta(minutes=one.minutes) and one.starts_at < ends
            for one in wanted
        )
        if clash and (busy := names.keys() & _sitting(other)):
            facts = {
                "name": queries.name_of(names[min(busy)]), "panel": other.panel.name,
                "moment": figures.moment(other.starts_at, zone=True),
            }  # fmt: skip
            raise InterviewRefused(
                _("%(name)s está a esa hora en otra entrevista: %(panel)s, %(moment)s.") % facts,
                _("Elegir otra hora u otra persona; no se cambió nada."), field=field,
            )  # fmt: skip


def _sitting(interview: Interview) -> set[int]:
    members, recused = queries.who_sits(interview)
    return members - recused


def _letters(call: Call, interviews: Sequence[Interview]) -> Iterator[Letter]:
    """One letter for each person with an account, in their own language."""
    by_person = {one.application.person_id: one for one in interviews}
    users = User.objects.filter(person_id__in=by_person).values_list("pk", "person_id", "language")
    for user, person, language in users:
        one = by_person[person]
        yield letters.INTERVIEW.letter(
            key=f"interview:{one.pk}:{one.starts_at:%Y%m%dT%H%M}", user_id=user, language=language,
            matter=f"call:{call.pk}", link=reverse("calls:my_interview", args=[one.application.folio]),
            **_appointment(call, one),
        )  # fmt: skip


def _to_substitute(call: Call, interview: Interview, substitute: User) -> Letter:
    return letters.SUBSTITUTE.letter(
        key=f"substitute:{interview.pk}:{substitute.pk}", user_id=substitute.pk, language=substitute.language,
        matter=f"call:{call.pk}", link=reverse("calls:sheet", args=[interview.pk]), **_appointment(call, interview),
    )  # fmt: skip


def _appointment(call: Call, interview: Interview) -> dict[str, Any]:
    """When, where and what for, as letters say it."""
    starts = interview.starts_at
    return {
        "title": call.title, "minutes": interview.minutes, "place": interview.place,
        "is_remote": interview.is_remote, "is_there": not interview.is_remote,
        "when": partial(figures.moment, starts),
        "moment": partial(figures.moment, starts, weekday=True, zone=True),
    }  # fmt: skip
