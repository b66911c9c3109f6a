"""The two preferences anyone may set, kept in cookies, and never a way out of the site."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse


@pytest.fixture
def send(client, db):
    def post(**data):
        return client.post(reverse("base:preferences"), data)

    return post


def test_a_theme_is_kept_and_let_go(send, client):
    assert send(theme="dark", next="/ui/?p=7").headers["Location"] == "/ui/?p=7"
    assert b'data-bs-theme="dark"' in client.get("/ui/").content
    send(theme="", next="/ui/")
    assert b"data-bs-theme" not in client.get("/ui/").content


def test_a_language_is_kept(send, client):
    send(language="en", next="/ui/")
    page = client.get("/ui/", HTTP_ACCEPT_LANGUAGE="es-MX").content.decode()
    assert '<html lang="en">' in page
    assert "Components and states" in page


@pytest.mark.parametrize("away", ["https://example.com/", "//example.com", "javascript:alert(1)", ""])
def test_the_way_back_never_leaves_the_site(send, away):
    assert send(theme="dark", next=away).headers["Location"] in ("/", "")


@pytest.mark.parametrize("data", [{"theme": "pink"}, {"language": "xx"}, {}])
def test_unknown_values_change_nothing(send, data):
    response = send(**data, next="/ui/")
    assert "theme" not in response.cookies
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_preferences_are_set_by_post_only(client, db):
    assert client.get(reverse("base:preferences")).status_code == 405


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "413.html", "500.html", "csrf.html"])
def test_each_error_page_says_what_to_do_and_needs_no_context(name):
    from django.template.loader import render_to_string

    page = render_to_string(name)
    assert page.count("<h1>") == 1
    assert 'class="c-lead"' in page
    assert 'class="btn btn-primary"' in page
