"""The boundary every write crosses."""

import pytest
from django.db import DatabaseError, connection, transaction

from cauce.base import audit
from cauce.base.actors import Actor
from cauce.base.continuity import continuity
from cauce.base.errors import Denied, Verdict
from cauce.base.models import AuditEvent, AuditSeal, TaskProgress
from cauce.base.usecases import note, step, use_case

SYSTEM = Actor.system("test")
KEY = "00000000-0000-0000-0000-000000000001"


@step
def write(now):
    return TaskProgress.objects.create(task_id=KEY, heartbeat_at=now)


@use_case
def keep(*, actor, now, fail=False):
    row = write(now)
    note(size=3)
    if fail:
        Verdict(False, "no").enforce()
    return row


@use_case
def nested(*, actor, now):
    return keep(actor=actor, now=now)


@use_case
def forgetful(*, actor, now):
    write(now)


@pytest.mark.django_db
def test_a_use_case_leaves_one_event_with_what_it_noted(now):
    keep(actor=SYSTEM, now=now)
    event = AuditEvent.objects.get()
    assert (event.actor, event.subject_id, event.detail) == ("system:test", KEY, {"size": 3})
    assert event.action.endswith(".keep")
    assert event.at == now


@pytest.mark.django_db
def test_a_refusal_leaves_neither_row_nor_event(now):
    with pytest.raises(Denied):
        keep(actor=SYSTEM, now=now, fail=True)
    assert not TaskProgress.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_use_cases_do_not_nest(now):
    with pytest.raises(RuntimeError, match="inside a use case"):
        nested(actor=SYSTEM, now=now)
    assert not TaskProgress.objects.exists()


@pytest.mark.django_db
def test_a_use_case_must_say_what_it_changed(now):
    with pytest.raises(TypeError, match="must return"):
        forgetful(actor=SYSTEM, now=now)
    assert not TaskProgress.objects.exists()


@pytest.mark.django_db
def test_a_step_refuses_to_run_alone(now):
    with pytest.raises(RuntimeError, match="needs a use case"):
        write(now)


def events(now, count):
    return [
        AuditEvent.objects.create(
            at=now,
            actor="system:test",
            action="base.x",
            subject_model="m",
            subject_id=str(i),
            detail={"i": i},
        )
        for i in range(count)
    ]


@pytest.mark.django_db
def test_the_chain_holds_and_grows(now):
    events(now, 3)
    assert audit.seal(now=now) == 3
    events(now, 2)
    found = continuity()
    assert (found.holds, found.links, found.unsealed) == (True, 3, 2)
    assert audit.seal(now=now) == 2
    assert audit.seal(now=now) == 0
    assert continuity().links == 5


@pytest.mark.django_db
def test_an_event_that_commits_late_is_sealed_all_the_same(now):
    """Identifiers may commit out of order; the sealer must not look only beyond the last one it saw."""
    first, second = events(now, 2)
    AuditSeal.objects.create(
        number=1, event_id=second.pk, digest=audit.link(audit.START, second), sealed_at=now
    )
    assert audit.seal(now=now) == 1
    assert AuditSeal.objects.get(number=2).event_id == first.pk
    assert continuity().holds


@pytest.mark.django_db
def test_the_database_refuses_to_change_an_event(now, request):
    if request.config.getoption("nomigrations"):
        pytest.skip("the triggers come with the migrations")
    events(now, 1)
    with pytest.raises(TypeError):
        AuditEvent.objects.update(actor="x")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE base_auditevent SET actor = 'x'")


@pytest.mark.django_db
def test_the_chain_finds_a_removed_and_a_forged_event(now):
    """Planted by hand, below the product: the chain must name the first bad link."""
    made = events(now, 3)
    audit.seal(now=now)
    forged = audit.link(audit.START, made[1])
    assert forged != AuditSeal.objects.get(number=2).digest
    if connection.vendor == "sqlite":  # PostgreSQL refuses even this
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM base_auditevent WHERE id = %s", [made[1].pk])
        assert continuity().broken_at == 2
