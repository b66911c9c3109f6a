"""Letters: written to the outbox, handed to the carrier, read in the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, models, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.usecases import note, step, use_case
from cauce.notices import documents
from cauce.notices.models import Message, MessageState

BATCH = 2000
TITLE_LIMIT = 200


class NoSuchMessage(DomainError):
    """The letter does not exist, or is somebody else's."""

    status = 404
    code = "no_such_message"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one user. ``key`` names its cause: the same cause never writes twice.

    ``title`` and ``body`` are plain text in the reader's language, by default
    the one that is active as the letter is made; ``link`` is a path of this site.
    """

    key: str
    user_id: int
    title: str
    body: str
    link: str = ""
    language: str = field(default_factory=lambda: get_language() or settings.LANGUAGE_CODE)


@step
def post(
    *,
    key: str,
    user: User,
    title: str,
    body: str,
    now: datetime,
    link: str = "",
    subject: models.Model | None = None,
) -> None:
    """Write one letter to ``user``: it appears in their inbox and goes out by e-mail once the use case commits.

    A second letter with the same ``key`` is not written. ``subject`` is the
    thing the letter is about.
    """
    _write([Letter(key, user.pk, title, body, link)], {user.pk: user.email}, now=now, subject=subject)


@step
def post_many(letters: Iterable[Letter], *, now: datetime, subject: models.Model | None = None) -> int:
    """Write many letters as ``post`` does, in batches; return how many were handed in.

    ``letters`` may be a generator: 50,000 need two queries per 2,000. Letters
    to users that do not exist or are not active are left out and not counted.
    """
    handed_in, batch = 0, []
    for letter in letters:
        batch.append(letter)
        if len(batch) == BATCH:
            handed_in += _write_batch(batch, now=now, subject=subject)
            batch = []
    return handed_in + (_write_batch(batch, now=now, subject=subject) if batch else 0)


def _write_batch(batch: list[Letter], *, now: datetime, subject: models.Model | None) -> int:
    wanted = {letter.user_id for letter in batch}
    addresses = dict(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", "email"))
    return _write(
        [letter for letter in batch if letter.user_id in addresses], addresses, now=now, subject=subject
    )


def _write(
    letters: list[Letter], addresses: dict[int, str], *, now: datetime, subject: models.Model | None
) -> int:
    about = (subject._meta.label, str(subject.pk)) if subject is not None else ("", "")
    Message.objects.bulk_create(
        [
            Message(
                key=letter.key,
                user_id=letter.user_id,
                address=addresses[letter.user_id],
                title=" ".join(letter.title.split())[:TITLE_LIMIT],
                body=letter.body,
                link=letter.link,
                language=letter.language,
                subject_model=about[0],
                subject_id=about[1],
                written_at=now,
            )
            for letter in letters
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return len(letters)


# ------------------------------------------------------------------ delivery

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))


def deliver(*, carrier: BaseEmailBackend, now: datetime, limit: int = 300) -> int:
    """Hand up to ``limit`` waiting letters to ``carrier``, oldest first; return how many it took.

    Each letter is a transaction of its own, so that one that fails keeps
    nothing back. Raises ``OSError``, with no attempt counted, when the carrier
    cannot be reached at all.
    """
    waiting = Message.objects.filter(state=MessageState.QUEUED).exclude(retry_at__gt=now).order_by("pk")
    numbers = list(waiting.values_list("pk", flat=True)[:limit])
    if not numbers:
        return 0
    carrier.open()
    try:
        return sum(deliver_one(message_id=number, carrier=carrier, now=now) for number in numbers)
    finally:
        carrier.close()


def deliver_one(*, message_id: int, carrier: BaseEmailBackend, now: datetime) -> bool:
    """Hand one letter over under a lock on its row; return whether the carrier took it.

    At least once: a process that dies between the carrier's answer and the
    commit sends the letter again, under the same Message-ID. A refusal is
    tried again after a growing pause, and given up with its reason after the
    last of ``PAUSES``.
    """
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(skip_locked=skip)
            .filter(pk=message_id, state=MessageState.QUEUED)
            .first()
        )
        if message is None:
            return False
        message.attempts += 1
        try:
            carrier.send_messages([documents.mail(message)])
        except (OSError, ValueError) as refusal:  # SMTP's errors are OSErrors, a header's are ValueErrors
            _put_off(message, refusal, now)
            taken = False
        else:
            message.state, message.sent_at, message.failure, message.retry_at = (
                MessageState.SENT,
                now,
                "",
                None,
            )
            taken = True
        message.save(update_fields=["attempts", "state", "sent_at", "failure", "retry_at"])
    return taken


def _put_off(message: Message, refusal: Exception, now: datetime) -> None:
    message.failure = f"{type(refusal).__name__}: {refusal}"[:300]
    if message.attempts > len(PAUSES):
        message.state, message.retry_at = MessageState.FAILED, None
    else:
        message.retry_at = now + PAUSES[message.attempts - 1]


# ------------------------------------------------------------------- reading


@use_case
def mark_read(*, message_id: int, actor: Actor, now: datetime) -> Message:
    """Note that the actor has read a letter of theirs; reading it again changes nothing.

    Raises ``NoSuchMessage`` for a letter of somebody else.
    """
    mine = Message.objects.filter(user__isnull=False, user=actor.user_id)
    message = mine.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None:
        raise NoSuchMessage(_("Ese aviso no existe."), _("Vuelve a tus avisos."))
    if message.read_at is None:
        message.read_at = now
        message.save(update_fields=["read_at"])
    return message


@use_case
def mark_all_read(*, actor: Actor, now: datetime) -> User:
    """Note that the actor has read every letter of theirs; return their account."""
    user = User.objects.get(pk=actor.user_id or 0)
    count = Message.objects.filter(user=user, read_at__isnull=True).update(read_at=now)
    note(read=count)
    return user
