"""What a partner institute sees of its candidates, and a candidate of a proposal. Nothing of anybody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import IdentityDocument, Person
from cauce.accounts.rules import country_name, document_name, doubt_words, masked
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CallPartner,
    CallState,
    Category,
    Evidence,
    Nomination,
    NominationVersion,
    Post,
    Requirement,
    ReviewCase,
)
from cauce.calls.queries.categories import documents_of, nominations_for
from cauce.calls.queries.desk import name_of
from cauce.calls.queries.desk_pages import phase_words
from cauce.calls.rules import nominations as rulebook
from cauce.calls.rules.design import Design
from cauce.calls.rules.nominations import Candidate
from cauce.calls.rules.receipt import to_the_second
from cauce.calls.rules.requirements import is_asked_of
from cauce.institutions.models import specialty_name
from cauce.institutions.rules import fold

MEXICO = "MX"


def partners_visible_to(actor: Actor) -> QuerySet[CallPartner]:
    """The proposals of the actor's own institutes, in calls that are published."""
    where = Q(pk__in=[])
    for permission in (roles.PARTNER_NOMINATE, roles.ALLOCATION_SIGN):
        institutions = actor.institutions(permission)
        where |= Q() if institutions is None else Q(institution_id__in=institutions)
    return (
        CallPartner.objects.filter(where, call__state=CallState.PUBLISHED)
        .select_related("call", "institution")
        .order_by("-closes_at", "pk")
    )


def nominations_visible_to(actor: Actor) -> QuerySet[Nomination]:
    """The candidates of the actor's own institutes."""
    return Nomination.objects.filter(partner__in=partners_visible_to(actor)).select_related(
        "partner__call", "partner__institution"
    )


@dataclass(frozen=True, slots=True)
class PartnerCard:
    partner: CallPartner
    state: tuple[str, str]
    people: int
    is_signed: bool

    @property
    def closes_when(self) -> str:
        return to_the_second(self.partner.closes_at)


@dataclass(frozen=True, slots=True)
class PartnerHome:
    """The calls in which the actor's institutes propose candidates."""

    cards: list[PartnerCard]


def partner_home(actor: Actor, *, now: datetime) -> PartnerHome:
    """Two queries."""
    partners = list(partners_visible_to(actor))
    people: defaultdict[int, int] = defaultdict(int)
    for partner in Nomination.objects.filter(partner__in=partners, leaves=False).values_list(
        "partner", flat=True
    ):
        people[partner] += 1
    return PartnerHome(
        [
            PartnerCard(one, phase_words(one.call, now=now), people[one.pk], bool(one.version))
            for one in partners
        ]
    )


# ------------------------------------------------------------------ one proposal


@dataclass(frozen=True, slots=True)
class SeatsRow:
    """Seats kept for the institute's class at the posts of one specialty: its own, and those of the others."""

    specialty: str
    own: int
    other: int
    sites: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate as their institute sees them. ``missing`` are names of documents, never what is in them."""

    nomination: Nomination
    told: Candidate
    state: tuple[str, str]
    missing: list[str]

    @property
    def document(self) -> str:
        one = self.nomination
        name = document_name(one.document_country, one.document_kind)
        return f"{name} {masked(one.document_number)}"

    @property
    def doubt(self) -> str:
        one = self.nomination
        return doubt_words(one.document_country, one.document_kind, one.document_doubt)

    @property
    def is_invited(self) -> bool:
        return self.nomination.invited_at is not None

    @property
    def has_accepted(self) -> bool:
        return self.nomination.answer == "accepted"


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A signed version: number, digest, who signed and when."""

    version: NominationVersion
    first: str
    second: str
    people: int
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """What a call grants an institute, whom it proposes, and who has signed. ``digest`` is that of the proposal as it is."""

    partner: CallPartner
    call: Call
    seats: list[SeatsRow]
    rows: list[CandidateRow]
    may_nominate: Verdict
    may_sign: Verdict
    digest: str
    pending: SignedRow | None
    is_signed: bool
    versions: list[SignedRow]
    phase: tuple[str, str]
    results: bool

    @property
    def closes_when(self) -> str:
        return to_the_second(self.partner.closes_at)

    @property
    def total(self) -> int:
        return sum(row.own + row.other for row in self.seats)

    @property
    def staying(self) -> int:
        return sum(not row.nomination.leaves for row in self.rows)


