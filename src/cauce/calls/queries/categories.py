"""What categories ask of a person's documents, and the page that declares them in a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from cauce.accounts.models import DocumentKind, IdentityDocument
from cauce.base.actors import Actor
from cauce.calls.models import (
    Application,
    Call,
    CallPartner,
    Category,
    Nomination,
    NominationAnswer,
    NominationVersion,
)
from cauce.calls.queries.desk import snapshot
from cauce.calls.queries.desk_pages import FindingRow, Frame, desk_frame, finding_rows
from cauce.calls.rules import categories as rulebook
from cauce.calls.rules.categories import NUMBERS, PROOFS, Categories, Identity
from cauce.calls.rules.design import Design
from cauce.calls.rules.lint import Section, lint
from cauce.institutions.models import Institution, InstitutionKind

MEXICO = "MX"


def documents_of(person_id: int | None) -> list[tuple[str, str, str]]:
    """The documents that identify a person, as (country, kind, number)."""
    rows = IdentityDocument.objects.filter(person_id=person_id or 0, is_generic=False)
    return list(rows.values_list("country", "kind", "number"))


def identity_of(person_id: int | None, call: Call) -> Identity:
    """What a person's documents say of their category in a call, in two queries."""
    rows = IdentityDocument.objects.filter(person_id=person_id or 0, is_generic=False).values_list(
        "kind", "country", "person__birth_state"
    )
    kinds = [(kind, country) for kind, country, _state in rows]
    has_curp = (DocumentKind.CURP, MEXICO) in kinds
    return Identity(
        has_curp=has_curp,
        born_in_mexico=has_curp and any(state for _kind, _country, state in rows),
        has_foreign_document=any(country != MEXICO for _kind, country in kinds),
        is_proposed=Nomination.objects.filter(
            partner__call=call, application__person_id=person_id or 0, answer=NominationAnswer.ACCEPTED
        ).exists(),
    )


def nominations_for(person_id: int | None) -> QuerySet[Nomination]:
    """The signed proposals that name one of the person's documents; the newest letter first. One query for the documents."""
    mine = Q(pk__in=[])
    for country, kind, number in documents_of(person_id):
        mine |= Q(document_country=country, document_kind=kind, document_number=number)
    return (
        Nomination.objects.filter(mine, invited_at__isnull=False)
        .select_related("partner__call", "partner__institution", "application")
        .order_by("-invited_at", "pk")
    )


def waiting_invitations(person_id: int | None, call: Call) -> int:
    """How many proposals for the call the person has not answered."""
    return nominations_for(person_id).filter(partner__call=call, answer="").count()


def newest_version(partner: CallPartner) -> NominationVersion | None:
    return partner.versions.select_related("signed_by", "second_by").order_by("-number").first()


# ------------------------------------------------------------------ of an application


@dataclass(frozen=True, slots=True)
class Choice:
    """A category that is open to a person: what it is called, what proves it, and which number identifies them in it."""

    key: str
    label: str
    proof: str
    identified_by: str


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """As what a person may apply, and as what they do."""

    choices: list[Choice]
    current: Choice | None
    number: str


def category_page(application: Application) -> CategoryPage:
    """Three queries."""
    who = identity_of(application.person_id, application.call)
    admitted = Categories.of(application.call).keys
    current = choice_of(application.category) if application.category else None
    return CategoryPage(
        choices=[choice_of(one) for one in rulebook.open_to(who, admitted)],
        current=current,
        number=own_number(application),
    )


def choice_of(key: str) -> Choice:
    category = Category(key)
    return Choice(key, str(category.label), str(PROOFS[category]), str(NUMBERS[category]))


def own_number(application: Application) -> str:
    """The number that identifies the person in their category; of foreigners the passport, or else another document."""
    if application.category_number:
        return application.category_number
    found = {(kind, country): number for country, kind, number in documents_of(application.person_id)}
    if application.category == Category.FOREIGN:
        foreign = {kind: number for (kind, country), number in found.items() if country != MEXICO}
        return (
            foreign.get(DocumentKind.PASSPORT)
            or next(iter(foreign.values()), "")
            or found.get((DocumentKind.FOLIO, MEXICO), "")
        )
    return found.get((DocumentKind.CURP, MEXICO), "")


