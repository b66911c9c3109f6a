"""Figures that the public reads, each with its definition, date and source."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User


class PublishedFigure(models.Model):
    """A figure that somebody else published. ``as_of`` is what its source says, ``note`` what contradicts it."""

    code = models.SlugField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    title_en = models.CharField(max_length=160)
    value = models.DecimalField(max_digits=15, decimal_places=2)
    unit = models.CharField(max_length=20)
    as_of = models.CharField(max_length=40)
    as_of_en = models.CharField(max_length=40)
    definition = models.TextField()
    definition_en = models.TextField()
    source = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    note_en = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.code


class ReplayState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("En curso")
    READY = "ready", _("Calculada")
    FAILED = "failed", _("Falló")


class Replay(models.Model):
    """The drive of 2022 played again under many assumptions.

    ``document`` is the results' bytes, compressed; ``digest`` is of the
    uncompressed ones. ``is_delivered``: loaded from the file that comes with
    the product, not computed here. ``seconds`` is the time it took, of
    processor. ``failure`` is the name of what stopped it.
    """

    state = models.CharField(max_length=10, choices=ReplayState, default=ReplayState.QUEUED)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    is_delivered = models.BooleanField(default=False)
    document = models.BinaryField(null=True)
    digest = models.CharField(max_length=80, blank=True)
    engine_version = models.CharField(max_length=20, blank=True)
    seconds = models.PositiveIntegerField(null=True)
    ready_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_delivered"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_replay_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | (models.Q(ready_at__isnull=False, document__isnull=False) & ~models.Q(digest="")),
                name="ready_replay_has_results",
            ),
        ]

    def __str__(self) -> str:
        return f"replay {self.pk} ({self.state})"
