"""The documents that a draft asks for: chosen from the catalogue, then made the call's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls.intake import requirements_for
from cauce.calls.models import Call, Requirement
from cauce.calls.operations.desk import ChangedMeanwhile, DraftRefused, locked_draft, touch
from cauce.calls.rules.categories import Categories
from cauce.calls.rules.drafting import fingerprint
from cauce.calls.rules.requirements import LONGEST_CURE, LONGEST_VALIDITY, Asked


@use_case
def add_requirements(*, actor: Actor, call: Call, asked: Sequence[Asked], now: datetime) -> Call:
    """Ask for these documents in a draft, after those that it asks for; what it asks for already stays as it is.

    Raises ``Denied`` unless the actor may edit.
    """
    call = locked_draft(actor, call)
    held = set(call.requirements.values_list("key", flat=True))
    last = max(call.requirements.values_list("position", flat=True), default=0)
    fresh = [one for one in asked if one.key not in held]
    Requirement.objects.bulk_create(
        Requirement(call=call, position=position, **one.values())
        for position, one in enumerate(fresh, last + 1)
    )
    if fresh:
        touch(call, actor, now)
    note(part="requirements", added=len(fresh))
    return call


@step
def ask_for_usual(call: Call, *, longest_cure: int) -> None:
    """Ask in a new draft for what the catalogue has for calls of its kind and categories; no window is longer than ``longest_cure``."""
    Requirement.objects.bulk_create(
        Requirement(call=call, position=position, **_within(asked, longest_cure).values())
        for position, asked in enumerate(requirements_for(call.kind, Categories.of(call).keys), 1)
    )


def _within(asked: Asked, longest_cure: int) -> Asked:
    return replace(asked, cure_days=min(asked.cure_days, longest_cure)) if asked.cure_days else asked


@use_case
def save_requirement(*, actor: Actor, call: Call, values: Asked, seen: str, now: datetime) -> Call:
    """Replace what a draft says of the document with the key of ``values``, or ask for it if it is new.

    ``seen`` is the fingerprint of what the page showed, "" for a new one.
    Raises ``Denied``, ``ChangedMeanwhile`` when somebody else saved other
    values, ``DraftRefused`` for a window or validity that makes no sense.
    """
    call = locked_draft(actor, call)
    _check(values)
    row = call.requirements.filter(key=values.key).first()
    if row is None:
        last = max(call.requirements.values_list("position", flat=True), default=0)
        Requirement.objects.create(call=call, position=last + 1, **values.values())
    else:
        current = Asked.of(row)
        if current == values:
            note(part="requirements", key=values.key, repeated=True)
            return call
        if seen != fingerprint(current.values()):
            raise ChangedMeanwhile(
                _("Otra persona guardó este documento mientras lo cambiabas."),
                _("Revisa lo guardado y envía de nuevo lo que quieras cambiar."),
            )
        for name, value in values.values().items():
            setattr(row, name, value)
        row.save()
    touch(call, actor, now)
    note(part="requirements", key=values.key)
    return call


def _check(values: Asked) -> None:
    if not values.name.strip():
        raise DraftRefused(_("El documento no tiene nombre."), field="name")
    if values.is_curable and not 1 <= (values.cure_days or 0) <= LONGEST_CURE:
        raise DraftRefused(
            _("Si se puede corregir, hay que decir en cuántos días hábiles: de 1 a %(most)s.")
            % {"most": LONGEST_CURE},
            field="cure_days",
        )
    if values.validity_days is not None and not 1 <= values.validity_days <= LONGEST_VALIDITY:
        raise DraftRefused(
            _("La vigencia va de 1 a %(most)s días.") % {"most": LONGEST_VALIDITY},
            _("Dejarla en blanco si el documento no vence."),
            field="validity_days",
        )


@use_case
def remove_requirement(*, actor: Actor, call: Call, key: str, now: datetime) -> Call:
    """Stop asking for a document in a draft; what is not asked for already changes nothing. Raises ``Denied``."""
    call = locked_draft(actor, call)
    gone, _rows = call.requirements.filter(key=key).delete()
    if gone:
        touch(call, actor, now)
    note(part="requirements", removed=gone)
    return call
