"""What documents let people apply as, which seats that opens, and what the linter says of what nobody can reach."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cauce.accounts.models import IdentityDocument
from cauce.accounts.queries import actor_for
from cauce.base.errors import Denied
from cauce.calls import operations, queries
from cauce.calls.models import Category
from cauce.calls.operations import DraftRefused, ListRefused, PartnerTerms
from cauce.calls.rules import frozen_rules, lint
from cauce.calls.rules.categories import (
    Categories,
    CategoryRefused,
    Identity,
    check_category,
    may_apply_as_any,
    only_one,
    open_to,
    possible,
    reaches,
)
from cauce.calls.rules.design import Design
from tests.accounts.factories import make_curp
from tests.calls import drafts, factories, partners

MEXICAN, FOREIGN, ARMED, PARTNER = Category.MEXICAN, Category.FOREIGN, Category.ARMED_FORCES, Category.PARTNER
BORN_HERE = Identity(has_curp=True, born_in_mexico=True, has_foreign_document=False)
DUAL = replace(BORN_HERE, has_foreign_document=True)
CURP_OF_ABROAD = replace(BORN_HERE, born_in_mexico=False)
NATURALISED = replace(CURP_OF_ABROAD, has_foreign_document=True)
STRANGER = Identity(has_curp=False, born_in_mexico=False, has_foreign_document=True)


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (BORN_HERE, [MEXICAN, ARMED]),
        (DUAL, [MEXICAN, ARMED]),
        (CURP_OF_ABROAD, [MEXICAN, FOREIGN, ARMED]),
        (NATURALISED, [FOREIGN, MEXICAN, ARMED]),
        (STRANGER, [FOREIGN]),
        (replace(STRANGER, is_proposed=True), [PARTNER, FOREIGN]),
    ],
)
def test_categories_follow_from_documents(who, found):
    assert possible(who) == found


def test_only_what_leaves_no_choice_and_no_number_is_chosen_for_the_person():
    assert only_one(BORN_HERE, ["mexican", "foreign"]) == MEXICAN
    assert only_one(BORN_HERE, ["mexican", "armed_forces"]) is None
    assert only_one(BORN_HERE, ["armed_forces"]) is None, "a number must be told"
    assert only_one(replace(STRANGER, is_proposed=True), ["foreign", "partner"]) == PARTNER
    assert open_to(STRANGER, ["mexican"]) == []


def test_a_call_that_admits_nobody_like_them_says_whom_it_does_and_what_to_do():
    refusal = may_apply_as_any(STRANGER, ["mexican", "partner"], invitations=1)
    assert not refusal
    assert "Mexicana" in refusal.reason
    assert "propuesta" in refusal.remedy
    assert may_apply_as_any(STRANGER, [])


def test_a_number_is_asked_of_the_armed_forces_alone_and_read_as_typed():
    assert check_category("armed_forces", " b-123 456 ", BORN_HERE, ["armed_forces"]) == "B-123456"
    assert check_category("mexican", "whatever", BORN_HERE, ["mexican"]) == ""
    for category, number in (("armed_forces", "12"), ("foreign", "")):
        with pytest.raises(CategoryRefused):
            check_category(category, number, BORN_HERE, ["armed_forces", "mexican"])


def test_a_seat_is_reached_where_it_is_open_of_ones_class_or_turns_into_one():
    navy = {"key": "navy", "label": "SEMAR", "reverts_to": "army"}
    army = {"key": "army", "label": "SEDENA", "reverts_to": ""}
    design = Design(seat_classes=[navy, army, partners.OPEN])
    assert reaches(design, 2, {"navy": 1}, set()), "one is open"
    assert not reaches(design, 1, {"navy": 1}, set())
    assert reaches(design, 1, {"navy": 1}, {"navy"})
    assert reaches(design, 2, {"navy": 1, "army": 1}, {"army"})
    assert not reaches(design, 1, {"army": 1}, {"navy"})
    assert reaches(Design(seat_classes=[partners.ISSS]), 1, {"isss": 1}, set()), "what is left turns open"


# ------------------------------------------------------------------ a draft


@pytest.fixture
def draft(db):
    return drafts.draft(seat_classes=[{**partners.ISSS, "reverts_to": ""}, partners.OPEN])


def found(call):
    return {
        one.code
        for one in lint(queries.snapshot(call), now=drafts.BEFORE_OPENING)
        if one.section == "categories"
    }


def test_what_nobody_can_reach_is_named_before_publishing(draft):
    carla, now = drafts.officer(), drafts.BEFORE_OPENING
    assert found(draft) == set(), "a call that makes no difference has nothing wrong"
    values = Categories([{"key": "mexican", "group": ""}, {"key": "partner", "group": ""}])
    operations.edit_categories(
        actor=carla, call=draft, values=values, seen=Categories.of(draft).fingerprint, now=now
    )
    draft.refresh_from_db()
    assert found(draft) == {"partner-category-without-partner", "class-without-category"}
    isss = partners.catalogues.institution("ISSS", country="SV")
    terms = PartnerTerms("isss", draft.closes_at, 3, "", "")
    operations.save_partner(actor=carla, call=draft, institution=isss, terms=terms, now=now)
    assert found(draft) == {"partner-without-seats", "partner-closes-late"}
    draft.posts.update(reserved={"isss": 2})
    terms = replace(terms, closes_at=draft.closes_at - timedelta(days=2))
    operations.save_partner(actor=carla, call=draft, institution=isss, terms=terms, now=now)
    assert found(draft) == {"category-unreachable"}, "every seat is kept for the ISSS"
    with pytest.raises(DraftRefused, match="institutos"):
        operations.edit_categories(
            actor=carla, call=draft, values=Categories(), seen=values.fingerprint, now=now
        )
    frozen = json.loads(frozen_rules(queries.snapshot(draft)))["categories"]
    assert [one["key"] for one in frozen["admitted"]] == ["mexican", "partner"]
    assert frozen["partners"][0]["institution"] == "ISSS"


def test_a_class_is_of_one_institute_and_exists(draft):
    carla, now = drafts.officer(), drafts.BEFORE_OPENING
    isss = partners.catalogues.institution("ISSS", country="SV")
    terms = PartnerTerms("isss", draft.closes_at - timedelta(days=2), None, "", "")
    with pytest.raises(DraftRefused, match="no admite"):
        operations.save_partner(actor=carla, call=draft, institution=isss, terms=terms, now=now)
    draft.categories = partners.CATEGORIES
    draft.save()
    with pytest.raises(DraftRefused, match="no existe"):
        operations.save_partner(
            actor=carla, call=draft, institution=isss, terms=replace(terms, group="x"), now=now
        )
    for _twice in range(2):
        operations.save_partner(actor=carla, call=draft, institution=isss, terms=terms, now=now)
    with pytest.raises(DraftRefused, match="otro instituto"):
        operations.save_partner(
            actor=carla, call=draft, institution=factories.institution("CCSS"), terms=terms, now=now
        )
    operations.remove_partner(actor=carla, call=draft, institution=isss, now=now)
    assert not draft.partners.exists()


# ------------------------------------------------------------------ a person


def test_who_is_mexican_by_birth_is_never_asked_and_cannot_list_what_is_kept_for_others(db, now):
    world = partners.call()
    strict = [{**partners.ISSS, "reverts_to": ""}, partners.OPEN]
    type(world.call).objects.filter(pk=world.call.pk).update(seat_classes=strict)
    mariana = factories.user("Mariana")
    make_curp(mariana.person)
    type(mariana.person).objects.filter(pk=mariana.person_id).update(birth_state="31")
    application = operations.start_application(call=world.call, actor=actor_for(mariana), now=now)
    assert application.category == "mexican"
    application.refresh_from_db()
    assert queries.own_number(application) == mariana.person.documents.get().number
    with pytest.raises(ListRefused, match="se guarda para «ISSS»"):
        partners.send(mariana, world.call, [world.mexican, world.own], now)
    assert partners.send(mariana, world.call, [world.mexican, world.plain], now).receipt


def test_who_has_a_choice_chooses_before_sending_and_not_while_it_counts(db, now):
    world = partners.call(categories=[{"key": "mexican", "group": ""}, {"key": "armed_forces", "group": ""}])
    bruno = factories.user("Bruno")
    make_curp(bruno.person)
    type(bruno.person).objects.filter(pk=bruno.person_id).update(birth_state="20")
    actor = actor_for(bruno)
    application = operations.start_application(call=world.call, actor=actor, now=now)
    with pytest.raises(ListRefused, match="categoría"):
        partners.send(bruno, world.call, [world.plain], now)
    chosen = {"application": application, "category": "armed_forces", "actor": actor, "now": now}
    for _twice in range(2):
        saved = operations.choose_category(**chosen, number="c 12345")
    assert (saved.category, saved.category_number, saved.groups) == ("armed_forces", "C12345", [])
    version = application.versions.latest("number")
    operations.send_list(
        application=application, version=version.number, accepts_rules=1, actor=actor, now=now
    )
    with pytest.raises(Denied):
        operations.choose_category(**{**chosen, "category": "mexican"})
    operations.withdraw(application=application, actor=actor, now=now)
    assert operations.choose_category(**{**chosen, "category": "mexican"}).state == "draft"


def test_a_foreigner_meets_a_call_of_mexicans_at_its_door(db, now):
    world = partners.call(categories=[{"key": "mexican", "group": ""}])
    with pytest.raises(Denied, match="Mexicana"):
        operations.start_application(call=world.call, actor=actor_for(partners.doctor()), now=now)
    IdentityDocument.objects.filter(kind="folio").delete()
    assert not world.call.applications.exists()
