"""The rules of the house, checked on the code itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from django_tasks.base import Task

SOURCE = Path(__file__).parents[2] / "src"
ROOT = SOURCE.parent
APPS = ("accounts", "notices", "institutions", "calls", "allocation", "indicators")
MODULES = {
    "models", "rules", "queries", "operations", "forms", "views", "urls", "tasks", "bridge", "admin", "roles",
    "api", "intake", "documents", "apps", "migrations", "management", "templatetags",
}  # fmt: skip
PUBLIC = {"operations", "queries", "rules", "models", "roles"}
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "mixins", "shared", "tools", "lib"}
PYTHON_FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("cauce", include_external_packages=False, cache_dir=None)


def test_apps_have_the_modules_of_the_house_and_no_others():
    strays = [
        f"{app}/{entry.name}"
        for app in APPS
        for entry in (SOURCE / "cauce" / app).iterdir()
        if (entry.suffix == ".py" or (entry / "__init__.py").exists())
        and entry.stem != "__init__"
        and entry.stem not in MODULES
    ]
    assert strays == []


def test_apps_reach_each_other_through_their_public_modules(graph):
    strays = []
    for importer in graph.modules:
        mine = importer.split(".")
        for imported in graph.find_modules_directly_imported_by(importer):
            other = imported.split(".")
            if (
                len(mine) > 1
                and len(other) > 2
                and mine[1] != other[1]
                and other[1] not in {"base", "config"}
                and other[2] not in PUBLIC
            ):
                strays.append(f"{importer} -> {imported}")
    assert strays == []


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_named_by_their_subject_and_stay_readable(path):
    assert not DRAWERS & {part.removesuffix(".py") for part in path.relative_to(SOURCE).parts}
    assert len(path.read_text().splitlines()) <= 620


def _functions(kind: str):
    """Public functions of each app's module or package of that name."""
    for app in APPS:
        base = SOURCE / "cauce" / app
        for path in [base / f"{kind}.py", *sorted((base / kind).glob("*.py"))]:
            if path.exists():
                for node in ast.parse(path.read_text()).body:
                    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                        yield path, node


def _decorators(node: ast.FunctionDef) -> set[str]:
    return {getattr(d, "id", getattr(d, "attr", "")) for d in node.decorator_list}


def test_every_use_case_names_its_actor_and_its_time_by_keyword_and_says_what_it_does():
    wrong = []
    found = 0
    for path, node in _functions("operations"):
        if "use_case" in _decorators(node):
            found += 1
            names = {argument.arg for argument in node.args.kwonlyargs}
            if node.args.args or not {"actor", "now"} <= names or not ast.get_docstring(node):
                wrong.append(f"{path.relative_to(SOURCE)}:{node.name}")
    assert wrong == []
    assert found > 10


# Not writes by themselves: they run use cases one after the other, outside any transaction.
CONDUCTORS = {
    "matter_of",
    "issue_everything",
    "lapse_everything",
    "execute",
    "tell_apart",
    "tell_everybody",
    "deliver",
    "deliver_one",
    "carry_out_rehearsal",
    "measure_sensitivity",
    "refresh_outlook",
    "set_up_live",
    "tend_live",
}


def test_operations_are_use_cases_or_steps():
    strays = [
        f"{path.relative_to(SOURCE)}:{node.name}"
        for path, node in _functions("operations")
        if not _decorators(node) & {"use_case", "step"} and node.name not in CONDUCTORS
    ]
    assert strays == []


def test_views_do_not_reach_rows_except_through_queries():
    strays = [
        f"{path.relative_to(SOURCE)}:{number}"
        for app in APPS
        for path in [
            *(SOURCE / "cauce" / app).glob("views.py"),
            *(SOURCE / "cauce" / app / "views").glob("*.py"),
        ]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ".objects" in line or ".save(" in line or ".delete(" in line
    ]
    assert strays == []


def test_models_do_not_order_implicitly():
    assert [m for m in apps.get_models() if m.__module__.startswith("cauce") and m._meta.ordering] == []


def test_every_task_asked_for_by_name_exists():
    asked: set[str] = set()
    for path in PYTHON_FILES:
        if "config" in path.parts:
            continue
        asked |= set(re.findall(r'"(cauce\.\w+\.tasks\.\w+)"', path.read_text()))
    assert asked
    for name in asked:
        assert isinstance(import_string(name), Task), name
    for name in settings.PERIODIC:
        assert callable(import_string(name)), name


def test_migrations_are_linear():
    for app in ("base", *APPS):
        names = sorted(p.stem for p in (SOURCE / "cauce" / app / "migrations").glob("0*.py"))
        assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1)), app


def test_the_clock_is_read_in_one_place():
    readers = [
        str(path.relative_to(SOURCE))
        for path in PYTHON_FILES
        if re.search(r"timezone\.now\(|datetime\.now\(|date\.today\(|time\.time\(", path.read_text())
    ]
    assert readers == ["cauce/base/clock.py"]


TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_templates_hold_no_style_nor_script_of_their_own(path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(
        r"\son(click|change|submit|load|input|error|focus|blur|key\w+|mouse\w+|pointer\w+)\s*=", text
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", text)
    assert "<style" not in text


def test_sheets_hold_no_colour_outside_their_tokens():
    for path in sorted(SOURCE.rglob("static/**/*.css")):
        outside = re.sub(r"@layer tokens \{.*?\n\}", "", path.read_text(), flags=re.S)
        if "tokens" in path.name:
            continue
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"url\([^)]*\)", "", outside))
        assert {c.lower() for c in found} <= {"#fff", "#ffffff", "#000", "#000000"}, path.name
