"""Applications on paper from a file: what is read, what each wrong cell says, and that all become what is sent online."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from cauce.accounts import rules as people
from cauce.accounts.models import Consent, IdentityDocument, Person
from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent, Import
from cauce.calls import operations, queries
from cauce.calls.intake import read_applicants
from cauce.calls.models import Application, Call, Choice, ListVersion
from cauce.calls.queries import FilingLookup
from cauce.calls.rules import receipt_content
from cauce.calls.rules.application import PostFact
from cauce.calls.rules.filing import FilingRefused, Held, Identity, read_rfc
from cauce.notices.models import Message
from tests.accounts import factories as accounts
from tests.allocation import factories as allocation
from tests.calls import factories
from tests.calls.drafts import draft, office, officer

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
HEAD = (
    "CURP,País,Documento,Número,Nombres,Primer apellido,Segundo apellido,Fecha de nacimiento,Sexo,Correo,RFC,"
    "Especialidad,Calificación de egreso,Grupos,Estado de origen,Opción 1,Opción 2,Opción 3,Opción 4"
)
NAMES = (
    ("Citlali", "Huitrón", "Pech"), ("Bruno", "Zárate", "Uc"), ("Dalia", "Ochoa", "Yáñez"),
    ("Efraín", "Kumul", "Ávila"), ("Fabiola", "Garza", "Iturbe"), ("Gael", "Núñez", "Wong"),
)  # fmt: skip
BORN = date(1995, 5, 4)


def curp(names=NAMES[0], born=BORN, sex="M", serial=9):
    given, first, second = names
    return people.compose_curp(
        given_names=given, first_surname=first, second_surname=second, birth_date=born, sex=sex,
        birth_state="20", serial=serial,
    )  # fmt: skip


def cells(names=NAMES[0], **changed):
    """The cells of a good row by column; a changed one by the name of its column without spaces."""
    given, first, second = names
    good = {
        "CURP": curp(names), "Nombres": given, "Primer apellido": first, "Segundo apellido": second,
        "Fecha de nacimiento": "04/05/1995", "Sexo": "mujer", "Especialidad": "Pediatría",
        "Calificación de egreso": "91.25", "Opción 1": "20-2", "Opción 2": "20-1",
    }  # fmt: skip
    return {**good, **changed}


def row(names=NAMES[0], head=HEAD, **changed):
    values = cells(names, **changed)
    return ",".join(values.get(name, "") for name in head.split(","))


FOREIGN = {
    "CURP": "", "País": "El Salvador", "Documento": "Pasaporte", "Número": "A1234567", "Fecha de nacimiento": "1990-02-03",
}  # fmt: skip


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


_RIGHT = curp()
_WRONG_DIGIT = _RIGHT[:-1] + str((int(_RIGHT[-1]) + 1) % 10)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"CURP": _WRONG_DIGIT}, "CURP"),
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


# ------------------------------------------------------------------ the file


@pytest.fixture
def open_call(db):
    """JR24, open at noon, with two posts of one seat and one of two; a file may name them 20-1 to 20-3."""
    call = factories.call(
        "JR24", max_choices=3, seat_classes=[{"key": "foreign", "label": "Extranjeras", "reverts_to": "open"}]
    )
    for at, seats in enumerate((1, 1, 2), start=1):
        factories.post(call, key=f"20-{at}", seats=seats)
    accounts.make_notice()
    return call


def as_file(*rows, head=HEAD, name="papel.csv"):
    return SimpleUploadedFile(name, "\n".join([head, *rows, ""]).encode())


def load(call, *rows, now, head=HEAD, reason="", consent_held=True):
    """Bring rows as the command does."""
    actor, data = Actor.system("test"), as_file(*rows, head=head).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(call, today=now.date()))
    taken = operations.receive_applicants(
        actor=actor, call=call, name="papel.csv", data=data, consent_held=consent_held, reason=reason, now=now,
        by_task=False,
    )  # fmt: skip
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    return operations.load_applicants(actor=actor, call=call, taken=taken, filings=filings, now=now)


def applied(call):
    """What everybody asks for, by first name."""
    return {
        each.person.given_names: [choice.post.key for choice in each.choices.order_by("rank")]
        for each in call.applications.select_related("person")
    }


@pytest.fixture
def outside(transactional_db):
    """Use cases are durable: they commit."""


@pytest.mark.usefixtures("outside")
def test_a_row_becomes_what_would_have_been_sent_online(open_call, now):
    foreign = row(NAMES[2], Grupos="foreign", Correo="D@x.mx", **FOREIGN)
    done = load(open_call, row(), foreign, now=now)
    assert (done.state, done.added, done.changed) == ("done", 2, 0)
    assert applied(open_call) == {"Citlali": ["20-2", "20-1"], "Dalia": ["20-2", "20-1"]}
    one, other = Application.objects.select_related("person", "paper").order_by("pk")
    assert (one.state, one.submitted_at, one.accepted_rules, one.version) == ("submitted", now, 1, 1)
    assert (one.merit, other.groups, one.person.birth_state, one.person.is_invented) == (
        ["91.25"],
        ["foreign"],
        "20",
        True,
    )
    assert (one.paper.file_digest, one.paper.row, other.paper.row, other.paper.email) == (
        done.digest,
        2,
        3,
        "d@x.mx",
    )
    assert "fila 2" in one.merit_source
    # Anybody can write the receipt's content again, as for a list that was sent online.
    version = one.versions.get()
    content = receipt_content(
        folio=one.folio, call="JR24", rules_digest=open_call.rules_digest, version=1, merit=["91.25"],
        posts=["20-2", "20-1"], sent_at=version.sent_at,
    )  # fmt: skip
    assert hashlib.sha256(content).hexdigest() == version.digest
    assert set(IdentityDocument.objects.values_list("kind", "country", "number")) == {
        ("curp", "MX", curp()), ("passport", "SV", "A1234567"),
    }  # fmt: skip
    assert not Consent.objects.exists()  # nobody has accepted the notice online
    counted = operations.count_demand(call=open_call, actor=Actor.system("test"), now=now)
    assert dict(counted.posts.values_list("key", "listed_first")) == {"20-1": 0, "20-2": 2, "20-3": 0}


@pytest.mark.usefixtures("outside")
def test_each_application_and_the_whole_load_are_in_the_audit_without_a_personal_value(open_call, now):
    done = load(open_call, row(RFC="GODE561231GR8"), row(NAMES[1]), now=now)
    events = AuditEvent.objects.filter(action="calls.load_applicants")
    whole = events.get(subject_model="base.Import").detail
    assert (whole["consent_held"], whole["applications"], whole["file"]) == (True, 2, done.digest)
    version = ListVersion.objects.order_by("pk").first()
    own = events.get(subject_model="calls.Application", subject_id=str(version.application_id)).detail
    assert own == {
        "version": 1, "digest": version.digest, "receipt": version.receipt, "file": done.digest, "rows": 2,
    }  # fmt: skip
    told = json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert not [word for word in (curp(), "Citlali", "GODE", "1995") if word in told]


@pytest.mark.usefixtures("outside")
def test_the_same_again_changes_nothing_and_something_else_is_refused(open_call, now):
    load(open_call, row(), now=now)
    again = load(open_call, row(), row(NAMES[1]), now=now)
    assert (again.added, again.facts["same"], Application.objects.count()) == (1, 1, 2)
    assert Person.objects.count() == 2
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(**{"Opción 2": "20-3"}), now=now)
    found = Import.objects.order_by("-pk").first().findings[0]
    assert Application.objects.order_by("pk").first().folio in found["sentence"]
    # What was withdrawn does not count, so the same paper is not the same any more.
    Application.objects.update(state="withdrawn", withdrawn_at=now)
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(), now=now)


@pytest.mark.usefixtures("outside")
def test_who_applied_online_is_never_changed_and_who_is_known_keeps_their_person(open_call, now):
    mariana, bruno = (
        accounts.make_user(
            accounts.make_person(*names, birth_date=BORN, birth_state="20", sex="M")
        )
        for names in NAMES[:2]
    )  # fmt: skip
    for user in (mariana, bruno):
        accounts.make_curp(user.person, number=curp(NAMES[0] if user == mariana else NAMES[1]))
    mine = operations.start_application(call=open_call, actor=factories.actor(mariana), now=now)
    with pytest.raises(imports.ImportRefused):
        load(open_call, row(), row(NAMES[1]), now=now)
    assert mine.folio in Import.objects.get().findings[0]["sentence"]
    assert open_call.applications.get() == mine
    load(open_call, row(NAMES[1]), now=now)
    assert open_call.applications.get(person=bruno.person).state == "submitted"
    assert Person.objects.count() == 2
    letter = Message.objects.get(user=bruno)
    assert "20-2" not in letter.body
    assert open_call.contact in letter.body


@pytest.mark.usefixtures("outside")
def test_an_account_that_nobody_confirmed_gives_its_document_up(open_call, now):
    stranger = accounts.make_user(accounts.make_person("Inventado"), verified=False)
    accounts.make_curp(stranger.person, number=curp())
    load(open_call, row(), now=now)
    assert applied(open_call) == {"Citlali": ["20-2", "20-1"]}
    assert list(Person.objects.values_list("given_names", flat=True)) == ["Citlali"]


@pytest.mark.usefixtures("outside")
def test_somebody_who_applies_between_reading_and_loading_stops_the_load(open_call, now):
    data = as_file(row()).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(open_call, today=now.date()))
    load(open_call, row(**{"Opción 1": "20-3"}), now=now)
    actor = Actor.system("test")
    taken = operations.receive_applicants(
        actor=actor, call=open_call, name="x", data=data, consent_held=True, now=now, by_task=False
    )
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=open_call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    with pytest.raises(operations.ChangedMeanwhile):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=filings, now=now)
    # Nor may a list that the call does not take come in where the reading was passed by.
    strange = [
        replace(filings[0], identity=Identity("curp", "MX", curp(NAMES[1])), posts=(filings[0].posts[0],) * 2)
    ]
    with pytest.raises(operations.ListRefused):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=strange, now=now)
    # And whoever registers in the same instant is found by the database.
    twice = [replace(strange[0], posts=filings[0].posts)] * 2
    with pytest.raises(operations.ChangedMeanwhile):
        operations.load_applicants(actor=actor, call=open_call, taken=taken, filings=twice, now=now)
    assert Application.objects.count() == 1


@pytest.mark.usefixtures("outside")
def test_without_the_signed_consent_and_after_closing_without_a_reason_nothing_is_received(open_call, now):
    late = open_call.closes_at + timedelta(seconds=1)
    with pytest.raises(FilingRefused) as refused:
        load(open_call, row(), now=now, consent_held=False)
    assert refused.value.field == "consent_held"
    with pytest.raises(FilingRefused) as refused:
        load(open_call, row(), now=late, reason="  porque sí ")
    assert refused.value.field == "reason"
    assert (Import.objects.count(), AuditEvent.objects.count()) == (0, 0)
    reason = "Acuerdo 12/2024 del comité: entregadas en ventanilla el último día."
    assert load(open_call, row(), now=late, reason=reason).added == 1
    whole = AuditEvent.objects.get(action="calls.load_applicants", subject_model="base.Import").detail
    assert whole["reason"] == reason


@pytest.mark.usefixtures("outside")
def test_a_file_that_was_received_in_time_is_loaded_in_time_and_never_without_its_consent(open_call, now):
    actor, data = Actor.system("test"), as_file(row()).read()
    sheet, filings = read_applicants(data, queries.filing_lookup(open_call, today=now.date()))
    taken = operations.receive_applicants(
        actor=actor, call=open_call, name="x", data=data, consent_held=True, now=now, by_task=False
    )
    imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
    operations.confirm_applicants(
        actor=actor, call=open_call, taken=taken, digest=taken.digest, now=now, by_task=False
    )
    facts = Import.objects.get().facts
    late = {
        "actor": actor,
        "call": open_call,
        "taken": taken,
        "filings": filings,
        "now": open_call.closes_at + timedelta(hours=1),
    }
    Import.objects.update(facts={**facts, "consent_held": False})
    with pytest.raises(FilingRefused):
        operations.load_applicants(**late)
    Import.objects.update(facts=facts)
    assert operations.load_applicants(**late).added == 1
    assert operations.load_applicants(**late).added == 1  # a load that was done changes nothing
    assert Application.objects.count() == 1


@pytest.mark.usefixtures("outside")
def test_only_who_manages_a_published_call_may_bring_them(open_call, now):
    def refused(actor, call):
        with pytest.raises(Denied):
            operations.receive_applicants(
                actor=actor, call=call, name="x", data=b"x", consent_held=True, now=now
            )

    refused(officer("auditor", None, "Aurelio"), open_call)
    refused(officer("call_manager", "ISSSTE", "Darío"), open_call)
    refused(officer(), draft("BORRADOR"))
    Call.objects.filter(pk=open_call.pk).update(results_published_at=now)
    refused(officer(), open_call)
    refused(Actor.system("test"), open_call)


@pytest.mark.usefixtures("outside")
def test_many_take_as_many_queries_as_few(open_call, now):
    def queries_for(people):
        rows = [
            row(CURP=curp(born=BORN + timedelta(days=at)), **{"Fecha de nacimiento": ""}) for at in people
        ]
        with CaptureQueriesContext(connection) as found:
            assert load(open_call, *rows, now=now).added == len(rows)
        return len(found)

    assert queries_for(range(60)) == queries_for(range(100, 103))


@pytest.mark.usefixtures("outside")
def test_those_of_a_file_get_the_places_that_their_merit_gives_them(now):
    """A round trip: typed in, frozen, allocated; then no list comes in any more."""
    call = allocation.closed_call(now, criteria=[factories.MARK])
    factories.CallSpecialty.objects.create(call=call, specialty=allocation.specialty(), tier="core")
    posts = allocation.posts(call, 1, 1)
    staff = allocation.people(call)
    wished = {"Especialidad": "Medicina interna", "Opción 1": posts[0].key, "Opción 2": posts[1].key}
    rows = [
        row(names, **{**wished, "Calificación de egreso": mark})
        for names, mark in zip(NAMES, ("80.00", "95.50", "95.49"), strict=False)
    ]
    reason = "Entregadas en ventanilla antes del cierre, según el acta 7."
    load(call, *rows, now=now, reason=reason)
    run = allocation.done_run(staff.carla, call, now)
    placed = {
        one.application.person.given_names: one.post and one.post.key
        for one in run.placements.select_related("application__person", "post")
    }
    assert placed == {"Bruno": posts[0].key, "Dalia": posts[1].key, "Citlali": None}
    with pytest.raises(Denied, match="congelaron"):
        load(call, row(NAMES[3], **wished), now=now, reason=reason)


# ---------------------------------------------------------------- the page


@pytest.fixture
def brought(outside, open_call, client, at_noon):
    """Carla at her desk, and what sends a file, lets the worker read it and confirms it."""
    client.force_login(office())
    page = reverse("calls:import_applicants", args=["JR24"])

    def bring(*rows, confirm=True, **terms):
        sent = client.post(page, {"file": as_file(*rows), "consent_held": "on", **terms})
        assert sent.status_code == 302, sent.content.decode()
        call_command("work", once=True, quiet=True)
        if confirm:
            digest = imports.pending("applicants", "JR24").digest
            client.post(reverse("calls:import_applicants_confirm", args=["JR24"]), {"digest": digest})
            call_command("work", once=True, quiet=True)
        return Import.objects.order_by("-pk").first()

    return SimpleNamespace(
        call=open_call,
        bring=bring,
        address=page,
        clock=at_noon,
        page=lambda: client.get(page).content.decode(),
    )


def test_a_file_is_read_dry_then_loaded_whole_from_its_page(brought, client):
    desk = client.get(reverse("calls:desk_applications", args=["JR24"])).content.decode()
    assert brought.address in desk
    assert "Todavía no se ha cargado ningún archivo" in brought.page()
    taken = brought.bring(row(), row(NAMES[1]), confirm=False)
    assert "Se puede cargar" in brought.page()
    assert (taken.faults, Application.objects.count(), Person.objects.count()) == (0, 0, 0)
    done = brought.bring(row(), row(NAMES[1]))
    assert (done.state, done.added, done.data, Application.objects.count()) == ("done", 2, None, 2)
    assert Choice.objects.count() == 4
    asked = AuditEvent.objects.get(action="calls.load_applicants", subject_model="base.Import").detail[
        "asked_by"
    ]
    assert asked == f"user:{office().pk}"


def test_a_faulty_file_loads_nobody_and_its_report_marks_the_cells(brought, client):
    taken = brought.bring(row(), row(NAMES[1], CURP=_WRONG_DIGIT), confirm=False)
    assert [(each["row"], each["column"]) for each in taken.findings] == [(3, "CURP")]
    assert "informe.xlsx" in brought.page()
    report = reverse("calls:import_applicants_report", args=["JR24"])
    assert client.get(report).content[:2] == b"PK"
    client.post(reverse("calls:import_applicants_confirm", args=["JR24"]), {"digest": taken.digest})
    assert Application.objects.count() == 0
    client.post(reverse("calls:import_applicants_drop", args=["JR24"]))
    assert (Import.objects.get().data, Import.objects.get().findings) == (None, [])


def test_the_page_asks_for_the_consent_and_after_closing_for_the_reason(brought, client):
    bare = client.post(brought.address, {"file": as_file(row())})
    assert (bare.status_code, Import.objects.count()) == (422, 0)
    assert "consentimiento firmado" in bare.content.decode()
    assert 'name="reason"' not in brought.page()
    brought.clock["now"] = brought.call.closes_at + timedelta(hours=1)
    assert 'name="reason"' in brought.page()
    late = client.post(brought.address, {"file": as_file(row()), "consent_held": "on"})
    assert (late.status_code, Import.objects.count()) == (422, 0)
    assert brought.bring(row(), reason="Acuerdo 12/2024 del comité.").added == 1


def test_when_no_more_come_in_the_page_says_why_instead_of_asking(brought):
    Call.objects.filter(pk=brought.call.pk).update(results_published_at=brought.clock["now"])
    assert "congelaron" in brought.page()
    assert '<form method="post" action="' + brought.address not in brought.page()


def test_the_command_reads_dry_and_loads_with_the_consent(brought, tmp_path):
    path = tmp_path / "papel.csv"
    path.write_bytes(as_file(row(), row(NAMES[1])).read())
    call_command("import_applicants", "JR24", path)
    assert (Application.objects.count(), AuditEvent.objects.count()) == (0, 0)
    with pytest.raises(CommandError, match="consentimiento"):
        call_command("import_applicants", "JR24", path, apply=True)
    with pytest.raises(CommandError, match="NADA"):
        call_command("import_applicants", "NADA", path)
    call_command("import_applicants", "JR24", path, apply=True, consent_held=True)
    assert Application.objects.count() == 2
