"""Corrections after the fact: the minimal re-run equals solving again, and the gentle effects harm nobody."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import InvalidQuestion, Uncertified, Unsupported, allocate, parse_question
from cauce_engine.after.correcting import compare, correct, reachable
from cauce_engine.after.corrections import OtherAnswer, answer_digest
from cauce_engine.after.documents import correction_of, parse_correction
from cauce_engine.certify.corrections import certify_correction
from tests.engine import reference
from tests.engine.examples import examples
from tests.engine.markets import merit_market, own_orders
from tests.engine.questions import (
    NAMES,
    class_documents,
    region_documents,
    serial_documents,
    stable_documents,
)

CALL = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "ana", "choices": ["cardio", "pedia"], "merit": ["90"]},
        {"id": "beto", "choices": ["cardio", "pedia"], "merit": ["80"]},
        {"id": "caro", "choices": ["pedia", "onco"], "merit": ["70"]},
        {"id": "dani", "choices": ["cardio", "onco"], "merit": ["60"]},
        {"id": "elsa", "choices": ["pedia", "onco"], "merit": ["50"]},
    ],
    "posts": [{"id": name, "capacity": 1} for name in ("cardio", "onco", "pedia")],
}
# Published: ana cardio, beto pedia, caro onco; dani and elsa wait.
UPHELD = {"kind": "appeal", "applicant": "dani", "merit": ["85"]}
GONE = {"kind": "withdrawal", "applicant": "ana"}


@st.composite
def corrections(draw, documents):
    """A question and a list of events that fit it."""
    document = draw(documents)
    people = [person["id"] for person in document["applicants"]]
    posts = [post["id"] for post in document["posts"]]
    width = max((len(p.get("merit", [])) for p in document["applicants"]), default=0)
    merit = st.lists(st.integers(-4, 4).map(str), min_size=width, max_size=width)
    lists = st.lists(st.sampled_from(posts), unique=True)
    withdrawn = draw(st.lists(st.sampled_from(people), unique=True, max_size=2)) if people else []
    events = [{"kind": "withdrawal", "applicant": person} for person in withdrawn]
    stay = [person for person in people if person not in withdrawn]
    appealing = draw(st.lists(st.sampled_from(stay), unique=True, max_size=2)) if stay else []
    for person in appealing:
        event = {"kind": "appeal", "applicant": person}
        if draw(st.booleans()):
            event["choices"] = draw(lists)
        others = [other for other in stay if other != person]
        way = draw(st.sampled_from(["merit", "place", "own", "none"]))
        if way == "merit" and width:
            event["merit"] = draw(merit)
        elif way == "place":
            event["ahead_of"] = draw(st.sampled_from([*others, None]))
        elif way == "own":
            own = [post for post in document["posts"] if post.get("order") is not None]
            if own:
                post = draw(st.sampled_from(own))
                flat = [n for e in post["order"] for n in (e if isinstance(e, list) else [e])]
                event["post"] = post["id"]
                event["ahead_of"] = draw(st.sampled_from([*(n for n in flat if n in others), None]))
        if len(event) > 2:
            events.append(event)
    newcomers = [name for name in NAMES if name not in people]
    if newcomers and draw(st.integers(0, 3)) == 0:
        event = {"kind": "admission", "applicant": draw(st.sampled_from(newcomers)), "choices": draw(lists)}
        events.append(event | ({"merit": draw(merit)} if width else {}))
    if not events or draw(st.integers(0, 3)) == 0:
        post = draw(st.sampled_from(document["posts"]))
        event = {"kind": "seats", "post": post["id"], "add": draw(st.integers(1, 2))}
        if post.get("classes"):
            event["class"] = draw(st.sampled_from([c["group"] or "open" for c in post["classes"]]))
        events.append(event)
    return document, draw(st.permutations(events))


def rewritten(document, events):
    """The corrected question, written by hand: every order of the question is spelled out post by post."""
    whole = copy.deepcopy(document)
    people = {person["id"]: person for person in whole["applicants"]}
    for event in events:
        if event["kind"] == "admission":
            row = {key: event[key] for key in ("choices", "merit", "groups") if key in event}
            people[event["applicant"]] = {"id": event["applicant"], **row}
            whole["applicants"].append(people[event["applicant"]])
        elif event["kind"] == "seats":
            next(p for p in whole["posts"] if p["id"] == event["post"])["capacity"] += event["add"]
    for event in events:
        if event["kind"] == "appeal" and "merit" in event:
            people[event["applicant"]]["merit"] = event["merit"]
    common = reference.merit_order(whole)
    own = reference.post_orders({**whole, "posts": [p for p in whole["posts"] if p.get("order") is not None]})
    for event in events:
        if "ahead_of" in event:
            order = own[event["post"]] if "post" in event else common
            if event["applicant"] in order:
                order.remove(event["applicant"])
            end = len(order) if event["ahead_of"] is None else order.index(event["ahead_of"])
            order.insert(end, event["applicant"])
    for event in events:
        if event["kind"] == "withdrawal":
            people[event["applicant"]]["choices"] = []
        elif "choices" in event:
            people[event["applicant"]]["choices"] = event["choices"]
    for post in whole["posts"]:
        post["order"] = own.get(post["id"], common)
    for person in whole["applicants"]:
        person.pop("merit", None)
    return {**whole, "mechanism": "stable", "lottery": None}


def corrected(document, events, effect="rerun"):
    question = parse_question(document)
    return correct(correction_of(question, allocate(question), events), effect)


simple = st.one_of(serial_documents(), stable_documents(), stable_documents(11, 4))


@given(corrections(simple))
@examples(200)
def test_the_minimal_rerun_is_the_full_one(case):
    document, events = case
    outcome = corrected(document, events)
    assert outcome.places() == reference.best_for_applicants(rewritten(document, events))
    again = allocate(outcome.question)
    assert np.array_equal(outcome.post, again.post)
    assert np.array_equal(outcome.answer().post, again.post)
    assert sum(outcome.unaffected.values()) == len(outcome.post) - len(outcome.changes)


@given(corrections(simple))
@examples(50)
def test_the_corrected_question_is_a_question_like_any_other(case):
    document, events = case
    question = corrected(document, events).question
    again = parse_question(json.loads(question.canonical()))
    assert again.digest == question.digest
    assert allocate(again).places() == allocate(question).places()


@given(corrections(st.one_of(class_documents(), region_documents())))
@examples(100)
def test_a_component_is_enough_with_classes_and_regions(case):
    document, events = case
    outcome = corrected(document, events)
    assert np.array_equal(outcome.post, allocate(outcome.question).post)
    inside = reachable(outcome.correction)
    assert set(np.flatnonzero(outcome.post != outcome.correction.before)) <= set(np.flatnonzero(inside))


def rank_in(order, person):
    return order.index(person) if person in order else None


@given(corrections(simple))
@examples(120)
def test_extra_seats_serve_claims_and_move_nobody_else(case):
    document, events = case
    before = allocate(parse_question(document)).places()
    after = corrected(document, events, "extra-seats").places()
    whole = rewritten(document, events)
    orders = {post["id"]: post["order"] for post in whole["posts"]}
    lists = {person["id"]: person["choices"] for person in whole["applicants"]}
    named = {event["applicant"] for event in events if "applicant" in event}
    appeals = {event["applicant"] for event in events if event["kind"] in ("appeal", "admission")}
    for person, post in after.items():
        if person not in named:
            assert post == before[person]
        elif person not in appeals:
            assert post is None
        else:
            held, due = before.get(person), before.get(person)
            for wish in lists[person]:
                seats = next(p["capacity"] for p in document["posts"] if p["id"] == wish)
                holders = [other for other, has in before.items() if has == wish and other not in appeals]
                taken = sum(has == wish for has in before.values())
                if wish == held:
                    break
                order = orders[wish]
                if person not in order or not seats:
                    continue
                if taken < seats or any(order.index(person) < order.index(other) for other in holders):
                    due = wish
                    break
            assert post == due
    # Nobody whom no event names comes to envy anybody justly.
    for person in before.keys() - named:
        for post in lists[person][: lists[person].index(after[person]) if after[person] else None]:
            if person not in orders[post]:
                continue
            for other in after:
                if after[other] == post and other in appeals and before.get(other) != post:
                    assert orders[post].index(other) < orders[post].index(person)


@given(corrections(simple))
@examples(120)
def test_the_waiting_list_moves_nobody_who_has_a_place(case):
    document, events = case
    before = allocate(parse_question(document)).places()
    served = corrected(document, events, "extra-seats").places()
    outcome = corrected(document, events, "waiting-list")
    after = outcome.places()
    whole = rewritten(document, events)
    orders = {post["id"]: post["order"] for post in whole["posts"]}
    seats = {post["id"]: post["capacity"] for post in whole["posts"]}
    gone = {event["applicant"] for event in events if event["kind"] == "withdrawal"}
    waiting = {person for person, post in served.items() if post is None} - gone
    for person, post in after.items():
        assert person in waiting or post == served[person]
    for person in waiting:
        choices = next(p["choices"] for p in whole["applicants"] if p["id"] == person)
        for post in choices[: choices.index(after[person]) if after[person] else None]:
            if person not in orders[post]:
                continue
            holders = [other for other, held in after.items() if held == post]
            assert len(holders) >= seats[post]
            filled = [other for other in holders if other in waiting]
            assert all(orders[post].index(other) < orders[post].index(person) for other in filled)
    assert before.keys() <= after.keys()


def test_the_first_person_overtaken():
    outcome = corrected(CALL, [UPHELD])
    assert outcome.places() == {"ana": "cardio", "beto": "pedia", "caro": None, "dani": "onco", "elsa": None}
    assert outcome.unaffected == {"ahead": 1, "not_reached": 2}
    assert [change.sentence("en") for change in outcome.changes] == [
        "caro leaves post onco and has none, because dani comes before them in the corrected order of post onco, by appeal.",
        "dani gets post onco, by their appeal.",
    ]
    by_hand = corrected(CALL, [{"kind": "appeal", "applicant": "dani", "ahead_of": "beto"}])
    assert by_hand.places() == outcome.places()
    assert by_hand.question.merit[0].texts == tuple(range(5))


def test_three_effects_side_by_side():
    question = parse_question(CALL)
    outcomes = compare(correction_of(question, allocate(question), [GONE, UPHELD]))
    places = {effect: outcome.places() for effect, outcome in outcomes.items()}
    nobody = {"ana": None}
    assert places["rerun"] == nobody | {"beto": "pedia", "caro": "onco", "dani": "cardio", "elsa": None}
    assert places["extra-seats"] == nobody | {"beto": "pedia", "caro": "onco", "dani": "onco", "elsa": None}
    assert places["waiting-list"] == places["extra-seats"]
    gentle = outcomes["extra-seats"]
    names = gentle.correction.base.posts
    assert {names[post]: seats for post, seats in gentle.extra.items()} == {"onco": 1}
    assert {names[post]: seats for post, seats in gentle.open_seats().items()} == {"cardio": 1}


def test_a_withdrawal_moves_people_up_or_calls_the_waiting_list():
    strict = corrected(CALL, [GONE])
    assert strict.places() == {"ana": None, "beto": "cardio", "caro": "pedia", "dani": "onco", "elsa": None}
    assert [change.sentence("es") for change in strict.changes] == [
        "ana deja la plaza cardio y queda sin plaza, porque renuncia.",
        "beto pasa de la plaza pedia a la plaza cardio, porque ana dejó su lugar en ella, porque renuncia.",
        "caro pasa de la plaza onco a la plaza pedia, porque beto dejó su lugar en ella; el origen es la renuncia de ana.",
        "dani obtiene la plaza onco, porque caro dejó su lugar en ella; el origen es la renuncia de ana.",
    ]
    listed = corrected(CALL, [GONE], "waiting-list")
    assert listed.places() == {"ana": None, "beto": "pedia", "caro": "onco", "dani": "cardio", "elsa": None}
    assert listed.unaffected == {"effect": 2, "not_reached": 1}
    waiting = corrected(CALL, [{"kind": "withdrawal", "applicant": "elsa"}])
    assert waiting.changes == ()


def test_who_was_wrongly_left_out_is_admitted():
    newcomer = {"kind": "admission", "applicant": "bea", "choices": ["cardio", "onco"], "merit": ["75"]}
    assert corrected(CALL, [newcomer]).places()["bea"] == "onco"
    gentle = corrected(CALL, [newcomer], "extra-seats")
    assert gentle.places() == corrected(CALL, [GONE], "extra-seats").places() | {
        "ana": "cardio",
        "bea": "onco",
    }


def test_a_position_cuts_a_tie():
    document = {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [{"id": name, "choices": ["p"]} for name in "abcd"],
        "posts": [{"id": "p", "capacity": 2, "order": [["a", "b", "c"]]}],
        "lottery": {"seed": "s"},
    }
    drawn = sorted("abc", key=parse_question(document).lottery.ticket)
    event = {"kind": "appeal", "applicant": "d", "post": "p", "ahead_of": drawn[1]}
    outcome = corrected(document, [event])
    assert {person for person, post in outcome.places().items() if post} == {drawn[0], "d"}
    post = json.loads(outcome.question.canonical())["posts"][0]
    assert post["order"] == [[drawn[0]], "d", [drawn[1], drawn[2]]]


def test_choices_made_in_person_are_not_repeated():
    document = {**CALL, "mechanism": "live", "log": [{"applicant": "ana", "post": "pedia"}]}
    with pytest.raises(Unsupported, match="made in person"):
        corrected(document, [GONE])
    listed = corrected(document, [GONE], "waiting-list").places()
    assert listed == {"ana": None, "beto": "cardio", "caro": "onco", "dani": None, "elsa": "pedia"}
    # beto's choice in person stands; an upheld appeal gives the written list back.
    appeal = {"kind": "appeal", "applicant": "ana", "groups": []}
    assert corrected(document, [appeal], "extra-seats").places()["ana"] == "cardio"


def test_planted_faults_are_found():
    question = parse_question(CALL)
    correction = correction_of(question, allocate(question), [GONE, UPHELD])

    def first(effect, extra, **places):
        post = np.array([question.posts.index(p) if p else -1 for p in places.values()], np.int32)
        checks = certify_correction(correction, effect, post, extra)
        broken = next((check for check in checks if not check.holds), None)
        return None if broken is None else (broken.name, *(broken.witness or {}).values())

    right = {"ana": None, "beto": "pedia", "caro": "onco", "dani": "cardio", "elsa": None}
    assert first("rerun", {}, **right) is None
    onco = question.posts.index("onco")
    assert first("rerun", {}, **right | {"elsa": "onco"}) == ("C1", "onco", 2, 1, 0)
    assert first("rerun", {}, **right | {"ana": "pedia", "beto": None})[:2] == ("C2", "ana")
    assert first("rerun", {}, **right | {"beto": "cardio", "dani": "onco", "caro": "pedia"}) == (
        "C3", "dani", "cardio", "beto",
    )  # fmt: skip
    assert first("rerun", {}, **right | {"caro": None})[:3] == ("C4", "caro", "onco")
    kept = {"ana": None, "beto": "pedia", "caro": "onco", "dani": "onco", "elsa": None}
    assert first("extra-seats", {onco: 1}, **kept) is None
    assert first("extra-seats", {}, **kept)[0] == "C1"
    assert first("extra-seats", {onco: 2}, **kept)[0] == "C1"
    assert first("extra-seats", {}, **kept | {"beto": "cardio", "dani": None})[:2] == ("C6", "beto")
    assert first("extra-seats", {}, **kept | {"dani": None}) == ("C7", "dani", "onco", None)
    lone = correction_of(question, allocate(question), [GONE])
    post = np.array([-1, 2, 1, -1, -1], np.int32)
    check = certify_correction(lone, "waiting-list", post, {})[-1]
    assert (check.name, check.holds, check.witness["applicant"]) == ("C8", False, "dani")


def test_an_uncertified_rerun_is_not_returned(monkeypatch):
    from cauce_engine.after import correcting

    def wrong(correction):
        standing, causes = correcting.rerun(correction)
        standing.post[0] = 0
        return standing, causes

    monkeypatch.setitem(correcting._WORKED, "rerun", wrong)
    with pytest.raises(Uncertified):
        corrected(CALL, [GONE])


CIRCLE = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [
        {"id": "a", "choices": ["p", "q"]},
        {"id": "b", "choices": ["q", "p"]},
        {"id": "c", "choices": ["p", "q"]},
    ],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["b", "c", "a"]},
        {"id": "q", "capacity": 1, "order": ["a", "b", "c"]},
    ],
}


def test_who_waits_and_withdraws_may_free_a_circle(monkeypatch):
    """c holds nothing, but stood between a and b: without c they may change posts, and both gain."""
    gone = [{"kind": "withdrawal", "applicant": "c"}]
    outcome = corrected(CIRCLE, gone)
    assert outcome.places() == {"a": "p", "b": "q", "c": None}
    assert {change.code for change in outcome.changes} == {"circle"}
    monkeypatch.setattr("cauce_engine.after.reruns._Run.turn_circles", lambda run: None)
    with pytest.raises(Uncertified) as refused:
        corrected(CIRCLE, gone)
    assert refused.value.check.name == "C5"
    assert "better" in refused.value.check.witness["because"]


@pytest.mark.parametrize("kind", ["merit", "mixed", "independent"])
def test_a_correction_looks_at_few_lists(kind):
    question = merit_market(6000)
    if kind != "merit":
        question = own_orders(question, kind=kind)
    answer = allocate(question)
    person = int(np.flatnonzero(answer.post >= 0)[17])
    events = [{"kind": "withdrawal", "applicant": question.applicants[person]}]
    outcome = correct(correction_of(question, answer, events), "rerun")
    assert np.array_equal(outcome.post, allocate(outcome.question).post)
    assert outcome.changes
    assert outcome.looked_at < len(question.applicants) // 5


@given(corrections(simple))
@examples(60)
def test_the_order_of_writing_leaves_no_trace(case):
    document, events = case
    first = corrected(document, events)
    turned = {**document, "applicants": document["applicants"][::-1], "posts": document["posts"][::-1]}
    again = corrected(turned, events)
    assert (first.places(), first.question.digest) == (again.places(), again.question.digest)
    assert first.to_bytes() == again.to_bytes()


@given(corrections(serial_documents()))
@examples(60)
def test_one_after_another_is_the_same_as_together(case):
    document, events = case
    facts = [event for event in events if "ahead_of" not in event]
    if facts:
        question = parse_question(document)
        for event in facts:
            question = correct(correction_of(question, allocate(question), [event]), "rerun").question
        assert allocate(question).places() == corrected(document, facts).places()


@pytest.mark.parametrize(
    ("events", "place"),
    [
        (None, "events"),
        ([], "events"),
        ([3], "events[0]"),
        ([{"kind": "pardon"}], "events[0].kind"),
        ([{"kind": "withdrawal"}], "events[0].applicant"),
        ([{"kind": "withdrawal", "applicant": "zoe"}], "events[0].applicant"),
        ([{"kind": "withdrawal", "applicant": "ana", "merit": ["1"]}], "events[0]"),
        ([GONE, GONE], "events[1]"),
        ([GONE, {**UPHELD, "applicant": "ana"}], "events[1].applicant"),
        ([{"kind": "appeal", "applicant": "ana"}], "events[0]"),
        ([UPHELD, UPHELD], "events[1]"),
        ([{**UPHELD, "merit": ["1", "2"]}], "events[0].merit"),
        ([{**UPHELD, "merit": ["1e5"]}], "events[0].merit[0]"),
        ([{**UPHELD, "merit": 3}], "events[0].merit"),
        ([{**UPHELD, "choices": ["x"]}], "events[0].choices[0]"),
        ([{**UPHELD, "choices": ["onco", "onco"]}], "events[0].choices[1]"),
        ([{**UPHELD, "groups": ["open"]}], "events[0].groups[0]"),
        ([{**UPHELD, "ahead_of": "beto"}], "events[0].ahead_of"),
        ([{"kind": "appeal", "applicant": "dani", "ahead_of": "dani"}], "events[0].ahead_of"),
        ([{"kind": "appeal", "applicant": "dani", "ahead_of": "zoe"}], "events[0].ahead_of"),
        ([GONE, {"kind": "appeal", "applicant": "dani", "ahead_of": "ana"}], "events[1].ahead_of"),
        ([{"kind": "appeal", "applicant": "dani", "post": "onco", "ahead_of": None}], "events[0].post"),
        ([{"kind": "appeal", "applicant": "dani", "post": "onco"}], "events[0].ahead_of"),
        ([{"kind": "admission", "applicant": "ana", "choices": [], "merit": ["1"]}], "events[0].applicant"),
        ([{"kind": "admission", "applicant": "zoe", "choices": []}], "events[0].merit"),
        ([{"kind": "admission", "applicant": "zoe", "merit": ["1"]}], "events[0].choices"),
        ([{"kind": "seats", "post": "x", "add": 1}], "events[0].post"),
        ([{"kind": "seats", "post": "onco", "add": 0}], "events[0].add"),
        ([{"kind": "seats", "post": "onco", "add": 2**31 - 1}], "events[0].add"),
        ([{"kind": "seats", "post": "onco", "add": 1, "class": "foreign"}], "events[0].class"),
    ],
)
def test_bad_corrections_are_refused_with_their_place(events, place):
    question = parse_question(CALL)
    with pytest.raises(InvalidQuestion) as refused:
        correction_of(question, allocate(question), events)
    assert refused.value.place == place


def test_a_correction_is_bound_to_its_question_and_answer():
    question = parse_question(CALL)
    answer = allocate(question)
    document = correction_of(question, answer, [GONE, UPHELD], effect="rerun").to_document()
    assert document["answer"] == answer_digest(answer)
    assert parse_correction(question, answer, document).to_document() == document
    for name in ("question", "answer"):
        with pytest.raises(OtherAnswer) as refused:
            parse_correction(question, answer, {**document, name: "sha256:" + "0" * 64})
        assert refused.value.place == name
    for change in ({"effect": "mercy"}, {"format": "x"}, {"why": 1}):
        with pytest.raises(InvalidQuestion):
            parse_correction(question, answer, {**document, **change})


def test_what_cannot_be_corrected_says_so():
    with pytest.raises(Unsupported, match="effect"):
        corrected(CALL, [GONE], None)
    classes = {
        **CALL,
        "posts": [{**CALL["posts"][0], "classes": [{"group": None, "seats": 1}]}, *CALL["posts"][1:]],
    }
    with pytest.raises(Unsupported, match="classes"):
        corrected(classes, [GONE], "extra-seats")
    question = parse_question(
        {
            **CALL,
            "mechanism": "stable",
            "applicants": [{"id": "a"}, {"id": "b"}],
            "couples": [{"id": "c", "members": ["a", "b"], "choices": [["onco", "pedia"]]}],
        }
    )
    with pytest.raises(Unsupported, match="couples"):
        correction_of(question, allocate(question), [{"kind": "withdrawal", "applicant": "a"}])
