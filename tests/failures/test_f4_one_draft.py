"""F4: parallel autosaves and impatient fingers once made several drafts of one application.

Twenty connections ask at the same moment; there must be one row, one folio,
and twenty answers that agree.

Proven on PostgreSQL: without the lock of ``_locked`` several saves fail instead of being kept as refused; without the
answer to the database's refusal in ``start_application`` the starts no longer agree.
"""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection

from cauce.calls import operations
from cauce.calls.models import Application, Choice, ListVersion
from tests.calls import factories as make
from tests.races import at_once, on_file

AT_ONCE = 20


def race() -> dict:
    """Twenty starts, then twenty different saves over the same version, of one person."""
    now = make.OPENS
    call = make.call()
    posts = [make.post(call) for _ in range(AT_ONCE)]
    actor = make.actor(make.user("Mariana"))

    def start():
        return operations.start_application(call=call, actor=actor, now=now).folio

    folios = at_once(*[start] * AT_ONCE)
    application = Application.objects.first()
    Application.objects.update(specialty=make.specialty())

    def save(post):
        return operations.save_list(
            application=application, posts=[post.pk], based_on=0, actor=actor, now=now
        ).is_refused

    saves = at_once(*(partial(save, post) for post in posts))
    application.refresh_from_db()
    return {
        "folios": folios,
        "drafts": Application.objects.count(),
        "saves": saves,
        "versions": sorted(ListVersion.objects.values_list("number", flat=True)),
        "lists": len({tuple(posts) for posts in ListVersion.objects.values_list("posts", flat=True)}),
        "current": list(Choice.objects.values_list("post_id", flat=True))
        == ListVersion.objects.get(number=application.version).posts,
    }


def check(outcome: dict) -> None:
    assert outcome["drafts"] == 1
    assert set(outcome["folios"]) == {outcome["folios"][0]}
    # Of twenty lists made over one version, one is current and nineteen are kept as refused.
    assert sorted(outcome["saves"]) == [False] + [True] * (AT_ONCE - 1)
    assert outcome["versions"] == list(range(1, AT_ONCE + 1))
    assert outcome["lists"] == AT_ONCE
    assert outcome["current"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="this race is for a SQLite file")
def test_twenty_at_once_make_one_draft_and_lose_no_list(tmp_path):
    check(on_file(tmp_path, __name__, "race")["race"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite in memory is one connection")
def test_on_the_database_of_the_tests():
    check(race())
