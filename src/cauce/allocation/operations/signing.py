"""Signing a certified run, taking a signature back, and publishing: two people over the very bytes that are stored."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.accounts import roles
from cauce.allocation import bridge, queries, rules
from cauce.allocation.models import Run, RunState, Signature
from cauce.allocation.operations import privacy, releases
from cauce.allocation.rules import letters
from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import operations as calls
from cauce.calls.queries import open_reviews
from cauce.notices.operations import post_many

TELL = "cauce.allocation.tasks.tell_results"
SHORTEST_REASON = 10  # characters: less is no reason


class AnswerChanged(DomainError):
    """The stored bytes, or the digest that was shown, are not those of the certificate."""

    code = "answer_changed"


class ListsMissing(DomainError):
    """A sending of the last second was stored after the question was frozen."""

    code = "lists_missing"


class AlreadySigned(DomainError):
    """The same person signs twice."""

    code = "already_signed"


class LookMissing(DomainError):
    """Nobody has looked over the scores that the run was carried out with."""

    code = "look_missing"


class ReasonMissing(Refused):
    """Results would be published before their announced date, and nobody says why."""

    code = "reason_missing"


@step
def locked(run_id: int) -> Run:
    return queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run_id)


@step
def user_of(actor: Actor) -> int:
    """The account behind an actor. Processes and visitors have none, and no office either."""
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    return actor.user_id


@use_case
def sign(*, actor: Actor, run: Run, digest: str, reviews_seen: int = 0, now: datetime) -> Run:
    """Put the actor's signature under the answer whose ``digest`` they were shown.

    ``reviews_seen`` is how many open reviews of scores they say they saw. The
    first signature writes to everybody who may give the second one, or review the package. Raises
    ``AlreadySigned``, ``LookMissing``, ``AnswerChanged`` when the stored bytes or the digest
    shown are not the certificate's, ``ListsMissing``, ``Denied`` otherwise.
    """
    run = locked(run.pk)
    signed = _signed_by(run)
    verdict = rules.may_sign(actor, run, signed_by=signed, newest=_newest(run))
    if not verdict and actor.user_id in signed and run.state == RunState.CERTIFIED:
        raise AlreadySigned(verdict.reason, verdict.remedy)
    verdict.enforce()
    waiting = open_reviews(run.call)
    rules.reviews_seen(open_reviews=waiting, seen=reviews_seen).enforce()
    if digest != run.answer_digest:
        raise AnswerChanged(
            gettext_lazy("La huella que se iba a firmar no es la de esta corrida."),
            gettext_lazy("Abrir la corrida de nuevo, comparar la huella y firmar."),
        )
    _refuse_other_bytes(run)
    if not run.facts.get("look"):
        raise LookMissing(
            gettext_lazy("Nadie ha buscado anomalías en los puntajes de esta corrida."),
            gettext_lazy("Pedir otra corrida: se buscan antes de congelar."),
        )
    office = _office_of(actor, run)
    Signature.objects.create(
        run=run, user_id=user_of(actor), office=office, answer_digest=run.answer_digest, at=now
    )
    note(answer=run.answer_digest, office=office, reviews=waiting)
    if not signed:
        _ask_for_second(run, actor, now)
        privacy.ask_for_review(run, now=now)
    return run


@use_case
def withdraw_signature(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Take the actor's signature back before publication; the audit keeps that it was there.

    A second withdrawal finds nothing and is refused with its sentence (``Denied``).
    """
    run = locked(run.pk)
    rules.may_withdraw(actor, run, signed_by=_signed_by(run)).enforce()
    Signature.objects.filter(run=run, user_id=user_of(actor)).delete()
    note(answer=run.answer_digest)
    return run


