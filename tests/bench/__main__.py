"""``run.py bench``: what is fast, as ratios measured side by side in one run.

    python3 run.py bench [--only pages|runs|engine|couples|imports|load|last-minute|live] [--sizes N …] [--all] [--write]

``load`` takes five minutes at national size: ``--crowd 11000 45000 2000`` are files that wait, people with a result,
and watchers of a live choice. ``last-minute`` takes as long as the machine needs for ``--senders``. ``--write`` keeps the tables in docs/measurements.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from tests.bench import couples, engine, load

DOCUMENT = Path(__file__).parents[2] / "docs" / "measurements.md"
DATABASES = ("sqlite", "postgresql")
SIZES = (5_000, 50_000)
COUPLES_ROUNDS = 5


def main() -> None:
    options = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    options.add_argument(
        "--only",
        choices=["pages", "runs", "engine", "couples", "imports", "load", "last-minute", "live"],
    )
    options.add_argument(
        "--sizes", type=int, nargs="+", default=[50_000, 1_000_000], help="people, of the engine"
    )
    options.add_argument(
        "--all", action="store_true", help="ten million people, and slow peers at 10,000 people"
    )
    options.add_argument(
        "--crowd", type=int, nargs=3, default=list(load.SIZES.values()), metavar=("FILES", "RESULTS", "WATCHERS"),
        help="sizes of the load",
    )  # fmt: skip
    options.add_argument(
        "--senders", type=int, help="people of the last minute: 10,000, or 1,000 beside others"
    )
    options.add_argument("--write", action="store_true", help="keep the tables in docs/measurements.md")
    asked = options.parse_args()
    parts = [_heading(asked.only)]
    if asked.only in (None, "pages"):
        parts.append(_pages())
    if asked.only in (None, "runs"):
        parts.append(_runs())
    if asked.only in (None, "engine"):
        parts.append(engine.tables(asked.sizes, everything=asked.all))
    if asked.only in (None, "couples"):
        parts.append(_couples(everything=asked.all))
    if asked.only in (None, "imports"):
        parts.append(_imports())
        parts.append(_applicants())
    if asked.only in (None, "load"):
        parts.append(_load(asked.crowd))
    if asked.only in (None, "last-minute"):
        national = asked.all or asked.only == "last-minute"
        parts.append(_last_minute(asked.senders or (10_000 if national else 1_000)))
    if asked.only in (None, "live"):
        parts.append(_live())
    document = "\n\n".join(parts) + "\n"
    Console().print(Markdown(document))
    if asked.write:
        DOCUMENT.write_text(_kept(parts) if asked.only else document)


def _kept(parts: list[str]) -> str:
    """The document with the sections measured now, and the others as they stand."""
    old = DOCUMENT.read_text().split("\n## ") if DOCUMENT.exists() else [""]
    now = "\n\n".join(parts[1:]).split("\n## ")
    sections = {section.partition("\n")[0]: section for section in old[1:]}
    sections |= {
        section.removeprefix("## ").partition("\n")[0]: section.removeprefix("## ") for section in now
    }
    return "\n\n## ".join([parts[0], *(section.strip() for section in sections.values())]) + "\n"


def _heading(only: str | None) -> str:
    load = f"{os.getloadavg()[0]:.1f}"
    return (
        "# Measurements\n\n"
        f"Made by `python3 run.py bench --write` on {datetime.now(UTC):%d %B %Y}: {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        f"Load average before: {load}. Calibration: ten million turns of an empty Python loop took "
        f"{_calibration():.2f} s. Seconds depend on the machine; ratios are what we hold ourselves to."
        + (f" That is of the sections on {only}; the others were measured in earlier runs." if only else "")
    )


def _calibration() -> float:
    started = time.perf_counter()
    for _turn in range(10_000_000):
        pass
    return time.perf_counter() - started


def _pages() -> str:
    from tests.bench import web

    lines = [
        "## Pages",
        "",
        "The filled demo (2,074 posts, 5,505 applications, a published run of 3,000 people) on gunicorn with two "
        "processes of four threads, asked by four clients at once that share the two cores with the server. The "
        "empty page is `/salud/`, through the same middleware. Median of five rounds of two seconds, pages "
        "alternating.",
        "",
        "| database | page | requests a second | share of the empty page | 99 of 100 within |",
        "|---|---|--:|--:|--:|",
    ]
    for database in DATABASES:
        found = web.measure(database)
        empty = found["empty page"].rate
        lines += [
            f"| {database} | {name} | {speed.rate:,.0f} | {speed.rate / empty:.0%} | {speed.slowest * 1000:,.0f} ms |"
            for name, speed in found.items()
        ]
    return "\n".join(lines)


def _runs() -> str:
    lines = [
        "## A run, from rows to a published result",
        "",
        "Synthetic call: N people with 10 to 20 wishes (mean 15), N/20 posts, 0.9 N seats, many ties that the "
        "lottery decides. Freeze: rows to a frozen question with its digest. Solve: allocation, certificate, "
        "cut-offs, package. Keep: places and cut-offs back into rows. Publish: two signatures, each over the bytes read "
        "again, and publication. The engine's share is its own time, warm, of the whole. Stable: each post adds "
        "points for who comes from its state.",
        "",
        "| database | mechanism | people | freeze | solve | keep | publish | total | engine | its share | peak memory |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for database in DATABASES:
        for mechanism, people in (*(("serial", size) for size in SIZES), ("stable", SIZES[-1])):
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.allocation_run", "--json", "--database", database,
                 "--mechanism", mechanism, "--people", str(people)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            lines.append(_run_line(database, json.loads(done.stdout.splitlines()[-1])))
    return "\n".join(lines)


def _couples(*, everything: bool) -> str:
    sizes = (*couples.SIZES, couples.LARGEST) if everything else couples.SIZES
    return (
        "## Couples\n\n"
        "N/7 posts, 0.92 N seats, lists of 8 to 16; couples rank up to 60 pairs of posts, two seats of one post among "
        "them. CPU seconds, medians of alternating rounds; a pass is one sum over the post and the rank of every wish. "
        "Prepare: rank every wish, places of single people. Settle: the couples arrive.\n\n"
        + couples.table(COUPLES_ROUNDS, sizes)
    )


def _imports() -> str:
    """Each form in a process of its own, which sets up a database of its own."""
    found = _each_form("tests.bench.imports")
    rows = next(iter(found.values()))["rows"]
    lines = [
        "## Importing a national catalogue",
        "",
        f"A catalogue of {rows:,} health units (CLUES), loaded, then loaded again unchanged. Seconds by the clock, "
        "memory in MB. Reading alone: the same file through the same reader, nothing checked.",
        "",
        *_side_by_side(found),
    ]
    return "\n".join(lines)


def _applicants() -> str:
    found = _each_form("tests.bench.applicants")
    one = next(iter(found.values()))
    lines = [
        "## Importing paper applications",
        "",
        f"{one['rows']:,} people with {one['choices']} choices each, read and loaded into SQLite, then read and loaded "
        "again unchanged. CPU seconds where nothing else is said, memory in MB. Reading alone as above.",
        "",
        *_side_by_side(found),
    ]
    return "\n".join(lines)


def _load(sizes: list[int]) -> str:
    told = {
        "review": "**Reviewing.** Reviewers take files, look at them and accept them; every tenth goes back.",
        "results": "**The day of results.** Of a hundred people thirty look at their own result, fifty ask by folio "
        "without an account, twenty read the public list, and every twentieth time take it as a file.",
        "live": "**A live choice.** The board's page is opened while everybody watches its stream, in a process of its own.",
    }
    lines = [
        "## Under load",
        "",
        "On PostgreSQL, with the servers as `run.py demo` starts them; each client asks again as soon as it is answered, "
        "and all share the two cores with the servers. The empty page is `/salud/`, asked in the same run by the same "
        "clients, with their sessions, through the same middleware. Three rounds of each, alternating.",
    ]
    for scene, size in zip(load.SIZES, sizes, strict=True):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load", "--scene", scene, "--people", str(size)],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        lines += ["", told[scene], "", load.table(json.loads(done.stdout.splitlines()[-1]))]
    return "\n".join(lines)


def _last_minute(people: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.last_minute", "--json", "--people", str(people)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    lines = [
        "## The last minute of a call",
        "",
        f"{people:,} people send their list in the minute before closing, half of them in its last ten seconds, every "
        "twentieth twice, and 200 too late; each on a connection of their own, on PostgreSQL, with two processes of "
        "four threads that share the two cores with the senders. Counted afterwards in the database.",
        "",
        "| what | |",
        "|---|--:|",
        *(f"| {name} | {value} |" for name, value in found.items()),
    ]
    return "\n".join(lines)


def _live() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.board"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return "\n".join(
        [
            "## The board of a live choice",
            "",
            "A live choice of 20 specialties and 1,000 posts on SQLite, its board in one process, watchers as open "
            "streams of server-sent events. The times are from the commit of a choice until a watcher has it, over all "
            "watchers and all choices; watchers, choices and board share the two cores.",
            "",
            "| what | |",
            "|---|--:|",
            *(f"| {name} | {value:,} |" for name, value in found.items()),
        ]
    )


def _each_form(module: str) -> dict[str, dict]:
    found = {}
    for form in ("xlsx", "csv"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--form", form], capture_output=True, text=True, check=True
        )
        found[form] = json.loads(done.stdout.splitlines()[-1])
    return found


def _side_by_side(found: dict[str, dict]) -> list[str]:
    names = [name for name in next(iter(found.values())) if name not in ("form", "rows", "choices")]
    return [
        "| what | " + " | ".join(found) + " |",
        "|---|" + "--:|" * len(found),
        *(f"| {name} | " + " | ".join(f"{one[name]:,}" for one in found.values()) + " |" for name in names),
    ]


def _run_line(database: str, found: dict) -> str:
    stages = " | ".join(f"{found['stages'][name]:.2f} s" for name in ("freeze", "solve", "keep", "publish"))
    engine, total = found["engine_seconds"], found["run_seconds"]
    return (
        f"| {database} | {found['mechanism']} | {found['people']:,} | {stages} | {total:.2f} s | {engine:.3f} s | {engine / total:.1%} "
        f"| {found['peak_mb']:,} MB |"
    )


if __name__ == "__main__":
    main()
