"""The only place that reads the clock. Everything else is told the time as ``now``.

A demo tells a past story (the drive of February 2024), so its domain time is
the machine's time moved by ``CLOCK_OFFSET``. Sessions, rate limits and the
heartbeats of workers always run on the machine's own time.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone


def read() -> datetime:
    """Return the domain time: what ``now`` means in rules, calendars and audit events."""
    return timezone.now() + settings.CLOCK_OFFSET


def told(moment: datetime) -> datetime:
    """Return in domain time a moment that was kept by the machine's clock: what Django and the sign-in write."""
    return moment + settings.CLOCK_OFFSET


def machine() -> datetime:
    """Return the machine's time, for leases and heartbeats only."""
    return timezone.now()
