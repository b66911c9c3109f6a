"""Bring the English catalogue up to date with the Spanish source texts, or say what it lacks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
Found = tuple[str, int, Any, list[str], str | None]


class Command(BaseCommand):
    help = "Extract the texts of screens into locale/en; --check only says what is missing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        catalogue = Path(settings.LOCALE_PATHS[0]) / "en" / "LC_MESSAGES" / "django.po"
        template = Catalog(project="Cauce", charset="utf-8")
        for place, line, message, comments, context in _texts(settings.SOURCE):
            template.add(message, locations=[(place, line)], auto_comments=comments, context=context)
        existing = read_po(io.BytesIO(catalogue.read_bytes()), locale="en") if catalogue.exists() else None
        if check:
            self._complain(template, existing)
            return
        updated = existing or Catalog(locale="en", project="Cauce", charset="utf-8", fuzzy=False)
        updated.update(template, no_fuzzy_matching=True)
        updated.obsolete.clear()
        updated.header_comment = "# English of Cauce's screens. The source texts are Spanish, in the code.\n#"
        # Dates would change this file with every extraction.
        updated.creation_date = updated.revision_date = EPOCH
        updated.last_translator, updated.language_team = "Cauce", "Cauce"
        updated.msgid_bugs_address, updated.copyright_holder = "", "Cauce"
        catalogue.parent.mkdir(parents=True, exist_ok=True)
        with catalogue.open("wb") as file:
            # No line numbers: they would change this file with every edit of another.
            write_po(file, updated, width=110, sort_output=True, include_lineno=False, omit_header=False)
        missing = len(list(_untranslated(updated)))
        self.stdout.write(f"{len(updated)} texts, {missing} without English.")

    def _complain(self, template: Catalog, existing: Catalog | None) -> None:
        known = {(m.context, _key(m.id)): m for m in existing or ()}
        lacking = [
            _key(m.id)
            for m in template
            if m.id
            and (
                (found := known.get((m.context, _key(m.id)))) is None
                or found.fuzzy
                or not all(found.string if isinstance(found.string, tuple | list) else [found.string])
            )
        ]
        if lacking:
            raise CommandError(f"{len(lacking)} texts without English:\n" + "\n".join(map(repr, lacking)))


def _key(message: Any) -> str:
    return message[0] if isinstance(message, tuple | list) else message


def _untranslated(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and not all(strings):
            yield _key(message.id)


@cache
def _texts(source: Path) -> tuple[Found, ...]:
    """Texts of Python files by Babel's own reader; of templates by Django's, read with a lexer that forgives.

    Kept for the life of the process, a command's or a test's, in which no source changes.
    """
    return tuple(_read(source))


def _read(source: Path) -> Iterator[Found]:
    for path in sorted(source.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from _extracted(path, source, "python", path.read_bytes())
    for path in sorted([*source.rglob("templates/**/*.html"), *source.rglob("templates/**/*.txt")]):
        readable = templatize(path.read_text(), origin=str(path)).encode()
        yield from _extracted(path, source, "javascript", readable)


def _extracted(path: Path, source: Path, method: str, content: bytes) -> Iterator[Found]:
    options = {"encoding": "utf-8"}
    for line, message, comments, context in extract(
        method, io.BytesIO(content), keywords=KEYWORDS, options=options, comment_tags=["i18n:"]
    ):
        yield str(path.relative_to(source)), line, message, comments, context
