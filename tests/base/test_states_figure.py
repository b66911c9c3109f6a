"""Ranges in cells, and a measure of the 32 states: the drawing for the eye, the table for everybody."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from cauce.base.drawing import Region, Span, StatesFigure, StatesRow, span

FIGURE = StatesFigure(
    label="Plazas por estado",
    measure="plazas",
    regions=[Region("20", "71 %", 4, "/plazas/?estado=20"), Region("09", "12 %", 1)],
    limits=["0 a 20", "20 a 40"],
    heads=("Ofrecidas", "Ocupadas"),
    rows=[StatesRow("20", "Oaxaca", "/plazas/?estado=20", ("433", "71 %"))],
)


def drawn(text, **values):
    return Template("{% load cauce %}" + text).render(Context(values))


def test_a_range_lies_where_its_numbers_say():
    assert span(120, 300, 610, 0, 1000) == Span(120, 490, 300)
    assert span(-100, 0, 100, -100, 300) == Span(0, 500, 250, 250)
    assert span(5, 5, 5, 5, 5) == Span(0, 0, 0)
    assert span(7, 7, 7, 0, 1000).width == 6  # a point is still seen


def test_a_range_out_of_order_is_refused():
    with pytest.raises(ValueError, match="a range goes up"):
        span(3, 2, 4, 0, 10)


def test_zero_is_marked_only_when_it_is_inside():
    assert 'class="zero"' in drawn("{% span s %}", s=span(-1, 0, 1, -5, 5))
    assert 'class="zero"' not in drawn("{% span s %}", s=span(1, 2, 3, 0, 5))


def test_the_drawing_is_for_the_eye_and_its_links_leave_the_keyboard_alone():
    page = drawn("{% states_figure f %}", f=FIGURE)
    drawing, table = page.split("<details", 1)
    assert 'aria-hidden="true"' in drawing
    assert drawing.count("<a ") == drawing.count('tabindex="-1"') == 2  # one on the tiles, one on the map
    assert drawing.count('class="st q') == 64
    assert "tabindex" not in table.split("<table", 1)[1]


def test_the_table_has_names_links_numbers_and_heads():
    table = drawn("{% states_figure f open=True %}", f=FIGURE).split("<details", 1)[1]
    assert table.startswith(' class="c-more" open')
    assert '<th scope="row" class="fw-normal"><a href="/plazas/?estado=20">Oaxaca</a></th>' in table
    assert table.count('<th scope="col"') == 3
    assert '<td class="num">71 %</td>' in table


def test_numbers_stand_on_the_tiles_and_classes_in_words():
    page = drawn("{% states_figure f %}", f=FIGURE)
    assert ">71 %</text>" in page
    assert "0 a 20" in page
    assert "INEGI, Marco Geoestadístico" in page
