"""What a call asks for: from the catalogue to the frozen rules, and F9 on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.base.errors import Denied
from cauce.calls import operations, queries, rules
from cauce.calls.intake import requirement_catalogue, requirements_for
from cauce.calls.models import Call, Requirement
from cauce.calls.operations import ChangedMeanwhile, DraftRefused
from cauce.calls.rules import requirements as rulebook
from cauce.calls.rules.drafting import fingerprint
from cauce.calls.rules.requirements import Asked, EvidenceRefused
from tests.calls import dossiers, drafts
from tests.calls import factories as make
from tests.conftest import NOON

BEFORE = drafts.BEFORE_OPENING


@pytest.mark.once
def test_the_catalogue_says_of_every_document_whether_a_fault_can_be_mended_and_who_says_so():
    catalogue = requirement_catalogue()
    assert len({one.key for one in catalogue}) == len(catalogue) >= 16
    for one in catalogue:
        assert one.is_curable is not None
        assert one.source
        assert one.kinds
        assert (one.cure_days is not None) == one.is_curable
    assert {one.key: one.validity_days for one in requirements_for("drive")}["acta"] == 31
    assert {"enarm", "certificado"} <= {one.key for one in requirements_for("residency")}


@pytest.mark.parametrize(
    ("issued", "good"),
    [
        (date(2024, 1, 10), True),  # 31 days before 10 February
        (date(2024, 1, 9), False),
        (date(2024, 2, 10), True),
        (date(2024, 2, 11), False),  # tomorrow
        (None, False),
    ],
)
@pytest.mark.once
def test_a_document_is_good_to_its_last_day_and_not_one_more(issued, good):
    requirement = Requirement(key="acta", name="Acta", validity_days=31, alternative="Constancia")
    if good:
        rulebook.check_issued(requirement, issued, now=NOON)
        return
    with pytest.raises(EvidenceRefused) as refused:
        rulebook.check_issued(requirement, issued, now=NOON)
    assert refused.value.field == "issued_on"
    assert refused.value.remedy


@pytest.mark.django_db
def test_a_draft_takes_documents_of_the_catalogue_once_and_freezes_them():
    call, carla = drafts.draft(), drafts.officer()
    plain = rules.frozen_rules(queries.snapshot(call))
    assert "requirements" not in plain
    for _twice in range(2):
        operations.add_requirements(actor=carla, call=call, asked=requirements_for("drive"), now=BEFORE)
    assert call.requirements.count() == len(requirements_for("drive"))
    frozen = rules.frozen_rules(queries.snapshot(call))
    assert '"key":"acta"' in frozen
    call.requirements.filter(key="acta").update(validity_days=30)
    assert rules.digest_of(rules.frozen_rules(queries.snapshot(call))) != rules.digest_of(frozen)


@pytest.mark.django_db
def test_what_somebody_else_saved_is_not_overwritten():
    call, carla = drafts.draft(), drafts.officer()
    row = dossiers.asked(call)
    seen = fingerprint(Asked.of(row).values())
    values = replace(Asked.of(row), is_curable=True, cure_days=2)
    operations.save_requirement(actor=carla, call=call, values=values, seen=seen, now=BEFORE)
    operations.save_requirement(actor=carla, call=call, values=values, seen=seen, now=BEFORE)  # twice is once
    with pytest.raises(ChangedMeanwhile):
        operations.save_requirement(
            actor=carla, call=call, values=replace(values, name="Otro"), seen=seen, now=BEFORE
        )
    with pytest.raises(DraftRefused, match="días hábiles"):
        operations.save_requirement(
            actor=carla, call=call, values=replace(values, cure_days=None), seen="", now=BEFORE
        )
    row.refresh_from_db()
    assert (row.is_curable, row.cure_days) == (True, 2)


@pytest.mark.django_db
def test_the_database_keeps_windows_and_validities_sensible():
    call = drafts.draft()
    for values in (
        {"is_curable": True, "cure_days": 0},
        {"is_curable": False, "cure_days": 2},
        {"validity_days": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            dossiers.asked(call, **values)


@pytest.mark.django_db
def test_the_desk_asks_for_documents_edits_one_and_says_what_is_undecided(client, at_noon):
    at_noon["now"] = BEFORE
    call = drafts.draft()
    client.force_login(drafts.office())
    page = reverse("calls:edit_requirements", args=[call.code])
    assert client.post(page, {}).status_code == 422
    assert client.post(page, {"keys": ["acta", "titulo"]}).status_code == 302
    Requirement.objects.filter(key="titulo").update(is_curable=None)
    assert "Sin decidir" in client.get(page).content.decode()
    one = reverse("calls:edit_requirement", args=[call.code, "titulo"])
    shown = client.get(one)
    sent = {**shown.context["form"].initial, "is_curable": "yes", "cure_days": ""}
    sent = {name: value for name, value in sent.items() if value is not None}
    assert "días hábiles" in client.post(one, sent).content.decode()
    assert client.post(one, {**sent, "cure_days": "4"}).status_code == 302
    assert Requirement.objects.get(key="titulo").cure_days == 4
    client.post(reverse("calls:remove_requirement", args=[call.code, "titulo"]))
    client.post(reverse("calls:remove_requirement", args=[call.code, "titulo"]))
    assert list(call.requirements.values_list("key", flat=True)) == ["acta"]


@pytest.mark.django_db
def test_a_published_call_asks_for_nothing_else():
    call = make.call()
    with pytest.raises(Denied, match="publicada"):
        operations.add_requirements(
            actor=drafts.officer(), call=call, asked=requirements_for("drive"), now=NOON
        )
    assert not Call.objects.get(pk=call.pk).requirements.exists()


@pytest.mark.once
def test_a_window_that_ends_after_the_results_is_a_warning():
    asked = [Asked("a", "Acta", is_curable=True, cure_days=20)]
    found = list(rulebook.requirement_faults(asked, closes_at=NOON, results_at=NOON + timedelta(days=5)))
    assert [(code, blocks) for code, blocks, *_rest in found] == [("cure-after-results", False)]


@pytest.mark.once
def test_a_document_that_nobody_could_be_asked_for_stops_the_call():
    asked = [
        Asked("visa", "Visa", is_curable=False, category="foreign"),
        Asked("carta", "Carta", is_curable=False, category="partner"),
        Asked("acta", "Acta", is_curable=False, category="foreign", reach="national"),
    ]
    for admitted, wrong in ((["mexican", "foreign"], ["carta", "acta"]), ([], ["visa", "carta", "acta"])):
        found = rulebook.requirement_faults(
            asked, closes_at=NOON, results_at=NOON + timedelta(days=5), admitted=admitted
        )
        assert [(code, one.key) for code, blocks, one, *_rest in found if blocks] == [
            ("asked-of-nobody", key) for key in wrong
        ]
    assert "category" not in Asked("acta", "Acta").document()
    assert asked[0].document()["category"] == "foreign"
    keys = [{one.key for one in requirements_for("residency", admitted)} for admitted in ((), ["partner"])]
    assert keys[1] - keys[0] == {"carta-instituto"}
