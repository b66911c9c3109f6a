"""Reads of accounts: who a signed-in user is and may do, what is held about them, and the public notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q, QuerySet, Subquery
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cauce.accounts import roles, rules
from cauce.accounts.models import (
    AccountRecovery,
    Consent,
    DataRequest,
    DocumentKind,
    IdentityClaim,
    IdentityDocument,
    Membership,
    Person,
    PrivacyNotice,
    ProfessionalLicence,
    Sex,
    User,
)
from cauce.base import clock
from cauce.base.actors import Actor
from cauce.base.errors import Verdict

if TYPE_CHECKING:
    from cauce.accounts.intake import DemoPerson


def actor_for(user: User) -> Actor:
    """Resolve a signed-in user into an actor, in at most two queries."""
    grants = frozenset(
        (permission, institution)
        for role, institution in Membership.objects.filter(user=user).values_list("role", "institution_id")
        for permission in roles.PERMISSIONS[role]
    )
    given_names, time_zone = _called_and_zone(user.person_id)
    return Actor(
        name=f"user:{user.pk}",
        user_id=user.pk,
        person_id=user.person_id,
        display_name=given_names or user.office_name or user.email,
        grants=grants,
        time_zone=time_zone,
    )


def _called_and_zone(person_id: int | None) -> tuple[str, str]:
    """Given names and time zone of a person in one query; nothing of an office."""
    if person_id is None:
        return "", ""
    foreign = (
        IdentityDocument.objects.filter(person=person_id)
        .exclude(country=rules.MEXICO)
        .order_by("pk")
        .values("country")[:1]
    )
    person = Person.objects.annotate(home=Subquery(foreign))
    name, chosen, state, country = person.values_list("given_names", "time_zone", "birth_state", "home").get(
        pk=person_id
    )
    return name, rules.zone_of(chosen=chosen, birth_state=state, country=country or "")


def display_name(user: User) -> str:
    """Return what to call somebody on a screen: given names, the office, or the address."""
    if user.person_id is None:
        return user.office_name or user.email
    return Person.objects.values_list("given_names", flat=True).get(pk=user.person_id)


# ------------------------------------------------------------ privacy notice


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a notice: ``kind`` is title, text or list."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticePage:
    version: int
    valid_from: datetime
    digest: str
    simplified: tuple[Block, ...]
    integral: tuple[Block, ...]
    versions: tuple[int, ...]

    @property
    def is_current(self) -> bool:
        return self.version == self.versions[0]


def current_privacy_notice() -> PrivacyNotice:
    """The latest version; the catalogue that every installation loads has at least one."""
    return PrivacyNotice.objects.latest("version")


def notice_page(*, version: int | None, language: str) -> NoticePage | None:
    """Return a version of the notice, the latest by default, in ``language``; ``None`` when there is no such one."""
    versions = tuple(PrivacyNotice.objects.order_by("-version").values_list("version", flat=True))
    wanted = versions[0] if version is None and versions else version
    if wanted not in versions:
        return None
    notice = PrivacyNotice.objects.get(version=wanted)
    english = not language.startswith("es")
    return NoticePage(
        version=notice.version,
        valid_from=notice.valid_from,
        digest=notice.digest,
        simplified=_blocks(notice.simplified_en if english else notice.simplified),
        integral=_blocks(notice.integral_en if english else notice.integral),
        versions=versions,
    )


def _blocks(text: str) -> tuple[Block, ...]:
    blocks = []
    for piece in text.split("\n\n"):
        if piece.startswith("## "):
            blocks.append(Block("title", (piece[3:].strip(),)))
        elif piece.startswith("- "):
            blocks.append(
                Block("list", tuple(line.removeprefix("- ").strip() for line in piece.splitlines()))
            )
        elif piece.strip():
            blocks.append(Block("text", (piece.strip(),)))
    return tuple(blocks)


# -------------------------------------------------------------- registration


@dataclass(frozen=True, slots=True)
class Told:
    """What a CURP already tells, so that nobody is asked for it."""

    number: str
    birth_date: Any
    sex: str
    birth_state: str


def told_by(curp: rules.Curp) -> Told:
    state = rules.STATE_NAMES.get(curp.birth_state, _("Fuera de México"))
    return Told(curp.number, curp.birth_date, str(Sex(curp.sex).label), state)


def is_registered(curp: rules.Curp) -> bool:
    """Whether a confirmed account has this CURP, which a new registration could not replace."""
    confirmed = Q(person__user__last_login__isnull=False) | Q(person__user__emailaddress__verified=True)
    return _with_curp(curp).filter(confirmed).exists()


def is_on_paper(curp: rules.Curp) -> bool:
    """Whether an institution brought somebody with this CURP, who has no account yet."""
    return _with_curp(curp).filter(person__user__isnull=True).exists()


def _with_curp(curp: rules.Curp) -> QuerySet[IdentityDocument]:
    return IdentityDocument.objects.filter(
        kind=DocumentKind.CURP, country="MX", number=curp.number, is_generic=False
    )


def claim_of(actor: Actor) -> IdentityClaim | None:
    """What the actor's account claims and has yet to prove."""
    return IdentityClaim.objects.select_related("person").filter(user=actor.user_id or 0).first()


