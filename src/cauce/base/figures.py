"""Numbers, money and dates as people read them, in the language in force. For templates, messages and documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

NBSP = "\N{NO-BREAK SPACE}"
CENTRE = "America/Mexico_City"
SMALLEST = 5  # people: a smaller group is not told in public
_KEY = re.compile(r"(?<![\w-])([A-Z0-9]+(?:-[A-Z0-9]+)+)(?![\w-])")


def _spanish() -> bool:
    return (get_language() or "es").startswith("es")


def missing() -> str:
    """Return the words for a value that should exist and does not."""
    return gettext("sin dato")


def whole(text: object) -> SafeString:
    """Return ``text`` for a page, with its folios and keys (JR24-048213-7, 20-0021) never cut at a hyphen."""
    if isinstance(text, SafeString):
        return text
    parts = _KEY.split(str(text))  # between, key, between, …
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="u-nowrap">{}</span>', part) if i % 2 else part,)
            for i, part in enumerate(parts)
        ),
    )


def number(value: int | float | Decimal | None, decimals: int | None = None) -> str:
    """Return ``value`` with grouped thousands: 1,234,567.5. ``decimals`` rounds half up; ``None`` keeps what is there."""
    if value is None:
        return missing()
    if decimals is not None:
        value = _rounded(value, decimals)
    return number_format(value, decimals, force_grouping=True).replace("-", "\N{MINUS SIGN}")


def percent(share: float | Decimal | None, decimals: int = 0) -> str:
    """Return a share from 0 to 1 as a percentage.

    Never rounds what is there to 0 nor what is lacking to 100: such values are
    "menos de 1 %" and "más de 99 %".
    """
    if share is None:
        return missing()
    exact = Decimal(str(share)) * 100
    unit = Decimal(1).scaleb(-decimals)
    shown = _rounded(exact, decimals)
    if exact > 0 and not shown:
        return gettext("menos de %(percent)s") % {"percent": _with_sign(unit, decimals)}
    if exact < 100 and shown >= 100:
        return gettext("más de %(percent)s") % {"percent": _with_sign(100 - unit, decimals)}
    return _with_sign(shown, decimals)


def pesos(amount: int | float | Decimal | None, decimals: int = 2) -> str:
    """Return an amount of Mexican pesos: $9,312.40, or MX$9,312.40 in English."""
    if amount is None:
        return missing()
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    magnitude = Decimal(str(amount)).copy_abs()
    return f"{sign}{'$' if _spanish() else 'MX$'}{number(magnitude, decimals)}"


def day(value: date | None, *, weekday: bool = False) -> str:
    """Return "13 de febrero de 2024"; with ``weekday``, "martes 13 de febrero de 2024". Moments are read in local time."""
    if value is None:
        return missing()
    value = _local(value)
    words = date_format(value, "DATE_FORMAT")
    if weekday:
        words = f"{date_format(value, 'l')} {words}"
    # Django's Spanish names of months and days are capitalised; Spanish writes them in lower case.
    return words.lower() if _spanish() else words


def clock(value: datetime | None) -> str:
    """Return the local time of day: 18:00."""
    return missing() if value is None else date_format(_local(value), "H:i")


def moment(value: datetime, *, weekday: bool = False, zone: bool = False) -> str:
    """Return day and time in words; ``zone`` names the zone, for hours that bind."""
    words = f"{day(value, weekday=weekday)}, {clock(value)}"
    return f"{words}, {zone_name(value)}" if zone else words


def zone_name(value: datetime) -> str:
    """Return the name of the local zone at ``value``: "hora del centro" in the zone the calls are written in."""
    if timezone.get_current_timezone_name() == CENTRE:
        return gettext("hora del centro")
    return _local(value).strftime("UTC%z")


def local_clock(value: datetime, zone: str) -> str:
    """Return what the clock shows at ``value`` in ``zone`` if that is not what it shows here; "" if it is.

    With the day, if it is another one there: "22:59 de tu zona", "24 de febrero de 2024, 00:59 de tu zona".
    """
    here, there = timezone.localtime(value), value.astimezone(ZoneInfo(zone))
    if here.utcoffset() == there.utcoffset():
        return ""
    words = date_format(there.replace(tzinfo=None), "H:i")
    if there.date() != here.date():
        words = f"{day(there.date())}, {words}"
    return gettext("%(time)s de tu zona") % {"time": words}


def days_away(value: date, now: datetime) -> str:
    """Return "hoy", "mañana", "en 6 días" or "hace 2 días", counting local calendar days from ``now``."""
    there = _local(value)
    distance = (
        (there.date() if isinstance(there, datetime) else there) - timezone.localtime(now).date()
    ).days
    near = {-1: gettext("ayer"), 0: gettext("hoy"), 1: gettext("mañana")}
    if distance in near:
        return near[distance]
    if distance > 0:
        return ngettext("en %(days)s día", "en %(days)s días", distance) % {"days": number(distance)}
    return ngettext("hace %(days)s día", "hace %(days)s días", -distance) % {"days": number(-distance)}


def size(octets: int) -> str:
    """Return the size of a file: 84 kB, 6.2 MB."""
    if octets < 1_000_000:
        return f"{number(max(1, round(octets / 1000)))}{NBSP}kB"
    return f"{number(octets / 1_000_000, 1)}{NBSP}MB"


def _local(value: Any) -> Any:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _rounded(value: int | float | Decimal, decimals: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _with_sign(value: Decimal, decimals: int) -> str:
    return number(value, decimals) + (f"{NBSP}%" if _spanish() else "%")


# ---------------------------------------------------------------- small groups


def few() -> str:
    """Return the words for a group that is too small to be told."""
    return gettext("menos de %(smallest)s") % {"smallest": SMALLEST}


def hide_small(counts: Sequence[int]) -> list[int | None]:
    """Return counts of people with the small ones hidden as ``None``: from 1 to 4.

    When one alone is hidden, the total would give it away: the next smallest
    that is not 0 is hidden too.
    """
    hidden = {index for index, count in enumerate(counts) if 0 < count < SMALLEST}
    if len(hidden) == 1:
        others = [(count, index) for index, count in enumerate(counts) if count and index not in hidden]
        if others:
            hidden.add(min(others)[1])
    return [None if index in hidden else count for index, count in enumerate(counts)]
