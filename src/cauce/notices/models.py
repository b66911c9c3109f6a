"""What people are told: an outbox that the worker empties, and the same letters inside the product."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User


class MessageState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    SENT = "sent", _("Enviado")
    FAILED = "failed", _("No se pudo entregar")


class Message(models.Model):
    """A letter to one address. ``key`` makes it unique: the same cause never writes twice.

    ``language`` is that of title and body. ``user`` is empty for addresses that are not confirmed yet. ``subject_model``
    and ``subject_id`` say what the letter is about. ``retry_at`` is set after
    a delivery that failed and may yet succeed.
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
    state = models.CharField(max_length=6, choices=MessageState, default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    written_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="message_waiting", condition=models.Q(state="queued")),
            models.Index(fields=["user", "-written_at"], name="message_by_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
                name="message_sent_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.key
