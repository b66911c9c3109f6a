"""Every text of the screens has its English, and the catalogue is what the code says."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings as project
from django.core.management import CommandError, call_command

from cauce.config.management.commands.messages import KEYWORDS

ENGLISH = Path("en", "LC_MESSAGES", "django.po")
CATALOGUE = Path(project.LOCALE_PATHS[0]) / ENGLISH
# What a translation must keep: values to be filled in, percent signs that are doubled, and marks of HTML.
KEPT = re.compile(r"%\(\w+\)[a-z]|%%|%s|\{\w*\}|</?[a-z][^>]*>")


def every(one):
    return list(one) if isinstance(one, tuple | list) else [one]


def differences(message):
    """Sentences about what ``message`` and its English do not share."""
    sources = every(message.id)
    for position, text in enumerate(every(message.string)):
        source = sources[min(position, len(sources) - 1)]
        if set(KEPT.findall(source)) != set(KEPT.findall(text)):
            yield f"{source!r} and {text!r} keep different things"
        if (source[:1].isspace(), source[-1:].isspace()) != (text[:1].isspace(), text[-1:].isspace()):
            yield f"{source!r} and {text!r} differ in the space around them"


@pytest.fixture(scope="module")
def messages():
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="en") if message.id]


@pytest.fixture
def copy(settings, tmp_path):
    """A copy of the catalogue that the command takes for the real one."""
    path = tmp_path / ENGLISH
    path.parent.mkdir(parents=True)
    shutil.copy(CATALOGUE, path)
    settings.LOCALE_PATHS = [tmp_path]
    return path


def test_every_text_has_its_english():
    call_command("messages", check=True)


def test_texts_are_marked_with_names_that_the_command_reads():
    """A text under another name, such as ``gettext as say``, would be missing without anybody knowing."""
    strays = [
        f"{path.relative_to(project.SOURCE)}:{node.lineno} {name.name} as {name.asname}"
        for path in sorted(Path(project.SOURCE).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in KEYWORDS and name.asname and (name.asname != "_" or KEYWORDS[name.name])
    ]
    assert strays == []


@pytest.mark.slow
def test_a_text_without_english_is_named(copy):
    text = copy.read_text()
    assert 'msgstr "Sign out"' in text
    copy.write_text(text.replace('msgstr "Sign out"', 'msgstr ""'))
    with pytest.raises(CommandError, match="1 texts without English:\n'Cerrar sesión'"):
        call_command("messages", check=True)


@pytest.mark.slow
def test_the_catalogue_is_what_the_command_writes(copy, capsys):
    call_command("messages")
    assert copy.read_text() == CATALOGUE.read_text(), "run the command messages and translate what is new"


def test_no_translation_is_a_guess(messages):
    assert [message.id for message in messages if message.fuzzy] == []


def test_translations_keep_values_marks_and_spaces(messages):
    assert [difference for message in messages for difference in differences(message)] == []


def test_both_forms_of_a_plural_are_written(messages):
    plurals = [message for message in messages if isinstance(message.id, tuple | list)]
    assert plurals
    assert [message.id for message in plurals if len(every(message.string)) != 2] == []
