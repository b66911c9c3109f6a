"""Applications on paper from a file: what is read, and what each wrong cell says."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from cauce.accounts import rules as people
from cauce.base import imports
from cauce.calls.intake import read_applicants
from cauce.calls.queries import FilingLookup
from cauce.calls.rules.application import PostFact
from cauce.calls.rules.filing import Held, Identity, read_rfc
from tests.calls import factories
from tests.calls.paper import BORN, FOREIGN, HEAD, NAMES, WRONG_DIGIT, cells, curp, row

PEDIATRICS, SURGERY, ELSEWHERE = 7, 8, 9
POSTS = {
    key: PostFact(at, key, f"Hospital {key}", 1, specialty)
    for at, (key, specialty) in enumerate(
        [("20-1", PEDIATRICS), ("20-2", PEDIATRICS), ("20-3", PEDIATRICS), ("20-4", PEDIATRICS), ("21-1", SURGERY)],
        start=1,
    )
}  # fmt: skip
LOOKUP = FilingLookup(
    criteria=[factories.MARK],
    posts=POSTS,
    specialties={"pediatria": PEDIATRICS, "cirugia general": SURGERY, "urologia": ELSEWHERE},
    offered={
        specialty: tuple(post for post in POSTS.values() if post.specialty_id == specialty)
        for specialty in (PEDIATRICS, SURGERY)
    },
    most_choices=3,
    has_limit=True,
    is_complete=False,
    groups={"foreign": "foreign", "personas extranjeras": "foreign"},
    states={"oaxaca": "20", "20": "20"},
    held=lambda _identities: {},
    today=date(2024, 2, 10),
)


def read(*rows, head=HEAD, lookup=LOOKUP):
    return read_applicants("\n".join([head, *rows]).encode(), lookup)


def faults(sheet):
    return [(each.row, each.column, each.value) for each in sheet.report.findings if not each.is_doubt]


def doubts(sheet):
    return [(each.row, each.column, each.value) for each in sheet.report.findings if each.is_doubt]


def problems(*rows, head=HEAD, lookup=LOOKUP):
    sheet, found = read(*rows, head=head, lookup=lookup)
    assert found == []
    return faults(sheet)


# ------------------------------------------------------------------- reading


def test_a_row_is_read_whole():
    sheet, (filing,) = read(
        row(
            Correo="Ana@Ejemplo.MX", RFC="GODE561231GR8", Grupos="Personas extranjeras", **{"Estado de origen": "20"}
        )
    )  # fmt: skip
    assert faults(sheet) == []
    assert filing.identity == Identity("curp", "MX", curp())
    assert (filing.given_names, filing.first_surname, filing.second_surname) == NAMES[0]
    assert (filing.birth_date, filing.sex, filing.birth_state) == (BORN, "M", "20")
    assert (filing.email, filing.rfc) == ("ana@ejemplo.mx", "GODE561231GR8")
    assert filing.content == (PEDIATRICS, ("91.25",), ("foreign",), "20", (2, 1))
    assert sheet.facts == {"new": 1, "same": 0, "people": 1, "choices": 2}


def test_birth_and_sex_come_from_the_curp_where_the_file_does_not_say_them():
    _sheet, (filing,) = read(row(**{"Fecha de nacimiento": "", "Sexo": ""}))
    assert (filing.birth_date, filing.sex) == (BORN, "M")


def test_who_has_no_curp_is_read_by_country_document_and_number():
    sheet, (filing,) = read(row(**FOREIGN))
    assert (doubts(sheet), filing.identity) == ([], Identity("passport", "SV", "A1234567"))
    assert (filing.birth_date, filing.sex, filing.birth_state) == (date(1990, 2, 3), "M", "")
    generic = sorted(people.GENERIC_CURPS)[0]
    _sheet, (filing,) = read(row(**{**FOREIGN, "CURP": generic}))
    assert (filing.identity.kind, filing.generic_curp) == ("passport", generic)


def test_a_number_that_its_country_does_not_let_confirm_only_warns():
    dui = {**FOREIGN, "Documento": "DUI", "Número": "01234567-9"}
    sheet, (filing,) = read(row(**dui))
    assert (filing.identity, filing.document_doubt) == (Identity("dui", "SV", "012345679"), "digit")
    assert [(line, column) for line, column, _value in doubts(sheet)] == [(2, "número")]


@pytest.mark.parametrize(
    "written", ["4/5/1995", "04-05-1995", "1995-05-04", "1995-05-04 00:00:00", "4.5.1995", "34823"]
)
def test_dates_as_people_and_sheets_write_them(written):
    sheet, (filing,) = read(row(**{"Fecha de nacimiento": written}))
    assert (filing.birth_date, doubts(sheet)) == (BORN, [])


def test_without_a_curp_what_can_be_read_two_ways_is_doubted():
    sheet, (filing,) = read(row(**{**FOREIGN, "Fecha de nacimiento": "34823", "Sexo": "M"}))
    assert (filing.birth_date, filing.sex) == (BORN, "M")
    assert {(column, value) for _row, column, value in doubts(sheet)} == {
        ("fecha de nacimiento", "34823"), ("sexo", "M"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"CURP": WRONG_DIGIT}, "CURP"),
        ({"CURP": ""}, "CURP"),
        ({"CURP": "Citlali"}, "CURP"),
        ({"CURP": "XEXX010101HNEXXXA4"}, "CURP"),
        ({"CURP": "XEXX010101MNEXXXA8"}, "CURP"),
        ({**FOREIGN, "País": ""}, "país"),
        ({**FOREIGN, "País": "Narnia"}, "país"),
        ({**FOREIGN, "País": "México"}, "país"),
        ({**FOREIGN, "Documento": "credencial"}, "documento"),
        ({**FOREIGN, "Documento": ""}, "documento"),
        ({**FOREIGN, "Número": "¿?"}, "número"),
        ({**FOREIGN, "Fecha de nacimiento": ""}, "fecha de nacimiento"),
        ({**FOREIGN, "Sexo": ""}, "sexo"),
        ({**FOREIGN, "Fecha de nacimiento": "03/02/2010"}, "fecha de nacimiento"),
        ({"Nombres": ""}, "nombres"),
        ({"Primer apellido": "X Æ 12"}, "primer apellido"),
        ({"Fecha de nacimiento": "05/05/1995"}, "fecha de nacimiento"),
        ({"Fecha de nacimiento": "05/13/1995"}, "fecha de nacimiento"),
        ({"Fecha de nacimiento": "mayo"}, "fecha de nacimiento"),
        ({"Sexo": "hombre"}, "sexo"),
        ({"Sexo": "sí"}, "sexo"),
        ({"Correo": "ana@"}, "correo"),
        ({"RFC": "MAB9307148T4"}, "RFC"),
        ({"RFC": "GODE561331GR8"}, "RFC"),
        ({"Especialidad": ""}, "especialidad"),
        ({"Especialidad": "Brujería"}, "especialidad"),
        ({"Especialidad": "Urología"}, "especialidad"),
        ({"Calificación de egreso": ""}, "Calificación de egreso"),
        ({"Calificación de egreso": "59.99"}, "Calificación de egreso"),
        ({"Calificación de egreso": "-91"}, "Calificación de egreso"),
        ({"Calificación de egreso": "noventa"}, "Calificación de egreso"),
        ({"Calificación de egreso": "91.256"}, "Calificación de egreso"),
        ({"Grupos": "foreign; otro"}, "grupos"),
        ({"Estado de origen": "Narnia"}, "estado de origen"),
        ({"Opción 1": "", "Opción 2": ""}, "Opción 1"),
        ({"Opción 1": ""}, "Opción 1"),
        ({"Opción 2": "99-9"}, "Opción 2"),
        ({"Opción 2": "20-2"}, "Opción 2"),
        ({"Opción 2": "21-1"}, "Opción 2"),
        ({"Opción 3": "20-3", "Opción 4": "20-4"}, "Opción 4"),
    ],
)  # fmt: skip
def test_each_wrong_cell_is_named_by_row_and_column(changed, column):
    found = problems(row(NAMES[1]), row(**changed))
    assert [(line, where) for line, where, _value in found] == [(3, column)]


def test_a_contradiction_names_both():
    sheet, _found = read(row(**{"Fecha de nacimiento": "05/05/1995", "Sexo": "H"}))
    born, sex = (each.sentence for each in sheet.report.findings)
    assert "4 de mayo de 1995" in born
    assert "5 de mayo de 1995" in born
    assert "mujer" in sex
    assert "hombre" in sex


def test_two_rows_with_one_person_name_each_other():
    sheet, _found = read(row(), row(NAMES[1]), row(**{"Opción 1": "20-3"}))
    (each,) = (each for each in sheet.report.findings if not each.is_doubt)
    assert (each.row, each.column, each.value) == (4, "CURP", curp())
    assert "las filas 2 y 4" in each.sentence


def test_a_failing_digit_of_the_rfc_and_a_date_that_is_not_the_curps_only_warn():
    sheet, (filing,) = read(row(RFC="VACE460910SX6"))
    assert filing.rfc == "VACE460910SX6"
    assert doubts(sheet) == [(2, "RFC", "VACE460910SX6")] * 2
    assert read_rfc("XAXX010101000")[0] == ""


def test_a_column_of_curps_that_slipped_by_a_row_is_told_where_it_begins():
    """F1: the CURPs were sorted, or pasted one row lower, and the names were not."""
    slipped = [row(one, CURP=curp(other)) for one, other in zip(NAMES[1:], NAMES, strict=False)]
    sheet, found = read(*slipped)
    assert found == []
    assert [(line, column) for line, column, _v in faults(sheet)] == [(3, "CURP")]
    one, _found = read(row(), row(NAMES[1], Nombres="Otilia", **{"Primer apellido": "Jaramillo"}))
    assert faults(one) == []
    assert {(line, column) for line, column, _v in doubts(one)} == {(3, "nombres"), (3, "primer apellido")}


def test_columns_shifted_by_one_find_nothing_to_load():
    values = row().split(",")
    found = problems(",".join(["1", *values[:-1]]))
    assert {"CURP", "país", "nombres", "especialidad", "Calificación de egreso"} <= {
        column for _r, column, _v in found
    }


LONG = "CURP,Nombres,Primer apellido,Segundo apellido,Especialidad,Calificación de egreso,Opción,Plaza,Correo"


def long(names, rank, post, **changed):
    return row(names, head=LONG, **{"Opción": rank, "Plaza": post, **changed})


def test_a_row_for_each_choice_is_the_same_as_choices_side_by_side():
    _sheet, wide = read(row(), row(NAMES[1]))
    _sheet, folded = read(
        long(NAMES[0], "2", "20-1"), long(NAMES[1], "1", "20-2"), long(NAMES[0], "1", "20-2"),
        long(NAMES[1], "2", "20-1"), head=LONG,
    )  # fmt: skip
    assert [replace(filing, row=0) for filing in folded] == [replace(filing, row=0) for filing in wide]
    assert [filing.row for filing in folded] == [2, 3]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("1", "20-1", {}), ("1", "20-2", {})], (3, "Opción")),
        ([("1", "20-1", {}), ("3", "20-2", {})], (3, "Opción")),
        ([("1", "20-1", {}), ("", "20-2", {})], (3, "Opción")),
        ([("1", "20-1", {}), ("2", "", {})], (3, "Plaza")),
        ([("1", "20-1", {}), ("cero", "20-2", {})], (3, "Opción")),
        ([("1", "20-1", {}), ("2", "20-1", {})], (3, "Plaza")),
        ([("1", "20-1", {}), ("2", "99-9", {})], (3, "Plaza")),
        ([("1", "20-1", {}), ("2", "20-2", {"Calificación de egreso": "92"})], (3, "Calificación de egreso")),
        ([("1", "20-1", {"Correo": "a@b.mx"}), ("2", "20-2", {"Correo": "c@b.mx"})], (3, "correo")),
        ([(str(at), f"20-{at}", {}) for at in range(1, 5)], (5, "Plaza")),
    ],
)
def test_each_wrong_choice_in_a_row_of_its_own_is_named(rows, found):
    wrong = problems(*(long(NAMES[0], rank, post, **changed) for rank, post, changed in rows), head=LONG)
    assert [(line, column) for line, column, _value in wrong] == [found]


@pytest.mark.parametrize(
    ("head", "column"),
    [
        (HEAD.replace(",Opción 1,Opción 2,Opción 3,Opción 4", ""), "Opción 1"),
        (HEAD + ",Opción,Plaza", "Plaza"),
        (HEAD + ",Opción 40", "Opción 40"),
        (HEAD.replace("Calificación de egreso", "Promedio"), "Calificación de egreso"),
        (HEAD.replace("Nombres", "Apodo"), "nombres"),
    ],
    ids=["no shape", "both shapes", "too many", "no merit", "no names"],
)
def test_a_wrong_head_is_told_once_and_not_in_every_row(head, column):
    assert problems(row(head=head), row(NAMES[1], head=head), head=head) == [(1, column, "")]


def test_where_everything_must_be_ranked_what_is_missing_is_named():
    complete = replace(LOOKUP, is_complete=True, has_limit=False, most_choices=4)
    sheet, _found = read(row(**{"Opción 3": "20-4"}), lookup=complete)
    assert faults(sheet) == [(2, "Opción 3", "20-4")]
    assert "20-3" in sheet.report.findings[0].sentence
    assert read(row(**{"Opción 3": "20-4", "Opción 4": "20-3"}), lookup=complete)[1][0].posts == (2, 1, 4, 3)


def test_a_score_that_people_do_not_declare_rests_on_one_file_and_the_report_says_so():
    lookup = replace(LOOKUP, criteria=[factories.MARK, factories.SCORE])
    head = HEAD + ",Puntaje ENARM"
    sheet, (filing,) = read(row(head=head, **{"Puntaje ENARM": "78.5"}), head=head, lookup=lookup)
    assert filing.merit == ("91.25", "78.500")
    assert doubts(sheet) == [(1, "Puntaje ENARM", "")]


def test_who_is_there_already_is_compared():
    same = read(row())[1][0]
    held = Held(1, BORN, "M", folio="JR24-000001-0", content=same.content, is_paper=True)

    def against(held, *rows):
        return read(*rows, lookup=replace(LOOKUP, held=lambda found: dict.fromkeys(found, held)))

    sheet, found = against(held, row())
    assert (found, sheet.facts["same"], sheet.facts["new"]) == ([same], 1, 0)
    for other in (replace(held, content=None), replace(held, is_paper=False, content=None)):
        sheet, found = against(other, row())
        assert (found, faults(sheet)) == ([], [(2, "CURP", curp())])
        assert "JR24-000001-0" in sheet.report.findings[0].sentence
    # A number may be mistyped into somebody else's: their date of birth tells.
    sheet, found = against(Held(1, date(1980, 1, 1), "M"), row(**FOREIGN))
    assert (found, [(line, column) for line, column, _v in faults(sheet)]) == ([], [(2, "número")])


def test_nonsense_is_counted_whole_and_kept_in_bounds():
    sheet, found = read(*(["¿,?,=1,;,-1,☃,,,,,,,,,,x,x,x,x"] * 1_200))
    assert (found, len(sheet.report.findings)) == ([], imports.MOST_FINDINGS)
    assert sheet.report.faults > 9_000
    assert read(row(), row(NAMES[1]), row(NAMES[2]).replace("20-2", "=B7"))[1] == []


@settings(max_examples=100)
@given(st.one_of(st.text(), st.text().map(lambda text: f"{HEAD}\n{text}")).map(str.encode) | st.binary())
def test_nothing_that_can_be_brought_breaks_it(data):
    sheet, found = read_applicants(data, LOOKUP)
    assert not (found and sheet.report.faults)


def test_a_workbook_is_read_as_its_text():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD.split(","))
    values = cells(**{"Fecha de nacimiento": 34823, "Calificación de egreso": 91.25})
    for at, name in enumerate(HEAD.split(",")):
        page.write(1, at, values.get(name, ""))
    book.close()
    assert read_applicants(target.getvalue(), LOOKUP)[1] == read(row())[1]
