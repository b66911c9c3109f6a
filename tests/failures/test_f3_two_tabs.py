"""F3: two open pages of one list once overwrote each other in silence.

Two sessions of one person change the same version. The second save is told,
both lists stay, either can be taken over with one button, and the other can
still be recovered afterwards. Proven to fail by taking the check of
``based_on`` out of ``save_list``: the second save then replaced the first.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cauce.base import clock
from tests.calls import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(monkeypatch, now):
    monkeypatch.setattr(clock, "read", lambda: now)


@pytest.fixture
def story():
    """A list A, B, C that two devices have open at version 1."""
    user = make.user("Mariana")
    call = make.call()
    posts = [make.post(call).pk for _ in range(3)]
    application = make.application(call, user.person)
    devices = Client(), Client()
    for device in devices:
        device.force_login(user)
    save(devices[0], application, posts, 0)
    return application, posts, devices


def address(name, application, *more):
    return reverse(f"calls:{name}", args=[application.folio, *more])


def save(device, application, posts, base):
    return device.post(
        address("application_list", application),
        {"base": base, "orden": ",".join(map(str, posts))},
        headers={"accept": "application/json"},
    )


def current(application):
    application.refresh_from_db()
    return application.versions.get(number=application.version).posts


def kept(application):
    return {tuple(posts) for posts in application.versions.values_list("posts", flat=True)}


def test_the_second_save_is_told_and_nothing_is_lost(story):
    application, (a, b, c), (phone, desk) = story
    assert save(phone, application, [b, a, c], 1).status_code == 200
    late = save(desk, application, [c, b, a], 1)
    assert late.status_code == 409
    assert current(application) == [b, a, c]
    assert kept(application) >= {(b, a, c), (c, b, a)}
    page = desk.get(late.json()["conflict"]).text
    assert "Guardaste dos listas distintas" in page
    assert "Seguir con la guardada" in page
    assert "Usar la que acabo de ordenar" in page


def test_without_script_a_button_on_a_stale_page_leads_to_both_lists(story):
    application, (a, b, c), (phone, desk) = story
    phone.post(address("application_list", application), {"base": 1, "mover": f"{b}:subir"})
    late = desk.post(address("application_list", application), {"base": 1, "quitar": c}, follow=True)
    assert "Guardaste dos listas distintas" in late.text
    assert current(application) == [b, a, c]
    assert kept(application) >= {(b, a, c), (a, b)}


@pytest.mark.parametrize("chosen", ["theirs", "mine"])
def test_either_can_be_taken_over_and_the_other_recovered_later(story, chosen):
    application, (a, b, c), (phone, desk) = story
    save(phone, application, [b, a, c], 1)
    late = save(desk, application, [c, b, a], 1)
    page = desk.get(late.json()["conflict"]).context["page"]
    numbers = {"theirs": page.theirs.version.number, "mine": page.mine.version.number}
    lists = {"theirs": [b, a, c], "mine": [c, b, a]}
    other = {"theirs": "mine", "mine": "theirs"}[chosen]
    desk.post(address("application_versions", application), {"version": numbers[chosen]})
    assert current(application) == lists[chosen]
    phone.post(address("application_versions", application), {"version": numbers[other]})
    assert current(application) == lists[other]


def test_the_same_move_on_both_is_no_conflict(story):
    application, (a, b, c), (phone, desk) = story
    save(phone, application, [b, a, c], 1)
    again = save(desk, application, [b, a, c], 1)
    assert again.status_code == 200
    assert application.versions.count() == 2


def test_the_late_save_repeated_is_kept_once(story):
    application, (a, b, c), (phone, desk) = story
    save(phone, application, [b, a, c], 1)
    first = save(desk, application, [c, b, a], 1)
    again = save(desk, application, [c, b, a], 1)
    assert first.json() == again.json()
    assert application.versions.count() == 3
