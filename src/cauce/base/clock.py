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
# No proxy keeps a request longer: an older stamp of theirs is a wrong clock. Our own server's queue may be longer.
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

    Read from our server's stamp, which is believed however long the request
    waited. Where ``settings.ARRIVAL_HEADER`` is set, a proxy in front writes it
    too (``t=`` and seconds or milliseconds); only then, because otherwise
    anybody could. What it writes counts unless it is later than our own stamp,
    or older by more than ``LONGEST_WAIT``.
    """
    stamped, sent = _moment(environ.get(ARRIVED)), None
    if settings.ARRIVAL_HEADER:
        sent = _moment(_seconds(str(environ.get(settings.ARRIVAL_HEADER, ""))))
    if stamped is None and sent is None:
        return read()
    present = machine()
    came = min(stamped or present, present)
    if sent is not None and timedelta(0) <= came - sent <= LONGEST_WAIT:
        came = sent
    return told(came)


def _moment(seconds: Any) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(?:t=)?(\d{10})(?:\.?(\d{3,6}))?", text.strip())
    return float(f"{match[1]}.{match[2] or 0}") if match else None
