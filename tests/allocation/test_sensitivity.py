"""What each tie-break decides: counted by solving the frozen question again without it."""

from __future__ import annotations

import random
import time

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.allocation import bridge, queries
from cauce.allocation.models import Run, Sensitivity
from cauce.allocation.operations import sensitivity as operations
from cauce.allocation.rules import sensitivity as rules
from cauce.base.errors import Denied
from cauce.calls.models import Call
from cauce.calls.rules.folio import folio
from tests.allocation import factories as make

CRITERIA = [
    *make.CRITERIA,
    {"key": "thesis", "label": "Tesis", "decimals": 0, "minimum": "0", "maximum": "9", "declared": False},
]


def test_every_tie_break_is_left_out_alone_and_then_all_of_them():
    assert rules.left_out(4) == [(1,), (2,), (3,), (1, 2, 3)]
    assert rules.left_out(2) == [(1,)]  # alone, it is all of them
    assert rules.left_out(1) == rules.left_out(0) == []


def test_what_changes_between_two_answers_is_counted():
    kept = rules.Answered(place=[1, 2, 3, 4], post=[0, 1, -1, 2], last=[(0,), (1,), (3,)])
    other = rules.Answered(place=[2, 1, 3, 4], post=[1, -1, 0, 2], last=[(2,), (0,), (3,)])
    assert rules.counted(kept, other) == {"order": 2, "result": 3, "gaining": 1, "losing": 1, "cutoffs": 2}
    assert set(rules.counted(kept, kept).values()) == {0}


def test_a_tie_break_is_left_out_only_where_that_has_one_meaning():
    def said(criteria=CRITERIA, *, corrects=None, number=0, **design):
        call = Call(score_criteria=criteria, **design)
        return rules.measurable(Run(call=call, corrects_id=corrects, round=number, answer_digest="sha256:a"))

    assert said()
    assert "no tiene desempates" in str(said(CRITERIA[:1]).reason)
    assert "en vivo" in str(said(mechanism="live").reason)
    assert "su propio orden" in str(said(mechanism="stable", post_orders="points").reason)
    assert not said(corrects=7)
    assert not said(number=2)
    assert not rules.measurable(Run(call=Call(score_criteria=CRITERIA)))


@pytest.fixture
def call(now):
    return make.closed_call(now, criteria=CRITERIA)


def sooner_later(call, *numbers):
    """Numbers of applications, by their ticket in the lottery."""
    return sorted(numbers, key=lambda number: bridge.ticket(make.SEED, folio(call.code, number)))


@pytest.fixture
def run(call, staff, now):
    """One post decided by the first tie-break, the last seat by the second, both against the lottery.

    The two of 80.5 differ in both tie-breaks, in opposite ways; of the two of 70, who loses gets nothing.
    """
    one, two, three = make.posts(call, 1, 1, 2)
    (sooner, later), (drawn, undrawn) = sooner_later(call, 1, 2), sooner_later(call, 3, 4)
    for number, merit, wishes in (
        (0, ["90.000", "40", "1"], [one, two]),
        (later, ["80.500", "31", "1"], [one, two, three]),
        (sooner, ["80.500", "29", "2"], [one, two, three]),
        (undrawn, ["70.000", "20", "5"], [two, three]),
        (drawn, ["70.000", "20", "4"], [two, three]),
    ):
        make.application(call, number, merit, wishes, now=now)
    return make.published_run(staff, call, now)


def measured(staff, run, now):
    """Ask twice, as by a double click, and count as the worker does; again after its death, too."""
    asked = [operations.request_sensitivity(actor=staff.aurelio, run=run, now=now) for _click in range(2)]
    for _attempt in range(2):
        operations.measure_sensitivity(
            sensitivity_id=asked[0].pk, task_id=asked[0].task_id, read_clock=lambda: now
        )
    assert asked[0].pk == asked[1].pk
    return Sensitivity.objects.get(pk=asked[0].pk)


