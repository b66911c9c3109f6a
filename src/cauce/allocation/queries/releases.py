"""What desks and the public read of releases: what is public, what waits for a second person, what follows a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.allocation.models import (
    Claim,
    Dispute,
    Offer,
    OfferState,
    Placement,
    Release,
    ReleaseKind,
    ReleaseState,
    Run,
)
from cauce.allocation.queries.claims import AppealClock, appeal_clock
from cauce.allocation.queries.forecasts import waiting_forecast
from cauce.allocation.queries.later_rounds import LaterRound, later_rounds
from cauce.allocation.queries.offers import KINDS, late_offers, offers_shown, seat_counts, today_of
from cauce.allocation.queries.results import WishLine
from cauce.allocation.queries.rounds import newest_list_run, releases_of
from cauce.allocation.queries.runs import clearance, name_of
from cauce.allocation.rules import claims as claim_rules
from cauce.allocation.rules import releases as release_rules
from cauce.allocation.rules.forecast import Forecast
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call
from cauce.calls.rules.aftermath import Aftermath


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    release: Release
    is_undone: bool
    proposer: str
    confirmer: str


@dataclass(frozen=True, slots=True)
class ReleasesPage:
    """What of a call is public, what waits for a second person, and what may be proposed."""

    call: Call
    current: Release | None
    waiting: Release | None
    lines: list[ReleaseLine]
    may_list: Verdict
    may_undo: Verdict
    last: Release | None


def releases_page(actor: Actor, call: Call, *, now: datetime) -> ReleasesPage:
    """Four queries, five with a correction at hand."""

    known = releases_of(call)
    standing = release_rules.in_force(known)
    kept = {one.pk for one in standing}
    joined = Offer.objects.filter(release=standing[-1], joined_at__isnull=False).count() if standing else 0
    return ReleasesPage(
        call=call,
        current=release_rules.current_list(known),
        waiting=next((one for one in known if one.state == ReleaseState.PROPOSED), None),
        lines=[
            ReleaseLine(
                one,
                one.state == ReleaseState.PUBLIC and one.kind != ReleaseKind.UNDO and one.pk not in kept,
                name_of(one.proposed_by),
                name_of(one.confirmed_by) if one.confirmed_by else "",
            )
            for one in reversed(known)
        ],
        may_list=release_rules.may_propose_list(
            actor, call, releases=known, run=newest_list_run(call), now=now
        ),
        may_undo=release_rules.may_undo(actor, call, releases=known, joined=joined),
        last=standing[-1] if standing else None,
    )


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """One release, proposed or public, with its preview."""

    release: Release
    call: Call
    preview: dict[str, Any]
    proposer: str
    confirmer: str
    may_confirm: Verdict
    cleared: Verdict
    may_drop: Verdict
    because: list[tuple[str, int]]
    why: list[tuple[str, str]]
    claims: int
    state_kind: str


def releases_visible_to(actor: Actor) -> QuerySet[Release]:
    releases = Release.objects.select_related(
        "call__institution", "run", "undoes", "proposed_by__person", "confirmed_by__person"
    ).defer("run__question", "run__answer", "run__package")
    where = actor.institutions(roles.CALL_READ)
    return releases if where is None else releases.filter(call__institution_id__in=where)


def release_page(actor: Actor, release: Release) -> ReleasePage:
    """One query beyond the release's own: what the review of its package says."""

    proof = release.preview.get("proof", {})
    words = {
        "ahead": _("su turno llegó antes del primer lugar que toca la corrección"),
        "not_reached": _("ninguna cadena de listas les cambia el lugar; lo comprueba el certificado"),
        "effect": _("el efecto declarado no mueve a nadie en su situación"),
        "elsewhere": _("ninguna lista les une con lo corregido"),
    }
    spanish = (translation.get_language() or "es").startswith("es")
    cleared = clearance(release.run) if release.run is not None else ALLOWED
    return ReleasePage(
        release=release,
        call=release.call,
        preview=release.preview,
        proposer=name_of(release.proposed_by),
        confirmer=name_of(release.confirmed_by) if release.confirmed_by else "",
        may_confirm=release_rules.may_confirm(actor, release, cleared=cleared),
        cleared=cleared,
        may_drop=release_rules.may_drop(actor, release),
        because=[(words.get(code, code), count) for code, count in proof.get("because", {}).items() if count],
        why=[(folio, es if spanish else en) for folio, es, en in proof.get("why", [])],
        claims=release.preview.get("open_claims", 0),
        state_kind={"proposed": "warn", "public": "ok"}.get(release.state, ""),
    )


