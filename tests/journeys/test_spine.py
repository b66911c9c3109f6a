"""The whole errand, with only the links and buttons a person can see.

Renata finds a post, registers, ranks and sends from a phone; Ofelia runs the closed residency call and signs;
Sofía signs and publishes; Mariana reads why she got her place; a stranger downloads the package and verifies it
without the site. ``JOURNEY_PICTURES=docs/pictures`` keeps the pictures that docs/journey.md shows.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from cauce.accounts import rules
from tests.journeys.conftest import DESK, PHONE, ROOT, SWAPPED, follow, settle

PICTURES = os.environ.get("JOURNEY_PICTURES")


def picture(page, name):
    if PICTURES:
        page.evaluate("document.activeElement && document.activeElement.blur()")
        other = f"-{'phone' if page.viewport_size == PHONE else 'desk'}" if SWAPPED else ""
        page.screenshot(path=Path(PICTURES) / f"{name}{other}.png", animations="disabled")


def no_sideways_scroll(page):
    """Asked until it holds: a question put once may meet a page on its way to the next."""
    settle(page)
    try:
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=3_000)
    except TimeoutError:
        pytest.fail(f"{page.url} is wider than the screen")


@pytest.fixture
def look(axe):
    """Check a page as it stands: axe, width, and a picture for the docs."""

    def check(page, name):
        axe(page)
        no_sideways_scroll(page)
        picture(page, name)

    return check


def enter_as(page, name):
    """By the demo's door, as the README says."""
    page.goto("/demo/")
    page.get_by_role("button", name=f"Entrar como {name}").click()


def read_package(page, name):
    """The office of personal data opens a package that waits for it."""
    enter_as(page, "Pilar")
    page.goto("/gestion/")
    follow(page, "Paquetes por revisar")
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", name="A quién distingue el paquete").wait_for()


def clear_package(page):
    """And lets it be public, with its grounds."""
    page.get_by_role("radio", name="Se publica como está").check()
    page.get_by_label("Fundamento").fill("Reglas de la convocatoria: los resultados son públicos por folio.")
    page.get_by_role("button", name="Firmar la decisión").dblclick()  # decides once
    page.get_by_text("Decisión guardada").wait_for()


def publish(visit, code):
    """The first run of a closed call, asked for, signed by two, its package reviewed, and published before its day."""
    page = visit(DESK)
    enter_as(page, "Ofelia")
    page.goto(f"/gestion/{code}/corridas/")
    page.get_by_role("button", name="Pedir una corrida").click()
    page.get_by_role("button", name="Firmar esta huella").click(timeout=90_000)
    page.get_by_text("Falta una firma para publicar").wait_for()
    page = visit(DESK)
    read_package(page, f"{code}, corrida 1")
    clear_package(page)
    page = visit(DESK)
    enter_as(page, "Sofía")
    page.goto(f"/gestion/{code}/corridas/1/")
    page.get_by_role("button", name="Firmar esta huella").click()
    page.get_by_label("Motivo de publicar antes").fill("La sede del acto público se adelantó.")
    page.get_by_role("button", name="Publicar los resultados").click()
    page.get_by_role("link", name="Ver la página pública de resultados").wait_for()


def wishes(page):
    """The posts of the list as the page shows them, best first."""
    return [row.get_attribute("data-item") for row in page.locator(".c-rank > li").all()]