@pytest.mark.django_db(transaction=True)
def test_leaving_out_a_tie_break_moves_exactly_whom_it_had_decided(
    call, staff, run, now, client, django_assert_num_queries
):
    with pytest.raises(Denied):
        operations.request_sensitivity(actor=staff.sofia, run=run, now=now)
    address = reverse("allocation:sensitivity", args=[call.code, run.number])
    client.force_login(staff.users["carla"])
    assert "Nadie lo ha contado" in client.get(address).text
    client.post(address)
    assert "Se está contando" in client.get(address).text
    row = measured(staff, run, now)
    swap = {"order": 2, "result": 2, "gaining": 0, "losing": 0, "cutoffs": 1}
    last_seat = {"order": 2, "result": 2, "gaining": 1, "losing": 1, "cutoffs": 1}
    assert row.document["without"] == [
        {"criteria": ["hard"], **swap},
        {"criteria": ["thesis"], **last_seat},
        {"criteria": ["hard", "thesis"], "order": 4, "result": 4, "gaining": 1, "losing": 1, "cutoffs": 2},
    ]
    assert (row.document["people"], row.document["answer"]) == (5, run.answer_digest)
    assert measured(staff, run, now).digest == row.digest  # asked again, the same
    run = queries.runs_visible_to(staff.aurelio).get(pk=run.pk)
    with django_assert_num_queries(1):
        page = queries.sensitivity_page(staff.aurelio, run)
    assert (page.counted.times, page.counted.agrees, page.waiting) == (2, True, None)
    assert [line.labels for line in page.counted.lines] == [["Aciertos difíciles"], ["Tesis"], []]
    desk = reverse("allocation:run", args=[call.code, run.number])
    for shown in (address, desk, reverse("allocation:audit", args=[call.code])):
        assert "Ningún desempate: los empates van al sorteo" in client.get(shown).text
    told = queries.newest_sensitivity(run, public=True)
    assert (told.lines[0].result, told.lines[0].gaining, told.lines[0].cutoffs) == ("menos de 5", "0", "1")
    assert "Tesis" in client.get(reverse("allocation:call_results", args=[call.code])).text
    with pytest.raises(IntegrityError), transaction.atomic():
        Sensitivity.objects.filter(pk=row.pk).update(digest="")


@pytest.mark.django_db(transaction=True)
def test_a_question_whose_answer_is_another_is_not_counted(call, staff, run, now, client):
    asked = operations.request_sensitivity(actor=staff.carla, run=run, now=now)
    with pytest.raises(bridge.CannotAsk, match="not that of its question"):
        list(bridge.answered_without(queries.question_bytes(run), "sha256:other", [(1,)]))
    operations.keep_sensitivity(
        actor=staff.carla, asked=asked, document={"problem": "p", "problem_en": "p"}, failure="unanswerable", now=now
    )  # fmt: skip
    client.force_login(staff.users["aurelio"])
    shown = client.get(reverse("allocation:sensitivity", args=[call.code, run.number])).text
    assert "No se pudo contar: p" in shown
    assert "Contarlo" in shown


@pytest.mark.scale
def test_a_national_call_is_counted_in_seconds():
    """Fifty thousand people, a thousand posts, four criteria: the question solved five times."""
    drawn = random.Random(1)
    people, posts = 50_000, 1_000
    lists = bridge.Lists(
        range(people),
        [f"N{at:06d}" for at in range(people)],
        [[str(drawn.randrange(400, 900)), *(str(drawn.randrange(9)) for _tie in range(3))] for _one in range(people)],
        [drawn.sample(range(posts), 12) for _one in range(people)],
    )  # fmt: skip
    offer = bridge.Offer(range(posts), [f"P{at:04d}" for at in range(posts)], [20] * posts)
    frozen = bridge.freeze(lists, offer, seed=make.SEED, commitment=bridge.engine.commitment_of(make.SEED))
    kept = bridge.solve(frozen, extra={})
    started = time.perf_counter()
    first, *others = bridge.answered_without(frozen.data, kept.digest, rules.left_out(4))
    found = [rules.counted(first, other) for other in others]
    print(f"{people:,} people, {len(found)} questions: {time.perf_counter() - started:.1f} s; {found[-1]}")
    assert len(found) == 4
    assert 0 < max(one["result"] for one in found[:3]) < found[-1]["order"] <= people
    assert all(one["gaining"] == one["losing"] for one in found)  # every seat is wanted: one in, one out
