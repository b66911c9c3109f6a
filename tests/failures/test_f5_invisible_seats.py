"""F5: in a match abroad some seats of the matrix could be seen by nobody, and were found empty at the end.

Publishing a call with a post that no eligible person can see or choose fails,
and names every such post. Proven by removing ``_invisible`` from the linter's
checks: all the cases below then publish.
"""

from datetime import date

import pytest

from cauce.calls import operations
from cauce.calls.models import Call
from tests.calls import factories
from tests.calls.drafts import BEFORE_OPENING, draft, officer

pytestmark = pytest.mark.django_db


def of_a_specialty_that_is_not_offered(call):
    factories.post(call, key="INVISIBLE", specialty=factories.specialty("cirugia", "Cirugía general"))


def in_a_state_outside_the_call(call):
    puebla = factories.state("21", "Puebla")
    factories.post(call, factories.site(where=puebla), key="INVISIBLE")
    call.states.remove(puebla)


def at_a_site_without_municipality(call):
    factories.post(call, factories.site(municipality=""), key="INVISIBLE")


def of_a_specialty_that_ended(call):
    old = factories.specialty("audiologia", "Audiología")
    old.valid_until = date(2023, 12, 31)
    old.save()
    call.call_specialties.create(specialty=old, tier="listed")
    factories.post(call, key="INVISIBLE", specialty=old)


@pytest.mark.parametrize(
    "make",
    [
        of_a_specialty_that_is_not_offered,
        in_a_state_outside_the_call,
        at_a_site_without_municipality,
        of_a_specialty_that_ended,
    ],
)
def test_publishing_fails_and_names_the_seat(make):
    call = draft()
    make(call)
    with pytest.raises(operations.NotPublishable) as refusal:
        operations.publish_call(actor=officer(), call=call, now=BEFORE_OPENING)
    assert [finding.about for finding in refusal.value.detail["findings"] if finding.blocks] == ["INVISIBLE"]
    assert "INVISIBLE" in refusal.value.message
    assert Call.objects.get(pk=call.pk).state == "draft"


def test_all_of_them_are_in_the_list():
    call = draft()
    for number in range(12):
        factories.post(call, factories.site(municipality=""), key=f"X{number}")
    with pytest.raises(operations.NotPublishable) as refusal:
        operations.publish_call(actor=officer(), call=call, now=BEFORE_OPENING)
    assert {finding.about for finding in refusal.value.detail["findings"]} == {
        f"X{number}" for number in range(12)
    }