def test_a_doctor_finds_registers_ranks_and_sends_from_a_phone(visit, look):
    page = visit(PHONE)
    page.goto("/")
    look(page, "01-portal")
    page.get_by_label("Busca por especialidad, unidad o municipio").fill("pediatria oaxaca")
    page.get_by_role("button", name="Buscar plaza").click()
    look(page, "02-search")
    page.locator("main").get_by_role("link", name="Pediatría").first.click()
    look(page, "03-post")
    page.get_by_role("link", name="Ver si puedo y postularme").click()

    page.get_by_role("link", name="Crear mi cuenta").first.click()
    curp = rules.compose_curp(
        given_names="Renata", first_surname="Olvera", second_surname="Tun", birth_date=date(1994, 7, 9), sex="M",
        birth_state="20",
    )  # fmt: skip
    wrong = curp[:-1] + str((int(curp[-1]) + 1) % 10)
    page.get_by_label("Tu CURP").fill(wrong)
    page.get_by_role("button", name="Leer mi CURP").click()
    page.get_by_text("no corresponde").first.wait_for()
    look(page, "04-curp-wrong")
    page.get_by_label("Tu CURP").fill(curp)
    page.get_by_role("button", name="Leer mi CURP").click()
    page.get_by_text("9 de julio de 1994").wait_for()
    page.get_by_label("Nombres").fill("Renata")
    page.get_by_label("Primer apellido").fill("Olvera")
    page.get_by_label("Segundo apellido").fill("Tun")
    page.get_by_label("Correo electrónico").fill("renata@ejemplo.mx")
    page.get_by_label("Contraseña").fill("cuatro palabras sueltas sirven")
    page.get_by_label("Leí y acepto el aviso de privacidad").check()
    look(page, "05-register")
    page.get_by_role("button", name="Crear mi cuenta").click()
    page.get_by_role("link", name="Ver las cartas").click()
    page.get_by_role("link", name="Abrir el enlace de la carta").first.click()
    page.get_by_role("button", name="Confirmar mi correo").click()
    look(page, "06-passkey")
    page.get_by_text("Ahora no").click()

    page.get_by_role("link", name="Jornada de Reclutamiento").first.click()
    page.get_by_role("link", name=re.compile("[Pp]ostularme")).first.click()
    look(page, "07-may-i")
    page.get_by_role("button", name="Empezar mi solicitud").click()
    page.get_by_label("Especialidad").select_option(label="Pediatría")
    page.get_by_label("Calificación de egreso").fill("91.25")
    page.get_by_label("Meses de servicio").fill("12")
    page.get_by_role("button", name="Guardar y seguir").click()

    page.get_by_role("link", name="Buscar plazas para mi lista").first.click()
    page.get_by_label("Estado").select_option(label="Oaxaca")
    page.get_by_role("button", name="Buscar").click()
    for rank in range(1, 5):
        page.get_by_role("button", name="Agregar").first.click()
        page.get_by_text(f"Es tu opción {rank}", exact=True).wait_for()
    page.get_by_role("link", name="Ver mi lista (4 opciones)").click()
    page.locator(".c-rank > li").nth(3).wait_for()
    first, second, *rest = wishes(page)
    version = page.locator("[name=base]").input_value()
    page.get_by_role("button", name=re.compile("^Bajar")).first.click()
    page.wait_for_function("old => document.querySelector('[name=base]').value != old", arg=version)
    page.reload()
    page.locator(".c-rank > li").nth(3).wait_for()
    assert wishes(page) == [second, first, *rest]
    look(page, "08-list")

    page.get_by_role("link", name="Revisar y enviar").first.click()
    page.get_by_label("Leí y acepto las reglas").check()
    page.get_by_label("Acepto que mis datos").check()
    page.get_by_role("button", name="Enviar mi lista").dblclick()  # a tired thumb
    page.get_by_text(re.compile("Recibimos tu lista|ya estaba enviada")).first.wait_for()
    look(page, "09-receipt")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("PDF")).first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def test_a_call_is_run_signed_published_explained_and_verified_by_a_stranger(visit, look, chromium, tmp_path):
    ofelia = visit(DESK)
    enter_as(ofelia, "Ofelia")
    ofelia.get_by_role("link", name="Abrir RM24").click()
    look(ofelia, "10-desk")
    follow(ofelia, "Corridas")
    ofelia.get_by_role("button", name="Pedir una corrida").dblclick()  # asks once
    ofelia.get_by_role("button", name="Firmar esta huella").wait_for(timeout=90_000)
    look(ofelia, "11-run")
    ofelia.get_by_role("button", name="Firmar esta huella").click()
    ofelia.get_by_text("Falta una firma para publicar").wait_for()

    pilar = visit(DESK)
    read_package(pilar, "RM24, corrida 1")
    pilar.locator("#distingue").evaluate("section => section.scrollIntoView({behavior: 'instant'})")
    look(pilar, "16-package")
    clear_package(pilar)

    sofia = visit(DESK)
    enter_as(sofia, "Sofía")
    follow(sofia, re.compile("[Ff]irma"))
    sofia.locator("main").get_by_role("link", name=re.compile("[Cc]orrida 1")).first.click()
    sofia.get_by_role("button", name="Firmar esta huella").click()
    sofia.get_by_text("La convocatoria anunció los resultados para el").wait_for()
    sofia.get_by_label("Motivo de publicar antes").fill("La sede del acto público se adelantó.")
    sofia.get_by_role("button", name="Publicar los resultados").click()
    sofia.get_by_role("link", name="Ver la página pública de resultados").wait_for()
    look(sofia, "12-published")

    mariana = visit(PHONE)
    enter_as(mariana, "Mariana")
    look(mariana, "13-home")
    mariana.locator("main").get_by_role("link", name=re.compile("resultado")).first.click()
    mariana.get_by_text("Mariana, tienes lugar").wait_for()
    look(mariana, "14-why")
    folio = re.search(r"RM24-\d{6}-\d", mariana.locator("main").inner_text()).group()

    stranger = visit(DESK)
    stranger.goto("/resultados/")
    stranger.locator("main").get_by_role("link", name=re.compile("Residencias médicas")).first.click()
    look(stranger, "15-results")
    stranger.get_by_role("textbox", name="Folio").fill(folio)
    stranger.get_by_role("button", name="Ver el resultado").click()
    text = stranger.locator("main").inner_text()
    assert folio in text
    assert "Mariana" not in text
    stranger.go_back()
    with stranger.expect_download() as download:
        stranger.get_by_role("link", name=re.compile("Descargar el paquete")).click()
    package = tmp_path / "paquete.zip"
    download.value.save_as(package)
    assert verify(package) == 0
    spoilt = bytearray(package.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    package.write_bytes(spoilt)
    assert verify(package) in (1, 2)
    if PICTURES and not SWAPPED:
        side_by_side(chromium, Path(PICTURES))


def verify(package):
    """As a stranger would: no database, no settings of ours, one line of answer."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "CAUCE_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "cauce_engine", "verify", str(package)],
        cwd=package.parent, env={**env, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True,
    )  # fmt: skip
    assert len((done.stdout + done.stderr).strip().splitlines()) == 1, done.stdout + done.stderr
    return done.returncode


def side_by_side(browser, folder):
    """The picture of the README: a phone and a desk."""

    def source(name):
        return "data:image/png;base64," + base64.b64encode((folder / f"{name}.png").read_bytes()).decode()

    page = browser.new_page(viewport={"width": 1240, "height": 640})
    page.set_content(
        '<body style="margin:0;background:#e8eff0;display:flex;gap:28px;padding:28px;align-items:flex-start">'
        f'<img src="{source("14-why")}" height="584" style="border:1px solid #6f868d;border-radius:12px">'
        f'<img src="{source("11-run")}" height="584" style="border:1px solid #6f868d;border-radius:6px">'
    )
    page.wait_for_timeout(200)
    page.screenshot(path=folder / "readme.png")
    page.close()
