"""The ranked list with its script, in a real browser: saved at each move, kept without signal, told of conflicts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cauce.base import clock
from cauce.calls import operations
from tests.calls import factories as make
from tests.conftest import a_browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def chromium():
    with a_browser() as browser:
        yield browser


@pytest.fixture
def story(chromium, live_server, monkeypatch, now):
    """A list of four posts, and a browser that has it open."""
    monkeypatch.setattr(clock, "read", lambda: now)
    user = make.user("Mariana")
    call = make.call()
    application = make.application(call, user.person)
    operations.save_list(
        application=application,
        posts=[make.post(call).pk for _ in range(4)],
        based_on=0,
        actor=make.actor(user),
        now=now,
    )
    signed_in = Client()
    signed_in.force_login(user)
    address = live_server.url + reverse("calls:application_list", args=[application.folio])
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="es-MX")
    session = signed_in.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield application, context, address
    context.close()


def opened(context, address):
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def order(page):
    return [
        int(item)
        for item in page.eval_on_selector_all("[data-ranked] > li", "all => all.map(x => x.dataset.item)")
    ]


def move(page, place, how):
    page.locator("[data-ranked] > li").nth(place).locator(f"[data-move={how}]").click()


def wait_for(page, words):
    page.get_by_text(words, exact=False).first.wait_for(timeout=10_000)


def wait_for_version(page, number):
    page.locator(f"input[name=base][value='{number}']").first.wait_for(state="attached", timeout=10_000)


def saved(application):
    application.refresh_from_db()
    return application.versions.get(number=application.version).posts


def test_a_move_by_keyboard_is_saved_with_its_time(story):
    application, context, address = story
    page = opened(context, address)
    a, b, c, d = order(page)
    page.locator("[data-handle]").nth(2).focus()
    for key in ("Enter", "ArrowUp", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    wait_for_version(page, 2)
    wait_for(page, "Guardada a las 12:00:00")
    assert saved(application) == order(page) == [c, a, b, d]


def test_without_signal_the_order_stays_here_and_is_sent_afterwards_even_if_the_page_is_lost(story):
    application, context, address = story
    page = opened(context, address)
    a, b, c, d = order(page)
    context.set_offline(True)
    move(page, 3, "first")
    wait_for(page, "Sin conexión")
    assert saved(application) == [a, b, c, d]
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    wait_for_version(again, 2)
    again.locator(f"[data-ranked] > li:first-child[data-item='{d}']").wait_for()
    assert saved(application) == [d, a, b, c]


def test_a_second_tab_is_shown_both_lists(story):
    application, context, address = story
    first, second = opened(context, address), opened(context, address)
    a, b, c, d = order(first)
    move(first, 1, "up")
    wait_for_version(first, 2)
    move(second, 3, "up")
    wait_for(second, "Guardaste dos listas distintas")
    assert saved(application) == [b, a, c, d]
    assert [a, b, d, c] in application.versions.filter(is_refused=True).values_list("posts", flat=True)
