"""Every address, for every kind of person. An address that is not in the matrix fails.

People: nobody · mariana, whose application it is · bruno, another applicant · carla, manager of the call's
institution · darío, manager of another one · sofía, second signatory · aurelio, auditor · elena, education office ·
rosa, reviewer of documents and panellist there · samuel, officer of a partner institute · pilar, personal data.
"""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, TestCase, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from cauce.accounts.models import AccountRecovery, DataRequest, Membership
from cauce.accounts.roles import Role
from cauce.allocation.operations import audit as audited
from cauce.allocation.operations import live as operations
from cauce.allocation.operations import lodge_claim, record_outside_admission
from cauce.base.actors import Actor
from cauce.base.models import AuditEvent, StoredFile
from cauce.calls.models import (
    CalendarEntry,
    Call,
    CallPartner,
    Draw,
    Interview,
    Panel,
    PanelMember,
    ReviewCase,
    ScoreReview,
    Shortlist,
    ShortlistEntry,
)
from cauce.indicators import operations as figures
from cauce.indicators.models import PublishedFigure
from cauce.notices.models import Message
from tests.accounts import factories as accounts
from tests.allocation import factories as allocation
from tests.allocation import live as acts
from tests.architecture.matrix import MATRIX, PEOPLE, POSTED
from tests.calls import dossiers, drafts, kinds
from tests.calls import factories as calls
from tests.conftest import NOON


