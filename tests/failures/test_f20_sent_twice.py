"""F20: the mail worker is killed at random points; each letter is with the carrier exactly once, and none too late.

Seen to fail: without the question ``already_took`` in ``_settle_interrupted`` a letter was handed over twice; without
``EXPIRED`` in ``deliver`` the reminder still waited after its deadline; with a letter in doubt put back in the queue, a
server that had fallen silent got it again.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection

from cauce.notices import bridge, documents, operations
from cauce.notices.models import Message, MessageState
from tests.conftest import NOON
from tests.races import on_database

LETTERS = 12
DEATHS = 8


class Counting(bridge.Folder):
    """A folder that counts how often it was handed each letter, in a file beside it, and dies where it is told."""

    def __init__(self, folder: Path, dies_at: int = 0) -> None:
        super().__init__(folder)
        self.dies_at, self.moments = dies_at, 0

    def moment(self) -> None:
        """A point at which the worker may die: around every statement, and around each letter that is handed over."""
        self.moments += 1
        if self.moments == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Any, *args: Any) -> Any:
        self.moment()
        done = execute(*args)
        self.moment()
        return done

    def send_messages(self, email_messages: Any) -> int:
        self.moment()  # claimed, not handed over
        taken = super().send_messages(email_messages)
        (mail,) = email_messages
        with (self.folder / "taken.log").open("a") as log:
            log.write(mail.extra_headers["Message-ID"] + "\n")
        self.moment()  # handed over, not written down
        return taken


def _write(count: int) -> None:
    Message.objects.bulk_create(
        Message(
            key=f"letter:{n}", address=f"p{n}@ejemplo.mx", title=f"Carta {n}", body="Cuerpo.", written_at=NOON
        )
        for n in range(count)
    )


def dying_workers() -> dict[str, Any]:
    """Workers that die one after the other, each at another random point, then one that lives."""
    folder = Path(tempfile.mkdtemp())
    Message.objects.all().delete()
    _write(LETTERS)
    Message.objects.create(
        key="late", address="l@ejemplo.mx", title="Recordatorio", body="Cierra hoy.", written_at=NOON,
        expires_at=NOON + timedelta(minutes=30),
    )  # fmt: skip
    # The reminder is put off once, so that its deadline passes while it waits.
    Message.objects.filter(key="late").update(retry_at=NOON + timedelta(minutes=29))
    points = random.Random(20)
    at, killed = NOON, 0
    for _death in range(DEATHS):
        killed += _work(folder, points.randint(1, 24), at) == -signal.SIGKILL
        at += operations.LEASE
    for _turn in range(2):  # the first gives back what a death left half done, the second sends it
        _work(folder, 0, at)
    log = (folder / "taken.log").read_text().split()
    found = {
        "database": connection.vendor,
        "killed": killed,
        "files": len(list(folder.glob("*.eml"))),
        "handed_twice": len(log) - len(set(log)),
        "states": sorted(set(Message.objects.exclude(key="late").values_list("state", flat=True))),
        "late": Message.objects.get(key="late").state,
        "late_is_out": (
            folder / (documents.message_id(Message.objects.get(key="late"))[1:41] + ".eml")
        ).exists(),
    }
    shutil.rmtree(folder)
    return found


def _work(folder: Path, dies_at: int, now: Any) -> int:
    """Deliver in a process of its own; return how it ended: its status, or minus the signal that killed it."""
    connection.close()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            carrier = Counting(folder, dies_at)
            with connection.execute_wrapper(carrier.statement):
                operations.deliver(carrier=carrier, now=now)
            status = 0
        finally:
            os._exit(status)
    _pid, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return on_database(tmp_path_factory.mktemp("mail"), __name__, "dying_workers")["dying_workers"]


@pytest.mark.slow
def test_each_letter_is_with_the_carrier_exactly_once(outcome):
    assert outcome["killed"] >= DEATHS // 2  # or the test would prove nothing
    assert outcome["database"] == connection.vendor
    assert (outcome["files"], outcome["handed_twice"]) == (LETTERS, 0)
    assert outcome["states"] == [MessageState.SENT]


@pytest.mark.slow
def test_none_is_sent_after_its_deadline(outcome):
    assert (outcome["late"], outcome["late_is_out"]) == (MessageState.EXPIRED, False)


@pytest.mark.django_db
@pytest.mark.parametrize("knows", [True, False])
def test_a_server_that_falls_silent_is_never_given_the_letter_again_by_itself(knows, tmp_path):
    """A carrier that cannot tell leaves the letter in doubt; one that can is asked once the worker's time is over."""

    class Silent(bridge.BaseEmailBackend):
        handed = 0

        def send_messages(self, email_messages: list[EmailMessage]) -> int:
            Silent.handed += 1
            if knows:
                raise SystemExit  # the process ends with the letter in its hands
            raise bridge.FateUnknown("no answer")

    Silent.handed = 0
    _write(1)
    try:
        operations.deliver(carrier=Silent(), now=NOON)
    except SystemExit:
        assert Message.objects.get().state == MessageState.SENDING
    later = NOON + operations.LEASE
    operations.deliver(carrier=Silent(), now=later)
    operations.deliver(carrier=Silent(), now=later + timedelta(days=30))
    assert (Message.objects.get().state, Silent.handed) == (MessageState.UNCONFIRMED, 1)
