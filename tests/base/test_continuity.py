"""What is known of the audit chain: whole walks are kept and carried on, and neither hides what was changed."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from cauce.base import audit, background, continuity
from cauce.base.actors import Actor
from cauce.base.models import AuditEvent, AuditSeal, AuditWalk
from cauce.base.usecases import use_case

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
LATER = timedelta(hours=1)


@use_case
def ask(*, actor, now):
    return continuity.ask(actor=actor, now=now)


@pytest.fixture
def chain(now):
    """Adds sealed events to the chain."""

    def grow(count):
        AuditEvent.objects.bulk_create(
            AuditEvent(
                at=now, actor="system:test", action="base.x", subject_model="m", subject_id=str(number)
            )
            for number in range(count)
        )
        audit.seal(now=now)

    return grow


@pytest.fixture
def tamper():
    """Writes below the product, as whoever holds the database could."""

    def run(sql, *values):
        tables = ("base_auditevent", "base_auditseal")
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for table in tables:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            else:
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = [row for row in cursor.fetchall() if row[0].endswith("append_only")]
                for name, _text in triggers:
                    cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(sql, values)
            if connection.vendor == "postgresql":
                for table in tables:
                    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            else:
                for _name, text in triggers:
                    cursor.execute(text)

    return run


def walk(now):
    row = ask(actor=SYSTEM, now=now)
    return continuity.keep_walk(actor=SYSTEM, asked=row, reach=continuity.walk_whole(), now=now)


def test_a_whole_walk_is_kept_with_what_it_found(chain, now):
    chain(3)
    row = walk(now)
    last = AuditSeal.objects.get(number=3)
    assert (row.whole_to, row.whole_digest, row.reached_event) == (3, last.digest, last.event_id)
    assert (row.whole_at, row.broken_at, row.is_under_way) == (now, None, False)
    event = AuditEvent.objects.order_by("-pk").first()
    assert (event.action, event.detail["number"]) == ("base.keep_walk", 3)


def test_the_walk_goes_on_in_batches_and_stops_at_the_first_bad_link(chain, now, tamper, monkeypatch):
    monkeypatch.setattr(continuity, "BATCH", 4)
    chain(11)
    heard = []
    assert continuity.walk_whole(lambda done, total: heard.append((done, total))).number == 11
    assert heard == [(4, 11), (8, 11), (11, 11)]
    tamper("UPDATE base_auditevent SET actor = 'x' WHERE subject_id = '6'")
    reach = continuity.walk_whole()
    assert (reach.number, reach.broken_at) == (6, 7)


@pytest.mark.parametrize("number", [1, 4, 5])
def test_a_seal_that_is_missing_breaks_the_chain_where_it_was(chain, tamper, number, monkeypatch):
    monkeypatch.setattr(continuity, "BATCH", 4)
    chain(6)
    tamper("DELETE FROM base_auditseal WHERE number = %s", number)
    assert continuity.walk_whole().broken_at == number


def test_only_what_came_since_is_walked_and_kept(chain, now):
    chain(3)
    walk(now)
    chain(2)
    assert continuity.carry_on(now=now + LATER) > 0
    row = AuditWalk.objects.get()
    assert (row.whole_to, row.whole_at) == (3, now)
    assert (row.reached_to, row.reached_at) == (AuditSeal.objects.count(), now + LATER)
    assert continuity.carry_on(now=now + LATER) == 0


def test_a_new_bad_link_is_kept_until_a_whole_walk_says_otherwise(chain, now, tamper):
    chain(3)
    walk(now)
    chain(2)
    tamper("UPDATE base_auditevent SET actor = 'x' WHERE id = (SELECT max(event_id) FROM base_auditseal)")
    last = AuditSeal.objects.count()
    assert continuity.continuity().broken_at == last
    continuity.carry_on(now=now)
    assert AuditWalk.objects.get().broken_at == last
    chain(1)
    assert continuity.carry_on(now=now) == 0
    assert continuity.continuity().broken_at == last


def test_an_old_event_changed_later_is_found_by_the_next_whole_walk_and_not_claimed_before(
    chain, now, tamper
):
    chain(3)
    walk(now)
    tamper("UPDATE base_auditevent SET actor = 'x' WHERE subject_id = '1'")
    known = continuity.continuity()
    assert known.holds
    assert (known.kept.whole_to, known.kept.whole_at) == (3, now)  # what the page says was walked, and when
    walk(now + LATER)
    assert continuity.continuity().broken_at == 2


def test_a_chain_written_anew_is_found_at_once(chain, now, tamper):
    """Whoever changes an event and every later seal makes a chain that closes; its digests are not the kept ones."""
    chain(3)
    walk(now)
    tamper("UPDATE base_auditevent SET actor = 'x' WHERE subject_id = '1'")
    digest = audit.START
    for seal in AuditSeal.objects.order_by("number"):
        digest = audit.link(digest, AuditEvent.objects.get(pk=seal.event_id))
        tamper("UPDATE base_auditseal SET digest = %s WHERE number = %s", digest, seal.number)
    assert continuity.walk_whole().broken_at is None
    assert continuity.continuity().rewritten_at == 3


def test_a_chain_cut_short_is_found_at_once(chain, now, tamper):
    chain(4)
    walk(now)
    tamper("DELETE FROM base_auditseal WHERE number > 2")
    assert continuity.continuity().broken_at == 4


def test_the_state_costs_the_same_however_long_the_chain(chain, now, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(continuity, "BATCH", 5)
    chain(2)
    walk(now)
    for more in (1, 30):
        chain(more)
        with django_assert_num_queries(7):
            known = continuity.continuity()
    assert known.pending == AuditSeal.objects.count() - 2 - 5


def test_whoever_asks_while_one_is_under_way_gets_that_one(chain, now):
    first = ask(actor=SYSTEM, now=now)
    assert ask(actor=SYSTEM, now=now + LATER).pk == first.pk
    assert continuity.continuity().under_way.pk == first.pk


def test_a_walk_whose_task_died_gives_way(chain, now, monkeypatch):
    first = ask(actor=SYSTEM, now=now)
    monkeypatch.setattr(background, "failed", lambda task_id: task_id == first.task_id)
    second = ask(actor=SYSTEM, now=now + LATER)
    assert second.pk != first.pk
    assert list(AuditWalk.objects.filter(is_under_way=True)) == [second]


@pytest.mark.django_db(transaction=True)  # the worker closes its connection
def test_the_worker_walks_when_it_is_asked(chain, now, settings):
    settings.PERIODIC = {}
    chain(3)
    row = ask(actor=SYSTEM, now=now)
    call_command("work", once=True, quiet=True, interval=0.01)
    row.refresh_from_db()
    assert (row.is_under_way, row.whole_to) == (False, 3)
    assert background.progress(row.task_id).done == 3


def test_the_command_says_whether_it_holds(chain, tamper):
    chain(3)
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert said.getvalue().startswith("3 links hold; 0 events wait")
    tamper("UPDATE base_auditevent SET actor = 'x' WHERE subject_id = '2'")
    with pytest.raises(CommandError, match="broken at seal 3"):
        call_command("verify_audit", stdout=said)
