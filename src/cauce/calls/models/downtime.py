"""Closings that moved because the product did not serve."""

from __future__ import annotations

from django.db import models


class OutageExtension(models.Model):
    """One closing that outages moved: ``base`` plus ``lost_seconds`` plus ``grace_seconds``, unless the results cut it."""

    call = models.ForeignKey("calls.Call", on_delete=models.PROTECT, related_name="outage_extensions")
    addendum = models.OneToOneField(
        "calls.Addendum", on_delete=models.PROTECT, related_name="outage_extension"
    )
    base = models.DateTimeField()
    lost_seconds = models.PositiveIntegerField()
    grace_seconds = models.PositiveIntegerField()
    closes_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("base"), lost_seconds__gte=1),
                name="outage_extension_gives_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.call_id} to {self.closes_at:%Y-%m-%d %H:%M:%S}"
