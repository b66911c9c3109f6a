"""That somebody read whom a public package would tell apart, before it is public."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.accounts.roles import Role
from cauce.allocation.models.runs import Run
from cauce.base.models import AppendOnly


class Treatment(models.TextChoices):
    PUBLISH = "publish", _("Se publica como está")
    HOLD = "hold", _("No se publica así")


class PrivacyReview(models.Model):
    """One decision about the package of a run, never changed: a no may be followed by another word, a yes by none.

    ``package_digest`` binds it to the bytes. ``counts`` are those of
    ``rules.exposure``, read from the package; ``alone`` how many people were
    told that neighbours could tell their folio. ``grounds`` is the legal basis
    of a yes, or what has to change.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="privacy_reviews")
    package_digest = models.CharField(max_length=80)
    treatment = models.CharField(max_length=8, choices=Treatment)
    grounds = models.TextField()
    counts = models.JSONField(default=dict)
    alone = models.PositiveIntegerField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    office = models.CharField(max_length=20, choices=Role)
    decided_at = models.DateTimeField()

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "package_digest"],
                condition=models.Q(treatment="publish"),
                name="package_cleared_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(grounds="") & models.Q(package_digest__startswith="sha256:"),
                name="privacy_review_says_of_what_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.treatment}"
