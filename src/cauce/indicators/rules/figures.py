"""How figures are shown: units, small cells, the bytes that a digest is taken of. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cauce.base.figures import number, percent, pesos
from cauce.base.spreadsheets import Table, csv_extract

SMALLEST = 5
_MILLION = 1_000_000
UNITS = (
    "persons", "posts", "seats", "sites", "specialties", "courses", "applications", "percent", "pesos", "states",
    "countries", "calls",
)  # fmt: skip


def unit_name(unit: str) -> str:
    """Return the unit in words."""
    return {
        "persons": _("personas"),
        "posts": _("plazas"),
        "seats": _("lugares"),
        "sites": _("sedes"),
        "specialties": _("especialidades"),
        "courses": _("cursos"),
        "applications": _("solicitudes"),
        "percent": _("por ciento"),
        "pesos": _("pesos mexicanos"),
        "states": _("estados"),
        "countries": _("países"),
        "calls": _("convocatorias"),
    }[unit]


def shown(value: Decimal | int | None, unit: str) -> str:
    """Return a value as people read it; ``None`` is a hidden small cell."""
    if value is None:
        return _("menos de %(smallest)s") % {"smallest": SMALLEST}
    if unit == "percent":
        return percent(Decimal(value) / 100)
    if unit == "pesos":
        if value >= _MILLION and not value % _MILLION:
            return _("%(amount)s millones") % {"amount": pesos(Decimal(value) / _MILLION, 0)}
        return pesos(value, 0)
    return number(int(value) if value == int(value) else value)


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


def extract_bytes(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return an extract as CSV: what its digest is taken of and what is downloaded. A hidden cell is ``<5``."""
    hidden = f"<{SMALLEST}"
    return csv_extract(
        Table(columns, ([hidden if value is None else value for value in row] for row in rows))
    )


def digest_of(extract: bytes) -> str:
    """Return the SHA-256 in 64 hexadecimal digits."""
    return hashlib.sha256(extract).hexdigest()
