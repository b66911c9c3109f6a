"""Ten million people with 15 wishes each, posts with orders of their own: solving alone, and its memory.

    python -m tests.bench.largest [--people 10000000] [--kind mixed|independent]

The arrays are made directly and read from files by the process that is measured, so that its memory is that of
solving: from lists, ranks and a sequence of proposals to the wish that each person holds.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

PEOPLE, LENGTH = 10_000_000, 15
KINDS = ("mixed", "independent")


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.bench.largest", description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--kind", choices=KINDS)
    options.add_argument("--part", choices=("prepare", "solve"))
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    if asked.part == "prepare":
        prepare(asked.people, asked.kind, asked.folder)
    elif asked.part == "solve":
        print(json.dumps(solve(asked.folder)))
    else:
        print(table(asked.people, (asked.kind,) if asked.kind else KINDS))


def table(people: int = PEOPLE, kinds: tuple[str, ...] = KINDS) -> str:
    lines = [
        f"## The engine: {people:,} people",
        "",
        f"Lists of {LENGTH}, {people // 20:,} posts with orders of their own. CPU seconds of solving, ranks given; a "
        "pass is one sum over the post and the rank of every wish. The memory is that of the whole process.",
        "",
        "| orders | pass | storing lists best first | solving | together | passes | peak memory |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            found: dict[str, Any] = {}
            for part in ("prepare", "solve"):
                command = [sys.executable, "-m", "tests.bench.largest", "--part", part, "--kind", kind]
                command += ["--people", str(people), "--folder", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout) if part == "solve" else {}
        together = found["store"] + found["solve"]
        lines.append(
            f"| {kind} | {found['pass']:.2f} s | {found['store']:.2f} s | {found['solve']:.2f} s | {together:.2f} s "
            f"| {together / found['pass']:.1f} | {found['peak_mb']:,} MB |"
        )
    return "\n".join(lines)


def prepare(people: int, kind: str, folder: Path) -> None:
    """Lists, the rank of every wish at its post, and the sequence of proposals (that of merit), as files."""
    from tests.engine import markets

    _, choices, capacity = markets.lists(people, seed=1, length=LENGTH)
    chance = np.random.default_rng(2)
    score = chance.normal(600, 120, people).astype(np.float32)
    order = np.argsort(-score, kind="stable").astype(np.int32)
    wide = len(choices).bit_length()
    # Post, value at the post (16 bits), wish: sorted as one number, because there is no room for more arrays.
    key = choices.astype(np.int64) << 16
    for first in range(0, people, 1_000_000):
        part = slice(first * LENGTH, min(first + 1_000_000, people) * LENGTH)
        value = chance.normal(0, 60, part.stop - part.start).astype(np.float32)
        if kind == "mixed":
            value -= np.repeat(score[first : first + 1_000_000], LENGTH)
        key[part] |= np.clip(np.round((value + 1500) * 28), 0, 2**16 - 1).astype(np.int64)
    key = (key << wide) | np.arange(len(key))
    key.sort()
    key &= (1 << wide) - 1
    listed = np.zeros(len(capacity) + 1, np.int64)
    np.cumsum(np.bincount(choices, minlength=len(capacity)), out=listed[1:])
    rank = np.empty(len(choices), np.int32)
    rank[key] = np.arange(len(choices)) - np.repeat(listed[:-1], np.diff(listed))
    arrays = {"choices": choices, "capacity": capacity, "rank": rank, "listed": listed, "order": order}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def solve(folder: Path) -> dict[str, float]:
    from cauce_engine._kernels import deferred

    two = np.array([0, 1, 2]), np.zeros(2, np.int32)
    deferred.propose(
        *deferred.best_first(np.arange(2, dtype=np.int32), *two, two[1]), np.ones(1, int), np.ones(1, int)
    )
    names = ("choices", "capacity", "rank", "listed", "order")
    choices, capacity, rank, listed, order = (np.load(folder / f"{name}.npy") for name in names)
    start = np.arange(0, len(choices) + 1, LENGTH)
    clock = [time.process_time()]
    np.sum(choices)
    np.sum(rank)
    clock.append(time.process_time())
    begins, edges = deferred.best_first(order, start, choices, rank)
    clock.append(time.process_time())
    held, _ = deferred.propose(begins, edges, np.minimum(capacity, np.diff(listed)), capacity)
    clock.append(time.process_time())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _refuse_unstable(start, begins, edges, held, capacity)
    one, store, solving = np.diff(clock).tolist()
    return {
        "pass": one,
        "store": store,
        "solve": solving,
        "peak_mb": memory,
        "placed": int((held >= 0).sum()),
    }


def _refuse_unstable(start: Any, begins: Any, edges: Any, held: Any, capacity: Any) -> None:
    """Nobody is refused a free seat or a post that took somebody behind them: in plain sums over all wishes."""
    placed = held[held >= 0]
    post, rank = edges[placed] & 0xFFFFFFFF, edges[placed] >> 32
    count = np.bincount(post, minlength=len(capacity))
    assert (count <= capacity).all()
    bar = np.full(len(capacity), -1)
    np.maximum.at(bar, post, rank)
    bar[count < capacity] = 2**31
    for first in range(0, len(held), 1_000_000):
        mine = held[first : first + 1_000_000]
        part = slice(int(begins[first]), int(begins[first + len(mine)]))
        owner = np.repeat(np.arange(len(mine)), np.diff(begins[first : first + len(mine) + 1]))
        better = np.arange(part.start, part.stop) < np.where(mine >= 0, mine, len(edges))[owner]
        wanted = edges[part][better]
        assert (wanted >> 32 >= bar[wanted & 0xFFFFFFFF]).all()


if __name__ == "__main__":
    main()
