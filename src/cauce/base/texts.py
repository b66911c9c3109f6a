"""Texts of letters: every letter that leaves is made of one, and says of which version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, override

# How a mail that is written by a library names its text, for the outbox: the code, a space, the version.
TEXT = "X-Cauce-Text"


class When(NamedTuple):
    """A paragraph that is said only to those for whom the fact of this name holds."""

    fact: str
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a kind of letter says. Changed words are a new ``version``: the archive keeps those of each.

    ``title`` and the paragraphs of ``body`` are Spanish source texts, marked with ``gettext_noop`` where they are
    written, with their facts as ``%(name)s``. ``purpose`` says in a few words when it is sent.
    """

    code: str
    version: int
    purpose: str | Promise
    title: str
    body: tuple[str | When, ...]
    is_reminder: bool = False

    @property
    def name(self) -> str:
        """Its code and version, as the archive and the outbox name it."""
        return f"{self.code} {self.version}"

    def words(self, *, language: str, **facts: Any) -> tuple[str, str]:
        """Return title and body in ``language``; a fact that is a function is called with that language in force."""
        with override(language):
            said = {name: value() if callable(value) else value for name, value in facts.items()}
            paragraphs = [
                gettext(part.words if isinstance(part, When) else part) % said
                for part in self.body
                if not isinstance(part, When) or said.get(part.fact)
            ]
            return gettext(self.title) % said, "\n\n".join(paragraphs)

    def source(self) -> dict[str, Any]:
        """Return its words in every language of the product, as the archive keeps them."""
        return {language: self._source(language) for language, _name in settings.LANGUAGES}

    def _source(self, language: str) -> dict[str, Any]:
        with override(language):
            body = [
                [gettext(part.words), part.fact] if isinstance(part, When) else [gettext(part)]
                for part in self.body
            ]
            return {"title": gettext(self.title), "body": body}


def changed_words(texts: Mapping[str, Text], archive: Mapping[str, Any]) -> list[str]:
    """Return the names of texts whose words are not those that the archive keeps for their version."""
    return [
        text.name for text in texts.values() if text.name in archive and archive[text.name] != text.source()
    ]
