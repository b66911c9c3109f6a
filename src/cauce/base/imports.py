"""What every importer shares: columns that say how they are read, findings by row and column, a file's way in.

A file is received, read by a task (nothing is written but the report), shown, confirmed, loaded by a task, all or
nothing, and forgotten. Whoever may do it is for the apps to say: here are only steps.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Refused
from cauce.base.models import Import, ImportState
from cauce.base.reading import (
    CUT,
    ENCODING,
    ERROR,
    FORMULA,
    LOST_FORMULA,
    MOST_OCTETS,
    Row,
    Table,
    Unreadable,
    letter,
    read_table,
    tidy,
)
from cauce.base.usecases import note, step, use_case

MOST_FINDINGS = 1_000
WHOLE_REPORT = 10_000
_SHOWN = 60
_EVERY = 500

Told = Callable[[float], None]
Parse = Callable[[str], Any]


class ImportRefused(Refused):
    """A file that cannot be received or loaded; the sentence says why."""

    code = "import_refused"


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
    """What is wrong, or doubtful, in a cell: row as the sheet counts, name of the column and its letters."""

    row: int
    column: str
    letter: str
    value: str
    sentence: str
    remedy: str
    is_doubt: bool = False


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
        sheet.whole(_("La tabla solo tiene encabezado."), _("Añadir las filas debajo."))
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
                _("Añadirla al encabezado."),
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


# -------------------------------------------------------------------- report


def workbook(data: bytes, columns: Sequence[Column], findings: Iterable[Finding]) -> bytes:
    """Return a book for correcting: the findings, and the file's rows with the faulty cells marked and explained.

    Of a file of more than ``WHOLE_REPORT`` rows only those with findings stand there; the first column is the row.
    """
    findings = list(findings)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "bottom": 1})
    marks = {
        False: book.add_format({"bg_color": "#F6C9CD", "border": 1}),
        True: book.add_format({"bg_color": "#FBE3B8", "border": 1}),
    }
    told = book.add_worksheet(_("Hallazgos"))
    head = [_("Fila"), _("Columna"), _("Letra"), _("Dice"), _("Hallazgo"), _("Remedio"), _("Impide cargar")]
    told.write_row(0, 0, head, bold)
    for at, each in enumerate(findings, 1):
        stops = _("no") if each.is_doubt else _("sí")
        told.write_row(at, 0, [each.row or ""])
        for place, text in enumerate(
            (each.column, each.letter, each.value, each.sentence, each.remedy, stops), 1
        ):
            told.write_string(at, place, text)
    told.set_column(4, 5, 60)
    told.freeze_panes(1, 0)
    _marked_rows(book.add_worksheet(_("Archivo")), data, columns, findings, bold, marks)
    book.close()
    return target.getvalue()


def _marked_rows(
    page: Any, data: bytes, columns: Sequence[Column], findings: Sequence[Finding], bold: Any, marks: Any
) -> None:
    by_row: dict[int, list[Finding]] = {}
    for each in findings:
        by_row.setdefault(each.row, []).append(each)
    try:
        table = read_table(data, {column.key: column.names for column in columns})
        page.write_row(0, 0, [_("Fila")], bold)
        for place, cell in enumerate(table.head, 1):
            page.write_string(0, place, cell, bold)
        page.freeze_panes(1, 1)
        rows = list(table.rows)
    except Unreadable:
        return
    few = len(rows) <= WHOLE_REPORT
    at = 0
    for row in rows:
        if not few and row.number not in by_row:
            continue
        at += 1
        page.write_number(at, 0, row.number)
        for place, cell in enumerate(row.cells, 1):
            page.write_string(at, place, cell[:32_000])
        for each in by_row.get(row.number, ()):
            place = next((i for i in range(len(table.head)) if letter(i) == each.letter), -1)
            if place >= 0:
                value = row.cells[place] if place < len(row.cells) else ""
                page.write_string(at, place + 1, value[:32_000], marks[each.is_doubt])
                page.write_comment(at, place + 1, f"{each.sentence} {each.remedy}"[:2_000])


# --------------------------------------------------------------- the way in


def pending(kind: str, scope: str = "") -> Import | None:
    """The file of this kind that waits, is being read or loaded; without its bytes."""
    return Import.objects.filter(kind=kind, scope=scope, state__in=ImportState.live()).defer("data").first()


def brought(import_id: int) -> tuple[Import, bytes] | None:
    """The file that a task was asked to read or load, with its bytes; ``None`` when it has been let go of, or is done."""
    taken = Import.objects.filter(pk=import_id, state__in=ImportState.live()).first()
    return (taken, bytes(taken.data)) if taken and taken.data is not None else None


def newest(kind: str, scope: str = "") -> QuerySet[Import]:
    """Files of this kind, newest first, without their bytes."""
    return Import.objects.filter(kind=kind, scope=scope).order_by("-pk").defer("data")


@step
def receive(
    *, kind: str, scope: str, name: str, data: bytes, task: str, actor: Actor, now: datetime
) -> Import:
    """Keep a file until it is confirmed, and ask the task at ``task`` to read it; without one, the caller does.

    An earlier file of the same kind that nobody confirmed is forgotten; the same bytes sent again are the same
    file. Raises ``ImportRefused`` for one too large, empty, or while another is being loaded.
    """
    if not data:
        raise ImportRefused(_("El archivo está vacío."), _("Elegirlo otra vez."), field="file")
    if len(data) > MOST_OCTETS:
        facts = {"size": figures.size(len(data)), "most": figures.size(MOST_OCTETS)}
        raise ImportRefused(
            _("El archivo pesa %(size)s; el máximo es %(most)s.") % facts, _("Dividirlo."), field="file"
        )
    digest = hashlib.sha256(data).hexdigest()
    waiting = Import.objects.select_for_update().filter(kind=kind, scope=scope, state__in=ImportState.live())
    for earlier in waiting.defer("data"):
        if earlier.digest == digest:
            note(repeated=True)
            return earlier
        if earlier.state == ImportState.LOADING:
            raise ImportRefused(
                _("Se está cargando otro archivo."), _("Esperar a que termine."), field="file"
            )
        forget(earlier, now=now)
    taken = Import.objects.create(
        kind=kind, scope=scope, name=PurePath(name.replace("\\", "/")).name[:120], digest=digest,
        size=len(data), data=data, state=ImportState.READING, asked_by=actor.name, received_at=now,
    )  # fmt: skip
    if task:
        taken.task_id = background.enqueue(task, import_id=taken.pk)
        taken.save(update_fields=["task_id"])
    note(kind=kind, scope=scope, digest=digest, octets=len(data))
    return taken


@step
def forget(taken: Import, *, now: datetime) -> Import:
    """Let go of a file that will not be loaded: its bytes and what was found in it. Twice is once."""
    if taken.state in (ImportState.READING, ImportState.READ):
        taken.state, taken.finished_at, taken.data, taken.findings = ImportState.DROPPED, now, None, []
        taken.save(update_fields=["state", "finished_at", "data", "findings"])
    note(kind=taken.kind, scope=taken.scope, digest=taken.digest)
    return taken


@use_case
def keep_reading(*, actor: Actor, taken: Import, sheet: Sheet, now: datetime) -> Import:
    """Keep what the task found in a file, unless somebody has let go of it meanwhile."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state == ImportState.READING:
        taken.state, taken.rows = ImportState.READ, sheet.rows
        taken.faults, taken.doubts = sheet.report.faults, sheet.report.doubts
        taken.findings = [asdict(each) for each in sheet.report.findings]
        taken.facts = {**taken.facts, **sheet.facts}  # the importer may have kept some on receiving it
        taken.save(update_fields=["state", "rows", "faults", "doubts", "findings", "facts"])
    note(digest=taken.digest, rows=sheet.rows, faults=sheet.report.faults, doubts=sheet.report.doubts)
    return taken


