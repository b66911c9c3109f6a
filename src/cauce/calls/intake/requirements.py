"""The project's catalogue of documents that calls ask for, each with its source."""

from __future__ import annotations

import csv
from collections.abc import Collection
from functools import cache
from pathlib import Path

from cauce.calls.rules.requirements import Asked

CATALOGUE = Path(__file__).parents[1] / "catalogue" / "requirements.csv"


@cache
def requirement_catalogue() -> tuple[Asked, ...]:
    """Return every document of the catalogue, in its order."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return tuple(_asked(row) for row in csv.DictReader(file))


def requirements_for(kind: str, categories: Collection[str] = ()) -> tuple[Asked, ...]:
    """Return the documents that calls of this kind ask for, if they admit these ``categories``."""
    return tuple(
        asked
        for asked in requirement_catalogue()
        if kind in asked.kinds and (not asked.category or asked.category in categories)
    )


def _asked(row: dict[str, str]) -> Asked:
    return Asked(
        key=row["key"],
        name=row["name"],
        detail=row["detail"],
        validity_days=_number(row["validity_days"]),
        is_curable={"si": True, "no": False, "": None}[row["is_curable"]],
        cure_days=_number(row["cure_days"]),
        alternative=row["alternative"],
        verifier=row["verifier"],
        reach=row["reach"],
        category=row["category"],
        is_needed=row["is_needed"] == "si",
        source=row["source"],
        kinds=tuple(row["kinds"].split()),
    )


def _number(text: str) -> int | None:
    return int(text) if text else None
