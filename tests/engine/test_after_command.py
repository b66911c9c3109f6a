"""Corrections and swap rounds as a stranger runs them: files in, files out, sentences in both languages."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cauce_engine
from cauce_engine import Unsupported, allocate, parse_question
from cauce_engine import __main__ as command
from cauce_engine.after.documents import correction_of
from cauce_engine.after.swap_rounds import swap_round
from cauce_engine.spanish import SPANISH
from tests.engine.test_corrections import CALL, GONE, UPHELD
from tests.engine.test_swaps import TIED


@pytest.fixture
def files(tmp_path):
    question = parse_question(CALL)
    answer = allocate(question)
    correction = correction_of(question, answer, [GONE, UPHELD], effect="rerun")
    (tmp_path / "question.json").write_text(json.dumps(CALL))
    (tmp_path / "answer.json").write_bytes(answer.to_bytes())
    (tmp_path / "correction.json").write_text(json.dumps(correction.to_document()))
    return tmp_path


def run(capfdbinary, *arguments):
    status = command.main([str(argument) for argument in arguments])
    captured = capfdbinary.readouterr()
    assert b"Traceback" not in captured.err
    return status, captured.out.decode(), captured.err.decode()


def three(files):
    return files / "question.json", files / "answer.json", files / "correction.json"


def test_correct_writes_the_outcome_and_says_what_changed(files, capfdbinary):
    out, question = files / "outcome.json", files / "corrected.json"
    status, said, err = run(capfdbinary, "correct", *three(files), "--out", out, "--corrected", question)
    assert (status, err) == (0, "")
    assert said.splitlines()[0] == "Repetición completa: cambian 2 personas; 1 ganan y 1 no."
    assert "dani obtiene la plaza cardio, por su apelación." in said.splitlines()
    document = json.loads(out.read_bytes())
    assert document["places"] == {
        "ana": None,
        "beto": "pedia",
        "caro": "onco",
        "dani": "cardio",
        "elsa": None,
    }
    assert document["unaffected"] == {"people": 3, "because": {"ahead": 0, "not_reached": 3}}
    assert run(capfdbinary, "verify", *three(files), out)[:2] == (
        0,
        f"Verificada: {document['correction']}\n",
    )
    status, solved, _ = run(capfdbinary, "solve", question)
    assert status == 0
    assert json.loads(solved)["places"] == document["places"]
    assert json.loads(solved)["question"] == document["corrected_question"]
    status, printed, _ = run(capfdbinary, "correct", *three(files))
    assert (status, printed.encode()) == (0, out.read_bytes())


def test_every_effect_side_by_side(files, capfdbinary):
    status, said, _ = run(capfdbinary, "--lang", "en", "correct", "--compare", *three(files))
    assert status == 0
    assert said.splitlines() == [
        "Full re-run: 2 people change; 1 gain and 1 do not.",
        "Extra seats, nobody else moves: 2 people change; 1 gain and 1 do not.",
        "Waiting list, nobody who has a post moves: 2 people change; 1 gain and 1 do not.",
    ]


@pytest.mark.parametrize("effect", ["rerun", "extra-seats", "waiting-list"])
def test_every_effect_is_verified_and_a_changed_place_is_found(files, capfdbinary, effect):
    out = files / "outcome.json"
    assert run(capfdbinary, "correct", *three(files), "--effect", effect, "--out", out)[0] == 0
    assert run(capfdbinary, "verify", *three(files), out)[0] == 0
    document = json.loads(out.read_bytes())
    for change in (
        {"places": document["places"] | {"elsa": "pedia"}},
        {"places": {k: v for k, v in document["places"].items() if k != "elsa"}},
        {"changes": document["changes"][1:]},
        {"unaffected": {"people": 9, "because": {}}},
        {"corrected_question": "sha256:0"},
        {"extra_seats": {"onco": 3}},
        {"more": 1},
    ):
        out.write_text(json.dumps(document | change))
        status, said, _ = run(capfdbinary, "--lang", "en", "verify", *three(files), out)
        assert (status, said.count("\n")) == (1, 1)
        assert said.startswith("Not verified: the outcome: ")
    for bad in ("{", "[]", json.dumps(document | {"format": "x"}), json.dumps(document | {"effect": "x"})):
        out.write_text(bad)
        assert run(capfdbinary, "verify", *three(files), out)[0] == 2


def test_what_cannot_be_used_is_refused_with_its_place(files, capfdbinary):
    correction = json.loads(three(files)[2].read_text())
    cases = [
        ({"events": [{"kind": "withdrawal", "applicant": "zoe"}]}, 2, "events[0].applicant: la persona"),
        ({"answer": "sha256:0"}, 1, "answer: "),
        ({"question": "sha256:0"}, 1, "question: "),
        ({"effect": None}, 2, "effect: falta; indique uno de rerun"),
    ]
    for change, expected, place in cases:
        three(files)[2].write_text(json.dumps(correction | change))
        status, out, err = run(capfdbinary, "correct", *three(files))
        assert (status, out, err.count("\n")) == (expected, "", 1)
        assert place in err
    three(files)[2].write_bytes(b"\xff")
    assert run(capfdbinary, "correct", *three(files))[0] == 2
    answer = json.loads(three(files)[1].read_text())
    three(files)[1].write_text(json.dumps(answer | {"places": answer["places"] | {"elsa": "onco"}}))
    status, _, err = run(capfdbinary, "correct", *three(files))
    assert status == 1
    assert "A1" in err
    assert run(capfdbinary, "correct", files / "none", *three(files)[1:])[0] == 2


def test_swap_writes_verifies_and_says(tmp_path, capfdbinary):
    question = parse_question(TIED)
    answer = allocate(question)
    consents = [{"applicant": "a", "choices": ["p"]}, {"applicant": "b", "choices": ["q"]}]
    paths = [tmp_path / name for name in ("question.json", "answer.json", "swap.json")]
    paths[0].write_text(json.dumps(TIED))
    paths[1].write_bytes(answer.to_bytes())
    paths[2].write_text(json.dumps(swap_round(question, answer, consents).to_document()))
    out = tmp_path / "outcome.json"
    status, said, err = run(capfdbinary, "swap", *paths, "--out", out)
    assert (status, err) == (0, "")
    assert "a pasa de la plaza q a la plaza p, que deja b." in said
    assert run(capfdbinary, "verify", *paths, out)[0] == 0
    document = json.loads(out.read_bytes())
    for change in ({"places": answer.places()}, {"circles": []}, {"round": "x"}):
        out.write_text(json.dumps(document | change))
        assert run(capfdbinary, "verify", *paths, out)[0] == 1


@pytest.mark.parametrize("everywhere", [True, False])
def test_shares_have_neither(everywhere):
    shares = {"shares": [{"group": "women", "percent": 50}]}
    document = (
        {**CALL, **shares} if everywhere else {**CALL, "posts": [dict(p, **shares) for p in CALL["posts"]]}
    )
    question = parse_question(document)
    answer = allocate(question)
    with pytest.raises(Unsupported, match="shares: have no corrections"):
        correction_of(question, answer, [GONE])
    with pytest.raises(Unsupported, match="shares: have no swap rounds"):
        swap_round(question, answer, [])


@pytest.mark.slow
def test_the_bytes_are_the_same_without_the_compiler(files):
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "cauce_engine", "correct", *map(str, three(files))],
            capture_output=True,
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            timeout=120,
        )
        for off in ("0", "1")
    ]
    assert [done.returncode for done in outputs] == [0, 0]
    assert outputs[0].stdout == outputs[1].stdout


def test_every_sentence_of_corrections_and_swaps_has_its_spanish():
    found = set()
    for name in ("documents", "corrections", "correcting", "swap_rounds"):
        tree = ast.parse((Path(cauce_engine.__file__).parent / "after" / f"{name}.py").read_text())
        for call in ast.walk(tree):
            if getattr(getattr(call, "func", None), "id", "") in {
                "InvalidCorrection",
                "OtherAnswer",
                "Unsupported",
            }:
                assert not isinstance(call.args[1], ast.JoinedStr)
                found |= {call.args[1].value} if isinstance(call.args[1], ast.Constant) else set()
            if isinstance(call, ast.Assign) and getattr(call.targets[0], "id", "") == "problem":
                found.add(call.value.value)
            if getattr(getattr(call, "func", None), "id", "") == "refuse_shares":
                found.add(call.args[1].value)
    assert len(found) > 35
    assert found - SPANISH.keys() == set()
