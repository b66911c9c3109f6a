"""What pages read: right, and in a fixed number of queries whatever the size."""

from __future__ import annotations

import random

import pytest

from cauce.allocation import bridge, queries
from cauce.allocation.models import Placement
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db


def sized(call, staff, now, size: int):
    """A published call with ``size`` posts, and 3 × ``size`` people, one of them Mariana."""
    posts = make.posts(call, *[1] * size)
    owner = staff.users["mariana"].person
    for number in range(3 * size):
        make.application(
            call,
            number,
            [f"{90 - number}.000", "1"],
            posts,
            now=now,
            who=owner if number == 3 * size - 1 else None,
        )
    return make.published_run(staff, call, now)


def reload(run):
    return queries.published_runs().get(pk=run.pk)


@pytest.mark.parametrize("size", [1, 3])
def test_a_result_is_read_in_a_fixed_number_of_queries(call, staff, now, size, django_assert_num_queries):
    run = sized(call, staff, now, size)
    hers = Placement.objects.get(run=run, application__person=staff.users["mariana"].person).application.folio
    first = Placement.objects.get(run=run, place=1).application.folio
    counts = {
        hers: ((staff.nobody, 2), (staff.bruno, 2), (staff.elena, 5), (staff.mariana, 6)),
        first: ((staff.nobody, 3), (staff.mariana, 3), (staff.elena, 4)),
    }
    for folio, expected in counts.items():
        for actor, count in expected:
            fresh = reload(run)
            with django_assert_num_queries(count):
                found = queries.placement_of(fresh, folio)
                page = queries.result_page(actor, fresh, found, gap=bridge.gap, now=now)
            assert bool(page.wishes) == (count > 3)


@pytest.mark.parametrize("size", [1, 3])
def test_the_pages_of_desk_and_public_are_read_in_a_fixed_number_of_queries(
    call, staff, now, size, django_assert_num_queries
):
    run = sized(call, staff, now, size)
    public = reload(run)
    with django_assert_num_queries(4):
        table = queries.cutoff_table(public, {})
        assert len(table.page.object_list) == table.total == size
    visible = queries.runs_visible_to(staff.carla).get(pk=run.pk)
    with django_assert_num_queries(7):
        page = queries.run_page(staff.carla, visible, now=now)
    assert page.holding == 8
    with django_assert_num_queries(1):
        assert len(queries.runs_page(staff.carla, call, now=now).runs) == 1
    with django_assert_num_queries(3):
        assert len(queries.results_page("1", now=now).page.object_list) == 1
    with django_assert_num_queries(2):
        queries.signing_desk(staff.carla)


def test_no_page_reads_the_documents_of_a_run(call, staff, now):
    run = sized(call, staff, now, 1)
    for rows in (queries.published_runs(), queries.runs_visible_to(staff.carla), queries.light_runs()):
        assert rows.get(pk=run.pk).get_deferred_fields() == {"question", "answer", "package"}


def test_stored_rows_explain_as_the_engine_does(call, staff, now):
    """A random market with many ties: the page's reasons must be those of the engine over the frozen question."""
    engine = bridge.engine
    drawn = random.Random(7)
    posts = make.posts(call, *[drawn.randint(1, 3) for _ in range(8)])
    for number in range(60):
        merit = [f"{drawn.randint(70, 73)}.000", str(drawn.randint(1, 2))]
        make.application(call, number, merit, drawn.sample(posts, drawn.randint(1, 8)), now=now)
    run = reload(make.published_run(staff, call, now))
    question = engine.read_question(bridge.opened(bytes(run.question)))
    answer = engine.allocate(question)
    elements = set()
    for folio in question.applicants:
        truth = engine.explain(question, answer, folio)
        page = queries.result_page(
            staff.elena, run, queries.placement_of(run, folio), gap=bridge.gap, now=now
        )
        assert page.placement.place == truth.place
        assert (page.post.key if page.post else None) == truth.post
        for shown, wish in zip(page.wishes, truth.wishes, strict=True):
            assert (shown.position, shown.post.key, shown.code) == (wish.position, wish.post, wish.code)
            if wish.code == "behind":
                elements.add(wish.element)
                assert (shown.last_place, shown.distance) == (wish.last_place, wish.distance)
                found = shown.gap
                assert (found.element, found.difference or None, found.enough or None, found.strictly) == (
                    wish.element,
                    wish.difference,
                    wish.enough,
                    wish.strictly,
                )
    assert elements == {0, 1, 2}, "the market must have lottery, first and second criterion decide"


def test_who_got_none_is_told_the_nearest_wish(call, staff, now):
    run = sized(call, staff, now, 3)
    placement = Placement.objects.get(run=run, application__person=staff.users["mariana"].person)
    page = queries.result_page(
        staff.mariana,
        reload(run),
        queries.placement_of(reload(run), placement.application.folio),
        gap=bridge.gap,
        now=now,
    )
    assert page.post is None
    assert page.nearest.position == 3
    assert page.nearest.distance == 6


def test_cutoffs_are_found_whatever_case_and_accents_and_unknown_values_are_named(call, staff, now):
    make.state("31", "Yucatán")
    run = sized(call, staff, now, 3)
    run = queries.published_runs().get(pk=run.pk)

    def found(**asked):
        return queries.cutoff_table(run, asked)

    assert found(q="QUERETARO hospital 002").total == 1
    assert found(q="medicina").total == 3
    assert found(q="rm24-003").total == 1
    assert found(q="nada de esto").total == 0
    assert [one.last_place for one in found(o="-corte").page.object_list] == [3, 2, 1]
    odd = found(estado="abc", especialidad="x' OR 1=1", o="zzz", p="-1", q="x" * 1_000_000)
    assert len(odd.ignored) == 4
    assert found(p="999999").page.number == 1
    assert found(estado="22").chips[0][0] == "Querétaro"


def test_what_waits_for_a_signature(call, staff, now):
    make.posts(call, 1)
    make.application(call, 1, ["1", "1"], list(call.posts.all()), now=now)
    run = make.done_run(staff.carla, call, now)
    assert [one.run for one in queries.signing_desk(staff.sofia).mine] == [run]
    assert not queries.signing_desk(staff.dario).mine
    from cauce.allocation import operations

    operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
    desk = queries.signing_desk(staff.sofia)
    assert (desk.mine, [one.signed for one in desk.others]) == ([], [1])
    assert [one.signed for one in queries.signing_desk(staff.carla).mine] == [1]
