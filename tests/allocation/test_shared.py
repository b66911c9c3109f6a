"""Runs where classes of seats, caps or posts' own orders decide: asked, explained, shown, packed, verified."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cauce.allocation import bridge
from cauce.allocation.models import ClassCutoff, Placement, RunState
from cauce.calls import operations as calls
from cauce.calls.models import Application, Call, PostOrder
from cauce.calls.rules.standing import OwnOrder, Standing
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
FOREIGN = {"key": "foreign", "label": "Personas extranjeras", "reverts_to": "open"}
OPEN = {"key": "open", "label": "", "reverts_to": ""}


def _places(run):
    rows = Placement.objects.filter(run=run).order_by("place")
    return list(rows.values_list("post__key", "seat_class"))


def test_a_class_takes_its_own_and_hands_on_what_is_left(call, lists, staff, now, client):
    one, _two, three = lists.posts
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN, OPEN])
    for post in (one, three):
        post.reserved = {"foreign": 1}
        post.save()
    last = lists.applications[3]
    Application.objects.filter(pk=last.pk).update(groups=["foreign"])
    Placement.objects.all().delete()
    run = make.published_run(staff, Call.objects.get(pk=call.pk), now)
    assert "A5" in [check["name"] for check in run.checks]
    # Post 1 keeps its only seat for a foreigner; none lists it, so it turns open and goes by merit.
    assert _places(run)[0] == (one.key, "open")
    assert Placement.objects.get(run=run, application=last).seat_class == "foreign"
    assert bridge.engine.verify_package(bridge.opened(bytes(run.package))).verified
    kept = {(row[0], row[2]) for row in run.facts["shared"]["classes"]}
    assert kept == {("foreign", 2), ("open", 2)}
    for address in (
        reverse("allocation:call_results", args=[call.code]),
        reverse("allocation:result", args=[call.code, last.folio]),
    ):
        page = client.get(address)
        assert page.status_code == 200
    client.force_login(staff.users["carla"])
    why = client.get(reverse("allocation:result", args=[call.code, last.folio])).content.decode()
    assert "Personas extranjeras" in why
    desk = client.get(reverse("allocation:run", args=[call.code, run.number])).content.decode()
    assert "Clase de lugares" in desk


def test_a_refusal_names_the_class_and_what_separated_them(call, lists, staff, now):
    one = lists.posts[0]
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN, OPEN])
    one.seats, one.reserved = 2, {"foreign": 1}
    one.save()
    Application.objects.filter(pk=lists.applications[2].pk).update(groups=["foreign"])
    run = make.done_run(staff.carla, Call.objects.get(pk=call.pk), now)
    refused = Placement.objects.get(run=run, application=lists.applications[1])
    code, seat_class, distance, element, mine, last = refused.reasons[0]
    assert (code, seat_class, distance, element, mine, last) == ("behind", "open", 1, 1, "80.500", "90.000")
    cut = ClassCutoff.objects.get(run=run, post=one, seat_class="foreign")
    assert (cut.taken, cut.last_folio) == (1, lists.applications[2].folio)


def test_points_give_each_post_its_own_order(call, lists, staff, now):
    """Whoever comes from a post's site passes those ahead of them there, and nowhere else."""
    one, two, _three = lists.posts
    Call.objects.filter(pk=call.pk).update(
        mechanism="stable", post_orders="points", order_points={"site": "30"}
    )
    rows = [Standing(lists.applications[2].folio, (), "", one.site_id)]
    calls.load_standings(actor=staff.carla, call=call, rows=rows, now=now)
    run = make.done_run(staff.carla, Call.objects.get(pk=call.pk), now)
    placed = dict(Placement.objects.filter(run=run).values_list("application_id", "post__key"))
    assert placed[lists.applications[2].pk] == one.key
    assert placed[lists.applications[0].pk] == two.key
    first = Placement.objects.get(run=run, application=lists.applications[0])
    assert first.reasons[0] == ["behind", "open", 1, 1, "90.000", "110.500"]


def test_a_cap_leaves_seats_empty_and_the_run_says_so(call, lists, staff, now):
    Call.objects.filter(pk=call.pk).update(regions=[{"state": "22", "cap": 2}])
    run = make.done_run(staff.carla, Call.objects.get(pk=call.pk), now)
    assert run.facts["placed"] == 2
    assert run.facts["shared"]["capped"] is True


def test_no_run_without_the_order_of_every_post_wanted(call, lists, staff, now):
    Call.objects.filter(pk=call.pk).update(mechanism="stable", post_orders="imported")
    run = make.done_run(staff.carla, call, now)
    assert (run.state, run.failure) == (RunState.FAILED, "orders_missing")
    folios = [one.folio for one in lists.applications]
    rows = [OwnOrder(post.key, tuple((folio,) for folio in reversed(folios))) for post in lists.posts]
    calls.load_orders(actor=staff.carla, call=call, rows=rows, now=now)
    assert PostOrder.objects.count() == 3
    run = make.done_run(staff.carla, call, now)
    assert run.state == RunState.CERTIFIED
    placed = dict(Placement.objects.filter(run=run).values_list("application_id", "post__key"))
    assert placed[lists.applications[4].pk] == lists.posts[1].key
    assert placed[lists.applications[0].pk] is None


def test_groups_loaded_after_freezing_make_the_run_old(call, lists, staff, now):
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN, OPEN])
    run = make.done_run(staff.carla, call, now)
    rows = [Standing(lists.applications[0].folio, ("foreign",))]
    calls.load_standings(actor=staff.carla, call=call, rows=rows, now=now)
    with pytest.raises(make.operations.ListsMissing):
        make.operations.sign(actor=staff.carla, run=run, digest=run.answer_digest, now=now)
