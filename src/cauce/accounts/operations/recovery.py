"""A lost e-mail: asked for with a document, stopped from the old address or confirmed by an office after a wait."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from functools import partial

from allauth.account.models import EmailAddress
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import AccountRecovery, DocumentKind, IdentityDocument, RecoveryState, User
from cauce.accounts.operations.telling import tell
from cauce.accounts.rules import letters
from cauce.base import figures, files, workdays
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.models import StoredFile
from cauce.base.usecases import note, use_case


class NoSuchRecovery(DomainError):
    status = 404
    code = "no_such_recovery"


class RecoveryRefused(Refused):
    """Nothing says why, or the new address became somebody else's meanwhile."""

    code = "recovery_refused"


@use_case
def ask_recovery(
    *, curp: str, new_email: str, proof: files.Examined, actor: Actor, now: datetime
) -> AccountRecovery | StoredFile:
    """Ask for another e-mail for the account behind a CURP; its old address is told, with a link that stops it.

    A CURP that nobody has, an account that is closed, an address in use and a request that is under way already change
    nothing and are not told apart, so that nobody learns who is here: then the kept file is returned, which nothing
    points to. Raises ``CurpRefused`` for what is no CURP.
    """
    read = rules.read_curp(curp)
    new_email = new_email.strip().lower()
    file = files.keep(proof, now=now)
    user = _owner(read)
    if user is None or not _is_free(new_email):
        return file
    if AccountRecovery.objects.filter(user=user, state=RecoveryState.ASKED).exists():
        return file
    secret = secrets.token_urlsafe(24)
    recovery = AccountRecovery.objects.create(
        user=user, new_email=new_email, proof=file, stop_digest=_digest(secret), asked_at=now,
        waits_until=workdays.due_by(now, rules.RECOVERY_DAYS),
    )  # fmt: skip
    facts = {
        "until": partial(figures.moment, recovery.waits_until, zone=True),
        "stop_url": settings.ORIGIN + reverse("accounts:stop_recovery", args=[secret]),
    }
    tell(user, letters.RECOVERY_ASKED, facts, address=user.email)
    return recovery


def _owner(curp: rules.Curp) -> User | None:
    if curp.is_generic:
        return None
    document = IdentityDocument.objects.filter(kind=DocumentKind.CURP, number=curp.number, is_generic=False)
    return User.objects.select_for_update().filter(person__documents__in=document, is_active=True).first()


def _is_free(email: str) -> bool:
    return not (
        User.objects.filter(email__iexact=email).exists()
        or EmailAddress.objects.filter(email__iexact=email).exists()
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@use_case
def stop_recovery(*, secret: str, actor: Actor, now: datetime) -> AccountRecovery:
    """Stop a recovery with the link that the old address got; again changes nothing. Raises ``NoSuchRecovery``."""
    recovery = AccountRecovery.objects.select_for_update().filter(stop_digest=_digest(secret)).first()
    if recovery is None or recovery.state in (RecoveryState.DONE, RecoveryState.REFUSED):
        raise NoSuchRecovery(_("Este enlace ya no detiene nada."), _("Si no pediste el cambio, escríbenos."))
    if recovery.state == RecoveryState.STOPPED:
        note(repeated=True)
        return recovery
    recovery.state, recovery.decided_at = RecoveryState.STOPPED, now
    recovery.save(update_fields=["state", "decided_at"])
    return recovery


@use_case
def complete_recovery(*, recovery_id: int, actor: Actor, now: datetime) -> AccountRecovery:
    """Change the address after the wait: every session ends, the password is void, and the new address is unconfirmed.

    The person sets a password with a link to the new address. Again changes
    nothing. Raises ``Denied``, ``RecoveryRefused`` if the address was taken.
    """
    recovery = _recovery(recovery_id)
    rules.may_care(actor).enforce()
    if recovery.state == RecoveryState.DONE:
        note(repeated=True)
        return recovery
    rules.may_complete_recovery(actor, recovery, now=now).enforce()
    if not _is_free(recovery.new_email):
        raise RecoveryRefused(
            _("Mientras tanto otra cuenta tomó ese correo."), _("Decir que no procede, y que elija otro.")
        )
    user = User.objects.select_for_update().get(pk=recovery.user_id)
    tell(user, letters.RECOVERY_DONE, {}, address=user.email)  # the last letter to the old address
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=recovery.new_email, primary=True, verified=False)
    user.email = recovery.new_email
    user.set_unusable_password()  # which ends every session
    user.save()
    reset = settings.ORIGIN + reverse("account_reset_password")
    tell(user, letters.RECOVERY_READY, {"reset_url": reset}, address=user.email)
    recovery.state, recovery.decided_by_id, recovery.decided_at = RecoveryState.DONE, actor.user_id, now
    recovery.save(update_fields=["state", "decided_by", "decided_at"])
    return recovery


@use_case
def refuse_recovery(*, recovery_id: int, reason: str, actor: Actor, now: datetime) -> AccountRecovery:
    """Say that the document does not prove who asks; the reason stays in the office. Again changes nothing."""
    recovery = _recovery(recovery_id)
    rules.may_care(actor).enforce()
    if recovery.state == RecoveryState.REFUSED:
        note(repeated=True)
        return recovery
    rules.may_refuse_recovery(actor, recovery).enforce()
    if not (reason := reason.strip()):
        raise RecoveryRefused(_("Falta la razón."), _("Escribir qué no concuerda."), field="reason")
    recovery.state, recovery.reason = RecoveryState.REFUSED, reason
    recovery.decided_by_id, recovery.decided_at = actor.user_id, now
    recovery.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    return recovery


def _recovery(recovery_id: int) -> AccountRecovery:
    recovery = AccountRecovery.objects.select_for_update().filter(pk=recovery_id).first()
    if recovery is None:
        raise NoSuchRecovery(_("Ese cambio no existe."), _("Volver a la lista."))
    return recovery
