"""The desk of candidates: only who is eligible, in the order of the rule, ties in words, documents, what became of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from cauce.allocation import operations, queries
from cauce.allocation.operations import live
from cauce.allocation.queries import Asked
from cauce.base.actors import Actor
from cauce.calls.models import Application, Evidence, Post, ReviewCase
from cauce.calls.operations import count_demand
from tests.allocation import factories as make
from tests.allocation import live as acts
from tests.calls import dossiers

pytestmark = pytest.mark.django_db


def read(staff, call, now, **asked):
    return queries.candidates_page(staff.carla, call, Asked(**asked), "1", now=now)


def folios(page):
    return [row.folio for row in page.rows]


def test_before_there_is_an_order_folios_without_who_is_not_eligible(call, staff, lists, now):
    gone, excluded, *rest = lists.applications
    Application.objects.filter(pk=gone.pk).update(state="withdrawn", withdrawn_at=now)
    ReviewCase.objects.create(
        application=excluded, call=call, state="excluded", queued_at=now, decided_at=now
    )
    page = read(staff, call, now)
    assert folios(page) == sorted(one.folio for one in rest)
    assert {row.place for row in page.rows} == {None}
    assert [count for _words, count in page.left_out] == [1, 1]
    assert not page.source.is_fixed
    assert queries.demand_page(call, state="", reason="", number="1").rows == [], "nothing is counted yet"
    Post.objects.create(
        call=call, key="RM24-900", site=lists.posts[0].site, specialty=lists.posts[0].specialty, seats=9, shift="full",
        contract="training",
    )  # fmt: skip
    Post.objects.filter(pk=lists.posts[2].pk).update(seats=5)
    counted = count_demand(actor=Actor.system("demand"), call=call, now=now)
    found = queries.demand_page(counted, state="", reason="", number="1")
    assert [(one.post.key, one.reason, one.free) for one in found.rows] == [
        ("RM24-900", "nadie", 9), ("RM24-003", "pocas", 2)
    ]  # fmt: skip
    assert page.states == []


def test_in_the_order_of_the_run_with_ties_documents_and_answers(
    call, staff, lists, now, client, django_assert_max_num_queries
):
    asked = dossiers.asked(call, "acta", validity_days=31)
    dossiers.asked(call, "titulo")
    first = lists.applications[0]
    Evidence.objects.create(
        application=first, requirement=asked, state="verified", issued_on=date(2024, 1, 20), handed_in_at=now,
        verified_at=now,
    )  # fmt: skip
    make.declare(call, claim_days=0)
    run = make.done_run(staff.carla, call, now)
    page = read(staff, call, now)
    assert page.source.run == run
    assert {row.detail for row in page.rows} == {""}, "nobody is told of places before they are public"
    for actor in (staff.carla, staff.sofia):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    make.reviewed(run, now)
    operations.publish(actor=staff.carla, run=run, now=now)
    make.offered(staff, call, now)
    operations.answer_offer(
        actor=staff.mariana, offer=make.offer_of("mariana", staff), answer="decline", reason="distance", now=now
    )  # fmt: skip
    with django_assert_max_num_queries(17):
        page = read(staff, call, now)
    rows = page.rows
    assert [row.place for row in rows] == [1, 2, 3, 4, 5]
    assert [row.merit[0][1] for row in rows] == ["90.000", "80.500", "80.500", "70.000", "70.000"]
    assert [bool(row.tie) for row in rows] == [False, False, True, False, True]
    assert "«Aciertos difíciles»: 29 frente a 31" in rows[2].tie
    assert "por sorteo" in rows[4].tie
    assert (rows[0].file.verified, rows[0].file.asked) == (1, 2)
    assert rows[0].file.missing == ("Titulo",)
    assert rows[0].file.expiring == (("Acta", date(2024, 2, 20)),)
    assert "distancia" in rows[2].detail
    waits = [row.folio for row in rows if row.state[1].startswith("Sin lugar")]
    assert len(waits) == 1
    assert folios(read(staff, call, now, state="suplente")) == waits
    assert folios(read(staff, call, now, state="dejo")) == [rows[2].folio]
    assert len(read(staff, call, now, state="oferta").rows) == 3
    assert folios(read(staff, call, now, text="5")) == [
        row.folio for row in rows if "5" in row.folio or row.place == 5
    ]
    client.force_login(staff.users["carla"])
    address = reverse("allocation:candidates", args=[call.code])
    for more in ({}, {"estado": "suplente"}, {"q": "\0nadie"}, {"especialidad": "x"}, {"docs": "accepted"}):
        assert client.get(address, more).status_code == 200
    lines = b"".join(client.get(address.rstrip("/") + ".csv").streaming_content).decode().splitlines()
    assert len(lines) == 6
    assert all(str(one.person) not in "".join(lines) for one in lists.applications)


@pytest.mark.slow
def test_the_same_queries_for_sixty_people(call, staff, lists, now, django_assert_max_num_queries):
    for number in range(60):
        make.application(call, 100 + number, ["60.000", "10"], lists.posts, now=now)
    make.done_run(staff.carla, call, now)
    with django_assert_max_num_queries(14):
        page = read(staff, call, now)
    assert len(page.rows) == 50
    assert page.page.paginator.count == 65


def test_a_live_choice_says_whose_turn_it_is_and_leads_to_the_desk(call, staff, now, client):
    here = acts.started(acts.closed_call(now), now, people=staff)
    page = read(staff, here.call, now)
    assert [row.state[1] for row in page.rows] == [
        "Es su turno",
        "En espera",
        "Es su turno",
        "En espera",
        "En espera",
    ]
    assert folios(read(staff, here.call, now, state="turno")) == [page.rows[0].folio, page.rows[2].folio]
    client.force_login(staff.users["carla"])
    desk = reverse("allocation:live_desk", args=[here.call.code])
    listed = client.get(reverse("allocation:candidates", args=[here.call.code])).text
    assert f"{desk}?siguiente=medicina-interna" in listed
    answer = client.get(desk, {"siguiente": "medicina-interna", "mesa": "2"}, follow=True)
    assert answer.context["page"].person.turn.application.folio == page.rows[0].folio
    live.choose_at_desk(
        actor=here.clerk, turn=acts.turn(here.session, 1), post=here.posts.a.pk, desk=2, now=now
    )
    after = read(staff, here.call, now + timedelta(seconds=1))
    assert after.rows[0].detail == f"{here.posts.a.key}, {here.posts.a.site.short_name}; En mesa"
    assert after.rows[1].state[1] == "Es su turno"
