"""Handing letters to the carrier: each exactly once, or openly in doubt.

A letter is claimed in a transaction of its own before the carrier gets it, and
written down as sent in another one. A worker that dies in between leaves it
*sending*; once its time is over, a carrier that can tell is asked. One that
cannot, as a mail server, leaves the letter *unconfirmed*: nobody sends it a
second time but a person who has looked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.usecases import note, use_case
from cauce.notices import bridge, documents, rules
from cauce.notices.models import Message, MessageState

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))
# Longer than a carrier that lives can take over one letter (``EMAIL_TIMEOUT`` for each answer).
LEASE = timedelta(minutes=10)


class NoSuchMessage(DomainError):
    """The letter does not exist, or is somebody else's."""

    status = 404
    code = "no_such_message"


def deliver(
    *,
    carrier: BaseEmailBackend,
    now: datetime,
    limit: int = 300,
    read_clock: Callable[[], datetime] | None = None,
) -> int:
    """Hand up to ``limit`` waiting letters to ``carrier``, oldest first; return how many it took.

    Before that, letters of a worker that died are settled and those whose
    ``expires_at`` has passed are let go of; ``read_clock`` tells the time of
    each letter, so that a long batch sends none too late. One that fails keeps
    nothing back. Raises ``OSError``, with no attempt counted, when the carrier
    cannot be reached at all.
    """
    Message.objects.filter(state=MessageState.QUEUED, expires_at__lte=now).update(
        state=MessageState.EXPIRED, retry_at=None
    )
    interrupted = Message.objects.filter(state=MessageState.SENDING, claimed_at__lte=now - LEASE)
    waiting = Message.objects.filter(state=MessageState.QUEUED).exclude(retry_at__gt=now)
    lost = list(interrupted.order_by("pk")[:limit])
    numbers = list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])
    if not numbers and not lost:
        return 0
    carrier.open()
    try:
        for message in lost:
            _settle_interrupted(message, carrier, now)
        read = read_clock or (lambda: now)
        return sum(deliver_one(message_id=number, carrier=carrier, now=read()) for number in numbers)
    finally:
        carrier.close()


def deliver_one(*, message_id: int, carrier: BaseEmailBackend, now: datetime) -> bool:
    """Hand one waiting letter over; return whether the carrier took it.

    Whoever claims it first hands it over; the others do nothing. A refusal is
    tried again after a growing pause, and given up with its reason after the
    last of ``PAUSES``.
    """
    attempt = uuid.uuid4().hex
    with transaction.atomic(durable=True):
        claimed = (
            Message.objects.filter(pk=message_id, state=MessageState.QUEUED)
            .exclude(expires_at__lte=now)
            .update(state=MessageState.SENDING, attempt=attempt, claimed_at=now, attempts=F("attempts") + 1)
        )
    if not claimed:
        return False
    message = Message.objects.get(pk=message_id)
    try:
        carrier.send_messages([documents.mail(message)])
    except bridge.FateUnknown as silence:
        _keep(message, attempt, state=MessageState.UNCONFIRMED, failure=_words(silence))
        _reconnect(carrier)
        return False
    except (OSError, ValueError) as refusal:  # SMTP's errors are OSErrors, a header's are ValueErrors
        _put_off(message, attempt, refusal, now)
        if isinstance(refusal, OSError):
            _reconnect(carrier)
        return False
    _keep(message, attempt, state=MessageState.SENT, sent_at=now)
    return True


def _keep(message: Message, attempt: str, *, state: MessageState, sent_at: datetime | None = None,
          failure: str = "", retry_at: datetime | None = None) -> None:  # fmt: skip
    """Write down what became of an attempt, unless somebody else has settled the letter meanwhile."""
    mine = Message.objects.filter(
        pk=message.pk, attempt=attempt, state__in=(MessageState.SENDING, MessageState.UNCONFIRMED)
    )
    mine.update(state=state, sent_at=sent_at, failure=failure, retry_at=retry_at)


def _put_off(message: Message, attempt: str, refusal: Exception, now: datetime) -> None:
    if message.attempts > len(PAUSES):
        _keep(message, attempt, state=MessageState.FAILED, failure=_words(refusal))
    else:
        retry_at = now + PAUSES[message.attempts - 1]
        _keep(message, attempt, state=MessageState.QUEUED, failure=_words(refusal), retry_at=retry_at)


def _words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:300]


def _reconnect(carrier: BaseEmailBackend) -> None:
    """After a refusal a conversation may be broken, and the next letter must not pay for it."""
    carrier.close()
    carrier.open()


def _settle_interrupted(message: Message, carrier: BaseEmailBackend, now: datetime) -> None:
    """Ask the carrier about a letter whose worker died with it in its hands."""
    if not isinstance(carrier, bridge.Telling):
        _keep(message, message.attempt, state=MessageState.UNCONFIRMED, failure="worker died")
    elif carrier.already_took(documents.message_id(message)):
        _keep(message, message.attempt, state=MessageState.SENT, sent_at=now)
    else:
        _keep(message, message.attempt, state=MessageState.QUEUED)


# ------------------------------------------------------------------- doubts


def _managed(message_id: int) -> Message:
    message = Message.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NoSuchMessage(_("Esa carta no existe."), _("Volver a la lista de cartas."))
    return message


@use_case
def send_again(*, message_id: int, actor: Actor, now: datetime) -> Message:
    """Put a letter that failed or is in doubt back into the outbox, under the same Message-ID.

    One that waits already is left as it is. Raises ``Denied`` and ``NoSuchMessage``.
    """
    message = _managed(message_id)
    rules.may_operate(actor).enforce()
    if message.state == MessageState.QUEUED:
        note(repeated=True)
        return message
    rules.may_send_again(actor, message, now=now).enforce()
    message.state, message.attempts, message.attempt, message.retry_at = MessageState.QUEUED, 0, "", None
    message.save(update_fields=["state", "attempts", "attempt", "retry_at"])
    return message


@use_case
def count_as_sent(*, message_id: int, actor: Actor, now: datetime) -> Message:
    """Say that a letter in doubt did arrive, as the actor has found out; it is not sent again.

    One that counts as sent already is left as it is. Raises ``Denied`` and ``NoSuchMessage``.
    """
    message = _managed(message_id)
    rules.may_operate(actor).enforce()
    if message.state == MessageState.SENT:
        note(repeated=True)
        return message
    rules.may_settle(actor, message).enforce()
    message.state, message.sent_at, message.retry_at = MessageState.SENT, now, None
    message.save(update_fields=["state", "sent_at", "retry_at"])
    return message
