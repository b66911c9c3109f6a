"""Reviewing documents: take a case, give it back, decide. Nobody decides twice in a round, nobody excludes alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts.models import User
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.usecases import note, use_case
from cauce.calls.models import (
    Application,
    Call,
    CaseState,
    Evidence,
    EvidenceState,
    Finding,
    Review,
    ReviewCase,
    Stage,
)
from cauce.calls.queries import review as reads
from cauce.calls.rules import letters
from cauce.calls.rules import review as rulebook
from cauce.calls.rules.review import DecisionRefused, Mark
from cauce.notices import operations as notices


class NothingToReview(DomainError):
    """The queue holds nothing that the actor may take now."""

    code = "nothing_to_review"


@use_case
def claim_case(*, call: Call, actor: Actor, now: datetime) -> ReviewCase:
    """Take the case of the call that has waited longest, for half an hour; who holds one gets that one again.

    Two people never get the same. A case whose time to be mended ran out
    begins a new round as it is taken. Raises ``Denied``, and
    ``NothingToReview`` if nothing waits that the actor has not decided already.
    """
    rulebook.may_review(actor, call).enforce()
    held = reads.held_by(actor, now=now).filter(call=call).first()
    if held is not None:
        note(existing=True)
        return held
    case = reads.claimable(call, actor, now=now).select_for_update(skip_locked=True, of=("self",)).first()
    if case is None:
        raise NothingToReview(
            _("No hay expedientes que puedas tomar ahora."),
            _("Los que quedan están en otras manos, esperan a la persona, o ya los decidiste tú."),
        )
    case.call = call
    if case.state == CaseState.OBSERVED:
        case.round, case.queued_at = case.round + 1, case.cure_until or now
        case.state, case.stage, case.cure_until, case.decided_at = CaseState.QUEUED, Stage.FIRST, None, None
    case.claimed_by_id, case.claimed_at, case.claimed_until = actor.user_id, now, now + rulebook.LEASE
    case.save()
    note(stage=case.stage, round=case.round)
    return case


@use_case
def release_case(*, case: ReviewCase, actor: Actor, now: datetime) -> ReviewCase:
    """Give a case back undecided: it keeps its place in the queue. Not held any more: nothing changes."""
    case = _locked(case)
    rulebook.may_review(actor, case.call).enforce()
    if case.claimed_by_id != actor.user_id:
        note(unchanged=True)
        return case
    case.claimed_by = case.claimed_at = case.claimed_until = None
    case.save(update_fields=["claimed_by", "claimed_at", "claimed_until"])
    return case


@use_case
def decide_case(
    *, case: ReviewCase, marks: Sequence[Mark], remark: str, actor: Actor, now: datetime
) -> ReviewCase:
    """Decide on every document that waits in a case that the actor holds.

    The decision counts at once, or waits for a second person: always if it
    excludes, and in 5 of 100 cases, drawn, for somebody who does not see it.
    The same person's decision of this round sent again changes nothing. Raises
    ``Denied`` when the case is not the actor's, ``DecisionRefused`` on the
    field of the document at fault.
    """
    case = _locked(case)
    if _is_repeated(case, actor):
        return case
    rulebook.may_decide(actor, case).enforce()
    if case.stage == Stage.SIGNATURE:
        raise DecisionRefused(
            _("Este expediente espera una firma, no otra revisión."), _("Vuelve a abrirlo.")
        )
    waiting = reads.waiting_documents(case)
    seen = {row.requirement.key: row.evidence.pk if row.evidence else None for row in waiting}
    rulebook.check_marks(
        marks,
        {row.requirement.key: row.requirement for row in waiting},
        seen,
        late=reads.lapsed(case, seen),
    )
    marks = [mark for mark in marks if mark.requirement in seen]
    finding = rulebook.finding_of(marks)
    _check_remark(remark, finding)
    return _decided(case, finding, marks, remark, actor=actor, now=now)


@use_case
def sign_exclusion(*, case: ReviewCase, signs: bool, remark: str, actor: Actor, now: datetime) -> ReviewCase:
    """Put the second signature under an exclusion, or refuse it with a reason: then a third person decides.

    Sent again it changes nothing. Raises ``Denied`` when the case is not the
    actor's, ``DecisionRefused`` for a refusal without a reason.
    """
    case = _locked(case)
    if _is_repeated(case, actor):
        return case
    rulebook.may_decide(actor, case).enforce()
    if case.stage != Stage.SIGNATURE:
        raise DecisionRefused(_("Este expediente no espera una firma."), _("Vuelve a abrirlo."))
    _check_remark(remark, Finding.EXCLUDE)
    if not signs and not remark.strip():
        raise DecisionRefused(
            _("Falta decir por qué no se firma."),
            _("Una frase basta: la lee quien decide después."),
            field="remark",
        )
    finding = Finding.EXCLUDE if signs else Finding.RETURN
    return _decided(case, finding, [], remark, actor=actor, now=now)


def _locked(case: ReviewCase) -> ReviewCase:
    """Lock the application, then its case, in the order of whoever hands something in."""
    Application.objects.select_for_update().only("pk").get(pk=case.application_id)
    return (
        ReviewCase.objects.select_for_update(of=("self",))
        .select_related("call", "application")
        .get(pk=case.pk)
    )


def _is_repeated(case: ReviewCase, actor: Actor) -> bool:
    """Whether the actor has just decided this round: a second click is no second decision."""
    done = case.claimed_by_id != actor.user_id and (
        Review.objects.filter(case=case, round=case.round, reviewer_id=actor.user_id).exists()
    )
    if done:
        note(repeated=True)
    return done


def _check_remark(remark: str, finding: str) -> None:
    if len(remark) > rulebook.LONGEST_REMARK:
        raise DecisionRefused(
            _("La explicación tiene %(have)s caracteres y se admiten %(most)s.")
            % {"have": figures.number(len(remark)), "most": rulebook.LONGEST_REMARK},
            _("Deja lo que la persona necesita para corregir."),
            field="remark",
        )


def _decided(
    case: ReviewCase, finding: str, marks: Sequence[Mark], remark: str, *, actor: Actor, now: datetime
) -> ReviewCase:
    assert actor.user_id is not None  # noqa: S101 - the rule has just said so
    earlier = list(Review.objects.filter(case=case, round=case.round).order_by("decided_at", "pk"))
    checked = rulebook.is_checked(case.call.lottery_seed, case.application_id, case.round)
    review = Review.objects.create(
        case=case,
        round=case.round,
        stage=case.stage,
        reviewer_id=actor.user_id,
        finding=finding,
        marks=[
            {
                "requirement": one.requirement,
                "evidence": one.evidence,
                "finding": one.finding,
                "reason": one.reason,
            }
            for one in marks
        ],
        remark=remark.strip(),
        queued_at=case.queued_at,
        claimed_at=case.claimed_at or now,
        decided_at=now,
        is_checked=checked and case.stage == Stage.FIRST,
    )
    then = rulebook.after(case.stage, finding, marks, earlier, checked=checked)
    note(stage=case.stage, finding=finding, round=case.round, next=then.stage or then.final)
    case.claimed_by = case.claimed_at = case.claimed_until = None
    if then.stage:
        case.stage, case.queued_at = then.stage, now
        case.save()
        return case
    if then.upholds is not None:
        Review.objects.filter(pk=(earlier[0] if earlier else review).pk, is_checked=True).update(
            was_upheld=then.upholds
        )
    _conclude(case, then.final, then.by or review, now=now)
    return case


def _conclude(case: ReviewCase, final: str, by: Review, *, now: datetime) -> None:
    """Let a decision count: on the documents, on the case, and in a letter to the person."""
    marks = [Mark.of(row) for row in by.marks]
    by_finding: dict[str, list[int]] = {}
    for mark in marks:
        if mark.evidence is not None:
            by_finding.setdefault(mark.finding, []).append(mark.evidence)
    current = Evidence.objects.filter(replaced_at__isnull=True)
    current.filter(pk__in=by_finding.get(Finding.ACCEPT, ())).update(
        state=EvidenceState.VERIFIED, verified_at=now
    )
    for finding, state in (
        (Finding.OBSERVE, EvidenceState.OBSERVED),
        (Finding.EXCLUDE, EvidenceState.FAILED),
    ):
        current.filter(pk__in=by_finding.get(finding, ())).update(state=state, verified_at=None)
    case.decided_at, case.cure_until = now, None
    case.state = {
        Finding.ACCEPT: CaseState.ACCEPTED,
        Finding.OBSERVE: CaseState.OBSERVED,
        Finding.EXCLUDE: CaseState.EXCLUDED,
    }[Finding(final)]
    if case.state == CaseState.OBSERVED:
        keys = [mark.requirement for mark in marks if mark.finding == Finding.OBSERVE]
        requirements = case.call.requirements.filter(key__in=keys)
        case.cure_until = rulebook.cure_until(requirements, case.call, now=now)
    case.save()
    _tell(case, marks, by.remark, now=now)


def _tell(case: ReviewCase, marks: Sequence[Mark], remark: str, *, now: datetime) -> None:
    user = User.objects.filter(person_id=case.application.person_id).first()
    if user is None:
        return
    names = dict(case.call.requirements.values_list("key", "name"))

    def lines() -> str:
        wanting = [mark for mark in marks if not mark.is_accepted and mark.reason in rulebook.REASONS]
        return "\n".join(f"{names[mark.requirement]}: {rulebook.REASONS[mark.reason]}." for mark in wanting)

    text = {CaseState.ACCEPTED: letters.REVIEW_ACCEPTED, CaseState.OBSERVED: letters.REVIEW_OBSERVED}.get(
        CaseState(case.state), letters.REVIEW_EXCLUDED
    )
    folio, until = case.application.folio, case.cure_until
    letter = text.letter(
        key=f"review:{case.pk}:{case.round}:{case.state}",
        user_id=user.pk,
        language=user.language,
        link=reverse("calls:application_file", args=[folio]),
        matter=f"call:{case.call.pk}",
        folio=folio,
        lines=lines,
        remark=remark,
        when=partial(figures.moment, until, weekday=True, zone=True) if until else "",
        contact=case.call.contact,
    )
    notices.post_letter(letter, now=now, subject=case.application)
