"""F4: parallel autosaves and impatient fingers once made several drafts of one application.

Twenty connections ask at the same moment; there must be one row, one folio,
and twenty answers that agree. On SQLite the connections need a file, so the
race runs in a process of its own; on PostgreSQL it runs on the database of
the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from cauce.calls import operations
from cauce.calls.models import Application, Choice, ListVersion
from tests.calls import factories as make

AT_ONCE = 20
ROOT = Path(__file__).parents[2]
_ALONE = """
import json, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.failures import test_f4_one_draft
print(json.dumps(test_f4_one_draft.race()))
"""


def at_once(task) -> list:
    """Run ``task(number)`` in twenty threads that wait for each other; return what each gave or raised."""
    gate, given = threading.Barrier(AT_ONCE), [None] * AT_ONCE

    def run(number):
        try:
            gate.wait()
            given[number] = task(number)
        except Exception as error:  # noqa: BLE001 - the race reports whatever came out
            given[number] = f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def race() -> dict:
    """Twenty starts, then twenty different saves over the same version, of one person."""
    now = make.OPENS
    call = make.call()
    posts = [make.post(call) for _ in range(AT_ONCE)]
    actor = make.actor(make.user("Mariana"))
    folios = at_once(lambda number: operations.start_application(call=call, actor=actor, now=now).folio)
    application = Application.objects.first()
    Application.objects.update(specialty=make.specialty())
    saves = at_once(
        lambda number: operations.save_list(
            application=application, posts=[posts[number].pk], based_on=0, actor=actor, now=now
        ).is_refused
    )
    application.refresh_from_db()
    return {
        "folios": folios,
        "drafts": Application.objects.count(),
        "saves": saves,
        "versions": sorted(ListVersion.objects.values_list("number", flat=True)),
        "lists": len({tuple(posts) for posts in ListVersion.objects.values_list("posts", flat=True)}),
        "current": list(Choice.objects.values_list("post_id", flat=True))
        == ListVersion.objects.get(number=application.version).posts,
    }


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    if connection.vendor == "postgresql":
        pytest.skip("the same race runs in test_on_the_database_of_the_tests")
    database = tmp_path_factory.mktemp("race") / "race.sqlite3"
    env = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "CAUCE_TESTING": "true",
        "DJANGO_SETTINGS_MODULE": "cauce.config.settings",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run([sys.executable, "-c", _ALONE], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def check(outcome: dict) -> None:
    assert outcome["drafts"] == 1
    assert set(outcome["folios"]) == {outcome["folios"][0]}
    # Of twenty lists made over one version, one is current and nineteen are kept as refused.
    assert sorted(outcome["saves"]) == [False] + [True] * (AT_ONCE - 1)
    assert outcome["versions"] == list(range(1, AT_ONCE + 1))
    assert outcome["lists"] == AT_ONCE
    assert outcome["current"]


def test_twenty_at_once_make_one_draft_and_lose_no_list(outcome):
    check(outcome)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite in memory is one connection; see the other test")
def test_on_the_database_of_the_tests():
    check(race())
