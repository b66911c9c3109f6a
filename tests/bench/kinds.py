"""Posts with classes and regions at national size, and corrections beside solving again from nothing.

    python -m tests.bench.kinds [--sizes 50000 1000000]

CPU seconds of one thread. A correction is worked on the published answer: what "again" stands for is solving and
certifying the corrected question from the beginning.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

PEOPLE, POSTS, REGIONS = 50_000, 2_000, 32
ROUNDS = 3


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.bench.kinds", description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[50_000, 1_000_000])
    options.add_argument("--part", choices=sorted(PARTS), help="one measurement, printed as JSON")
    options.add_argument("--people", type=int, default=PEOPLE)
    asked = options.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](asked.people)))
    else:
        print(tables(asked.sizes))


def tables(sizes: list[int]) -> str:
    """Both measurements as Markdown; each in a process of its own."""
    return "\n\n".join([_classes_table(), _corrections_table([size for size in sizes if size <= 1_000_000])])


def _measured(part: str, people: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.kinds", "--part", part, "--people", str(people)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _spent(function: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    value = function()
    return time.process_time() - started, value


def _fresh(question: Any) -> Any:
    """The question with its digest, as it is frozen, and nothing else known about it yet."""
    fresh = replace(question)
    fresh.__dict__["digest"] = question.digest
    return fresh


# --------------------------------------------------------- classes and regions


def _classes(people: int) -> dict[str, Any]:
    """Solve and certify each kind of order, warm; every certificate must hold."""
    from cauce_engine import certify
    from cauce_engine.allocation import _solved as solved
    from tests.engine import markets

    merit = markets.class_market(people, posts=people * POSTS // PEOPLE, regions=REGIONS)
    found = {}
    for kind in ("merit", "mixed", "independent"):
        question = merit if kind == "merit" else markets.own_orders(merit, kind=kind)
        answer = solved(question)  # what follows is measured with the loops loaded
        certify(question, answer)
        runs = []
        for _ in range(ROUNDS):
            fresh = _fresh(question)
            solving, answer = _spent(lambda fresh=fresh: solved(fresh))
            judging, checks = _spent(lambda fresh=fresh, answer=answer: certify(fresh, answer))
            if not all(check.holds for check in checks):
                sys.exit("the answer is not certified")
            runs.append((solving, judging))
        found[kind] = {
            "solve": median(run[0] for run in runs),
            "certify": median(run[1] for run in runs),
            "wishes": len(question.choices),
        }
    return found


def _classes_table() -> str:
    lines = [
        "## The engine: classes of seats and regions",
        "",
        f"{PEOPLE:,} people with 10 to 20 wishes, {POSTS:,} posts that keep seats for two of three groups, with their "
        f"reversion, in {REGIONS} regions with room for 0.95 of the seats. Certifying finds the best answer and that of "
        "the opposite side again. CPU seconds, medians.",
        "",
        "| orders | wishes | solve | certify |",
        "|---|--:|--:|--:|",
    ]
    for kind, found in _measured("classes", PEOPLE).items():
        lines.append(f"| {kind} | {found['wishes']:,} | {found['solve']:.2f} s | {found['certify']:.2f} s |")
    return "\n".join(lines)


# ----------------------------------------------------------------- corrections


def _corrections(people: int) -> dict[str, Any]:
    """An upheld appeal and a withdrawal, each proven, beside the corrected question from the beginning."""
    from cauce_engine import Lottery, allocate
    from tests.engine import markets

    merit = markets.merit_market(people, lottery=Lottery("seed"))
    found = {}
    for kind in ("merit", "mixed"):
        question = merit if kind == "merit" else markets.own_orders(merit, kind=kind)
        answer = allocate(question)
        for name, event in _events(question, answer).items():
            runs = []
            for _ in range(ROUNDS):
                fresh = _fresh(question)
                published = replace(answer, question=fresh)
                first, outcome = _spent(lambda q=fresh, a=published, e=event: _corrected(q, a, e))
                following, outcome = _spent(lambda q=fresh, a=published, e=event: _corrected(q, a, e))
                anew = _fresh(outcome.question)
                again, full = _spent(lambda anew=anew: allocate(anew))
                if not np.array_equal(full.post, outcome.post):
                    sys.exit("the correction and the corrected question do not agree")
                runs.append((first, following, again))
            first, following, again = (median(column) for column in zip(*runs, strict=True))
            changed, looked = len(outcome.changes), outcome.looked_at
            found[f"{kind}: {name}"] = {
                "first": first, "next": following, "again": again, "changed": changed, "looked at": looked,
            }  # fmt: skip
    return found


def _corrected(question: Any, answer: Any, event: dict[str, Any]) -> Any:
    from cauce_engine import correct
    from cauce_engine.after.documents import correction_of

    return correct(correction_of(question, answer, [event]), "rerun")


def _events(question: Any, answer: Any) -> dict[str, dict[str, Any]]:
    """Somebody in the middle who got less than their first wish rises; somebody in the middle leaves."""
    waiting = np.flatnonzero(answer.post != question.choices[question.choice_start[:-1]])
    placed = np.flatnonzero(answer.post >= 0)
    person = question.applicants[int(waiting[len(waiting) // 2])]
    leaving = question.applicants[int(placed[len(placed) // 2])]
    raised: dict[str, Any] = {"kind": "appeal", "applicant": person, "merit": ["760"]}
    if question.orders is not None:
        first = question.choices[question.choice_start[question.index_of(person)]]
        ahead = question.orders.applicant[question.orders.start[first]]
        raised = {
            "kind": "appeal", "applicant": person, "post": question.posts[first],
            "ahead_of": question.applicants[int(ahead)],
        }  # fmt: skip
    return {"an upheld appeal": raised, "a withdrawal": {"kind": "withdrawal", "applicant": leaving}}


def _corrections_table(sizes: list[int]) -> str:
    lines = [
        "## The engine: corrections",
        "",
        "The published answer is worked on, and its proof (C1 to C5) made. *First*: nothing is known of the question but "
        "its digest, so that the order and who lists what are gathered too; *next*: another correction of it in the same "
        "process. *Again*: the corrected question is solved and certified from the beginning, which must and does give "
        "the same. Lists of 10 to 20. CPU seconds, medians.",
        "",
        "| people | orders: event | first | next | again | again / first | again / next | moved | lists consulted |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for size in sizes:
        for name, found in _measured("corrections", size).items():
            first, following, again = found["first"], found["next"], found["again"]
            lines.append(
                f"| {size:,} | {name} | {first:.3f} s | {following:.3f} s | {again:.3f} s | {again / first:,.1f} "
                f"| {again / following:,.1f} | {found['changed']:,} | {found['looked at']:,} |"
            )
    return "\n".join(lines)


PARTS = {"classes": _classes, "corrections": _corrections}


if __name__ == "__main__":
    main()
