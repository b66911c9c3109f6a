"""Registering without a CURP, in every country's way; the CURP that comes later; licences to practise."""

import re
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from cauce.accounts import operations, rules
from cauce.accounts.models import IdentityDocument, Person, ProfessionalLicence, User
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.notices.models import Message
from tests.accounts.factories import (
    PASSWORD,
    make_applicant,
    make_curp,
    make_notice,
    make_officer,
    make_person,
)

pytestmark = pytest.mark.django_db

NAMES = {"given_names": "Xiomara", "first_surname": "Menjívar", "second_surname": "Alas"}
BORN = date(1994, 7, 9)
FORM = {
    **NAMES, "country": "SV", "kind": "dui", "number": "04567890-3", "birth_date_0": "9", "birth_date_1": "7",
    "birth_date_2": "1994", "sex": "M", "curp": "", "licence": "", "email": "xiomara@ejemplo.sv", "phone": "",
    "password": PASSWORD, "notice_version": "1", "consent": "on",
}  # fmt: skip
FOLIO = re.compile(r"TMP-\w{4}-\w{4}")
PAGE = "/registro/sin-curp/"


def curp_of(serial=1, **values):
    return rules.compose_curp(
        **{**NAMES, "birth_date": BORN, "sex": "M", "birth_state": "", **values}, serial=serial
    )


CURP = curp_of()


@pytest.fixture(autouse=True)
def notice(settings):
    cache.clear()  # limits of attempts live there
    settings.EMAIL_BACKEND = "cauce.notices.tasks.Outbox"
    return make_notice()


def text(response):
    return response.content.decode()


def send(client, **values):
    return client.post(PAGE, {**FORM, **values}, follow=True)


def register(now, *, email="xiomara@ejemplo.sv", number="04567890-3", confirmed=True, **values):
    user = operations.register(
        **{**NAMES, **values}, email=email, password=PASSWORD, notice_version=1, actor=Actor.nobody(), now=now,
        foreign=operations.ForeignIdentity("SV", "dui", number, BORN, "M"),
    )  # fmt: skip
    EmailAddress.objects.filter(user=user).update(verified=confirmed)
    return user


@pytest.fixture
def xiomara(now):
    return register(now)


# -------------------------------------------------------------- registration


def test_the_country_comes_first_and_decides_what_is_asked(client):
    first = text(client.get(PAGE))
    assert 'name="pais"' in first
    assert 'name="number"' not in first
    assert first.index("El Salvador") < first.index(
        "Afganistán"
    )  # those whose documents are known need no scrolling
    salvador = text(client.get(PAGE, {"pais": "SV"}))
    for asked in ("DUI (Documento Único de Identidad), 00000000-0", "NIT (", "Pasaporte", "Número de JVPM"):
        assert asked in salvador
    france = text(client.get(PAGE, {"pais": "FR"}))
    assert "Número de pasaporte" in france
    assert 'type="hidden" name="kind" value="passport"' in france
    assert "Autoridad de tu licencia para ejercer" in france
    for wrong in ("MX", "XX", "<script>"):
        assert "Ese país no está en la lista" in text(client.get(PAGE, {"pais": wrong}))


def test_a_folio_is_issued_at_once_shown_and_written_in_the_letter(client):
    page = send(client)
    folio = IdentityDocument.objects.get(kind="folio").number
    assert FOLIO.findall(text(page)) == [folio]
    letter = Message.objects.get()
    assert folio in letter.body
    link = re.search(r"/cuenta/confirm-email/\S+", letter.body).group()
    assert folio in text(client.post(link, follow=True))
    person = Person.objects.get()
    assert (person.birth_date, person.sex, person.birth_state) == (BORN, "M", "")
    assert set(person.documents.values_list("kind", "country", "number", "doubt")) == {
        ("dui", "SV", "045678903", ""),
        ("folio", "MX", folio, ""),
    }


