"""Those who look on: a partner institute that proposes and sees no more than it may, and the auditor of a call.

Last of the journeys: it publishes RX24, which those of the states still rehearse.
``JOURNEY_PICTURES=docs/pictures`` keeps the pictures that docs/journey.md shows.
"""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import DESK, PHONE, follow, settle
from tests.journeys.test_spine import (
    enter_as,
    no_sideways_scroll,
    picture,
    publish,
    verify,
)
from tests.journeys.test_states import lines, send

pytestmark = pytest.mark.once


@pytest.fixture
def look(axe):
    """Check a page as it stands, and keep a picture; of pages made alike, ``again`` leaves axe out."""

    def check(page, name, *, again=False):
        if not again:
            axe(page)
        no_sideways_scroll(page)
        picture(page, name)

    return check


# ------------------------------------------------------------------ a partner institute


def test_an_institute_proposes_two_sign_and_the_candidate_accepts(visit, look):
    samuel = visit(DESK)
    enter_as(samuel, "Samuel")
    follow(samuel, "Proponer candidatos")
    follow(samuel, "RS24")
    samuel.get_by_role("heading", name="Propuesta del ISSS").wait_for()
    look(samuel, "51-proposal")

    samuel.get_by_role("link", name="Proponer a una persona").click()
    tell(samuel, kind="Pasaporte", number="B00000952")
    samuel.get_by_role("button", name="Agregar a la propuesta").click()
    samuel.get_by_text("Es el mismo documento que el de la fila 3").first.wait_for()
    look(samuel, "52-duplicate")
    samuel.get_by_label("Número del documento").fill("B00001288")
    samuel.get_by_role("button", name="Agregar a la propuesta").click()
    samuel.get_by_text("Agregada en el lugar 4").wait_for()
    with samuel.expect_response(lambda response: response.request.method == "POST"):
        samuel.get_by_role("button", name="Subir Douglas").click()
    samuel.wait_for_function(
        "() => document.querySelectorAll('.c-rank > li')[2].dataset.title.startsWith('Douglas')"
    )
    samuel.reload()  # what is signed is what is kept
    assert "Douglas" in samuel.locator(".c-rank > li").nth(2).inner_text()
    samuel.get_by_role("button", name="Firmar la propuesta").dblclick()  # signs once
    samuel.get_by_text("Ya firmaste esta propuesta").wait_for()

    sara = visit(PHONE)
    enter_as(sara, "Sara")
    follow(sara, "Proponer candidatos")
    follow(sara, "RS24")
    sara.get_by_role("button", name="Dar la segunda firma").click()
    sara.get_by_text("está firmada por dos personas").wait_for()
    look(sara, "53-two-signatures")

    xiomara = visit(PHONE)
    enter_as(xiomara, "Xiomara")
    xiomara.get_by_role("link", name="Ver la propuesta").click()
    xiomara.get_by_role("heading", name="ISSS te propone").wait_for()
    look(xiomara, "54-proposed")
    xiomara.get_by_role("button", name="Aceptar la propuesta", exact=True).click()
    xiomara.get_by_text("Aceptaste. Sigue con tus datos y tu lista").wait_for()

    samuel.reload()
    hers = samuel.locator(".c-rank > li", has_text="Xiomara").inner_text()
    assert "Aceptó; falta que envíe su lista" in hers
    lists_both_countries(xiomara, look)
    samuel.reload()
    assert samuel.locator(".c-rank > li", has_text="Xiomara").inner_text() == hers
    accepted = samuel.locator(".c-rank > li", has_text="Óscar").inner_text()
    assert "Falta:" in accepted
    assert "Carta del instituto" in accepted, "what is asked of that category alone is missing"
    text = samuel.locator("main").inner_text()
    assert not re.search(r"RS24-\d{6}-\d|78\.214", text), "an institute sees neither folios nor scores"
    ranked = samuel.locator(".c-rank").inner_text()
    assert not re.search(r"San Salvador|La Raza|SV-\d|SR-\d", ranked), "nor what its candidates list"
    samuel.locator("#candidatos").scroll_into_view_if_needed()
    look(samuel, "55-candidates", again=True)


