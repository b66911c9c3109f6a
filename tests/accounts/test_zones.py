"""Deadlines by the centre's clock and by the reader's."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template

from cauce.accounts import operations, rules
from cauce.accounts.models import IdentityDocument
from cauce.accounts.queries import actor_for
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from tests.accounts.factories import make_applicant, make_person, make_user
from tests.conftest import NOON

CLOSES = datetime(2024, 2, 24, 5, 59, 59, tzinfo=UTC)


@pytest.mark.once
@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Mexico_City", ""),
        ("America/El_Salvador", ""),  # the same hour: nothing to say
        ("America/Cancun", "24 de febrero de 2024, 00:59 de tu zona"),
        ("America/Hermosillo", "22:59 de tu zona"),
        ("America/Tijuana", "21:59 de tu zona"),
    ],
)
def test_the_local_hour_is_told_where_it_differs(zone, words):
    assert figures.local_clock(CLOSES, zone) == words


@pytest.mark.once
def test_hours_that_bind_say_both_and_others_do_not():
    shown = Template("{% load cauce %}{% when at zone=True %}|{% when at %}")
    there = Context({"at": CLOSES, "actor": Actor("user:1", time_zone="America/Tijuana")})
    binding, plain = shown.render(there).split("|")
    assert "hora del centro (21:59 de tu zona)" in binding
    assert "zona" not in plain
    assert "zona" not in shown.render(Context({"at": CLOSES}))


@pytest.mark.once
def test_every_zone_exists_and_the_choice_goes_first():
    for zone in rules.NAMES:
        ZoneInfo(zone)
    assert rules.zone_of(chosen="", birth_state="23") == "America/Cancun"
    assert rules.zone_of(chosen="", birth_state="20") == rules.CENTRE
    assert rules.zone_of(chosen="", birth_state="", country="SV") == "America/El_Salvador"
    assert rules.zone_of(chosen="America/Tijuana", birth_state="23") == "America/Tijuana"


@pytest.mark.django_db
def test_a_person_chooses_their_zone_and_an_office_has_none(django_assert_num_queries):
    user = make_user(make_person(birth_state="26"))
    with django_assert_num_queries(2):
        assert actor_for(user).time_zone == "America/Hermosillo"
    IdentityDocument.objects.create(person=user.person, kind="dui", country="SV", number="1")
    assert actor_for(user).time_zone == "America/El_Salvador"
    actor = actor_for(user)
    with pytest.raises(rules.ZoneRefused):
        operations.choose_time_zone(time_zone="America/Atlantis", actor=actor, now=NOON)
    operations.choose_time_zone(time_zone="America/Tijuana", actor=actor, now=NOON)
    user.person.refresh_from_db()
    assert actor_for(user).time_zone == "America/Tijuana"
    office = actor_for(make_user(office_name="Oficina"))
    assert office.time_zone == ""
    with pytest.raises(Denied):
        operations.choose_time_zone(time_zone="", actor=office, now=NOON)


@pytest.mark.django_db
def test_the_page_of_ones_own_data_leads_to_the_choice(client):
    user = make_applicant()
    client.force_login(user)
    assert "Centro de México" in client.get("/mi/datos/").content.decode()
    assert client.post("/mi/datos/hora/", {"time_zone": "America/Cancun"}).url == "/mi/datos/"
    assert "Quintana Roo" in client.get("/mi/datos/").content.decode()
