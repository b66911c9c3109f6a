"""Tables of posts: what is read, what each wrong cell says, all or nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cauce.base import imports
from cauce.base.models import AuditEvent, Import
from cauce.calls import operations, queries
from cauce.calls.intake import read_posts
from cauce.calls.models import Call
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
    states={"oaxaca": "20", "20": "20", "puebla": "21", "21": "21"},
    state_of={1: "20", 2: "20", 3: "21", 4: "20"},
)
HEAD = "clave,clues,sede,estado,especialidad,lugares,turno,contrato,sueldo,aislamiento,rural,prioritaria,vivienda,nota"
ROW = '20-1,OCSSA000011,,,Pediatría,2,Matutino,02,"$39,021.00",30%,5,sí,no,Cerca del mar'


def read(*rows, head=HEAD, present=None):
    return read_posts("\n".join([head, *rows]).encode(), LOOKUP, present)


def posts(*rows, head=HEAD):
    return read(*rows, head=head)[1]


def problems(*rows, head=HEAD):
    sheet, found = read(*rows, head=head)
    assert found == []
    return [(each.row, each.column, each.value) for each in sheet.report.findings if not each.is_doubt]


def doubts(sheet):
    return [(each.row, each.column, each.value) for each in sheet.report.findings if each.is_doubt]


def test_a_row_is_read_whole():
    (post,) = posts(ROW)
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
    (post,) = read_posts((head + end + row + end).encode(), LOOKUP)[1]
    assert (post.site_id, post.specialty_id, post.shift) == (4, 7, "night")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_common_encodings(encoding):
    assert read_posts(f"{HEAD}\n{ROW}".encode(encoding), LOOKUP)[1][0].specialty_id == 7


def test_homonyms_are_told_apart_by_their_state():
    row = "A,,Hospital General,{},Pediatría,1,matutino,02,,,,,,"
    assert posts(row.format("Puebla"))[0].site_id == 3
    assert posts(row.format("20"))[0].site_id == 2
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
    sheet, _posts = read(ROW, ROW)
    assert [(each.row, each.column) for each in sheet.report.findings] == [(3, "clave")]
    assert "fila 2" in sheet.report.findings[0].sentence


@pytest.mark.parametrize(
    ("head", "column"),
    [
        (HEAD.replace("turno,", ""), "turno"),
        (HEAD + ",clave", "clave"),
        (HEAD.replace("clues,sede,", ""), "clues"),
    ],
)
def test_a_wrong_head_is_told(head, column):
    assert (1, column, "") in problems(ROW, head=head)


def test_a_column_that_nobody_reads_is_a_doubt_and_what_it_replaced_a_fault():
    head = HEAD.replace("turno", "jornada")
    assert problems(ROW, head=head) == [(1, "turno", "")]
    assert doubts(read(ROW, head=head)[0]) == [(1, "jornada", "")]


def test_a_state_that_does_not_exist_is_named_and_one_that_the_key_contradicts_is_a_doubt():
    assert problems(ROW.replace(",,,", ",,Narnia,", 1)) == [(2, "estado", "Narnia")]
    sheet, found = read(ROW.replace(",,,", ",,Puebla,", 1))
    assert (doubts(sheet), found[0].site_id) == ([(2, "clues", "OCSSA000011")], 1)


def test_a_percentage_that_a_sheet_keeps_as_a_fraction_is_read_with_a_doubt():
    sheet, found = read(ROW.replace("30%", "0.3"))
    assert found[0].isolation_percent == 30
    assert doubts(sheet) == [(2, "aislamiento", "0.3")]
    assert problems(ROW.replace("30%", "0.61")) == [(2, "aislamiento", "0.61")]


def test_a_workbook_with_a_title_above_and_a_head_of_two_rows_is_read():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    page.write(0, 0, "Plazas 2025")
    page.write_row(1, 0, ["Clave", "Sede", "Especialidad", "Lugares", "Turno", "Contrato", "Condiciones"])
    page.write_row(2, 6, ["Aislamiento", "Rural"])
    page.write_row(3, 0, ["A1", "Hospital de Tlaxiaco", "Pediatría", 2, "Matutino", 2, 0.3, 5])
    book.close()
    sheet, found = read_posts(target.getvalue(), LOOKUP)
    assert [each for each in sheet.report.findings if not each.is_doubt] == []
    (post,) = found
    assert (post.site_id, post.seats, post.contract, post.isolation_percent, post.rural_percent) == (
        4,
        2,
        "02",
        30,
        5,
    )


def test_what_would_change_is_told_and_counted():
    (post,) = posts(ROW)
    other = ROW.replace("20-1", "20-2")
    sheet, _found = read(ROW, other, present={"20-1": replace(post, seats=9, note="Otra")})
    assert doubts(sheet) == [(2, "clave", "20-1")]
    assert "lugares, nota" in sheet.report.findings[0].sentence
    assert (sheet.facts["new"], sheet.facts["changed"], sheet.facts["same"]) == (1, 1, 0)
    assert read(ROW, present={"20-1": post})[0].facts["same"] == 1


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\xfe\xff", b"\xef\xbb\xbf", HEAD.encode(), b"PK\x03\x04", b"a\0b", b"%PDF-1.7"]
)
def test_what_is_no_table_is_one_sentence(data):
    sheet, found = read_posts(data, LOOKUP)
    assert (found, sheet.report.faults) == ([], 1)
    assert sheet.report.findings[0].sentence
    assert sheet.report.findings[0].remedy


@settings(max_examples=150)
@given(st.one_of(st.text(), st.text().map(lambda text: f"{HEAD}\n{text}")).map(str.encode) | st.binary())
def test_nothing_that_can_be_pasted_breaks_it(data):
    sheet, found = read_posts(data, LOOKUP)
    assert not (found and sheet.report.faults)


# ------------------------------------------------------------------ the page


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_the_lookup_reads_the_catalogue_in_four_queries(django_assert_num_queries):
    factories.site("Hospital de Tlaxiaco", clues="OCSSA000012")
    factories.specialty()
    with django_assert_num_queries(4):
        lookup = queries.post_lookup()
    assert set(lookup.by_clues) == {"OCSSA000012"}
    assert "hospital de tlaxiaco" in lookup.by_name
    assert "pediatria" in lookup.specialties


@pytest.mark.django_db
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


# ------------------------------------------------------------------ the file

FILE_HEAD = "clave,sede,especialidad,lugares,turno,contrato"


def as_file(*rows, name="plazas.csv"):
    return SimpleUploadedFile(name, "\n".join([FILE_HEAD, *rows, ""]).encode("latin-1"))


def row(key, seats=1):
    return f"{key},Hospital de Tlaxiaco,Pediatría,{seats},matutino,02"


@pytest.fixture
def brought(transactional_db, client, monkeypatch):
    """A draft without posts, Carla at her desk, and what sends a file, lets the worker read it and confirms it."""
    monkeypatch.setattr("cauce.base.clock.read", lambda: BEFORE_OPENING)
    call = draft("JR24", posts=0)
    factories.site("Hospital de Tlaxiaco")
    factories.specialty()
    client.force_login(office())

    def bring(*rows, confirm=True):
        assert (
            client.post(reverse("calls:import_posts", args=["JR24"]), {"file": as_file(*rows)}).status_code
            == 302
        )
        call_command("work", once=True, quiet=True)
        if confirm:
            load()
        return Import.objects.order_by("-pk").first()

    def load():
        digest = imports.pending("posts", "JR24").digest
        client.post(reverse("calls:import_posts_confirm", args=["JR24"]), {"digest": digest})
        call_command("work", once=True, quiet=True)

    return SimpleNamespace(
        call=call,
        bring=bring,
        load=load,
        page=lambda: client.get(reverse("calls:import_posts", args=["JR24"])).content.decode(),
    )


def seats(call):
    return dict(call.posts.values_list("key", "seats"))


def test_a_file_is_read_dry_then_loaded_whole_and_again_changes_nothing(brought):
    taken = brought.bring(row("A1"), row("A2"), confirm=False)
    assert "Se puede cargar" in brought.page()
    assert (brought.call.posts.count(), taken.faults) == (0, 0)
    brought.load()
    assert seats(brought.call) == {"A1": 1, "A2": 1}
    edited = Call.objects.get(pk=brought.call.pk)
    assert edited.edited_by_id == office().pk
    again = brought.bring(row("A1"), row("A2"))
    assert (again.state, again.added, again.changed, again.data) == ("done", 0, 0, None)
    other = brought.bring(row("A2", 5), row("A3"))
    assert (other.added, other.changed) == (1, 1)
    assert seats(brought.call) == {"A1": 1, "A2": 5, "A3": 1}
    assert {"calls.receive_posts", "calls.confirm_posts", "calls.load_posts"} <= set(
        AuditEvent.objects.values_list("action", flat=True)
    )


def test_one_faulty_row_keeps_all_out_and_the_report_marks_it(brought, client):
    taken = brought.bring(row("A1"), row("A2", -3), confirm=False)
    assert (taken.faults, taken.findings[0]["row"], taken.findings[0]["column"]) == (1, 3, "lugares")
    assert "informe.xlsx" in brought.page()
    with translation.override("en"):  # the worker read it in Spanish
        told = imports.import_page("posts", "JR24").findings[0]
        assert "whole number" in told.sentence
    assert client.get(reverse("calls:import_posts_report", args=["JR24"])).content[:2] == b"PK"
    brought.load()
    assert brought.call.posts.count() == 0
    client.post(reverse("calls:import_posts_drop", args=["JR24"]))
    assert Import.objects.get().data is None


def test_a_post_that_somebody_changed_after_the_reading_is_not_overwritten(brought):
    brought.bring(row("A1"), row("A2"))
    brought.bring(row("A1", 5), row("A3"), confirm=False)
    brought.call.posts.filter(key="A1").update(seats=7)
    brought.load()
    assert seats(brought.call) == {"A1": 7, "A2": 1}
    assert "después de leer el archivo" in brought.page()


def test_a_call_published_after_the_reading_takes_no_posts(brought):
    brought.bring(row("A1"), confirm=False)
    taken = imports.pending("posts", "JR24")
    operations.confirm_posts(
        actor=officer(), call=brought.call, taken=taken, digest=taken.digest, now=BEFORE_OPENING
    )
    Call.objects.filter(pk=brought.call.pk).update(
        state="published", published_at=BEFORE_OPENING, rules_digest="0" * 64
    )
    call_command("work", once=True, quiet=True)
    assert brought.call.posts.count() == 0
    assert "publicada" in imports.import_page("posts", "JR24").findings[0].sentence


def test_the_command_reads_dry_loads_when_told_and_names_an_unknown_call(brought, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(as_file(row("A1")).read())
    bad.write_bytes(as_file(row("A1", 0)).read())
    call_command("import_posts", "JR24", good)
    assert (brought.call.posts.count(), AuditEvent.objects.count()) == (0, 0)
    with pytest.raises(CommandError):
        call_command("import_posts", "JR24", bad, apply=True, report=tmp_path / "r.xlsx")
    assert (tmp_path / "r.xlsx").read_bytes()[:2] == b"PK"
    with pytest.raises(CommandError, match="NADA"):
        call_command("import_posts", "NADA", good)
    call_command("import_posts", "JR24", good, apply=True)
    assert seats(brought.call) == {"A1": 1}
