"""Offers and rounds: signed, with a clock, answered once; what is given up is offered again until nobody wants it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from cauce.allocation import bridge, documents, operations, queries
from cauce.allocation.models import Offer, OfferState, Release, Run, RunState, Seat, SeatMove, SeatState
from cauce.allocation.operations import AnswerRefused, NobodyWaits, StartMissing
from cauce.allocation.rules import forecast
from cauce.allocation.rules.seats import Wanted, plan_seats
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.workdays import due_after_hours
from cauce.calls.rules.outlook import Odds
from cauce.notices.models import Message
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(call, staff, lists, now):
    """A definitive list."""
    make.declare(call, claim_days=0)
    make.published_run(staff, call, now)
    return lists


@pytest.fixture
def round_one(call, staff, listed, now):
    return make.offered(staff, call, now)


def answer(staff, person, said, now, **values):
    return operations.answer_offer(
        actor=getattr(staff, person), offer=make.offer_of(person, staff), answer=said, now=now, **values
    )


def by_post(state):
    rows = Seat.objects.filter(state=state).order_by("post__key").values_list("post__key", flat=True)
    return list(rows)


def test_a_round_binds_each_seat_to_one_person_with_a_document_and_a_clock(
    call, staff, listed, round_one, now
):
    offers = list(Offer.objects.order_by("rank", "pk"))
    assert len(offers) == 4
    assert {one.state for one in offers} == {OfferState.ISSUED}
    # Saturday noon: 48 hours of working days are Monday and Tuesday.
    assert {one.answer_by.isoformat() for one in offers} == {"2024-02-14T06:00:00+00:00"}
    assert by_post(SeatState.OFFERED) == ["RM24-001", "RM24-002", "RM24-003", "RM24-003"]
    assert SeatMove.objects.count() == 4
    told = set(Message.objects.filter(key__startswith="offer:").values_list("user__email", flat=True))
    assert told == {"mariana@x.mx"} | ({"bruno@x.mx"} if has_offer("bruno", staff) else set())


def has_offer(person, staff):
    return Offer.objects.filter(application__person=staff.users[person].person).exists()


def test_a_round_needs_a_first_day_to_come_and_the_definitive_list(call, staff, lists, now):
    make.declare(call)
    make.published_run(staff, call, now)
    with pytest.raises(Denied, match="lista definitiva"):
        make.proposed_round(staff, call, now)
    later = Release.objects.get().claims_until + timedelta(seconds=1)
    make.definitive(staff, call, later)
    for day in (None, later.date(), date(2020, 1, 1)):
        with pytest.raises(StartMissing):
            operations.propose_round(actor=staff.carla, call=call, starts_on=day, now=later)
    assert make.proposed_round(staff, call, later).preview["offers"] == 4


def test_issuing_twice_issues_once(call, staff, listed, round_one, now):
    before = dict(Offer.objects.values_list("pk", "document_digest"))
    operations.issue_batch(
        actor=staff.nobody,
        release_id=round_one.pk,
        papers=dict.fromkeys(before, b"other"),
        now=now + timedelta(hours=1),
    )
    assert dict(Offer.objects.values_list("pk", "document_digest")) == before
    made = Release.objects.get(pk=round_one.pk)
    assert operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now) == made
    assert Offer.objects.count() == 4


def test_the_last_second_counts_and_one_later_does_not(call, staff, listed, round_one, now):
    offer = make.offer_of("mariana", staff)
    (waits,) = queries.waiting_for(staff.mariana, now=offer.answer_by)
    assert (waits.headline, waits.until) == ("Tienes una oferta que responder", offer.answer_by)
    assert queries.waiting_for(staff.mariana, now=offer.answer_by + timedelta(seconds=1)) == []
    with pytest.raises(Denied, match="terminó"):
        answer(staff, "mariana", "accept", offer.answer_by + timedelta(seconds=1))
    assert operations.lapse_everything(read_clock=lambda: offer.answer_by) == 0
    done = answer(staff, "mariana", "accept", offer.answer_by + timedelta(microseconds=999_999))
    assert done.state == OfferState.ACCEPTED
    assert queries.waiting_for(staff.mariana, now=now) == []
    assert answer(staff, "mariana", "accept", offer.answer_by + timedelta(days=9)) == done, "a second click"
    with pytest.raises(Denied, match="ya tiene respuesta"):
        answer(staff, "mariana", "decline", now, reason="plans")


def test_silence_lapses_once_and_a_clock_set_back_undoes_nothing(call, staff, listed, round_one, now):
    answer(staff, "mariana", "accept", now)
    late = Offer.objects.first().answer_by + timedelta(seconds=1)
    assert operations.lapse_everything(read_clock=lambda: late) == 3
    assert operations.lapse_everything(read_clock=lambda: now) == 0
    assert operations.lapse_everything(read_clock=lambda: late + timedelta(days=400)) == 0
    assert Offer.objects.filter(state=OfferState.LAPSED).count() == 3
    assert Seat.objects.filter(state=SeatState.FREE).count() == 3
    assert SeatMove.objects.filter(after=SeatState.FREE).count() == 3


def test_silence_may_mean_yes_where_the_rules_say_so(call, staff, listed, round_one):
    make.declare(call, claim_days=0, silence="accept")
    late = Offer.objects.first().answer_by + timedelta(seconds=1)
    operations.lapse_everything(read_clock=lambda: late)
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.ACCEPTED}


def test_a_decline_has_a_reason_and_a_hold_is_for_once(call, staff, listed, round_one, now):
    for values in ({}, {"reason": "because"}, {"reason": "other"}):
        with pytest.raises(AnswerRefused):
            answer(staff, "mariana", "decline", now, **values)
    held = answer(staff, "mariana", "hold", now)
    assert held.state == OfferState.HELD
    assert held.answer_by == due_after_hours(Offer.objects.exclude(pk=held.pk).first().answer_by, 24)
    assert by_post(SeatState.HELD) == [held.seat.post.key]
    assert answer(staff, "mariana", "hold", now).answer_by == held.answer_by, "the same answer twice is once"
    done = answer(staff, "mariana", "decline", now, reason="safety", words="")
    assert (done.state, done.reason) == (OfferState.DECLINED, "safety")
    assert by_post(SeatState.FREE) == [held.seat.post.key]
    with pytest.raises(Denied):
        operations.answer_offer(actor=staff.bruno, offer=done, answer="accept", now=now)


def explained(application, now, django_assert_num_queries, *, queries_):
    """What followed, as the person of ``application`` reads it."""
    run = queries.published_runs().get()
    placement = queries.placement_of(run, application.folio)
    actor = Actor("person", person_id=application.person_id)
    page = queries.result_page(actor, run, placement, gap=bridge.gap, now=now)
    with django_assert_num_queries(queries_):
        return queries.own_aftermath(actor, run, placement, wishes=page.wishes, now=now)


def test_rounds_follow_until_nobody_wants_what_is_left(
    call, staff, listed, round_one, now, django_assert_num_queries, monkeypatch
):
    """The person without a place gets the seat that was declined; who declined is out; then nobody waits."""
    waiting = next(one for one in listed.applications if not one.offers.exists())
    answer(staff, "mariana", "decline", now, reason="plans")
    with pytest.raises(Denied, match="sin respuesta"):
        operations.request_round(actor=staff.carla, call=call, now=now)
    for offer in Offer.objects.filter(state=OfferState.ISSUED):
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.ACCEPTED, answered_at=now)
        Seat.objects.filter(pk=offer.seat_id).update(state=SeatState.ACCEPTED)
    assert explained(waiting, now, django_assert_num_queries, queries_=8).forecast is None, (
        "four answers are few"
    )
    monkeypatch.setattr(forecast, "FEWEST_ANSWERS", 4)
    told = explained(waiting, now, django_assert_num_queries, queries_=8)
    assert (told.waits, told.forecast.given_up, told.forecast.answered) == (True, 1, 4)
    assert told.forecast.chance == Odds(1.0, 1.0, 1.0), "a seat of the list is free, and nobody is before"
    run = operations.request_round(actor=staff.carla, call=call, now=now)
    assert operations.request_round(actor=staff.carla, call=call, now=now) == run
    run = make.carried_out(run, now)
    assert (run.state, run.round) == (RunState.CERTIFIED, 2), run.facts
    assert list(run.placements.values_list("application_id", flat=True)) == [waiting.pk]
    second = make.offered(staff, call, now)
    assert list(second.offers.values_list("application_id", flat=True)) == [waiting.pk]
    (told,) = explained(waiting, now, django_assert_num_queries, queries_=5).rounds
    assert (told.number, told.place, told.wishes[-1].code) == (2, 1, "placed")
    assert {line.code for line in told.wishes[:-1]} <= {"closed"}, "the only free seat was hers"
    mine = make.offer_of("mariana", staff).application
    (hers,) = explained(mine, now, django_assert_num_queries, queries_=5).rounds
    assert (hers.place, hers.had_offer) == (None, True)
    Offer.objects.filter(release=second).update(state=OfferState.DECLINED, reason="plans", answered_at=now)
    Seat.objects.filter(offers__release=second).update(state=SeatState.FREE)
    with pytest.raises(NobodyWaits):
        operations.request_round(actor=staff.carla, call=call, now=now)


def test_who_hopes_for_better_moves_up_and_the_seat_they_leave_goes_on(call, staff, listed, round_one, now):
    """The first person declines; the second moves up, the third (mariana) takes what the second leaves, the last gets hers."""
    first, second, third, *_rest = listed.applications
    offers = {one.application_id: one for one in Offer.objects.select_related("seat")}
    gone = offers[first.pk]
    Offer.objects.filter(pk=gone.pk).update(state=OfferState.DECLINED, reason="plans", answered_at=now)
    Seat.objects.filter(pk=gone.seat_id).update(state=SeatState.FREE)
    for one in offers.values():
        if one.pk != gone.pk:
            Offer.objects.filter(pk=one.pk).update(
                state=OfferState.ACCEPTED, answered_at=now, wants_upgrade=True
            )
            Seat.objects.filter(pk=one.seat_id).update(state=SeatState.ACCEPTED)
    run = make.carried_out(operations.request_round(actor=staff.carla, call=call, now=now), now)
    assert run.state == RunState.CERTIFIED, run.facts
    made = make.offered(staff, call, now)
    assert made.preview["moving"] >= 2
    held = {
        one.application_id: one.seat.post.key
        for one in Offer.objects.filter(state__in=("accepted", "issued")).select_related("seat__post")
    }
    assert held[second.pk] == "RM24-001"
    assert held[third.pk] == "RM24-002"
    assert len(held) == 4, "nobody who held a place lost it, and the one without a place has one"
    assert Offer.objects.filter(state=OfferState.UPGRADED).count() == made.preview["moving"]
    taken = Seat.objects.exclude(state=SeatState.FREE).count()
    assert taken == 4


def test_the_database_never_gives_a_seat_twice_nor_two_places_to_one_person(
    call, staff, listed, round_one, now
):
    one, two = Offer.objects.order_by("pk")[:2]
    for values in ({"seat": two.seat}, {"application": two.application}, {"document_digest": ""}, {"answer_by": None},
                   {"document": None}, {"state": "declined"}, {"joined_at": now}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=one.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(post=one.seat.post, number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        SeatMove.objects.create(seat=one.seat, before="free", after="free", cause="x", at=now)


@pytest.mark.slow
@pytest.mark.once
def test_the_signature_covers_the_whole_document_and_a_changed_byte_breaks_it(
    call, staff, listed, now, settings, tmp_path
):
    settings.DATA = tmp_path
    documents.offers._signer.cache_clear()
    made = make.proposed_round(staff, call, now)
    operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)
    facts = queries.offers_to_sign(made.pk, limit=1)[0]
    content = documents.signed_offer(facts)
    assert documents.signature_of(content) == {"intact": True, "valid": True, "whole": True}
    # A byte of the place's name in the drawn page, and one behind the signature.
    changed = bytearray(content)
    changed[len(content) // 3] ^= 1
    assert documents.signature_of(bytes(changed))["intact"] is False
    assert documents.signature_of(content + b"\n% more\n")["whole"] is False
    from pypdf import PdfReader

    read = PdfReader(ContentFile(content))
    words = " ".join(page.extract_text() for page in read.pages)
    assert facts.key in words
    assert "1 de marzo de 2024" in words
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    documents.offers._signer.cache_clear()


def wanted(application, post, *, seat=None, left=None):
    return Wanted(application, f"F-{application}", post, f"P{post}", 1, seat, seat, left)


def test_who_waits_for_a_locked_seat_keeps_theirs_and_so_on_down_the_chain():
    chain = [wanted(1, 10, seat=20, left=2), wanted(2, 2, seat=30, left=3), wanted(3, 3)]
    moved = plan_seats(chain, {10: [100]})
    assert [(one.application, seat) for one, seat in moved.given] == [(1, 100), (2, 20), (3, 30)]
    stuck = plan_seats(chain, {})
    assert stuck.given == []
    assert [one.application for one in stuck.waiting] == [1, 2, 3]
    half = plan_seats(chain, {3: [300]})
    assert [(one.application, seat) for one, seat in half.given] == [(3, 300)]


def test_the_desk_reads_a_fixed_number_of_queries(
    call, staff, listed, round_one, now, django_assert_max_num_queries
):
    answer(staff, "mariana", "decline", now, reason="distance")
    with django_assert_max_num_queries(22):
        page = queries.offers_page(staff.carla, call, "1", "", now=now)
    waits = next(one for one in listed.applications if not one.offers.exists())
    moves = Offer.objects.filter(application=listed.applications[0]).get()
    assert page.empty[0].next == [waits.folio], "who declined is out, who holds a place keeps it"
    Offer.objects.filter(pk=moves.pk).update(state="accepted", wants_upgrade=True, answered_at=now)
    assert queries.offers_page(staff.carla, call, "1", "", now=now).empty[0].next == [waits.folio], (
        "hers is her first"
    )
    with django_assert_max_num_queries(9):
        demand = queries.demand_page(call, state="", reason="", number="1")
    assert [(one.post.key, one.reason, one.said) for one in demand.rows] == [
        (page.empty[0].key, "dejada", [("La distancia o la familia", 1)])
    ]
    assert (demand.total.free, demand.total.seats) == (1, 4)
    assert queries.demand_page(call, state="22", reason="nadie", number="x").places[0].seats == 4
    assert page.empty[0].reasons == [("La distancia o la familia", 1)]
    assert {state: count for state, _label, count in page.seats}["offered"] == 3
    assert Run.objects.count() == 1
