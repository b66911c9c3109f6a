"""The certifier finds every planted injustice and names a true witness."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cauce_engine import Lottery, Question, Uncertified, allocate, certify, parse_question
from cauce_engine import allocation as solving
from cauce_engine.certify import ranks
from cauce_engine.results import SEATS_LEFT
from tests.engine import markets, reference
from tests.engine.questions import serial_documents

DOCUMENT = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "a", "choices": ["p", "q"], "merit": ["9"]},
        {"id": "b", "choices": ["p", "q"], "merit": ["8"]},
        {"id": "c", "choices": ["p"], "merit": ["7"]},
        {"id": "d", "choices": ["r"], "merit": ["6"]},
    ],
    "posts": [{"id": "p", "capacity": 1}, {"id": "q", "capacity": 1}, {"id": "r", "capacity": 1}],
}


def answered(**places):
    """The certified answer with some places changed and cut-offs that fit the change."""
    question = parse_question(DOCUMENT)
    answer = allocate(question)
    post = answer.post.copy()
    for person, name in places.items():
        post[question.index_of(person)] = -1 if name is None else question.posts.index(name)
    return question, dataclasses.replace(answer, post=post, line=post)


def broken(question, answer):
    return {check.name: check.witness for check in certify(question, answer) if not check.holds}


def test_a_true_answer_breaks_nothing():
    assert broken(*answered()) == {}


def test_more_people_than_seats():
    assert broken(*answered(c="p"))["A1"] == {"post": "p", "holders": 2, "seats": 1}


def test_a_post_that_was_not_listed():
    assert broken(*answered(c="q", b=None))["A2"] == {"applicant": "c", "post": "q"}


def test_envy():
    assert broken(*answered(a="q", b="p"))["A3"] == {"applicant": "a", "post": "p", "behind": "b"}


def test_waste():
    assert broken(*answered(d=None))["A4"] == {"applicant": "d", "post": "r", "open_seats": 1}


def test_an_answer_that_claims_another_could_exist():
    question, answer = answered()
    assert set(broken(question, dataclasses.replace(answer, unique=False))) == {"A6"}


def test_an_answer_to_another_question():
    question, answer = answered()
    assert set(broken(question, dataclasses.replace(answer, question_digest="sha256:0"))) == {"A7"}


@pytest.mark.parametrize(("post", "last"), [(0, 1), (0, SEATS_LEFT), (2, SEATS_LEFT), (1, 0)])
def test_a_cut_off_that_is_not_the_last_admitted(post, last):
    question, answer = answered()
    lines = answer.last.copy()
    lines[post] = last
    assert set(broken(question, dataclasses.replace(answer, last=lines))) == {"A8"}


def test_missing_cut_offs():
    question, answer = answered()
    assert set(broken(question, dataclasses.replace(answer, last=None))) == {"A8"}


def test_a_lottery_that_is_not_the_committed_one():
    from cauce_engine import Lottery, commitment_of

    lottery = Lottery("verdadera", commitment_of("verdadera"))
    question = dataclasses.replace(parse_question(DOCUMENT), lottery=lottery)
    answer = allocate(question)
    object.__setattr__(lottery, "seed", "otra")
    assert set(broken(question, answer)) >= {"A10"}


@given(serial_documents().filter(lambda d: d["applicants"]), st.data())
def test_any_changed_place_is_found_and_nothing_else_is_alleged(document, data):
    question = parse_question(document)
    answer = allocate(question)
    person = data.draw(st.integers(0, len(question.applicants) - 1))
    post = answer.post.copy()
    post[person] = data.draw(st.integers(-1, len(question.posts) - 1))
    assume(post[person] != answer.post[person])
    changed = dataclasses.replace(answer, post=post, line=post)
    found = broken(question, changed)
    assert found.keys() & {"A1", "A2", "A3", "A4"}
    places = changed.places()
    objections = reference.objections(document, places)
    for name in ("A3", "A4"):
        if name in found:
            assert (found[name]["applicant"], found[name]["post"]) in objections
    if "A3" not in found and "A4" not in found:
        assert objections == []


def first_objections(question, answer):
    """By name, the person and post of the first wish with envy or waste, word for word; ties by ticket."""
    order = ranks(question, question.merit).tolist()
    lists = [row.tolist() for row in np.split(question.choices, question.choice_start[1:-1])]
    post = answer.post.tolist()
    holders = {p: [i for i, held in enumerate(post) if held == p] for p in range(len(question.posts))}
    found = {}
    for person, wishes in enumerate(lists):
        for wished in wishes:
            if wished == post[person]:
                break
            behind = any(order[other] > order[person] for other in holders[wished])
            names = {"applicant": question.applicants[person], "post": question.posts[wished]}
            if behind:
                found.setdefault("A3", names)
            if len(holders[wished]) < question.capacity[wished]:
                found.setdefault("A4", names)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_first_injustice_is_named_among_long_lists_with_many_ties(seed):
    chance = np.random.default_rng(seed)
    counts, choices, capacities = markets.lists(400, seed=seed)
    question = Question.from_columns(
        applicants=[f"F-{n:03d}" for n in range(400)],
        choice_counts=counts,
        choices=choices,
        posts=[f"P-{n:02d}" for n in range(len(capacities))],
        capacities=capacities,
        merit=[chance.integers(0, 12, 400)],
        lottery=Lottery("seed"),
    )
    answer = allocate(question)
    kinds = set()
    for _ in range(30):
        post = answer.post.copy()
        one, other = chance.integers(0, 400, 2)
        post[one], post[other] = post[other], post[one] if chance.random() < 0.7 else -1
        changed = dataclasses.replace(answer, post=post, line=post)
        found = broken(question, changed)
        named = {
            name: {key: found[name][key] for key in ("applicant", "post")}
            for name in ("A3", "A4")
            if name in found
        }
        assert named == first_objections(question, changed)
        kinds |= set(named)
        unlisted = [
            i
            for i in range(400)
            if post[i] >= 0
            and post[i] not in question.choices[question.choice_start[i] : question.choice_start[i + 1]]
        ]
        assert ("A2" in found) == bool(unlisted)
        if unlisted:
            assert found["A2"]["applicant"] == question.applicants[unlisted[0]]
    assert kinds == {"A3", "A4"}


def test_nothing_uncertified_comes_back(monkeypatch):
    question, answer = answered(a="q", b="p")
    monkeypatch.setattr(solving, "_solved", lambda question: answer)
    with pytest.raises(Uncertified) as caught:
        allocate(question)
    assert caught.value.check.name == "A3"


def test_the_certifier_puts_people_in_the_order_of_the_reference():
    from cauce_engine import commitment_of

    document = {
        **DOCUMENT,
        "applicants": [{"id": str(n), "merit": [str(n % 3), f"{n % 2}.0"]} for n in range(60)],
        "lottery": {"seed": "s" * 80, "commitment": commitment_of("s" * 80), "beacon": "b"},
    }
    question = parse_question(document)
    order = np.argsort(ranks(question, question.merit)).tolist()
    assert [question.applicants[i] for i in order] == reference.merit_order(document)
