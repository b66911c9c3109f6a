"""Registering: a person with a CURP of their own, or with a document of another country and a temporary folio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import (
    Consent,
    DocumentKind,
    IdentityClaim,
    IdentityDocument,
    Person,
    PrivacyNotice,
    ProfessionalLicence,
    User,
)
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, step, use_case

# No vowels, so that no folio spells a word; no 0, 1, I, L, O, which people confuse.
_FOLIO_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


class IdentityTaken(DomainError):
    """Somebody has registered with this CURP. Says nothing of who, nor of how to reach them."""

    code = "identity_taken"


class AlreadyRegistered(Exception):
    """A confirmed account is in the way of a registration.

    No ``DomainError``, so that no edge shows it: a stranger would learn who
    has an account. Its owner is told by letter. ``folio`` is the one that the
    registration would have got, to be shown as if it had been made.
    """

    folio = ""


class EmailTaken(AlreadyRegistered):
    """A confirmed account has this address."""


class DocumentTaken(AlreadyRegistered):
    """A confirmed account, or a person whom an institution enrolled, has this document of another country."""


class PasswordRefused(Refused):
    """The password is too short, too common or only digits; the message is the validators'."""

    code = "password_refused"


class NoticeChanged(DomainError):
    """The privacy notice has a newer version than the one that was accepted."""

    code = "notice_changed"


@dataclass(frozen=True, slots=True)
class ForeignIdentity:
    """What a person without a CURP types by hand: country (ISO 3166-1 alpha-2), kind and number of a document."""

    country: str
    kind: str
    number: str
    birth_date: date
    sex: str


@dataclass(frozen=True, slots=True)
class ToldLicence:
    """A professional licence as typed; ``authority`` may be empty where the catalogue knows it."""

    country: str
    authority: str
    number: str


@use_case
def register(
    *,
    email: str,
    password: str,
    given_names: str,
    first_surname: str,
    second_surname: str = "",
    phone: str = "",
    curp: str = "",
    foreign: ForeignIdentity | None = None,
    licence: ToldLicence | None = None,
    notice_version: int,
    language: str = "es-mx",
    actor: Actor,
    now: datetime,
) -> User:
    """Register a person by CURP or by a document of another country: person, documents, account, consent, at once.

    The e-mail is left unconfirmed; sending the letter that confirms it is the
    caller's. Who has no CURP gets a temporary folio, and may bring a generic
    ``curp``. An account that nobody has confirmed yields to a new registration
    with its document or its e-mail, so that a mistyped address locks nobody
    out; the same registration sent twice is one. With the CURP of somebody
    whom an institution brought on paper, the account only claims to be theirs
    (``IdentityClaim``) and has no person until that is proven.

    Raises ``CurpRefused``, ``NameRefused``, ``BirthDateRefused``,
    ``DocumentRefused``, ``LicenceRefused``, ``PasswordRefused``,
    ``NoticeChanged``, ``IdentityTaken`` of a CURP, and ``EmailTaken`` and
    ``DocumentTaken``, which are not for screens.
    """
    email = email.strip().lower()
    person, documents = _read_identity(curp, foreign, now)
    licences = _read_licences(licence, now)
    person.given_names = rules.read_name(given_names, "given_names")
    person.first_surname = rules.read_name(first_surname, "first_surname")
    person.second_surname = rules.read_name(second_surname, "second_surname")
    if not person.given_names or not person.first_surname:
        field = "first_surname" if person.given_names else "given_names"
        raise rules.NameRefused(_("Falta este nombre."), _("Escríbelo como en tu acta."), field=field)
    person.phone = rules.read_phone(phone)
    user = User(email=email, language=language, joined_at=now)
    # Hashed before looking anybody up, so that a taken address takes no less time than a free one.
    _check_password(password, user)
    user.set_password(password)
    consent = _accepted_notice(notice_version)
    for last_try in (False, True):
        try:
            same, claimed = _make_room(email, documents, password)
        except AlreadyRegistered as taken:
            taken.folio = "".join(folio.number for folio in _folios(email, documents))
            raise
        if same:
            note(repeated=True)
            return same
        rows: list[IdentityDocument | ProfessionalLicence]
        rows = [*documents, *_folios(email, documents), *licences]
        try:
            with transaction.atomic():
                if claimed is not None:
                    _save_claim(user, claimed, consent, person.phone, now)
                else:
                    _save(user, person, rows, consent, now)
            return user
        except IntegrityError:  # another request won the race: look again, once
            if last_try:
                raise
            _unsave(user, person, *documents, *licences)
    raise AssertionError("unreachable")


