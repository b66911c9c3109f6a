"""Applications on paper from a file: all become what is sent online, or nothing is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cauce.accounts.models import Consent, IdentityDocument, Person
from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent, Import
from cauce.calls import operations, queries
from cauce.calls.intake import read_applicants
from cauce.calls.models import Application, Call, Choice, ListVersion
from cauce.calls.rules import receipt_content
from cauce.calls.rules.filing import FilingRefused, Identity
from cauce.notices.models import Message
from tests.accounts import factories as accounts
from tests.allocation import factories as allocation
from tests.calls import factories
from tests.calls.drafts import draft, office, officer
from tests.calls.paper import BORN, FOREIGN, HEAD, NAMES, WRONG_DIGIT, curp, row

# ------------------------------------------------------------------ the file


@pytest.fixture
def open_call(db):
    """JR24, open at noon, with two posts of one seat and one of two; a file may name them 20-1 to 20-3."""
    call = factories.call(
        "JR24", max_choices=3, seat_classes=[{"key": "foreign", "label": "Extranjeras", "reverts_to": "open"}]
    )
    for at, seats in enumerate((1, 1, 2), start=1):
        factories.post(call, key=f"20-{at}", seats=seats)
    accounts.make_notice()
    return call


def as_file(*rows, head=HEAD, name="papel.csv"):
    return SimpleUploadedFile(name, "\n".join([head, *rows, ""]).encode())


def load(call, *rows, now, head=HEAD, reason="", consent_held=True):
    """Bring rows as the command does."""
    actor, data = Actor.system("test"), as_file(*rows, head=head).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(call, today=now.date()))
    taken = operations.receive_applicants(
        actor=actor, call=call, name="papel.csv", data=data, consent_held=consent_held, reason=reason, now=now,
        by_task=False,
    )  # fmt: skip
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    return operations.load_applicants(actor=actor, call=call, taken=taken, filings=filings, now=now)


def applied(call):
    """What everybody asks for, by first name."""
    return {
        each.person.given_names: [choice.post.key for choice in each.choices.order_by("rank")]
        for each in call.applications.select_related("person")
    }


@pytest.fixture
def outside(transactional_db):
    """Use cases are durable: they commit."""


@pytest.mark.usefixtures("outside")
def test_a_row_becomes_what_would_have_been_sent_online(open_call, now):
    foreign = row(NAMES[2], Grupos="foreign", Correo="D@x.mx", **FOREIGN)
    done = load(open_call, row(), foreign, now=now)
    assert (done.state, done.added, done.changed) == ("done", 2, 0)
    assert applied(open_call) == {"Citlali": ["20-2", "20-1"], "Dalia": ["20-2", "20-1"]}
    one, other = Application.objects.select_related("person", "paper").order_by("pk")
    assert (one.state, one.submitted_at, one.accepted_rules, one.version) == ("submitted", now, 1, 1)
    assert (one.merit, other.groups, one.person.birth_state, one.person.is_invented) == (
        ["91.25"],
        ["foreign"],
        "20",
        True,
    )
    assert (one.paper.file_digest, one.paper.row, other.paper.row, other.paper.email) == (
        done.digest,
        2,
        3,
        "d@x.mx",
    )
    assert "fila 2" in one.merit_source
    # Anybody can write the receipt's content again, as for a list that was sent online.
    version = one.versions.get()
    content = receipt_content(
        folio=one.folio, call="JR24", rules_digest=open_call.rules_digest, version=1, merit=["91.25"],
        posts=["20-2", "20-1"], sent_at=version.sent_at,
    )  # fmt: skip
    assert hashlib.sha256(content).hexdigest() == version.digest
    assert set(IdentityDocument.objects.values_list("kind", "country", "number")) == {
        ("curp", "MX", curp()), ("passport", "SV", "A1234567"),
    }  # fmt: skip
    assert not Consent.objects.exists()  # nobody has accepted the notice online
    counted = operations.count_demand(call=open_call, actor=Actor.system("test"), now=now)
    assert dict(counted.posts.values_list("key", "listed_first")) == {"20-1": 0, "20-2": 2, "20-3": 0}


@pytest.mark.usefixtures("outside")
def test_each_application_and_the_whole_load_are_in_the_audit_without_a_personal_value(open_call, now):
    done = load(open_call, row(RFC="GODE561231GR8"), row(NAMES[1]), now=now)
    events = AuditEvent.objects.filter(action="calls.load_applicants")
    whole = events.get(subject_model="base.Import").detail
    assert (whole["consent_held"], whole["applications"], whole["file"]) == (True, 2, done.digest)
    version = ListVersion.objects.order_by("pk").first()
    own = events.get(subject_model="calls.Application", subject_id=str(version.application_id)).detail
    assert own == {
        "version": 1, "digest": version.digest, "receipt": version.receipt, "file": done.digest, "rows": 2,
    }  # fmt: skip
    told = json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert not [word for word in (curp(), "Citlali", "GODE", "1995") if word in told]


@pytest.mark.usefixtures("outside")
def test_the_same_again_changes_nothing_and_something_else_is_refused(open_call, now):
    load(open_call, row(), now=now)
    again = load(open_call, row(), row(NAMES[1]), now=now)
    assert (again.added, again.facts["same"], Application.objects.count()) == (1, 1, 2)
    assert Person.objects.count() == 2
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(**{"Opción 2": "20-3"}), now=now)
    found = imports.Finding.of(Import.objects.order_by("-pk").first().findings[0])
    assert Application.objects.order_by("pk").first().folio in found.sentence
    # What was withdrawn does not count, so the same paper is not the same any more.
    Application.objects.update(state="withdrawn", withdrawn_at=now)
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(), now=now)


@pytest.mark.usefixtures("outside")
def test_who_applied_online_is_never_changed_and_who_is_known_keeps_their_person(open_call, now):
    mariana, bruno = (
        accounts.make_user(
            accounts.make_person(*names, birth_date=BORN, birth_state="20", sex="M")
        )
        for names in NAMES[:2]
    )  # fmt: skip
    for user in (mariana, bruno):
        accounts.make_curp(user.person, number=curp(NAMES[0] if user == mariana else NAMES[1]))
    mine = operations.start_application(call=open_call, actor=factories.actor(mariana), now=now)
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(), row(NAMES[1]), now=now)
    assert mine.folio in imports.Finding.of(Import.objects.get().findings[0]).sentence
    assert open_call.applications.get() == mine
    load(open_call, row(NAMES[1]), now=now)
    assert open_call.applications.get(person=bruno.person).state == "submitted"
    assert Person.objects.count() == 2
    letter = Message.objects.get(user=bruno)
    assert "20-2" not in letter.body
    assert open_call.contact in letter.body


@pytest.mark.usefixtures("outside")
def test_an_account_that_nobody_confirmed_gives_its_document_up(open_call, now):
    stranger = accounts.make_user(accounts.make_person("Inventado"), verified=False)
    accounts.make_curp(stranger.person, number=curp())
    load(open_call, row(), now=now)
    assert applied(open_call) == {"Citlali": ["20-2", "20-1"]}
    assert list(Person.objects.values_list("given_names", flat=True)) == ["Citlali"]


@pytest.mark.usefixtures("outside")
def test_somebody_who_applies_between_reading_and_loading_stops_the_load(open_call, now):
    data = as_file(row()).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(open_call, today=now.date()))
    load(open_call, row(**{"Opción 1": "20-3"}), now=now)
    actor = Actor.system("test")
    taken = operations.receive_applicants(
        actor=actor, call=open_call, name="x", data=data, consent_held=True, now=now, by_task=False
    )
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=open_call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    with pytest.raises(operations.ChangedMeanwhile):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=filings, now=now)
    # Nor may a list that the call does not take come in where the reading was passed by.
    strange = [
        replace(filings[0], identity=Identity("curp", "MX", curp(NAMES[1])), posts=(filings[0].posts[0],) * 2)
    ]
    with pytest.raises(operations.ListRefused):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=strange, now=now)
    # And whoever registers in the same instant is found by the database.
    twice = [replace(strange[0], posts=filings[0].posts)] * 2
    with pytest.raises(operations.ChangedMeanwhile):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=twice, now=now)
    assert Application.objects.count() == 1


@pytest.mark.usefixtures("outside")
def test_without_the_signed_consent_and_after_closing_without_a_reason_nothing_is_received(open_call, now):
    late = open_call.closes_at + timedelta(seconds=1)
    with pytest.raises(FilingRefused) as refused:
        load(open_call, row(), now=now, consent_held=False)
    assert refused.value.field == "consent_held"
    with pytest.raises(FilingRefused) as refused:
        load(open_call, row(), now=late, reason="  porque sí ")
    assert refused.value.field == "reason"
    assert (Import.objects.count(), AuditEvent.objects.count()) == (0, 0)
    reason = "Acuerdo 12/2024 del comité: entregadas en ventanilla el último día."
    assert load(open_call, row(), now=late, reason=reason).added == 1
    whole = AuditEvent.objects.get(action="calls.load_applicants", subject_model="base.Import").detail
    assert whole["reason"] == reason


@pytest.mark.usefixtures("outside")
def test_a_file_that_was_received_in_time_is_loaded_in_time_and_never_without_its_consent(open_call, now):
    actor, data = Actor.system("test"), as_file(row()).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(open_call, today=now.date()))
    taken = operations.receive_applicants(
        actor=actor, call=open_call, name="x", data=data, consent_held=True, now=now, by_task=False
    )
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=open_call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    facts = Import.objects.get().facts
    late = {
        "actor": actor,
        "call": open_call,
        "taken": taken,
        "filings": filings,
        "now": open_call.closes_at + timedelta(hours=1),
    }
    Import.objects.update(facts={**facts, "consent_held": False})
    with pytest.raises(FilingRefused):
        operations.load_applicants(**late)
    Import.objects.update(facts=facts)
    assert operations.load_applicants(**late).added == 1
    assert operations.load_applicants(**late).added == 1  # a load that was done changes nothing
    assert Application.objects.count() == 1


@pytest.mark.usefixtures("outside")
def test_only_who_manages_a_published_call_may_bring_them(open_call, now):
    def refused(actor, call):
        with pytest.raises(Denied):
            operations.receive_applicants(
                actor=actor, call=call, name="x", data=b"x", consent_held=True, now=now
            )

    refused(officer("auditor", None, "Aurelio"), open_call)
    refused(officer("call_manager", "ISSSTE", "Darío"), open_call)
    refused(officer(), draft("BORRADOR"))
    Call.objects.filter(pk=open_call.pk).update(results_published_at=now)
    refused(officer(), open_call)
    refused(Actor.system("test"), open_call)


@pytest.mark.usefixtures("outside")
def test_many_take_as_many_queries_as_few(open_call, now):
    def queries_for(people):
        rows = [
            row(CURP=curp(born=BORN + timedelta(days=at)), **{"Fecha de nacimiento": ""}) for at in people
        ]
        with CaptureQueriesContext(connection) as found:
            assert load(open_call, *rows, now=now).added == len(rows)
        return len(found)

    assert queries_for(range(50)) == queries_for(range(100, 103))


@pytest.mark.usefixtures("outside")
def test_those_of_a_file_get_the_places_that_their_merit_gives_them(now):
    """A round trip: typed in, frozen, allocated; then no list comes in any more."""
    call = allocation.closed_call(now, criteria=[factories.MARK])
    factories.CallSpecialty.objects.create(call=call, specialty=allocation.specialty(), tier="core")
    posts = allocation.posts(call, 1, 1)
    staff = allocation.people(call)
    wished = {"Especialidad": "Medicina interna", "Opción 1": posts[0].key, "Opción 2": posts[1].key}
    rows = [
        row(names, **{**wished, "Calificación de egreso": mark})
        for names, mark in zip(NAMES, ("80.00", "95.50", "95.49"), strict=False)
    ]
    reason = "Entregadas en ventanilla antes del cierre, según el acta 7."
    load(call, *rows, now=now, reason=reason)
    run = allocation.done_run(staff.carla, call, now)
    placed = {
        one.application.person.given_names: one.post and one.post.key
        for one in run.placements.select_related("application__person", "post")
    }
    assert placed == {"Bruno": posts[0].key, "Dalia": posts[1].key, "Citlali": None}
    with pytest.raises(Denied, match="congelaron"):
        load(call, row(NAMES[3], **wished), now=now, reason=reason)


# ---------------------------------------------------------------- the page


@pytest.fixture
def brought(outside, open_call, client, at_noon):
    """Carla at her desk, and what sends a file, lets the worker read it and confirms it."""
    client.force_login(office())
    page = reverse("calls:import_applicants", args=["JR24"])

    def bring(*rows, confirm=True, **terms):
        sent = client.post(page, {"file": as_file(*rows), "consent_held": "on", **terms})
        assert sent.status_code == 302, sent.content.decode()
        call_command("work", once=True, quiet=True)
        if confirm:
            digest = imports.pending("applicants", "JR24").digest
            client.post(reverse("calls:import_applicants_confirm", args=["JR24"]), {"digest": digest})
            call_command("work", once=True, quiet=True)
        return Import.objects.order_by("-pk").first()

    return SimpleNamespace(
        call=open_call,
        bring=bring,
        address=page,
        clock=at_noon,
        page=lambda: client.get(page).content.decode(),
    )


def test_a_file_is_read_dry_then_loaded_whole_from_its_page(brought, client):
    desk = client.get(reverse("calls:desk_applications", args=["JR24"])).content.decode()
    assert brought.address in desk
    assert "Todavía no se ha cargado ningún archivo" in brought.page()
    taken = brought.bring(row(), row(NAMES[1]), confirm=False)
    assert "Se puede cargar" in brought.page()
    assert (taken.faults, Application.objects.count(), Person.objects.count()) == (0, 0, 0)
    done = brought.bring(row(), row(NAMES[1]))
    assert (done.state, done.added, done.data, Application.objects.count()) == ("done", 2, None, 2)
    assert Choice.objects.count() == 4
    asked = AuditEvent.objects.get(action="calls.load_applicants", subject_model="base.Import").detail[
        "asked_by"
    ]
    assert asked == f"user:{office().pk}"


def test_a_faulty_file_loads_nobody_and_its_report_marks_the_cells(brought, client):
    taken = brought.bring(row(), row(NAMES[1], CURP=WRONG_DIGIT), confirm=False)
    assert [(each["row"], each["column"]) for each in taken.findings] == [(3, "CURP")]
    assert "informe.xlsx" in brought.page()
    report = reverse("calls:import_applicants_report", args=["JR24"])
    assert client.get(report).content[:2] == b"PK"
    client.post(reverse("calls:import_applicants_confirm", args=["JR24"]), {"digest": taken.digest})
    assert Application.objects.count() == 0
    client.post(reverse("calls:import_applicants_drop", args=["JR24"]))
    assert (Import.objects.get().data, Import.objects.get().findings) == (None, [])


def test_the_page_asks_for_the_consent_and_after_closing_for_the_reason(brought, client):
    bare = client.post(brought.address, {"file": as_file(row())})
    assert (bare.status_code, Import.objects.count()) == (422, 0)
    assert "consentimiento firmado" in bare.content.decode()
    assert 'name="reason"' not in brought.page()
    brought.clock["now"] = brought.call.closes_at + timedelta(hours=1)
    assert 'name="reason"' in brought.page()
    late = client.post(brought.address, {"file": as_file(row()), "consent_held": "on"})
    assert (late.status_code, Import.objects.count()) == (422, 0)
    assert brought.bring(row(), reason="Acuerdo 12/2024 del comité.").added == 1


def test_when_no_more_come_in_the_page_says_why_instead_of_asking(brought):
    Call.objects.filter(pk=brought.call.pk).update(results_published_at=brought.clock["now"])
    assert "congelaron" in brought.page()
    assert '<form method="post" action="' + brought.address not in brought.page()


def test_the_command_reads_dry_and_loads_with_the_consent(brought, tmp_path):
    path = tmp_path / "papel.csv"
    path.write_bytes(as_file(row(), row(NAMES[1])).read())
    call_command("import_applicants", "JR24", path)
    assert (Application.objects.count(), AuditEvent.objects.count()) == (0, 0)
    with pytest.raises(CommandError, match="consentimiento"):
        call_command("import_applicants", "JR24", path, apply=True)
    with pytest.raises(CommandError, match="NADA"):
        call_command("import_applicants", "NADA", path)
    call_command("import_applicants", "JR24", path, apply=True, consent_held=True)
    assert Application.objects.count() == 2
