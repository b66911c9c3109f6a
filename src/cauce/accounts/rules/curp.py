"""What a CURP says, in the registry's words; and which numbers only look like one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum.mx.curp import calc_check_digit

from cauce.accounts.models import GENERIC_CURPS
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _

CURP_LENGTH = 18
BORN_ABROAD = "NE"
# Code of the state in the CURP -> INEGI key.
CURP_STATES = {
    "AS": "01", "BC": "02", "BS": "03", "CC": "04", "CL": "05", "CM": "06", "CS": "07", "CH": "08",
    "DF": "09", "DG": "10", "GT": "11", "GR": "12", "HG": "13", "JC": "14", "MC": "15", "MN": "16",
    "MS": "17", "NT": "18", "NL": "19", "OC": "20", "PL": "21", "QT": "22", "QR": "23", "SP": "24",
    "SL": "25", "SR": "26", "TC": "27", "TS": "28", "TL": "29", "VZ": "30", "YN": "31", "ZS": "32",
    BORN_ABROAD: "",
}  # fmt: skip
STATE_NAMES = {
    "01": "Aguascalientes", "02": "Baja California", "03": "Baja California Sur", "04": "Campeche",
    "05": "Coahuila", "06": "Colima", "07": "Chiapas", "08": "Chihuahua", "09": "Ciudad de México",
    "10": "Durango", "11": "Guanajuato", "12": "Guerrero", "13": "Hidalgo", "14": "Jalisco",
    "15": "Estado de México", "16": "Michoacán", "17": "Morelos", "18": "Nayarit", "19": "Nuevo León",
    "20": "Oaxaca", "21": "Puebla", "22": "Querétaro", "23": "Quintana Roo", "24": "San Luis Potosí",
    "25": "Sinaloa", "26": "Sonora", "27": "Tabasco", "28": "Tamaulipas", "29": "Tlaxcala", "30": "Veracruz",
    "31": "Yucatán", "32": "Zacatecas",
}  # fmt: skip
SEXES = frozenset("HMX")

LETTERS = frozenset("ABCDEFGHIJKLMNÑOPQRSTUVWXYZ")
# Nothing longer is looked at, so that a pasted book costs nothing.
PASTE_LIMIT = 120
_DIGITS = frozenset("0123456789")
_LOOKALIKES = {"O": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2", "Q": "0"}


class CurpRefused(Refused):
    """The text is no CURP; the message says what is wrong and where."""

    code = "curp_refused"


@dataclass(frozen=True, slots=True)
class Curp:
    """What a CURP says of its holder.

    ``birth_state`` is INEGI's key, "" when born abroad. A generic CURP says
    nothing of anybody: its ``birth_date`` is ``None`` and its ``sex`` "".
    """

    number: str
    birth_date: date | None
    sex: str
    birth_state: str
    is_generic: bool = False

    @property
    def born_abroad(self) -> bool:
        return self.number[11:13] == BORN_ABROAD


def read_curp(text: str) -> Curp:
    """Return what the CURP in ``text`` says; lower case, spaces and hyphens are forgiven.

    Raises ``CurpRefused``, whose sentence never repeats more than one
    character of what was typed.
    """
    number = _compact(text)
    if number in GENERIC_CURPS:
        return Curp(number, None, "", "", is_generic=True)
    _check_kinds(number)
    birth_date = _birth_date(number)
    sex, code = number[10], number[11:13]
    if sex not in SEXES:
        raise _refusal(_("El carácter 11 dice el sexo y solo puede ser H, M o X; aquí es «%s».") % sex)
    if code not in CURP_STATES:
        raise _refusal(
            _("Los caracteres 12 y 13 dicen la entidad de nacimiento, y ninguna se abrevia «%s».") % code
        )
    if number[17] != check_digit(number[:17]):
        raise _refusal(
            _("El último carácter no corresponde a los demás."),
            _("Revisa que no haya un cambio de letra o de número, o cópiala de tu constancia."),
        )
    return Curp(number, birth_date, sex, CURP_STATES[code])


def check_digit(first_seventeen: str) -> str:
    """Return the 18th character. Ñ has its own value, which the library knows under another sign."""
    return calc_check_digit(first_seventeen.replace("Ñ", "&"))


def _compact(text: str) -> str:
    if len(text) > PASTE_LIMIT:
        raise _refusal(
            _("Esto es mucho más largo que una CURP, que tiene 18 caracteres."), _("Pega solo la CURP.")
        )
    kept = [c for c in unicodedata.normalize("NFC", text) if not c.isspace() and c not in "-_‐‑‒–—−"]
    for position, character in enumerate(kept, start=1):
        if not (character.isascii() and character.isalnum()) and character not in "ñÑ":
            raise _refusal(
                _("El carácter %(position)s («%(character)s») no es letra ni número.")
                % {"position": position, "character": shown(character)},
                _("Bórralo o escríbelo otra vez."),
            )
    return "".join(kept).upper()


def shown(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _check_kinds(number: str) -> None:
    if not number:
        raise _refusal(_("Falta la CURP."), _("Son 18 letras y números."))
    if len(number) != CURP_LENGTH:
        raise _refusal(*_length_words(len(number)))
    for position, character in enumerate(number, start=1):
        if position in (5, 6, 7, 8, 9, 10, 18):
            if character not in _DIGITS:
                raise _misplaced(position, character, _("ahí va un número"), _LOOKALIKES.get(character, ""))
        elif position != 17 and character not in LETTERS:
            back = {digit: letter for letter, digit in reversed(_LOOKALIKES.items())}
            raise _misplaced(position, character, _("ahí va una letra"), back.get(character, ""))


def _length_words(length: int) -> tuple[str, str]:
    words = _("Tiene %(length)s caracteres; son 18.") % {"length": length}
    if length == CURP_LENGTH - 1:
        return words, _("Suele faltar el último número.")
    if length < CURP_LENGTH:
        return words, _("Faltan %(count)s.") % {"count": CURP_LENGTH - length}
    return words, _("Sobran %(count)s.") % {"count": length - CURP_LENGTH}


def _misplaced(position: int, character: str, wanted: str, lookalike: str) -> CurpRefused:
    remedy = _("¿Será «%s»?") % lookalike if lookalike else ""
    facts = {"position": position, "character": character, "wanted": wanted}
    return _refusal(_("El carácter %(position)s es «%(character)s», y %(wanted)s.") % facts, remedy)


def _birth_date(number: str) -> date:
    # The 17th character tells the century: a digit until 1999, a letter from 2000.
    century = 1900 if number[16] in _DIGITS else 2000
    year, month, day = century + int(number[4:6]), int(number[6:8]), int(number[8:10])
    try:
        return date(year, month, day)
    except ValueError:
        facts = {"day": number[8:10], "month": number[6:8], "year": year}
        raise _refusal(
            _("La fecha de nacimiento que dice (día %(day)s, mes %(month)s, año %(year)s) no existe.")
            % facts,
            _("Revisa los caracteres 5 a 10."),
        ) from None


def _refusal(message: str, remedy: str = "") -> CurpRefused:
    return CurpRefused(message, remedy, field="curp")