def test_a_doubtful_number_is_asked_about_once_and_the_doubt_is_kept(client):
    page = send(client, number="04567890-0")
    assert "No pudimos confirmar este número de DUI." in text(page)
    assert 'value="04567890-0"' in text(page)
    assert not User.objects.exists()
    send(client, number="04567890-0", number_checked="on")
    assert IdentityDocument.objects.get(kind="dui").doubt == "digit"
    client.force_login(User.objects.get())
    assert "No pudimos confirmar este número de DUI." in text(client.get("/mi/datos/"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "nit", "number": "0614-050707-104-0"}, "o regístrate con tu pasaporte"),
        ({"kind": "passport", "number": "1234567890"}, "tiene de 5 a 9 letras y números"),
        ({"kind": "cedula"}, "Ese documento no es de ese país"),
        ({"kind": ""}, "Elige con qué documento te registras"),
        ({"licence": "A12"}, "El número de JVPM lleva solo números"),
        ({"birth_date_2": "2020"}, "menos de 18 años"),
        ({"given_names": "Ana 😀"}, "Un nombre no lleva"),
        ({"curp": CURP}, "regístrate con ella"),
        ({"consent": ""}, "hace falta que aceptes el aviso"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, values, said):
    page = send(client, **values)
    assert said in text(page)
    assert 'value="Menjívar"' in text(page)
    assert not User.objects.exists()


def test_a_generic_curp_and_a_licence_may_come_along(client):
    send(client, curp="XEXX010101MNEXXXA8", licence="jvpm 12345")
    person = Person.objects.get()
    assert person.documents.get(kind="curp").is_generic
    assert person.licences.values_list("country", "authority", "number").get() == ("SV", "JVPM", "12345")


def test_another_country_names_its_own_authority(client):
    france = {"country": "FR", "kind": "passport", "number": "12AB34567", "licence": "10003456789"}
    assert "Falta el nombre de la autoridad" in text(send(client, **france))
    send(client, **france, authority="Ordre des médecins")
    assert ProfessionalLicence.objects.get().authority == "Ordre des médecins"


def _main(page):
    main = text(page).split("<main")[1].split("</main>")[0]
    return FOLIO.sub("", re.sub(r'value="[A-Za-z0-9]{64}"', "", main))


def test_a_stranger_learns_nothing_of_who_is_registered(xiomara, client):
    """A free registration, one with a taken document and one with a taken address show the same, however often."""
    pages = {}
    for name, values in {
        "free": {"email": "a@ejemplo.sv", "number": "12345678-4"},
        "document": {"email": "b@ejemplo.sv"},
        "address": {"email": xiomara.email, "number": "99999999-4"},
    }.items():
        stranger = Client()
        first, second = send(stranger, **values), send(stranger, **values)
        assert FOLIO.findall(text(first)) == FOLIO.findall(text(second)), name
        pages[name] = _main(first).replace(values["email"], "")
        assert (first.status_code, first.redirect_chain) == (200, [("/cuenta/confirm-email/", 302)])
    assert pages["free"] == pages["document"] == pages["address"]
    assert Person.objects.count() == 2
    told = {one.address: one.title for one in Message.objects.all()}
    assert told["b@ejemplo.sv"] == "Ese documento ya tiene registro en Cauce"
    assert told[xiomara.email] == "Este correo ya tiene cuenta en Cauce"


def test_a_person_enrolled_on_paper_is_not_registered_again_over_their_document(now):
    person = make_person("Xiomara", birth_state="")
    IdentityDocument.objects.create(person=person, kind="dui", country="SV", number="045678903")
    with pytest.raises(operations.DocumentTaken):
        register(now)
    assert list(Person.objects.all()) == [person]


def test_the_same_number_of_two_countries_is_two_people(now):
    for i, country in enumerate(("HN", "GT")):
        operations.register(
            **NAMES, email=f"p{i}@ejemplo.mx", password=PASSWORD, notice_version=1, actor=Actor.nobody(), now=now,
            foreign=operations.ForeignIdentity(country, "passport", "A1234567", BORN, "M"),
        )  # fmt: skip
    assert Person.objects.count() == 2


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "folio", "country": "SV"},
        {"kind": "curp", "country": "SV"},
        {"kind": "dui", "country": "SV", "is_generic": True},
        {"kind": "curp", "number": "XEXX010101MNEXXXA8"},
        {"kind": "dui", "number": ""},
        {"kind": ""},
    ],
)
def test_the_database_refuses_what_no_document_is(values):
    person = make_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityDocument.objects.create(**{"person": person, "number": "1", **values})


# -------------------------------------------------------------- the CURP later


def link(user, now, curp=CURP, **values):
    return operations.link_curp(curp=curp, actor=actor_for(user), now=now, **values)