def has_account(email: str) -> bool:
    """Whether an account has this address, confirmed or not. For letters to that address, never for screens."""
    return User.objects.filter(email__iexact=email).exists()


def unconfirmed_address(email: str) -> EmailAddress:
    """Return the address to confirm; an unsaved one without user when nobody waits for it to be confirmed."""
    found = EmailAddress.objects.filter(email__iexact=email, verified=False).select_related("user").first()
    return found or EmailAddress(user=None, email=email)


# ----------------------------------------------------------- what is held


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document as its holder sees it; ``country`` is a name, "" of Mexico; ``remark`` says what is to be known of it."""

    kind: str
    country: str
    shown: str
    remark: str
    linked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldLicence:
    """A licence as its holder told it; nobody has verified it."""

    pk: int
    country: str
    authority: str
    number: str
    issued_on: date | None


@dataclass(frozen=True, slots=True)
class DataPage:
    """All that accounts hold about a user, as they see it. Names are empty for an office."""

    name: str
    office: str
    birth_date: Any
    sex: str
    birth_state: str
    phone: str
    time_zone: str
    time_zone_name: str
    joined_at: datetime
    last_login: datetime | None
    documents: tuple[HeldDocument, ...]
    may_link_curp: Verdict
    licences: tuple[HeldLicence, ...]
    consents: tuple[tuple[int, datetime], ...]
    emails: tuple[tuple[str, bool], ...]
    passkeys: tuple[tuple[str, Any], ...]
    offices: tuple[str, ...]


def data_page(actor: Actor, *, language: str) -> DataPage:
    """Read what the page of the actor's own data shows, in seven queries."""
    user = User.objects.select_related("person").get(pk=actor.user_id or 0)
    person = user.person
    documents = list(IdentityDocument.objects.filter(person=user.person_id or 0).order_by("pk"))
    kinds = {document.kind for document in documents if not document.is_generic}
    return DataPage(
        name=str(person) if person else "",
        office=user.office_name,
        birth_date=person.birth_date if person else None,
        sex=str(person.get_sex_display()) if person else "",
        birth_state=_birth_place(person.birth_state, kinds) if person else "",
        phone=person.phone if person else "",
        time_zone=person.time_zone if person else "",
        time_zone_name=str(rules.NAMES.get(actor.time_zone, actor.time_zone)),
        joined_at=user.joined_at,
        last_login=user.last_login and clock.told(user.last_login),
        documents=tuple(held_document(document, kinds, language) for document in documents),
        may_link_curp=rules.may_link_curp(kinds),
        licences=_licences(user.person_id or 0, language),
        consents=tuple(
            Consent.objects.filter(person=user.person_id or 0).order_by("-at").values_list("notice_id", "at")
        ),
        emails=tuple(
            EmailAddress.objects.filter(user=user).order_by("-primary", "pk").values_list("email", "verified")
        ),
        passkeys=tuple((key.wrap().name, clock.told(key.created_at)) for key in _passkeys(user)),
        offices=tuple(
            str(roles.Role(role).label)
            for role in Membership.objects.filter(user=user).order_by("pk").values_list("role", flat=True)
        ),
    )


def _birth_place(state: str, kinds: set[str]) -> str:
    """A CURP without a state says that its holder was born abroad; without a CURP nobody has told."""
    if state or DocumentKind.CURP not in kinds:
        return rules.STATE_NAMES.get(state, "")
    return _("Fuera de México")


def held_document(document: IdentityDocument, kinds: set[str], language: str) -> HeldDocument:
    """A document as pages show it: its number masked, and what is to be known of it. ``kinds`` are all its holder has."""
    # A temporary folio is for telling others; it opens nothing.
    is_folio = document.kind == DocumentKind.FOLIO
    if document.is_generic:
        remark = _("Genérica: no te identifica.")
    elif is_folio and DocumentKind.CURP in kinds:
        remark = _("Con él te registraste; ahora te identifica tu CURP.")
    else:
        remark = rules.doubt_words(document.country, document.kind, document.doubt)
    return HeldDocument(
        kind=rules.document_name(document.country, document.kind),
        country="" if document.country == rules.MEXICO else rules.country_name(document.country, language),
        shown=document.number if is_folio else rules.masked(document.number),
        remark=remark,
        linked_at=document.linked_at,
    )


