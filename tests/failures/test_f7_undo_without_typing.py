"""F7: offers in radiology went out by error; accepting had withdrawn other applications, and people re-typed them.

A release is taken back by another release. Whatever the first one ended by
itself returns by itself, nobody types anything, and both histories stay.
Proven by leaving the restoring of replaced offers out: mariana then has no place.
"""

from __future__ import annotations

import pytest

from cauce.allocation import operations
from cauce.allocation.models import Offer, OfferState, Release, Run, RunState, Seat, SeatMove, SeatState
from cauce.base.errors import Denied
from cauce.notices.models import Message
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
REASON = "La ronda salió con la lista de otra especialidad."


def standing() -> dict[str, tuple[str, str]]:
    live = Offer.objects.filter(state__in=("issued", "held", "accepted"))
    return {
        one.application.folio: (one.seat.post.key, one.state)
        for one in live.select_related("application", "seat__post")
    }


def test_an_erroneous_round_is_undone_and_everything_it_ended_returns(now):
    call = make.closed_call(now)
    staff = make.people(call)
    lists = make.market(call, now, people_=staff)
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    make.offered(staff, call, now)
    first, _second, third = lists.applications[:3]
    by_person = {one.application_id: one for one in Offer.objects.all()}
    for application, offer in by_person.items():
        is_gone = application == first.pk
        Offer.objects.filter(pk=offer.pk).update(
            state="declined" if is_gone else "accepted", reason="plans" if is_gone else "",
            wants_upgrade=not is_gone, answered_at=now,
        )  # fmt: skip
        Seat.objects.filter(pk=offer.seat_id).update(state="free" if is_gone else "accepted")
    before, seats_before = standing(), dict(Seat.objects.values_list("pk", "state"))
    make.carried_out(operations.request_round(actor=staff.carla, call=call, now=now), now)
    wrong = make.offered(staff, call, now)
    assert standing()[third.folio] == ("RM24-002", "accepted"), "the round moved mariana by itself"

    made = operations.propose_undo(actor=staff.sofia, call=call, reason=REASON, now=now)
    with pytest.raises(Denied):
        operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)
    for offer in wrong.offers.filter(state=OfferState.ISSUED):  # people go on answering meanwhile
        Offer.objects.filter(pk=offer.pk).update(state="accepted", answered_at=now)
        Seat.objects.filter(pk=offer.seat_id).update(state="accepted")
    operations.confirm_release(actor=staff.carla, release=made, digest=made.digest, now=now)
    assert operations.confirm_release(actor=staff.carla, release=made, digest=made.digest, now=now) == made

    assert standing() == before
    assert dict(Seat.objects.values_list("pk", "state")) == seats_before
    assert set(wrong.offers.values_list("state", flat=True)) == {OfferState.WITHDRAWN}
    assert SeatMove.objects.filter(offer__release=wrong, after=SeatState.OFFERED).exists(), (
        "its history stays"
    )
    assert SeatMove.objects.filter(cause="undo").exists(), "and so does that of the undoing"
    assert Run.objects.get(round=2).state == RunState.SUPERSEDED
    operations.tell_release(actor=staff.nobody, release_id=made.pk, now=now)
    told = Message.objects.filter(key__startswith=f"released:{made.pk}:", user=staff.users["mariana"]).get()
    assert REASON in told.body
    again = make.carried_out(operations.request_round(actor=staff.carla, call=call, now=now), now)
    assert make.offered(staff, call, now).offers.count() == wrong.offers.count(), again.facts


def test_only_the_newest_release_is_undone_and_not_once_people_have_come(now):
    call = make.closed_call(now)
    staff = make.people(call)
    make.market(call, now, people_=staff)
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    made = make.offered(staff, call, now)
    Offer.objects.filter(pk=make.offer_of("mariana", staff).pk).update(
        state="accepted", answered_at=now, joined_at=now, marked_by=staff.users["carla"]
    )
    with pytest.raises(Denied, match="Ya llegó"):
        operations.propose_undo(actor=staff.carla, call=call, reason=REASON, now=now)
    assert Release.objects.filter(pk=made.pk, state="public").exists()
