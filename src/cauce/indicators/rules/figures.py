"""How figures are shown: units, small cells, the bytes that a digest is taken of. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from cauce.base.figures import SMALLEST, few, number, percent, pesos
from cauce.base.spreadsheets import Table, csv_extract

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
        return few()
    if unit == "percent":
        return percent(Decimal(value) / 100)
    if unit == "pesos":
        if value >= _MILLION and not value % _MILLION:
            return _("%(amount)s millones") % {"amount": pesos(Decimal(value) / _MILLION, 0)}
        return pesos(value, 0)
    return number(int(value) if value == int(value) else value)


def extract_bytes(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return an extract as CSV: what its digest is taken of and what is downloaded. A hidden cell is ``<5``."""
    hidden = f"<{SMALLEST}"
    return csv_extract(
        Table(columns, ([hidden if value is None else value for value in row] for row in rows))
    )


def digest_of(extract: bytes) -> str:
    """Return the SHA-256 in 64 hexadecimal digits."""
    return hashlib.sha256(extract).hexdigest()