# ------------------------------------------------------------------ of a draft


@dataclass(frozen=True, slots=True)
class PartnerRow:
    partner: CallPartner
    label: str
    seats: int


@dataclass(frozen=True, slots=True)
class CategoriesPage:
    """Who a call admits: ``rows`` are (label, number, proof, class of seats), ``partners`` with the seats kept for them."""

    frame: Frame
    categories: Categories
    design: Design
    rows: list[tuple[str, str, str, str]]
    partners: list[PartnerRow]
    findings: list[FindingRow]

    @property
    def takes_partners(self) -> bool:
        return Category.PARTNER in self.categories.keys


def categories_page(actor: Actor, call: Call, *, now: datetime) -> CategoriesPage:
    """Eight queries, whatever the size of the call."""
    facts = snapshot(call)
    design = facts.design
    findings = [one for one in lint(facts, now=now) if one.section is Section.CATEGORIES]
    kept = {
        one["key"]: sum(post.reserved.get(one["key"], 0) for post in facts.posts) for one in design.groups
    }
    return CategoriesPage(
        frame=desk_frame(actor, call, "calls:edit_categories", now=now),
        categories=facts.categories,
        design=design,
        rows=[_declared(one, design) for one in facts.categories.categories],
        partners=[
            PartnerRow(one, design.label_of(one.group), kept.get(one.group, 0)) for one in partners_of(call)
        ],
        findings=finding_rows(call, findings) if call.state == "draft" else [],
    )


def _declared(one: dict[str, str], design: Design) -> tuple[str, str, str, str]:
    choice = choice_of(one["key"])
    if one["key"] == Category.PARTNER:
        return choice.label, choice.identified_by, choice.proof, _("La de su instituto")
    label = design.label_of(one["group"]) if one["group"] else _("Lugares abiertos")
    return choice.label, choice.identified_by, choice.proof, label


def partners_of(call: Call) -> QuerySet[CallPartner]:
    return call.partners.select_related("institution").order_by("institution__acronym")


def institutions_to_propose() -> QuerySet[Institution]:
    """Institutes that may be somebody's partner: of health, of any country."""
    return Institution.objects.filter(kind=InstitutionKind.HEALTH).order_by("country", "acronym")


def asked_categories(call: Call) -> list[list[Any]]:
    """Rows of what each sent application asks to be, in the columns that the table of groups reads; for checking first."""
    declared = Categories.of(call)
    rows = (
        call.applications.filter(state="submitted")
        .exclude(category="")
        .select_related("origin_site", "person")
        .order_by("folio")
    )
    return [
        [
            row.folio, " ".join(sorted({*row.groups, *filter(None, [declared.group_of(row.category)])})),
            row.origin_state, (row.origin_site.clues or "") if row.origin_site else "",
            Category(row.category).label, row.category_number,
        ]
        for row in rows
    ]  # fmt: skip


def nominated_applications(call: Call) -> list[int]:
    """The applications of those who accepted a partner's proposal."""
    rows = Nomination.objects.filter(partner__call=call, application__isnull=False)
    return list(rows.values_list("application_id", flat=True))


def partner_orders(call: Call) -> dict[int, list[list[int]]]:
    """The order of preference that each partner institute signed, for its own posts: tiers of application ids by post."""
    accepted = dict(
        Nomination.objects.filter(partner__call=call, application__isnull=False).values_list(
            "pk", "application_id"
        )
    )
    signed = NominationVersion.objects.filter(partner__call=call, number=F("partner__version"))
    orders = {
        institution: [[accepted[row["nomination"]]] for row in rows if row["nomination"] in accepted]
        for institution, rows in signed.values_list("partner__institution_id", "rows")
    }
    posts = call.posts.filter(site__institution__partner_calls__call=call)
    return {
        post: orders.get(institution, [])
        for post, institution in posts.values_list("pk", "site__institution_id")
    }
