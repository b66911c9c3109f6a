"""Writing to those who have not sent their list, before the call closes: each reminder once to each person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.db.models import Count, Exists, F, OuterRef, Sum
from django.urls import reverse
from django.utils.translation import ngettext

from cauce.accounts.rules import zone_of
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.usecases import note, use_case
from cauce.calls.models import Application, ApplicationState, Call, CallReminder, ListVersion, Post
from cauce.calls.rules import letters
from cauce.notices.operations import post_many
from cauce.notices.rules import Letter


@use_case
def remind(*, call: Call, kind: str, actor: Actor, now: datetime) -> Call:
    """Write the reminder or weekly letter ``kind`` to everybody whose list is not sent; once, whoever asks again.

    What is not due at ``now`` is refused with ``Denied``. Nothing is sent after
    closing; an addendum that moves the closing makes its reminders due again.
    """
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    step = letters.due_step(opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    week = letters.due_week(opens_at=call.opens_at, closes_at=call.closes_at, now=now)
    if kind not in (step.code if step else "", week) or not kind:
        raise Denied(f"{kind} is not due")
    row, is_new = CallReminder.objects.get_or_create(
        call=call, kind=kind, closes_at=call.closes_at, defaults={"written_at": now}
    )
    if not is_new:
        note(call=call.pk, repeated=True)
        return call
    told = post_many(_letters(call, kind), now=now)
    CallReminder.objects.filter(pk=row.pk).update(told=told)
    note(call=call.pk, kind=kind, told=told)
    return call


def _letters(call: Call, kind: str) -> Iterator[Letter]:
    is_weekly = kind.startswith(letters.WEEKLY)
    sent = seats = 0
    if is_weekly:
        sent = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED).count()
        seats = Post.objects.filter(call=call).aggregate(n=Sum("seats"))["n"] or 0
    is_sent = ListVersion.objects.filter(
        application=OuterRef("pk"), number=OuterRef("version"), sent_at__isnull=False
    )
    waiting = (
        Application.objects.filter(call=call, person__user__is_active=True)
        .exclude(state=ApplicationState.WITHDRAWN)
        .exclude(state=ApplicationState.SUBMITTED, version=0)
        .annotate(n=Count("choices"), is_sent=Exists(is_sent), user_id=F("person__user"))
        .filter(is_sent=False)
        .order_by("pk")
        .values_list(
            "pk", "folio", "state", "n", "user_id", "person__user__language", "person__time_zone",
            "person__birth_state",
        )
    )  # fmt: skip
    for pk, folio, state, count, user_id, language, chosen, birth_state in waiting.iterator(chunk_size=2000):
        template = letters.STANDING if is_weekly else letters.REMINDER
        if state == ApplicationState.SUBMITTED:
            if is_weekly:
                continue
            template = letters.REMINDER_CHANGED
        zone = zone_of(chosen=chosen, birth_state=birth_state)
        yield template.letter(
            key=f"{kind}:{call.pk}:{call.closes_at:%Y%m%d%H%M}:{pk}",
            user_id=user_id,
            language=language,
            link=reverse("calls:application", args=[folio]),
            matter=matter_of(call),
            expires_at=call.closes_at,
            call=call.title[:90],
            folio=folio,
            count=partial(_options, count),
            sent=partial(figures.number, sent),
            seats=partial(figures.number, seats),
            closes=partial(figures.moment, call.closes_at, zone=True),
            closes_both=partial(_both, call.closes_at, zone),
        )


def _options(count: int) -> str:
    return ngettext("%(n)s opción", "%(n)s opciones", count) % {"n": figures.number(count)}


def _both(moment: datetime, zone: str) -> str:
    """A moment by the centre's clock and, if it differs, by the reader's."""
    words, theirs = figures.moment(moment, weekday=True, zone=True), figures.local_clock(moment, zone)
    return f"{words} ({theirs})" if theirs else words


def matter_of(call: Call) -> str:
    """What letters of a call are filed under."""
    return f"call:{call.pk}"
