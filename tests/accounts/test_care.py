"""Rights with their clocks, duplicates with four eyes, a lost e-mail."""

from __future__ import annotations

import time
from datetime import date, timedelta
from random import Random

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from cauce.accounts import operations, queries, rules
from cauce.accounts.models import (
    AccountRecovery,
    Consent,
    DataRequest,
    DataRequestState,
    IdentityDocument,
    MergeState,
    Person,
    PersonMerge,
    RecoveryState,
    Right,
)
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.base import files, workdays
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent, StoredFile
from cauce.notices.models import Message
from tests.accounts.factories import (
    make_applicant,
    make_curp,
    make_notice,
    make_officer,
    make_person,
    make_user,
)
from tests.calls import factories as calls
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "cauce.notices.tasks.Outbox"


@pytest.fixture
def pilar():
    return actor_for(make_officer(Role.PRIVACY_OFFICER))


@pytest.fixture
def paula():
    return actor_for(make_officer(Role.PRIVACY_OFFICER))


@pytest.fixture
def mariana(outbox):
    user = make_applicant(email="mariana@ejemplo.mx")
    make_curp(user.person)
    return user


# -------------------------------------------------------------------- rights


def ask(user, right=Right.ACCESS, text="", now=NOON):
    return operations.ask_right(right=right, text=text, actor=actor_for(user), now=now)


def grant(request, office, now=NOON):
    return operations.answer_request(
        folio=request.folio, is_granted=True, answer="Sí.", actor=office, now=now
    )


def test_a_request_has_a_folio_and_the_clock_of_the_law_and_is_asked_once(mariana):
    first, again = ask(mariana), ask(mariana)
    assert first == again
    # 20 working days after Saturday 10 February 2024; Monday 18 March rests only later.
    assert workdays.last_day(first.due_at) == date(2024, 3, 8)
    letter = Message.objects.get()
    assert (letter.user, first.folio in letter.title) == (mariana, True)
    with pytest.raises(operations.RequestRefused):
        ask(mariana, Right.OPPOSITION, " ")


def test_an_answer_has_reasons_and_starts_the_second_clock(mariana, pilar):
    request = ask(mariana)
    with pytest.raises(Denied):
        operations.answer_request(
            folio=request.folio, is_granted=True, answer="Sí.", actor=actor_for(mariana), now=NOON
        )
    with pytest.raises(operations.RequestRefused):
        operations.answer_request(folio=request.folio, is_granted=False, answer=" ", actor=pilar, now=NOON)
    request = grant(request, pilar)
    assert (request.state, workdays.last_day(request.effect_due_at)) == (
        DataRequestState.GRANTED,
        date(2024, 3, 1),
    )
    with pytest.raises(Denied):
        operations.withdraw_request(folio=request.folio, actor=actor_for(mariana), now=NOON)
    for _again in range(2):
        request = operations.fulfil_request(folio=request.folio, actor=pilar, now=NOON)
    assert request.state == DataRequestState.DONE
    assert Message.objects.count() == 3


def test_the_clock_is_extended_once_and_in_time(mariana, pilar):
    request = ask(mariana)
    later = operations.extend_request(folio=request.folio, reason="Archivo en papel.", actor=pilar, now=NOON)
    assert workdays.last_day(later.due_at) == date(2024, 3, 25)  # over Monday 18 March, a day of rest
    with pytest.raises(Denied, match="una vez"):
        operations.extend_request(folio=request.folio, reason="Otra.", actor=pilar, now=NOON)
    late = ask(mariana, Right.RECTIFICATION, "Mi segundo apellido")
    with pytest.raises(Denied, match="venció"):
        operations.extend_request(folio=late.folio, reason="X", actor=pilar, now=late.due_at)
    page = queries.care_page(pilar, now=late.due_at)
    assert (page.live, page.late, page.rows[0].is_late) == (2, 1, True)


def test_what_is_withdrawn_stays_so_and_is_only_ones_own(mariana, pilar):
    request = ask(mariana)
    with pytest.raises(operations.NoSuchRequest):
        operations.withdraw_request(folio=request.folio, actor=actor_for(make_applicant("Bruno")), now=NOON)
    for _again in range(2):
        operations.withdraw_request(folio=request.folio, actor=actor_for(mariana), now=NOON)
    with pytest.raises(Denied):
        grant(request, pilar)


