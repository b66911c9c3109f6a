"""The public package: repeatable, and no byte of it can change unseen."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import Lottery, allocate, build_package, commitment_of, parse_question, verify_package
from cauce_engine.package import MOST_FILES, verify_answer
from tests.engine.examples import examples

DOCUMENT = {
    "format": "cauce-question/1",
    "mechanism": "serial",
    "applicants": [
        {"id": "F-1", "choices": ["cardio", "pedia"], "merit": ["71.4"]},
        {"id": "F-2", "choices": ["cardio"], "merit": ["71.4"]},
        {"id": "F-3", "choices": ["cardio", "pedia"], "merit": ["68.0"]},
    ],
    "posts": [{"id": "cardio", "capacity": 1}, {"id": "pedia", "capacity": 1}],
    "lottery": Lottery("semilla", commitment_of("semilla"), "4417").to_document(),
}
QUESTION = parse_question(DOCUMENT)
ANSWER = allocate(QUESTION)
PACKAGE = build_package(QUESTION, ANSWER, extra={"rules.json": b'{"version": 3}'})


def test_a_package_is_verified_and_repeatable(tmp_path):
    assert build_package(QUESTION, allocate(QUESTION), extra={"rules.json": b'{"version": 3}'}) == PACKAGE
    path = tmp_path / "paquete.zip"
    path.write_bytes(PACKAGE)
    for report in (verify_package(PACKAGE), verify_package(path)):
        assert report.verified
        assert report.exit_status == 0
        assert report.question_digest == QUESTION.digest
        assert report.line("es").startswith("Verificada: 3 personas, 2 plazas, 8 propiedades se cumplen")
        assert report.line("en").startswith("Verified: 3 people, 2 posts, 8 properties hold")


def test_any_archive_program_opens_it():
    with zipfile.ZipFile(io.BytesIO(PACKAGE)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        assert archive.read("question.json") == QUESTION.canonical()
        assert archive.read("answer.json") == ANSWER.to_bytes()
        assert archive.read("rules.json") == b'{"version": 3}'
        listed = {entry["name"] for entry in json.loads(archive.read("manifest.json"))["files"]}
        assert listed == set(archive.namelist()) - {"manifest.json"}
        assert "verify" in archive.read("LEEME.txt").decode()
        assert "verify" in archive.read("README.txt").decode()


@examples(300)
@given(st.integers(0, len(PACKAGE) - 1), st.integers(1, 255))
def test_any_single_changed_byte_is_found(at, change):
    report = verify_package(PACKAGE[:at] + bytes([PACKAGE[at] ^ change]) + PACKAGE[at + 1 :])
    assert not report.verified
    assert report.exit_status in (1, 2)
    assert "\n" not in report.line("es") + report.line("en")


@given(st.integers(0, len(PACKAGE)), st.binary(min_size=1, max_size=5))
def test_cut_or_lengthened_archives_are_found(at, more):
    assert at == len(PACKAGE) or not verify_package(PACKAGE[:at]).verified
    assert not verify_package(PACKAGE[:at] + more + PACKAGE[at:]).verified


def repacked(**changes):
    """The package with whole files changed and a manifest that vouches for them."""
    import dataclasses

    from cauce_engine import package

    files = package._read(PACKAGE) | {name.replace("_", "."): data for name, data in changes.items()}
    files.pop("manifest.json")
    files["manifest.json"] = package._manifest(files, "1.0.0", QUESTION.digest)
    assert dataclasses.is_dataclass(ANSWER)
    return package._written(files)


def test_a_changed_place_is_named_with_both_values():
    document = ANSWER.to_document()
    document["places"]["F-3"] = None
    report = verify_package(repacked(answer_json=json.dumps(document).encode()))
    assert report.exit_status == 1
    assert 'answer, places["F-3"]: published null, recomputed "pedia"' in report.line("en")
    assert 'publicado null, recalculado "pedia"' in report.line("es")
    assert "A4" in report.line("es")


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("cutoffs", {"cardio": {"open": "F-3"}, "pedia": {"open": "F-3"}}, 'cutoffs["cardio"]["open"]'),
        ("unique", None, "unique"),
        ("dropped", [{"applicant": "F-1", "post": "pedia", "why": "x"}], "dropped[0]"),
        ("checks", [], 'checks["A1"]'),
    ],
)
def test_other_changes_are_named_too(field, value, place):
    document = ANSWER.to_document()
    document[field] = value
    report = verify_answer(QUESTION.canonical(), json.dumps(document).encode())
    assert report.exit_status == 1
    assert f"answer, {place}: " in report.line("en")


def test_an_answer_to_another_question_differs():
    other = parse_question(
        {**DOCUMENT, "posts": [{"id": "cardio", "capacity": 1}, {"id": "pedia", "capacity": 2}]}
    )
    report = verify_answer(other.canonical(), ANSWER.to_bytes())
    assert report.exit_status == 1
    assert "question" in report.line("en")


def test_a_changed_file_is_named():
    at = PACKAGE.index(b'{"version": 3}') + 12
    report = verify_package(PACKAGE[:at] + b"4" + PACKAGE[at + 1 :])
    assert report.line("es").startswith(
        "No verificada: rules.json no es el archivo del manifiesto (publicado "
    )


def archive(files, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **options) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        archive([]),
        archive([("../../etc/passwd", b"x")]),
        archive([("folder/question.json", b"{}")]),
        archive([("/question.json", b"{}")]),
        archive([(f"f{n}", b"") for n in range(MOST_FILES + 1)]),
        archive([("question.json", b"0" * 10**6)], compression=zipfile.ZIP_DEFLATED),
        archive([("question.json", b"{}"), ("answer.json", b"{}"), ("manifest.json", b"{}")]),
        archive([("question.json", b"[" * 99999), ("answer.json", b"{}"), ("manifest.json", b"[1]")]),
    ],
)
def test_hostile_archives_are_refused(data):
    report = verify_package(data)
    assert not report.verified
    assert report.line("es")


@pytest.mark.parametrize("name", ["manifest.json", "question.json", "a/b", "../a", "", "ñ", ".hidden"])
def test_extra_files_have_plain_names(name):
    with pytest.raises(ValueError, match="extra file"):
        build_package(QUESTION, ANSWER, extra={name: b""})


def test_a_missing_package_is_a_sentence(tmp_path):
    report = verify_package(tmp_path / "none.zip")
    assert report.exit_status == 2
    assert (
        report.line("es") == "No se puede verificar: el archivo no se puede abrir: No such file or directory"
    )