@step
def confirm(taken: Import, *, digest: str, task: str, now: datetime) -> Import:
    """Ask the task at ``task`` to load the file that was read. Raises ``ImportRefused`` if it may not be loaded."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state in (ImportState.LOADING, ImportState.DONE):
        note(repeated=True)
        return taken
    if taken.state != ImportState.READ or taken.digest != digest:
        raise ImportRefused(
            _("El archivo ya no es el que se mostró."), _("Revisar el que está ahora y confirmarlo.")
        )
    if taken.faults:
        raise ImportRefused(
            _("El archivo tiene problemas: no se cargó nada."), _("Corregirlos y subirlo otra vez.")
        )
    taken.state = ImportState.LOADING
    if task:
        taken.task_id = background.enqueue(task, import_id=taken.pk)
    taken.save(update_fields=["state", "task_id"])
    note(digest=taken.digest, rows=taken.rows)
    return taken


@step
def finish(taken: Import, *, added: int, changed: int, now: datetime) -> Import:
    """Write down what the load did and forget the file, in the load's own transaction."""
    taken.state, taken.finished_at, taken.data, taken.findings = ImportState.DONE, now, None, []
    taken.added, taken.changed = added, changed
    taken.save(update_fields=["state", "finished_at", "data", "findings", "added", "changed"])
    note(kind=taken.kind, digest=taken.digest, rows=taken.rows, added=added, changed=changed)
    return taken