def readers_of(release: Release) -> list[tuple[str, int, str]]:
    """Folio, account and language of everybody whom a release concerns: of a round, who had its offers."""
    run = release.undoes.run if release.undoes is not None else release.run
    rows: Any = Placement.objects.filter(run=run)
    if release.undoes is not None and release.undoes.kind == ReleaseKind.ROUND:
        rows = Offer.objects.filter(release=release.undoes)
    found = rows.filter(application__person__user__isnull=False).values_list(
        "application__folio", "application__person__user__pk", "application__person__user__language"
    )
    return list(found.distinct())


# -------------------------------------------------------------------- public


@dataclass(frozen=True, slots=True)
class PublicAftermath:
    """What everybody reads of a call after its results: releases, seats by state, and who should have come by now."""

    releases: list[tuple[Release, bool, bool]]
    seats: list[tuple[str, str, int]]
    late: int
    joined: int
    waiting: list[tuple[str, int]]
    claims_until: datetime | None
    is_provisional: bool
    clock: AppealClock


def public_aftermath(call: Call, *, now: datetime) -> PublicAftermath:
    """Six queries."""
    known = releases_of(call)
    standing = release_rules.in_force(known)
    kept = {one.pk for one in standing}
    current = release_rules.current_list(known)
    today = today_of(now)
    locked = (
        Dispute.objects.filter(call=call, closed_at__isnull=True)
        .values_list("post__key")
        .annotate(n=Count("pk"))
    )
    return PublicAftermath(
        releases=[
            (
                one,
                one.kind != ReleaseKind.UNDO and one.pk not in kept,
                one.run is not None and bool(one.run.package_digest),
            )
            for one in known
            if one.state == ReleaseState.PUBLIC
        ],
        seats=seat_counts(call),
        late=late_offers(call, today=today).count(),
        joined=Offer.objects.filter(seat__post__call=call, joined_at__isnull=False).count(),
        waiting=list(locked.order_by("post__key")),
        claims_until=current.claims_until if current else None,
        is_provisional=current is not None and current.kind == ReleaseKind.PROVISIONAL,
        clock=appeal_clock(call),
    )


def public_release(code: str, number: int) -> Release | None:
    """A release that is or was public, with its run but without that run's documents."""
    rows = Release.objects.filter(
        call__code=code, call__state="published", number=number, state=ReleaseState.PUBLIC
    )
    return (
        rows.select_related("call", "run__call").defer("run__question", "run__answer", "run__package").first()
    )


@dataclass(frozen=True, slots=True)
class OwnAftermath:
    """What follows somebody's result: whether it is provisional, their claims, their newest offer."""

    release: Release | None
    is_provisional: bool
    may_claim: Verdict
    claims: int
    offer: Offer | None
    offer_kind: str
    rounds: list[LaterRound]
    waits: bool
    forecast: Forecast | None


def own_aftermath(
    actor: Actor, run: Run, placement: Placement, *, wishes: Sequence[WishLine] = (), now: datetime
) -> OwnAftermath:
    """One query for the public, three for the person, two more where rounds followed, and six for who waits for one.

    ``wishes`` are those of the result.
    """
    releases = releases_of(run.call)
    current = release_rules.current_list(releases)
    is_own = actor.person_id is not None and actor.person_id == placement.application.person_id
    states = (
        list(Claim.objects.filter(application=placement.application_id).values_list("state", flat=True))
        if is_own
        else []
    )
    offer = (
        offers_shown().filter(application=placement.application_id).order_by("-pk").first()
        if is_own
        else None
    )
    waits = (
        is_own
        and offer is None
        and placement.post_id is None
        and current is not None
        and current.kind == ReleaseKind.DEFINITIVE
        and Aftermath.of(run.call).answer_hours > 0
    )
    return OwnAftermath(
        release=current,
        is_provisional=current is not None and current.kind == ReleaseKind.PROVISIONAL,
        may_claim=claim_rules.may_claim(
            actor, person_id=placement.application.person_id, release=current,
            has_open=any(state in claim_rules.OPEN for state in states), now=now,
        ),
        claims=len(states),
        offer=offer,
        offer_kind=KINDS[OfferState(offer.state)] if offer else "",
        rounds=later_rounds(placement, wishes, releases, offer, criteria=run.call.score_criteria) if is_own else [],
        waits=waits, forecast=waiting_forecast(run, placement, releases) if waits else None,
    )  # fmt: skip
