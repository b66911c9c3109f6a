"""How fast paper applications come in: reading alone, checking, loading, and reading again; with peak memory.

    python -m tests.bench.applicants [--people 50000] [--choices 15] [--form xlsx|csv]

Reading alone is the same file through the same reader, with nothing checked: the share tells what the import adds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from random import Random


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--choices", type=int, default=15)
    options.add_argument("--form", choices=["xlsx", "csv"], default="xlsx")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "cauce.config.settings", "CAUCE_DATA": folder, "CAUCE_SECRET_KEY": "bench",
            "CAUCE_ORIGIN": "http://localhost",
        }  # fmt: skip
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(measure(asked.people, asked.choices, asked.form)))


def measure(people: int, choices: int, form: str) -> dict[str, float | int | str]:
    """CPU seconds of each stage, queries of the load, and the peak memory of the process in MB."""
    from django.db import connection

    from cauce.base import imports
    from cauce.base.actors import Actor
    from cauce.base.reading import read_table
    from cauce.calls import intake, operations, queries
    from tests.calls import factories
    from tests.conftest import NOON

    call = factories.call("BENCH")
    site = factories.site()
    posts = [
        factories.post(call, site, key=f"P{at:05d}", seats=20).key for at in range(max(people // 25, choices))
    ]
    data = _file(people, choices, posts, form)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    actor, lookup = Actor.system("bench"), queries.filing_lookup(call, today=NOON.date())
    found: dict[str, float | int | str] = {
        "form": form,
        "rows": people,
        "choices": choices,
        "octets": len(data),
    }

    started = time.process_time()
    names = {column.key: column.names for column in intake.applicant_columns(lookup)}
    assert sum(1 for _row in read_table(data, names).rows) == people
    found["reading alone"] = time.process_time() - started
    for turn in ("first", "again"):
        started = time.process_time()
        sheet, filings = intake.read_applicants(data, lookup)
        assert sheet.may_load, sheet.report.findings[:3]
        found[f"{turn}: dry run"] = time.process_time() - started
        if turn == "first":
            found["peak MB, dry run"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        started = time.process_time()
        taken = operations.receive_applicants(
            actor=actor, call=call, name="x", data=data, consent_held=True, now=NOON, by_task=False
        )
        imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=NOON)
        operations.confirm_applicants(
            actor=actor, call=call, taken=taken, digest=taken.digest, now=NOON, by_task=False
        )
        asked: list[int] = [0]

        def counted(execute, sql, params, many, context, asked=asked):
            asked[0] += 1
            return execute(sql, params, many, context)

        clock = time.perf_counter()
        with connection.execute_wrapper(counted):
            done = operations.load_applicants(actor=actor, call=call, taken=taken, filings=filings, now=NOON)
        assert done.added == (people if turn == "first" else 0)
        found[f"{turn}: load"] = time.process_time() - started
        found[f"{turn}: load, by the clock"] = time.perf_counter() - clock
        found[f"{turn}: queries"] = asked[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in {**found, "peak MB before": before, "peak MB": peak}.items()
    }


def _file(people: int, choices: int, posts: list[str], form: str) -> bytes:
    import csv
    import io
    from datetime import date, timedelta

    import xlsxwriter

    from cauce.accounts.rules import compose_curp

    random = Random(7)
    head = [
        "CURP", "Nombres", "Primer apellido", "Segundo apellido", "Especialidad", "Calificación de egreso",
        *(f"Opción {at}" for at in range(1, choices + 1)),
    ]  # fmt: skip
    names = ["Mariana", "Bruno", "Citlali", "Dalia", "Efraín", "Fabiola", "Gael", "Hilda"]
    surnames = ["Xool", "Paz", "Huitrón", "Ochoa", "Kumul", "Garza", "Núñez", "Zárate", "Uc", "Pech", "Yáñez"]
    rows, seen = [], set()
    while len(rows) < people:
        given, first, second = random.choice(names), random.choice(surnames), random.choice(surnames)
        curp = compose_curp(
            given_names=given, first_surname=first, second_surname=second,
            birth_date=date(1985, 1, 1) + timedelta(days=random.randrange(4500)), sex=random.choice("HM"),
            birth_state=f"{random.randint(1, 32):02d}", serial=random.randrange(10),
        )  # fmt: skip
        if curp not in seen:
            seen.add(curp)
            mark = f"{random.randint(6000, 10000) / 100:.2f}"
            rows.append([curp, given, first, second, "Pediatría", mark, *random.sample(posts, choices)])
    if form == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([head, *rows])
        return text.getvalue().encode()
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    page = book.add_worksheet()
    for at, cells in enumerate([head, *rows]):
        page.write_row(at, 0, cells)
    book.close()
    return target.getvalue()


if __name__ == "__main__":
    main()
