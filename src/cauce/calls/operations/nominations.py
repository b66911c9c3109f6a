"""An institute proposes candidates in its own order, two people sign, and each candidate answers in their own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Max
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.accounts.models import IdentityDocument, Person, User
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.texts import TEXT
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CallPartner,
    Category,
    Nomination,
    NominationAnswer,
    NominationVersion,
)
from cauce.calls.operations.application import new_folio
from cauce.calls.queries import categories as reads
from cauce.calls.rules import letters
from cauce.calls.rules import nominations as rulebook
from cauce.calls.rules.nominations import Candidate, NominationRefused
from cauce.calls.rules.receipt import to_the_second
from cauce.notices import operations as notices

# Larger than any proposal: rows pass through here while they change places, since no two may share one.
_AWAY = 1_000_000
MOST_WITHOUT_LIMIT = 2_000


class ProposalChanged(DomainError):
    """The proposal is no longer the one that was shown."""

    code = "proposal_changed"


@step
def locked_partner(partner: CallPartner) -> CallPartner:
    return (
        CallPartner.objects.select_for_update(of=("self",))
        .select_related("call", "institution")
        .get(pk=partner.pk)
    )


# ------------------------------------------------------------------ writing


@use_case
def add_nomination(*, partner: CallPartner, told: Candidate, actor: Actor, now: datetime) -> Nomination:
    """Put a candidate at the end of the proposal; the same one sent again is the one there is.

    Raises ``Denied`` after the proposal's closing, ``NominationRefused`` for
    what is at fault, naming the row of a duplicate, and the refusals of names, documents and dates of birth.
    """
    partner = locked_partner(partner)
    rulebook.may_nominate(actor, partner, now=now).enforce()
    told = rulebook.read_candidate(told, today=localdate(now))
    rows = list(partner.nominations.order_by("position"))
    for row in rows:
        if not row.leaves and Candidate.of(row) == told:
            note(repeated=True)
            return row
    refuse_duplicate(told, rows)
    refuse_too_many(partner, len([row for row in rows if not row.leaves]) + 1)
    made = keep_candidates(partner, [told])[0]
    note(partner=partner.pk, number=made.position)
    return made


@step
def refuse_duplicate(told: Candidate, rows: Sequence[Nomination], but: int | None = None) -> None:
    others = [(row.position, Candidate.of(row)) for row in rows if not row.leaves and row.pk != but]
    field, sentence = rulebook.duplicate_problem(told, others)
    if field:
        raise NominationRefused(sentence, _("Dejar una sola, o corregir la que esté mal."), field=field)


@step
def refuse_too_many(partner: CallPartner, count: int) -> None:
    most = partner.most or MOST_WITHOUT_LIMIT
    if count > most:
        raise NominationRefused(
            _("La propuesta tendría %(count)s personas y admite %(most)s.") % {"count": count, "most": most},
            _("Quitar a alguien antes."),
        )


@step
def keep_candidates(partner: CallPartner, told: Sequence[Candidate]) -> list[Nomination]:
    last = partner.nominations.aggregate(last=Max("position"))["last"] or 0
    return Nomination.objects.bulk_create(
        Nomination(partner=partner, position=last + place, **asdict(one)) for place, one in enumerate(told, 1)
    )


@use_case
def change_nomination(*, nomination: Nomination, told: Candidate, actor: Actor, now: datetime) -> Nomination:
    """Correct a candidate who has no letter yet. Raises as ``add_nomination``."""
    partner = locked_partner(nomination.partner)
    rulebook.may_nominate(actor, partner, now=now).enforce()
    nomination = Nomination.objects.select_for_update().get(pk=nomination.pk)
    _refuse_invited(nomination)
    told = rulebook.read_candidate(told, today=localdate(now))
    refuse_duplicate(told, list(partner.nominations.order_by("position")), but=nomination.pk)
    if Candidate.of(nomination) == told:
        note(repeated=True)
        return nomination
    for name, value in asdict(told).items():
        setattr(nomination, name, value)
    nomination.save(update_fields=list(asdict(told)))
    return nomination


def _refuse_invited(nomination: Nomination) -> None:
    if nomination.invited_at is not None:
        raise NominationRefused(
            _("Esta persona ya tiene su carta: sus datos quedan como se firmaron."),
            _("Para corregirla, quitarla y agregarla otra vez; vale cuando la propuesta se firme de nuevo."),
        )


@use_case
def remove_nomination(*, nomination: Nomination, actor: Actor, now: datetime) -> CallPartner:
    """Take a candidate out: at once without a letter, otherwise when two people sign; asked again, they stay after all.

    Raises ``Denied``, and ``NominationRefused`` for whoever has accepted.
    """
    partner = locked_partner(nomination.partner)
    rulebook.may_nominate(actor, partner, now=now).enforce()
    found = Nomination.objects.select_for_update().filter(pk=nomination.pk).first()
    if found is None:
        note(repeated=True)
        return partner
    if found.answer == NominationAnswer.ACCEPTED:
        raise NominationRefused(
            _("Esta persona ya aceptó: su solicitud es suya."),
            _("Escribir a la convocatoria: %(contact)s.") % {"contact": partner.call.contact},
        )
    if found.invited_at is None:
        found.delete()
        _close_ranks(partner)
    else:
        if found.leaves:
            refuse_duplicate(
                Candidate.of(found), list(partner.nominations.order_by("position")), but=found.pk
            )
        found.leaves = not found.leaves
        found.save(update_fields=["leaves"])
    note(partner=partner.pk, removed=nomination.pk)
    return partner


@use_case
def order_nominations(
    *, partner: CallPartner, order: Sequence[int], actor: Actor, now: datetime
) -> CallPartner:
    """Put the candidates (ids) in this order of preference.

    Raises ``Denied``, and ``ProposalChanged`` when they are not exactly those of the proposal.
    """
    partner = locked_partner(partner)
    rulebook.may_nominate(actor, partner, now=now).enforce()
    current = list(partner.nominations.order_by("position").values_list("pk", flat=True))
    if sorted(order) != sorted(current):
        raise ProposalChanged(
            _("Alguien agregó o quitó a una persona mientras se ordenaba."),
            _("Ordenar otra vez la lista como está."),
        )
    if list(order) == current:
        note(repeated=True)
        return partner
    _arrange(partner, order)
    note(partner=partner.pk, people=len(current))
    return partner


@step
def _arrange(partner: CallPartner, order: Sequence[int]) -> None:
    rows = {row.pk: row for row in partner.nominations.all()}
    partner.nominations.update(position=F("position") + _AWAY)
    for place, pk in enumerate(order, 1):
        rows[pk].position = place
    Nomination.objects.bulk_update(rows.values(), ["position"])


@step
def _close_ranks(partner: CallPartner) -> None:
    _arrange(partner, list(partner.nominations.order_by("position").values_list("pk", flat=True)))


# ------------------------------------------------------------------ signing


@use_case
def sign_nominations(*, partner: CallPartner, digest: str, actor: Actor, now: datetime) -> NominationVersion:
    """Sign the proposal with this digest: first as one person, then as another, who puts it in force.

    In force, whoever is marked to leave is out and each new candidate gets a
    letter. A signature on what has changed since counts for nothing: signing begins again. Raises ``Denied``, and
    ``ProposalChanged`` when the proposal is not the one with that digest.
    """
    partner = locked_partner(partner)
    nominations = list(partner.nominations.select_for_update().order_by("position"))
    rows = rulebook.version_rows(nominations)
    current = rulebook.version_digest(rows)
    pending = reads.newest_version(partner)
    if pending is not None and pending.digest != current:
        pending = None
    rulebook.may_sign(actor, partner, pending, people=len(rows), now=now).enforce()
    if digest != current:
        raise ProposalChanged(
            _("La propuesta cambió después de abrir esta página."), _("Leerla otra vez y firmar.")
        )
    if pending is None:
        newest = partner.versions.aggregate(newest=Max("number"))["newest"] or 0
        signed = NominationVersion.objects.create(
            partner=partner,
            number=newest + 1,
            rows=rows,
            digest=current,
            signed_by=User.objects.get(pk=actor.user_id or 0),
            signed_at=now,
        )
        note(version=signed.number, digest=current)
        return signed
    _put_in_force(partner, pending, nominations, actor=actor, now=now)
    return pending


@step
def _put_in_force(
    partner: CallPartner,
    version: NominationVersion,
    nominations: list[Nomination],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    leaving = [one for one in nominations if one.leaves]
    if accepted := [one for one in leaving if one.answer == NominationAnswer.ACCEPTED]:
        raise NominationRefused(
            _("%(name)s aceptó mientras tanto: ya no puede salir de la propuesta.")
            % {"name": Candidate.of(accepted[0]).name},
            _("Dejarla en la propuesta y firmar otra vez."),
        )
    version.second_by_id, version.second_at = actor.user_id, now
    version.save(update_fields=["second_by", "second_at"])
    partner.version = version.number
    partner.save(update_fields=["version"])
    for one in leaving:
        one.delete()
    _close_ranks(partner)
    fresh = [one for one in nominations if not one.leaves and one.invited_at is None]
    Nomination.objects.filter(pk__in=[one.pk for one in fresh]).update(invited_at=now)
    _count_order(partner.call)
    for one in fresh:
        _invite(partner, one, now=now)
    note(version=version.number, digest=version.digest, told=len(fresh))


def _count_order(call: Call) -> None:
    """A run that froze before the order changed is out of date."""
    Call.objects.filter(pk=call.pk).update(standings=F("standings") + 1)


def _invite(partner: CallPartner, nomination: Nomination, *, now: datetime) -> None:
    """Write to the address that the institute gave; and into the inbox of who has that document, if anybody does."""
    holder = (
        User.objects.filter(person_id__in=_holders(nomination), person__birth_date=nomination.birth_date)
        .order_by("pk")
        .first()
    )
    language = holder.language if holder else "es-mx"
    path = reverse("calls:my_nomination", args=[nomination.pk])
    call, institution = partner.call, partner.institution
    facts: dict[str, Any] = {
        "acronym": institution.acronym, "institution": institution.name, "call": call.title, "contact": call.contact,
        "when": partial(to_the_second, call.closes_at),
    }  # fmt: skip
    if holder is not None:
        letter = letters.NOMINATED.letter(
            key=f"nominated:{nomination.pk}", user_id=holder.pk, language=language, link=path,
            matter=f"call:{call.pk}", **facts,
        )  # fmt: skip
        notices.post_letter(letter, now=now, subject=nomination)
    if holder is None or holder.email.lower() != nomination.email:
        title, body = letters.NOMINATED.words(language=language, **facts)
        headers = {TEXT: letters.NOMINATED.name}
        with translation.override(language):  # the outbox notes the language that is in force
            EmailMessage(
                title, f"{body}\n\n{settings.ORIGIN}{path}", None, [nomination.email], headers=headers
            ).send()


def _holders(nomination: Nomination) -> list[int]:
    country, kind, number = Candidate.of(nomination).document
    rows = IdentityDocument.objects.filter(country=country, kind=kind, number=number, is_generic=False)
    return list(rows.values_list("person_id", flat=True))


# ------------------------------------------------------------------ answering


@use_case
def accept_nomination(*, nomination: Nomination, actor: Actor, now: datetime) -> Nomination:
    """Accept for oneself: the person's application to the call, new or the one there is, is of the partner's class.

    The document binds, with the date of birth. Accepted already: nothing
    changes. Raises ``Denied``, also where another institute's proposal was accepted in the same call.
    """
    nomination = _locked_answer(nomination, actor, now)
    if nomination.answer == NominationAnswer.ACCEPTED:
        note(repeated=True)
        return nomination
    call, group = nomination.partner.call, nomination.partner.group
    application = _application(call, actor, now)
    if (
        other := Nomination.objects.filter(application=application)
        .select_related("partner__institution")
        .first()
    ):
        raise NominationRefused(
            _("Ya aceptaste la propuesta de %(institution)s en esta convocatoria.")
            % {"institution": other.partner.institution.acronym},
            _("Una persona solo puede ir propuesta por un instituto."),
        )
    application.category, application.category_number = Category.PARTNER, nomination.staff_number
    application.groups = sorted({*application.groups, group})
    application.save(update_fields=["category", "category_number", "groups"])
    nomination.application, nomination.answer = application, NominationAnswer.ACCEPTED
    nomination.answered_at, nomination.decline_reason = now, ""
    nomination.save(update_fields=["application", "answer", "answered_at", "decline_reason"])
    _count_order(call)
    note(folio=application.folio)
    return nomination


def _application(call: Call, actor: Actor, now: datetime) -> Application:
    """The actor's application to the call, under a lock; a new one where there is none."""
    assert actor.person_id is not None  # noqa: S101 - the rule has just said so
    mine = Application.objects.select_for_update(of=("self",)).filter(call=call, person_id=actor.person_id)
    if found := mine.first():
        return found
    folio = new_folio(call)
    while Application.objects.filter(folio=folio).exists():
        folio = new_folio(call)
    return Application.objects.create(call=call, person_id=actor.person_id, folio=folio, started_at=now)


