"""A letter of the outbox as an e-mail."""

from __future__ import annotations

import hashlib
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMessage

from cauce.notices.models import Message


def message_id(message: Message) -> str:
    """Return the Message-ID of a letter. It follows from the key, so that a second copy is known as one."""
    host = settings.ORIGIN.split("://", 1)[-1].split(":")[0]
    return f"<{hashlib.sha256(message.key.encode()).hexdigest()[:40]}@{host}>"


def mail(message: Message) -> EmailMessage:
    """Return the e-mail of ``message``."""
    body = message.body
    if message.link:
        body = f"{body}\n\n{settings.ORIGIN}{message.link}"
    return EmailMessage(
        subject=message.title,
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.address],
        headers={
            "Message-ID": message_id(message),
            "Date": format_datetime(message.written_at),
            "Auto-Submitted": "auto-generated",
        },
    )
