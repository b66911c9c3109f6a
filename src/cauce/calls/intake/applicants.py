"""Applications on paper that an institution typed into a table: read dry, with every doubt and fault in its cell.

A row is a person; or, where each choice has its own row, all rows of a person are folded into one first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cauce.accounts import rules as people
from cauce.base.errors import DomainError
from cauce.base.imports import Bad, Column, Doubtful, Record, Sheet, Told, read_sheet
from cauce.base.phrases import phrase as _
from cauce.calls.intake.cells import state_of
from cauce.calls.intake.choices import choice_columns, folded, has_choices
from cauce.calls.intake.scores import refused_column
from cauce.calls.queries.applicants import FilingLookup
from cauce.calls.rules.application import DetailsRefused, PostFact, read_merit
from cauce.calls.rules.filing import Filing, Held, Identity, RfcRefused, read_rfc
from cauce.calls.rules.panels import is_loaded, is_recorded
from cauce.institutions.rules import fold

MOST_ROWS = 200_000
RUN = 3  # so many rows one after the other are no chance
_NAMES = ("given_names", "first_surname", "second_surname")
_SEXES = {
    "mujer": "M", "femenino": "M", "f": "M", "m": "M", "hombre": "H", "masculino": "H", "h": "H", "x": "X",
    "no binario": "X",
}  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]0?0:00(?::00(?:\.0+)?)?)?", re.ASCII)
_TYPED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{3,4}", re.ASCII)
_SERIAL_START = date(1899, 12, 30)


class Read(NamedTuple):
    """A value, the text of its cell, and whether there is no other way to read that."""

    value: Any
    text: str
    is_sure: bool = True


def columns(lookup: FilingLookup) -> list[Column]:
    """The columns of a table of applicants to one call, by the names that institutions give them."""
    return [
        Column("curp", ("CURP",), _curp, needed=False),
        Column("country", ("país", "país del documento", "country"), _country, needed=False, memo=True),
        Column("document", ("documento", "tipo de documento", "document"), _text, needed=False, memo=True),
        Column("number", ("número", "número de documento", "number"), _text, needed=False),
        Column("given_names", ("nombres", "nombre", "nombre(s)"), _name("given_names"), memo=True),
        Column("first_surname", ("primer apellido", "apellido paterno"), _name("first_surname"), memo=True),
        Column("second_surname", ("segundo apellido", "apellido materno"), _name("second_surname"), needed=False, memo=True),
        Column("birth_date", ("fecha de nacimiento", "nacimiento"), birth_date_cell, needed=False, memo=True),
        Column("sex", ("sexo",), _sex, needed=False, memo=True),
        Column("email", ("correo", "correo electrónico", "email", "e-mail"), _email, needed=False),
        Column("rfc", ("RFC",), _rfc, needed=False),
        Column("specialty", ("especialidad", "specialty"), _specialty(lookup), memo=True),
        *(
            refused_column(each, _merit(each))
            if is_recorded(each)
            else Column(_merit(each), (each["label"], each["key"]), _value(each), memo=True)
            for each in lookup.criteria
        ),
        Column("groups", ("grupos", "grupo"), _groups(lookup), needed=False, memo=True),
        Column("origin_state", ("estado de origen", "entidad de origen"), state_of(lookup.states), needed=False, memo=True),
        *choice_columns(lookup),
    ]  # fmt: skip


def read_applicants(
    data: bytes, lookup: FilingLookup, told: Told = lambda near: None
) -> tuple[Sheet, list[Filing]]:
    """Read a table of applicants; return what was found and the applications, none if anything is at fault.

    ``facts`` count the new and the equal ones, the choices, and the new people.
    """
    sheet = read_sheet(data, columns(lookup), most_rows=MOST_ROWS, told=told)
    filings: list[Filing] = []
    if has_choices(sheet, lookup):
        _tell_single_source(sheet, lookup)
        _tell_shifts(sheet)
        entries = list(folded(sheet, lookup, _identity))
        known = lookup.held([identity for _record, identity, _posts in entries])
        filings = list(_filings(sheet, lookup, entries, known))
        new = [filing for filing in filings if not _has_applied(known, filing.identity)]
        sheet.facts = {
            "new": len(new),
            "same": len(filings) - len(new),
            "people": sum(filing.identity not in known for filing in new),
            "choices": sum(len(filing.posts) for filing in new),
        }
    sheet.records = []
    return sheet, [] if sheet.report.faults else filings


def _has_applied(known: Mapping[Identity, Held], identity: Identity) -> bool:
    return identity in known and bool(known[identity].folio)


def _filings(
    sheet: Sheet,
    lookup: FilingLookup,
    entries: list[tuple[Record, Identity, list[PostFact]]],
    known: Mapping[Identity, Held],
) -> Iterator[Filing]:
    for record, identity, posts in entries:
        values = record.values
        born, sex = _birth(sheet, record, lookup)
        held = known.get(identity)
        if held is not None and record.is_good and (born, sex) != (held.birth_date, held.sex):
            sheet.fault(record, "number", _("Con este documento está registrada una persona con otra fecha de nacimiento u otro sexo."),
                _("Revisar el número, la fecha y el sexo en el documento."),
            )  # fmt: skip
        if not record.is_good:
            continue
        curp, rfc = values.get("curp"), values.get("rfc", "")
        _tell_other_rfc(sheet, record, rfc, curp)
        filing = Filing(
            row=record.row,
            identity=identity,
            document_doubt=values.get("document_doubt", ""),
            generic_curp=curp.number if curp is not None and curp.is_generic else "",
            **{name: values.get(name, "") for name in _NAMES},
            birth_date=born,
            sex=sex,
            birth_state=curp.birth_state if curp is not None else "",
            email=values.get("email", ""),
            rfc=rfc,
            specialty_id=values["specialty"],
            merit=tuple("" if is_recorded(each) else values[_merit(each)] for each in lookup.criteria),
            groups=values.get("groups", ()),
            origin_state=values.get("origin_state", ""),
            posts=tuple(post.id for post in posts),
        )
        if held is not None and held.folio and held.content != filing.content:
            _tell_applied(sheet, record, identity, held)
            continue
        yield filing


# ---------------------------------------------------------------- the person


def _identity(sheet: Sheet, record: Record) -> Identity | None:
    """Who a row is about; ``None`` with the fault told, or where a cell of it could not be read."""
    values = record.values
    if any(key in record.raw and key not in values for key in ("curp", "country", "document", "number")):
        return None
    curp = values.get("curp")
    written = {key: values.get(key, "") for key in ("country", "document", "number")}
    if curp is not None and not curp.is_generic:
        if any(written.values()):
            sheet.doubt(
                record, "document", _("La fila trae CURP: el otro documento no se lee."), _("Nada que hacer.")
            )
        return Identity("curp", "MX", curp.number)
    if all(written.values()):
        return _foreign(sheet, record, **written)
    if any(written.values()):
        lacking = next(key for key, value in written.items() if not value)
        sheet.fault(record, lacking, _("Un documento se dice con su país, qué es y su número."), _("Escribir los tres.")
        )  # fmt: skip
    elif curp is not None:
        record.raw.setdefault("curp", curp.number)
        sheet.fault(record, "curp", _("Es la CURP genérica de personas extranjeras: no identifica a nadie."),
            _("Agregar el país, el documento y el número del suyo."),
        )  # fmt: skip
    else:
        sheet.fault(record, "curp", _("Falta la CURP."),
            _("Escribirla; de quien no tiene, el país, el documento y el número."),
        )  # fmt: skip
    return None


def _foreign(sheet: Sheet, record: Record, *, country: str, document: str, number: str) -> Identity | None:
    """Who a document of another country is of; the doubt about its number is told, and kept in the record."""
    wanted = fold(document)
    types = people.documents_of(country)
    found = next(
        (one for one in types if wanted in map(fold, (one.kind, one.name, one.label, one.title))), None
    )
    if found is None:
        record.raw.setdefault("document", document)
        known = ", ".join(one.label for one in types)
        sheet.fault(
            record, "document", _("Este documento no se conoce en ese país."),
            _("Usar uno de: %(known)s.") % {"known": known},
        )  # fmt: skip
        return None
    record.raw.setdefault("number", number)
    born = record.values.get("birth_date")
    try:
        read = people.read_document(country, found.kind, number, birth_date=born.value if born else None)
    except people.DocumentRefused as refused:
        sheet.fault(record, "number", refused.message, _("Copiarlo otra vez del documento."))
        return None
    if read.doubt:
        words = people.doubt_words(country, found.kind, read.doubt)
        sheet.doubt(record, "number", words, _("Cotejarlo con el documento; no impide cargar."))
    record.values["document_doubt"] = read.doubt
    return Identity(found.kind, country, read.number)


def _birth(sheet: Sheet, record: Record, lookup: FilingLookup) -> tuple[Any, str]:
    """Date of birth and sex, from the CURP where there is one; contradictions and doubts are told."""
    values = record.values
    born, sex = values.get("birth_date"), values.get("sex")
    curp = values.get("curp")
    if curp is not None and not curp.is_generic:
        _compare(sheet, record, curp, born, sex)
        read = curp.birth_date, curp.sex
    else:
        for key, found, words in (
            ("birth_date", born, _("Falta la fecha de nacimiento.")),
            ("sex", sex, _("Falta el sexo.")),
        ):
            if found is None and key not in record.raw:
                sheet.fault(record, key, words, _("Sin CURP hace falta: copiarlo del documento."))
            elif found is not None and not found.is_sure:
                _tell_reading(sheet, record, key, found)
        read = born and born.value, sex.value if sex else ""
    try:
        if read[0] is not None:
            people.check_birth_date(read[0], today=lookup.today)
    except people.BirthDateRefused as refused:
        key = "birth_date" if born is not None else "curp"
        record.raw.setdefault(key, born.text if born is not None else curp.number if curp is not None else "")
        sheet.fault(record, key, refused.message, _("Revisarla en el documento."))
    return read


def _compare(sheet: Sheet, record: Record, curp: people.Curp, born: Read | None, sex: Read | None) -> None:
    assert curp.birth_date is not None  # noqa: S101 - it is not a generic one
    if born is not None and born.value != curp.birth_date:
        record.raw.setdefault("birth_date", born.text)
        facts = {"curp": curp.birth_date, "column": born.value}
        sheet.fault(record, "birth_date", _("La CURP dice %(curp)s y esta columna, %(column)s.") % facts,
            _("Corregir la que no diga lo que el acta."),
        )  # fmt: skip
    if sex is not None and sex.value != curp.sex:
        labels = {"M": _("mujer"), "H": _("hombre"), "X": _("no binario")}
        record.raw.setdefault("sex", sex.text)
        facts = {"curp": labels[curp.sex], "column": labels[sex.value]}
        sheet.fault(record, "sex", _("La CURP dice %(curp)s y esta columna, %(column)s.") % facts,
            _("Corregir la que no diga lo que el acta. En la CURP, M es mujer y H, hombre."),
        )  # fmt: skip


def _tell_reading(sheet: Sheet, record: Record, key: str, read: Read) -> None:
    record.raw.setdefault(key, read.text)
    if key == "sex":
        words = _("M se lee como mujer, igual que en la CURP.")
    else:
        words = _("Es el número con que la hoja guarda una fecha; se lee %(day)s.") % {"day": read.value}
    sheet.doubt(record, key, words, _("Nada, si eso quiere decir."))


def _tell_shifts(sheet: Sheet) -> None:
    """Doubt names that do not agree with their CURP; where they agree with a neighbour's, rows are shifted."""
    rows = [(record, _disagree(record, record)) for record in sheet.records]
    for step, words in (
        (1, _("Desde esta fila, la CURP parece ser de la persona de la fila de abajo.")),
        (-1, _("Desde esta fila, la CURP parece ser de la persona de la fila de arriba.")),
    ):
        run = 0
        for at, (record, wrong) in enumerate(rows):
            other = at + step
            moved = len(wrong) > 1 and 0 <= other < len(rows) and not _disagree(rows[other][0], record)
            run = run + 1 if moved else 0
            if run == RUN:
                first = rows[at - RUN + 1][0]
                sheet.fault(first, "curp", words, _("Revisar si la columna está recorrida o se ordenó sola."))
    for record, wrong in rows:
        for name in wrong:
            record.raw.setdefault(name, str(record.values.get(name, "")))
            sheet.doubt(
                record, name, _("No concuerda con las letras de la CURP."),
                _("Cotejarlo con el acta; si está bien, dejarlo."),
            )  # fmt: skip


