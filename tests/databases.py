"""A migrated database, made once and copied: tests with processes of their own need one each, and migrating takes seconds.

The template's name has the digest of every migration and of the locked dependencies: when one changes, another
template is made. On SQLite it is a file under ``.cache``; on PostgreSQL a database of the server of the tests.
"""

from __future__ import annotations

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
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        env=environment(url), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The template database could not be made:\n{done.stderr[-3000:]}")


@cache
def _digest() -> str:
    total = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes())
    for path in sorted((ROOT / "src").rglob("migrations/*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
