"""The public command as a stranger runs it: exit statuses, sentences, the same bytes compiled or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cauce_engine import __main__ as command
from cauce_engine import allocate, build_package, parse_question
from tests.engine import published
from tests.engine.test_choices import question_with_classes
from tests.engine.test_couples import IMPOSSIBLE
from tests.engine.test_package import DOCUMENT

STABLE = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [{"id": person, "choices": ["p", "q"]} for person in "abc"],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["c", ["a", "b"]]},
        {"id": "q", "capacity": 1, "order": ["a", "c", "b"]},
    ],
}


@pytest.fixture
def files(tmp_path):
    question = parse_question(DOCUMENT)
    answer = allocate(question)
    (tmp_path / "question.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "answer.json").write_bytes(answer.to_bytes())
    (tmp_path / "paquete.zip").write_bytes(build_package(question, answer))
    return tmp_path


def run(*arguments, capfdbinary):
    status = command.main([str(argument) for argument in arguments])
    captured = capfdbinary.readouterr()
    assert b"Traceback" not in captured.err
    return status, captured.out, captured.err


def test_solve_prints_or_writes_the_answer(files, capfdbinary):
    status, out, err = run("solve", files / "question.json", capfdbinary=capfdbinary)
    assert (status, err) == (0, b"")
    assert out == (files / "answer.json").read_bytes()
    status, out, err = run(
        "solve", files / "question.json", "--out", files / "new.json", capfdbinary=capfdbinary
    )
    assert (status, out, err) == (0, b"", b"")
    assert (files / "new.json").read_bytes() == (files / "answer.json").read_bytes()
    assert sorted(path.name for path in files.iterdir()) == [
        "answer.json", "new.json", "paquete.zip", "question.json",
    ]  # fmt: skip


def test_solve_refuses_what_it_cannot_use(files, capfdbinary):
    bad = files / "bad.json"
    bad.write_text(json.dumps({**DOCUMENT, "posts": []}))
    out_file = files / "new.json"
    status, out, err = run("solve", bad, "--out", out_file, capfdbinary=capfdbinary)
    assert (status, out) == (2, b"")
    assert 'applicants[0].choices[0]: la plaza "cardio" no está declarada'.encode() in err
    assert not out_file.exists()
    assert run("solve", files / "none.json", capfdbinary=capfdbinary)[0] == 2
    assert run("solve", files, capfdbinary=capfdbinary)[0] == 2
    missing = files / "no" / "folder.json"
    assert run("solve", files / "question.json", "--out", missing, capfdbinary=capfdbinary)[0] == 2


def test_verify_tells_right_from_wrong(files, capfdbinary):
    question, answer = files / "question.json", files / "answer.json"
    status, out, _ = run("verify", question, answer, capfdbinary=capfdbinary)
    assert status == 0
    assert out.decode().startswith("Verificada: ")
    assert run("verify", files / "paquete.zip", capfdbinary=capfdbinary)[0] == 0
    status, out, _ = run("verify", "--checks", "--lang", "en", files / "paquete.zip", capfdbinary=capfdbinary)
    assert out.decode().splitlines()[1].startswith("A1 ✓ No post takes more people")
    document = json.loads(answer.read_bytes())
    document["places"]["F-3"] = "cardio"
    answer.write_text(json.dumps(document))
    status, out, _ = run("--lang", "en", "verify", question, answer, capfdbinary=capfdbinary)
    assert status == 1
    assert out.decode().startswith("Not verified: A1 does not hold: ")
    assert out.count(b"\n") == 1
    answer.write_text("{")
    assert run("verify", question, answer, capfdbinary=capfdbinary)[0] == 2
    assert run("verify", answer, answer, capfdbinary=capfdbinary)[0] == 2
    assert run("verify", question, answer, answer, capfdbinary=capfdbinary)[0] == 2


def test_explain_speaks_to_one_person(files, capfdbinary):
    status, out, _ = run("explain", files / "paquete.zip", "--applicant", "F-3", capfdbinary=capfdbinary)
    assert status == 0
    assert out.decode().splitlines()[0] == "F-3: lugar 3 de 3 en el orden; obtiene la plaza pedia."
    pair = files / "question.json", files / "answer.json"
    same = run("explain", *pair, "--applicant", "F-3", capfdbinary=capfdbinary)
    assert same[1] == out
    assert run("explain", *pair, "--applicant", "F-9", capfdbinary=capfdbinary)[0] == 2
    document = json.loads(pair[1].read_bytes())
    document["places"]["F-3"] = None
    pair[1].write_text(json.dumps(document))
    assert run("explain", *pair, "--applicant", "F-3", capfdbinary=capfdbinary)[0] == 1


def process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cauce_engine", *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
    )


def test_the_bytes_are_the_same_without_the_compiler(files):
    done = process("solve", files / "question.json", NUMBA_DISABLE_JIT="1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (files / "answer.json").read_bytes()
    assert process("verify", files / "paquete.zip", NUMBA_DISABLE_JIT="1").returncode == 0


def test_every_mechanism_gives_the_same_bytes_without_the_compiler(tmp_path):
    cases = Path(__file__).parents[1] / "conformance"
    documents = [STABLE, question_with_classes(), IMPOSSIBLE, published.document(published.load("sms_test4"))]
    documents += [
        case["question"]
        for path in sorted(cases.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
        if "answer" in case
    ]
    (tmp_path / "questions.json").write_text(json.dumps(documents))
    code = (
        "import json, sys; from cauce_engine import allocate, parse_question\n"
        "for d in json.load(open(sys.argv[1])): sys.stdout.buffer.write(allocate(parse_question(d)).to_bytes())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "questions.json")],
        capture_output=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"".join(allocate(parse_question(document)).to_bytes() for document in documents)


def test_a_process_ends_with_the_status_and_never_a_traceback(files):
    bad = files / "bad.json"
    bad.write_bytes(b"\xff{")
    done = process("solve", bad, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_cache_that_cannot_be_written_costs_no_answer(files):
    closed = files / "file"
    closed.write_text("")
    done = process("solve", files / "question.json", NUMBA_CACHE_DIR=str(closed / "cache"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == (files / "answer.json").read_bytes()
    assert b"Traceback" not in done.stderr


def test_importing_the_package_does_not_load_the_compiler():
    code = "import sys, cauce_engine; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_warm_says_nothing():
    done = process("warm")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "command", [["solve"], *(pytest.param([name], marks=pytest.mark.scale) for name in ("verify", "import"))]
)
def test_ten_billion_zeros_are_refused_in_bounded_memory(tmp_path, command):
    """A sparse file that claims ten gigabytes: one sentence, and never more than one gigabyte of memory."""
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.truncate(10 * 10**9)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))\n"
        "from cauce_engine.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command, str(path)], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 2
    said = (done.stdout + done.stderr).decode()
    assert said.count("\n") == 1
    assert "Traceback" not in said
