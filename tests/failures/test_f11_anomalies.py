"""F11: in 2025 Argentina annulled an examination after publication, and everybody sat it again.

What stands out is looked for before anybody signs; a flag opens a review in which the person has a say, and excludes nobody.
Seen to fail: without the question for ``look`` in ``sign`` a run was signed whose scores nobody had looked over;
with ``rules.second_look`` content before its days are over, a review was closed against who had not answered.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.allocation import operations as allocation
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.calls import operations, queries
from cauce.calls.models import AnomalyReport, AnswerSheet, ScoreReview
from cauce.calls.rules import anomalies as find
from cauce.notices.models import Message
from tests.accounts import factories as accounts
from tests.allocation import factories as market
from tests.base import uploads
from tests.calls import factories as make

KEY = "ABCDE" * 20


def sheets(people, seed=1):
    """Answers of people who know from 50 to 90 of 100 questions and guess the rest."""
    chance = random.Random(seed)
    made = []
    for _person in range(people):
        known = chance.uniform(0.5, 0.9)
        made.append("".join(right if chance.random() < known else chance.choice("ABCDE") for right in KEY))
    return made


# ---------------------------------------------------------------- arithmetic


def test_honest_rooms_raise_no_alarm_and_a_copied_sheet_is_found_among_them():
    answers = sheets(300)
    rooms = [f"Sala {at // 30}" for at in range(300)]
    assert find.copied(rooms, answers, KEY) == []
    weak = max(range(8), key=lambda one: sum(a != b for a, b in zip(answers[one], KEY, strict=True)))
    wrong = [at for at in range(100) if answers[weak][at] != KEY[at]]
    copy = list(answers[9])
    for at in wrong[: len(wrong) * 4 // 5]:
        copy[at] = answers[weak][at]
    answers[9] = "".join(copy)
    [found] = find.copied(rooms, answers, KEY)
    assert (found.one, found.two, found.room) == (weak, 9, "Sala 0")
    assert found.same >= len(wrong) * 4 // 5 > found.expected
    rooms[9] = "Sala 1"  # whoever sits elsewhere cannot copy
    assert find.copied(rooms, answers, KEY) == []


def test_equal_right_answers_and_blanks_are_no_sign():
    assert find.copied(["A"] * 3, [KEY] * 3, KEY) == []
    assert find.copied(["A"] * 3, [" " * 100] * 3, KEY) == []


def test_far_values_are_told_in_exact_tenths_and_do_not_depend_on_the_scale():
    x = list(range(60, 90))
    y = [value + value * 7 % 5 for value in x]
    assert find.far(x, y) == []
    y[3] += 400
    [one] = find.far(x, y)
    assert one.at == 3
    assert find.far([10 * value for value in x], [10 * value for value in y]) == [one]
    assert find.far(x[:11], y[:11]) == []  # too few to say anything


def test_a_column_moved_against_its_neighbours_is_found_and_an_honest_one_is_not():
    chance = random.Random(2)
    x = [chance.randrange(400, 900) for _row in range(200)]
    y = [value + chance.randrange(-9, 10) for value in x]
    assert find.moved(x, y) is None
    for moved, way in ((y[:50] + y[49:-1], 1), (y[:50] + y[51:] + y[50:51], -1)):
        first, last, step = find.moved(x, moved)
        assert step == way
        assert last - first >= 17


def test_two_people_who_look_alike_are_named_whatever_accents_order_and_one_slip():
    born = date(1995, 3, 4)
    people = [
        find.Who("María José Peña Ruiz", born), find.Who("MARIA JOSE PENA RUIS", born),
        find.Who("Ruiz Peña María José", date(1995, 4, 3)), find.Who("Ana López Díaz", born),
    ]  # fmt: skip
    assert [(each.one, each.two) for each in find.alike(people)] == [(0, 1), (0, 2)]


def test_a_room_far_from_the_others_is_named():
    chance = random.Random(3)
    rooms = [f"Sala {at // 20}" for at in range(400)]
    values = [chance.randrange(50, 80) for _at in rooms]
    assert find.far_rooms(rooms, values) == []
    values[:20] = [chance.randrange(88, 95) for _at in range(20)]
    [room] = find.far_rooms(rooms, values)
    assert (room.name, room.people) == ("Sala 0", 20)


@pytest.mark.scale
def test_forty_five_thousand_sheets_of_two_hundred_questions_are_compared():
    key = KEY * 2
    answers = [one + two for one, two in zip(sheets(45_000), sheets(45_000, 2), strict=True)]
    assert len(find.copied([f"S{at // 40}" for at in range(45_000)], answers, key)) < 2


# -------------------------------------------------------------------- rights


@pytest.fixture
def at_noon(monkeypatch, now):
    monkeypatch.setattr("cauce.base.clock.read", lambda: now)


@pytest.fixture
def world(transactional_db, now):
    """A call of thirty people, of whom the eleventh is told apart by nothing yet."""
    call = make.call("JR24", score_criteria=[make.MARK, make.SCORE])
    accounts.make_notice()
    people = [make.user(name) for name in ("Mariana", "Bruno")]
    applications = [
        make.application(
            call, people[at].person if at < 2 else make.person(f"Persona{chr(97 + at)}xyz", birth_date=date(1990, 1, 1) + timedelta(days=at)),
            merit=[f"{70 + at}.00", f"{60 + at + at * 3 % 4}.000"],
        )
        for at in range(25)
    ]  # fmt: skip
    return SimpleNamespace(call=call, mariana=people[0], bruno=people[1], applications=applications)


def look(call, now):
    return operations.keep_look(
        actor=Actor.system("anomalies"), call=call, look=queries.look_over(call), now=now
    )


def test_a_flag_tells_the_person_changes_nothing_and_opens_once(world, now, django_assert_num_queries):
    quiet = look(world.call, now)
    assert (quiet.opened, ScoreReview.objects.count()) == (0, 0)
    mine = world.applications[0]
    mine.merit = ["70.00", "99.000"]
    mine.save()
    assert look(world.call, now).opened == 1
    review = ScoreReview.objects.get()
    assert (review.application, review.kind, review.told_at) == (mine, "record", now)
    assert Message.objects.get(user=world.mariana).link == reverse(
        "calls:application_reviews", args=[mine.folio]
    )
    assert "99.000" not in Message.objects.get().body
    mine.refresh_from_db()
    assert (mine.merit, mine.state) == (["70.00", "99.000"], "draft")
    world.applications[20].merit = ["75.00", "72.500"]  # others change: the distance does, the flag does not
    world.applications[20].save()
    assert look(world.call, now).opened == 0
    assert (ScoreReview.objects.count(), Message.objects.count()) == (1, 1)
    with django_assert_num_queries(2):
        assert queries.look_over(world.call).people == 25
        assert len(queries.my_reviews(mine)) == 1


def test_the_person_answers_with_a_file_and_only_then_is_the_matter_handed_on(world, now, client, at_noon):
    world.applications[0].merit = ["70.00", "99.000"]
    world.applications[0].save()
    look(world.call, now)
    review = ScoreReview.objects.get()
    carla = actor_for(accounts.make_officer(Role.CALL_MANAGER, world.call.institution_id))
    close = {"actor": carla, "review": review, "outcome": "El acta dice otra cosa.", "decision": "referred"}
    with pytest.raises(operations.OutcomeRefused, match="no ha contestado"):
        operations.close_review(**close, now=now)
    with pytest.raises(Denied):
        operations.answer_review(
            actor=actor_for(world.bruno), review=review, text="No es mía, pero contesto.", now=now
        )
    client.force_login(world.mariana)
    here = reverse("calls:application_reviews", args=[review.application.folio])
    page = client.get(here).text
    assert page.count("99.000") >= 2, "the value, and what was seen in it"
    assert "Fuente" in page
    to = reverse("calls:answer_review", args=[review.application.folio, review.pk])
    assert client.post(to, {"text": ""}).status_code == 422
    bad = SimpleUploadedFile("acta.pdf", b"nothing of the kind")
    refused = client.post(to, {"text": "Presenté el examen dos veces.", "file": bad})
    assert refused.status_code == 422
    assert "Presenté el examen" in refused.text
    sent = {"text": "Presenté el examen dos veces.", "file": SimpleUploadedFile("acta.png", uploads.photo())}
    assert client.post(to, sent).status_code == 302
    assert client.post(to, {"text": "Presenté el examen dos veces."}).status_code == 302  # a double click
    review.refresh_from_db()
    assert review.file.media_type == "image/jpeg"
    mine = reverse("calls:my_review_file", args=[review.application.folio, review.pk])
    assert client.get(mine)["Content-Type"] == "image/jpeg"
    operations.close_review(**close, now=now)
    assert Message.objects.filter(user=world.mariana).count() == 2
    assert "El acta dice otra cosa" in client.get(here).text
    client.force_login(world.bruno)
    assert (
        client.get(mine).status_code
        == client.get(here).status_code
        == client.post(to, sent).status_code
        == 404
    )


def test_without_an_answer_the_matter_waits_its_working_days(world, now):
    world.applications[0].merit = ["70.00", "99.000"]
    world.applications[0].save()
    look(world.call, now)
    review = ScoreReview.objects.get()
    carla = actor_for(accounts.make_officer(Role.CALL_MANAGER, world.call.institution_id))
    close = {
        "actor": carla,
        "review": review,
        "outcome": "Nadie contestó en su plazo.",
        "decision": "referred",
    }
    with pytest.raises(operations.OutcomeRefused):
        operations.close_review(**close, now=review.reply_until - timedelta(seconds=1))
    assert operations.close_review(**close, now=review.reply_until).decision == "referred"


def test_a_file_of_answers_is_read_confirmed_and_compared_by_the_worker(world, now, client, at_noon):
    answers = sheets(25)
    answers[1] = answers[0]
    rows = ["Folio,Sala,Respuestas", f"CLAVE,-,{KEY}"]
    rows += [f"{one.folio},Sala 1,{marks}" for one, marks in zip(world.applications, answers, strict=True)]
    client.force_login(accounts.make_officer(Role.CALL_MANAGER, world.call.institution_id))
    here = reverse("calls:answers", args=["JR24"])

    def bring(text):
        client.post(here, {"file": SimpleUploadedFile("r.csv", text.encode())})
        call_command("work", once=True, quiet=True)
        return client.get(here)

    assert "tiene 100" in bring("\n".join(rows)[:-3]).text.replace(" la clave ", " ")
    assert "fila de la clave" in bring("\n".join([rows[0], *rows[2:]])).text
    shown = bring("\n".join(rows))
    client.post(
        reverse("calls:answers_confirm", args=["JR24"]), {"digest": shown.context["page"].taken.digest}
    )
    call_command("work", once=True, quiet=True)
    assert AnswerSheet.objects.count() == 25
    pair = ScoreReview.objects.filter(kind="answers")
    assert {each.application for each in pair} == set(world.applications[:2])
    assert world.applications[1].folio not in pair.get(application=world.applications[0]).sentence
    page = client.get(reverse("calls:anomalies", args=["JR24"]), {"clase": "answers"})
    assert world.applications[0].folio in page.text
    assert "Respuestas iguales" in page.text
    assert Message.objects.filter(user__in=[world.mariana, world.bruno]).count() >= 2


def test_no_run_is_signed_whose_scores_nobody_looked_over(transactional_db, now):
    call = market.closed_call(now)
    staff = market.people(call)
    market.market(call, now, people_=staff)
    run = market.done_run(staff.carla, call, now)
    assert run.facts["look"] == AnomalyReport.objects.get().basis
    run.facts = {**run.facts, "look": ""}
    run.save(update_fields=["facts"])
    with pytest.raises(allocation.LookMissing):
        allocation.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
