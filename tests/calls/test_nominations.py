"""A partner institute proposes, two sign, the candidate answers by document, and the institute sees states and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction

from cauce.accounts.models import Person
from cauce.accounts.queries import actor_for
from cauce.allocation import bridge
from cauce.allocation.queries import lists as allocation_lists
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.calls import operations, queries
from cauce.calls.intake import read_nominations
from cauce.calls.models import Application, Call, Nomination, NominationVersion
from cauce.calls.operations import ProposalChanged
from cauce.calls.rules.design import Design
from cauce.calls.rules.nominations import NominationRefused, duplicate_problem
from cauce.notices.models import Message
from tests.accounts.factories import make_curp
from tests.calls import drafts, factories, partners
from tests.calls.partners import candidate


def test_a_duplicate_names_its_row_and_what_is_the_same():
    others = [(7, candidate(1))]
    assert duplicate_problem(candidate(2), others) == ("", "")
    field, words = duplicate_problem(replace(candidate(2), document_number="A00000001"), others)
    assert field == "document_number"
    assert "fila 7" in words
    field, words = duplicate_problem(
        replace(candidate(2), given_names="XIOMARA  B".replace("  ", " ")), others
    )
    assert field == "birth_date"
    assert "fila 7" in words
    field, _words = duplicate_problem(replace(candidate(2), staff_number="ISSS-1"), others)
    assert field == "staff_number"


@pytest.fixture
def world(db):
    return partners.call()


def test_the_officer_writes_orders_and_takes_out_until_the_closing(world, now):
    one, two, three = partners.add(world, now, 1, 2, 3)
    assert partners.add(world, now, 1) == [one], "the same sent twice is one"
    with pytest.raises(NominationRefused, match="fila 2"):
        operations.add_nomination(
            partner=world.partner,
            told=candidate(4, document_number="a-0000 0002"),
            actor=world.samuel,
            now=now,
        )
    order = [three.pk, one.pk, two.pk]
    operations.order_nominations(partner=world.partner, order=order, actor=world.samuel, now=now)
    operations.remove_nomination(nomination=one, actor=world.samuel, now=now)
    operations.remove_nomination(nomination=one, actor=world.samuel, now=now)
    assert list(world.partner.nominations.order_by("position").values_list("pk", "position")) == [
        (three.pk, 1), (two.pk, 2)
    ]  # fmt: skip
    with pytest.raises(ProposalChanged):
        operations.order_nominations(partner=world.partner, order=order, actor=world.samuel, now=now)
    changed = operations.change_nomination(nomination=two, told=candidate(5), actor=world.samuel, now=now)
    assert changed.document_number == "A00000005"
    late = world.partner.closes_at + timedelta(seconds=1)
    for refused in (
        lambda: operations.add_nomination(
            partner=world.partner, told=candidate(6), actor=world.samuel, now=late
        ),
        lambda: operations.remove_nomination(nomination=two, actor=world.samuel, now=late),
        lambda: partners.sign(world, late, world.samuel),
        lambda: operations.add_nomination(
            partner=world.partner,
            told=candidate(6),
            actor=drafts.officer("partner_officer", "CCSS", "Otro"),
            now=now,
        ),
    ):
        with pytest.raises(Denied):
            refused()


def test_a_proposal_holds_no_more_than_the_call_grants(world, now):
    partners.add(world, now, 1, 2, 3, 4, 5)
    with pytest.raises(NominationRefused, match="admite 5"):
        partners.add(world, now, 6)


def test_two_people_sign_the_same_bytes_and_only_then_letters_go_out_once(world, now, mailoutbox):
    inbox = partners.doctor(3)
    partners.add(world, now, 1)
    partners.sign(world, now, world.samuel)
    with pytest.raises(Denied, match="Ya firmaste"):
        partners.sign(world, now, world.samuel)
    assert not mailoutbox
    assert world.partner.version == 0
    partners.add(world, now, 2)  # what one has signed is no longer what stands there
    partners.sign(world, now, world.sara)
    assert world.partner.version == 0
    with pytest.raises(ProposalChanged):
        operations.sign_nominations(partner=world.partner, digest="0" * 64, actor=world.samuel, now=now)
    partners.sign(world, now, world.samuel)
    assert world.partner.version == 2
    assert [mail.to for mail in mailoutbox] == [["x1@isss.example"], ["x2@isss.example"]]
    assert not Message.objects.exists()
    with pytest.raises(Denied, match="no ha cambiado"):
        partners.sign(world, now, world.sara)
    authority = drafts.officer("second_signatory", "ISSS", "Autoridad")
    partners.add(world, now, 3)
    partners.sign(world, now, world.samuel, authority)
    assert len(mailoutbox) == 3, "nobody is written to twice"
    assert Message.objects.get().user == inbox, "who has that document finds it in their inbox too"
    assert NominationVersion.objects.count() == 3
    with pytest.raises(Denied):
        operations.add_nomination(partner=world.partner, told=candidate(4), actor=authority, now=now)


def test_who_has_a_letter_leaves_only_with_two_signatures_and_who_accepted_never(world, now):
    (_user, taken), = partners.accepted(world, now, 1)  # fmt: skip
    with pytest.raises(NominationRefused, match="aceptó"):
        operations.remove_nomination(nomination=taken, actor=world.samuel, now=now)
    (two,) = partners.add(world, now, 2)
    partners.sign(world, now)
    with pytest.raises(NominationRefused, match="carta"):
        operations.change_nomination(nomination=two, told=candidate(3), actor=world.samuel, now=now)
    operations.remove_nomination(nomination=two, actor=world.samuel, now=now)
    assert Nomination.objects.get(pk=two.pk).leaves
    partners.add(world, now, 2)  # corrected: written again beside the one that leaves
    partners.sign(world, now)
    assert not Nomination.objects.filter(pk=two.pk).exists()
    assert list(world.partner.nominations.order_by("position").values_list("position", flat=True)) == [1, 2]


def test_the_document_and_the_day_of_birth_bind_and_the_name_does_not(world, now):
    one, _two = partners.add(world, now, 1, 2)
    partners.sign(world, now)
    namesake = factories.user("Xiomara A")
    Person.objects.filter(pk=namesake.person_id).update(
        first_surname="Menjívar", second_surname="", birth_date=partners.BORN
    )
    with pytest.raises(Denied, match="otra persona"):
        operations.accept_nomination(nomination=one, actor=actor_for(namesake), now=now)
    assert queries.my_nomination(one.pk, actor_for(namesake), now=now) is None
    user = partners.doctor(1)
    Person.objects.filter(pk=user.person_id).update(birth_date=partners.BORN + timedelta(days=1))
    with pytest.raises(Denied, match="fecha de nacimiento"):
        operations.accept_nomination(nomination=one, actor=actor_for(user), now=now)
    Person.objects.filter(pk=user.person_id).update(birth_date=partners.BORN)
    for _twice in range(2):
        taken = operations.accept_nomination(nomination=one, actor=actor_for(user), now=now)
    application = Application.objects.get()
    assert taken.application == application
    assert (application.category, application.category_number, application.groups) == (
        "partner",
        "ISSS-1",
        ["isss"],
    )


def test_an_application_that_is_there_already_is_the_one_that_is_accepted_with(world, now):
    user = partners.doctor(1)
    sent = partners.send(user, world.call, [world.plain], now)
    assert Application.objects.get().category == "foreign"
    told = partners.add(world, now, 1)[0]
    assert "ya tiene una solicitud" in queries.likeness_doubt(world.call, candidate(1))
    Person.objects.filter(pk=user.person_id).update(
        given_names="Xiomara B", first_surname="Menjívar", second_surname=""
    )
    assert "otro documento" in queries.likeness_doubt(world.call, candidate(1, document_number="B1234567"))
    assert queries.likeness_doubt(world.call, candidate(3)) == ""
    partners.sign(world, now)
    taken = operations.accept_nomination(nomination=told, actor=actor_for(user), now=now)
    assert taken.application_id == sent.application_id


def test_who_declines_leaves_the_class_and_what_was_sent_no_longer_counts(world, now):
    (user, taken), = partners.accepted(world, now, 1)  # fmt: skip
    partners.send(user, world.call, [world.own, world.mexican], now)
    with pytest.raises(NominationRefused, match="por qué"):
        operations.decline_nomination(nomination=taken, reason=" ", actor=actor_for(user), now=now)
    for _twice in range(2):
        operations.decline_nomination(nomination=taken, reason="Me quedo.", actor=actor_for(user), now=now)
    application = Application.objects.get()
    assert (application.state, application.category, application.groups) == ("withdrawn", "", [])
    with pytest.raises(Denied):
        operations.restore(application=application, actor=actor_for(user), now=now)
    operations.choose_category(application=application, category="foreign", actor=actor_for(user), now=now)
    assert partners.send(user, world.call, [world.plain], now).receipt


def test_the_institute_sees_states_and_names_of_documents_and_no_scores(world, now):
    (user, _taken), = partners.accepted(world, now, 1)  # fmt: skip
    partners.add(world, now, 2)
    page = queries.partner_page(world.partner, world.samuel, now=now)
    assert [row.state[1] for row in page.rows] == ["Aceptó; falta que envíe su lista", "Sin firmar"]
    assert [(row.specialty, row.own, row.other) for row in page.seats] == [("Pediatría", 1, 1)]
    partners.send(user, world.call, [world.own], now, mark="91.25")
    world.call.requirements.create(key="title", position=1, name="Título", is_curable=False)
    row = queries.partner_page(world.partner, world.samuel, now=now).rows[0]
    assert (row.state[1], row.missing) == ("Solicitud enviada; faltan documentos", ["Título"])
    Call.objects.filter(pk=world.call.pk).update(results_published_at=now)
    world.partner.refresh_from_db()
    assert queries.partner_page(world.partner, world.samuel, now=now).rows[0].state[1] == "No obtuvo lugar"


def test_its_page_reads_the_same_however_many_candidates(world, now, django_assert_max_num_queries):
    partners.accepted(world, now, 1, 2, 3, 4)
    world.call.requirements.create(key="title", position=1, name="Título", is_curable=False)
    partner = queries.partners_visible_to(world.samuel).get()
    with django_assert_max_num_queries(10):
        queries.partner_page(partner, world.samuel, now=now)


def test_no_audit_event_of_a_proposal_says_who_it_is_about(world, now):
    partners.accepted(world, now, 1)
    said = str(list(AuditEvent.objects.filter(action__startswith="calls.").values_list("detail", flat=True)))
    for personal in ("Xiomara", "Menj", "A00000001", "x1@", "ISSS-1", "concurso"):
        assert personal not in said


@pytest.mark.once
def test_the_database_keeps_answers_whole_and_signatures_apart(world, now):
    (one,) = partners.add(world, now, 1)
    user = partners.doctor(1)
    for wrong in (
        {"answer": "accepted"},
        {"answer": "declined", "answered_at": now},
        {"staff_number": ""},
        {"position": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Nomination.objects.filter(pk=one.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        NominationVersion.objects.create(
            partner=world.partner, number=1, rows=[], digest="d", signed_by=user, signed_at=now, second_by=user,
            second_at=now,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        type(world.partner).objects.filter(pk=world.partner.pk).update(group="")
    with pytest.raises(ObjectDoesNotExist):
        queries.partner_with_number(0)


# ------------------------------------------------------------------ a file

_HEAD = "Número de personal,Nombre,Primer apellido,Fecha de nacimiento,Documento,Número de documento,Correo,Razón\n"


def row(number: int, **values) -> str:
    told = candidate(number, **values)
    return (
        f"{told.staff_number},{told.given_names},{told.first_surname},{told.birth_date:%d/%m/%Y},Pasaporte,"
        f"{told.document_number},{told.email},{told.reason}\n"
    )


def test_a_file_is_read_dry_names_row_and_column_and_is_loaded_whole(world, now):
    partners.add(world, now, 1)
    present = queries.candidates_of(world.partner)
    bad = (
        _HEAD
        + row(2)
        + row(3, document_number="A00000002")
        + row(4, document_number="?")
        + row(5, reason="Sí")
    )
    sheet, told = read_nominations(bad.encode(), world.partner, present, today=now.date())
    assert told == []
    assert [(one.row, one.column) for one in sheet.report.findings] == [
        (3, "número de documento"), (4, "número de documento"), (5, "razón"),
    ]  # fmt: skip
    good = (_HEAD + row(2) + row(1) + row(3)).encode()
    sheet, told = read_nominations(good, world.partner, present, today=now.date())
    assert (sheet.facts["new"], sheet.facts["same"]) == (2, 1)
    taken = operations.receive_nominations(
        actor=world.samuel, partner=world.partner, name="c.csv", data=good, now=now, by_task=False
    )
    taken.state = "loading"
    taken.save()
    for _twice in range(2):
        operations.load_nominations(
            actor=world.samuel, partner=world.partner, taken=taken, told=told, now=now
        )
    assert list(world.partner.nominations.order_by("position").values_list("staff_number", flat=True)) == [
        "ISSS-1", "ISSS-2", "ISSS-3",
    ]  # fmt: skip


# ------------------------------------------------------------------ one list, two countries


def solve(call):
    lists, offer = allocation_lists.sent_lists(call), allocation_lists.offered_posts(call)
    frozen = bridge.freeze(
        lists, offer, seed="5eed" * 16, commitment=bridge.engine.commitment_of("5eed" * 16), design=Design.of(call),
        tiers=allocation_lists.own_orders(call),
    )  # fmt: skip
    answer = bridge.solve(frozen, extra={})
    return {one.application: (one.post, one.seat_class) for one in bridge.placements(answer, lists, offer)}


@pytest.mark.slow
def test_a_candidate_gets_either_country_by_their_own_order_and_unused_seats_revert(world, now):
    (one, _n), (two, _m) = partners.accepted(world, now, 1, 2)
    home = partners.send(one, world.call, [world.own, world.mexican], now, mark="70").application_id
    away = partners.send(two, world.call, [world.mexican, world.own], now, mark="65").application_id
    other = factories.user("Mariana")
    Person.objects.filter(pk=other.person_id).update(birth_state="31")
    make_curp(other.person)
    best = partners.send(other, world.call, [world.mexican], now, mark="99").application_id
    assert solve(world.call) == {
        best: (world.mexican.pk, "open"), home: (world.own.pk, "isss"), away: (world.mexican.pk, "isss"),
    }  # fmt: skip
    operations.decline_nomination(nomination=_m, reason="Me quedo.", actor=actor_for(two), now=now)
    third = factories.user("Bruno")
    Person.objects.filter(pk=third.person_id).update(birth_state="20")
    make_curp(third.person)
    late = partners.send(third, world.call, [world.mexican], now, mark="61").application_id
    assert solve(world.call)[late][0] == world.mexican.pk, "the seat that no candidate took is open"


@pytest.mark.slow
def test_the_order_of_the_institute_decides_in_its_own_posts_and_merit_in_the_others(db, now):
    world = partners.call(mechanism="stable", post_orders="partner")
    (one, _n), (two, _m) = partners.accepted(world, now, 1, 2)
    first = partners.send(one, world.call, [world.own, world.mexican], now, mark="61").application_id
    better = partners.send(two, world.call, [world.own, world.mexican], now, mark="95").application_id
    assert solve(world.call) == {first: (world.own.pk, "isss"), better: (world.mexican.pk, "isss")}
    swapped = [_m.pk, _n.pk]
    operations.order_nominations(partner=world.partner, order=swapped, actor=world.samuel, now=now)
    assert solve(world.call)[first][0] == world.own.pk, "what is not signed does not count"
    partners.sign(world, now)
    assert solve(world.call)[better][0] == world.own.pk


def test_what_was_published_is_told_to_the_institute_and_no_more(world, now):
    (user, taken), = partners.accepted(world, now, 1)  # fmt: skip
    partners.send(user, world.call, [world.own], now)
    with pytest.raises(RuntimeError, match="needs a use case"):
        operations.record_outcomes(world.call, posts={})
    Nomination.objects.filter(pk=taken.pk).update(post=world.own)
    Call.objects.filter(pk=world.call.pk).update(results_published_at=now)
    world.partner.refresh_from_db()
    assert queries.partner_page(world.partner, world.samuel, now=now).rows[0].state == ("ok", "Obtuvo lugar")
