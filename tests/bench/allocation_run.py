"""How long a run takes from rows to a published result, by stage, on a synthetic call in a database of its own.

    python -m tests.bench.allocation_run [--people 50000] [--mean 15] [--mechanism serial|stable]
        [--database sqlite|postgresql|URL] [--json]

Market: N applicants, N/20 posts, 0.9 N seats of gamma-distributed sizes, lists of 10 to 20, the k-th post
wanted in proportion to 1/(k+10)^0.8, merit with one decimal so that the lottery decides many ties. In "stable"
each post adds two points for who comes from its state, one of eight. Seeded.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import postgres

CLOSED = datetime(2024, 2, 10, 18, tzinfo=UTC)
SEED = "5eed" * 16
FIRST_BORN = date(1975, 1, 1)
LETTERS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=50_000)
    options.add_argument("--mean", type=int, default=15, help="wishes of a person, on average")
    options.add_argument("--mechanism", choices=("serial", "stable"), default="serial")
    options.add_argument(
        "--database", default="sqlite", help="sqlite, postgresql (a server of its own), or a URL"
    )
    options.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = options.parse_args()
    with ExitStack() as stack:
        _database(asked.database, stack)
        found = _measure(asked.people, asked.mean, asked.mechanism)
    print(json.dumps(found) if asked.json else _table(found))


def _database(kind: str, stack: ExitStack) -> None:
    """Point the settings at a new, empty database that ends with ``stack``."""
    os.environ |= {"CAUCE_TESTING": "true", "DJANGO_SETTINGS_MODULE": "cauce.config.settings"}
    if kind == "sqlite":
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        kind = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
    if kind == "postgresql":
        kind = stack.enter_context(postgres.server(safe=True))
    os.environ["DATABASE_URL"] = kind
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _measure(people: int, mean: int, mechanism: str) -> dict[str, Any]:
    from django.db import connection

    from cauce.allocation import operations
    from cauce.allocation.models import Run
    from cauce.base import background

    start = time.perf_counter()
    call, actor, second, reviewer = _fill(people, mean, mechanism)
    filled = time.perf_counter() - start
    run = operations.request_run(actor=actor, call=call, after=0, now=CLOSED)
    before = _memory()
    start = time.perf_counter()
    cpu = time.process_time()
    with background.heartbeat(run.task_id):
        work = operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: CLOSED)
    seconds = time.perf_counter() - start
    cpu = time.process_time() - cpu
    run = Run.objects.get(pk=run.pk)
    if run.state != "certified":
        sys.exit(f"the run ended as {run.state}: {run.failure} {run.facts}")
    peak, start = _memory(), time.perf_counter()
    _decide_package(run, reviewer)
    read, start = time.perf_counter() - start, time.perf_counter()
    _publish(run, actor, second)
    published = time.perf_counter() - start
    found = {
        "database": connection.vendor,
        "mechanism": mechanism,
        "people": people,
        "wishes": run.facts["wishes"],
        "fill_seconds": round(filled, 2),
        "run_seconds": round(seconds + published, 2),
        "cpu_seconds": round(cpu, 2),
        "stages": {**work.timings, "publish": round(published, 3)},
        "exposure_seconds": round(read, 3),
        "engine_seconds": _engine_alone(run),
        "peak_mb_before": before,
        "peak_mb": peak,
        "question_mb": round(len(run.question) / 1e6, 2),
        "package_mb": round(run.facts["package_size"] / 1e6, 2),
    }
    connection.close()
    return found


def published(people: int, mean: int = 15) -> Any:
    """Fill a call in order of merit, run it and publish; return the run."""
    from cauce.allocation import operations
    from cauce.allocation.models import Run

    call, actor, second, reviewer = _fill(people, mean, "serial")
    run = operations.request_run(actor=actor, call=call, after=0, now=CLOSED)
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: CLOSED)
    run = Run.objects.get(pk=run.pk)
    _decide_package(run, reviewer)
    _publish(run, actor, second)
    return run


def _decide_package(run: Any, reviewer: Any) -> None:
    """Read for whom the package tells apart, and let it be public as it is."""
    from cauce.allocation import operations, queries

    operations.privacy.decide_package(
        actor=reviewer, run=run, exposure=queries.exposure_of(run), treatment="publish",
        grounds="Se publica para medir.", now=CLOSED,
    )  # fmt: skip


def _publish(run: Any, actor: Any, second: Any) -> None:
    """Sign twice, each time having seen what stands out among the scores, and publish."""
    from cauce.allocation import operations
    from cauce.calls.queries import open_reviews

    for signatory in (actor, second):
        operations.sign(
            actor=signatory,
            run=run,
            digest=run.answer_digest,
            reviews_seen=open_reviews(run.call),
            now=CLOSED,
        )
    operations.publish(actor=actor, run=run, now=run.call.results_at)


def _memory() -> int:
    """The largest resident size of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _engine_alone(run: Any) -> float:
    """Seconds that the engine takes to solve and certify the same question again, once warm."""
    from cauce.allocation import bridge

    question = bridge.engine.read_question(bridge.opened(bytes(run.question)))
    start = time.perf_counter()
    bridge.engine.allocate(question)
    return round(time.perf_counter() - start, 3)


