"""What a call asks people to prove, when something may be handed in, and how long it is good. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.workdays import MEXICO_CITY, due_by
from cauce.calls.models import (
    Application,
    CaseState,
    Category,
    Evidence,
    EvidenceState,
    Reach,
    Requirement,
    ReviewCase,
)
from cauce.calls.rules.calendar import Phase, phase
from cauce.calls.rules.receipt import to_the_second

LONGEST_CURE = 60
LONGEST_VALIDITY = 3650


class EvidenceRefused(Refused):
    """What was handed in does not prove what is asked."""

    code = "evidence_refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that calls ask for, as a catalogue or a call holds it; ``kinds`` are calls that usually do."""

    key: str
    name: str
    detail: str = ""
    validity_days: int | None = None
    is_curable: bool | None = None
    cure_days: int | None = None
    alternative: str = ""
    verifier: str = "reviewer"
    reach: str = "everyone"
    category: str = ""
    is_needed: bool = True
    source: str = ""
    kinds: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, row: Requirement) -> Asked:
        return cls(**{name: getattr(row, name) for name in FIELDS})

    def values(self) -> dict[str, Any]:
        """The fields of the row."""
        return {name: value for name, value in asdict(self).items() if name in FIELDS}

    def document(self) -> dict[str, Any]:
        """As frozen with the rules of a call; one of no category says nothing of that, so that older rules keep their digest."""
        return {name: value for name, value in self.values().items() if value or name != "category"}


FIELDS = (
    "key", "name", "detail", "validity_days", "is_curable", "cure_days", "alternative", "verifier", "reach",
    "category", "is_needed", "source",
)  # fmt: skip


def is_asked_of(requirement: Requirement, *, is_foreign: bool, category: str) -> bool:
    """Whether the document is asked of a person who applies as ``category``, with documents of another country or not."""
    if requirement.category and requirement.category != category:
        return False
    if requirement.reach == Reach.EVERYONE:
        return True
    return (requirement.reach == Reach.FOREIGN) == is_foreign


def asked_words(reach: str, category: str) -> str:
    """Of whom a document is asked, in words."""
    if not category:
        return str(Reach(reach).label)
    who = _("A quien se postula como: %(category)s") % {"category": Category(category).label}
    return who if reach == Reach.EVERYONE else f"{who}. {Reach(reach).label}"


def requirement_faults(
    asked: Collection[Asked], *, closes_at: datetime, results_at: datetime, admitted: Collection[str] = ()
) -> Iterator[tuple[str, bool, Asked, str, str]]:
    """Yield what is wrong with the documents of a call: code, whether it blocks, which one, sentence and remedy.

    ``admitted`` are the categories of the call; none where it makes no difference.
    """
    for one in asked:
        if fault := _asked_of_nobody(one, admitted):
            yield "asked-of-nobody", True, one, *fault
        if one.is_curable is None:
            yield (
                "curability-undeclared", True, one,
                _("No dice si un error en este documento se puede corregir."),
                _("Decir si es subsanable y en cuántos días: nadie debe enterarse después."),
            )  # fmt: skip
        elif one.is_curable and one.cure_days and due_by(closes_at, one.cure_days) > results_at:
            yield (
                "cure-after-results", False, one,
                _("Su plazo para corregir (%(days)s días hábiles) puede terminar después de los resultados.")
                % {"days": one.cure_days},
                _("Acortar el plazo o mover los resultados."),
            )  # fmt: skip


def _asked_of_nobody(one: Asked, admitted: Collection[str]) -> tuple[str, str] | None:
    """Sentence and remedy for a document that no applicant of the call could ever be asked for."""
    facts = {"category": Category(one.category).label if one.category else ""}
    if one.category and one.category not in admitted:
        return (
            _("Se pide a quien se postula como «%(category)s», y la convocatoria no admite esa categoría.") % facts,
            _("Admitir la categoría, pedirlo a todas las personas, o quitarlo."),
        )  # fmt: skip
    if one.category == Category.FOREIGN and one.reach == Reach.NATIONAL:
        return (
            _("Se pide a «%(category)s» con documentos de México: no sería de nadie.") % facts,
            _("Pedirlo a todas las personas de esa categoría."),
        )
    return None


# ------------------------------------------------------------------ may I?


def may_hand_in(
    actor: Actor,
    application: Application,
    case: ReviewCase | None,
    evidence: Evidence | None,
    *,
    now: datetime,
) -> Verdict:
    """Whether the actor may hand in a document, or another instead of ``evidence``, the current one.

    Until the closing second, as lists are sent; afterwards only what was
    observed or never came and is being asked for, until the clock of the case runs out.
    """
    if actor.person_id is None or actor.person_id != application.person_id:
        return Verdict(False, _("Esta solicitud es de otra persona."))
    where = phase(application.call, now=now)
    if where is Phase.OPEN:
        return ALLOWED
    if where is not Phase.CLOSED:
        return Verdict(False, _("La convocatoria todavía no abre."))
    closed = Verdict(
        False,
        _("La convocatoria cerró el %(when)s: tus documentos quedaron como estaban.")
        % {"when": to_the_second(application.call.closes_at)},
    )
    if case is None or case.state != CaseState.OBSERVED or case.cure_until is None:
        return closed
    if evidence is not None and evidence.state != EvidenceState.OBSERVED:
        return Verdict(False, _("Este documento no tiene observaciones: quedó como estaba al cierre."))
    if now.replace(microsecond=0) > case.cure_until:
        return Verdict(
            False,
            _("El plazo para corregir terminó el %(when)s.") % {"when": figures.moment(case.cure_until)},
            _("Lo que no se corrigió lo decide quien revisa."),
        )
    return ALLOWED


def check_issued(requirement: Requirement, issued_on: date | None, *, now: datetime) -> None:
    """Raise ``EvidenceRefused`` unless a document issued on that day is good today; the day is needed if it expires."""
    if requirement.validity_days is None:
        return
    today = now.astimezone(MEXICO_CITY).date()
    if issued_on is None:
        raise EvidenceRefused(
            _("Falta la fecha en que se expidió."), _("Escríbela como dice el documento."), field="issued_on"
        )
    if issued_on > today:
        raise EvidenceRefused(
            _("La fecha de expedición, %(day)s, todavía no llega.") % {"day": figures.day(issued_on)},
            _("Revisa el día, el mes y el año."),
            field="issued_on",
        )
    last = expires_on(requirement, issued_on)
    if last is not None and last < today:
        raise EvidenceRefused(
            _("Se expidió el %(day)s y aquí sirve %(days)s días: venció el %(last)s.")
            % {
                "day": figures.day(issued_on),
                "days": requirement.validity_days,
                "last": figures.day(last),
            },
            _("Pide uno reciente. También puede servir: %(alternative)s")
            % {"alternative": requirement.alternative}
            if requirement.alternative
            else _("Pide uno reciente."),
            field="issued_on",
        )


def expires_on(requirement: Requirement, issued_on: date | None) -> date | None:
    """Return the last day on which a document issued then is good for the requirement; ``None`` for ever."""
    if requirement.validity_days is None or issued_on is None:
        return None
    return issued_on + timedelta(days=requirement.validity_days)


def still_serves(requirement: Requirement, verified: Evidence, *, now: datetime) -> bool:
    """Whether what was verified for another call proves this requirement today."""
    if verified.state != EvidenceState.VERIFIED or verified.requirement.key != requirement.key:
        return False
    if requirement.validity_days is None:
        return True
    last = expires_on(requirement, verified.issued_on)
    return last is not None and last >= now.astimezone(MEXICO_CITY).date()
