"""Loading the figures that others published, and replaying the drive of 2022."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.indicators import bridge, intake
from cauce.indicators.models import PublishedFigure, Replay, ReplayState
from cauce.indicators.rules import replay as rules
from cauce.indicators.rules.access import may_replay

# For the apps above, which may not reach intake.
FiguresRefused = intake.FiguresRefused
ResultsRefused = intake.ResultsRefused
figures_are_loaded = intake.is_loaded
replay_is_loaded = intake.replay_is_loaded


@use_case
def load_figures(*, actor: Actor, now: datetime, text: str | None = None) -> PublishedFigure:
    """Make the published figures equal to their catalogue; return the first.

    Figures that left the catalogue are removed. Loading it again changes
    nothing. ``text`` replaces the file. Raises ``FiguresRefused``; then
    nothing is saved.
    """
    entries = intake.read_figures(intake.catalogue_text() if text is None else text)
    present = {figure.code: figure for figure in PublishedFigure.objects.select_for_update()}
    added = changed = 0
    for entry in entries:
        figure = present.pop(entry["code"], None)
        if figure is None:
            PublishedFigure.objects.create(**entry)
            added += 1
        elif any(getattr(figure, name) != value for name, value in entry.items()):
            for name, value in entry.items():
                setattr(figure, name, value)
            figure.save()
            changed += 1
    removed, _by_model = PublishedFigure.objects.filter(code__in=present).delete()
    note(added=added, changed=changed, removed=removed)
    return PublishedFigure.objects.get(code=entries[0]["code"])


# ------------------------------------------------------------------- the replay

REPLAY = "cauce.indicators.tasks.run_replay"
UNDER_WAY = (ReplayState.QUEUED, ReplayState.RUNNING)


@use_case
def request_replay(*, actor: Actor, now: datetime) -> Replay:
    """Ask for the whole replay to be computed here; the row and its task commit together.

    One under way is returned, unless its task has died for good: then it is
    marked as failed and gives way. Raises ``Denied`` with the reason.
    """
    may_replay(actor).enforce()
    for last in Replay.objects.select_for_update().filter(state__in=UNDER_WAY):
        if last.task_id is None or not background.failed(last.task_id):
            note(repeated=True)
            return last
        last.state, last.failure = ReplayState.FAILED, "silent"
        last.save(update_fields=["state", "failure"])
    asked = Replay.objects.create(requested_by_id=actor.user_id, requested_at=now)
    asked.task_id = background.enqueue(REPLAY, replay_id=asked.pk)
    asked.save(update_fields=["task_id"])
    return asked


def execute(*, replay_id: int, task_id: UUID | str, read_clock: Callable[[], datetime]) -> None:
    """Compute a replay from its first point, and keep it; again after a death, with the same bytes.

    One that is over already is left alone. A defect is noted in the row and
    raised again, so that the task is marked as failed too.
    """
    actor = Actor.system("replay")
    if begin_replay(actor=actor, replay_id=replay_id, now=read_clock()).state != ReplayState.RUNNING:
        return
    try:
        document, seconds = bridge.replay(
            intake.read_drive(),
            lambda done, total: background.report(task_id, stage="replay", done=done, total=total),
        )
    except Exception as error:
        fail_replay(actor=actor, replay_id=replay_id, failure=type(error).__name__, now=read_clock())
        raise
    keep_replay(actor=actor, replay_id=replay_id, document=document, seconds=seconds, now=read_clock())


@use_case
def begin_replay(*, actor: Actor, replay_id: int, now: datetime) -> Replay:
    """Mark a replay as running, unless it is over."""
    row = Replay.objects.select_for_update().get(pk=replay_id)
    if row.state in UNDER_WAY:
        row.state = ReplayState.RUNNING
        row.save(update_fields=["state"])
    return row


@use_case
def keep_replay(*, actor: Actor, replay_id: int, document: bytes, seconds: int, now: datetime) -> Replay:
    """Keep the results of a replay; one that is over stays as it is."""
    row = Replay.objects.select_for_update().get(pk=replay_id)
    if row.state not in UNDER_WAY:
        note(repeated=True)
        return row
    _fill(row, document, seconds, now)
    row.save()
    note(digest=row.digest)
    return row


@use_case
def fail_replay(*, actor: Actor, replay_id: int, failure: str, now: datetime) -> Replay:
    """Mark a replay under way as failed, with the name of what stopped it."""
    row = Replay.objects.select_for_update().get(pk=replay_id)
    if row.state in UNDER_WAY:
        row.state, row.failure = ReplayState.FAILED, failure[:80]
        row.save(update_fields=["state", "failure"])
    note(failure=failure[:80])
    return row


@use_case
def load_replay(*, actor: Actor, now: datetime) -> Replay:
    """Load the results that come with the product; once they are there, nothing changes.

    Raises ``ResultsRefused`` when the file is not the one whose digest stands beside it.
    """
    document, seconds = intake.delivered_replay()
    digest = rules.digest(document)
    row = Replay.objects.filter(is_delivered=True, digest=digest).first()
    if row is not None:
        note(repeated=True)
        return row
    row = Replay(requested_at=now, is_delivered=True)
    _fill(row, document, seconds, now)
    row.save()
    note(digest=digest)
    return row


def _fill(row: Replay, document: bytes, seconds: int, now: datetime) -> None:
    row.state, row.ready_at = ReplayState.READY, now
    row.document, row.digest = zlib.compress(document), rules.digest(document)
    row.seconds, row.engine_version = seconds, bridge.ENGINE_VERSION
