"""The columnar form: the same question and answer as JSON, the same digest, and no file that crashes the reader."""

from __future__ import annotations

import contextlib
import io
import json
import resource

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import (
    Allocation,
    InvalidQuestion,
    allocate,
    certify,
    explain_all,
    parse_question,
    read_question,
)
from cauce_engine.__main__ import main
from cauce_engine.formats.columnar import answer_document, answer_in_columns, question_in_columns
from tests.engine.questions import class_documents, region_documents, serial_documents, stable_documents


def file_of(**columns) -> bytes:
    """A file as an outsider would write it, with `numpy.savez`."""
    file = io.BytesIO()
    np.savez(file, **columns)
    return file.getvalue()


def written(**more) -> dict:
    head = {"format": "cauce-question/1", "mechanism": "serial", "merit": [{"decimals": 1}]}
    return {
        "question": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "applicants": np.array(["c", "a", "ñ"]),
        "choice_counts": np.array([2, 1, 1]),
        "choices": np.array([1, 0, 1, 1]),
        "posts": np.array(["q", "p"]),
        "capacities": np.array([1, 2]),
        "merit_1": np.array([-714, 5, 68]),
        **more,
    }


SAME = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "c", "choices": ["p", "q"], "merit": ["-71.4"]},
        {"id": "a", "choices": ["p"], "merit": ["0.5"]},
        {"id": "ñ", "choices": ["p"], "merit": ["6.8"]},
    ],
    "posts": [{"id": "q", "capacity": 1}, {"id": "p", "capacity": 2}],
}


def test_a_file_written_by_numpy_is_the_same_question():
    assert read_question(file_of(**written())).digest == parse_question(SAME).digest


DOCUMENTS = st.one_of(serial_documents(), stable_documents(), class_documents(), region_documents())


@given(DOCUMENTS)
def test_columns_and_json_are_the_same_question(document):
    question = parse_question(document)
    if any(name.endswith("\0") for name in (*question.applicants, *question.posts)):
        return
    again = read_question(b"".join(question_in_columns(question)))
    assert again.canonical() == question.canonical()


@given(DOCUMENTS)
def test_columns_and_json_are_the_same_answer(document):
    question = parse_question(document)
    answer = allocate(question)
    found = answer_document(b"".join(answer_in_columns(answer, explain_all(question, answer))))
    assert found == json.loads(answer.to_bytes())
    assert all(check.holds for check in certify(question, Allocation.from_document(question, found)))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"choices": np.array([1, 0, 2, 1])}, "applicants[1].choices[0]"),
        ({"choices": np.array([1, 1, 1, 1])}, "applicants[0].choices[1]"),
        ({"choices": np.array([1.0, 0, 1, 1])}, "choices"),
        ({"choices": np.array([1, 0, 1])}, "choices"),
        ({"choice_counts": np.array([2, 1])}, "choice_counts"),
        ({"choice_counts": np.array([2, 3, -1])}, "choice_counts"),
        ({"applicants": np.array(["c", "c", "ñ"])}, "applicants[1].id"),
        ({"applicants": np.array([b"c", b"\xff", b"d"])}, "applicants"),
        ({"capacities": np.array([1, -2])}, "posts[1].capacity"),
        ({"merit_1": np.array([1, 2])}, "merit_1"),
        ({"merit_1": np.array([b"1", b"x", b"2"])}, "applicants[1].merit[0]"),
        ({"merit_1": np.array([1.5, 2, 3])}, "merit_1"),
        ({"stranger": np.array([1])}, "stranger"),
        ({"order_counts": np.array([-1, 1]), "order_applicants": np.array([0])}, "order_counts"),
        ({"question": np.frombuffer(b"[]", np.uint8)}, "question"),
        ({"question": np.frombuffer(b'{"format":"cauce-question/1","a":1}', np.uint8)}, "question"),
        ({"applicants": np.array([{}, 1, 2], object)}, "applicants"),
        ({"posts": np.array([["q", "p"]])}, "posts"),
    ],
)
def test_a_contradiction_is_refused_with_its_place(change, place):
    with pytest.raises(InvalidQuestion) as refused:
        read_question(file_of(**written(**change)))
    assert refused.value.place == place
    assert refused.value.said("es") != refused.value.said("en")


def test_orders_are_refused_where_they_contradict_themselves():
    head = np.frombuffer(b'{"format":"cauce-question/1","mechanism":"stable"}', np.uint8)
    good = {"order_counts": np.array([-1, 2]), "order_applicants": np.array([2, 0])}
    base = written(question=head)
    del base["merit_1"]
    assert read_question(file_of(**base, **good)).orders is not None
    for change, place in (
        ({"order_applicants": np.array([2, 2])}, "order_applicants (posts[1])"),
        ({"order_applicants": np.array([2, 3])}, "order_applicants[1]"),
        ({"order_applicants": np.array([2])}, "order_applicants"),
        ({"order_levels": np.array([0, 2])}, "order_levels"),
        ({"order_levels": np.array([0, 0]), "order_inner": np.array([True, False])}, "order_inner"),
    ):
        with pytest.raises(InvalidQuestion) as refused:
            read_question(file_of(**base, **{**good, **change}))
        assert refused.value.place == place


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data):
    whole = bytearray(file_of(**written()))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    with contextlib.suppress(InvalidQuestion):
        read_question(bytes(whole[:cut]))


def test_a_compressed_file_is_refused():
    file = io.BytesIO()
    np.savez_compressed(file, **written())
    with pytest.raises(InvalidQuestion, match="compressed"):
        read_question(file.getvalue())


def test_a_column_that_declares_more_than_there_is_allocates_nothing():
    whole = file_of(**written())
    huge = whole.replace(b"'shape': (3,), }          ", b"'shape': (3000000000,), } ")
    assert huge != whole
    assert len(huge) == len(whole)
    with pytest.raises(InvalidQuestion):
        read_question(huge)


def test_the_command_takes_and_gives_columns(tmp_path):
    files = {name: tmp_path / name for name in ("q.json", "q.cauce", "a.cauce", "b.json", "back.json")}
    files["q.json"].write_bytes(parse_question(SAME).canonical())
    assert main(["convert", str(files["q.json"]), "--out", str(files["q.cauce"])]) == 0
    assert main(["convert", str(files["q.cauce"]), "--out", str(files["back.json"])]) == 0
    assert files["back.json"].read_bytes() == files["q.json"].read_bytes()
    assert main(["solve", str(files["q.cauce"]), "--explanations", "--out", str(files["a.cauce"])]) == 0
    assert main(["solve", str(files["q.cauce"]), "--out", str(files["b.json"])]) == 0
    for question in ("q.json", "q.cauce"):
        for answer in ("a.cauce", "b.json"):
            assert main(["verify", str(files[question]), str(files[answer])]) == 0
            assert main(["explain", str(files[question]), str(files[answer]), "--applicant", "ñ"]) == 0


def test_the_command_says_in_one_sentence_what_is_wrong_with_a_file(tmp_path, capsys):
    path = tmp_path / "q.cauce"
    path.write_bytes(file_of(**written())[:-9])
    assert main(["solve", str(path)]) == 2
    assert "no es un archivo de columnas" in capsys.readouterr().err


def test_a_sparse_file_of_gigabytes_is_refused_without_being_read(tmp_path):
    path = tmp_path / "q.cauce"
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(10 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert main(["solve", str(path)]) == 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
