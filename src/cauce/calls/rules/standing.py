"""What the institution says of people, and posts of people: values that files bring. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """What classes of seats and posts' orders need of one application, beyond its merit."""

    folio: str
    groups: tuple[str, ...] = ()
    origin_state: str = ""
    origin_site_id: int | None = None


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """A post's own order of folios, best first; folios in one tier are tied."""

    key: str
    tiers: tuple[tuple[str, ...], ...]
