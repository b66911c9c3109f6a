"""Live figures count what they say, hide what they must, and give the query and the bytes to check them."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.db import connection

from cauce.base.actors import Actor
from cauce.calls.models import Application
from cauce.indicators import operations, queries
from tests.calls import factories as make

pytestmark = pytest.mark.django_db


def count(code, now):
    return queries.LIVE_BY_CODE[code].count(now)


def applications(call, number, state="submitted"):
    for index in range(number):
        Application.objects.create(
            call=call,
            person=make.person(),
            folio=f"{call.code}-{state}-{index}",
            state=state,
            started_at=call.opens_at,
            submitted_at=None if state == "draft" else call.opens_at,
            withdrawn_at=call.opens_at if state == "withdrawn" else None,
        )


@pytest.fixture
def market(now):
    """Two open calls and a closed one, a draft and one that opens tomorrow."""
    calls = [make.call("AB24", demand_at=now), make.call("AC24")]
    oaxaca, puebla = make.site(where=make.state()), make.site(where=make.state("21", "Puebla"))
    make.post(calls[0], oaxaca, seats=2, listed=0)
    make.post(calls[0], puebla, seats=1, listed=7)
    make.post(calls[1], puebla, seats=5, listed=0)  # its demand has not been counted yet
    closed = make.call("CE24", closes_at=now - timedelta(days=1))
    make.post(closed, oaxaca, seats=90)
    soon = make.call("PR24", opens_at=now + timedelta(days=1))
    make.post(soon, oaxaca, seats=80)
    return [*calls, closed, soon]


@pytest.mark.parametrize(
    ("code", "value", "rows"),
    [
        ("convocatorias-abiertas", 2, [("AB24", 1), ("AC24", 1)]),
        ("plazas-ofrecidas", 3, [("20", "Oaxaca", 1), ("21", "Puebla", 2)]),
        ("lugares-ofrecidos", 8, [("20", "Oaxaca", 2), ("21", "Puebla", 6)]),
        ("plazas-sin-listas", 1, [("20", "Oaxaca", 1)]),
    ],
)
def test_each_counts_the_open_calls_only(code, value, rows, market, now):
    live = count(code, now)
    assert (live.value, list(live.rows)) == (value, rows)


def test_the_last_second_counts_and_the_next_does_not(now):
    call = make.call()
    last = call.closes_at.replace(microsecond=999_000)
    assert count("convocatorias-abiertas", last).value == 1
    assert count("convocatorias-abiertas", call.closes_at + timedelta(seconds=1)).value == 0


def test_small_groups_of_people_are_hidden_everywhere(market, now):
    applications(market[0], 4)
    applications(market[0], 9, "withdrawn")
    applications(market[1], 8)
    applications(market[2], 30)
    live = count("solicitudes-enviadas", now)
    assert live.rows == (
        ("AB24", None),
        ("AC24", None),
        ("CE24", 30),
    )  # the second hides what the total would tell
    assert live.value == 42
    assert b"AB24,<5" in live.extract
    assert ["AB24", "menos de 5"] in live.cells
    found = next(one for one in queries.document(now=now)["live"] if one["code"] == "solicitudes-enviadas")
    assert found["rows"][0] == ["AB24", None]


def test_few_people_in_all_hide_the_total_too(now):
    applications(make.call(), 3)
    assert count("solicitudes-enviadas", now).value is None


def test_the_query_shown_is_the_one_that_was_run(market, now):
    live = count("plazas-ofrecidas", now)
    with connection.cursor() as cursor:
        cursor.execute(live.sql, list(live.parameters))
        assert [tuple(row) for row in cursor.fetchall()] == list(live.rows)


def test_the_digest_is_of_the_bytes_that_are_downloaded_and_follows_the_data(market, now, client):
    live = count("plazas-ofrecidas", now)
    assert live.digest == hashlib.sha256(live.extract).hexdigest()
    make.post(market[0], make.site(where=make.state()))
    assert count("plazas-ofrecidas", now).digest != live.digest
    assert (
        count("plazas-ofrecidas", now + timedelta(minutes=1)).digest == count("plazas-ofrecidas", now).digest
    )


@pytest.mark.parametrize("size", [1, 3])
def test_the_page_takes_six_queries_whatever_there_is(size, now, django_assert_num_queries):
    for _number in range(size):
        call = make.call(demand_at=now)
        for key in range(size):
            make.post(call, make.site(where=make.state(f"{key + 1:02d}", f"Estado {key}")))
        applications(call, 6)
    with django_assert_num_queries(6):
        page = queries.figures_page(now=now)
    assert len(page.live) == len(queries.LIVE)
    assert len(page.regions) == size


def test_the_map_has_a_class_for_every_state_with_posts(market, now):
    page = queries.figures_page(now=now)
    assert {region.key: region.value for region in page.regions} == {"20": "1", "21": "2"}
    assert all(1 <= region.level <= 5 for region in page.regions)
    assert len(page.regions_key) == 5


def test_every_column_of_the_download_is_in_the_dictionary(market, now):
    rows = list(queries.table(now=now))
    assert rows
    assert all(len(row) == len(queries.DICTIONARY) for row in rows)


@pytest.mark.django_db
def test_the_whole_download_reads_back(now, client, market):
    operations.load_figures(actor=Actor.system("catalogue"), now=now)
    text = client.get("/cifras.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["kind"] for row in rows} == {"published", "live"}
    assert next(row for row in rows if row["code"] == "residentes-imss")["value"] == "15938"
