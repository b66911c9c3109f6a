"""Kinds of people a call admits, and the candidates whom a partner institute proposes for its seats."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.institutions.models import Institution


class Category(models.TextChoices):
    """What a person applies as. Each has an identifier of its own."""

    MEXICAN = "mexican", _("Mexicana")
    FOREIGN = "foreign", _("Extranjera")
    ARMED_FORCES = "armed_forces", _("Fuerzas armadas")
    PARTNER = "partner", _("Propuesta por un instituto socio")


class CallPartner(models.Model):
    """An institute that proposes candidates for the seats of a call that are kept for ``group``, one of its classes.

    ``closes_at`` is the last second in which the proposal changes; ``most`` how
    many people it may hold, without a limit where it is empty. ``version`` is
    the newest proposal that two people signed, 0 before the first.
    """

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="partners")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="partner_calls")
    group = models.CharField(max_length=30)
    closes_at = models.DateTimeField()
    most = models.PositiveSmallIntegerField(null=True)
    stipend_note = models.CharField(max_length=300, blank=True)
    service_note = models.CharField(max_length=300, blank=True)
    version = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "institution"], name="partner_once_per_call"),
            models.UniqueConstraint(fields=["call", "group"], name="class_of_one_partner"),
            models.CheckConstraint(condition=~models.Q(group=""), name="partner_has_a_class"),
            models.CheckConstraint(
                condition=models.Q(most__isnull=True) | models.Q(most__gte=1),
                name="partner_may_propose_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.institution_id}"


class NominationAnswer(models.TextChoices):
    ACCEPTED = "accepted", _("Aceptó")
    DECLINED = "declined", _("No aceptó")


class Nomination(models.Model):
    """A candidate as a partner institute wrote it. ``position`` is its order of preference, from 1.

    The document says who may answer, with the date of birth; the name never
    does. ``invited_at`` is when the first proposal with them was signed by two:
    from then on nothing of it changes. ``leaves`` marks who is to be taken out
    with the next signed proposal. ``application`` is what the candidate
    accepted with; ``post`` what they got once results are public, if anything.
    """

    partner = models.ForeignKey(CallPartner, on_delete=models.CASCADE, related_name="nominations")
    position = models.PositiveIntegerField()
    staff_number = models.CharField(max_length=30)
    given_names = models.CharField(max_length=80)
    first_surname = models.CharField(max_length=60)
    second_surname = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    document_kind = models.CharField(max_length=10)
    document_country = models.CharField(max_length=2)
    document_number = models.CharField(max_length=30)
    document_doubt = models.CharField(max_length=10, blank=True)
    email = models.EmailField()
    reason = models.CharField(max_length=600)
    leaves = models.BooleanField(default=False)
    invited_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=NominationAnswer, blank=True)
    answered_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=600, blank=True)
    application = models.OneToOneField(
        "calls.Application", on_delete=models.PROTECT, null=True, related_name="nomination"
    )
    post = models.ForeignKey("calls.Post", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "position"], name="nomination_position_once"),
            models.UniqueConstraint(
                fields=["partner", "document_country", "document_kind", "document_number"],
                condition=models.Q(leaves=False),
                name="nomination_document_once",
            ),
            models.UniqueConstraint(
                fields=["partner", "staff_number"],
                condition=models.Q(leaves=False),
                name="nomination_staff_number_once",
            ),
            models.CheckConstraint(
                condition=models.Q(position__gte=1)
                & ~models.Q(staff_number="")
                & ~models.Q(document_number="")
                & ~models.Q(reason=""),
                name="nomination_is_told",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at__isnull=True, application__isnull=True)
                | models.Q(
                    answer="accepted",
                    answered_at__isnull=False,
                    invited_at__isnull=False,
                    application__isnull=False,
                )
                | models.Q(
                    answer="declined",
                    answered_at__isnull=False,
                    invited_at__isnull=False,
                    application__isnull=True,
                ),
                name="nomination_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(post__isnull=True) | models.Q(application__isnull=False),
                name="nomination_placed_by_application",
            ),
        ]
        indexes = [
            models.Index(
                fields=["document_country", "document_kind", "document_number"], name="nomination_by_document"
            )
        ]

    def __str__(self) -> str:
        return f"nomination {self.pk}"


class NominationVersion(models.Model):
    """A proposal as it was signed: ``rows`` are the candidates in their order, ``digest`` the SHA-256 of them.

    It is in force once ``second_by``, somebody else, has signed too.
    """

    partner = models.ForeignKey(CallPartner, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    rows = models.JSONField()
    digest = models.CharField(max_length=64)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    second_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="nomination_version_once"),
            models.CheckConstraint(
                condition=models.Q(second_by__isnull=True, second_at__isnull=True)
                | (
                    models.Q(second_by__isnull=False, second_at__isnull=False)
                    & ~models.Q(second_by=models.F("signed_by"))
                ),
                name="nominations_need_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} v{self.number}"
