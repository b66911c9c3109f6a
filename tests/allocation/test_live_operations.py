"""A live choice, use case by use case: one open turn for each specialty, one line for each turn, and a run in the end."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from cauce.accounts.queries import actor_for
from cauce.allocation import bridge, operations, queries
from cauce.allocation.models import (
    LiveChoice,
    LiveCorrection,
    LiveEntry,
    LivePost,
    LiveState,
    LiveTurn,
    Placement,
    RunState,
)
from cauce.allocation.operations import live
from cauce.base import background
from cauce.base.errors import Denied, Refused
from cauce.base.models import TaskProgress
from cauce.calls.models import Application, ListVersion
from cauce.notices.models import Message
from tests.accounts.factories import make_applicant
from tests.allocation import factories as make
from tests.allocation import live as act

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=61)


@pytest.fixture
def here(now):
    call = act.closed_call(now)
    return act.started(call, now, people=make.people(call))


@pytest.fixture
def mariana(here):
    return _who(here, 0)


def _who(here, at):
    return actor_for(here.people[at].person.user)


def the_log(here):
    rows = LiveEntry.objects.filter(session=here.session).order_by("number")
    return [
        (one.turn.place, one.post.key[-3:] if one.post else None, one.how)
        for one in rows.select_related("turn", "post")
    ]


def taken(here):
    return {
        row.post.key[-3:]: row.taken
        for row in LivePost.objects.filter(session=here.session).select_related("post")
    }


def test_the_first_turn_of_every_specialty_opens_and_everybody_is_told_their_place(here, now):
    assert act.open_places(here.session) == [1, 3]
    first = act.turn(here.session, 1)
    assert (first.deadline - now).total_seconds() == 60
    letter = Message.objects.get(user=here.people[0].person.user, title__startswith="Tu turno")
    assert here.people[0].folio in letter.body


def test_a_choice_takes_the_seat_once_and_opens_the_next_turn_of_that_specialty_only(here, mariana, now):
    mine = act.turn(here.session, 1)
    chosen = live.choose_online(actor=mariana, turn=mine, post=here.posts.c.pk, now=now)
    again = live.choose_online(actor=mariana, turn=mine, post=here.posts.c.pk, now=now)

    assert chosen == again
    assert the_log(here) == [(1, "003", "online")]
    assert taken(here)["003"] == 1
    assert act.open_places(here.session) == [2, 3]
    with pytest.raises(live.AlreadyChosen):
        live.choose_online(actor=mariana, turn=mine, post=here.posts.a.pk, now=now)


def test_who_comes_near_is_told_once_and_their_home_says_so_first(
    now, settings, django_assert_max_num_queries
):
    settings.LIVE_NEAR = 1
    call = act.closed_call(now)
    here = act.act(call, now, people=make.people(call))
    third = make_applicant("Nora", email="nora@x.mx")
    Application.objects.filter(pk=here.people[3].pk).update(person=third.person)

    def near():
        found = Message.objects.filter(template="allocation.live_near").order_by("pk")
        return list(found.values_list("user__email", flat=True))

    live.start_live(actor=here.carla, session=here.session, now=now)
    assert near() == ["bruno@x.mx"]
    bruno = _who(here, 1)
    with django_assert_max_num_queries(4):
        (line,) = queries.waiting_for(bruno, now=now)
    assert (line.headline, line.asked) == ("Tu turno está cerca", "Falta una persona antes que tú.")
    assert [one.headline for one in queries.waiting_for(_who(here, 0), now=now)] == ["Es tu turno"]
    assert queries.waiting_for(actor_for(third), now=now) == [], "two people are before her"
    for _click in range(2):
        live.choose_online(actor=_who(here, 0), turn=act.turn(here.session, 1), post=here.posts.c.pk, now=now)
    assert near() == ["bruno@x.mx", "nora@x.mx"]
    letter = Message.objects.get(key__startswith="live-near", user=third)
    assert "Falta una persona antes que tú." in letter.body
    assert letter.expires_at - now == timedelta(seconds=120), "then her turn is over too"
    assert queries.waiting_for(_who(here, 0), now=now) == []


def test_nobody_chooses_before_their_turn_nor_for_another_nor_a_post_of_another_specialty(here, mariana, now):
    with pytest.raises(Denied):
        live.choose_online(actor=_who(here, 1), turn=act.turn(here.session, 2), post=here.posts.a.pk, now=now)
    with pytest.raises(Denied):
        live.choose_online(actor=_who(here, 1), turn=act.turn(here.session, 1), post=here.posts.a.pk, now=now)
    with pytest.raises(live.SeatTaken):
        live.choose_online(actor=mariana, turn=act.turn(here.session, 1), post=here.posts.d.pk, now=now)
    assert the_log(here) == []


def test_a_seat_that_went_is_refused_and_the_turn_goes_on(here, mariana, now):
    live.choose_online(actor=mariana, turn=act.turn(here.session, 1), post=here.posts.a.pk, now=now)
    with pytest.raises(live.SeatTaken):
        live.choose_at_desk(
            actor=here.clerk, turn=act.turn(here.session, 2), post=here.posts.a.pk, desk=1, now=now
        )
    live.choose_at_desk(
        actor=here.clerk, turn=act.turn(here.session, 2), post=here.posts.b.pk, desk=2, now=now
    )
    assert the_log(here) == [(1, "001", "online"), (2, "002", "desk")]


@pytest.mark.parametrize("at_desk", [False, True])
def test_a_choice_counts_until_the_second_before_the_deadline_and_not_after(here, mariana, now, at_desk):
    def choose(place, actor, at):
        mine = act.turn(here.session, place)
        if at_desk:
            return live.choose_at_desk(actor=here.clerk, turn=mine, post=here.posts.c.pk, desk=1, now=at)
        return live.choose_online(actor=actor, turn=mine, post=here.posts.c.pk, now=at)

    second = timedelta(seconds=1)
    choose(1, mariana, act.turn(here.session, 1).deadline - second)
    deadline = act.turn(here.session, 2).deadline
    for late in (deadline, deadline + second):  # the worker has not come by yet
        with pytest.raises(Denied, match="tiempo de este turno"):
            choose(2, _who(here, 1), late)
    assert [line[0] for line in the_log(here)] == [1]
    assert taken(here)["003"] == 1


def test_when_the_clock_runs_out_the_list_acts_and_who_has_none_left_gets_none(here, now):
    live.end_overdue(actor=act.SYSTEM, turn=act.turn(here.session, 1), now=now)
    assert the_log(here) == []  # not yet due
    act.all_absent(here.session, now)

    assert sorted(the_log(here)) == [
        (1, "001", "list"), (2, "002", "list"), (3, "900", "list"), (4, None, "absent"), (5, None, "absent"),
    ]  # fmt: skip
    here.session.refresh_from_db()
    assert here.session.state == LiveState.DONE


def test_a_worker_that_was_asleep_burns_nobodys_turn(here, now):
    live.tend_live(read_clock=lambda: now)
    slept = timedelta(hours=1)
    TaskProgress.objects.filter(task_id=here.session.beat_id).update(heartbeat_at=F("heartbeat_at") - slept)

    assert live.tend_live(read_clock=lambda: now + slept) == 0
    assert act.turn(here.session, 1).deadline >= now + slept + timedelta(seconds=59)
    # Awake, and late: of each specialty one turn ends, and the next begins a whole clock of its own.
    late = now + slept + timedelta(seconds=300)
    assert live.tend_live(read_clock=lambda: late) == 2
    assert act.open_places(here.session) == [2, 5]
    assert act.turn(here.session, 2).deadline == late + timedelta(seconds=60)


def test_a_clock_set_back_gives_nobody_an_hour(here, now):
    live.tend_live(read_clock=lambda: now)
    back = timedelta(hours=1)
    TaskProgress.objects.filter(task_id=here.session.beat_id).update(heartbeat_at=F("heartbeat_at") + back)
    live.tend_live(read_clock=lambda: now - back)
    assert act.turn(here.session, 1).deadline <= now - back + timedelta(seconds=61)
    assert background.silence(here.session.beat_id) < timedelta(seconds=5)


def test_a_pause_stops_the_clocks_and_nobody_can_choose(here, mariana, now):
    live.pause_live(actor=here.carla, session=here.session, now=now + timedelta(seconds=20))
    with pytest.raises(Denied, match="pausa"):
        live.choose_online(actor=mariana, turn=act.turn(here.session, 1), post=here.posts.a.pk, now=now)
    live.tend_live(read_clock=lambda: now + timedelta(hours=2))
    resumed = now + timedelta(hours=3)
    live.resume_live(actor=here.carla, session=here.session, now=resumed)
    assert act.turn(here.session, 1).deadline == resumed + timedelta(seconds=40)
    with pytest.raises(Denied):
        live.pause_live(actor=here.clerk, session=here.session, now=resumed)


def test_a_desk_calls_absent_only_where_all_is_at_desks_and_after_the_appointment(now):
    plan = act.PLAN.__class__("desks", 60, 2, {"first_day": "2024-02-12", "hours": ["09:00"], "people": 3})
    here = act.started(act.closed_call(now), now, plan=plan)
    first = act.turn(here.session, 1)
    assert first.appointment_at > now
    assert first.deadline == first.appointment_at + timedelta(seconds=60)
    with pytest.raises(Denied, match="cita"):
        live.call_absent(actor=here.clerk, turn=first, now=now)
    after = first.appointment_at
    once = live.call_absent(actor=here.clerk, turn=first, now=after)
    assert live.call_absent(actor=here.clerk, turn=first, now=after) == once
    assert the_log(here) == [(1, "001", "list")]


class TestCorrection:
    def ask(self, here, now, **changes):
        entry = LiveEntry.objects.get(session=here.session, number=1)
        asked = {"post": here.posts.b.pk, "reason": "La mesa pulsó otra plaza", "now": now, **changes}
        return live.ask_correction(actor=here.clerk, entry=entry, **asked)

    def test_takes_two_people_stops_the_clock_and_leaves_both_lines(self, here, mariana, now):
        live.choose_at_desk(
            actor=here.clerk, turn=act.turn(here.session, 1), post=here.posts.a.pk, desk=1, now=now
        )
        asked = self.ask(here, now + timedelta(seconds=10))
        assert act.turn(here.session, 2).deadline is None
        with pytest.raises(Denied, match="corrección"):
            live.choose_online(
                actor=_who(here, 1), turn=act.turn(here.session, 2), post=here.posts.a.pk, now=now
            )
        with pytest.raises(Denied):
            live.decide_correction(actor=here.clerk, correction=asked, is_confirmed=True, now=now)
        then = now + timedelta(minutes=10)
        live.decide_correction(actor=here.carla, correction=asked, is_confirmed=True, now=then)
        live.decide_correction(actor=here.carla, correction=asked, is_confirmed=True, now=then)

        assert the_log(here) == [(1, "001", "desk"), (1, "002", "correction")]
        assert taken(here) == {"001": 0, "002": 1, "003": 0, "900": 0}
        assert act.turn(here.session, 2).deadline == then + timedelta(seconds=50)

    def test_refused_changes_nothing_but_the_clock(self, here, now):
        live.choose_at_desk(
            actor=here.clerk, turn=act.turn(here.session, 1), post=here.posts.a.pk, desk=1, now=now
        )
        live.decide_correction(actor=here.carla, correction=self.ask(here, now), is_confirmed=False, now=now)
        assert taken(here)["001"] == 1
        assert act.turn(here.session, 2).deadline is not None

    def test_is_too_late_once_the_next_person_has_chosen_and_needs_a_reason(self, here, now):
        live.choose_at_desk(
            actor=here.clerk, turn=act.turn(here.session, 1), post=here.posts.a.pk, desk=1, now=now
        )
        with pytest.raises(Refused):
            self.ask(here, now, reason="error")
        live.end_overdue(actor=act.SYSTEM, turn=act.turn(here.session, 2), now=now + LATER)
        with pytest.raises(Denied, match="siguiente"):
            self.ask(here, now + LATER)


def test_the_log_becomes_a_certified_run_that_anybody_can_repeat(here, mariana, now, tmp_path):
    live.choose_online(actor=mariana, turn=act.turn(here.session, 1), post=here.posts.c.pk, now=now)
    with pytest.raises(Denied, match="no ha terminado"):
        operations.request_run(actor=here.carla, call=here.call, after=0, now=now)
    live.choose_online(actor=_who(here, 1), turn=act.turn(here.session, 2), post=None, now=now)
    act.all_absent(here.session, now)
    run = make.done_run(here.carla, here.call, now)

    assert (run.state, run.failure) == (RunState.CERTIFIED, "")
    assert all(check["holds"] for check in run.checks)
    given = Placement.objects.filter(run=run).order_by("place").values_list("post__key", "rank")
    keys = [(key[-3:] if key else None, rank) for key, rank in given]
    assert keys == [("003", 1), (None, None), ("900", 1), ("001", 1), (None, None)]
    question = bridge.opened(bytes(run.question)).decode()
    assert '"mechanism":"live"' in question
    assert question.count('"applicant"') == 2  # who was absent is served from their list again
    (tmp_path / "package.zip").write_bytes(bridge.opened(bytes(run.package)))
    assert bridge.engine.verify_package(tmp_path / "package.zip") is not None


def test_a_log_that_the_engine_does_not_reach_is_no_run(here, now):
    act.all_absent(here.session, now)
    # A list of the last second was stored after the order had been fixed: the act went on without it.
    ListVersion.objects.create(
        application=here.people[1], number=2, based_on=1, posts=[here.posts.c.pk], saved_at=here.call.closes_at,
        sent_at=here.call.closes_at, receipt="R-late", digest="d" * 64,
    )  # fmt: skip
    run = make.done_run(here.carla, here.call, now)
    assert (run.state, run.failure) == (RunState.FAILED, "log_differs")


def test_lines_of_the_log_are_chained_and_kept(here, mariana, now):
    live.choose_online(actor=mariana, turn=act.turn(here.session, 1), post=here.posts.a.pk, now=now)
    live.end_overdue(actor=act.SYSTEM, turn=act.turn(here.session, 3), now=now + LATER)
    one, two = LiveEntry.objects.order_by("number")
    assert one.previous == here.session.order_digest
    assert two.previous == one.digest
    removal = ["DELETE FROM allocation_liveentry"] if connection.vendor == "postgresql" else []
    for statement in ("UPDATE allocation_liveentry SET how = 'desk'", *removal):
        with (
            pytest.raises(DatabaseError, match="only grows"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with pytest.raises(TypeError):
        LiveEntry.objects.update(how="desk")


def broken(here, name):
    """A write that the database refuses by the constraint of this name."""
    session, clerk = here.session, here.clerk.user_id
    first, second = act.turn(session, 1), act.turn(session, 2)
    entry = LiveEntry.objects.create(
        session=session, number=1, turn=first, post=here.posts.a, how="desk", at=session.started_at, previous="p", digest="d"
    )  # fmt: skip
    line = partial(
        LiveEntry.objects.create, session=session, turn=second, how="desk", at=session.started_at, digest="e"
    )
    sessions, turns = LiveChoice.objects.filter(pk=session.pk), LiveTurn.objects.filter(pk=first.pk)
    ask = partial(
        LiveCorrection.objects.create, entry=entry, session=session, specialty=first.specialty, reason="x",
        asked_by_id=clerk, asked_at=session.started_at,
    )  # fmt: skip
    return {
        "live_turn_has_a_sane_length": lambda: sessions.update(seconds=5),
        "live_choice_has_an_order": lambda: sessions.update(order_digest=""),
        "done_live_choice_has_a_time": lambda: sessions.update(state="done"),
        "failed_live_choice_says_why": lambda: sessions.update(state="failed"),
        "live_post_once": lambda: LivePost.objects.create(
            session=session, post=here.posts.a, specialty=first.specialty, seats=1
        ),
        "no_seat_is_taken_twice": lambda: LivePost.objects.filter(session=session).update(taken=F("seats") + 1),
        "one_live_turn_each": lambda: LiveTurn.objects.create(
            session=session, application=first.application, specialty=first.specialty, place=99, posts=[]
        ),
        "one_live_turn_per_place": lambda: turns.update(place=2),
        "one_open_turn_per_specialty": lambda: LiveTurn.objects.filter(pk=second.pk).update(
            state="open", opened_at=session.started_at, deadline=session.started_at
        ),
        "open_turn_has_a_clock": lambda: turns.update(deadline=None),
        "live_entry_once": lambda: line(number=1, previous="d"),
        "live_log_never_forks": lambda: line(number=2, previous="p"),
        "one_choice_per_turn": lambda: line(number=2, previous="d", turn=first),
        "correction_says_of_what_and_why": lambda: line(number=2, previous="d", how="correction"),
        "a_list_gives_a_post": lambda: line(number=2, previous="d", how="list"),
        "absent_without_a_post": lambda: line(number=2, previous="d", how="absent", post=here.posts.b),
        "one_open_correction_per_specialty": lambda: (ask(), ask()),
        "decided_correction_says_by_whom": lambda: ask(is_confirmed=True),
        "corrections_take_two_people": lambda: ask(
            is_confirmed=True, decided_by_id=clerk, decided_at=session.started_at
        ),
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "live_turn_has_a_sane_length", "live_choice_has_an_order", "done_live_choice_has_a_time",
        "failed_live_choice_says_why", "live_post_once", "no_seat_is_taken_twice", "one_live_turn_each",
        "one_live_turn_per_place", "one_open_turn_per_specialty", "open_turn_has_a_clock", "live_entry_once",
        "live_log_never_forks", "one_choice_per_turn", "correction_says_of_what_and_why", "a_list_gives_a_post",
        "absent_without_a_post", "one_open_correction_per_specialty", "decided_correction_says_by_whom",
        "corrections_take_two_people",
    ],
)  # fmt: skip
def test_the_database_itself_refuses(here, name):
    write = broken(here, name)
    with pytest.raises(IntegrityError), transaction.atomic():
        write()
