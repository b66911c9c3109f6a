"""What a CURP says, what a name may hold, and who may register. Pure: no database, no clock."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from stdnum.mx.curp import calc_check_digit

from cauce.base.errors import Refused

CURP_LENGTH = 18
# What offices write for foreigners who have no CURP of their own yet. Both are in use, although the check digit
# of the second is wrong; they identify nobody.
GENERIC_CURPS = frozenset({"XEXX010101HNEXXXA4", "XEXX010101MNEXXXA8"})
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
ADULT_AGE = 18
OLDEST_AGE = 110
NAME_LIMITS = {"given_names": 80, "first_surname": 60, "second_surname": 60}
DOCUMENT_LIMIT = 20

_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("ABCDEFGHIJKLMNÑOPQRSTUVWXYZ")
_VOWELS = frozenset("AEIOU")
_LOOKALIKES = {"O": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2", "Q": "0"}
# Nothing longer is looked at, so that a pasted book costs nothing.
_PASTE_LIMIT = 120


class CurpRefused(Refused):
    """The text is no CURP; the message says what is wrong and where."""

    code = "curp_refused"


class NameRefused(Refused):
    """A name holds something that no name has."""

    code = "name_refused"


class BirthDateRefused(Refused):
    """A date of birth that an adult of today cannot have."""

    code = "birth_date_refused"


class DocumentRefused(Refused):
    """The number of a passport or foreign document cannot be one."""

    code = "document_refused"


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


# ------------------------------------------------------------------- reading


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
        raise _refusal(_("El carácter 11 dice el sexo y sólo puede ser H, M o X; aquí es «%s».") % sex)
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
    if len(text) > _PASTE_LIMIT:
        raise _refusal(
            _("Esto es mucho más largo que una CURP, que tiene 18 caracteres."), _("Pega sólo la CURP.")
        )
    kept = [c for c in unicodedata.normalize("NFC", text) if not c.isspace() and c not in "-_‐‑‒–—−"]
    for position, character in enumerate(kept, start=1):
        if not (character.isascii() and character.isalnum()) and character not in "ñÑ":
            raise _refusal(
                _("El carácter %(position)s («%(character)s») no es letra ni número.")
                % {"position": position, "character": _shown(character)},
                _("Bórralo o escríbelo otra vez."),
            )
    return "".join(kept).upper()


def _shown(character: str) -> str:
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
        elif position != 17 and character not in _LETTERS:
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


# --------------------------------------------------------------------- names

# Words that the CURP passes over, unless there is nothing else.
_PARTICLES = {
    "DA", "DAS", "DE", "DEL", "DER", "DI", "DIE", "DD", "EL", "LA", "LOS", "LAS", "LE", "LES", "MAC",
    "MC", "VAN", "VON", "Y",
}  # fmt: skip
_COMMON_FIRST = {"MARIA", "MA", "MA.", "M", "M.", "JOSE", "J", "J."}
# Four letters that the registry never issues: it puts X in place 2 (annex of the DOF rules for the CURP).
_RUDE = {
    "BACA", "BAKA", "BUEI", "BUEY", "CACA", "CACO", "CAGA", "CAGO", "CAKA", "CAKO", "COGE", "COGI",
    "COJA", "COJE", "COJI", "COJO", "COLA", "CULO", "FALO", "FETO", "GETA", "GUEI", "GUEY", "JETA",
    "JOTO", "KACA", "KACO", "KAGA", "KAGO", "KAKA", "KAKO", "KOGE", "KOGI", "KOJA", "KOJE", "KOJI",
    "KOJO", "KOLA", "KULO", "LILO", "LOCA", "LOCO", "LOKA", "LOKO", "MAME", "MAMO", "MEAR", "MEAS",
    "MEON", "MIAR", "MION", "MOCO", "MOKO", "MULA", "MULO", "NACA", "NACO", "PEDA", "PEDO", "PENE",
    "PIPI", "PITO", "POPO", "PUTA", "PUTO", "QULO", "RATA", "ROBA", "ROBE", "ROBO", "RUIN", "SENO",
    "TETA", "VACA", "VAGA", "VAGO", "VAKA", "VUEI", "VUEY", "WUEI", "WUEY",
}  # fmt: skip


def read_name(text: str, field: str) -> str:
    """Return a name as it is kept: composed, without double spaces. Raises ``NameRefused`` (its ``field``)."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    limit = NAME_LIMITS[field]
    if len(name) > limit:
        raise NameRefused(
            _("Este nombre tiene %(length)s caracteres; caben %(limit)s.")
            % {"length": len(name), "limit": limit},
            _("Escríbelo como aparece en tu acta, abreviado si no cabe."),
            field=field,
        )
    for character in name:
        if not (unicodedata.category(character)[0] in "LM" or character in " -'’.·/"):
            raise NameRefused(
                _("Un nombre no lleva «%s».") % _shown(character),
                _("Escríbelo con letras, como en tu acta de nacimiento."),
                field=field,
            )
    if name and not any(character.isalpha() for character in name):
        raise NameRefused(_("Este nombre no tiene letras."), _("Escríbelo como en tu acta."), field=field)
    return name


