"""What the tags of every page promise: true words, sources, links that keep the query, and no way to lie by rounding."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.utils import translation

from cauce.base import drawing, figures
from cauce.base.errors import ALLOWED, Verdict

DEADLINE = datetime(2026, 11, 28, 0, tzinfo=UTC)  # 27 November, 18:00 in Mexico City


def show(source: str, path: str = "/x/", **context) -> str:
    return engines["django"].from_string(source).render(context, RequestFactory().get(path))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


@pytest.fixture(autouse=True)
def _spanish():
    with translation.override("es-mx"):
        yield


def test_a_folio_or_a_key_is_never_cut_at_its_hyphens():
    whole = figures.whole("HG de Ensenada · 02-0001 · <b> IMSS-Bienestar, folio JR24-015746-0.")
    assert whole == (
        'HG de Ensenada · <span class="u-nowrap">02-0001</span> · &lt;b&gt; IMSS-Bienestar, folio '
        '<span class="u-nowrap">JR24-015746-0</span>.'
    )
    assert figures.whole(whole) is whole
    crumbs = show('{% load cauce %}{% crumbs "Mi inicio" "/mi/" folio %}', folio="JR24-015746-0")
    assert '<li><span class="u-nowrap">JR24-015746-0</span></li>' in crumbs
    assert "<h1><span" in show("{% load cauce %}{% page_head key %}{% endpage_head %}", key="02-0001")


# ------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234567.5, None, "1,234,567.5"),
        (0, None, "0"),
        (-1200, None, "−1,200"),
        (Decimal("2.5"), 0, "3"),
        (74.2855, 3, "74.286"),
        (None, None, "sin dato"),
    ],
)
def test_numbers_are_grouped_and_round_half_up(value, decimals, expected):
    assert figures.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("share", "decimals", "expected"),
    [
        (0.512, 0, "51 %"),
        (0, 0, "0 %"),
        (1, 0, "100 %"),
        (0.0049, 0, "menos de 1 %"),
        (0.9951, 0, "más de 99 %"),
        (0.9999, 1, "más de 99.9 %"),
        (0.0004, 1, "menos de 0.1 %"),
        (1.2, 0, "120 %"),
        (None, 0, "sin dato"),
    ],
)
def test_a_percentage_never_rounds_something_to_nothing_nor_almost_to_all(share, decimals, expected):
    assert figures.percent(share, decimals).replace(figures.NBSP, " ") == expected


def test_money_carries_its_currency_where_the_reader_may_not_know_it():
    assert figures.pesos(9312.4) == "$9,312.40"
    assert figures.pesos(-5) == "−$5.00"
    with translation.override("en"):
        assert figures.pesos(9312.4) == "MX$9,312.40"


def test_dates_are_words_with_months_in_lower_case_and_english_in_english():
    assert figures.day(date(2024, 2, 13)) == "13 de febrero de 2024"
    assert figures.day(DEADLINE, weekday=True) == "viernes 27 de noviembre de 2026"
    with translation.override("en"):
        assert figures.day(date(2024, 2, 13)) == "13 February 2024"


def test_an_hour_that_binds_names_its_zone_and_the_machine_reads_the_offset():
    html = show("{% when at zone=True %}", at=DEADLINE)
    assert words(html) == "27 de noviembre de 2026, 18:00, hora del centro"
    assert 'datetime="2026-11-27T18:00:00-06:00"' in html


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 21, 18, tzinfo=UTC), "en 6 días"),
        (datetime(2026, 11, 27, 5, 59, tzinfo=UTC), "mañana"),  # 26 November, 23:59 in Mexico City
        (datetime(2026, 11, 27, 6, tzinfo=UTC), "hoy"),
        (datetime(2026, 11, 30, 18, tzinfo=UTC), "hace 3 días"),
    ],
)
def test_distance_in_days_counts_the_calendar_of_the_place(now, expected):
    assert figures.days_away(DEADLINE, now) == expected


# --------------------------------------------------------------- waterline


def test_the_water_reaches_as_far_as_every_year_did_and_the_words_say_the_same():
    line = drawing.waterline(scale=10_000, years=[(2024, 3120), (2025, 3760), (2026, 3405)], you=3412)
    assert (line.sure, line.maybe, line.last, line.you) == ("31.20%", ("31.20%", "6.40%"), "34.05%", "34.12%")
    assert "lugar 3,120 en 2024" in line.words
    assert "Habrías entrado en 1 de 3" in line.words


def test_a_year_with_seats_left_fills_the_bed_and_counts_as_reached():
    line = drawing.waterline(scale=5000, years=[(2025, 4000), (2026, None)], you=4500)
    assert line.maybe == ("80.00%", "20.00%")
    assert line.last is None
    assert "sobraron lugares en 2026" in line.words
    assert "Habrías entrado en 1 de 2" in line.words


@pytest.mark.parametrize(
    ("cutoff", "you", "is_spare", "expected"),
    [
        (3011, 3412, False, "faltaron 401 lugares"),
        (3411, 3412, False, "faltó 1 lugar"),
        (3655, 3412, True, "te alcanza por 243 lugares"),
        (3412, 3412, True, "Es tu lugar"),
    ],
)
def test_a_final_cutoff_says_by_how_many_places(cutoff, you, is_spare, expected):
    line = drawing.waterline(scale=10_000, cutoff=cutoff, you=you)
    assert line.is_spare is is_spare
    assert expected in line.words
    assert (line.gap is None) is (cutoff == you)


def test_places_beyond_the_axis_stay_on_the_drawing_and_true_in_words():
    line = drawing.waterline(scale=1000, cutoff=1500, you=2000)
    assert (line.sure, line.you) == ("100.00%", "100.00%")
    assert "1,500" in line.words
    assert "2,000" in line.words


def test_an_axis_without_length_is_refused():
    with pytest.raises(ValueError, match="last place"):
        drawing.waterline(scale=0, cutoff=1)


def test_the_waterline_is_read_once_by_its_words_or_by_its_name():
    seen = show("{% waterline 10000 cutoff=3011 you=3412 %}")
    assert 'aria-hidden="true"' in seen
    assert words(seen).count("3,011") == 1
    silent = show("{% waterline 10000 cutoff=3011 you=3412 words=False %}")
    assert 'role="img" aria-label="Última persona admitida: lugar 3,011.' in silent
    assert words(silent) == ""


def test_drawings_do_not_put_thousands_separators_into_their_geometry():
    html = show("{% bar 1 1 %}{% regions_map regions measure='m' %}", regions=[("20", "71 %", 5, "?e=20")])
    assert 'width="1000"' in html
    assert not re.search(r'(?:width|x|y)="[\d]+,', html)


# -------------------------------------------------------------------- facts


def test_a_number_without_its_source_does_not_render():
    with pytest.raises(TemplateSyntaxError, match="source"):
        show("{% facts %}{% fact '12' 'Plazas' %}{% endfacts %}")
    assert "Fuente: registro" in words(
        show("{% facts %}{% fact '12' 'Plazas' source='registro' %}{% endfacts %}")
    )
    assert "Fuente: registro" in words(
        show("{% facts source='registro' %}{% fact '12' 'Plazas' %}{% endfacts %}")
    )


def test_what_is_not_allowed_shows_its_reason_in_place_of_the_button():
    source = "{% may verdict href='/doc/' action='Subirla' %}<button>Enviar</button>{% endmay %}"
    refused = show(source, verdict=Verdict(False, "Falta tu <b>acta</b>.", "Súbela hoy."))
    assert "<button" not in refused
    assert "<b>" not in refused
    assert words(refused).endswith("Súbela hoy. Subirla")
    assert show(source, verdict=ALLOWED) == "<button>Enviar</button>"


def test_text_of_people_is_escaped_inside_blocks():
    html = show(
        "{% note 'warn' title=t %}{{ body }}{% endnote %}", t="<i>x", body="<script>alert(1)</script>"
    )
    assert "<script" not in html
    assert "<i>" not in html


@pytest.mark.parametrize(
    "source", ["{% icon 'nope' %}", "{% state 'green' 'x' %}", "{% note 'red' %}x{% endnote %}"]
)
def test_a_misspelt_kind_fails_in_development_not_on_the_screen(source):
    with pytest.raises(TemplateSyntaxError):
        show(source)


def test_every_level_of_the_messages_framework_is_a_note():
    for level in ("debug", "info", "success", "warning", "error"):
        assert "c-note" in show("{% note level live=True %}x{% endnote %}", level=level)


# --------------------------------------------------------------- navigation


def test_pages_keep_the_filters_and_name_the_current_one():
    page = Paginator(range(1000), 10).page(7)
    html = show("{% pagination page %}", "/plazas/?q=ojo+rojo&o=corte&p=7&e=20&e=31", page=page)
    assert 'href="?q=ojo+rojo&amp;o=corte&amp;p=8&amp;e=20&amp;e=31" rel="next"' in html
    assert html.count('aria-current="page"') == 1
    assert show("{% pagination page %}", page=Paginator(range(3), 10).page(1)).strip() == ""


def test_a_sorted_head_turns_around_and_returns_to_the_first_page():
    first = show("{% sorted_th 'Corte' 'corte' num=True %}", "/x/?p=4&q=a")
    assert "aria-sort" not in first
    assert 'href="?q=a&amp;o=corte"' in first
    again = show("{% sorted_th 'Corte' 'corte' num=True %}", "/x/?o=corte")
    assert 'aria-sort="ascending"' in again
    assert 'href="?o=-corte"' in again


def test_no_filters_no_chips():
    assert show("{% chips items %}", items=[]) == ""


# --------------------------------------------------------------------- maps


def test_the_grid_and_the_geometry_hold_the_same_32_states_once_each():
    squares = drawing.tiles([])
    assert sorted(tile.key for tile in squares) == [f"{n:02d}" for n in range(1, 33)]
    assert len({(tile.x, tile.y) for tile in squares}) == 32
    shapes = set(
        re.findall(r'<path id="(e\d\d)"', (drawing.STATIC / "mexico.svg").read_text(encoding="utf-8"))
    )
    assert shapes == {f"e{n:02d}" for n in range(1, 33)}


def test_every_state_is_in_the_table_and_those_without_data_say_so():
    html = show(
        "{% tiles regions measure='de plazas sin solicitudes' %}", regions=[("20", "71 %", 5, "?estado=20")]
    )
    assert 'href="?estado=20" aria-label="Oaxaca: 71 % de plazas sin solicitudes"' in html
    assert html.count("<tr>") == 33
    assert words(html).count("sin dato") == 31


@pytest.mark.parametrize("region", [("33", "1", 1), ("20", "1", 6), ("20", "1", -1)])
def test_a_region_or_class_that_does_not_exist_is_refused(region):
    with pytest.raises((KeyError, ValueError)):
        drawing.tiles([region])


# -------------------------------------------------------------- what counts


@pytest.mark.parametrize("path", sorted((drawing.STATIC).glob("*.css")), ids=lambda path: path.name)
def test_colours_live_in_the_tokens_only(path):
    if path.name == "tokens.css":
        return
    sheet = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)", sheet))
    assert colours <= {"#fff", "#000"}
    assert "!important" not in sheet


def test_templates_carry_no_inline_style_nor_script():
    base = drawing.STATIC.parents[1] / "templates"
    accounts = drawing.STATIC.parents[2] / "accounts" / "templates"
    for path in [*base.rglob("*.html"), *accounts.rglob("*.html")]:
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert not re.search(r"\son(?:click|change|submit|load|input|error|focus|blur|key\w+)=", text), path
        for tag in re.findall(r"<script\b[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag, (path, tag)
