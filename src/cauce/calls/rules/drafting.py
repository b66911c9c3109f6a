"""The parts of a draft as values: what a page of the desk shows, sends back and compares. Pure.

Each part has a fingerprint. A page carries that of the part it showed; a save
that no longer finds the same part was overtaken by somebody else's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.utils.translation import gettext as _

from cauce.calls.rules.canonical import canonical, digest_of

MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """Values of one page of the desk, named as the fields of their model."""

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    @property
    def fingerprint(self) -> str:
        return fingerprint(asdict(self))


@dataclass(frozen=True, slots=True)
class General(Part):
    kind: str
    title: str
    summary: str
    issuing_authority: str
    legal_basis: str
    contact: str
    rules_text: str
    list_rule: str
    max_choices: int | None
    previous_id: int | None


@dataclass(frozen=True, slots=True)
class Dates(Part):
    opens_at: datetime
    closes_at: datetime
    results_at: datetime
    outage_window: int = 180
    outage_grace: int = 30


@dataclass(frozen=True, slots=True)
class Entry(Part):
    label: str
    starts_at: datetime
    ends_at: datetime | None
    as_written: str


@dataclass(frozen=True, slots=True)
class Scope(Part):
    """State keys, and pairs (specialty id, tier), both sorted."""

    states: tuple[str, ...]
    specialties: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PostValues(Part):
    key: str
    site_id: int
    specialty_id: int
    seats: int
    shift: str
    contract: str
    monthly_pay: Decimal | None
    isolation_percent: int
    rural_percent: int
    is_priority: bool
    has_housing: bool
    has_transport: bool
    note: str


def fingerprint(value: Any) -> str:
    """Return 16 digits that differ when ``value`` (of dicts, lists, texts, numbers, moments) does."""
    return digest_of(canonical({"value": _plain(value)}))[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value


def criterion_problem(criterion: Mapping[str, Any], keys: Counter[str]) -> str:
    """Say what contradicts itself in a criterion of the order rule, or nothing; ``keys`` counts those of all."""
    if not str(criterion.get("key") or "") or not str(criterion.get("label") or "").strip():
        return _("Le falta la clave o el nombre.")
    if keys[str(criterion["key"])] > 1:
        return _("La clave «%(key)s» está repetida.") % {"key": criterion["key"]}
    if criterion.get("declared") and criterion.get("source"):
        return _("Un criterio que registra un jurado no lo declara la persona.")
    decimals = criterion.get("decimals")
    if not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= MOST_DECIMALS:
        return _("Los decimales deben ser un número entero de 0 a %(most)s.") % {"most": MOST_DECIMALS}
    try:
        low, high = (Decimal(str(criterion.get(side))) for side in ("minimum", "maximum"))
    except InvalidOperation:
        return _("El mínimo y el máximo deben ser números.")
    if not (low.is_finite() and high.is_finite()):
        return _("El mínimo y el máximo deben ser números.")
    if criterion.get("source") and low != 0:
        return _("Lo que se califica empieza en cero: el mínimo debe ser 0.")
    if low >= high:
        return _("El mínimo, %(low)s, no es menor que el máximo, %(high)s.") % {"low": low, "high": high}
    for bound in (low, high):
        if -int(bound.normalize().as_tuple().exponent) > decimals:
            facts = {"bound": bound, "decimals": decimals}
            return _("El límite %(bound)s tiene más decimales que los %(decimals)s declarados.") % facts
    return ""


def moved(criteria: Sequence[dict[str, Any]], key: str, position: int) -> list[dict[str, Any]]:
    """Return ``criteria`` with the one called ``key`` at ``position`` (from 0, cut to the ends)."""
    rest = [criterion for criterion in criteria if criterion["key"] != key]
    those = [criterion for criterion in criteria if criterion["key"] == key]
    position = max(0, min(position, len(rest)))
    return rest[:position] + those + rest[position:]
