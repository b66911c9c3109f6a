"""Tables of candidates that a partner institute brings: read dry, every doubt and fault in its cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cauce.accounts.rules import documents_of, read_name
from cauce.base.errors import Refused
from cauce.base.imports import Bad, Column, Record, Sheet, Told, read_sheet
from cauce.base.phrases import phrase as _
from cauce.calls.intake.applicants import birth_date_cell
from cauce.calls.models import CallPartner
from cauce.calls.rules.nominations import Candidate, duplicate_problem, read_candidate
from cauce.institutions.rules import fold

MOST_ROWS = 2_000
_FIELDS = ("staff_number", "given_names", "first_surname", "second_surname", "birth_date", "email", "reason")


def nomination_columns(country: str) -> list[Column]:
    """The columns of a table of candidates of an institute of ``country``."""
    return [
        Column("staff_number", ("número de personal", "numero de empleado", "código", "staff number"), _text),
        Column("given_names", ("nombre", "nombres", "given names"), _name("given_names")),
        Column("first_surname", ("primer apellido", "apellido paterno", "first surname"), _name("first_surname")),
        Column(
            "second_surname", ("segundo apellido", "apellido materno", "second surname"),
            _name("second_surname"), needed=False,
        ),
        Column("birth_date", ("fecha de nacimiento", "nacimiento", "birth date"), _day),
        Column("document_kind", ("documento", "tipo de documento", "document"), _kind(country), memo=True),
        Column("document_number", ("número de documento", "dui", "pasaporte", "document number"), _text),
        Column("email", ("correo", "correo electrónico", "email", "e-mail"), _email),
        Column("reason", ("razón", "razones", "motivo", "reason"), _text),
    ]  # fmt: skip


def read_nominations(
    data: bytes,
    partner: CallPartner,
    present: Sequence[tuple[int, Candidate]],
    *,
    today: date,
    told: Told = lambda near: None,
) -> tuple[Sheet, list[Candidate]]:
    """Read a table of candidates in their order of preference; none are returned if anything is at fault.

    ``present`` are those that the proposal has, by row. ``facts`` count the new ones and those that are there already.
    """
    country = partner.institution.country
    sheet = read_sheet(data, nomination_columns(country), most_rows=MOST_ROWS, told=told)
    found: list[Candidate] = []
    rows: list[tuple[int, Candidate]] = []
    same = 0
    for record in sheet.records:
        one = _candidate(sheet, record, country, today) if record.is_good else None
        if one is None:
            continue
        if any(one == other for _place, other in present):
            same += 1
        else:
            _tell_duplicate(sheet, record, one, present, rows)
        rows.append((record.row, one))
        found.append(one)
    sheet.records = []
    sheet.facts = {"new": len(found) - same, "same": same}
    return sheet, [] if sheet.report.faults else found


def _tell_duplicate(
    sheet: Sheet,
    record: Record,
    one: Candidate,
    present: Sequence[tuple[int, Candidate]],
    rows: Sequence[tuple[int, Candidate]],
) -> None:
    remedy = _("Dejar una sola, o corregir la que esté mal.")
    field, sentence = duplicate_problem(one, rows)
    if not field:
        field, sentence = duplicate_problem(one, present)
        remedy = _("Es la fila de la propuesta que ya está guardada: quitarla del archivo o de la propuesta.")
    if field:
        record.raw.setdefault(field, str(getattr(one, field)))
        sheet.fault(record, field, sentence, remedy)


def _candidate(sheet: Sheet, record: Record, country: str, today: date) -> Candidate | None:
    values = record.values
    told = Candidate(
        **{name: values.get(name, "") for name in _FIELDS},
        document_country=country,
        document_kind=values["document_kind"],
        document_number=values["document_number"],
    )
    try:
        return read_candidate(told, today=today)
    except Refused as refusal:
        field = {"number": "document_number", "kind": "document_kind"}.get(refusal.field or "", refusal.field)
        key = field if field in values else "staff_number"
        record.raw.setdefault(key, str(values.get(key, "")))
        sheet.fault(record, key, refusal.message, refusal.remedy)
        return None


def _text(text: str) -> str:
    if not text:
        raise Bad(_("Falta este dato."), _("Escribirlo."))
    return text


def _name(field: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return read_name(text, field)
        except Refused as refusal:
            raise Bad(refusal.message, refusal.remedy) from refusal

    return read


def _kind(country: str) -> Callable[[str], str]:
    known: dict[str, str] = {}
    for one in documents_of(country):
        known |= {fold(one.label): one.kind, fold(one.kind): one.kind}

    def read(text: str) -> str:
        found = known.get(fold(text))
        if found is None:
            names = ", ".join(one.label for one in documents_of(country))
            raise Bad(
                _("Ese documento no es de su país."), _("Escribir uno de: %(names)s.") % {"names": names}
            )
        return found

    return read


def _day(text: str) -> Any:
    found = birth_date_cell(text)
    if found is None:
        raise Bad(_("Falta este dato."), _("Escribirla como día/mes/año."))
    return found.value


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise Bad(_("No es un correo."), _("Escribirlo completo, con @.")) from None
    return text
