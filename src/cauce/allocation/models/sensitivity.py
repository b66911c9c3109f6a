"""What the tie-breaks of a run decide: its question solved again without them, counted."""

from __future__ import annotations

from django.db import models

from cauce.accounts.models import User
from cauce.allocation.models.runs import Run


class Sensitivity(models.Model):
    """How many results of a run hang on each tie-break of its order. It places nobody.

    ``document`` holds counts only, no person; ``digest`` is of its canonical
    text, so that two of one run can be compared. ``failure`` is the code of
    what stopped it, whose particulars are then in ``document``.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="sensitivities")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    engine_version = models.CharField(max_length=20, blank=True)
    document = models.JSONField(default=dict)
    digest = models.CharField(max_length=80, blank=True)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=models.Q(done_at__isnull=True), name="one_sensitivity_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, digest="", failure="")
                | (models.Q(done_at__isnull=False, failure="") & ~models.Q(digest=""))
                | (models.Q(done_at__isnull=False, digest="") & ~models.Q(failure="")),
                name="done_sensitivity_has_a_digest_or_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} sensitivity {self.pk}"
