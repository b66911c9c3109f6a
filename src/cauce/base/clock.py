"""The only place that reads the clock. Everything else is told the time as ``now``.

A demo tells a past story (the drive of February 2024), so its domain time is
the machine's time moved by ``CLOCK_OFFSET``. Sessions, rate limits and the
heartbeats of workers always run on the machine's own time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

ARRIVED = "cauce.arrived"  # seconds since the epoch, which our own server writes into the environment
# Whoever waited longer has been answered by nobody: an older stamp is a wrong clock, not a queue.
LONGEST_WAIT = timedelta(minutes=10)


def read() -> datetime:
    """Return the domain time: what ``now`` means in rules, calendars and audit events."""
    return timezone.now() + settings.CLOCK_OFFSET


def told(moment: datetime) -> datetime:
    """Return in domain time a moment that was kept by the machine's clock: what Django and the sign-in write."""
    return moment + settings.CLOCK_OFFSET


def machine() -> datetime:
    """Return the machine's time, for leases and heartbeats only."""
    return timezone.now()


def stamp() -> float:
    """Return the machine's time as our server writes it under ``ARRIVED``."""
    return machine().timestamp()


def arrived(environ: Mapping[str, Any]) -> datetime:
    """Return the domain time at which a request arrived: under load earlier than when its turn comes.

    Read from our server's stamp, or from ``settings.ARRIVAL_HEADER`` where a proxy
    in front writes it (``t=`` and seconds or milliseconds); only if that is set,
    because otherwise anybody could write it. A stamp of the future, or older
    than ``LONGEST_WAIT``, is not believed: then it is now.
    """
    written = environ.get(ARRIVED)
    if settings.ARRIVAL_HEADER:
        written = _seconds(str(environ.get(settings.ARRIVAL_HEADER, ""))) or written
    if written is None:
        return read()
    moment, present = datetime.fromtimestamp(float(written), UTC), machine()
    return told(moment) if timedelta(0) <= present - moment <= LONGEST_WAIT else told(present)


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(?:t=)?(\d{10})(?:\.?(\d{3,6}))?", text.strip())
    return float(f"{match[1]}.{match[2] or 0}") if match else None
