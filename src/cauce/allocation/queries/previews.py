"""What two people see before they make something public: who wins and who loses against what is public now."""

from __future__ import annotations

from typing import Any

from cauce.allocation.models import Claim, Dispute, Offer, OfferState, Placement, Release, Run
from cauce.allocation.queries.rounds import free_seats, published_list, wanted_in
from cauce.allocation.rules import claims as claim_rules
from cauce.allocation.rules.seats import SeatPlan, Wanted, plan_seats
from cauce.calls.models import Call
from cauce.calls.rules.canonical import canonical, digest_of

SHOWN = 200


def _finished(facts: dict[str, Any], whole: Any) -> dict[str, Any]:
    """The facts with the digest of everything that they sum up."""
    return {**facts, "digest": "sha256:" + digest_of(canonical({"facts": facts, "whole": whole}))}


def list_preview(call: Call, run: Run) -> dict[str, Any]:
    """What changes if ``run`` becomes the definitive list: who gains, who loses, who provably does not, by folio."""
    shown = published_list(call)
    assert shown is not None  # noqa: S101 - a rule has seen that there is one
    before = {} if shown.pk == run.pk else _places(shown)
    after = {} if shown.pk == run.pk else _places(run)
    gains: list[list[str]] = []
    loses: list[list[str]] = []
    for folio, (key, rank) in sorted(after.items()):
        old_key, old_rank = before.get(folio, ("", None))
        if key == old_key:
            continue
        better = rank is not None and (old_rank is None or rank < old_rank)
        (gains if better else loses).append([folio, old_key, key])
    proof = run.facts.get("proof", {}) if shown.pk != run.pk else {}
    open_claims = Claim.objects.filter(release__call=call, state__in=claim_rules.OPEN).count()
    facts = {
        "what": "list",
        "run": run.number,
        "answer": run.answer_digest,
        "against": shown.number,
        "lists": run.facts.get("lists", 0),
        "gains": len(gains),
        "loses": len(loses),
        "same": run.facts.get("lists", 0) - len(gains) - len(loses),
        "gaining": gains[:SHOWN],
        "losing": loses[:SHOWN],
        "proof": proof,
        "open_claims": open_claims,
    }
    return _finished(facts, [gains, loses])


def _places(run: Run) -> dict[str, tuple[str, int | None]]:
    rows = Placement.objects.filter(run=run).values_list("application__folio", "post__key", "rank")
    return {folio: (key or "", rank) for folio, key, rank in rows}


# -------------------------------------------------------------------- rounds


def round_plan(call: Call, run: Run) -> SeatPlan:
    """Who of ``run`` gets which seat as the ledger stands; before it is open, as it would be opened."""
    wanted = wanted_in(call, run)
    return plan_seats(wanted, _free_ids(call))


def _free_ids(call: Call) -> dict[int, list[int]]:
    found = {post: [seat.pk for seat in seats] for post, seats in free_seats(call).items()}
    if found or Offer.objects.filter(seat__post__call=call).exists():
        return found
    locked: dict[int, int] = {}
    for post in Dispute.objects.filter(call=call, closed_at__isnull=True, seat__isnull=True).values_list(
        "post_id", flat=True
    ):
        locked[post] = locked.get(post, 0) + 1
    # Before the ledger there are no seats to name: any numbers do, as many as there will be free ones.
    return {
        post: list(range(max(seats - locked.get(post, 0), 0)))
        for post, seats in call.posts.values_list("pk", "seats")
    }


def round_preview(call: Call, run: Run, *, number: int, starts_on: str, hours: int) -> dict[str, Any]:
    """What a round offers to whom, who moves up, and who waits because a seat is locked."""
    plan = round_plan(call, run)
    given = [_line(one) for one, _seat in plan.given]
    waiting = [_line(one) for one in plan.waiting]
    rest = max(
        sum(len(seats) for seats in _free_ids(call).values())
        - sum(one.seat is None for one, _ in plan.given),
        0,
    )
    facts = {
        "what": "round",
        "round": number,
        "run": run.number,
        "answer": run.answer_digest,
        "offers": len(given),
        "moving": sum(one.offer is not None for one, _seat in plan.given),
        "waiting": waiting[:SHOWN],
        "waiting_count": len(waiting),
        "left": rest,
        "offered": given[:SHOWN],
        "starts_on": starts_on,
        "hours": hours,
    }
    return _finished(facts, [given, waiting])


def _line(one: Wanted) -> list[Any]:
    return [one.folio, one.key, one.rank]


# ---------------------------------------------------------------------- undo


def undo_preview(release: Release) -> dict[str, Any]:
    """What taking ``release`` back returns: offers that end, places that come back, what becomes public again."""
    offers = list(
        Offer.objects.filter(release=release)
        .exclude(state=OfferState.WITHDRAWN)
        .order_by("pk")
        .values_list("application__folio", "seat__post__key", "state", "replaces__seat__post__key")
    )
    # People may go on answering while the second person reads: that changes nothing of what is taken back.
    facts = _finished(
        {"what": "undo", "number": release.number, "kind": release.kind, "round": release.round},
        [[folio, key, back] for folio, key, _state, back in offers],
    )
    return {
        **facts,
        "offers": len(offers),
        "answered": sum(state in (OfferState.ACCEPTED, OfferState.DECLINED) for _f, _k, state, _r in offers),
        "restored": [[folio, key, back] for folio, key, _state, back in offers if back][:SHOWN],
        "ended": [[folio, key] for folio, key, _state, _back in offers][:SHOWN],
    }