@use_case
def give_back(*, actor: Actor, taken: Import, sentence: str, remedy: str, now: datetime) -> Import:
    """A load was refused whole: the file waits again, with the reason as its finding."""
    taken = Import.objects.select_for_update().defer("data").get(pk=taken.pk)
    if taken.state == ImportState.LOADING:
        taken.state, taken.faults = ImportState.READ, 1
        taken.findings = [asdict(Finding(0, "", "", "", sentence, remedy))]
        taken.save(update_fields=["state", "faults", "findings"])
    note(digest=taken.digest)
    return taken


def teller(task_id: Any, stage: str) -> Told:
    """Return what writes down, where the page reads it, how near a task is to its end; every hundredth once."""
    last = [-1]

    def told(near: float) -> None:
        done = int(near * 100)
        if done != last[0]:
            last[0] = done
            background.report(task_id, stage=stage, done=done, total=100)

    return told


@dataclass(frozen=True, slots=True)
class ImportPage:
    """What the page of one importer shows of the file that waits and of the last one that was loaded."""

    taken: Import | None
    last: Import | None
    progress: background.Progress | None
    findings: tuple[Finding, ...]
    hidden: int

    @property
    def is_working(self) -> bool:
        return self.taken is not None and self.taken.state in (ImportState.READING, ImportState.LOADING)

    @property
    def failed(self) -> bool:
        return (
            self.is_working
            and self.taken is not None
            and bool(self.taken.task_id and background.failed(self.taken.task_id))
        )

    @property
    def may_load(self) -> bool:
        return self.taken is not None and self.taken.state == ImportState.READ and not self.taken.faults


SHOWN = 100


def import_page(kind: str, scope: str = "") -> ImportPage:
    """The page of an importer, in four queries at most."""
    taken = pending(kind, scope)
    last = newest(kind, scope).filter(state=ImportState.DONE).first()
    progress = background.progress(taken.task_id) if taken and taken.task_id else None
    found = [Finding(**each) for each in taken.findings] if taken else []
    found.sort(key=lambda each: (each.is_doubt, each.row))
    total = (taken.faults + taken.doubts) if taken else 0
    return ImportPage(taken, last, progress, tuple(found[:SHOWN]), max(total - len(found[:SHOWN]), 0))
