"""What people and desks read of claims: a person's own, the desk's queue, one whole, and the public clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import User
from cauce.allocation.models import Claim, ClaimFile, ClaimKind, ClaimState, Placement, Release, Run
from cauce.allocation.queries.rounds import list_of, published_list, releases_of, upheld_claims
from cauce.allocation.queries.runs import light_runs, name_of
from cauce.allocation.rules import claims as rules
from cauce.allocation.rules import releases as release_rules
from cauce.allocation.rules import runs as run_rules
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.models import StoredFile
from cauce.calls.models import Application, Call, Post, ScoreReview
from cauce.calls.rules.canonical import canonical, digest_of

PAGE = 50
STATE_KINDS = {
    ClaimState.OPEN: "now", ClaimState.PROPOSED: "now", ClaimState.UPHELD: "ok", ClaimState.REJECTED: "",
}  # fmt: skip


def own_applications(actor: Actor, code: str) -> QuerySet[Application]:
    """The actor's application to a published call."""
    return Application.objects.filter(
        person_id=actor.person_id or 0, call__code=code, call__state="published"
    ).select_related("call__institution", "person")


def claims_visible_to(actor: Actor) -> QuerySet[Claim]:
    """Claims of calls whose desk the actor decides at."""
    claims = Claim.objects.select_related(
        "application__call__institution", "application__person", "release", "post__site__state", "post__specialty",
        "proposed_by__person", "decided_by__person", "applied_in",
    ).defer(*(f"applied_in__{blob}" for blob in ("question", "answer", "package")))  # fmt: skip
    where = actor.institutions(roles.ALLOCATION_SIGN)
    return claims if where is None else claims.filter(application__call__institution_id__in=where)


def barred_from(claim: Claim) -> Collection[int]:
    """Users who decided what is claimed against, where it is known who: whoever closed a review of the scores."""
    rows = ScoreReview.objects.filter(application_id=claim.application_id, closed_by__isnull=False)
    return {user for user in rows.values_list("closed_by_id", flat=True) if user is not None}


def fingerprint_of(claim: Claim) -> str:
    """What a decision that waits for its second person says, in short."""
    return digest_of(
        canonical(
            {
                "by": claim.proposed_by_id,
                "upholds": claim.upholds,
                "grounds": claim.grounds,
                "merit": claim.merit,
            }
        )
    )[:16]


