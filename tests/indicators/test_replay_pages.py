"""The page of the replay in each of its states, what it downloads, and who may ask for another."""

from __future__ import annotations

import hashlib
import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.indicators import intake, operations, queries
from cauce.indicators.models import Replay, ReplayState
from cauce.indicators.rules import replay as rules

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture
def loaded(now):
    return operations.load_replay(actor=SYSTEM, now=now)


def words(response):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def test_with_none_yet_data_and_arithmetic_are_there_already(client):
    page = words(client.get("/jornada-2022/"))
    assert "Todavía no se ha repetido aquí" in page
    assert "Al menos 4,593 personas dejaron opciones sin usar." in page
    assert "INSABI 8,736 8,675 −61" in page
    for assumption in intake.read_drive().assumptions:
        assert " ".join(assumption.why.split()) in page  # spaces that do not break are spaces to words()
    assert client.get("/jornada-2022.json").status_code == 404
    assert client.get("/jornada-2022.csv").status_code == 404


def test_under_way_it_says_how_far_it_has_come(client, now):
    asked = operations.request_replay(actor=SYSTEM, now=now)
    assert "espera su turno" in words(client.get("/jornada-2022/"))
    operations.begin_replay(actor=SYSTEM, replay_id=asked.pk, now=now)
    background.report(asked.task_id, stage="replay", done=12, total=48)
    assert "12" in words(client.get("/jornada-2022/avance/"))
    assert "La repetición está en curso" in words(client.get("/jornada-2022/"))


def test_when_it_is_over_the_fragment_asks_for_the_whole_page(client, loaded):
    assert client.get("/jornada-2022/avance/").headers["HX-Refresh"] == "true"


def test_ready_it_shows_every_range_and_its_digest(client, loaded):
    response = client.get("/jornada-2022/")
    page = words(response)
    points = rules.spread_points(json.loads(intake.delivered_replay()[0]))
    for scenario in queries.replay.SCENARIO_NAMES:
        found = rules.range_of(rules.measured(points, scenario, "filled"))
        assert f"{found.median:,} {found.low:,} a {found.high:,}" in page
    assert loaded.digest.removeprefix("sha256:") in re.sub(r"<[^>]*>|\s", "", response.content.decode())


@pytest.mark.parametrize("measure", ["oferta", "demanda", "ocupadas", "no-hay"])
def test_each_measure_is_drawn_and_tabled_for_the_32_states(client, loaded, measure):
    page = client.get(f"/jornada-2022/?m={measure}").content.decode()
    assert page.count('id="estado-') == 32
    assert page.count("regions") == 0
    assert page.count('tabindex="-1"') >= 64
    assert "INEGI, Marco Geoestadístico" in page


def test_downloads_are_the_bytes_of_the_digest(client, loaded):
    document = client.get("/jornada-2022.json").content
    assert f"sha256:{hashlib.sha256(document).hexdigest()}" == loaded.digest
    lines = client.get("/jornada-2022.csv").content.decode().splitlines()
    assert len(lines) == 1 + (rules.POINTS + rules.REPEATS) * len(rules.SCENARIOS)


def test_a_failed_one_is_said_and_the_last_good_one_stays(client, loaded, now):
    asked = operations.request_replay(actor=SYSTEM, now=now)
    operations.fail_replay(actor=SYSTEM, replay_id=asked.pk, failure="Infeasible", now=now)
    page = words(client.get("/jornada-2022/"))
    assert "Se detuvo por Infeasible" in page
    assert "Qué habría cambiado" in page


def test_the_page_takes_the_same_queries_with_one_replay_or_many(client, loaded, now):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/jornada-2022/")
        return len(asked)

    one = count()
    for _again in range(3):
        asked = operations.request_replay(actor=SYSTEM, now=now)
        operations.fail_replay(actor=SYSTEM, replay_id=asked.pk, failure="x", now=now)
    assert count() == one == 2


def test_in_english_nothing_is_left_in_spanish(client, loaded):
    client.cookies["django_language"] = "en"
    with translation.override("en"):  # gives this thread its own language back
        page = words(client.get("/jornada-2022/"))
    assert "The drive of 2022, replayed" in page
    for assumption in intake.read_drive().assumptions:
        assert assumption.why_en in page
        assert " ".join(assumption.why.split()) not in page


# --------------------------------------------------------------- asking for it


def test_a_double_click_asks_once(now):
    first = operations.request_replay(actor=SYSTEM, now=now)
    assert operations.request_replay(actor=SYSTEM, now=now).pk == first.pk
    assert Replay.objects.count() == 1


def test_who_holds_no_office_is_refused(now):
    with pytest.raises(Denied, match="quien tiene un cargo"):
        operations.request_replay(actor=Actor("user:1", user_id=1), now=now)
    assert not Replay.objects.exists()


@pytest.mark.slow
def test_executed_it_keeps_the_bytes_and_again_changes_nothing(now, monkeypatch):
    whole = rules.plan
    monkeypatch.setattr("cauce.indicators.bridge.plan", lambda drive: whole(drive)[:1])
    asked = operations.request_replay(actor=SYSTEM, now=now)
    operations.execute(replay_id=asked.pk, task_id=asked.task_id, read_clock=lambda: now)
    row = Replay.objects.get()
    assert row.state == ReplayState.READY
    document, _digest = queries.ready_document()
    assert rules.digest(document) == row.digest
    delivered = json.loads(intake.delivered_replay()[0])["points"]
    assert json.loads(document)["points"] == delivered[:1]
    operations.execute(replay_id=asked.pk, task_id=asked.task_id, read_clock=lambda: now)
    assert Replay.objects.get().digest == row.digest


def test_a_defect_is_noted_and_raised(now, monkeypatch):
    def broken(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("cauce.indicators.bridge.replay_point", broken)
    asked = operations.request_replay(actor=SYSTEM, now=now)
    with pytest.raises(ZeroDivisionError):
        operations.execute(replay_id=asked.pk, task_id=asked.task_id, read_clock=lambda: now)
    assert Replay.objects.get().failure == "ZeroDivisionError"


def test_results_that_were_touched_are_refused(now, monkeypatch, tmp_path):
    document, seconds = intake.delivered_replay()
    monkeypatch.setattr(intake, "RESULTS", tmp_path / "replay_2022.json")
    intake.write_replay(document, seconds)
    assert intake.delivered_replay() == (document, seconds)
    (tmp_path / "replay_2022.json").write_bytes(document.replace(b'"filled":2', b'"filled":3', 1))
    with pytest.raises(operations.ResultsRefused, match="no es el archivo"):
        operations.load_replay(actor=SYSTEM, now=now)
    assert not Replay.objects.exists()


def test_loading_again_changes_nothing(loaded, now):
    assert operations.load_replay(actor=SYSTEM, now=now).pk == loaded.pk
    assert operations.replay_is_loaded()
