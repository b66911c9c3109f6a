"""Imports in a terminal: a bar while the file is read, then what was found, row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cauce.base import imports
from cauce.base.reading import MOST_OCTETS

_MOST_LINES = 40
R = TypeVar("R")


def add_arguments(parser: Any) -> None:
    parser.add_argument("file", type=Path, help="xlsx, or text separated by commas, semicolons or tabs")
    parser.add_argument("--apply", action="store_true", help="load it; without this, nothing is written")
    parser.add_argument("--report", type=Path, help="write the findings and the marked rows as xlsx")


def read_file(path: Path) -> bytes:
    """Return the file's bytes; raise ``CommandError`` with what to do."""
    try:
        if path.stat().st_size > MOST_OCTETS:
            raise CommandError(_("%(file)s pesa demasiado; dividirlo.") % {"file": path.name})
        return path.read_bytes()
    except OSError as error:
        raise CommandError(_("No se puede leer %(file)s.") % {"file": path}) from error


def with_bar(words: str, work: Callable[[imports.Told], R]) -> R:
    """Run ``work`` with a bar that it moves."""
    shown = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*shown, console=Console(stderr=True)) as progress:
        bar = progress.add_task(words, total=1.0)
        done = work(lambda near: progress.update(bar, completed=near))
        progress.update(bar, completed=1.0)
    return done


def tell(sheet: imports.Sheet, *, data: bytes, report: Path | None) -> None:
    """Print the findings and write the report; raise ``CommandError`` (exit 1) if anything forbids loading."""
    console = Console()
    found = sorted(sheet.report.findings, key=lambda each: (each.is_doubt, each.row))
    if found:
        table = Table(show_lines=False)
        for head in (_("Fila"), _("Columna"), _("Dice"), _("Hallazgo"), _("Remedio")):
            table.add_column(head)
        for each in found[:_MOST_LINES]:
            where = f"{each.column} ({each.letter})" if each.letter else each.column
            style = "yellow" if each.is_doubt else "red"
            table.add_row(str(each.row or "—"), where, each.value, each.sentence, each.remedy, style=style)
        console.print(table)
        if len(found) > _MOST_LINES:
            console.print(_("… y %(more)s más.") % {"more": len(found) - _MOST_LINES})
    counts = {"rows": sheet.rows, "faults": sheet.report.faults, "doubts": sheet.report.doubts}
    console.print(_("Filas: %(rows)s. Problemas: %(faults)s. Avisos: %(doubts)s.") % counts)
    if report is not None:
        report.write_bytes(imports.workbook(data, sheet.columns, sheet.report.findings))
    if sheet.report.faults:
        raise CommandError(_("No se cargó nada: corregir los problemas y repetir."))
