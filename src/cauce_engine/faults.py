"""What can be wrong with a question or an answer, said in one sentence with its place."""

from __future__ import annotations

import json


class InvalidQuestion(ValueError):
    """The question contradicts itself or cannot be read.

    ``place`` points into the document ("applicants[3].choices[2]"; empty for the whole), ``problem`` says
    what is wrong there; ``str()`` joins both.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place
        self.problem = problem


class Unsupported(InvalidQuestion):
    """The question is sound, but this engine does not answer its kind yet."""


class InvalidAnswer(ValueError):
    """The answer cannot be read as an answer to its question; same fields as `InvalidQuestion`.

    ``differs`` is true when the file is well formed but speaks of another question, person or post.
    """

    def __init__(self, place: str, problem: str, *, differs: bool = False) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place
        self.problem = problem
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
