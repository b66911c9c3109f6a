"""Load the posts of a draft from a terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cauce.base import clock, imports, terminal
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.calls import intake, operations, queries


class Command(BaseCommand):
    help = "Read a table of posts for a draft; with --apply, load it, all or nothing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("call", help="code of the call")
        terminal.add_arguments(parser)

    def handle(self, *args: Any, call: str, file: Any, apply: bool, report: Any, **options: Any) -> None:
        known = queries.call_with_code(call)
        if known is None:
            raise CommandError(_("No hay ninguna convocatoria %(code)s.") % {"code": call})
        data = terminal.read_file(file)
        lookup, present = queries.post_lookup(), queries.posts_by_key(known)
        sheet, posts = terminal.with_bar(
            _("Leer las plazas"), lambda told: intake.read_posts(data, lookup, present, told)
        )
        terminal.tell(sheet, data=data, report=report)
        counts = {"new": sheet.facts["new"], "changed": sheet.facts["changed"], "same": sheet.facts["same"]}
        self.stdout.write(_("Nuevas: %(new)s. Cambian: %(changed)s. Iguales: %(same)s.") % counts)
        if not apply:
            self.stdout.write(_("Prueba en seco: no se escribió nada. Con --apply se carga."))
            return
        actor, now = Actor.system("command"), clock.read()
        try:
            taken = operations.receive_posts(
                actor=actor, call=known, name=file.name, data=data, now=now, by_task=False
            )
            imports.keep_reading(actor=actor, taken=taken, sheet=sheet, now=now)
            operations.confirm_posts(
                actor=actor, call=known, taken=taken, digest=taken.digest, now=now, by_task=False
            )
            done = operations.load_posts(actor=actor, call=known, taken=taken, posts=posts, now=now)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.remedy}") from error
        self.stdout.write(
            _("Agregadas: %(added)s. Cambiadas: %(changed)s.")
            % {"added": done.added, "changed": done.changed}
        )
