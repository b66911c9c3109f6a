"""F24: local committees ranked people with spreadsheets nobody could read (Parcoursup, France).

A committee's score enters only through sealed sheets of a published rubric; at every other way in, it is refused.
Seen to fail: with ``refused_column`` reading its cell, a file set the value; without ``without_record`` in ``freeze``
a value that was written into the database was ranked.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from cauce.accounts.queries import actor_for
from cauce.allocation import operations as allocation
from cauce.allocation.models import Run
from cauce.base.imports import Bad
from cauce.base.models import Import
from cauce.calls import intake, operations, queries
from cauce.calls.intake import Pair
from cauce.calls.intake.applicants import columns as applicant_columns
from cauce.calls.models import Application, ListVersion
from cauce.calls.operations.application import save_details
from cauce.calls.rules.application import check_sendable
from cauce.calls.rules.drafting import criterion_problem
from cauce.calls.rules.panels import without_recorded
from tests.accounts import factories as accounts
from tests.calls import factories as make
from tests.calls import kinds
from tests.calls.kinds import EXAM, TALK, seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return kinds.world()


def merit(world):
    return Application.objects.get(pk=world.one.pk).merit


def test_a_file_of_scores_with_the_column_is_refused_whole(world):
    known = queries.score_lookup(world.call.code)
    a = f"Folio,Examen,Entrevista\n{world.one.folio},88.000,99\n".encode()
    b = f"Folio,Examen,Entrevista\n{world.one.folio},88.000,99.0\n".encode()
    sheet, scores = intake.read_pair(Pair(a, b), known.criteria, known.folios)
    assert scores == {}
    assert any("ningún archivo" in one.sentence for one in sheet.report.findings)


def test_the_same_files_without_it_load_and_leave_it_alone(world):
    known = queries.score_lookup(world.call.code)
    a, b = (f"{head}\n{world.one.folio},88.000\n".encode() for head in ("Folio,Examen", "folio,Examen"))
    sheet, scores = intake.read_pair(Pair(a, b), known.criteria, known.folios)
    assert not sheet.report.faults
    pair = Pair(a, b).packed()
    taken = operations.receive_scores(
        actor=world.manager, call=world.call, name="a + b", data=pair, now=world.late, by_task=False
    )
    Import.objects.filter(pk=taken.pk).update(state="loading")
    seal_all(world)
    operations.load_scores(actor=world.manager, call=world.call, taken=taken, scores=scores, now=world.late)
    assert merit(world) == ["88.000", "100.00"]


def seal_all(world):
    for judge in world.judges:
        seal(judge, world.interview, 4, 4, now=world.late)


def test_a_table_of_paper_applications_cannot_bring_it(world):
    lookup = queries.filing_lookup(world.call, today=world.late.date())
    column = next(one for one in applicant_columns(lookup) if TALK["label"] in one.names)
    assert column.parse("") == ""
    with pytest.raises(Bad, match="ningún archivo"):
        column.parse("99")
    assert without_recorded([EXAM, TALK], ["80.000", "99.00"]) == ("80.000", "")


def test_nobody_declares_it(world):
    assert criterion_problem({**TALK, "declared": True}, {"talk": 1})
    draft = make.application(world.call, make.person("Delia"), merit=[], state="draft")
    user = accounts.make_user(draft.person)
    save_details(
        application=draft, specialty_id=make.specialty().pk, declared={"talk": "99", "exam": "99"}, phone="",
        actor=actor_for(user), now=make.CLOSES - timedelta(days=1),
    )  # fmt: skip
    assert Application.objects.get(pk=draft.pk).merit == []


def test_a_value_that_no_sheet_gives_stops_the_run(world):
    """Even written straight into the database."""
    seal_all(world)
    second = world.two
    for judge in world.judges:
        seal(judge, second.interview, 2, 2, now=world.late + timedelta(hours=1))
    assert queries.without_record(world.call) == []
    post = make.post(world.call)
    for one in (world.one, second):
        ListVersion.objects.create(
            application=one, number=1, based_on=0, posts=[post.pk], saved_at=make.CLOSES, sent_at=make.CLOSES,
            receipt=f"{one.folio}-1", digest="0" * 64,
        )  # fmt: skip
    Application.objects.filter(pk=second.pk).update(merit=["80.000", "100.00"])
    assert queries.without_record(world.call) == [second.folio]
    later = world.late + timedelta(days=9)
    run = allocation.request_run(actor=world.manager, call=world.call, after=0, now=later)
    allocation.execute(run_id=run.pk, task_id=uuid4(), read_clock=lambda: later)
    assert Run.objects.get(pk=run.pk).failure == "merit_without_sheets"


def test_a_sheet_changed_behind_its_seal_counts_for_nothing(world):
    seal_all(world)
    sheet = world.interview.sheets.first()
    sheet.levels = {"c1": 0, "c2": 0}
    sheet.save(update_fields=["levels"])
    assert queries.without_record(world.call) == [world.one.folio]


def test_sending_does_not_wait_for_the_interview(world):
    post = make.post(world.call)
    facts = next(iter(queries.filing_lookup(world.call, today=world.late.date()).posts.values()))
    check_sendable(
        world.call, post.specialty_id, ["80.000", ""], [post.pk], known={post.pk: facts}, offered=[facts]
    )
