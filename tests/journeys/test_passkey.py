"""Nadie registers, confirms her address, makes a passkey, and enters with it; then forgets her password.

Chromium's own authenticator stands for the telephone. Console errors fail the test, so a content policy that
stops a script of the sign-in pages shows here.
"""

import re
from datetime import date
from uuid import uuid4

import pytest

from cauce.accounts import rules
from tests.journeys.conftest import PHONE

NAMES = {"given_names": "Nadie", "first_surname": "Inventada", "second_surname": "Prueba"}
PASSWORD = "cuatro palabras muy sueltas"  # noqa: S105
NEXT_PASSWORD = "otras palabras igual de sueltas"  # noqa: S105


@pytest.fixture
def page(visit):
    page = visit(PHONE)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return page


def register(page, axe, email):
    born = date(1970 + uuid4().int % 30, 1 + uuid4().int % 12, 1 + uuid4().int % 28)
    number = rules.compose_curp(**NAMES, birth_date=born, sex="M", birth_state="15", serial=uuid4().int % 10)
    page.goto("/registro/")
    page.get_by_label("Tu CURP").fill(number.lower())
    page.get_by_role("button", name="Leer mi CURP").click()
    page.get_by_label("Nombres").fill(NAMES["given_names"])
    page.get_by_label("Primer apellido").fill(NAMES["first_surname"])
    page.get_by_label("Segundo apellido").fill(NAMES["second_surname"])
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_label("Leí y acepto").check()
    axe(page)
    page.get_by_role("button", name="Crear mi cuenta").click()
    page.get_by_role("heading", name="Confirma tu correo").wait_for()


def follow_latest_letter(page):
    page.goto("/demo/correo/")
    page.get_by_role("link", name="Abrir el enlace de la carta").first.click()


def sign_out(page):
    page.goto("/cuenta/logout/")
    page.locator("main").get_by_role("button", name="Cerrar sesión").click()


def test_registering_making_a_passkey_and_entering_with_it(page, axe):
    email = f"nadie-{uuid4().hex[:10]}@ejemplo.mx"
    register(page, axe, email)

    follow_latest_letter(page)
    page.get_by_role("button", name="Confirmar mi correo").click()
    page.get_by_role("heading", name="Tu cuenta está lista").wait_for()
    axe(page)

    page.get_by_role("link", name="Crear mi llave").click()
    page.get_by_label("Nombre de la llave").fill("Mi teléfono")
    axe(page)
    page.get_by_role("button", name="Agregar la llave").click()
    page.wait_for_url(re.compile("/cuenta/2fa/(?!webauthn/add)"))
    page.goto("/mi/datos/")
    page.get_by_text("Mi teléfono").wait_for()
    axe(page)

    sign_out(page)
    page.goto("/cuenta/login/?next=/mi/datos/")
    axe(page)
    page.get_by_role("button", name="Entrar con mi llave").click()
    page.wait_for_url("**/mi/datos/")
    page.get_by_text(email).first.wait_for()


def test_a_forgotten_password_is_replaced_by_letter(page, axe):
    email = f"nadie-{uuid4().hex[:10]}@ejemplo.mx"
    register(page, axe, email)
    follow_latest_letter(page)
    page.get_by_role("button", name="Confirmar mi correo").click()
    page.get_by_role("heading", name="Tu cuenta está lista").wait_for()
    sign_out(page)

    page.goto("/cuenta/password/reset/")
    axe(page)
    page.locator("main input[name=email]").fill(email)
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/password/reset/done/")
    follow_latest_letter(page)
    page.locator("main input[name=password1]").fill(NEXT_PASSWORD)
    page.locator("main input[name=password2]").fill(NEXT_PASSWORD)
    axe(page)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(re.compile("reset/key/done"))

    page.goto("/cuenta/login/?next=/mi/datos/")
    page.locator("main input[name=login]").fill(email)
    page.locator("main input[name=password]").fill(NEXT_PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url("**/mi/datos/")