def test_a_curp_that_comes_later_is_linked_and_the_folio_stays(client, xiomara, now):
    client.force_login(xiomara)
    assert "/mi/datos/curp/" in text(client.get("/mi/datos/"))
    page = client.post("/mi/datos/curp/", {"curp": CURP.lower()}, follow=True)
    assert page.redirect_chain == [("/mi/datos/", 302)]
    assert "Tu CURP ya está en tu cuenta" in text(page)
    assert "Con él te registraste; ahora te identifica tu CURP." in text(page)
    assert "Fuera de México" in text(page)
    assert "/mi/datos/curp/" not in text(page)
    linked = xiomara.person.documents.get(kind="curp")
    assert linked.number == CURP
    assert linked.linked_at is not None
    assert xiomara.person.documents.filter(kind__in=["folio", "dui"]).count() == 2
    letter = Message.objects.get()
    assert letter.user == xiomara  # in the inbox too
    assert (letter.address, letter.title) == (xiomara.email, "Tu CURP ya está en tu cuenta de Cauce")
    assert CURP[-4:] in letter.body
    assert CURP not in letter.body
    event = AuditEvent.objects.get(action="accounts.link_curp")
    assert event.detail == {"document": linked.pk}
    assert "ya tiene tu CURP" in text(client.get("/mi/datos/curp/"))


def test_the_letter_is_in_the_readers_language(xiomara, now):
    User.objects.update(language="en")
    link(xiomara, now)
    assert Message.objects.get().title == "Your CURP is in your Cauce account now"


def test_the_same_curp_sent_twice_is_linked_once(xiomara, now):
    assert link(xiomara, now) == link(xiomara, now + timedelta(minutes=1))
    assert Message.objects.count() == 1
    with pytest.raises(Denied, match="ya tiene tu CURP"):
        link(xiomara, now, curp_of(2))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (CURP[:-1], "Tiene 17 caracteres"),
        (CURP[:-1] + str((int(CURP[-1]) + 1) % 10), "El último carácter no corresponde"),
        (
            curp_of(birth_date=date(1994, 9, 7)),
            "naciste el 7 de septiembre de 1994, y tu registro, el 9 de julio",
        ),
        (curp_of(sex="H"), "dice sexo hombre"),
        ("XEXX010101MNEXXXA8", "no identifica a nadie"),
    ],
)
def test_a_curp_that_is_not_theirs_is_refused_and_stays_to_be_corrected(client, xiomara, typed, said):
    client.force_login(xiomara)
    page = client.post("/mi/datos/curp/", {"curp": typed, "is_checked": "on"})
    assert said in text(page)
    assert f'value="{typed}"' in text(page)
    assert not xiomara.person.documents.filter(kind="curp").exists()


@pytest.mark.parametrize("values", [{"sex": "H"}, {"birth_date": date(1994, 7, 10)}])
def test_the_operation_itself_refuses_a_curp_that_is_not_theirs(xiomara, now, values):
    with pytest.raises(rules.CurpRefused, match="tu registro"):
        link(xiomara, now, curp_of(**values), is_checked=True)
    assert not xiomara.person.documents.filter(kind="curp").exists()


def test_a_birth_in_mexico_and_other_names_must_be_confirmed(client, xiomara, now):
    born_here = curp_of(birth_state="31", second_surname="Orellana")
    with pytest.raises(rules.CurpDoubtful):
        link(xiomara, now, born_here)
    client.force_login(xiomara)
    page = text(client.post("/mi/datos/curp/", {"curp": born_here}))
    assert "no corresponden a: segundo apellido" in page
    assert "naciste en México (Yucatán)" in page
    client.post("/mi/datos/curp/", {"curp": born_here, "is_checked": "on"})
    assert Person.objects.get(pk=xiomara.person_id).birth_state == "31"


@pytest.mark.parametrize(
    "make_other",
    [lambda: make_applicant("Irene", email="irene@ejemplo.mx").person, lambda: make_person("Irene")],
    ids=["account", "enrolled on paper"],
)
def test_a_curp_of_somebody_else_is_refused_without_saying_whose(client, xiomara, make_other):
    other = make_other()
    make_curp(other, number=CURP)
    client.force_login(xiomara)
    page = text(client.post("/mi/datos/curp/", {"curp": CURP}))
    assert "Esta CURP ya está en otro registro." in page
    assert not re.search("irene", page, re.IGNORECASE)
    assert not xiomara.person.documents.filter(kind="curp").exists()
    assert not AuditEvent.objects.filter(action="accounts.link_curp").exists()


