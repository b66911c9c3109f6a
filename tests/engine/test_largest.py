"""Ties settled so that most people are placed: against every weakly stable answer there is."""

from __future__ import annotations

import dataclasses
import json
import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cauce_engine import Allocation, Unsupported, allocate, certify, largest, parse_question
from tests.engine import published, reference
from tests.engine.examples import examples
from tests.engine.questions import serial_documents, stable_documents


def with_maximum(document):
    return {**document, "options": {"ties": "maximum"}}


MARKETS = st.one_of(stable_documents(most_people=6, most_posts=3), serial_documents(5, 3)).map(with_maximum)


def placed(places):
    return sum(post is not None for post in places.values())


@examples(150)
@given(MARKETS)
def test_no_weakly_stable_answer_places_more(document):
    answer = allocate(parse_question(document))
    everything = reference.weakly_stable_answers(document)
    assert answer.places() in everything
    assert answer.extra["size"] == placed(answer.places()) == max(map(placed, everything))
    assert answer.last is None
    read = Allocation.from_document(answer.question, json.loads(answer.to_bytes()))
    assert all(check.holds for check in certify(answer.question, read))


@examples(100)
@given(MARKETS, st.data())
def test_the_certifier_agrees_with_every_assignment(document, data):
    assume(document["applicants"])
    question = parse_question(document)
    answer = allocate(question)
    other = data.draw(st.sampled_from(list(reference.every_assignment(reference.mutual(document)))))
    index = {post: at for at, post in enumerate(question.posts)}
    post = np.array([index.get(other[person], -1) for person in question.applicants], np.int32)
    changed = dataclasses.replace(answer, post=post, line=post)
    failed = {check.name for check in certify(question, changed) if not check.holds}
    if other not in reference.weakly_stable_answers(document):
        assert failed & {"A3", "A4"}
    else:
        assert failed == (set() if placed(other) == answer.extra["size"] else {"A11"})


def random_market(seed, people=60, posts=12):
    """A market with long ties, in which settling ties badly leaves people without a place."""
    chance = random.Random(seed)
    names = [f"a{n:02}" for n in range(people)]
    wishes = {name: chance.sample(range(posts), chance.randint(2, min(4, posts))) for name in names}
    rows = []
    for post in range(posts):
        asking = [name for name in names if post in wishes[name]]
        chance.shuffle(asking)
        order = [asking[at : at + 5] for at in range(0, len(asking), 5)]
        rows.append({"id": f"p{post:02}", "capacity": people // posts, "order": order})
    return with_maximum(
        {
            "format": "cauce-question/1",
            "mechanism": "stable",
            "applicants": [{"id": n, "choices": [f"p{p:02}" for p in wishes[n]]} for n in names],
            "posts": rows,
        }
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_lottery_never_places_more(seed):
    document = random_market(seed)
    answer = allocate(parse_question(document))
    by_lottery = allocate(parse_question({**document, "options": {}}))
    assert answer.status == "certified"
    assert placed(answer.places()) >= placed(by_lottery.places())
    shuffled = {**document, "applicants": document["applicants"][::-1], "posts": document["posts"][::-1]}
    assert allocate(parse_question(shuffled)).to_bytes() == answer.to_bytes()


def test_what_the_search_leaves_open_is_decided_by_the_programme(monkeypatch):
    """With a search that tries one settlement, sizes still agree with every weakly stable answer."""
    monkeypatch.setattr(largest, "STARTS", 1)
    monkeypatch.setattr(largest, "_improved", lambda market, places, order: places)
    pytest.importorskip("highspy")
    helped = 0
    for seed in range(60):
        document = random_market(seed, people=6, posts=3)
        answer = allocate(parse_question(document))
        assert placed(answer.places()) == max(map(placed, reference.weakly_stable_answers(document)))
        helped += "found_with" in answer.extra
    assert helped


def test_past_the_budget_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(largest, "STARTS", 0)
    monkeypatch.setattr(largest, "MOST_DECIDED", 0)
    answer = allocate(parse_question(random_market(1)))
    assert answer.status == "not-found"
    assert placed(answer.places()) == 0
    assert answer.extra["no_more_than"] > answer.extra["largest_found"]


def test_other_kinds_are_refused():
    document = random_market(0, people=6, posts=2)
    document["posts"][0]["minimum"] = 1
    with pytest.raises(Unsupported, match=r'posts\["p00"\]\.minimum'):
        allocate(parse_question(document))
    del document["posts"][0]["minimum"]
    document["posts"][0]["classes"] = [{"group": None, "seats": document["posts"][0]["capacity"]}]
    with pytest.raises(Unsupported, match=r"options\.ties"):
        allocate(parse_question(document))


@pytest.mark.scale
def test_the_glasgow_market_places_758_of_759():
    pytest.importorskip("highspy")
    instance = published.load("glasgow_759x53_ties")
    document = with_maximum(published.document(instance))
    for post in document["posts"]:
        post["order"] = instance["programmes"][post["id"]]["order"]
    answer = allocate(parse_question(document))
    assert answer.extra["size"] == placed(answer.places()) == 758 > 746
    assert answer.extra["size_proof"] == "matching"
