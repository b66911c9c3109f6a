"""The certificate of order: what went in, what broke the tie, and who may read it."""

from __future__ import annotations

import hmac

import pytest
from django.urls import reverse

from cauce.allocation import bridge, queries
from cauce.calls.rules.folio import folio
from tests.allocation import factories as make
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def published():
    call = make.closed_call(NOON)
    staff = make.people(call)
    made = make.market(call, NOON, people_=staff)
    return staff, made, make.published_run(staff, call, NOON)


def certificate(published, at):
    staff, made, run = published
    run = queries.published_runs().get(pk=run.pk)
    placement = queries.placement_of(run, made.applications[at].folio)
    return queries.certificate_of(
        run, placement, person_id=staff.mariana.person_id, gap=bridge.gap, ticket=bridge.ticket
    )


def test_a_tie_that_the_second_criterion_breaks_is_told_step_by_step(published):
    found = certificate(published, 2)
    assert [(one.value, one.tied) for one in found.inputs] == [("80.500", 2), ("29", 1)]
    assert (found.place, found.applicants, found.is_own) == (3, 5, True)
    assert found.decided_by == "Aciertos difíciles"
    assert "no hizo falta el sorteo" in queries.decided_sentence(found)
    ahead, behind = (queries.neighbour_sentence(one) for one in found.neighbours)
    assert "«Aciertos difíciles», 31 frente a 29" in ahead
    assert "«Puntaje del ENARM», 80.500 frente a 70.000" in behind


def test_a_tie_in_everything_shows_the_tickets_that_anybody_can_work_out(published):
    both = [certificate(published, at) for at in (3, 4)]
    for one in both:
        assert one.ticket == hmac.digest(make.SEED.encode(), one.folio.encode(), "sha256").hex()
        assert (one.drawn, one.decided_by) == (2, "")
    first, second = sorted(both, key=lambda one: one.ticket)
    assert [(one.place, one.turn) for one in (first, second)] == [(4, 1), (5, 2)]
    assert second.ticket[:12] in queries.neighbour_sentence(first.neighbours[-1])


def test_the_first_and_the_last_have_one_neighbour(published):
    assert [one.is_ahead for one in certificate(published, 0).neighbours] == [False]


def test_the_page_and_its_pdf_are_for_the_person_and_who_answers(published, client):
    staff, made, _run = published
    hers = made.applications[2].folio
    pages = [reverse(f"allocation:{name}", args=["RM24", hers]) for name in ("order", "order_pdf")]
    client.force_login(staff.users["mariana"])
    assert pages[0] in client.get(reverse("allocation:result", args=["RM24", hers])).text
    text = client.get(pages[0]).text
    assert bridge.ticket(make.SEED, hers) in text
    assert "hmac.digest" in text
    pdf = client.get(pages[1])
    assert (pdf.content[:5], pdf.headers["Cache-Control"]) == (b"%PDF-", "private, no-store")
    client.force_login(staff.users["bruno"])
    assert [client.get(page).status_code for page in pages] == [404, 404]
    assert pages[0] not in client.get(reverse("allocation:result", args=["RM24", hers])).text
    client.force_login(staff.users["mariana"])
    assert client.get(reverse("allocation:order", args=["RM24", folio("RM24", 99)])).status_code == 404
