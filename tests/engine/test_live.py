"""Choosing in person: the same as serial when everybody follows the list, and no impossible turn."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import InvalidQuestion, allocate, explain, parse_question, read_question
from tests.engine import reference
from tests.engine.questions import serial_documents


def step_by_step(document, present):
    """The act itself: one person after another, chosen posts by name for those present."""
    left = {post["id"]: post["capacity"] for post in document["posts"]}
    wishes = {person["id"]: person["choices"] for person in document["applicants"]}
    places, log = {}, []
    for person in reference.merit_order(document):
        free = sorted(post for post, seats in left.items() if seats)
        if person in present:
            post = free[present[person] % len(free)] if free and present[person] >= 0 else None
            log.append({"applicant": person, "post": post})
        else:
            post = next((wish for wish in wishes[person] if left[wish]), None)
        places[person] = post
        if post is not None:
            left[post] -= 1
    return places, log


@given(serial_documents(), st.data())
def test_the_log_is_replayed_step_by_step(document, data):
    people = [person["id"] for person in document["applicants"]]
    present = data.draw(st.dictionaries(st.sampled_from(people), st.integers(-1, 5))) if people else {}
    places, log = step_by_step(document, present)
    question = parse_question({**document, "mechanism": "live", "log": log})
    answer = allocate(question)
    assert answer.places() == places
    assert all(check.holds for check in answer.checks)
    again = read_question(question.canonical())
    assert again.canonical() == question.canonical()
    for person in people:
        assert explain(question, answer, person).post == places[person]


@given(serial_documents())
def test_whoever_follows_the_list_gets_what_serial_gives(document):
    serial = allocate(parse_question(document)).places()
    log = [{"applicant": person, "post": serial[person]} for person in reference.merit_order(document)]
    for turns in ([], log[: len(log) // 2], log):
        assert allocate(parse_question({**document, "mechanism": "live", "log": turns})).places() == serial


ACT = {
    "format": "cauce-question/1",
    "mechanism": "live",
    "applicants": [
        {"id": "a", "choices": ["p"], "merit": ["2"]},
        {"id": "b", "choices": ["p"], "merit": ["1"]},
    ],
    "posts": [{"id": "p", "capacity": 1}],
    "log": [{"applicant": "a", "post": "p"}, {"applicant": "b", "post": None}],
}


@pytest.mark.parametrize(
    ("log", "place"),
    [
        ([{"applicant": "b", "post": None}, {"applicant": "a", "post": None}], "log[1].applicant"),
        ([{"applicant": "a", "post": "p"}, {"applicant": "b", "post": "p"}], "log[1].post"),
        ([{"applicant": "a", "post": "p"}, {"applicant": "a", "post": "p"}], "log[1].applicant"),
        ([{"applicant": "z", "post": "p"}], "log[0].applicant"),
        ([{"applicant": "a", "post": "z"}], "log[0].post"),
        ([{"applicant": "a", "seat": "p"}], "log[0]"),
    ],
)
def test_an_impossible_log_is_refused(log, place):
    document = copy.deepcopy(ACT)
    document["log"] = log
    with pytest.raises(InvalidQuestion) as caught:
        allocate(parse_question(document))
    assert caught.value.place == place


def test_only_live_has_a_log():
    with pytest.raises(InvalidQuestion):
        parse_question({**ACT, "mechanism": "serial"})
