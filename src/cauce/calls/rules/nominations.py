"""Who may propose, sign and answer, what a proposed candidate must be told of, and what their institute sees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from cauce.accounts import roles
from cauce.accounts.rules import NAME_LIMITS, check_birth_date, read_document, read_name
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.figures import number
from cauce.base.phrases import phrase as _
from cauce.calls.models import (
    ApplicationState,
    CallPartner,
    CallState,
    CaseState,
    Nomination,
    NominationAnswer,
    NominationVersion,
)
from cauce.calls.rules.calendar import Phase, phase
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.receipt import to_the_second
from cauce.institutions.rules import fold

SHORTEST_REASON, LONGEST_REASON = 10, 600
LONGEST_STAFF_NUMBER = 30
FORMAT = "cauce-nominations/1"


class NominationRefused(Refused):
    """A candidate cannot be proposed so. ``field`` names what is at fault."""

    code = "nomination_refused"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate as an institute tells them, read: names composed, document as it is kept."""

    staff_number: str
    given_names: str
    first_surname: str
    second_surname: str
    birth_date: date
    document_country: str
    document_kind: str
    document_number: str
    email: str
    reason: str
    document_doubt: str = ""

    @classmethod
    def of(cls, row: Nomination) -> Candidate:
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})

    @property
    def document(self) -> tuple[str, str, str]:
        return self.document_country, self.document_kind, self.document_number

    @property
    def likeness(self) -> tuple[str, date]:
        """What two entries of one person with two documents would share: the folded name and the date of birth."""
        names = (self.given_names, self.first_surname, self.second_surname)
        return fold(" ".join(filter(None, names))), self.birth_date

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.given_names, self.first_surname, self.second_surname]))


