"""When a call takes applications. The clock comes from the caller."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from cauce.calls.models import Call, CallState


class Phase(StrEnum):
    """Where a call is on its calendar."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"


def phase(call: Call, *, now: datetime) -> Phase:
    """Return the call's phase at ``now``.

    Calendars are to the second: ``closes_at`` is the last second in which
    one can act, so 18:00:00.999 is in time and 18:00:01.000 is late.
    """
    if call.state != CallState.PUBLISHED:
        return Phase.DRAFT
    second = now.replace(microsecond=0)
    if second < call.opens_at:
        return Phase.ANNOUNCED
    return Phase.OPEN if second <= call.closes_at else Phase.CLOSED


def accepts(call: Call, *, now: datetime) -> bool:
    return phase(call, now=now) is Phase.OPEN
