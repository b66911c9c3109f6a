"""A closed call that chooses live: two specialties, five people, their session in any state."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from cauce.accounts.models import User
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.allocation.models import LiveChoice, LiveTurn, TurnState
from cauce.allocation.operations import live
from cauce.allocation.rules.live import LivePlan
from cauce.base.actors import Actor
from cauce.calls.models import Application, Call, Post
from tests.allocation import factories as make
from tests.calls import factories as calls

PLAN = LivePlan("both", 60, 2, {})
SYSTEM = Actor.system("live-choice")


def closed_call(now, code: str = "EV24", **fields) -> Call:
    call = make.closed_call(now, code=code)
    Call.objects.filter(pk=call.pk).update(mechanism="live", **fields)
    call.refresh_from_db()
    return call


def act(call: Call, now, *, people: SimpleNamespace | None = None, plan: LivePlan = PLAN) -> SimpleNamespace:
    """Posts a (1 seat), b (1), c (2) of internal medicine and d (1) of paediatrics; people in the order of merit."""
    a, b, c = make.posts(call, 1, 1, 2)
    other = calls.specialty("pediatria", "Pediatría")
    d = Post.objects.create(
        call=call, key=f"{call.code}-900", site=a.site, specialty=other, seats=1, shift="full", contract="training"
    )  # fmt: skip
    who = people.users if people else {}
    rows = [
        (["90.000", "40"], [a, b], who.get("mariana")),
        (["85.000", "40"], [a, b, c], who.get("bruno")),
        (["80.000", "40"], [d], None),
        (["75.000", "40"], [a, b], None),
        (["70.000", "40"], [d], None),
    ]
    made = [
        make.application(call, 500 + at, merit, wanted, now=now, who=user.person if user else None)
        for at, (merit, wanted, user) in enumerate(rows)
    ]
    Application.objects.filter(pk__in=[made[2].pk, made[4].pk]).update(specialty=other)
    clerk = make.user(f"rosa-{call.code}@x.mx", (Role.DESK_CLERK, call.institution_id), office_name="Mesa 1")
    carla = people.carla if people else actor_for(_manager(call))
    session = live.prepare_live(actor=carla, call=call, plan=plan, now=now)
    live.set_up_live(session_id=session.pk, read_clock=lambda: now)
    session.refresh_from_db()
    return SimpleNamespace(
        call=call, session=session, posts=SimpleNamespace(a=a, b=b, c=c, d=d), people=made, carla=carla,
        clerk=actor_for(clerk),
    )  # fmt: skip


def _manager(call: Call) -> User:
    return make.user(f"carla-{call.code}@x.mx", (Role.CALL_MANAGER, call.institution_id), office_name="Carla")


def started(call: Call, now, **more) -> SimpleNamespace:
    here = act(call, now, **more)
    live.start_live(actor=here.carla, session=here.session, now=now)
    here.session.refresh_from_db()
    return here


def turn(session: LiveChoice, place: int) -> LiveTurn:
    return LiveTurn.objects.get(session=session, place=place)


def open_places(session: LiveChoice) -> list[int]:
    found = LiveTurn.objects.filter(session=session, state=TurnState.OPEN)
    return sorted(found.values_list("place", flat=True))


def all_absent(session: LiveChoice, now) -> None:
    """Let every clock run out."""
    for _round in range(20):
        due = LiveTurn.objects.filter(session=session, state=TurnState.OPEN)
        for one in due:
            now = max(now, one.deadline) + timedelta(seconds=1)
            live.end_overdue(actor=SYSTEM, turn=one, now=now)
