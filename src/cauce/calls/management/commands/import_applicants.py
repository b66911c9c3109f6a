"""Load applications on paper from a terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.base import clock, imports, terminal
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.calls import intake, operations, queries


class Command(BaseCommand):
    help = "Read a table of paper applications to a call; with --apply, apply for everybody in it, all or nobody."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("call", help="code of the call")
        terminal.add_arguments(parser)
        parser.add_argument(
            "--consent-held", action="store_true", help="the institution has each person's signed consent"
        )
        parser.add_argument("--reason", default="", help="legal basis of a file that comes after closing")

    def handle(self, *args: Any, call: str, file: Any, apply: bool, report: Any, **options: Any) -> None:
        known = queries.call_with_code(call)
        if known is None:
            raise CommandError(_("No hay ninguna convocatoria %(code)s.") % {"code": call})
        data, now = terminal.read_file(file), clock.read()
        lookup = queries.filing_lookup(known, today=localdate(now))
        sheet, filings = terminal.with_bar(
            _("Leer las solicitudes"), lambda told: intake.read_applicants(data, lookup, told)
        )
        terminal.tell(sheet, data=data, report=report)
        self.stdout.write(
            _("Nuevas: %(new)s. Ya están igual: %(same)s. Personas que no estaban: %(people)s.") % sheet.facts
        )
        if not apply:
            self.stdout.write(_("Prueba en seco: no se escribió nada. Con --apply se carga."))
            return
        actor = Actor.system("command")
        try:
            taken = operations.receive_applicants(
                actor=actor, call=known, name=file.name, data=data, consent_held=options["consent_held"],
                reason=options["reason"], now=now, by_task=False,
            )  # fmt: skip
            imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
            operations.confirm_applicants(
                actor=actor, call=known, taken=taken, digest=taken.digest, now=now, by_task=False
            )
            done = operations.load_applicants(
                actor=actor, call=known, taken=taken, filings=filings, now=clock.read()
            )
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy}") from error
        self.stdout.write(_("Solicitudes cargadas: %(count)s.") % {"count": done.added})
