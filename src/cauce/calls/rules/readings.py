"""What a machine may read of a document with certainty, and what is done with it: nothing, unless the person confirms it.

Certain is what cannot be something else: one single CURP or RFC with its check digit, one single number after the
word "promedio". Two different ones, and nothing was read. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError
from stdnum.mx import rfc

from cauce.accounts.rules import CurpRefused, read_curp
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.calls.models import Evidence, EvidenceState, ReadField

# Key of the catalogue of documents -> what is read of it.
READ_OF = {"curp": ReadField.CURP, "rfc": ReadField.RFC, "certificado": ReadField.AVERAGE}
IDENTITIES = frozenset({ReadField.CURP, ReadField.RFC})

_CURP = re.compile(r"(?<![^\W_])[A-ZÑ]{4}\d{6}[HMX][A-ZÑ]{5}[A-Z0-9]\d(?![^\W_])")
_RFC = re.compile(r"(?<![^\W_])[A-ZÑ&]{4}\d{6}[A-Z0-9]{3}(?![^\W_])")
_GENERIC_RFCS = frozenset({"XAXX010101000", "XEXX010101000"})  # of the public at large, and of foreigners
_NUMBER = r"\s*(?:es\s+de\b|de\b|es\b)?\s*[:=]?\s*(\d{1,3}(?:[.,]\d{1,4})?)(?![\d%]|[.,/-]\d)"
_FINAL = re.compile(r"\bpromedio\s+(?:general|final|global)(?:\s+(?:general|final|global))?" + _NUMBER, re.I)
_ANY = re.compile(r"\bpromedio" + _NUMBER, re.I)
_TYPED = re.compile(r"\d{1,3}(?:\.\d{1,4})?")
_AVERAGES = frozenset(
    {"promedio", "promedio general", "promedio de la licenciatura", "promedio general de la licenciatura"}
)
_SHOWN = 3  # characters of an identity that a reviewer is shown, of those that differ
VEIL = "•"


class ReadingRefused(Refused):
    """What was typed cannot be what the document says."""

    code = "reading_refused"


def read(requirement: str, text: str) -> tuple[ReadField, str] | None:
    """Return what the text of a document for the requirement of that key says with certainty, or nothing."""
    field = READ_OF.get(requirement)
    if field is None:
        return None
    upper = text.upper()
    if field == ReadField.CURP:
        found = {one for one in _CURP.findall(upper) if _is_curp(one)}
    elif field == ReadField.RFC:
        found = {one for one in _RFC.findall(upper) if _is_rfc(one)}
    else:
        found = _averages(_FINAL.findall(text) or _ANY.findall(text))
    return (field, found.pop()) if len(found) == 1 else None


def _is_curp(text: str) -> bool:
    try:
        return not read_curp(text).is_generic
    except CurpRefused:
        return False


def _is_rfc(text: str) -> bool:
    try:
        rfc.validate(text, validate_check_digits=True)
    except ValidationError:
        return False
    return len(text) == 13 and text not in _GENERIC_RFCS


def _averages(found: Iterable[str]) -> set[str]:
    """The different numbers among those, as written first; 9.10 and 9.1 are one."""
    values: dict[Decimal, str] = {}
    for one in found:
        tidy = one.replace(",", ".")
        values.setdefault(Decimal(tidy), tidy)
    return {text for value, text in values.items() if 0 < value <= 100}


def tidy(field: str, typed: str) -> str:
    """Return what a person typed as it is kept. Raises ``ReadingRefused`` on the field ``told``."""
    text = "".join(typed.split())
    if field == ReadField.CURP:
        try:
            return read_curp(text).number
        except CurpRefused as refusal:
            raise ReadingRefused(refusal.message, refusal.remedy, field="told") from refusal
    if field == ReadField.RFC:
        text = text.upper().replace("-", "")
        if not _RFC.fullmatch(text):
            raise ReadingRefused(
                _("Eso no es un RFC de persona."),
                _("Son 13 letras y números: cuatro letras, seis números y la homoclave."),
                field="told",
            )
        return text
    text = text.replace(",", ".")
    if not _TYPED.fullmatch(text) or not 0 < Decimal(text) <= 100:
        raise ReadingRefused(_("Eso no es un promedio."), _("Escribe el número, como 9.12."), field="told")
    return text


def are_same(field: str, one: str, other: str) -> bool:
    """Whether two values say the same."""
    if field == ReadField.AVERAGE:
        return Decimal(one) == Decimal(other)
    return one == other


def differ(field: str, values: Sequence[str]) -> bool:
    """Whether the values, of which the empty ones say nothing, are not all the same."""
    told = [value for value in values if value]
    return any(not are_same(field, told[0], other) for other in told[1:])


def veiled(values: Sequence[str]) -> list[str]:
    """Return identities as a reviewer sees them: dots, and the first characters in which they differ.

    Enough to find the place in the picture; too little to know who it is (F16).
    """
    longest = max(map(len, values), default=0)
    columns = [{value[at : at + 1] for value in values} for at in range(longest)]
    shown = [at for at, column in enumerate(columns) if len(column) > 1][:_SHOWN]
    return ["".join(sign if at in shown else VEIL for at, sign in enumerate(value)) for value in values]


def may_answer(actor: Actor, person_id: int, evidence: Evidence) -> Verdict:
    """Whether the actor may say if what was read is so: the person, until somebody decided on the document."""
    if actor.person_id is None or actor.person_id != person_id:
        return Verdict(False, _("Este documento es de otra persona."))
    if evidence.replaced_at is not None:
        return Verdict(False, _("Este documento ya se cambió por otro."), _("Abre tu expediente otra vez."))
    if evidence.state != EvidenceState.HANDED_IN:
        return Verdict(False, _("Ya se decidió sobre este documento: lo leído quedó como estaba."))
    return ALLOWED


def is_average(criterion: Mapping[str, Any]) -> bool:
    """Whether a criterion of the order is the final average of the degree, declared by the person."""
    label = " ".join(str(criterion["label"]).casefold().split())
    return bool(criterion.get("declared")) and (criterion["key"] == "grade_average" or label in _AVERAGES)
