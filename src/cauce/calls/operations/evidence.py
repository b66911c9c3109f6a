"""What a person hands in to prove what a call asks for; and the queue that it makes for those who review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from cauce.base import files
from cauce.base.actors import Actor
from cauce.base.models import StoredFile
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import (
    Application,
    ApplicationState,
    CaseState,
    Evidence,
    EvidencePart,
    EvidenceState,
    Reading,
    Requirement,
    ReviewCase,
    Stage,
)
from cauce.calls.queries import evidence as reads
from cauce.calls.rules import readings
from cauce.calls.rules import requirements as rulebook

EvidenceRefused = rulebook.EvidenceRefused
ReadingRefused = readings.ReadingRefused
LIMITS = files.Limits()


@use_case
def hand_in(
    *,
    application: Application,
    requirement: Requirement,
    parts: Sequence[files.Examined],
    issued_on: date | None,
    actor: Actor,
    now: datetime,
    adds: bool = False,
) -> Evidence:
    """Hand in a document, in one or more files as ``files.examine_all`` gave them; it replaces the one there was.

    With ``adds`` they come after the files that were there, in a new evidence
    all the same. The same files again are what is there already. What was observed and is
    handed in anew brings the case back to the queue once nothing observed is
    left. What a machine can read of it with certainty becomes a ``Reading``,
    which waits for the person's word. Raises ``Denied`` after the closing second or the window to mend,
    ``EvidenceRefused`` for a document that is no longer good.
    """
    application, case = _locked(application)
    current = _current(application, requirement)
    rulebook.may_hand_in(actor, application, case, current, now=now).enforce()
    if requirement.call_id != application.call_id or not parts:
        raise EvidenceRefused(_("Este documento no es de tu convocatoria."), _("Vuelve a tu expediente."))
    rulebook.check_issued(requirement, issued_on, now=now)
    kept = [files.keep(part, now=now) for part in parts]
    held = _held(current) if current is not None else []
    if current is not None and issued_on == current.issued_on and _ends_with(held, kept, whole=not adds):
        note(unchanged=True)
        return current
    if adds:
        kept = [*held, *kept]
        if sum(file.pages for file in kept) > LIMITS.pages:
            raise EvidenceRefused(
                _("Con estas serían más páginas de las que se admiten (%(most)s).") % {"most": LIMITS.pages},
                _(
                    "Sube el documento completo en un solo PDF, o solo las páginas que prueban lo que se pide."
                ),
                field="uploads",
            )
    evidence = _replace(application, requirement, current, issued_on=issued_on, now=now)
    EvidencePart.objects.bulk_create(
        EvidencePart(evidence=evidence, number=number, file=file) for number, file in enumerate(kept, 1)
    )
    _read(evidence, parts, before=current if adds else None, now=now)
    _renew(case, application, now=now)
    note(key=requirement.key, digests=[file.digest for file in kept])
    return evidence


@use_case
def answer_reading(*, reading: Reading, told: str, actor: Actor, now: datetime) -> Reading:
    """Keep what the person says that the document says: the same as was read confirms it, anything else stands beside it.

    Raises ``Denied`` if it is not theirs or was decided on, ``ReadingRefused`` for what cannot be one.
    """
    _locked(reading.evidence.application)
    reading = (
        Reading.objects.select_for_update(of=("self",))
        .select_related("evidence__application")
        .get(pk=reading.pk)
    )
    evidence = reading.evidence
    readings.may_answer(actor, evidence.application.person_id, evidence).enforce()
    said = readings.tidy(reading.field, told)
    agrees = readings.are_same(reading.field, said, reading.value)
    said = reading.value if agrees else said
    if reading.told == said:
        note(unchanged=True)
        return reading
    reading.told, reading.confirmed_at = said, now if agrees else None
    reading.save(update_fields=["told", "confirmed_at"])
    note(field=reading.field, agrees=agrees)
    return reading


@use_case
def reuse_verified(*, application: Application, actor: Actor, now: datetime) -> Application:
    """Take over, for what nothing was handed in, the documents that were verified for other calls and are still good.

    They count as verified here at once. None left changes nothing. Raises ``Denied`` after the closing second.
    """
    application, case = _locked(application)
    rulebook.may_hand_in(actor, application, None, None, now=now).enforce()
    reused = []
    for requirement, verified in reads.reusable(application, now=now):
        evidence = _replace(
            application, requirement, None, issued_on=verified.issued_on, now=now, verified=verified
        )
        EvidencePart.objects.bulk_create(
            EvidencePart(evidence=evidence, number=part.number, file_id=part.file_id)
            for part in verified.parts.order_by("number")
        )
        _carry_readings(verified, evidence)
        reused.append(requirement.key)
    if reused:
        _renew(case, application, now=now)
    note(reused=reused)
    return application


def _locked(application: Application) -> tuple[Application, ReviewCase | None]:
    """Lock the application, then its case, in this order everywhere."""
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "person")
        .get(pk=application.pk)
    )
    return application, ReviewCase.objects.select_for_update().filter(application=application).first()


def _current(application: Application, requirement: Requirement) -> Evidence | None:
    return Evidence.objects.filter(
        application=application, requirement=requirement, replaced_at__isnull=True
    ).first()


def _held(current: Evidence) -> list[StoredFile]:
    return [part.file for part in current.parts.select_related("file").order_by("number")]


def _ends_with(held: list[StoredFile], kept: list[StoredFile], *, whole: bool) -> bool:
    """Whether what came is there already: all that is there, or its end when pages were added."""
    return held == kept if whole else held[-len(kept) :] == kept


def _replace(
    application: Application,
    requirement: Requirement,
    current: Evidence | None,
    *,
    issued_on: date | None,
    now: datetime,
    verified: Evidence | None = None,
) -> Evidence:
    if current is not None:
        current.replaced_at = now
        current.save(update_fields=["replaced_at"])
    return Evidence.objects.create(
        application=application,
        requirement=requirement,
        issued_on=issued_on,
        handed_in_at=now,
        state=EvidenceState.VERIFIED if verified else EvidenceState.HANDED_IN,
        verified_at=now if verified else None,
        reused_from=verified,
    )


def _read(
    evidence: Evidence, parts: Sequence[files.Examined], *, before: Evidence | None, now: datetime
) -> None:
    """Keep what can be read of the new parts; what was read of those ``before`` them stays if nothing contradicts it."""
    read = readings.read(evidence.requirement.key, "\n".join(part.text for part in parts))
    former = before.readings.first() if before is not None else None
    if before is not None and former is not None:
        if read is None or readings.are_same(former.field, former.value, read[1]):
            _carry_readings(before, evidence)
        return  # two pages that say different things: neither is certain
    if read is not None:
        Reading.objects.create(evidence=evidence, field=read[0], value=read[1], read_at=now)


def _carry_readings(former: Evidence, evidence: Evidence) -> None:
    for one in former.readings.all():
        one.pk, one.evidence, one._state.adding = None, evidence, True
        one.save(force_insert=True)


# --------------------------------------------------------------------- queue


def _renew(case: ReviewCase | None, application: Application, *, now: datetime) -> None:
    """Something new came: the case, if there is one, is to be looked at again; a decision under way is overtaken."""
    if case is None:
        return
    case.is_complete = reads.is_complete(application)
    if case.state == CaseState.OBSERVED and reads.is_waiting_to_be_mended(application, case):
        case.save(update_fields=["is_complete"])
        return
    is_begun = case.state != CaseState.QUEUED or case.claimed_by_id is not None or case.stage != Stage.FIRST
    case.round += is_begun
    case.state, case.stage = CaseState.QUEUED, Stage.FIRST
    if is_begun:
        case.queued_at = now
    case.claimed_by = case.claimed_at = case.claimed_until = case.cure_until = case.decided_at = None
    case.save()


@step
def queue_case(application: Application, *, now: datetime) -> None:
    """Put a sent application's documents in the queue of those who review, if its call asks for any; once."""
    if application.state != ApplicationState.SUBMITTED or not application.call.requirements.exists():
        return
    ReviewCase.objects.get_or_create(
        application=application,
        defaults={"call": application.call, "queued_at": now, "is_complete": reads.is_complete(application)},
    )
