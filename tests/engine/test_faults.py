"""What faults say: every sentence in both languages, with the same values in each."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import cauce_engine
from cauce_engine import InvalidQuestion, parse_question
from cauce_engine.faults import Unsupported
from cauce_engine.spanish import SPANISH

SOURCES = sorted(Path(cauce_engine.__file__).parent.rglob("*.py"))
FAULTS = {"InvalidQuestion", "Unsupported", "InvalidAnswer", "refuse", "_unusable"}


def templates(source: Path) -> set[str]:
    """The sentences with which a module refuses: literals, or the last literal bound to the name it passes."""
    found = set()
    for function in ast.walk(ast.parse(source.read_text())):
        if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
            continue
        bound = {
            node.targets[0].id: node.value.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", None) in FAULTS):
                continue
            for argument in call.args[: 1 if call.func.id == "refuse" else 2][-1:]:
                if isinstance(argument, ast.Constant):
                    found.add(argument.value)
                elif isinstance(argument, ast.Name) and argument.id in bound:
                    found.add(bound[argument.id])
                elif isinstance(argument, ast.JoinedStr):
                    found.add(ast.unparse(argument))
    return found


def test_every_sentence_has_its_spanish():
    used = {template for source in SOURCES for template in templates(source)}
    assert len(used) > 50
    assert used - SPANISH.keys() == set()


@pytest.mark.parametrize("template", sorted(SPANISH))
def test_both_languages_show_the_same_values(template):
    shown = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    spanish = {name for _, name, _, _ in string.Formatter().parse(SPANISH[template]) if name}
    assert spanish == shown - {"message"}
    assert SPANISH[template] != template or template.startswith("{")


def test_a_fault_says_its_place_in_both_languages():
    with pytest.raises(InvalidQuestion) as caught:
        parse_question(
            {
                "format": "cauce-question/1",
                "mechanism": "serial",
                "applicants": [{"id": "a", "choices": ["p{9}"]}],
                "posts": [],
            }
        )
    assert caught.value.said("es") == 'applicants[0].choices[0]: la plaza "p{9}" no está declarada'
    assert str(caught.value) == 'applicants[0].choices[0]: post "p{9}" is not declared'
    assert Unsupported("", "said {as} it stands").problem_in("es") == "said {as} it stands"
