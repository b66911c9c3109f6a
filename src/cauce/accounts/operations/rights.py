"""Access, rectification, cancellation, opposition: asked by a person, answered by the office, carried out in time."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import (
    AccountRecovery,
    DataRequest,
    DataRequestState,
    IdentityDocument,
    Membership,
    Person,
    ProfessionalLicence,
    Right,
    User,
)
from cauce.accounts.operations.credentials import own_person
from cauce.accounts.operations.telling import tell
from cauce.accounts.rules import letters
from cauce.base import figures, workdays
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.texts import Text
from cauce.base.usecases import note, use_case

_FOLIO_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
ERASED = "(borrado)"


class RequestRefused(Refused):
    """A request or an answer says nothing, or too much."""

    code = "data_request_refused"


class NoSuchRequest(DomainError):
    status = 404
    code = "no_such_data_request"


@use_case
def ask_right(*, right: str, text: str, actor: Actor, now: datetime) -> DataRequest:
    """Ask for a right over the actor's own data; its clocks start today. One that is under way already is returned.

    Raises ``RequestRefused`` when what to rectify or why to oppose is not told.
    """
    person = own_person(actor)
    text = text.strip()
    live = (DataRequestState.OPEN, DataRequestState.GRANTED)
    same = DataRequest.objects.filter(person=person, right=right, state__in=live).first()
    if same is not None:
        note(repeated=True)
        return same
    if right not in Right.values or len(text) > rules.LONGEST_TEXT:
        raise RequestRefused(_("Es demasiado largo."), _("Escribe menos de 2,000 letras."), field="text")
    if not text and right in (Right.RECTIFICATION, Right.OPPOSITION):
        raise RequestRefused(
            _("Falta decir qué y por qué."), _("Escribe qué dato o qué uso, y qué pides."), field="text"
        )
    request = DataRequest.objects.create(
        person=person,
        folio=f"ARCO-{now:%Y}-{get_random_string(6, _FOLIO_ALPHABET)}",
        right=right,
        text=text,
        asked_at=now,
        due_at=workdays.due_by(now, rules.ANSWER_DAYS),
    )
    note(right=right, due=request.due_at.isoformat())
    _tell(request, letters.DATA_ASKED)
    return request


@use_case
def withdraw_request(*, folio: str, actor: Actor, now: datetime) -> DataRequest:
    """Take back a request that nobody has answered; again changes nothing. Raises ``Denied``, ``NoSuchRequest``."""
    request = _request(folio)
    if request.person_id != actor.person_id:
        raise _no_such()
    if request.state == DataRequestState.WITHDRAWN:
        note(repeated=True)
        return request
    rules.may_withdraw_request(actor, request).enforce()
    request.state = DataRequestState.WITHDRAWN
    request.save(update_fields=["state"])
    return request


@use_case
def answer_request(*, folio: str, is_granted: bool, answer: str, actor: Actor, now: datetime) -> DataRequest:
    """Answer a request with its reasons; what is granted gets the clock of its fulfilment.

    Raises ``RequestRefused`` without reasons, ``Denied`` and ``NoSuchRequest``.
    """
    request = _request(folio)
    rules.may_answer_request(actor, request).enforce()
    if not (answer := answer.strip()):
        raise RequestRefused(_("Falta la razón."), _("Escribir por qué procede o no."), field="answer")
    request.state = DataRequestState.GRANTED if is_granted else DataRequestState.DENIED
    request.answer, request.answered_at, request.answered_by_id = answer, now, actor.user_id
    if is_granted:
        request.effect_due_at = workdays.due_by(now, rules.EFFECT_DAYS)
    request.save()
    note(right=request.right, granted=is_granted, late=now >= request.due_at)
    _tell(request, letters.DATA_ANSWERED)
    return request


@use_case
def extend_request(*, folio: str, reason: str, actor: Actor, now: datetime) -> DataRequest:
    """Extend the clock of the answer, once, with a reason that the person reads. Raises as ``answer_request``."""
    request = _request(folio)
    rules.may_extend_request(actor, request, now=now).enforce()
    if not (reason := reason.strip()):
        raise RequestRefused(
            _("Falta la razón."), _("Escribir por qué hace falta más tiempo."), field="reason"
        )
    last = workdays.add_workdays(workdays.last_day(request.due_at), rules.EXTENSION_DAYS)
    request.due_at = workdays.end_of(last)
    request.extended_at, request.extension_reason = now, reason
    request.save(update_fields=["due_at", "extended_at", "extension_reason"])
    note(right=request.right, due=request.due_at.isoformat())
    _tell(request, letters.DATA_EXTENDED)
    return request


@use_case
def fulfil_request(*, folio: str, actor: Actor, now: datetime) -> DataRequest:
    """Say that what was granted is carried out; a cancellation erases now what nothing obliges to keep.

    Again changes nothing. Raises ``Denied`` and ``NoSuchRequest``.
    """
    request = _request(folio)
    rules.may_care(actor).enforce()
    if request.state == DataRequestState.DONE:
        note(repeated=True)
        return request
    rules.may_fulfil_request(actor, request).enforce()
    request.state, request.done_at = DataRequestState.DONE, now
    _tell(request, letters.DATA_DONE)  # before an erasure takes the address away
    if request.right == Right.CANCELLATION:
        request.text = ""
        note(kept=_erase(request.person))
    request.save(update_fields=["state", "done_at", "text"])
    note(right=request.right)
    return request


def _erase(person: Person) -> int:
    """Erase what nothing obliges to keep; return how many reasons to keep the rest there are."""
    reasons = [reason for path in settings.KEPT_ABOUT for reason in import_string(path)(person.pk)]
    ProfessionalLicence.objects.filter(person=person).delete()
    person.phone = person.time_zone = ""
    if not reasons:
        person.given_names, person.first_surname, person.second_surname = ERASED, "", ""
        person.birth_state, person.birth_date = "", person.birth_date.replace(month=1, day=1)
        IdentityDocument.objects.filter(person=person).delete()
    person.save()
    user = User.objects.select_for_update().filter(person=person).first()
    if user is not None:
        for path in settings.FORGETS:
            import_string(path)(user)
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        Membership.objects.filter(user=user).delete()
        AccountRecovery.objects.filter(user=user).delete()
        user.email, user.is_active = f"borrado-{user.pk}@borrado.invalid", False
        user.set_unusable_password()
        user.save()
    return len(reasons)


def _request(folio: str) -> DataRequest:
    request = (
        DataRequest.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(folio=folio)
        .first()
    )
    if request is None:
        raise _no_such()
    return request


def _no_such() -> NoSuchRequest:
    return NoSuchRequest(_("Esa solicitud no existe."), _("Vuelve a la lista."))


def _tell(request: DataRequest, text: Text) -> None:
    user = User.objects.filter(person=request.person_id, is_active=True).first()
    if user is None:
        return
    facts = {
        "folio": request.folio,
        "right": lambda: str(Right(request.right).label),
        "due": partial(figures.day, workdays.last_day(request.due_at)),
        "effect_due": request.effect_due_at
        and partial(figures.day, workdays.last_day(request.effect_due_at)),
        "answer": request.answer,
        "reason": request.extension_reason,
        "is_granted": request.state == DataRequestState.GRANTED,
        "is_refused": request.state != DataRequestState.GRANTED,
        "is_cancellation": request.right == Right.CANCELLATION,
        "is_other": request.right != Right.CANCELLATION,
    }
    tell(user, text, facts, link=reverse("accounts:rights"))