@use_case
def decline_nomination(*, nomination: Nomination, reason: str, actor: Actor, now: datetime) -> Nomination:
    """Decline for oneself, with a reason that the institute reads; who had accepted leaves the partner's class.

    Their application stays theirs: if the call admits them as something else
    they may go on, otherwise it is withdrawn. Declined already: nothing changes. Raises ``Denied`` and ``NominationRefused``.
    """
    nomination = _locked_answer(nomination, actor, now)
    if nomination.answer == NominationAnswer.DECLINED:
        note(repeated=True)
        return nomination
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= rulebook.LONGEST_REASON:
        raise NominationRefused(_("Falta decir por qué."), _("Basta una frase."), field="reason")
    if nomination.application is not None:
        _leave_class(nomination, nomination.application, now)
    nomination.application, nomination.answer = None, NominationAnswer.DECLINED
    nomination.answered_at, nomination.decline_reason = now, reason
    nomination.save(update_fields=["application", "answer", "answered_at", "decline_reason"])
    _count_order(nomination.partner.call)
    return nomination


@step
def _leave_class(nomination: Nomination, application: Application, now: datetime) -> None:
    application.groups = [one for one in application.groups if one != nomination.partner.group]
    application.category, application.category_number = "", ""
    if application.state == ApplicationState.SUBMITTED:
        # What was sent was sent as a partner's candidate: it no longer counts, and may be sent anew as something else.
        application.state, application.withdrawn_at = ApplicationState.WITHDRAWN, now
    application.save(update_fields=["groups", "category", "category_number", "state", "withdrawn_at"])


def _locked_answer(nomination: Nomination, actor: Actor, now: datetime) -> Nomination:
    nomination = (
        Nomination.objects.select_for_update(of=("self",))
        .select_related("partner__call", "partner__institution", "application")
        .get(pk=nomination.pk)
    )
    person = Person.objects.filter(pk=actor.person_id or 0).first()
    rulebook.may_answer(
        actor, nomination, reads.documents_of(actor.person_id), person.birth_date if person else None, now=now
    ).enforce()
    return nomination


@step
def record_outcomes(call: Call, *, posts: Mapping[int, int | None]) -> None:
    """Note for the institutes what their candidates got: post by application, of a run whose results are public."""
    rows = list(Nomination.objects.filter(partner__call=call, application__isnull=False))
    for row in rows:
        row.post_id = posts.get(row.application_id or 0)
    Nomination.objects.bulk_update(rows, ["post"])
