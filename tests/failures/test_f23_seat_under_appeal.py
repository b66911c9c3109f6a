"""F23: a post under appeal was given to somebody else while the appeal was open (ISSSTE, Coahuila).

While a claim for a post is open, one of its seats is offered in no round, and
the desk and the public page say so and who waits. Proven by letting
``lodge_claim`` open no dispute: the seat is then offered.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from cauce.allocation import operations, queries
from cauce.allocation.models import Offer, Release, Seat, SeatState
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db


def test_a_seat_under_an_open_claim_is_not_offered_and_the_page_says_who_waits(now):
    call = make.closed_call(now)
    staff = make.people(call)
    lists = make.market(call, now, people_=staff)
    make.declare(call)
    make.published_run(staff, call, now)
    second, third = lists.applications[1:3]
    claim = operations.lodge_claim(
        actor=staff.mariana, application=third, kind="score", facts="Mi puntaje se capturó mal: son 85.",
        asks="Que se corrija.", post_key="RM24-002", now=now,
    )  # fmt: skip
    later = Release.objects.get().claims_until + timedelta(seconds=1)
    listed = make.definitive(staff, call, later)
    assert listed.preview["open_claims"] == 1
    made = make.offered(staff, call, later)
    assert made.preview["waiting"] == [[second.folio, "RM24-002", 2]]
    assert not Offer.objects.filter(seat__post__key="RM24-002").exists()
    assert Seat.objects.get(post__key="RM24-002").state == SeatState.DISPUTED
    [line] = queries.offers_page(staff.carla, call, "1", "", now=later).disputes
    assert line.waiting == [third.folio, second.folio]
    assert not line.may_resolve, "it goes with the decision of the claim"
    assert queries.public_aftermath(call, now=later).waiting == [("RM24-002", 1)]

    claim = operations.propose_decision(
        actor=staff.carla,
        claim=claim,
        upholds=True,
        grounds="El acta dice 85.000 y 31.",
        merit=["85", "31"],
        now=later,
    )
    operations.decide_claim(
        actor=staff.sofia, claim=claim, fingerprint=queries.fingerprint_of(claim), now=later
    )
    assert Seat.objects.get(post__key="RM24-002").state == SeatState.FREE
