"""What holds for every kind of question, and the certifier against injustices planted in each of them."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cauce_engine import Allocation, InvalidQuestion, allocate, certify, parse_question, read_question
from tests.engine import reference
from tests.engine.examples import examples
from tests.engine.questions import (
    class_documents,
    mixed_documents,
    region_documents,
    serial_documents,
    stable_documents,
)
from tests.engine.test_largest import with_maximum
from tests.engine.test_shares import share_documents

KINDS = {
    "serial": serial_documents(6, 4),
    "stable": stable_documents(6, 4),
    "classes": class_documents(),
    "regions": region_documents(),
    "classes in regions": mixed_documents(),
    "shares": share_documents(),
    "largest": stable_documents(6, 3).map(with_maximum),
}
TRUTHFUL = {name: kind for name, kind in KINDS.items() if name != "largest"}


def one_of(kinds):
    return st.one_of(*kinds.values())


def renamed(document, people, posts):
    """The same question with other names."""
    copied = copy.deepcopy(document)
    for person in copied["applicants"]:
        person["id"] = people(person["id"])
        person["choices"] = [posts(post) for post in person["choices"]]
    for post in copied["posts"]:
        post["id"] = posts(post["id"])
        if post.get("order") is not None:
            post["order"] = [
                [people(p) for p in entry] if isinstance(entry, list) else people(entry)
                for entry in post["order"]
            ]
    return copied


@examples(60)
@given(one_of(KINDS))
def test_new_names_in_the_same_order_move_nobody(document):
    document.pop("lottery", None)
    places = allocate(parse_question(document)).places()
    other = renamed(document, lambda person: f"x{person}", lambda post: f"plaza {post}")
    moved = allocate(parse_question(other)).places()
    assert moved == {f"x{person}": post and f"plaza {post}" for person, post in places.items()}


@examples(60)
@given(one_of(KINDS), st.randoms(use_true_random=False))
def test_the_order_of_the_input_leaves_no_trace(document, chance: random.Random):
    shuffled = copy.deepcopy(document)
    for name in ("applicants", "posts", "regions"):
        chance.shuffle(shuffled.get(name, []))
    one, other = parse_question(document), parse_question(shuffled)
    assert one.canonical() == other.canonical()
    assert allocate(one).to_bytes() == allocate(other).to_bytes()


@examples(100)
@given(one_of(TRUTHFUL), st.data())
def test_no_other_list_beats_the_true_one(document, data):
    assume(document["applicants"])
    liar = data.draw(st.integers(0, len(document["applicants"]) - 1))
    person = document["applicants"][liar]
    true_order = [*person["choices"], None]
    lied = copy.deepcopy(document)
    posts = [post["id"] for post in document["posts"]]
    lied["applicants"][liar]["choices"] = data.draw(st.lists(st.sampled_from(posts), unique=True))
    honest = allocate(parse_question(document)).places()[person["id"]]
    got = allocate(parse_question(lied)).places()[person["id"]]
    assert got not in true_order or true_order.index(honest) <= true_order.index(got)


@examples(60)
@given(st.one_of(serial_documents(6, 4), stable_documents(6, 4)), st.data())
def test_a_further_seat_hurts_nobody(document, data):
    grown = copy.deepcopy(document)
    grown["posts"][data.draw(st.integers(0, len(grown["posts"]) - 1))]["capacity"] += 1
    before = allocate(parse_question(document)).places()
    after = allocate(parse_question(grown)).places()
    for person in document["applicants"]:
        order = [*person["choices"], None]
        assert order.index(after[person["id"]]) <= order.index(before[person["id"]])


@examples(60)
@given(st.one_of(stable_documents(5, 3), class_documents(), mixed_documents(5, 3)))
def test_the_same_people_are_placed_in_every_stable_answer(document):
    mine = {person for person, post in allocate(parse_question(document)).places().items() if post}
    for places in reference.stable_by_choice(document):
        assert {person for person, post in places.items() if post} == mine


@pytest.mark.scale
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_each_kind_equal_the_reference(kind):
    @settings(max_examples=3_000)
    @given(KINDS[kind])
    def check(document):
        places = allocate(parse_question(document)).places()
        if kind == "serial":
            assert places == reference.serial(document)
        elif kind == "stable":
            assert places == reference.best_for_applicants(document)
        elif kind == "largest":
            answers = reference.weakly_stable_answers(document)
            assert places in answers
            assert sum(map(bool, places.values())) == max(sum(map(bool, a.values())) for a in answers)
        elif kind == "shares":
            from tests.engine.test_shares import written_out

            assert places == reference.best_for_applicants(written_out(document))
        else:
            assert places in reference.stable_by_choice(document)

    check()


# One market for each kind, in which every injustice has somebody to suffer it: a is ahead of b, b of c; f is of
# the group; q has room; nobody lists r but d.
PEOPLE = [
    {"id": "a", "choices": ["p", "q"], "merit": ["9"]},
    {"id": "b", "choices": ["p", "q"], "merit": ["8"]},
    {"id": "c", "choices": ["p"], "merit": ["7"]},
    {"id": "d", "choices": ["r"], "merit": ["6"]},
    {"id": "f", "choices": ["p", "r"], "merit": ["5"], "groups": ["g"]},
]
ORDER = ["a", "b", "c", "d", "f"]


def planted(kind: str) -> dict:
    document: dict = {
        "format": "cauce-question/1",
        "mechanism": "serial" if kind in ("serial", "shares") else "live" if kind == "live" else "stable",
        "applicants": copy.deepcopy(PEOPLE),
        "posts": [{"id": "p", "capacity": 1}, {"id": "q", "capacity": 2}, {"id": "r", "capacity": 2}],
    }
    if kind in ("stable", "largest"):
        for post in document["posts"]:
            post["order"] = list(ORDER)
    if kind == "largest":
        document["options"] = {"ties": "maximum"}
    if kind in ("classes", "classes in regions"):
        document["posts"][0] |= {
            "capacity": 2,
            "classes": [{"group": "g", "seats": 1, "reverts_to": "open"}, {"group": None, "seats": 1}],
        }
    if kind in ("regions", "classes in regions"):
        document["regions"] = [{"id": "1", "cap": 3}]
        for post in document["posts"][:2]:
            post |= {"region": "1", "target": 1}
    if kind == "shares":
        document["shares"] = [{"group": "x", "percent": 10}]
    if kind == "live":
        document["log"] = [{"applicant": "a", "post": "p"}]
    return document


def changed(document: dict, **places: str | None) -> tuple[Allocation, set[str]]:
    """The answer with some places changed, and the properties that the certifier finds broken."""
    answer = allocate(parse_question(document))
    question, post, line = answer.question, answer.post.copy(), answer.line.copy()
    for name, place in places.items():
        person = question.index_of(name)
        post[person] = -1 if place is None else question.posts.index(place)
        open_line = question.lines.index.get((int(post[person]), "open"), -1)
        line[person] = open_line if question.lines.several else post[person]
    altered = dataclasses.replace(answer, post=post, line=line)
    return altered, {check.name for check in certify(question, altered) if not check.holds}


@pytest.mark.parametrize("kind", [*KINDS, "live"])
def test_injustices_planted_in_each_kind_are_found(kind):
    document = planted(kind)
    assert changed(document)[1] == set()
    assert "A1" in changed(document, b="p", c="p")[1]
    assert "A2" in changed(document, c="q")[1]
    assert "A3" in changed(document, a="q", b="p")[1]
    assert "A4" in changed(document, d=None, f=None)[1]
    if kind == "largest":
        tied = copy.deepcopy(document)
        tied["posts"][0]["order"] = [["a", "c"], "b", "d", "f"]
        answer, broken = changed(tied)
        assert answer.places()["c"] == "p"
        assert broken == set()
        assert changed(tied, c=None, a="p")[1] == {"A11"}


@pytest.mark.parametrize("kind", [*TRUTHFUL, "live"])
def test_false_claims_about_each_kind_are_found(kind):
    question = parse_question(planted(kind))
    answer = allocate(question)

    def broken(**claims):
        found = certify(question, dataclasses.replace(answer, **claims))
        return {check.name for check in found if not check.holds}

    assert "A6" in broken(unique=not answer.unique)
    assert broken(question_digest="sha256:0") == {"A7"}
    last = answer.last.copy()
    last[question.lines.index[question.posts.index("p"), "open"]] = question.index_of("c")
    assert "A8" in broken(last=last)


def test_every_beginning_of_a_file_is_read_or_refused():
    for kind in [*KINDS, "live"]:
        whole = json.dumps(planted(kind)).encode()
        for end in range(len(whole)):
            with pytest.raises(InvalidQuestion):
                read_question(whole[:end])
        assert read_question(whole)


@examples(150)
@given(st.sampled_from([*KINDS, "live"]), st.data())
def test_a_file_with_a_piece_moved_is_read_or_refused(kind, data):
    """Cut a piece out of a valid file and put it in elsewhere: what comes out is often still JSON."""
    whole = json.dumps(planted(kind)).encode()
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first, min(len(whole), first + 40)))
    rest = whole[:first] + whole[last:]
    at = data.draw(st.integers(0, len(rest)))
    with contextlib.suppress(InvalidQuestion):
        allocate(read_question(rest[:at] + whole[first:last] + rest[at:]))


def test_deep_nesting_in_every_field_is_refused():
    for field in ("applicants", "posts", "regions", "couples", "lottery", "options", "shares", "log"):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            deep = opening * 100_000 + b"0" + closing * 100_000
            with pytest.raises(InvalidQuestion):
                read_question(
                    b'{"format":"cauce-question/1","mechanism":"serial","'
                    + field.encode()
                    + b'":'
                    + deep
                    + b"}"
                )


def test_seats_of_every_kind_are_whole_numbers_of_the_machine():
    document = planted("classes in regions")
    document["regions"][0]["cap"] = 2**31 - 1
    document["posts"][1]["capacity"] = document["posts"][1]["target"] = 2**31 - 1
    answer = allocate(parse_question(document))
    assert np.all(answer.post[:2] >= 0)
