"""The edge of every page: what happens when a session, a cookie or a form is not what it should be."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.calls import factories as calls


@pytest.fixture
def application(now):
    call = calls.call(opens_at=now.replace(year=2020), closes_at=now.replace(year=2090),
                      results_at=now.replace(year=2091))  # fmt: skip
    owner = calls.user()
    return calls.application(call, owner.person, specialty=calls.post(call).specialty), owner


@pytest.mark.django_db
def test_what_was_typed_when_the_session_ended_is_there_after_sign_in(client, application):
    made, owner = application
    page = reverse("calls:application_details", args=[made.folio])
    sent = client.post(
        page, {"phone": "951 555 0101", "specialty": str(made.specialty_id)}, HTTP_REFERER=page
    )
    assert sent.status_code == 302
    assert sent.url.endswith(f"?next={page}")
    client.force_login(owner)
    shown = client.get(page)
    assert "951 555 0101" in shown.content.decode()
    assert "951 555 0101" not in client.get(page).content.decode()  # once


@pytest.mark.django_db
def test_a_password_is_never_kept(client, application):
    page = reverse("calls:application_details", args=[application[0].folio])
    client.post(page, {"phone": "1", "password": "secreta", "csrfmiddlewaretoken": "x"})
    assert "secreta" not in str(dict(client.session))


@pytest.mark.django_db
def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(client, application):
    made, _owner = application
    page = reverse("calls:application", args=[made.folio])
    button = reverse("calls:application_restore", args=[made.folio])
    sent = client.post(button, {}, HTTP_REFERER=f"http://testserver{page}")
    assert sent.url.endswith(f"?next={page}")
    stranger = client.post(button, {}, HTTP_REFERER="https://evil.example/x")
    assert stranger.url.endswith(f"?next={button}")


@pytest.mark.django_db
def test_the_address_of_a_button_says_that_it_is_no_page(client, application):
    client.force_login(application[1])
    got = client.get(reverse("calls:application_restore", args=[application[0].folio]))
    assert got.status_code == 405
    assert got.headers["Allow"] == "POST"
    assert "solo recibe lo que manda un botón" in got.content.decode()


@pytest.mark.django_db
def test_a_browser_without_cookies_is_told_so():
    got = Client(enforce_csrf_checks=True).post(reverse("accounts:register"), {"curp": "X"})
    assert got.status_code == 403
    assert "cookies" in got.content.decode()


@pytest.mark.django_db
def test_a_body_beyond_all_measure_is_refused_with_a_sentence(client):
    got = client.post(reverse("accounts:register"), {"curp": "A" * 1_600_000})
    assert got.status_code == 413
    assert "<h1" in got.content.decode()


@pytest.mark.django_db
def test_a_field_of_a_megabyte_is_refused_in_one_short_sentence(client):
    got = client.post(reverse("accounts:register"), {"curp": "A" * 1_000_000})
    assert got.status_code in (200, 422)
    assert len(got.content) < 60_000  # it is not sent back


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/sedes/abc/", "/mi/solicitudes/%00/", "/convocatorias/NO-HAY/", "/resultados/X/1/", "/privacidad/9/"],
)
def test_an_identifier_that_is_none_is_a_page_that_says_so(client, application, address):
    client.force_login(application[1])
    got = client.get(address)
    assert got.status_code == 404
    assert "<h1" in got.content.decode()
