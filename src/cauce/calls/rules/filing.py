"""Applications that an institution brings for people: who may, until when, and what one holds. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.utils import timezone
from stdnum.exceptions import ValidationError
from stdnum.mx import rfc as numbers

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.phrases import phrase as _
from cauce.calls.models import Call, CallState, PaperApplication
from cauce.calls.rules.application import takes_applications
from cauce.calls.rules.desk import may_manage
from cauce.calls.rules.folio import read_folio
from cauce.calls.rules.receipt import to_the_second
from cauce.institutions.rules import fold

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
    """One application on paper. ``posts`` are ids, best first; ``merit`` exact decimal strings; ``row`` as the sheet counts, 0 of
    what an office types in.

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


# ------------------------------------------------- typed in by an office


class ConsentRefused(Refused):
    """What is told of the written consent does not hold."""

    code = "consent_refused"


class NamesDisagree(Refused):
    """The CURP is of somebody with other names, whom the message does not name."""

    code = "names_disagree"


def may_file_one(actor: Actor, call: Call, *, now: datetime) -> Verdict:
    """Whether the actor's office may apply for a person: as long as people may themselves, to the same second."""
    verdict = may_manage(actor, call).unless(
        actor.user_id is None, _("Presentar una solicitud toca a una oficina con su cuenta.")
    )
    verdict = takes_applications(call, now=now) if verdict else verdict
    return verdict.unless(
        bool(call.categories),
        _(
            "En esta convocatoria cada persona se postula en una categoría, y desde aquí no se puede decir cuál."
        ),
        _("Acompañarla a postularse en línea, con su propia cuenta."),
    )


def may_be_filed(held: Held | None, *, has_account: bool) -> Verdict:
    """Whether an office may apply for who is ``held``, and if not, what to do instead."""
    if held is None:
        return ALLOWED
    facts = {"folio": held.folio}
    if held.folio and held.is_paper and not has_account:
        return Verdict(
            False,
            _("Esta persona ya tiene en esta convocatoria la solicitud %(folio)s, que se presentó por ella.")
            % facts,
            _("Para cambiarla, se registra con su CURP y ese folio; la cambia ella misma antes del cierre."),
        )
    if held.folio:
        return Verdict(
            False,
            _("Esta persona ya tiene en esta convocatoria la solicitud %(folio)s, con su propia cuenta.")
            % facts,
            _("Lo que pide lo cambia ella misma. Si no puede entrar, ayudarle a recuperar su acceso."),
        )
    return ALLOWED.unless(
        has_account,
        _("Esta persona ya tiene cuenta: se postula ella misma."),
        _("Acompañarla a entrar o a recuperar su acceso, y a enviar su lista desde esa cuenta."),
    )


def check_names(typed: Sequence[str], known: Sequence[str]) -> None:
    """Raise ``NamesDisagree`` unless ``typed`` are the names that are ``known`` with the CURP; accents aside."""
    if [fold(name) for name in typed] != [fold(name) for name in known]:
        raise NamesDisagree(
            _("La CURP está registrada con otros nombres."),
            _(
                "Cotejar la CURP y los nombres con su identificación. Si los dos están bien, avisar a datos personales."
            ),
            field="given_names",
        )


def check_consent(call: Call, *, on: date, is_kept: bool, today: date) -> None:
    """Raise ``ConsentRefused`` unless the written consent is of a possible day and its scan or its folio is there."""
    if on > today:
        raise ConsentRefused(
            _("La fecha del consentimiento todavía no llega."),
            _("Copiarla del documento firmado."),
            field="consent_on",
        )
    published = call.published_at
    if published is not None and on < timezone.localdate(published):
        raise ConsentRefused(
            _("Esa fecha es anterior a la publicación de la convocatoria, el %(day)s.")
            % {"day": figures.day(published)},
            _("Hace falta un consentimiento para esta convocatoria."),
            field="consent_on",
        )
    if not is_kept:
        raise ConsentRefused(
            _("Falta el consentimiento firmado."),
            _("Subir su escaneo, o escribir el folio con que se archivó en papel."),
            field="scan",
        )


def filed_words(paper: PaperApplication | None) -> str:
    """Say which office applied for the person and with what consent; "" of what came otherwise."""
    if paper is None or paper.consent_on is None:
        return ""
    facts = {"office": paper.office, "day": figures.day(paper.consent_on)}
    return _("Presentada por %(office)s con consentimiento escrito del %(day)s.") % facts
