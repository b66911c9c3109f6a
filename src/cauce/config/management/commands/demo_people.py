"""Prints where the demo is and as whom one can enter."""

from __future__ import annotations

from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from cauce.accounts.operations import DEMO_PASSWORD, demo_people


class Command(BaseCommand):
    help = "Print the address of the demo and the invented people one can enter as."
    requires_system_checks = ()  # reading every address and form would double the wait of who starts the demo

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--origin", default=settings.ORIGIN, help="where the demo is served")

    def handle(self, *args: Any, origin: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("These people only exist in a demo: set CAUCE_DEMO=true.")
        console = Console(file=cast("IO[str]", self.stdout), highlight=False, soft_wrap=True)
        console.print(f"\n  [bold]{origin}/[/bold]")
        console.print(
            f"  Enter as any of these invented people, without a password, at [bold]{origin}/demo/[/bold]\n"
        )
        for person in demo_people():
            console.print(f"  [bold]{person.full_name}[/bold]  {person.email}")
            console.print(f"    [dim]{person.sentence_en}[/dim]")
        console.print(f"\n  On the sign-in page their password is {DEMO_PASSWORD}\n")
