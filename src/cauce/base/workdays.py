"""Working days of Mexico: which they are, and how legal clocks count them. Pure; days are those of Mexico City.

The days of rest are those of the Federal Labour Law, article 74 (three of them
moved to a Monday since 2006; the change of the federal government on 1 October
since 2024). Days on which an authority closes by its own agreement, such as its
holidays, are passed as ``closed``: a clock never counts on them by guess,
because every day that is not counted makes a person wait longer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEXICO_CITY = ZoneInfo("America/Mexico_City")
SATURDAY = 5
_MONDAY_RULE_SINCE = 2006
_DAY = timedelta(days=1)


@cache
def holidays(year: int) -> dict[date, str | Promise]:
    """Return the days of rest of a year with their names, in order. Raises ``ValueError`` before 2006."""
    if year < _MONDAY_RULE_SINCE:
        raise ValueError(f"The days of rest of {year} followed another law.")
    days: dict[date, str | Promise] = {
        date(year, 1, 1): _("Año Nuevo"),
        _monday(year, 2, 1): _("Día de la Constitución"),
        _monday(year, 3, 3): _("Natalicio de Benito Juárez"),
        date(year, 5, 1): _("Día del Trabajo"),
        date(year, 9, 16): _("Día de la Independencia"),
        _monday(year, 11, 3): _("Día de la Revolución"),
        date(year, 12, 25): _("Navidad"),
    }
    if handover := _handover(year):
        days[handover] = _("Cambio del Poder Ejecutivo Federal")
    return dict(sorted(days.items()))


def _monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (nth - 1))


def _handover(year: int) -> date | None:
    """1 December every sixth year up to 2018, 1 October since."""
    if year % 6 == 2 and year <= 2018:
        return date(year, 12, 1)
    return date(year, 10, 1) if year >= 2024 and year % 6 == 2 else None


def is_workday(day: date, *, closed: Collection[date] = ()) -> bool:
    """Whether ``day`` is from Monday to Friday, no day of rest, and not among ``closed``."""
    return day.weekday() < SATURDAY and day not in holidays(day.year) and day not in closed


def add_workdays(day: date, count: int, *, closed: Collection[date] = ()) -> date:
    """Return the ``count``-th working day after ``day``, which itself is not counted; ``count`` is at least 1."""
    if count < 1:
        raise ValueError("A clock counts at least one day.")
    while count:
        day += _DAY
        count -= is_workday(day, closed=closed)
    return day


def workdays_between(start: date, end: date, *, closed: Collection[date] = ()) -> int:
    """Return how many working days come after ``start`` up to and with ``end``; 0 if ``end`` is not later."""
    return sum(is_workday(start + _DAY * n, closed=closed) for n in range(1, (end - start).days + 1))


def due_by(moment: datetime, count: int, *, closed: Collection[date] = ()) -> datetime:
    """Return when a clock of ``count`` working days that starts with ``moment`` runs out.

    The day of ``moment`` in Mexico City is not counted; the clock runs out as
    the last counted day ends there, which is midnight of the day after.
    """
    last = add_workdays(moment.astimezone(MEXICO_CITY).date(), count, closed=closed)
    return end_of(last)


def end_of(day: date) -> datetime:
    """Return when ``day`` ends in Mexico City: midnight of the day after."""
    return datetime.combine(day + _DAY, time(), MEXICO_CITY)


def last_day(due: datetime) -> date:
    """Return the last day that a clock counts which runs out at ``due``, as people say it."""
    return (due - _DAY / 2).astimezone(MEXICO_CITY).date()


def due_after_hours(moment: datetime, hours: int, *, closed: Collection[date] = ()) -> datetime:
    """Return the moment ``hours`` after ``moment``, counting only hours of working days, by the clock of Mexico City."""
    if hours < 1:
        raise ValueError("A clock counts at least one hour.")
    at, left = moment.astimezone(MEXICO_CITY), timedelta(hours=hours)
    while True:
        midnight = datetime.combine(at.date() + _DAY, time(), MEXICO_CITY)
        if is_workday(at.date(), closed=closed):
            if at + left <= midnight:
                return at + left
            left -= midnight - at
        at = midnight
