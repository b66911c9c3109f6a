"""Letters that accounts write: through the outbox, and into the inbox of their reader."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from cauce.accounts.models import User
from cauce.accounts.rules import INBOX_OF
from cauce.base.usecases import step

# Where a letter in the inbox leads, as the outbox reads it.
LINK = "X-Cauce-Link"


@step
def tell(user: User, letter: str, facts: dict[str, Any], *, link: str = "", address: str = "") -> None:
    """Write the letter named ``letter`` to an account, in its language; it leaves once the use case commits.

    It shows in their inbox too, unless it goes to another ``address`` than that of the account: such a letter may
    hold what only that address is to know. Facts that are functions are called in the reader's language.
    """
    with translation.override(user.language):
        said = {name: fact() if callable(fact) else fact for name, fact in facts.items()}
        title = render_to_string(f"account/email/{letter}_subject.txt", said).strip()
        body = render_to_string(f"account/email/{letter}_message.txt", said).strip()
        headers = {} if address else {INBOX_OF: str(user.pk), LINK: link}
        EmailMessage(title, body, None, [address or user.email], headers=headers).send()
