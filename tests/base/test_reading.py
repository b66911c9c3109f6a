"""Files as people bring them: every way of writing the same table is read the same, every broken one is named."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from cauce.base import reading, workbooks
from cauce.base.reading import Unreadable, read_table
from tests.memory import peak

NAMES = {"clues": ("CLUES",), "name": ("NOMBRE DE LA UNIDAD", "nombre"), "level": ("NIVEL ATENCION",)}
ROWS = [["DFIMS000020", "Hospital Ñandú", "3"], ["OCSSA000011", "Clínica Ágil", "1"]]


def text(encoding="utf-8", separator=",", before="", end="\n", rows=None):
    lines = [["CLUES", "Nombre de la unidad", "Nivel atención"], *(rows or ROWS)]
    return (before + "".join(separator.join(cells) + end for cells in lines)).encode(encoding)


def book(fill):
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target)
    fill(made)
    made.close()
    return target.getvalue()


def sheet(rows, *, before=()):
    def fill(made):
        page = made.add_worksheet()
        for at, cells in enumerate([*before, ["CLUES", "Nombre de la unidad", "Nivel atención"], *rows]):
            page.write_row(at, 0, cells)

    return book(fill)


def cells(data):
    table = read_table(data, NAMES, NAMES)
    assert table.missing == ()
    return [[row.cells[table.places[key]] for key in NAMES] for row in table.rows]


def rewritten(data, member, change):
    """The book with one member changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        text(),
        text("utf-8-sig"),
        text("latin-1", ";"),
        text("utf-16", "\t"),
        text(separator="|"),
        text(end="\r\n"),
        text(end="\r"),
        text(before="Secretaría de Salud,,\n,,\nCatálogo,,\n"),
        text().replace(b"CLUES", b"  clues  ").replace(b"Nombre de la unidad", b"NOMBRE_DE_LA  UNIDAD"),
        text().rstrip(b"\n"),
        sheet(ROWS),
        sheet(ROWS, before=[["Catálogo"], [], ["Corte: mayo"]]),
    ],
)
def test_the_same_table_is_read_whatever_its_form(data):
    assert cells(data) == ROWS


def test_a_head_of_two_rows_under_merged_titles():
    def fill(made):
        page = made.add_worksheet()
        page.merge_range(0, 0, 1, 0, "CLUES")
        page.merge_range(0, 1, 0, 2, "UNIDAD")
        page.write_row(1, 1, ["Nombre", "Nivel atención"])
        for at, each in enumerate(ROWS, 2):
            page.write_row(at, 0, each)

    table = read_table(book(fill), NAMES, NAMES)
    assert table.head_row == 2
    assert cells(book(fill)) == ROWS


def test_rows_keep_the_numbers_of_the_sheet_and_the_right_sheet_is_found():
    def fill(made):
        made.add_worksheet("Léeme").write(0, 0, "Notas")
        page = made.add_worksheet("Datos")
        page.write_row(4, 1, ["CLUES", "nombre", "nivel atencion"])
        page.write_row(9, 1, ROWS[0])

    table = read_table(book(fill), NAMES, NAMES)
    assert (table.sheet, table.head_row, [row.number for row in table.rows]) == ("Datos", 5, [10])


def test_numbers_are_read_as_people_see_them():
    def fill(made):
        page = made.add_worksheet()
        page.write_row(0, 0, ["CLUES", "nombre", "nivel atencion"])
        page.write_row(1, 0, ["A & B <C>", 78.333, 3.0])

    assert cells(book(fill)) == [["A & B <C>", "78.333", "3"]]


def test_formulas_and_errors_are_marked():
    def fill(made):
        page = made.add_worksheet()
        page.write_row(0, 0, ["CLUES", "nombre", "nivel atencion"])
        page.write_row(1, 0, ["X", "Y"])
        page.write_formula(1, 2, "=1+2", None, 3)
        page.write_formula(2, 0, "=NA()", None, "#N/A")

    rows = list(read_table(book(fill), NAMES).rows)
    assert rows[0].marks == {2: reading.FORMULA}
    assert rows[0].cells == ["X", "Y", "3"]
    assert 0 in rows[1].marks
    (row,) = read_table(text(rows=[["X", "=1+2", "3"]]), NAMES).rows
    assert row.marks == {1: reading.LOST_FORMULA}


