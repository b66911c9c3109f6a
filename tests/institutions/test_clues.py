"""The national catalogue of units: read dry, loaded whole or not at all, and loading it again changes nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from cauce.accounts.roles import Role
from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.models import AuditEvent, Import
from cauce.institutions import intake, operations, queries
from cauce.institutions.models import Institution, Site
from cauce.institutions.rules import clues_check_digit
from tests.accounts import factories as accounts
from tests.institutions import factories as make
from tests.memory import peak

HEAD = [
    "CLUES", "NOMBRE DE LA INSTITUCION", "CLAVE DE LA INSTITUCION", "ENTIDAD", "MUNICIPIO",
    "NOMBRE TIPO ESTABLECIMIENTO", "NOMBRE DE TIPOLOGIA", "NOMBRE DE LA UNIDAD", "ESTATUS DE OPERACION",
    "NIVEL ATENCION", "LATITUD", "LONGITUD", "CLUES IMB",
]  # fmt: skip
SYSTEM = Actor.system("test")
EXTRACTS = Path(__file__).parents[3] / "shared" / "data"


def key(letters, serial):
    stem = f"{letters}{serial:05d}"
    return f"{stem}{clues_check_digit(stem)}"


def unit(serial=1, **changes):
    row = dict(
        zip(
            HEAD,
            [key("OCSSA", serial), "SECRETARIA DE SALUD", "SSA", "OAXACA", "OAXACA DE JUAREZ",
             "DE HOSPITALIZACION", "HOSPITAL GENERAL", f"HOSPITAL {serial}", "EN OPERACION", "SEGUNDO NIVEL",
             "17.06542", "-96.72365", ""],
            strict=True,
        )
    )  # fmt: skip
    return [{**row, **changes}[name] for name in HEAD]


def as_csv(rows, encoding="utf-8"):
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerows([HEAD, *rows])
    return target.getvalue().encode(encoding)


def as_book(rows):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": None})
    page = book.add_worksheet()
    for at, row in enumerate([HEAD, *rows]):
        page.write_row(at, 0, row)
    book.close()
    return target.getvalue()


def read(data):
    return intake.read_clues(data, queries.clues_lookup())


def load(data, now, name="clues.csv"):
    taken = operations.receive_clues(actor=SYSTEM, name=name, data=data, now=now, by_task=False)
    sheet, units = read(data)
    imports.keep_reading(actor=SYSTEM, taken=taken, sheet=sheet, now=now)
    operations.confirm_clues(actor=SYSTEM, taken=taken, digest=taken.digest, now=now, by_task=False)
    return operations.load_clues(actor=SYSTEM, taken=taken, units=units, now=now)


@pytest.fixture
def states(db):
    return [
        make.state(key, name, curp_code=code)
        for key, name, code in (
            ("20", "Oaxaca", "OC"), ("09", "Ciudad de México", "DF"), ("02", "Baja California", "BC"),
            ("15", "Estado de México", "MC"),
        )
    ]  # fmt: skip


@pytest.fixture
def transactional_states(transactional_db):
    return make.state("20", "Oaxaca", curp_code="OC")


def told(sheet):
    return [(each.row, each.column, each.value) for each in sheet.report.findings if not each.is_doubt]


def test_a_working_unit_is_read_with_its_institution_state_and_level(states):
    sheet, units = read(
        as_csv(
            [unit(1), unit(2, ENTIDAD="México", CLUES=key("MCIMS", 7), **{"CLAVE DE LA INSTITUCION": "IMS"})]
        )
    )
    assert sheet.report.findings == []
    assert [(u.institution, u.state, u.care_level, str(u.latitude)) for u in units] == [
        ("SSA", "20", 2, "17.06542"), ("IMSS", "15", 2, "17.06542"),
    ]  # fmt: skip


def test_closed_units_and_offices_are_counted_and_left_out(states):
    sheet, units = read(
        as_csv(
            [
                unit(1),
                unit(2, **{"ESTATUS DE OPERACION": "FUERA DE OPERACION"}),
                unit(3, **{"NIVEL ATENCION": "NO APLICA"}),
            ]
        )
    )
    assert sheet.facts == {"closed": 1, "no_care": 1, "units": 1}
    assert len(units) == 1


def test_faults_name_row_column_value_and_remedy_and_stop_everything(states):
    sheet, units = read(
        as_csv(
            [
                unit(1), unit(2, CLUES="OCSSA12"), unit(3, ENTIDAD="Narnia"), unit(4, **{"NIVEL ATENCION": "CUARTO"}),
                unit(5, CLUES="N/A"), unit(6, **{"NOMBRE DE LA UNIDAD": ""}), unit(1),
            ]
        )
    )  # fmt: skip
    assert told(sheet) == [
        (3, "CLUES", "OCSSA12"), (4, "ENTIDAD", "Narnia"), (5, "NIVEL ATENCION", "CUARTO"), (7, "NOMBRE DE LA UNIDAD", ""), (8, "CLUES", key("OCSSA", 1)), (6, "CLUES", ""),
    ]  # fmt: skip
    assert all(each.remedy and each.letter for each in sheet.report.findings)
    assert units == []


def test_a_check_digit_that_fails_only_warns(states):
    wrong = key("OCSSA", 1)[:-1] + str((int(key("OCSSA", 1)[-1]) + 1) % 7)
    sheet, units = read(as_csv([unit(1, CLUES=wrong)]))
    assert (sheet.report.faults, sheet.report.doubts, len(units)) == (0, 1, 1)


def test_a_state_that_the_key_contradicts_is_a_doubt_and_no_state_at_all_a_fault(states):
    sheet, _units = read(as_csv([unit(1, ENTIDAD="Ciudad de México")]))
    assert "columnas" in sheet.report.findings[0].remedy
    sheet, _units = read(as_csv([unit(1, ENTIDAD="", CLUES=key("QQSSA", 1))]))
    assert sheet.report.faults == 1


@pytest.mark.django_db
def test_loading_again_changes_nothing_and_a_difference_changes_only_itself(transactional_states, now):
    data = as_csv([unit(1), unit(2), unit(3, **{"NOMBRE DE LA UNIDAD": "HOSPITAL 2"})])
    first = load(data, now)
    assert (first.added, first.changed, first.data, first.findings) == (3, 0, None, [])
    again = load(data, now)
    assert (again.added, again.changed) == (0, 0)
    assert Institution.objects.get(code="SSA").source == intake.SOURCE
    assert Site.objects.filter(name__startswith="HOSPITAL 2").count() == 2
    other = load(as_csv([unit(1, MUNICIPIO="TLACOLULA"), unit(2)]), now)
    assert (other.added, other.changed) == (0, 1)
    assert Site.objects.get(clues=key("OCSSA", 1)).municipality == "TLACOLULA"
    assert Site.objects.count() == 3


@pytest.mark.django_db
def test_a_site_known_from_elsewhere_keeps_its_name_and_gains_what_it_lacked(transactional_states, now):
    mine = make.site("Hospital Civil", clues=key("OCIMB", 5), state=transactional_states)
    load(as_csv([unit(1, **{"CLUES IMB": key("OCIMB", 5)})]), now)
    mine.refresh_from_db()
    assert (mine.name, str(mine.latitude), Site.objects.count()) == ("Hospital Civil", "17.06542", 1)


@pytest.mark.django_db
def test_a_file_with_faults_cannot_be_confirmed_and_leaves_nothing(transactional_states, now):
    data = as_csv([unit(1), unit(2, CLUES="X")])
    taken = operations.receive_clues(actor=SYSTEM, name="x.csv", data=data, now=now, by_task=False)
    imports.keep_reading(actor=SYSTEM, taken=taken, sheet=read(data)[0], now=now)
    with pytest.raises(imports.ImportRefused):
        operations.confirm_clues(actor=SYSTEM, taken=taken, digest=taken.digest, now=now, by_task=False)
    assert Site.objects.count() == 0


@pytest.mark.django_db
def test_the_page_reads_by_task_shows_what_it_found_and_loads_what_was_shown(
    transactional_states, client, settings
):
    office = accounts.make_officer(Role.EDUCATION_OFFICE, make.institution().pk)
    client.force_login(office)
    here = reverse("institutions:import_clues")
    sent = SimpleUploadedFile("../catálogo.csv", as_csv([unit(1), unit(2)], "latin-1"))
    assert client.post(here, {"file": sent}).status_code == 302
    assert "espera su turno" in client.get(here).content.decode()
    assert client.get(reverse("institutions:import_clues_progress")).status_code == 200
    call_command("work", once=True, quiet=True)
    page = client.get(here).content.decode()
    assert "Se puede cargar" in page
    assert Site.objects.count() == 0
    taken = imports.pending("clues")
    assert taken.name == "catálogo.csv"
    client.post(reverse("institutions:import_clues_confirm"), {"digest": "0" * 64})
    assert imports.pending("clues").state == "read"
    client.post(reverse("institutions:import_clues_confirm"), {"digest": taken.digest})
    call_command("work", once=True, quiet=True)
    assert Site.objects.count() == 2
    assert "Último archivo cargado" in client.get(here).content.decode()
    assert Import.objects.get().data is None
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"institutions.receive_clues", "institutions.confirm_clues", "institutions.load_clues"} <= actions


@pytest.mark.django_db
def test_the_report_is_a_workbook_with_the_cells_marked_and_dropping_forgets(transactional_states, client):
    client.force_login(accounts.make_officer(Role.EDUCATION_OFFICE, make.institution().pk))
    here = reverse("institutions:import_clues")
    client.post(here, {"file": SimpleUploadedFile("x.csv", as_csv([unit(1), unit(2, CLUES="=1+1")]))})
    call_command("work", once=True, quiet=True)
    page = client.get(here).content.decode()
    assert "no se carga nada" in page
    response = client.get(reverse("institutions:import_clues_report"))
    with zipfile.ZipFile(io.BytesIO(response.content)) as book:
        assert any("comments" in name for name in book.namelist())
        assert b"<f>" not in book.read("xl/worksheets/sheet2.xml")
    client.post(reverse("institutions:import_clues_drop"))
    assert Import.objects.get().data is None
    assert client.get(reverse("institutions:import_clues_report")).status_code == 404


@pytest.mark.django_db
def test_the_command_reads_dry_loads_when_told_and_exits_with_one_on_faults(
    transactional_states, tmp_path, capsys
):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(as_csv([unit(1)]))
    bad.write_bytes(as_csv([unit(1, ENTIDAD="Narnia")]))
    call_command("import_clues", good)
    assert Site.objects.count() == 0
    assert AuditEvent.objects.count() == 0
    with pytest.raises(CommandError):
        call_command("import_clues", bad, apply=True, report=tmp_path / "r.xlsx")
    assert (tmp_path / "r.xlsx").read_bytes()[:2] == b"PK"
    call_command("import_clues", good, apply=True)
    assert Site.objects.count() == 1


@pytest.mark.parametrize(
    "name", ["clues_cdmx_public_hospitals_2018.csv", "clues_imss_bienestar_baja_california_2025.csv"]
)
def test_published_extracts_are_read_without_a_fault(states, name):
    path = EXTRACTS / name
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository: the real extract was NOT read.")
    sheet, units = read(path.read_bytes())
    assert told(sheet) == []
    assert len(units) > 90


@pytest.mark.slow
@pytest.mark.once
def test_nonsense_of_many_rows_is_told_in_bounded_memory(states):
    data = as_csv([["\u2603" * 30] * 13 for _row in range(3_000)])
    found = []
    assert peak(lambda: found.append(read(data))) < 15_000_000
    [(sheet, units)] = found
    assert units == []
    assert sheet.report.faults > 10_000
    assert len(sheet.report.findings) <= 2 * imports.MOST_FINDINGS


@pytest.mark.scale
@pytest.mark.django_db
def test_the_whole_country_is_loaded_and_again_is_no_change(transactional_states, now):
    rows = [unit(at, LATITUD=f"{15 + at % 1700 / 100}") for at in range(58_600)]
    data = as_book(rows)
    first = load(data, now, "clues.xlsx")
    assert (first.rows, first.added) == (58_600, 58_600)
    again = load(data, now, "clues.xlsx")
    assert (again.added, again.changed) == (0, 0)
