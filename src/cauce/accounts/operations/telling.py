"""Letters that accounts write: through the outbox, and into the inbox of their reader."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage
from django.utils import translation

from cauce.accounts.models import User
from cauce.accounts.rules import INBOX_OF
from cauce.base.texts import TEXT, Text
from cauce.base.usecases import step

# Where a letter in the inbox leads, as the outbox reads it.
LINK = "X-Cauce-Link"


@step
def tell(user: User, text: Text, facts: dict[str, Any], *, link: str = "", address: str = "") -> None:
    """Write the letter made of ``text`` to an account, in its language; it leaves once the use case commits.

    It shows in their inbox too, unless it goes to another ``address`` than that of the account: such a letter may
    hold what only that address is to know. Facts that are functions are called in the reader's language.
    """
    title, body = text.words(language=user.language, **facts)
    headers = {TEXT: text.name} | ({} if address else {INBOX_OF: str(user.pk), LINK: link})
    with translation.override(user.language):  # the outbox notes the language that is in force
        EmailMessage(title, body, None, [address or user.email], headers=headers).send()