def named_urls(resolver, namespace=""):
    for entry in resolver.url_patterns:
        if hasattr(entry, "url_patterns"):
            yield from named_urls(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif ":" in namespace:
            yield namespace + entry.name


def test_every_address_of_ours_is_in_the_matrix():
    assert set(named_urls(get_resolver())) == set(MATRIX)


def other_kinds(people, call, post, mine):
    """Give a call a rubric, a profile and a shortlist: an interview that rosa scores, and an entry of the shortlist."""
    call.rubric, call.profile = kinds.RUBRIC.document(), [{"key": "r1", "label": "Título", "weight": 0}]
    call.save(update_fields=["rubric", "profile"])
    rosa = people.users["rosa"]
    Membership.objects.create(user=rosa, role=Role.PANELLIST, institution_id=call.institution_id)
    panel = Panel.objects.create(call=call, name="Jurado")
    PanelMember.objects.create(panel=panel, user=rosa)
    interview = Interview.objects.create(
        panel=panel, application=mine, starts_at=NOON, minutes=30, place="Sala 2"
    )
    made = Shortlist.objects.create(
        post=post, order=[mine.folio], digest="0" * 64, made_by=people.users["carla"], made_at=NOON
    )
    return interview, ShortlistEntry.objects.create(shortlist=made, application=mine, place=1)


def world():
    """A closed call with a published run, one with a certified run, an open one and a draft, of one institution."""
    closed = allocation.closed_call(NOON)
    people = allocation.people(closed)
    market = allocation.market(closed, NOON, people_=people)
    run = allocation.published_run(people, closed, NOON)
    Call.objects.filter(pk=closed.pk).update(lottery_source=drafts.SOURCE.document())
    Draw.objects.create(
        call=closed,
        participants=1,
        folios=f"{market.applications[0].folio}\n",
        digest="0" * 64,
        sealed_at=NOON,
    )
    waiting = allocation.closed_call(NOON, code="RM25")
    second = allocation.market(waiting, NOON, people_=people)
    certified = allocation.done_run(people.carla, waiting, NOON)
    after = allocation.closed_call(NOON - timedelta(days=21), code="RM23")
    allocation.declare(after)
    allocation.market(after, NOON - timedelta(days=21), people_=people)
    allocation.published_run(people, after, NOON - timedelta(days=20))
    hers = after.applications.get(person=people.users["mariana"].person)
    claim = lodge_claim(
        actor=people.mariana, application=hers, kind="score", facts="Mi puntaje se capturó mal.", asks="Revisarlo.",
        now=NOON - timedelta(days=19),
    )  # fmt: skip
    allocation.definitive(people, after, NOON - timedelta(days=2))
    allocation.offered(people, after, NOON - timedelta(days=1))
    allocation.declare(waiting)
    dispute = record_outside_admission(
        actor=people.carla, call=after, key="RM23-001", words="Oficio 12 de la sede.", now=NOON
    )
    opened = calls.call(code="JR24", institution=closed.institution)
    post = calls.post(opened)
    mine = calls.application(
        opened, people.users["mariana"].person, specialty=post.specialty, merit=["87.31"]
    )
    review = ScoreReview.objects.create(
        application=mine, sentence="Lejos de lo esperado.", digest="0" * 64, opened_at=NOON
    )
    finding = audited.write_finding(
        actor=people.aurelio, call=closed, severity="minor", text="Falta el acta de la sala 3.", evidence="",
        days=5, now=NOON,
    )  # fmt: skip
    draft = drafts.draft(code="BORRADOR", institution=closed.institution)
    evidence = dossiers.handed_in(mine, dossiers.asked(opened))
    case = ReviewCase.objects.create(
        application=mine, call=opened, queued_at=NOON, claimed_by=people.users["rosa"], claimed_at=NOON,
        claimed_until=NOON + timedelta(minutes=30),
    )  # fmt: skip
    proposal = CallPartner.objects.create(
        call=opened, institution=allocation.institution("ISSS"), group="isss", closes_at=NOON + timedelta(days=1)
    )  # fmt: skip
    CallPartner.objects.create(call=draft, institution=proposal.institution, group="isss", closes_at=NOON)
    candidate = proposal.nominations.create(
        position=1, staff_number="7", given_names="Mariana", first_surname="Xool", birth_date=mine.person.birth_date,
        document_kind="passport", document_country="MX", document_number="G1234567", email="m@x.mx",
        reason="Primer lugar.", invited_at=NOON,
    )  # fmt: skip
    mine.person.documents.create(kind="passport", country="MX", number="G1234567")
    letter = Message.objects.create(
        key="k", user=people.users["mariana"], address="m@x.mx", title="T", body="B", written_at=NOON
    )
    interview, entry_of_shortlist = other_kinds(people, opened, post, mine)
    teams = calls.call(code="EQ24", institution=closed.institution, kind="teams")
    accounts.make_notice()
    figures.load_figures(actor=Actor.system("test"), now=NOON)
    figures.load_replay(actor=Actor.system("test"), now=NOON)
    asked = DataRequest.objects.create(
        person=people.users["mariana"].person, folio="ARCO-2024-BCDFGH", right="access", asked_at=NOON,
        due_at=NOON + timedelta(days=28),
    )  # fmt: skip
    proof = StoredFile.objects.create(
        digest="a" * 64, size=1, media_type="application/pdf", pages=1, received_at=NOON
    )
    recovery = AccountRecovery.objects.create(
        user=people.users["mariana"], new_email="n@x.mx", proof=proof, stop_digest="b" * 64, asked_at=NOON,
        waits_until=NOON + timedelta(days=5),
    )  # fmt: skip
    entry = CalendarEntry.objects.create(call=draft, label="Resultados", starts_at=draft.results_at)
    live = acts.started(acts.closed_call(NOON, code="EV24"), NOON, people=people)
    operations.end_overdue(
        actor=acts.SYSTEM, turn=acts.turn(live.session, 1), now=NOON + timedelta(seconds=61)
    )  # fmt: skip
    return SimpleNamespace(
        interview=interview, entry_of_shortlist=entry_of_shortlist, teams=teams,
        live=live, people=people, closed=closed, run=run, waiting=waiting, certified=certified, opened=opened, post=post,
        after=after, claim=claim, offer=allocation.offer_of("mariana", people), dispute=dispute,
        mine=mine, review=review, finding=finding, placed=market.applications[2], draft=draft, entry=entry, letter=letter,
        asked=asked, recovery=recovery,
        proposal=proposal, candidate=candidate, evidence=evidence, case=case, requirement=dossiers.asked(draft), second=second, draft_post=draft.posts.first(),
        receipt=market.applications[2].versions.get().receipt, figure=PublishedFigure.objects.order_by("position").first().code,
    )  # fmt: skip


@override_settings(CLOCK_OFFSET=NOON + timedelta(minutes=1) - timezone.now())
class WhoGetsWhat(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = world()
        cls.signed_in = {"nobody": ""}
        for person, user in cls.world.people.users.items():
            client = Client()
            client.force_login(user)
            cls.signed_in[person] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def address(self, name, arguments):
        # Asked of the class: what a test asks of itself is copied whole for each test, and this world is large.
        return reverse(name, kwargs=arguments(type(self).world))

    def enter(self, person):
        # Signed in once for all tests: signing in costs more than most answers.
        self.client.cookies[settings.SESSION_COOKIE_NAME] = type(self).signed_in[person]
        self.client.raise_request_exception = (
            False  # a fault is a 500 with its trace in the log, and the others are asked
        )

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="there, everybody is asked")
    def test_each_page_is_read_by_one_who_may(self):
        wrong = {}
        for name, (expected, arguments) in MATRIX.items():
            if 200 in expected:
                self.enter(PEOPLE[expected.index(200)])
                response = self.client.get(self.address(name, arguments))
                if response.status_code != 200:
                    wrong[name] = response.status_code
        assert wrong == {}


def getting(person):
    """A test that every address answers one person's GET as the matrix says, with every value its template names."""

    def test(self):
        self.enter(person)
        wrong, missing = {}, {}
        for name, (expected, arguments) in MATRIX.items():
            response = self.client.get(self.address(name, arguments))
            if response.status_code != expected[PEOPLE.index(person)]:
                wrong[name] = response.status_code
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            if is_page and (names := re.findall("⟦.*?⟧", response.content.decode())):
                missing[name] = names
        assert wrong == {}
        assert missing == {}, "values that the template names and nobody gave"

    return test


def posting(person):
    """A test that one person's empty POSTs are answered as the matrix says, and write only for who may write."""

    def test(self):
        self.enter(person)
        wrong, written = {}, set()
        for name, (expected, _writers, arguments) in POSTED.items():
            before = AuditEvent.objects.count()
            world = transaction.savepoint()  # every address is asked in the same one
            response = self.client.post(self.address(name, arguments), {})
            if response.status_code != expected[PEOPLE.index(person)]:
                wrong[name] = response.status_code
            # Every write leaves an audit event, so no event means that nothing was written.
            if AuditEvent.objects.count() > before:
                written.add(name)
            transaction.savepoint_rollback(world)
        assert wrong == {}
        assert written == {name for name, (_expected, writers, _) in POSTED.items() if person in writers}

    return test


for _person in PEOPLE:
    # The quick run asks for the visitor; everybody is asked by the whole suite and by the checks.
    _asked = (lambda test: test) if _person == "nobody" else pytest.mark.slow
    setattr(WhoGetsWhat, f"test_get_{_person}", pytest.mark.once(_asked(getting(_person))))
    setattr(WhoGetsWhat, f"test_post_{_person}", pytest.mark.once(_asked(posting(_person))))


@pytest.mark.once
@override_settings(CLOCK_OFFSET=NOON + timedelta(minutes=1) - timezone.now())
class WhatAPartnerNeverReads(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = world()

    @pytest.mark.slow
    def test_no_page_tells_an_institute_scores_lists_or_other_people(self):
        """Every address, as the officer: nothing that identifies the applicants of the call but their own candidate."""
        self.client.force_login(self.world.people.users["samuel"])
        secret = (
            self.world.mine.folio,
            "87.31",
            self.world.people.users["mariana"].email,
            "Bruno Paz",
            "G1234567",
        )
        told = {}
        for name, (_expected, arguments) in MATRIX.items():
            if name in ("calls:nomination", "base:ui"):  # what they typed themselves, and the specimens
                continue
            response = self.client.get(reverse(name, kwargs=arguments(self.world)))
            if response.status_code != 200 or response.streaming:
                continue
            body = response.content.decode(errors="ignore")
            if found := [one for one in secret if one in body]:
                told[name] = found
        assert told == {}
