"""People for tests: plain functions, every one with its own numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count

from allauth.account.models import EmailAddress

from cauce.accounts import rules
from cauce.accounts.models import DocumentKind, IdentityDocument, Membership, Person, PrivacyNotice, User

PASSWORD = "una clave larga"  # noqa: S105
_numbers = count(1)
JOINED = datetime(2024, 1, 15, 18, tzinfo=UTC)


def make_person(given_names="Mariana", first_surname="Xool", second_surname="Cocom", **values):
    values = {"birth_date": date(1996, 4, 17), "sex": "M", "birth_state": "31", "created_at": JOINED} | values
    return Person.objects.create(
        given_names=given_names, first_surname=first_surname, second_surname=second_surname, **values
    )


def make_curp(person, *, is_generic=False, number=None):
    names = {"given_names", "first_surname", "second_surname", "birth_date", "sex", "birth_state"}
    number = number or rules.compose_curp(**{name: getattr(person, name) for name in names})
    return IdentityDocument.objects.create(
        person=person, kind=DocumentKind.CURP, number=number, is_generic=is_generic
    )


def make_user(person=None, *, email=None, verified=True, office_name="", **values):
    email = email or f"persona{next(_numbers)}@ejemplo.mx"
    user = User(person=person, email=email, office_name=office_name, joined_at=JOINED, **values)
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def make_applicant(given_names="Mariana", **values):
    return make_user(make_person(given_names), **values)


def make_officer(role, institution_id=None, *, office_name="Oficina"):
    user = make_user(office_name=office_name)
    Membership.objects.create(user=user, role=role, institution_id=institution_id)
    return user


def make_notice(version=1):
    return PrivacyNotice.objects.create(
        version=version,
        simplified="Breve.",
        simplified_en="Short.",
        integral="## Título\n\nCompleto.",
        integral_en="## Title\n\nComplete.",
        digest="0" * 64,
        valid_from=JOINED,
    )
