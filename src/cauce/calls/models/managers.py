"""Senior managers: the profile that was checked, the shortlist in the frozen order, the reasoned appointment."""

from __future__ import annotations

from django.db import models

from cauce.accounts.models import User


class ProfileReview(models.Model):
    """Which requirements of the call's profile an applicant meets, as somebody checked: ``met`` are keys."""

    application = models.OneToOneField(
        "calls.Application", on_delete=models.PROTECT, related_name="profile_review"
    )
    met = models.JSONField(default=list)
    note = models.CharField(max_length=600, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.application_id} profile"


class Shortlist(models.Model):
    """The first of those who apply for a post, in the order that the frozen rules give.

    ``order`` is that whole order as it stood when the shortlist was made, as
    folios, best first; ``digest`` its SHA-256.
    """

    post = models.OneToOneField("calls.Post", on_delete=models.PROTECT, related_name="shortlist")
    order = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.post_id} shortlist"


class ShortlistEntry(models.Model):
    """One of the shortlist; who declines says why, and the next in the order comes in."""

    shortlist = models.ForeignKey(Shortlist, on_delete=models.CASCADE, related_name="entries")
    application = models.ForeignKey("calls.Application", on_delete=models.PROTECT, related_name="shortlisted")
    place = models.PositiveIntegerField()
    declined_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shortlist", "application"], name="shortlisted_once"),
            models.UniqueConstraint(fields=["shortlist", "place"], name="shortlist_place_once"),
            models.CheckConstraint(condition=models.Q(place__gte=1), name="shortlist_begins_at_one"),
            models.CheckConstraint(
                condition=models.Q(declined_at__isnull=True, reason="")
                | (models.Q(declined_at__isnull=False) & ~models.Q(reason="")),
                name="who_declines_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shortlist_id} {self.place}"


class Appointment(models.Model):
    """Who of a shortlist is appointed, why, and by whom: proposed by one person, signed by another."""

    entry = models.OneToOneField(ShortlistEntry, on_delete=models.PROTECT, related_name="appointment")
    shortlist = models.OneToOneField(Shortlist, on_delete=models.PROTECT, related_name="appointment")
    reason = models.CharField(max_length=1000)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="appointment_has_reasons"),
            models.CheckConstraint(
                condition=models.Q(signed_by__isnull=True, signed_at__isnull=True)
                | models.Q(signed_by__isnull=False, signed_at__isnull=False),
                name="signed_appointment_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by__isnull=True) | ~models.Q(signed_by=models.F("proposed_by")),
                name="appointment_has_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shortlist_id} appointment"