@pytest.mark.parametrize("has_applied", [True, False])
def test_a_cancellation_erases_what_nothing_obliges_to_keep(has_applied, mariana, pilar):
    person = mariana.person
    Person.objects.filter(pk=person.pk).update(phone="9991234567")
    if has_applied:
        calls.application(calls.call(), person, state="submitted", submitted_at=NOON)
    request = grant(ask(mariana, Right.CANCELLATION), pilar)
    operations.fulfil_request(folio=request.folio, actor=pilar, now=NOON)
    person.refresh_from_db()
    mariana.refresh_from_db()
    assert (mariana.is_active, mariana.has_usable_password(), person.phone) == (False, False, "")
    assert not EmailAddress.objects.filter(user=mariana).exists()
    assert (person.given_names == "Mariana") == has_applied
    assert IdentityDocument.objects.filter(person=person).exists() == has_applied
    # Only what still has to leave is kept, and it is in nobody's inbox.
    assert set(Message.objects.values_list("user", flat=True)) == {None}
    told = str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert "mariana" not in told.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        {"right": "fame"},
        {"state": "denied"},
        {"state": "done"},
        {"extended_at": NOON},
        {"answered_at": NOON},
    ],
)
def test_the_database_keeps_requests_whole(wrong, mariana):
    ask(mariana)
    row = {"person": mariana.person, "folio": "X", "right": "opposition", "asked_at": NOON, "due_at": NOON}
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.create(**row | wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.create(**row | {"right": "access"})  # one is under way


# ---------------------------------------------------------------- duplicates

TWIN = date(1990, 1, 1)


@pytest.mark.once
@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (("ANA LOPEZ", "LOXA900101MDFXXN01"), ("ANA LOPEZ", ""), "same_name"),
        (("ANA LOPEZ", "LOXA900101MDFXXN01"), ("ANNA LOPEZ", "LOXA900101MDFXXN19"), "same_root"),
        (("ANA LOPEZ", ""), ("ANA LOPES", ""), "near_name"),
        (("ANA LOPEZ", "LOXA900101MDFXXN01"), ("EVA LOPEZ", "LOXE900101MDFXXV08"), ""),
        (("ANA LOPEZ", ""), ("LUIS PEREZ", ""), ""),
    ],
)
def test_what_makes_two_people_alike(one, other, why):
    a, b = (rules.Known(n, name, TWIN, curp) for n, (name, curp) in enumerate((one, other)))
    assert [found for *_pair, found in rules.likely([a, b])] == ([why] if why else [])
    elsewhere = rules.Known(9, other[0], date(1990, 1, 2), other[1])
    assert list(rules.likely([a, elsewhere])) == []


def twins(**values):
    one = make_person("Josefina Ñ", birth_date=TWIN)
    other = make_person("JOSÉFINA  ñ", birth_date=TWIN, **values)
    return one, other


def test_the_list_is_read_in_a_fixed_number_of_queries_and_generic_curps_say_nothing(
    django_assert_num_queries,
):
    one, other = twins()
    generic = "XEXX010101MNEXXXA8"
    for given in ("Ana María", "Rosa Elvira"):
        make_curp(make_person(given, "Otra", "Cosa", birth_date=TWIN), is_generic=True, number=generic)
    with django_assert_num_queries(2):
        page = queries.duplicates_page()
    assert [(pair.one.id, pair.other.id) for pair in page.pairs] == [(one.pk, other.pk)]
    operations.tell_apart(
        one_id=other.pk, other_id=one.pk, reason="Gemelas.", actor=actor_for(make_officer(Role.PRIVACY_OFFICER)),
        now=NOON,
    )  # fmt: skip
    assert queries.duplicates_page().total == 0


GIVEN = ("Mariana", "Bruno", "Citlali", "Efraín", "José Luis", "María Fernanda", "Ana Sofía", "Juan Carlos")
SURNAMES = (
    "Xool",
    "Paz",
    "Huitrón",
    "Ochoa",
    "Kumul",
    "Núñez",
    "Zárate",
    "Pech",
    "Hernández",
    "García",
    "López",
)


@pytest.mark.scale
def test_the_list_of_sixty_thousand_people_is_read_in_two_queries(django_assert_num_queries):
    one, other = twins()
    drawn = Random(7)
    people = Person.objects.bulk_create(
        (
            Person(
                given_names=drawn.choice(GIVEN), first_surname=drawn.choice(SURNAMES),
                second_surname=drawn.choice(SURNAMES), sex="M", birth_state="20", created_at=NOON,
                birth_date=date(1985, 1, 1) + timedelta(days=drawn.randrange(4_500)),
            )
            for _number in range(60_000)
        ),
        batch_size=5000,
    )  # fmt: skip
    with_curp = [(at, person) for at, person in enumerate(people) if at % 20]  # the others come from abroad
    IdentityDocument.objects.bulk_create(
        (
            IdentityDocument(
                person=person, kind="curp",
                number=f"{person.first_surname[:2]}{person.second_surname[0]}{person.given_names[0]}"
                f"{person.birth_date:%y%m%d}{at:08X}".upper(),
            )
            for at, person in with_curp
        ),
        batch_size=5000,
    )  # fmt: skip
    started = time.perf_counter()
    with django_assert_num_queries(2):
        page = queries.duplicates_page()
    print(f"{page.people:,} people compared in {time.perf_counter() - started:.1f} s")
    assert page.people == 60_002
    assert (page.pairs[0].one.id, page.pairs[0].other.id) == (one.pk, other.pk)
    assert 1 < page.total < 1_000


