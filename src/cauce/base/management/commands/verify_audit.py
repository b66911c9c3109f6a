"""Walk the whole audit chain and say whether it closes: for a schedule, or for an auditor at the machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cauce.base import audit, continuity


class Command(BaseCommand):
    help = "Recompute every link of the audit chain; ends with 1 when one is bad. Changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        reach = continuity.walk_whole(self._told)
        if reach.broken_at is not None:
            raise CommandError(
                f"The chain is broken at seal {reach.broken_at:,}; the {reach.number:,} before it hold. "
                "An event or a seal was changed, removed or inserted there."
            )
        waiting = audit.unsealed().count()
        self.stdout.write(f"{reach.number:,} links hold; {waiting:,} events wait for their seal.")
        self.stdout.write(f"Head: {reach.digest}")

    def _told(self, done: int, total: int) -> None:
        if done % 100_000 == 0:
            self.stderr.write(f"{done:,} of {total:,} …")
