"""The allocation engine beside a plain sum over the same arrays, beside its peers, and from file to file.

    python -m tests.bench.engine [--sizes 10000 50000 1000000] [--all]

A *pass* is one `numpy.sum` over both edge arrays (the post and the rank of every wish) of the same question in the
same run: seconds depend on the machine and on who shares it, ratios much less. Questions follow one recipe
(`tests.engine.markets`): N/20 posts, seats for 0.9 N with gamma-distributed sizes, the k-th post wanted in
proportion to 1/(k+10)^0.8, seeded. Times are CPU seconds of one thread; medians of alternating runs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.bench import kinds, largest

ROUNDS = 7
PEERS = (("matching", "1.4.3"), ("algmatch", "1.5.2"), ("galeshapley", "0.1.4"))


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.bench.engine", description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[50_000, 1_000_000])
    options.add_argument(
        "--all", action="store_true", help="ten million people, and peers at 10,000 (minutes)"
    )
    options.add_argument("--part", choices=sorted(PARTS), help="one measurement, printed as JSON")
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--file", type=Path)
    asked = options.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](asked)))
    else:
        print(tables(asked.sizes, everything=asked.all))


def tables(sizes: list[int], *, everything: bool = False) -> str:
    """All measurements as Markdown; each in a process of its own."""
    sizes = [*sizes, *([10_000_000] if everything else [])]
    with tempfile.TemporaryDirectory() as folder:
        parts = [
            _kernels_table(sizes),
            _whole_table(sizes, Path(folder)),
            _peers_table(everything=everything),
            kinds.tables(sizes),
            *([largest.table()] if everything else []),
        ]
    return "\n\n".join(parts)


def _measured(part: str, **options: Any) -> dict[str, Any]:
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.bench.engine", "--part", part, *given]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    return json.loads(done.stdout.splitlines()[-1])


# ------------------------------------------------------------------- loops


def _alternating(functions: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of each, taken in turns; the first round only warms."""
    spent: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            started = time.thread_time()
            function()
            if turn:
                spent[name].append(time.thread_time() - started)
    return {name: median(seconds) for name, seconds in spent.items()}


def _kernels(asked: argparse.Namespace) -> dict[str, Any]:
    """The solving loops on lists of exactly 20, then certificate and explanations on lists of 10 to 20."""
    from cauce_engine import Lottery, ordering
    from cauce_engine._kernels import deferred, ranking, serial
    from tests.engine import markets

    base = markets.merit_market(asked.people, length=20, lottery=Lottery("seed"))
    order, people = ordering(base).order, np.arange(asked.people, dtype=np.int32)
    stored = base.choices.reshape(-1, 20)[order].ravel()
    post, last = np.empty(asked.people, np.int32), np.empty(len(base.posts), np.int32)
    start, capacity = base.choice_start, base.capacity
    found = {}
    ranks = np.arange(len(stored), dtype=np.int32)
    runs: dict[str, Callable[[], Any]] = {
        "pass": lambda: (np.sum(stored), np.sum(ranks)),
        "merit, stored best first": lambda: serial.serial(people, start, stored, capacity, post, last),
        "merit, stored in any order": lambda: serial.serial(order, start, base.choices, capacity, post, last),
    }
    found |= _alternating(runs)
    rounds = ROUNDS if asked.people <= 1_000_000 else 2
    if asked.people <= 2_000_000:
        for kind in ("mixed", "independent"):
            question = markets.own_orders(base, kind=kind)
            orders = question.orders
            place = ordering(question).place - np.int32(1)
            arrays = (start, question.choices, orders.given, orders.start, orders.applicant, place)
            rank, listed, _, _ = ranking.by_post(*arrays)
            begins, edges = deferred.best_first(order, start, question.choices, rank)
            room = np.minimum(capacity, np.diff(listed))
            found |= _alternating(
                {
                    f"{kind}: ranking the wishes": lambda arrays=arrays: ranking.by_post(*arrays),
                    f"{kind}: storing lists best first": lambda rank=rank: deferred.best_first(
                        order, start, base.choices, rank
                    ),
                    f"{kind}: solving": lambda b=begins, e=edges, r=room: deferred.propose(b, e, r, capacity),
                },
                rounds,
            )
    return found | _after(asked.people)


def _after(people: int) -> dict[str, float]:
    from cauce_engine import Lottery, allocate, certify, explain_all
    from tests.engine import markets

    question = markets.merit_market(people, lottery=Lottery("seed"))
    answer, ranks = allocate(question), np.arange(len(question.choices), dtype=np.int32)
    found = _alternating(
        {
            "pass over lists of 10 to 20": lambda: (np.sum(question.choices), np.sum(ranks)),
            "certifying": lambda: certify(question, answer),
            "explaining every wish": lambda: explain_all(question, answer),
        }
    )
    return found | {"wishes": len(question.choices)}


