"""The posts of a draft from a file: received, read by the worker, confirmed, loaded whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.models import Import, ImportState
from cauce.base.phrases import phrase as _
from cauce.base.usecases import note, step, use_case
from cauce.calls import intake, rules
from cauce.calls.models import Call, Post
from cauce.calls.operations.desk import ChangedMeanwhile
from cauce.calls.rules.drafting import PostValues

POSTS = "posts"
_READ_TASK, _LOAD_TASK = "cauce.calls.tasks.read_posts", "cauce.calls.tasks.load_posts"


@step
def _locked(actor: Actor, call: Call) -> Call:
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    rules.may_bring_posts(actor, call).enforce()
    return call


@use_case
def receive_posts(
    *, actor: Actor, call: Call, name: str, data: bytes, now: datetime, by_task: bool = True
) -> Import:
    """Take a table of posts for a draft and have it read. Raises ``Denied``, ``ImportRefused``."""
    call = _locked(actor, call)
    task = _READ_TASK if by_task else ""
    return imports.receive(kind=POSTS, scope=call.code, name=name, data=data, task=task, actor=actor, now=now)


@use_case
def drop_posts(*, actor: Actor, call: Call, taken: Import, now: datetime) -> Import:
    """Let go of the table that waits. Raises ``Denied``."""
    _locked(actor, call)
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_posts(
    *, actor: Actor, call: Call, taken: Import, digest: str, now: datetime, by_task: bool = True
) -> Import:
    """Have the table with this digest loaded as it was read. Raises ``Denied``, ``ImportRefused``."""
    _locked(actor, call)
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK if by_task else "", now=now)


@use_case
def load_posts(
    *, actor: Actor, call: Call, taken: Import, posts: Sequence[PostValues], now: datetime
) -> Import:
    """Keep the posts of a confirmed table, all or none; posts that are not in it stay as they are.

    Those with a key that is there already get the table's values. Raises ``Denied``, and ``ChangedMeanwhile`` when
    one that would change is no longer as it was when the table was read. A table loaded already changes nothing.
    """
    call = _locked(actor, call)
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING:
        note(repeated=True)
        return taken
    wanted = {post.key: post for post in posts}
    rows = {row.key: row for row in call.posts.select_for_update().filter(key__in=wanted)}
    present = {key: PostValues.of(row) for key, row in rows.items()}
    differing = [key for key, values in present.items() if values != wanted[key]]
    if intake.seen_of([present[key] for key in differing]) != taken.facts.get("seen"):
        raise ChangedMeanwhile(
            _("Alguien cambió plazas de la convocatoria después de leer el archivo."),
            _("Subirlo otra vez, para ver qué cambiaría ahora."),
        )
    new = [Post(call=call, **asdict(wanted[key])) for key in wanted if key not in present]
    changed = [rows[key] for key in differing]
    for row in changed:
        for name, value in asdict(wanted[row.key]).items():
            setattr(row, name, value)
    Post.objects.bulk_create(new, batch_size=500)
    Post.objects.bulk_update(changed, list(asdict(posts[0])) if posts else [], batch_size=200)
    if new or changed:
        _touch(call, taken, now)
    note(part="posts", added=len(new), changed=len(changed))
    return imports.finish(taken, added=len(new), changed=len(changed), now=now)


def _touch(call: Call, taken: Import, now: datetime) -> None:
    """The draft was last changed by who brought the file, also where the worker loads it."""
    kind, _colon, number = taken.asked_by.partition(":")
    call.edited_by_id, call.edited_at = int(number) if kind == "user" else None, now
    call.save(update_fields=["edited_by", "edited_at"])
