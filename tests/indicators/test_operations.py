"""Loading the figures that others published."""

from __future__ import annotations

import json

import pytest

from cauce.base.actors import Actor
from cauce.base.models import AuditEvent
from cauce.indicators import intake, operations
from cauce.indicators.models import PublishedFigure

pytestmark = pytest.mark.django_db


def load(now, text=None):
    return operations.load_figures(actor=Actor.system("catalogue"), now=now, text=text)


def entries():
    return json.loads(intake.FILE.read_text(encoding="utf-8"))["figures"]


def test_every_figure_has_source_date_and_both_languages(now):
    load(now)
    assert PublishedFigure.objects.count() == len(entries())
    for figure in PublishedFigure.objects.all():
        for name in ("title", "title_en", "as_of", "as_of_en", "definition", "definition_en", "source"):
            assert getattr(figure, name), (figure.code, name)
        assert bool(figure.note) == bool(figure.note_en), figure.code


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("residentes-imss", 15_938),
        ("sedes-imss", 254),
        ("especialidades-imss", 74),
        ("egresados-2021", 4_158),
        ("egresados-2024", 11_049),
        ("centros-de-formacion", 538),
        ("lugares-antes", 3_904),
        ("plazas-2022", 14_323),
        ("inversion-en-educacion", 358_000_000),
    ],
)
def test_the_figures_of_the_documents_are_there(code, value, now):
    load(now)
    assert PublishedFigure.objects.get(code=code).value == value


def test_again_changes_nothing_and_is_known_without_writing(now):
    assert not operations.figures_are_loaded()
    load(now)
    assert operations.figures_are_loaded()
    load(now)
    assert AuditEvent.objects.order_by("pk").last().detail == {"added": 0, "changed": 0, "removed": 0}
    PublishedFigure.objects.filter(code="sedes-imss").update(value=1)
    assert not operations.figures_are_loaded()


def test_what_left_the_catalogue_leaves_and_what_changed_changes(now):
    load(now)
    kept = entries()[:2]
    kept[0]["value"] = "16000"
    load(now, json.dumps({"figures": kept}))
    assert PublishedFigure.objects.count() == 2
    assert PublishedFigure.objects.get(code=kept[0]["code"]).value == 16_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": ""}, "source"),
        ({"value": "muchos"}, "no es un número"),
        ({"unit": "kilos"}, "ninguna de"),
        ({"title": "x" * 161}, "160"),
    ],
)
def test_a_bad_entry_is_named_and_nothing_is_saved(change, said, now):
    figures = entries()
    figures[3].update(change)
    with pytest.raises(operations.FiguresRefused) as refused:
        load(now, json.dumps({"figures": figures}))
    assert "cifra 4" in str(refused.value.message)
    assert said in str(refused.value.message)
    assert not PublishedFigure.objects.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", "no", '{"figures": []}', '{"figures": 3}'])
def test_what_is_no_catalogue_is_refused(text, now):
    with pytest.raises(operations.FiguresRefused):
        load(now, text)
