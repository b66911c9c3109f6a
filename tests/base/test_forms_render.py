"""What every form says of itself: label, help, field, error, in that order, and tied to each other."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest
from django import forms
from django.utils import translation

from cauce.base.forms import DayField


class Sample(forms.Form):
    curp = forms.CharField(label="CURP", help_text="18 letras y números.", max_length=18)
    phone = forms.CharField(label="Teléfono", required=False)
    birthday = DayField(label="Nacimiento")
    channel = forms.ChoiceField(
        label="¿Dónde?", choices=[("m", "Correo"), ("s", "SMS")], widget=forms.RadioSelect
    )
    state = forms.ChoiceField(label="Estado", choices=[("20", "Oaxaca")])
    truth = forms.BooleanField(label="Es cierto")
    ticket = forms.CharField(widget=forms.HiddenInput)


class Filters(forms.Form):
    mark_optional = False
    q = forms.CharField(label="Unidad", required=False)


@pytest.fixture(autouse=True)
def _spanish():
    with translation.override("es-mx"):
        yield


def tree(html: str) -> ElementTree.Element:
    """Parse the form as XML; the few void elements and bare attributes of HTML are closed and valued first."""
    from html.parser import HTMLParser

    root = ElementTree.Element("root")
    stack = [root]

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            node = ElementTree.SubElement(stack[-1], tag, {name: value or "" for name, value in attrs})
            if tag not in ("input", "br", "img"):
                stack.append(node)

        def handle_startendtag(self, tag, attrs):
            ElementTree.SubElement(stack[-1], tag, {name: value or "" for name, value in attrs})

        def handle_endtag(self, tag):
            assert stack.pop().tag == tag, f"<{tag}> is not closed where it should be"

        def handle_data(self, data):
            node = stack[-1]
            if len(node):
                node[-1].tail = (node[-1].tail or "") + data
            else:
                node.text = (node.text or "") + data

    Reader().feed(html)
    assert stack == [root]
    return root


def by_id(root, name):
    found = [node for node in root.iter() if node.get("id") == name]
    assert len(found) == 1, f"{len(found)} elements have the id {name}"
    return found[0]


def text(node) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.fixture
def faulty():
    return tree(str(Sample({"curp": "", "birthday_0": "31", "birthday_1": "2", "birthday_2": "2024"})))


def test_a_fault_is_tied_to_its_field_and_help_comes_before_the_field(faulty):
    field = by_id(faulty, "id_curp")
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby") == "id_curp_helptext id_curp_error"
    assert text(by_id(faulty, "id_curp_error")) == "Falta este dato."
    order = [node.get("id") for node in faulty.iter()]
    assert order.index("id_curp_helptext") < order.index("id_curp") < order.index("id_curp_error")


def test_the_summary_names_each_fault_and_leads_to_a_control_that_exists(faulty):
    summary = next(node for node in faulty.iter() if node.get("role") == "alert")
    links = {link.get("href"): text(link) for link in summary.iter("a")}
    assert len(links) == 5
    for target in links:
        assert by_id(faulty, target.removeprefix("#")).tag in ("input", "select", "textarea")
    assert links["#id_curp"] == "CURP: Falta este dato."
    assert "31/02/2024 no es una fecha" in links["#id_birthday_0"]


def test_the_fault_of_a_hidden_field_is_said_although_it_cannot_be_focused(faulty):
    summary = next(node for node in faulty.iter() if node.get("role") == "alert")
    assert "Ticket: Falta este dato." in text(summary)


def test_refusals_of_the_whole_form_come_first():
    form = Filters({"q": "x"})
    form.add_error(None, "El registro cerró el 2 de febrero de 2024 a las 18:00.")
    summary = next(node for node in tree(str(form)).iter() if node.get("role") == "alert")
    assert text(summary).startswith("Hay una cosa por corregir")
    assert [text(line) for line in summary.iter("li")] == [
        "El registro cerró el 2 de febrero de 2024 a las 18:00."
    ]


def test_a_form_without_faults_has_no_summary():
    assert all(node.get("role") != "alert" for node in tree(str(Sample())).iter())


def test_optional_fields_say_so_and_required_ones_do_not():
    labels = {node.get("for"): text(node) for node in tree(str(Sample())).iter("label")}
    assert labels["id_phone"] == "Teléfono (si quieres)"
    assert labels["id_curp"] == "CURP"
    assert text(next(tree(str(Filters())).iter("label"))) == "Unidad"


def test_radios_are_a_fieldset_with_a_legend_and_each_has_its_label():
    root = tree(str(Sample()))
    group = next(f for f in root.iter("fieldset") if any(i.get("type") == "radio" for i in f.iter("input")))
    assert text(group.find("legend")) == "¿Dónde?"
    names = {label.get("for"): text(label) for label in group.iter("label")}
    assert names == {"id_channel_0": "Correo", "id_channel_1": "SMS"}


def test_each_control_has_the_class_of_its_kind():
    root = tree(str(Sample({})))
    assert by_id(root, "id_curp").get("class") == "form-control is-invalid"
    assert by_id(root, "id_state").get("class") == "form-select is-invalid"
    assert by_id(root, "id_truth").get("class") == "form-check-input is-invalid"


def test_a_date_is_day_month_and_year_and_comes_back_as_typed():
    form = Sample({"birthday_0": "9", "birthday_1": "3", "birthday_2": "1996"})
    form.is_valid()
    assert form.cleaned_data["birthday"] == date(1996, 3, 9)
    root = tree(str(Sample({"birthday_0": "31", "birthday_1": "2", "birthday_2": "1996"})))
    assert [by_id(root, f"id_birthday_{n}").get("value") for n in range(3)] == ["31", "02", "1996"]
    assert [text(label) for label in root.iter("label") if not label.get("for")] == ["Día", "Mes", "Año"]


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_a_date_is_read_alike_in_both_languages(language):
    with translation.override(language):
        assert DayField().clean("2024-02-13") == date(2024, 2, 13)


@pytest.mark.parametrize(
    "typed",
    [
        ("", "2", "2024"),
        ("13", "", "2024"),
        ("13", "2", ""),
        ("a", "b", "c"),
        ("13", "2", "24x"),
        ("0", "0", "0"),
    ],
)
def test_a_date_that_is_none_says_what_was_typed(typed):
    form = Sample(dict(zip(("birthday_0", "birthday_1", "birthday_2"), typed, strict=True)))
    assert "no es una fecha" in form.errors["birthday"][0]


def test_an_initial_date_fills_the_three_parts():
    root = tree(str(Sample(initial={"birthday": date(1996, 3, 9)})))
    assert [by_id(root, f"id_birthday_{n}").get("value") for n in range(3)] == ["9", "3", "1996"]
