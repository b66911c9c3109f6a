"""How a call shares out its seats: drafted, checked, frozen, loaded; and what rehearsals say of a list."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from cauce.base.errors import Denied
from cauce.calls import operations, queries, rules
from cauce.calls.forms import design as forms
from cauce.calls.models import Application, Call, Post
from cauce.calls.operations import ChangedMeanwhile, DraftRefused
from cauce.calls.rules import outlook
from cauce.calls.rules.design import Design, SeatsOf, classes_of, design_problem, sentences
from cauce.calls.rules.folio import folio
from cauce.calls.rules.standing import OwnOrder, Standing
from tests.calls import factories as make
from tests.calls.drafts import BEFORE_OPENING, draft, officer

pytestmark = pytest.mark.django_db

FOREIGN = {"key": "foreign", "label": "Personas extranjeras", "reverts_to": "open"}
OPEN = {"key": "open", "label": "", "reverts_to": ""}
CLASSES = Design(seat_classes=[FOREIGN, OPEN])


def _codes(call):
    return {one.code for one in queries.findings_of(Call.objects.get(pk=call.pk), now=BEFORE_OPENING)}


def _save(call, design, actor=None):
    seen = Design.of(Call.objects.get(pk=call.pk)).fingerprint
    return operations.edit_design(
        actor=actor or officer(), call=call, values=design, seen=seen, now=BEFORE_OPENING
    )


def test_a_class_needs_seats_and_seats_need_their_class():
    call = draft()
    _save(call, CLASSES)
    assert "class-without-seats" in _codes(call)
    key = call.posts.order_by("key").first().key
    rows = [SeatsOf(key, {"foreign": 1})]
    operations.set_seats(actor=officer(), call=call, rows=rows, now=BEFORE_OPENING)
    assert not {code for code in _codes(call) if code.startswith(("class", "reserved"))}
    _save(call, Design())
    assert Post.objects.get(call=call, key=key).reserved == {}


def test_what_keeps_more_than_it_has_is_refused_whole():
    call = draft(posts=2)
    _save(call, CLASSES)
    first, second = call.posts.order_by("key")
    rows = [SeatsOf(first.key, {"foreign": 1}), SeatsOf(second.key, {"foreign": 3})]
    with pytest.raises(DraftRefused, match=second.key):
        operations.set_seats(actor=officer(), call=call, rows=rows, now=BEFORE_OPENING)
    with pytest.raises(DraftRefused, match="mínimo"):
        operations.set_seats(
            actor=officer(), call=call, rows=[SeatsOf(first.key, {}, None, 9)], now=BEFORE_OPENING
        )
    assert not call.posts.exclude(reserved={}).exists()


@pytest.mark.parametrize(
    ("design", "posts", "code"),
    [
        (Design(regions=[{"state": "20", "cap": 1}]), {"minimum": 1}, "cap-below-minima"),
        (replace(CLASSES, regions=[{"state": "20", "cap": 1}]), {"reserved": {"foreign": 1}}, "cap-below-reserved"),
        (Design(regions=[{"state": "20", "cap": 4}]), {}, "cap-limits-nothing"),
        (Design(regions=[{"state": "20", "cap": 3}], region_rule="target"), {"minimum": 1}, "minimum-above-target"),
        (Design(regions=[{"state": "20", "cap": 3}], region_rule="target"), {}, "cut-to-nothing"),
        (Design(), {"target": 1}, "target-without-cap"),
        (Design(mechanism="stable"), {}, "orders-all-alike"),
        (Design(mechanism="stable", post_orders="points"), {}, "points-of-nothing"),
        (Design(mechanism="stable", post_orders="imported"), {}, "orders-to-load"),
        (Design(), {"reserved": {"nobody": 1}}, "reserved-for-unknown-class"),
        (replace(CLASSES, seat_classes=[{**FOREIGN, "reverts_to": ""}, OPEN]), {"reserved": {"foreign": 1}}, "class-stays-empty"),
    ],
)  # fmt: skip
def test_the_linter_knows_the_contradiction(design, posts, code):
    call = draft()
    assert code not in _codes(call)
    _save(call, design)
    call.posts.update(**posts)
    assert code in _codes(call)


def test_a_circle_of_classes_is_refused():
    circle = [{**FOREIGN, "reverts_to": "own"}, {"key": "own", "label": "Propios", "reverts_to": "foreign"}]
    assert "volverían" in design_problem(Design(seat_classes=circle))
    with pytest.raises(DraftRefused):
        _save(draft(), Design(seat_classes=circle))


def test_a_class_without_seats_at_a_post_hands_on_what_turns_into_it():
    own = {"key": "own", "label": "Propios", "reverts_to": "foreign"}
    design = Design(seat_classes=[own, FOREIGN])
    assert classes_of(design, 3, {"own": 1}) == [("own", 1, "open"), ("open", 2, "")]
    assert classes_of(design, 3, {}) == []


def test_who_saves_over_anothers_design_is_told():
    call = draft()
    _save(call, CLASSES)
    with pytest.raises(ChangedMeanwhile):
        operations.edit_design(actor=officer(), call=call, values=Design(), seen="other", now=BEFORE_OPENING)
    with pytest.raises(Denied):
        _save(call, Design(), actor=officer("auditor", None, "Aurelio"))


def test_the_form_gives_back_the_design_it_was_given():
    states = [("20", "Oaxaca")]
    design = Design(
        "stable", "points", {"site": "2.5", "state": "1"}, [OPEN, FOREIGN], [{"state": "20", "cap": 3}], "target"
    )  # fmt: skip
    initial = forms.DesignForm.initial_of(design)
    form = forms.DesignForm(
        {name: "" if value is None else str(value) for name, value in initial.items()},
        design=design,
        states=states,
    )
    assert form.is_valid(), form.errors
    assert form.values() == design


def test_the_words_name_points_classes_and_caps():
    design = Design("stable", "points", {"state": "1.5"}, [FOREIGN, OPEN], [{"state": "20", "cap": 3}])
    said = " ".join(sentences(design, {"20": "Oaxaca"}))
    for words in ("1.5 puntos", "Personas extranjeras", "Oaxaca, hasta 3", "pasan a «Lugares abiertos»"):
        assert words in said


def test_the_manager_saves_with_the_page_and_a_reader_only_reads(client):
    call = draft()
    client.force_login(make.User.objects.get(pk=officer().user_id))
    address = reverse("calls:edit_design", args=[call.code])
    assert client.get(address).status_code == 200
    sent = {
        "orders": "serial", "open_first": "last", "region_rule": "flexible", "seen": Design.of(call).fingerprint,
        "class_0_label": "Personas extranjeras", "class_0_key": "foreign", "class_0_to": "open", "cap_20": "3",
    }  # fmt: skip
    assert client.post(address, sent).status_code == 302
    call.refresh_from_db()
    assert Design.of(call) == replace(CLASSES, regions=[{"state": "20", "cap": 3}])
    nameless = client.post(address, {**sent, "class_0_label": ""})
    assert "Falta el nombre de la clase" in nameless.content.decode()
    key = call.posts.first().key
    table = reverse("calls:seats_table", args=[call.code])
    refused = client.post(table, {"table": f"clave,foreign\n{key},9\n"})
    assert refused.status_code == 422
    assert "No es un número entero de 0 a 2" in refused.content.decode()
    assert client.post(table, {"table": f"clave,foreign\n{key},1\n"}).status_code == 302
    assert call.posts.get(key=key).reserved == {"foreign": 1}
    assert f"{key}," in b"".join(client.get(reverse("calls:seats_csv", args=[call.code]))).decode()


def test_groups_and_origins_come_from_a_table_whole(client, now):
    call = make.call(seat_classes=CLASSES.seat_classes)
    make.post(call)
    one = make.application(call, make.person(), folio=folio(call.code, 7))
    client.force_login(make.User.objects.get(pk=officer().user_id))
    address = reverse("calls:standings", args=[call.code])
    assert client.get(address).status_code == 200
    bad = client.post(address, {"table": f"folio\tgrupos\n{one.folio}\tmarcianas\n"})
    assert bad.status_code == 422
    good = {"table": f"folio\tgrupos\testado\n{one.folio}\tPersonas extranjeras\toaxaca\n"}
    assert client.post(address, good).status_code == 302
    one.refresh_from_db()
    assert (one.groups, one.origin_state) == (["foreign"], "20")
    loaded = Call.objects.get(pk=call.pk).standings
    assert client.post(address, good).status_code == 302
    assert Call.objects.get(pk=call.pk).standings == loaded == 1


def test_nothing_is_loaded_once_results_are_public(now):
    call = make.call(results_published_at=now, seat_classes=CLASSES.seat_classes)
    with pytest.raises(Denied):
        operations.load_standings(actor=officer(), call=call, rows=[], now=now)
    assert not rules.may_load(officer("auditor", None, "Aurelio"), make.call())


def test_posts_own_orders_with_ties(now):
    call = make.call(mechanism="stable", post_orders="imported")
    post = make.post(call)
    people = [make.application(call, make.person(), folio=folio(call.code, n)) for n in range(3)]
    a, b, c = (one.folio for one in people)
    read = forms.read_orders(f"clave,lugar,folio\n{post.key},2,{b}\n{post.key},1,{a}\n{post.key},2,{c}\n")
    assert read.values == (OwnOrder(post.key, ((a,), tuple(sorted((b, c))))),)
    operations.load_orders(actor=officer(), call=call, rows=read.values, now=now)
    ids = dict(Application.objects.values_list("folio", "pk"))
    assert post.own_order.tiers[0] == [ids[a]]
    with pytest.raises(DraftRefused):
        operations.load_orders(actor=officer(), call=call, rows=[OwnOrder("no", ((a,),))], now=now)
    with pytest.raises(DraftRefused):
        operations.load_standings(actor=officer(), call=call, rows=[Standing("X")], now=now)


# ------------------------------------------------------------------ outlooks

CRITERIA = [make.MARK, {"key": "m", "label": "Meses", "decimals": 0, "minimum": "0", "maximum": "120"}]


def test_codes_stand_in_the_order_of_merit():
    ordered = [
        ["60.00", "0"],
        ["60.00", "1"],
        ["60.01", "0"],
        ["91.25", "119"],
        ["91.25", "120"],
        ["100", "0"],
    ]
    codes = [outlook.code_of(CRITERIA, merit) for merit in ordered]
    assert codes == sorted(set(codes))
    assert outlook.code_of(CRITERIA, ["90", "0"], Decimal("1.25")) == outlook.code_of(
        CRITERIA, ["91.25", "0"]
    )
    with pytest.raises(ValueError, match="complete"):
        outlook.code_of(CRITERIA, ["90", ""])


def test_a_tie_at_the_end_is_a_chance_and_a_free_seat_is_certain():
    end = outlook.end_of(50, refused=3, tied=4)
    assert outlook.chance(end, 51) == 1
    assert outlook.chance(end, 49) == 0
    assert outlook.chance(end, 50) == pytest.approx(0.25, abs=0.001)
    assert outlook.chance(outlook.FREE, 0) == 1


def test_wilson_agrees_with_its_published_form():
    """Wilson (1927) for 10 of 20 at 95 %: 0.299 to 0.701 (Newcombe 1998, method 3)."""
    found = outlook.wilson(10, 20)
    assert (round(found.low, 3), round(found.high, 3)) == (0.299, 0.701)
    assert outlook.wilson(60, 60).word == "likely"
    assert outlook.wilson(0, 60).word == "hard"
    assert outlook.wilson(0, 0).high == 1


def test_a_whole_list_is_judged_rehearsal_by_rehearsal():
    """Each post admits in half of the rehearsals, never both in the same: together they are safe."""
    first, second = [10_000, 90_000] * 30, [90_000, 10_000] * 30
    each, without = outlook.odds_of_list([{"open": first}, {"open": second}, {}], [50, 50, 50], set())
    assert [one and round(one.share, 2) for one in each] == [0.5, 0.5, None]
    assert without.share == 0
    assert outlook.safe_length([{"open": first}, {"open": second}], [50, 50], set(), risk=0.1) == 2
    assert outlook.safe_length([{"open": first}], [50], set(), risk=0.1) is None


def test_only_who_is_of_the_group_gains_from_its_seats():
    ends = [{"open": [90_000] * 20, "foreign": [outlook.FREE] * 20}]
    assert outlook.odds_of_list(ends, [50], set())[0][0].share == 0
    assert outlook.odds_of_list(ends, [50], {"foreign"})[0][0].share == 1


def test_a_live_choice_is_chosen_like_any_mechanism_frozen_and_takes_no_shares():
    call = draft(posts=2)
    form = forms.DesignForm(
        {"orders": "live", "open_first": "last", "region_rule": "flexible"}, design=Design(), states=[]
    )
    assert form.is_valid(), form.errors
    live = form.values()
    assert (live.mechanism, live.post_orders, live.is_plain) == ("live", "merit", True)
    assert forms.DesignForm.initial_of(live)["orders"] == "live"
    assert "en vivo" in sentences(live, {})[0]
    assert live.document()["mechanism"] == "live"
    _save(call, live)
    assert "live-with-shares" not in _codes(call)
    _save(call, replace(live, seat_classes=[FOREIGN, OPEN]))
    assert "live-with-shares" in _codes(call)
