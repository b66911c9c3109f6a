"""What the review of a package reads: which ones wait for it, whom each tells apart, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import Membership, User
from cauce.accounts.roles import Role
from cauce.allocation.models import PrivacyReview, Run, RunState, Treatment
from cauce.allocation.queries.runs import light_runs, name_of
from cauce.allocation.rules import privacy as rules
from cauce.allocation.rules import runs as run_rules
from cauce.allocation.rules.exposure import (
    ASKED,
    GROUP,
    LIST,
    PLACE,
    SCORE,
    SPECIALTY,
    STATE,
    VALUES,
    Cell,
    Exposure,
    Level,
)
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Application, Call
from cauce.institutions.models import State

REVIEWING_ROLES = [role for role in Role.values if roles.PACKAGE_REVIEW in roles.PERMISSIONS[role]]
SHOWN_REVIEWED = 20


def privacy_reviews(run: Run) -> list[PrivacyReview]:
    """What was decided about the package of a run, oldest first."""
    return list(run.privacy_reviews.select_related("decided_by__person").order_by("pk"))


def reviewing_memberships(institution_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(
        Q(institution_id=institution_id) | Q(institution_id__isnull=True),
        role__in=REVIEWING_ROLES, user__is_active=True,
    )  # fmt: skip


def package_reviewers(institution_id: int) -> QuerySet[User]:
    """Everybody who may review the packages of an institution's calls."""
    held = reviewing_memberships(institution_id)
    return User.objects.filter(pk__in=held.values("user_id")).order_by("pk")


def packages_visible_to(actor: Actor) -> QuerySet[Run]:
    """Certified runs, without their documents, whose package the actor reads: who reads runs, and who reviews packages."""
    runs = light_runs().select_related("call__institution").exclude(package_digest="")
    seen = Q(pk__in=[])
    for permission in (roles.CALL_READ, roles.PACKAGE_REVIEW):
        where = actor.institutions(permission)
        if where is None:
            return runs
        seen |= Q(call__institution_id__in=where)
    return runs.filter(seen)


def accounts_of(call: Call, folios: Sequence[str]) -> list[tuple[str, int, str]]:
    """Folio, account and language of everybody of these folios who has an account."""
    rows = Application.objects.filter(call=call, folio__in=folios, person__user__isnull=False)
    return list(rows.order_by("folio").values_list("folio", "person__user__pk", "person__user__language"))


# ------------------------------------------------------------------- one package


@dataclass(frozen=True, slots=True)
class LevelLine:
    """A thing that somebody might know, and how far it tells people apart."""

    level: Level
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class ReviewLine:
    review: PrivacyReview
    who: str

    @property
    def is_yes(self) -> bool:
        return self.review.treatment == Treatment.PUBLISH


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    """The package of one run as its reviewer reads it. ``cells`` are (kind in words, cell, its name)."""

    run: Run
    call: Call
    exposure: Exposure
    levels: list[LevelLine]
    cells: list[tuple[str, Cell, str]]
    reviews: list[ReviewLine]
    may_decide: Verdict
    cleared: Verdict
    is_desk: bool


def privacy_page(actor: Actor, run: Run, exposure: Exposure) -> PrivacyPage:
    """Two queries besides the package: what was decided, and what states are called."""
    reviews = privacy_reviews(run)
    kinds = {GROUP: _("Clase de lugares"), SPECIALTY: _("Especialidad"), STATE: _("Estado")}
    states = dict(State.objects.values_list("key", "name"))
    return PrivacyPage(
        run=run,
        call=run.call,
        exposure=exposure,
        levels=[LevelLine(one, *_knowledge(one.knowledge)) for one in exposure.levels if one.people],
        cells=[
            (kinds[one.kind], one, states.get(one.code, one.name) if one.kind == STATE else one.name)
            for one in exposure.cells
        ],
        reviews=[ReviewLine(one, name_of(one.decided_by)) for one in reversed(reviews)],
        may_decide=rules.may_decide(actor, run, reviews),
        cleared=rules.cleared(run, reviews),
        is_desk=run_rules.may_read_run(actor, run.call),
    )


def _knowledge(name: str) -> tuple[str, str]:
    return {
        PLACE: (_("La plaza que ocupa"), _("lo ve quien trabaja ahí")),
        ASKED: (
            _("Su clase de lugares, y la especialidad y el estado de su primera opción"),
            _("lo saben quienes le conocen"),
        ),
        SCORE: (_("Su puntaje exacto"), _("lo sabe quien vio su constancia")),
        VALUES: (_("Su puntaje y todos sus desempates"), _("lo sabe quien tiene sus documentos")),
        LIST: (_("Su lista completa, en orden"), _("lo sabe quien la vio")),
    }[name]


# --------------------------------------------------------------------- what waits


@dataclass(frozen=True, slots=True)
class PackageLine:
    run: Run
    verdict: Verdict
    is_held: bool


@dataclass(frozen=True, slots=True)
class PackagesPage:
    """The packages that wait for a review, and the last ones that had theirs."""

    waiting: list[PackageLine]
    done: list[PackageLine]


def packages_page(actor: Actor) -> PackagesPage:
    """The newest certified package of each call and round, and the last published ones, in two queries."""
    where = actor.institutions(roles.PACKAGE_REVIEW)
    runs = packages_visible_to(actor).prefetch_related("privacy_reviews")
    if where is not None:
        runs = runs.filter(call__institution_id__in=where)
    newest: dict[tuple[int, int], Run] = {}
    public = []
    for run in runs.exclude(state=RunState.FAILED).order_by("number"):
        newest[run.call_id, run.round] = run
        if run.published_at is not None:
            public.append((run.published_at, run))
    lines = [_package_line(run) for run in newest.values() if run.state == RunState.CERTIFIED]
    public.sort(key=lambda one: (one[0], one[1].pk), reverse=True)
    return PackagesPage(
        waiting=sorted(
            (one for one in lines if not one.verdict), key=lambda one: (one.run.call.results_at, one.run.pk)
        ),
        done=[
            *(one for one in lines if one.verdict),
            *(_package_line(run) for _at, run in public[:SHOWN_REVIEWED]),
        ],
    )


def _package_line(run: Run) -> PackageLine:
    reviews = sorted(run.privacy_reviews.all(), key=lambda one: one.pk)
    return PackageLine(
        run, rules.cleared(run, reviews), bool(reviews) and reviews[-1].treatment == Treatment.HOLD
    )


# ------------------------------------------------------------------------- public


@dataclass(frozen=True, slots=True)
class PublicReview:
    """What everybody reads of the review of a public package: small counts are words."""

    review: PrivacyReview
    people: str
    alone: str
    office: Any


def public_review(run: Run) -> PublicReview | None:
    """The decision by which the package of ``run`` became public, in one query; ``None`` where it had none."""
    review = run.privacy_reviews.filter(
        treatment=Treatment.PUBLISH, package_digest=run.package_digest
    ).first()
    if review is None:
        return None
    return PublicReview(
        review, _count(review.counts.get("people", 0)), _count(review.alone), Role(review.office).label
    )


def _count(people: int) -> str:
    """A number of people as the public reads it."""
    return figures.few() if 0 < people < figures.SMALLEST else figures.number(people)
