"""How a call shares out its seats: drafted, then what it needs of people and posts, loaded until results are public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls import rules
from cauce.calls.models import Application, Call, Outlook, Post, PostOrder, PostOrders, PostOutlook
from cauce.calls.operations.desk import DraftRefused, differs, locked_draft, touch
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.design import Design, SeatsOf, design_problem
from cauce.calls.rules.standing import OwnOrder, Standing

_BATCH = 1000


@use_case
def edit_design(*, actor: Actor, call: Call, values: Design, seen: str, now: datetime) -> Call:
    """Replace how a draft shares out its seats.

    Seats kept for classes that are gone become open. Raises ``Denied`` unless
    the actor may edit, ``ChangedMeanwhile`` when somebody else saved other
    values, ``DraftRefused`` for classes, points or caps that contradict themselves.
    """
    call = locked_draft(actor, call)
    if not differs(call, Design.of(call), values, seen):
        return call
    if problem := design_problem(values):
        raise DraftRefused(problem, _("Corregirlo; no se guardó nada."))
    known = set(call.states.values_list("key", flat=True))
    for one in values.regions:
        if one["state"] not in known:
            raise DraftRefused(_("Un tope es de un estado que no está en la convocatoria."))
    for name, value in asdict(values).items():
        setattr(call, name, value)
    call.save(update_fields=list(asdict(values)))
    keys = {one["key"] for one in values.groups}
    for post in call.posts.exclude(reserved={}):
        kept = {key: count for key, count in post.reserved.items() if key in keys}
        if kept != post.reserved:
            post.reserved = kept
            post.save(update_fields=["reserved"])
    touch(call, actor, now)
    note(part="design", fingerprint=values.fingerprint)
    return call


@use_case
def set_seats(*, actor: Actor, call: Call, rows: Sequence[SeatsOf], now: datetime) -> Call:
    """Replace how the seats of these posts of a draft are shared out, all or nothing; other posts stay.

    Raises ``Denied`` unless the actor may edit, ``DraftRefused`` naming the
    first post that is not of the call or keeps more than it has.
    """
    call = locked_draft(actor, call)
    posts = {post.key: post for post in call.posts.all()}
    changed = []
    for row in rows:
        post = posts.get(row.key)
        if post is None:
            raise DraftRefused(_("La plaza %(key)s no es de esta convocatoria.") % {"key": row.key})
        _refuse_too_many(post, row)
        if (post.reserved, post.target, post.minimum) != (row.reserved, row.target, row.minimum):
            post.reserved, post.target, post.minimum = row.reserved, row.target, row.minimum
            changed.append(post)
    if not changed:
        note(repeated=True)
        return call
    Post.objects.bulk_update(changed, ["reserved", "target", "minimum"], batch_size=_BATCH)
    touch(call, actor, now)
    note(part="seats", posts=len(changed), kept=sum(sum(post.reserved.values()) for post in changed))
    return call


def _refuse_too_many(post: Post, row: SeatsOf) -> None:
    kept = sum(row.reserved.values())
    facts = {"key": post.key, "seats": figures.number(post.seats), "kept": figures.number(kept)}
    if kept > post.seats:
        raise DraftRefused(
            _("La plaza %(key)s tiene %(seats)s lugares y se reservarían %(kept)s.") % facts,
            _("Bajar los reservados. No se guardó nada."),
        )
    if row.minimum > post.seats or (row.target or 0) > post.seats:
        raise DraftRefused(
            _("La plaza %(key)s tiene %(seats)s lugares: ni su mínimo ni su objetivo pueden ser más.")
            % facts,
            _("Corregirlos. No se guardó nada."),
        )


# --------------------------------------------------- what people and posts bring


@use_case
def load_standings(*, actor: Actor, call: Call, rows: Sequence[Standing], now: datetime) -> Call:
    """Set the groups and origins of the applications named by folio, all or nothing; others stay.

    Loading the same again changes nothing. A run that was made before no
    longer counts as up to date. Raises ``Denied`` unless the actor manages the
    call and its results are not public, ``DraftRefused`` for a folio, group or site that is not known.
    """
    call = _locked_for_loading(actor, call)
    known = {one["key"] for one in call.seat_classes}
    found = {one.folio: one for one in call.applications.filter(folio__in=[row.folio for row in rows])}
    changed = []
    for row in rows:
        application = found.get(row.folio)
        if application is None:
            raise DraftRefused(_("El folio %(folio)s no es de esta convocatoria.") % {"folio": row.folio})
        if strange := sorted(set(row.groups) - known):
            raise DraftRefused(_("El grupo «%(key)s» no es de esta convocatoria.") % {"key": strange[0]})
        after = (sorted(row.groups), row.origin_state, row.origin_site_id)
        if (application.groups, application.origin_state, application.origin_site_id) != after:
            application.groups, application.origin_state, application.origin_site_id = after
            changed.append(application)
    if not changed:
        note(repeated=True)
        return call
    Application.objects.bulk_update(changed, ["groups", "origin_state", "origin_site"], batch_size=_BATCH)
    _loaded(call)
    note(standings=len(changed), digest=digest_of(canonical({"rows": [asdict(row) for row in rows]})))
    return call


@use_case
def load_orders(*, actor: Actor, call: Call, rows: Sequence[OwnOrder], now: datetime) -> Call:
    """Set the own order of the posts named, all or nothing; other posts stay as they are.

    Raises ``Denied`` as ``load_standings``; ``DraftRefused`` when the call's
    posts bring no orders, or for a post or folio that is not of the call.
    """
    call = _locked_for_loading(actor, call)
    if call.post_orders != PostOrders.IMPORTED:
        raise DraftRefused(_("En esta convocatoria las plazas no entregan su propio orden."))
    posts = dict(call.posts.values_list("key", "pk"))
    people = dict(call.applications.values_list("folio", "pk"))
    before = dict(PostOrder.objects.filter(post__call=call).values_list("post_id", "tiers"))
    wanted = {}
    for row in rows:
        if row.key not in posts:
            raise DraftRefused(_("La plaza %(key)s no es de esta convocatoria.") % {"key": row.key})
        for folio in (folio for tier in row.tiers for folio in tier):
            if folio not in people:
                raise DraftRefused(_("El folio %(folio)s no es de esta convocatoria.") % {"folio": folio})
        wanted[posts[row.key]] = [[people[folio] for folio in tier] for tier in row.tiers]
    fresh = {post: tiers for post, tiers in wanted.items() if before.get(post) != tiers}
    if not fresh:
        note(repeated=True)
        return call
    PostOrder.objects.filter(post_id__in=fresh).delete()
    PostOrder.objects.bulk_create(
        (PostOrder(post_id=post, tiers=tiers, loaded_at=now) for post, tiers in fresh.items()),
        batch_size=_BATCH,
    )
    _loaded(call)
    note(orders=len(fresh), digest=digest_of(canonical({"rows": [asdict(row) for row in rows]})))
    return call


def _locked_for_loading(actor: Actor, call: Call) -> Call:
    call = Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)
    rules.may_load(actor, call).enforce()
    return call


def _loaded(call: Call) -> None:
    """Count the load, so that a run which froze before it is known to be out of date."""
    Call.objects.filter(pk=call.pk).update(standings=F("standings") + 1)


# ------------------------------------------------------------------ outlooks


@step
def record_outlook(
    call: Call,
    *,
    rehearsals: int,
    lists: int,
    assumed: tuple[int, int],
    ends: Sequence[tuple[int, str, list[int]]],
    now: datetime,
) -> Outlook:
    """Replace what the pages of lists say of their odds; ``ends`` are (post, class of seats, ends)."""
    digest = digest_of(canonical({"ends": sorted(ends)}))
    outlook, _created = Outlook.objects.update_or_create(
        call=call,
        defaults={
            "computed_at": now, "rehearsals": rehearsals, "lists": lists, "assumed": list(assumed),
            "digest": digest,
        },
    )  # fmt: skip
    outlook.posts.all().delete()
    PostOutlook.objects.bulk_create(
        (PostOutlook(outlook=outlook, post_id=post, seat_class=name, ends=row) for post, name, row in ends),
        batch_size=_BATCH,
    )
    return outlook
