"""F6: in India's MCC rounds of 2022 colleges had admitted people outside the platform, and their seats were given again.

Whoever manages the call records the admission; a seat of that post is locked
and no round offers it, until another person settles whose it is. Proven by
letting ``lock_waiting`` leave the seat free: the round then offers it.
"""

from __future__ import annotations

import pytest

from cauce.allocation import operations
from cauce.allocation.models import Dispute, Offer, Seat, SeatState
from cauce.base.errors import Denied
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
WORDS = "Oficio 118 de la sede: un ingreso directo."


def test_a_seat_taken_outside_is_locked_and_not_offered(now):
    call = make.closed_call(now)
    staff = make.people(call)
    lists = make.market(call, now, people_=staff)
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    record = {"actor": staff.carla, "call": call, "key": "rm24-002", "words": WORDS, "now": now}
    dispute = operations.record_outside_admission(**record)
    assert operations.record_outside_admission(**record) == dispute, "pressed twice, one seat is locked"
    for actor in (staff.sofia, staff.dario, staff.mariana, staff.nobody):
        with pytest.raises(Denied):
            operations.record_outside_admission(**{**record, "actor": actor})

    made = make.offered(staff, call, now)
    second = lists.applications[1]
    assert made.preview["waiting"] == [[second.folio, "RM24-002", 2]]
    assert not Offer.objects.filter(seat__post__key="RM24-002").exists()
    assert Seat.objects.get(post__key="RM24-002").state == SeatState.DISPUTED
    with pytest.raises(Denied, match="la cierra otra persona"):
        operations.resolve_dispute(actor=staff.carla, dispute=dispute, is_taken=True, now=now)

    boss = make.actor_for(make.user("boss@x.mx", ("call_manager", call.institution_id)))
    operations.resolve_dispute(actor=boss, dispute=dispute, is_taken=True, now=now)
    assert Seat.objects.get(post__key="RM24-002").state == SeatState.CLOSED
    assert not Dispute.objects.filter(closed_at=None).exists()


def test_where_no_seat_is_free_the_next_one_that_comes_back_is_locked(now):
    call = make.closed_call(now)
    staff = make.people(call)
    make.market(call, now, people_=staff)
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    make.offered(staff, call, now)
    offer = make.offer_of("mariana", staff)
    dispute = operations.record_outside_admission(
        actor=staff.carla, call=call, key=offer.seat.post.key, words=WORDS, now=now
    )
    assert dispute.seat is None
    operations.answer_offer(actor=staff.mariana, offer=offer, answer="decline", reason="plans", now=now)
    dispute.refresh_from_db()
    assert dispute.seat == offer.seat
    assert Seat.objects.get(pk=offer.seat_id).state == SeatState.DISPUTED
