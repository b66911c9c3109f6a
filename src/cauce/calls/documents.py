"""What leaves the house: the calendar of a call, its posts as a table, the receipt of a list as a tagged PDF."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst
from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.base.spreadsheets import Table
from cauce.calls.models import Application, Call, ListVersion, PaperApplication, Post
from cauce.calls.queries.search import PostRow
from cauce.calls.rules.filing import filed_words
from cauce.calls.rules.panels import as_brought
from cauce.calls.rules.receipt import receipt_content, to_the_second

_ROOT = Path(__file__).parent / "layouts"
_LINE = 74  # octets of a line of iCalendar, without its fold


# ----------------------------------------------------------------- calendar


def calendar_file(call: Call, *, now: datetime, origin: str) -> bytes:
    """Return the dates of a call as iCalendar (RFC 5545): the two that bind, with an alarm a day before closing, and the rest."""
    link = origin + reverse("calls:call", args=[call.code])
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cauce//ES", "CALSCALE:GREGORIAN"]
    events = [
        ("closes", _("Cierra: %(call)s") % {"call": call.title}, call.closes_at, call.closes_at, True),
        (
            "results",
            _("Resultados: %(call)s") % {"call": call.title},
            call.results_at,
            call.results_at,
            False,
        ),
        ("opens", _("Abre: %(call)s") % {"call": call.title}, call.opens_at, call.opens_at, False),
        *(
            (
                f"entry-{one.pk}",
                f"{one.label}: {call.title}",
                one.starts_at,
                one.ends_at or one.starts_at,
                False,
            )
            for one in call.calendar.order_by("starts_at", "pk")
        ),
    ]
    for name, title, starts, ends, warns in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{name}.{call.code}@{origin.split('://')[-1]}",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(starts)}",
            f"DTEND:{_stamp(ends)}",
            f"SUMMARY:{_escaped(title)}",
            f"URL:{link}",
            *(
                [
                    "BEGIN:VALARM",
                    "ACTION:DISPLAY",
                    "TRIGGER:-P1D",
                    f"DESCRIPTION:{_escaped(title)}",
                    "END:VALARM",
                ]
                if warns
                else []
            ),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> bytes:
    """Fold a line at 75 octets without cutting a character."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > _LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"


# ------------------------------------------------------------------ receipt


def receipt_pdf(version: ListVersion, *, origin: str) -> bytes:
    """Return the receipt of a sent version as PDF/UA. Same version and language, same content.

    Reads the application, its person and call, and the posts of the list.
    Raises ``ValueError`` for a version that was not sent.
    """
    if version.sent_at is None:
        raise ValueError(f"version {version.number} was not sent and has no receipt")
    application = version.application
    link = origin + reverse("calls:receipt", args=[version.receipt])
    data = {
        "lang": _("es"),
        "region": _("mx"),
        "title": _("Comprobante de envío de lista"),
        "rows": _receipt_rows(application, version),
        "list_title": _("La lista enviada, en su orden"),
        "heads": [_("Opción"), _("Plaza"), _("Sede"), _("Lugar")],
        "posts": _receipt_posts(version),
        "digest_label": _("Huella SHA-256 de lo enviado"),
        "digest": version.digest,
        "link": link,
        "qr": _qr(link),
        "qr_alt": _("Código QR con la dirección de comprobación: %(link)s") % {"link": link},
        "check": _(
            "Compruébalo en la dirección de abajo o con el código: dice número, hora y huella, sin tu nombre ni tu lista."
        ),
        "remark": _(
            "Cuenta el último envío antes del cierre (%(when)s). Si envías otra lista, este comprobante deja de ser el vigente."
        )
        % {"when": to_the_second(application.call.closes_at)},
        "date": [version.sent_at.year, version.sent_at.month, version.sent_at.day],
        "foot": _("Cauce · comprobante %(receipt)s") % {"receipt": version.receipt},
    }
    return typst.compile(
        _layout(),
        root=str(_ROOT),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )


@cache
def _layout() -> str:
    return str(_ROOT / "receipt.typ")


