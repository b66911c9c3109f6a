"""Replay the drive of 2022 from its seeds: what the page shows, computed again by anyone."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cauce.indicators import bridge, documents, intake
from cauce.indicators.rules import drive as drives
from cauce.indicators.rules import replay as rules


class Command(BaseCommand):
    help = "Replay the drive of 2022 and print its residuals and ranges; compare with the delivered results."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--points", type=int, help="only the first so many points of the plan")
        parser.add_argument("--write", action="store_true", help="put the results in the product's catalogue")
        parser.add_argument(
            "--tables",
            action="store_true",
            help="print the tables of docs/replay-2022.md from the delivered results, computing nothing",
        )

    def handle(self, *args: Any, points: int | None, write: bool, tables: bool, **options: Any) -> None:
        if tables:
            if write or points is not None:
                raise CommandError("--tables computes nothing: leave --points and --write out.")
            self._tables()
            return
        whole = rules.POINTS + rules.REPEATS
        if points is not None and not 1 <= points <= whole:
            raise CommandError(f"--points goes from 1 to {whole}.")
        if write and points is not None:
            raise CommandError("--write needs the whole plan: leave --points out.")
        self.console = Console(highlight=False)
        drive = intake.read_drive()
        self._residuals(drive)
        with Progress(console=self.console) as bar:
            task = bar.add_task("Points", total=points or whole)
            document, seconds = bridge.replay(
                drive, lambda done, _of: bar.update(task, completed=done), points
            )
        self.console.print(f"{points or whole} points in {seconds} s of processor, {rules.digest(document)}")
        if write:
            intake.write_replay(document, seconds)
            self.console.print(f"Written to {intake.RESULTS.name}.")
        elif not self._same(document):
            raise CommandError("These results are NOT those that come with the product.")
        else:
            self.console.print("The same, number by number, as those that come with the product.")
        if points is None:
            self._ranges(document)

    def _tables(self) -> None:
        document, _seconds = intake.delivered_replay()
        with translation.override("en"):  # the language of the documentation
            self.stdout.write(documents.replay_tables(intake.read_drive(), document), ending="")

    def _same(self, document: bytes) -> bool:
        mine = json.loads(document)["points"]
        return bool(mine == json.loads(intake.delivered_replay()[0])["points"][: len(mine)])

    def _residuals(self, drive: drives.Drive) -> None:
        table = Table("split", "of", "published", "used", "residual", title="Residuals")
        for row in drive.residuals:
            table.add_row(row.of, row.name, f"{row.published:,}", f"{row.used:,}", f"{row.difference:+,}")
        self.console.print(table)

    def _ranges(self, document: bytes) -> None:
        table = Table(
            "scenario", "filled", "first choice", "km", "in no list", title="Ranges over the points"
        )
        read = json.loads(document)
        points = rules.spread_points(read)
        for one in rules.SCENARIOS:
            cells = [
                rules.range_of(rules.measured(points, one.key, measure))
                for measure in ("filled", "first", "kilometres", "unlisted")
            ]
            table.add_row(one.key, *(f"{cell.low:,} – {cell.median:,} – {cell.high:,}" for cell in cells))
        self.console.print(table)
