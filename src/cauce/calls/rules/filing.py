"""Applications on paper that an institution types in for people: who may, until when, and what one holds. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from stdnum.exceptions import ValidationError
from stdnum.mx import rfc as numbers

from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.phrases import phrase as _
from cauce.calls.models import Call, CallState
from cauce.calls.rules.desk import may_manage
from cauce.calls.rules.folio import read_folio
from cauce.calls.rules.receipt import to_the_second

SHORTEST_REASON = 10  # characters: less is no reason
_RFC_LENGTH = 13
# What offices write for who has no RFC, or none in Mexico: they are nobody's.
GENERIC_RFCS = frozenset({"XAXX010101000", "XEXX010101000"})
Content = tuple[int | None, tuple[str, ...], tuple[str, ...], str, tuple[int, ...]]


class FilingRefused(Refused):
    """A file of paper applications lacks what it takes to be brought."""

    code = "filing_refused"


class RfcRefused(Refused):
    """The text is no person's RFC."""

    code = "rfc_refused"


class Identity(NamedTuple):
    """The document that says who an applicant is, as ``IdentityDocument`` keeps it."""

    kind: str
    country: str
    number: str


@dataclass(frozen=True, slots=True)
class Filing:
    """One application on paper. ``posts`` are ids, best first; ``merit`` exact decimal strings; ``row`` as the sheet counts.

    ``generic_curp`` is one that identifies nobody and comes beside another document, which ``document_doubt`` may
    not confirm.
    """

    row: int
    identity: Identity
    document_doubt: str
    generic_curp: str
    given_names: str
    first_surname: str
    second_surname: str
    birth_date: date
    sex: str
    birth_state: str
    email: str
    rfc: str
    specialty_id: int
    merit: tuple[str, ...]
    groups: tuple[str, ...]
    origin_state: str
    posts: tuple[int, ...]

    @property
    def content(self) -> Content:
        """What it asks for: two filings of one person with the same content are one."""
        return self.specialty_id, self.merit, self.groups, self.origin_state, self.posts


@dataclass(frozen=True, slots=True)
class Held:
    """A person who is there already. With a ``folio``, they have applied to the call.

    ``content`` is what counts of that application; ``None`` while nothing is sent, or after a withdrawal.
    """

    person_id: int
    birth_date: date
    sex: str
    folio: str = ""
    content: Content | None = None
    is_paper: bool = False


class FolioRefused(Refused):
    """The folio proves nothing: it is none, or of somebody else's application, without saying which."""

    code = "folio_refused"


def check_folio(text: str, folios: Collection[str]) -> str:
    """Return the one of ``folios``, those brought on paper for a person, that ``text`` means; raise ``FolioRefused``."""
    read = read_folio(text)
    if read is None:
        raise FolioRefused(
            _("Ese no es un folio: le falta algo o tiene un error."),
            _("Cópialo completo de tu comprobante, con sus letras, números y guiones."),
            field="folio",
        )
    if read not in folios:
        raise FolioRefused(
            _("Ese folio no es de una solicitud en papel con tu CURP."),
            _("Revísalo en tu comprobante. Si no lo tienes, pídelo donde entregaste tu solicitud."),
            field="folio",
        )
    return read


def may_file(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may bring paper applications: not once an allocation has fixed the lists.

    The worker and the command may too, for whom a person answers.
    """
    verdict = ALLOWED if actor.is_system else may_manage(actor, call)
    verdict = verdict.unless(
        call.state == CallState.DRAFT,
        _("La convocatoria es un borrador: todavía no recibe solicitudes."),
        _("Publicarla primero."),
    )
    return verdict.unless(
        call.lists_frozen_at is not None or call.results_published_at is not None,
        _("Las listas ya se congelaron para la asignación: no entra ninguna más."),
        _("Quien tenga derecho a entrar lo pide como inconformidad."),
    )


def check_terms(call: Call, *, consent_held: bool, reason: str, received_at: datetime) -> None:
    """Raise ``FilingRefused`` unless the signed consents are held and a file after closing has its written reason."""
    if not consent_held:
        raise FilingRefused(
            _("Falta confirmar que la institución tiene firmado el consentimiento de cada persona."),
            _("Sin ese papel, la solicitud no se carga."),
            field="consent_held",
        )
    if is_late(call, received_at) and len(reason.strip()) < SHORTEST_REASON:
        raise FilingRefused(
            _("La convocatoria cerró el %(when)s: falta el motivo por el que entran después.")
            % {"when": to_the_second(call.closes_at)},
            _("Escribir en una oración el acuerdo o la norma que lo permite."),
            field="reason",
        )


def is_late(call: Call, at: datetime) -> bool:
    return at.replace(microsecond=0) > call.closes_at


def read_rfc(text: str) -> tuple[str, str]:
    """Return a person's RFC and what is doubtful in it, or "". Raises ``RfcRefused`` for what has not its shape.

    The check digit only warns: about 1.5 % of the real ones fail it.
    """
    number = "".join(c for c in text[:40].upper() if not c.isspace() and c not in "-_")
    if number in GENERIC_RFCS:
        return "", _("Es el RFC genérico, que no es de nadie: no se guarda.")
    try:
        numbers.validate(number)
        if len(number) != _RFC_LENGTH:
            raise ValidationError
    except ValidationError:
        raise RfcRefused(
            _("No es el RFC de una persona."),
            _("Son 13 caracteres: 4 letras, la fecha y la homoclave. Sin él, dejarla vacía."),
            field="rfc",
        ) from None
    if number[-1] != numbers.calc_check_digit(number[:-1]):
        return number, _("El último carácter del RFC no corresponde a los demás.")
    return number, ""
