"""Couples: from a question to a certified answer, beside one pass over the edges of the same question.

    python -m tests.bench.couples [--all]

N/7 posts, 0.92 N seats, lists of 8 to 16; couples rank up to 60 pairs of their members' lists (pairs at one post
among them) by the sum of ranks, with a bonus for the same state. CPU seconds; the digest of the question, which is
made once when it is frozen, is not part of the time. ``--all`` adds a million people.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from statistics import median

import numpy as np

from cauce_engine.certify import certify
from cauce_engine.couples import FIRST, Attempts, market_of, with_couples
from cauce_engine.couples.exact import Exact
from cauce_engine.problems import Question
from tests.engine.markets import couple_market

SIZES = ((10_000, 300), (10_000, 1_000), (42_000, 630), (42_000, 1_260), (42_000, 4_200))
LARGEST = (1_000_000, 15_000)
HARD = ((1_000, 100, 2), (1_000, 100, 7))


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.couples", description=__doc__)
    options.add_argument("--all", action="store_true", help="a million people with 15,000 couples too")
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    print(table(asked.rounds, (*SIZES, LARGEST) if asked.all else SIZES))


def table(rounds: int, sizes: tuple[tuple[int, int], ...] = SIZES) -> str:
    """The measurements as two tables of Markdown."""
    with_couples(couple_market(700, 20))
    lines = [
        "| people | couples | prepare | settle | certify | together | passes | sequences |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for people, couples in sizes:
        found = _measured(couple_market(people, couples), rounds)
        prepare, settle, checked, one = (found[name] for name in ("prepare", "settle", "certify", "pass"))
        whole = prepare + settle + checked
        shown = " | ".join(f"{seconds * 1000:,.1f} ms" for seconds in (prepare, settle, checked, whole))
        lines.append(
            f"| {people:,} | {couples:,} | {shown} | {whole / one:,.0f} | {found['sequences']:.0f} |"
        )
    lines += [
        "",
        "| people | couples | seed | exact search | of it in clauses | end |",
        "|--:|--:|--:|--:|--:|---|",
    ]
    for people, couples, seed in HARD:
        market = market_of(couple_market(people, couples, seed=seed))
        Exact(market).solve()
        started = time.process_time()
        exact = Exact(market)
        post = exact.solve()
        spent = time.process_time() - started
        end = "an answer" if post is not None else "none exists" if exact.impossible else "not decided"
        lines.append(
            f"| {people:,} | {couples:,} | {seed} | {spent:.2f} s | {exact.conflicts:,} conflicts | {end} |"
        )
    return "\n".join(lines)


def _measured(question: Question, rounds: int) -> dict[str, float]:
    """Medians of alternating rounds; every round starts from a question that nothing is known about yet."""
    digest = question.digest
    found: dict[str, list[float]] = {name: [] for name in ("prepare", "settle", "certify", "pass")}
    sequences = 0
    for _ in range(rounds):
        fresh = replace(question)
        fresh.__dict__["digest"] = digest
        clock = [time.process_time()]
        market = market_of(fresh)
        clock.append(time.process_time())
        attempts = Attempts(market)
        post = attempts.run(FIRST)
        clock.append(time.process_time())
        if post is None:
            raise SystemExit("no sequence ended: this market is not one to measure the settling with")
        answer = with_couples_answer(fresh, post)
        begun = time.process_time()
        checks = certify(fresh, answer)
        clock.append(clock[-1] + time.process_time() - begun)
        if not all(check.holds for check in checks):
            raise SystemExit("the certificate does not hold")
        for name, before, after in zip(found, clock, clock[1:], strict=False):
            found[name].append(after - before)
        edges = (market.arrays[1], market.arrays[2])
        begun = time.process_time()
        for _turn in range(10):
            for edge in edges:
                np.sum(edge)
        found["pass"].append((time.process_time() - begun) / 10)
        sequences = attempts.tried
    return {name: median(seconds) for name, seconds in found.items()} | {"sequences": sequences}


def with_couples_answer(question: Question, post: np.ndarray):
    """The posts as an answer to certify."""
    from cauce_engine import Allocation

    return Allocation(question=question, post=post, line=post, last=None)


if __name__ == "__main__":
    main()
