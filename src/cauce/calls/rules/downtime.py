"""How long a call's closing moves because the product did not serve: the measured time, and the grace that was published."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.outages import covered
from cauce.calls.models import Call
from cauce.calls.rules.lottery import Source

# What a call may declare, in minutes; the frozen rules say it, so that it never changes under anybody.
WINDOW, GRACE = (30, 1440), (0, 240)


@dataclass(frozen=True, slots=True)
class Clause:
    """What the frozen rules of a call promise: outages in the last ``window`` before closing are given back, and ``grace``."""

    window: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Extension:
    """The arithmetic of a moved closing: ``base`` plus ``lost`` plus ``grace`` is ``closes_at``, to the second.

    ``is_cut`` says that the announced results, or the value of the lottery, leave no more room.
    """

    base: datetime
    lost: timedelta
    grace: timedelta
    closes_at: datetime
    is_cut: bool


def clause_of(frozen: str) -> Clause | None:
    """What the frozen rules of a call promise; nothing where they say nothing, since nobody may add to them."""
    try:
        promised = json.loads(frozen or "{}").get("outages")
    except ValueError:
        return None
    if not promised:
        return None
    return Clause(timedelta(minutes=promised["window_minutes"]), timedelta(minutes=promised["grace_minutes"]))


def extension(
    call: Call, clause: Clause, outages: Iterable[tuple[datetime, datetime]], *, base: datetime
) -> Extension | None:
    """Where the closing moves, or nothing. ``base`` is the closing that people chose, before any outage moved it.

    Outages count from ``clause.window`` before ``base``, whole if they began before the closing as it stands; each
    moment once, whatever parts failed. Fractions of a second count as one. It never moves to earlier.
    """
    opens = base - clause.window
    lost = covered(
        (max(start, opens), end) for start, end in outages if end > opens and start <= call.closes_at
    )
    if not lost:
        return None
    lost = timedelta(seconds=math.ceil(lost.total_seconds()))
    wanted = base + lost + clause.grace
    last = min(call.results_at, Source.of(call).known_at or call.results_at) - timedelta(seconds=1)
    closes_at = min(wanted, last)
    if closes_at <= call.closes_at:
        return None
    return Extension(base, lost, clause.grace, closes_at, closes_at < wanted)


def addendum_text(found: Extension) -> str:
    """The arithmetic in words, as the addendum and everybody's letter say it."""
    minutes, seconds = divmod(int(found.lost.total_seconds()), 60)
    text = _(
        "Este sitio no funcionó durante %(minutes)s minutos y %(seconds)s segundos en las últimas horas antes del cierre, "
        "según su propio registro. Las reglas devuelven ese tiempo y %(grace)s minutos más. "
        "%(base)s + %(minutes)s min %(seconds)s s + %(grace)s min = %(closes)s."
    ) % {
        "minutes": figures.number(minutes), "seconds": seconds,
        "grace": int(found.grace.total_seconds()) // 60,
        "base": _to_the_second(found.base), "closes": _to_the_second(found.closes_at),
    }  # fmt: skip
    if found.is_cut:
        text += " " + _(
            "El cierre no puede pasar de la fecha anunciada de resultados, ni del momento en que se conoce el sorteo: por eso queda ahí."
        )
    return text


def _to_the_second(moment: datetime) -> str:
    return f"{figures.moment(moment)}:{moment.second:02d}"
