"""Loading the privacy notices and the people every installation or demo begins with."""

from __future__ import annotations

from datetime import date, datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.translation import gettext as _

from cauce.accounts import intake, rules
from cauce.accounts.models import (
    Consent,
    DocumentKind,
    IdentityDocument,
    Membership,
    Person,
    PrivacyNotice,
    ProfessionalLicence,
    User,
)
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError
from cauce.base.usecases import note, use_case

DEMO_PASSWORD = "cauce-demo-2024"  # noqa: S105 - public on purpose, and refused outside demos


class NoticeFrozen(DomainError):
    """A file changes a privacy notice that was published; a change needs a new version."""

    code = "notice_frozen"


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
        raise Denied(_("Las personas inventadas solo existen en una demostración."))
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
    if one.folio:  # registered before the CURP arrived
        IdentityDocument.objects.create(person=person, kind=DocumentKind.FOLIO, number=one.folio)
        read = rules.read_document(one.country, one.document, one.document_number)
        IdentityDocument.objects.create(
            person=person, kind=one.document, country=one.country, number=read.number, doubt=read.doubt
        )
    IdentityDocument.objects.create(
        person=person, kind=DocumentKind.CURP, number=number, linked_at=now if one.folio else None
    )
    if one.licence:
        authority, licence = rules.read_licence(one.country, "", one.licence)
        ProfessionalLicence.objects.create(
            person=person, country=one.country, authority=authority, number=licence, told_at=now
        )
    Consent.objects.create(person=person, notice=notice, at=now)
    return person
