"""Claims: within the window, with a receipt, decided by two who are neither the person nor who decided before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.accounts.models import User
from cauce.accounts.queries import actor_for
from cauce.allocation import operations, queries
from cauce.allocation.models import Claim, ClaimState, Dispute, Release
from cauce.allocation.operations import ClaimRefused, DecisionChanged
from cauce.base.errors import Denied
from cauce.calls import queries as call_reads
from cauce.calls.models import ScoreReview
from cauce.notices.models import Message
from tests.allocation import factories as make
from tests.allocation.test_releases import FACTS, upheld
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def window(call, staff, lists, now):
    make.declare(call)
    make.published_run(staff, call, now)
    return Release.objects.get()


def lodge(staff, application, now, **values):
    said = {"kind": "score", "facts": FACTS, "asks": "Que se corrija.", **values}
    return operations.lodge_claim(actor=staff.mariana, application=application, now=now, **said)


def test_the_last_second_of_the_window_counts_and_one_later_does_not(staff, lists, window):
    mine = lists.applications[2]
    with pytest.raises(Denied, match="terminó"):
        lodge(staff, mine, window.claims_until + timedelta(seconds=1))
    (line,) = queries.waiting_for(staff.mariana, now=window.claims_until)
    assert (line.until, line.is_choice, line.folio) == (window.claims_until, True, mine.folio)
    assert queries.waiting_for(staff.mariana, now=window.claims_until + timedelta(seconds=1)) == []
    later = window.claims_until + timedelta(seconds=1)
    for at, may in ((window.claims_until, True), (later, False)):
        scores = call_reads.my_scores(call_reads.frame(mine, staff.mariana, now=at), staff.mariana, now=at)
        assert (bool(scores.wrong_url), bool(scores.instead)) == (may, not may)
        assert [value for _label, value in scores.merit] == mine.merit
    claim = lodge(staff, mine, window.claims_until + timedelta(microseconds=999_999))
    assert claim.receipt.startswith("I-RM24-")
    assert queries.waiting_for(staff.mariana, now=window.claims_until) == [], "one claim at a time"
    assert len(claim.digest) == 64
    assert Message.objects.get(key=f"claim-lodged:{claim.pk}").user.person_id == mine.person_id


def test_a_double_click_lodges_once_and_a_second_claim_waits(staff, lists, window, now):
    mine = lists.applications[2]
    assert lodge(staff, mine, now) == lodge(staff, mine, now)
    with pytest.raises(Denied, match="Ya tienes"):
        lodge(staff, mine, now, asks="Otra cosa distinta.")
    assert Claim.objects.count() == 1


def test_what_is_missing_is_said_by_field_and_nothing_is_kept(staff, lists, window, now):
    mine, strange = lists.applications[2], make.posts(make.closed_call(now, "RM20"), 1)[0]
    for field, values in (
        ("facts", {"facts": "corto"}), ("facts", {"facts": "x" * 3_000_000}), ("asks", {"asks": ""}),
        ("kind", {"kind": "other thing"}), ("post_key", {"post_key": strange.key}),
    ):  # fmt: skip
        with pytest.raises(ClaimRefused) as refusal:
            lodge(staff, mine, now, **values)
        assert refusal.value.field == field
    with pytest.raises(Denied):
        operations.lodge_claim(
            actor=staff.bruno, application=mine, kind="score", facts=FACTS, asks="Que se corrija.", now=now
        )
    assert not Claim.objects.exists()
    assert not Dispute.objects.exists()


def test_two_people_decide_and_neither_is_who_is_concerned(call, staff, lists, window, now):
    claim = lodge(staff, lists.applications[2], now)
    words = {"upholds": False, "grounds": "El acta dice lo que se publicó.", "now": now}
    for actor in (staff.mariana, staff.dario, staff.aurelio, staff.nobody):
        with pytest.raises(Denied):
            operations.propose_decision(actor=actor, claim=claim, **words)
    with pytest.raises(Denied, match="Falta que alguien"):
        operations.decide_claim(actor=staff.sofia, claim=claim, fingerprint="", now=now)
    claim = operations.propose_decision(actor=staff.carla, claim=claim, **words)
    shown = queries.fingerprint_of(claim)
    with pytest.raises(Denied, match="la confirma otra"):
        operations.decide_claim(actor=staff.carla, claim=claim, fingerprint=shown, now=now)
    operations.propose_decision(
        actor=staff.carla, claim=claim, **{**words, "grounds": "Otro fundamento, ya completo."}
    )
    with pytest.raises(DecisionChanged):
        operations.decide_claim(actor=staff.sofia, claim=claim, fingerprint=shown, now=now)
    claim.refresh_from_db()
    done = operations.decide_claim(
        actor=staff.sofia, claim=claim, fingerprint=queries.fingerprint_of(claim), now=now
    )
    assert done.state == ClaimState.REJECTED
    assert operations.decide_claim(actor=staff.sofia, claim=claim, fingerprint="", now=now) == done


def test_who_decided_the_first_thing_does_not_decide_the_claim(call, staff, lists, window, now):
    claim = lodge(staff, lists.applications[2], now)
    ScoreReview.objects.create(
        application=lists.applications[2], sentence="Lejos de lo esperado.", digest="0" * 64, opened_at=now,
        closed_at=now, closed_by=staff.users["carla"], outcome="Así está.", decision="cleared",
    )  # fmt: skip
    with pytest.raises(Denied, match="Decidiste"):
        operations.propose_decision(
            actor=staff.carla, claim=claim, upholds=False, grounds="El acta dice lo publicado.", now=now
        )
    own = User.objects.get(pk=staff.users["sofia"].pk)
    own.person = lists.applications[2].person
    User.objects.filter(pk=staff.users["mariana"].pk).update(person=None)
    own.save()
    with pytest.raises(Denied, match="es tuya"):
        operations.propose_decision(
            actor=actor_for(own), claim=claim, upholds=False, grounds="El acta dice lo publicado.", now=now
        )


def test_upholding_needs_values_that_can_be(call, staff, lists, window, now):
    claim = lodge(staff, lists.applications[2], now)
    words = {
        "actor": staff.carla,
        "claim": claim,
        "upholds": True,
        "grounds": "El acta dice otra cosa.",
        "now": now,
    }
    for merit in ((), ("101", "31"), ("85", ""), ("85.12345", "31"), ("ochenta", "31")):
        with pytest.raises(Exception, match=r"valores|fuera|número|decimales") as refusal:
            operations.propose_decision(**words, merit=merit)
        assert refusal.value.status == 422
    assert operations.propose_decision(**words, merit=["85,5", "31"]).merit == ["85.500", "31"]


def test_the_database_knows_of_the_two_people(staff, lists, window, now):
    claim = lodge(staff, lists.applications[2], now)
    for values in (
        {"state": "upheld"},
        {"state": "proposed", "upholds": True},
        {"state": "rejected", "upholds": False, "proposed_by": 1, "decided_by": 1, "decided_at": now},
        {"applied_in": window.run_id},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(**values)


def test_whose_list_was_left_out_comes_in_with_it(call, staff, lists, now):
    """The application was withdrawn when the run froze, and should not have been."""
    first = lists.applications[2]
    type(first).objects.filter(pk=first.pk).update(state="withdrawn", withdrawn_at=now)
    make.declare(call)
    run = make.published_run(staff, call, now)
    assert not run.placements.filter(application=first).exists()
    claim = lodge(staff, first, now, kind="left_out")
    claim = operations.propose_decision(
        actor=staff.carla, claim=claim, upholds=True, grounds="El retiro fue un error nuestro.", now=now
    )
    operations.decide_claim(
        actor=staff.sofia, claim=claim, fingerprint=queries.fingerprint_of(claim), now=now
    )
    fixed = make.carried_out(operations.request_correction(actor=staff.carla, call=call, now=now), now)
    assert fixed.state == "certified", fixed.facts
    assert fixed.placements.get(application=first).post.key == "RM24-003"
    assert fixed.facts["proof"]["losing"] == 1


def test_the_public_clock_counts_days_and_shares(call, staff, lists, window, now):
    upheld(call, staff, lists.applications[2], lists.posts[1], now)
    Claim.objects.update(lodged_at=now - timedelta(days=4))
    clock = queries.appeal_clock(call)
    assert (clock.lodged, clock.decided, clock.upheld, clock.days, clock.share) == (1, 1, 1, 4.0, 1.0)


def test_the_page_takes_a_claim_with_its_evidence_and_gives_it_back_only_to_who_may(
    call, staff, lists, window, now, client, settings, png
):
    settings.CLOCK_OFFSET = make.offset_to(NOON)
    client.force_login(staff.users["mariana"])
    url = reverse("allocation:claim_form", args=[call.code, lists.applications[2].folio])
    sent = {"kind": "score", "facts": FACTS, "asks": "Que se corrija.", "post_key": ""}
    bad = SimpleUploadedFile("acta.pdf", b"MZ not a document")
    refused = client.post(url, {**sent, "papers": [bad]})
    assert refused.status_code == 422
    assert "no es una foto ni un PDF" in refused.content.decode()
    assert not Claim.objects.exists()
    done = client.post(url, {**sent, "papers": [SimpleUploadedFile("😀.png", png)]})
    assert done.status_code == 302
    claim = Claim.objects.get()
    assert claim.receipt in client.get(url).content.decode()
    own = reverse(
        "allocation:own_claim_file", args=[call.code, lists.applications[2].folio, claim.receipt, 1]
    )
    found = client.get(own)
    assert found.headers["Content-Security-Policy"] == "sandbox"
    client.force_login(staff.users["bruno"])
    assert client.get(own).status_code == 404
    client.force_login(staff.users["sofia"])
    assert (
        client.get(reverse("allocation:claim_file", args=[call.code, claim.receipt, 1])).content
        == found.content
    )