def _disagree(named: Record, held: Record) -> tuple[str, ...]:
    """Which names of one row do not agree with the CURP of another; none where one of them lacks something."""
    curp = held.values.get("curp")
    if curp is None or curp.is_generic or not all(name in named.values for name in _NAMES[:2]):
        return ()
    return people.name_doubts(curp, **{name: named.values.get(name, "") for name in _NAMES})


def _tell_other_rfc(sheet: Sheet, record: Record, rfc: str, curp: people.Curp | None) -> None:
    if rfc and curp is not None and not curp.is_generic and rfc[4:10] != curp.number[4:10]:
        record.raw.setdefault("rfc", rfc)
        sheet.doubt(
            record, "rfc", _("La fecha del RFC no es la de la CURP."), _("Revisar que sea de la misma persona.")
        )  # fmt: skip


def _tell_applied(sheet: Sheet, record: Record, identity: Identity, held: Held) -> None:
    key = "curp" if identity.kind == "curp" else "number"
    record.raw.setdefault(key, identity.number)
    if held.is_paper:
        words = _("Ya está cargada con el folio %(folio)s, y no dice lo mismo.")
        remedy = _("Quitar la fila: lo que se cargó de papel no cambia con otro archivo.")
    else:
        words = _("Ya se postuló en línea, con el folio %(folio)s, y no dice lo mismo.")
        remedy = _("Quitar la fila: lo que ya envió lo cambia la propia persona, en línea.")
    sheet.fault(record, key, words % {"folio": held.folio}, remedy)


