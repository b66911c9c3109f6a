"""Reads of letters: the inbox of a person, the badge of the frame, and the letterbox of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.accounts.rules import masked_email
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.notices import rules
from cauce.notices.models import Message, MessageState, NoReminders

PAGE = 20


@dataclass(frozen=True, slots=True)
class InboxPage:
    letters: Page
    total: int
    unread: int
    wants_reminders: bool


def messages_visible_to(actor: Actor) -> QuerySet[Message]:
    """The letters written to the actor, newest first. What libraries send (links of access) is never among them."""
    if actor.user_id is None:
        return Message.objects.none()
    return Message.objects.filter(user=actor.user_id).order_by("-written_at", "-pk")


def inbox_page(actor: Actor, *, page: str | int = 1) -> InboxPage:
    """Read one page of the inbox in four queries."""
    mine = messages_visible_to(actor)
    counts = mine.order_by().aggregate(total=Count("pk"), unread=Count("pk", filter=Q(read_at__isnull=True)))
    letters = Paginator(mine, PAGE).get_page(page)
    wants = not NoReminders.objects.filter(user=actor.user_id or 0).exists()
    return InboxPage(letters, counts["total"], counts["unread"], wants)


def unread_count(actor: Actor) -> int:
    """How many letters the actor has not opened; no query for nobody."""
    if actor.user_id is None:
        return 0
    return Message.objects.filter(user=actor.user_id, read_at__isnull=True).count()


def held(actor: Actor) -> list[dict[str, Any]]:
    """Return every letter to the actor, for the file of all that is held about them."""
    fields = ("title", "body", "link", "language", "address", "state", "template", "template_version",
              "written_at", "sent_at", "read_at")  # fmt: skip
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


# -------------------------------------------------------------------- office


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the letters of one kind: how many were written, and of those how many are where."""

    code: str
    purpose: str
    version: int
    is_current: bool
    written: int
    waiting: int
    sent: int
    read: int
    unconfirmed: int
    failed: int
    expired: int


_WAITING = (MessageState.QUEUED, MessageState.SENDING)


def fates(messages: QuerySet[Message]) -> tuple[Fate, ...]:
    """Count letters by template and version, in one query; those composed by hand or by libraries come last."""
    counted = (
        messages.order_by()
        .values("template", "template_version")
        .annotate(
            written=Count("pk"),
            waiting=Count("pk", filter=Q(state__in=_WAITING)),
            sent=Count("pk", filter=Q(state=MessageState.SENT)),
            read=Count("pk", filter=Q(read_at__isnull=False)),
            unconfirmed=Count("pk", filter=Q(state=MessageState.UNCONFIRMED)),
            failed=Count("pk", filter=Q(state=MessageState.FAILED)),
            expired=Count("pk", filter=Q(state=MessageState.EXPIRED)),
        )
    )
    known = rules.templates()
    rows = []
    for row in counted:
        code, version = row["template"], row["template_version"]
        template = known.get(code)
        purpose = str(template.purpose) if template else code or _("Compuestas por otras partes")
        is_current = template is not None and template.version == version
        counts = [row["written"], row["waiting"], row["sent"], row["read"], row["unconfirmed"], row["failed"],
                  row["expired"]]  # fmt: skip
        rows.append(Fate(code, purpose, version, is_current, *counts))
    return tuple(sorted(rows, key=lambda fate: (not fate.code, fate.code, -fate.version)))


@dataclass(frozen=True, slots=True)
class DoubtfulLetter:
    """A letter that failed or is in doubt; ``address`` is masked."""

    pk: int
    title: str
    language: str
    address: str
    state: str
    state_words: str
    failure: str
    attempts: int
    written_at: datetime
    may_send_again: Verdict


@dataclass(frozen=True, slots=True)
class OutboxPage:
    waiting: int
    oldest: datetime | None
    in_doubt: int
    fates: tuple[Fate, ...]
    doubtful: Page
    letters: tuple[DoubtfulLetter, ...]


def outbox_page(actor: Actor, *, now: datetime, page: str | int = 1) -> OutboxPage:
    """Read how the letters of the installation fare, in four queries."""
    waiting = Message.objects.filter(state__in=_WAITING).aggregate(n=Count("pk"), oldest=Min("written_at"))
    doubtful = Paginator(Message.objects.filter(state__in=rules.MANAGED).order_by("-pk"), PAGE).get_page(page)
    return OutboxPage(
        waiting=waiting["n"],
        oldest=waiting["oldest"],
        in_doubt=doubtful.paginator.count,
        fates=fates(Message.objects.all()),
        doubtful=doubtful,
        letters=tuple(
            DoubtfulLetter(
                letter.pk,
                letter.title,
                letter.language,
                masked_email(letter.address),
                letter.state,
                str(MessageState(letter.state).label),
                letter.failure.replace(letter.address, masked_email(letter.address)),
                letter.attempts,
                letter.written_at,
                rules.may_send_again(actor, letter, now=now),
            )
            for letter in doubtful
        ),
    )


# -------------------------------------------------------------------- texts


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says in one language; each paragraph with the fact on which it depends, "" for always."""

    language: str
    language_name: str
    title: str
    body: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version of a text, with its words as the archive keeps them and how many letters were made of it."""

    code: str
    version: int
    purpose: str
    is_current: bool
    is_reminder: bool
    written: int
    sent: int
    read: int
    words: tuple[Words, ...]

    @property
    def area(self) -> str:
        """What the letter is about, in words: its code begins with the app that writes it."""
        return str(_AREAS.get(self.code.partition(".")[0], self.code))


_AREAS = {
    "accounts": gettext_lazy("Cuentas y datos personales"),
    "allocation": gettext_lazy("Asignación, resultados y ofertas"),
    "calls": gettext_lazy("Convocatorias y solicitudes"),
}


@dataclass(frozen=True, slots=True)
class TextsPage:
    texts: tuple[TextVersion, ...]
    without_text: int
    may_operate: bool


def texts_page(actor: Actor) -> TextsPage:
    """Read every text in every version that ever was, with its letters counted, in one query."""
    counted = {(fate.code, fate.version): fate for fate in fates(Message.objects.all())}
    in_force, texts = rules.templates(), []
    for name, source in rules.archive().items():
        code, _space, number = name.partition(" ")
        text, fate = in_force.get(code), counted.get((code, int(number)))
        texts.append(
            TextVersion(
                code,
                int(number),
                str(text.purpose) if text else code,
                is_current=text is not None and text.version == int(number),
                is_reminder=text is not None and text.is_reminder,
                written=fate.written if fate else 0,
                sent=fate.sent if fate else 0,
                read=fate.read if fate else 0,
                words=tuple(
                    _words(source, language, str(label))
                    for language, label in settings.LANGUAGES
                    if language in source
                ),
            )
        )
    texts.sort(key=lambda text: (text.code, -text.version))
    without = counted.get(("", 0))
    return TextsPage(tuple(texts), without.written if without else 0, bool(rules.may_operate(actor)))


def _words(source: dict[str, Any], language: str, label: str) -> Words:
    said = source[language]
    return Words(
        language,
        label,
        said["title"],
        tuple((part[0], part[1] if len(part) > 1 else "") for part in said["body"]),
    )