def partner_page(partner: CallPartner, actor: Actor, *, now: datetime) -> PartnerPage:
    """At most nine queries, however many candidates."""
    nominations = list(partner.nominations.select_related("application").order_by("position"))
    rows = rulebook.version_rows(nominations)
    digest = rulebook.version_digest(rows)
    versions = list(
        partner.versions.select_related("signed_by__person", "second_by__person").order_by("-number")
    )
    newest = versions[0] if versions and versions[0].digest == digest else None
    return PartnerPage(
        partner=partner,
        call=partner.call,
        seats=_seats(partner),
        rows=_candidates(partner.call, nominations),
        may_nominate=rulebook.may_nominate(actor, partner, now=now),
        may_sign=rulebook.may_sign(actor, partner, newest, people=len(rows), now=now),
        digest=digest,
        pending=_signed(newest, partner) if newest is not None and newest.second_by_id is None else None,
        is_signed=newest is not None and newest.second_by_id is not None,
        versions=[_signed(one, partner) for one in versions],
        phase=phase_words(partner.call, now=now),
        results=partner.call.results_published_at is not None,
    )


def _signed(version: NominationVersion, partner: CallPartner) -> SignedRow:
    second = name_of(version.second_by) if version.second_by else ""
    return SignedRow(
        version, name_of(version.signed_by), second, len(version.rows), version.number == partner.version
    )


def _seats(partner: CallPartner) -> list[SeatsRow]:
    """Seats of the institute's class by specialty; one query."""
    own: defaultdict[str, int] = defaultdict(int)
    other: defaultdict[str, int] = defaultdict(int)
    sites: defaultdict[str, list[str]] = defaultdict(list)
    rows = Post.objects.filter(call=partner.call).exclude(reserved={}).order_by("site__short_name")
    fields = ("reserved", f"specialty__{specialty_name()}", "site__short_name", "site__institution_id")
    for reserved, specialty, site, institution in rows.values_list(*fields):
        if count := reserved.get(partner.group, 0):
            (own if institution == partner.institution_id else other)[specialty] += count
            sites[specialty].append(f"{site} ({count})")
    return [
        SeatsRow(name, own[name], other[name], ", ".join(places)) for name, places in sorted(sites.items())
    ]


def _candidates(call: Call, nominations: Sequence[Nomination]) -> list[CandidateRow]:
    """Three queries for what is asked, handed in and reviewed; a fourth for who is foreign."""
    ids = [one.application_id for one in nominations if one.application_id]
    missing = _missing(call, ids) if ids else {}
    cases: dict[Any, str] = (
        dict(ReviewCase.objects.filter(application__in=ids).values_list("application_id", "state"))
        if ids
        else {}
    )
    results = call.results_published_at is not None
    found = []
    for one in nominations:
        lacking = missing.get(one.application_id or 0, [])
        is_sent = one.application is not None and one.application.state == ApplicationState.SUBMITTED
        state = rulebook.standing(
            one, cases.get(one.application_id), missing=len(lacking) if is_sent else 0, results=results
        )
        found.append(CandidateRow(one, Candidate.of(one), state, lacking if not results else []))
    return found


