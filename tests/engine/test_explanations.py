"""Each listed choice gets a reason, and the reason is true."""

from __future__ import annotations

import copy
import dataclasses
import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cauce_engine import Unsupported, allocate, explain, explain_all, parse_question
from cauce_engine.__main__ import main
from cauce_engine.formats.columns import read_columns
from tests.engine import reference
from tests.engine.examples import examples
from tests.engine.questions import serial_documents, tied
from tests.engine.test_largest import MARKETS, with_maximum

DOCUMENT = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "a", "choices": ["p"], "merit": ["71.3", "5"]},
        {"id": "b", "choices": ["p", "r", "q"], "merit": ["70.5", "9"]},
        {"id": "c", "choices": ["p", "q", "s"], "merit": ["70.5", "8.25"]},
        {"id": "d", "choices": ["q"], "merit": ["70.5", "8.25"]},
    ],
    "posts": [
        {"id": "p", "capacity": 1},
        {"id": "q", "capacity": 1},
        {"id": "r", "capacity": 0},
        {"id": "s", "capacity": 4},
    ],
}


def test_the_reasons_of_one_person():
    question = parse_question(DOCUMENT)
    answer = allocate(question)
    explained = explain(question, answer, "c")
    assert (explained.place, explained.applicants, explained.post) == (3, 4, "s")
    first, second, third = explained.wishes
    assert (first.code, first.last_place, first.distance) == ("behind", 1, 2)
    assert (first.element, first.difference, first.enough, first.strictly) == (1, "0.8", "71.3", False)
    assert (second.element, second.difference, second.enough) == (2, "0.75", "9")
    assert third.code == "placed"
    assert explained.sentences("en")[1] == (
        "Choice 1, post p: 2 places behind the last person admitted (place 1); "
        "element 1 of merit decided, by 0.8; with 71.3 they would have been admitted."
    )
    assert "con 71.3 habría sido admitida" in explained.sentences("es")[1]
    assert [wish.code for wish in explain(question, answer, "b").wishes] == ["behind", "no_seats", "placed"]
    assert explain(question, answer, "d").wishes[0].element == 2
    with pytest.raises(KeyError):
        explain(question, answer, "nobody")


@given(serial_documents())
def test_what_would_have_been_enough_is_enough_and_less_is_not(document):
    question = parse_question(document)
    answer = allocate(question)
    tiny = Decimal("0.001")
    for index, person in enumerate(document["applicants"]):
        order = [*person["choices"], None]
        for wish in explain(question, answer, person["id"]).wishes:
            if wish.code != "behind" or wish.element == 0:
                continue
            bound = Decimal(wish.enough)
            for value, suffices in ((bound + tiny, True), (bound, not wish.strictly), (bound - tiny, False)):
                other = copy.deepcopy(document)
                other["applicants"][index]["merit"][wish.element - 1] = str(value)
                place = reference.serial(other)[person["id"]]
                if suffices:
                    assert order.index(place) <= order.index(wish.post)
                else:
                    assert place != wish.post


@given(serial_documents())
def test_arrays_say_what_sentences_say(document):
    question = parse_question(document)
    answer = allocate(question)
    everybody = explain_all(question, answer)
    for index, person in enumerate(question.applicants):
        start = int(question.choice_start[index])
        explained = explain(question, answer, person)
        assert len(explained.sentences("es")) == len(explained.sentences("en")) == len(explained.wishes) + 1
        for offset, wish in enumerate(explained.wishes):
            assert everybody.codes[everybody.code[start + offset]] == wish.code
            assert everybody.distance[start + offset] == (wish.distance or 0)
            assert everybody.last_place[start + offset] == (wish.last_place or 0)
            assert everybody.element[start + offset] == (-1 if wish.element is None else wish.element)


# ---------------------------------------------------------- ties settled for size


TIED = with_maximum(
    {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [
            {"id": "a", "choices": ["p"], "merit": ["9"]},
            {"id": "b", "choices": ["p", "q", "r"], "merit": ["7"]},
            {"id": "c", "choices": ["p", "r"], "merit": ["7"]},
            {"id": "d", "choices": ["p", "q", "r"], "merit": ["5"]},
        ],
        "posts": [
            {"id": "p", "capacity": 2},
            {"id": "q", "capacity": 1, "order": [["b", "d"]]},
            {"id": "r", "capacity": 1},
        ],
    }
)


