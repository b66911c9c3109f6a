"""Documents of other countries: which there are, how their numbers are written, and how far that can be checked.

The facts are a catalogue of the package, read once: ``catalogue/identity_documents.csv`` names the source of each.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy
from stdnum.cu import ni as cuba
from stdnum.do import cedula as dominicana
from stdnum.ec import ci as ecuador
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.sv import nit as salvador

from cauce.accounts.models import DocumentKind
from cauce.accounts.rules.curp import PASTE_LIMIT
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _
from cauce.base.phrases import together

FILE = Path(__file__).parents[1] / "catalogue" / "identity_documents.csv"
ANY_COUNTRY = "ZZ"
SHORTEST, LONGEST = 3, 20


class DocumentRefused(Refused):
    """The number of a passport or of another country's document cannot be one."""

    code = "document_refused"


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A document that some country gives, and what its numbers obey.

    ``is_sure``: what breaks the rule is refused; otherwise it is only doubted,
    since whoever gives the document does not publish the rule. ``shape`` shows
    a digit as 0 and a letter as A.
    """

    country: str
    kind: str
    name: str
    title: str
    shape: str
    pattern: re.Pattern[str]
    check: str
    is_sure: bool
    source: str

    @property
    def label(self) -> str:
        return _("Pasaporte") if self.kind == DocumentKind.PASSPORT else self.name


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number as it is kept, and the code of the doubt about it ("" none): see ``doubt_words``."""

    number: str
    doubt: str = ""


@cache
def catalogue() -> tuple[DocumentType, ...]:
    """Return every document of the catalogue, in its order; the passport is the last."""
    lines = FILE.read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return tuple(
        DocumentType(
            row["country"], row["kind"], row["name"], row["title"], row["shape"], re.compile(row["pattern"], re.ASCII),
            row["check"], row["confidence"] == "high", row["source"],
        )
        for row in rows
    )  # fmt: skip


def known_countries() -> tuple[str, ...]:
    """Return the countries with documents of their own in the catalogue."""
    return tuple(dict.fromkeys(one.country for one in catalogue() if one.country != ANY_COUNTRY))


def documents_of(country: str) -> tuple[DocumentType, ...]:
    """Return the documents with which somebody of ``country`` may register: its own, then the passport."""
    return tuple(one for one in catalogue() if one.country in (country, ANY_COUNTRY))


def document_type(country: str, kind: str) -> DocumentType | None:
    return next((one for one in documents_of(country) if one.kind == kind), None)


def document_name(country: str, kind: str) -> str:
    """Return what a document is called on a screen, whichever it is."""
    known = document_type(country, kind)
    if known is not None:
        return known.label
    return str(DocumentKind(kind).label) if kind in DocumentKind.values else kind.upper()


# ------------------------------------------------------------------- reading


def read_document(country: str, kind: str, text: str, *, birth_date: date | None = None) -> DocumentNumber:
    """Return a document's number as it is kept, with the doubt about it, if any.

    A number whose own date of birth is not ``birth_date`` is doubted. Raises
    ``DocumentRefused`` when the catalogue lacks the document, when no document
    has such a number, and when it breaks a rule that is sure.
    """
    known = document_type(country, kind)
    if known is None:
        raise DocumentRefused(
            _("Ese documento no es de ese país."), _("Elige uno de la lista."), field="kind"
        )
    number = _compact(text, known)
    found = known.pattern.fullmatch(number)
    problem = "shape" if found is None else CHECKS[known.check](number) if known.check else ""
    if problem and known.is_sure:
        raise DocumentRefused(_problem_words(known, problem), _remedy(known), field="number")
    if found is not None:
        number = found.groupdict().get("key") or number
    if not problem and birth_date is not None and known.check in _BORN:
        problem = "" if _BORN[known.check](number) == f"{birth_date:%y%m%d}" else "birth_date"
    return DocumentNumber(number, problem)


def read_document_number(text: str) -> str:
    """Return a passport's number as it is kept: capitals and digits. Raises ``DocumentRefused``."""
    return read_document(ANY_COUNTRY, DocumentKind.PASSPORT, text).number


def doubt_words(country: str, kind: str, doubt: str) -> str:
    """Return the sentence of a doubt kept with a document; "" when there is none."""
    known = document_type(country, kind)
    if known is None or not doubt:
        return ""
    unconfirmed = _("No pudimos confirmar este número de %(name)s.") % {"name": _in_text(known)}
    return together(unconfirmed, _problem_words(known, doubt))


