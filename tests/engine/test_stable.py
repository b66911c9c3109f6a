"""Two-sided questions: against every stable answer there is, and against published instances."""

from __future__ import annotations

import copy
import dataclasses
import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cauce_engine import InvalidQuestion, allocate, certify, explain, parse_question, read_question
from cauce_engine._kernels import ranking
from cauce_engine.twosided import ranked
from tests.engine import published, reference
from tests.engine.examples import examples
from tests.engine.questions import stable_documents


@examples(120)
@given(stable_documents(most_people=5, most_posts=3))
def test_the_answer_is_stable_best_for_applicants_and_says_whether_it_is_the_only_one(document):
    answer = allocate(parse_question(document))
    places = answer.places()
    everything = reference.stable_answers(document)
    assert places in everything
    lists = {person["id"]: [*person["choices"], None] for person in document["applicants"]}
    for other in everything:
        for person, order in lists.items():
            assert order.index(places[person]) <= order.index(other[person])
    assert answer.unique is (len(everything) == 1)


@given(stable_documents(most_people=9, most_posts=5))
def test_the_answer_equals_the_reference(document):
    question = parse_question(document)
    answer = allocate(question)
    assert answer.places() == reference.best_for_applicants(document)
    again = read_question(question.canonical())
    assert again.canonical() == question.canonical()
    assert allocate(again).to_bytes() == answer.to_bytes()


@given(stable_documents(most_people=8, most_posts=5), st.data())
def test_one_order_behind_all_orders_is_found_and_gives_the_same_answer(document, data):
    people = data.draw(st.permutations([person["id"] for person in document["applicants"]]))
    for post in document["posts"]:
        kept = data.draw(st.sets(st.sampled_from(people))) if people else set()
        post["order"] = [person for person in people if person in kept]
    if data.draw(st.booleans()):
        document["posts"][0]["order"] = list(people)
    else:
        for person in document["applicants"]:
            person["merit"] = [str(-people.index(person["id"])), *person.get("merit", [])[1:]]
    question = parse_question(document)
    market = ranked(question)
    assert market.one is not None
    answer = allocate(question)
    assert answer.places() == reference.best_for_applicants(document)
    assert answer.unique is True
    orders = question.orders
    arrays = (orders.given, orders.start, orders.applicant, market.common.place - np.int32(1))
    apart = ranking.by_post(question.choice_start, question.choices, *arrays)
    for one, other in zip((market.rank, market.listed, market.wishes), apart, strict=False):
        assert one.tolist() == other.tolist()
    both = {(d.applicant, d.post) for d in answer.dropped}
    asked = {(person["id"], post) for person in document["applicants"] for post in person["choices"]}
    returned = {(person, post["id"]) for post in document["posts"] for person in post["order"]}
    assert both == asked ^ returned


@given(stable_documents(most_people=6, most_posts=4))
def test_an_order_that_contradicts_the_one_found_is_noticed(document):
    question = parse_question(document)
    market = ranked(question)
    if market.one is None:
        return
    place = {question.applicants[person]: at for at, person in enumerate(market.one.tolist())}
    for order in reference.post_orders(document).values():
        assert [place[person] for person in order] == sorted(place[person] for person in order)


@pytest.mark.slow
@given(stable_documents(most_people=5, most_posts=3), st.data())
def test_the_certifier_agrees_with_every_assignment(document, data):
    question = parse_question(document)
    answer = allocate(question)
    assume(document["applicants"])
    other = data.draw(st.sampled_from(list(reference.every_assignment(document))))
    assume(other != answer.places())
    index = {post: at for at, post in enumerate(question.posts)}
    post = answer.post.copy()
    for at, person in enumerate(question.applicants):
        post[at] = index.get(other[person], -1)
    changed = dataclasses.replace(answer, post=post, line=post, unique=None)
    failed = {check.name for check in certify(question, changed) if not check.holds}
    if other in reference.stable_answers(document):
        assert failed & {"A1", "A2", "A3", "A4"} == set()
        assert "A6" in failed
    else:
        assert failed & {"A2", "A3", "A4"}


@given(stable_documents())
def test_a_false_claim_of_uniqueness_is_found(document):
    question = parse_question(document)
    answer = allocate(question)
    lied = dataclasses.replace(answer, unique=not answer.unique)
    assert [check.name for check in certify(question, lied) if not check.holds] == ["A6"]


