"""The two ends of the outbox: what libraries write into it, and the chore that empties it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from cauce.accounts.models import User
from cauce.accounts.operations import LINK
from cauce.accounts.rules import INBOX_OF
from cauce.base import clock
from cauce.base.texts import TEXT
from cauce.notices import operations
from cauce.notices.models import Message

logger = logging.getLogger("cauce.mail")


class Outbox(BaseEmailBackend):
    """Django's e-mail backend of Cauce: whatever a library sends waits in the outbox for the carrier.

    Confirmations and password links are written while a visitor is nobody
    yet, inside or outside a transaction, so this is no use case; it joins the
    transaction that is open, if any. Such letters show in no inbox, unless
    one of ours names an account of the address (``INBOX_OF``).
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        letters = [
            Message(
                key=f"mail:{uuid.uuid4()}",
                **_text(mail),
                user_id=User.objects.filter(pk=mail.extra_headers.get(INBOX_OF, 0), email__iexact=address)
                .values_list("pk", flat=True)
                .first(),
                link=mail.extra_headers.get(LINK, ""),
                address=address,
                title=str(mail.subject)[: operations.TITLE_LIMIT],
                body=str(mail.body),
                language=get_language() or settings.LANGUAGE_CODE,
                written_at=clock.read(),
            )
            for mail in email_messages
            for address in mail.recipients()
        ]
        Message.objects.bulk_create(letters)
        return len(email_messages)


def _text(mail: EmailMessage) -> dict[str, Any]:
    """Which text a mail was made of, if it says so."""
    code, _space, version = str(mail.extra_headers.get(TEXT, "")).partition(" ")
    return {"template": code, "template_version": int(version)} if version else {}


def deliver() -> int:
    """Chore of the worker: hand waiting letters to the carrier. An unreachable carrier is tried again next time."""
    try:
        return operations.deliver(
            carrier=get_connection(settings.MAIL_CARRIER), now=clock.read(), read_clock=clock.read
        )
    except OSError as absence:
        logger.warning("The mail carrier cannot be reached; letters wait: %s", absence)
        return 0
