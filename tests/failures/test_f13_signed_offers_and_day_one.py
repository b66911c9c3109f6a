"""F13: people who accepted a post of IMSS-Bienestar waited months without a signed document or a first day.

An offer without its signed document and its first day is shown to nobody, in
the database and on the pages; from the day after the first day on, whoever has
not been seen is on the recruiter's list and in a public number. Proven by
showing prepared offers: the first test then finds one.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.allocation import operations, queries
from cauce.allocation.models import Offer, OfferState, Seat, SeatState
from cauce.base.errors import Denied
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(now, settings):
    settings.CLOCK_OFFSET = make.offset_to(now)
    call = make.closed_call(now)
    staff = make.people(call)
    make.market(call, now, people_=staff)
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    return call, staff


def test_an_offer_without_its_document_or_first_day_is_shown_to_nobody(world, now, client):
    call, staff = world
    made = make.proposed_round(staff, call, now)
    operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)
    offer = make.offer_of("mariana", staff)
    assert offer.state == OfferState.PREPARED
    client.force_login(staff.users["mariana"])
    url = reverse("allocation:offer", args=[call.code, offer.application.folio, made.number])
    assert client.get(url).status_code == 404
    assert client.get(url + "oferta.pdf").status_code == 404
    with pytest.raises(Denied):
        operations.answer_offer(actor=staff.mariana, offer=offer, answer="accept", now=now)
    for values in ({"state": "issued"}, {"starts_on": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**values)
    operations.issue_batch(actor=staff.nobody, release_id=made.pk, papers={offer.pk: b"%PDF signed"}, now=now)
    assert client.get(url).status_code == 200
    assert client.get(url + "oferta.pdf").content == b"%PDF signed"


def test_who_has_not_come_a_day_late_is_on_the_desk_and_in_a_public_number(world, now):
    call, staff = world
    make.offered(staff, call, now)
    offer = operations.answer_offer(
        actor=staff.mariana, offer=make.offer_of("mariana", staff), answer="accept", now=now
    )
    first_day = now + timedelta(days=20)
    with pytest.raises(Denied, match="Todavía no llega"):
        operations.mark_joined(actor=staff.carla, offer=offer, came=True, now=now)
    assert queries.public_aftermath(call, now=first_day).late == 0
    late = first_day + timedelta(days=1)
    assert queries.public_aftermath(call, now=late).late == 1
    assert [one.pk for one in queries.offers_page(staff.carla, call, "1", "", now=late).late] == [offer.pk]
    for _time in range(2):
        done = operations.mark_joined(actor=staff.carla, offer=offer, came=True, now=late)
    assert done.joined_at == late
    after = queries.public_aftermath(call, now=late)
    assert (after.late, after.joined) == (0, 1)
    with pytest.raises(Denied, match="Ya consta"):
        operations.mark_joined(actor=staff.carla, offer=offer, came=False, now=late)


def test_the_seat_of_who_does_not_come_is_offered_again(world, now):
    call, staff = world
    make.offered(staff, call, now)
    offer = operations.answer_offer(
        actor=staff.mariana, offer=make.offer_of("mariana", staff), answer="accept", now=now
    )
    late = now + timedelta(days=21)
    for _time in range(2):
        gone = operations.mark_joined(actor=staff.carla, offer=offer, came=False, now=late)
    assert gone.state == OfferState.ABSENT
    assert Seat.objects.get(pk=offer.seat_id).state == SeatState.FREE
