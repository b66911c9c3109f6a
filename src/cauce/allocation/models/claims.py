"""Claims against a provisional list: what a person says, and what two others decided."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.allocation.models.releases import Release
from cauce.allocation.models.runs import Run
from cauce.base.models import StoredFile
from cauce.calls.models import Application, Post


class ClaimKind(models.TextChoices):
    SCORE = "score", _("Mi puntaje o un criterio del orden está mal")
    LEFT_OUT = "left_out", _("Mi lista o mi solicitud no se tomó en cuenta")
    OTHER = "other", _("Otra razón")


class ClaimState(models.TextChoices):
    OPEN = "open", _("En estudio")
    PROPOSED = "proposed", _("Con una propuesta de decisión")
    UPHELD = "upheld", _("Procede")
    REJECTED = "rejected", _("No procede")


class Claim(models.Model):
    """One person's claim against one release.

    ``receipt`` is the number they were given and ``digest`` the SHA-256 of
    what they sent. ``post`` is the place that they say is theirs: one of its
    seats is locked while the claim is open. ``merit`` are the values that the
    decision gives, in the order of the call's criteria; empty where it changes
    none. ``applied_in`` is the run that carried an upheld claim out.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="claims")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="claims")
    kind = models.CharField(max_length=10, choices=ClaimKind)
    facts = models.TextField()
    asks = models.CharField(max_length=600)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="claims")
    receipt = models.CharField(max_length=30, unique=True)
    digest = models.CharField(max_length=64)
    lodged_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ClaimState, default=ClaimState.OPEN)
    upholds = models.BooleanField(null=True)
    grounds = models.TextField(blank=True)
    merit = models.JSONField(default=list)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    applied_in = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="claims")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(state__in=["open", "proposed"]), name="one_open_claim"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="claim_decided_by_two",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="open", proposed_by__isnull=True, upholds__isnull=True, decided_at__isnull=True
                )
                | Q(
                    state="proposed",
                    proposed_by__isnull=False,
                    upholds__isnull=False,
                    decided_at__isnull=True,
                )
                | Q(
                    state="upheld",
                    upholds=True,
                    proposed_by__isnull=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(
                    state="rejected",
                    upholds=False,
                    proposed_by__isnull=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="claim_state_fits_its_decision",
            ),
            models.CheckConstraint(
                condition=Q(applied_in__isnull=True) | Q(state="upheld"),
                name="only_upheld_claims_are_applied",
            ),
        ]

    def __str__(self) -> str:
        return self.receipt


class ClaimFile(models.Model):
    """A piece of evidence of a claim, in the order in which it came. Its bytes never change."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="files")
    number = models.PositiveSmallIntegerField()
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "number"], name="claim_file_number_once")]

    def __str__(self) -> str:
        return f"{self.claim_id} file {self.number}"
