"""Rows of files that people bring, and what may be wrong with their cells or with the file as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_OCTETS = 25_000_000
MOST_COLUMNS = 300
LAST_ROW = 1_048_576

# What may be wrong with one cell before anybody asks what it means.
FORMULA = "formula"  # what a formula had worked out: read as text
LOST_FORMULA = "lost formula"  # a formula without a value
ERROR = "error"  # #N/A and the like
ENCODING = "encoding"  # of another encoding than the rest of the file
CUT = "cut"  # the file ends in the middle of this row


class Unreadable(Exception):
    """The file as a whole cannot be read; carries sentence and remedy, and the row where it stopped (0: none)."""

    def __init__(self, sentence: str, remedy: str, row: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.remedy, self.row = sentence, remedy, row


@dataclass(slots=True)
class Row:
    """One row that holds anything. ``number`` is as the sheet counts, from 1; ``marks`` by the cell's index."""

    number: int
    cells: list[str]
    marks: dict[int, str] = field(default_factory=dict)
