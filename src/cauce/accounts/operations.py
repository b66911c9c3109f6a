"""Registering people, and loading the notices and the people every installation or demo begins with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.accounts import intake, rules
from cauce.accounts.models import (
    Consent,
    DocumentKind,
    IdentityDocument,
    Membership,
    Person,
    PrivacyNotice,
    User,
)
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, use_case

# For the apps above, which may not reach intake.
demo_people = intake.demo_people

DEMO_PASSWORD = "cauce-demo-2024"  # noqa: S105 - public on purpose, and refused outside demos
# No vowels, so that no folio spells a word; no 0, 1, I, L, O, which people confuse.
_FOLIO_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


class IdentityTaken(DomainError):
    """Somebody has registered with this document. Says nothing of who, nor of how to reach them."""

    code = "identity_taken"


class EmailTaken(Exception):
    """A confirmed account has this address.

    No ``DomainError``, so that no edge shows it: a stranger would learn who
    has an account. The owner is told by letter.
    """


class PasswordRefused(Refused):
    """The password is too short, too common or only digits; the message is the validators'."""

    code = "password_refused"


class NoticeChanged(DomainError):
    """The privacy notice has a newer version than the one that was accepted."""

    code = "notice_changed"


class NoticeFrozen(DomainError):
    """A file changes a privacy notice that was published; a change needs a new version."""

    code = "notice_frozen"


@dataclass(frozen=True, slots=True)
class Passport:
    """What a person without a Mexican CURP types by hand. ``country`` is ISO 3166-1 alpha-2."""

    country: str
    number: str
    birth_date: date
    sex: str


# -------------------------------------------------------------- registration


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
    passport: Passport | None = None,
    notice_version: int,
    language: str = "es-mx",
    actor: Actor,
    now: datetime,
) -> User:
    """Register a person with a CURP of their own or a passport: person, documents, account and consent, at once.

    The e-mail is left unconfirmed; sending the letter that confirms it is the
    caller's. A passport also gets a temporary folio, and may come with a
    generic ``curp``. An account that nobody has confirmed yields to a new
    registration with its document or its e-mail, so that a mistyped address
    locks nobody out; the same registration sent twice is one.

    Raises ``CurpRefused``, ``NameRefused``, ``BirthDateRefused``,
    ``DocumentRefused``, ``PasswordRefused``, ``NoticeChanged``,
    ``IdentityTaken``, and ``EmailTaken``, which is not for screens.
    """
    email = email.strip().lower()
    person, documents = _read_identity(curp, passport, now)
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
        if same := _make_room(email, documents, password):
            note(repeated=True)
            return same
        try:
            with transaction.atomic():
                _save(user, person, documents, consent, now)
            return user
        except IntegrityError:  # another request won the race: look again, once
            if last_try:
                raise
            _unsave(user, person, documents)
    raise AssertionError("unreachable")


def _read_identity(
    curp: str, passport: Passport | None, now: datetime
) -> tuple[Person, list[IdentityDocument]]:
    """Return the person, still nameless, and the documents, none of them saved."""
    documents = []
    read = rules.read_curp(curp) if curp or passport is None else None
    if read:
        kind = DocumentKind.CURP
        documents.append(IdentityDocument(kind=kind, number=read.number, is_generic=read.is_generic))
    if passport is not None:
        number = rules.read_document_number(passport.number)
        documents.append(
            IdentityDocument(kind=DocumentKind.PASSPORT, country=passport.country, number=number)
        )
        documents.append(IdentityDocument(kind=DocumentKind.FOLIO, number=_temporary_folio()))
        person = Person(birth_date=passport.birth_date, sex=passport.sex, created_at=now)
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


def _temporary_folio() -> str:
    letters = [secrets.choice(_FOLIO_ALPHABET) for _i in range(8)]
    return f"TMP-{''.join(letters[:4])}-{''.join(letters[4:])}"


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


def _make_room(email: str, documents: list[IdentityDocument], password: str) -> User | None:
    """Remove unconfirmed accounts with these documents or this address.

    Returns the account when it is this very registration sent before; raises
    when a confirmed one is in the way, the document first.
    """
    owner = User.objects.select_for_update().filter(email__iexact=email).first()
    in_the_way = {owner.pk: owner} if owner else {}
    for person in _holders(documents):
        holder = User.objects.select_for_update().filter(person=person).first()
        if holder is None or _is_confirmed(holder):
            raise IdentityTaken(
                _("Ya hay un registro con este documento."),
                _("Si es tuyo, entra o recupera tu acceso con el correo que diste."),
                field="curp",
            )
        if holder == owner and holder.check_password(password):
            return holder
        in_the_way[holder.pk] = holder
    if owner is not None and _is_confirmed(owner):
        raise EmailTaken
    for user in in_the_way.values():
        nobody_yet = user.person
        user.delete()
        if nobody_yet is not None:
            nobody_yet.delete()
    return None


