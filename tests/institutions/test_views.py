"""The public pages of the catalogues, to anybody."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.institutions import factories as make

pytestmark = pytest.mark.django_db
PAGES = ("sites", "specialties", "institutions")


@pytest.mark.parametrize("name", PAGES)
def test_anybody_reads_it_even_when_there_is_nothing(name, client):
    response = client.get(reverse(f"institutions:{name}"))
    assert response.status_code == 200
    assert "Todavía no hay" in response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_can_be_sent_to_it(name, client):
    assert client.post(reverse(f"institutions:{name}")).status_code == 405


def test_an_invented_site_says_so(client):
    invented, real = make.site(is_invented=True), make.site()
    assert (
        "Esta sede no existe."
        in client.get(reverse("institutions:site", args=[invented.pk])).content.decode()
    )
    assert (
        "Esta sede no existe."
        not in client.get(reverse("institutions:site", args=[real.pk])).content.decode()
    )
    assert (
        client.get(reverse("institutions:sites")).content.decode().count("inventada para la demostración")
        == 1
    )


def test_a_site_says_its_source_and_what_is_not_known(client):
    page = client.get(
        reverse("institutions:site", args=[make.site(source="Catálogo CLUES 2018").pk])
    ).content.decode()
    assert "Catálogo CLUES 2018" in page
    assert page.count("sin dato") == 4  # beds, CLUES, unit key, coordinates


def test_the_page_of_an_institution_is_found_in_small_letters_too(client):
    make.institution("IMSS")
    page = client.get("/instituciones/imss/", follow=True)
    assert page.redirect_chain == [("/instituciones/IMSS/", 302)]
    assert "Instituto IMSS" in page.content.decode()


def test_resting_rows_of_a_specialty_are_left_out_of_its_card(client):
    make.specialty("Pediatría", own_years=4, total_years=4)
    page = client.get(reverse("institutions:specialties")).content.decode()
    assert page.count("is-none") == 3  # years of its own equal to the total, prerequisites, other names


@pytest.mark.parametrize(
    "path",
    [
        "/sedes/0/",
        "/sedes/999999999999999999/",
        "/sedes/9999999999999999999999/",
        "/sedes/x/",
        "/instituciones/NO/",
    ],
)
def test_what_is_not_there_is_not_found(path, client):
    assert client.get(path).status_code == 404


def test_an_absurd_query_gets_a_sentence(client):
    make.site()
    page = client.get("/sedes/?nivel=9&estado=%3Cscript%3E&p=abc").content.decode()
    assert "no existe el valor «9»" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_names_that_are_long_or_hostile_are_only_text(client):
    name = "<b>" + "Hospital de Nuestra Señora de la Asunción " * 4
    site = make.site(name[:200])
    page = client.get(reverse("institutions:site", args=[site.pk])).content.decode()
    assert "<b>Hospital" not in page
    assert "&lt;b&gt;Hospital" in page
