"""Whose letters are whose."""

import pytest

from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.accounts.rules.letters import CONFIRM
from cauce.base.actors import Actor
from cauce.calls.rules.letters import REMINDER
from cauce.notices import queries, rules
from cauce.notices.models import Message
from tests.accounts.factories import make_applicant, make_officer

pytestmark = pytest.mark.django_db


def write(user, key, now, **values):
    values = {"address": user.email, "title": key, "body": "Cuerpo.", "written_at": now} | values
    return Message.objects.create(key=key, user=user, **values)


@pytest.fixture
def mariana():
    return make_applicant()


def test_an_inbox_holds_ones_own_letters_only(mariana, now):
    write(mariana, "mine", now)
    write(make_applicant("Bruno"), "his", now)
    Message.objects.create(key="link", address=mariana.email, title="Clave", body="", written_at=now)
    page = queries.inbox_page(actor_for(mariana))
    assert [letter.key for letter in page.letters] == ["mine"]
    assert (page.total, page.unread, queries.unread_count(actor_for(mariana))) == (1, 1, 1)
    assert [letter["title"] for letter in queries.held(actor_for(mariana))] == ["mine"]


def test_nobody_has_no_letters_and_costs_no_query(mariana, now, django_assert_num_queries):
    write(mariana, "mine", now)
    Message.objects.create(key="link", address="x@ejemplo.mx", title="Clave", body="", written_at=now)
    with django_assert_num_queries(0):
        assert queries.unread_count(Actor.nobody()) == 0
        assert list(queries.messages_visible_to(Actor.nobody())) == []


@pytest.mark.parametrize("size", [1, 3, 25])
def test_an_inbox_is_read_in_four_queries(mariana, now, size, django_assert_num_queries):
    for i in range(size):
        write(mariana, f"letter {i}", now)
    with django_assert_num_queries(4):
        page = queries.inbox_page(actor := Actor("user", user_id=mariana.pk), page=1)
        shown = len(page.letters)
    assert shown == min(size, queries.PAGE)
    assert queries.unread_count(actor) == size


def test_links_of_the_letterbox_work_whatever_the_host(mariana, now):
    write(mariana, "a", now, body="Abre http://localhost:8000/cuenta/x/ ahora", link="/mi/")
    write(mariana, "b", now, body="Abre https://otro.sitio/robo ahora")
    letters = queries.letterbox([mariana.email], origin="http://localhost:8000")
    assert {letter.title: letter.links for letter in letters} == {"a": ("/cuenta/x/", "/mi/"), "b": ()}


def test_who_audits_reads_each_text_with_its_letters_counted_in_one_query(
    mariana, now, django_assert_num_queries
):
    for n, text in enumerate((REMINDER, REMINDER, CONFIRM)):
        Message.objects.create(
            key=f"t{n}", user=mariana, address="m@ejemplo.mx", title="T", body="C", written_at=now,
            template=text.code, template_version=text.version, read_at=now if n else None,
        )  # fmt: skip
    actor = actor_for(make_officer(Role.AUDITOR))
    assert rules.may_read_texts(actor)
    assert not rules.may_read_texts(actor_for(mariana))
    with django_assert_num_queries(1):
        page = queries.texts_page(actor)
    found = {text.code: text for text in page.texts}
    assert (found[REMINDER.code].written, found[REMINDER.code].read, found[CONFIRM.code].written) == (2, 1, 1)
    spanish, english = found[CONFIRM.code].words
    assert (spanish.title, english.title) == ("Confirma tu correo en Cauce", "Confirm your e-mail in Cauce")
    assert ("%(activate_url)s", "") in spanish.body
    assert {fact for _words, fact in spanish.body} == {"", "folio"}