def propose(kept, gone, actor):
    return operations.propose_merge(
        kept_id=kept.pk, gone_id=gone.pk, reason="Mismo pasaporte a la vista.", actor=actor, now=NOON
    )


def test_a_merge_needs_four_eyes_moves_everything_and_can_be_undone(pilar, paula):
    one, other = twins()
    kept_user, gone_user = make_user(one), make_user(other)
    make_curp(one)
    make_curp(other, number="XXXX900101MDFXXN19")
    IdentityDocument.objects.create(person=other, kind="passport", country="SV", number="A1")
    notice = make_notice()
    Consent.objects.create(person=other, notice=notice, at=NOON)
    application = calls.application(calls.call(), other)
    merge = propose(one, other, pilar)
    assert propose(one, other, pilar) == merge
    with pytest.raises(Denied, match="propusiste"):
        operations.confirm_merge(merge_id=merge.pk, actor=pilar, now=NOON)
    for _again in range(2):
        operations.confirm_merge(merge_id=merge.pk, actor=paula, now=NOON)
    application.refresh_from_db()
    gone_user.refresh_from_db()
    other.refresh_from_db()
    assert (application.person, other.merged_into) == (one, one)
    assert (gone_user.is_active, gone_user.person) == (False, other)
    kinds = IdentityDocument.objects.filter(person=one).values_list("kind", flat=True)
    assert sorted(kinds) == ["curp", "passport"]  # the second CURP stays with the tombstone
    assert IdentityDocument.objects.get(person=other).kind == "curp"
    page = queries.pair_page(paula, one.pk, other.pk, language="es-mx", now=NOON)
    for side in page.sides:  # both keep their history
        assert "Unió a dos personas que eran una" in [words for _at, words, _facts in side.events]
    late = NOON + rules.UNDO_WITHIN + timedelta(seconds=1)
    with pytest.raises(Denied, match="30 días"):
        operations.undo_merge(merge_id=merge.pk, actor=pilar, now=late)
    for _again in range(2):
        operations.undo_merge(merge_id=merge.pk, actor=pilar, now=NOON)
    application.refresh_from_db()
    gone_user.refresh_from_db()
    assert (application.person, gone_user.is_active) == (other, True)
    assert IdentityDocument.objects.filter(person=other).count() == 2
    assert Consent.objects.get().person == other
    assert Person.objects.get(pk=other.pk).merged_into is None
    assert kept_user.is_active


def test_two_applications_to_one_call_refuse_the_merge_whole(pilar, paula):
    one, other = twins()
    call = calls.call()
    for person in (one, other):
        calls.application(call, person)
    licence = IdentityDocument.objects.create(person=other, kind="passport", country="SV", number="A1")
    merge = propose(one, other, pilar)
    with pytest.raises(operations.MergeConflict) as refused:
        operations.confirm_merge(merge_id=merge.pk, actor=paula, now=NOON)
    assert refused.value.remedy
    licence.refresh_from_db()
    merge.refresh_from_db()
    assert (licence.person, merge.state) == (other, MergeState.PROPOSED)


