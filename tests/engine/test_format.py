"""The open format: every contradiction is refused with its place, and no bytes crash the reader."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cauce_engine import (
    Allocation,
    InvalidAnswer,
    InvalidQuestion,
    allocate,
    parse_question,
    read_question,
)
from cauce_engine.formats import canonical
from cauce_engine.formats.documents import read_json
from tests.engine import markets
from tests.engine.questions import class_documents, serial_documents

GOOD = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "a", "choices": ["p", "q"], "merit": ["9.5", "1"], "groups": ["foreign"]},
        {"id": "b", "choices": ["q"], "merit": ["9.4", "2"]},
    ],
    "posts": [
        {"id": "p", "capacity": 1},
        {"id": "q", "capacity": 2, "region": "20", "target": 1, "minimum": 1},
    ],
    "regions": [{"id": "20", "cap": 3, "rule": "flexible"}],
    "lottery": {
        "seed": "abc",
        "commitment": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
    "options": {"couples_definition": "BIS", "ties": "lottery"},
}
STABLE = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [{"id": "a", "choices": ["p"]}, *({"id": name, "choices": []} for name in "bcd")],
    "posts": [
        {
            "id": "p",
            "capacity": 2,
            "order": ["a", ["b", "c"], ["d"]],
            "classes": [{"group": "foreign", "seats": 1, "reverts_to": "open"}, {"group": None, "seats": 1}],
        },
        {"id": "q", "capacity": 1},
    ],
    "couples": [{"id": "c1", "members": ["b", "c"], "choices": [["p", "q"], ["p", None]]}],
}

REGION = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [{"id": "a", "choices": ["p"]}],
    "posts": [
        {
            "id": "p",
            "capacity": 3,
            "classes": [{"group": "foreign", "seats": 2}, {"group": None, "seats": 1}],
            "region": "r",
            "target": 1,
        }
    ],
    "regions": [{"id": "r", "cap": 2, "rule": "target"}],
}


def changed(document, path, value):
    copied = copy.deepcopy(document)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copied


CONTRADICTIONS = [
    (GOOD, ["format"], "cauce-question/2", "format"),
    (GOOD, ["format"], ..., "format"),
    (GOOD, ["mechanism"], "magic", "mechanism"),
    (GOOD, ["mechanism"], 3, "mechanism"),
    (GOOD, ["applicants"], ..., "applicants"),
    (GOOD, ["posts"], ..., "posts"),
    (GOOD, ["posts"], {}, "posts"),
    (GOOD, ["typo"], [], ""),
    (GOOD, ["applicants", 0, "choises"], [], "applicants[0]"),
    (GOOD, ["applicants", 1, "id"], "a", "applicants[1].id"),
    (GOOD, ["applicants", 1, "id"], "", "applicants[1].id"),
    (GOOD, ["applicants", 1, "id"], 7, "applicants[1].id"),
    (GOOD, ["applicants", 1, "id"], ..., "applicants[1].id"),
    (GOOD, ["applicants", 1, "id"], "\ud800", "applicants[1].id"),
    (GOOD, ["applicants", 1], "b", "applicants[1]"),
    (GOOD, ["applicants", 0, "choices", 1], "p9", "applicants[0].choices[1]"),
    (GOOD, ["applicants", 0, "choices", 1], "p", "applicants[0].choices[1]"),
    (GOOD, ["applicants", 0, "choices", 1], ["p"], "applicants[0].choices[1]"),
    (GOOD, ["applicants", 0, "choices"], "p", "applicants[0].choices"),
    (GOOD, ["applicants", 1, "merit"], ["9.4"], "applicants[1].merit"),
    (GOOD, ["applicants", 1, "merit"], ..., "applicants[1].merit"),
    (GOOD, ["applicants", 1, "merit", 0], "9,4", "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], "1e3", "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], 9.4, "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], True, "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], None, "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], "NaN", "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], "٣", "applicants[1].merit[0]"),
    (GOOD, ["applicants", 1, "merit", 0], "1\n", "applicants[1].merit[0]"),
    (GOOD, ["applicants", 0, "groups", 0], "open", "applicants[0].groups[0]"),
    (GOOD, ["posts", 0, "id"], "q", "posts[1].id"),
    (GOOD, ["posts", 0, "capacity"], -1, "posts[0].capacity"),
    (GOOD, ["posts", 0, "capacity"], 2**31, "posts[0].capacity"),
    (GOOD, ["posts", 0, "capacity"], True, "posts[0].capacity"),
    (GOOD, ["posts", 0, "capacity"], "1", "posts[0].capacity"),
    (GOOD, ["posts", 0, "capacity"], ..., "posts[0].capacity"),
    (GOOD, ["posts", 1, "region"], "21", "posts[1].region"),
    (GOOD, ["posts", 1, "minimum"], 3, "posts[1].minimum"),
    (GOOD, ["posts", 1, "order"], ["a"], "posts[1].order"),
    (GOOD, ["regions", 0, "cap"], -1, "regions[0].cap"),
    (GOOD, ["regions", 0, "cap"], 0, "regions[0].cap"),
    (REGION, ["regions", 0, "cap"], 1, "regions[0].cap"),
    (REGION, ["posts", 0, "minimum"], 2, "posts[0].minimum"),
    (GOOD, ["shares"], [{"group": "x", "percent": -1}], "shares[0].percent"),
    (GOOD, ["posts", 0, "shares"], {}, "posts[0].shares"),
    (GOOD, ["log"], [{"applicant": "a", "post": "p"}], "log"),
    (GOOD, ["regions", 0, "rule"], "other", "regions[0].rule"),
    (GOOD, ["lottery", "seed"], "abd", "lottery.commitment"),
    (GOOD, ["lottery", "seed"], ..., "lottery.seed"),
    (GOOD, ["lottery", "commitment"], "ba78", "lottery.commitment"),
    (GOOD, ["options", "ties"], "coin", "options.ties"),
    (GOOD, ["options", "typo"], "x", "options"),
    (STABLE, ["posts", 0, "order", 0], "z", "posts[0].order[0]"),
    (STABLE, ["posts", 0, "order", 1, 1], "a", "posts[0].order[1]"),
    (STABLE, ["posts", 0, "order", 1], [], "posts[0].order[1]"),
    (STABLE, ["posts", 0, "classes", 0, "seats"], 2, "posts[0].classes"),
    (STABLE, ["posts", 0, "classes", 0, "group"], "open", "posts[0].classes[0].group"),
    (STABLE, ["posts", 0, "classes", 0, "group"], None, "posts[0].classes[1].group"),
    (STABLE, ["posts", 0, "classes", 0, "reverts_to"], "other", "posts[0].classes[0].reverts_to"),
    (STABLE, ["posts", 0, "classes", 1, "reverts_to"], "foreign", "posts[0].classes[0].reverts_to"),
    (STABLE, ["couples", 0, "members"], ["b", "b"], "couples[0].members"),
    (STABLE, ["couples", 0, "members"], ["b", "z"], "couples[0].members[1]"),
    (STABLE, ["couples", 0, "members"], ["a", "b"], "couples[0].members[0]"),
    (STABLE, ["couples", 0, "members"], ["b"], "couples[0].members"),
    (STABLE, ["couples", 0, "choices", 1], ["p"], "couples[0].choices[1]"),
    (STABLE, ["couples", 0, "choices", 1], ["p", "q"], "couples[0].choices[1]"),
    (STABLE, ["couples", 0, "choices", 1, 1], "z", "couples[0].choices[1][1]"),
]


@pytest.mark.parametrize(("document", "path", "value", "place"), CONTRADICTIONS)
def test_a_contradiction_is_refused_at_its_place(document, path, value, place):
    with pytest.raises(InvalidQuestion) as caught:
        parse_question(changed(document, path, value))
    assert caught.value.place == place
    assert str(caught.value).startswith(place)
    assert "\n" not in str(caught.value)


def test_a_person_in_two_couples_is_refused():
    twice = copy.deepcopy(STABLE)
    twice["couples"].append({"id": "c2", "members": ["d", "c"], "choices": []})
    with pytest.raises(
        InvalidQuestion, match=r'couples\[1\]\.members\[1\]: "c" is already a member of couple "c1"'
    ):
        parse_question(twice)


def test_the_sentence_names_what_is_wrong():
    with pytest.raises(InvalidQuestion) as caught:
        parse_question(changed(GOOD, ["applicants", 0, "choices", 1], "p9"))
    assert str(caught.value) == 'applicants[0].choices[1]: post "p9" is not declared'


@pytest.mark.parametrize("document", [GOOD, STABLE])
def test_what_is_written_is_read_again(document):
    canonical = parse_question(document).canonical()
    written = json.loads(canonical)
    assert written == document
    assert (
        canonical == json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"format": NaN}',
        b'{"format": 1' + b"0" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b"[" * 200_000,
        b'{"format":' * 50_000,
        b'{"format":"cauce-question/1","mechanism":"serial","applicants":1.5,"posts":[]}',
    ],
)
def test_hostile_bytes_are_refused(data):
    with pytest.raises(InvalidQuestion):
        read_question(data)


def test_a_file_too_large_is_refused_unread():
    with pytest.raises(InvalidQuestion, match="larger than 10 bytes"):
        read_json(b" " * 11, InvalidQuestion, largest=10)


@given(st.data())
def test_damaged_files_never_crash_the_reader(data):
    whole = json.dumps(data.draw(st.sampled_from([GOOD, STABLE]))).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.sampled_from(["cut", "flip", "insert"]))
    if damage == "cut":
        broken = whole[:at]
    elif damage == "flip":
        broken = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    else:
        broken = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[at:]
    with contextlib.suppress(InvalidQuestion):
        read_question(broken)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["a", "p", "serial"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "choices", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(["mechanism", "applicants", "posts", "couples", "regions", "lottery", "options"]),
    TREES,
    st.sampled_from([GOOD, STABLE]),
)
@example("applicants", [{"id": "a", "choices": [["p"]]}], GOOD)
def test_any_tree_in_any_field_is_read_or_refused(name, tree, document):
    with contextlib.suppress(InvalidQuestion):
        parse_question({**document, name: tree})


@given(
    serial_documents(),
    TREES,
    st.sampled_from(["places", "cutoffs", "status", "unique", "question", "format"]),
)
def test_any_tree_in_an_answer_is_read_or_refused(document, tree, name):
    question = parse_question(document)
    answer = {**allocate(question).to_document(), name: tree}
    with contextlib.suppress(InvalidAnswer):
        Allocation.from_document(question, answer)


@given(serial_documents())
def test_an_answer_reads_as_itself(document):
    question = parse_question(document)
    answer = allocate(question)
    again = Allocation.from_document(question, json.loads(answer.to_bytes()))
    assert again.places() == answer.places()
    assert again.cutoffs() == answer.cutoffs()
    assert set(answer.to_document()) == {
        "format", "question", "engine", "mechanism", "status", "places", "cutoffs", "unique", "checks", "dropped",
    }  # fmt: skip


@given(st.one_of(serial_documents(), class_documents()))
def test_large_questions_are_written_as_small_ones(document):
    question = parse_question(document)
    assert b"".join(canonical.people_at_once(question)) == canonical._applicants(question)


def test_orders_are_written_alike_by_both_writers(monkeypatch):
    question = markets.own_orders(markets.merit_market(400), kind="mixed")
    ways = []
    for pays in (True, False):
        monkeypatch.setattr(canonical, "compiled_pays", lambda *_, pays=pays, **__: pays)
        ways.append(question.canonical())
    assert ways[0] == ways[1]
    assert read_question(ways[0]).digest == question.digest
