"""F1: marks moved in a transfer. In 2018 about 1,500 offers of specialist training were withdrawn in the United Kingdom.

Two files that must agree: a shifted column in one of them is refused, told row by row, and nobody gets a score.

Proven by taking the safeguards out of ``calls.rules.scores``: with ``differences`` blind to unequal values the command
ends well and the page offers to load; with ``shifts`` silent the shift is no longer named.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from cauce.accounts.roles import Role
from cauce.base import imports
from cauce.base.models import AuditEvent
from cauce.calls.models import ScoreReview
from cauce.calls.rules.scores import Scored, anomalies, shifts
from tests.accounts import factories as accounts
from tests.calls import factories as make

WRITTEN = {**make.SCORE, "key": "written", "label": "Examen"}
CASES = {**make.SCORE, "key": "cases", "label": "Casos"}
LABELS = ["Examen", "Casos"]


def csv_of(rows):
    return "\n".join(["Folio,Examen,Casos", *(",".join(row) for row in rows)]).encode() + b"\n"


@pytest.fixture
def call(transactional_db):
    return make.call("JR24", score_criteria=[WRITTEN, CASES])


@pytest.fixture
def rows(call):
    made = []
    for at in range(20):
        one = make.application(call, make.person(), merit=[])
        made.append([one.folio, f"{60 + at * 1.5:.3f}", f"{58 + at * 1.5 + (at * 7 % 5) / 10:.3f}"])
    return made


def shifted(rows):
    """The second column moved down by a row from the fifth person on."""
    moved = [row[2] for row in rows]
    moved = moved[:4] + moved[3:-1]
    return [[row[0], row[1], value] for row, value in zip(rows, moved, strict=True)]


def merits(call):
    return {tuple(merit) for merit in call.applications.values_list("merit", flat=True)}


def files(tmp_path, a, b):
    (tmp_path / "a.csv").write_bytes(a)
    (tmp_path / "b.csv").write_bytes(b)
    return tmp_path / "a.csv", tmp_path / "b.csv"


def test_a_shifted_column_is_refused_with_the_differing_rows_and_a_bad_exit(call, rows, tmp_path, capsys):
    a, b = files(tmp_path, csv_of(rows), csv_of(shifted(rows)))
    with pytest.raises(CommandError) as refused:  # the process ends with 1
        call_command("import_scores", call.code, a, b, apply=True)
    told = capsys.readouterr().out
    assert refused.value.returncode == 1
    folded = "".join(told.split())
    assert all(row[0] in folded for row in rows[4:])
    assert not any(f"{row[0]}:elarchivoBdice" in folded for row in rows[:4])
    assert "recorrida" in told
    assert merits(call) == {()}
    assert not AuditEvent.objects.filter(action="calls.load_scores").exists()


def test_files_in_another_order_and_form_that_agree_are_loaded_and_again_changes_nothing(
    call, rows, tmp_path
):
    other = csv_of(rows[::-1]).decode().replace(",", ";").encode("utf-16")
    a, b = files(tmp_path, csv_of(rows), other)
    call_command("import_scores", call.code, a, b)
    assert merits(call) == {()}
    call_command("import_scores", call.code, a, b, apply=True)
    assert merits(call) == {(row[1], row[2]) for row in rows}
    call_command("import_scores", call.code, a, b, apply=True)
    assert (
        AuditEvent.objects.filter(action="calls.load_scores").order_by("-pk").first().detail["changed"] == 0
    )


def test_a_copy_of_the_same_file_proves_nothing(call, rows, tmp_path, capsys):
    a, b = files(tmp_path, csv_of(rows), csv_of(rows))
    with pytest.raises(CommandError):
        call_command("import_scores", call.code, a, b, apply=True)
    assert "mismo" in capsys.readouterr().out
    assert merits(call) == {()}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: [*rows[:-1], [rows[-1][0], "140.000", "80.000"]],
        lambda rows: [*rows, rows[0]],
        lambda rows: [*rows, ["JR24-999999-9", "70.000", "70.000"]],
        lambda rows: [[row[0], row[1]] for row in rows],
    ],
    ids=["impossible value", "folio twice", "unknown folio", "missing column"],
)
def test_impossible_values_repeated_and_unknown_folios_are_refused(call, rows, tmp_path, spoil):
    a, b = files(tmp_path, csv_of(spoil(rows)), csv_of(rows[::-1]))
    with pytest.raises(CommandError):
        call_command("import_scores", call.code, a, b, apply=True)
    assert merits(call) == {()}


@pytest.fixture
def desk(call, client):
    """A manager at the page: send files, have the worker work, read what is shown."""
    client.force_login(accounts.make_officer(Role.CALL_MANAGER, call.institution_id))

    def work():
        call_command("work", once=True, quiet=True)

    def here(name="scores", *more):
        return reverse(f"calls:{name}", args=[call.code, *more])

    def send(a, b):
        files = {"a": SimpleUploadedFile("a.csv", a), "b": SimpleUploadedFile("b.csv", b)}
        assert client.post(here(), files).status_code == 302
        assert "espera su turno" in client.get(here()).text
        work()
        return client.get(here()).text

    def confirm(**said):
        digest = imports.pending("scores", call.code).digest
        client.post(here("scores_confirm"), {"digest": digest, **said})

    return SimpleNamespace(client=client, send=send, confirm=confirm, work=work, here=here)


def test_the_page_compares_first_and_loads_only_what_agrees(call, rows, desk):
    refused = desk.send(csv_of(rows), csv_of(shifted(rows)))
    assert "recorrida" in refused
    assert f"{rows[4][0]}: el archivo B dice" in refused
    assert "Cargar este archivo" not in refused
    desk.confirm()
    assert imports.pending("scores", call.code).state == "read"
    assert desk.client.get(desk.here("scores_report")).content[:2] == b"PK"
    assert "Se puede cargar" in desk.send(csv_of(rows), csv_of(rows[::-1]))
    assert merits(call) == {()}
    desk.confirm()
    desk.work()
    assert merits(call) == {(row[1], row[2]) for row in rows}
    assert "Tienen puntaje 20 de 20" in desk.client.get(desk.here()).text


def test_who_asks_for_a_second_look_is_seen_before_loading_and_reviewed_after_it(call, rows, desk):
    odd = [[*row] for row in rows]
    odd[10][2] = "99.900"
    shown = desk.send(csv_of(odd), csv_of(odd[::-1]))
    assert shown.index(odd[10][0]) < shown.index("Subir otro archivo")
    desk.confirm()
    assert imports.pending("scores", call.code).state == "read"  # nobody said that they looked
    desk.confirm(has_looked="on")
    desk.work()
    review = ScoreReview.objects.get(kind="scores")
    assert review.application.folio == odd[10][0]
    assert review.application.merit == odd[10][1:]  # nobody is excluded and no value changes
    page = desk.here("score_review", review.pk)
    assert "99.900" in desk.client.get(page).text
    assert desk.client.post(page, {"outcome": "bien"}).status_code == 422
    assert desk.client.post(page, {"outcome": "El acta confirma los dos puntajes."}).status_code == 302
    assert "El acta confirma" in desk.client.get(page).text
    assert desk.client.post(page, {"outcome": "Otra cosa, distinta del todo."}).status_code == 422
    desk.send(csv_of(odd), csv_of(odd[::-1]).replace(b"99.900", b"99.9"))
    desk.confirm(has_looked="on")
    desk.work()
    assert [one.outcome for one in ScoreReview.objects.filter(kind="scores")] == [
        "El acta confirma los dos puntajes."
    ]


def test_scores_of_who_applied_meanwhile_stay_as_they_were_and_files_of_another_call_do_nothing(
    call, rows, desk
):
    desk.send(csv_of(rows), csv_of(rows[::-1]))
    desk.confirm()
    late = make.application(call, make.person(), merit=["1", "2"])
    desk.work()
    late.refresh_from_db()
    assert late.merit == ["1", "2"]


def scores(pairs):
    return {f"F{at}": Scored(at + 2, pair) for at, pair in enumerate(pairs)}


def test_a_section_that_contradicts_the_other_and_equal_rows_open_a_review_and_change_nothing():
    pairs = [(f"{60 + at}", f"{58 + at + (at * 7 % 5) / 10}") for at in range(20)]
    assert anomalies([WRITTEN, CASES], scores(pairs)) == []
    odd = [*pairs[:10], ("70", "99.0"), *pairs[11:]]
    assert {each.folio for each in anomalies([WRITTEN, CASES], scores(odd))} == {"F10"}
    same = [*pairs[:5], pairs[5], pairs[5], pairs[5], *pairs[8:]]
    assert "F7" in {each.folio for each in anomalies([WRITTEN, CASES], scores(same))}


def test_swapped_columns_are_named():
    pairs = [(f"{60 + at}", f"{80 + at}") for at in range(5)]
    told = shifts(LABELS, scores(pairs), scores([(two, one) for one, two in pairs]))
    assert any("trae los valores de" in sentence for sentence in told)