@use_case
def publish(*, actor: Actor, run: Run, now: datetime, reason: str = "") -> Run:
    """Make the results public and ask for the letters to everybody who has one.

    Needs two signatures over the very answer that is stored, and the review of
    the very package; the bytes of both are read again. Publishing what is
    published changes nothing. Before the results date that the call announced
    it takes a ``reason``, which stays in the run and in the audit and is shown
    to everybody. Raises ``Denied``, ``AnswerChanged``, ``ListsMissing`` or
    ``ReasonMissing``.
    """
    run = locked(run.pk)
    signatures = dict(Signature.objects.filter(run=run).values_list("user_id", "answer_digest"))
    verdict = rules.may_publish(
        actor, run, signed_by=signatures, newest=_newest(run), cleared=queries.clearance(run)
    )
    if run.state == RunState.PUBLISHED and (
        actor.holds(roles.CALL_MANAGE, run.call.institution_id) or actor.user_id in signatures
    ):
        note(repeated=True)
        return run
    verdict.enforce()
    if set(signatures.values()) != {run.answer_digest}:
        raise _changed()
    _refuse_other_bytes(run)
    _justify(run, reason.strip(), now)
    run.state, run.published_at = RunState.PUBLISHED, now
    run.save(update_fields=["state", "published_at", "facts"])
    calls.record_results(run.call, now=now)
    calls.record_filled(run.call, queries.people_by_post(run))
    releases.record_first(run, _signed_in_order(run), now=now)
    calls.record_outcomes(run.call, posts=queries.outcomes(run))
    background.enqueue(TELL, run_id=run.pk)
    note(answer=run.answer_digest, package=run.package_digest, signed_by=sorted(signatures))
    return run


def _justify(run: Run, reason: str, now: datetime) -> None:
    """Ask for the reason of a publication before its announced date, and keep it."""
    if not rules.early_warning(run.call, now=now):
        return
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing(
            _("Falta el motivo de publicar antes de la fecha anunciada, %(announced)s.")
            % {"announced": figures.moment(run.call.results_at)},
            _("Escribirlo en una oración."),
            field="reason",
        )
    run.facts = {**run.facts, "early": {"announced": run.call.results_at.isoformat(), "reason": reason}}
    note(early=run.facts["early"])


def _changed() -> AnswerChanged:
    return AnswerChanged(
        gettext_lazy("Los datos guardados de esta corrida no son los que se certificaron."),
        gettext_lazy("No se firma ni se publica: avisar a auditoría y pedir otra corrida."),
    )


def _refuse_other_bytes(run: Run) -> None:
    """Read what is stored and compare it with the digests: a signature never covers other bytes, nor leaves a list out."""
    if queries.sendings(run.call) != run.facts["sendings"]:
        raise ListsMissing(
            gettext_lazy("Después de congelar se guardó un envío o un retiro del último segundo."),
            gettext_lazy("Pedir otra corrida: esta no lo tiene en cuenta."),
        )
    answer, package = Run.objects.values_list("answer", "package").get(pk=run.pk)
    if answer is None or bridge.digest_of(bytes(answer)) != run.answer_digest:
        raise _changed()
    if package is None or bridge.digest_of(bytes(package)) != run.package_digest:
        raise _changed()


def _signed_by(run: Run) -> set[int]:
    return set(Signature.objects.filter(run=run).values_list("user_id", flat=True))


def _signed_in_order(run: Run) -> list[tuple[int, str]]:
    return list(Signature.objects.filter(run=run).order_by("at", "pk").values_list("user_id", "office"))


def _newest(run: Run) -> int:
    found = Run.objects.filter(call_id=run.call_id, state__in=rules.ANSWERED).order_by("-number")
    return found.values_list("number", flat=True).first() or 0


def _office_of(actor: Actor, run: Run) -> str:
    held = queries.signing_memberships(run.call.institution_id).filter(user_id=user_of(actor))
    return held.order_by("role").values_list("role", flat=True)[0]


@step
def _ask_for_second(run: Run, actor: Actor, now: datetime) -> None:
    """Write to everybody who may give the second signature; signing again after withdrawing writes to nobody twice."""
    call = run.call
    signatories = queries.signatories(call.institution_id).exclude(pk=user_of(actor))
    asked = [
        letters.SECOND_SIGNATURE.letter(
            key=f"second-signature:{run.pk}:{actor.user_id}:{user.pk}", user_id=user.pk, language=user.language,
            link=reverse("allocation:run", args=[call.code, run.number]), call=call.code, number=run.number,
            title=call.title,
        )
        for user in signatories
    ]  # fmt: skip
    post_many(asked, now=now, subject=run)
