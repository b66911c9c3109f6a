"""What is public at a time: provisional, corrected, definitive; always two people over one preview."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cauce.allocation import operations, queries
from cauce.allocation.models import Placement, Release, ReleaseState, Run, RunState, Signature
from cauce.allocation.operations import PreviewChanged, StartMissing
from cauce.base.errors import Denied
from cauce.calls.models import Call
from cauce.notices.models import Message
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
FACTS = "Mi puntaje se capturó mal: el acta dice 85.000."


@pytest.fixture
def provisional(call, staff, lists, now):
    make.declare(call)
    make.published_run(staff, call, now)
    return Release.objects.get()


@pytest.fixture
def closed(provisional):
    """The first second after the window for claims."""
    return provisional.claims_until + timedelta(seconds=1)


def upheld(call, staff, application, post, now):
    """A claim for ``post`` upheld by two people: 85.000 instead of 80.500."""
    claim = operations.lodge_claim(
        actor=staff.mariana, application=application, kind="score", facts=FACTS, asks="Que se corrija.",
        post_key=post.key, now=now,
    )  # fmt: skip
    claim = operations.propose_decision(
        actor=staff.carla, claim=claim, upholds=True, grounds="El acta dice 85.000 y 31 aciertos.",
        merit=["85", "31"], now=now,
    )  # fmt: skip
    return operations.decide_claim(
        actor=staff.sofia, claim=claim, fingerprint=queries.fingerprint_of(claim), now=now
    )


def test_what_is_published_is_provisional_for_the_declared_working_days(provisional, now):
    # Saturday noon: Monday to Wednesday count, and Wednesday's last second is in time.
    assert provisional.kind == "provisional"
    assert provisional.claims_until.isoformat() == "2024-02-15T05:59:59+00:00"
    assert (provisional.proposer_office, provisional.confirmer_office) == ("call_manager", "second_signatory")


def test_without_a_window_what_is_published_is_definitive(call, staff, lists, now):
    make.published_run(staff, call, now)
    found = Release.objects.get()
    assert (found.kind, found.claims_until) == ("definitive", None)


def test_the_definitive_list_waits_for_the_last_second_and_needs_two_people(call, staff, provisional, closed):
    with pytest.raises(Denied, match="Todavía corre"):
        operations.propose_list(actor=staff.carla, call=call, now=provisional.claims_until)
    made = operations.propose_list(actor=staff.carla, call=call, now=closed)
    assert operations.propose_list(actor=staff.carla, call=call, now=closed) == made
    assert [queries.signing_desk(one).releases for one in (staff.sofia, staff.carla, staff.dario)] == [
        [made],
        [],
        [],
    ]
    with pytest.raises(Denied, match="Ya hay una publicación"):
        operations.propose_list(actor=staff.sofia, call=call, now=closed)
    with pytest.raises(Denied, match="la confirma otra persona"):
        operations.confirm_release(actor=staff.carla, release=made, digest=made.digest, now=closed)
    for actor in (staff.mariana, staff.dario, staff.aurelio, staff.nobody):
        with pytest.raises(Denied):
            operations.confirm_release(actor=actor, release=made, digest=made.digest, now=closed)
    done = operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed)
    assert operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed) == done
    assert [one.kind for one in Release.objects.order_by("number")] == ["provisional", "definitive"]
    assert Message.objects.filter(key__startswith=f"release:{made.pk}:").count() == 1


def test_an_upheld_claim_moves_only_whom_it_must_and_the_rest_is_proven(
    call, staff, lists, provisional, closed, now
):
    """The third person is put just ahead of the first they overtake: the second; who loses sees it before anybody signs."""
    first, second, third, *_rest = lists.applications
    upheld(call, staff, third, lists.posts[1], now)
    run = operations.request_correction(actor=staff.carla, call=call, now=now)
    assert operations.request_correction(actor=staff.carla, call=call, now=now) == run
    run = make.carried_out(run, now)
    assert run.state == RunState.CERTIFIED, run.facts
    assert run.facts["proof"]["unaffected"] == 3
    assert run.facts["proof"]["because"] == {"ahead": 1, "not_reached": 2}
    preview = operations.propose_list(actor=staff.carla, call=call, now=closed).preview
    assert preview["gaining"] == [[third.folio, "RM24-003", "RM24-002"]]
    assert preview["losing"] == [[second.folio, "RM24-002", "RM24-003"]]
    made = Release.objects.get(state=ReleaseState.PROPOSED)
    with pytest.raises(Denied, match="Falta la revisión"):
        operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed)
    make.reviewed(run, now)
    operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed)
    states = dict(Run.objects.order_by("number").values_list("number", "state"))
    assert states == {1: RunState.SUPERSEDED, 2: RunState.PUBLISHED}
    order = Placement.objects.filter(run=run).order_by("place").values_list("application_id", flat=True)
    assert list(order)[:3] == [first.pk, third.pk, second.pk]
    assert Signature.objects.filter(run=run).count() == 2
    assert Run.objects.get(number=1).package, "what was public stays, and can still be checked"


def test_a_corrected_run_is_not_signed_on_its_own_page(call, staff, lists, provisional, now):
    upheld(call, staff, lists.applications[2], lists.posts[1], now)
    run = make.carried_out(operations.request_correction(actor=staff.carla, call=call, now=now), now)
    with pytest.raises(Denied, match="vista previa"):
        operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
    assert run.pk not in [one.run.pk for one in queries.signing_desk(staff.sofia).mine]


def test_what_changed_since_the_proposal_is_proposed_again(call, staff, lists, provisional, closed, now):
    made = operations.propose_list(actor=staff.carla, call=call, now=closed)
    with pytest.raises(PreviewChanged):
        operations.confirm_release(actor=staff.sofia, release=made, digest="sha256:other", now=closed)
    Run.objects.update(facts={**made.run.facts, "lists": 99})
    with pytest.raises(PreviewChanged):
        operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed)
    dropped = operations.drop_release(actor=staff.sofia, release=made, now=closed)
    assert dropped.state == ReleaseState.DROPPED
    with pytest.raises(Denied, match="se descartó"):
        operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=closed)
    assert operations.propose_list(actor=staff.sofia, call=call, now=closed).number == 3


def test_the_database_knows_of_the_two_people_and_of_one_proposal(call, staff, provisional, closed):
    made = operations.propose_list(actor=staff.carla, call=call, now=closed)
    for values in (
        {"state": "public", "confirmed_by_id": made.proposed_by_id, "released_at": closed},
        {"state": "public"},
        {"kind": "undo"},
        {"run": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Release.objects.filter(pk=made.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=provisional.pk).update(
            state="proposed", confirmed_by=None, released_at=None
        )


def test_the_first_list_is_taken_back_and_everything_can_begin_again(call, staff, lists, provisional, now):
    with pytest.raises(StartMissing):
        operations.propose_undo(actor=staff.carla, call=call, reason="mal", now=now)
    made = operations.propose_undo(
        actor=staff.carla, call=call, reason="Faltaba un acta de puntajes.", now=now
    )
    operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)
    assert not queries.published_runs().filter(call=call).exists()
    assert Call.objects.get(pk=call.pk).results_published_at is None
    again = make.published_run(staff, call, now)
    assert (again.number, again.state) == (2, RunState.PUBLISHED)
    assert [one.kind for one in Release.objects.order_by("number")] == ["provisional", "undo", "provisional"]


def test_pages_of_the_desk_read_a_fixed_number_of_queries(
    call, staff, lists, provisional, closed, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        page = queries.releases_page(staff.carla, call, now=closed)
    assert page.may_list
    with django_assert_max_num_queries(8):
        after = queries.public_aftermath(call, now=closed)
    assert after.is_provisional
    assert after.clock.lodged == 0
