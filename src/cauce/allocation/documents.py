"""What leaves as a file: the table of cut-offs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from cauce.allocation.queries import CutoffLine


def cutoffs_csv(lines: Iterable[CutoffLine]) -> bytes:
    """Return the cut-offs as CSV in UTF-8, with a mark that makes spreadsheets read accents; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            _("plaza"),
            _("especialidad"),
            _("sede"),
            _("estado"),
            _("lugares"),
            _("ocupados"),
            _("solicitudes"),
            _("corte (último lugar admitido)"),
            _("puntaje del último"),
            _("corte anterior"),
        ]
    )
    for line in lines:
        writer.writerow(
            map(
                _plain,
                (
                    line.key,
                    line.specialty,
                    line.site,
                    line.state,
                    line.seats,
                    line.taken,
                    line.listed,
                    line.last_place,
                    line.last_merit,
                    line.previous,
                ),
            )
        )
    return "\N{BYTE ORDER MARK}".encode() + out.getvalue().encode()


def _plain(value: object) -> object:
    """Numbers stay; text that a spreadsheet would calculate gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
