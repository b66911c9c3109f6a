"""What a person is given for a sent list: a number, and the digest of exactly what was sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from cauce.base.figures import day, zone_name


@dataclass(frozen=True, slots=True)
class Receipt:
    """``number`` at most 30 characters; ``digest`` is 64 hexadecimal digits."""

    number: str
    digest: str


def receipt_content(
    *,
    folio: str,
    call: str,
    rules_digest: str,
    version: int,
    merit: Sequence[str],
    posts: Sequence[str],
    sent_at: datetime,
) -> bytes:
    """Return the canonical bytes of a sending, which anyone can write again and hash.

    UTF-8 JSON with sorted keys and without spaces; ``posts`` are keys, best
    first; ``merit`` decimal strings in the order of the call's criteria; the
    time in UTC to the second.
    """
    return json.dumps(
        {
            "call": call,
            "folio": folio,
            "merit": list(merit),
            "posts": list(posts),
            "rules": rules_digest,
            "sent_at": sent_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "version": version,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode()


def receipt_for(
    *,
    folio: str,
    call: str,
    rules_digest: str,
    version: int,
    merit: Sequence[str],
    posts: Sequence[str],
    sent_at: datetime,
) -> Receipt:
    """Return the receipt of a sending. Deterministic."""
    digest = hashlib.sha256(
        receipt_content(
            folio=folio,
            call=call,
            rules_digest=rules_digest,
            version=version,
            merit=merit,
            posts=posts,
            sent_at=sent_at,
        )
    ).hexdigest()
    return Receipt(f"{folio}-V{version}-{digest[:6].upper()}", digest)


def to_the_second(moment: datetime) -> str:
    """Return a moment that binds: "23 de febrero de 2024 a las 23:59:59, hora del centro"."""
    local = timezone.localtime(moment)
    return _("%(day)s a las %(time)s, %(zone)s") % {
        "day": day(local),
        "time": f"{local:%H:%M:%S}",
        "zone": zone_name(local),
    }
