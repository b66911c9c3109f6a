"""What a person adds to their own data once registered: the CURP that came later, licences to practise."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import DocumentKind, IdentityDocument, Person, ProfessionalLicence, User
from cauce.accounts.operations.registration import IdentityTaken, claim_curp
from cauce.accounts.operations.telling import tell
from cauce.accounts.rules import letters
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.usecases import note, step, use_case


@step
def own_person(actor: Actor) -> Person:
    """Lock and return the person behind the actor. Raises ``Denied`` for an office."""
    person = Person.objects.select_for_update().filter(pk=actor.person_id or 0).first()
    if person is None:
        raise Denied(_("Solo una persona tiene documentos; esta cuenta es de una oficina."))
    return person


# ---------------------------------------------------------------------- CURP


@use_case
def link_curp(*, curp: str, is_checked: bool = False, actor: Actor, now: datetime) -> IdentityDocument:
    """Add the actor's own CURP to the account that they made without one, and tell them by letter.

    The temporary folio stays as history. ``is_checked`` says that they have
    looked at what the CURP says of their names and of where they were born.
    An account that nobody has confirmed gives the CURP up; the same CURP sent
    twice is linked once. Raises
    ``CurpRefused``, ``CurpDoubtful``, ``IdentityTaken`` (whose words say
    nothing of whom) and ``Denied``.
    """
    person = own_person(actor)
    read = rules.read_curp(curp)
    mine = IdentityDocument.objects.filter(person=person, is_generic=False)
    if same := mine.filter(kind=DocumentKind.CURP, number=read.number).first():
        note(repeated=True)
        return same
    rules.may_link_curp(set(mine.values_list("kind", flat=True))).enforce()
    rules.check_same_person(read, birth_date=person.birth_date, sex=person.sex)
    _enforce_checked(read, person, is_checked)
    document = IdentityDocument(person=person, kind=DocumentKind.CURP, number=read.number, linked_at=now)
    for last_try in (False, True):
        claim_curp(document=document)
        try:
            with transaction.atomic():
                document.save()
            break
        except IntegrityError:  # another request won the race: look again, once
            if last_try:
                raise IdentityTaken(_("Esta CURP ya está en otro registro."), field="curp") from None
            document.pk, document._state.adding = None, True
    if read.birth_state:
        person.birth_state = read.birth_state
        person.save(update_fields=["birth_state"])
    note(document=document.pk)
    tell(User.objects.get(person=person), letters.CURP_LINKED, {"curp": rules.masked(read.number)})
    return document


def _enforce_checked(curp: rules.Curp, person: Person, is_checked: bool) -> None:
    names = {name: getattr(person, name) for name in rules.NAME_LIMITS}
    if not is_checked and rules.linking_doubts(curp, **names):
        raise rules.CurpDoubtful(
            _("La CURP no concuerda del todo con tu registro."),
            _("Revísala, y confirma que es la de tu constancia."),
            field="is_checked",
        )


# ---------------------------------------------------------------- time zone


@use_case
def choose_time_zone(*, time_zone: str, actor: Actor, now: datetime) -> Person:
    """Keep by whose clock the actor wants to read deadlines too; "" for that of their country or state.

    Raises ``ZoneRefused`` and ``Denied``.
    """
    person = own_person(actor)
    person.time_zone = rules.read_zone(time_zone)
    person.save(update_fields=["time_zone"])
    return person


# ------------------------------------------------------------------ licences


@use_case
def tell_licence(
    *,
    country: str,
    number: str,
    authority: str = "",
    issued_on: date | None = None,
    actor: Actor,
    now: datetime,
) -> ProfessionalLicence:
    """Keep a licence to practise as the actor tells it; the same one again only changes its date.

    Nobody verifies it here. Raises ``LicenceRefused`` and ``Denied``.
    """
    person = own_person(actor)
    authority, number = rules.read_licence(country, authority, number)
    issued_on = rules.read_issue_date(issued_on, birth_date=person.birth_date, today=localdate(now))
    mine = ProfessionalLicence.objects.filter(person=person)
    same = mine.filter(country=country, authority=authority, number=number).first()
    if same is not None:
        same.issued_on, same.told_at = issued_on, now
        same.save(update_fields=["issued_on", "told_at"])
        note(repeated=True)
        return same
    rules.may_tell_licence(mine.count()).enforce()
    return ProfessionalLicence.objects.create(
        person=person, country=country, authority=authority, number=number, issued_on=issued_on, told_at=now
    )


@use_case
def drop_licence(*, licence_id: int, actor: Actor, now: datetime) -> Person:
    """Remove one of the actor's own licences; return the person. One that is not there changes nothing."""
    person = own_person(actor)
    count, _rows = ProfessionalLicence.objects.filter(person=person, pk=licence_id).delete()
    note(licence=licence_id, removed=count)
    return person
