"""Load the national catalogue of units from a terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cauce.base import clock, imports, terminal
from cauce.base.actors import Actor
from cauce.institutions import intake, operations, queries


class Command(BaseCommand):
    help = "Read the national catalogue of units (CLUES); with --apply, load it, all or nothing."

    def add_arguments(self, parser: Any) -> None:
        terminal.add_arguments(parser)

    def handle(self, *args: Any, file: Any, apply: bool, report: Any, **options: Any) -> None:
        data = terminal.read_file(file)
        sheet, units = terminal.with_bar(
            _("Leer el catálogo"), lambda told: intake.read_clues(data, queries.clues_lookup(), told)
        )
        terminal.tell(sheet, data=data, report=report)
        if not apply:
            self.stdout.write(_("Prueba en seco: no se escribió nada. Con --apply se carga."))
            return
        actor, now = Actor.system("command"), clock.read()
        taken = operations.receive_clues(actor=actor, name=file.name, data=data, now=now, by_task=False)
        imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
        operations.confirm_clues(actor=actor, taken=taken, digest=taken.digest, now=now, by_task=False)
        done = operations.load_clues(actor=actor, taken=taken, units=units, now=now)
        counts = {"added": done.added, "changed": done.changed}
        self.stdout.write(_("Agregadas: %(added)s. Cambiadas: %(changed)s.") % counts)
