"""Tables as spreadsheets take them: no cell runs as a formula, accents arrive, and what went out can come back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}"
# What a spreadsheet takes for the start of a formula: also in full width, and after a break that it trims.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD = "'"


@dataclass(frozen=True, slots=True)
class Table:
    """A head and its rows, of texts, numbers and ``None`` for an empty cell; the rows are read once."""

    head: Sequence[str]
    rows: Iterable[Iterable[Any]]


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def guarded(value: Any) -> Any:
    """Return ``value`` as a cell: text that would run gets an apostrophe before it; numbers stay numbers."""
    return f"{_GUARD}{value}" if isinstance(value, str) and _would_run(value) else value


def unguarded(cell: str) -> str:
    """Return the text that ``guarded`` made ``cell`` of."""
    return cell[1:] if cell.startswith(_GUARD) and _would_run(cell) else cell


def _would_run(text: str) -> bool:
    """Whether it starts a formula, however many apostrophes stand before: so that none is mistaken for the guard."""
    return text.lstrip(_GUARD).startswith(_FORMULA)


def csv_lines(table: Table) -> Iterator[str]:
    """Yield a table as a CSV file for people, row by row; the mark that comes first keeps accents in Excel."""
    yield BYTE_ORDER_MARK
    yield from _lines(table, "\r\n")


def csv_extract(table: Table) -> bytes:
    """Return a table as the CSV bytes that a digest is taken of: UTF-8 without mark, lines that end in LF."""
    return "".join(_lines(table, "\n")).encode()


def _lines(table: Table, end: str) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator=end)
    for row in chain((table.head,), table.rows):
        yield writer.writerow([guarded(cell) for cell in row])


def csv_rows(lines: Iterable[str], *, delimiter: str) -> list[list[str]]:
    """Read the rows that a person or ``csv_lines`` wrote; cells lose their guard and the spaces around them."""
    return [[unguarded(cell).strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
