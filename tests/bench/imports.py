"""How fast a national catalogue comes in: reading alone, checking, loading, and loading again; with peak memory.

    python -m tests.bench.imports [--rows 58600] [--form xlsx|csv]

Reading alone is the same file through the same reader, with nothing checked: the share tells what the import adds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=58_600)
    options.add_argument("--form", choices=["xlsx", "csv"], default="xlsx")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "cauce.config.settings", "CAUCE_DATA": folder, "CAUCE_SECRET_KEY": "bench",
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3", "CAUCE_ORIGIN": "http://localhost",
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(measure(asked.rows, asked.form)))


def measure(rows: int, form: str) -> dict[str, float | int | str]:
    """Seconds of each stage, and the peak memory of the process in MB."""
    from datetime import UTC, datetime

    from cauce.base import imports
    from cauce.base.actors import Actor
    from cauce.base.reading import read_table
    from cauce.institutions import intake, operations, queries
    from tests.institutions import factories
    from tests.institutions.test_clues import as_book, as_csv, unit

    factories.state("20", "Oaxaca", curp_code="OC")
    made = [unit(at, LATITUD=f"{15 + at % 1700 / 100}") for at in range(rows)]
    data = as_book(made) if form == "xlsx" else as_csv(made)
    del made
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    now, actor, lookup = datetime.now(UTC), Actor.system("bench"), queries.clues_lookup()
    seconds: dict[str, float | int | str] = {"form": form, "rows": rows, "octets": len(data)}
    started = time.perf_counter()
    names = {column.key: column.names for column in intake.columns(lookup)}
    assert sum(1 for _row in read_table(data, names).rows) == rows
    seconds["reading alone"] = time.perf_counter() - started

    for turn in ("first", "again"):
        started = time.perf_counter()
        sheet, units = intake.read_clues(data, lookup)
        assert sheet.may_load, sheet.report.findings[:3]
        seconds[f"{turn}: dry run"] = time.perf_counter() - started
        started = time.perf_counter()
        taken = operations.receive_clues(actor=actor, name=Path("x").name, data=data, now=now, by_task=False)
        imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
        operations.confirm_clues(actor=actor, taken=taken, digest=taken.digest, now=now, by_task=False)
        done = operations.load_clues(actor=actor, taken=taken, units=units, now=now)
        assert done.added == (rows if turn == "first" else 0)
        assert done.changed == 0
        seconds[f"{turn}: load"] = time.perf_counter() - started
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in {
            **seconds, "peak MB before": before,
            "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }.items()
    }  # fmt: skip


if __name__ == "__main__":
    main()
