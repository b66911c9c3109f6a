"""The draw of a closed call: participants sealed, a value of two people or of witnesses, fixed for ever, and a run with it."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from cauce.allocation import bridge
from cauce.allocation import operations as runs
from cauce.allocation.models import Placement, Run
from cauce.allocation.queries import audit_desk
from cauce.allocation.rules.live import may_prepare
from cauce.base import clock
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError
from cauce.calls import operations, queries, tasks
from cauce.calls.models import Call, Draw, WitnessSecret
from cauce.calls.operations import DrawRefused, Typed
from cauce.calls.rules.filing import may_file
from cauce.calls.rules.lottery import Source, Witness, seal_of
from cauce.notices.models import Message
from tests.allocation import factories as make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SYSTEM = Actor.system("lottery")
READ = "Lotería Nacional, acta 12"


@pytest.fixture
def known(call):
    """The moment of the value: ten hours after the closing. The witnesses' begins ten hours later."""
    return call.closes_at + 10 * HOUR


@pytest.fixture
def declared(call, staff, lists, known):
    source = Source(
        kind="value", words="Los seis números", where="Lotería Nacional", known_at=known, fallback_hours=10, reveal_hours=5,
        witnesses=tuple(Witness(f"Testigo {n}", "Archivo", seal_of(f"secreto {n}")) for n in (1, 2, 3)),
    )  # fmt: skip
    return declare(call, source)


def declare(call, source):
    call.lottery_source = source.document()
    call.save(update_fields=["lottery_source"])
    return source


def sealed(call, at):
    operations.seal_participants(actor=SYSTEM, call=call, now=at)
    return Draw.objects.get(call=call)


def enter(actor, call, value, now, read=READ):
    return operations.enter_value(actor=actor, call=call, typed=Typed(value, read), now=now)


def reveal(actor, call, number, now, text=None):
    return operations.reveal_secret(
        actor=actor, call=call, number=number, text=text or f"secreto {number}", now=now
    )


def test_the_list_is_closed_by_the_worker_and_nobody_comes_in_afterwards(
    call, staff, lists, declared, known, monkeypatch
):
    moment = {"now": call.closes_at + HOUR - timedelta(seconds=1)}
    monkeypatch.setattr(clock, "read", lambda: moment["now"])
    assert tasks.tend_draws() == 0
    with pytest.raises(Denied, match="todavía no se cierra"):
        sealed(call, moment["now"])
    moment["now"] += timedelta(seconds=1)
    assert [tasks.tend_draws(), tasks.tend_draws()] == [1, 0]
    draw = Draw.objects.get(call=call)
    folios = sorted(one.folio for one in lists.applications)
    assert draw.folios == "".join(f"{folio}\n" for folio in folios)
    assert draw.digest == hashlib.sha256(draw.folios.encode()).hexdigest()
    assert (draw.participants, draw.sealed_at) == (5, moment["now"])
    assert not may_file(staff.carla, Call.objects.get(pk=call.pk))


