"""Licences to practise medicine: who gives them in each country and how their numbers are written.

Only the form is looked at. Nobody here confirms that a licence exists, and every screen says so.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from cauce.accounts.rules.curp import shown
from cauce.base.errors import ALLOWED, Refused, Verdict

FILE = Path(__file__).parents[1] / "catalogue" / "licence_authorities.csv"
AUTHORITY_LIMIT, NUMBER_LIMIT = 120, 30
# A doctor with several specialties in several countries stays far below.
LICENCE_LIMIT = 10


class LicenceRefused(Refused):
    """A professional licence that cannot be written so; its ``field`` is authority, licence or issued_on."""

    code = "licence_refused"


@dataclass(frozen=True, slots=True)
class LicenceAuthority:
    """Who gives licences to practise medicine in a country. ``shape`` shows a digit as 0."""

    country: str
    code: str
    title: str
    pattern: re.Pattern[str]
    shape: str
    source: str


@cache
def _authorities() -> dict[str, LicenceAuthority]:
    lines = FILE.read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {
        row["country"]: LicenceAuthority(
            row["country"],
            row["code"],
            row["title"],
            re.compile(row["pattern"], re.ASCII),
            row["shape"],
            row["source"],
        )
        for row in rows
    }


def authority_of(country: str) -> LicenceAuthority | None:
    """Return who gives licences in ``country``, where the catalogue knows it."""
    return _authorities().get(country)


def authority_name(country: str, authority: str) -> str:
    """Return an authority as screens name it: in full where the catalogue knows it."""
    known = authority_of(country)
    return f"{known.title} ({known.code})" if known and known.code == authority else authority


def read_licence(country: str, authority: str, number: str) -> tuple[str, str]:
    """Return authority and number as they are kept. A known authority is kept by its code, whatever was typed.

    Raises ``LicenceRefused``.
    """
    number = " ".join(number[: 4 * NUMBER_LIMIT].split()).upper()
    known = authority_of(country)
    if known is not None:
        number = number.translate(str.maketrans("", "", " .-")).removeprefix(known.code)
        if not known.pattern.fullmatch(number):
            raise LicenceRefused(
                _("El número de %(authority)s lleva solo números, como %(shape)s.")
                % {"authority": known.code, "shape": known.shape},
                _("Cópialo de tu carné o constancia."),
                field="licence",
            )
        return known.code, number
    return _read_authority(authority), _read_number(number)


def _read_number(number: str) -> str:
    for character in number:
        if not (character.isalnum() or character in " -./"):
            raise LicenceRefused(
                _("Un número de licencia no lleva «%s».") % shown(character),
                _("Escríbelo con letras, números, guiones y diagonales."),
                field="licence",
            )
    if not 1 <= len(number) <= NUMBER_LIMIT or not any(character.isalnum() for character in number):
        raise LicenceRefused(
            _("Un número de licencia tiene de 1 a %(limit)s letras y números.") % {"limit": NUMBER_LIMIT},
            _("Cópialo de tu carné o constancia."),
            field="licence",
        )
    return number


def _read_authority(text: str) -> str:
    authority = " ".join(text[: 4 * AUTHORITY_LIMIT].split())
    is_printed = authority.isprintable() and any(character.isalpha() for character in authority)
    if not is_printed or not 2 <= len(authority) <= AUTHORITY_LIMIT:
        raise LicenceRefused(
            _("Falta el nombre de la autoridad que da la licencia."),
            _("Escríbelo como aparece en ella, por ejemplo Colegio Médico de Honduras."),
            field="authority",
        )
    return authority


def read_issue_date(issued_on: date | None, *, birth_date: date, today: date) -> date | None:
    """Return the date a licence was given, if told. Raises ``LicenceRefused`` for one that cannot be."""
    if issued_on is not None and not birth_date < issued_on <= today:
        raise LicenceRefused(
            _("Una licencia no se expide antes de nacer ni después de hoy."),
            _("Revisa la fecha, o déjala vacía."),
            field="issued_on",
        )
    return issued_on


def may_tell_licence(held: int) -> Verdict:
    """Whether one more licence may be added to the ``held`` ones."""
    return ALLOWED.unless(
        held >= LICENCE_LIMIT,
        _("Ya hay %(limit)s licencias en tu cuenta, que es lo más que cabe.") % {"limit": LICENCE_LIMIT},
        _("Quita una que no uses."),
    )
