"""Folios: the public number of an application. It says nothing about the person, and a slip in typing is noticed.

``JR24-048213-7`` is the call's code, six digits, and a check digit over both.
The check is Damm's: every single wrong character and every swap of two
neighbouring digits is found.
"""

from __future__ import annotations

import re

NUMBERS = 1_000_000

_SHAPE = re.compile(r"([A-Z0-9][A-Z0-9-]{0,10})-(\d{6})-(\d)")
# A quasigroup of order 10 without fixed diagonal (H. M. Damm, 2004).
_TABLE = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(text: str) -> str:
    """Return the digit over the letters and digits of ``text``; letters count as 10 to 35, hyphens not at all."""
    interim = 0
    for character in text.upper():
        if character != "-":
            for digit in str(int(character, 36)):
                interim = int(_TABLE[interim][int(digit)])
    return str(interim)


def folio(call_code: str, number: int) -> str:
    """Return the folio number ``number`` (0 to 999,999) of the call ``call_code``."""
    if not 0 <= number < NUMBERS:
        raise ValueError(f"folio number {number} is not between 0 and {NUMBERS - 1}")
    body = f"{call_code.upper()}-{number:06d}"
    return f"{body}-{check_digit(body)}"


def example_folio(call_code: str) -> str:
    """Return a folio to show how they look. Its check digit fails, so that it is nobody's and says so where it is typed."""
    right = folio(call_code, 123456)
    return f"{right[:-1]}{(int(right[-1]) + 1) % 10}"


def read_folio(text: str) -> str | None:
    """Return the folio that ``text`` means, whatever its case and spaces; ``None`` if it is no folio or its digit fails."""
    cleaned = re.sub(r"\s+", "", text[:40]).upper()
    shape = _SHAPE.fullmatch(cleaned)
    if shape is None or check_digit(f"{shape[1]}-{shape[2]}") != shape[3]:
        return None
    return cleaned
