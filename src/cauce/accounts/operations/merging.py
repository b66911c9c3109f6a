"""Two people of the registry who are one human being: proposed by one officer, confirmed by another, and undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import ForeignObjectRel
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import IdentityDocument, MergeState, Person, PersonMerge, User
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.usecases import note, use_case

# Rows that stay with the tombstone where the kept person has the same: their numbers are history, nothing is lost.
_MAY_STAY = {"accounts.IdentityDocument", "accounts.ProfessionalLicence", "accounts.Consent"}
_CLOSED = "is_active"
# What speaks of the merging itself never moves.
_NEVER_MOVES = {"accounts.PersonMerge", "accounts.Person"}


class MergeRefused(Refused):
    """The two cannot be one, or the proposal says nothing."""

    code = "merge_refused"


class MergeConflict(DomainError):
    """Both have something of which a person may have only one; somebody must put that right first."""

    code = "merge_conflict"


class NoSuchMerge(DomainError):
    status = 404
    code = "no_such_merge"


@use_case
def propose_merge(*, kept_id: int, gone_id: int, reason: str, actor: Actor, now: datetime) -> PersonMerge:
    """Propose that ``gone`` is the same human being as ``kept``; another officer confirms it.

    The same proposal again is the same. Raises ``Denied`` and ``MergeRefused``.
    """
    rules.may_care(actor).enforce()
    kept, gone = _both(kept_id, gone_id)
    if same := PersonMerge.objects.filter(kept=kept, gone=gone, state=MergeState.PROPOSED).first():
        note(repeated=True)
        return same
    if not (reason := reason.strip()):
        raise MergeRefused(_("Falta la razón."), _("Escribir qué se vio para decirlo."), field="reason")
    busy = PersonMerge.objects.filter(gone__in=(kept, gone), state__in=(MergeState.PROPOSED, MergeState.DONE))
    if busy.exists() or kept.merged_into_id or gone.merged_into_id:
        raise MergeRefused(
            _("Una de las dos personas ya está unida o en otra propuesta."), _("Decidir primero aquella.")
        )
    merge = PersonMerge.objects.create(
        kept=kept, gone=gone, reason=reason, proposed_by_id=actor.user_id or 0, proposed_at=now
    )
    note(kept_person=kept.pk, gone_person=gone.pk)
    return merge


@use_case
def tell_apart(*, one_id: int, other_id: int, reason: str, actor: Actor, now: datetime) -> PersonMerge:
    """Note that two people are two, so that nobody looks at them again. Raises ``Denied`` and ``MergeRefused``."""
    rules.may_care(actor).enforce()
    one, other = _both(min(one_id, other_id), max(one_id, other_id))
    if same := PersonMerge.objects.filter(kept=one, gone=other, state=MergeState.DISTINCT).first():
        note(repeated=True)
        return same
    if not (reason := reason.strip()):
        raise MergeRefused(_("Falta la razón."), _("Escribir qué se vio para decirlo."), field="reason")
    note(kept_person=one.pk, gone_person=other.pk)
    return PersonMerge.objects.create(
        kept=one, gone=other, reason=reason, state=MergeState.DISTINCT, proposed_by_id=actor.user_id or 0,
        proposed_at=now, decided_at=now,
    )  # fmt: skip


@use_case
def confirm_merge(*, merge_id: int, actor: Actor, now: datetime) -> PersonMerge:
    """Make the two one: everything that points to ``gone`` points to ``kept`` from now on.

    An account of ``gone`` moves, or is closed when ``kept`` has one. Where both have what a person may have once, as
    an application to one call, nothing is changed and ``MergeConflict`` says what. Again changes nothing. Raises
    ``Denied`` for who proposed it.
    """
    merge = _merge(merge_id)
    rules.may_care(actor).enforce()
    if merge.state == MergeState.DONE:
        note(repeated=True)
        return merge
    rules.may_confirm_merge(actor, merge).enforce()
    kept, gone = _both(merge.kept_id, merge.gone_id)
    merge.moved = [moved for relation in _relations() if (moved := _move(relation, gone, kept))]
    closed = User.objects.select_for_update().filter(person=gone, is_active=True)
    if ids := list(closed.values_list("pk", flat=True)):
        User.objects.filter(pk__in=ids).update(is_active=False)
        merge.moved.append(["accounts.User", _CLOSED, ids])
    Person.objects.filter(pk=gone.pk).update(merged_into=kept)
    merge.state, merge.decided_by_id, merge.decided_at = MergeState.DONE, actor.user_id, now
    merge.save()
    note(kept_person=kept.pk, gone_person=gone.pk, moved=sum(len(ids) for _m, _f, ids in merge.moved))
    return merge


@use_case
def withdraw_merge(*, merge_id: int, actor: Actor, now: datetime) -> PersonMerge:
    """Let a proposal go; again changes nothing. Raises ``Denied``."""
    merge = _merge(merge_id)
    rules.may_care(actor).enforce()
    if merge.state == MergeState.WITHDRAWN:
        note(repeated=True)
        return merge
    if merge.state != MergeState.PROPOSED:
        raise MergeRefused(_("Esta unión ya está decidida."))
    merge.state, merge.decided_at = MergeState.WITHDRAWN, now
    merge.save(update_fields=["state", "decided_at"])
    return merge


@use_case
def undo_merge(*, merge_id: int, actor: Actor, now: datetime) -> PersonMerge:
    """Make them two again: what was moved goes back, as far as it still is with ``kept``. Again changes nothing.

    What came to ``kept`` after the merge stays there. Raises ``Denied`` once the time for it is over.
    """
    merge = _merge(merge_id)
    rules.may_care(actor).enforce()
    if merge.state == MergeState.UNDONE:
        note(repeated=True)
        return merge
    rules.may_undo_merge(actor, merge, now=now).enforce()
    back = 0
    for label, field, ids in merge.moved:
        if field == _CLOSED:
            back += User.objects.filter(pk__in=ids, person=merge.gone_id).update(is_active=True)
            continue
        rows = apps.get_model(label)._base_manager.filter(pk__in=ids, **{field: merge.kept_id})
        back += rows.update(**{field: merge.gone_id})
    Person.objects.filter(pk=merge.gone_id).update(merged_into=None)
    merge.state, merge.undone_by_id, merge.undone_at = MergeState.UNDONE, actor.user_id, now
    merge.save(update_fields=["state", "undone_by", "undone_at"])
    note(kept_person=merge.kept_id, gone_person=merge.gone_id, moved=back)
    return merge


def _merge(merge_id: int) -> PersonMerge:
    merge = PersonMerge.objects.select_for_update().filter(pk=merge_id).first()
    if merge is None:
        raise NoSuchMerge(_("Esa propuesta no existe."), _("Volver a la lista."))
    return merge


def _both(kept_id: int, gone_id: int) -> tuple[Person, Person]:
    """Lock both, always in one order, so that two mergers never wait for each other."""
    found = {
        person.pk: person
        for person in Person.objects.select_for_update().filter(pk__in=(kept_id, gone_id)).order_by("pk")
    }
    if kept_id == gone_id or len(found) != 2:
        raise MergeRefused(_("Hacen falta dos personas distintas."), _("Volver a la lista."))
    return found[kept_id], found[gone_id]


def _relations() -> list[ForeignObjectRel]:
    """Everything in the product that points to a person, told by the models themselves: a new one is never forgotten."""
    return [
        relation
        for relation in Person._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel)
        and relation.related_model._meta.label not in _NEVER_MOVES
        and not relation.many_to_many
    ]


def _move(relation: Any, gone: Person, kept: Person) -> list[Any]:
    """Give the rows of one relation to ``kept``; return the label, the field and the ids that moved, or nothing."""
    model, field = relation.related_model, relation.field.name
    moved = []
    rows = model._base_manager.filter(**{field: gone})
    if model is IdentityDocument:
        rows = rows.filter(
            is_generic=False
        )  # a generic CURP identifies nobody, and says nothing of the other
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=pk).update(**{field: kept})
        except IntegrityError as conflict:
            if model._meta.label in _MAY_STAY or model is User:
                continue
            raise MergeConflict(
                _("Las dos tienen %(thing)s que no pueden ser de una misma persona.")
                % {"thing": model._meta.verbose_name},
                _("Retirar o corregir antes lo que sobra, y confirmar otra vez."),
                model=model._meta.label,
            ) from conflict
        moved.append(pk)
    return [model._meta.label, field, moved] if moved else []