def _missing(call: Call, ids: Sequence[int]) -> Mapping[int, list[str]]:
    """Names of the documents that the call needs of each application and that nobody has handed in."""
    asked = [row for row in Requirement.objects.filter(call=call).order_by("position") if row.is_needed]
    if not asked:
        return {}
    held: defaultdict[int, set[int]] = defaultdict(set)
    rows = Evidence.objects.filter(application__in=ids, replaced_at__isnull=True)
    for application, requirement in rows.values_list("application_id", "requirement_id"):
        held[application].add(requirement)
    people = dict(Application.objects.filter(pk__in=ids).values_list("pk", "person_id"))
    foreign = set(
        IdentityDocument.objects.filter(person__in=people.values())
        .exclude(country=MEXICO)
        .values_list("person_id", flat=True)
    )
    return {
        pk: [
            row.name
            for row in asked
            if row.pk not in held[pk]
            and is_asked_of(row, is_foreign=people[pk] in foreign, category=Category.PARTNER)
        ]
        for pk in ids
    }


def likeness_doubt(call: Call, told: Candidate) -> str:
    """Say that a candidate seems to be an applicant already: by document, or by name and date of birth; "" otherwise."""
    people = Person.objects.filter(applications__call=call, birth_date=told.birth_date)
    country, kind, number = told.document
    holders = IdentityDocument.objects.filter(
        country=country, kind=kind, number=number, is_generic=False, person__applications__call=call
    )
    if holders.exists():
        return _("%(name)s ya tiene una solicitud en esta convocatoria: si acepta, será esa misma.") % {
            "name": told.name
        }
    if any(fold(str(person)) == told.likeness[0] for person in people):
        return _(
            "Alguien con el nombre y la fecha de nacimiento de %(name)s ya se postuló con otro documento. Revisar el "
            "número: si no es el de su registro, no podrá aceptar."
        ) % {"name": told.name}
    return ""


def partner_with_number(number: int) -> CallPartner:
    """A proposal, for the worker; of a published call none is ever removed."""
    return CallPartner.objects.select_related("call", "institution").get(pk=number)


def candidates_of(partner: CallPartner) -> list[tuple[int, Candidate]]:
    """Those who stand in the proposal, by row."""
    rows = partner.nominations.filter(leaves=False).order_by("position")
    return [(row.position, Candidate.of(row)) for row in rows]


# ------------------------------------------------------------------ of the candidate


@dataclass(frozen=True, slots=True)
class MyNomination:
    """A proposal as its candidate sees it."""

    nomination: Nomination
    partner: CallPartner
    call: Call
    country: str
    label: str
    document: str
    may_answer: Verdict
    phase: tuple[str, str]

    @property
    def is_accepted(self) -> bool:
        return self.nomination.answer == "accepted"

    @property
    def is_declined(self) -> bool:
        return self.nomination.answer == "declined"

    @property
    def answers_until(self) -> str:
        return to_the_second(self.call.closes_at)


def my_nomination(number: int, actor: Actor, *, now: datetime) -> MyNomination | None:
    """A proposal that names a document of the actor, or ``None``; four queries."""
    found = nominations_for(actor.person_id).filter(pk=number)
    return next(iter(_mine(found, actor, now)), None)


def my_nominations(actor: Actor, *, now: datetime) -> list[MyNomination]:
    """The proposals for the actor, in calls whose results are not public; four queries."""
    if actor.person_id is None:
        return []
    found = nominations_for(actor.person_id).filter(partner__call__results_published_at__isnull=True)
    return _mine(found, actor, now)


def _mine(found: QuerySet[Nomination], actor: Actor, now: datetime) -> list[MyNomination]:
    nominations = list(found)
    if not nominations:
        return []
    person = Person.objects.get(pk=actor.person_id or 0)
    documents = documents_of(actor.person_id)
    return [
        MyNomination(
            nomination=one,
            partner=one.partner,
            call=one.partner.call,
            country=country_name(one.partner.institution.country, get_language() or "es"),
            label=Design.of(one.partner.call).label_of(one.partner.group),
            document=f"{document_name(one.document_country, one.document_kind)} {masked(one.document_number)}",
            may_answer=rulebook.may_answer(actor, one, documents, person.birth_date, now=now),
            phase=phase_words(one.partner.call, now=now),
        )
        for one in nominations
    ]
