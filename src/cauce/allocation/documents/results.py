"""What leaves as a file: the table of cut-offs, and the certificate of a place in the order as a tagged PDF."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

import segno
import typst
from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.allocation.queries import (
    Certificate,
    CutoffLine,
    decided_sentence,
    drawn_sentence,
    neighbour_sentence,
    ticket_sentence,
)
from cauce.base import figures
from cauce.base.spreadsheets import Table

_ROOT = Path(__file__).parents[1] / "layouts"


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


def order_pdf(certificate: Certificate, *, origin: str) -> bytes:
    """Return the certificate as PDF/UA. Same certificate and language, same content."""
    run = certificate.run
    link = origin + reverse("allocation:result", args=[certificate.call.code, certificate.folio])
    assert run.published_at is not None  # noqa: S101 - only published runs have certificates
    data = {
        "lang": _("es"),
        "region": _("mx"),
        "title": _("Constancia de orden"),
        "rows": [
            [_("Folio"), certificate.folio],
            [_("Convocatoria"), f"{certificate.call.title} ({certificate.call.code})"],
            [_("Lugar"), _("%(place)s de %(of)s") % {
                "place": figures.number(certificate.place), "of": figures.number(certificate.applicants)}],
            [_("Corrida"), certificate.source],
            [_("Publicada"), figures.moment(run.published_at)],
        ],
        "list_title": _("Qué entró, y en qué orden se comparó"),
        "heads": [_("Paso"), _("Criterio"), _("Valor"), _("Quién lo dijo"), _("Iguales hasta aquí")],
        "inputs": [
            [str(one.number), one.label, one.value, one.who, figures.number(one.tied)] for one in certificate.inputs
        ],
        "sentences": [
            decided_sentence(certificate), drawn_sentence(certificate),
            *(neighbour_sentence(one) for one in certificate.neighbours),
        ],
        "digests": [
            [_("Número de sorteo de este folio"), certificate.ticket],
            [_("Semilla revelada"), certificate.call.lottery_seed],
            *([[_("Lo que nadie podía saber antes del cierre"), beacon]] if (beacon := certificate.call.lottery_beacon) else []),
            [_("Sello publicado antes del cierre"), certificate.call.lottery_commitment],
            [_("Huella de la pregunta congelada"), run.question_digest],
        ],
        "how": ticket_sentence(certificate),
        "link": link,
        "qr": _qr(link),
        "qr_alt": _("Código QR con la dirección del resultado: %(link)s") % {"link": link},
        "date": [run.published_at.year, run.published_at.month, run.published_at.day],
        "foot": _("Cauce · constancia de orden %(folio)s") % {"folio": certificate.folio},
    }  # fmt: skip
    return typst.compile(
        str(_ROOT / "order.typ"),
        root=str(_ROOT),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )


def _qr(link: str) -> str:
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", border=0, scale=4, xmldecl=False)
    return drawn.getvalue().decode()


def live_log_table(rows: Iterable[tuple[object, ...]]) -> Table:
    """Return the log of a live choice as it leaves: every line, each with its digest and that of the line before."""
    return Table(
        [
            _("número"), _("folio"), _("lugar"), _("plaza"), _("cómo"), _("hora"), _("corrige a"), _("huella anterior"),
            _("huella"),
        ],
        ((*row[:5], row[5].isoformat(), *row[6:]) for row in rows),  # type: ignore[attr-defined]
    )  # fmt: skip