def test_two_people_write_the_value_apart_and_a_difference_keeps_nothing(call, staff, declared, known):
    sealed(call, known - HOUR)
    with pytest.raises(Denied, match="no se puede conocer antes"):
        enter(staff.carla, call, "04 12", known - timedelta(seconds=1))
    for outsider in (staff.dario, staff.aurelio, staff.mariana):
        with pytest.raises(Denied):
            enter(outsider, call, "04 12", known)
    with pytest.raises(DrawRefused, match="dónde se leyó"):
        enter(staff.carla, call, "04 12", known, read=" ")
    enter(staff.carla, call, "04 12", known)
    enter(staff.carla, call, "04 13", known)  # the same person corrects herself, and confirms nothing
    draw = enter(staff.sofia, call, "04 12", known + HOUR)
    assert (draw.value, draw.typed_by_id, draw.differed_at, draw.fixed_at) == ("", None, known + HOUR, None)
    letters = Message.objects.filter(user=staff.users["carla"])
    assert [letter.template for letter in letters] == ["calls.draw_differed"]
    with pytest.raises(Denied, match="todavía no se fija"):
        make.done_run(staff.carla, call, known + HOUR)
    call.mechanism = "live"
    assert "todavía no se fija" in may_prepare(staff.carla, call, now=known + HOUR).reason
    enter(staff.sofia, call, "04 12", known + HOUR)
    draw = enter(staff.carla, call, " 04  12 ", known + 2 * HOUR)
    assert draw.fixed_at == known + 2 * HOUR
    text = f"cauce-beacon/1;participants=sha256:{draw.digest};value=04 12"
    assert Call.objects.get(pk=call.pk).lottery_beacon == text
    assert (
        enter(staff.carla, call, "99", known + 2 * HOUR).value == "04 12"
    )  # a double click, or a late thought
    with pytest.raises(Denied, match="ya está fijado"):
        reveal(staff.carla, call, 1, known + 12 * HOUR)
    for rows, change in (
        (Draw.objects.filter(call=call), {"value": "99"}),
        (Draw.objects.filter(call=call), {"folios": ""}),
        (Call.objects.filter(pk=call.pk), {"lottery_beacon": "otro"}),
    ):
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            rows.update(**change)


@pytest.mark.once
def test_the_value_decides_the_ties_and_everybody_can_count_it_again(
    call, staff, lists, declared, known, client, django_assert_num_queries
):
    sealed(call, known - HOUR)
    enter(staff.carla, call, "04 12", known)
    enter(staff.sofia, call, "04 12", known + HOUR)
    call.refresh_from_db()
    now = call.results_at
    run = make.published_run(staff, call, now)
    question = json.loads(bridge.opened(bytes(run.question)))
    assert question["lottery"] == {
        "seed": call.lottery_seed, "commitment": call.lottery_commitment, "beacon": call.lottery_beacon,
    }  # fmt: skip
    assert bridge.first_difference(bytes(run.package)) == ""  # whoever repeats the package draws with it
    key = (call.lottery_seed + call.lottery_beacon).encode()
    tied = [one.folio for one in lists.applications[3:]]
    places = dict(Placement.objects.filter(run=run).values_list("application__folio", "place"))
    assert sorted(tied, key=places.get) == sorted(
        tied, key=lambda folio: hmac.digest(key, folio.encode(), "sha256").hex()
    )
    for address in ("calls:call", "allocation:call_results"):
        shown = client.get(reverse(address, args=[call.code])).text
        assert call.lottery_beacon in shown
        assert "no fue después" not in shown
    listed = client.get(reverse("calls:participants", args=[call.code])).content
    assert hashlib.sha256(listed).hexdigest() == Draw.objects.get(call=call).digest
    client.force_login(staff.users["mariana"])
    certificate = client.get(reverse("allocation:order", args=[call.code, lists.applications[2].folio])).text
    assert f"b&#x27;{call.lottery_key}&#x27;" in certificate or f"b'{call.lottery_key}'" in certificate
    page = audit_desk(staff.aurelio, call, folio=tied[0], ticket=bridge.ticket, now=now)
    assert page.ticket == hmac.digest(key, tied[0].encode(), "sha256").hex()
    assert (page.recount.is_same, page.recount.only_sealed, page.recount.only_asked) == (True, 0, 0)
    assert [one.follows for one in page.drawn.moments] == [True] * 4
    assert "calls.enter_value" in {row.event.action for row in page.acts}
    with django_assert_num_queries(3):
        assert queries.draw_page(staff.carla, call, now=now).drawn.is_fixed


