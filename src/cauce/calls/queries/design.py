"""The pages that say how a call shares out its seats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls import rules
from cauce.calls.models import Application, ApplicationState, Call, Choice, PostOrder, PostOrders
from cauce.calls.queries.desk import snapshot
from cauce.calls.queries.desk_pages import FindingRow, Frame, desk_frame, finding_rows
from cauce.calls.rules.design import Design, sentences
from cauce.calls.rules.lint import Section, lint
from cauce.institutions.models import Site, State
from cauce.institutions.rules import fold


@dataclass(frozen=True, slots=True)
class DesignPage:
    """How a call shares out its seats: ``sentences`` say it in words, ``kept`` the seats by class, ``findings`` what is wrong."""

    frame: Frame
    design: Design
    sentences: list[str]
    kept: list[tuple[str, int]]
    seats: int
    targets: int
    findings: list[FindingRow]


def design_of(call: Call) -> Design:
    return Design.of(call)


def states_of(call: Call) -> list[tuple[str, str]]:
    """The states of a call as (key, name), by name."""
    return list(call.states.order_by("name").values_list("key", "name"))


def design_page(actor: Actor, call: Call, *, now: datetime) -> DesignPage:
    """Six queries, whatever the size of the call."""
    facts = snapshot(call)
    design = facts.design
    kept: Counter[str] = Counter()
    for post in facts.posts:
        kept.update(post.reserved)
    findings = [one for one in lint(facts, now=now) if one.section is Section.DESIGN]
    return DesignPage(
        frame=desk_frame(actor, call, "calls:edit_design", now=now),
        design=design,
        sentences=sentences(design, dict(facts.states)),
        kept=[(one["label"], kept[one["key"]]) for one in design.groups],
        seats=sum(post.seats for post in facts.posts),
        targets=sum(post.target is not None for post in facts.posts),
        findings=finding_rows(call, findings) if call.state == "draft" else [],
    )


def seats_of(call: Call) -> dict[str, int]:
    return dict(call.posts.values_list("key", "seats"))


def seats_head(design: Design) -> list[str]:
    return [
        "clave",
        "sede",
        "especialidad",
        "lugares",
        *(one["key"] for one in design.groups),
        "objetivo",
        "mínimo",
    ]


def seats_table(call: Call, design: Design) -> Iterator[list[Any]]:
    """The rows of the table of seats, in the columns that ``forms.read_seats`` reads."""
    rows = call.posts.select_related("site", "specialty").order_by("key")
    for post in rows.iterator(chunk_size=1000):
        yield [
            post.key, post.site.short_name, post.specialty.name_es, post.seats,
            *(post.reserved.get(one["key"], "") for one in design.groups),
            "" if post.target is None else post.target, post.minimum or "",
        ]  # fmt: skip


def origins() -> tuple[dict[str, str], dict[str, int]]:
    """States by folded name and key, and sites by CLUES: what a table of origins names."""
    states: dict[str, str] = {}
    for key, name in State.objects.values_list("key", "name"):
        states |= {fold(name): key, key: key}
    return states, {
        clues: pk for clues, pk in Site.objects.exclude(clues=None).values_list("clues", "pk") if clues
    }


@dataclass(frozen=True, slots=True)
class StandingsPage:
    """What is known of people and posts beyond merit, in numbers.

    ``groups`` are (label, how many people, seats kept); ``orders`` and
    ``wanted`` how many posts have brought their order, and how many are in a list.
    """

    frame: Frame
    design: Design
    may_load: Verdict
    groups: list[tuple[str, int, int]]
    with_origin: int
    applications: int
    orders: int
    wanted: int


def standings_page(actor: Actor, call: Call, *, now: datetime) -> StandingsPage:
    """Five queries."""
    design = Design.of(call)
    people: Counter[str] = Counter()
    with_origin = total = 0
    sent = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED)
    for groups, state, site in sent.values_list("groups", "origin_state", "origin_site"):
        people.update(groups)
        with_origin += bool(state or site)
        total += 1
    kept: Counter[str] = Counter()
    for reserved in call.posts.exclude(reserved={}).values_list("reserved", flat=True):
        kept.update(reserved)
    imported = call.post_orders == PostOrders.IMPORTED
    return StandingsPage(
        frame=desk_frame(actor, call, "calls:standings", now=now),
        design=design,
        may_load=rules.may_load(actor, call),
        groups=[(one["label"], people[one["key"]], kept[one["key"]]) for one in design.groups],
        with_origin=with_origin,
        applications=total,
        orders=PostOrder.objects.filter(post__call=call).count() if imported else 0,
        wanted=Choice.objects.filter(application__in=sent).aggregate(n=Count("post", distinct=True))["n"]
        if imported
        else 0,
    )
