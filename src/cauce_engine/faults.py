"""What can be wrong with a question or an answer, said in one sentence with its place."""

from __future__ import annotations

import json

from cauce_engine.spanish import SPANISH


class Fault(ValueError):
    """Something in a file that cannot be used, said in one sentence with its place.

    ``place`` points into the document ("applicants[3].choices[2]"; empty for the whole). ``template`` is the
    English sentence with the names of its ``values`` in braces: it is also the key of the Spanish one.
    ``problem`` is the sentence in English; ``str()`` joins place and problem.
    """

    def __init__(self, place: str, template: str, **values: object) -> None:
        self.place = place
        self.template = template
        self.values = values
        self.problem = self.problem_in("en")
        super().__init__(self.said("en"))

    def problem_in(self, lang: str) -> str:
        """What is wrong, in Spanish ("es") or English ("en")."""
        words = SPANISH.get(self.template, self.template) if lang == "es" else self.template
        return words.format_map(self.values) if self.values else words

    def said(self, lang: str) -> str:
        """The place and what is wrong there."""
        problem = self.problem_in(lang)
        return f"{self.place}: {problem}" if self.place else problem


class InvalidQuestion(Fault):
    """The question contradicts itself or cannot be read."""


class Unsupported(InvalidQuestion):
    """The question is sound, but this engine does not answer its kind."""


class InvalidAnswer(Fault):
    """The answer cannot be read as an answer to its question.

    ``differs`` is true when the file is well formed but speaks of another question, person or post.
    """

    def __init__(self, place: str, template: str, *, differs: bool = False, **values: object) -> None:
        super().__init__(place, template, **values)
        self.differs = differs


def quoted(value: object) -> str:
    """Show a foreign value inside a sentence: quoted, on one line, shortened, without control characters."""
    if isinstance(value, str):
        shown = json.dumps(value if len(value) <= 60 else value[:57] + "...", ensure_ascii=False)
        return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else "a huge number"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return quoted(str(value))