def name_doubts(
    curp: Curp, *, given_names: str, first_surname: str, second_surname: str = ""
) -> tuple[str, ...]:
    """Return which names do not agree with the letters of ``curp``, by field name; empty when all do.

    A doubt, never a refusal: registries err, and names change. Names with
    hyphens and apostrophes agree if any of the usual readings does. An X in
    place 2 may stand for a vowel that the registry hid.
    """
    if curp.is_generic:
        return ()
    number, doubts = curp.number, []
    if not any(
        number[0] == initial and number[1] in (vowel, "X") and number[13] == consonant
        for initial, vowel, consonant in _readings(first_surname)
    ):
        doubts.append("first_surname")
    if not any(
        number[2] == initial and number[14] == consonant
        for initial, _v, consonant in _readings(second_surname)
    ):
        doubts.append("second_surname")
    if not any(
        number[3] == initial and number[15] == consonant
        for initial, _v, consonant in _readings(given_names, is_given=True)
    ):
        doubts.append("given_names")
    return tuple(doubts)


def compose_curp(
    *,
    given_names: str,
    first_surname: str,
    second_surname: str,
    birth_date: date,
    sex: str,
    birth_state: str,
    serial: int = 0,
) -> str:
    """Return the CURP that the rules give to an invented person; ``serial`` 0 to 9 tells homonyms apart.

    ``birth_state`` is INEGI's key, "" for abroad.
    """
    one = _readings(first_surname)[0]
    two = _readings(second_surname)[0]
    own = _readings(given_names, is_given=True)[0]
    word = one[0] + one[1] + two[0] + own[0]
    if word in _RUDE:
        word = word[0] + "X" + word[2:]
    code = next(code for code, key in CURP_STATES.items() if key == birth_state)
    homonym = str(serial) if birth_date.year < 2000 else "ABCDEFGHIJ"[serial]
    stem = f"{word}{birth_date:%y%m%d}{sex}{code}{one[2]}{two[2]}{own[2]}{homonym}"
    return stem + check_digit(stem)


def _readings(name: str, *, is_given: bool = False) -> list[tuple[str, str, str]]:
    """Return (initial, first inner vowel, first inner consonant) for each usual reading of ``name``; X for none."""
    plain = _plain(name)
    spaced = plain.translate(str.maketrans("-/'’·", "     "))
    joined = plain.translate(str.maketrans("", "", "-/'’·"))
    crossed = plain.translate(str.maketrans("-/'’·", "XXXXX"))
    return [_letters(variant, is_given=is_given) for variant in dict.fromkeys([spaced, joined, crossed])]


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFC", name).upper().replace("Ñ", "X")
    return "".join(c for c in unicodedata.normalize("NFD", composed) if not unicodedata.combining(c))


def _letters(name: str, *, is_given: bool) -> tuple[str, str, str]:
    words = name.split()
    words = [word for word in words if word not in _PARTICLES] or words[-1:]
    if is_given and len(words) > 1 and words[0] in _COMMON_FIRST:
        words = words[1:]
    word = [c for c in words[0] if c in _LETTERS] if words else []
    if not word:
        return "X", "X", "X"
    inner = word[1:]
    return (
        word[0],
        next((c for c in inner if c in _VOWELS), "X"),
        next((c for c in inner if c not in _VOWELS), "X"),
    )


# -------------------------------------------------------------- registration


def is_demo_address(email: str) -> bool:
    """Whether an address belongs to the demo's people. The domain is reserved for examples: nobody can own it."""
    return email.endswith("@demo.cauce.example")


def check_birth_date(birth_date: date, *, today: date) -> None:
    """Raise ``BirthDateRefused`` unless somebody born then is an adult today."""
    age = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    if birth_date > today:
        message = _("La fecha de nacimiento es posterior a hoy.")
    elif age < ADULT_AGE:
        message = _("Según la fecha de nacimiento, esta persona tiene menos de 18 años.")
    elif age > OLDEST_AGE:
        message = _("Según la fecha de nacimiento, esta persona tiene más de 110 años.")
    else:
        return
    raise BirthDateRefused(message, _("Revísala."), field="birth_date")


def read_document_number(text: str) -> str:
    """Return a passport's number as it is kept: capitals and digits. Raises ``DocumentRefused``."""
    number = "".join(c for c in text[: _PASTE_LIMIT + 1] if not c.isspace() and c not in "-.").upper()
    if not (5 <= len(number) <= DOCUMENT_LIMIT and number.isascii() and number.isalnum()):
        raise DocumentRefused(
            _("Un pasaporte tiene de 5 a 20 letras y números."),
            _("Cópialo de la página de tu fotografía."),
            field="number",
        )
    return number


def masked(number: str) -> str:
    """Return a document's number with all but its last four characters hidden."""
    return "•" * max(len(number) - 4, 0) + number[-4:]


class PhoneRefused(Refused):
    """The text is no telephone number."""

    code = "phone_refused"


def read_phone(text: str) -> str:
    """Return a telephone as it is kept: digits, with + before a country's code; "" for none.

    Raises ``PhoneRefused``.
    """
    kept = "".join(c for c in text[: _PASTE_LIMIT + 1] if not c.isspace() and c not in "-.()")
    if not kept:
        return ""
    digits = kept.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 10 <= len(digits) <= 15):
        raise PhoneRefused(
            _("Un teléfono tiene 10 dígitos, o hasta 15 con la clave del país."),
            _("Escribe sólo números, por ejemplo 999 123 4567."),
            field="phone",
        )
    return kept