@st.composite
def crowded(draw):
    """More wishes than seats, and few values: refusals and ties everywhere."""
    people, posts = "abcde"[: draw(st.integers(2, 5))], "pqr"[: draw(st.integers(1, 3))]
    width, value = draw(st.integers(0, 2)), st.sampled_from(["1", "1.5", "2"])
    applicants = [
        {
            "id": person,
            "choices": draw(st.permutations(posts))[: draw(st.integers(1, 3))],
            "merit": [draw(value) for _ in range(width)],
        }
        for person in people
    ]
    rows = [{"id": post, "capacity": draw(st.integers(0, 2))} for post in posts]
    for row in rows:
        if draw(st.booleans()):
            listed = draw(st.permutations(people))
            listed = listed[draw(st.integers(0, 1)) :]
            row["order"] = [listed] if draw(st.booleans()) else tied(draw, listed)
    ordered = {row["id"] for row in rows if "order" in row}
    for person in applicants:
        if not width or (ordered.issuperset(person["choices"]) and draw(st.booleans())):
            person["merit"] = None
    document = {"format": "cauce-question/1", "mechanism": "stable", "applicants": applicants, "posts": rows}
    return with_maximum(document)


def any_just_answer(document, data):
    """The engine's answer to a question with ties settled for size, or any other weakly stable one."""
    question = parse_question(document)
    answer = allocate(question)
    places = data.draw(st.sampled_from([answer.places(), *reference.weakly_stable_answers(document)]))
    index = {post: at for at, post in enumerate(question.posts)}
    post = np.array([index.get(places[person], -1) for person in question.applicants], np.int32)
    # A file may bring cut-offs that nobody claims here: they explain nothing.
    brought = data.draw(st.sampled_from([None, np.zeros(len(question.posts), np.int32)]))
    return question, dataclasses.replace(answer, post=post, line=post, last=brought), places


@examples(200)
@given(st.one_of(MARKETS, crowded()), st.data())
def test_ties_settled_for_size_have_their_reasons(document, data):
    every_reason_is_that_of_the_reference(document, *any_just_answer(document, data))


def test_ties_over_whole_orders_and_people_without_merit_shift_no_place():
    """Two orders of one tie each, one after the other; z, without merit, counts at no post that merit decides."""
    document = copy.deepcopy(TIED)
    document["applicants"][1:] = [
        {"id": "b", "choices": ["p", "q", "s"], "merit": ["7"]},
        {"id": "c", "choices": ["p", "q", "s"], "merit": ["9.5"]},
        {"id": "z", "choices": ["q", "s"]},
    ]
    document["posts"] = [{"id": "p", "capacity": 1}]
    document["posts"] += [{"id": post, "capacity": 1, "order": [["b", "c", "z"]]} for post in "qs"]
    question = parse_question(document)
    answer = allocate(question)
    places = answer.places()
    assert sorted(map(str, places.values())) == ["None", "p", "q", "s"]
    every_reason_is_that_of_the_reference(document, question, answer, places)


def every_reason_is_that_of_the_reference(document, question, answer, places):
    everybody = explain_all(question, answer)
    expected = reference.weak_reasons(document, places)
    for index, person in enumerate(question.applicants):
        rows = slice(int(question.choice_start[index]), int(question.choice_start[index + 1]))
        codes = [everybody.codes[code] for code in everybody.code[rows]]
        numbers = (
            column[rows].tolist() for column in (everybody.last_place, everybody.distance, everybody.tied)
        )
        assert list(zip(codes, *numbers, strict=True)) == expected[person]
        explained = explain(question, answer, person)
        for offset, wish in enumerate(explained.wishes):
            assert wish.code == codes[offset]
            refused = wish.code in ("behind", "tied")
            stated = (wish.last_place, wish.distance, wish.tied) if refused else (0, 0, 0)
            assert stated == expected[person][offset][1:]
            assert everybody.element[rows][offset] == (-1 if wish.element is None else wish.element)
        assert len(explained.sentences("es")) == len(explained.sentences("en")) == len(explained.wishes) + 1


def standing_at(document, person, post, others, *, ahead):
    """The question with the person moved, in the post's own order, to the tier of others or just ahead of it."""
    changed = copy.deepcopy(document)
    row = next(entry for entry in changed["posts"] if entry["id"] == post)
    order = []
    for entry in row["order"]:
        tier = [other for other in (entry if isinstance(entry, list) else [entry]) if other != person]
        if set(tier) & set(others):
            order += [person, tier] if ahead else [[person, *tier]]
        elif tier:
            order.append(tier)
    return {**changed, "posts": [{**e, "order": order} if e["id"] == post else e for e in changed["posts"]]}


def with_merit(document, person, element, value):
    changed = copy.deepcopy(document)
    row = next(entry for entry in changed["applicants"] if entry["id"] == person)
    row["merit"][element - 1] = str(value)
    return changed