def users_of(applications: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The account and its language behind each application that has one."""
    rows = Application.objects.filter(pk__in=list(applications), person__user__isnull=False)
    return {
        pk: (user, language)
        for pk, user, language in rows.values_list("pk", "person__user__pk", "person__user__language")
    }


# ---------------------------------------------------------------- one's own


@dataclass(frozen=True, slots=True)
class OwnClaim:
    claim: Claim
    kind: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class OwnClaimsPage:
    """A person's claims in one call, and whether they may lodge one. ``wishes`` are (key, words) of their list."""

    call: Call
    folio: str
    release: Release | None
    may_claim: Verdict
    claims: list[OwnClaim]
    wishes: list[tuple[str, str]]


def own_claims_page(actor: Actor, application: Application, *, now: datetime) -> OwnClaimsPage:
    """Four queries."""
    release = release_rules.current_list(releases_of(application.call))
    claims = list(
        Claim.objects.filter(application=application)
        .select_related("post__site", "post__specialty")
        .order_by("-lodged_at")
    )
    wanted = list_of(application)
    posts = {
        one.pk: one for one in Post.objects.filter(pk__in=wanted).select_related("site__state", "specialty")
    }
    return OwnClaimsPage(
        call=application.call,
        folio=application.folio,
        release=release,
        may_claim=rules.may_claim(
            actor, person_id=application.person_id, release=release,
            has_open=any(one.state in rules.OPEN for one in claims), now=now,
        ),
        claims=[OwnClaim(one, STATE_KINDS[ClaimState(one.state)], one.state in rules.OPEN) for one in claims],
        wishes=[(posts[pk].key, f"{posts[pk].specialty.name}, {posts[pk].site.short_name}, {posts[pk].site.state.name}") for pk in wanted],
    )  # fmt: skip


# --------------------------------------------------------------------- desk


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    """The claims of a call, open ones first, with what a correction would carry out."""

    call: Call
    page: Page[Claim]
    kinds: dict[str, str]
    open: int
    upheld: int
    correction: Run | None
    may_correct: Verdict
    is_under_way: bool
    clock: AppealClock


def claims_page(actor: Actor, call: Call, number: str) -> ClaimsPage:
    """Nine queries, whatever the number of claims."""
    rows = (
        Claim.objects.filter(application__call=call)
        .select_related("application", "post", "release", "applied_in")
        .defer(*(f"applied_in__{blob}" for blob in ("question", "answer", "package")))
        .order_by("decided_at", "lodged_at", "pk")
    )
    waiting, shown = upheld_claims(call), published_list(call)
    under_way = Run.objects.filter(call=call, state__in=run_rules.UNDER_WAY).exists()
    correction = light_runs().filter(call=call, corrects=shown).order_by("-number").first() if shown else None
    return ClaimsPage(
        call=call,
        page=Paginator(rows.order_by("-state", "lodged_at", "pk"), PAGE).get_page(number[:9]),
        kinds={str(state): kind for state, kind in STATE_KINDS.items()},
        open=rows.filter(state__in=rules.OPEN).count(),
        upheld=len(waiting),
        correction=correction,
        may_correct=rules.may_correct(
            actor, call, upheld=len(waiting) if shown else 0,
            has_rounds=bool(release_rules.rounds_of(releases_of(call))), is_under_way=under_way,
        ),
        is_under_way=under_way,
        clock=appeal_clock(call),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """One claim with what its two deciders need. ``criteria`` are (label, value in the list, value proposed)."""

    claim: Claim
    call: Call
    state_kind: str
    placement: Placement | None
    criteria: list[tuple[str, str, str]]
    proposer: str
    decider: str
    fingerprint: str
    may_propose: Verdict
    may_decide: Verdict


def claim_page(actor: Actor, claim: Claim) -> ClaimPage:
    """Three queries."""
    call, barred = claim.application.call, barred_from(claim)
    shown = published_list(call)
    placement = (
        Placement.objects.filter(run=shown, application=claim.application_id)
        .select_related("post__site", "post__specialty")
        .first()
    )
    have = placement.merit if placement else claim.application.merit
    return ClaimPage(
        claim=claim,
        call=call,
        state_kind=STATE_KINDS[ClaimState(claim.state)],
        placement=placement,
        criteria=[
            (
                str(one["label"]),
                have[at] if at < len(have) else _("sin dato"),
                claim.merit[at] if at < len(claim.merit) else "",
            )
            for at, one in enumerate(call.score_criteria)
        ],
        proposer=_name(claim.proposed_by),
        decider=_name(claim.decided_by),
        fingerprint=fingerprint_of(claim),
        may_propose=rules.may_propose(actor, call, claim, barred=barred),
        may_decide=rules.may_decide(actor, call, claim, barred=barred),
    )


def _name(user: User | None) -> str:
    return name_of(user) if user is not None else ""


# ------------------------------------------------------------------- public


@dataclass(frozen=True, slots=True)
class AppealClock:
    """The public clock of the claims of a call: how many, how long, how many upheld; ``share`` of those decided."""

    lodged: int
    decided: int
    upheld: int
    days: float | None
    share: float | None

    @property
    def open(self) -> int:
        return self.lodged - self.decided


def appeal_clock(call: Call) -> AppealClock:
    """One query."""
    rows: list[Any] = list(
        Claim.objects.filter(application__call=call).only("state", "lodged_at", "decided_at")
    )
    decided = [one for one in rows if one.decided_at]
    upheld = sum(one.state == ClaimState.UPHELD for one in decided)
    return AppealClock(
        len(rows), len(decided), upheld, rules.median_days(rows), upheld / len(decided) if decided else None
    )


CLAIM_KINDS = ClaimKind.choices


def claim_file(claims: QuerySet[Claim], number: int) -> StoredFile | None:
    """The piece of evidence with this number of the one claim in ``claims``."""
    found = (
        ClaimFile.objects.filter(claim__in=claims.values("pk"), number=number).select_related("file").first()
    )
    return found.file if found is not None else None
