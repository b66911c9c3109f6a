"""F2: MTAS in 2007 and Oriel in 2020 failed in the last hours before a deadline, and people argued for weeks over whose fault.

Fifty minutes without service in the last three hours move the closing by the measured time and the published grace.
Seen to fail: with ``lost`` left out of the sum of ``rules.downtime.extension`` the closing moved by the grace alone;
with no extension at all nobody was told.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.base import outages
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import Outage, Pulse
from cauce.calls import operations, queries, rules, tasks
from cauce.calls.models import Addendum, FrozenRules, OutageExtension
from cauce.calls.rules import downtime
from cauce.notices.models import Message
from tests.calls import factories as make

PROMISE = '{"format":"cauce-rules/1","outages":{"window_minutes":180,"grace_minutes":30}}'
CLAUSE = downtime.Clause(timedelta(hours=3), timedelta(minutes=30))


def test_each_moment_counts_once_whatever_failed(now):
    hour = timedelta(hours=1)
    assert outages.covered([]) == timedelta(0)
    assert (
        outages.covered([(now, now + hour), (now + hour / 2, now + hour), (now + 2 * hour, now + 3 * hour)])
        == 2 * hour
    )


def test_outages_count_in_the_window_whole_if_they_begin_before_closing_and_never_shorten():
    call = make.Call(closes_at=make.CLOSES, results_at=make.RESULTS)
    minute = timedelta(minutes=1)

    def moved(*spans):
        found = downtime.extension(call, CLAUSE, spans, base=make.CLOSES)
        return found and found.closes_at - make.CLOSES

    at = make.CLOSES
    assert moved((at - 100 * minute, at - 50 * minute)) == 80 * minute
    assert moved((at - 300 * minute, at - 170 * minute)) == 40 * minute  # only what is in the window
    assert moved((at - 300 * minute, at - 180 * minute)) is None
    assert moved((at - 10 * minute, at + 20 * minute)) == 60 * minute  # it stood over the deadline
    assert moved((at + minute, at + 20 * minute)) is None
    assert moved((at - 2 * minute, at - minute - timedelta(milliseconds=1))) == 31 * minute
    late = make.Call(closes_at=make.CLOSES, results_at=make.CLOSES + 60 * minute)
    cut = downtime.extension(late, CLAUSE, [(at - 100 * minute, at - 50 * minute)], base=at)
    assert cut.closes_at == make.CLOSES + 60 * minute - timedelta(seconds=1)
    assert cut.is_cut


@pytest.mark.django_db
def test_a_gap_between_two_signs_of_life_is_an_outage_and_a_clock_put_back_is_none(now):
    beat = timedelta(seconds=10)
    assert outages.beat(now=now) == outages.beat(now=now + beat) == []
    [down] = outages.beat(now=now + beat + timedelta(minutes=50))
    assert (down.part, down.ended_at - down.started_at) == ("worker", timedelta(minutes=50))
    assert outages.beat(now=now) == []  # put back an hour
    assert outages.beat(now=now + beat) == []
    assert Outage.objects.count() == Pulse.objects.count() == 1
    with pytest.raises(TypeError):
        Outage.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Outage.objects.create(part="web", started_at=now, ended_at=now, measured_by="x")


@pytest.fixture
def call(transactional_db):
    made = make.call("JR24")
    FrozenRules.objects.filter(call=made).update(text=PROMISE)
    return made


def test_fifty_minutes_move_the_closing_once_and_everybody_is_told(call, client, monkeypatch):
    mariana = make.user("Mariana")
    make.application(call, mariana.person)
    end = make.CLOSES - timedelta(hours=1)
    outages.pulse("web", now=end - timedelta(minutes=50))
    outages.pulse("web", now=end)
    monkeypatch.setattr("cauce.base.clock.read", lambda: end)
    with pytest.raises(Denied):
        operations.make_up_for_outages(actor=make.actor(mariana), call=call, now=end)
    assert tasks.make_up_for_outages() == 1
    assert tasks.make_up_for_outages() == 0
    call.refresh_from_db()
    assert call.closes_at == make.CLOSES + timedelta(minutes=80)
    assert OutageExtension.objects.get().lost_seconds == 3000
    assert "50 minutos y 0 segundos" in Addendum.objects.get().text
    assert Message.objects.filter(user=mariana).count() == 1
    assert rules.accepts(call, now=make.CLOSES + timedelta(minutes=80))
    assert not rules.accepts(call, now=make.CLOSES + timedelta(minutes=81))
    log = client.get(reverse("calls:outages")).text
    assert "50 minutos" in log
    assert "JR24" in log
    assert "50 minutos" in client.get(reverse("calls:call", args=["JR24"])).text
    # Ten more minutes in the time that was given: they come on top, the grace does not come twice.
    late = make.CLOSES + timedelta(minutes=40)
    outages.pulse("worker", now=late - timedelta(minutes=10))
    outages.pulse("worker", now=late)
    operations.make_up_for_outages(actor=Actor.system("outages"), call=call, now=late)
    call.refresh_from_db()
    assert call.closes_at == make.CLOSES + timedelta(minutes=90)


def test_an_outage_over_the_deadline_opens_the_call_again_until_lists_are_fixed(call, monkeypatch):
    back = make.CLOSES + timedelta(minutes=20)
    outages.pulse("worker", now=make.CLOSES - timedelta(minutes=30))
    outages.pulse("worker", now=back)
    assert [one.pk for one in queries.calls_to_extend(now=back)] == [call.pk]
    call.lists_frozen_at = back
    call.save()
    assert queries.calls_to_extend(now=back) == []


def test_a_call_whose_rules_promise_nothing_is_left_alone(transactional_db):
    quiet = make.call("JR25")
    outages.pulse("worker", now=make.CLOSES - timedelta(minutes=60))
    outages.pulse("worker", now=make.CLOSES - timedelta(minutes=30))
    assert queries.extension_due(quiet) is None
