"""The auditor's desk: what it walks through, findings with replies, the opinion, a run repeated by the worker."""

from __future__ import annotations

import hashlib
import zlib
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from cauce.accounts.models import PersonMerge
from cauce.allocation import bridge, queries
from cauce.allocation.models import (
    AuditFinding,
    AuditOpinion,
    Claim,
    LiveChoice,
    LiveCorrection,
    LiveEntry,
    LiveTurn,
    Offer,
    Release,
    Rerun,
    Run,
    Seat,
)
from cauce.allocation.operations import audit as operations
from cauce.allocation.rules import audit as rules
from cauce.base.errors import Denied, Refused
from cauce.calls.models import OutageExtension, PaperApplication, Review, ReviewCase
from cauce.notices.models import Message
from tests.allocation import factories as make

QUERIES = 36  # whatever there is of anything
WITH_A_RUN = 15
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


def out_of_the_ordinary(call, staff, lists, now):
    """One of everything that somebody may decide about a person, all about the third."""
    hers, post = lists.applications[2], lists.posts[0]
    carla, sofia = staff.users["carla"], staff.users["sofia"]
    case = ReviewCase.objects.create(
        application=hers, call=call, state="excluded", queued_at=now, decided_at=now
    )
    for stage, who in (("first", carla), ("signature", sofia)):
        Review.objects.create(
            case=case, round=1, stage=stage, reviewer=who, finding="exclude", queued_at=now, claimed_at=now,
            decided_at=now,
        )  # fmt: skip
    release = Release.objects.get(call=call)
    Claim.objects.create(
        release=release, application=hers, kind="score", facts="f", asks="a", receipt="RM24-I-1", digest="0" * 64,
        lodged_at=now, state="upheld", upholds=True, merit=["81.000", "29"], proposed_by=carla, decided_by=sofia,
        decided_at=now,
    )  # fmt: skip
    session = LiveChoice.objects.create(
        call=call,
        mode="desks",
        state="open",
        seconds=60,
        requested_by=carla,
        requested_at=now,
        order_digest="x",
    )
    turn = LiveTurn.objects.create(
        session=session, application=hers, specialty=post.specialty, place=1, posts=[]
    )
    entry = LiveEntry.objects.create(
        session=session, number=1, turn=turn, post=post, how="desk", desk=4, by=carla, at=now, digest="x"
    )
    LiveCorrection.objects.create(
        entry=entry,
        session=session,
        specialty=post.specialty,
        reason="Otra plaza.",
        asked_by=carla,
        asked_at=now,
    )
    Offer.objects.create(
        release=release, application=hers, seat=Seat.objects.create(post=post, number=1), number="RM24-O-1", rank=1,
        state="declined", reason="housing", answered_at=now, starts_on=now.date(), document=b"%PDF",
        document_digest="0" * 64, issued_at=now, answer_by=now,
    )  # fmt: skip
    PaperApplication.objects.create(application=hers, file_digest="a" * 64, row=7, filed_at=now)
    PersonMerge.objects.create(
        kept=hers.person, gone=make.person("Otra"), reason="Gemelas no: la misma.", state="done", proposed_by=carla,
        decided_by=sofia, decided_at=now, proposed_at=now,
    )  # fmt: skip
    added = call.addenda.create(number=1, text="t", digest="0" * 64, published_at=now)
    OutageExtension.objects.create(
        call=call,
        addendum=added,
        base=now,
        lost_seconds=90,
        grace_seconds=0,
        closes_at=now + timedelta(seconds=90),
    )


@pytest.mark.django_db(transaction=True)
def test_the_page_walks_the_nine_steps_in_a_fixed_number_of_queries(
    call, staff, lists, published, now, client, django_assert_num_queries
):
    written(staff, call, now)
    out_of_the_ordinary(call, staff, lists, now)
    with django_assert_num_queries(QUERIES):
        page = queries.audit_desk(staff.aurelio, call, folio="", ticket=bridge.ticket, now=now)
    assert [one.place for one in page.sample] == [1, 2, 3, 4, 5]
    assert page.seal_came_first
    hers = [(one.about, one.words, one.who) for one in page.sample[2].decisions]
    assert hers == [
        ("Documentos: Revisión", "Excluir", f"revisión de documentos, cuenta {staff.carla.user_id}"),
        (
            "Documentos: Segunda firma de una exclusión",
            "Excluir",
            f"revisión de documentos, cuenta {staff.sofia.user_id}",
        ),
        (
            "Inconformidad RM24-I-1: Mi puntaje o un criterio del orden está mal",
            "Procede",
            "Carla Gestora, Sofía Firmante",
        ),
        ("Elección en vivo, línea 1: En mesa", "RM24-001, mesa 4", "Carla Gestora"),
        ("Oferta RM24-O-1", "Rechazada: La vivienda", ""),
    ]
    assert {one.kind: one.total for one in page.exceptions} == {
        "Inconformidades decididas": 1, "Puntajes corregidos": 1, "Publicaciones, y las que se deshicieron": 1,
        "Exclusiones, con sus dos firmas": 1, "Elecciones hechas en mesa": 1,
        "Correcciones de una elección en vivo": 1, "Solicitudes en papel o de oficina": 1, "Personas unidas": 1,
        "Interrupciones devueltas": 1,
    }  # fmt: skip
    corrected, excluded = page.exceptions[1].rows[0], page.exceptions[3].rows[0]
    assert corrected.words == "de 80.500 · 29 a 81.000 · 29"
    assert excluded.who.endswith(
        f"{staff.carla.user_id}, revisión de documentos, cuenta {staff.sofia.user_id}"
    )
    assert {row.event.action for row in page.acts} >= {"allocation.publish", "allocation.sign"}
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
    with django_assert_num_queries(QUERIES - WITH_A_RUN):
        queries.audit_desk(staff.aurelio, call_bare, folio="", ticket=bridge.ticket, now=now)
    client.force_login(staff.users["aurelio"])
    assert "Todavía no hay una corrida" in client.get(reverse("allocation:audit", args=[call_bare.code])).text
    assert (Run.objects.count(), AuditFinding.objects.count()) == (1, 1)
