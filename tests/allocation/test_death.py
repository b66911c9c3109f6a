"""A worker killed at any point leaves nothing half done, and another ends with the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import databases

# In one process of the tests, so that the first worker's work is done once.
pytestmark = pytest.mark.xdist_group("death")
POINTS = ("before freezing", "after freezing", "after solving", "while keeping", "after keeping")
# The two that lose most: half the rows written, and all written but nobody told. The others take the long run.
DEADLIEST = {"while keeping", "after keeping"}
KILLED = -9


class Store:
    """Databases in which workers die: files, or databases of the server that the tests run on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.server = folder, os.environ.get("DATABASE_URL", "")
        self.is_server = self.server.startswith("postgres")

    def worker(self, database: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.allocation.dying_worker", *command],
            cwd=databases.ROOT, env=databases.environment(self._url(database)), capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    def create(self, database: str, template: str = "") -> None:
        """A copy of ``template``, or else a migrated database with nothing in it."""
        if self.is_server and template:
            databases.create(self.server, database, template)
        elif self.is_server:
            databases.migrated_database(self.server, database)
        elif template:
            shutil.copyfile(self._file(template), self._file(database))
        else:
            databases.migrated_file(self._file(database))

    def drop(self, database: str) -> None:
        if self.is_server:
            databases.drop(self.server, database)

    def read(self, database: str, query: str) -> tuple[Any, ...]:
        """The one row that a query gives."""
        if self.is_server:
            return databases.row(self._url(database), query)
        with closing(sqlite3.connect(self._file(database))) as connection:
            return connection.execute(query).fetchone()

    def _url(self, database: str) -> str:
        if self.is_server:
            return databases.url_of(self.server, database)
        return databases.file_url(self._file(database))

    def _file(self, database: str) -> Path:
        return self.folder / f"{database}.sqlite3"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with the database "asked": a run is waiting, and no worker has come yet."""
    store, name = Store(tmp_path_factory.mktemp("death")), f"asked_{os.getpid()}"
    store.create(name)
    filled = store.worker(name, "fill")
    assert filled.returncode == 0, filled.stderr
    store.asked = name
    yield store
    store.drop(name)


@pytest.fixture(scope="module")
def undisturbed(store):
    """What a worker that nobody kills leaves behind."""
    name = f"calm_{os.getpid()}"
    store.create(name, store.asked)
    done = store.worker(name, "work")
    store.drop(name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_undisturbed_worker_certifies(undisturbed):
    assert undisturbed["state"] == "certified"
    assert undisturbed["task"] == "SUCCESSFUL"
    assert (undisturbed["places"], undisturbed["cutoffs"], undisturbed["kept"]) == (5, 3, 1)


@pytest.mark.parametrize(
    "point",
    [point if point in DEADLIEST else pytest.param(point, marks=pytest.mark.scale) for point in POINTS],
)
def test_another_worker_ends_with_the_same_bytes(store, undisturbed, point):
    name = f"died_{POINTS.index(point)}_{os.getpid()}"
    store.create(name, store.asked)
    try:
        dead = store.worker(name, "work", point)
        assert dead.returncode == KILLED, dead.stdout + dead.stderr
        kept = point == "after keeping"
        assert store.read(name, "SELECT status FROM django_tasks_database_dbtaskresult") == ("RUNNING",)
        state, answer, package = store.read(
            name, "SELECT state, answer_digest, package_digest FROM allocation_run"
        )
        assert state == ("certified" if kept else "queued" if point == "before freezing" else "running")
        assert (answer, package) == ((undisturbed["answer"], undisturbed["package"]) if kept else ("", ""))
        assert store.read(name, "SELECT count(*) FROM allocation_placement") == (5 if kept else 0,)
        alive = store.worker(name, "work")
        assert alive.returncode == 0, alive.stderr
        assert json.loads(alive.stdout.splitlines()[-1]) == undisturbed
    finally:
        store.drop(name)
