"""Thirty reviewers at once: every file is decided once, by one person, and taking the next one stays quick."""

from __future__ import annotations

import statistics
import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from cauce.calls import operations
from cauce.calls.models import (
    Application,
    ApplicationState,
    CaseState,
    Evidence,
    EvidencePart,
    Review,
    ReviewCase,
)
from cauce.calls.operations import NothingToReview
from cauce.calls.rules.review import Mark, is_checked
from tests.calls import dossiers
from tests.calls import factories as make
from tests.conftest import NOON
from tests.races import at_once, on_file

REVIEWERS, FILES = 30, 11_000


def waiting_files(count: int):
    """A closed call with ``count`` sent applications, one document each, none drawn for a second look."""
    call = make.call(opens_at=NOON - timedelta(days=9), closes_at=NOON - timedelta(days=1))
    call.lottery_seed = "5e" * 32
    call.save()
    requirement, picture = dossiers.asked(call), dossiers.stored()
    person_model = type(make.person("Primera"))
    people = person_model.objects.bulk_create(
        (
            person_model(given_names=f"Persona {n}", first_surname="Inventada", birth_date=NOON.date(), sex="M",
                         is_invented=True, created_at=NOON)
            for n in range(count)
        ),
        batch_size=2000,
    )  # fmt: skip
    applications = Application.objects.bulk_create(
        (
            Application(call=call, person=one, folio=f"{call.code}-{n:06d}-9", started_at=NOON,
                        state=ApplicationState.SUBMITTED, submitted_at=NOON)
            for n, one in enumerate(people)
        ),
        batch_size=2000,
    )  # fmt: skip
    evidences = Evidence.objects.bulk_create(
        (Evidence(application=one, requirement=requirement, handed_in_at=NOON) for one in applications),
        batch_size=2000,
    )
    EvidencePart.objects.bulk_create(
        (EvidencePart(evidence=one, number=1, file=picture) for one in evidences), batch_size=2000
    )
    ReviewCase.objects.bulk_create(
        (
            ReviewCase(application=one, call=call, queued_at=NOON + timedelta(seconds=n), is_complete=True)
            for n, one in enumerate(applications)
        ),
        batch_size=2000,
    )
    return call


def work(call, actor, *, most: int, took: list[float], lock: threading.Lock) -> int:
    """Take and accept files until none is left, as a reviewer does; return how many."""
    done = 0
    while done < most:
        started = time.perf_counter()
        try:
            case = operations.claim_case(call=call, actor=actor, now=NOON)
        except NothingToReview:
            break
        seconds = time.perf_counter() - started
        evidence = Evidence.objects.get(application=case.application_id)
        operations.decide_case(
            case=case, marks=[Mark("titulo", evidence.pk, "accept")], remark="", actor=actor, now=NOON
        )
        done += 1
        with lock:
            took.append(seconds)
    return done


def everybody_at_once(reviewers: int, files: int) -> dict:
    call = waiting_files(files)
    twice = {
        one.pk
        for one in ReviewCase.objects.filter(call=call)
        if is_checked(call.lottery_seed, one.application_id, 1)
    }
    actors = [dossiers.reviewer(f"Revisora {n}") for n in range(reviewers)]
    took: list[float] = []
    lock = threading.Lock()
    began = time.perf_counter()
    given = at_once(*(partial(work, call, one, most=files, took=took, lock=lock) for one in actors))
    lasted = time.perf_counter() - began
    decisions = list(Review.objects.filter(case__call=call).values_list("case", "stage"))
    took.sort()
    return {
        "errors": [one for one in given if not isinstance(one, int)],
        "given": sum(one for one in given if isinstance(one, int)),
        "decided": len(decisions),
        "expected": files + len(twice),
        "alike": len(decisions) - len(set(decisions)),
        "left": ReviewCase.objects.filter(call=call).exclude(state=CaseState.ACCEPTED).count(),
        "seconds": round(lasted, 1),
        "median_ms": round(1000 * statistics.median(took), 1),
        "p99_ms": round(1000 * took[int(len(took) * 0.99)], 1),
    }


def few_on_a_file() -> dict:
    return everybody_at_once(4, 24)


def assert_everybody_once(found: dict) -> None:
    assert found["errors"] == []
    assert found["alike"] == 0
    assert found["given"] == found["decided"] == found["expected"]
    assert found["left"] == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reviewers_at_once_never_take_the_same_file(tmp_path):
    if connection.vendor == "postgresql":
        found = everybody_at_once(8, 60)
    else:
        found = on_file(tmp_path, "tests.calls.test_review_scale", "few_on_a_file")["few_on_a_file"]
    assert_everybody_once(found)


@pytest.mark.scale
@pytest.mark.django_db(transaction=True)
def test_eleven_thousand_files_and_thirty_reviewers():
    if connection.vendor != "postgresql":
        pytest.skip("Thirty connections that write at once are for PostgreSQL.")
    found = everybody_at_once(REVIEWERS, FILES)
    print(found)
    assert_everybody_once(found)
