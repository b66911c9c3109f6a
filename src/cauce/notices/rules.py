"""Letters before they are written: their texts by name and version, when they make sense, and who may look after them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.base.texts import Text
from cauce.notices.models import Message, MessageState

ARCHIVE = Path(__file__).with_name("letters.json")
MANAGED = (MessageState.UNCONFIRMED, MessageState.FAILED)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one user. ``key`` names its cause: the same cause never writes twice.

    ``title`` and ``body`` are plain text in the reader's ``language``, made of the
    text ``template`` in that ``version``; ``link`` is a path of this site.
    ``matter`` is the process it belongs to; after ``expires_at`` it is not
    sent. Reminders go only to who wants them.
    """

    key: str
    user_id: int
    title: str
    body: str
    link: str
    language: str
    template: str
    version: int
    matter: str = ""
    expires_at: datetime | None = None
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Template(Text):
    """The text of a kind of letter to users."""

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
        """Return the letter in ``language``, with its ``facts``."""
        title, body = self.words(language=language, **facts)
        return Letter(
            key, user_id, title, body, link, language, self.code, self.version, matter, expires_at, self.is_reminder
        )  # fmt: skip


@cache
def templates() -> dict[str, Text]:
    """Return every text that the apps declare in ``settings.LETTERS``, by code. Raises for one declared twice."""
    found: dict[str, Text] = {}
    for path in settings.LETTERS:
        for text in import_string(path):
            if text.code in found:
                raise ValueError(f"The letter {text.code} is declared twice.")
            found[text.code] = text
    return found


@cache
def archive() -> dict[str, Any]:
    """Return the words of every version that was ever in force, by name and language (``letters`` adds to them)."""
    found: dict[str, Any] = json.loads(ARCHIVE.read_text("utf-8"))
    return found


def may_operate(actor: Actor) -> Verdict:
    """Whether the actor looks after the letters of the whole installation."""
    if actor.holds(roles.MAIL_OPERATE):
        return ALLOWED
    return Verdict(False, _("De las cartas se ocupa la oficina nacional."))


def may_read_texts(actor: Actor) -> Verdict:
    """Whether the actor may read what letters say, in every version, and how many were sent; no letter of anybody."""
    if actor.holds(roles.MAIL_OPERATE) or actor.holds_anywhere(roles.AUDIT_READ):
        return ALLOWED
    return Verdict(False, _("Los textos de las cartas los lee quien opera o audita."))


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
