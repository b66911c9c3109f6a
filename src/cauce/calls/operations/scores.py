"""Scores that the institution loads: only when two independent files say the same, and what to look at twice."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.base import background, figures, imports
from cauce.base.actors import Actor
from cauce.base.models import Import, ImportState
from cauce.base.usecases import note, step, use_case
from cauce.calls.intake import Pair
from cauce.calls.models import Application, Call, ReviewDecision, ReviewKind, ScoreReview
from cauce.calls.operations.second_look import tell_outcome
from cauce.calls.rules import may_load
from cauce.calls.rules.panels import is_loaded
from cauce.calls.rules.scores import OutcomeRefused, Scores, anomalies, outcome_problem
from cauce.calls.rules.second_look import may_refer

SCORES = "scores"
LOOK_TASK = "cauce.calls.tasks.look_over"
_READ_TASK, _LOAD_TASK = "cauce.calls.tasks.read_scores", "cauce.calls.tasks.load_scores"


@step
def _locked(actor: Actor, call: Call) -> Call:
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not actor.is_system:
        may_load(actor, call).enforce()
    return call


@use_case
def receive_scores(
    *, actor: Actor, call: Call, name: str, data: bytes, now: datetime, by_task: bool = True
) -> Import:
    """Take two files of scores, packed as one, and have them read. Raises ``Denied``, ``ImportRefused``."""
    call = _locked(actor, call)
    task = _READ_TASK if by_task else ""
    taken = imports.receive(
        kind=SCORES, scope=call.code, name=name, data=data, task=task, actor=actor, now=now
    )
    a, b = Pair.of(data).digests
    note(a=a, b=b)
    return taken


@use_case
def drop_scores(*, actor: Actor, call: Call, taken: Import, now: datetime) -> Import:
    """Let go of the files that wait. Raises ``Denied``."""
    _locked(actor, call)
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_scores(
    *,
    actor: Actor,
    call: Call,
    taken: Import,
    digest: str,
    now: datetime,
    has_looked: bool = False,
    by_task: bool = True,
) -> Import:
    """Have the files with this digest loaded as they were read, by who has looked at what asks for it.

    Raises ``Denied``, and ``ImportRefused``, also where people are to be looked at and nobody says they did.
    """
    _locked(actor, call)
    reviews = taken.facts.get("reviews", 0)
    if reviews and not has_looked:
        raise imports.ImportRefused(
            _("Hay %(count)s personas por revisar y nadie ha dicho que las vio.")
            % {"count": figures.number(reviews)},
            _("Leerlas y marcar la casilla."),
        )
    note(reviews=reviews)
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK if by_task else "", now=now)


@use_case
def load_scores(*, actor: Actor, call: Call, taken: Import, scores: Scores, now: datetime) -> Import:
    """Keep the scores on which both confirmed files agree, all or none, and open the reviews that they ask for.

    The same again changes nothing; files loaded already are left alone. Raises ``Denied``.
    """
    call = _locked(actor, call)
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING or taken.data is None:
        note(repeated=True)
        return taken
    a, b = Pair.of(bytes(taken.data)).digests
    applications = {
        one.folio: one
        for one in call.applications.select_for_update(of=("self",)).order_by("pk")
        if one.folio in scores
    }
    changed = _with_scores(
        call, applications, scores,
        _("Dos archivos que coinciden: %(a)s y %(b)s") % {"a": a[:12], "b": b[:12]},
    )  # fmt: skip
    Application.objects.bulk_update(changed, ["merit", "merit_source"], batch_size=500)
    opened = _open_reviews(call, applications, scores, taken.digest, now)
    background.enqueue(LOOK_TASK, call_id=call.pk)
    note(a=a, b=b, reviews=opened)
    return imports.finish(taken, added=0, changed=len(changed), now=now)


def _with_scores(
    call: Call, applications: dict[str, Application], scores: Scores, source: str
) -> list[Application]:
    """The applications whose scores change, with the new ones; what people declared and panels recorded stays."""
    changed = []
    for folio, application in applications.items():
        values = iter(scores[folio].values)
        kept = [*application.merit, *[""] * (len(call.score_criteria) - len(application.merit))]
        merit = [
            next(values) if is_loaded(each) else value
            for each, value in zip(call.score_criteria, kept, strict=True)
        ]
        if merit != application.merit:
            application.merit, application.merit_source = merit, source
            changed.append(application)
    return changed


@step
def _open_reviews(
    call: Call, applications: dict[str, Application], scores: Scores, digest: str, now: datetime
) -> int:
    loaded = [each for each in call.score_criteria if is_loaded(each)]
    reviews = [
        ScoreReview(
            application=applications[odd.folio],
            sentence=odd.sentence[:300],
            digest=digest,
            opened_at=now,
            kind=ReviewKind.SCORES if odd.is_of_one else ReviewKind.ROWS,
        )
        for odd in anomalies(loaded, scores)
        if odd.folio in applications
    ]
    ScoreReview.objects.bulk_create(reviews, batch_size=500, ignore_conflicts=True)
    return len(reviews)


@use_case
def close_review(
    *,
    actor: Actor,
    review: ScoreReview,
    outcome: str,
    now: datetime,
    decision: str = ReviewDecision.CLEARED,
) -> ScoreReview:
    """Write down what came of looking, and tell the person. No score changes and nobody is excluded by it.

    To hand the matter on, the person must have answered or had their time to. Raises ``Denied``, and
    ``OutcomeRefused`` without words, with other ones, or too early.
    """
    review = ScoreReview.objects.select_for_update(of=("self",)).get(pk=review.pk)
    may_load(actor, review.application.call).enforce()
    outcome = " ".join(outcome.split())
    if problem := outcome_problem(outcome):
        raise OutcomeRefused(problem, gettext_lazy("Escribirlo en una o dos frases."), field="outcome")
    if review.closed_at is not None:
        if (review.outcome, review.decision) != (outcome, decision):
            raise OutcomeRefused(
                gettext_lazy("Otra persona cerró esta revisión antes."),
                gettext_lazy("Leer lo que escribió."), field="outcome",
            )  # fmt: skip
        note(repeated=True)
        return review
    if decision == ReviewDecision.REFERRED and not (verdict := may_refer(review, now=now)):
        raise OutcomeRefused(verdict.reason, verdict.remedy, field="decision")
    review.closed_at, review.closed_by_id, review.outcome = now, actor.user_id, outcome
    review.decision = ReviewDecision(decision)
    review.save(update_fields=["closed_at", "closed_by", "outcome", "decision"])
    tell_outcome(review, now=now)
    note(decision=review.decision)
    return review