def _kernels_table(sizes: list[int]) -> str:
    lines = [
        "## The engine: loops",
        "",
        "A pass is one sum over the post and the rank of every wish. Solving: lists of exactly 20. Certifying and "
        "explaining: lists of 10 to 20, merit with one decimal, so that the lottery decides many ties. CPU of one "
        "thread, medians of alternating runs.",
        "",
        "| people | what | milliseconds | passes |",
        "|--:|---|--:|--:|",
    ]
    for size in sizes:
        found = _measured("kernels", people=size)
        if "failed" in found:
            lines.append(f"| {size:,} | not measured: {found['failed']} | | |")
            continue
        for name, seconds in found.items():
            if name == "wishes":
                continue
            unit = found["pass over lists of 10 to 20" if name in _LATER else "pass"]
            lines.append(f"| {size:,} | {name} | {seconds * 1e3:,.1f} | {seconds / unit:.1f} |")
    return "\n".join(lines)


_LATER = ("pass over lists of 10 to 20", "certifying", "explaining every wish")


# --------------------------------------------------------------- whole runs


def _prepare(asked: argparse.Namespace) -> dict[str, Any]:
    """Write a question as an outsider would, with `numpy.savez`."""
    from tests.engine import markets

    counts, choices, capacities = markets.lists(asked.people, seed=1)
    merit = np.round(np.random.default_rng(2).normal(600, 120, asked.people)).astype(np.int32)
    head = {
        "format": "cauce-question/1", "mechanism": "serial", "merit": [{"decimals": 1}],
        "lottery": {"seed": "seed", "beacon": "4417"},
    }  # fmt: skip
    with asked.file.open("wb") as file:
        np.savez(
            file,
            question=np.frombuffer(json.dumps(head).encode(), np.uint8),
            applicants=np.array([b"F-%08d" % n for n in range(asked.people)]),
            choice_counts=counts.astype(np.int32),
            choices=choices,
            posts=np.array([b"P-%06d" % n for n in range(len(capacities))]),
            capacities=capacities.astype(np.int32),
            merit_1=merit,
        )
    return {"bytes": asked.file.stat().st_size}


def _whole(asked: argparse.Namespace) -> dict[str, Any]:
    """From a file of columns to a file of columns with the reason of every wish."""
    began, cpu = time.perf_counter(), time.process_time()
    from cauce_engine import certify, explain_all, ordering, read_question
    from cauce_engine.allocation import _solved as solved
    from cauce_engine.formats.columnar import answer_in_columns

    spent = {"start": time.process_time() - cpu}

    def timed(name: str, function: Callable[[], Any]) -> Any:
        started = time.process_time()
        value = function()
        spent[name] = time.process_time() - started
        return value

    question = timed("read and check", lambda: read_question(asked.file.read_bytes()))
    timed("digest", lambda: question.digest)
    timed("rank", lambda: ordering(question))
    answer = timed("solve", lambda: solved(question))
    checks = timed("certify", lambda: certify(question, answer))
    if not all(check.holds for check in checks):
        sys.exit("the answer is not certified")
    reasons = timed("explain", lambda: explain_all(question, answer))

    def write() -> None:
        with asked.file.with_suffix(".answer").open("wb") as file:
            file.writelines(answer_in_columns(answer, reasons))

    timed("write", write)
    spent["total"] = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "spent": spent,
        "clock": time.perf_counter() - began,
        "peak_mb": memory,
        "wishes": len(question.choices),
    }


def _whole_table(sizes: list[int], folder: Path) -> str:
    stages = ("start", "read and check", "digest", "rank", "solve", "certify", "explain", "write", "total")
    lines = [
        "## The engine: from file to file",
        "",
        "A file of columns in; checked, digested, ranked with its lottery, solved, certified, cut-offs, the reason of "
        "every wish; a file of columns out. Lists of 10 to 20. One process, loops compiled before; CPU seconds, "
        "the better of two runs; the clock says how much of a processor this process was given.",
        "",
        "| people | " + " | ".join(stages) + " | clock | peak memory |",
        "|--:|" + "--:|" * (len(stages) + 2),
    ]
    for size in sizes:
        file = folder / f"{size}.cauce"
        _measured("prepare", people=size, file=file)
        runs = [_measured("whole", people=size, file=file) for _ in range(2)]
        runs = [run for run in runs if "failed" not in run]
        if runs:
            run = min(runs, key=lambda run: run["spent"]["total"])
            cells = " | ".join(f"{run['spent'][stage]:.2f}" for stage in stages)
            lines.append(f"| {size:,} | {cells} | {run['clock']:.2f} | {run['peak_mb']:,} MB |")
        else:
            lines.append(f"| {size:,} | not measured |")
        for leftover in folder.glob(f"{size}.*"):
            leftover.unlink()
    return "\n".join(lines)