@examples(200)
@given(crowded(), st.data())
def test_one_step_ahead_is_enough_where_ties_are_settled_for_size_and_less_is_not(document, data):
    """What was enough makes this very answer unjust, and leaves no just one that admits the last admitted."""
    question, answer, places = any_just_answer(document, data)
    refused = [
        (person, wish)
        for person in question.applicants
        for wish in explain(question, answer, person).wishes
        if wish.code in ("behind", "tied")
    ]
    assume(refused)
    person, wish = data.draw(st.sampled_from(refused))
    tier, post = reference.tiers(document)[wish.post], wish.post
    holders = [other for other in places if places[other] == post]
    last = [other for other in holders if tier[other] == max(map(tier.__getitem__, holders))]
    own = any(row["id"] == post and row.get("order") is not None for row in document["posts"])
    tiny = Decimal("0.001")
    mine = next(row for row in document["applicants"] if row["id"] == person)
    if own:
        assert wish.element is None
        tries = [(standing_at(document, person, post, last, ahead=ahead), ahead) for ahead in (True, False)]
    elif wish.code == "tied" and not mine.get("merit"):
        assert wish.element is None
        return
    elif wish.code == "tied":
        assert wish.element == 0
        element = data.draw(st.integers(1, len(mine["merit"])))
        value = Decimal(mine["merit"][element - 1])
        tries = [(with_merit(document, person, element, value + more), more > 0) for more in (tiny, 0, -tiny)]
    else:
        bound = Decimal(wish.enough)
        assert Decimal(wish.difference) == bound - Decimal(mine["merit"][wish.element - 1])
        values = ((bound + tiny, True), (bound, not wish.strictly), (bound - tiny, False))
        tries = [(with_merit(document, person, wish.element, value), suffices) for value, suffices in values]
    wanted = [*mine["choices"], None]
    for changed, suffices in tries:
        assert ((person, post) in reference.weak_objections(changed, places)) is suffices
        for other in reference.weakly_stable_answers(changed) if suffices else ():
            worse = wanted.index(other[person]) > wanted.index(post)
            assert not (worse and any(other[someone] == post for someone in last))


def test_the_sentences_promise_only_what_every_just_answer_keeps():
    question = parse_question(TIED)
    answer = allocate(question)
    assert answer.extra["size"] == 4
    b, c, d = (explain(question, answer, person) for person in "bcd")
    refused, held = (b, c) if answer.places()["c"] == "p" else (c, b)
    assert held.wishes[0].code == "placed"
    assert refused.place is None
    assert refused.sentences("en")[1] == (
        "Choice 1, post p: full of people ahead of this one or tied with them: 1 of those admitted shares their "
        "place (2); the tie was settled so that more people have a post, not by merit nor by lottery; with more "
        "merit in any element, however little, no just answer could admit anybody of that place and refuse this "
        "person."
    )
    assert (
        "1 de las admitidas comparte su lugar (2); el empate se resolvió para que" in refused.sentences()[1]
    )
    assert d.sentences("en")[1] == (
        "Choice 1, post p: 2 places behind the last person admitted (place 2); element 1 of merit decided, by 2; "
        "with more than 7, no just answer could admit whoever is in that place and refuse this person."
    )
    by_merit = {**TIED, "posts": [{"id": post["id"], "capacity": post["capacity"]} for post in TIED["posts"]]}
    one_order = parse_question(by_merit)
    assert [explain(one_order, allocate(one_order), person).place for person in "abcd"] == [1, 2, 2, 4]
    said = [sentence for person in "abcd" for sentence in explain(question, answer, person).sentences("es")]
    assert not [sentence for sentence in said if "habría sido" in sentence]


def test_the_command_explains_ties_settled_for_size(tmp_path, capsysbinary):
    question, answer, columns = (tmp_path / name for name in ("q.json", "a.json", "a.cauce"))
    question.write_text(json.dumps(TIED))
    assert main(["solve", str(question), "--out", str(answer)]) == 0
    assert main(["explain", str(question), str(answer), "--applicant", "d"]) == 0
    said = capsysbinary.readouterr().out.decode()
    assert "ninguna respuesta justa podría admitir a quien está en ese lugar" in said
    assert main(["solve", str(question), "--explanations", "--out", str(columns)]) == 0
    kept = read_columns(columns.read_bytes(), ValueError)
    rows = explain_all(parse_question(TIED), allocate(parse_question(TIED)))
    assert json.loads(kept["answer"].tobytes())["codes"] == list(rows.codes)
    assert kept["codes"].tolist() == rows.code.tolist()
    assert kept["tied"].tolist() == rows.tied.tolist()
    assert max(kept["tied"]) == 1


def test_ties_settled_for_size_are_not_explained_for_kinds_that_have_no_such_answer():
    """The answer may come from anywhere: nobody is told reasons that a region or a couple would change."""
    answer = allocate(parse_question(TIED))
    document = copy.deepcopy(TIED)
    document["regions"] = [{"id": "20", "cap": 9}]
    document["posts"][0]["region"] = "20"
    question = parse_question(document)
    with pytest.raises(Unsupported, match=r"options\.ties"):
        explain_all(question, dataclasses.replace(answer, question=question))
