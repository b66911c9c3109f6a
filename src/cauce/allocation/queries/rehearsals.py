"""What rehearsals are made of, and the page that compares mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from cauce.accounts import roles
from cauce.allocation import rules
from cauce.allocation.models import Rehearsal, RehearsalState
from cauce.allocation.queries.lists import OfferedPosts, SentLists, offered_posts, sendings, sent_lists
from cauce.allocation.queries.words import assumption_words, group_words, rehearsal_failure, variant_words
from cauce.allocation.rules.outlook import FEWEST_LISTS
from cauce.allocation.rules.rehearsal import People, Shape
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls import queries as calls
from cauce.calls.models import Application, ApplicationState, Call, CallState, ListRule, PostOrders
from cauce.calls.rules.design import Design


def calls_with_desk(actor: Actor) -> Any:
    """Calls in any state whose desk the actor reads."""
    rows = Call.objects.select_related("institution")
    where = actor.institutions(roles.CALL_READ)
    return rows if where is None else rows.filter(institution_id__in=where)


def shape_of(call: Call) -> tuple[Shape, OfferedPosts]:
    """Read what a rehearsal needs of a call, in two queries."""
    posts = calls.call_posts(call)
    offer = offered_posts(call)
    shape = Shape(
        ids=offer.ids,
        seats=offer.seats,
        specialties=[one.specialty for one in posts],
        shared=offer.shared,
        places=offer.places,
        criteria=call.score_criteria,
        design=Design.of(call),
        is_complete=call.list_rule == ListRule.COMPLETE,
        max_choices=call.max_choices,
    )
    return shape, offer


def lists_to_rehearse(call: Call) -> People:
    """The lists sent so far by people whose merit is complete."""
    rows = _with_merit(sent_lists(call), len(call.score_criteria))
    return People(rows.merit, rows.posts, rows.groups, rows.origins)


def _with_merit(lists: SentLists, criteria: int) -> SentLists:
    keep = [at for at, merit in enumerate(lists.merit) if len(merit) == criteria and "" not in merit]
    return SentLists(
        [lists.applications[at] for at in keep],
        [lists.folios[at] for at in keep],
        [lists.merit[at] for at in keep],
        [lists.posts[at] for at in keep],
        [lists.groups[at] for at in keep],
        [lists.origins[at] for at in keep],
    )


def with_targets(offer: OfferedPosts, targets: Mapping[int, int] | None) -> OfferedPosts:
    """The offer with other targets; ``None`` leaves those that there are."""
    if targets is None:
        return offer
    shared = [
        (reserved, targets.get(post, target), min(minimum, targets.get(post, minimum)))
        for post, (reserved, target, minimum) in zip(offer.ids, offer.shared, strict=True)
    ]
    return replace(offer, shared=shared)


# ------------------------------------------------------------------- outlooks


@dataclass(frozen=True, slots=True)
class OutlookFacts:
    """What the odds of an open call are computed from."""

    call: Call
    lists: SentLists
    offer: OfferedPosts
    specialties: list[int]
    unsent: int
    sendings: list[int]


def calls_to_rehearse(*, now: datetime) -> list[int]:
    """Open calls whose lists changed after their odds were computed; those whose posts bring their own orders never."""
    rows = Call.objects.filter(
        Q(outlook__isnull=True) | Q(outlook__computed_at__lt=F("demand_at")),
        state=CallState.PUBLISHED, opens_at__lte=now, closes_at__gte=now, demand_at__isnull=False,
    ).exclude(post_orders=PostOrders.IMPORTED)  # fmt: skip
    return list(rows.order_by("pk").values_list("pk", flat=True))


def outlook_facts(call_id: int, *, now: datetime) -> OutlookFacts | None:
    """Read an open call with enough lists whose merit is known; ``None`` for any other.

    After the closing nothing is computed: with every list in, a rehearsal
    would be the result before anybody signed it.
    """
    call = Call.objects.filter(
        pk=call_id, state=CallState.PUBLISHED, opens_at__lte=now, closes_at__gte=now
    ).first()
    if call is None or call.post_orders == PostOrders.IMPORTED:
        return None
    lists = _with_merit(sent_lists(call), len(call.score_criteria))
    if len(lists.folios) < FEWEST_LISTS:
        return None
    specialty_of = {one.id: one.specialty for one in calls.call_posts(call)}
    return OutlookFacts(
        call=call,
        lists=lists,
        offer=offered_posts(call),
        specialties=[specialty_of[posts[0]] if posts else 0 for posts in lists.posts],
        unsent=Application.objects.filter(call=call, state=ApplicationState.DRAFT).count(),
        sendings=sendings(call),
    )


# ---------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class VariantLine:
    """One way of assigning, in words and with what the rehearsal counted; ``counts`` is empty before one is ready."""

    name: str
    title: str
    does: str
    gains: str
    costs: str
    is_crude: bool
    counts: dict[str, Any]
    first_share: float | None

    @property
    def everybody(self) -> dict[str, Any]:
        return next((one for one in self.counts.get("groups", []) if one["name"] == "all"), {})


@dataclass(frozen=True, slots=True)
class GroupLine:
    """What each way of assigning does to one group; ``cells`` are (better, worse), or ``None`` for a group too small."""

    label: str
    people: int | None
    cells: list[tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class MechanismsPage:
    """The ways of assigning, with the newest rehearsal of this call.

    ``progress`` is (done, total) while one is under way. ``design`` is the
    draft's, ``labels`` of its classes by key.
    """

    call: Call
    design: Design
    labels: dict[str, str]
    newest: Rehearsal | None
    under_way: Rehearsal | None
    progress: tuple[int, int]
    failure: str
    may_rehearse: Verdict
    lines: list[VariantLine]
    groups: list[GroupLine]
    assumptions: list[str]


def mechanisms_page(actor: Actor, call: Call) -> MechanismsPage:
    """Two queries, one or two more while a rehearsal is under way."""
    rows = list(Rehearsal.objects.filter(call=call).order_by("-pk")[:5])
    under_way = next((row for row in rows if row.state in ("queued", "running")), None)
    if under_way is not None and under_way.task_id and background.failed(under_way.task_id):
        under_way = None
    found = background.progress(under_way.task_id) if under_way and under_way.task_id else None
    design = Design.of(call)
    newest = next((row for row in rows if row.state == RehearsalState.READY), None)
    labels = {one["key"]: one["label"] for one in design.groups}
    return MechanismsPage(
        call=call,
        design=design,
        labels=labels,
        newest=newest,
        under_way=under_way,
        progress=(found.done, found.total) if found else (0, 0),
        failure=rehearsal_failure(rows[0].failure, rows[0].document)
        if rows and rows[0].state == RehearsalState.FAILED
        else "",
        may_rehearse=rules.may_rehearse(actor, call),
        lines=_lines(newest, design),
        groups=_groups(newest, labels),
        assumptions=assumption_words() if newest is not None and newest.basis == "invented" else [],
    )


ALWAYS = ("merit", "classes", "regions", "points", "first")


def _lines(newest: Rehearsal | None, design: Design) -> list[VariantLine]:
    """The ways that were tried, then the others that a call can choose from, in words alone."""
    counted = list(newest.document["variants"]) if newest is not None else []
    tried = {one["name"] for one in counted}
    counted += [{"name": name} for name in ALWAYS if name not in tried]
    found = []
    for one in counted:
        title, does, gains, costs = variant_words(one["name"], one.get("points") or {})
        placed = one.get("placed")
        found.append(
            VariantLine(
                one["name"],
                title,
                does,
                gains,
                costs,
                one.get("crude", one["name"] == "first"),
                one if placed is not None else {},
                one["first"] / placed if placed else None,
            )
        )
    return found


def _groups(newest: Rehearsal | None, labels: Mapping[str, str]) -> list[GroupLine]:
    if newest is None:
        return []
    variants = newest.document["variants"][1:]
    found = []
    for at, group in enumerate(variants[0]["groups"]) if variants else []:
        cells = [one["groups"][at] for one in variants]
        found.append(
            GroupLine(
                group_words(group["name"], labels),
                group.get("people"),
                [None if "small" in cell else (cell["better"], cell["worse"]) for cell in cells],
            )
        )
    return found
