"""Couples: published verdicts, published instances, and every assignment of small markets."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cauce_engine import Allocation, Unsupported, allocate, certify, explain, parse_question
from cauce_engine import __main__ as command
from cauce_engine.certify_couples import Couples
from cauce_engine.pairs import expanded
from cauce_engine.twosided import ranked
from tests.engine import published, reference
from tests.engine.markets import couple_market

HARD = ["couples_r_hri2_example1", "couples_r_hri2_example3", "sms_test4", "sms_try1", "sms_try2", "sms_try3"]


IMPOSSIBLE = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [{"id": "a"}, {"id": "b"}, {"id": "s", "choices": ["p", "q"]}],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["a", "s"]},
        {"id": "q", "capacity": 1, "order": ["s", "b"]},
    ],
    "couples": [{"id": "c", "members": ["a", "b"], "choices": [["p", "q"]]}],
}


@st.composite
def couple_documents(draw) -> dict:
    """Up to two couples and three single people at three posts, ties and one-sided wishes included."""
    posts = ["p", "q", "r"][: draw(st.integers(1, 3))]
    couples = draw(st.integers(1, 2))
    singles = [f"s{n}" for n in range(draw(st.integers(0, 3)))]
    members = [f"{who}{n}" for n in range(couples) for who in "ab"]
    people = [*singles, *members]
    entry = st.sampled_from([*posts, None])
    return {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [
            *({"id": s, "choices": draw(st.lists(st.sampled_from(posts), unique=True))} for s in singles),
            *({"id": m} for m in members),
        ],
        "posts": [
            {
                "id": post,
                "capacity": draw(st.integers(0, 3)),
                "order": draw(st.permutations(people))[
                    : draw(st.sampled_from([len(people), len(people) - 1]))
                ],
            }
            for post in posts
        ],
        "couples": [
            {
                "id": f"c{n}",
                "members": [f"a{n}", f"b{n}"],
                "choices": draw(
                    st.lists(
                        st.tuples(entry, entry).filter(lambda pair: pair != (None, None)).map(list),
                        unique_by=tuple,
                        max_size=5,
                    )
                ),
            }
            for n in range(couples)
        ],
        "options": {"couples_definition": draw(st.sampled_from(["BIS", "MM"]))},
    }


@settings(max_examples=200)
@given(couple_documents())
def test_an_answer_is_stable_and_none_means_none(document):
    answer = allocate(parse_question(document))
    stable = [
        places for places in every_outcome(document) if not reference.couple_objections(document, places)
    ]
    if answer.status == "certified":
        assert answer.places() in stable
    else:
        assert answer.status == "none-exists"
        assert stable == []
        fewest = answer.to_document()["fewest_objections"]
        if fewest["count"] is not None:
            assert len(reference.couple_objections(document, fewest["places"])) == fewest["count"]


@settings(max_examples=150)
@given(couple_documents(), st.data())
def test_the_certifier_finds_the_objections_of_the_definition(document, data):
    question = parse_question(document)
    places = data.draw(st.sampled_from(list(every_outcome(document))))
    claimed = {
        "format": "cauce-answer/1",
        "question": question.digest,
        "status": "certified",
        "places": places,
    }
    checks = certify(question, Allocation.from_document(question, claimed))
    assert all(check.holds for check in checks) is (reference.couple_objections(document, places) == [])


def every_outcome(document):
    """Every assignment in which couples hold pairs of their lists."""
    wanted = reference.mutual({**document, "posts": document["posts"]})
    orders = reference.post_orders(document)
    inside = {member for couple in document["couples"] for member in couple["members"]}
    singles = [person for person in wanted["applicants"] if person["id"] not in inside]
    options = [[{person["id"]: post} for post in [*person["choices"], None]] for person in singles]
    for couple in document["couples"]:
        a, b = couple["members"]
        listed = [
            {a: p, b: q}
            for p, q in couple["choices"]
            if (p is None or a in orders[p]) and (q is None or b in orders[q])
        ]
        options.append([*listed, {a: None, b: None}])
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    for parts in itertools.product(*options):
        places = {person: post for part in parts for person, post in part.items()}
        held = [post for post in places.values() if post is not None]
        if all(held.count(post) <= seats[post] for post in set(held)):
            yield places


@pytest.mark.parametrize("name", HARD)
def test_published_markets_with_couples_are_solved(name):
    instance = published.load(name)
    answer = allocate(parse_question(published.document(instance)))
    assert answer.status == "certified"
    matchings = instance["expected"].get("all_stable_matchings", [])
    literal = instance["expected"].get("all_stable_if_it_does_not_count", matchings)
    if literal:
        placed = {person: post for person, post in answer.places().items() if post is not None}
        assert placed in [{k: v for k, v in matching.items() if v is not None} for matching in literal]


def test_published_verdicts_are_reproduced():
    """Cases whose post has no ties; pairs that a couple likes equally are no objection to each other."""
    judged = 0
    for case in published.load("couples_stability_definitions")["instances"]:
        if any(isinstance(entry, list) for entry in case["programmes"]["h1"]["order"]):
            continue
        document = published.document(case)
        groups = case["couples"]["c1"]["prefs"]
        document["couples"][0]["choices"] = [pair for group in groups for pair in group]
        for verdict, definition in itertools.product(case["verdicts"], ("BIS", "MM")):
            document["options"] = {"couples_definition": definition}
            question = parse_question(document)
            matching = [verdict["matching"].get(person) for person in question.applicants]
            post = np.array([question.posts.index(p) if p else -1 for p in matching], np.int32)
            mine = [verdict["matching"].get(member) for member in ("A", "a")]
            alike = next((group for group in groups if mine in group), [])
            whole = expanded(question)
            rank = ranked(whole).rank
            found = Couples(whole, question.couples, rank, rank, False).objections(post)
            found = [objection for objection in found if objection.get("pair") not in alike]
            assert (found == []) is verdict["stable"][definition], (case["case"], verdict, definition)
            judged += 1
    assert judged >= 60


def test_a_market_without_any_stable_answer_says_so():
    answer = allocate(parse_question(IMPOSSIBLE))
    assert answer.status == "none-exists"
    written = json.loads(answer.to_bytes())
    assert written["couples_definition"] == "BIS"
    assert written["fewest_objections"]["count"] == 1
    assert written["fewest_objections"]["proven_fewest"] is True
    assert written["proof"]["part"]["couples"] == 1
    assert [entry["seats"] for entry in written["extra_seats"]["posts"]] == [1]


def test_a_single_person_beside_couples_gets_reasons_and_a_couple_a_sentence():
    document = published.document(published.load("sms_test4"))
    question = parse_question(document)
    answer = allocate(question)
    for person in document["applicants"]:
        if person["choices"]:
            explained = explain(question, answer, person["id"])
            assert explained.post == answer.places()[person["id"]]
            assert len(explained.wishes) == len(person["choices"])
        else:
            with pytest.raises(Unsupported):
                explain(question, answer, person["id"])


def test_the_command_tells_that_no_answer_exists(tmp_path, capfdbinary):
    path, out = tmp_path / "question.json", tmp_path / "answer.json"
    path.write_text(json.dumps(IMPOSSIBLE))
    assert command.main(["solve", str(path), "--out", str(out)]) == 3
    assert command.main(["verify", str(path), str(out)]) == 0
    assert command.main(["explain", str(path), str(out), "--applicant", "s"]) == 2
    assert b"Traceback" not in capfdbinary.readouterr().err


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_market_of_thousands_with_couples_is_certified(seed):
    answer = allocate(couple_market(3000, 90, seed=seed))
    assert answer.status == "certified"
    assert {check.name for check in answer.checks} >= {"A1", "A2", "A3", "A4", "A9"}
