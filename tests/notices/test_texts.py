"""What letters say: every one from a text, in a version whose words are kept for ever."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from cauce.base.texts import changed_words
from cauce.notices import rules

ROOT = Path(__file__).parents[2]
FACT = re.compile(r"%\((\w+)\)")
MAKES = re.compile(r"\bLetter\(\n?[^)]")


@pytest.mark.once
def test_the_words_of_every_text_are_kept_as_they_are(monkeypatch):
    """``python -m django letters`` keeps new ones; words that changed without a new version stay out, and fail here."""
    texts, kept = rules.templates(), rules.archive()
    assert changed_words(texts, kept) == []
    assert {text.name for text in texts.values()} <= kept.keys()
    altered = {"one": replace(texts["calls.reminder"], body=("Otras palabras.",))}
    assert changed_words(altered, kept) == ["calls.reminder 1"]
    monkeypatch.setattr(rules, "templates", lambda: altered)
    with pytest.raises(CommandError, match=r"calls\.reminder 1"):
        call_command("letters")


@pytest.mark.once
@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_every_text_can_be_said_with_the_facts_that_it_names(language):
    """In both languages the same facts: a translation that names another would fail the letter of a stranger."""
    for name, source in rules.archive().items():
        spanish, said = source["es-mx"], source[language]
        for one, other in zip(
            [spanish["title"], *(part[0] for part in spanish["body"])],
            [said["title"], *(part[0] for part in said["body"])],
            strict=True,
        ):
            assert set(FACT.findall(one)) == set(FACT.findall(other)), name


@pytest.mark.once
def test_no_letter_is_written_but_from_a_text():
    """``Letter`` is made by ``Template.letter`` alone, and every mail that we send ourselves names its text."""
    sources = {path: path.read_text() for path in (ROOT / "src" / "cauce").rglob("*.py")}
    makers = {
        path.relative_to(ROOT / "src" / "cauce").as_posix()
        for path, text in sources.items()
        if MAKES.search(text)
    }
    assert makers == {"notices/rules.py"}
    for path, text in sources.items():
        if ".send()" in text and "EmailMessage(" in text:
            assert "TEXT: " in text, path


def test_a_text_is_written_in_the_language_of_its_reader_with_its_facts():
    template = rules.templates()["calls.reminder"]
    facts = {"call": "X", "closes": "Y", "closes_both": "Z", "folio": "F-1", "count": lambda: "3"}
    spanish = template.letter(key="a", user_id=1, language="es-mx", **facts)
    english = template.letter(key="b", user_id=1, language="en", **facts)
    assert spanish.body != english.body
    for letter in (spanish, english):
        assert "F-1" in letter.body
        assert "%(" not in letter.title + letter.body
        assert (letter.template, letter.version, letter.is_reminder) == ("calls.reminder", 1, True)
    lapsed = rules.templates()["allocation.lapsed"]
    kept, lost = (
        lapsed.words(language="es-mx", call="X", is_accepted=yes, is_lost=not yes)[1] for yes in (True, False)
    )
    assert ("quedó aceptada" in kept, "siguiente ronda" in kept) == (True, False)
    assert ("quedó aceptada" in lost, "siguiente ronda" in lost) == (False, True)
