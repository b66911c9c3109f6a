"""Reads of letters: the inbox of a person, the badge of the frame, and the letterbox of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from cauce.base.actors import Actor
from cauce.notices.models import Message, MessageState

PAGE = 20


@dataclass(frozen=True, slots=True)
class InboxPage:
    letters: Page
    total: int
    unread: int


def messages_visible_to(actor: Actor) -> QuerySet[Message]:
    """The letters written to the actor, newest first. What libraries send (links of access) is never among them."""
    if actor.user_id is None:
        return Message.objects.none()
    return Message.objects.filter(user=actor.user_id).order_by("-written_at", "-pk")


def inbox_page(actor: Actor, *, page: str | int = 1) -> InboxPage:
    """Read one page of the inbox in three queries."""
    mine = messages_visible_to(actor)
    counts = mine.order_by().aggregate(total=Count("pk"), unread=Count("pk", filter=Q(read_at__isnull=True)))
    letters = Paginator(mine, PAGE).get_page(page)
    return InboxPage(letters, counts["total"], counts["unread"])


def unread_count(actor: Actor) -> int:
    """How many letters the actor has not opened; no query for nobody."""
    if actor.user_id is None:
        return 0
    return Message.objects.filter(user=actor.user_id, read_at__isnull=True).count()


def held(actor: Actor) -> list[dict[str, Any]]:
    """Return every letter to the actor, for the file of all that is held about them."""
    fields = ("title", "body", "link", "language", "address", "state", "written_at", "sent_at", "read_at")
    return [dict(letter) for letter in messages_visible_to(actor).values(*fields)]


# ---------------------------------------------------------------------- demo


@dataclass(frozen=True, slots=True)
class DemoLetter:
    address: str
    title: str
    body: str
    links: tuple[str, ...]
    written_at: datetime
    is_sent: bool
    language: str


def letterbox(addresses: list[str], *, origin: str) -> tuple[DemoLetter, ...]:
    """Return the latest letters to these addresses, whoever wrote them, each with the links of this site in it."""
    letters = Message.objects.filter(address__in=addresses).order_by("-written_at", "-pk")[:50]
    return tuple(
        DemoLetter(
            letter.address,
            letter.title,
            letter.body,
            _links(letter, origin),
            letter.written_at,
            letter.state == MessageState.SENT,
            letter.language,
        )
        for letter in letters
    )


def _links(letter: Message, origin: str) -> tuple[str, ...]:
    """Paths of this site, so that a link written for another host name still works here."""
    found = [word for word in letter.body.split() if word.startswith(origin)]
    return tuple(
        dict.fromkeys([*(word.removeprefix(origin) for word in found), *filter(None, [letter.link])])
    )