def receipt_content_of(version: ListVersion) -> tuple[bytes, int] | None:
    """Return the very bytes whose SHA-256 is the receipt's digest, and the version of the rules in them.

    ``None`` when the application's values changed after this sending, so that
    they cannot be written again from what is stored.
    """
    application, sent_at = version.application, version.sent_at
    if sent_at is None:
        return None
    keys = dict(Post.objects.filter(pk__in=version.posts).values_list("pk", "key"))
    addenda = application.call.addenda.order_by("number").values_list("digest", flat=True)
    for number, rules_digest in enumerate([application.call.rules_digest, *addenda], start=1):
        content = receipt_content(
            folio=application.folio,
            call=application.call.code,
            rules_digest=rules_digest,
            version=version.number,
            merit=as_brought(application.call.score_criteria, application.merit),
            posts=[keys[post] for post in version.posts],
            sent_at=sent_at,
        )
        if hashlib.sha256(content).hexdigest() == version.digest:
            return content, number
    return None


def _receipt_rows(application: Application, version: ListVersion) -> list[list[str]]:
    call = application.call
    as_sent = receipt_content_of(version)
    details: list[list[str]] = []
    if as_sent is not None:  # otherwise what is stored now is not what was sent, and is not shown as such
        details = [[_("Especialidad"), application.specialty.name]] if application.specialty else []
        details += [
            [str(criterion["label"]), value]
            for criterion, value in zip(
                call.score_criteria, as_brought(call.score_criteria, application.merit), strict=False
            )
            if value
        ]
        details.append([_("Reglas aceptadas"), _("versión %(version)s") % {"version": as_sent[1]}])
    return [
        [_("Persona"), str(application.person)],
        [_("Folio"), application.folio],
        *([[_("Presentación"), filed]] if (filed := _filed(version)) else []),
        [_("Convocatoria"), f"{call.title} ({call.code})"],
        *details,
        [_("Comprobante"), version.receipt],
        [_("Versión de la lista"), str(version.number)],
        [_("Enviada"), to_the_second(version.sent_at) if version.sent_at else ""],
    ]


def _filed(version: ListVersion) -> str:
    """Which office sent this very list, with what consent; "" of what the person sent."""
    paper = PaperApplication.objects.filter(application=version.application_id).first()
    return filed_words(paper) if version.number == 1 else ""


def _receipt_posts(version: ListVersion) -> list[list[str]]:
    rows = {
        row[0]: row[1:]
        for row in Post.objects.filter(pk__in=version.posts).values_list(
            "pk", "key", "site__name", "site__municipality", "site__state__name"
        )
    }
    return [
        [str(rank), key, site, f"{municipality}, {state}"]
        for rank, (key, site, municipality, state) in enumerate(
            (rows[post] for post in version.posts), start=1
        )
    ]


def _qr(link: str) -> str:
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", border=0, scale=4, xmldecl=False)
    return drawn.getvalue().decode()


def receipt_file_name(version: ListVersion) -> str:
    """Return a name for the file, which sorts by day and says what it is."""
    return f"comprobante-{version.receipt}.pdf"


def posts_table(rows: Iterable[PostRow]) -> Table:
    """The posts of a search as they leave, with the columns that their page shows."""
    words = {True: _("sí"), False: _("no")}
    return Table(
        [
            _("Clave"), _("Convocatoria"), _("Sede"), _("Municipio"), _("Estado"), _("Especialidad"), _("Lugares"),
            _("Turno"), _("Contrato"), _("Sueldo mensual (MXN)"), _("Zona alejada (%)"), _("Rural (%)"),
            _("Prioritaria"), _("Vivienda"), _("Transporte"), _("Listas que la incluyen"),
            _("Último lugar admitido la vez anterior"),
        ],
        (_post_cells(row, words) for row in rows),
    )  # fmt: skip


def _post_cells(row: PostRow, words: Mapping[bool, str]) -> Iterable[Any]:
    return (
        row.key, row.call_code, row.site, row.municipality, row.state, row.specialty, row.seats, row.shift_label,
        row.contract_label, row.monthly_pay, row.isolation_percent, row.rural_percent, words[row.is_priority],
        words[row.has_housing], words[row.has_transport], row.listed, row.last_place,
    )  # fmt: skip
