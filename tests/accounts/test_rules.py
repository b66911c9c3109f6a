"""What a CURP says and refuses, and which names agree with it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce.accounts import rules

PUBLIC = "BOXW310820HNERXN09"  # the library's and the encyclopedia's example
MARIANA = {
    "given_names": "Mariana",
    "first_surname": "Xool",
    "second_surname": "Cocom",
    "birth_date": date(1996, 4, 17),
    "sex": "M",
    "birth_state": "31",
}

persons = st.fixed_dictionaries(
    {
        "given_names": st.sampled_from(["María José", "José", "Ñáñez", "Luz", "Ana-Sofía", "J. Jesús", "Ai"]),
        "first_surname": st.sampled_from(
            ["De la O", "D'Angelo", "Núñez", "Xool", "Ek", "Macías y Vaca", "Ruiz"]
        ),
        "second_surname": st.sampled_from(["", "Cocom", "Von Braun", "Ñu", "Pérez-Prado"]),
        "birth_date": st.dates(date(1920, 1, 1), date(2008, 12, 31)),
        "sex": st.sampled_from("HMX"),
        "birth_state": st.sampled_from(sorted(rules.CURP_STATES.values())),
        "serial": st.integers(0, 9),
    }
)


def refusal(text):
    with pytest.raises(rules.CurpRefused) as refused:
        rules.read_curp(text)
    return f"{refused.value.message} {refused.value.remedy}".strip()


def with_check(seventeen):
    return seventeen + rules.check_digit(seventeen)


def test_the_public_example_is_read():
    curp = rules.read_curp(PUBLIC)
    assert (curp.birth_date, curp.sex, curp.birth_state, curp.is_generic) == (
        date(1931, 8, 20),
        "H",
        "",
        False,
    )
    assert curp.born_abroad


@pytest.mark.parametrize(
    "typed",
    ["boxw310820hnerxn09", " BOXW 310820 HNERXN 09\n", "BOXW-310820-HNERXN-09", "BOXW310820HNERXN09 "],
)
def test_case_spaces_and_hyphens_are_forgiven(typed):
    assert rules.read_curp(typed).number == PUBLIC


@given(persons)
def test_a_composed_curp_says_what_it_was_made_of(person):
    curp = rules.read_curp(rules.compose_curp(**person))
    assert (curp.birth_date, curp.sex) == (person["birth_date"], person["sex"])
    assert curp.birth_state == person["birth_state"]
    names = {name: person[name] for name in ("given_names", "first_surname", "second_surname")}
    assert rules.name_doubts(curp, **names) == ()


@given(persons, st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"))
def test_one_changed_character_is_refused_or_says_something_else(person, place, character):
    number = rules.compose_curp(**person)
    changed = number[:place] + character + number[place + 1 :]
    if changed == number:
        return
    try:
        read = rules.read_curp(changed)
    except rules.CurpRefused:
        return
    assert read.number == changed  # never repaired in silence


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_a_short_sentence(text):
    refused = None
    try:
        rules.read_curp(text)
    except rules.CurpRefused as error:
        refused = error
    if refused:
        assert refused.field == "curp"
        assert 0 < len(f"{refused.message} {refused.remedy}") < 200


def test_a_megabyte_is_refused_without_echo():
    sentence = refusal("Z" * 1_000_000)
    assert len(sentence) < 120
    assert "Z" not in sentence


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Falta la CURP"),
        (PUBLIC[:-1], "Tiene 17 caracteres; son 18. Suele faltar el último número."),
        (PUBLIC[:10], "Tiene 10 caracteres; son 18. Faltan 8."),
        (PUBLIC + "1", "Tiene 19 caracteres; son 18. Sobran 1."),
        ("BOXW31O820HNERXN09", "El carácter 7 es «O», y ahí va un número. ¿Será «0»?"),
        ("B0XW310820HNERXN09", "El carácter 2 es «0», y ahí va una letra. ¿Será «O»?"),
        ("BOXW310820HN*RXN09", "El carácter 13 («*») no es letra ni número."),
        ("BOXW310820HNERXN0😀", "El carácter 18 («😀») no es letra ni número."),
        ("BOXW310820HNE\x00XN09", "El carácter 14 («U+0000») no es letra ni número."),
        ("BOXW311320HNERXN09", "(día 20, mes 13, año 1931) no existe"),
        ("BOXW310230HNERXN09", "(día 30, mes 02, año 1931) no existe"),
        ("BOXW310820ZNERXN09", "solo puede ser H, M o X; aquí es «Z»"),
        ("BOXW310820HQQRXN09", "ninguna se abrevia «QQ»"),
        ("BOXW310820HNERXN08", "El último carácter no corresponde"),
        ("BOXW310820HNERXM09", "El último carácter no corresponde"),
    ],
)
def test_a_refusal_says_what_and_where(typed, said):
    assert said in refusal(typed)


def test_the_expected_check_digit_is_not_told():
    assert not any(character.isdigit() for character in refusal("BOXW310820HNERXN08"))


def test_the_homonym_character_tells_the_century():
    assert rules.read_curp(with_check("XOCM960229MYNLCR0")).birth_date == date(1996, 2, 29)
    assert rules.read_curp(with_check("XOCM000229MYNLCRA")).birth_date == date(2000, 2, 29)
    assert "año 1900" in refusal(with_check("XOCM000229MYNLCR0"))  # 1900 was no leap year


def test_sex_x_and_enye_are_read():
    assert rules.read_curp(with_check("XOCM960417XYNLCR0")).sex == "X"
    assert rules.read_curp(with_check("ÑOCM960417MYNLCR0")).number.startswith("Ñ")


def test_every_state_has_one_code_and_a_name():
    keys = [key for key in rules.CURP_STATES.values() if key]
    assert sorted(keys) == [f"{number:02}" for number in range(1, 33)]
    assert sorted(rules.STATE_NAMES) == sorted(keys)


@pytest.mark.parametrize("number", sorted(rules.GENERIC_CURPS))
def test_a_generic_curp_says_nothing_of_anybody(number):
    curp = rules.read_curp(number.lower())
    assert (curp.is_generic, curp.birth_date, curp.sex, curp.birth_state) == (True, None, "", "")
    assert rules.name_doubts(curp, given_names="Ana", first_surname="Paz") == ()


@pytest.mark.parametrize(
    ("field", "name"),
    [("first_surname", "Pool"), ("second_surname", "Canul"), ("given_names", "Laura")],
)
def test_a_name_of_somebody_else_is_doubted(field, name):
    curp = rules.read_curp(rules.compose_curp(**MARIANA))
    names = {key: MARIANA[key] for key in rules.NAME_LIMITS} | {field: name}
    assert rules.name_doubts(curp, **names) == (field,)


def test_letters_that_spell_a_rude_word_are_crossed_out():
    vaca = {**MARIANA, "first_surname": "Vázquez", "second_surname": "Castro", "given_names": "Ana"}
    curp = rules.read_curp(rules.compose_curp(**vaca))
    assert curp.number.startswith("VXCA")
    assert rules.name_doubts(curp, **{key: vaca[key] for key in rules.NAME_LIMITS}) == ()


@pytest.mark.parametrize(
    ("given_names", "first_surname", "second_surname", "word"),
    [
        ("María de la Luz", "De la Cruz", "Del Río", "CURL"),
        ("José Antonio", "Pérez", "", "PEXA"),
        ("María", "Ñúñez", "Vda. de Peña", "XUVM"),
        ("Ma. Guadalupe", "Ek", "May", "EXMG"),
        ("De la Luz", "De la O", "Van der Meer", "OXML"),
    ],
)
def test_particles_and_common_first_names_are_passed_over(given_names, first_surname, second_surname, word):
    person = {
        **MARIANA,
        "given_names": given_names,
        "first_surname": first_surname,
        "second_surname": second_surname,
    }
    assert rules.compose_curp(**person)[:4] == word


@pytest.mark.parametrize(
    "name", ["José María", "D’Angelo", "Ñandú-Pérez", "M. Ángeles", "A" * 80, "李小龙", "Ɓalɗe"]
)
def test_names_of_people_are_kept(name):
    assert rules.read_name(f"  {name} ", "given_names") == name


@pytest.mark.parametrize("name", ["Ana😀", "Ana\x07", "Ana<script>", "Ana‮", "A1", "-.-", "A" * 81, "Ana​B"])
def test_what_no_name_holds_is_refused_with_its_field(name):
    with pytest.raises(rules.NameRefused) as refused:
        rules.read_name(name, "given_names")
    assert refused.value.field == "given_names"
    assert len(refused.value.message) < 120


@pytest.mark.parametrize(
    ("born", "said"),
    [(date(2024, 2, 11), "posterior"), (date(2006, 2, 11), "menos de 18"), (date(1900, 1, 1), "más de 110")],
)
def test_only_adults_of_today_register(born, said):
    with pytest.raises(rules.BirthDateRefused, match=said):
        rules.check_birth_date(born, today=date(2024, 2, 10))
    rules.check_birth_date(date(2006, 2, 10), today=date(2024, 2, 10))


def test_passport_numbers_are_folded_and_masked():
    assert rules.read_document_number(" b-012 345.6 ") == "B0123456"
    assert rules.masked("B0123456") == "••••3456"
    for text in ("123", "X" * 21, "B01234é", ""):
        with pytest.raises(rules.DocumentRefused):
            rules.read_document_number(text)
