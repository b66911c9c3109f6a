"""Loading the catalogue: whole, again, changed, and with faults."""

from __future__ import annotations

import pytest

from cauce.base.actors import Actor
from cauce.base.models import AuditEvent
from cauce.institutions import intake, operations
from cauce.institutions.models import (
    CatalogueLoad,
    Institution,
    InstitutionProfile,
    Site,
    Specialty,
    SpecialtyAlias,
    State,
)
from cauce.institutions.rules import fold

pytestmark = pytest.mark.django_db

DESK = Actor.system("catalogue")


def load(now, **changes):
    return operations.load_catalogue(actor=DESK, now=now, texts={**intake.texts_of(), **changes})


def test_the_whole_catalogue_is_loaded_once(now):
    first = load(now)
    assert State.objects.count() == 32
    assert sum(State.objects.values_list("population_2020", flat=True)) == 126_014_024  # INEGI 2020
    assert State.objects.filter(in_imss_bienestar=True).count() == 23
    assert Specialty.objects.count() == 76
    assert Specialty.objects.filter(is_trunk=True).count() == 5
    assert Site.objects.filter(kind="UMAE").count() == 25
    assert InstitutionProfile.objects.get(institution__code="IMSS").covered_population == 57_000_000
    branches = Specialty.objects.filter(route="branch")
    assert branches.filter(prerequisites__isnull=False).distinct().count() == branches.count() > 0
    assert first.changed == 0  # what has just been added is not counted as changed too

    again = load(now)
    assert again == first
    assert CatalogueLoad.objects.count() == 1
    assert AuditEvent.objects.order_by("pk").last().detail["added"] == 0


def test_every_state_of_imss_bienestar_has_places_for_posts(now):
    load(now)
    for state in State.objects.filter(in_imss_bienestar=True):
        assert state.sites.exclude(municipality="").count() >= 3, state


def test_invented_sites_carry_no_official_key(now):
    load(now)
    invented = Site.objects.filter(is_invented=True)
    assert invented.exists()
    assert not invented.filter(clues__isnull=False).exists()
    assert not Site.objects.filter(is_invented=False, source__contains="inventad").exists()


def test_a_changed_cell_changes_one_row_and_nothing_else(now):
    first = load(now)
    states = intake.texts_of()["states"].replace(",1425607,", ",1425608,")
    second = load(now, states=states)
    assert (second.added, second.changed) == (0, 1)
    assert second.digest != first.digest
    assert State.objects.get(pk="01").population_2020 == 1_425_608


def test_faults_are_all_named_and_nothing_is_saved(now):
    texts = intake.texts_of()
    broken = texts["states"].replace(",1425607,", ",muchos,").replace("32,Zacatecas,ZAC", "31,Zacatecas,ZAC")
    with pytest.raises(operations.CatalogueRefused) as refused:
        load(now, states=broken)
    said = [str(fault) for fault in refused.value.faults]
    assert any("population_2020" in line and "muchos" in line for line in said)
    assert any("repite la línea" in line for line in said)
    assert any(
        line.startswith("sites.csv:") and "«32»" in line for line in said
    )  # its sites lost their state
    assert not State.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("institutions", "IMSS,IMSS,", "IMSS,,", "vacío"),
        ("institutions", "2022-08-31", "31/08/2022", "fecha"),
        ("profiles", "57000000", "-1", "entero"),
        ("profiles", "IMSS,2013", "NADA,2013", "no existe"),
        ("specialties", ",direct,", ",derecha,", "ninguno de"),
        ("aliases", "Anestesia,", "PEDIATRÍA,", "ya es nombre"),
        ("sites", "19.48710", "norte", "coordenada"),
        ("states", "key,name", "clave,name", "columnas"),
        ("sites", ",clues-2018", ",clues-1810", "sources.csv"),
    ],
)
def test_each_kind_of_fault_is_said_where_it_is(file, old, new, problem, now):
    text = intake.texts_of()[file]
    old = old if old in text else old.rstrip("0")
    assert old in text
    with pytest.raises(operations.CatalogueRefused) as refused:
        load(now, **{file: text.replace(old, new, 1)})
    assert any(fault.file == file and problem in str(fault) for fault in refused.value.faults)


def test_a_cell_of_a_megabyte_is_refused_briefly(now):
    text = intake.texts_of()["institutions"] + "X" * 1_000_000 + ",a,b,health,MX,,,c\n"
    with pytest.raises(operations.CatalogueRefused) as refused:
        load(now, institutions=text)
    assert len(str(refused.value.message)) < 2000


def test_names_find_their_specialty(now):
    load(now)
    for said, code in {
        "anestesia": "anestesiologia",
        "Terapia Intensiva": "medicina-del-enfermo-en-estado-critico",
        "URGENCIAS MEDICO QUIRURGICAS": "medicina-de-urgencias",
        "imagenología": "imagenologia-diagnostica-y-terapeutica",
        "Gineco-Obstetricia": "ginecologia-y-obstetricia",
        "PEDIATRIA": "pediatria",
    }.items():
        assert SpecialtyAlias.objects.get(folded=fold(said)).specialty.code == code


def test_old_names_of_institutions_end(now):
    load(now)
    assert Institution.objects.get(code="INSABI").valid_until.year == 2023
    assert (
        Institution.objects.get(code="CONACYT").valid_until
        < Institution.objects.get(code="SECIHTI").valid_from
    )
