"""The conformance cases: small questions with answers reasoned by hand, for this implementation and any other.

An answer states only what the case is about; everything that it states must be found in the answer.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cauce_engine import InvalidQuestion, allocate, certify, parse_question

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(Path(__file__).parent.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]


def contains(found: object, stated: object) -> bool:
    """Whether everything stated is found; objects inside a list may say more than is stated."""
    if isinstance(stated, dict) and isinstance(found, dict) and "cost" in stated:
        return all(contains(found.get(name), value) for name, value in stated.items())
    if isinstance(stated, list) and isinstance(found, list):
        return len(stated) == len(found) and all(map(contains, found, stated))
    return found == stated


@pytest.mark.parametrize("case", CASES)
def test_the_case(case):
    if "refused" in case:
        with pytest.raises(InvalidQuestion) as caught:
            allocate(parse_question(case["question"]))
        assert caught.value.place == case["refused"]["place"]
        return
    answer = allocate(parse_question(case["question"]))
    document = answer.to_document()
    for name, stated in case["answer"].items():
        assert contains(document.get(name), stated), (name, document.get(name))
    assert all(check.holds for check in certify(answer.question, answer))


def test_no_two_cases_share_a_name():
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names) > 60
