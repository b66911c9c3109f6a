"""Load the scores of a call from two independent files, from a terminal."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from cauce.base import clock, terminal
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.calls import operations, queries
from cauce.calls.intake import read_scores
from cauce.calls.rules.scores import anomalies, differences, shifts

_MOST_LINES = 40


class Command(BaseCommand):
    help = "Compare two files of scores; with --apply, load them if they agree in everything."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("call", help="code of the call")
        parser.add_argument("a", type=Path, help="the file of scores")
        parser.add_argument("b", type=Path, help="the second source, made independently")
        parser.add_argument(
            "--apply", action="store_true", help="load them; without this, nothing is written"
        )

    def handle(self, *args: Any, call: str, a: Path, b: Path, apply: bool, **options: Any) -> None:
        known = queries.score_lookup(call)
        if known is None:
            raise CommandError(_("No hay ninguna convocatoria %(code)s.") % {"code": call})
        read, digests = [], []
        for path in (a, b):
            data = terminal.read_file(path)
            sheet, scores = terminal.with_bar(
                path.name,
                lambda told, data=data: read_scores(data, known.criteria, known.folios, told),  # type: ignore[misc]
            )
            terminal.tell(sheet, data=data, report=None)
            read.append(scores)
            digests.append(hashlib.sha256(data).hexdigest())
        labels = [str(each["label"]) for each in known.criteria]
        self._tell(labels, *read)
        for each in anomalies(known.criteria, read[0]):
            self.stdout.write(f"{each.folio}: {each.sentence}")
        if not apply and not differences(labels, *read):
            self.stdout.write(_("Prueba en seco: los archivos coinciden. Con --apply se cargan."))
            return
        try:
            operations.load_scores(
                actor=Actor.system("command"), call=known.call, a=read[0], b=read[1],
                digests=(digests[0], digests[1]), now=clock.read(),
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy}") from error
        self.stdout.write(_("Puntajes cargados: %(count)s.") % {"count": len(read[0])})

    def _tell(self, labels: list[str], a: Any, b: Any) -> None:
        found = differences(labels, a, b)
        if not found:
            return
        for sentence in shifts(labels, a, b):
            self.stdout.write(sentence)
        table = Table()
        for head in (_("Folio"), _("Columna"), _("Fila en A"), _("Dice A"), _("Fila en B"), _("Dice B")):
            table.add_column(head)
        for each in found[:_MOST_LINES]:
            table.add_row(
                each.folio,
                each.label,
                str(each.row_a or "—"),
                each.value_a,
                str(each.row_b or "—"),
                each.value_b,
            )
        Console(width=120).print(table)
        if len(found) > _MOST_LINES:
            self.stdout.write(_("… y %(more)s más.") % {"more": len(found) - _MOST_LINES})
