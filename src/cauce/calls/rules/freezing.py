"""A call as it binds: the snapshot that is linted, frozen and digested, and its one canonical form. No database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cauce.calls.models import Call, CallState
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.categories import Categories, PartnerFacts, documents
from cauce.calls.rules.design import Design
from cauce.calls.rules.lottery import Source
from cauce.calls.rules.requirements import Asked

FORMAT = "cauce-rules/1"
ADDENDUM_FORMAT = "cauce-addendum/1"
ZONE = ZoneInfo("America/Mexico_City")


@dataclass(frozen=True, slots=True)
class InstitutionFacts:
    code: str
    name: str
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """A further date of the calendar. ``ident`` is its row's number, for links only; it is not frozen."""

    ident: int
    label: str
    starts_at: datetime
    ends_at: datetime | None
    as_written: str


@dataclass(frozen=True, slots=True)
class SpecialtyFacts:
    code: str
    name: str
    tier: str
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post with all that a person needs to find it. ``specialty`` is the code, ``state`` INEGI's key."""

    key: str
    specialty: str
    specialty_name: str
    specialty_valid_from: date | None
    specialty_valid_until: date | None
    site: str
    clues: str | None
    institution: str
    state: str
    state_name: str
    municipality: str
    care_level: int | None
    seats: int
    shift: str
    contract: str
    monthly_pay: Decimal | None
    isolation_percent: int
    rural_percent: int
    is_priority: bool
    has_housing: bool
    has_transport: bool
    note: str
    reserved: dict[str, int] = field(default_factory=dict)
    target: int | None = None
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """A team as it binds: ``units`` are (CLUES or name, name), ``places`` (key of the post, role)."""

    key: str
    name: str
    kind: str
    state: str
    zone: str
    units: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything about a call that binds people, read once. ``states`` are pairs (key, name).

    ``uncovered``, for the linter only, are the units of a call for teams that no team has: (state's name, CLUES, name).
    """

    code: str
    kind: str
    title: str
    summary: str
    institution: InstitutionFacts
    issuing_authority: str
    legal_basis: str
    contact: str
    opens_at: datetime
    closes_at: datetime
    results_at: datetime
    entries: tuple[EntryFacts, ...]
    mechanism: str
    list_rule: str
    max_choices: int | None
    score_criteria: tuple[dict[str, Any], ...]
    lottery_commitment: str
    states: tuple[tuple[str, str], ...]
    specialties: tuple[SpecialtyFacts, ...]
    posts: tuple[PostFacts, ...]
    rules_text: str
    outage_window: int = 180
    outage_grace: int = 30
    design: Design = field(default_factory=Design)
    categories: Categories = field(default_factory=Categories)
    partners: tuple[PartnerFacts, ...] = ()
    requirements: tuple[Asked, ...] = ()
    aftermath: Aftermath = field(default_factory=Aftermath)
    lottery: Source = field(default_factory=Source)
    rubric: dict[str, Any] = field(default_factory=dict)
    profile: tuple[dict[str, Any], ...] = ()
    teams: tuple[TeamFacts, ...] = ()
    uncovered: tuple[tuple[str, str, str], ...] = ()


def frozen_rules(call: Snapshot) -> str:
    """Return the canonical text of the rules: the same call gives the same bytes, in whatever order its rows came.

    A call that asks for no documents, or admits everybody alike, says nothing of that.
    """
    asked: dict[str, Any] = {}
    if call.requirements:
        asked["requirements"] = [one.document() for one in call.requirements]
    if call.categories.categories or call.partners:
        asked["categories"] = documents(call.categories, call.partners, _second)
    return canonical(
        {
            **asked,
            "format": FORMAT,
            "code": call.code,
            "kind": call.kind,
            "title": call.title,
            "summary": call.summary,
            "institution": {"code": call.institution.code, "name": call.institution.name},
            "issuing_authority": call.issuing_authority,
            "legal_basis": call.legal_basis,
            "contact": call.contact,
            "calendar": _calendar(call),
            "outages": {"window_minutes": call.outage_window, "grace_minutes": call.outage_grace},
            "mechanism": call.mechanism,
            "allocation": call.design.document(),
            "list_rule": call.list_rule,
            "max_choices": call.max_choices,
            "order": [*call.score_criteria, _lottery(call)],
            "states": sorted(key for key, _ in call.states),
            "specialties": sorted(
                ({"code": each.code, "name": each.name, "tier": each.tier} for each in call.specialties),
                key=lambda each: each["code"],
            ),
            "posts": [_post(post) for post in sorted(call.posts, key=lambda post: post.key)],
            "text": call.rules_text,
            # Left out where nothing is declared, so that older rules keep their digest.
            **({"aftermath": declared} if (declared := call.aftermath.document()) else {}),
            **_of_its_kind(call),
        }
    )


def _lottery(call: Snapshot) -> dict[str, Any]:
    """The last of the order. Where the seal stands alone it says only that, as before there was anything else."""
    source = call.lottery.document()
    return {"key": "lottery", "commitment": call.lottery_commitment, **({"source": source} if source else {})}


def _of_its_kind(call: Snapshot) -> dict[str, Any]:
    """What only some kinds of call have; a call without it has the same bytes as before there was any."""
    parts: dict[str, Any] = {"rubric": call.rubric, "profile": list(call.profile)}
    parts["teams"] = [
        {
            "key": team.key, "name": team.name, "kind": team.kind, "state": team.state, "zone": team.zone,
            "units": sorted(ident for ident, _name in team.units),
            "places": [{"post": key, "role": role} for key, role in sorted(team.places)],
        }
        for team in sorted(call.teams, key=lambda one: one.key)
    ]  # fmt: skip
    return {name: part for name, part in parts.items() if part}


def _calendar(call: Snapshot) -> dict[str, Any]:
    entries = sorted(call.entries, key=lambda entry: (entry.starts_at, entry.label))
    return {
        "zone": ZONE.key,
        "opens_at": _second(call.opens_at),
        "closes_at": _second(call.closes_at),
        "results_at": _second(call.results_at),
        "entries": [
            {
                "label": entry.label,
                "starts_at": _second(entry.starts_at),
                "ends_at": _second(entry.ends_at) if entry.ends_at else None,
                "as_written": entry.as_written,
            }
            for entry in entries
        ],
    }


def _post(post: PostFacts) -> dict[str, Any]:
    return {
        "key": post.key,
        "specialty": post.specialty,
        "site": {
            "name": post.site,
            "clues": post.clues,
            "institution": post.institution,
            "state": post.state,
            "municipality": post.municipality,
        },
        "seats": post.seats,
        "shift": post.shift,
        "contract": post.contract,
        "monthly_pay": None if post.monthly_pay is None else f"{post.monthly_pay:.2f}",
        "isolation_percent": post.isolation_percent,
        "rural_percent": post.rural_percent,
        "is_priority": post.is_priority,
        "has_housing": post.has_housing,
        "has_transport": post.has_transport,
        "note": post.note,
        "reserved": dict(sorted(post.reserved.items())),
        "target": post.target,
        "minimum": post.minimum,
    }


def _second(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def addendum_digest(
    *, previous: str, call: str, number: int, text: str, closes_at: datetime | None, published_at: datetime
) -> str:
    """Return the digest of an addendum, chained to ``previous``: the digest of the rules or addendum before it."""
    return digest_of(
        canonical(
            {
                "format": ADDENDUM_FORMAT,
                "previous": previous,
                "call": call,
                "number": number,
                "text": text,
                "closes_at": _second(closes_at) if closes_at else None,
                "published_at": _second(published_at),
            }
        )
    )


def current_version(call: Call) -> int:
    """Return the version of the rules in force: 0 for a draft, 1 at publication, one more with each addendum."""
    return 0 if call.state == CallState.DRAFT else call.amendments + 1
