"""Pages that the errands pass by, in the states that people find them in: nothing yet, faults, results.

After the errands, whose results the certificate of a place needs; alone, it publishes them itself.
``JOURNEY_STATES=folder`` keeps a picture of each, light and dark, to be looked at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.journeys.conftest import DESK, PHONE, follow, settle
from tests.journeys.test_spine import enter_as, publish

pytestmark = pytest.mark.once
PICTURES = os.environ.get("JOURNEY_STATES")
WIDTHS = (390, 320)

# Tables that reach past the screen, or past a box that hides what does not fit: nobody could read their end.
CUT = """() => [...document.querySelectorAll('table')].filter(table => {
    const end = table.getBoundingClientRect().right;
    for (let box = table.parentElement; box; box = box.parentElement) {
        const {overflowX} = getComputedStyle(box);
        if (overflowX === 'auto' || overflowX === 'scroll') return box.tabIndex < 0 && end > box.getBoundingClientRect().right + 1;
        if (overflowX !== 'visible' && end > box.getBoundingClientRect().right + 1) return true;
    }
    return end > innerWidth + 1;
}).map(table => table.caption ? table.caption.textContent : table.outerHTML.slice(0, 120))"""


@pytest.fixture
def look(axe):
    """Check a page as it stands: axe, nothing sideways and no table cut, here and on two phones.

    Of pages made alike, ``again`` leaves axe out: it has read their parts already.
    """

    def check(page, name, *, again=False):
        if not again:
            axe(page)
        settle(page)
        size = page.viewport_size
        for width in dict.fromkeys((size["width"], *WIDTHS)):
            page.set_viewport_size({**size, "width": width})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{page.url} at {width}"
            )
            assert page.evaluate(CUT) == [], f"{page.url} at {width}"
        page.set_viewport_size(size)
        if PICTURES:
            keep(page, name)

    return check


def keep(page, name):
    size = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in dict.fromkeys((size["width"], PHONE["width"])):
            page.set_viewport_size({**size, "width": width})
            page.screenshot(
                path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True, animations="disabled"
            )
    page.set_viewport_size(size)


def send(page, label, *files):
    """Choose files by the labels of their fields, and press the button."""
    for field, name, text in files:
        page.get_by_label(field, exact=True).set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        )
    page.get_by_role("button", name=label).click()


def lines(*rows):
    return "".join(",".join(row) + "\n" for row in rows)


def test_the_replay_of_2022_can_be_read_on_a_phone(visit, look):
    page = visit(PHONE, color_scheme="dark")
    page.goto("/")
    page.get_by_role("link", name=re.compile("2022")).first.click()
    page.get_by_role("heading", name="Qué habría cambiado").wait_for()
    look(page, "replay")


def test_a_manager_brings_posts_rehearses_and_compares_scores(visit, look):
    page = visit(DESK)
    enter_as(page, "Ofelia")
    bring_posts(page, look)
    rehearse(page, look)
    compare_scores(page, look)


def bring_posts(page, look):
    """A new draft, and a file of posts with something wrong in nearly every column."""
    page.get_by_role("link", name="Crear una convocatoria").click()
    page.get_by_label("Clave").fill("RM25")
    page.get_by_label("Título").fill("Residencias médicas 2025-2026, un borrador para mirar sus páginas")
    for group, day in (("Apertura", "1"), ("Cierre", "20"), ("Resultados", "28")):
        moment = page.get_by_role("group", name=group)
        for part, value in (("Día", day), ("Mes", "3"), ("Año", "2025"), ("Hora", "12:00:00")):
            box = moment.get_by_label(part)
            box.select_option(value) if box.evaluate("box => box.tagName") == "SELECT" else box.fill(value)
    page.get_by_role("button", name="Crear el borrador").click()
    page.get_by_role("link", name="Plazas", exact=False).first.wait_for()
    page.goto("/gestion/RM25/plazas/archivo/")
    page.get_by_text("Todavía no se ha cargado ningún archivo").wait_for()
    look(page, "posts-none", again=True)

    head = ["clave", "sede", "estado", "municipio", "especialidad", "lugares", "turno", "contrato", "nota"]
    place = ["UMAE HE CMN Siglo XXI", "Ciudad de México", "Cuauhtémoc"]
    send(page, "Subir y revisar", ("Archivo", "plazas-2025-corregidas-version-final-de-la-coordinacion.csv", lines(
        head,
        ["25-0001", *place, "Medicina interna", "3", "tiempo completo", "02", ""],
        ["25-0002", "Hospital que no existe", "Narnia", "Cuauhtémoc", "Medicina de otro mundo", "muchos", "diurno", "por obra", ""],
        ["25-0001", *place, "Pediatría", "0", "matutino", "08", ""],
    )))  # fmt: skip
    page.get_by_role("heading", name="Hallazgos por fila y columna").wait_for()
    look(page, "posts-faults")


def rehearse(page, look):
    page.goto("/gestion/RX24/mecanismo/")
    page.get_by_role("heading", name="Todavía no hay ensayo").wait_for()
    look(page, "mechanisms-none")
    page.get_by_role("button", name="Ensayar los mecanismos").click()
    page.get_by_role("heading", name="A quién le conviene y a quién no").wait_for(timeout=60_000)
    look(page, "mechanisms")


def compare_scores(page, look):
    """Two files with faults, that differ, and that agree with somebody to look at, who is then reviewed."""
    page.goto("/gestion/RX24/solicitudes/")
    first, second, third = re.findall(r"RX24-\d{6}-\d", page.locator("main").inner_text())[:3]
    follow(page, "Puntajes")
    page.get_by_role("button", name="Subir y revisar").wait_for()
    look(page, "scores-none", again=True)
    page.get_by_text("Columnas que se leen").click()
    head = (
        page.locator("details[open] p")
        .first.inner_text()
        .removeprefix("Hacen falta: ")
        .rstrip(".")
        .split(", ")
    )

    def compare(a, b):
        send(page, "Subir y revisar", ("Archivo A", "lectura.csv", a), ("Archivo B", "acta.csv", b))

    rows = [[first, "71", "41", "9.12"], [second, "68", "40", "8.80"], [third, "66", "37", "9.01"]]
    assert len(head) == len(rows[0]), head
    a = lines(head, *rows)
    compare(lines(head, ["RX24-999999-9", "setenta y un puntos", "41", "91.2"], *rows[1:]), a)
    page.get_by_text("setenta y un puntos").first.wait_for()
    look(page, "scores-faults")
    compare(a, lines(head, rows[0], [second, "86", "40", "8.80"], rows[2]))
    page.get_by_text("el archivo B dice 86").first.wait_for()
    look(page, "scores-differ", again=True)
    # Three rows with the same values, one after the other: the files agree, and somebody has to look.
    alike = [[folio, *rows[0][1:]] for folio in (first, second, third)]
    compare(lines(head, *alike), lines(head, *reversed(alike)))
    page.get_by_label("Vi a la persona por revisar").check()
    look(page, "scores-agree", again=True)
    page.get_by_role("button", name="Cargar este archivo").click()
    page.get_by_role("link", name=third).click()
    page.get_by_label("Qué se encontró").wait_for()
    look(page, "scores-review")
    page.get_by_label("Qué se encontró").fill("El acta en papel trae los mismos tres puntajes.")
    page.get_by_role("button", name="Cerrar la revisión").click()
    page.get_by_text(f"Revisión cerrada: {third}").wait_for()


def test_the_national_catalogue_of_units_is_read_dry_and_let_go_of(visit, look):
    page = visit(DESK, color_scheme="dark")
    enter_as(page, "Elena")
    follow(page, "Cargar el catálogo CLUES")
    page.get_by_text("Todavía no se ha cargado ningún archivo").wait_for()
    look(page, "units-none")
    head = ["CLUES", "NOMBRE DE LA UNIDAD", "ENTIDAD", "MUNICIPIO", "NIVEL ATENCION", "LATITUD", "LONGITUD"]
    name = "HOSPITAL GENERAL DE ZONA CON MEDICINA FAMILIAR NÚMERO 1 DOCTOR DEMETRIO MAYORAL PARDO"
    send(page, "Subir y revisar", ("Archivo", "ESTABLECIMIENTO_SALUD_202401.csv", lines(
        head,
        ["OCSSA000019", name, "OAXACA", "OAXACA DE JUAREZ", "SEGUNDO NIVEL", "17.06542", "-96.72365"],
        ["OCSSA00002", name, "NARNIA", "TLACOLULA", "SEGUNDO NIVEL", "48.8566", "2.3522"],
    )))  # fmt: skip
    page.get_by_role("heading", name="Hallazgos por fila y columna").wait_for()
    look(page, "units-faults", again=True)
    page.get_by_role("button", name="Olvidar el archivo").click()
    page.get_by_text("Archivo olvidado. No se cargó nada.").wait_for()


@pytest.fixture
def published(visit):
    """RM24 with its results out, as the errand of the signatures leaves it."""
    if not visit(DESK).request.get("/resultados/RM24/cortes.csv").ok:
        publish(visit, "RM24")


def test_the_certificate_of_a_place_is_read_on_a_phone_and_downloaded(visit, look, published):
    page = visit(PHONE)
    enter_as(page, "Mariana")
    page.locator("main").get_by_role("link", name=re.compile("resultado")).first.click()
    page.get_by_text("Mariana, tienes lugar").wait_for()
    page.locator("a[href$='/orden/']").click()
    page.get_by_role("heading", name="El sorteo").wait_for()
    look(page, "certificate")
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar la constancia (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
