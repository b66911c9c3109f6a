"""Counting what the tie-breaks of a run decide: ask, solve again without each, keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from cauce.allocation import bridge, queries
from cauce.allocation.models import Run, Sensitivity
from cauce.allocation.rules import sensitivity as rules
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.usecases import note, use_case
from cauce.calls.rules.canonical import canonical, digest_of

MEASURE = "cauce.allocation.tasks.measure_sensitivity"


@use_case
def request_sensitivity(*, actor: Actor, run: Run, now: datetime) -> Sensitivity:
    """Ask the worker to count what each tie-break of ``run`` decides; row and task commit together.

    One under way is returned, unless its task died for good. Raises ``Denied``.
    """
    run = queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run.pk)
    rules.may_measure(actor, run).enforce()
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    for waiting in Sensitivity.objects.filter(run=run, done_at__isnull=True):
        if waiting.task_id is None or not background.failed(waiting.task_id):
            note(repeated=True)
            return waiting
        waiting.delete()
    asked = Sensitivity.objects.create(run=run, requested_by_id=actor.user_id, requested_at=now)
    asked.task_id = background.enqueue(MEASURE, sensitivity_id=asked.pk)
    asked.save(update_fields=["task_id"])
    return asked


def measure_sensitivity(
    *, sensitivity_id: int, task_id: UUID | str, read_clock: Callable[[], datetime]
) -> None:
    """Solve the run's frozen question without each tie-break, and keep the counts; again after a death, with the same ones.

    One that is done is left alone. What the engine refuses is kept as the reason.
    """
    asked = queries.asked_sensitivity(sensitivity_id)
    if asked is None or asked.done_at is not None:
        return
    failure = ""
    try:
        document = _measured(asked.run, task_id)
    except bridge.CannotAsk as error:
        failure, document = "unanswerable", error.facts
    except bridge.NotCertified as error:
        failure, document = "uncertified", {"check": error.check}
    keep_sensitivity(
        actor=Actor.system("allocation"), asked=asked, document=document, failure=failure, now=read_clock()
    )


def _measured(run: Run, task_id: UUID | str) -> dict[str, Any]:
    keys = [criterion["key"] for criterion in run.call.score_criteria]
    sets = rules.left_out(len(keys))
    answers = bridge.answered_without(queries.question_bytes(run), run.answer_digest, sets)
    background.report(task_id, stage="without", total=len(sets))
    kept, rows = next(answers), []
    for done, (gone, other) in enumerate(zip(sets, answers, strict=True), start=1):
        rows.append({"criteria": [keys[at] for at in gone], **rules.counted(kept, other)})
        background.report(task_id, stage="without", done=done, total=len(sets))
    return {
        "question": run.question_digest,
        "answer": run.answer_digest,
        "people": len(kept.post),
        "posts": len(kept.last),
        "without": rows,
    }


@use_case
def keep_sensitivity(
    *, actor: Actor, asked: Sensitivity, document: dict[str, Any], failure: str, now: datetime
) -> Sensitivity:
    """Keep what was counted, or why nothing was; one that is done stays as it is."""
    row = Sensitivity.objects.select_for_update().get(pk=asked.pk)
    if row.done_at is not None:
        note(repeated=True)
        return row
    row.done_at, row.document, row.failure = now, document, failure
    row.engine_version = bridge.ENGINE_VERSION
    row.digest = "" if failure else f"sha256:{digest_of(canonical(document))}"
    row.save()
    note(**({"failure": failure} if failure else {"digest": row.digest}))
    return row
