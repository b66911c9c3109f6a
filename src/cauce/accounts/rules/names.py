"""What a name may hold, and whether it agrees with a CURP."""

from __future__ import annotations

import unicodedata
from datetime import date

from cauce.accounts.rules.curp import CURP_STATES, LETTERS, Curp, check_digit, shown
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _

NAME_LIMITS = {"given_names": 80, "first_surname": 60, "second_surname": 60}

_VOWELS = frozenset("AEIOU")
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


class NameRefused(Refused):
    """A name holds something that no name has."""

    code = "name_refused"


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
                _("Un nombre no lleva «%s».") % shown(character),
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
    word = [c for c in words[0] if c in LETTERS] if words else []
    if not word:
        return "X", "X", "X"
    inner = word[1:]
    return (
        word[0],
        next((c for c in inner if c in _VOWELS), "X"),
        next((c for c in inner if c not in _VOWELS), "X"),
    )
