"""Reminders before closing, once each and never after it; who has heard nothing, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.calls import operations, queries, tasks
from cauce.calls.models import Application, ApplicationState, CallReminder, ListVersion
from cauce.calls.rules import letters
from cauce.notices import operations as notices
from cauce.notices.models import Message, MessageState, NoReminders
from tests.calls import factories as make
from tests.calls.factories import CLOSES, OPENS

SYSTEM = Actor.system("reminders")


@pytest.mark.once
@pytest.mark.parametrize(
    ("before", "step"),
    [
        (timedelta(days=8), None),
        (timedelta(days=7), "7d"),
        (timedelta(days=2, seconds=1), "7d"),
        (timedelta(days=2), "2d"),
        (timedelta(days=1), "1d"),
        (timedelta(hours=3), "3h"),
        (timedelta(seconds=1), "3h"),
        (timedelta(0), None),
        (timedelta(days=-1), None),
    ],
)
def test_the_nearest_reminder_is_due(before, step):
    due = letters.due_step(opens_at=OPENS, closes_at=CLOSES, now=CLOSES - before)
    assert (due.code if due else None) == step


@pytest.mark.once
def test_a_short_call_is_not_reminded_of_what_lies_before_its_opening():
    opens = CLOSES - timedelta(days=5)
    assert letters.due_step(opens_at=opens, closes_at=CLOSES, now=opens) is None
    assert letters.due_step(opens_at=opens, closes_at=CLOSES, now=CLOSES - timedelta(days=1)).code == "1d"


@pytest.mark.once
@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (datetime(2024, 2, 5, 14, 59, tzinfo=UTC), ""),  # Monday, a minute before nine
        (datetime(2024, 2, 5, 15, 0, tzinfo=UTC), "weekly-20240205"),
        (datetime(2024, 2, 7, 15, 0, tzinfo=UTC), ""),  # too late for this week
        (datetime(2024, 2, 12, 15, 0, tzinfo=UTC), "weekly-20240212"),
        (datetime(2024, 2, 19, 15, 0, tzinfo=UTC), ""),  # the last week is for reminders
    ],
)
def test_the_weekly_letter_is_due_on_mondays_at_nine(moment, week):
    assert letters.due_week(opens_at=OPENS, closes_at=CLOSES, now=moment) == week


@pytest.fixture
def call(db):
    return make.call(code="JR24")


def apply(call, given, state=ApplicationState.DRAFT, *, version=0, sent=0, **values):
    """Somebody who saved ``version`` lists and sent the one with the number ``sent``."""
    user = make.user(given, **values)
    made = make.application(
        call, user.person, state=state, version=version, submitted_at=OPENS if sent else None
    )
    for number in range(1, version + 1):
        is_sent = {"sent_at": OPENS, "receipt": f"R{made.pk}-{number}", "digest": "0" * 64}
        ListVersion.objects.create(
            application=made, number=number, based_on=0, posts=[], saved_at=OPENS,
            **(is_sent if number == sent else {}),
        )  # fmt: skip
    return user


def remind(call, before=timedelta(days=1), kind="1d"):
    return operations.remind(call=call, kind=kind, actor=SYSTEM, now=call.closes_at - before)


def test_only_those_with_something_unsent_are_reminded_once(call):
    mariana = apply(call, "Mariana", version=1)
    bruno = apply(call, "Bruno", ApplicationState.SUBMITTED, version=2, sent=1)
    apply(call, "Carmen", ApplicationState.SUBMITTED, version=1, sent=1)
    optout = apply(call, "Diana")
    NoReminders.objects.create(user=optout, since=OPENS)
    for _again in range(2):
        remind(call)
    letters_ = {message.user_id: message for message in Message.objects.all()}
    assert set(letters_) == {mariana.pk, bruno.pk}
    assert letters_[mariana.pk].template == "calls.reminder"
    assert letters_[bruno.pk].template == "calls.reminder_changed"
    assert "vale la lista" in letters_[bruno.pk].body
    assert {m.expires_at for m in letters_.values()} == {call.closes_at}
    assert CallReminder.objects.get().told == 2


def test_a_reminder_that_waited_beyond_closing_is_not_sent(call):
    apply(call, "Mariana")
    remind(call, timedelta(hours=1), "3h")

    class Carrier(notices.delivery.BaseEmailBackend):
        def send_messages(self, email_messages):
            raise AssertionError("too late")

    assert notices.deliver(carrier=Carrier(), now=call.closes_at) == 0
    assert Message.objects.get().state == MessageState.EXPIRED


def test_what_is_not_due_is_refused_and_the_database_agrees(call):
    for kind, before in (("2d", timedelta(days=1)), ("3h", timedelta(0)), ("", timedelta(days=1))):
        with pytest.raises(Denied):
            remind(call, before, kind)
    row = {"call": call, "kind": "3h", "closes_at": CLOSES, "written_at": CLOSES}
    with pytest.raises(IntegrityError), transaction.atomic():
        CallReminder.objects.create(**row)
    CallReminder.objects.create(**row | {"written_at": OPENS})
    with pytest.raises(IntegrityError), transaction.atomic():
        CallReminder.objects.create(**row | {"written_at": OPENS})


def test_a_closing_that_moves_is_reminded_of_again_in_the_readers_time(call):
    reader = apply(call, "Mariana", language="en")
    reader.person.time_zone = "America/Cancun"
    reader.person.save()
    remind(call)
    call.closes_at += timedelta(days=3)
    call.save()
    remind(call)
    old, new = Message.objects.order_by("pk")
    assert old.body != new.body
    assert "00:59 in your zone" in new.body


def test_the_chore_writes_what_is_due_and_then_nothing(
    call, settings, monkeypatch, django_assert_num_queries
):
    apply(call, "Mariana")
    make.call(code="JR25", closes_at=CLOSES + timedelta(days=1))
    monkeypatch.setattr(tasks.clock, "read", lambda: datetime(2024, 2, 12, 15, 0, tzinfo=UTC))
    assert [tasks.remind(), tasks.remind()] == [2, 0]
    assert Message.objects.get().template == "calls.standing"
    with django_assert_num_queries(2):
        queries.reminders_due(OPENS)


# -------------------------------------------------------------------- silence


@pytest.mark.parametrize("people", [1, 4])
def test_silence_counts_from_the_last_letter_that_went_out(call, people, django_assert_num_queries):
    now = OPENS + timedelta(days=10)
    users = [apply(call, f"Persona {n}") for n in range(people)]
    Message.objects.create(
        key="sent", user=users[0], address="a@x.mx", title="T", body="B", written_at=now, state="sent",
        sent_at=now - timedelta(days=2), matter=f"call:{call.pk}",
    )  # fmt: skip
    Message.objects.create(key="waits", user=users[-1], address="b@x.mx", title="T", body="B", written_at=now)
    make.application(call, make.person("Sin cuenta"))
    with django_assert_num_queries(5):
        page = queries.silence_page(Actor("x"), call, now=now)
    assert [band.count for band in page.bands] == [1, 0, people, 0, 0]
    assert (page.people, page.without_account) == (people + 1, 1)
    assert page.rows[-1].days == 2
    assert page.rows[0].days == 10
    assert sum(fate.written for fate in page.fates) == 1
    Message.objects.filter(key="sent").update(read_at=now)
    folio = Application.objects.get(person=users[0].person).folio
    with django_assert_num_queries(6):
        (told,) = queries.silence_page(Actor("x"), call, now=now, folio=folio).told
    assert (told.title, told.sent_at, told.read_at) == ("T", now - timedelta(days=2), now)
    assert queries.silence_page(Actor("x"), call, now=now, folio="OTRO-1").told == ()
