"""The posts of a draft: one by one, or a whole table, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.calls.models import Call, Post
from cauce.calls.operations.desk import DraftRefused, differs, locked_draft, touch
from cauce.calls.rules.drafting import PostValues


@use_case
def save_post(
    *, actor: Actor, call: Call, values: PostValues, now: datetime, replaces: str = "", seen: str = ""
) -> Call:
    """Add a post to a draft, or replace the one with the key ``replaces``.

    The same post added twice is one. Raises ``Denied`` unless the actor may
    edit, ``DraftRefused`` when the key is taken or the post gone,
    ``ChangedMeanwhile`` when somebody else changed it after it was shown.
    """
    call = locked_draft(actor, call)
    taken = call.posts.filter(key=values.key).first()
    if taken is not None and values.key != replaces:
        if PostValues.of(taken) == values:
            note(repeated=True)
            return call
        raise DraftRefused(
            _("Ya hay una plaza con la clave %(key)s.") % {"key": values.key},
            _("Elegir otra clave."),
            field="key",
        )
    if not replaces:
        post = Post.objects.create(call=call, **asdict(values))
    else:
        found = call.posts.filter(key=replaces).first()
        if found is None:
            raise DraftRefused(
                _("La plaza %(key)s ya no está en la convocatoria.") % {"key": replaces},
                _("Agregarla de nuevo."),
            )
        post = found
        if not differs(call, PostValues.of(post), values, seen):
            return call
        for name, value in asdict(values).items():
            setattr(post, name, value)
        post.save(update_fields=list(asdict(values)))
    touch(call, actor, now)
    note(part="posts", post=post.pk, key=post.key, seats=post.seats)
    return call


@use_case
def remove_post(*, actor: Actor, call: Call, key: str, now: datetime) -> Call:
    """Take a post out of a draft; one that is gone already is no error."""
    call = locked_draft(actor, call)
    removed, _rows = call.posts.filter(key=key).delete()
    note(part="posts", removed=key if removed else None)
    touch(call, actor, now)
    return call


@use_case
def add_posts(*, actor: Actor, call: Call, posts: Sequence[PostValues], now: datetime) -> Call:
    """Add all of ``posts`` to a draft, or none.

    The very same posts sent again change nothing. Raises ``Denied`` unless
    the actor may edit, ``DraftRefused`` naming the keys that are taken.
    """
    call = locked_draft(actor, call)
    keys = [post.key for post in posts]
    taken = {row.key: PostValues.of(row) for row in call.posts.filter(key__in=keys)}
    if posts and all(taken.get(post.key) == post for post in posts):
        note(repeated=True)
        return call
    repeated = sorted(taken) or sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        facts = {"keys": ", ".join(repeated[:10]), "count": figures.number(len(repeated))}
        raise DraftRefused(
            ngettext(
                "Esta clave está repetida: %(keys)s. No se agregó ninguna plaza.",
                "Estas %(count)s claves están repetidas: %(keys)s. No se agregó ninguna plaza.",
                len(repeated),
            )
            % facts,
            _("Quitar esas filas o cambiar sus claves."),
            field="table",
        )
    Post.objects.bulk_create((Post(call=call, **asdict(post)) for post in posts), batch_size=500)
    touch(call, actor, now)
    note(part="posts", added=len(posts), seats=sum(post.seats for post in posts))
    return call