def _holders(documents: list[IdentityDocument]) -> list[Person]:
    """Return whom the documents identify. A generic CURP identifies nobody (F22)."""
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
            found[row.person_id] = row.person
    return list(found.values())


def _is_confirmed(user: User) -> bool:
    return user.last_login is not None or EmailAddress.objects.filter(user=user, verified=True).exists()


def _save(
    user: User, person: Person, documents: list[IdentityDocument], notice: PrivacyNotice, now: datetime
) -> None:
    person.save()
    for document in documents:
        document.person = person
        document.save()
    user.person = person
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    Consent.objects.create(person=person, notice=notice, at=now)


def _unsave(user: User, person: Person, documents: list[IdentityDocument]) -> None:
    """Forget the numbers that a rolled back save has left on the instances."""
    for row in (user, person, *documents):
        row.pk = None
        row._state.adding = True


# ----------------------------------------------------------------- catalogue


@use_case
def load_privacy_notices(*, actor: Actor, now: datetime) -> PrivacyNotice:
    """Publish the versions of the notice that the catalogue has and the database lacks; return the latest.

    Raises ``NoticeFrozen`` when a file differs from a version already published.
    """
    published = {notice.version: notice for notice in PrivacyNotice.objects.all()}
    added = []
    for texts in intake.privacy_notices():
        known = published.get(texts.version)
        if known is None:
            added.append(texts.version)
            published[texts.version] = PrivacyNotice.objects.create(
                version=texts.version,
                simplified=texts.simplified,
                simplified_en=texts.simplified_en,
                integral=texts.integral,
                integral_en=texts.integral_en,
                digest=texts.digest,
                valid_from=texts.valid_from,
            )
        elif known.digest != texts.digest:
            raise NoticeFrozen(
                _("La versión %(version)s del aviso de privacidad ya se publicó y su archivo cambió.")
                % {"version": texts.version},
                _("Deja el archivo como estaba y escribe el cambio en una versión nueva."),
            )
    note(added=added)
    return published[max(published)]


@use_case
def load_demo_people(*, institution_ids_by_code: dict[str, int], actor: Actor, now: datetime) -> User:
    """Create the invented people of the demo who are not there yet; return the first of them.

    All have ``DEMO_PASSWORD`` and a confirmed e-mail. Needs a privacy notice.
    Raises ``Denied`` outside a demo, and ``KeyError`` for an institution that
    the catalogue names and ``institution_ids_by_code`` lacks.
    """
    if not (settings.DEMO or settings.TESTING):
        raise Denied(_("Las personas inventadas sólo existen en una demostración."))
    notice = PrivacyNotice.objects.latest("version")
    people = intake.demo_people()
    there = {user.email: user for user in User.objects.filter(email__in=[one.email for one in people])}
    hasher = User()
    hasher.set_password(DEMO_PASSWORD)  # once: ten good hashes would take seconds
    added = 0
    for one in people:
        if one.email in there:
            continue
        added += 1
        person = _demo_person(one, notice, now) if one.is_doctor else None
        user = User(email=one.email, person=person, office_name=one.name, joined_at=now)
        user.password = hasher.password
        user.save()
        EmailAddress.objects.create(user=user, email=one.email, primary=True, verified=True)
        if one.role:
            where = institution_ids_by_code[one.institution] if one.institution else None
            Membership.objects.create(user=user, role=one.role, institution_id=where)
        there[one.email] = user
    note(added=added)
    return there[people[0].email]


def _demo_person(one: intake.DemoPerson, notice: PrivacyNotice, now: datetime) -> Person:
    person = Person.objects.create(
        given_names=one.given_names,
        first_surname=one.first_surname,
        second_surname=one.second_surname,
        birth_date=date.fromisoformat(one.birth_date),
        sex=one.sex,
        birth_state=one.birth_state,
        is_invented=True,
        created_at=now,
    )
    number = rules.compose_curp(
        given_names=person.given_names,
        first_surname=person.first_surname,
        second_surname=person.second_surname,
        birth_date=person.birth_date,
        sex=person.sex,
        birth_state=person.birth_state,
        serial=9,  # the last homonym: the least likely to be somebody's
    )
    IdentityDocument.objects.create(person=person, kind=DocumentKind.CURP, number=number)
    Consent.objects.create(person=person, notice=notice, at=now)
    return person
