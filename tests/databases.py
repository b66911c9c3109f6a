"""A migrated database and a filled demo, made once and copied: each takes seconds, and several tests begin with one.

The name of a template has the digest of what it comes from: of every migration for the database, of the whole source
for the demo, and of the locked dependencies. When one changes, another template is made. On SQLite they are files
under ``.cache``; on PostgreSQL a database of the server of the tests.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
_KEPT = ROOT / ".cache" / "databases"


def environment(url: str) -> dict[str, str]:
    """The environment of a process that works on the database at ``url`` with the settings of the tests."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "CAUCE_TESTING": "true",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }


def file_url(path: Path) -> str:
    return f"sqlite:///{path}"


def migrated_file(path: Path) -> Path:
    """Put a migrated SQLite database at ``path``, which must not exist, and return it."""
    template = _KEPT / f"{_digest()}.sqlite3"
    if not template.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as folder:
            made = Path(folder) / "made.sqlite3"
            _migrate(file_url(made))
            # Whole or not at all: another process may be making the same one.
            made.replace(template)
        for old in _KEPT.glob("*.sqlite3"):
            if old != template:
                old.unlink(missing_ok=True)
    shutil.copyfile(template, path)
    return path


def migrated_database(server: str, name: str) -> str:
    """Create a migrated database on the PostgreSQL at ``server``, and return its URL."""
    template = f"cauce_{_digest()}"
    if not row(server, "SELECT 1 FROM pg_database WHERE datname = %s", template):
        making = f"{template}_{os.getpid()}"
        create(server, making)
        _migrate(url_of(server, making))
        try:
            execute(server, f'ALTER DATABASE "{making}" RENAME TO "{template}"')
        except _psycopg().Error:  # another process was faster
            drop(server, making)
    create(server, name, template)
    return url_of(server, name)


def create(server: str, name: str, template: str = "") -> None:
    execute(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))


def drop(server: str, name: str) -> None:
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(server: str, statement: str) -> None:
    with _psycopg().connect(_address(server), autocommit=True) as connection:
        connection.execute(statement)


def row(server: str, query: str, *values: str) -> tuple[Any, ...] | None:
    """The one row that a query gives in the database that the URL names."""
    with _psycopg().connect(_address(server), autocommit=True) as connection:
        return connection.execute(query, values).fetchone()


def _psycopg():
    import psycopg

    return psycopg


def url_of(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _address(server: str) -> str:
    return urlsplit(server)._replace(scheme="postgresql").geturl()


def _migrate(url: str) -> None:
    _django("migrate", "--verbosity", "0", env=environment(url))


def _django(*command: str, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", *command],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"A template could not be made by {command[0]}:\n{done.stderr[-3000:]}")


def filled_demo(folder: Path) -> Path:
    """Copy the folder of a demo that was filled from nothing, its database and its files, and return the copy.

    Who comes first fills it, and who comes meanwhile waits.
    """
    kept = ROOT / ".cache" / "demos"
    kept.mkdir(parents=True, exist_ok=True)
    template = kept / _digest("*")
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            for old in kept.glob("*/"):
                shutil.rmtree(old)
            with tempfile.TemporaryDirectory(dir=kept) as making:
                made = Path(making) / "demo"
                _django("prepare_demo", env={**demo_environment(), "CAUCE_DATA": str(made)})
                made.rename(template)
    return Path(shutil.copytree(template, folder, dirs_exist_ok=True))


def demo_environment() -> dict[str, str]:
    """The environment of who types the README's command: nothing of the tests."""
    ours = ("CAUCE_", "DJANGO_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "CAUCE_DEMO": "true",
        "DJANGO_SETTINGS_MODULE": "cauce.config.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }


@cache
def _digest(sources: str = "migrations/*.py") -> str:
    total = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes())
    for path in sorted((ROOT / "src").rglob(sources)):
        if path.is_file() and path.suffix not in (".pyc", ".mo"):
            total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
