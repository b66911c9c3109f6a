"""Sentences that are kept and read later, by somebody whose language the writer does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from cauce.base import figures


class Phrase(str):
    """A sentence in the language in force that knows its source text and its facts.

    Wherever a text is wanted it is one. ``kept`` returns what JSON holds of it and ``told`` words that again, in
    the reader's language. Facts may be days and phrases too; those that are texts or numbers stay as they are.
    ``plural`` is the source for more than one, ``among`` how many.
    """

    __slots__ = ("among", "facts", "plural", "source")

    source: str
    plural: str
    among: int
    facts: Any

    def __new__(cls, source: str, facts: Any = None, *, plural: str = "", count: int = 0) -> Self:
        facts = facts if facts is None or isinstance(facts, (Mapping, tuple)) else (facts,)
        said = translation.ngettext(source, plural, count) if plural else translation.gettext(source)
        if facts is not None:
            said %= _mapped(_worded, facts)
        phrase = super().__new__(cls, said)
        phrase.source, phrase.facts, phrase.plural, phrase.among = source, facts, plural, count
        return phrase

    def __str__(self) -> str:
        return self

    def __mod__(self, facts: Any) -> Phrase:
        return Phrase(self.source, facts, plural=self.plural, count=self.among)

    def __reduce__(self) -> Any:
        return told, (kept(self),)


def phrase(source: Any) -> Phrase:
    """As ``gettext``, for a sentence that will be kept; ``%`` gives it its facts. Imported as ``_``.

    A lazy text becomes the phrase that it stands for.
    """
    return source if isinstance(source, Phrase) else Phrase(_source(source))


def counted(singular: str, plural: str, count: int) -> Phrase:
    """As ``ngettext``. Imported under that name, by which the texts are collected."""
    return Phrase(singular, plural=plural, count=count)


def together(*sentences: Any) -> Phrase:
    """Sentences one after the other; lazy ones too."""
    names = [f"part{at}" for at in range(len(sentences))]
    return Phrase(" ".join(f"%({name})s" for name in names), dict(zip(names, sentences, strict=True)))


def kept(text: Any) -> Any:
    """Return what JSON holds of a sentence: its source and facts; of a plain text, the text."""
    if isinstance(text, Promise):
        return {"says": _source(text)}
    if isinstance(text, date):
        return {"day": text.isoformat()}
    if not isinstance(text, Phrase):
        return str(text) if isinstance(text, Decimal) else text
    held: dict[str, Any] = {"says": text.source}
    if text.plural:
        held |= {"plural": text.plural, "count": text.among}
    if text.facts is not None:
        held["facts"] = _mapped(kept, text.facts)
    return held


def told(held: Any) -> Any:
    """Return what ``kept`` gave, in the language in force."""
    if not isinstance(held, dict):
        return held
    if "day" in held:
        return date.fromisoformat(held["day"])
    facts = held.get("facts")
    return Phrase(
        held["says"],
        None if facts is None else _mapped(told, facts),
        plural=held.get("plural", ""),
        count=held.get("count", 0),
    )


def _mapped(change: Callable[[Any], Any], facts: Any) -> Any:
    """Facts by name, or in their order, each changed."""
    if isinstance(facts, Mapping):
        return {name: change(value) for name, value in facts.items()}
    return tuple(map(change, facts))


def _source(text: Any) -> str:
    with translation.override(settings.LANGUAGE_CODE):  # the language of the sources
        return str(text)


def _worded(value: Any) -> Any:
    return figures.day(value) if isinstance(value, date) else value


__all__ = ["Phrase", "counted", "kept", "phrase", "together", "told"]
