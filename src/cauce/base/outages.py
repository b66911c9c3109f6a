"""Whether the product served: pulses of its parts, and the gaps between them kept as outages.

The worker beats for itself, and for the web edge when it answers. Whatever makes a gap counts against the product: a
dead process, a stopped machine, a clock put forward. A clock put back measures nothing and takes nothing away.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cauce.base.models import Outage, Pulse

BEAT = timedelta(seconds=10)
TOLERANCE = timedelta(seconds=60)  # a deploy, a slow machine: shorter gaps are nobody's deadline
WORKER, WEB = "worker", "web"
_PATIENCE = 5  # seconds that the web edge has to answer


def beat(*, now: datetime) -> list[Outage]:
    """Show life for the worker, and for the web edge if it answers; return the outages that ended with this beat."""
    parts = [WORKER]
    if settings.PROBE_URL and _answers(settings.PROBE_URL):
        parts.append(WEB)
    return [ended for part in parts if (ended := pulse(part, now=now)) is not None]


def pulse(part: str, *, now: datetime) -> Outage | None:
    """Note that a part serves at ``now``; a gap since its last sign of life becomes an outage."""
    with transaction.atomic():
        last = Pulse.objects.select_for_update().filter(part=part).first()
        if last is None:
            Pulse.objects.get_or_create(part=part, defaults={"at": now})
            return None
        before, last.at = last.at, now
        last.save(update_fields=["at"])
        if now - before <= TOLERANCE:
            return None
        outage, _is_new = Outage.objects.get_or_create(
            part=part, started_at=before, defaults={"ended_at": now, "measured_by": f"{WORKER}:pulse"}
        )
        return outage


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - the installation's own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, OSError):
        return False


def covered(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """How long the spans last together, each moment counted once."""
    total, reach = timedelta(), None
    for start, end in sorted(spans):
        begins = start if reach is None else max(start, reach)
        if end > begins:
            total += end - begins
        reach = end if reach is None else max(reach, end)
    return total