def _fill(people: int, mean: int, mechanism: str) -> tuple[Any, Any, Any, Any]:
    """Write a closed call with its posts and sent lists; return it with who may run it, who signs second and who reviews packages."""
    import numpy as np

    from cauce.accounts.models import Membership, Person, User
    from cauce.accounts.queries import actor_for
    from cauce.allocation.bridge import engine
    from cauce.calls.models import Application, Call, ListVersion, Post
    from cauce.calls.rules.folio import folio
    from cauce.institutions.models import Institution, Site, Specialty, State

    drawn = np.random.default_rng(2024)
    owner = Institution.objects.create(
        code="BENCH", name="Bench", acronym="Bench", kind="health", source="invented"
    )
    states = [
        State.objects.create(
            key=f"{at:02d}", name=f"Bench {at}", abbreviation=f"B{at}", curp_code=f"B{at}", population_2020=1
        )
        for at in range(1, 9)
    ]
    field = Specialty.objects.create(
        code="bench",
        name_es="Bench",
        name_en="Bench",
        route="direct",
        own_years=4,
        total_years=4,
        source="invented",
    )
    places = [
        Site.objects.create(
            institution=owner, state=state, municipality="Bench", name=state.name, short_name=state.name, kind="HGR",
            care_level=2, source="invented",
        )
        for state in states
    ]  # fmt: skip
    call = Call.objects.create(
        institution=owner, code="BENCH", kind="residency", title="Bench", summary="-", issuing_authority="-",
        legal_basis="-", contact="-", state="published", opens_at=CLOSED - timedelta(days=30),
        closes_at=CLOSED - timedelta(days=1), results_at=CLOSED + timedelta(days=5),
        published_at=CLOSED - timedelta(days=40), rules_digest="a" * 64,
        score_criteria=[{"key": "score", "label": "Score", "decimals": 1}],
        mechanism=mechanism, post_orders="points" if mechanism == "stable" else "merit",
        order_points={"state": "2"} if mechanism == "stable" else {},
        lottery_seed=SEED, lottery_commitment=engine.commitment_of(SEED),
    )  # fmt: skip
    count = max(20, people // 20)
    sizes = drawn.gamma(2.0, 1.0, count)
    seats = np.maximum(1, np.rint(sizes * 0.9 * people / sizes.sum())).astype(int).tolist()
    posts = Post.objects.bulk_create(
        Post(
            call=call,
            key=f"B{at:06d}",
            site=places[at % len(places)],
            specialty=field,
            seats=size,
            shift="full",
            contract="training",
        )
        for at, size in enumerate(seats)
    )
    ids = np.array([post.pk for post in posts])
    merit = [f"{value:.1f}" for value in np.clip(drawn.normal(70, 10, people), 30, 100).tolist()]
    persons = Person.objects.bulk_create(
        (
            # Nobody seems to be somebody else, or the look at scores would have to say so of every pair.
            Person(given_names=f"{at * 2654435761 % 2**32:08x}".translate(LETTERS), first_surname="I", sex="M",
                   birth_date=FIRST_BORN + timedelta(days=at % 9000), is_invented=True, created_at=CLOSED)
            for at in range(people)
        ),
        batch_size=5000,
    )  # fmt: skip
    homes = [states[at].key for at in drawn.integers(0, len(states), people).tolist()]
    sent = CLOSED - timedelta(days=2)
    applications = Application.objects.bulk_create(
        (
            Application(call=call, person=person, folio=folio("BENCH", at), state="submitted", merit=[merit[at]],
                        origin_state=homes[at], version=1, started_at=sent, submitted_at=sent)
            for at, person in enumerate(persons)
        ),
        batch_size=5000,
    )  # fmt: skip
    weights = 1 / (np.arange(count) + 10) ** 0.8
    lists = _lists(drawn, weights / weights.sum(), people, mean)
    ListVersion.objects.bulk_create(
        (
            ListVersion(application=one, number=1, based_on=0, posts=ids[wanted].tolist(), saved_at=sent, sent_at=sent,
                        receipt=one.folio, digest="d" * 64)
            for one, wanted in zip(applications, lists, strict=True)
        ),
        batch_size=5000,
    )  # fmt: skip
    users = []
    for role in ("call_manager", "second_signatory", "privacy_officer"):
        users.append(User.objects.create(email=f"{role}@example.org", joined_at=CLOSED))
        Membership.objects.create(user=users[-1], role=role, institution_id=owner.pk)
    return call, actor_for(users[0]), actor_for(users[1]), actor_for(users[2])


def _lists(drawn: Any, weights: Any, people: int, mean: int) -> Any:
    """Yield each person's posts: drawn by popularity, each once, ``mean`` of them give or take a third."""
    import numpy as np

    shortest, longest = max(1, mean * 2 // 3), min(len(weights), mean + mean // 3)
    lengths = drawn.integers(shortest, longest + 1, people)
    for length in lengths.tolist():
        wanted: list[int] = []
        while len(wanted) < length:
            more = drawn.choice(len(weights), size=2 * longest, p=weights)
            wanted = list(dict.fromkeys([*wanted, *more.tolist()]))
        yield np.array(wanted[:length])


def _table(found: dict[str, Any]) -> str:
    stages = "".join(f"\n  {name:<8}{seconds:>8.2f} s" for name, seconds in found["stages"].items())
    return (
        f"{found['people']:,} people, {found['wishes']:,} wishes, {found['mechanism']}, {found['database']}: "
        f"{found['run_seconds']} s ({found['cpu_seconds']} s of CPU), peak {found['peak_mb']} MB"
        f" ({found['peak_mb_before']} MB before the run){stages}"
        f"\n  engine  {found['engine_seconds']:>8.3f} s (solve and certify alone, warm)"
    )


if __name__ == "__main__":
    main()
