"""Dates written in prose with their weekday, and whether the weekday is the right one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_DAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
    "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_MONTH_NUMBER = {
    **{name: number for number, name in enumerate(_MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, 1)},
    "setiembre": 9, "sept": 9, "set": 9,
}  # fmt: skip

_MENTION = re.compile(
    rf"\b(?P<weekday>{'|'.join(_DAYS)})\s*,?\s+(?:dia\s+)?(?P<day>\d{{1,2}})(?![\d:])(?:\.?[º°]|\.?(?:ero|ro|o)\b)?"
    rf"(?P<rest>(?:\s*/\s*\d{{1,2}}(?:\s*/\s*\d{{4}})?)?)"
)
_MONTH = re.compile(
    rf"\b(?P<month>{'|'.join(sorted(_MONTH_NUMBER, key=len, reverse=True))})\b\.?"
    rf"(?:\s*,?\s*(?:de\s+|del\s+)?(?:ano\s+)?(?P<year>\d{{4}})\b)?"
)
# "del lunes 12 al viernes 16 de febrero": the month of the first day comes with the last.
_REACH = 60


@dataclass(frozen=True, slots=True)
class Mention:
    """A date as somebody wrote it; ``on`` is empty when there is no such day.

    ``year_said`` tells whether the year was written or taken to be the nearest.
    """

    words: str
    on: date | None
    weekday: int
    year_said: bool

    @property
    def agrees(self) -> bool:
        return self.on is not None and self.on.weekday() == self.weekday


def mentions(text: str, *, near: date) -> Iterator[Mention]:
    """Yield every date in ``text`` written with its weekday, in Spanish.

    A year that is not written is the one that brings the date nearest to
    ``near``; a month that is not written with a day is the next one named.
    """
    text = unicodedata.normalize("NFC", text)
    folded = _folded(text)
    for found in _MENTION.finditer(folded):
        read = _numeric(found) or _in_words(found, folded)
        if read is None:
            continue
        month, year, end = read
        day = int(found["day"])
        on = _dated(year, month, day) if year else _nearest(month, day, near)
        words = " ".join(text[found.start() : end].split()).rstrip(".")
        yield Mention(words, on, _DAYS.index(found["weekday"]), bool(year))


def _numeric(found: re.Match[str]) -> tuple[int, int | None, int] | None:
    parts = [int(part) for part in re.findall(r"\d+", found["rest"])]
    if not parts:
        return None
    return parts[0], parts[1] if len(parts) > 1 else None, found.end()


def _in_words(found: re.Match[str], folded: str) -> tuple[int, int | None, int] | None:
    after = folded[found.end() : found.end() + _REACH]
    month = _MONTH.search(after)
    if month is None or re.search(r"[.;\n]\s", after[: month.start()]):
        return None
    own = re.fullmatch(r"\s*(?:de|del mes de|/|-)?\s*", after[: month.start()])
    end = found.end() + (month.end() if own else 0)
    return _MONTH_NUMBER[month["month"]], int(month["year"]) if month["year"] else None, end


def _dated(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, near: date) -> date | None:
    years = (near.year - 1, near.year, near.year + 1)
    possible = [on for year in years if (on := _dated(year, month, day))]
    return min(possible, key=lambda on: abs(on - near), default=None)


def _folded(text: str) -> str:
    """Lower case without accents, character for character, so that places in it are places in ``text``."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[:1] or " " for character in text)
