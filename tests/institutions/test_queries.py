"""What the pages of the catalogues read, and in how many queries."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from cauce.institutions import queries
from tests.institutions import factories as make

pytestmark = pytest.mark.django_db


def ask(query=""):
    return queries.sites_page(queries.read_site_filters(QueryDict(query)))


@pytest.mark.parametrize("rows", [1, 3, 60])
def test_a_page_of_sites_takes_four_queries_whatever_its_size(rows, django_assert_num_queries):
    for number in range(rows):
        make.site(state=make.state(f"{number % 30 + 1:02d}", f"Estado {number % 30}"))
    with django_assert_num_queries(4):
        page = ask()
        assert len(list(page.rows)) == min(rows, 50)
    assert page.count == rows


@pytest.mark.parametrize(
    "text", ["HOSPITAL GENERAL DE JUCHITAN", "juchitán", "  general   hospital ", "dfims000020", "26ha"]
)
def test_sites_are_found_by_any_of_their_names_and_keys(text):
    wanted = make.site(
        "Hospital General de Juchitán",
        municipality="Juchitán de Zaragoza",
        clues="DFIMS000020",
        unit_key="26HA010000",
    )
    make.site("Clínica de Tehuantepec")
    assert [row.id for row in ask(f"q={text}").rows] == [wanted.pk]


def test_filters_combine_and_each_can_be_taken_away():
    oaxaca, puebla = make.state(), make.state("21", "Puebla")
    make.site(state=oaxaca, care_level=3)
    other = make.institution("ISSSTE")
    make.site(state=puebla, institution=other)
    page = ask("estado=21&institucion=ISSSTE&nivel=2")
    assert page.count == 1
    assert dict(page.chips)["Puebla"] == "?institucion=ISSSTE&nivel=2"


def test_no_match_names_the_filter_to_take_away_and_what_that_gives(django_assert_num_queries):
    make.site(state=make.state(), care_level=2)
    make.site(state=make.state(), care_level=2)
    make.site(state=make.state("21", "Puebla"), care_level=3)
    with django_assert_num_queries(5):
        page = ask("estado=20&nivel=3")
    assert page.count == 0
    assert {name: count for name, _href, count in page.removals} == {"Oaxaca": 1, "Tercer nivel": 2}


def test_what_makes_no_sense_is_named_and_ignored():
    make.site()
    page = ask("estado=abc&nivel=9&institucion=NADIE&p=999999&q=" + "x" * 1_000_000)
    assert len(page.ignored) == 4
    assert page.count == 0  # the text does count
    assert ask("p=-1").rows.number == 1
    assert ask("q=%00").count == 1


def test_a_site_with_its_neighbours(django_assert_num_queries):
    here = make.site(clues="DFIMS000021")
    near = make.site()
    make.site(municipality="Salina Cruz")
    with django_assert_num_queries(1):
        page = queries.site_page(here)
    assert [row.id for row in page.neighbours] == [near.pk]
    assert page.clues is not None
    assert not page.clues


@pytest.mark.parametrize("rows", [1, 3])
def test_specialties_take_three_queries(rows, django_assert_num_queries):
    trunk = make.specialty("Medicina Interna", ["interna"], is_trunk=True)
    for number in range(rows):
        branch = make.specialty(f"Rama {number}", route="branch", prerequisite_min_years=2, total_years=4)
        branch.prerequisites.add(trunk)
    with django_assert_num_queries(3):
        page = queries.specialties_page("")
    assert page.count == rows + 1
    [(_direct, [first]), (_branch, branches)] = page.groups
    assert first.is_trunk
    assert first.aliases == ["interna"]
    assert all(row.prerequisites == "2 años de Medicina Interna" for row in branches)


def test_specialties_are_found_by_an_alias_without_accents():
    make.specialty("Imagenología Diagnóstica y Terapéutica", ["Radiología"])
    make.specialty("Pediatría")
    for text in ("RADIOLOGIA", "terapeutica imag", "diagnóstica"):
        page = queries.specialties_page(text)
        assert (page.count, page.all) == (1, 2), text
    assert queries.specialties_page("zapatería").groups == []


def test_institutions_by_kind_and_former_names(django_assert_num_queries, now):
    make.site()
    make.institution("INSABI", valid_until=now.date())
    with django_assert_num_queries(1):
        page = queries.institutions_page()
    [(_label, [row])] = page.groups
    assert (row.institution.code, row.sites) == ("IMSS", 1)
    assert [row.institution.code for row in page.former] == ["INSABI"]


@pytest.mark.parametrize("rows", [1, 3])
def test_an_institution_takes_two_queries(rows, django_assert_num_queries):
    for level in range(rows):
        make.site(care_level=level + 1, is_invented=level == 0)
    one = make.institution()
    one.profiles.create(year=2013, covered_population=57_000_000, source="prueba")
    with django_assert_num_queries(2):
        page = queries.institution_page(one)
    assert [count for _label, count, _href in page.levels] == [1] * rows
    assert page.invented == 1
    assert page.profiles[0].beds is None
