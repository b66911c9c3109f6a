"""Tasks commit with their cause, and survive the death of their worker."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cauce.base import background, clock
from cauce.base.models import TaskProgress

TASK = "tests.base.tasks.remember"


@pytest.mark.django_db
def test_a_task_exists_exactly_if_its_cause_commits():
    class Undo(Exception):
        pass

    def cause():
        with transaction.atomic():
            background.enqueue(TASK, number=1)
            raise Undo

    with pytest.raises(Undo):
        cause()
    assert not DBTaskResult.objects.exists()
    task = background.enqueue(TASK, number=2)
    assert DBTaskResult.objects.get().pk == task


def running(silent_for, attempts=1):
    task = DBTaskResult.objects.get(pk=background.enqueue(TASK, number=1))
    task.status, task.started_at = TaskResultStatus.RUNNING, clock.machine() - timedelta(hours=1)
    task.worker_ids = ["w"] * attempts
    task.save()
    TaskProgress.objects.create(task_id=task.pk, heartbeat_at=clock.machine() - silent_for)
    return task


@pytest.mark.django_db
def test_the_task_of_a_silent_worker_is_given_back():
    task = running(timedelta(seconds=11))
    assert background.reap() == 1
    task.refresh_from_db()
    assert task.status == TaskResultStatus.READY


@pytest.mark.django_db
def test_the_task_of_a_living_worker_is_left_alone():
    task = running(timedelta(seconds=1))
    assert background.reap() == 0
    task.refresh_from_db()
    assert task.status == TaskResultStatus.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_heart_that_misses_a_beat_goes_on_beating(monkeypatch, caplog):
    """A database that is locked for a moment, as SQLite is under load, must not make a living worker look dead."""
    task, faults = running(timedelta(seconds=1)), [DatabaseError("database is locked")]
    now = clock.machine

    def locked_once():
        if faults and threading.current_thread() is not threading.main_thread():
            raise faults.pop()
        return now()

    monkeypatch.setattr(background, "BEAT", timedelta(milliseconds=5))
    monkeypatch.setattr(clock, "machine", locked_once)
    with background.heartbeat(task.pk):
        began = TaskProgress.objects.get(task_id=task.pk).heartbeat_at
        until = time.monotonic() + 10
        while TaskProgress.objects.get(task_id=task.pk).heartbeat_at == began and time.monotonic() < until:
            time.sleep(0.01)
    assert faults == []
    assert "locked" in caplog.text
    assert TaskProgress.objects.get(task_id=task.pk).heartbeat_at > began


@pytest.mark.django_db
def test_a_task_that_kills_its_workers_is_given_up():
    task = running(timedelta(seconds=11), attempts=background.ATTEMPTS)
    assert background.reap() == 0
    assert background.failed(task.pk)


@pytest.mark.django_db
def test_progress_is_read_where_it_was_written():
    task = background.enqueue(TASK, number=1)
    assert background.progress(task) is None
    background.report(task, stage="solve", done=2, total=4)
    assert background.progress(task) == background.Progress("solve", 2, 4)
