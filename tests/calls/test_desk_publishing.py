"""Publishing and amending: what freezes, what is refused, what a second click does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.calls import operations, queries, rules
from cauce.calls.models import Addendum, CalendarEntry, Call
from cauce.notices.models import Message
from tests.calls import factories
from tests.calls.drafts import BEFORE_OPENING, draft, office, officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla():
    return officer()


def publish(call, actor, **arguments):
    return operations.publish_call(actor=actor, call=call, now=BEFORE_OPENING, **arguments)


def test_publishing_freezes_what_was_linted(carla):
    call = publish(draft(), carla)
    call.refresh_from_db()
    assert (call.state, call.published_at, rules.current_version(call)) == ("published", BEFORE_OPENING, 1)
    assert call.rules_digest == rules.digest_of(call.frozen.text)
    assert len(json.loads(call.frozen.text)["posts"]) == 2
    event = AuditEvent.objects.get(action="calls.publish_call")
    assert event.detail["rules_digest"] == call.rules_digest


def test_the_seed_is_not_in_the_rules(carla):
    call = publish(draft(), carla)
    assert call.lottery_seed not in call.frozen.text
    assert call.lottery_commitment in call.frozen.text


def test_publishing_twice_changes_nothing(carla):
    first = publish(draft(), carla)
    again = operations.publish_call(actor=carla, call=first, now=BEFORE_OPENING + timedelta(hours=1))
    assert (again.published_at, again.rules_digest) == (first.published_at, first.rules_digest)


@pytest.mark.parametrize(
    "who",
    [
        lambda: officer("call_manager", "ISSSTE", "Darío"),
        lambda: officer("second_signatory", name="Sofía"),
        lambda: officer("auditor", None, "Aurelio"),
        lambda: officer("education_office", None, "Elena"),
        Actor.nobody,
    ],
)
def test_only_the_manager_of_the_institution_publishes(who):
    call = draft()
    with pytest.raises(Denied):
        publish(call, who())
    assert Call.objects.get(pk=call.pk).state == "draft"


def test_a_warning_must_be_acknowledged_by_its_key(carla):
    call = draft()
    CalendarEntry.objects.create(
        call=call,
        label="Mesas",
        starts_at=factories.OPENS + timedelta(days=11),
        as_written="martes 12 de febrero",
    )
    findings = queries.findings_of(call, now=BEFORE_OPENING)
    assert [finding.code for finding in findings] == ["weekday"]
    with pytest.raises(operations.NotPublishable) as refusal:
        publish(call, carla)
    assert "lunes 12 de febrero" in str(refusal.value.message)
    assert publish(call, carla, acknowledged=[finding.key for finding in findings]).state == "published"


def test_acknowledging_does_not_lift_what_blocks(carla):
    call = draft(posts=0)
    keys = [finding.key for finding in queries.findings_of(call, now=BEFORE_OPENING)]
    with pytest.raises(operations.NotPublishable):
        publish(call, carla, acknowledged=keys)


def test_the_snapshot_costs_the_same_however_many_posts(django_assert_num_queries):
    for posts in (1, 3):
        call = Call.objects.select_related("institution").get(pk=draft(posts=posts).pk)
        with django_assert_num_queries(5):
            queries.snapshot(call)


# ------------------------------------------------------------------- addenda


@pytest.fixture
def published(carla):
    return publish(draft(), carla)


def amend(call, actor, text="Se agrega una sede de entrevistas.", **arguments):
    return operations.publish_addendum(
        actor=actor, call=call, text=text, **{"now": BEFORE_OPENING + timedelta(days=1), **arguments}
    )


def test_an_addendum_is_a_new_version_chained_to_the_last(published, carla):
    first = amend(published, carla)
    second = amend(published, carla, text="Otra cosa.")
    published.refresh_from_db()
    in_force = queries.rules_of(published)
    assert (in_force.version, in_force.head) == (3, second.digest)
    assert first.digest == rules.addendum_digest(
        previous=published.rules_digest, call=published.code, number=1, text=first.text, closes_at=None,
        published_at=first.published_at,
    )  # fmt: skip
    assert second.digest == rules.addendum_digest(
        previous=first.digest, call=published.code, number=2, text=second.text, closes_at=None,
        published_at=second.published_at,
    )  # fmt: skip


def test_a_later_closing_becomes_the_one_in_force_and_the_frozen_one_stays(published, carla):
    later = published.closes_at + timedelta(days=2)
    original = json.loads(published.frozen.text)["calendar"]["closes_at"]
    amend(published, carla, closes_at=later)
    published.refresh_from_db()
    assert published.closes_at == later
    assert rules.accepts(published, now=later)
    assert not rules.accepts(published, now=later + timedelta(seconds=1))
    assert json.loads(published.frozen.text)["calendar"]["closes_at"] == original


@pytest.mark.parametrize("days", [-1, 0, 10])
def test_the_closing_moves_only_later_and_before_the_results(published, carla, days):
    with pytest.raises(operations.AddendumRefused) as refusal:
        amend(published, carla, closes_at=published.closes_at + timedelta(days=days))
    assert refusal.value.field == "closes_at"
    assert not Addendum.objects.exists()


def test_a_closed_call_does_not_open_again(published, carla):
    with pytest.raises(operations.AddendumRefused):
        amend(
            published, carla, closes_at=published.closes_at + timedelta(days=1),
            now=published.closes_at + timedelta(seconds=1),
        )  # fmt: skip
    published.refresh_from_db()
    assert published.amendments == 0


def test_the_scope_of_a_published_call_is_read_as_text(published, client):
    client.force_login(office())
    page = client.get(reverse("calls:edit_scope", args=[published.code])).text
    assert 'type="checkbox"' not in page
    assert "<select" not in page
    for state in published.states.all():
        assert f'<li class="col">{state.name}</li>' in page
    for specialty in published.specialties.all():
        assert f'<th scope="row" class="fw-normal">{specialty.name_es}</th>' in page
    assert published.states.exists()
    assert published.specialties.exists()


def test_an_empty_addendum_is_refused_on_its_field(published, carla):
    with pytest.raises(operations.AddendumRefused) as refusal:
        amend(published, carla, text="  ")
    assert refusal.value.field == "text"


def test_the_same_addendum_twice_is_one(published, carla):
    first, again = amend(published, carla), amend(published, carla)
    assert (first.pk, Addendum.objects.count()) == (again.pk, 1)


def test_a_draft_has_no_addenda(carla):
    with pytest.raises(Denied):
        amend(draft(), carla)


def test_every_applicant_is_told_once_and_keeps_what_was_sent(published, carla):
    sent = factories.application(
        published, factories.user("Mariana").person, state="submitted", submitted_at=factories.OPENS,
        accepted_rules=1,
    )  # fmt: skip
    factories.application(published, factories.user("Bruno").person)
    factories.application(
        published, factories.user("Retirada").person, state="withdrawn", withdrawn_at=factories.OPENS
    )
    factories.application(published, factories.person("Sin cuenta"))
    addendum = amend(published, carla)
    letters = {
        letter.user.person.given_names: letter.body
        for letter in Message.objects.select_related("user__person")
    }
    assert set(letters) == {"Mariana", "Bruno"}
    assert "sigue valiendo" in letters["Mariana"]
    assert "sigue valiendo" not in letters["Bruno"]
    assert all(addendum.text in body for body in letters.values())
    sent.refresh_from_db()
    assert (sent.state, sent.accepted_rules) == ("submitted", 1)
    published.refresh_from_db()
    assert rules.current_version(published) == 2


def test_letters_take_the_same_queries_for_any_number_of_applicants(
    published, carla, django_assert_num_queries
):
    for number in (1, 3):
        for _ in range(number):
            factories.application(published, factories.user().person)
        with django_assert_num_queries(11):
            amend(published, carla, text=f"Adenda {number}")
    assert User.objects.filter(messages__isnull=False).distinct().count() == 4