def test_an_unconfirmed_registration_gives_the_curp_up(xiomara, now):
    operations.register(
        **NAMES,
        email="otra@ejemplo.sv",
        password=PASSWORD,
        curp=CURP,
        notice_version=1,
        actor=Actor.nobody(),
        now=now,
    )
    link(xiomara, now)
    assert list(User.objects.all()) == [xiomara]
    assert list(Person.objects.all()) == [xiomara.person]


def test_a_generic_curp_stays_beside_the_own_one(now):
    user = register(now, curp="XEXX010101MNEXXXA8")
    link(user, now)
    assert user.person.documents.filter(kind="curp").count() == 2


def test_who_has_no_folio_or_is_an_office_links_nothing(client, now):
    with pytest.raises(Denied, match="folio temporal"):
        link(make_applicant(), now)
    office = make_officer(Role.AUDITOR)
    with pytest.raises(Denied, match="oficina"):
        link(office, now)
    client.force_login(office)
    for page in ("/mi/datos/curp/", "/mi/datos/licencia/"):
        assert client.get(page).status_code == 404


def test_guessing_curps_is_slowed_down(client, xiomara):
    client.force_login(xiomara)
    codes = [client.post("/mi/datos/curp/", {"curp": "X"}).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


# ------------------------------------------------------------------ licences


def test_a_licence_is_told_shown_as_unverified_and_removed(client, xiomara):
    client.force_login(xiomara)
    assert "Ninguna: ni la cédula" in text(client.get("/mi/datos/"))
    asked = text(client.get("/mi/datos/licencia/"))
    assert "Número de JVPM" in asked  # the country of their own document
    day = {"issued_on_0": "1", "issued_on_1": "3", "issued_on_2": "2019"}
    client.post("/mi/datos/licencia/", {"country": "SV", "licence": "12345", **day})
    client.post("/mi/datos/licencia/", {"country": "MX", "licence": "1234567"})
    page = text(client.get("/mi/datos/"))
    assert page.count("Sin verificar") == 2
    assert (
        "Junta de Vigilancia de la Profesión Médica (JVPM), El Salvador. Expedida el 1 de marzo de 2019"
        in page
    )
    held = client.get("/mi/datos/todo.json").json()["accounts"]["licences"]
    assert [one["number"] for one in held] == ["12345", "1234567"]
    first = ProfessionalLicence.objects.earliest("pk")
    client.post(f"/mi/datos/licencia/{first.pk}/quitar/")
    assert ProfessionalLicence.objects.get().authority == "DGP"


def test_a_wrong_licence_stays_to_be_corrected(client, xiomara):
    client.force_login(xiomara)
    page = text(client.post("/mi/datos/licencia/", {"country": "HN", "authority": "", "licence": "CMH-01"}))
    assert "Falta este dato" in page
    assert 'value="CMH-01"' in page
    page = text(client.post("/mi/datos/licencia/", {"country": "SV", "licence": "CMH-01"}))
    assert "lleva solo números" in page
    future = {"issued_on_0": "1", "issued_on_1": "3", "issued_on_2": "2999"}
    page = text(client.post("/mi/datos/licencia/", {"country": "SV", "licence": "1", **future}))
    assert "ni después de hoy" in page
    assert "Ese país no está en la lista" in text(client.get("/mi/datos/licencia/", {"pais": "XX"}))
    assert not ProfessionalLicence.objects.exists()


def test_nobody_removes_the_licence_of_another(client, xiomara, now):
    told = operations.tell_licence(country="SV", number="12345", actor=actor_for(xiomara), now=now)
    client.force_login(make_applicant())
    client.post(f"/mi/datos/licencia/{told.pk}/quitar/")
    assert ProfessionalLicence.objects.get() == told


def test_licences_are_few_and_each_is_there_once(xiomara, now):
    actor = actor_for(xiomara)
    for number in range(rules.LICENCE_LIMIT):
        operations.tell_licence(country="SV", number=str(100 + number), actor=actor, now=now)
    again = operations.tell_licence(
        country="SV", number="100", issued_on=date(2019, 3, 1), actor=actor, now=now
    )
    assert again.issued_on == date(2019, 3, 1)
    assert ProfessionalLicence.objects.count() == rules.LICENCE_LIMIT
    with pytest.raises(Denied, match="lo más que cabe"):
        operations.tell_licence(country="MX", number="1234567", actor=actor, now=now)
    assert not mail.outbox  # everything that is written waits in the outbox