def _read_identity(
    curp: str, foreign: ForeignIdentity | None, now: datetime
) -> tuple[Person, list[IdentityDocument]]:
    """Return the person, still nameless, and the documents, none of them saved."""
    documents = []
    read = rules.read_curp(curp) if curp or foreign is None else None
    if read:
        kind = DocumentKind.CURP
        documents.append(IdentityDocument(kind=kind, number=read.number, is_generic=read.is_generic))
    if foreign is not None:
        documents.append(_read_foreign(foreign))
        person = Person(birth_date=foreign.birth_date, sex=foreign.sex, created_at=now)
    elif read is None or read.birth_date is None:
        raise rules.CurpRefused(
            _("Esa CURP es la genérica de personas extranjeras y no identifica a nadie."),
            _("Regístrate con tu pasaporte."),
            field="curp",
        )
    else:
        person = Person(
            birth_date=read.birth_date, sex=read.sex, birth_state=read.birth_state, created_at=now
        )
    rules.check_birth_date(person.birth_date, today=localdate(now))
    return person, documents


def _read_foreign(foreign: ForeignIdentity) -> IdentityDocument:
    country, kind = foreign.country, foreign.kind
    read = rules.read_document(country, kind, foreign.number, birth_date=foreign.birth_date)
    return IdentityDocument(kind=kind, country=country, number=read.number, doubt=read.doubt)


def _read_licences(told: ToldLicence | None, now: datetime) -> list[ProfessionalLicence]:
    if told is None:
        return []
    authority, number = rules.read_licence(told.country, told.authority, told.number)
    return [ProfessionalLicence(country=told.country, authority=authority, number=number, told_at=now)]


def _folios(email: str, documents: list[IdentityDocument]) -> list[IdentityDocument]:
    """Return the temporary folio of a registration without a CURP of its own; none for the others.

    The same registration gets the same one: who sends it twice learns nothing
    about whether the first was kept (``AlreadyRegistered``).
    """
    foreign = next((one for one in documents if one.kind != DocumentKind.CURP), None)
    if foreign is None:
        return []
    for turn in count():
        told = f"{email}\n{foreign.kind}\n{foreign.country}\n{foreign.number}\n{turn}"
        rest = int.from_bytes(salted_hmac("cauce.accounts.folio", told, algorithm="sha256").digest())
        letters = ""
        for _place in range(8):
            rest, place = divmod(rest, len(_FOLIO_ALPHABET))
            letters += _FOLIO_ALPHABET[place]
        number = f"TMP-{letters[:4]}-{letters[4:]}"
        if not IdentityDocument.objects.filter(kind=DocumentKind.FOLIO, number=number).exists():
            return [IdentityDocument(kind=DocumentKind.FOLIO, number=number)]
    raise AssertionError("unreachable")


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise PasswordRefused(" ".join(refusal.messages), field="password") from refusal


def _accepted_notice(version: int) -> PrivacyNotice:
    current = PrivacyNotice.objects.latest("version")
    if version != current.version:
        raise NoticeChanged(
            _("El aviso de privacidad cambió mientras escribías."),
            _("Léelo y acéptalo otra vez."),
            field="consent",
        )
    return current


def _make_room(
    email: str, documents: list[IdentityDocument], password: str
) -> tuple[User | None, Person | None]:
    """Remove unconfirmed accounts with these documents or this address.

    Returns the account when it is this very registration sent before, and whom
    the account will claim to be; raises when a confirmed one is in the way,
    the document first.
    """
    claimed: Person | None = None
    owner = User.objects.select_for_update().filter(email__iexact=email).first()
    in_the_way = {owner.pk: owner} if owner else {}
    for document, person in _holders(documents):
        holder = User.objects.select_for_update().filter(person=person).first()
        if holder is None and document.kind == DocumentKind.CURP:
            claimed = person
            continue
        if holder is None or _is_confirmed(holder):
            raise _taken(document)
        if holder == owner and holder.check_password(password):
            return holder, None
        in_the_way[holder.pk] = holder
    if owner is not None and _is_confirmed(owner):
        raise EmailTaken
    is_claimed = (
        IdentityClaim.objects.filter(user=owner, person=claimed).exists() if owner and claimed else False
    )
    if owner is not None and is_claimed and owner.check_password(password):
        return owner, claimed
    for user in in_the_way.values():
        _give_up(user)
    return None, claimed


