"""Drafting a call. Every change is refused once it is published; only an addendum changes it then."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import bridge, queries, rules
from cauce.calls.models import CalendarEntry, Call, CallSpecialty
from cauce.calls.rules.downtime import GRACE, WINDOW
from cauce.calls.rules.drafting import (
    Dates,
    Entry,
    General,
    Part,
    Scope,
    criterion_problem,
    fingerprint,
    moved,
)
from cauce.institutions.models import Institution, Specialty, State

V = TypeVar("V", bound=Part)


class DraftRefused(Refused):
    """A value that a draft cannot have."""

    code = "draft_refused"


class ChangedMeanwhile(DomainError):
    """Somebody else saved the same part after the page was shown; nothing was overwritten."""

    code = "changed_meanwhile"


@use_case
def create_call(
    *, actor: Actor, institution: Institution, code: str, kind: str, title: str, dates: Dates, now: datetime
) -> Call:
    """Start the draft of a call, with its lottery sealed: a secret seed and the commitment to it.

    The same code sent again by the same person for a draft they have not
    changed gives that draft. Raises ``Denied`` unless the actor manages calls
    of ``institution``, ``DraftRefused`` for a code that is taken or dates out of order.
    """
    rules.may_create(actor, institution.pk).enforce()
    _check_dates(dates)
    seed = secrets.token_hex(32)
    call = Call(
        institution=institution, code=code, kind=kind, title=title, lottery_seed=seed,
        lottery_commitment=bridge.commitment_of(seed), edited_by_id=actor.user_id, edited_at=now, **asdict(dates),
    )  # fmt: skip
    try:
        with transaction.atomic():
            call.save()
    except IntegrityError:
        same = Call.objects.filter(
            code=code, institution=institution, title=title, state="draft", edited_by_id=actor.user_id
        ).first()
        if same is None:
            raise DraftRefused(
                _("Ya hay una convocatoria con la clave %(code)s.") % {"code": code},
                _("Elegir otra clave."),
                field="code",
            ) from None
        note(repeated=True)
        return same
    note(code=code, commitment=call.lottery_commitment)
    return call


@use_case
def edit_general(*, actor: Actor, call: Call, values: General, seen: str, now: datetime) -> Call:
    """Replace the general data of a draft.

    ``seen`` is the fingerprint of what the page showed. Raises ``Denied``
    unless the actor may edit, ``ChangedMeanwhile`` when somebody else saved
    other values, ``DraftRefused`` for a previous call that the actor cannot name.
    """
    call = locked_draft(actor, call)
    if not differs(call, General.of(call), values, seen):
        return call
    if values.previous_id is not None and (
        values.previous_id == call.pk
        or not queries.calls_managed_by(actor).filter(pk=values.previous_id).exists()
    ):
        raise DraftRefused(
            _("La convocatoria anterior no es de las que se gestionan aquí."), field="previous"
        )
    for name, value in asdict(values).items():
        setattr(call, name, value)
    call.save(update_fields=list(asdict(values)))
    touch(call, actor, now)
    note(part="general", fingerprint=values.fingerprint)
    return call


@use_case
def edit_dates(*, actor: Actor, call: Call, values: Dates, seen: str, now: datetime) -> Call:
    """Replace opening, closing and results of a draft; errors as ``edit_general``, and for dates out of order."""
    call = locked_draft(actor, call)
    if not differs(call, Dates.of(call), values, seen):
        return call
    _check_dates(values)
    for name, value in asdict(values).items():
        setattr(call, name, value)
    call.save(update_fields=list(asdict(values)))
    touch(call, actor, now)
    note(part="dates", **{name: _noted(value) for name, value in asdict(values).items()})
    return call


@use_case
def save_entry(
    *, actor: Actor, call: Call, values: Entry, now: datetime, entry_id: int | None = None, seen: str = ""
) -> Call:
    """Add an entry to the calendar of a draft, or replace the one with ``entry_id``.

    The same entry added twice is one. Errors as ``edit_general``;
    ``DraftRefused`` when it ends before it starts or no longer exists.
    """
    call = locked_draft(actor, call)
    if values.ends_at is not None and values.ends_at < values.starts_at:
        raise DraftRefused(
            _("Termina antes de empezar."), _("Corregir una de las dos fechas."), field="ends_at"
        )
    if entry_id is None:
        _entry, added = CalendarEntry.objects.get_or_create(call=call, **asdict(values))
        note(part="calendar", added=added)
    else:
        entry = call.calendar.filter(pk=entry_id).first()
        if entry is None:
            raise DraftRefused(_("Otra persona quitó esta fecha del calendario."), _("Agregarla de nuevo."))
        if not differs(call, Entry.of(entry), values, seen):
            return call
        for name, value in asdict(values).items():
            setattr(entry, name, value)
        entry.save()
        note(part="calendar", entry=entry.pk)
    touch(call, actor, now)
    return call


@use_case
def remove_entry(*, actor: Actor, call: Call, entry_id: int, now: datetime) -> Call:
    """Take an entry out of the calendar of a draft; one that is gone already is no error."""
    call = locked_draft(actor, call)
    removed, _rows = call.calendar.filter(pk=entry_id).delete()
    note(part="calendar", removed=entry_id if removed else None)
    touch(call, actor, now)
    return call


@use_case
def edit_scope(*, actor: Actor, call: Call, values: Scope, seen: str, now: datetime) -> Call:
    """Replace the states and the specialties (with their tiers) of a draft; errors as ``edit_general``."""
    call = locked_draft(actor, call)
    if not differs(call, queries.scope_of(call), values, seen):
        return call
    states = list(State.objects.filter(pk__in=values.states))
    tiers = dict(values.specialties)
    known = Specialty.objects.filter(pk__in=tiers).count()
    if len(states) != len(values.states) or known != len(tiers):
        raise DraftRefused(
            _("Un estado o una especialidad ya no está en el catálogo."), _("Abrir la página otra vez.")
        )
    call.states.set(states)
    call.call_specialties.all().delete()
    CallSpecialty.objects.bulk_create(
        CallSpecialty(call=call, specialty_id=specialty, tier=tier) for specialty, tier in tiers.items()
    )
    touch(call, actor, now)
    note(part="scope", states=len(states), specialties=len(tiers))
    return call


@use_case
def save_criterion(
    *, actor: Actor, call: Call, criterion: dict[str, Any], now: datetime, replaces: str = "", seen: str = ""
) -> Call:
    """Add a criterion at the end of the order rule of a draft, or replace the one called ``replaces``.

    ``seen`` is the fingerprint of the whole rule as shown. The same criterion
    sent twice is one. Raises ``DraftRefused`` for one that contradicts itself
    or whose key is taken; otherwise as ``edit_general``.
    """
    call = locked_draft(actor, call)
    before = list(call.score_criteria)
    if criterion in before:
        note(repeated=True)
        return call
    if replaces and not any(each["key"] == replaces for each in before):
        raise DraftRefused(_("Otra persona quitó este criterio."), _("Agregarlo de nuevo."))
    if replaces and seen != fingerprint(before):
        raise _overtaken(call)
    after = [criterion if each["key"] == replaces else each for each in before]
    if not replaces:
        after.append(criterion)
    if problem := criterion_problem(criterion, Counter(each["key"] for each in after)):
        raise DraftRefused(problem, _("Corregir el criterio."))
    return _order(call, actor, after, now)


@use_case
def move_criterion(*, actor: Actor, call: Call, key: str, position: int, now: datetime) -> Call:
    """Put the criterion called ``key`` at ``position`` (from 0) of a draft's order rule; the lottery stays last."""
    call = locked_draft(actor, call)
    after = moved(call.score_criteria, key, position)
    return call if after == call.score_criteria else _order(call, actor, after, now)


