"""The review of a package before it is public: whom it tells apart, the decision, and what waits for it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from cauce.allocation import operations, queries
from cauce.allocation.models import PrivacyReview
from cauce.allocation.rules import exposure as rules
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.notices.models import Message
from tests.allocation import factories as make

GROUNDS = "Reglas de operación, artículo 12: los resultados son públicos por folio."


def test_whom_a_package_tells_apart_is_counted_from_what_it_holds():
    """Five alike; f alone in its post; g the only foreigner; h the only one of a rare specialty."""
    found = rules.exposure(
        rules.Contents(
            digest="sha256:ab",
            folios=list("abcdefgh"),
            groups=[(), (), (), (), (), (), ("foreign",), ()],
            merit=[("90", "1"), *[("80", "1")] * 4, ("80", "2"), ("70", "1"), ("70", "1")],
            wishes=[*[("p2",)] * 5, ("p1", "p2"), ("p2",), ("p3",)],
            places=[*["p2"] * 5, "p1", "", ""],
            posts={
                "p1": rules.PostFacts(1, "ped", "22"),
                "p2": rules.PostFacts(6, "ped", "22"),
                "p3": rules.PostFacts(5, "rare", "09"),
            },
            group_seats={"foreign": 1},
            claimed=["a"],
            names={(rules.SPECIALTY, "rare"): "Genética"},
            criteria=["Puntaje"],
        )
    )
    assert [(one.knowledge, one.people, one.alone, one.few) for one in found.levels] == [
        ("place", 6, 1, 1), ("asked", 8, 2, 2), ("score", 8, 1, 3), ("values", 8, 2, 8), ("list", 8, 2, 2),
    ]  # fmt: skip
    assert found.alone == ("f", "g", "h")
    assert [(one.kind, one.code, one.name, one.seats, one.people, one.placed) for one in found.cells] == [
        ("group", "foreign", "foreign", 1, 1, 0), ("specialty", "rare", "Genética", 5, 1, 0),
        ("state", "09", "09", 5, 1, 0),
    ]  # fmt: skip
    assert found.small_posts == (3, 1, 2, 1)
    assert [one.code for one in found.posts] == ["p1", "p3"]
    assert found.counts()["levels"]["asked"] == [8, 2, 2]


@pytest.fixture
def run(call, staff, lists, now):
    return make.done_run(staff.carla, call, now)


@pytest.fixture
def decide(run, staff, now):
    def decided(treatment="publish", *, actor=staff.pilar, exposure=None, grounds=GROUNDS, run=run):
        found = exposure or queries.exposure_of(run)
        return operations.privacy.decide_package(
            actor=actor, run=run, exposure=found, treatment=treatment, grounds=grounds, now=now
        )

    return decided


@pytest.mark.django_db
def test_a_no_stands_until_a_yes_which_binds_the_very_bytes_and_tells_whom_it_shows(
    call, staff, lists, run, decide, now
):
    for actor in (staff.carla, staff.sofia, staff.aurelio, staff.nobody):
        with pytest.raises(Denied):
            decide(actor=actor)
    with pytest.raises(operations.privacy.GroundsMissing):
        decide(grounds="Porque sí.")
    found = queries.exposure_of(run)
    assert found.alone == tuple(sorted(one.folio for one in lists.applications[:2]))
    assert found.digest == run.package_digest
    for _click in range(2):
        decide("hold", grounds="Una sola persona extranjera: falta su conformidad.")
    assert "no se publique así" in str(queries.clearance(run).reason)
    other = make.done_run(staff.carla, call, now)  # the same question, another run of it
    with pytest.raises(operations.privacy.PackageChanged):
        decide(exposure=rules.exposure(rules.Contents("sha256:0", (), (), (), (), (), {}, {}, (), {}, ())))
    for _click in range(2):
        review = decide(run=other)
    assert queries.clearance(other)
    assert not queries.clearance(run), "the decision about one run says nothing of another"
    assert (review.alone, review.counts["people"], review.office) == (2, 5, "privacy_officer")
    assert "RM24-" not in str(review.counts)
    with pytest.raises(Denied, match="Ya se decidió"):
        decide("hold", run=other)
    for change in ({}, {"treatment": "hold", "grounds": ""}, {"package_digest": "other"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.reviewed(other, now, **change)
    with pytest.raises(TypeError):
        PrivacyReview.objects.update(grounds="Otra cosa.")
    assert DBTaskResult.objects.filter(task_path=operations.privacy.TELL_APART).count() == 1
    make.user("first@x.mx", who=lists.applications[0].person)
    for _again in range(2):
        operations.privacy.tell_apart(run_id=other.pk, read_clock=lambda: now)
    letter = Message.objects.get(key__startswith="told-apart:")
    assert lists.applications[0].folio in letter.body
    assert AuditEvent.objects.filter(action="allocation.decide_package").count() == 4


@pytest.mark.django_db
def test_the_office_reads_the_package_decides_and_everybody_reads_how(
    call, staff, run, now, client, django_assert_num_queries
):
    url = reverse("allocation:privacy", args=[call.code, run.number])
    client.force_login(staff.users["pilar"])
    assert url in client.get(reverse("allocation:packages")).text
    shown = client.get(url).text
    assert "2 personas son las únicas" in shown
    sent = {"digest": run.package_digest, "treatment": "publish", "grounds": GROUNDS}
    assert client.post(url, {**sent, "digest": "sha256:0"}).status_code == 422
    assert client.post(url, sent).status_code == 302
    client.force_login(staff.users["sofia"])
    assert client.post(url, sent).status_code == 404
    assert GROUNDS in client.get(url).text
    for actor in (staff.carla, staff.sofia):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    operations.publish(actor=staff.carla, run=run, now=now)
    found = queries.published_runs().get(pk=run.pk)
    found.facts["shared"] = {
        "classes": [["f", "Extranjeras", 2, 1], ["o", "Abiertos", 5, 9], ["d", "Otros", 5, 80]]
    }
    with django_assert_num_queries(3):
        page = queries.call_results_page(call, found)
    assert (page.privacy.people, page.privacy.alone) == ("5", "menos de 5")
    # One hidden alone could be worked out from the total: the next one goes with it.
    assert [people for _label, _seats, people in page.classes] == ["menos de 5", "menos de 5", "80"]
    assert GROUNDS in client.get(reverse("allocation:call_results", args=[call.code])).text
