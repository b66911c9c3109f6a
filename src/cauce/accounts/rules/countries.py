"""The countries of the world by their names in the reader's language."""

from __future__ import annotations

import unicodedata
from functools import cache

from babel import Locale

MEXICO = "MX"
# Codes of the catalogue of territories that are no country one can be a national of.
_NO_COUNTRY = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return (ISO 3166-1 code, name) of every country but Mexico, in the order of ``language``."""
    found = [(code, name) for code, name in _names(language).items() if code != MEXICO]
    return tuple(sorted(found, key=lambda pair: unicodedata.normalize("NFD", pair[1]).casefold()))


def country_name(code: str, language: str) -> str:
    """Return a country's name, Mexico's too; "" for a code that is no country's."""
    return _names(language).get(code, "")


@cache
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse("es_MX" if language.startswith("es") else "en").territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code not in _NO_COUNTRY}
