"""Tables of posts: what is read, what each wrong cell says, all or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cauce.calls import operations, queries
from cauce.calls.intake import MOST_OCTETS, MOST_PROBLEMS, MOST_ROWS, read_posts
from cauce.calls.queries import PostLookup
from cauce.calls.queries.drafting import SiteName
from cauce.calls.rules.drafting import PostValues
from tests.calls import factories
from tests.calls.drafts import BEFORE_OPENING, draft, office, officer

LOOKUP = PostLookup(
    by_clues={"OCSSA000011": 1},
    by_name={
        "hospital general": (SiteName(2, "20", "Oaxaca", "Juchitán"), SiteName(3, "21", "Puebla", "Atlixco")),
        "hospital de tlaxiaco": (SiteName(4, "20", "Oaxaca", "Tlaxiaco"),),
    },
    specialties={"pediatria": 7, "anestesiologia": 8},
)
HEAD = "clave,clues,sede,estado,especialidad,lugares,turno,contrato,sueldo,aislamiento,rural,prioritaria,vivienda,nota"
ROW = '20-1,OCSSA000011,,,Pediatría,2,Matutino,02,"$39,021.00",30%,5,sí,no,Cerca del mar'


def read(*rows, head=HEAD):
    return read_posts("\n".join([head, *rows]), LOOKUP)


def problems(*rows, head=HEAD):
    reading = read(*rows, head=head)
    assert reading.posts == ()
    return [(problem.row, problem.column, problem.value) for problem in reading.problems]


def test_a_row_is_read_whole():
    (post,) = read(ROW).posts
    assert (post.key, post.site_id, post.specialty_id, post.seats) == ("20-1", 1, 7, 2)
    assert (post.shift, post.contract, post.monthly_pay) == ("morning", "02", Decimal("39021.00"))
    assert (post.isolation_percent, post.rural_percent, post.is_priority, post.has_housing) == (
        30,
        5,
        True,
        False,
    )
    assert post.note == "Cerca del mar"


@pytest.mark.parametrize("separator", ["\t", ";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cells_pasted_from_a_sheet_and_files_of_any_separator(separator, end):
    head = separator.join(["Clave", "SEDE", "Especialidad", "Lugares", "Turno", "Contrato"])
    row = separator.join(["A1", "Hospital  de TLAXIACO", "PEDIATRIA", "1", "nocturno", "Base (02)"])
    (post,) = read_posts(head + end + row + end, LOOKUP).posts
    assert (post.site_id, post.specialty_id, post.shift) == (4, 7, "night")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_common_encodings(encoding):
    assert read_posts(f"{HEAD}\n{ROW}".encode(encoding), LOOKUP).posts[0].specialty_id == 7


def test_homonyms_are_told_apart_by_their_state():
    row = "A,,Hospital General,{},Pediatría,1,matutino,02,,,,,,"
    assert read(row.format("Puebla")).posts[0].site_id == 3
    assert read(row.format("20")).posts[0].site_id == 2
    assert problems(row.format("")) == [(2, "sede", "Hospital General")]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("20-1", "", "clave"),
        ("20-1", "20 1", "clave"),
        ("20-1", "x" * 21, "clave"),
        ("OCSSA000011", "OCSSA999999", "clues"),
        ("OCSSA000011", "", "sede"),
        ("Pediatría", "Brujería", "especialidad"),
        (",2,", ",0,", "lugares"),
        (",2,", ",dos,", "lugares"),
        (",2,", ",2.5,", "lugares"),
        (",2,", ",٣,", "lugares"),
        ("Matutino", "diurno", "turno"),
        (",02,", ",99,", "contrato"),
        ("$39,021.00", "-1", "sueldo"),
        ("$39,021.00", "NaN", "sueldo"),
        ("$39,021.00", "39021.001", "sueldo"),
        ("30%", "51", "aislamiento"),
        (",5,", ",21,", "rural"),
        ("sí", "quizá", "prioritaria"),
        ("Cerca del mar", "x" * 301, "nota"),
    ],
)
def test_each_wrong_cell_is_named_by_row_and_column(old, new, column):
    assert [(row, where) for row, where, _ in problems(ROW.replace(old, new, 1))] == [(2, column)]


def test_one_wrong_cell_stops_all_rows():
    assert problems(ROW, ROW.replace("20-1", "20-2").replace(",2,", ",0,")) == [(3, "lugares", "0")]


def test_a_repeated_key_names_the_other_row():
    reading = read(ROW, ROW)
    assert [(p.row, p.column) for p in reading.problems] == [(3, "clave")]
    assert "fila 2" in reading.problems[0].sentence


@pytest.mark.parametrize(
    ("head", "column"),
    [
        (HEAD.replace("turno", "jornada"), "jornada"),
        (HEAD.replace("turno,", ""), "turno"),
        (HEAD + ",clave", "clave"),
        (HEAD.replace("clues,sede,", ""), "clues"),
    ],
)
def test_a_wrong_head_is_told(head, column):
    assert (1, column, "") in problems(ROW, head=head)


@pytest.mark.parametrize(
    "data",
    ["", "\n\n", HEAD, b"PK\x03\x04", b"a\0b", "x" * (MOST_OCTETS + 1), HEAD + f"\n{ROW}" * (MOST_ROWS + 1)],
)
def test_what_is_no_table_is_one_sentence(data):
    reading = read_posts(data, LOOKUP)
    assert (reading.posts, len(reading.problems)) == ((), 1)
    assert reading.problems[0].sentence
    assert reading.problems[0].remedy


def test_no_more_than_a_hundred_problems_are_told():
    rows = [ROW.replace("20-1", f"k{number}").replace(",2,", ",0,") for number in range(300)]
    assert len(problems(*rows)) == MOST_PROBLEMS


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.binary(), st.text().map(lambda text: f"{HEAD}\n{text}")))
def test_nothing_that_can_be_pasted_breaks_it(data):
    reading = read_posts(data, LOOKUP)
    assert not (reading.posts and reading.problems)


# ------------------------------------------------------------------ the page


@pytest.mark.django_db(transaction=True)
def test_a_table_is_added_from_its_page_all_or_nothing(client, monkeypatch):
    monkeypatch.setattr("cauce.base.clock.read", lambda: BEFORE_OPENING)
    call = draft("JR24", posts=0)
    site = factories.site("Hospital de Tlaxiaco")
    client.force_login(office())
    url = reverse("calls:posts_table", args=["JR24"])
    head = "clave\tsede\tespecialidad\tlugares\tturno\tcontrato"
    good = "\n".join(f"A{number}\tHospital de Tlaxiaco\tPediatría\t1\tmatutino\t02" for number in range(60))
    bad = client.post(
        url, {"table": f"{head}\n{good}\nA99\tHospital de Tlaxiaco\tPediatría\t0\tmatutino\t02"}
    )
    assert bad.status_code == 422
    assert "lugares" in bad.content.decode()
    assert "61 filas leídas, con un problema." in bad.content.decode()
    one = client.post(url, {"table": f"{head}\nA99\tHospital de Tlaxiaco\tPediatría\t0\tmatutina\t02"})
    assert "1 fila leída, con 2 problemas." in one.content.decode()
    assert call.posts.count() == 0
    for _ in range(2):
        assert client.post(url, {"table": f"{head}\n{good}"}).status_code == 302
    assert call.posts.filter(site=site).count() == 60
    page = client.get(reverse("calls:desk_posts", args=["JR24"]) + "?p=2").context["page"]
    assert len(page.page.object_list) == 10
    taken = client.post(url, {"table": f"{head}\nA1\tHospital de Tlaxiaco\tPediatría\t9\tmatutino\t02"})
    assert "A1" in taken.content.decode()
    assert call.posts.count() == 60


@pytest.mark.django_db(transaction=True)
def test_the_lookup_reads_the_catalogue_in_three_queries(django_assert_num_queries):
    factories.site("Hospital de Tlaxiaco", clues="OCSSA000012")
    factories.specialty()
    with django_assert_num_queries(3):
        lookup = queries.post_lookup()
    assert set(lookup.by_clues) == {"OCSSA000012"}
    assert "hospital de tlaxiaco" in lookup.by_name
    assert "pediatria" in lookup.specialties


@pytest.mark.django_db(transaction=True)
def test_posts_that_are_there_with_other_values_are_refused_by_key():
    call = draft(posts=1)
    post = queries.posts_of(call).get()
    values = PostValues.of(post)
    operations.add_posts(actor=officer(), call=call, posts=[values], now=BEFORE_OPENING)
    assert call.posts.count() == 1
    call.posts.update(seats=9)
    with pytest.raises(operations.DraftRefused) as refusal:
        operations.add_posts(actor=officer(), call=call, posts=[values], now=BEFORE_OPENING)
    assert post.key in refusal.value.message
