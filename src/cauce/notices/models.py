"""What people are told: an outbox that the worker empties, and the same letters inside the product."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User


class MessageState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    SENDING = "sending", _("Entregándose")
    SENT = "sent", _("Enviado")
    FAILED = "failed", _("No se pudo entregar")
    UNCONFIRMED = "unconfirmed", _("Sin confirmar")
    EXPIRED = "expired", _("Ya no tenía caso")


class Message(models.Model):
    """A letter to one address. ``key`` makes it unique: the same cause never writes twice.

    ``language`` is that of title and body. ``user`` is empty for addresses that are not confirmed yet. ``subject_model``
    and ``subject_id`` say what the letter is about; ``matter`` the process it belongs to, such as ``call:12``.
    ``template`` and ``template_version`` name the text it was made of, if it was made of one. After ``expires_at`` it is
    not sent any more. ``attempt`` and ``claimed_at`` are written before a carrier gets it: a letter that stays
    *sending* was in the hands of a worker that died. It is *unconfirmed* while nobody can tell whether the carrier
    took it; such a letter is never sent again unless a person says so. ``retry_at`` is set after a delivery that was
    refused and may yet succeed.
    """

    key = models.CharField(max_length=120, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="messages")
    address = models.EmailField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=5, default="es-mx")
    subject_model = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=40, blank=True)
    matter = models.CharField(max_length=40, blank=True, default="")
    template = models.CharField(max_length=60, blank=True, default="")
    template_version = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=12, choices=MessageState, default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt = models.CharField(max_length=32, blank=True, default="")
    claimed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    written_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="message_waiting", condition=models.Q(state="queued")),
            models.Index(
                fields=["state"],
                name="message_in_doubt",
                condition=models.Q(state__in=("sending", "failed", "unconfirmed")),
            ),
            models.Index(
                fields=["matter", "template"], name="message_by_matter", condition=~models.Q(matter="")
            ),
            models.Index(fields=["user", "-written_at"], name="message_by_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
                name="message_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=MessageState.values), name="message_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sending")
                | (~models.Q(attempt="") & models.Q(claimed_at__isnull=False)),
                name="message_sending_is_claimed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="expired") | models.Q(expires_at__isnull=False),
                name="message_expired_had_a_deadline",
            ),
            models.CheckConstraint(
                condition=models.Q(template="", template_version=0)
                | (~models.Q(template="") & models.Q(template_version__gte=1)),
                name="message_template_has_a_version",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class NoReminders(models.Model):
    """That a user wants no reminders: they get decisions, answers and receipts only. No row means they want them."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="no_reminders")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"user:{self.user_id}"