def test_without_a_value_in_time_the_witnesses_who_reveal_decide(call, staff, declared, known):
    draw = sealed(call, known - HOUR)
    enter(staff.carla, call, "04 12", known)  # nobody confirms it
    begins, ends = known + 10 * HOUR, known + 15 * HOUR
    with pytest.raises(Denied, match="revelan su texto a partir"):
        reveal(staff.carla, call, 1, begins - timedelta(seconds=1))
    with pytest.raises(Denied, match="valen los testigos"):
        enter(staff.sofia, call, "04 12", begins)
    with pytest.raises(DrawRefused, match="no corresponde al sello"):
        reveal(staff.carla, call, 1, begins, text="secreto 2")
    reveal(staff.carla, call, 1, begins)
    reveal(staff.carla, call, 1, begins)  # a double click
    assert queries.calls_to_settle(now=ends) == []  # one alone could have known the draw
    reveal(staff.sofia, call, 3, ends + HOUR)
    call.refresh_from_db()
    assert call.lottery_beacon.endswith(f"{draw.digest};witness1=secreto 1;witness3=secreto 3")
    with pytest.raises(DomainError):
        reveal(staff.carla, call, 2, ends + HOUR)
    found = queries.drawn(call)
    assert [one.text for one in found.witnesses] == ["secreto 1", "", "secreto 3"]
    assert found.by_witnesses
    assert found.draw.value == ""
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        WitnessSecret.objects.update(text="otro")


def test_at_the_deadline_two_are_enough_and_all_need_no_deadline(call, staff, declared, known):
    sealed(call, known - HOUR)
    begins, ends = known + 10 * HOUR, known + 15 * HOUR
    reveal(staff.carla, call, 2, begins)
    reveal(staff.carla, call, 3, begins)
    assert not operations.settle_draw(actor=SYSTEM, call=call, now=ends - timedelta(seconds=1)).fixed_at
    with pytest.raises(Denied, match="queda fuera"):
        reveal(staff.carla, call, 1, ends)
    assert queries.calls_to_settle(now=ends) == [call]
    assert operations.settle_draw(actor=SYSTEM, call=call, now=ends).fixed_at == ends
    other = make.closed_call(call.results_at, code="RM26")
    declare(other, replace(declared, kind="witnesses", words="", where="", fallback_hours=0))
    sealed(other, known - HOUR)
    fixed = [reveal(staff.carla, other, number, known).fixed_at for number in (1, 2, 3)]
    assert fixed == [None, None, known]


def test_a_list_closed_late_is_told_and_leaves_the_witnesses_where_there_are(
    call, staff, lists, declared, known
):
    late = known + HOUR
    with pytest.raises(Denied, match="por eso valen los testigos"):
        enter(staff.carla, call, "04 12", late)
    declare(call, replace(declared, witnesses=(), fallback_hours=0))
    enter(staff.carla, call, "04 12", late)  # the page itself closes the list, at the latest
    enter(staff.sofia, call, "04 12", late + HOUR)
    found = queries.drawn(Call.objects.get(pk=call.pk))
    assert found.is_late
    assert [one.follows for one in found.moments] == [True, True, False, True]


@pytest.mark.once
def test_the_desk_walks_it_and_never_shows_what_the_first_typed(
    call, staff, declared, known, client, monkeypatch
):
    moment = {"now": known}
    monkeypatch.setattr(clock, "read", lambda: moment["now"])
    sealed(call, known - HOUR)
    where = reverse("calls:draw", args=[call.code])
    client.force_login(staff.users["carla"])
    assert client.post(where, {"value": "0412 secreto", "read_at": READ}).status_code == 302
    client.force_login(staff.users["sofia"])
    assert where in client.get(reverse("calls:desk")).text  # it waits for her too, who manages nothing
    shown = client.get(where).text
    assert "Carla Gestora ya lo escribió" in shown
    assert "0412 secreto" not in shown
    client.post(where, {"value": "otro", "read_at": READ})
    assert "valores distintos" in client.get(where).text
    moment["now"] = known + 10 * HOUR
    one = reverse("calls:reveal_secret", args=[call.code, 1])
    assert "no corresponde al sello" in client.post(one, {"text": "secreto  1"}).text
    assert client.post(one, {"text": "secreto 1"}).status_code == 302
    assert client.get(reverse("calls:reveal_secret", args=[call.code, 9])).status_code == 404
    assert Run.objects.count() == 0
    assert not runs.queries.run_verdict(staff.carla, call, is_published=False, now=moment["now"])
