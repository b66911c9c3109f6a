"""Letters to everybody who has a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from cauce.allocation import queries
from cauce.allocation.models import Placement, Run, RunState
from cauce.allocation.rules import letters
from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.notices.operations import Letter, post_many

BATCH = 5000


def tell_everybody(*, run_id: int, read_clock: Callable[[], datetime]) -> None:
    """Write to everybody with a result, a batch at a time; a second time nobody gets a second letter."""
    actor, after = Actor.system("allocation"), 0
    with transaction.atomic():
        last = (
            Placement.objects.filter(run_id=run_id).order_by("-place").values_list("place", flat=True).first()
        )
    while after < (last or 0):
        tell_batch(actor=actor, run_id=run_id, after=after, now=read_clock())
        after += BATCH


@use_case
def tell_batch(*, actor: Actor, run_id: int, after: int, now: datetime) -> Run:
    """Write to the people from place ``after + 1`` on; the text has the folio, never a name."""
    run = queries.light_runs().select_related("call").get(pk=run_id, state=RunState.PUBLISHED)
    rows = Placement.objects.filter(
        run=run, place__gt=after, place__lte=after + BATCH, application__person__user__isnull=False
    ).values_list(
        "application__folio", "application__person__user__pk", "application__person__user__language"
    )
    told = post_many(_letters(run, list(rows)), now=now, subject=run)
    note(after=after, told=told)
    return run


def _letters(run: Run, rows: list[tuple[str, int, str]]) -> Iterator[Letter]:
    call = run.call
    for folio, user_id, language in rows:
        yield letters.RESULT.letter(
            key=f"result:{run.pk}:{folio}", user_id=user_id, language=language, matter=f"call:{run.call_id}",
            link=reverse("allocation:result", args=[call.code, folio]), call=call.title[:120], title=call.title,
            folio=folio,
        )  # fmt: skip
