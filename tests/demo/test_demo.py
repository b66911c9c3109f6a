"""The demo: always the same rows, under the product's own rules, with the story it promises."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from cauce.accounts.models import IdentityDocument, Person
from cauce.accounts.rules import read_curp
from cauce.allocation import bridge
from cauce.base.actors import Actor
from cauce.base.models import AuditEvent
from cauce.calls import queries as call_reads
from cauce.calls import rules as call_rules
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    Choice,
    Interview,
    ListVersion,
    Post,
    ShortlistEntry,
)
from cauce.calls.rules.folio import read_folio
from cauce.calls.rules.panels import as_brought
from cauce.calls.rules.receipt import receipt_for
from cauce.config.demo import fill, kinds, market, story, timeline
from cauce.config.demo.calls import DRIVE, RESIDENCY, TODAY, call_plans
from cauce.institutions.models import State
from cauce.institutions.operations import load_catalogue
from tests import databases

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings, tmp_path, transactional_db):
    """The folder of a filled demo, whose database is the one of the test."""
    settings.DEMO, settings.DATA = True, databases.filled_demo(tmp_path / "demo")
    with closing(sqlite3.connect(settings.DATA / "cauce.sqlite3")) as filled:
        filled.backup(connection.connection)
    return settings.DATA


def _fingerprint() -> str:
    """The digest of everything that the generator decides, whatever numbers the rows got."""
    total = hashlib.sha256()
    for call in Call.objects.order_by("code"):
        total.update(f"{call.code} {call.rules_digest}\n".encode())
    rows = ListVersion.objects.order_by("application__folio", "number").values_list(
        "application__folio", "number", "digest", "application__state"
    )
    for row in rows:
        total.update(f"{row}\n".encode())
    curps = IdentityDocument.objects.order_by("number").values_list("number", flat=True)
    total.update("\n".join(curps).encode())
    return total.hexdigest()


def test_the_demo_is_what_it_promises(folder, django_assert_max_num_queries):
    _check_size()
    _check_people()
    _check_lists()
    _check_receipts()
    _check_recorded()
    _check_story()
    _check_warnings()
    _check_clock(folder)
    first, events = _fingerprint(), AuditEvent.objects.count()
    with django_assert_max_num_queries(40):  # a second start looks, and changes nothing
        call_command("prepare_demo")
    assert (_fingerprint(), AuditEvent.objects.count()) == (first, events)


def _check_size():
    drive, residency = Call.objects.get(code=DRIVE), Call.objects.get(code=RESIDENCY)
    assert drive.state == residency.state == "published"
    assert Post.objects.count() >= 2_000
    assert drive.posts.count() >= 1_700
    assert residency.posts.count() >= 300
    assert Application.objects.count() >= 5_000
    inside = set(State.objects.filter(in_imss_bienestar=True).values_list("key", flat=True))
    assert set(drive.posts.values_list("site__state_id", flat=True)) == inside
    assert len(inside) == 23
    assert drive.call_specialties.filter(tier="core").count() == 5
    assert 20 <= residency.call_specialties.count() <= 27
    seats = {}
    for post in residency.posts.all():
        seats[post.specialty_id] = seats.get(post.specialty_id, 0) + post.seats
    crowded = [
        residency.applications.filter(specialty_id=specialty).count() > count
        for specialty, count in seats.items()
    ]
    assert any(crowded)
    assert not all(crowded)
    assert residency.posts.filter(last_place__isnull=False).exclude(last_score="").count() > 100


def _check_people():
    assert not Person.objects.filter(is_invented=False).exists()
    numbers = list(IdentityDocument.objects.filter(kind="curp").values_list("number", flat=True))
    abroad = Person.objects.filter(documents__country="SV").exclude(documents__kind="curp").distinct().count()
    assert len(numbers) == Person.objects.count() - abroad
    for number in numbers:
        read = read_curp(number)
        assert number[16] in "9J"  # the last homonym: plainly invented
        assert read.number == number


def _check_lists():
    residency = Call.objects.get(code=RESIDENCY)
    offered = {}
    for post, specialty in residency.posts.values_list("pk", "specialty_id"):
        offered.setdefault(specialty, set()).add(post)
    specialties = dict(residency.applications.values_list("pk", "specialty_id"))
    sent = list(call_reads.sent_lists(residency))
    assert len(sent) == len(specialties)
    assert all(set(one.posts) == offered[specialties[one.application]] for one in sent)
    current = {}
    for application, post in Choice.objects.order_by("application_id", "rank").values_list(
        "application_id", "post_id"
    ):
        current.setdefault(application, []).append(post)
    newest = {}
    for application, _number, posts in ListVersion.objects.order_by("application_id", "number").values_list(
        "application_id", "number", "posts"
    ):
        newest[application] = posts
    assert current == newest
    for post, specialty in Post.objects.values_list("pk", "specialty_id"):
        offered.setdefault(specialty, set()).add(post)
    for application in Application.objects.only("pk", "specialty_id", "folio"):
        assert set(current[application.pk]) <= offered[application.specialty_id]
        assert read_folio(application.folio) == application.folio
    states = set(Application.objects.filter(call__code=DRIVE).values_list("state", flat=True))
    assert states == set(ApplicationState.values)


def _check_recorded():
    """Every value that a panel or a review gives in the demo comes from its sealed sheets or its review."""
    for call in Call.objects.filter(code__in=(kinds.TEAMS, kinds.MANAGERS)):
        assert call_reads.without_record(call) == []
    teams = Call.objects.get(code=kinds.TEAMS)
    assert call_reads.coverage_page(teams).without_team > 0
    assert (
        Interview.objects.filter(panel__call=teams, closed_at__isnull=False).exclude(value="").count() >= 10
    )
    assert ShortlistEntry.objects.filter(shortlist__post__call__code=kinds.MANAGERS).count() == 3


def _check_receipts():
    """What every person was given is what the product's rule gives for what was sent, inside the call's window."""
    keys = dict(Post.objects.values_list("pk", "key"))
    calls = Call.objects.in_bulk()
    for version in ListVersion.objects.filter(sent_at__isnull=False).select_related("application"):
        application, call = version.application, calls[version.application.call_id]
        assert call.opens_at <= version.saved_at <= version.sent_at <= min(call.closes_at, TODAY)
        receipt = receipt_for(
            folio=application.folio,
            call=call.code,
            rules_digest=call.rules_digest,
            version=version.number,
            merit=as_brought(call.score_criteria, application.merit),
            posts=[keys[post] for post in version.posts],
            sent_at=version.sent_at,
        )
        assert (version.receipt, version.digest) == (receipt.number, receipt.digest)
    for application in Application.objects.exclude(state="draft"):
        criteria = calls[application.call_id].score_criteria
        for criterion, value in zip(criteria, application.merit, strict=True):
            if not value and criterion.get("source"):
                continue  # whose interview is yet to come
            assert float(criterion["minimum"]) <= float(value) <= float(criterion["maximum"])
            assert len(value.partition(".")[2]) == criterion["decimals"]


def _check_story():
    """Mariana gets her fourth option, the first three lost, one of them by the first tie-break; a plain serial order."""
    residency = Call.objects.get(code=RESIDENCY)
    hers = Application.objects.get(person__user__email=story.MARIANA)
    assert hers.call == residency
    assert hers.folio.startswith("RM24-048213-")
    lists = list(call_reads.sent_lists(residency))
    left = dict(residency.posts.values_list("pk", "seats"))
    last = {}
    got = None
    for one in sorted(lists, key=lambda one: [-float(value) for value in one.merit]):
        for rank, post in enumerate(one.posts, 1):
            if left[post]:
                left[post] -= 1
                last[post] = one.merit
                if one.application == hers.pk:
                    got = rank, post, one.posts
                break
    rank, post, posts = got
    assert rank == 4
    assert Post.objects.get(pk=post).site.short_name == "HGR 1 Querétaro"
    beaten = [merit for merit in (last[above] for above in posts[:3]) if merit[0] == hers.merit[0]]
    assert beaten
    assert all(int(merit[1]) > int(hers.merit[1]) for merit in beaten)

    _check_with_the_engine(residency, hers, post)

    his = Application.objects.get(person__user__email=story.BRUNO)
    assert (his.call.code, his.state, his.version) == (DRIVE, "submitted", 2)
    assert not Application.objects.filter(person__user__email="nadia@demo.cauce.example").exists()


def _check_with_the_engine(residency, hers, post):
    """The certified allocation of the product says the same of her as the plain order above."""
    rows = list(call_reads.sent_lists(residency))
    lists = bridge.Lists(
        *([getattr(row, name) for row in rows] for name in ("application", "folio", "merit", "posts"))
    )
    offered = call_reads.call_posts(residency)
    offer = bridge.Offer(*([getattr(row, name) for row in offered] for name in ("id", "key", "seats")))
    frozen = bridge.freeze(lists, offer, seed=residency.lottery_seed, commitment=residency.lottery_commitment)
    answer = bridge.solve(frozen, extra={})
    placed = {one.application: one for one in bridge.placements(answer, lists, offer)}
    assert (placed[hers.pk].post, placed[hers.pk].rank) == (post, 4)
    without = sum(one.post is None for one in placed.values())
    assert 0 < without < len(placed) / 2


def _check_warnings():
    """The famous Tuesday is pointed out and blocks nothing."""
    drive = Call.objects.get(code=DRIVE)
    findings = call_rules.lint(call_reads.snapshot(drive), now=drive.published_at)
    assert [finding.code for finding in findings] == ["weekday", "lottery-seal-only"]
    assert "martes 12 de febrero" in findings[0].sentence
    assert "lunes" in findings[0].sentence
    assert "value=inventado" in Call.objects.get(code="RX24").lottery_beacon


def _check_clock(folder):
    moved = json.loads((folder / "clock.json").read_text())["offset_seconds"]
    assert moved < 0
    assert timeline.resume_at() - TODAY <= timedelta(seconds=1)


def test_the_same_seed_invents_the_same_world(now):
    load_catalogue(actor=Actor.system("catalogue"), now=now)
    one, other = fill.World.read(), fill.World.read()
    assert one.drive_posts == other.drive_posts
    assert one.residency_posts == other.residency_posts
    assert one.residency_wishes(2024) == other.residency_wishes(2024)
    assert one.drive_wishes == other.drive_wishes
    assert list(one.people(200)) == list(other.people(200))
    assert one.numbers("XX24", 50, but=7) == other.numbers("XX24", 50, but=7)


def test_the_clock_never_goes_back_before_what_has_happened(now):
    assert timeline.resume_at() == TODAY
    later = TODAY + timedelta(days=3)
    AuditEvent.objects.create(
        at=later, actor="user:1", action="calls.send_list", subject_model="x", subject_id="1"
    )
    assert timeline.resume_at() > later


def test_it_refuses_to_fill_anything_but_a_demo(settings):
    settings.DEMO = False
    for command in ("prepare_demo", "demo_people"):
        with pytest.raises(CommandError, match="CAUCE_DEMO"):
            call_command(command)
    assert not Person.objects.exists()


def test_the_people_one_can_enter_as_are_printed(settings, capsys):
    settings.DEMO = True
    call_command("demo_people", "--origin", "http://localhost:8010")
    said = capsys.readouterr().out
    assert "http://localhost:8010/demo/" in said
    for name in (
        "Mariana Xool Cocom",
        "Carla Domínguez Pech",
        "aurelio@demo.cauce.example",
        "cauce-demo-2024",
    ):
        assert name in said


def test_a_score_is_the_exact_share_of_right_answers():
    for right in range(281):
        thousandths = round(right * 100_000 / 280 + 1e-9)
        assert market.score(right) == f"{thousandths // 1000}.{thousandths % 1000:03d}"


def test_texts_fit_their_columns():
    for plan in call_plans():
        for name, value in plan.fields.items():
            limit = getattr(Call._meta.get_field(name), "max_length", None)
            assert not limit or not isinstance(value, str) or len(value) <= limit, (plan.code, name)
        assert len(plan.seed[:64]) <= 64
    assert fill.RESIDENCY_APPLICANTS + fill.DRIVE_SENT >= 5_000
