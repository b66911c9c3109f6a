"""The public pages of figures."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from django.urls import reverse

from cauce.base.actors import Actor
from cauce.indicators import operations, queries
from cauce.indicators.models import PublishedFigure
from tests.calls import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(now):
    operations.load_figures(actor=Actor.system("catalogue"), now=now)


def test_with_nothing_loaded_and_nothing_open_it_says_so(client):
    page = client.get("/cifras/").content.decode()
    assert "Ninguna convocatoria está abierta" in page
    assert "Todavía no se han cargado" in page


def test_every_figure_has_a_permanent_page_with_its_source(client, loaded):
    for figure in PublishedFigure.objects.all():
        page = client.get(f"/cifras/{figure.code}/")
        assert page.status_code == 200
        assert figure.source in page.content.decode()
    for definition in queries.LIVE:
        assert client.get(f"/cifras/{definition.code}/").status_code == 200
    assert client.get("/cifras/diccionario/").status_code == 200


def test_no_code_hides_another_page(loaded):
    codes = set(PublishedFigure.objects.values_list("code", flat=True))
    assert not codes & set(queries.LIVE_BY_CODE)
    assert "diccionario" not in codes | set(queries.LIVE_BY_CODE)


def test_contradictions_are_said_on_the_page_and_on_the_figure(client, loaded):
    assert "suman 14,423" in client.get("/cifras/").content.decode()
    assert "suman 14,423" in client.get("/cifras/plazas-2022/").content.decode()


def test_the_digest_on_the_page_is_that_of_the_download(client, monkeypatch, now):
    call = make.call(demand_at=now)
    make.post(call, make.site())
    monkeypatch.setattr("cauce.base.clock.read", lambda: now)
    page = client.get("/cifras/plazas-ofrecidas/").content.decode()
    extract = client.get("/cifras/plazas-ofrecidas.csv").content
    assert hashlib.sha256(extract).hexdigest() in re.sub(r"<[^>]*>|\s", "", page)
    assert "SELECT" in page
    assert extract.startswith(b"state_key,state,posts\n20,Oaxaca,1\n")


def test_json_holds_queries_and_rows(client, loaded):
    document = json.loads(client.get("/cifras.json").content)
    assert document["format"] == "cauce-figures/1"
    assert len(document["live"]) == len(queries.LIVE)
    assert all(one["sql"].startswith("SELECT") for one in document["live"])


@pytest.mark.parametrize("path", ["/cifras/no-hay/", "/cifras/no-hay.csv", "/cifras/residentes-imss.csv"])
def test_what_is_not_there_is_not_found(path, client, loaded):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["figures", "figures_csv", "figures_json", "dictionary"])
def test_nothing_can_be_sent(name, client):
    assert client.post(reverse(f"indicators:{name}")).status_code == 405
