"""What the managers' desk reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from cauce.accounts import roles
from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.calls import rules
from cauce.calls.models import Addendum, Call, CallKind, FrozenRules
from cauce.calls.queries.coverage import team_facts, uncovered_units
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.categories import Categories, PartnerFacts
from cauce.calls.rules.design import Design
from cauce.calls.rules.drafting import Scope
from cauce.calls.rules.freezing import (
    EntryFacts,
    InstitutionFacts,
    PostFacts,
    Snapshot,
    SpecialtyFacts,
)
from cauce.calls.rules.lint import Finding, lint
from cauce.calls.rules.lottery import Source
from cauce.calls.rules.requirements import Asked


def calls_managed_by(actor: Actor) -> QuerySet[Call]:
    """The calls whose desk the actor may open: of their institutions, or all for offices that hold everywhere."""
    where = Q(pk__in=[])
    for permission in (roles.CALL_READ, roles.CALL_MANAGE):
        institutions = actor.institutions(permission)
        if institutions is None:
            return Call.objects.all()
        where |= Q(institution_id__in=institutions)
    return Call.objects.filter(where)


def calls_written_by(actor: Actor) -> QuerySet[Call]:
    """The calls that the actor manages; not those whose desk they may only read."""
    institutions = actor.institutions(roles.CALL_MANAGE)
    return (
        Call.objects.all() if institutions is None else Call.objects.filter(institution_id__in=institutions)
    )


def snapshot(call: Call) -> Snapshot:
    """Read everything about ``call`` that binds, in six queries; one for teams takes four more."""
    institution = call.institution
    return Snapshot(
        code=call.code,
        kind=call.kind,
        title=call.title,
        summary=call.summary,
        institution=InstitutionFacts(
            institution.code, institution.name, institution.valid_from, institution.valid_until
        ),
        issuing_authority=call.issuing_authority,
        legal_basis=call.legal_basis,
        contact=call.contact,
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        results_at=call.results_at,
        entries=tuple(
            EntryFacts(entry.pk, entry.label, entry.starts_at, entry.ends_at, entry.as_written)
            for entry in call.calendar.order_by("starts_at", "pk")
        ),
        mechanism=call.mechanism,
        list_rule=call.list_rule,
        max_choices=call.max_choices,
        score_criteria=tuple(call.score_criteria),
        lottery_commitment=call.lottery_commitment,
        states=tuple(call.states.order_by("key").values_list("key", "name")),
        specialties=tuple(
            SpecialtyFacts(
                row.specialty.code,
                row.specialty.name_es,
                row.tier,
                row.specialty.valid_from,
                row.specialty.valid_until,
            )
            for row in call.call_specialties.select_related("specialty").order_by("specialty__code")
        ),
        posts=tuple(_posts(call)),
        rules_text=call.rules_text,
        outage_window=call.outage_window,
        outage_grace=call.outage_grace,
        design=Design.of(call),
        categories=Categories.of(call),
        partners=partner_facts(call) if call.categories else (),
        requirements=tuple(map(Asked.of, call.requirements.order_by("position"))),
        aftermath=Aftermath.of(call),
        lottery=Source.of(call),
        rubric=dict(call.rubric),
        profile=tuple(call.profile),
        teams=team_facts(call) if call.kind == CallKind.TEAMS else (),
        uncovered=uncovered_units(call) if call.kind == CallKind.TEAMS else (),
    )


def partner_facts(call: Call) -> tuple[PartnerFacts, ...]:
    """The institutes that may propose candidates in a call, in one query."""
    rows = call.partners.order_by("institution__code").values_list(
        "institution__code", "institution__name", "institution__country", "group", "closes_at", "most",
        "stipend_note", "service_note",
    )  # fmt: skip
    return tuple(PartnerFacts(*row) for row in rows)


def _posts(call: Call) -> list[PostFacts]:
    rows = call.posts.order_by("key").values_list(
        "key",
        "specialty__code",
        "specialty__name_es",
        "specialty__valid_from",
        "specialty__valid_until",
        "site__name",
        "site__clues",
        "site__institution__code",
        "site__state_id",
        "site__state__name",
        "site__municipality",
        "site__care_level",
        "seats",
        "shift",
        "contract",
        "monthly_pay",
        "isolation_percent",
        "rural_percent",
        "is_priority",
        "has_housing",
        "has_transport",
        "note",
        "reserved",
        "target",
        "minimum",
    )
    return [PostFacts(*row) for row in rows]


def findings_of(call: Call, *, now: datetime) -> tuple[Finding, ...]:
    """What the linter says of ``call`` as it is saved."""
    return lint(snapshot(call), now=now)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force: what was frozen, and every addendum since, oldest first.

    ``text`` is the canonical JSON; ``digest`` its SHA-256; ``head`` the digest
    of the last link: of the rules, or of the newest addendum.
    """

    version: int
    text: str
    digest: str
    head: str
    published_at: datetime | None
    addenda: tuple[Addendum, ...]


def frozen_text(call: Call) -> str:
    """The canonical text that the call froze at publication; empty of a draft."""
    return FrozenRules.objects.filter(call=call).values_list("text", flat=True).first() or ""


def rules_of(call: Call) -> Rules:
    """The rules of a published call with its addenda, in two queries. A draft has version 0 and no text."""
    addenda = tuple(call.addenda.order_by("number"))
    return Rules(
        version=rules.current_version(call),
        text=frozen_text(call),
        digest=call.rules_digest,
        head=addenda[-1].digest if addenda else call.rules_digest,
        published_at=call.published_at,
        addenda=addenda,
    )


def scope_of(call: Call) -> Scope:
    """The states and specialties of a call, as its page of the desk compares them."""
    return Scope(
        states=tuple(call.states.order_by("key").values_list("key", flat=True)),
        specialties=tuple(call.call_specialties.order_by("specialty_id").values_list("specialty_id", "tier")),
    )


def name_of(user: User | None) -> str:
    """How the desk names who did something: the office, or the person."""
    if user is None:
        return gettext("Otra persona")
    return user.office_name or (str(user.person) if user.person else user.email)
