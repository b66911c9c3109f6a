"""What readers do with their letters, and which of them they want."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.notices.models import Message, MessageState, NoReminders
from cauce.notices.operations.delivery import NoSuchMessage


@use_case
def mark_read(*, message_id: int, actor: Actor, now: datetime) -> Message:
    """Note that the actor has read a letter of theirs; reading it again changes nothing.

    Raises ``NoSuchMessage`` for a letter of somebody else.
    """
    mine = Message.objects.filter(user__isnull=False, user=actor.user_id)
    message = mine.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None:
        raise NoSuchMessage(_("Ese aviso no existe."), _("Vuelve a tus avisos."))
    if message.read_at is None:
        message.read_at = now
        message.save(update_fields=["read_at"])
    return message


@use_case
def mark_all_read(*, actor: Actor, now: datetime) -> User:
    """Note that the actor has read every letter of theirs; return their account."""
    user = User.objects.get(pk=actor.user_id or 0)
    count = Message.objects.filter(user=user, read_at__isnull=True).update(read_at=now)
    note(read=count)
    return user


@use_case
def choose_reminders(*, wanted: bool, actor: Actor, now: datetime) -> User:
    """Keep whether the actor wants reminders; decisions and answers reach them anyway. Return their account."""
    user = User.objects.get(pk=actor.user_id or 0)
    if wanted:
        NoReminders.objects.filter(user=user).delete()
    else:
        NoReminders.objects.get_or_create(user=user, defaults={"since": now})
    note(wanted=wanted)
    return user


@step
def forget(user: User) -> None:
    """Erase every letter to a user but those that still have to leave, when their data are cancelled."""
    Message.objects.filter(user=user).exclude(state=MessageState.QUEUED).delete()
    Message.objects.filter(user=user).update(user=None)
    NoReminders.objects.filter(user=user).delete()
