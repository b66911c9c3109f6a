"""Work outside requests that belongs to no subject: walks over the audit chain, stray files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_tasks import task

from cauce.base import background, clock, continuity, files, outages
from cauce.base.actors import Actor
from cauce.base.models import AuditWalk


@task(takes_context=True)
def walk_audit(context: Any, walk_id: int) -> None:
    """Walk the whole chain for whoever asked, and keep what was found; again after a death, from its first seal."""
    task_id = context.task_result.id

    def told(done: int, total: int) -> None:
        background.report(task_id, stage="walk", done=done, total=total)

    reach = continuity.walk_whole(told)
    asked = AuditWalk.objects.get(pk=walk_id)
    continuity.keep_walk(actor=Actor.system("audit"), asked=asked, reach=reach, now=clock.read())


def carry_on() -> int:
    """Chore of the worker: walk the seals that came since the newest whole walk."""
    return continuity.carry_on(now=clock.read())


def sweep_files() -> int:
    """Chore of the worker: take away the bytes that a request left behind when it did not commit."""
    return files.sweep(older_than=clock.machine() - files.ORPHAN_AFTER)


def beat() -> int:
    """Chore of the worker: show life, and keep the gaps; a demo, which is stopped at night, measures nothing."""
    return 0 if settings.DEMO else len(outages.beat(now=clock.read()))
