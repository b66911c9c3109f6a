"""Letters before they are written: their texts by name and version, when they make sense, and who may look after them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.notices.models import Message, MessageState

MANAGED = (MessageState.UNCONFIRMED, MessageState.FAILED)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one user. ``key`` names its cause: the same cause never writes twice.

    ``title`` and ``body`` are plain text in the reader's language, by default
    the one that is active as the letter is made; ``link`` is a path of this site.
    ``matter`` is the process it belongs to; after ``expires_at`` it is not
    sent. Reminders go only to who wants them.
    """

    key: str
    user_id: int
    title: str
    body: str
    link: str = ""
    language: str = field(default_factory=lambda: get_language() or settings.LANGUAGE_CODE)
    template: str = ""
    version: int = 0
    matter: str = ""
    expires_at: datetime | None = None
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """The text of a kind of letter. A changed text is a new ``version``: tests keep the digest of each.

    ``title`` and ``body`` are Spanish source texts, marked with ``gettext_noop`` where they are written, with their
    facts as ``%(name)s``. ``purpose`` says in a few words when it is sent.
    """

    code: str
    version: int
    purpose: str | Promise
    title: str
    body: str
    is_reminder: bool = False

    def letter(
        self,
        *,
        key: str,
        user_id: int,
        language: str,
        link: str = "",
        matter: str = "",
        expires_at: datetime | None = None,
        **facts: Any,
    ) -> Letter:
        """Return the letter in ``language``; a fact that is a function is called with that language in force."""
        with override(language):
            said = {name: value() if isinstance(value, Callable) else value for name, value in facts.items()}  # type: ignore[arg-type]
            title, body = gettext(self.title) % said, gettext(self.body) % said
        return Letter(
            key, user_id, title, body, link, language, self.code, self.version, matter, expires_at, self.is_reminder
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """The SHA-256 of its texts in every language."""
        texts = []
        for language, _name in settings.LANGUAGES:
            with override(language):
                texts += [gettext(self.title), gettext(self.body)]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()


@cache
def templates() -> dict[str, Template]:
    """Return every template that the apps declare in ``settings.LETTERS``, by code. Raises for one declared twice."""
    found: dict[str, Template] = {}
    for path in settings.LETTERS:
        for template in import_string(path):
            if template.code in found:
                raise ValueError(f"The letter {template.code} is declared twice.")
            found[template.code] = template
    return found


def may_operate(actor: Actor) -> Verdict:
    """Whether the actor looks after the letters of the whole installation."""
    if actor.holds(roles.MAIL_OPERATE):
        return ALLOWED
    return Verdict(False, _("De las cartas se ocupa la oficina nacional."))


def may_settle(actor: Actor, message: Message) -> Verdict:
    """Whether the actor may say what became of a letter: send it again, or count it as delivered."""
    return may_operate(actor).unless(
        message.state not in MANAGED,
        _("Esta carta no está en duda: no hay nada que decidir."),
    )


def may_send_again(actor: Actor, message: Message, *, now: datetime) -> Verdict:
    return may_settle(actor, message).unless(
        message.expires_at is not None and message.expires_at <= now,
        _("Su fecha ya pasó: enviarla ahora confundiría a quien la lee."),
    )
