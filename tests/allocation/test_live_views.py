"""The pages of a live choice: the public board, one's turn, the desk and its corrections, the conductor's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from cauce.allocation.models import LiveCorrection, LiveEntry, LivePost
from cauce.allocation.operations import live
from cauce.allocation.queries import board
from cauce.calls.models import Post
from tests.allocation import factories as make
from tests.allocation import live as act
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon():
    with override_settings(CLOCK_OFFSET=NOON - timezone.now()):
        yield


@pytest.fixture
def staff(now):
    return make.people(act.closed_call(now))


@pytest.fixture
def here(now, staff):
    from cauce.calls.models import Call

    return act.started(Call.objects.get(code="EV24"), now, people=staff)


def url(name, *more):
    return reverse(f"allocation:{name}", args=["EV24", *more])


def test_the_board_shows_folios_and_seats_and_never_a_name(client, here, now):
    live.end_overdue(actor=act.SYSTEM, turn=act.turn(here.session, 1), now=now + timedelta(seconds=61))
    page = client.get(url("board")).content.decode()
    assert here.people[1].folio in page
    assert "Bruno" not in page
    assert "Mariana" not in page
    assert "0</strong> de 1" in page
    assert "Actuó su lista" in page
    csv = b"".join(client.get(url("live_log"))).decode()
    assert here.people[0].folio in csv
    assert LiveEntry.objects.get().digest in csv


def test_the_board_is_read_in_as_many_queries_whatever_the_size(client, here, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        client.get(url("board"))
    first = here.posts.a
    rows = [
        Post(
            call=here.call, key=f"EV24-M{n}", site=first.site, specialty=first.specialty, seats=1, shift="full",
            contract="training",
        )
        for n in range(30)
    ]  # fmt: skip
    made = Post.objects.bulk_create(rows)
    LivePost.objects.bulk_create(
        LivePost(session=here.session, post=post, specialty=post.specialty, seats=1) for post in made
    )
    with django_assert_max_num_queries(12):
        assert "EV24-M29" in client.get(url("board")).content.decode()


def test_one_chooses_on_the_phone_in_two_steps_and_a_second_press_is_harmless(client, staff, here):
    client.force_login(staff.users["mariana"])
    page = client.get(url("my_turn")).content.decode()
    assert "Es tu turno" in page
    asked = client.get(url("my_turn"), {"plaza": here.posts.b.key}).content.decode()
    assert "Sí, esta es mi plaza" in asked
    for _press in range(2):
        answer = client.post(url("choose_online"), {"post": here.posts.b.pk}, follow=True)
        assert "Tienes plaza" in answer.content.decode()
    assert LiveEntry.objects.count() == 1
    other = client.post(url("choose_online"), {"post": here.posts.a.pk}, follow=True)
    assert "ya terminó, con otra elección" in other.content.decode()


def test_a_seat_that_went_meanwhile_is_told_with_what_to_do(client, staff, here, now):
    client.force_login(staff.users["mariana"])
    LivePost.objects.filter(post=here.posts.a).update(taken=1)
    answer = client.post(url("choose_online"), {"post": here.posts.a.pk}, follow=True).content.decode()
    assert "Esa plaza ya no tiene lugar. Elige otra de las que quedan." in answer
    assert "De tu lista, en tu orden" in answer


def test_who_waits_reads_how_many_come_before(client, staff, here):
    client.force_login(staff.users["bruno"])
    page = client.get(url("my_turn")).content.decode()
    assert "Falta una persona antes que tú" in page
    assert "Elegir<" not in page


def test_the_clerk_finds_a_folio_chooses_and_asks_for_a_correction_that_another_confirms(client, staff, here):
    from cauce.accounts.models import User

    client.force_login(User.objects.get(pk=here.clerk.user_id))
    assert client.get(reverse("allocation:live_desks")).status_code == 200
    folio = here.people[0].folio
    page = client.get(url("live_desk"), {"folio": folio.lower(), "mesa": "2"}).content.decode()
    assert "Mariana Xool" in page
    assert "no participa" in client.get(url("live_desk"), {"folio": "NADA"}).content.decode()
    sent = {"folio": folio, "desk": "2", "post": here.posts.a.pk}
    answer = client.post(url("choose_at_desk"), sent, follow=True).content.decode()
    assert "Pedir una corrección" in answer
    assert LiveEntry.objects.get().desk == 2
    no_reason = client.post(url("correct", 1), {"post": here.posts.b.pk, "reason": ""})
    assert no_reason.status_code == 422
    client.post(url("correct", 1), {"post": here.posts.b.pk, "reason": "Se pulsó la plaza de al lado"})

    client.force_login(staff.users["carla"])
    waiting = LiveCorrection.objects.get()
    assert "Se pulsó la plaza de al lado" in client.get(url("live")).content.decode()
    client.post(url("decide_correction", waiting.pk), {"decision": "confirm"})
    assert LiveEntry.objects.latest("number").post == here.posts.b


def test_the_manager_prepares_starts_pauses_and_resumes(client, now):
    call = act.closed_call(now, code="EV25")
    staff = make.people(call)
    make.application(call, 1, ["90.000", "40"], make.posts(call, 1), now=now)
    client.force_login(staff.users["carla"])
    address = reverse("allocation:live", args=["EV25"])
    assert "Fijar el orden y citar" in client.get(address).content.decode()
    wrong = client.post(reverse("allocation:prepare_live", args=["EV25"]), {"mode": "desks", "seconds": "60"})
    assert wrong.status_code == 422
    client.post(reverse("allocation:prepare_live", args=["EV25"]), {"mode": "online", "seconds": "60"})
    live.set_up_live(session_id=call.live_choice.pk, read_clock=lambda: now)
    for verb, words in (("empezar", "En curso"), ("pausar", "En pausa"), ("reanudar", "En curso")):
        where = reverse("allocation:conduct_live", args=["EV25", verb])
        assert words in client.post(where, follow=True).content.decode()
    assert client.post(reverse("allocation:conduct_live", args=["EV25", "x"])).status_code == 404


def test_what_the_board_tells_grows_with_each_version_and_holds_no_name(here, now):
    before = board.live_snapshot(here.session.pk)
    live.end_overdue(actor=act.SYSTEM, turn=act.turn(here.session, 1), now=now + timedelta(seconds=61))
    after = board.live_snapshot(here.session.pk)
    told = board.changes(before, after)
    assert board.live_versions({"EV24", "NADA"}) == {"EV24": (here.session.pk, after["version"])}
    assert told["seats"] == {str(here.posts.a.pk): 0}
    assert told["lanes"][str(here.posts.a.specialty_id)][0] == here.people[1].folio
    assert [line[3] for line in told["log"]] == ["list"]
    assert "Bruno" not in str(after)


def test_pages_listen_to_the_board_only_where_there_is_one(client, here):
    assert settings.BOARD == ""
    assert 'data-live=""' in client.get(url("board")).content.decode()
    with override_settings(BOARD="http://localhost:8001"):
        assert "http://localhost:8001/eleccion/EV24/avance/" in client.get(url("board")).content.decode()
