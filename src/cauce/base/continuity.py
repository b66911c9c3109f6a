"""Whether the hash chain closes: whole walks from its first seal, kept, and each carried on over what came since."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.audit import START, link, unsealed
from cauce.base.models import AuditEvent, AuditSeal, AuditWalk
from cauce.base.usecases import note, step, use_case

logger = logging.getLogger("cauce.audit")

TASK = "cauce.base.tasks.walk_audit"
BATCH = 1000
CARRIED_ON = 20_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far links were found good: the last good seal, its event and digest; ``broken_at`` is the first bad one."""

    number: int = 0
    event_id: int | None = None
    digest: str = START
    broken_at: int | None = None


def walk(start: Reach, *, until: int, told: Callable[[int], None] | None = None) -> Reach:
    """Recompute every link after ``start`` up to the seal ``until``, or to the first bad one.

    Two queries for each thousand links, in constant memory. ``told`` hears how
    far it has come after each thousand.
    """
    reach = start
    while reach.number < until and reach.broken_at is None:
        reach = _walk_batch(reach, min(reach.number + BATCH, until))
        if told is not None:
            told(reach.number)
    return reach


def _walk_batch(reach: Reach, until: int) -> Reach:
    seals = list(
        AuditSeal.objects.filter(number__gt=reach.number, number__lte=until)
        .order_by("number")
        .values_list("number", "event_id", "digest")
    )
    events = AuditEvent.objects.in_bulk([event_id for _number, event_id, _digest in seals])
    for number, event_id, digest in seals:
        event = events.get(event_id)
        expected = link(reach.digest, event) if event is not None and number == reach.number + 1 else ""
        if digest != expected:
            return replace(reach, broken_at=reach.number + 1)
        reach = Reach(number, event_id, digest)
    return reach if reach.number == until else replace(reach, broken_at=reach.number + 1)


# ------------------------------------------------------------------ whole walks


@step
def ask(*, actor: Actor, now: datetime) -> AuditWalk:
    """Ask for a walk over the whole chain; one under way is returned, unless its task has died for good."""
    for last in AuditWalk.objects.select_for_update().filter(is_under_way=True):
        if last.task_id is None or not background.failed(last.task_id):
            note(repeated=True)
            return last
        last.is_under_way = False
        last.save(update_fields=["is_under_way"])
    try:
        with transaction.atomic():
            asked = AuditWalk.objects.create(asked_by=actor.name, asked_at=now)
    except IntegrityError:  # another one asked at the same moment
        note(repeated=True)
        return AuditWalk.objects.get(is_under_way=True)
    asked.task_id = background.enqueue(TASK, walk_id=asked.pk)
    asked.save(update_fields=["task_id"])
    return asked


def walk_whole(told: Callable[[int, int], None] | None = None) -> Reach:
    """Walk the chain from its first seal to the last one there is now; ``told`` hears links done and links in all."""
    until = _last_seal()
    return walk(Reach(), until=until, told=told and (lambda done: told(done, until)))


@use_case
def keep_walk(*, actor: Actor, asked: AuditWalk, reach: Reach, now: datetime) -> AuditWalk:
    """Keep what a whole walk found. One that is kept already stays as it is."""
    row = AuditWalk.objects.select_for_update().get(pk=asked.pk)
    if row.whole_at is not None:
        note(repeated=True)
        return row
    row.is_under_way, row.whole_at = False, now
    row.whole_to, row.whole_digest = reach.number, reach.digest
    for name, value in _reached(reach, now).items():
        setattr(row, name, value)
    row.save()
    note(number=reach.number, digest=reach.digest, broken_at=reach.broken_at)
    return row


def _reached(reach: Reach, now: datetime) -> dict[str, Any]:
    if reach.broken_at is not None:
        logger.error("The audit chain is broken at seal %s", reach.broken_at)
    return {
        "reached_at": now,
        "reached_to": reach.number,
        "reached_event": reach.event_id,
        "reached_digest": reach.digest,
        "broken_at": reach.broken_at,
    }


def carry_on(*, now: datetime) -> int:
    """Carry the newest whole walk on over the seals that came since; return how many were walked.

    A walk that found a bad link is not carried on: only a whole one says
    anything new. Whoever was faster has carried it on already.
    """
    row = _finished().first()
    if row is None or row.broken_at is not None:
        return 0
    start = _point(row)
    reach = walk(start, until=min(_last_seal(), start.number + CARRIED_ON))
    if reach == start:
        return 0
    mine = AuditWalk.objects.filter(pk=row.pk, reached_to=start.number, broken_at=None)
    return reach.number - start.number if mine.update(**_reached(reach, now)) else 0


def whole_since(moment: datetime) -> bool:
    """Whether a whole walk has ended since ``moment``, or is under way."""
    return AuditWalk.objects.filter(Q(is_under_way=True) | Q(whole_at__gte=moment)).exists()


# ------------------------------------------------------------------- the state


@dataclass(frozen=True, slots=True)
class Continuity:
    """What is known of the chain, and since when.

    ``kept`` is the newest whole walk; ``under_way`` the one that is walked now, with its ``progress``.
    ``reach`` counts the links found good by it, by what carried it on and by
    this look; ``pending`` are seals that none of them has come to.
    ``rewritten_at`` is the seal whose digest is no longer the one that was kept.
    """

    links: int
    unsealed: int
    head: str
    kept: AuditWalk | None
    under_way: AuditWalk | None
    progress: background.Progress | None
    reach: Reach
    rewritten_at: int | None

    @property
    def pending(self) -> int:
        return 0 if self.reach.broken_at else max(0, self.links - self.reach.number)

    @property
    def broken_at(self) -> int | None:
        """The first seal that is known to be bad."""
        return min(filter(None, (self.reach.broken_at, self.rewritten_at)), default=None)

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def continuity() -> Continuity:
    """Say what is known of the chain, having walked at most a thousand new links: in a fixed number of queries."""
    last = AuditSeal.objects.order_by("-number").first()
    kept, under_way = _finished().first(), AuditWalk.objects.filter(is_under_way=True).first()
    start = _point(kept) if kept is not None else Reach()
    links = last.number if last is not None else 0
    reach = start
    if start.broken_at is None and links > start.number:
        reach = _walk_batch(start, min(links, start.number + BATCH))
    return Continuity(
        links=links,
        unsealed=unsealed().count(),
        head=last.digest if last is not None else START,
        kept=kept,
        under_way=under_way,
        progress=background.progress(under_way.task_id) if under_way and under_way.task_id else None,
        reach=reach,
        rewritten_at=_rewritten(kept) if kept is not None else None,
    )


def _rewritten(kept: AuditWalk) -> int | None:
    """The first of the two seals whose digest was kept that is not there any more, or has another digest."""
    remembered = [(kept.whole_to, kept.whole_digest), (kept.reached_to, kept.reached_digest)]
    found = dict(
        AuditSeal.objects.filter(number__in=[number for number, _digest in remembered]).values_list(
            "number", "digest"
        )
    )
    return min(
        (number for number, digest in remembered if number and found.get(number) != digest), default=None
    )


def _finished() -> QuerySet[AuditWalk]:
    return AuditWalk.objects.filter(whole_at__isnull=False).order_by("-whole_at", "-pk")


def _point(row: AuditWalk) -> Reach:
    return Reach(row.reached_to, row.reached_event, row.reached_digest, row.broken_at)


def _last_seal() -> int:
    return AuditSeal.objects.aggregate(last=Max("number"))["last"] or 0
