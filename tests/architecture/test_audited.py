"""Whoever reads the audit reads words: each use case and each fact has its own, and no word is left over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cauce.config import audited

SOURCE = Path(__file__).parents[2] / "src" / "cauce"


def called(node: ast.AST) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


@pytest.fixture(scope="module")
def trees():
    return [(path.relative_to(SOURCE).parts[0], ast.parse(path.read_text())) for path in SOURCE.rglob("*.py")]


def test_every_use_case_has_words_and_every_word_its_use_case(trees):
    actions = {
        f"{app}.{node.name}"
        for app, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "use_case" in map(called, node.decorator_list)
    }
    assert actions == set(audited.ACTIONS)


def test_every_fact_that_is_noted_has_words_and_every_word_its_fact(trees):
    facts = {
        keyword.arg
        for _app, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node.func) == "note"
        for keyword in node.keywords
        if keyword.arg is not None  # the dates of a draft, noted by the names of their fields
    }
    assert (
        facts | {"opens_at", "closes_at", "results_at", "outage_window", "outage_grace"}
        == set(audited.FACTS) | audited.SILENT
    )
