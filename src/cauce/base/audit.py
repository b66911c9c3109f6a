"""The hash chain over audit events, sealed after commit. Whether it closes is for ``continuity`` to say."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cauce.base.models import AuditEvent, AuditSeal

START = "0" * 64
_SEALER_LOCK = 0x0CA0CE


def link(previous: str, event: AuditEvent) -> str:
    """Return the digest that follows ``previous`` in the chain for ``event``."""
    canonical = json.dumps(
        [
            event.pk,
            event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            event.actor,
            event.action,
            event.subject_model,
            event.subject_id,
            event.detail,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def seal(*, now: datetime, limit: int = 5000) -> int:
    """Seal up to ``limit`` committed events that have no link yet; return how many.

    Only one sealer works at a time: another one finds the lock taken and
    returns 0. Writers never wait for it.
    """
    with transaction.atomic(durable=True):
        if not _only_sealer():
            return 0
        last = AuditSeal.objects.order_by("-number").first()
        number, digest = (last.number, last.digest) if last else (0, START)
        seals = []
        for event in unsealed().order_by("pk")[:limit]:
            number, digest = number + 1, link(digest, event)
            seals.append(AuditSeal(number=number, event_id=event.pk, digest=digest, sealed_at=now))
        AuditSeal.objects.bulk_create(seals)
        return len(seals)


def unsealed() -> QuerySet[AuditEvent]:
    """Committed events that the chain does not hold yet."""
    # By anti-join, not by "id greater than the last": ids may commit out of order.
    return AuditEvent.objects.extra(
        where=["NOT EXISTS (SELECT 1 FROM base_auditseal s WHERE s.event_id = base_auditevent.id)"]
    )


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True  # an IMMEDIATE transaction of SQLite is alone already
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        return bool(cursor.fetchone()[0])


# ------------------------------------------------------------------ in words

_MOST_LETTERS = 60


def action_words(action: str) -> str:
    """What an action is called on pages; its code where an older version of Cauce wrote it and no word is left."""
    return str(import_module(settings.AUDITED).ACTIONS.get(action, action))


def fact_words(detail: dict[str, Any]) -> str:
    """The facts of an event in one line, but for those that say nothing and those that the page tells otherwise."""
    words = import_module(settings.AUDITED)
    return "; ".join(
        f"{words.FACTS.get(name, name)}: {_value(value)}"
        for name, value in sorted(detail.items())
        if name not in words.SILENT and value not in (None, [], "")
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:24]}…{text[-8:]}"
