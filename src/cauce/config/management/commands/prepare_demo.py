"""Fills the demo's database, once; afterwards only sets its clock."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console

from cauce.accounts import operations as accounts
from cauce.accounts.models import PrivacyNotice, User
from cauce.accounts.queries import actor_for
from cauce.allocation.models import LiveChoice, Offer
from cauce.base import clock
from cauce.base.actors import Actor
from cauce.calls import operations as calls
from cauce.calls import queries as call_reads
from cauce.calls import rules as call_rules
from cauce.calls.models import Call, CallState, Evidence, Interview, Post
from cauce.config.demo import documents, fill, kinds, partners, second, timeline
from cauce.config.demo.calls import DRAFTED, DRIVE, INSTALLED, PUBLISHED, RESIDENCY, TODAY
from cauce.config.demo.live import LIVE, hold
from cauce.config.demo.live import PUBLISHED_AT as LIVE_PUBLISHED_AT
from cauce.config.demo.offers import OFFERS, offer_places
from cauce.config.demo.offers import PUBLISHED_AT as OFFERS_PUBLISHED_AT
from cauce.config.demo.second import PUBLISHED_AT, SECOND
from cauce.indicators import operations as indicators
from cauce.indicators.models import PublishedFigure
from cauce.institutions import operations as institutions
from cauce.institutions.models import CatalogueLoad, Institution

DEMO = Actor.system("demo")
MANAGERS = {
    RESIDENCY: "ofelia@demo.cauce.example",
    DRIVE: "carla@demo.cauce.example",
    SECOND: "ofelia@demo.cauce.example",
    LIVE: "ofelia@demo.cauce.example",
    OFFERS: "ofelia@demo.cauce.example",
    partners.SHARED: "ofelia@demo.cauce.example",
    kinds.TEAMS: "carla@demo.cauce.example",
    kinds.MANAGERS: "carla@demo.cauce.example",
}
SECOND_SIGNATORY = "sofia@demo.cauce.example"
PRIVACY_OFFICER = "pilar@demo.cauce.example"
PUBLICATIONS = {
    **PUBLISHED,
    SECOND: PUBLISHED_AT,
    LIVE: LIVE_PUBLISHED_AT,
    OFFERS: OFFERS_PUBLISHED_AT,
    partners.SHARED: partners.PUBLISHED_AT,
    **kinds.PUBLISHED,
}


class Command(BaseCommand):
    help = "Fill the demo with invented people, or go on with what is there; then set the demo's clock."
    requires_system_checks = ()  # reading every address and form would double the wait of who starts the demo

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--people", type=Path, help="a file to write the introduction of demo_people to")

    def handle(self, *args: Any, people: Path | None, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This fills the database with invented people, so it only runs with CAUCE_DEMO=true."
            )
        settings.DATA.mkdir(parents=True, exist_ok=True)
        self.console = Console(highlight=False)
        self.is_new = False
        self._stage("Tables", _migrations_pending, self._migrate)
        self.is_new = not CatalogueLoad.objects.exists()
        self._stage("Catalogue", lambda: not institutions.catalogue_is_loaded(), self._load_catalogue)
        self._stage("Published figures", lambda: not indicators.figures_are_loaded(), self._load_figures)
        self._stage("Replay of 2022", lambda: not indicators.replay_is_loaded(), self._load_replay)
        self._stage("People one can enter as", lambda: not _people_loaded(), self._load_people)
        self._stage("Calls with their posts", _calls_lacking, self._draft_calls)
        self._stage("Publication", _drafts_left, self._publish)
        self._stage("Applicants and their lists", lambda: not fill.is_filled(), self._fill)
        self._stage("Applicants of the second period", lambda: not fill.second_is_filled(), self._fill_second)
        self._stage("The draw of the second period", second.draw_lacking, self._draw)
        self._stage("A live choice under way", _live_choice_lacking, self._hold_live)
        self._stage("Offers that wait for answers", _offers_lacking, self._offer)
        self._stage("Documents", lambda: not documents.documents_are_filled(), self._fill_documents)
        self._stage("Interviews and a shortlist", lambda: not fill.kinds_are_filled(), self._fill_kinds)
        self._stage("A partner's proposal", lambda: not partners.proposal_is_answered(), self._propose)
        now = timeline.resume_at()
        timeline.write_clock(settings.DATA, domain=now, machine=clock.machine())
        if people:
            with people.open("w", encoding="utf-8") as introduction:
                call_command("demo_people", stdout=introduction)

    def _stage(self, name: str, is_due: Callable[[], bool], work: Callable[[], str]) -> None:
        """Do the work if it is due, say how long it took and what it gave."""
        if not is_due():
            return
        started = time.monotonic()
        with self.console.status(f"{name} …"):
            said = work()
        self.console.print(f"  [green]✓[/green] {name}: {said} ({time.monotonic() - started:.1f} s)")

    def _when(self, first: datetime) -> datetime:
        """The time of the story in which a stage belongs; when it comes late, what the clock has reached."""
        return first if self.is_new else timeline.resume_at()

    def _migrate(self) -> str:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0, stdout=io.StringIO())
        return "ready"

    def _load_catalogue(self) -> str:
        load = institutions.load_catalogue(actor=DEMO, now=self._when(INSTALLED))
        return f"{load.added:,} rows added, {load.changed:,} changed"

    def _load_figures(self) -> str:
        indicators.load_figures(actor=DEMO, now=self._when(INSTALLED))
        return f"{PublishedFigure.objects.count()} figures"

    def _load_replay(self) -> str:
        row = indicators.load_replay(actor=DEMO, now=self._when(INSTALLED))
        return f"results {row.digest[:19]}…"

    def _load_people(self) -> str:
        if not PrivacyNotice.objects.exists():
            accounts.load_privacy_notices(actor=DEMO, now=self._when(INSTALLED))
        codes = dict(Institution.objects.values_list("code", "pk"))
        accounts.load_demo_people(institution_ids_by_code=codes, actor=DEMO, now=self._when(INSTALLED))
        return f"{User.objects.count()} accounts"

    def _draft_calls(self) -> str:
        fill.draft_calls(actor=DEMO, now=self._when(DRAFTED))
        return ", ".join(
            f"{call.code} with {call.posts.count():,} posts" for call in Call.objects.order_by("code")
        )

    def _publish(self) -> str:
        """Publish as their managers would: what the linter warns of is read and acknowledged, nothing is skipped."""
        warned = 0
        for code, moment in sorted(PUBLICATIONS.items(), key=lambda pair: pair[1]):
            call = Call.objects.get(code=code)
            if call.state == CallState.PUBLISHED:
                continue
            findings = call_rules.lint(call_reads.snapshot(call), now=moment)
            keys = [finding.key for finding in call_rules.warnings(findings)]
            warned += len(keys)
            manager = actor_for(User.objects.get(email=MANAGERS[code]))
            calls.publish_call(actor=manager, call=call, acknowledged=keys, now=moment)
        return f"{len(PUBLICATIONS)} calls, {warned} warnings of the linter acknowledged"

    def _fill(self) -> str:
        now = self._when(TODAY)
        fill.fill_demo(actor=DEMO, now=now)
        for call in Call.objects.filter(code__in=PUBLISHED):
            calls.count_demand(call=call, actor=DEMO, now=now)
        return ", ".join(
            f"{call.code} {call.applications.count():,} applications"
            for call in Call.objects.filter(code__in=PUBLISHED).order_by("code")
        )

    def _fill_documents(self) -> str:
        documents.fill_documents(actor=DEMO, now=self._when(TODAY))
        return f"{Evidence.objects.count():,} handed in"

    def _fill_second(self) -> str:
        now = self._when(TODAY)
        call = fill.fill_second(actor=DEMO, now=now)
        calls.count_demand(call=call, actor=DEMO, now=now)
        return f"{call.code} {call.applications.count():,} applications"

    def _draw(self) -> str:
        call = Call.objects.get(code=second.SECOND)
        emails = (MANAGERS[second.SECOND], SECOND_SIGNATORY)
        second.draw(call, *(actor_for(User.objects.get(email=email)) for email in emails))
        return f"{call.code} has its value, typed by two"

    def _fill_kinds(self) -> str:
        now = self._when(TODAY)
        call = fill.fill_kinds(actor=DEMO, now=now)
        manager = actor_for(User.objects.get(email=MANAGERS[kinds.MANAGERS]))
        for post in Post.objects.filter(call__code=kinds.MANAGERS):
            calls.make_shortlist(actor=manager, post=post, now=now)
        held = Interview.objects.filter(panel__call=call, closed_at__isnull=False).count()
        return f"{call.code} {call.applications.count():,} applications, {held:,} interviews held"

    def _propose(self) -> str:
        call = Call.objects.get(code=partners.SHARED)
        count = call.partners.get().nominations.count() or partners.propose(call)
        partners.answer_proposal(call=call, actor=DEMO, now=self._when(TODAY))
        return f"{partners.SHARED} {count} candidates of {partners.PARTNER}"

    def _hold_live(self) -> str:
        now = self._when(TODAY)
        call = Call.objects.get(code=LIVE)
        if not call.applications.exists():
            fill.fill_live(actor=DEMO, now=now)
        done = hold(call, User.objects.get(email=MANAGERS[LIVE]), now=now)
        return f"{LIVE} {call.applications.count():,} applications, {done} have chosen"

    def _offer(self) -> str:
        now = self._when(TODAY)
        call = Call.objects.get(code=OFFERS)
        if not call.applications.exists():
            fill.fill_offers(actor=DEMO, now=now)
        three = (
            User.objects.get(email=email) for email in (MANAGERS[OFFERS], SECOND_SIGNATORY, PRIVACY_OFFICER)
        )
        offers = offer_places(call, *three, now=now)
        return f"{OFFERS} {call.applications.count():,} applications, {offers} offers"


def _offers_lacking() -> bool:
    return not Offer.objects.filter(release__call__code=OFFERS, answered_at__isnull=False).exists()


def _live_choice_lacking() -> bool:
    return not LiveChoice.objects.filter(call__code=LIVE, started_at__isnull=False).exists()


def _calls_lacking() -> bool:
    return Call.objects.filter(code__in=PUBLICATIONS).count() < len(PUBLICATIONS)


def _migrations_pending() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _people_loaded() -> bool:
    return PrivacyNotice.objects.exists() and User.objects.filter(email__in=MANAGERS.values()).count() == len(
        set(MANAGERS.values())
    )


def _drafts_left() -> bool:
    return Call.objects.filter(code__in=PUBLICATIONS, state=CallState.DRAFT).exists()
