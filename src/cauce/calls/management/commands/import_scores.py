"""Load the scores of a call from two independent files, from a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cauce.base import clock, imports, terminal
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.calls import intake, operations, queries


class Command(BaseCommand):
    help = "Compare two files of scores; with --apply, load them if they agree in everything."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("call", help="code of the call")
        parser.add_argument("a", type=Path, help="the file of scores")
        parser.add_argument("b", type=Path, help="the second source, made independently")
        parser.add_argument(
            "--apply", action="store_true", help="load them; without this, nothing is written"
        )
        parser.add_argument(
            "--looked", action="store_true", help="say that the people to be looked at were looked at"
        )
        parser.add_argument("--report", type=Path, help="write the findings and the marked rows as xlsx")

    def handle(
        self, *args: Any, call: str, a: Path, b: Path, apply: bool, looked: bool, report: Any, **options: Any
    ) -> None:
        known = queries.score_lookup(call)
        if known is None:
            raise CommandError(_("No hay ninguna convocatoria %(code)s.") % {"code": call})
        pair = intake.Pair(terminal.read_file(a), terminal.read_file(b))
        sheet, scores = terminal.with_bar(
            _("Comparar los puntajes"),
            lambda told: intake.read_pair(pair, known.criteria, known.folios, told),
        )
        terminal.tell(sheet, data=pair.a, report=report)
        self.stdout.write(_("Coinciden en %(people)s personas; por revisar, %(reviews)s.") % {**sheet.facts})
        if not apply:
            self.stdout.write(_("Prueba en seco: los archivos coinciden. Con --apply se cargan."))
            return
        facts: dict[str, Any] = {"actor": Actor.system("command"), "call": known.call, "now": clock.read()}
        try:
            taken = operations.receive_scores(
                **facts, name=f"{a.name} + {b.name}", data=pair.packed(), by_task=False
            )
            taken = imports.keep_reading(actor=facts["actor"], taken=taken, sheet=sheet, now=facts["now"])
            operations.confirm_scores(
                **facts, taken=taken, digest=taken.digest, has_looked=looked, by_task=False
            )
            done = operations.load_scores(**facts, taken=taken, scores=scores)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy}") from error
        self.stdout.write(
            _("Puntajes cargados: %(count)s. Cambiaron: %(changed)s.")
            % {"count": len(scores), "changed": done.changed}
        )
