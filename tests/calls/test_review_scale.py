"""Thirty reviewers at once: every file is decided once, by one person, and taking the next one stays quick."""

from __future__ import annotations

import statistics
import threading
import time
from functools import partial

import pytest
from django.db import connection

from cauce.calls import operations
from cauce.calls.models import CaseState, Evidence, Review, ReviewCase
from cauce.calls.operations import NothingToReview
from cauce.calls.rules.review import Mark, is_checked
from cauce.notices.models import Message
from tests.calls import dossiers
from tests.conftest import NOON
from tests.races import at_once, on_file

REVIEWERS, FILES = 30, 11_000


def work(call, actor, *, most: int, took: list[float], whole: list[float], lock: threading.Lock) -> int:
    """Take and accept files until none is left; return how many. Every tenth is given back once, and taken again."""
    done, returned = 0, set()
    while done < most:
        started = time.perf_counter()
        try:
            case = operations.claim_case(call=call, actor=actor, now=NOON)
        except NothingToReview:
            if not ReviewCase.objects.filter(call=call, state=CaseState.QUEUED).exists():
                break
            time.sleep(0.02)  # the last ones are in other hands, and may come back for a second look
            continue
        seconds = time.perf_counter() - started
        if done % 10 == 9 and case.pk not in returned:
            returned.add(case.pk)
            operations.release_case(case=case, actor=actor, now=NOON)
            continue
        evidence = Evidence.objects.get(application=case.application_id)
        operations.decide_case(
            case=case, marks=[Mark("titulo", evidence.pk, "accept")], remark="", actor=actor, now=NOON
        )
        done += 1
        with lock:
            took.append(seconds)
            whole.append(time.perf_counter() - started)
    return done


def everybody_at_once(reviewers: int, files: int) -> dict:
    began = time.perf_counter()
    call = dossiers.waiting_files(files)
    filled = time.perf_counter() - began
    twice = {
        one.pk
        for one in ReviewCase.objects.filter(call=call)
        if is_checked(call.lottery_seed, one.application_id, 1)
    }
    actors = [dossiers.reviewer(f"Revisora {n}") for n in range(reviewers)]
    took: list[float] = []
    whole: list[float] = []
    lock = threading.Lock()
    began = time.perf_counter()
    given = at_once(
        *(partial(work, call, one, most=files, took=took, whole=whole, lock=lock) for one in actors)
    )
    lasted = time.perf_counter() - began
    decisions = list(Review.objects.filter(case__call=call).values_list("case", "reviewer"))
    return {
        "errors": [one for one in given if not isinstance(one, int)],
        "given": sum(one for one in given if isinstance(one, int)),
        "decided": len(decisions),
        "expected": files + len(twice),
        "alike": len(decisions) - len(set(decisions)),
        "left": ReviewCase.objects.filter(call=call).exclude(state=CaseState.ACCEPTED).count(),
        "told": Message.objects.filter(key__startswith="review:").count(),
        "files": files,
        "seconds to fill": round(filled, 1),
        "seconds": round(lasted, 1),
        "reviews a second": round(len(decisions) / lasted, 1),
        "taking, ms (half, 95, 99 of 100)": percentiles(took),
        "taking and deciding, ms (half, 95, 99 of 100)": percentiles(whole),
    }


def percentiles(seconds: list[float]) -> list[int]:
    cuts = statistics.quantiles(seconds, n=100)
    return [round(1000 * cuts[at]) for at in (49, 94, 98)]


def few_on_a_file() -> dict:
    return everybody_at_once(4, 24)


def assert_everybody_once(found: dict) -> None:
    assert found["errors"] == []
    assert found["alike"] == 0
    assert found["given"] == found["decided"] == found["expected"]
    assert found["left"] == 0
    assert found["told"] == found["files"]


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
