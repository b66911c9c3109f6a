"""Files that people bring, as rows that know their place: xlsx or text, whatever its encoding and separator.

Nothing is trusted: what a file unpacks to is counted while it is read, rows come one at a time, cells that
formulas made are marked, and a cut, foreign or encrypted file is named. Knows nothing of what the rows mean.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from cauce.base import figures
from cauce.base.phrases import phrase as _
from cauce.base.rows import (
    CUT,
    ENCODING,
    ERROR,
    FORMULA,
    LAST_ROW,
    LOST_FORMULA,
    MOST_COLUMNS,
    MOST_OCTETS,
    Row,
    Unreadable,
)
from cauce.base.spreadsheets import unguarded
from cauce.base.workbooks import sheets_of

__all__ = [
    "CUT", "ENCODING", "ERROR", "FORMULA", "LOST_FORMULA", "MOST_OCTETS", "Row", "Table", "Unreadable", "letter",
    "plain", "read_table", "tidy",
]  # fmt: skip

HEAD_WITHIN = 40
_SEPARATORS = ("\t", ";", ",", "|")


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head was found. ``places`` tells at which index each key is; ``rows`` are read once.

    ``unknown`` and ``repeated`` are cells of the head as written, ``missing`` the keys that are nowhere. ``near``
    tells how far the reading has come, from 0 to 1.
    """

    sheet: str
    head_row: int
    head: tuple[str, ...]
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    missing: tuple[str, ...]
    rows: Iterator[Row]
    near: Callable[[], float]


def letter(index: int) -> str:
    """Return a column's letters in a sheet: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def plain(text: str) -> str:
    """Return a name of a column without case, accents, signs or superfluous spaces."""
    bare = (c for c in unicodedata.normalize("NFKD", text[:200]) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", "".join(bare)).casefold().split())


def tidy(text: str) -> str:
    """Return a cell in composed form, without the spaces around it, double spaces and invisible characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(text.split())


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def read_table(data: bytes, aliases: Mapping[str, Sequence[str]], needed: Iterable[str] = ()) -> Table:
    """Find the table that has the columns ``aliases`` (key -> names) among the sheets of a file.

    Title rows above the head, heads of two rows and any order of columns are allowed. Raises ``Unreadable``, here
    or while the rows are read.
    """
    names = {plain(name): key for key, known in aliases.items() for name in known}
    needed = tuple(needed)
    if not data:
        raise Unreadable(_("El archivo está vacío."), _("Elegirlo otra vez."))
    if len(data) > MOST_OCTETS:
        facts = {"size": figures.size(len(data)), "most": figures.size(MOST_OCTETS)}
        raise Unreadable(
            _("El archivo pesa %(size)s; el máximo es %(most)s.") % facts, _("Dividirlo en varios.")
        )
    if data[:2] == b"PK":
        return _best_sheet(data, names, needed)
    _refuse_foreign(data)
    return _best_separation(data, names, needed)


def _refuse_foreign(data: bytes) -> None:
    as_workbook = _("Abrirlo en la hoja de cálculo y guardarlo como libro de Excel (.xlsx) o como CSV.")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("Es un libro de Excel antiguo (.xls) o con contraseña."), as_workbook)
    if data.startswith(b"%PDF"):
        raise Unreadable(_("Es un PDF, no una tabla."), _("Pedir la tabla en Excel o CSV a quien lo hizo."))
    start = data[:400].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise Unreadable(_("Es una página o un XML, no una tabla."), as_workbook)
    is_utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if data.count(b"\n") + data.count(b"\r") > 2 * LAST_ROW + 2:
        raise Unreadable(
            _("El archivo tiene más renglones que una hoja de cálculo."), _("Quitar los renglones vacíos.")
        )
    if b"\0" in data and not is_utf_16:
        raise Unreadable(_("No es un archivo de texto ni un libro de Excel."), as_workbook)


# ---------------------------------------------------------------------- head


def _table(
    rows: Iterator[Row],
    names: Mapping[str, str],
    needed: Sequence[str],
    sheet: str,
    near: Callable[[], float],
) -> Table:
    first = list(islice(rows, HEAD_WITHIN))
    at, score = 0, 0
    for index, row in enumerate(first):
        known = len({names[name] for cell in row.cells if (name := plain(cell)) in names})
        if known > score:
            at, score = index, known
    head, rest, row_number = (first[at].cells, at + 1, first[at].number) if first else ([], 0, 1)
    if first:
        # A name that spans two rows stands in the upper one; names under a merged title stand in the lower.
        above = first[at - 1].cells if at else []
        below = first[at + 1] if at + 1 < len(first) else None
        if below is not None and _goes_on(head, below.cells, names):
            head, rest, row_number = _joined(below.cells, head, names), at + 2, below.number
        else:
            head = _joined(head, above, names)
    places: dict[str, int] = {}
    unknown, repeated = [], []
    for index, cell in enumerate(head):
        key = names.get(plain(cell))
        if key is None:
            if cell.strip():
                unknown.append(tidy(cell)[:60])
        elif key in places:
            repeated.append(tidy(cell)[:60])
        else:
            places[key] = index
    return Table(
        sheet=sheet,
        head_row=row_number,
        head=tuple(tidy(cell) for cell in head),
        places=places,
        unknown=tuple(unknown),
        repeated=tuple(repeated),
        missing=tuple(key for key in needed if key not in places),
        rows=chain(first[rest:], rows),
        near=near,
    )


