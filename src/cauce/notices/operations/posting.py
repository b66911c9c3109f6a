"""Writing letters into the outbox, once for each cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models

from cauce.accounts.models import User
from cauce.base.usecases import step
from cauce.notices.models import Message, NoReminders
from cauce.notices.rules import Letter

BATCH = 2000
TITLE_LIMIT = 200


@step
def post_letter(letter: Letter, *, now: datetime, subject: models.Model | None = None) -> int:
    """Write one letter: it appears in its reader's inbox and goes out by e-mail once the use case commits.

    A second letter with the same key is not written. ``subject`` is the thing the letter is about. Returns 1, or 0
    if its reader is not to get it.
    """
    return _write_batch([letter], now=now, subject=subject)


@step
def post_many(letters: Iterable[Letter], *, now: datetime, subject: models.Model | None = None) -> int:
    """Write many letters as ``post_letter`` does, in batches; return how many were handed in.

    ``letters`` may be a generator: 50,000 need two queries per 2,000. Letters
    to users that do not exist or are not active, and reminders to who wants
    none, are left out and not counted.
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
    spared: set[int] = set()
    if reminded := {letter.user_id for letter in batch if letter.is_reminder}:
        spared = set(NoReminders.objects.filter(user__in=reminded).values_list("user_id", flat=True))
    kept = [
        letter
        for letter in batch
        if letter.user_id in addresses and not (letter.is_reminder and letter.user_id in spared)
    ]
    return _write(kept, addresses, now=now, subject=subject)


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
                matter=letter.matter,
                template=letter.template,
                template_version=letter.version,
                expires_at=letter.expires_at,
                written_at=now,
            )
            for letter in letters
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return len(letters)
