"""Add the words of new texts, and of new versions, to the archive of letters; words that are kept never change."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cauce.base.texts import changed_words
from cauce.notices import rules


class Command(BaseCommand):
    help = (
        "Keep the words of every new version of a letter; refuses words that changed without a new version."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        texts, kept = rules.templates(), dict(rules.archive())
        if changed := changed_words(texts, kept):
            raise CommandError("These words changed: give each a new version.\n" + "\n".join(sorted(changed)))
        new = {text.name: text.source() for text in texts.values() if text.name not in kept}
        if untold := [name for name, said in new.items() if said["en"] == said["es-mx"]]:
            raise CommandError(
                "These have no compiled English yet: fill the catalogue, then `run.py setup`.\n"
                + "\n".join(untold)
            )
        kept.update(new)
        rules.ARCHIVE.write_text(
            json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
        self.stdout.write(f"{len(kept)} versions kept, {len(new)} new.")
