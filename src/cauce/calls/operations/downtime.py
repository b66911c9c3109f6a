"""Giving back the time in which the product did not serve."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import override

from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.usecases import note, use_case
from cauce.calls import queries
from cauce.calls.models import Call, OutageExtension
from cauce.calls.operations.publishing import add_addendum
from cauce.calls.rules.downtime import addendum_text


@use_case
def make_up_for_outages(*, actor: Actor, call: Call, now: datetime) -> Call:
    """Move the closing of a call by what was measured and its published grace, with an addendum; or leave it.

    Only a process does this, and never once lists were fixed. Raises ``Denied``.
    """
    call = Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)
    if not actor.is_system:
        raise Denied()
    found = queries.extension_due(call)
    if found is None:
        note(repeated=True)
        return call
    with override("es"):
        text = addendum_text(found)
    addendum = add_addendum(call, text=text, closes_at=found.closes_at, now=now)
    OutageExtension.objects.create(
        call=call, addendum=addendum, base=found.base, closes_at=found.closes_at,
        lost_seconds=int(found.lost.total_seconds()), grace_seconds=int(found.grace.total_seconds()),
    )  # fmt: skip
    note(lost=int(found.lost.total_seconds()))
    return call
