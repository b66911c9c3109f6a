"""Registration page by page, without a script; what a stranger learns; what each person sees of themselves."""

import json
import re
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from cauce.accounts import operations, rules
from cauce.accounts.models import IdentityDocument, Person, PrivacyNotice, User
from cauce.accounts.roles import Role
from cauce.base.actors import Actor
from cauce.notices.models import Message
from tests.accounts.factories import (
    PASSWORD,
    make_applicant,
    make_curp,
    make_notice,
    make_officer,
)

pytestmark = pytest.mark.django_db

NAMES = {"given_names": "Mariana", "first_surname": "Xool", "second_surname": "Cocom"}
CURP = rules.compose_curp(**NAMES, birth_date=date(1996, 4, 17), sex="M", birth_state="31")
FORM = {
    **NAMES, "email": "mariana@ejemplo.mx", "phone": "", "password": PASSWORD, "notice_version": "1",
    "consent": "on",
}  # fmt: skip
FOREIGN = {
    **FORM, "country": "SV", "kind": "passport", "number": "B0123456", "birth_date_0": "3", "birth_date_1": "2",
    "birth_date_2": "1994", "sex": "M", "curp": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def notice(settings):
    cache.clear()  # limits of attempts live there
    settings.EMAIL_BACKEND = "cauce.notices.tasks.Outbox"
    return make_notice()


def text(response):
    return response.content.decode()


def _link(letter):
    return re.search(r"/cuenta/confirm-email/\S+", letter.body).group()


def register(client, **values):
    client.post("/registro/", {"curp": CURP})
    return client.post("/registro/", {**FORM, **values}, follow=True)


def test_the_curp_fills_what_it_tells(client):
    page = client.post("/registro/", {"curp": CURP.lower()}, follow=True)
    assert page.redirect_chain == [("/registro/", 302)]
    for told in (CURP, "17 de abril de 1996", "Mujer", "Yucatán", "Breve."):
        assert told in text(page)
    assert 'name="birth_date' not in text(page)


def test_a_wrong_curp_stays_to_be_corrected(client):
    page = client.post("/registro/", {"curp": CURP[:-1]})
    assert "Tiene 17 caracteres; son 18. Suele faltar el último número." in text(page)
    assert f'value="{CURP[:-1]}"' in text(page)
    assert "registering_curp" not in client.session


def test_a_megabyte_is_no_curp_and_is_not_echoed(client):
    page = client.post("/registro/", {"curp": "Z" * 1_000_000})
    assert "mucho más largo que una CURP" in text(page)


def test_another_curp_can_be_typed(client):
    client.post("/registro/", {"curp": CURP})
    page = client.post("/registro/otra-curp/", follow=True)
    assert "Empieza por tu CURP" in text(page)


def test_registering_leads_to_the_letter_and_the_letter_to_the_passkey(client):
    page = register(client)
    assert "Confirma tu correo" in text(page)
    assert "mariana@ejemplo.mx" in text(page)
    user = User.objects.get()
    assert (user.person.birth_state, user.last_login) == ("31", None)
    letter = Message.objects.get()
    assert (letter.address, letter.user) == ("mariana@ejemplo.mx", None)
    link = _link(letter)
    assert client.get(link).status_code == 200
    assert EmailAddress.objects.get().verified is False  # reading a letter confirms nothing
    page = client.post(link, follow=True)
    assert page.redirect_chain[-1][0] == "/registro/llave/"
    assert "Crear mi llave" in text(page)
    assert EmailAddress.objects.get().verified is True
    assert "user:" not in text(page)


def test_who_came_to_apply_is_led_back_there_once_registered(client):
    wanted = "/convocatorias/JR24/postular/"
    page = client.get(f"/cuenta/signup/?next={wanted}", follow=True)
    assert page.redirect_chain == [("/registro/?next=" + quote(wanted, safe=""), 302)]
    assert f'href="/cuenta/login/?next={quote(wanted, safe="")}"' in text(page)
    register(client)
    page = client.post(_link(Message.objects.get()), follow=True)
    assert 'href="/registro/seguir/">Ahora no' in text(page)
    assert 'href="/registro/seguir/">Seguir con mi solicitud' in text(client.get(reverse("mfa_index")))
    answer = client.get("/registro/seguir/")
    assert (answer.status_code, answer["Location"]) == (302, wanted)
    assert client.get("/registro/seguir/")["Location"] == "/mi/"  # once
    assert client.get(f"/registro/?next={wanted}")["Location"] == wanted  # already inside


def test_a_letter_opened_in_another_browser_leads_where_one_was_going(client):
    wanted = "/convocatorias/JR24/postular/"
    client.get(f"/registro/?next={wanted}")
    register(client)
    phone = Client()
    link = _link(Message.objects.get())
    assert link.endswith(f"?next={wanted}")
    assert f'name="next" value="{wanted}"' in text(phone.get(link))
    answer = phone.post(link.split("?")[0], {"next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, wanted)
    assert EmailAddress.objects.get().verified is True
    away = phone.post(link.split("?")[0], {"next": "https://otro.example/"})
    assert "otro.example" not in away.get("Location", "")


@pytest.mark.parametrize(
    "bad", ["https://otro.example/", "//otro.example/", "javascript:alert(1)", "/" * 600 + "x"]
)
def test_registration_leads_to_no_other_site(client, bad):
    client.get("/registro/", {"next": bad})
    assert "registering_next" not in client.session


def test_a_double_click_is_one_registration_and_one_letter(client):
    first = register(client)
    second = register(client)
    assert _main(first) == _main(second)
    assert (User.objects.count(), Person.objects.count(), Message.objects.count()) == (1, 1, 1)


def _main(page):
    main = text(page).split("<main")[1].split("</main>")[0]
    return re.sub(r'value="[A-Za-z0-9]{64}"|TMP-\w{4}-\w{4}', "", main)


def test_a_taken_address_gets_the_same_page_and_its_owner_a_letter(client):
    owner = make_applicant("Bruno", email="bruno@ejemplo.mx")
    free = client.post(
        "/registro/sin-curp/", {**FOREIGN, "email": "libre@ejemplo.mx", "number": "B0000001"}, follow=True
    )
    stranger = Client()
    taken = stranger.post("/registro/sin-curp/", {**FOREIGN, "email": "Bruno@ejemplo.mx"}, follow=True)
    assert _main(taken).replace("bruno@", "libre@") == _main(free)
    assert free.status_code == taken.status_code == 200
    assert User.objects.filter(email="bruno@ejemplo.mx").get() == owner
    letter = Message.objects.get(address="bruno@ejemplo.mx")
    assert "/password/reset/" in letter.body
    assert (letter.template, letter.template_version) == ("accounts.account_already_exists", 1)
    again = stranger.post(reverse("account_email_verification_sent"), follow=True)
    assert "hace menos de tres minutos" in text(again)
    assert Message.objects.filter(address="bruno@ejemplo.mx").count() == 1


def test_a_taken_curp_is_told_with_its_remedy_and_no_address(client):
    owner = make_applicant(email="duena@ejemplo.mx")
    make_curp(owner.person)
    page = client.post("/registro/", {"curp": CURP})
    assert "Ya hay un registro con esta CURP" in text(page)
    assert "duena" not in text(page)


def test_the_letter_is_sent_again_only_after_a_pause(client):
    register(client)
    page = client.post(reverse("account_email_verification_sent"), follow=True)
    assert "hace menos de tres minutos" in text(page)
    cache.clear()
    page = client.post(reverse("account_email_verification_sent"), follow=True)
    assert "Enviamos un enlace de confirmación" in text(page)
    assert Message.objects.count() == 2


def test_names_that_disagree_with_the_curp_are_asked_about_once(client):
    page = register(client, second_surname="Canul")
    assert "no corresponden a: segundo apellido" in text(page)
    assert User.objects.count() == 0
    register(client, second_surname="Canul", names_checked="on")
    assert Person.objects.get().second_surname == "Canul"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"given_names": "Ana 😀"}, "Un nombre no lleva «😀»"),
        ({"given_names": "A" * 81}, "tiene 81 caracteres; caben 80"),
        ({"email": "mariana"}, "Le falta algo a este correo"),
        ({"password": "corta"}, "10 caracteres"),
        ({"phone": "12"}, "Un teléfono tiene 10 dígitos"),
        ({"consent": ""}, "hace falta que aceptes el aviso"),
        ({"notice_version": "9"}, "El aviso de privacidad cambió"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, values, said):
    page = register(client, names_checked="on", **values)
    assert said in text(page)
    assert 'value="Cocom"' in text(page)
    assert User.objects.count() == 0


def test_a_generic_curp_leads_to_the_passport(client):
    page = client.post("/registro/", {"curp": "XEXX010101MNEXXXA8"}, follow=True)
    assert page.redirect_chain[-1][0] == "/registro/sin-curp/"
    assert "no identifica a nadie" in text(page)


def test_a_foreigner_registers_alone_with_a_passport(client):
    page = client.post("/registro/sin-curp/", {**FOREIGN, "curp": "XEXX010101MNEXXXA8"}, follow=True)
    assert "Confirma tu correo" in text(page)
    kinds = set(IdentityDocument.objects.values_list("kind", "is_generic"))
    assert kinds == {("passport", False), ("folio", False), ("curp", True)}
    folio = IdentityDocument.objects.get(kind="folio").number
    assert folio in text(page)
    assert folio in Message.objects.get().body
    page = client.post(_link(Message.objects.get()), follow=True)
    assert folio in text(page)
    assert folio in text(client.get("/mi/datos/"))


def test_an_own_curp_is_not_lost_among_generics(client):
    page = client.post("/registro/sin-curp/", {**FOREIGN, "curp": CURP})
    assert "regístrate con ella" in text(page)


def test_a_session_that_forgot_the_curp_says_so(client):
    page = client.post("/registro/", FORM, follow=True)
    assert "la CURP se olvidó" in text(page)


def test_many_attempts_are_slowed_down(client):
    codes = [client.post("/registro/", {"curp": "X"}).status_code for _ in range(22)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_who_is_in_does_not_register_again(client):
    client.force_login(make_applicant())
    assert client.get("/registro/").status_code == 302
    assert client.get("/cuenta/signup/").url == "/registro/"


# ------------------------------------------------------------------- own data


@pytest.fixture
def mariana(now):
    user = operations.register(
        email="mariana@ejemplo.mx", password=PASSWORD, curp=CURP, notice_version=1, actor=Actor.nobody(), now=now,
        **NAMES,
    )  # fmt: skip
    EmailAddress.objects.update(verified=True)
    return user


def test_own_documents_show_four_characters(client, mariana):
    client.force_login(mariana)
    page = client.get("/mi/datos/")
    assert CURP[-4:] in text(page)
    assert CURP not in text(page)
    assert "Versión 1" in text(page)


def test_the_last_sign_in_is_told_in_the_time_of_the_demo(client, mariana, settings):
    client.force_login(mariana)
    mariana.refresh_from_db()
    settings.CLOCK_OFFSET = datetime(2024, 2, 14, 16, tzinfo=UTC) - mariana.last_login
    assert "14 de febrero de 2024, 10:00" in text(client.get("/mi/datos/"))
    held = json.loads(client.get("/mi/datos/todo.json").content)
    assert held["accounts"]["account"]["last_login"].startswith("2024-02-14T16:00")


@pytest.mark.parametrize("documents", [1, 3])
def test_own_data_take_a_fixed_number_of_queries(client, mariana, documents, django_assert_num_queries):
    for i in range(documents - 1):
        IdentityDocument.objects.create(
            person=mariana.person, kind="passport", country=f"A{i}", number=f"A{i}"
        )
    client.force_login(mariana)
    client.get("/mi/datos/")
    with django_assert_num_queries(12):  # session, user, actor (2), page (7), the count of the frame
        client.get("/mi/datos/")


def test_everything_held_comes_in_one_file(client, mariana):
    client.force_login(mariana)
    response = client.get("/mi/datos/todo.json")
    held = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment")
    assert held["accounts"]["person"]["first_surname"] == "Xool"
    assert held["accounts"]["documents"][0]["number"] == CURP
    assert held["notices"] == []
    assert PASSWORD not in text(response)
    assert mariana.password not in text(response)


def test_an_office_sees_its_data_too(client):
    client.force_login(make_officer(Role.AUDITOR, office_name="Aurelio"))
    page = client.get("/mi/datos/")
    assert "Auditoría" in text(page)
    assert json.loads(client.get("/mi/datos/todo.json").content)["accounts"]["person"] is None


@pytest.mark.parametrize("path", ["/mi/datos/", "/mi/datos/todo.json", "/registro/llave/"])
def test_nobody_is_asked_to_enter(client, path):
    assert client.get(path).url.startswith("/cuenta/login/")


# --------------------------------------------------------------------- public


def test_the_notice_is_public_in_every_version_and_language(client, now):
    make_notice(2)
    assert "Versión 2" in text(client.get("/privacidad/"))
    old = text(client.get("/privacidad/1/"))
    assert "Sustituida" in old
    assert client.get("/privacidad/3/").status_code == 404
    client.cookies["django_language"] = "en"
    assert "Complete." in text(client.get("/privacidad/"))


def test_without_a_notice_there_is_no_page(client):
    PrivacyNotice.objects.all().delete()
    assert client.get("/privacidad/").status_code == 404


def test_accessibility_is_public(client):
    assert "WCAG 2.2" in text(client.get("/accesibilidad/"))


# ----------------------------------------------------------------------- demo


@pytest.fixture
def demo(settings, now):
    settings.DEMO = True
    ids = {"IMSS": 1, "IMSS-BIENESTAR": 2, "ISSSTE": 3, "ISSS": 4}
    return operations.load_demo_people(institution_ids_by_code=ids, actor=Actor.system("test"), now=now)


def test_outside_a_demo_its_door_does_not_exist(client):
    for path in ("/demo/", "/demo/correo/"):
        assert client.get(path).status_code == 404
    assert client.post("/demo/entrar/", {"email": make_applicant().email}).status_code == 404


def test_one_enters_the_demo_as_anybody_invented(client, demo):
    page = client.get("/demo/")
    assert text(page).count("Entrar como") == User.objects.count() > 10
    response = client.post("/demo/entrar/", {"email": demo.email})
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(demo.pk)
    client.post("/demo/entrar/", {"email": "carla@demo.cauce.example"})
    assert client.session["_auth_user_id"] != str(demo.pk)


def test_one_enters_the_demo_as_nobody_else(client, demo):
    real = make_applicant(email="real@ejemplo.mx")
    assert client.post("/demo/entrar/", {"email": real.email}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_an_empty_demo_says_how_it_is_filled(client, settings):
    settings.DEMO = True
    assert "run.py demo" in text(client.get("/demo/"))
