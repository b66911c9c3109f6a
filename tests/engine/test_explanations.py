"""Each listed choice gets a reason, and the reason is true."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest
from hypothesis import given

from cauce_engine import allocate, explain, explain_all, parse_question
from tests.engine import reference
from tests.engine.questions import serial_documents

DOCUMENT = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "a", "choices": ["p"], "merit": ["71.3", "5"]},
        {"id": "b", "choices": ["p", "r", "q"], "merit": ["70.5", "9"]},
        {"id": "c", "choices": ["p", "q", "s"], "merit": ["70.5", "8.25"]},
        {"id": "d", "choices": ["q"], "merit": ["70.5", "8.25"]},
    ],
    "posts": [
        {"id": "p", "capacity": 1},
        {"id": "q", "capacity": 1},
        {"id": "r", "capacity": 0},
        {"id": "s", "capacity": 4},
    ],
}


def test_the_reasons_of_one_person():
    question = parse_question(DOCUMENT)
    answer = allocate(question)
    explained = explain(question, answer, "c")
    assert (explained.place, explained.applicants, explained.post) == (3, 4, "s")
    first, second, third = explained.wishes
    assert (first.code, first.last_place, first.distance) == ("behind", 1, 2)
    assert (first.element, first.difference, first.enough, first.strictly) == (1, "0.8", "71.3", False)
    assert (second.element, second.difference, second.enough) == (2, "0.75", "9")
    assert third.code == "placed"
    assert explained.sentences("en")[1] == (
        "Choice 1, post p: 2 places behind the last person admitted (place 1); "
        "element 1 of merit decided, by 0.8; with 71.3 they would have been admitted."
    )
    assert "con 71.3 habría sido admitida" in explained.sentences("es")[1]
    assert [wish.code for wish in explain(question, answer, "b").wishes] == ["behind", "no_seats", "placed"]
    assert explain(question, answer, "d").wishes[0].element == 2
    with pytest.raises(KeyError):
        explain(question, answer, "nobody")


@given(serial_documents())
def test_what_would_have_been_enough_is_enough_and_less_is_not(document):
    question = parse_question(document)
    answer = allocate(question)
    tiny = Decimal("0.001")
    for index, person in enumerate(document["applicants"]):
        order = [*person["choices"], None]
        for wish in explain(question, answer, person["id"]).wishes:
            if wish.code != "behind" or wish.element == 0:
                continue
            bound = Decimal(wish.enough)
            for value, suffices in ((bound + tiny, True), (bound, not wish.strictly), (bound - tiny, False)):
                other = copy.deepcopy(document)
                other["applicants"][index]["merit"][wish.element - 1] = str(value)
                place = reference.serial(other)[person["id"]]
                if suffices:
                    assert order.index(place) <= order.index(wish.post)
                else:
                    assert place != wish.post


@given(serial_documents())
def test_arrays_say_what_sentences_say(document):
    question = parse_question(document)
    answer = allocate(question)
    everybody = explain_all(question, answer)
    for index, person in enumerate(question.applicants):
        start = int(question.choice_start[index])
        explained = explain(question, answer, person)
        assert len(explained.sentences("es")) == len(explained.sentences("en")) == len(explained.wishes) + 1
        for offset, wish in enumerate(explained.wishes):
            assert everybody.codes[everybody.code[start + offset]] == wish.code
            assert everybody.distance[start + offset] == (wish.distance or 0)
            assert everybody.last_place[start + offset] == (wish.last_place or 0)
            assert everybody.element[start + offset] == (-1 if wish.element is None else wish.element)