def test_nobody_is_merged_twice_nor_with_themselves(pilar):
    one, other = twins()
    third = make_person("Josefina", birth_date=TWIN)
    propose(one, other, pilar)
    for kept, gone in ((third, other), (other, third), (one, one)):
        with pytest.raises(operations.MergeRefused):
            propose(kept, gone, pilar)
    row = {"kept": third, "gone": one, "reason": "x", "proposed_by_id": pilar.user_id, "proposed_at": NOON}
    for wrong in ({"kept": one}, {"gone": other}, {"reason": ""}, {"state": "done"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PersonMerge.objects.create(**row | wrong)


# ------------------------------------------------------------------ recovery


@pytest.fixture
def proof():
    return files.Examined(b"\xff\xd8 a picture", files.JPEG)


@pytest.fixture(autouse=True)
def stored(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "files": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    }


def recover(user, proof, email="nueva@ejemplo.mx", curp=None):
    number = curp or IdentityDocument.objects.get(person=user.person, kind="curp").number
    return operations.ask_recovery(curp=number, new_email=email, proof=proof, actor=Actor.nobody(), now=NOON)


def secret_of_letter():
    body = Message.objects.get(title__contains="cambiar el correo").body
    return body.split("/recuperar/detener/")[1].split("/")[0]


def test_a_lost_address_is_changed_after_a_wait_and_ends_every_session(mariana, proof, pilar, client):
    client.force_login(mariana)
    assert client.get("/mi/datos/").status_code == 200
    recovery = recover(mariana, proof)
    with pytest.raises(Denied, match="espera"):
        operations.complete_recovery(recovery_id=recovery.pk, actor=pilar, now=NOON)
    ripe = recovery.waits_until
    assert workdays.last_day(ripe) == date(2024, 2, 14)
    for _again in range(2):
        operations.complete_recovery(recovery_id=recovery.pk, actor=pilar, now=ripe)
    mariana.refresh_from_db()
    assert (mariana.email, mariana.has_usable_password()) == ("nueva@ejemplo.mx", False)
    assert EmailAddress.objects.get(user=mariana).verified is False
    assert client.get("/mi/datos/").status_code == 302  # signed out everywhere
    addresses = Message.objects.order_by("pk").values_list("address", flat=True)
    assert list(addresses) == ["mariana@ejemplo.mx", "mariana@ejemplo.mx", "nueva@ejemplo.mx"]
    with pytest.raises(operations.NoSuchRecovery):
        operations.stop_recovery(secret=secret_of_letter(), actor=Actor.nobody(), now=ripe)


def test_whoever_reads_the_old_address_stops_it(mariana, proof, pilar, client):
    recovery = recover(mariana, proof)
    url = f"/recuperar/detener/{secret_of_letter()}/"
    assert client.get(url).status_code == 200
    assert AccountRecovery.objects.get().state == RecoveryState.ASKED  # a scanner of links stops nothing
    client.post(url)
    with pytest.raises(Denied):
        operations.complete_recovery(recovery_id=recovery.pk, actor=pilar, now=recovery.waits_until)


def test_nobody_learns_who_has_an_account(mariana, proof):
    other = make_applicant("Bruno", email="bruno@ejemplo.mx")
    unknown = "XOCM960417MYNLCR05"
    for asked in (
        recover(
            mariana,
            proof,
            curp=rules.read_curp(make_curp(make_person("Sin cuenta", birth_state="09")).number).number,
        ),
        recover(mariana, proof, email=other.email),
    ):
        assert isinstance(asked, StoredFile), unknown
    assert not AccountRecovery.objects.exists()
    assert isinstance(recover(mariana, proof), AccountRecovery)
    assert isinstance(recover(mariana, proof, email="otra@ejemplo.mx"), StoredFile)
    assert AccountRecovery.objects.count() == 1


def test_an_office_refuses_with_a_reason(mariana, proof, pilar):
    recovery = recover(mariana, proof)
    with pytest.raises(operations.RecoveryRefused):
        operations.refuse_recovery(recovery_id=recovery.pk, reason=" ", actor=pilar, now=NOON)
    operations.refuse_recovery(recovery_id=recovery.pk, reason="Otra fecha.", actor=pilar, now=NOON)
    row = AccountRecovery.objects.get()
    assert row.state == RecoveryState.REFUSED
    for wrong in ({"waits_until": row.asked_at}, {"state": "done", "decided_at": row.asked_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AccountRecovery.objects.filter(pk=row.pk).update(**wrong)


# --------------------------------------------------------------------- pages


def test_a_person_asks_and_the_office_answers_on_screen(mariana, client):
    client.force_login(mariana)
    client.post("/mi/datos/derechos/", {"right": "rectification", "text": "Mi apellido es Xool Cocom"})
    folio = DataRequest.objects.get().folio
    assert folio in client.get("/mi/datos/derechos/").content.decode()
    office = make_officer(Role.PRIVACY_OFFICER)
    client.force_login(office)
    assert folio in client.get("/personas/").content.decode()
    page = f"/personas/solicitudes/{folio}/"
    assert client.post(page, {"deed": "grant", "words": ""}).status_code == 200
    assert client.post(page, {"deed": "grant", "words": "Corregido."}).status_code == 302
    assert client.post(page, {"deed": "done"}).status_code == 302
    client.force_login(mariana)
    assert "Corregido." in client.get("/mi/datos/derechos/").content.decode()


def test_a_pair_is_decided_on_screen(client):
    one, other = twins()
    for role, deed in ((Role.PRIVACY_OFFICER, "keep_first"), (Role.PRIVACY_OFFICER, "confirm")):
        client.force_login(make_officer(role))
        page = f"/personas/repetidas/{one.pk}/{other.pk}/"
        assert client.get(page).status_code == 200
        assert client.post(page, {"deed": deed, "reason": "La misma."}).status_code == 302
    assert Person.objects.get(pk=other.pk).merged_into == one
    assert client.get("/personas/repetidas/").status_code == 200
