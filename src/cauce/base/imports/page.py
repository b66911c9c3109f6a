"""What the page of an importer shows."""

from __future__ import annotations

from dataclasses import dataclass

from cauce.base import background
from cauce.base.imports.files import newest, pending
from cauce.base.imports.sheet import Finding
from cauce.base.models import Import, ImportState


@dataclass(frozen=True, slots=True)
class ImportPage:
    """What the page of one importer shows of the file that waits and of the last one that was loaded."""

    taken: Import | None
    last: Import | None
    progress: background.Progress | None
    findings: tuple[Finding, ...]
    hidden: int

    @property
    def is_working(self) -> bool:
        return self.taken is not None and self.taken.state in (ImportState.READING, ImportState.LOADING)

    @property
    def failed(self) -> bool:
        return (
            self.is_working
            and self.taken is not None
            and bool(self.taken.task_id and background.failed(self.taken.task_id))
        )

    @property
    def may_load(self) -> bool:
        return self.taken is not None and self.taken.state == ImportState.READ and not self.taken.faults


SHOWN = 100


def import_page(kind: str, scope: str = "") -> ImportPage:
    """The page of an importer, in four queries at most."""
    taken = pending(kind, scope)
    last = newest(kind, scope).filter(state=ImportState.DONE).first()
    progress = background.progress(taken.task_id) if taken and taken.task_id else None
    found = [Finding.of(each) for each in taken.findings] if taken else []
    found.sort(key=lambda each: (each.is_doubt, each.row))
    total = (taken.faults + taken.doubts) if taken else 0
    return ImportPage(taken, last, progress, tuple(found[:SHOWN]), max(total - len(found[:SHOWN]), 0))
