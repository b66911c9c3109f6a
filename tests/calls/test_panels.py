"""Interviews: each panellist alone, one exact value, and who did not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from cauce.accounts.models import User
from cauce.accounts.queries import actor_for
from cauce.base.errors import Denied
from cauce.calls import operations, queries, rules
from cauce.calls.models import Application, Call, Interview, Sheet
from cauce.calls.rules import panels as rulebook
from cauce.calls.rules.panels import InterviewRefused, Rubric, RubricRefused, SheetRefused
from cauce.notices.models import Message
from tests.calls import drafts, kinds
from tests.calls import factories as make
from tests.calls.kinds import HELD, RUBRIC, TALK, seal

MEAN = replace(RUBRIC, combine="mean")


@pytest.mark.parametrize(
    ("rubric", "totals", "value"),
    [
        (RUBRIC, [16, 16, 16], "100.00"),
        (RUBRIC, [0, 2, 16], "12.50"),
        (RUBRIC, [3, 4], "21.88"),  # 3.5 of 16 is 21.875: half goes up
        (MEAN, [0, 0, 1], "2.08"),  # a third of a sixteenth, never by way of a float
        (MEAN, [1, 2, 2], "10.42"),
    ],
)
def test_the_value_is_exact(rubric, totals, value):
    assert rulebook.value_of(rubric, totals, TALK) == value


def test_the_spread_is_in_the_units_of_the_order():
    assert rulebook.spread_of(RUBRIC, [16, 8, 12], TALK) == Fraction(50)
    assert rulebook.asks_reconciling(RUBRIC, [16, 8, 12], TALK)
    assert not rulebook.asks_reconciling(replace(RUBRIC, threshold="50"), [16, 8, 12], TALK)


def test_what_is_typed_comes_back_as_it_was():
    typed = rulebook.write_rubric(RUBRIC.asked)
    assert rulebook.read_rubric(typed) == RUBRIC.asked
    assert Rubric.of(RUBRIC.document()) == RUBRIC
    with pytest.raises(RubricRefused, match="renglón 2"):
        rulebook.read_rubric("Dirige; 3\nsin puntos ni peso")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dirige; 0\n0: No\n1: Sí", "peso"),
        ("Dirige; 1\n0: No", "dos niveles"),
        ("Dirige; 1\n1: Sí\n0: No", "menos a más"),
        ("Dirige; 1\n0: No\n11: Sí", "menos a más"),
        ("Dirige; 1\n0:\n1: Sí", "qué significa"),
    ],
)
def test_a_rubric_that_contradicts_itself_is_told(text, words):
    assert words in rulebook.rubric_problem(replace(RUBRIC, asked=rulebook.read_rubric(text)))


@pytest.mark.django_db
def test_the_rubric_is_frozen_with_the_rules_and_only_a_draft_changes_it():
    call = drafts.draft(score_criteria=[kinds.TALK], kind="drive")
    assert "panel-missing" in {one.code for one in queries.findings_of(call, now=drafts.BEFORE_OPENING)}
    before = rules.digest_of(rules.frozen_rules(queries.snapshot(call)))
    saved = operations.save_rubric(
        actor=drafts.officer(), call=call, values=RUBRIC, seen=Rubric().fingerprint, now=drafts.BEFORE_OPENING
    )
    frozen = rules.frozen_rules(queries.snapshot(saved))
    assert rules.digest_of(frozen) != before
    assert "Lo muestra con hechos" in frozen
    assert "panel-missing" not in {one.code for one in queries.findings_of(saved, now=drafts.BEFORE_OPENING)}
    with pytest.raises(Denied):
        operations.save_rubric(
            actor=drafts.officer(), call=make.call(), values=RUBRIC, seen=Rubric().fingerprint, now=HELD
        )


def test_a_call_without_these_kinds_freezes_as_it_always_did(db):
    frozen = rules.frozen_rules(queries.snapshot(drafts.draft()))
    assert not any(f'"{name}":' in frozen for name in ("rubric", "profile", "teams"))


# ------------------------------------------------------------------ in order


@pytest.fixture
def world(db):
    return kinds.world()


def test_people_are_called_one_after_the_other_with_a_letter(world):
    slots = list(Interview.objects.order_by("starts_at").values_list("application__folio", "starts_at"))
    assert slots == [(world.one.folio, HELD), (world.two.folio, HELD + timedelta(minutes=30))]
    letters = Message.objects.filter(key__startswith="interview:")
    assert letters.count() == 2
    assert "Sala 2" in letters.first().body
    third = kinds.applicant(world.call, "Carla")
    with pytest.raises(InterviewRefused, match="ya tiene una cita"):
        operations.schedule(
            actor=world.manager, panel=world.panel, starts_at=HELD + timedelta(minutes=45), minutes=30, count=1,
            is_remote=True, place="https://sala.example", now=kinds.AFTER,
        )  # fmt: skip
    assert not Interview.objects.filter(application=third).exists()


def test_the_last_seal_gives_the_value_and_nothing_before(world):
    for judge, conoce in zip(world.judges, (4, 4, 2), strict=True):
        assert Application.objects.get(pk=world.one.pk).merit == ["80.000", ""]
        seal(judge, world.interview, 4, conoce, now=world.late)
    found = Interview.objects.get(pk=world.interview.pk)
    assert (found.outcome, found.value) == ("held", "100.00")
    assert Application.objects.get(pk=world.one.pk).merit == ["80.000", "100.00"]
    assert Call.objects.get(pk=world.call.pk).standings == 1
    assert queries.without_record(world.call) == []


def test_nobody_sees_the_others_before_sealing(world):
    seal(world.judges[0], world.interview, 4, 4, now=world.late)
    interview = queries.interviews_of(world.judges[1]).get(pk=world.interview.pk)
    assert queries.sheet_page(world.judges[1], interview, now=world.late).others == []
    seal(world.judges[1], world.interview, 2, 2, now=world.late)
    assert len(queries.sheet_page(world.judges[1], interview, now=world.late).others) == 2


def test_an_unfinished_sheet_is_kept_and_cannot_be_sealed(world):
    judge = world.judges[0]
    operations.save_sheet(
        actor=judge, interview=world.interview, levels={"c1": 2}, remark="", seal=False, now=world.late
    )
    assert Sheet.objects.get().levels == {"c1": 2}
    with pytest.raises(SheetRefused, match="Conoce la zona"):
        operations.save_sheet(
            actor=judge, interview=world.interview, levels={"c1": 2}, remark="", seal=True, now=world.late
        )
    with pytest.raises(SheetRefused, match="ese nivel"):
        seal(judge, world.interview, 3, 4, now=world.late)


def test_a_sealed_sheet_never_changes_and_sealing_twice_is_harmless(world):
    judge = world.judges[0]
    seal(judge, world.interview, 4, 4, now=world.late)
    seal(judge, world.interview, 4, 4, now=world.late)
    with pytest.raises(Denied, match="sellada"):
        seal(judge, world.interview, 0, 0, now=world.late)
    assert Sheet.objects.get().total == 16


def test_who_is_far_apart_says_why_and_no_number_is_forced(world):
    for judge, level in zip(world.judges, (4, 4, 0), strict=True):
        seal(judge, world.interview, level, level, now=world.late)
    assert Interview.objects.get(pk=world.interview.pk).closed_at is None
    with pytest.raises(SheetRefused):
        operations.reconcile(actor=world.judges[0], interview=world.interview, words="No sé", now=world.late)
    words = "La tercera persona no oyó la segunda respuesta por el ruido."
    operations.reconcile(actor=world.judges[0], interview=world.interview, words=words, now=world.late)
    found = Interview.objects.get(pk=world.interview.pk)
    assert (found.value, found.reconciliation) == ("100.00", words)
    assert sorted(Sheet.objects.values_list("total", flat=True)) == [0, 16, 16]


def test_who_is_recused_neither_scores_nor_reads(world):
    judge = world.judges[0]
    seal(judge, world.interview, 4, 4, now=world.late, seal=False)
    operations.recuse(actor=judge, interview=world.interview, kind="family", now=world.late)
    assert not Sheet.objects.exists()
    with pytest.raises(Denied, match="excusaste"):
        seal(judge, world.interview, 4, 4, now=world.late)
    for other in world.judges[1:]:
        seal(other, world.interview, 4, 4, now=world.late)
    assert Interview.objects.get(pk=world.interview.pk).closed_at is None  # two are fewer than the rules ask
    interview = queries.interviews_of(world.judges[1]).get(pk=world.interview.pk)
    assert queries.sheet_page(world.judges[1], interview, now=world.late).waiting == 1
    desk = queries.interview_page(world.manager, world.call, interview, now=world.late)
    assert (desk.lacks, desk.recusals[0][2]) == (1, "")
    rows = queries.panels_page(world.manager, world.call, number=1, now=world.late).rows
    assert [row.state[1] for row in rows] == ["Falta suplente", "Faltan hojas"]


def test_who_is_recused_is_replaced_in_that_interview_alone_by_somebody_who_is_free(world):
    judge, recusal = world.judges[0], world.interview.application.recusals
    operations.recuse(actor=judge, interview=world.interview, kind="work", now=world.late)
    spare = kinds.panellist("Suplente")

    def replace(user):
        return operations.replace_panellist(
            actor=world.manager, interview=world.interview, recusal=recusal.get().pk, substitute=user, now=world.late
        )  # fmt: skip

    for wrong in (judge.user_id, world.judges[1].user_id, world.manager.user_id):
        with pytest.raises(InterviewRefused):
            replace(wrong)
    # The substitute sits in another panel at that very hour: neither may book them twice.
    others = [spare.pk, kinds.panellist("Otra").pk, kinds.panellist("Otro").pk]
    name = {"actor": world.manager, "call": world.call, "users": others}
    other = operations.save_panel(**name, name="Jurado Norte", now=kinds.AFTER)
    kinds.applicant(world.call, "Tercera")
    slot = {"minutes": 30, "count": 1, "is_remote": False, "place": "Sala 3", "now": kinds.AFTER}
    operations.schedule(actor=world.manager, panel=other, starts_at=HELD - timedelta(minutes=15), **slot)
    with pytest.raises(InterviewRefused, match="Suplente está a esa hora en otra entrevista: Jurado Norte"):
        replace(spare.pk)
    free = kinds.panellist("Libre")
    for _twice in range(2):
        replace(free.pk)
    with pytest.raises(InterviewRefused, match="ya tiene suplente"):
        replace(spare.pk)
    with pytest.raises(InterviewRefused, match="Libre está a esa hora"):
        operations.save_panel(**{**name, "users": [*others, free.pk]}, name="Jurado Norte", now=kinds.AFTER)
    assert list(queries.interviews_of(actor_for(free))) == [world.interview]
    [told] = Message.objects.filter(user=free)
    assert told.link == reverse("calls:sheet", args=[world.interview.pk])
    for scorer in (actor_for(free), *world.judges[1:]):
        seal(scorer, world.interview, 4, 4, now=world.late)
    assert Interview.objects.get(pk=world.interview.pk).outcome == "held"
    with pytest.raises(IntegrityError), transaction.atomic():
        recusal.update(substitute=judge.user_id)


def test_a_stranger_a_draft_hour_and_an_outsider_are_refused(world):
    with pytest.raises(Denied, match="todavía no empieza"):
        seal(world.judges[0], world.interview, 4, 4, now=HELD - timedelta(seconds=1))
    with pytest.raises(Denied, match="este jurado"):
        seal(actor_for(kinds.panellist("De otro jurado")), world.interview, 4, 4, now=world.late)
    users = [*(one.user_id for one in world.judges), world.manager.user_id]
    with pytest.raises(InterviewRefused, match="no es jurado"):
        operations.save_panel(actor=world.manager, call=world.call, name="Otro", users=users, now=world.late)


def test_who_does_not_come_has_what_the_rules_say(world):
    with pytest.raises(InterviewRefused, match="no termina"):
        operations.record_absence(actor=world.manager, interview=world.interview, now=HELD)
    operations.record_absence(actor=world.manager, interview=world.interview, now=world.late)
    operations.record_absence(actor=world.manager, interview=world.interview, now=world.late)
    assert Application.objects.get(pk=world.one.pk).merit == ["80.000", "0.00"]
    assert queries.without_record(world.call) == []


def test_a_second_date_once(db):
    world = kinds.world(rubric=replace(RUBRIC, absent="second"))
    with pytest.raises(InterviewRefused, match="segunda fecha"):
        operations.record_absence(actor=world.manager, interview=world.interview, now=world.late)
    again = HELD + timedelta(days=2)
    operations.give_second_date(
        actor=world.manager, interview=world.interview, starts_at=again, now=world.late
    )
    later = again + timedelta(hours=1)
    with pytest.raises(InterviewRefused, match="otra fecha"):
        operations.give_second_date(
            actor=world.manager, interview=world.interview, starts_at=later + timedelta(days=1), now=later
        )
    operations.record_absence(actor=world.manager, interview=world.interview, now=later)
    assert Interview.objects.get(pk=world.interview.pk).turns == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"outcome": "held"},
        {"value": "90.00"},
        {"minutes": 1},
        {"reconciliation": "Sin quien la firme."},
    ],
)
def test_the_database_holds_it_too(world, broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Interview.objects.filter(pk=world.interview.pk).update(**broken)


def test_a_sealed_sheet_without_digest_cannot_be(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.create(
            interview=world.interview, panellist_id=world.judges[0].user_id, saved_at=HELD, sealed_at=HELD
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Interview.objects.filter(application=world.two).update(starts_at=HELD)


# --------------------------------------------------------------------- pages


def test_the_pages_cost_the_same_for_many(world, django_assert_max_num_queries):
    judge = world.judges[0]
    for at in range(8):
        kinds.applicant(world.call, f"Persona{at}")
    operations.schedule(
        actor=world.manager, panel=world.panel, starts_at=HELD + timedelta(hours=3), minutes=20, count=8,
        is_remote=True, place="https://sala.example", now=kinds.AFTER,
    )  # fmt: skip
    with django_assert_max_num_queries(3):
        page = queries.my_panels_page(judge, number=1, now=world.late)
        assert (page.due, len(page.rows), page.rows[0].is_due) == (2, 10, True)
    with django_assert_max_num_queries(7):
        assert len(queries.panels_page(world.manager, world.call, number=1, now=world.late).rows) == 10


def test_a_panellist_seals_in_the_browser_and_the_person_reads_it_afterwards(world, client, settings):
    settings.CLOCK_OFFSET = world.late - timezone.now()
    client.force_login(User.objects.get(pk=world.judges[0].user_id))
    address = reverse("calls:sheet", args=[world.interview.pk])
    assert client.get(reverse("calls:my_panels")).status_code == 200
    assert "Sellar mi hoja" in client.get(address).content.decode()
    assert client.post(address, {"c1": "4", "seal": "1"}).status_code == 422
    assert (
        client.post(address, {"c1": "4", "c2": "4", "remark": "Con hechos.", "seal": "1"}).status_code == 302
    )
    for judge in world.judges[1:]:
        seal(judge, world.interview, 4, 4, now=world.late)
    mine = reverse("calls:my_interview", args=[world.one.folio])
    client.force_login(User.objects.get(person=world.one.person))
    assert "Lo muestra con hechos" in (text := client.get(mine).content.decode())
    assert "Con hechos." not in text  # not before the results
    Call.objects.filter(pk=world.call.pk).update(results_published_at=world.late)
    text = client.get(mine).content.decode()
    assert "Con hechos." in text
    assert "Jurado 0" not in text
    with pytest.raises(Denied, match="Los resultados"):
        seal(
            world.judges[0],
            Interview.objects.get(application=world.two),
            4,
            4,
            now=world.late + timedelta(days=1),
        )
