"""Senior managers: the profile, the first three of the frozen order, and an appointment with reasons and four eyes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.base.errors import Denied
from cauce.calls import operations, queries
from cauce.calls.models import Application, Appointment, Call, Shortlist
from cauce.calls.rules import managers as rulebook
from cauce.calls.rules.managers import AppointmentRefused, ProfileRefused, ShortlistRefused, Standing
from tests.calls import factories as make
from tests.calls import kinds
from tests.calls.drafts import SOURCE, office, officer
from tests.calls.kinds import AFTER

PROFILE = [
    {"key": "r1", "label": "Título y cédula", "weight": 0},
    {"key": "r2", "label": "Cinco años dirigiendo un hospital", "weight": 2},
    {"key": "r3", "label": "Maestría en salud pública", "weight": 1},
]
POINTS = {"key": "profile", "label": "Perfil", "decimals": 2, "minimum": "0", "maximum": "30", "declared": False, "source": "profile"}  # fmt: skip
WHY = "Dirigió tres años el hospital de la zona y redujo a la mitad la espera de cirugía."


def test_a_profile_is_read_line_by_line():
    text = "Título y cédula; sí\nCinco años dirigiendo un hospital; 2\nMaestría en salud pública; 1"
    assert rulebook.read_profile(text) == PROFILE
    assert rulebook.write_profile(PROFILE) == text
    with pytest.raises(ProfileRefused, match="renglón 2"):
        rulebook.read_profile("Título; sí\nsin nada")
    with pytest.raises(ProfileRefused, match="dos veces"):
        rulebook.read_profile("Título; sí\ntítulo; 2")


@pytest.mark.parametrize(("met", "value"), [([], "0.00"), (["r2"], "20.00"), (["r1", "r2", "r3"], "30.00")])
def test_what_the_profile_gives_is_exact(met, value):
    assert rulebook.profile_value(PROFILE, met, POINTS) == value


def test_thirds_are_rounded_half_up():
    assert rulebook.profile_value(PROFILE, ["r3"], {**POINTS, "maximum": "100"}) == "33.33"
    assert rulebook.profile_value(PROFILE, ["r2"], {**POINTS, "maximum": "100"}) == "66.67"


def test_the_lottery_settles_what_criteria_leave():
    people = [
        Standing(1, "A", ("9.0", "3"), "bb"),
        Standing(2, "B", ("10.0", "1"), "cc"),
        Standing(3, "C", ("9.0", "3"), "aa"),
    ]
    assert [one.folio for one in rulebook.in_order(people)] == ["B", "C", "A"]


@pytest.fixture
def world(db):
    call = make.call(
        kind="managers", profile=PROFILE, score_criteria=[kinds.EXAM, POINTS], lottery_seed="5e" * 32
    )
    post = make.post(call, seats=1)
    people = [
        kinds.applicant(call, f"Persona{at}", post=post, merit=[f"{90 - at}.000", ""]) for at in range(5)
    ]
    manager = officer()
    for one in people:
        met = ["r2"] if one is people[0] else ["r1", "r2"]  # the best of all lacks the licence
        operations.review_profile(actor=manager, application=one, met=met, remark="Acta vista.", now=AFTER)
    return SimpleNamespace(call=call, post=post, people=people, manager=manager)


def shortlist(world):
    return operations.make_shortlist(actor=world.manager, post=world.post, now=AFTER)


def folios(made):
    return list(made.entries.order_by("place").values_list("application__folio", flat=True))


def test_the_shortlist_is_the_first_three_who_meet_the_profile(world):
    assert Application.objects.get(pk=world.people[1].pk).merit == ["89.000", "20.00"]
    made = shortlist(world)
    assert folios(made) == [one.folio for one in world.people[1:4]]
    assert made.order == [one.folio for one in world.people[1:]]
    assert shortlist(world) == made
    with pytest.raises(ProfileRefused, match="no cambian"):
        operations.review_profile(
            actor=world.manager, application=world.people[4], met=["r1"], remark="", now=AFTER
        )


def test_there_is_none_while_anything_is_missing_or_untrue(world):
    with pytest.raises(ShortlistRefused, match="abierta"):
        operations.make_shortlist(actor=world.manager, post=world.post, now=make.CLOSES)
    sealed = Call.objects.filter(pk=world.call.pk)
    sealed.update(lottery_source=SOURCE.document())
    with pytest.raises(Denied, match="todavía no se fija"):
        shortlist(world)
    sealed.update(lottery_source={})
    Application.objects.filter(pk=world.people[4].pk).update(merit=["99.000", "30.00"])
    with pytest.raises(ShortlistRefused, match="hojas"):
        shortlist(world)
    Application.objects.filter(pk=world.people[4].pk).update(merit=["", "20.00"])
    with pytest.raises(ShortlistRefused, match="Examen"):
        shortlist(world)
    late = kinds.applicant(world.call, "Sin revisar", post=world.post)
    with pytest.raises(ShortlistRefused, match=late.folio):
        shortlist(world)


def test_who_declines_gives_way_to_the_next(world):
    made = shortlist(world)
    entry = made.entries.get(place=2)
    with pytest.raises(ShortlistRefused, match="por qué"):
        operations.decline_shortlist(actor=world.manager, entry=entry, reason="no", now=AFTER)
    for _again in range(2):
        operations.decline_shortlist(
            actor=world.manager, entry=entry, reason="Aceptó otro cargo en su estado.", now=AFTER
        )
    assert folios(made) == [one.folio for one in world.people[1:5]]
    assert made.entries.filter(declined_at__isnull=True).count() == 3


def test_two_people_appoint_with_reasons_that_are_public(world, client):
    made = shortlist(world)
    entry = made.entries.get(place=2)
    with pytest.raises(AppointmentRefused, match="razones"):
        operations.propose_appointment(actor=world.manager, entry=entry, reason="Sí.", now=AFTER)
    proposed = operations.propose_appointment(actor=world.manager, entry=entry, reason=WHY, now=AFTER)
    stamp = rulebook.fingerprint_of(proposed)
    with pytest.raises(Denied, match="propone"):
        operations.sign_appointment(actor=world.manager, appointment=proposed, expected=stamp, now=AFTER)
    signer = officer("second_signatory", name="Sofía")
    with pytest.raises(AppointmentRefused, match="cambió"):
        operations.sign_appointment(actor=signer, appointment=proposed, expected="otra", now=AFTER)
    address = reverse("calls:call", args=[world.call.code])
    assert WHY not in client.get(address).content.decode()
    for _again in range(2):
        operations.sign_appointment(actor=signer, appointment=proposed, expected=stamp, now=AFTER)
    assert WHY in client.get(address).content.decode()
    with pytest.raises(AppointmentRefused, match="firmado"):
        operations.propose_appointment(
            actor=world.manager, entry=entry, reason=WHY + " Otra cosa.", now=AFTER
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.update(signed_by_id=world.manager.user_id)


def test_the_desk_shows_it_in_a_fixed_number_of_queries(world, client, django_assert_max_num_queries):
    shortlist(world)
    with django_assert_max_num_queries(7):
        page = queries.shortlists_page(world.manager, world.call, number=1, now=AFTER)
        assert [one.lacking for one in page.candidates].count(["Título y cédula"]) == 1
        assert len(page.posts[0].entries) == 3
    client.force_login(office())
    for name, arguments in (
        ("shortlists", []), ("profile_review", [world.people[0].folio]), ("propose", [world.post.key]),
        ("decline", [Shortlist.objects.get().entries.first().pk]),
    ):  # fmt: skip
        assert client.get(reverse(f"calls:{name}", args=[world.call.code, *arguments])).status_code == 200
