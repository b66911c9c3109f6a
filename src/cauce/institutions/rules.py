"""Names and keys of the catalogue: when two mean the same, and whether a key holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict

CLUES_LENGTH = 11
_CLUES_SHAPE = re.compile(r"[A-Z]{5}\d{6}")
_LONGEST_NAME = 400

# Official names of states, folded, where they are not the usual ones.
OFFICIAL_STATES = {
    "mexico": "15", "coahuila de zaragoza": "05", "michoacan de ocampo": "16", "distrito federal": "09",
    "veracruz de ignacio de la llave": "30", "queretaro de arteaga": "22", "queretaro arteaga": "22",
}  # fmt: skip


def fold(text: str) -> str:
    """Return ``text`` without case, accents, composition or superfluous spaces, so that equal names compare equal.

    The tilde of ñ goes too: files in capitals often lack it. At most the first 400 characters count.
    """
    decomposed = unicodedata.normalize("NFD", text[:_LONGEST_NAME])
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.casefold().split())


def whereabouts(site: str, municipality: str, state: str) -> str:
    """Return where a site is, without the municipality that its name says already: "HG de Ensenada" is in its state.

    Only "de" or "en" before it counts: a hospital may bear the name of a person and so of another municipality.
    """
    if municipality and not re.search(rf"\b(de|en) {re.escape(fold(municipality))}\b", fold(site)):
        return f"{municipality}, {state}"
    return state


def searchable(site: Mapping[str, Any]) -> str:
    """Return what a search for a site looks at: ``Site.folded``."""
    keys = (site["clues"], site.get("clues_imb"), site["unit_key"])
    words = (site["name"], site["short_name"], site["municipality"], *keys)
    return fold(" ".join(filter(None, words)))


def clues_check_digit(clues: str) -> int:
    """Return the last digit that the first ten characters of ``clues`` call for.

    Five times the sum of the letters' places in the alphabet, plus twice the
    number, modulo 7. Derived from 1,317 public keys, not published by the
    issuer; 35 of 531 keys of one serial range do not obey it.
    """
    letters = sum(ord(letter) - ord("A") + 1 for letter in clues[:5])
    return (5 * letters + 2 * int(clues[5:10])) % 7


def clues_check(text: str) -> Verdict:
    """Tell whether ``text`` may be a CLUES. A failing last digit is a reason to look again, never to reject."""
    clues = text.strip()[: CLUES_LENGTH + 1].upper()
    if not _CLUES_SHAPE.fullmatch(clues):
        return Verdict(
            False,
            _("No tiene la forma de una CLUES."),
            _("Escribe sus 11 caracteres: 5 letras y 6 números, como DFIMS000020."),
        )
    if clues_check_digit(clues) != int(clues[-1]):
        return Verdict(
            False,
            _("El último número no corresponde con los anteriores."),
            _("Cotéjala con el catálogo CLUES; algunas claves antiguas no siguen la regla."),
        )
    return ALLOWED


def may_load_catalogue(actor: Actor) -> Verdict:
    """Whether the actor may bring the national catalogue of units, which every institution then shares."""
    if actor.is_system or actor.holds_anywhere(roles.CATALOGUE_LOAD):
        return ALLOWED
    return Verdict(
        False,
        _("Cargar el catálogo de unidades toca a la Coordinación de Educación en Salud."),
        _("Pedírselo a esa oficina."),
    )