def lists_both_countries(page, look):
    """One list of two options: at home and with the IMSS; visible to nobody before the run."""
    page.get_by_role("link", name="Escribir mis datos").click()
    page.get_by_label("Especialidad").select_option(label="Medicina Interna")
    page.get_by_role("button", name="Guardar y seguir con mi lista").click()
    page.get_by_role("link", name="Buscar plazas para mi lista").click()
    for count, hospital in enumerate(("HG de Enseñanza", "UMAE HE CMN La Raza"), 1):
        page.get_by_role("button", name=f"Agregar {hospital}").click()
        page.get_by_role("link", name=re.compile(rf"Ver mi lista \({count} ")).wait_for()
    page.get_by_role("link", name="Ver mi lista").click()
    rows = page.locator(".c-rank > li")
    rows.nth(1).wait_for()
    assert ["El Salvador" in row for row in rows.all_inner_texts()] == [True, False]
    rows.first.evaluate("row => row.scrollIntoView({block: 'start'})")
    look(page, "56-two-countries")


def tell(page, *, kind, number):
    page.get_by_label("Número de personal").fill("ISSS-22731")
    page.get_by_label(kind, exact=False).check()
    page.get_by_label("Número del documento").fill(number)
    page.get_by_label("Nombre o nombres").fill("Douglas Ernesto")
    page.get_by_label("Primer apellido").fill("Funes")
    page.get_by_label("Segundo apellido").fill("Aguilar")
    for part, value in (("Día", "4"), ("Mes", "12"), ("Año", "1994")):
        page.get_by_label(part).fill(value)
    page.get_by_label("Correo").fill("douglas@demo.cauce.example")
    page.get_by_label("Por qué se le propone").fill(
        "Cuarto lugar del concurso interno; dos años en Chalatenango."
    )


# ------------------------------------------------------------------ the auditor


@pytest.fixture
def audited(visit):
    """RX24 with scores from two files that agree, run, signed by two and published; return who manages it."""
    ofelia = visit(DESK)
    enter_as(ofelia, "Ofelia")
    ofelia.goto("/gestion/RX24/solicitudes/")
    folios = re.findall(r"RX24-\d{6}-\d", ofelia.locator("main").inner_text())[:2]
    follow(ofelia, "Puntajes")
    ofelia.get_by_text("Columnas que se leen").click()
    words = ofelia.locator("details[open] p").first.inner_text()
    head = words.removeprefix("Hacen falta: ").rstrip(".").split(", ")
    rows = [
        [folio, *values]
        for folio, values in zip(folios, (["71", "41", "9.12"], ["68", "40", "8.80"]), strict=True)
    ]
    files = [
        ("Archivo A", "lectura-optica.csv", lines(head, *rows)),
        ("Archivo B", "acta.csv", lines(head, *rows[::-1])),
    ]
    send(ofelia, "Subir y revisar", *files)
    ofelia.get_by_role("button", name="Cargar este archivo").click()
    ofelia.get_by_text("Último archivo cargado: lectura-optica.csv").wait_for()

    publish(visit, "RX24")
    return ofelia