# -------------------------------------------------------------------- peers


def _dictionaries(people: int) -> tuple[dict[int, list[int]], dict[int, list[int]], dict[int, int]]:
    """The same market for everybody: lists, posts' orders (merit plus noise), seats."""
    from tests.engine import markets

    question = markets.own_orders(markets.merit_market(people), kind="mixed")
    start, orders = question.choice_start.tolist(), question.orders
    wishes, entries, begins = question.choices.tolist(), orders.applicant.tolist(), orders.start.tolist()
    lists = {i: wishes[start[i] : start[i + 1]] for i in range(people)}
    listed = {p: entries[begins[p] : begins[p + 1]] for p in range(len(question.posts))}
    # Peers refuse posts that nobody lists, and seats for nobody.
    listed = {p: order for p, order in listed.items() if order}
    return lists, listed, {p: int(question.capacity[p]) for p in listed}


def plain(lists: dict[int, list[int]], orders: dict[int, list[int]], seats: dict[int, int]) -> dict[int, int]:
    """Deferred acceptance in thirty lines of plain Python."""
    import heapq

    rank = {p: {i: -k for k, i in enumerate(order)} for p, order in orders.items()}
    holds: dict[int, list[tuple[int, int]]] = {p: [] for p in orders}
    following = dict.fromkeys(lists, 0)
    waiting = list(lists)
    while waiting:
        person = waiting.pop()
        while following[person] < len(lists[person]):
            post = lists[person][following[person]]
            following[person] += 1
            entry = (rank[post][person], person)
            if len(holds[post]) < seats[post]:
                heapq.heappush(holds[post], entry)
                break
            if entry > holds[post][0]:
                waiting.append(heapq.heapreplace(holds[post], entry)[1])
                break
    return {person: post for post, held in holds.items() for _, person in held}


def _peer(asked: argparse.Namespace) -> dict[str, Any]:
    """Run one program with room for the recursion that copies of some peers' objects need."""
    found: dict[str, Any] = {}
    sys.setrecursionlimit(10**7)
    threading.stack_size(2**29)
    thread = threading.Thread(target=lambda: found.update(_one_program(asked)))
    thread.start()
    thread.join()
    return found if found else sys.exit("it ended without an answer")


def _one_program(asked: argparse.Namespace) -> dict[str, Any]:
    """Load and solve by one program (named by --file), and what it answered, to be compared."""
    lists, orders, seats = _dictionaries(asked.people)
    name = asked.file.name
    load, solve = _PROGRAMS[name](lists, orders, seats)
    started = time.process_time()
    loaded = load()
    between = time.process_time()
    answer = solve(loaded)
    done = time.process_time()
    if name in ("cauce", "columns"):
        # A first run in a process loads the compiled loops from disk: measured too, and said.
        first = done - started
        started = time.process_time()
        loaded = load()
        between = time.process_time()
        answer = solve(loaded)
        done = time.process_time()
        answer = answer or {
            int(i): int(p) for i, p in solve.answer.places().items() if p is not None
        }  # as columns, the answer is an array; turned into a dictionary only to be compared
        return {"load": between - started, "solve": done - between, "first": first, "sum": _sum(answer)}
    return {"load": between - started, "solve": done - between, "sum": _sum(answer)}


def _sum(answer: dict[int, int]) -> int:
    return sum((person + 1) * (post + 1) for person, post in answer.items())


def _cauce(lists: Any, orders: Any, seats: Any) -> Any:
    from cauce_engine import allocate, parse_question

    def load() -> Any:
        return parse_question(
            {
                "format": "cauce-question/1",
                "mechanism": "stable",
                "applicants": [{"id": str(i), "choices": [str(p) for p in row]} for i, row in lists.items()],
                "posts": [
                    {"id": str(p), "capacity": seats[p], "order": [str(i) for i in row]}
                    for p, row in orders.items()
                ],
            }
        )

    def solve(question: Any) -> dict[int, int]:
        return {int(i): int(p) for i, p in allocate(question).places().items() if p is not None}

    return load, solve