def _tell_single_source(sheet: Sheet, lookup: FilingLookup) -> None:
    """Say of every criterion that people do not declare that here it rests on one file."""
    for each in lookup.criteria:
        if is_loaded(each) and sheet.table is not None:
            head = Record(sheet.table.head_row, {}, {})
            sheet.doubt(
                head, _merit(each), _("Este puntaje queda con este archivo por única fuente."),
                _("Para comprobarlo, cargar después los puntajes de dos archivos independientes."),
            )  # fmt: skip


# ----------------------------------------------------------------- the cells


def _obeyed(rule: Callable[..., Any], *typed: Any, remedy: str) -> Any:
    try:
        return rule(*typed)
    except DomainError as refused:
        raise Bad(refused.message, remedy) from None  # theirs speak to the person, not to the desk


def _curp(text: str) -> people.Curp | None:
    return _obeyed(people.read_curp, text, remedy=_("Copiarla de la constancia.")) if text else None


def _name(field: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text and field != "second_surname":
            raise Bad(_("Falta este nombre."), _("Escribirlo como en el acta."))
        return str(_obeyed(people.read_name, text, field, remedy=_("Escribirlo como en el acta.")))

    return parse


def _text(text: str) -> str:
    return text


@cache
def _countries() -> dict[str, str]:
    """ISO 3166-1 codes by themselves and by their names in both languages, folded; without Mexico."""
    return {
        folded: code
        for language in ("en", "es")
        for code, name in people.countries(language)
        for folded in (fold(name), code.casefold())
    }


def _country(text: str) -> str:
    found = _countries().get(fold(text)) if text else ""
    if found is None:
        raise Bad(
            _("No es otro país."),
            _("Escribir su nombre o su código de dos letras, como SV. De México se escribe la CURP."),
        )
    return found


def birth_date_cell(text: str) -> Read | None:
    if not text:
        return None
    if match := _ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _TYPED.fullmatch(text):
        day, month, year = map(int, match.groups())
    elif _SERIAL.fullmatch(text):
        return Read(_SERIAL_START + timedelta(days=int(text)), text, is_sure=False)
    else:
        raise Bad(_("No es una fecha."), _("Escribirla como día/mes/año, con el año de cuatro cifras."))
    try:
        return Read(date(year, month, day), text)
    except ValueError:
        raise Bad(
            _("El día %(day)s del mes %(month)s de %(year)s no existe.")
            % {"day": day, "month": month, "year": year},
            _("Escribirla como día/mes/año."),
        ) from None


def _sex(text: str) -> Read | None:
    if not text:
        return None
    found = _SEXES.get(fold(text))
    if found is None:
        raise Bad(_("Este valor no se conoce."), _("Usar mujer, hombre o X."))
    return Read(found, text, is_sure=fold(text) != "m")


def _email(text: str) -> str:
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError:
        raise Bad(_("No es un correo."), _("Escribirlo como nombre@correo.mx, o dejarlo vacío.")) from None
    return text.lower()


def _rfc(text: str) -> Any:
    if not text:
        return ""
    try:
        number, doubt = read_rfc(text)
    except RfcRefused as refused:
        raise Bad(refused.message, refused.remedy) from None
    return Doubtful(number, doubt, _("Cotejarlo con la constancia; no impide cargar.")) if doubt else number


def _specialty(lookup: FilingLookup) -> Callable[[str], int]:
    def parse(text: str) -> int:
        found = lookup.specialties.get(fold(text))
        if not text:
            raise Bad(_("Falta la especialidad."), _("Escribirla como en la convocatoria."))
        if found is None:
            raise Bad(
                _("Esta especialidad no está en el catálogo."), _("Escribir su nombre como en el catálogo.")
            )
        if found not in lookup.offered:
            raise Bad(
                _("Esta especialidad no se ofrece en la convocatoria."),
                _("Escribir una de las que se ofrecen."),
            )
        return found

    return parse


def _merit(criterion: Mapping[str, Any]) -> str:
    return f"merit_{criterion['key']}"


def _value(criterion: Mapping[str, Any]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text:
            raise Bad(
                _("Falta %(label)s: sin él no hay orden.") % {"label": criterion["label"]},
                _("Copiarlo del documento de la persona."),
            )
        try:
            return read_merit(criterion, text)
        except DetailsRefused as refused:
            raise Bad(refused.message, refused.remedy) from None

    return parse


def _groups(lookup: FilingLookup) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        names = [part for part in map(fold, text.replace(";", ",").split(",")) if part]
        if any(name not in lookup.groups for name in names):
            known = ", ".join(dict.fromkeys(lookup.groups.values()))
            raise Bad(
                _("Este grupo no es de la convocatoria."),
                _("Usar uno de: %(known)s.") % {"known": known}
                if known
                else _("Dejarla vacía: esta convocatoria no reserva lugares para grupos."),
            )
        return tuple(sorted({lookup.groups[name] for name in names}))

    return parse


__all__ = ["MOST_ROWS", "columns", "read_applicants"]
