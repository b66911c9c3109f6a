"""An office applies for one person who consented in writing; what it sends is what the person would have sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from cauce.accounts.models import Person
from cauce.accounts.operations import claim_curp
from cauce.base import files
from cauce.base.actors import Actor
from cauce.base.models import StoredFile
from cauce.base.phrases import phrase as _
from cauce.base.usecases import note, step, use_case
from cauce.calls import rules
from cauce.calls.models import Application, Call, PaperApplication
from cauce.calls.operations.applicants import Sending
from cauce.calls.operations.desk import ChangedMeanwhile
from cauce.calls.operations.evidence import queue_case
from cauce.calls.queries import applicants as reads
from cauce.calls.rules import filing as rulebook
from cauce.calls.rules.filing import Filing


@dataclass(frozen=True, slots=True)
class WrittenConsent:
    """When the person signed, and where that is kept: the scan, the folio of the sheet, or both."""

    on: date
    folio: str = ""
    scan: files.Examined | None = None


@dataclass(frozen=True, slots=True)
class FromOffice:
    """An office of the call's institution."""

    office: str
    user_id: int
    consent: WrittenConsent
    scan: StoredFile | None

    def words(self, filing: Filing) -> str:
        return (_("Solicitud presentada por %(office)s") % {"office": self.office})[:200]

    def row(self, application: Application, filing: Filing, now: datetime) -> PaperApplication:
        return PaperApplication(
            application=application, email=filing.email, rfc=filing.rfc, filed_at=now, filed_by_id=self.user_id,
            office=self.office, consent_on=self.consent.on, consent_file=self.scan,
            consent_folio=self.consent.folio,
        )  # fmt: skip

    def overtaken(self) -> ChangedMeanwhile:
        return ChangedMeanwhile(
            _("Esta persona se registró o se postuló mientras tanto."),
            _("Intentarlo otra vez, para ver cómo quedó."),
        )


@use_case
def file_application(
    *, actor: Actor, call: Call, filing: Filing, consent: WrittenConsent, phone: str = "", now: datetime
) -> Application:
    """Apply for a person in the name of the actor's office: sent at once, with its receipt, or nothing.

    Who is not there yet becomes a person without account, who may take the
    application over with its folio. The same sent again by the same office
    is what is there already, after closing too. Raises ``Denied`` once the
    call takes no more, or for who has an account or an application;
    ``ConsentRefused``, ``NamesDisagree``, ``ListRefused``, and
    ``ChangedMeanwhile`` when somebody registers in the same instant.
    """
    call = (
        Call.objects.select_for_update(of=("self",), no_key=True)
        .select_related("institution")
        .get(pk=call.pk)
    )
    rules.may_manage(actor, call).enforce()
    known = reads.known_by(call, filing.identity)
    if found := _sent_before(actor, call, known, filing):
        note(repeated=True)
        return found
    rulebook.may_file_one(actor, call, now=now).enforce()
    is_kept = consent.scan is not None or bool(consent.folio)
    rulebook.check_consent(call, on=consent.on, is_kept=is_kept, today=localdate(now))
    rulebook.may_be_filed(known.held, has_account=known.has_account).enforce()
    if known.names is not None:
        typed = (filing.given_names, filing.first_surname, filing.second_surname)
        rulebook.check_names(typed, known.names)
    return _send(actor, call, filing, consent, known, phone, now)


@step
def _send(
    actor: Actor,
    call: Call,
    filing: Filing,
    consent: WrittenConsent,
    known: reads.Known,
    phone: str,
    now: datetime,
) -> Application:
    assert actor.user_id is not None  # noqa: S101 - the rule has just said so
    scan = files.keep(consent.scan, now=now) if consent.scan is not None else None
    sending = Sending.of(call, FromOffice(call.institution.name, actor.user_id, consent, scan), now)
    for document in reads.unconfirmed([filing.identity]) if known.held is None else ():
        claim_curp(document=document)
    held = {filing.identity: known.held} if known.held is not None else {}
    [(application, version)] = sending.send([filing], held)
    if phone:
        Person.objects.filter(pk=application.person_id, phone="").update(phone=phone)
    queue_case(application, now=now)
    note(
        version=version.number, digest=version.digest, receipt=version.receipt, consent_on=str(consent.on),
        consent_scan=scan.digest if scan is not None else "",
    )  # fmt: skip
    return application


def _sent_before(actor: Actor, call: Call, known: reads.Known, filing: Filing) -> Application | None:
    """What the same office sent for the same person, with the same content: a second click."""
    if known.held is None or known.held.content != filing.content:
        return None
    return Application.objects.filter(
        call=call, person=known.held.person_id, paper__filed_by=actor.user_id or 0
    ).first()
