"""Published formats become questions: every published market is written in each, imported, and solved."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import InvalidQuestion, allocate, parse_question
from cauce_engine.__main__ import main
from cauce_engine.formats.importing import FORMATS, imported, recognised
from tests.engine import published

MARKETS = sorted(path.stem for path in published.FOLDER.glob("*.json")) or ["algmatch_hr1"]
NOT_ONE_MARKET = {"parcoursup_call_order", "couples_stability_definitions"}


def tied(order: list) -> str:
    return " ".join("(" + " ".join(entry) + ")" if isinstance(entry, list) else entry for entry in order)


def numbered(instance: dict) -> dict:
    """The market with names that have no spaces."""
    text = json.dumps(instance)
    for name in [*instance["applicants"], *instance["programmes"]]:
        if " " in name:
            text = text.replace(json.dumps(name), json.dumps(name.replace(" ", "_")))
    return json.loads(text)


def glasgow(instance: dict, colon: str) -> bytes:
    couples = instance.get("couples") or {}
    members = {person for couple in couples.values() for person in couple["members"]}
    singles = {p: c for p, c in instance["applicants"].items() if p not in members}
    lines = [str(len(singles)), str(len(couples)), str(len(instance["programmes"]))]
    if not couples and colon:
        lines = [f"{len(singles)} {len(instance['programmes'])}"]
    elif not couples:
        lines = ["0", str(len(singles)), str(len(instance["programmes"]))]
    lines += [f"{person}{colon} {' '.join(choices)}" for person, choices in singles.items()]
    for couple in couples.values():
        pairs = " ".join("-1" if post is None else post for pair in couple["prefs"] for post in pair)
        lines.append(f"{' '.join(couple['members'])}{colon} {pairs}")
    for post, terms in instance["programmes"].items():
        lines.append(f"{post}{colon} {terms['capacity']}{colon} {tied(terms['order'])}")
    return "\n".join(lines).encode()


def suite(instance: dict) -> bytes:
    couples = instance.get("couples") or {}
    members = {person for couple in couples.values() for person in couple["members"]}
    lines = ['#Resident "r rid rol"']
    lines += [f"r {p} {' '.join(c)}" for p, c in instance["applicants"].items() if p not in members]
    for name, couple in couples.items():
        pairs = "  ".join("-1" if post is None else post for pair in couple["prefs"] for post in pair)
        lines.append(f"c {name} {' '.join(couple['members'])}   {pairs}")
    for post, terms in instance["programmes"].items():
        lines.append(f"p {post} {terms['capacity']} {' '.join(published.flat(terms['order']))} ")
    return "\n".join(lines).encode()


@pytest.mark.parametrize("name", MARKETS)
def test_every_published_market_is_imported_from_every_format(name):
    instance = published.load(name)
    raw = json.dumps(instance).encode()
    assert recognised(raw.decode()) == "instance"
    if name in NOT_ONE_MARKET or instance.get("supervisors"):
        with pytest.raises(InvalidQuestion):
            imported(raw)
        return
    instance = numbered(instance)
    settled = parse_question(published.document(instance))
    couples = {name: f"c{at}" for at, name in enumerate(instance.get("couples") or {}, 1)}
    for data in (glasgow(instance, ""), glasgow(instance, ":")):
        assert recognised(data.decode()) == "glasgow"
        document = imported(data, ties="printed")
        renamed = published.document(instance)
        for couple in renamed.get("couples", []):
            couple["id"] = couples[couple["id"]]
        assert parse_question(document).digest == parse_question(renamed).digest
    assert recognised(suite(instance).decode()) == "suite"
    assert parse_question(imported(suite(instance))).digest == settled.digest
    printed = imported(json.dumps(instance).encode(), ties="printed")
    assert parse_question(printed).digest == settled.digest


def test_the_published_answer_comes_out_of_an_imported_file(tmp_path):
    instance = published.load("glasgow_759x53_ties")
    market, question = tmp_path / "hrt.instance", tmp_path / "question.json"
    market.write_bytes(glasgow(instance, ""))
    assert main(["import", str(market), "--ties", "printed", "--out", str(question)]) == 0
    answer = tmp_path / "answer.json"
    assert main(["solve", str(question), "--out", str(answer)]) == 0
    expected = instance["expected"]["ties_broken_by_printed_order"]["applicant_optimal"]
    places = json.loads(answer.read_bytes())["places"]
    assert places == {person: expected.get(person) for person in places}
    kept = parse_question(imported(market.read_bytes()))
    assert kept.orders is not None
    assert kept.orders.inner.any()


SOI = b"""# FILE NAME: 00000-00000001.soi
# NUMBER ALTERNATIVES: 3
# ALTERNATIVE NAME 1: Cardiolog\xc3\xada
# ALTERNATIVE NAME 2: Pediatr\xc3\xada
# ALTERNATIVE NAME 3: Urgencias
# NUMBER VOTERS: 3
2: 1,2
1: 1,3
"""
TOI = b"""3
1,a
2,b
3,c
3,3,3
1,{1,2},3
1,2
1,3,1
"""


def test_preflib_orders_become_a_serial_question_in_the_order_of_the_file():
    assert recognised(SOI.decode()) == recognised(TOI.decode()) == "preflib"
    document = imported(SOI)
    assert document["mechanism"] == "serial"
    assert [person["choices"] for person in document["applicants"]] == [["1", "2"], ["1", "2"], ["1", "3"]]
    assert allocate(parse_question(document)).places() == {"1": "1", "2": "2", "3": "3"}
    assert allocate(parse_question(imported(SOI, capacity=2))).places() == {"1": "1", "2": "1", "3": "3"}


def test_two_preflib_files_are_the_two_sides_of_a_market():
    document = imported(SOI, posts=TOI)
    assert [post["order"] for post in document["posts"]] == [[["1", "2"], "3"], ["2"], ["3", "1"]]
    assert allocate(parse_question(document)).places() == {"1": "1", "2": "2", "3": "3"}
    with pytest.raises(InvalidQuestion, match=r"^L6: people rank posts strictly"):
        imported(TOI)
    assert imported(TOI, ties="printed")["applicants"][0]["choices"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "L1"),
        (b"3 2\n1: 1\n", ""),
        (b"1 1\n1: 1\n1: one: 1\n", "L3"),
        (b"1 1\n1: (1\n1: 1: 1\n", "L2"),
        (b"1 1\n1: 1)\n1: 1: 1\n", "L2"),
        (b"1 1\n1: 1\n1:\n", "L3"),
        (b"1 1\n1: 9\n1: 1: 1\n", "applicants[0].choices[0]"),
        (b"99999999999 1\n", "L1"),
        (b"r 1 1\nx 2\np 1 1 1\n", "L2"),
        (b"r 1 1\nr 1 1\np 1 1 1\n", "L2"),
        (b"r 1 1\nc 1 2 3 4\np 1 1 1\n", "L2"),
        (b"r 1 1\np 1 -1 1\n", "L2"),
        (b"# NUMBER ALTERNATIVES: 3\n1: 1,2\n", ""),
        (b"# ALTERNATIVE NAME 1: a\n9999999999: 1\n", "L2"),
        (b"\xff", ""),
        (b"{", ""),
        (b'{"programmes": {"p": 3}}', 'programmes["p"]'),
        (b'{"programmes": {}, "applicants": 3}', "applicants"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_at_its_line(data, place):
    with pytest.raises(InvalidQuestion) as caught:
        parse_question(imported(data))
    assert caught.value.place == place


@given(st.text(alphabet="rcp#(){}:,0123 -\n", max_size=60), st.sampled_from(FORMATS))
def test_any_text_is_read_or_refused(text, format):
    with contextlib.suppress(InvalidQuestion):
        parse_question(imported(text.encode(), format))