@given(stable_documents(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_leaves_no_trace(document, chance: random.Random):
    shuffled = copy.deepcopy(document)
    chance.shuffle(shuffled["applicants"])
    chance.shuffle(shuffled["posts"])
    assert allocate(parse_question(document)).to_bytes() == allocate(parse_question(shuffled)).to_bytes()


@given(stable_documents(most_people=7), st.data())
def test_no_other_list_beats_the_true_one(document, data):
    assume(document["applicants"])
    liar = data.draw(st.sampled_from(range(len(document["applicants"]))))
    person = document["applicants"][liar]
    true_order = [*person["choices"], None]
    lied = copy.deepcopy(document)
    posts = [post["id"] for post in document["posts"]]
    lied["applicants"][liar]["choices"] = data.draw(st.lists(st.sampled_from(posts), unique=True))
    honest = allocate(parse_question(document)).places()[person["id"]]
    got = allocate(parse_question(lied)).places()[person["id"]]
    assert got not in true_order or true_order.index(honest) <= true_order.index(got)


@given(stable_documents())
def test_every_refusal_is_explained_by_the_post_itself(document):
    question = parse_question(document)
    answer = allocate(question)
    orders = reference.post_orders(document)
    asked = {post: [p for p in order if post in wishes(document)[p]] for post, order in orders.items()}
    places = answer.places()
    for person in question.applicants:
        for wish in explain(question, answer, person).wishes:
            assert (wish.code == "dropped") is (person not in orders[wish.post])
            assert (wish.code == "placed") is (places[person] == wish.post)
            if wish.code == "behind":
                holders = [p for p in asked[wish.post] if places[p] == wish.post]
                order = orders[wish.post].index
                assert wish.last_place == order(holders[-1]) + 1
                assert wish.distance == order(person) - order(holders[-1])
                assert wish.sentence("es") != wish.sentence("en")


def wishes(document):
    return {person["id"]: person["choices"] for person in document["applicants"]}


def test_one_sided_wishes_are_reported():
    document = {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [{"id": "a", "choices": ["p", "q"]}, {"id": "b", "choices": []}],
        "posts": [{"id": "p", "capacity": 1, "order": ["b"]}, {"id": "q", "capacity": 1, "order": [["a"]]}],
    }
    answer = allocate(parse_question(document))
    assert answer.places() == {"a": "q", "b": None}
    assert [(d.applicant, d.post, d.why) for d in answer.dropped] == [
        ("a", "p", "the post does not list the applicant"),
        ("b", "p", "the applicant does not list the post"),
    ]


def test_merit_is_needed_only_where_it_decides():
    document = {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [{"id": "a", "choices": ["p"]}, {"id": "b", "choices": ["p", "q"], "merit": ["1"]}],
        "posts": [{"id": "p", "capacity": 1, "order": ["a", "b"]}, {"id": "q", "capacity": 1}],
    }
    assert allocate(parse_question(document)).places() == {"a": "p", "b": "q"}
    document["applicants"][0]["choices"].append("q")
    with pytest.raises(InvalidQuestion, match=r'applicants\["a"\]\.merit: is missing'):
        allocate(parse_question(document))


@examples(150)
@given(stable_documents(most_people=5, most_posts=3), st.data())
def test_a_minimum_is_reported_exactly_where_no_stable_answer_meets_it(document, data):
    for post in document["posts"]:
        post["minimum"] = data.draw(st.integers(0, post["capacity"]))
    answer = allocate(parse_question(document)).to_document()
    everything = reference.stable_answers(document)
    reported = {entry["post"]: entry for entry in answer.get("minima", [])}
    lists = {person["id"]: person["choices"] for person in document["applicants"]}
    for post in document["posts"]:
        name, least = post["id"], post["minimum"]
        met = any(list(places.values()).count(name) >= least for places in everything)
        assert met is (name not in reported)
        if not met:
            entry = reported[name]
            assert len(entry["cost"]) + entry["missing_after"] + entry["holders"] == least
            for move in entry["cost"]:
                mine = lists[move["applicant"]]
                assert answer["places"][move["applicant"]] == move["holds"]
                assert mine.index(name) - mine.index(move["holds"]) == move["steps"] > 0


@pytest.mark.parametrize("name", published.SINGLES)
def test_published_answers_are_reproduced(name):
    instance = published.load(name)
    expected = instance["expected"].get("ties_broken_by_printed_order", instance["expected"])
    answer = allocate(parse_question(published.document(instance)))
    published_places = expected["applicant_optimal"]
    assert answer.places() == {person: published_places.get(person) for person in instance["applicants"]}
    if "number_of_stable_matchings" in expected:
        assert answer.unique is (expected["number_of_stable_matchings"] == 1)


@pytest.mark.parametrize("name", ["sms_test2", "sms_test3"])
def test_a_published_stable_answer_has_nothing_to_object_to(name):
    instance = published.load(name)
    question = parse_question(published.document(instance))
    answer = allocate(question)
    places = instance["expected"]["a_stable_matching"]
    post = np.array([question.posts.index(places[person]) for person in question.applicants], np.int32)
    checks = certify(question, dataclasses.replace(answer, post=post, line=post))
    assert [check.name for check in checks[:4] if not check.holds] == []