def _goes_on(head: Sequence[str], below: Sequence[str], names: Mapping[str, str]) -> bool:
    """Whether the row below the head is its second row: every cell names a column, and one is new."""
    held = {names[plain(cell)] for cell in head if plain(cell) in names}
    found = [names.get(plain(cell)) for cell in below if cell.strip()]
    return bool(found) and all(found) and not held.issuperset(found)


def _joined(lower: Sequence[str], upper: Sequence[str], names: Mapping[str, str]) -> list[str]:
    width = max(len(lower), len(upper))
    low = [*lower, *[""] * (width - len(lower))]
    up = [*upper, *[""] * (width - len(upper))]
    return [
        above if plain(above) in names and not below.strip() else below
        for below, above in zip(low, up, strict=True)
    ]


# ---------------------------------------------------------------------- text


def _best_separation(data: bytes, names: Mapping[str, str], needed: Sequence[str]) -> Table:
    lines, other = _lines(data)
    if not lines:  # nothing after the mark of its encoding
        raise Unreadable(_("El archivo está vacío."), _("Elegirlo otra vez."))
    tables = []
    for separator in _SEPARATORS:
        first = _text_rows(lines[: HEAD_WITHIN * 3], separator, {}, closed=True, strict=False)
        table = _table(first, names, needed, "", float)
        tables.append((len(table.places), separator))
    best = max(tables, key=lambda found: found[0])[1]
    state = {"done": 0}
    total = max(len(lines), 1)

    def counted() -> Iterator[str]:
        for line in lines:
            state["done"] += 1
            yield line

    rows = _text_rows(counted(), best, other, closed=lines[-1].endswith(("\n", "\r")))
    return _table(rows, names, needed, "", lambda: state["done"] / total)


def _lines(data: bytes) -> tuple[list[str], dict[int, str]]:
    """Decode a text; return its lines and, by line from 1, those of another encoding than most."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return _split(data.decode(encoding)), {}
            except UnicodeDecodeError:
                if encoding == "utf-16":
                    raise Unreadable(
                        _("El texto está cortado o dañado."), _("Subirlo otra vez, completo.")
                    ) from None
                data = data[3:]
    try:
        return _split(data.decode()), {}
    except UnicodeDecodeError:
        return _decoded_by_line(data)


def _split(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def _decoded_by_line(data: bytes) -> tuple[list[str], dict[int, str]]:
    lines: list[str] = []
    modern, old = [], []
    for number, raw in enumerate(data.splitlines(keepends=True), 1):
        try:
            line = raw.decode()
            if not raw.isascii():
                modern.append(number)
        except UnicodeDecodeError:
            line = raw.decode("cp1252", errors="replace")
            old.append(number)
        lines.append(line)
    fewer = modern if len(modern) <= len(old) else old
    return lines, dict.fromkeys(fewer, ENCODING)


def _text_rows(
    lines: Iterable[str], separator: str, other: Mapping[int, str], *, closed: bool, strict: bool = True
) -> Iterator[Row]:
    reader = csv.reader(iter(lines), delimiter=separator, strict=strict)
    number, line, widest = 0, 0, 0
    pending: Row | None = None
    while True:
        number += 1
        try:
            raw = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise _broken(error, number) from error
        cells = [unguarded(cell) for cell in raw[:MOST_COLUMNS]]
        row = Row(number, cells)
        if other:
            for each in range(line + 1, reader.line_num + 1):
                if each in other:
                    row.marks.update(
                        {index: ENCODING for index, cell in enumerate(cells) if not cell.isascii()}
                    )
            line = reader.line_num
        for index, cell in enumerate(raw[:MOST_COLUMNS]):  # with its guard, it is text
            if cell[:1] == "=":
                row.marks[index] = LOST_FORMULA
        if any(map(str.strip, cells)):
            if pending is not None:
                yield pending
            widest = max(widest, len(raw))
            pending = row
    if pending is not None:
        if not closed and len(pending.cells) < widest:
            pending.marks[len(pending.cells) - 1] = CUT
        yield pending


def _broken(error: csv.Error, row: int) -> Unreadable:
    if "unexpected end" in str(error):
        return Unreadable(
            _("El archivo termina a la mitad de la fila %(row)s, dentro de unas comillas.") % {"row": row},
            _("Está cortado: subirlo otra vez, completo."),
            row,
        )
    return Unreadable(
        _("Las comillas de la fila %(row)s no se entienden.") % {"row": row},
        _("Dentro de un texto entre comillas, cada comilla se escribe dos veces."),
        row,
    )


def _best_sheet(data: bytes, names: Mapping[str, str], needed: Sequence[str]) -> Table:
    """The first sheet with all that is needed, or the one that has most of it."""
    best: Table | None = None
    for name, rows, near in sheets_of(data):
        table = _table(rows, names, needed, name, near)
        if best is None or len(table.places) > len(best.places):
            best = table
        if table.places and not table.missing:
            break
    assert best is not None  # noqa: S101 - a book without sheets is refused
    return best
