"""The report of a file that was read, as a workbook for correcting it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from cauce.base.imports.sheet import Column, Finding
from cauce.base.reading import Unreadable, letter, read_table

WHOLE_REPORT = 10_000


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