def test_an_auditor_walks_a_call_in_nine_steps(visit, look, audited, tmp_path):
    aurelio = visit(DESK)
    enter_as(aurelio, "Aurelio")
    follow(aurelio, "Auditoría")
    aurelio.get_by_role("link", name="Auditar RX24").click()
    aurelio.get_by_role("heading", name="Auditoría de RX24").wait_for()
    look(aurelio, "61-audit")
    with aurelio.expect_download() as download:  # step 1, and 3 on a machine of one's own
        aurelio.get_by_role("link", name="Paquete para repetirla").click()
    package = tmp_path / "RX24-corrida-1.zip"
    download.value.save_as(package)
    assert verify(package) == 0
    step(aurelio, "procedencia", "lectura-optica.csv", "Ofelia Barragán")
    show(aurelio, "62-provenance", "procedencia")

    aurelio.get_by_role("button", name="Repetir en el servidor").dblclick()  # asks once
    until(aurelio, "Actualizar", "Idéntica, byte por byte")
    step(aurelio, "comprobaciones", "se cumple")
    show(aurelio, "63-repeated", "repeticion")
    step(aurelio, "sorteo", "el sello vino antes")
    folio = re.search(r"RX24-\d{6}-\d", aurelio.locator("section:has(#muestra) tbody").inner_text()).group()
    aurelio.get_by_label("Recalcular el número de un folio").fill(folio)
    aurelio.get_by_role("button", name="Recalcular").click()
    aurelio.get_by_text("hmac-sha256").first.wait_for()
    show(aurelio, "64-lottery", "sorteo")
    assert (
        len(set(re.findall(r"RX24-\d{6}-\d", aurelio.locator("section:has(#muestra) tbody").inner_text())))
        == 50
    )
    show(aurelio, "65-sample", "muestra")
    step(aurelio, "excepciones", "La sede del acto público se adelantó.")
    step(aurelio, "cadena", "sellos")

    aurelio.get_by_role("link", name="Escribir un hallazgo").click()
    aurelio.get_by_label("Qué se encontró").fill(
        "La lectura óptica trae dos filas y la lista de personas, ciento veinte."
    )
    aurelio.get_by_label("Dónde se ve").fill("Procedencia: lectura-optica.csv")
    aurelio.get_by_role("button", name="Escribir el hallazgo").dblclick()  # writes one
    aurelio.get_by_role("heading", name="Hallazgo 1").wait_for()

    ofelia = audited
    ofelia.goto("/gestion/RX24/")
    follow(ofelia, "Auditoría")
    ofelia.get_by_role("link", name=re.compile("La lectura óptica trae dos filas")).click()
    ofelia.get_by_role("textbox", name="Respuesta de la institución").fill(
        "Se corrigieron dos folios; los demás venían de la lista del ENARM."
    )
    ofelia.get_by_role("button", name="Enviar la respuesta").click()
    ofelia.get_by_text("Respuesta enviada").wait_for()

    aurelio.reload()
    aurelio.get_by_label("Por qué se cierra o se escala").fill("La respuesta coincide con la bitácora.")
    look(aurelio, "66-finding")
    aurelio.get_by_role("button", name="Cerrar el hallazgo").click()
    aurelio.get_by_text("Hallazgo resuelto").wait_for()
    follow(aurelio, "Auditoría")
    aurelio.get_by_role("link", name="Escribir el dictamen").click()
    aurelio.get_by_role("textbox", name="Dictamen", exact=True).fill(
        "La corrida se repite idéntica y su cadena cierra."
    )
    aurelio.get_by_role("button", name="Publicar el dictamen").click()
    aurelio.get_by_text("Dictamen publicado").wait_for()

    stranger = visit(PHONE)
    stranger.goto("/resultados/RX24/")
    stranger.get_by_text("La corrida se repite idéntica y su cadena cierra.").wait_for()
    look(stranger, "67-opinion")


def step(page, anchor, *words):
    """A step of the audit says these words."""
    text = page.locator(f"section:has(#{anchor})").inner_text()
    assert all(word in text for word in words), text


def show(page, name, anchor):
    page.locator(f"#{anchor}").evaluate("section => section.scrollIntoView({behavior: 'instant'})")
    picture(page, name)


def until(page, link, words):
    """Press the page's own link until the worker is done."""
    for _turn in range(60):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
        page.get_by_role("link", name=link).first.click()
        settle(page)
    pytest.fail(f"{page.url} never said: {words}")
