"""The serial mechanism against the slow reference, and what must stay true when the question changes."""

from __future__ import annotations

import copy
import json
import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import Question, allocate, certify, ordering, parse_question, read_question
from tests.engine import reference
from tests.engine.examples import examples
from tests.engine.questions import serial_documents


@given(serial_documents())
def test_serial_equals_the_reference(document):
    question = parse_question(document)
    answer = allocate(question)
    assert answer.places() == reference.serial(document)
    ranked = [question.applicants[i] for i in ordering(question).order.tolist()]
    assert ranked == reference.merit_order(document)
    assert reference.objections(document, answer.places()) == []


@examples(40)
@given(serial_documents(most_people=5, most_posts=3))
def test_the_answer_is_the_only_one_without_objection(document):
    stable = [a for a in reference.every_assignment(document) if not reference.objections(document, a)]
    assert stable == [allocate(parse_question(document)).places()]


@given(serial_documents(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_leaves_no_trace(document, chance: random.Random):
    shuffled = copy.deepcopy(document)
    chance.shuffle(shuffled["applicants"])
    chance.shuffle(shuffled["posts"])
    one, other = parse_question(document), parse_question(shuffled)
    assert one.canonical() == other.canonical()
    assert one.digest == other.digest
    assert allocate(one).to_bytes() == allocate(other).to_bytes()


@given(serial_documents())
def test_the_canonical_form_reads_as_the_same_question(document):
    question = parse_question(document)
    again = read_question(question.canonical())
    assert again.canonical() == question.canonical()
    assert allocate(again).to_bytes() == allocate(question).to_bytes()


@given(serial_documents())
def test_new_names_for_posts_move_nobody(document):
    renamed = copy.deepcopy(document)
    names = {post["id"]: f"z{number}" for number, post in enumerate(reversed(document["posts"]))}
    for post in renamed["posts"]:
        post["id"] = names[post["id"]]
    for person in renamed["applicants"]:
        person["choices"] = [names[post] for post in person["choices"]]
    before = allocate(parse_question(document)).places()
    after = allocate(parse_question(renamed)).places()
    assert after == {person: names.get(post) for person, post in before.items()}


@given(serial_documents(), st.data())
def test_a_further_seat_hurts_nobody(document, data):
    richer = copy.deepcopy(document)
    data.draw(st.sampled_from(richer["posts"]))["capacity"] += 1
    before, after = (allocate(parse_question(d)).places() for d in (document, richer))
    for person in document["applicants"]:
        order = [*person["choices"], None]
        assert order.index(after[person["id"]]) <= order.index(before[person["id"]])


@given(serial_documents().filter(lambda d: d["applicants"]), st.data())
def test_no_other_list_beats_the_true_one(document, data):
    liar = data.draw(st.sampled_from(range(len(document["applicants"]))))
    person = document["applicants"][liar]
    true_order = [*person["choices"], None]
    lied = copy.deepcopy(document)
    posts = [post["id"] for post in document["posts"]]
    lied["applicants"][liar]["choices"] = data.draw(st.lists(st.sampled_from(posts), unique=True))
    honest = allocate(parse_question(document)).places()[person["id"]]
    got = allocate(parse_question(lied)).places()[person["id"]]
    assert got not in true_order or true_order.index(honest) <= true_order.index(got)


def market(people: int, *, seed: int, length: int = 15) -> Question:
    chance = np.random.default_rng(seed)
    posts = max(2, people // 20)
    popularity = 1 / (np.arange(posts) + 10) ** 0.8
    keys = chance.exponential(size=(people, posts)) / popularity
    choices = np.argsort(keys, axis=1)[:, :length]
    return Question.from_columns(
        applicants=[f"F-{n:06d}" for n in chance.permutation(people)],
        choice_counts=[choices.shape[1]] * people,
        choices=choices.ravel(),
        posts=[f"P-{n:04d}" for n in range(posts)],
        capacities=chance.integers(0, 37, posts),
        merit=[[f"{value:.1f}" for value in chance.normal(60, 12, people)]],
    )


def test_a_market_of_two_thousand_equals_the_reference():
    question = market(2000, seed=7)
    answer = allocate(question)
    assert answer.places() == reference.serial(json.loads(question.canonical()))
    assert all(check.holds for check in certify(question, answer))


def test_columns_and_document_state_the_same_question():
    document = {
        "format": "cauce-question/1",
        "mechanism": "serial",
        "applicants": [
            {"id": "b", "choices": ["q", "p"], "merit": ["2.0", 7]},
            {"id": "a", "choices": [], "merit": ["2", 7]},
        ],
        "posts": [{"id": "q", "capacity": 1}, {"id": "p", "capacity": 0}],
    }
    by_names = Question.from_columns(
        applicants=["b", "a"],
        choice_counts=[2, 0],
        choices=["q", "p"],
        posts=["q", "p"],
        capacities=[1, 0],
        merit=[["2.0", "2"], [7, 7]],
    )
    by_index = Question.from_columns(
        applicants=["b", "a"],
        choice_counts=np.array([2, 0]),
        choices=np.array([0, 1]),
        posts=["q", "p"],
        capacities=np.array([1, 0]),
        merit=[["2.0", "2"], np.array([7, 7])],
    )
    assert parse_question(document).canonical() == by_names.canonical() == by_index.canonical()
    assert by_names.canonical() == (
        b'{"applicants":[{"choices":[],"id":"a","merit":["2",7]},{"choices":["q","p"],"id":"b","merit":["2.0",7]}],'
        b'"format":"cauce-question/1","mechanism":"serial",'
        b'"posts":[{"capacity":0,"id":"p"},{"capacity":1,"id":"q"}]}'
    )


def test_merit_is_compared_exactly():
    long = "0." + "1" * 59
    question = Question.from_columns(
        applicants=["a", "b", "c", "d"],
        choice_counts=[1] * 4,
        choices=["p"] * 4,
        posts=["p"],
        capacities=[1],
        merit=[[long, long + "1", "0.1" + "0" * 58, "-5"]],
    )
    assert [question.applicants[i] for i in ordering(question).order] == ["b", "a", "c", "d"]
