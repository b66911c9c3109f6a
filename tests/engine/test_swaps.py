"""Swap rounds: everybody who swaps gains, no better claim is passed over, and no permitted circle is left."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import InvalidQuestion, allocate, parse_question
from cauce_engine.after.corrections import OtherAnswer, answer_digest
from cauce_engine.after.swap_rounds import parse_swap, swap_round
from cauce_engine.after.swaps import swap
from cauce_engine.certify.swaps import certify_swaps
from tests.engine import reference
from tests.engine.examples import examples
from tests.engine.questions import class_documents, serial_documents, stable_documents

TIED = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [
        {"id": "a", "choices": ["q", "p"]},
        {"id": "b", "choices": ["p", "q"]},
        {"id": "c", "choices": ["p"]},
    ],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["a", "b", "c"]},
        {"id": "q", "capacity": 1, "order": [["a", "b"]]},
    ],
}


def played(document, consents, **more):
    question = parse_question(document)
    return swap(swap_round(question, allocate(question), consents, **more))


def test_two_who_would_rather_have_the_other_post_swap():
    result = played(TIED, [{"applicant": "a", "choices": ["p"]}, {"applicant": "b", "choices": ["q"]}])
    assert result.places() == {"a": "p", "b": "q", "c": None}
    assert result.sentences("en") == (
        "2 people swap, in 1 circles; nobody else changes.",
        "a moves from post q to post p, which b leaves.",
        "b moves from post p to post q, which a leaves.",
    )
    assert result.sentences("es")[1] == "a pasa de la plaza q a la plaza p, que deja b."


def test_a_third_with_a_better_claim_blocks_the_swap():
    document = copy.deepcopy(TIED)
    document["applicants"][2]["choices"] = ["p", "q"]
    document["posts"][1]["order"] = ["a", "c", "b"]
    # c would rather hold q than nothing, and q ranks c before b: b may not come in for a.
    result = played(document, [{"applicant": "a", "choices": ["p"]}, {"applicant": "b", "choices": ["q"]}])
    assert result.circles == ()
    assert result.places() == {"a": "q", "b": "p", "c": None}


def test_nobody_who_did_not_consent_moves():
    assert played(TIED, [{"applicant": "a", "choices": ["p"]}]).circles == ()
    assert played(TIED, []).circles == ()


def test_the_lottery_gives_a_claim_only_if_the_round_says_so():
    document = {
        "format": "cauce-question/1",
        "mechanism": "serial",
        "applicants": [
            {"id": name, "choices": ["p", "q"], "merit": [merit]}
            for name, merit in (("a", "3"), ("b", "2"), ("c", "2"))
        ],
        "posts": [{"id": "p", "capacity": 1}, {"id": "q", "capacity": 1}],
        "lottery": {"seed": "s"},
    }
    places = allocate(parse_question(document)).places()
    second = next(name for name, post in places.items() if post == "q")
    first = next(name for name, post in places.items() if post == "p")
    without = next(name for name, post in places.items() if post is None)
    assert {second, without} == {"b", "c"}
    document["applicants"].append({"id": "d", "choices": ["r"], "merit": ["2"]})
    document["posts"].append({"id": "r", "capacity": 1})
    consents = [{"applicant": "d", "choices": ["q"]}, {"applicant": second, "choices": ["r"]}]
    assert len(played(document, consents).circles) == 1
    lottery = parse_question(document).lottery
    blocked = lottery.ticket(without) < lottery.ticket("d")
    assert len(played(document, consents, claims="order").circles) == (0 if blocked else 1)
    assert first == "a"


@st.composite
def rounds(draw, documents):
    document = draw(documents)
    question = parse_question(document)
    answer = allocate(question)
    consents = []
    for person, post in answer.places().items():
        if post is None or not draw(st.integers(0, 3)):
            continue
        consent = {"applicant": person}
        if draw(st.booleans()):
            open_to = [
                p["id"]
                for p in document["posts"]
                if p["id"] != post
                and (p.get("order") is None or person in reference.post_orders(document)[p["id"]])
            ]
            consent["choices"] = draw(st.lists(st.sampled_from(open_to), unique=True)) if open_to else []
        consents.append(consent)
    return document, answer, consents, draw(st.sampled_from(["merit", "order"]))


def claim(document, person, post, claims):
    """How good a claim is, straight from the document; smaller is better."""
    entry = next(p for p in document["posts"] if p["id"] == post)
    if entry.get("order") is not None:
        level = next(
            at for at, e in enumerate(entry["order"]) if e == person or (isinstance(e, list) and person in e)
        )
    else:
        merits = [reference.Decimal(v) for v in row(document, person).get("merit", [])]
        level = tuple(-value for value in merits)
    alone = {
        "lottery": document.get("lottery"),
        "applicants": [{"id": p["id"]} for p in document["applicants"]],
    }
    return (level, reference.merit_order(alone).index(person)) if claims == "order" else (level,)


def row(document, person):
    return next(p for p in document["applicants"] if p["id"] == person)


def rather(document, consents, before, places, person):
    """The posts that a person would rather hold than what they hold in ``places``, best first."""
    consent = next((c for c in consents if c["applicant"] == person), None)
    if consent is not None and consent.get("choices") is not None:
        wants = consent["choices"]
    else:
        choices = row(document, person)["choices"]
        wants = choices if before[person] is None else choices[: choices.index(before[person])]
        wants = [post for post in wants if person in reference.post_orders(document)[post]]
    return wants[: wants.index(places[person])] if places[person] in wants else wants


@given(rounds(st.one_of(serial_documents(), stable_documents())))
@examples(120)
def test_rounds_hold_by_the_definition_word_for_word(case):
    document, answer, consents, claims = case
    before = answer.places()
    result = played(document, consents, claims=claims)
    after = result.places()
    people = {consent["applicant"] for consent in consents}
    wants = {p: rather(document, consents, before, after, p) for p in after}
    for person, post in after.items():
        if post == before[person]:
            continue
        assert person in people
        assert post in rather(document, consents, before, before, person)
        for other in after:
            if other != person and post in wants[other]:
                assert claim(document, other, post, claims) >= claim(document, person, post, claims)
    assert sorted(map(str, after.values())) == sorted(map(str, before.values()))

    def permitted(person, post):
        return post in wants[person] and all(
            claim(document, other, post, claims) >= claim(document, person, post, claims)
            for other in after
            if other != person and post in wants[other]
        )

    def leads_back(path):
        return any(
            other == path[0] or (other not in path and leads_back([*path, other]))
            for other in people
            if after[other] != after[path[-1]] and permitted(path[-1], after[other])
        )

    assert not any(leads_back([person]) for person in people)


@given(stable_documents(5, 3))
@examples(80)
def test_with_everybody_consenting_no_stable_answer_is_better_for_all(document):
    """The theorem of Erdil and Ergin (2008), against every assignment there is."""
    for post in document["posts"]:
        post.setdefault("order", [[person["id"] for person in document["applicants"]]])
    for post in document["posts"]:
        post["order"] = [entry for entry in post["order"] if entry != []]
    question = parse_question(document)
    answer = allocate(question)
    consents = [{"applicant": p} for p, post in answer.places().items() if post is not None]
    after = swap(swap_round(question, answer, consents)).places()
    wanted = reference.mutual(document)
    lists = {p["id"]: p["choices"] for p in wanted["applicants"]}

    def rank(person, post):
        return len(lists[person]) if post is None else lists[person].index(post)

    def weakly_stable(places):
        for person in lists:
            for post in lists[person][: rank(person, places[person])]:
                holders = [other for other, held in places.items() if held == post]
                seats = next(p["capacity"] for p in document["posts"] if p["id"] == post)
                mine = claim(document, person, post, "merit")
                if len(holders) < seats or any(claim(document, o, post, "merit") > mine for o in holders):
                    return False
        return True

    assert weakly_stable(after)
    for places in reference.every_assignment(wanted):
        if places != after and all(rank(p, places[p]) <= rank(p, after[p]) for p in lists):
            assert not weakly_stable(places)


@given(rounds(class_documents(6, 3)))
@examples(60)
def test_classes_of_seats_keep_their_people(case):
    document, _, consents, claims = case
    result = played(document, consents, claims=claims)
    lines = result.round.question.lines
    for line in range(len(lines.name)):
        assert np.sum(result.line == line) == np.sum(result.round.answer.line == line)


def test_the_same_round_in_any_order_gives_the_same_swaps():
    document = {
        "format": "cauce-question/1",
        "mechanism": "serial",
        "applicants": [{"id": f"f{n}", "choices": [f"p{n % 3}"]} for n in range(6)],
        "posts": [{"id": f"p{n}", "capacity": 2} for n in range(3)],
    }
    consents = [{"applicant": f"f{n}", "choices": [f"p{(n + 1) % 3}", f"p{(n + 2) % 3}"]} for n in range(6)]
    first = played(document, consents)
    document["applicants"].reverse()
    assert played(document, consents[::-1]).places() == first.places()
    assert [len(circle) for circle in first.circles] == [3, 3]


def test_planted_faults_are_found():
    question = parse_question(TIED)
    answer = allocate(question)
    round_ = swap_round(
        question, answer, [{"applicant": "a", "choices": ["p"]}, {"applicant": "b", "choices": ["q"]}]
    )

    def broken(a, b, c):
        post = np.array([question.posts.index(p) if p else -1 for p in (a, b, c)], np.int32)
        return next((c for c in certify_swaps(round_, post, post) if not c.holds), None)

    assert broken("p", "q", None) is None
    assert broken("q", "p", None).name == "S4"
    assert broken("p", None, "q").name == "S1"
    assert broken("q", "q", None).name == "S1"
    other = swap_round(
        question, answer, [{"applicant": "a", "choices": ["p"]}, {"applicant": "b", "choices": []}]
    )
    swapped = np.array([0, 1, -1], np.int32)
    assert next(c.name for c in certify_swaps(other, swapped, swapped) if not c.holds) == "S2"
    document = copy.deepcopy(TIED)
    document["applicants"][2]["choices"] = ["p", "q"]
    document["posts"][1]["order"] = ["a", "c", "b"]
    question = parse_question(document)
    third = swap_round(question, allocate(question), [c.to_document() for c in round_.consents])
    fault = next(c for c in certify_swaps(third, swapped, swapped) if not c.holds)
    assert (fault.name, fault.witness["better_claim"]) == ("S3", "c")
    assert "mejor derecho" in fault.statement("es")


@pytest.mark.parametrize(
    ("consents", "place"),
    [
        ({}, "consents"),
        ([3], "consents[0]"),
        ([{"applicant": "z"}], "consents[0].applicant"),
        ([{"applicant": ["a"]}], "consents[0].applicant"),
        ([{"applicant": "c"}], "consents[0].applicant"),
        ([{"applicant": "a"}, {"applicant": "a"}], "consents[1].applicant"),
        ([{"applicant": "a", "choices": "p"}], "consents[0].choices"),
        ([{"applicant": "a", "choices": ["z"]}], "consents[0].choices[0]"),
        ([{"applicant": "a", "choices": ["p", "p"]}], "consents[0].choices[1]"),
        ([{"applicant": "a", "choices": ["p", "q"]}], "consents[0].choices[1]"),
        ([{"applicant": "a", "why": "x"}], "consents[0]"),
    ],
)
def test_bad_rounds_are_refused_with_their_place(consents, place):
    with pytest.raises(InvalidQuestion) as refused:
        played(TIED, consents)
    assert refused.value.place == place


def test_a_round_is_bound_to_its_question_and_answer():
    question = parse_question(TIED)
    answer = allocate(question)
    document = swap_round(question, answer, [{"applicant": "a"}]).to_document()
    assert parse_swap(question, answer, document).to_document() == document
    for name in ("question", "answer"):
        with pytest.raises(OtherAnswer) as refused:
            parse_swap(question, answer, {**document, name: "sha256:" + "0" * 64})
        assert refused.value.place == name
    with pytest.raises(InvalidQuestion):
        parse_swap(question, answer, {**document, "claims": "luck"})
    assert answer_digest(answer) == document["answer"]