def _columns(lists: Any, orders: Any, seats: Any) -> Any:
    """The same question as bytes of a file of columns, instead of dictionaries."""
    from cauce_engine import allocate, read_question
    from cauce_engine.formats.columnar import question_in_columns

    data = b"".join(question_in_columns(_cauce(lists, orders, seats)[0]()))

    def solve(question: Any) -> dict[int, int]:
        answer = allocate(question)
        solve.answer = answer  # type: ignore[attr-defined]
        return {}

    return (lambda: read_question(data)), solve


def _matching(lists: Any, orders: Any, seats: Any) -> Any:
    games = importlib.import_module("matching.games")

    def load() -> Any:
        return games.HospitalResident.create_from_dictionaries(lists, orders, seats)

    def solve(game: Any) -> dict[int, int]:
        return {
            person.name: post.name for post, held in game.solve(optimal="resident").items() for person in held
        }

    return load, solve


def _galeshapley(lists: Any, orders: Any, seats: Any) -> Any:
    game_of = importlib.import_module("galeshapley.games.base_container_part").BaseContainerPart

    def load() -> Any:
        return game_of.create_from_dictionaries(lists, orders, seats)

    def solve(game: Any) -> dict[int, int]:
        return {
            person.name: post.name for post, held in game.solve(optimal="part").items() for person in held
        }

    return load, solve


def _algmatch(lists: Any, orders: Any, seats: Any) -> Any:
    problem = importlib.import_module("algmatch.hospitalResidentsProblem").HospitalResidentsProblem

    def load() -> Any:
        hospitals = {
            p + 1: {"capacity": seats[p], "preferences": [i + 1 for i in row]} for p, row in orders.items()
        }
        return problem(
            dictionary={
                "residents": {i + 1: [p + 1 for p in row] for i, row in lists.items()},
                "hospitals": hospitals,
            }
        )

    def solve(game: Any) -> dict[int, int]:
        held = game.get_stable_matching()["resident_sided"]
        return {int(i[1:]) - 1: int(p[1:]) - 1 for i, p in held.items() if p}

    return load, solve


def _plain(lists: Any, orders: Any, seats: Any) -> Any:
    return (lambda: None), (lambda _: plain(lists, orders, seats))


_PROGRAMS = {
    "cauce": _cauce, "columns": _columns, "plain": _plain, "matching": _matching, "algmatch": _algmatch, "galeshapley": _galeshapley,
}  # fmt: skip


def _peers_table(*, everything: bool) -> str:
    sizes = (1_000, 10_000) if everything else (1_000, 3_000)
    lines = [
        "## The engine and its peers",
        "",
        "The same market for all, posts with orders of their own (merit plus noise), from dictionaries of lists; this "
        "engine also from the bytes of a file of columns. "
        "CPU seconds to load and to solve; this engine's time includes the certificate, the proof that nobody could be "
        "better off and the other side's answer, which no peer gives. All answers are compared. *Times ours*: load and "
        "solve of the peer over load and solve of this engine, once its loops are loaded (about a second in a new "
        "process, shown as *first*).",
        "",
        "| people | program | load | solve | times ours | same answer |",
        "|--:|---|--:|--:|--:|---|",
    ]
    for size in sizes:
        ours = _measured("peer", people=size, file="columns")
        if "failed" in ours:
            lines.append(f"| {size:,} | this engine | not measured: {ours['failed']} |")
            continue
        whole = ours["load"] + ours["solve"]
        lines.append(
            f"| {size:,} | this engine, from columns (first: {ours['first']:.1f} s) | {ours['load']:.3f} | {ours['solve']:.3f} | 1 | |"
        )
        for name in ("cauce", "plain", *(name for name, _ in PEERS)):
            found = _measured("peer", people=size, file=name)
            labels = {"plain": "30 lines of plain Python", "cauce": "this engine, from dictionaries"}
            label = labels.get(name) or f"{name} {dict(PEERS)[name]}"
            if "failed" in found:
                lines.append(f"| {size:,} | {label} | not measured: {' '.join(found['failed'])} | | | |")
                continue
            times = (found["load"] + found["solve"]) / whole
            same = "yes" if found["sum"] == ours["sum"] else "NO"
            lines.append(
                f"| {size:,} | {label} | {found['load']:.3f} | {found['solve']:.3f} | {times:,.1f} | {same} |"
            )
    return "\n".join(lines)


PARTS = {"kernels": _kernels, "prepare": _prepare, "whole": _whole, "peer": _peer}


if __name__ == "__main__":
    main()
