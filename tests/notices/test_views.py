"""The inbox on screen, and the letterbox that only a demo has."""

import pytest
from django.core import mail
from django.test import Client

from cauce.accounts import operations as accounts
from cauce.base.actors import Actor
from cauce.notices.models import Message
from tests.accounts.factories import make_applicant, make_notice
from tests.notices.test_queries import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def mariana(client):
    user = make_applicant(email="mariana@ejemplo.mx")
    client.force_login(user)
    return user


def text(response):
    return response.content.decode()


def test_an_empty_inbox_says_what_will_be_there(client, mariana):
    assert "Aún no hay avisos" in text(client.get("/mi/avisos/"))


def test_a_letter_is_read_and_leads_to_what_it_is_about(client, mariana, now):
    letter = write(mariana, "a", now, title="Recibimos tu solicitud", link="/mi/solicitudes/x/")
    page = client.get("/mi/avisos/")
    assert "Tienes 1 aviso sin leer" in text(page)
    assert client.get(f"/mi/avisos/{letter.pk}/").status_code == 200
    assert Message.objects.get().read_at is None  # looking ahead by a browser is not reading
    for _click in range(2):
        assert client.post(f"/mi/avisos/{letter.pk}/").url == "/mi/solicitudes/x/"
    assert Message.objects.get().read_at is not None
    assert "sin leer" not in text(client.get("/mi/avisos/")).lower()


def test_a_letter_says_in_which_language_it_was_written(client, mariana, now):
    letter = write(mariana, "a", now, title="Your place", language="en")
    assert '<h1 lang="en">Your place' in text(client.get(f"/mi/avisos/{letter.pk}/"))
    assert 'lang="en">Your place' in text(client.get("/mi/avisos/"))


def test_all_letters_are_marked_at_once(client, mariana, now):
    for i in range(3):
        write(mariana, f"{i}", now)
    for _click in range(2):
        assert client.post("/mi/avisos/leidos/").url == "/mi/avisos/"
    assert not Message.objects.filter(read_at__isnull=True).exists()


def test_somebody_elses_letter_does_not_exist(client, mariana, now):
    letter = write(make_applicant("Bruno"), "his", now)
    assert client.get(f"/mi/avisos/{letter.pk}/").status_code == 404
    assert client.post(f"/mi/avisos/{letter.pk}/").status_code == 404
    assert Message.objects.get().read_at is None


def test_a_letter_shows_text_never_markup(client, mariana, now):
    letter = write(mariana, "a", now, title="<b>T</b>", body="<script>alert(1)</script>\n\nDos.")
    page = text(client.get(f"/mi/avisos/{letter.pk}/"))
    assert "&lt;script&gt;" in page
    assert "<b>T</b>" not in page


@pytest.mark.parametrize("size", [1, 3])
def test_the_inbox_takes_a_fixed_number_of_queries(client, mariana, now, size, django_assert_num_queries):
    for i in range(size):
        write(mariana, f"{i}", now)
    client.get("/mi/avisos/")
    with django_assert_num_queries(9):  # session, user, actor (2), page (3), the count of the frame
        client.get("/mi/avisos/")


def test_the_frame_counts_what_is_unread_and_says_so_in_words(client, mariana, now):
    assert "sin leer" not in text(client.get("/mi/datos/"))
    letter = write(mariana, "a", now)
    write(mariana, "b", now)
    assert text(client.get("/mi/datos/")).count('<span class="c-count">2<') == 2  # name, and its menu
    client.post(f"/mi/avisos/{letter.pk}/")
    assert '<span class="c-count">1<' in text(client.get("/mi/datos/"))
    assert "c-count" not in text(Client().get("/privacidad/"))


def test_nobody_has_an_inbox(client):
    for path in ("/mi/avisos/", "/mi/avisos/1/"):
        assert client.get(path).url.startswith("/cuenta/login/")


def test_the_letterbox_shows_this_browsers_letters_only(client, mariana, settings, now):
    settings.DEMO, settings.EMAIL_BACKEND = True, "cauce.notices.tasks.Outbox"
    mail.send_mail("Tu enlace", "Abre http://testserver/x/", None, ["mariana@ejemplo.mx"])
    mail.send_mail("Ajena", "Abre http://testserver/y/", None, ["bruno@ejemplo.mx"])
    page = text(client.get("/demo/correo/"))
    assert 'href="/x/"' in page
    assert "Ajena" not in page
    client.post("/cuenta/logout/")
    assert 'href="/x/"' in text(client.get("/demo/correo/"))  # a new password may be on its way
    assert "Ajena" not in text(client.get("/demo/correo/?correo=bruno@ejemplo.mx"))


def test_the_letters_of_the_demos_people_are_shown_by_name(client, settings, now):
    settings.DEMO = True
    make_notice()
    ids = {"IMSS": 1, "IMSS-BIENESTAR": 2, "ISSSTE": 3, "ISSS": 4}
    user = accounts.load_demo_people(institution_ids_by_code=ids, actor=Actor.system("test"), now=now)
    write(user, "a", now, title="Para Mariana")
    assert "Para Mariana" in text(client.get(f"/demo/correo/?correo={user.email}"))
