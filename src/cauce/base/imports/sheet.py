"""What every importer reads by: columns that say how they are read, and findings by row and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from cauce.base import figures, phrases
from cauce.base.phrases import phrase as _
from cauce.base.reading import (
    CUT,
    ENCODING,
    ERROR,
    FORMULA,
    LOST_FORMULA,
    Row,
    Table,
    Unreadable,
    letter,
    read_table,
    tidy,
)

MOST_FINDINGS = 1_000
_SHOWN = 60
_EVERY = 500

Told = Callable[[float], None]
Parse = Callable[[str], Any]


class Bad(Exception):
    """A cell that cannot be read; carries sentence and remedy."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence, remedy)
        self.sentence, self.remedy = sentence, remedy


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A value that is taken as it is, with a warning."""

    value: Any
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an importer reads. The first of ``names`` is shown; ``parse`` raises ``Bad``.

    ``needed`` columns must stand in the head; ``memo`` keeps what few different texts mean. Of many alike, only the
    ``listed`` ones are named where pages and findings name the columns.
    """

    key: str
    names: tuple[str, ...]
    parse: Parse
    needed: bool = True
    memo: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or doubtful, in a cell: row as the sheet counts, name of the column and its letters.

    The sentences that are phrases are kept as their source and facts, and read in the reader's language.
    """

    row: int
    column: str
    letter: str
    value: str
    sentence: str
    remedy: str
    is_doubt: bool = False

    def kept(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {each.name: phrases.kept(getattr(self, each.name)) for each in fields(self)}

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Self:
        """The finding that was kept, in the language in force."""
        return cls(**{name: phrases.told(value) for name, value in held.items()})


@dataclass(slots=True)
class Report:
    """Everything found in a file; at most ``MOST_FINDINGS`` faults and as many doubts are kept, all are counted."""

    findings: list[Finding] = field(default_factory=list)
    faults: int = 0
    doubts: int = 0

    def add(self, finding: Finding) -> None:
        if finding.is_doubt:
            self.doubts += 1
            kept = self.doubts <= MOST_FINDINGS
        else:
            self.faults += 1
            kept = self.faults <= MOST_FINDINGS
        if kept:
            self.findings.append(finding)


@dataclass(slots=True)
class Record:
    """The values of one row by key, for checks that look at several; ``at`` puts a finding in one of its cells."""

    row: int
    values: dict[str, Any]
    raw: dict[str, str]
    is_good: bool = True


@dataclass(slots=True)
class Sheet:
    """A file as an importer read it: every row with its values, and what was found. ``facts`` are the importer's."""

    columns: Sequence[Column]
    table: Table | None
    rows: int = 0
    records: list[Record] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    facts: dict[str, Any] = field(default_factory=dict)

    def fault(self, record: Record, key: str, sentence: str, remedy: str) -> None:
        record.is_good = False
        self._find(record, key, sentence, remedy, is_doubt=False)

    def doubt(self, record: Record, key: str, sentence: str, remedy: str) -> None:
        self._find(record, key, sentence, remedy, is_doubt=True)

    def whole(self, sentence: str, remedy: str, *, row: int = 0, column: str = "") -> None:
        """A fault of the file, not of a cell."""
        self.report.add(Finding(row, column, "", "", sentence, remedy))

    def _find(self, record: Record, key: str, sentence: str, remedy: str, *, is_doubt: bool) -> None:
        name = next((column.names[0] for column in self.columns if column.key == key), key)
        place = self.table.places.get(key) if self.table else None
        where = letter(place) if place is not None else ""
        value = record.raw.get(key, "")[:_SHOWN]
        self.report.add(Finding(record.row, name, where, value, sentence, remedy, is_doubt))

    @property
    def may_load(self) -> bool:
        return not self.report.faults


def read_sheet(
    data: bytes, columns: Sequence[Column], *, most_rows: int, told: Told = lambda near: None
) -> Sheet:
    """Read a file by its columns; whatever is wrong is in the report, nothing is raised.

    Columns that nobody knows are named as doubts. ``told`` hears from time to time how near the end is, 0 to 1.
    """
    sheet = Sheet(columns, None)
    try:
        table = read_table(
            data, {column.key: column.names for column in columns}, [c.key for c in columns if c.needed]
        )
        sheet.table = table
        _check_head(sheet, table)
        if not sheet.report.faults:
            _read_rows(sheet, table, most_rows, told)
    except Unreadable as error:
        sheet.whole(error.sentence, error.remedy, row=error.row)
    if not sheet.report.faults and not sheet.rows:
        sheet.whole(_("La tabla solo tiene encabezado."), _("Agregar las filas debajo."))
    return sheet


