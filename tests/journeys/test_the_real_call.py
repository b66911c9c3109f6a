"""What follows a sent list, for doctors on a phone and recruiters at a desk, with only what they can see and press.

Bruno mends a document before his clock runs out; Renata chooses in her turn and a desk after her; Itzel answers a
signed offer and the seats that were declined are offered again; Mariana claims. After the errands, which need RM24
as it was. ``JOURNEY_PICTURES=docs/pictures`` keeps the pictures that docs/journey.md shows.
"""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image, ImageDraw

from tests.journeys.conftest import DESK, PHONE, follow, open_filters, settle
from tests.journeys.test_spine import (  # noqa: F401 - a fixture
    clear_package,
    enter_as,
    look,
    no_sideways_scroll,
    picture,
    read_package,
)
from tests.journeys.test_states import published  # noqa: F401 - a fixture

pytestmark = pytest.mark.once


def glance(page, name):
    """As ``look``, of pages whose parts axe has read already."""
    no_sideways_scroll(page)
    picture(page, name)


def go_to(page, text):
    page.locator("main").get_by_role("link", name=re.compile(text)).first.click()


def paper():
    page = Image.new("RGB", (900, 600), "#f4f1e8")
    ImageDraw.Draw(page).text((70, 90), "DOCUMENTO INVENTADO", fill="#11262d", font_size=56)
    out = io.BytesIO()
    page.save(out, "PNG")
    return {"name": "titulo.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_a_doctor_mends_a_document_before_the_clock_runs_out(visit, look):  # noqa: F811
    page = visit(PHONE)
    enter_as(page, "Bruno")
    page.get_by_role("heading", name="Hay algo que corregir").wait_for()
    glance(page, "31-home-mend")
    go_to(page, "Corregir mis documentos")
    page.get_by_text("Lo que dice quien revisó").wait_for()
    look(page, "32-file")
    go_to(page, "^Corregir:")
    page.get_by_role("heading", name="Así lo ve quien revisa").wait_for()
    page.get_by_label("Fotos o PDF").set_input_files(paper())
    page.get_by_role("button", name="Subir el documento").dblclick()
    page.get_by_text("Subido").first.wait_for()
    look(page, "33-document")


def test_a_doctor_chooses_in_her_turn_and_a_desk_serves_the_next(visit, look):  # noqa: F811
    page = visit(PHONE)
    enter_as(page, "Renata")
    go_to(page, "elección en vivo")
    go_to(page, "mi turno")
    page.get_by_role("heading", name="De tu lista, en tu orden").wait_for()
    look(page, "34-my-turn")
    go_to(page, "^Elegir")
    page.get_by_role("button", name="Sí, esta es mi plaza").dblclick()  # a tired thumb
    page.get_by_text("del registro").wait_for()
    glance(page, "35-chosen")

    marta = visit(DESK)
    enter_as(marta, "Marta")
    follow(marta, "Mesas de elección")
    go_to(marta, "EV24|vivo")
    lane = marta.get_by_role("row").filter(has_text="Pediatría").first
    folio = re.search(r"EV24-\d{6}-\d", lane.inner_text()).group()
    lane.get_by_role("link", name="Atender a quien sigue").click()
    marta.get_by_role("heading", name="De su lista, en su orden").wait_for()
    assert marta.get_by_label("Folio de quien está en la mesa").input_value() == folio
    marta.get_by_label("Número de mesa").fill("1")
    marta.get_by_role("button", name="Buscar").click()
    marta.get_by_role("heading", name="De su lista, en su orden").wait_for()
    look(marta, "36-desk")
    go_to(marta, "^Elegir")
    marta.get_by_role("button", name="Confirmar").click()
    marta.get_by_role("row").filter(has_text=folio).filter(has_text="En mesa").first.wait_for()


def test_an_offer_is_answered_and_what_was_declined_is_offered_again(visit, look):  # noqa: F811
    itzel = visit(PHONE)
    answer(itzel, look)
    offer_again(visit, look)
    follow(itzel, "Ofertas", exact=True)
    wait_for(itzel, "Cambió por una mejor")


def answer(itzel, look):  # noqa: F811
    enter_as(itzel, "Itzel")
    go_to(itzel, "resultado")
    go_to(itzel, "Pediatría, ")
    itzel.get_by_text("Responde a más tardar el").wait_for()
    look(itzel, "37-offer")
    itzel.get_by_role("button", name="Rechazar la oferta").click()
    itzel.get_by_text("Falta por qué la rechazas").first.wait_for()
    itzel.get_by_role("button", name="Apartar la oferta").dblclick()
    itzel.get_by_text("Ya la apartaste una vez").wait_for()
    itzel.get_by_label("Si en otra ronda se libera una opción que prefiero").check()
    itzel.get_by_role("button", name="Aceptar el lugar").click()
    itzel.get_by_text("Tu lugar no se pierde mientras tanto").wait_for()
    glance(itzel, "38-accepted")


def offer_again(visit, look):  # noqa: F811
    """Two people, over one preview of who is offered what."""
    ofelia = visit(DESK)
    enter_as(ofelia, "Ofelia")
    follow(ofelia, "RA24", exact=True)
    follow(ofelia, "Ofertas y rondas")
    look(ofelia, "39-offers")
    free = ofelia.get_by_role("row").filter(has_text="La vivienda").last.inner_text()
    go_to(ofelia, "Ver a los suplentes")
    first = ofelia.locator("section[aria-labelledby=orden] tbody tr").first
    folio = re.search(r"RA24-\d{6}-\d", first.inner_text()).group()
    assert folio in free, "who comes first among the substitutes is who comes next for what they listed"
    glance(ofelia, "48-substitutes")
    follow(ofelia, "Ofertas y rondas")
    ofelia.get_by_role("button", name="Pedir la corrida de la ronda").dblclick()
    ofelia.wait_for_url("**/corridas/**")
    follow(ofelia, "Ofertas y rondas")
    wait_for(ofelia, "Primer día de estas plazas")
    first_day = ofelia.get_by_role("group", name="Primer día de estas plazas")
    for part, value in (("Día", "15"), ("Mes", "3"), ("Año", "2024")):
        first_day.get_by_label(part).fill(value)
    ofelia.get_by_role("button", name="Ver la vista previa y proponer").click()
    ofelia.get_by_role("heading", name="Qué se ofrece a quién").wait_for()
    ofelia.get_by_text("Ver folio por folio").click()
    look(ofelia, "40-round")
    ofelia.get_by_text("Confirma", exact=True).wait_for()

    pilar = visit(DESK)
    read_package(pilar, "RA24, corrida 2")
    clear_package(pilar)

    sofia = visit(DESK)
    enter_as(sofia, "Sofía")
    follow(sofia, re.compile("[Ff]irma"))
    go_to(sofia, "RA24: Ronda de ofertas")
    sofia.get_by_role("button", name="Confirmar y publicar").dblclick()
    sofia.get_by_text("Confirmó").first.wait_for()


def wait_for(page, text):
    """Open a page again until the worker has done its part: without scripts, so would a person."""
    for _try in range(60):
        page.wait_for_timeout(500)
        settle(page)
        if page.get_by_text(text).count():
            return
        page.goto(page.url)
    pytest.fail(f"{page.url} does not say {text}")


def test_a_recruiter_reads_what_is_wanted_who_is_eligible_and_whose_documents_are_verified(visit, look):  # noqa: F811
    carla = visit(DESK)
    enter_as(carla, "Carla")
    follow(carla, "JR24", exact=True)
    follow(carla, "Solicitudes")
    carla.get_by_role("heading", name="Folios").wait_for()
    glance(carla, "42-candidates")
    follow(carla, "Demanda y vacantes")
    go_to(carla, "^Oaxaca$")
    carla.get_by_role("heading", name="Municipios de Oaxaca").wait_for()
    look(carla, "46-demand")
    go_to(carla, "Nadie la puso en su lista")
    reasons = carla.locator("section[aria-labelledby=vacias] tbody tr").all_inner_texts()
    assert reasons
    assert all("Nadie la puso en su lista" in one for one in reasons)
    follow(carla, "Candidatos")
    carla.get_by_role("heading", name="Candidatos").first.wait_for()
    open_filters(carla)
    carla.get_by_label("Documentos").select_option(label="Aceptado")
    carla.get_by_role("button", name="Buscar").click()
    row = carla.locator("section[aria-labelledby=orden] tbody tr").first.inner_text()
    assert re.search(r"JR24-\d{6}-\d", row)
    assert "Aceptado" in row
    look(carla, "47-candidates")
    size = carla.viewport_size
    carla.set_viewport_size(PHONE)
    no_sideways_scroll(carla)
    carla.set_viewport_size(size)
    carla.reload()
    follow(carla, "Revisión")
    carla.wait_for_url("**/revision/**")
    look(carla, "43-review")


def test_a_claim_is_lodged_with_its_receipt(visit, look, published):  # noqa: F811
    page = visit(PHONE)
    enter_as(page, "Mariana")
    go_to(page, "resultado")
    page.get_by_text("Mariana, tienes lugar").wait_for()
    page.get_by_role("link", name="Inconformarme con mi resultado").click()
    page.get_by_role("button", name="Presentar mi inconformidad").click()
    page.get_by_text("Falta decir qué está mal").first.wait_for()
    page.locator("[name=kind]").first.check()
    page.get_by_label("Qué pasó").fill(
        "Mi constancia del ENARM dice dos aciertos más en los reactivos de alta dificultad que los que se cargaron."
    )
    page.get_by_label("Qué pides").fill("Que se compare mi puntaje con la constancia y se corrija.")
    page.get_by_label("Pruebas").set_input_files(paper())
    look(page, "44-claim")
    page.get_by_role("button", name="Presentar mi inconformidad").dblclick()
    page.get_by_text("te escribimos en cuanto se decida").or_(
        page.get_by_text("Te escribimos en cuanto")
    ).first.wait_for()
    assert re.search(r"I-RM24-[2-9A-Z]{8}", page.locator("main").inner_text())
    look(page, "45-claim-receipt")