def test_mixed_encodings_name_the_row():
    data = text() + "GTSSA000011;".replace(";", ",").encode() + "Atención,1\n".encode("latin-1")
    rows = list(read_table(data, NAMES).rows)
    assert [row.marks for row in rows] == [{}, {}, {1: reading.ENCODING}]
    assert rows[2].number == 4


def test_an_upload_cut_in_the_middle_is_named():
    whole = sheet([[f"CLUES{at}", "x" * 50, "1"] for at in range(2000)])
    for data in (whole[: len(whole) // 2], whole[:-30], whole[:4]):
        with pytest.raises(Unreadable, match="cortado"):
            list(read_table(data, NAMES).rows)
    with pytest.raises(Unreadable, match="fila 4"):
        list(read_table(text() + b'DF,"abc', NAMES).rows)
    *_rest, last = read_table(text()[:-14], NAMES).rows
    assert reading.CUT in last.marks.values()


def test_a_sheet_that_ends_early_inside_a_whole_archive_is_named():
    data = rewritten(sheet(ROWS), "xl/worksheets/sheet1.xml", lambda xml: xml[: xml.index(b"</sheetData>")])
    with pytest.raises(Unreadable, match="cortado"):
        list(read_table(data, NAMES).rows)


@pytest.mark.slow
def test_a_bomb_named_xlsx_is_refused_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 3_000_000)  # the same gate, sooner
    grow = b'<row r="2"><c r="A2"><v>1</v></c></row>' * 150_000
    data = rewritten(
        sheet(ROWS),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", grow + b"</sheetData>"),
    )
    assert len(data) < 1_000_000

    def read():
        with pytest.raises(Unreadable, match="desempaca"):
            for _row in read_table(data, NAMES).rows:
                pass

    assert peak(read) < 20_000_000


def test_one_endless_row_or_string_table_is_refused():
    endless = b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"x" * 25_000_000
    data = rewritten(
        sheet(ROWS), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", endless)
    )
    with pytest.raises(Unreadable):
        list(read_table(data, NAMES).rows)


def test_entities_are_not_expanded():
    laugh = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = rewritten(
        sheet(ROWS), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<worksheet", laugh + b"<worksheet")
    )
    with pytest.raises(Unreadable):
        list(read_table(data, NAMES).rows)
    data = rewritten(sheet(ROWS), "xl/sharedStrings.xml", lambda xml: xml.replace(b"<sst", laugh + b"<sst"))
    with pytest.raises(Unreadable):
        list(read_table(data, NAMES).rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [b'<row r="%d"/>', pytest.param(b'<row r="%d"><c r="A%d" s="1"/></row>', marks=pytest.mark.scale)],
)
def test_a_million_empty_rows_cost_no_memory(row):
    def with_empty(last):
        empty = b"".join(row.replace(b"%d", str(at).encode()) for at in range(4, last))
        return rewritten(
            sheet(ROWS),
            "xl/worksheets/sheet1.xml",
            lambda xml: xml.replace(b"</sheetData>", empty + b"</sheetData>"),
        )

    data = with_empty(1_048_577)
    assert cells(with_empty(20_000)) == ROWS  # what reading any such file takes is no cost of the rows
    found = []
    assert peak(lambda: found.extend(cells(data))) < 20_000_000
    assert found == ROWS
    assert cells(text() + b",,\n" * 1_000_000) == ROWS


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "vacío"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "antiguo"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><table>", "página"),
        (b"a\0b\n", "texto"),
        (b"PK\x05\x06" + b"\0" * 18, "comprimido"),
        (text("utf-16")[:-1], "cortado"),
        (b"\n" * 2_200_000, "renglones"),
        (text() + b'"a"b,c\n', "comillas"),
    ],
)
def test_what_is_no_table_is_named(data, word):
    with pytest.raises(Unreadable) as told:
        list(read_table(data, NAMES).rows)
    assert word in told.value.sentence
    assert told.value.remedy


def test_columns_that_are_missing_unknown_or_twice_are_told():
    table = read_table(b"clues,CLUES,otra\n1,2,3\n", NAMES, NAMES)
    assert table.repeated == ("CLUES",)
    assert table.unknown == ("otra",)
    assert table.missing == ("name", "level")


def test_letters_of_columns():
    assert [reading.letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
