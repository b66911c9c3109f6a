"""F9: a fault that could not be mended, and nobody had said so. Without it declared, no call is published.

Seen to fail: with ``curability-undeclared`` a finding that does not block, the call was published.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from cauce.base.errors import Denied
from cauce.calls import operations, queries
from cauce.calls.models import CallState, Evidence
from cauce.calls.operations import NotPublishable
from tests.calls import dossiers, drafts
from tests.calls import factories as make
from tests.conftest import NOON


@pytest.mark.django_db
def test_a_call_whose_documents_do_not_say_whether_they_can_be_mended_is_not_published():
    call, carla = drafts.draft(), drafts.officer()
    dossiers.asked(call, is_curable=None, name="Diploma")
    now = drafts.BEFORE_OPENING
    keys = [finding.key for finding in queries.findings_of(call, now=now) if not finding.blocks]
    with pytest.raises(NotPublishable, match="Diploma") as refused:
        operations.publish_call(actor=carla, call=call, now=now, acknowledged=keys)
    assert "curability-undeclared" in {finding.code for finding in refused.value.detail["findings"]}
    call.requirements.update(is_curable=False)
    keys = [finding.key for finding in queries.findings_of(call, now=now)]
    published = operations.publish_call(actor=carla, call=call, now=now, acknowledged=keys)
    assert published.state == CallState.PUBLISHED
    assert '"is_curable":false' in published.frozen.text


@pytest.mark.django_db
def test_a_file_is_replaced_until_the_closing_second_and_not_one_later():
    call, mariana = make.call(), make.user("Mariana")
    application, requirement = make.application(call, mariana.person), dossiers.asked(call)

    def hand_in(text, now):
        return operations.hand_in(
            application=application, requirement=requirement, parts=[dossiers.picture(text)], issued_on=None,
            actor=make.actor(mariana), now=now,
        )  # fmt: skip

    first = hand_in("borroso", NOON)
    last = hand_in("nítido", call.closes_at + timedelta(milliseconds=999))
    with pytest.raises(Denied, match="cerró"):
        hand_in("tarde", call.closes_at + timedelta(seconds=1))
    assert Evidence.objects.get(replaced_at__isnull=True) == last
    first.refresh_from_db()
    assert first.replaced_at  # kept, not overwritten