def read_candidate(told: Candidate, *, today: date) -> Candidate:
    """Return a candidate as they are kept. Raises ``NominationRefused``, or the refusal of a name, document or date."""
    names = {field: read_name(getattr(told, field), field) for field in NAME_LIMITS}
    for field in ("given_names", "first_surname"):
        if not names[field]:
            raise NominationRefused(
                _("Falta este nombre."), _("Escribirlo como en su documento."), field=field
            )
    check_birth_date(told.birth_date, today=today)
    document = read_document(
        told.document_country, told.document_kind, told.document_number, birth_date=told.birth_date
    )
    staff_number = " ".join(told.staff_number.split()).upper()
    if not 0 < len(staff_number) <= LONGEST_STAFF_NUMBER:
        raise NominationRefused(
            _("Falta el número de personal, o es demasiado largo."),
            _("Escribirlo como en la nómina del instituto."),
            field="staff_number",
        )
    reason = " ".join(told.reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise NominationRefused(
            _("La razón tiene %(length)s caracteres; van de %(least)s a %(most)s.")
            % {"length": len(reason), "least": SHORTEST_REASON, "most": LONGEST_REASON},
            _("Decir en una o dos frases por qué se le propone."),
            field="reason",
        )
    return Candidate(
        staff_number=staff_number,
        **names,
        birth_date=told.birth_date,
        document_country=told.document_country,
        document_kind=told.document_kind,
        document_number=document.number,
        document_doubt=document.doubt,
        email=told.email.strip().lower(),
        reason=reason,
    )


def duplicate_problem(told: Candidate, others: Iterable[tuple[int, Candidate]]) -> tuple[str, str]:
    """Return the field and the sentence of the first other row, by its number, that is the same person; "" for none."""
    for place, other in others:
        facts = {"place": number(place), "name": other.name}
        if other.document == told.document:
            return "document_number", _(
                "Es el mismo documento que el de la fila %(place)s, %(name)s."
            ) % facts
        if other.likeness == told.likeness:
            return "birth_date", _(
                "En la fila %(place)s hay una persona con el mismo nombre y fecha de nacimiento, con otro documento."
            ) % facts
        if other.staff_number == told.staff_number:
            return "staff_number", _(
                "Es el mismo número de personal que el de la fila %(place)s, %(name)s."
            ) % facts
    return "", ""


# ------------------------------------------------------------------ may I?


def may_see_partner(actor: Actor, partner: CallPartner) -> Verdict:
    where = partner.institution_id
    if actor.holds(roles.PARTNER_NOMINATE, where) or actor.holds(roles.ALLOCATION_SIGN, where):
        return ALLOWED
    return Verdict(False, _("Esta propuesta es de otro instituto."))


def may_nominate(actor: Actor, partner: CallPartner, *, now: datetime) -> Verdict:
    """Whether the actor may change whom the institute proposes."""
    if not (actor.is_system or actor.holds(roles.PARTNER_NOMINATE, partner.institution_id)):
        return Verdict(
            False,
            _("Esta cuenta firma la propuesta, pero no la escribe."),
            _("La escribe el enlace del instituto."),
        )
    return _until_closing(partner, now)


def may_sign(
    actor: Actor, partner: CallPartner, pending: NominationVersion | None, *, people: int, now: datetime
) -> Verdict:
    """Whether the actor may sign the proposal as it is; ``pending`` is one that somebody has signed, unchanged since."""
    verdict = may_see_partner(actor, partner)
    if not verdict:
        return verdict
    verdict = _until_closing(partner, now)
    verdict = verdict.unless(
        not people, _("La propuesta está vacía."), _("Agregar a alguien antes de firmar.")
    )
    if pending is not None and pending.second_by_id is None:
        verdict = verdict.unless(
            pending.signed_by_id == actor.user_id,
            _("Ya firmaste esta propuesta."),
            _("Falta la firma de otra persona del instituto; sin ella no sale ninguna carta."),
        )
    return verdict.unless(
        pending is not None and pending.second_by_id is not None,
        _("La propuesta está firmada por dos personas y no ha cambiado."),
    )


def _until_closing(partner: CallPartner, now: datetime) -> Verdict:
    if partner.call.state != CallState.PUBLISHED:
        return Verdict(False, _("La convocatoria todavía no se publica."))
    if now.replace(microsecond=0) > partner.closes_at:
        return Verdict(
            False,
            _("La propuesta cerró el %(when)s y ya no cambia.") % {"when": to_the_second(partner.closes_at)},
        )
    return ALLOWED


def may_answer(
    actor: Actor,
    nomination: Nomination,
    documents: Iterable[tuple[str, str, str]],
    birth_date: date | None,
    *,
    now: datetime,
) -> Verdict:
    """Whether the actor is the candidate, by document and date of birth, and may still accept or decline."""
    verdict = may_see_nomination(actor, nomination, documents)
    if not verdict:
        return verdict
    if birth_date != nomination.birth_date:
        return Verdict(
            False,
            _("Tu instituto escribió otra fecha de nacimiento que la de tu registro."),
            _("Pídele que la corrija antes de que cierre su propuesta."),
        )
    where = phase(nomination.partner.call, now=now)
    if where is Phase.ANNOUNCED:
        return Verdict(
            False,
            _("La convocatoria todavía no abre."),
            _("Abre el %(when)s.") % {"when": to_the_second(nomination.partner.call.opens_at)},
        )
    return (
        ALLOWED
        if where is Phase.OPEN
        else Verdict(
            False,
            _("La convocatoria cerró el %(when)s.")
            % {"when": to_the_second(nomination.partner.call.closes_at)},
        )
    )


def may_see_nomination(
    actor: Actor, nomination: Nomination, documents: Iterable[tuple[str, str, str]]
) -> Verdict:
    """Whether a signed proposal is of the actor: one of their documents is the one that the institute wrote."""
    if actor.person_id is None or nomination.invited_at is None:
        return Verdict(False, _("Esta propuesta es de otra persona."))
    if Candidate.of(nomination).document not in set(documents):
        return Verdict(False, _("Esta propuesta es de otra persona."))
    return ALLOWED


# ------------------------------------------------------------------ what is signed, what is seen


def version_rows(rows: Sequence[Nomination]) -> list[dict[str, Any]]:
    """Return the proposal as it is signed: those who stay, in their order."""
    staying = [row for row in sorted(rows, key=lambda row: row.position) if not row.leaves]
    return [
        {"place": place, "nomination": row.pk, **{
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(Candidate.of(row)).items()
        }}
        for place, row in enumerate(staying, 1)
    ]  # fmt: skip


def version_digest(rows: Sequence[Mapping[str, Any]]) -> str:
    return digest_of(canonical({"format": FORMAT, "rows": list(rows)}))


def standing(nomination: Nomination, case: str | None, *, missing: int, results: bool) -> tuple[str, str]:
    """Return what their institute sees of a candidate, as kind and words: never a score, a list or another person.

    ``case`` is the state of the review of their documents, ``missing`` how many documents nobody has handed in.
    """
    application = nomination.application
    if nomination.leaves:
        return "warn", _("Sale de la propuesta al firmarse")
    if nomination.invited_at is None:
        return "", _("Sin firmar")
    if nomination.answer == NominationAnswer.DECLINED:
        return "", _("No aceptó")
    if application is None:
        return "now", _("Con carta, sin respuesta")
    if application.state == ApplicationState.WITHDRAWN:
        return "", _("Retiró su solicitud")
    if application.state == ApplicationState.DRAFT:
        return "now", _("Aceptó; falta que envíe su lista")
    if results:
        return ("ok", _("Obtuvo lugar")) if nomination.post_id else ("", _("No obtuvo lugar"))
    if case == CaseState.EXCLUDED:
        return "bad", _("Excluida en la revisión de documentos")
    if missing or case == CaseState.OBSERVED:
        return "warn", _("Solicitud enviada; faltan documentos")
    if case == CaseState.QUEUED:
        return "now", _("En revisión")
    return "ok", _("Solicitud enviada")
