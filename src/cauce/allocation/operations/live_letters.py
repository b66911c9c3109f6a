"""Letters of a live choice: the summons, and the reminder that a turn is near."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from cauce.accounts.models import User
from cauce.allocation.models import LiveChoice, LiveTurn
from cauce.allocation.rules import letters
from cauce.base import figures
from cauce.base.usecases import step
from cauce.calls import operations as calls
from cauce.notices.operations import Letter, post_many


def _summonses(session: LiveChoice, turns: list[LiveTurn]) -> Iterator[Letter]:
    for turn in turns:
        user = turn.application.person.user
        at = turn.appointment_at
        yield letters.SUMMONS.letter(
            key=f"live-turn:{session.pk}:{session.task_id}:{turn.pk}", user_id=user.pk, language=user.language,
            link=reverse("allocation:my_turn", args=[session.call.code]), matter=calls.matter_of(session.call),
            call=session.call.title[:120], folio=turn.application.folio, place=partial(figures.number, turn.place),
            when=partial(figures.moment, at, weekday=True, zone=True) if at else "", is_online=at is None,
        )  # fmt: skip


@step
def tell_summons(session: LiveChoice, turns: list[LiveTurn], *, now: datetime) -> int:
    """Write to these people when they choose; return how many were told. Nobody gets a second one."""
    return post_many(_summonses(session, turns), now=now, subject=session)


@step
def tell_near(session: LiveChoice, waiting: QuerySet[LiveTurn], *, is_first: bool, now: datetime) -> None:
    """Write to who now has ``LIVE_NEAR`` people before them; at the first turn, to everybody who has no more."""
    near = settings.LIVE_NEAR
    rows = waiting.order_by("place").select_related("application__person__user")
    rows = rows[:near] if is_first else rows[near - 1 : near]
    post_many(
        [
            _near_letter(session, turn, turn.application.person.user, ahead, now)
            for ahead, turn in enumerate(rows, 1 if is_first else near)
            if hasattr(turn.application.person, "user")
        ],
        now=now,
        subject=session,
    )


def _near_letter(session: LiveChoice, turn: LiveTurn, user: User, ahead: int, now: datetime) -> Letter:
    at = turn.appointment_at
    return letters.NEAR.letter(
        key=f"live-near:{session.pk}:{session.task_id}:{turn.pk}", user_id=user.pk, language=user.language,
        link=reverse("allocation:my_turn", args=[session.call.code]), matter=calls.matter_of(session.call),
        # By then the turn is over, if everybody before takes all their time.
        expires_at=max(now, at or now) + timedelta(seconds=session.seconds * (ahead + 1)),
        call=session.call.title[:120], folio=turn.application.folio, ahead=partial(_people_before, ahead),
        appointment=partial(figures.moment, at, weekday=True, zone=True) if at else "",
    )  # fmt: skip


def _people_before(count: int) -> str:
    return ngettext(
        "Falta una persona antes que tú.", "Faltan %(count)s personas antes que tú.", count
    ) % {"count": figures.number(count)}  # fmt: skip