def _licences(person_id: int, language: str) -> tuple[HeldLicence, ...]:
    rows = ProfessionalLicence.objects.filter(person=person_id).order_by("pk")
    return tuple(
        HeldLicence(
            row.pk,
            rules.country_name(row.country, language),
            rules.authority_name(row.country, row.authority),
            row.number,
            row.issued_on,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class LinkingPage:
    """What the page that adds a CURP knows of the reader. ``names`` are by field."""

    folio: str
    may_link: Verdict
    birth_date: date
    sex: str
    names: dict[str, str]


def linking_page(actor: Actor) -> LinkingPage | None:
    """Return what is known of the actor to check their CURP against; ``None`` for an office. Two queries."""
    person = Person.objects.filter(pk=actor.person_id or 0).first()
    if person is None:
        return None
    rows = IdentityDocument.objects.filter(person=person, is_generic=False)
    numbers = dict(rows.values_list("kind", "number"))
    return LinkingPage(
        folio=numbers.get(DocumentKind.FOLIO, ""),
        may_link=rules.may_link_curp(numbers.keys()),
        birth_date=person.birth_date,
        sex=person.sex,
        names={name: getattr(person, name) for name in rules.NAME_LIMITS},
    )


def home_country(actor: Actor) -> str:
    """Return the country of the actor's own document, or Mexico: where their licence most likely is from."""
    rows = IdentityDocument.objects.filter(person=actor.person_id or 0).exclude(country=rules.MEXICO)
    return rows.order_by("pk").values_list("country", flat=True).first() or rules.MEXICO


def temporary_folio(person_id: int | None) -> str:
    """Return the folio issued to who registered without a CURP; "" for everybody else."""
    mine = IdentityDocument.objects.filter(person=person_id or 0, kind=DocumentKind.FOLIO)
    return mine.values_list("number", flat=True).first() or ""


def _passkeys(user: User) -> Iterable[Authenticator]:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk")


def everything_held(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Return all that Cauce keeps about the actor, ready for JSON, by section.

    Each app tells its own through a function named in ``settings.HELD_ABOUT``:
    it takes the actor and returns what JSON can write.
    """
    sections = {section: import_string(path)(actor) for section, path in settings.HELD_ABOUT.items()}
    return {"user": actor.user_id, "written_at": now.isoformat(), **sections}


def held(actor: Actor) -> dict[str, Any]:
    """Return what accounts hold about the actor. No secrets: of a password or a key only that it exists."""
    user = User.objects.select_related("person").get(pk=actor.user_id or 0)
    person = user.person
    return {
        "account": {
            "email": user.email,
            "language": user.language,
            "office_name": user.office_name,
            "joined_at": user.joined_at,
            "last_login": user.last_login and clock.told(user.last_login),
            "has_password": user.has_usable_password(),
        },
        "claim": IdentityClaim.objects.filter(user=user).values("phone", "notice_id", "made_at").first(),
        "emails": list(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "passkeys": [
            {"name": key.wrap().name, "created_at": clock.told(key.created_at)} for key in _passkeys(user)
        ],
        "offices": list(Membership.objects.filter(user=user).values("role", "institution_id")),
        "person": person
        and {
            "given_names": person.given_names,
            "first_surname": person.first_surname,
            "second_surname": person.second_surname,
            "birth_date": person.birth_date,
            "sex": person.sex,
            "birth_state": person.birth_state,
            "phone": person.phone,
            "time_zone": person.time_zone,
            "is_invented": person.is_invented,
            "created_at": person.created_at,
        },
        "documents": list(
            IdentityDocument.objects.filter(person=user.person_id or 0).values(
                "kind", "country", "number", "is_generic", "doubt", "linked_at"
            )
        ),
        "licences": list(
            ProfessionalLicence.objects.filter(person=user.person_id or 0).values(
                "country", "authority", "number", "issued_on", "told_at"
            )
        ),
        "data_requests": list(
            DataRequest.objects.filter(person=user.person_id or 0).values(
                "folio",
                "right",
                "text",
                "state",
                "asked_at",
                "due_at",
                "extension_reason",
                "answer",
                "answered_at",
                "effect_due_at",
                "done_at",
            )
        ),
        "recoveries": list(
            AccountRecovery.objects.filter(user=user).values("new_email", "state", "asked_at", "decided_at")
        ),
        "consents": [
            {"privacy_notice": version, "at": at}
            for version, at in Consent.objects.filter(person=user.person_id or 0).values_list(
                "notice_id", "at"
            )
        ],
    }


# ---------------------------------------------------------------------- demo


@dataclass(frozen=True, slots=True)
class DemoEntry:
    email: str
    name: str
    first_name: str
    sentence: str
    office: str


@dataclass(frozen=True, slots=True)
class DemoPage:
    doctors: tuple[DemoEntry, ...]
    offices: tuple[DemoEntry, ...]


def demo_page(people: Sequence[DemoPerson], *, language: str) -> DemoPage:
    """Return whom of ``people`` one can enter as: those the database has."""
    there = set(User.objects.filter(email__in=[one.email for one in people]).values_list("email", flat=True))
    entries: dict[bool, list[DemoEntry]] = {True: [], False: []}
    for one in people:
        if one.email in there:
            sentence = one.sentence_es if language.startswith("es") else one.sentence_en
            office = str(roles.Role(one.role).label) if one.role else ""
            entry = DemoEntry(one.email, one.full_name, one.full_name.split()[0], sentence, office)
            entries[one.is_doctor].append(entry)
    return DemoPage(tuple(entries[True]), tuple(entries[False]))


def demo_user(email: str) -> User | None:
    """Return the account of one of the demo's people; nobody else's, whatever ``email`` says."""
    if not rules.is_demo_address(email):
        return None
    return User.objects.filter(email=email, is_active=True).first()
