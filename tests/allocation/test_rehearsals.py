"""Rehearsals: mechanisms compared on a call's shape, and odds for who makes a list; nobody is placed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from cauce.allocation import operations, queries
from cauce.allocation.models import Placement, Rehearsal, Run
from cauce.allocation.rules import rehearsal as trial
from cauce.allocation.rules.outlook import still_to_come
from cauce.allocation.tasks import ask_for_outlooks
from cauce.base.errors import Denied
from cauce.calls.models import Application, Call, Outlook, PostOutlook
from cauce.calls.queries.odds import list_odds
from cauce.calls.rules import outlook
from cauce.calls.rules.design import Design
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
FOREIGN = {"key": "foreign", "label": "Personas extranjeras", "reverts_to": "open"}


def _rehearsed(actor, call, now):
    row = operations.request_rehearsal(actor=actor, call=call, now=now)
    operations.carry_out_rehearsal(rehearsal_id=row.pk, task_id=row.task_id, read_clock=lambda: now)
    return Rehearsal.objects.get(pk=row.pk)


def _variant(row, name):
    return next(one for one in row.document["variants"] if one["name"] == name)


def test_with_few_lists_people_are_invented_and_nobody_is_placed(call, lists, staff, now):
    first = _rehearsed(staff.carla, call, now)
    assert (first.state, first.basis) == ("ready", "invented")
    assert not Run.objects.exists()
    assert not Placement.objects.exists()
    merit = _variant(first, "merit")
    assert merit["envy"] == 0
    assert merit["waste"] == 0
    again = _rehearsed(staff.carla, call, now)
    assert again.digest == first.digest
    assert again.pk != first.pk


def test_the_crude_way_makes_envy_on_a_market_worked_out_by_hand():
    """Two people want p then q; the third wants q first. First choices first gives q to the worst of them."""
    people = trial.People([["3"], ["2"], ["1"]], [[1, 2], [1, 2], [2]], [[]] * 3, [("", None)] * 3)
    place = trial.first_choices_first(people, {1: 1, 2: 1}, [0, 1, 2])
    assert place == [1, None, 2]
    assert trial._envious(people, place, [0, 1, 2]) == {1}
    assert trial._envious(people, [1, 2, None], [0, 1, 2]) == set()


def test_classes_and_caps_are_compared_with_their_crude_ways(call, lists, staff, now):
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN], regions=[{"state": "22", "cap": 3}])
    lists.posts[2].reserved = {"foreign": 1}
    lists.posts[2].save()
    row = _rehearsed(staff.carla, Call.objects.get(pk=call.pk), now)
    names = [one["name"] for one in row.document["variants"]]
    assert names == ["merit", "classes", "regions", "points", "draft", "first", "stuck", "cut"]
    assert _variant(row, "regions")["placed"] == 3
    assert _variant(row, "cut")["placed"] <= _variant(row, "regions")["placed"]


def test_many_lists_are_rehearsed_themselves_and_small_groups_stay_hidden(call, staff, now):
    posts = make.posts(call, 3, 3)
    for number in range(trial.FEWEST_LISTS):
        make.application(call, number, [f"{50 + number}.000", "1"], posts, now=now)
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN])
    posts[0].reserved = {"foreign": 1}
    posts[0].save()
    Application.objects.filter(folio__contains="000001").update(groups=["foreign"])
    row = _rehearsed(staff.carla, Call.objects.get(pk=call.pk), now)
    assert (row.basis, row.document["people"]) == ("lists", trial.FEWEST_LISTS)
    groups = {one["name"]: one for one in _variant(row, "first")["groups"]}
    assert groups["class foreign"] == {"name": "class foreign", "small": True}
    assert _variant(row, "merit")["placed"] == 6


def test_only_its_manager_asks_and_an_empty_call_says_why(call, staff, now):
    for actor in (staff.dario, staff.sofia, staff.aurelio, staff.nobody):
        with pytest.raises(Denied):
            operations.request_rehearsal(actor=actor, call=call, now=now)
    with pytest.raises(operations.NotRehearsable, match="plazas"):
        operations.request_rehearsal(actor=staff.carla, call=call, now=now)
    make.posts(call, 2, 2)
    Call.objects.filter(pk=call.pk).update(seat_classes=[FOREIGN])
    with pytest.raises(operations.NotRehearsable, match="Personas extranjeras"):
        operations.request_rehearsal(actor=staff.carla, call=call, now=now)


def test_one_under_way_is_the_one_asked_for(call, lists, staff, now):
    first = operations.request_rehearsal(actor=staff.carla, call=call, now=now)
    assert operations.request_rehearsal(actor=staff.carla, call=call, now=now).pk == first.pk


def test_the_page_in_all_its_states(call, lists, staff, now, client):
    client.force_login(staff.users["carla"])
    address = reverse("allocation:mechanisms", args=[call.code])
    assert "Todavía no hay ensayo" in client.get(address).content.decode()
    assert client.post(reverse("allocation:request_rehearsal", args=[call.code])).status_code == 302
    assert "Mecanismos probados" in client.get(address).content.decode()
    row = Rehearsal.objects.get()
    operations.carry_out_rehearsal(rehearsal_id=row.pk, task_id=row.task_id, read_clock=lambda: now)
    page = client.get(address).content.decode()
    assert "Ensayo, no resultado." in page
    assert "personas inventadas" in page
    client.force_login(staff.users["dario"])
    assert client.get(address).status_code == 404


def test_what_stopped_a_rehearsal_is_said_in_the_readers_language(call, lists, staff, now, client):
    address = reverse("allocation:mechanisms", args=[call.code])
    row = operations.request_rehearsal(actor=staff.carla, call=call, now=now)
    call.posts.all().update(call=make.closed_call(now, "RM23"))
    operations.carry_out_rehearsal(rehearsal_id=row.pk, task_id=row.task_id, read_clock=lambda: now)
    client.force_login(staff.users["carla"])
    assert "la convocatoria no tiene plazas" in client.get(address).text
    assert "the call has no posts" in client.get(address, headers={"Accept-Language": "en"}).text


# ------------------------------------------------------------------ outlooks


@pytest.fixture
def opened(now):
    call = make.closed_call(now, "RM25")
    call.closes_at, call.results_at = now + timedelta(days=29), now + timedelta(days=40)
    call.demand_at = now
    call.save()
    return call


def _crowd(call, now, people=40):
    popular, roomy, rare = make.posts(call, 4, 500, 1)
    for number in range(people):
        wishes = [popular, roomy] if number % 10 else [popular, roomy, rare]
        make.application(call, number, [f"{40 + number}.000", "1"], wishes, now=now)
    return popular, roomy, rare


def test_odds_follow_merit_and_say_nothing_of_a_post_that_few_list(opened, now):
    popular, roomy, _rare = _crowd(opened, now)
    operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
    found = Outlook.objects.get(call=opened)
    assert found.lists == 40
    rows = {row.post_id: row.ends for row in PostOutlook.objects.filter(outlook=found)}
    assert set(rows) == {popular.pk, roomy.pk}  # four lists have the rare one
    assert {len(ends) for ends in rows.values()} == {found.rehearsals}
    assert set(rows[roomy.pk]) == {outlook.FREE}
    chances = [
        outlook.odds_of_list([{"open": rows[popular.pk]}], [outlook.code_of(opened.score_criteria, merit)], set())[0][0].share
        for merit in (["10.000", "1"], ["75.000", "1"], ["99.000", "1"])
    ]  # fmt: skip
    assert chances == sorted(chances)
    assert (chances[0], chances[-1]) == (0, 1)


def test_the_same_lists_give_the_same_odds(opened, now):
    _crowd(opened, now)
    digests = set()
    for _turn in range(2):
        operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
        digests.add(Outlook.objects.get(call=opened).digest)
    assert len(digests) == 1


def test_a_closed_call_has_no_odds(call, now):
    """With every list in, a rehearsal would be the result before anybody signed it."""
    _crowd(call, now)
    operations.refresh_outlook(call_id=call.pk, read_clock=lambda: now)
    assert not Outlook.objects.exists()
    assert queries.calls_to_rehearse(now=now) == []


def test_nothing_is_said_while_scores_are_missing(opened, now):
    _crowd(opened, now)
    Application.objects.update(merit=[])
    operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
    assert not Outlook.objects.exists()


def test_the_worker_asks_once_while_one_is_on_its_way(opened, now, monkeypatch):
    monkeypatch.setattr("cauce.base.clock.read", lambda: now)
    assert ask_for_outlooks() == 1
    assert ask_for_outlooks() == 0


def test_classes_have_ends_of_their_own(opened, now):
    popular, _roomy, _rare = _crowd(opened, now)
    Call.objects.filter(pk=opened.pk).update(seat_classes=[FOREIGN])
    popular.reserved = {"foreign": 1}
    popular.save()
    Application.objects.filter(folio__contains="00000").update(groups=["foreign"])
    operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
    assert set(PostOutlook.objects.filter(post=popular).values_list("seat_class", flat=True)) == {
        "open",
        "foreign",
    }
    assert Design.of(Call.objects.get(pk=opened.pk)).groups


def test_who_is_still_to_come_goes_by_the_pace_so_far(now):
    opens, closes = now - timedelta(days=5), now + timedelta(days=5)
    assert still_to_come(100, 7, opens_at=opens, closes_at=closes, now=now) == (50, 157)
    assert still_to_come(100, 0, opens_at=opens, closes_at=closes, now=closes) == (0, 0)


def test_a_list_shows_its_odds_and_says_what_it_hides(opened, now, client, monkeypatch):
    """The page gives words and bounds, a bound for the whole list where a post is hidden, and says it is no reason to lie."""
    monkeypatch.setattr("cauce.base.clock.read", lambda: now)
    popular, roomy, rare = _crowd(opened, now)
    mine = make.user("mia@x.mx", who=make.person("Mía", "Paz"))
    application = make.application(
        opened, 900, ["99.000", "1"], [popular, roomy, rare], now=now, who=mine.person
    )
    operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
    client.force_login(mine)
    address = reverse("calls:application_list", args=[application.folio])
    page = client.get(address).content.decode()
    assert "muy probable" in page
    assert "como mucho" not in page  # five lists have the rare post now, so nothing is hidden
    assert "Ordena por lo que de verdad prefieres." in page
    PostOutlook.objects.filter(post=rare).delete()
    assert "como mucho" in client.get(address).content.decode()
    Application.objects.filter(pk=application.pk).update(merit=[])
    without = client.get(address).content.decode()
    assert "Todavía no se sabe tu puntaje" in without
    assert "muy probable" not in without


def test_a_list_reads_its_odds_in_as_many_queries_however_long(opened, now, django_assert_num_queries):
    popular, roomy, rare = _crowd(opened, now)
    operations.refresh_outlook(call_id=opened.pk, read_clock=lambda: now)
    application = Application.objects.select_related("call").filter(call=opened).first()
    for posts in ([popular.pk], [popular.pk, roomy.pk, rare.pk]):
        with django_assert_num_queries(2):
            assert list_odds(application, posts) is not None