def _check_head(sheet: Sheet, table: Table) -> None:
    known = ", ".join(column.names[0] for column in sheet.columns if column.listed)
    if not table.places:
        sheet.whole(
            _("Ninguna fila del principio es un encabezado conocido."),
            _("Las columnas son: %(known)s.") % {"known": known},
        )
        return
    for column in sheet.columns:
        if column.key in table.missing:
            sheet.whole(
                _("Falta esta columna."),
                _("Agregarla al encabezado."),
                row=table.head_row,
                column=column.names[0],
            )
    for name in table.repeated:
        sheet.whole(_("Esta columna está dos veces."), _("Dejar una."), row=table.head_row, column=name)
    for name in table.unknown:
        sheet.report.add(
            Finding(
                table.head_row, name, "", "", _("Esta columna no se lee."),
                _("Nada que hacer, si no hace falta. Se leen: %(known)s.") % {"known": known}, is_doubt=True,
            )
        )  # fmt: skip


def _read_rows(sheet: Sheet, table: Table, most_rows: int, told: Told) -> None:
    readers: list[tuple[Column, int, dict[str, Any] | None]] = [
        (column, table.places[column.key], {} if column.memo else None)
        for column in sheet.columns
        if column.key in table.places
    ]
    for row in table.rows:
        sheet.rows += 1
        if sheet.rows > most_rows:
            facts = {"most": figures.number(most_rows)}
            sheet.whole(
                _("La tabla tiene más de %(most)s filas.") % facts, _("Dividirla en varias."), row=row.number
            )
            return
        if not sheet.rows % _EVERY:
            told(table.near())
        sheet.records.append(_record(sheet, row, readers))


_NONE = object()


def _record(sheet: Sheet, row: Row, readers: Sequence[tuple[Column, int, dict[str, Any] | None]]) -> Record:
    cells, width = row.cells, len(row.cells)
    values: dict[str, Any] = {}
    record = Record(row.number, values, {})
    for column, place, memo in readers:
        text = cells[place] if place < width else ""
        found = memo.get(text, _NONE) if memo is not None else _NONE
        if found is _NONE:
            clean = tidy(text)
            try:
                found = column.parse(clean)
            except Bad as bad:
                record.raw[column.key] = clean
                sheet.fault(record, column.key, bad.sentence, bad.remedy)
                continue
            if memo is not None and len(memo) < 5_000:
                memo[text] = found
        if type(found) is Doubtful:
            record.raw[column.key] = text
            sheet.doubt(record, column.key, found.sentence, found.remedy)
            found = found.value
        values[column.key] = found
    if row.marks:
        _tell_marks(sheet, record, row, {place: column.key for column, place, _memo in readers})
    return record


def _tell_marks(sheet: Sheet, record: Record, row: Row, keys: dict[int, str]) -> None:
    for index, mark in row.marks.items():
        key = keys.get(index)
        if key is None and mark != CUT:
            continue  # of a column that nobody reads
        record.raw.setdefault(key or "", tidy(row.cells[index]) if 0 <= index < len(row.cells) else "")
        if mark == FORMULA:
            sheet.doubt(
                record, key or "", _("Es el resultado de una fórmula; se lee lo que muestra."),
                _("Pegar la columna como valores, para que el archivo diga lo mismo en todas partes."),
            )  # fmt: skip
        elif mark == LOST_FORMULA:
            sheet.fault(
                record, key or "", _("Es una fórmula, no un dato."), _("Pegar la columna como valores.")
            )
        elif mark == ERROR:
            sheet.fault(
                record, key or "", _("La celda tiene un error de la hoja de cálculo."),
                _("Escribir el dato, o dejarla vacía."),
            )  # fmt: skip
        elif mark == ENCODING:
            sheet.fault(
                record, key or "", _("Esta fila está en otra codificación que el resto: sus acentos no son seguros."),
                _("Guardar todo el archivo como CSV UTF-8, y revisar esta fila."),
            )  # fmt: skip
        elif mark == CUT:
            sheet.fault(
                record, key or "", _("El archivo termina a la mitad de esta fila."),
                _("Está cortado: subirlo otra vez, completo."),
            )  # fmt: skip


def repeated(sheet: Sheet, key: str) -> None:
    """Find the rows whose ``key`` stands in an earlier row too."""
    seen: dict[Any, int] = {}
    for record in sheet.records:
        value = record.values.get(key)
        if value in (None, ""):
            continue
        first = seen.setdefault(value, record.row)
        if first != record.row:
            record.raw.setdefault(key, str(value))
            sheet.fault(
                record, key, _("Está también en la fila %(row)s.") % {"row": figures.number(first)},
                _("Dejar una sola."),
            )  # fmt: skip
