"""The auditor's desk: what it walks through, findings with replies, the opinion, a run repeated by the worker."""

from __future__ import annotations

import hashlib
import zlib
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from cauce.allocation import bridge, queries
from cauce.allocation.models import AuditFinding, AuditOpinion, Rerun, Run
from cauce.allocation.operations import audit as operations
from cauce.allocation.rules import audit as rules
from cauce.base.errors import Denied, Refused
from cauce.notices.models import Message
from tests.allocation import factories as make

WORDS = "Falta el acta de la sala tres del examen."


def test_nobody_chooses_the_sample_and_anybody_can_draw_it_again():
    drawn = rules.sample("sha256:ab", 45_000)
    first = int.from_bytes(hashlib.sha256(b"sha256:ab:0").digest()) % 45_000 + 1
    assert len(set(drawn)) == 50
    assert first in drawn
    assert drawn == rules.sample("sha256:ab", 45_000) != rules.sample("sha256:ac", 45_000)
    assert rules.sample("sha256:ab", 7) == [1, 2, 3, 4, 5, 6, 7]
    assert rules.sample("sha256:ab", 0) == []


@pytest.fixture
def published(call, staff, lists, now):
    return make.published_run(staff, call, now)


def written(staff, call, now, **values):
    return operations.write_finding(
        actor=staff.aurelio, call=call, now=now,
        **{"severity": "major", "text": WORDS, "evidence": "", "days": 5, **values},
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_finding_is_answered_settled_and_only_then_the_opinion_is_published_once(
    call, staff, published, now, client
):
    with pytest.raises(Denied):
        operations.write_finding(
            actor=staff.carla, call=call, severity="major", text=WORDS, evidence="", days=5, now=now
        )
    finding = written(staff, call, now)
    assert written(staff, call, now).pk == finding.pk  # a double click
    assert Message.objects.filter(user=staff.users["carla"], title__contains="Hallazgo 1").count() == 1
    opine = {"actor": staff.aurelio, "run": published, "text": "Se revisó todo lo que dice la página."}
    with pytest.raises(Denied, match="sin resolver"):
        operations.publish_opinion(**opine, kind="qualified", now=now)
    with pytest.raises(Denied, match="en plazo"):
        operations.settle_finding(actor=staff.aurelio, finding=finding, escalate=True, reason=WORDS, now=now)
    with pytest.raises(Denied):
        operations.reply_to_finding(actor=staff.sofia, finding=finding, text=WORDS, now=now)
    with pytest.raises(Refused):
        operations.reply_to_finding(actor=staff.carla, finding=finding, text="No.", now=now)
    for _click in range(2):
        replied = operations.reply_to_finding(actor=staff.carla, finding=finding, text=WORDS, now=now)
    assert replied.state == "answered"
    assert Message.objects.filter(user=staff.users["aurelio"]).count() == 1
    operations.settle_finding(actor=staff.aurelio, finding=finding, escalate=True, reason=WORDS, now=now)
    with pytest.raises(Denied, match="sin salvedades"):
        operations.publish_opinion(**opine, kind="clean", now=now)
    for _click in range(2):
        operations.publish_opinion(**opine, kind="adverse", now=now)
    with pytest.raises(Denied, match="ya se publicó"):
        operations.publish_opinion(**opine, kind="qualified", now=now)
    assert AuditOpinion.objects.get().kind == "adverse"
    assert opine["text"] in client.get(reverse("allocation:call_results", args=[call.code])).text


@pytest.mark.django_db(transaction=True)
def test_silence_lets_the_auditor_escalate_once_its_working_days_are_over(call, staff, published, now):
    finding = written(staff, call, now)
    settle = {"actor": staff.aurelio, "finding": finding, "escalate": True, "reason": WORDS}
    with pytest.raises(Denied):
        operations.settle_finding(**settle, now=finding.reply_due - timedelta(seconds=1))
    assert operations.settle_finding(**settle, now=finding.reply_due).state == "escalated"


@pytest.mark.django_db(transaction=True)
def test_the_worker_repeats_a_run_from_its_package_and_names_the_first_difference(
    call, staff, published, now
):
    for _click in range(2):
        asked = operations.request_rerun(actor=staff.aurelio, run=published, now=now)
    call_command("work", once=True, quiet=True)
    asked.refresh_from_db()
    assert (Rerun.objects.count(), asked.done_at is not None, asked.difference) == (1, True, "")
    other = bytearray(bridge.opened(queries.package_bytes(published)))
    other[len(other) // 2] ^= 1
    assert bridge.first_difference(zlib.compress(bytes(other)))
    assert bridge.first_difference(b"nothing")


@pytest.mark.django_db(transaction=True)
def test_the_page_walks_the_nine_steps_in_a_fixed_number_of_queries(
    call, staff, published, now, client, django_assert_num_queries
):
    written(staff, call, now)
    with django_assert_num_queries(25):
        page = queries.audit_desk(staff.aurelio, call, folio="", ticket=bridge.ticket, now=now)
    assert [one.place for one in page.sample] == [1, 2, 3, 4, 5]
    assert page.seal_came_first
    client.force_login(staff.users["aurelio"])
    folio = page.sample[0].folio
    shown = client.get(reverse("allocation:audit", args=[call.code]), {"folio": folio}).text
    assert bridge.ticket(call.lottery_seed, folio)[:8] in shown
    for step in range(1, 10):
        assert f"{step}. " in shown
    client.force_login(staff.users["carla"])
    shown = client.get(reverse("allocation:audit", args=[call.code])).text
    assert "Escribir un hallazgo" not in shown
    assert "Enviar la respuesta" in client.get(reverse("allocation:audit_finding", args=[call.code, 1])).text
    call_bare = make.closed_call(now, code="RM30")
    client.force_login(staff.users["aurelio"])
    assert "Todavía no hay una corrida" in client.get(reverse("allocation:audit", args=[call_bare.code])).text
    assert (Run.objects.count(), AuditFinding.objects.count()) == (1, 1)
