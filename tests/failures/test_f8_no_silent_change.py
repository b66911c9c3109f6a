"""F8: a national selection changed its rules in the last days, in silence.

After publication every use case that edits a draft is refused, whoever asks,
and only an addendum changes anything: a new version, a new digest, a letter
to everyone who applied. Proven by letting ``may_edit_call`` ignore the state:
every case of the first test then fails.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import timedelta

import pytest
from django.forms.models import model_to_dict

from cauce.base.errors import Denied
from cauce.calls import operations, queries, rules
from cauce.calls.models import CalendarEntry, Call
from cauce.calls.operations import desk, posts
from cauce.calls.rules.drafting import Dates, Entry, General, PostValues, Scope
from cauce.notices.models import Message
from tests.calls import factories
from tests.calls.drafts import BEFORE_OPENING, draft, officer

pytestmark = pytest.mark.django_db

EDITS = {
    name: function
    for module in (desk, posts)
    for name, function in vars(module).items()
    if getattr(function, "is_use_case", False) and "call" in inspect.signature(function).parameters
}


def arguments(name: str, call: Call) -> dict:
    """What each edit would be called with to change something."""
    post = call.posts.order_by("key").first()
    entry = call.calendar.get()
    dates, general, values = Dates.of(call), General.of(call), PostValues.of(post)
    scope = queries.scope_of(call)
    return {
        "edit_general": {"values": replace(general, rules_text="Otras."), "seen": general.fingerprint},
        "edit_dates": {
            "values": replace(dates, closes_at=dates.closes_at + timedelta(1)),
            "seen": dates.fingerprint,
        },
        "save_entry": {"values": replace(Entry.of(entry), label="Otra")},
        "remove_entry": {"entry_id": entry.pk},
        "edit_scope": {"values": Scope((), ()), "seen": scope.fingerprint},
        "save_criterion": {"criterion": {**factories.SCORE}},
        "move_criterion": {"key": "mark", "position": 1},
        "remove_criterion": {"key": "mark"},
        "save_post": {"values": replace(values, seats=99), "replaces": post.key, "seen": values.fingerprint},
        "remove_post": {"key": post.key},
        "add_posts": {"posts": [replace(values, key="NUEVA")]},
    }[name]


def everything(call: Call) -> tuple:
    call = Call.objects.get(pk=call.pk)
    return (
        model_to_dict(call, exclude=["states", "specialties"]),
        queries.snapshot(call),
        [model_to_dict(each) for each in call.posts.order_by("pk")],
    )


@pytest.fixture
def carla():
    return officer()


@pytest.fixture
def published(carla):
    call = draft(score_criteria=[factories.MARK, {**factories.MARK, "key": "months"}])
    CalendarEntry.objects.create(call=call, label="Mesas", starts_at=factories.OPENS)
    return operations.publish_call(actor=carla, call=call, now=BEFORE_OPENING)


@pytest.mark.parametrize("name", sorted(EDITS))
def test_every_edit_is_refused_after_publication(published, carla, name):
    before = everything(published)
    with pytest.raises(Denied) as refusal:
        EDITS[name](
            actor=carla, call=published, now=BEFORE_OPENING + timedelta(1), **arguments(name, published)
        )
    assert "publicada" in refusal.value.message
    assert "adenda" in refusal.value.remedy
    assert everything(published) == before


@pytest.mark.parametrize("name", sorted(EDITS))
def test_each_of_them_changes_a_draft(carla, name):
    """So that the refusals above are about publication, and nothing else."""
    call = draft(score_criteria=[factories.MARK, {**factories.MARK, "key": "months"}])
    CalendarEntry.objects.create(call=call, label="Mesas", starts_at=factories.OPENS)
    before = everything(call)
    EDITS[name](actor=carla, call=call, now=BEFORE_OPENING, **arguments(name, call))
    assert everything(call) != before


def test_an_addendum_is_a_version_a_digest_and_a_letter(published, carla):
    factories.application(published, factories.user("Mariana").person)
    frozen = published.frozen.text
    addendum = operations.publish_addendum(
        actor=carla, call=published, text="Se agrega una sede.", now=BEFORE_OPENING + timedelta(1)
    )
    published.refresh_from_db()
    in_force = queries.rules_of(published)
    assert (in_force.version, in_force.head) == (2, addendum.digest)
    assert published.frozen.text == frozen
    assert rules.digest_of(published.frozen.text) == published.rules_digest
    assert Message.objects.filter(user__person__given_names="Mariana").count() == 1