def _taken(document: IdentityDocument) -> Exception:
    if document.kind != DocumentKind.CURP:
        return DocumentTaken()
    return IdentityTaken(
        _("Ya hay un registro con este documento."),
        _("Si es tuyo, entra o recupera tu acceso con el correo que diste."),
        field="curp",
    )


def _give_up(user: User) -> None:
    nobody_yet = user.person
    user.delete()
    if nobody_yet is not None:
        nobody_yet.delete()


@step
def claim_curp(*, document: IdentityDocument) -> None:
    """Free a number that is about to be kept for somebody else: an account that nobody has confirmed gives it up.

    Raises ``IdentityTaken`` when somebody stands behind it.
    """
    for _document, person in _holders([document]):
        holder = User.objects.select_for_update().filter(person=person).first()
        if holder is None or _is_confirmed(holder):
            raise IdentityTaken(
                _("Esta CURP ya está en otro registro."),
                _(
                    "Revísala. Si es tuya y te registraste dos veces, entra con el correo de aquel registro; "
                    "si no, escribe a la persona de contacto de tu convocatoria."
                ),
                field="curp",
            )
        _give_up(holder)


def _holders(documents: list[IdentityDocument]) -> list[tuple[IdentityDocument, Person]]:
    """Return whom the documents identify, once each. A generic CURP identifies nobody (F22)."""
    found = {}
    for document in documents:
        if document.is_generic:
            continue
        row = (
            IdentityDocument.objects.select_related("person")
            .filter(kind=document.kind, country=document.country, number=document.number, is_generic=False)
            .first()
        )
        if row is not None:
            found[row.person_id] = (document, row.person)
    return list(found.values())


def _is_confirmed(user: User) -> bool:
    return user.last_login is not None or EmailAddress.objects.filter(user=user, verified=True).exists()


def _save(
    user: User,
    person: Person,
    rows: list[IdentityDocument | ProfessionalLicence],
    notice: PrivacyNotice,
    now: datetime,
) -> None:
    person.save()
    for row in rows:
        row.person = person
        row.save()
    user.person = person
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    Consent.objects.create(person=person, notice=notice, at=now)


def _save_claim(user: User, claimed: Person, notice: PrivacyNotice, phone: str, now: datetime) -> None:
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    IdentityClaim.objects.create(user=user, person=claimed, notice=notice, phone=phone, made_at=now)
    note(claimed=True)


@step
def grant_claim(*, claim: IdentityClaim, now: datetime) -> Person:
    """Give the account of ``claim`` the person that it proved to be, with the consent of its registration.

    Whoever calls has seen the proof. Raises ``Denied`` before the address is confirmed, and ``IdentityTaken`` when
    somebody else has proven it first.
    """
    person = Person.objects.select_for_update().get(pk=claim.person_id)
    user = User.objects.select_for_update().get(pk=claim.user_id)
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        raise Denied(_("Tu correo está sin confirmar."), _("Abre el enlace de la carta que te enviamos."))
    if User.objects.filter(person=person).exists():
        raise IdentityTaken(
            _("Esta CURP ya está en otra cuenta."),
            _("Si es tuya, entra con el correo de aquella; si no, dilo donde entregaste tu solicitud."),
            field="folio",
        )
    user.person = person
    user.save(update_fields=["person"])
    if claim.phone and not person.phone:
        person.phone = claim.phone
        person.save(update_fields=["phone"])
    Consent.objects.create(person=person, notice_id=claim.notice_id, at=claim.made_at)
    claim.delete()
    return person


def _unsave(*rows: User | Person | IdentityDocument | ProfessionalLicence) -> None:
    """Forget the numbers that a rolled back save has left on the instances."""
    for row in rows:
        row.pk = None
        row._state.adding = True
