"""Percentages merged into an order: against the rule word for word, and the ministry's published orders."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import Allocation, allocate, certify, explain, parse_question, read_question
from tests.engine import published, reference
from tests.engine.examples import examples
from tests.engine.questions import serial_documents, stable_documents

GROUPS = ["becada", "residente", "foránea"]


def call(people: list[str], groups: dict[str, list[str]], shares: list[dict]) -> list[str]:
    """The rule, word for word: the next person is the best of those whom the binding shares leave."""
    left, called = list(people), []
    while left:
        pool = left
        for share in shares:
            belongs = [person for person in called if share["group"] in groups[person]]
            if 100 * len(belongs) < share["percent"] * (len(called) + 1):
                pool = [person for person in pool if share["group"] in groups[person]] or pool
        called.append(pool[0])
        left.remove(pool[0])
    return called


@st.composite
def share_documents(draw):
    document = draw(st.one_of(serial_documents(7, 3), stable_documents(6, 3)))
    shares = st.lists(st.sampled_from(GROUPS), unique=True, max_size=3).flatmap(
        lambda names: st.tuples(
            *[st.fixed_dictionaries({"group": st.just(n), "percent": st.integers(0, 100)}) for n in names]
        ).map(list)
    )
    for person in document["applicants"]:
        person["groups"] = draw(st.lists(st.sampled_from(GROUPS), unique=True))
    document["shares"] = draw(shares)
    for post in document["posts"]:
        if draw(st.booleans()):
            post["shares"] = draw(shares)
    return document


def written_out(document: dict) -> dict:
    """The same question as one in which every post gives its order of call."""
    groups = {person["id"]: person["groups"] for person in document["applicants"]}
    orders = reference.post_orders(document)
    posts = []
    for post in document["posts"]:
        shares = post.get("shares") or ([] if post.get("order") is not None else document["shares"])
        posts.append(
            {
                "id": post["id"],
                "capacity": post["capacity"],
                "order": call(orders[post["id"]], groups, shares),
            }
        )
    return {**document, "posts": posts}


@examples(200)
@given(share_documents())
def test_the_answer_is_that_of_the_written_out_orders(document):
    question = parse_question(document)
    answer = allocate(question)
    assert answer.places() == reference.best_for_applicants(written_out(document))
    again = read_question(question.canonical())
    assert again.canonical() == question.canonical()
    read = Allocation.from_document(again, json.loads(answer.to_bytes()))
    assert all(check.holds for check in certify(again, read))
    for person in question.applicants:
        assert explain(question, answer, person).sentences()


def test_a_false_order_of_call_is_found():
    document = {
        "format": "cauce-question/1",
        "mechanism": "serial",
        "applicants": [
            {"id": "a", "choices": ["p"], "merit": ["9"]},
            {"id": "b", "choices": ["p"], "merit": ["8"]},
            {"id": "c", "choices": ["p"], "merit": ["7"], "groups": ["becada"]},
        ],
        "posts": [{"id": "p", "capacity": 2}],
        "shares": [{"group": "becada", "percent": 20}],
    }
    question = parse_question(document)
    answer = allocate(question)
    assert answer.places() == {"a": "p", "b": None, "c": "p"}
    assert answer.extra["order_of_call"] == [{"post": None, "order": ["c", "a", "b"]}]
    merit = dataclasses.replace(answer, extra={"order_of_call": [{"post": None, "order": ["a", "b", "c"]}]})
    assert [c.name for c in certify(question, merit) if not c.holds] == ["A12"]
    post = answer.post.copy()
    post[1], post[2] = post[2], post[1]
    swapped = dataclasses.replace(answer, post=post, line=post)
    assert "A3" in [c.name for c in certify(question, swapped) if not c.holds]


def test_the_published_orders_of_call():
    for case in published.load("parcoursup_call_order")["cases"]:
        people = case["candidates_in_merit_order"]
        document = {
            "format": "cauce-question/1",
            "mechanism": "stable",
            "applicants": [
                {
                    "id": f"{p['rank']:05d}",
                    "choices": ["f"],
                    "groups": [name for name in ("scholarship", "resident") if p[name]],
                }
                for p in people
            ],
            "posts": [
                {
                    "id": "f",
                    "capacity": len(people) // 2,
                    "order": [f"{p['rank']:05d}" for p in people],
                    "shares": [
                        {"group": "scholarship", "percent": case["min_scholarship_percent"]},
                        {"group": "resident", "percent": case["min_resident_percent"]},
                    ],
                }
            ],
        }
        answer = allocate(parse_question(document))
        called = [int(person) for person in answer.extra["order_of_call"][0]["order"]]
        assert called == case["expected_call_order"], case["case"]
        admitted = {int(person) for person, post in answer.places().items() if post}
        assert admitted == set(called[: len(people) // 2])


@pytest.mark.parametrize(
    ("shares", "place"),
    [
        ([{"group": "x", "percent": 101}], "shares[0].percent"),
        ([{"group": "x", "percent": "20"}], "shares[0].percent"),
        ([{"group": "open", "percent": 2}], "shares[0].group"),
        ([{"group": "x", "percent": 2}, {"group": "x", "percent": 3}], "shares[1].group"),
        ([{"percent": 2}], "shares[0].group"),
        ([{"group": str(n), "percent": 2} for n in range(7)], "shares"),
        ({"x": 20}, "shares"),
    ],
)
def test_shares_that_make_no_sense_are_refused(shares, place):
    from cauce_engine import InvalidQuestion

    document = {"format": "cauce-question/1", "mechanism": "serial", "applicants": [], "posts": []}
    with pytest.raises(InvalidQuestion) as caught:
        parse_question({**document, "shares": shares})
    assert caught.value.place == place
    with pytest.raises(InvalidQuestion) as caught:
        parse_question({**document, "posts": [{"id": "p", "capacity": 1, "shares": shares}]})
    assert caught.value.place == f"posts[0].{place}"