@use_case
def remove_criterion(*, actor: Actor, call: Call, key: str, now: datetime) -> Call:
    """Take a criterion out of a draft's order rule; one that is gone already is no error."""
    call = locked_draft(actor, call)
    return _order(call, actor, [each for each in call.score_criteria if each["key"] != key], now)


# ------------------------------------------------------------ what drafts share


@step
def locked_draft(actor: Actor, call: Call) -> Call:
    """Lock and reload ``call``; raise ``Denied`` unless the actor may edit it as it is now."""
    call = Call.objects.select_for_update(of=("self",)).select_related("edited_by__person").get(pk=call.pk)
    rules.may_edit_call(actor, call).enforce()
    return call


@step
def differs(call: Call, current: V, wanted: V, seen: str) -> bool:
    """Whether there is something to save; raise ``ChangedMeanwhile`` if what is saved is not what was seen."""
    if current == wanted:
        note(repeated=True)
        return False
    if seen != current.fingerprint:
        raise _overtaken(call)
    return True


@step
def touch(call: Call, actor: Actor, now: datetime) -> None:
    """Note on the call who changed it last, and when."""
    call.edited_by_id, call.edited_at = actor.user_id, now
    call.save(update_fields=["edited_by", "edited_at"])


def _overtaken(call: Call) -> ChangedMeanwhile:
    facts = {
        "who": queries.name_of(call.edited_by),
        "when": figures.moment(call.edited_at) if call.edited_at else "",
    }
    return ChangedMeanwhile(
        _("%(who)s guardó cambios aquí el %(when)s, mientras esta página estaba abierta.") % facts,
        _("No se guardó nada encima: comparar lo guardado con lo escrito y decidir."),
    )


def _order(call: Call, actor: Actor, criteria: list[dict[str, Any]], now: datetime) -> Call:
    call.score_criteria = criteria
    call.save(update_fields=["score_criteria"])
    touch(call, actor, now)
    note(part="order", criteria=[each["key"] for each in criteria])
    return call


def _noted(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _check_dates(dates: Dates) -> None:
    for field, (least, most) in (("outage_window", WINDOW), ("outage_grace", GRACE)):
        if not least <= getattr(dates, field) <= most:
            raise DraftRefused(
                _("Van de %(least)s a %(most)s minutos.") % {"least": least, "most": most},
                _("Escribir otro número."), field=field,
            )  # fmt: skip
    if dates.closes_at <= dates.opens_at:
        raise DraftRefused(
            _("Cierra antes de abrir."), _("Poner el cierre después de la apertura."), field="closes_at"
        )
    if dates.results_at <= dates.closes_at:
        raise DraftRefused(
            _("Los resultados serían antes del cierre."),
            _("Ponerlos después del cierre."),
            field="results_at",
        )
