"""The demo's clock: it starts on the morning of 14 February 2024 and goes on from where it was left."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from cauce.base.models import AuditEvent
from cauce.config.demo.calls import TODAY


def resume_at() -> datetime:
    """Return the domain time to start from: never before anything that has happened."""
    last = AuditEvent.objects.order_by("-at").values_list("at", flat=True).first()
    return max(TODAY, last + timedelta(seconds=1)) if last else TODAY


def write_clock(folder: Path, *, domain: datetime, machine: datetime) -> None:
    """Write ``clock.json``, which the settings read: how far domain time is from the machine's."""
    offset = (domain - machine).total_seconds()
    kept = folder / "clock.json"
    draft = kept.with_suffix(".part")
    draft.write_text(json.dumps({"offset_seconds": round(offset, 3)}) + "\n", encoding="utf-8")
    draft.replace(kept)  # whoever reads sees the old clock or the new one, never half of one
