"""What anyone may read: home, calls, search, posts, files; and every absurd thing a query may say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cauce.institutions.models import SpecialtyAlias
from tests.calls import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def call():
    return make.call("JR24")


@pytest.fixture
def oaxaca(call):
    """A post with everything in Oaxaca."""
    site = make.site("Hospital Rural Número 34 Jamiltepec", municipality="Santiago Jamiltepec")
    return make.post(
        call,
        site,
        isolation_percent=40,
        rural_percent=20,
        is_priority=True,
        has_housing=True,
        monthly_pay=Decimal("40000"),
        seats=3,
        shift="weekend",
    )


@pytest.fixture
def chiapas(call):
    """A plain post in Chiapas, in four lists."""
    surgery = make.specialty("cirugia-general", "Cirugía General")
    call.call_specialties.create(specialty=surgery)
    return make.post(
        call,
        make.site("Hospital General Tapachula", make.state("07", "Chiapas")),
        specialty=surgery,
        contract="08",
        listed=4,
        listed_first=1,
    )


def found(client, query="", code="JR24"):
    answer = client.get(reverse("calls:posts", args=[code]) + query)
    assert answer.status_code == 200
    return answer.context["page"]


def keys(client, query=""):
    return [row.key for row in found(client, query).rows]


# ---------------------------------------------------------------- searching


@pytest.mark.parametrize(
    "query",
    [
        "?q=JAMILTEPEC",
        "?q=pediatria+jamiltepec",
        "?q=PEDIATR%C3%8DA",
        "?q=oaxaca",
        "?q=  hospital++rural ",
        "?especialidad=pediatria",
        "?estado=20",
        "?turno=weekend",
        "?contrato=02",
        "?ofrece=prioritaria",
        "?ofrece=alejada&ofrece=vivienda",
        "?ofrece=rural",
        "?ofrece=sin-listas",
    ],
)
def test_each_filter_finds_the_post_it_describes(client, oaxaca, chiapas, query):
    assert keys(client, query) == [oaxaca.key]


def test_a_specialty_is_found_by_its_other_names(client, oaxaca, chiapas):
    SpecialtyAlias.objects.create(specialty=chiapas.specialty, name="Quirúrgica", folded="quirurgica")
    assert keys(client, "?q=quirúrgica") == [chiapas.key]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("listas", "oaxaca"), ("-listas", "chiapas"), ("-suplemento", "oaxaca"), ("lugares", "chiapas")],
)
def test_columns_sort_both_ways(client, oaxaca, chiapas, sort, first):
    assert keys(client, f"?o={sort}")[0] == {"oaxaca": oaxaca, "chiapas": chiapas}[first].key


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?estado=abc", "Se ignoró el filtro «estado»: no existe el valor «abc»."),
        ("?estado=%00", "Se ignoró el filtro «estado»"),
        ("?especialidad=nada", "Se ignoró el filtro «especialidad»"),
        ("?turno=siempre", "Se ignoró el filtro «turno»"),
        ("?contrato=99", "Se ignoró el filtro «contrato»"),
        ("?ofrece=alberca", "Se ignoró el filtro «ofrece»"),
        ("?o=precio", "Se ignoró el filtro «o»"),
        ("?p=-1", "La página «-1» no existe; esta es la 1 de 1."),
        ("?p=999999", "La página «999999» no existe; esta es la 1 de 1."),
        ("?p=uno", "La página «uno» no existe"),
        ("?q=" + "hospital " * 50, "Solo se buscaron los primeros 100 caracteres."),
    ],
)
def test_absurd_values_are_ignored_aloud(client, oaxaca, chiapas, query, words):
    answer = client.get(reverse("calls:posts", args=["JR24"]) + query)
    assert answer.status_code == 200
    assert words in answer.text


def test_a_query_longer_than_any_page_is_answered(client, oaxaca):
    for name in ("q", "estado", "especialidad", "o", "p", "turno", "ofrece"):
        answer = client.get(reverse("calls:posts", args=["JR24"]), {name: "á" * 100_000}, follow=True)
        assert answer.status_code == 200
        assert len(answer.content) < 100_000
        assert "demasiado larga" in answer.text


def test_nothing_found_says_which_filter_to_remove(client, oaxaca, chiapas):
    page = found(client, "?estado=07&especialidad=pediatria")
    assert page.count == 0
    assert [(one.label, one.count) for one in page.removals] == [("Pediatría", 1), ("Chiapas", 1)]
    answer = client.get(reverse("calls:posts", args=["JR24"]) + "?q=zzz&estado=07")
    assert "sin él hay 1 plaza" in answer.text
    assert 'href="?estado=07"' in answer.text


def test_chips_take_one_filter_away_and_keep_the_rest(client, oaxaca):
    page = found(client, "?q=oaxaca&ofrece=rural&ofrece=vivienda&o=-listas&p=1")
    assert page.chips == [
        ("«oaxaca»", "?ofrece=rural&ofrece=vivienda&o=-listas"),
        ("Suplemento rural", "?q=oaxaca&ofrece=vivienda&o=-listas"),
        ("Vivienda", "?q=oaxaca&ofrece=rural&o=-listas"),
    ]


def test_the_button_counts_what_there_is(client, oaxaca, chiapas):
    assert found(client).button == "Ver 2 plazas"
    assert found(client, "?estado=07").button == "Ver 1 plaza"


def test_pages_of_fifty(client, call):
    site = make.site()
    for _ in range(51):
        make.post(call, site)
    page = found(client, "?p=2")
    assert (len(page.rows), page.rows.paginator.num_pages) == (1, 2)


def test_the_map_shows_lists_only_once_they_are_counted(client, call, oaxaca, chiapas, now):
    assert [(one.key, one.value) for one in found(client).regions] == [("07", "1"), ("20", "1")]
    call.demand_at = now
    call.save()
    assert [(one.key, one.value, one.level) for one in found(client).regions] == [
        ("07", "0\N{NO-BREAK SPACE}%", 1),
        ("20", "100\N{NO-BREAK SPACE}%", 5),
    ]


@pytest.mark.parametrize("query", ["", "?q=hospital", "?q=hospital&estado=20&ofrece=vivienda&o=-sueldo"])
def test_the_list_reads_a_fixed_number_of_times(client, call, query):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            make.post(call, has_housing=True)
        with CaptureQueriesContext(connection) as read:
            found(client, query)
        counts.append(len(read))
    assert counts == ([8, 8] if "q=" in query else [5, 5])


def test_the_search_over_all_open_calls(client, oaxaca, at_noon):
    other = make.post(make.call("RM24"))
    make.post(
        make.call("VIEJA", opens_at=make.OPENS - timedelta(days=9), closes_at=make.OPENS - timedelta(days=1))
    )
    rows = client.get(reverse("calls:search")).context["page"].rows
    assert {row.key for row in rows} == {oaxaca.key, other.key}
    at_noon["now"] = make.CLOSES + timedelta(seconds=1)
    assert "Hoy no hay convocatorias abiertas" in client.get(reverse("calls:search")).text


# -------------------------------------------------------------------- files


def test_the_file_has_the_same_filters_and_no_formulas(client, call, oaxaca, chiapas):
    make.post(call, make.site("=HYPERLINK(1)", make.state("31", "Yucatán")))
    make.post(call, make.site("-1+1", make.state("31", "Yucatán")))
    answer = client.get(reverse("calls:posts_csv", args=["JR24"]) + "?estado=31")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["Sede"] for row in rows) == ["'-1+1", "'=HYPERLINK(1)"]
    assert rows[0]["Estado"] == "Yucatán"
    everything = b"".join(client.get(reverse("calls:search_csv")).streaming_content).decode()
    assert len(everything.splitlines()) == 5


def test_the_rules_file_is_byte_by_byte_what_the_digest_says(client, call):
    content = client.get(reverse("calls:call_rules", args=["JR24"])).content
    assert hashlib.sha256(content).hexdigest() == call.rules_digest
    json.loads(content)


def test_the_calendar_file_is_in_universal_time_with_folded_lines(client, call):
    call.title = "Jornada; con coma, y un título tan largo que hay que doblarlo: " + "ñ" * 60
    call.save()
    content = client.get(reverse("calls:call_calendar", args=["JR24"])).content
    assert b"DTSTART:20240224T055959Z" in content
    assert max(map(len, content.split(b"\r\n"))) <= 75
    unfolded = content.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Cierra: Jornada\\; con coma\\, y un título" in unfolded


# -------------------------------------------------------------------- pages


def test_a_call_shows_its_rules_dates_and_digest(client, call, oaxaca, now):
    call.calendar.create(label="Citas en Oaxaca", starts_at=now, as_written="martes 12 de febrero")
    page = client.get(reverse("calls:call", args=["JR24"])).text
    for words in (
        "Abierta",
        "martes 12 de febrero",
        "Calificación de egreso",
        "Al final, un sorteo",
        call.rules_digest[:8],
        "Sin cambios desde que se publicó.",
        call.contact,
        "Ver si puedo y postularme",
    ):
        assert words in page
    call.addenda.create(number=1, text="Se aclara el turno.", digest="ab" * 32, published_at=now)
    assert "Se aclara el turno." in client.get(reverse("calls:call", args=["JR24"])).text


def test_a_closed_call_says_why_one_cannot_apply(client, call, at_noon):
    at_noon["now"] = make.CLOSES + timedelta(seconds=1)
    page = client.get(reverse("calls:call", args=["JR24"])).text
    assert "La convocatoria cerró el 23 de febrero de 2024 a las 23:59:59, hora del centro." in page
    assert "Ver si puedo" not in page


def test_drafts_do_not_exist_for_the_public(client):
    draft = make.call("BORRADOR", state="draft", published_at=None, rules_digest="")
    make.post(draft)
    for name in ("call", "posts", "posts_csv", "call_rules", "call_calendar"):
        assert client.get(reverse(f"calls:{name}", args=["BORRADOR"])).status_code == 404
    assert "BORRADOR" not in client.get(reverse("calls:calls")).text
    assert client.get(reverse("calls:call", args=["no-hay"])).status_code == 404


def test_the_pay_of_a_post_is_explained_and_adds_up(client, oaxaca):
    page = client.get(reverse("calls:post", args=["JR24", oaxaca.key]))
    assert page.context["page"].total == Decimal("64000.00")
    for words in ("$40,000.00", "$16,000.00", "$8,000.00", "$64,000.00", "40 % del sueldo"):
        assert words.replace(" %", "\N{NO-BREAK SPACE}%") in page.text
    assert client.get(reverse("calls:post", args=["JR24", "nada"])).status_code == 404
    assert client.get(reverse("calls:post", args=["JR24", "a\0b"])).status_code == 404


def test_a_post_says_for_whom_its_seats_are_kept_and_what_caps_its_state(client, call, oaxaca, chiapas):
    call.seat_classes = [{"key": "foreign", "label": "Extranjeros", "reverts_to": "open"}]
    call.regions = [{"state": oaxaca.site.state_id, "cap": 7}]
    call.save()
    oaxaca.reserved = {"foreign": 1}
    oaxaca.save()
    page = client.get(reverse("calls:post", args=["JR24", oaxaca.key]))
    assert [(line.label, line.seats) for line in page.context["page"].classes] == [
        ("Extranjeros", 1),
        ("Lugares abiertos", oaxaca.seats - 1),
    ]
    assert "si sobra, pasa a: Lugares abiertos" in page.text
    assert "7 lugares entre todas las plazas de Oaxaca" in page.text
    plain = client.get(reverse("calls:post", args=["JR24", chiapas.key]))
    assert "Lugares abiertos" not in plain.text
    assert "Tope del estado" not in plain.text


def test_calls_are_grouped_by_what_one_can_do(client, call, at_noon):
    make.call("PRONTO", opens_at=make.OPENS + timedelta(days=20), closes_at=make.CLOSES + timedelta(days=3))
    make.call("VIEJA", opens_at=make.OPENS - timedelta(days=9), closes_at=make.OPENS - timedelta(days=1))
    page = client.get(reverse("calls:calls")).context["page"]
    assert [[card.call.code for card in group] for group in (page.open, page.announced, page.closed)] == [
        ["JR24"],
        ["PRONTO"],
        ["VIEJA"],
    ]


def test_the_home_tells_the_next_date_that_asks_something(client, call, oaxaca, chiapas):
    answer = client.get("/")
    page = answer.context["page"]
    assert (page.next.kind, page.next.call, page.next.away) == ("closes", call, "en 13 días")
    assert (page.posts, page.seats, page.unlisted) == (2, 5, 1)
    assert "Plazas que nadie ha puesto en su lista" not in answer.text  # nobody has counted yet


def test_the_home_with_nothing(client):
    page = client.get("/").text
    assert "Hoy no hay ninguna convocatoria abierta" in page
    assert "Todavía no hay convocatorias" in client.get(reverse("calls:calls")).text


@pytest.mark.parametrize("name", ["home", "calls", "search"])
def test_public_pages_take_no_posts(client, name):
    assert client.post(reverse(f"calls:{name}")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/convocatorias/", "/convocatorias/JR24/"])
def test_pages_read_a_fixed_number_of_times(client, call, path):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            make.post(call)
            make.call()
        with CaptureQueriesContext(connection) as read:
            assert client.get(path).status_code == 200
        counts.append(len(read))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "address", ["", "reglas.json", "calendario.ics", "plazas/?q=jamiltepec&estado=20", "plazas.csv"]
)
def test_a_code_typed_in_small_letters_leads_to_the_one_address(client, call, address):
    answer = client.get(f"/convocatorias/jr24/{address}")
    assert (answer.status_code, answer["Location"]) == (302, f"/convocatorias/JR24/{address}")


def test_a_code_of_nothing_is_not_found_in_any_letters(client, call):
    assert client.get("/convocatorias/xx99/", follow=True).status_code == 404
    assert client.post("/convocatorias/jr24/").status_code == 405
