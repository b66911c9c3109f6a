"""Ask, carry out, sign, publish, tell: what changes, what is refused, and that doing it twice is harmless."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation
from django_tasks_db.models import DBTaskResult

from cauce.accounts.models import User
from cauce.allocation import bridge, operations, queries
from cauce.allocation.models import Cutoff, Placement, Run, RunState, Signature
from cauce.allocation.queries.words import failure_sentence
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.calls.models import Application, Call, ListVersion, ScoreReview
from cauce.notices.models import Message
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db


def test_a_run_keeps_question_answer_places_and_cutoffs(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)

    assert run.state == RunState.CERTIFIED
    assert run.failure == ""
    assert {check["name"] for check in run.checks} == {"A1", "A2", "A3", "A4", "A6", "A7", "A8", "A10"}
    assert all(check["holds"] for check in run.checks)
    by_folio = {
        one.application.folio: (one.place, one.post, one.rank)
        for one in Placement.objects.filter(run=run).select_related("application", "post")
    }
    first, second, third, *tied = (one.folio for one in lists.applications)
    one, two, three = lists.posts
    assert by_folio[first] == (1, one, 1)
    assert by_folio[second] == (2, two, 2)
    assert by_folio[third] == (3, three, 3)
    assert sorted(by_folio[folio][1:] for folio in tied if by_folio[folio][1]) == [(three, 2)]
    cut = Cutoff.objects.get(run=run, post=two)
    assert (cut.seats, cut.taken, cut.listed, cut.last_place, cut.last_merit) == (
        1,
        1,
        5,
        2,
        ["80.500", "31"],
    )
    assert run.facts["placed"] == 4
    assert run.facts["tied"] == 2
    assert run.facts["empty"] == 0
    assert set(run.timings) == {"look", "freeze", "solve", "keep"}


def test_the_question_holds_folios_and_the_committed_seed_and_nothing_personal(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    question = bridge.opened(bytes(run.question)).decode()
    package = bridge.opened(bytes(run.package))
    assert make.SEED in question
    assert lists.applications[0].folio in question
    for name in ("Mariana", "Xool", "Persona"):
        assert name not in question
        assert name.encode() not in package


def test_only_the_newest_sent_list_of_who_did_not_withdraw_counts(call, staff, lists, now):
    first, second = lists.applications[:2]
    ListVersion.objects.create(
        application=first,
        number=2,
        based_on=1,
        posts=[lists.posts[1].pk],
        saved_at=now,
        sent_at=now,
        receipt="R2",
        digest="e" * 64,
    )
    ListVersion.objects.create(application=first, number=3, based_on=2, posts=[], saved_at=now)
    Application.objects.filter(pk=second.pk).update(state="withdrawn", withdrawn_at=now)
    found = queries.sent_lists(call)
    assert second.folio not in found.folios
    assert found.posts[found.folios.index(first.folio)] == [lists.posts[1].pk]


def test_a_double_click_asks_once(call, staff, lists, now):
    one = operations.request_run(actor=staff.carla, call=call, after=0, now=now)
    two = operations.request_run(actor=staff.carla, call=call, after=0, now=now + timedelta(seconds=1))
    assert one == two
    operations.execute(run_id=one.pk, task_id=one.task_id, read_clock=lambda: now)
    late = operations.request_run(actor=staff.carla, call=call, after=0, now=now + timedelta(seconds=2))
    assert late == one, "the first click's run is over, and the second click still saw none"
    assert Run.objects.count() == 1
    assert DBTaskResult.objects.filter(task_path=operations.EXECUTE).count() == 1
    again = operations.request_run(actor=staff.carla, call=call, after=1, now=now)
    assert again.number == 2


def test_who_may_not_and_when_not(call, staff, lists, now):
    for actor in (staff.dario, staff.sofia, staff.aurelio, staff.mariana, staff.nobody):
        with pytest.raises(Denied):
            operations.request_run(actor=actor, call=call, after=0, now=now)
    with pytest.raises(Denied, match="todavía no cierra"):
        operations.request_run(actor=staff.carla, call=call, after=0, now=call.closes_at)
    assert operations.request_run(
        actor=staff.carla, call=call, after=0, now=call.closes_at + timedelta(seconds=1)
    )


def test_a_run_without_lists_or_merit_fails_with_its_reason_and_can_be_asked_for_again(call, staff, now):
    run = make.done_run(staff.carla, call, now)
    assert (run.state, run.failure) == (RunState.FAILED, "no_lists")
    [post] = make.posts(call, 1)
    lacking = make.application(call, 1, ["80.000"], [post], now=now)
    run = make.done_run(staff.carla, call, now)
    assert lacking.folio in failure_sentence(run.failure, run.facts["failure"])
    assert not Placement.objects.exists()
    Application.objects.update(merit=["80.000", "1"])
    assert make.done_run(staff.carla, call, now).state == RunState.CERTIFIED


def test_a_post_of_another_call_fails_the_run_by_name(call, staff, now):
    other = make.closed_call(now, "RM23")
    [strange] = make.posts(other, 1)
    make.application(call, 1, ["80.000", "1"], [strange], now=now)
    run = make.done_run(staff.carla, call, now)
    assert (run.state, run.failure) == (RunState.FAILED, "unanswerable")
    assert str(strange.pk) in run.facts["failure"]["problem"]


def test_a_seed_that_was_not_committed_fails_the_run(call, staff, lists, now):
    type(call).objects.update(lottery_seed="b" * 64)
    run = make.done_run(staff.carla, call, now)
    assert (run.state, run.failure) == (RunState.FAILED, "unanswerable")
    assert "semilla" in failure_sentence(run.failure, run.facts["failure"])
    with translation.override("en"):
        assert "commitment" in failure_sentence(run.failure, run.facts["failure"])


def test_a_defect_of_ours_is_noted_and_raised(call, staff, lists, now, monkeypatch):
    run = operations.request_run(actor=staff.carla, call=call, after=0, now=now)

    def broken(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(bridge, "solve", broken)
    with pytest.raises(MemoryError):
        operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    run.refresh_from_db()
    assert (run.state, run.failure) == (RunState.FAILED, "broken")
    assert not Placement.objects.exists()


def test_lists_that_change_after_freezing_stop_the_run(call, staff, lists, now):
    run = operations.request_run(actor=staff.carla, call=call, after=0, now=now)
    operations.freeze(actor=staff.carla, work=operations.Work(run.pk), now=now)
    Application.objects.filter(pk=lists.applications[0].pk).update(state="withdrawn", withdrawn_at=now)
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    run.refresh_from_db()
    assert (run.state, run.failure) == (RunState.FAILED, "lists_changed")


def test_a_task_that_died_for_good_gives_way(call, staff, lists, now):
    run = operations.request_run(actor=staff.carla, call=call, after=0, now=now)
    DBTaskResult.objects.filter(pk=run.task_id).update(
        status="FAILED", exception_class_path="x", traceback="x"
    )
    again = operations.request_run(actor=staff.carla, call=call, after=1, now=now)
    run.refresh_from_db()
    assert (run.state, run.failure, again.number) == (RunState.FAILED, "silent", 2)


def test_two_workers_at_once_keep_one_answer(call, staff, lists, now):
    run = operations.request_run(actor=staff.carla, call=call, after=0, now=now)
    slow = operations.Work(run.pk)
    operations.freeze(actor=staff.carla, work=slow, now=now)
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    kept = Run.objects.get(pk=run.pk)
    answer = bridge.solve(slow.frozen, extra=slow.extra)
    operations.keep(actor=staff.carla, work=slow, answer=answer, now=now)
    assert answer.digest == kept.answer_digest
    assert answer.package_digest == kept.package_digest
    assert Placement.objects.filter(run=run).count() == 5


def test_a_second_run_says_that_nobody_changes_and_another_who_does(call, staff, lists, now):
    first, second = make.done_run(staff.carla, call, now), make.done_run(staff.carla, call, now)
    assert second.answer_digest == first.answer_digest
    assert second.facts["against"] == {"number": 1, "same": 5, "count": 0, "gone": 0, "changed": []}
    third_person = lists.applications[2]
    Application.objects.filter(pk=third_person.pk).update(merit=["80.500", "35"])
    third = make.done_run(staff.carla, call, now)
    changed = {folio: (before, after) for folio, before, after in third.facts["against"]["changed"]}
    two, three = lists.posts[1:]
    assert changed == {
        lists.applications[1].folio: (two.key, three.key),
        third_person.folio: (three.key, two.key),
    }


# ------------------------------------------------------------------ signing


def test_two_different_people_sign_and_then_it_is_published(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
    letters = Message.objects.values_list("user__email", "link")
    assert dict(letters) == {
        "sofia@x.mx": "/gestion/RM24/corridas/1/",
        "pilar@x.mx": "/gestion/RM24/corridas/1/privacidad/",
    }
    with pytest.raises(operations.AlreadySigned, match="de otra persona"):
        operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
    with pytest.raises(Denied, match="Faltan firmas"):
        operations.publish(actor=staff.carla, run=run, now=now)
    operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
    assert [(one.user_id, one.office) for one in run.signatures.order_by("pk")] == [
        (staff.carla.user_id, "call_manager"),
        (staff.sofia.user_id, "second_signatory"),
    ]
    with pytest.raises(Denied, match="Falta la revisión"):
        operations.publish(actor=staff.sofia, run=run, now=now)
    make.reviewed(run, now)
    operations.publish(actor=staff.sofia, run=run, now=now)
    operations.publish(actor=staff.sofia, run=run, now=now + timedelta(seconds=1))
    run.refresh_from_db()
    assert (run.state, run.published_at) == (RunState.PUBLISHED, now)
    assert DBTaskResult.objects.filter(task_path=operations.TELL).count() == 1
    with pytest.raises(Denied, match="ya se publicaron"):
        operations.request_run(actor=staff.carla, call=call, after=1, now=now)


def test_who_signs_has_seen_every_open_review_of_scores(call, staff, lists, now):
    """F1: two files that agree may both be wrong; what stood out in them is not signed over unread."""
    run = make.done_run(staff.carla, call, now)
    opened = [
        ScoreReview.objects.create(application=one, sentence="Lejos.", digest="0" * 64, opened_at=now)
        for one in lists.applications[:2]
    ]
    for seen in (0, 1):  # one was opened after the page was shown
        with pytest.raises(Denied, match="revisiones de puntajes"):
            operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, reviews_seen=seen, now=now)
    operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, reviews_seen=2, now=now)
    assert AuditEvent.objects.get(action="allocation.sign").detail["reviews"] == 2
    ScoreReview.objects.filter(pk__in=[one.pk for one in opened]).update(
        closed_at=now, closed_by=staff.users["carla"], outcome="Está bien.", decision="cleared"
    )
    operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
    assert run.signatures.count() == 2


@pytest.fixture
def signed_early(call, staff, lists, now):
    """A run with both signatures, five days before the date that its call announced."""
    Call.objects.filter(pk=call.pk).update(results_at=now + timedelta(days=5))
    run = make.done_run(staff.carla, call, now)
    for actor in (staff.carla, staff.sofia):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    return make.reviewed(run, now)


@pytest.mark.parametrize("reason", ["", "   ", "porque sí"])
def test_before_the_announced_date_nothing_is_published_without_a_reason(signed_early, staff, now, reason):
    with pytest.raises(operations.ReasonMissing) as refused:
        operations.publish(actor=staff.carla, run=signed_early, reason=reason, now=now)
    assert "15 de febrero de 2024" in str(refused.value.message)
    signed_early.refresh_from_db()
    assert signed_early.state == RunState.CERTIFIED
    assert not DBTaskResult.objects.filter(task_path=operations.TELL).exists()


def test_the_reason_of_publishing_early_stays_in_run_and_audit(signed_early, staff, now):
    reason = "La sede del acto público se adelantó."
    operations.publish(actor=staff.carla, run=signed_early, reason=f" {reason} ", now=now)
    signed_early.refresh_from_db()
    kept = {"announced": (now + timedelta(days=5)).isoformat(), "reason": reason}
    assert signed_early.facts["early"] == kept
    assert signed_early.facts["lists"] == 5
    assert AuditEvent.objects.get(action="allocation.publish").detail["early"] == kept


def test_from_the_announced_second_on_no_reason_is_asked_nor_kept(signed_early, staff, now):
    on_time = now + timedelta(days=5)
    with pytest.raises(operations.ReasonMissing):
        operations.publish(actor=staff.carla, run=signed_early, now=on_time - timedelta(microseconds=1))
    run = operations.publish(actor=staff.carla, run=signed_early, reason="No hace falta.", now=on_time)
    assert "early" not in run.facts


def test_who_may_not_sign_nor_publish(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    for actor in (staff.dario, staff.aurelio, staff.elena, staff.mariana, staff.nobody):
        with pytest.raises(Denied):
            operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
        with pytest.raises(Denied):
            operations.publish(actor=actor, run=run, now=now)
    assert not Signature.objects.exists()


def test_nothing_is_signed_nor_published_without_a_certificate(call, staff, lists, now):
    run = operations.request_run(actor=staff.carla, call=call, after=0, now=now)
    with pytest.raises(Denied, match="certificada"):
        operations.sign(actor=staff.carla, run=run, digest="", now=now)
    with pytest.raises(Denied, match="certificada"):
        operations.publish(actor=staff.carla, run=run, now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED, published_at=now)


def test_a_check_that_does_not_hold_stops_the_signature(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    checks = [{**check, "holds": check["name"] != "A3"} for check in run.checks]
    Run.objects.filter(pk=run.pk).update(checks=checks)
    with pytest.raises(Denied, match="certificada"):
        operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)


@pytest.mark.parametrize(
    "column", ["question", "answer", "package", "question_digest", "answer_digest", "package_digest"]
)
def test_the_database_refuses_to_change_what_a_run_froze(call, staff, lists, now, column):
    run = make.done_run(staff.carla, call, now)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(**{column: "sha256:0" if column.endswith("digest") else b"0"})


@pytest.mark.django_db(transaction=True)  # SQLite builds no trigger inside a transaction
def test_bytes_changed_behind_the_database_are_found_at_signing_and_at_publishing(call, staff, lists, now):
    from django.db import connection

    run = make.done_run(staff.carla, call, now)
    operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
    changed = bytearray(bridge.opened(bytes(run.answer)))
    changed[len(changed) // 2] ^= 1
    with connection.cursor() as cursor:  # what a person with the database's own keys could do
        where = " ON allocation_run" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER allocation_run_frozen{where}")
    try:
        import zlib

        Run.objects.filter(pk=run.pk).update(answer=zlib.compress(bytes(changed)))
        with pytest.raises(operations.AnswerChanged):
            operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
        Signature.objects.create(
            run=run,
            user_id=staff.sofia.user_id,
            office="second_signatory",
            answer_digest=run.answer_digest,
            at=now,
        )
        make.reviewed(run, now)
        with pytest.raises(operations.AnswerChanged):
            operations.publish(actor=staff.carla, run=run, now=now)
    finally:
        from importlib import import_module

        from django.apps import apps

        with connection.schema_editor() as editor:
            import_module("cauce.allocation.migrations.0002_frozen").forbid(apps, editor) if (
                connection.vendor != "postgresql"
            ) else editor.execute(
                "CREATE TRIGGER allocation_run_frozen BEFORE UPDATE ON allocation_run FOR EACH ROW "
                "WHEN (OLD.answer IS NOT NULL AND NEW.answer IS DISTINCT FROM OLD.answer) "
                "EXECUTE FUNCTION allocation_run_frozen()"
            )


def test_a_digest_other_than_the_one_shown_is_refused(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    with pytest.raises(operations.AnswerChanged):
        operations.sign(actor=staff.carla, run=run, digest="sha256:" + "0" * 64, now=now)


def test_a_sending_of_the_last_second_stored_late_stops_the_signatures(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
    ListVersion.objects.create(
        application=lists.applications[0],
        number=2,
        based_on=1,
        posts=[lists.posts[1].pk],
        saved_at=call.closes_at,
        sent_at=call.closes_at,
        receipt="R2",
        digest="e" * 64,
    )
    with pytest.raises(operations.ListsMissing, match="último segundo"):
        operations.sign(actor=staff.sofia, run=run, digest=run.answer_digest, now=now)
    again = make.done_run(staff.carla, call, now)
    assert again.facts["against"]["count"] > 0
    operations.sign(actor=staff.sofia, run=again, digest=again.answer_digest, now=now)


def test_a_signature_is_taken_back_until_publication(call, staff, lists, now):
    run = make.done_run(staff.carla, call, now)
    operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
    operations.withdraw_signature(actor=staff.carla, run=run, now=now)
    with pytest.raises(Denied, match="No hay una firma tuya"):
        operations.withdraw_signature(actor=staff.carla, run=run, now=now)
    assert not Signature.objects.exists()
    assert AuditEvent.objects.filter(action="allocation.withdraw_signature").count() == 1
    for actor in (staff.sofia, staff.carla):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    make.reviewed(run, now)
    operations.publish(actor=staff.carla, run=run, now=now)
    with pytest.raises(Denied, match="ya se publicó"):
        operations.withdraw_signature(actor=staff.carla, run=run, now=now)


def test_an_older_run_is_not_signed_while_a_newer_one_stands(call, staff, lists, now):
    old = make.done_run(staff.carla, call, now)
    make.done_run(staff.carla, call, now)
    with pytest.raises(Denied, match="más reciente"):
        operations.sign(actor=staff.carla, run=old, digest=old.answer_digest, now=now)


# ------------------------------------------------------------------- telling


def test_everybody_with_an_account_is_told_once_and_by_folio(call, staff, lists, now):
    run = make.published_run(staff, call, now)
    Message.objects.all().delete()
    User.objects.filter(pk=staff.users["bruno"].pk).update(language="en")
    for _ in range(2):
        operations.tell_everybody(run_id=run.pk, read_clock=lambda: now)
    letters = {letter.user: letter for letter in Message.objects.all()}
    assert set(letters) == {staff.users["mariana"], staff.users["bruno"]}
    letter = letters[staff.users["mariana"]]
    assert letter.link == f"/resultados/RM24/{lists.applications[2].folio}/"
    assert lists.applications[2].folio in letter.body
    assert "Mariana" not in letter.title + letter.body
    assert letters[staff.users["bruno"]].language == "en"
    assert letters[staff.users["bruno"]].title.startswith("Your result")


# ------------------------------------------------------------------- package


@pytest.mark.slow
def test_the_package_is_verified_without_the_product_and_one_changed_byte_is_found(
    call, staff, lists, now, tmp_path
):
    run = make.done_run(staff.carla, call, now)
    whole, changed = tmp_path / "whole.zip", tmp_path / "changed.zip"
    data = bytearray(bridge.opened(bytes(run.package)))
    whole.write_bytes(data)
    data[data.index(lists.applications[0].folio.encode())] ^= 1
    changed.write_bytes(data)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}

    def verify(path):
        command = [sys.executable, "-m", "cauce_engine", "verify", str(path)]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=120, check=False
        )

    good, bad = verify(whole), verify(changed)
    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode != 0
    assert "Traceback" not in bad.stderr
