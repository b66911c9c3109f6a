"""What leaves as a file: the table of cut-offs."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from cauce.allocation.queries import CutoffLine
from cauce.base.spreadsheets import Table


def cutoffs_table(lines: Iterable[CutoffLine]) -> Table:
    """Return the cut-offs as they leave."""
    return Table(
        [
            _("plaza"), _("especialidad"), _("sede"), _("estado"), _("lugares"), _("ocupados"), _("solicitudes"),
            _("corte (último lugar admitido)"), _("puntaje del último"), _("corte anterior"),
            _("cortes por clase"),
        ],
        (
            (
                line.key, line.specialty, line.site, line.state, line.seats, line.taken, line.listed,
                line.last_place, line.last_merit, line.previous,
                "; ".join(f"{one.label}: {one.taken}/{one.seats}, {one.last_score or one.last_folio or '-'}" for one in line.classes),
            )
            for line in lines
        ),
    )  # fmt: skip