def _compact(text: str, known: DocumentType) -> str:
    number = "".join(c for c in text[: PASTE_LIMIT + 1] if not c.isspace() and c not in "-.‐‑‒–—−").upper()
    if not (number.isascii() and number.isalnum() and SHORTEST <= len(number) <= LONGEST):
        raise DocumentRefused(_problem_words(known, "shape"), _remedy(known), field="number")
    return number


def _in_text(known: DocumentType) -> str:
    """The name of a document inside a sentence: cédula in small letters, DUI as it is."""
    return known.label if known.label.isupper() else known.label.lower()


# Where a number is made of parts, what the part at fault is.
_PARTS: dict[str, Any] = {
    "sv_nit": gettext_lazy("Un NIT empieza con 0, 1 o 9."),
    "hn_dni": gettext_lazy("Los dos primeros números dicen el departamento, de 01 a 18."),
    "gt_dpi": gettext_lazy("Los números 10 y 11 dicen el departamento, de 01 a 22."),
    "ec_cedula": gettext_lazy("Los tres primeros números no son de ninguna provincia."),
    "cu_carne": gettext_lazy("Los seis primeros números dicen la fecha de nacimiento, y ésa no existe."),
}


def _problem_words(known: DocumentType, problem: str) -> str:
    if problem == "birth_date":
        return _("La fecha de nacimiento que lleva el número no es la que escribiste.")
    if problem == "part":
        return str(_PARTS[known.check])
    if problem == "digit" and known.check == "gt_dpi":
        return _("El noveno número no corresponde a los ocho anteriores.")
    if problem == "digit":
        return _("El último carácter no corresponde a los demás.")
    if known.kind == DocumentKind.PASSPORT:
        return _("Un número de pasaporte tiene de 5 a 9 letras y números.")
    facts = {"name": _in_text(known), "shape": known.shape}
    return _("El número de %(name)s se escribe como %(shape)s.") % facts


def _remedy(known: DocumentType) -> str:
    if known.kind == DocumentKind.PASSPORT:
        return _(
            "Cópialo de la página de tu fotografía; si es más largo, escribe los nueve primeros caracteres "
            "de la última línea."
        )
    return _("Cópialo otra vez de tu documento, o regístrate con tu pasaporte.")


# ------------------------------------------------------------------- checks


def _by_library(validate: Callable[[str], str]) -> Callable[[str], str]:
    def check(number: str) -> str:
        try:
            validate(number)
        except InvalidChecksum:
            return "digit"
        except ValidationError:
            return "part"
        return ""

    return check


def _sv_dui(number: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(number, range(9, 1, -1), strict=False))
    return "" if (10 - total % 10) % 10 == int(number[8]) else "digit"


def _hn_dni(number: str) -> str:
    # Digits 5 to 8 are the year of registration, often but not always that of birth: nothing to hold on to.
    return "" if 1 <= int(number[:2]) <= 18 else "part"


def _gt_dpi(number: str) -> str:
    if not 1 <= int(number[9:11]) <= 22:
        return "part"
    rest = sum(int(digit) * weight for digit, weight in zip(number, range(2, 10), strict=False)) % 11
    return "" if rest == int(number[8]) else "digit"


def _ni_cedula(number: str) -> str:
    return "" if number[13] == "ABCDEFGHJKLMNPQRSTUVWXY"[int(number[:13]) % 23] else "digit"


# A number of the right shape -> "" or the code of what is wrong: "digit" that checks the others, or a "part".
CHECKS: dict[str, Callable[[str], str]] = {
    "sv_dui": _sv_dui,
    "sv_nit": _by_library(salvador.validate),
    "hn_dni": _hn_dni,
    "gt_dpi": _gt_dpi,
    "ni_cedula": _ni_cedula,
    "ec_cedula": _by_library(ecuador.validate),
    "cu_carne": _by_library(cuba.validate),
    "do_cedula": _by_library(dominicana.validate),
}

# A number that holds a date of birth -> that date as YYMMDD.
_BORN: dict[str, Callable[[str], str]] = {
    "cu_carne": lambda number: number[:6],
    "ni_cedula": lambda number: number[7:9] + number[5:7] + number[3:5],
    "sv_nit": lambda number: number[8:10] + number[6:8] + number[4:6],
}
