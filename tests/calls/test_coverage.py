"""Teams of a territory: read, frozen, linted, and the units that nobody has."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cauce.base.errors import Denied
from cauce.calls import operations, queries, rules
from cauce.calls.models import Call, Team, TeamPlace, TeamUnit
from cauce.calls.rules import coverage
from cauce.calls.rules.coverage import PlaceRow, TeamRow, TeamsRefused
from tests.calls import factories as make
from tests.calls.drafts import BEFORE_OPENING, draft, officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def call():
    """A draft with two posts at units with CLUES, and a third unit without a post."""
    made = draft(kind="teams")
    for at, post in enumerate(made.posts.order_by("key"), 1):
        post.site.clues = f"OCIMB00000{at}"
        post.site.save()
    make.site("Centro de Salud lejano", clues="OCIMB000009")
    return made


def rows(*units):
    return [TeamRow("Z1", "Equipo Istmo", "zone", "20", "Istmo", units)]


def places(call, role="coordinator"):
    return [PlaceRow(post.key, "Z1", role) for post in call.posts.order_by("key")]


def save(call, teams, of=None):
    return operations.set_teams(
        actor=officer(), call=call, teams=teams, places=places(call) if of is None else of, now=BEFORE_OPENING
    )


def codes(call):
    return {one.code: one for one in queries.findings_of(Call.objects.get(pk=call.pk), now=BEFORE_OPENING)}


def test_what_is_typed_is_read_and_comes_back(call):
    text = "Z1; Equipo Istmo; Zonal; 20; Istmo; ocimb000001 OCIMB000002"
    assert coverage.read_teams(text) == rows("OCIMB000001", "OCIMB000002")
    save(call, coverage.read_teams(text))
    assert coverage.read_teams(queries.teams_text(call)) == coverage.read_teams(text)
    assert coverage.read_places(queries.places_text(call)) == places(call)


@pytest.mark.parametrize(
    ("text", "words"),
    [("Z1; Equipo; Zonal; 20; Istmo", "renglón 1"), ("Z1; E; otro; 20; Istmo; X", "renglón 1"),
     ("Z1; E; Zonal; 20; I; X\nZ1; F; Zonal; 20; I; Y", "dos veces")],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(text, words):
    with pytest.raises(TeamsRefused, match=words):
        coverage.read_teams(text)


def test_the_linter_tells_what_lacks_a_team(call):
    assert codes(call)["no-teams"].blocks
    save(call, rows("OCIMB000001"), places(call, "medical")[:1])
    found = codes(call)
    assert found["posts-without-team"].blocks
    assert "2" in found["units-without-team"].sentence
    assert "Centro de Salud lejano" in found["units-without-team"].sentence
    assert "team-without-coordinator" in found
    save(call, rows("OCIMB000001", "OCIMB000002", "OCIMB000009"))
    assert not {code for code in codes(call) if "team" in code}


def test_a_unit_in_two_teams_of_one_kind_is_told_and_of_two_kinds_is_not(call):
    one = rows("OCIMB000001", "OCIMB000002", "OCIMB000009")
    other = TeamRow("Z2", "Equipo Sierra", "zone", "20", "Sierra", ("OCIMB000009",))
    save(call, [*one, other])
    assert "Z1, Z2" in codes(call)["unit-in-two-teams"].sentence
    save(call, [*one, TeamRow("S1", "Supervisión", "supervision", "20", "Sierra", ("OCIMB000009",))])
    assert "unit-in-two-teams" not in codes(call)


@pytest.mark.parametrize(
    ("teams", "of", "words"),
    [
        (rows("NADA00000001"), [], "NADA00000001"),
        ([TeamRow("Z1", "E", "zone", "09", "X", ())], [], "estado 09"),
        (rows(), [PlaceRow("99-9999", "Z1", "medical")], "99-9999"),
    ],
)
def test_one_bad_line_keeps_everything_as_it_was(call, teams, of, words):
    save(call, rows("OCIMB000001"))
    with pytest.raises(TeamsRefused, match=words):
        save(call, teams, of)
    assert TeamUnit.objects.count() == 1
    assert TeamPlace.objects.count() == 2


def test_teams_are_frozen_and_a_published_call_keeps_them(call):
    save(call, rows("OCIMB000001"))
    before = rules.digest_of(rules.frozen_rules(queries.snapshot(call)))
    save(call, rows("OCIMB000002"))
    assert rules.digest_of(rules.frozen_rules(queries.snapshot(call))) != before
    with pytest.raises(Denied):
        save(make.call(kind="teams"), [], [])


def test_the_page_costs_the_same_for_thousands_of_places(call, client, django_assert_max_num_queries):
    save(call, rows("OCIMB000001", "OCIMB000002"))
    state = make.state()
    Team.objects.bulk_create(
        Team(call=call, key=f"T{at}", name=f"Equipo {at}", kind="zone", state=state, zone="Sierra")
        for at in range(120)
    )
    with django_assert_max_num_queries(9):
        page = queries.coverage_page(call, state="20", number=2)
        assert (len(page.teams), page.teams.paginator.count) == (50, 121)
        assert [(row.teams, row.places, row.units, row.uncovered) for row in page.states] == [(121, 4, 3, 1)]
        assert [unit.name for unit in page.uncovered] == ["Centro de Salud lejano"]
    Call.objects.filter(pk=call.pk).update(state="published", published_at=make.OPENS, rules_digest="0" * 64)
    assert client.get(reverse("calls:coverage", args=[call.code])).status_code == 200
    table = client.get(reverse("calls:coverage_csv", args=[call.code]) + "?estado=20").getvalue().decode()
    assert "OCIMB000009" in table
    assert "OCIMB000001" not in table
