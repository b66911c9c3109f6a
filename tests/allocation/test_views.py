"""Pages: who opens which, what each shows, and that buttons pressed twice are harmless."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from cauce.allocation import bridge, operations
from cauce.allocation.models import Run, Signature
from cauce.base import clock, figures
from cauce.calls.models import Call, Post, ScoreReview
from cauce.calls.rules.folio import example_folio
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
PEOPLE = ("nobody", "mariana", "bruno", "carla", "sofia", "dario", "aurelio", "elena")


@pytest.fixture
def now():
    """Views read the clock themselves."""
    return clock.read()


@pytest.fixture
def enter(client, staff):
    def enter(name):
        client.logout()
        if name != "nobody":
            client.force_login(staff.users[name])
        return client

    return enter


def test_who_opens_what(enter, staff, call, lists, now):
    run = make.published_run(staff, call, now)
    desk = [
        reverse("allocation:runs", args=["RM24"]),
        reverse("allocation:run", args=["RM24", run.number]),
        reverse("allocation:run_progress", args=["RM24", run.number]),
        reverse("allocation:run_cutoffs", args=["RM24", run.number]),
        reverse("allocation:run_package", args=["RM24", run.number]),
    ]
    public = [
        reverse("allocation:results"),
        reverse("allocation:call_results", args=["RM24"]),
        reverse("allocation:cutoffs", args=["RM24"]),
        reverse("allocation:package", args=["RM24"]),
        reverse("allocation:result", args=["RM24", lists.applications[0].folio]),
    ]
    readers = {"carla", "sofia", "aurelio", "elena"}
    for name in PEOPLE:
        client = enter(name)
        expected = 302 if name == "nobody" else 200 if name in readers else 404
        assert {url: client.get(url).status_code for url in desk} == dict.fromkeys(desk, expected), name
        signing = 302 if name == "nobody" else 200 if name in {"carla", "sofia", "dario"} else 404
        assert client.get(reverse("allocation:signing")).status_code == signing, name
        assert {url: client.get(url).status_code for url in public} == dict.fromkeys(public, 200), name


def test_buttons_refuse_who_may_not_and_change_nothing(enter, staff, call, lists, now):
    run = make.done_run(staff.carla, call, now)
    before = Run.objects.values().get(pk=run.pk)
    buttons = {
        reverse("allocation:request_run", args=["RM24"]): {"after": 1},
        reverse("allocation:sign", args=["RM24", 1]): {"digest": run.answer_digest},
        reverse("allocation:withdraw", args=["RM24", 1]): {},
        reverse("allocation:publish", args=["RM24", 1]): {},
    }
    for name in ("nobody", "mariana", "dario", "aurelio", "elena"):
        client = enter(name)
        for url, sent in buttons.items():
            expected = 404 if name in ("mariana", "dario") else 302
            assert client.post(url, sent).status_code == expected, (name, url)
            assert client.get(url).status_code in (302, 405), (name, url)
    assert Run.objects.values().get(pk=run.pk) == before
    assert Run.objects.count() == 1
    assert not Signature.objects.exists()


def test_from_asking_to_publishing_with_every_button_pressed_twice(enter, staff, call, lists, now):
    client = enter("carla")
    asked = reverse("allocation:request_run", args=["RM24"])
    page = client.get(reverse("allocation:runs", args=["RM24"]))
    assert "Todavía no hay corridas" in page.text
    first, second = (client.post(asked, {"after": 0}, follow=True) for _ in range(2))
    assert "Corrida 1 pedida" in first.text
    assert "ya estaba pedida" in second.text
    assert Run.objects.count() == 1
    run = Run.objects.get()
    progress = reverse("allocation:run_progress", args=["RM24", 1])
    assert "hx-trigger" in client.get(progress).text
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    assert client.get(progress)["HX-Refresh"] == "true"
    run.refresh_from_db()
    where = reverse("allocation:run", args=["RM24", 1])
    assert "Faltan dos firmas" in client.get(where).text

    sign = reverse("allocation:sign", args=["RM24", 1])
    for says in ("Firma puesta", "Ya firmaste esta corrida"):
        answer = client.post(sign, {"digest": run.answer_digest}, follow=True)
        assert answer.status_code == 200
        assert says in answer.text
    assert Signature.objects.count() == 1
    assert "Faltan firmas" in client.post(reverse("allocation:publish", args=["RM24", 1]), follow=True).text
    assert "Sofía Firmante" in client.get(where).text

    client = enter("sofia")
    assert "RM24, corrida 1" in " ".join(client.get(reverse("allocation:signing")).text.split())
    client.post(sign, {"digest": run.answer_digest})
    publish = reverse("allocation:publish", args=["RM24", 1])
    assert "falta la revisión del paquete" in client.get(where).text
    assert "Falta la revisión de datos personales" in client.post(publish, follow=True).text
    make.reviewed(run, now)
    for says in ("Resultados publicados", "ya estaban publicados"):
        answer = client.post(publish, follow=True)
        assert answer.status_code == 200
        assert says in answer.text
    assert enter("nobody").get(reverse("allocation:call_results", args=["RM24"])).status_code == 200


def test_a_button_without_its_field_is_told_so(enter, staff, call, lists, now):
    make.done_run(staff.carla, call, now)
    client = enter("carla")
    for url in (
        reverse("allocation:request_run", args=["RM24"]),
        reverse("allocation:sign", args=["RM24", 1]),
    ):
        for sent in ({}, {"after": "x" * 1000, "digest": "y" * 1_000_000}):
            answer = client.post(url, sent, follow=True)
            assert answer.status_code == 200
            assert "La página estaba incompleta" in answer.text
    assert Run.objects.count() == 1


def test_nothing_is_public_before_publication(enter, staff, call, lists, now):
    run = make.done_run(staff.carla, call, now)
    client = enter("nobody")
    page = client.get(reverse("allocation:call_results", args=["RM24"]))
    assert "Todavía no hay resultados" in page.text
    assert make.SEED not in page.text
    folio = lists.applications[0].folio
    for url in (
        reverse("allocation:result", args=["RM24", folio]),
        reverse("allocation:package", args=["RM24"]),
        reverse("allocation:cutoffs", args=["RM24"]),
    ):
        assert client.get(url).status_code == 404
    assert run.question_digest


def test_public_pages_have_no_names_and_no_reasons(enter, staff, call, lists, now):
    make.published_run(staff, call, now)
    hers = lists.applications[2]
    for name in ("nobody", "bruno"):
        client = enter(name)
        page = client.get(reverse("allocation:result", args=["RM24", hers.folio]))
        for secret in ("Mariana", "Xool", "Los separó", "80.500"):
            assert secret not in page.text
        assert "Es su opción 3" in page.text
    assert "Mariana" not in enter("nobody").get(reverse("allocation:call_results", args=["RM24"])).text


def test_the_person_reads_what_decided(enter, staff, call, lists, now):
    make.published_run(staff, call, now)
    page = enter("mariana").get(reverse("allocation:result", args=["RM24", lists.applications[2].folio]))
    text = " ".join(page.text.split())
    assert "Mariana, tienes lugar. Es tu opción 3." in text
    assert "Los separó el desempate Aciertos difíciles: 31; tú, 29." in text
    assert "Habría alcanzado con más de 31" in text or "Habría alcanzado con 31: 2 más." in text
    assert "Puntaje del ENARM, 90.000; tú, 80.500. " in text
    explained = (
        enter("elena").get(reverse("allocation:result", args=["RM24", lists.applications[2].folio])).text
    )
    assert "Mariana" not in explained
    assert "Los separó el desempate" in explained


def test_bad_news_begins_with_the_fact_and_ends_with_a_person(enter, staff, call, now):
    [post] = make.posts(call, 1)
    make.application(call, 1, ["90.000", "1"], [post], now=now)
    hers = make.application(call, 2, ["80.000", "1"], [post], now=now, who=staff.users["mariana"].person)
    make.published_run(staff, call, now)
    text = enter("mariana").get(reverse("allocation:result", args=["RM24", hers.folio])).text
    order = [
        "no hubo lugar en ninguna opción",
        "Lo más cerca",
        "Lo que sigue siendo tuyo",
        "Lo que sigue<",
        "Por qué, opción por opción",
        "442 555 0134",
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "lamentamos" not in text.lower()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("RM24-000099-1", "error de escritura"),
        (example_folio("RM24"), "Ese folio es el del ejemplo"),
        (make.folio("RM24", 99), "ninguna lista enviada"),
        ("<script>alert(1)</script>", "error de escritura"),
        ("x" * 5000, "error de escritura"),
    ],
)
def test_a_wrong_folio_gets_a_sentence_with_its_remedy(client, staff, call, lists, now, typed, says):
    make.published_run(staff, call, now)
    page = client.get(reverse("allocation:call_results", args=["RM24"]), {"folio": typed}, follow=True)
    assert page.status_code == 404
    assert says in page.text
    assert "442 555 0134" in page.text
    assert "<script>alert" not in page.text


def test_a_folio_is_found_however_it_is_typed(client, staff, call, lists, now):
    make.published_run(staff, call, now)
    folio = lists.applications[0].folio
    page = client.get(
        reverse("allocation:call_results", args=["RM24"]), {"folio": f" {folio.lower()} "}, follow=True
    )
    assert page.status_code == 200
    assert folio in page.text


def test_the_signer_is_shown_the_open_reviews_and_ticks_them(enter, staff, call, lists, now):
    run = make.done_run(staff.carla, call, now)
    ScoreReview.objects.create(
        application=lists.applications[0], sentence="Lejos.", digest="0" * 64, opened_at=now
    )
    carla = enter("carla")
    here = reverse("allocation:run", args=["RM24", 1])
    assert "1 revisión de puntajes abierta" in carla.get(reverse("allocation:signing")).text
    page = carla.get(here).text
    assert reverse("calls:scores", args=["RM24"]) in page
    assert 'name="reviews_seen" id="reviews_seen" value="1"' in page
    sign = reverse("allocation:sign", args=["RM24", 1])
    refused = carla.post(sign, {"digest": run.answer_digest}, follow=True)
    assert "marcar la casilla antes de firmar" in refused.text
    assert not run.signatures.exists()
    carla.post(sign, {"digest": run.answer_digest, "reviews_seen": "1"})
    assert run.signatures.count() == 1


def test_publishing_early_names_both_dates_asks_why_and_tells_everybody(
    enter, staff, call, lists, now, monkeypatch
):
    monkeypatch.setattr(clock, "read", lambda: now)
    Call.objects.filter(pk=call.pk).update(results_at=now + timedelta(days=5))
    run = make.done_run(staff.carla, call, now)
    for actor in (staff.carla, staff.sofia):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    make.reviewed(run, now)
    run.call.refresh_from_db()
    carla = enter("carla")
    address = reverse("allocation:publish", args=["RM24", 1])
    page = carla.get(reverse("allocation:run", args=["RM24", 1])).text
    both = (figures.day(run.call.results_at, weekday=True), figures.day(now, weekday=True))
    assert f"anunció los resultados para el {both[0]}" in page
    assert f"hoy es {both[1]}" in page
    refused = carla.post(address, {"reason": "ya"})
    assert refused.status_code == 422
    assert "Falta el motivo" in refused.text
    assert ">ya</textarea>" in refused.text.replace("\n", "")
    reason = "La sede del acto público se adelantó; <b>circular</b> 12."
    carla.post(address, {"reason": reason})
    public = Client().get(reverse("allocation:call_results", args=["RM24"])).text
    assert "Se publicaron antes de la fecha anunciada" in public
    assert escape(reason) in public
    assert escape(reason) in carla.get(reverse("allocation:run", args=["RM24", 1])).text


def test_the_cutoffs_leave_as_csv_without_formulas(client, staff, call, lists, now):
    Post.objects.filter(pk=lists.posts[0].pk).update(key="=1+1")
    make.published_run(staff, call, now)
    answer = client.get(reverse("allocation:cutoffs", args=["RM24"]), {"q": "hospital"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0][0] == "plaza"
    assert sorted(row[0] for row in rows[1:])[0] == "'=1+1"
    assert [row[7] for row in rows[1:]] == ["1", "2", "4"]


def test_the_package_that_leaves_is_the_one_that_was_signed(client, staff, call, lists, now):
    import hashlib

    run = make.published_run(staff, call, now)
    answer = client.get(reverse("allocation:package", args=["RM24"]))
    assert "sha256:" + hashlib.sha256(answer.content).hexdigest() == run.package_digest
    assert answer.content == bridge.opened(bytes(run.package))
    assert len(answer.content) == run.facts["package_size"]
    assert "RM24-corrida-1.zip" in answer["Content-Disposition"]


def test_absurd_filters_are_answered(client, staff, call, lists, now):
    make.published_run(staff, call, now)
    where = reverse("allocation:call_results", args=["RM24"])
    for query in (
        {"estado": "abc"},
        {"p": "-1"},
        {"p": "999999"},
        {"q": "x" * 100_000},
        {"o": "\0"},
        {"q": "\0'\""},
    ):
        assert client.get(where, query).status_code == 200


def test_a_failed_run_says_why_and_can_be_asked_for_again(enter, staff, call, now):
    make.done_run(staff.carla, call, now)
    page = enter("carla").get(reverse("allocation:run", args=["RM24", 1]))
    assert "Nadie envió lista" in page.text
    assert "Pedir otra corrida" in page.text
    assert "Pedir otra corrida" not in enter("aurelio").get(reverse("allocation:run", args=["RM24", 1])).text


@pytest.mark.slow
@pytest.mark.once
def test_web_processes_never_load_the_compiler():
    import subprocess
    import sys

    code = (
        "import django, sys; django.setup(); import cauce.config.urls, cauce.allocation.views;"
        "assert 'numba' not in sys.modules, 'numba'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
