"""Panels that interview, and what each panellist wrote down alone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User


class Panel(models.Model):
    """Panellists who interview together for one call."""

    call = models.ForeignKey("calls.Call", on_delete=models.PROTECT, related_name="panels")
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="panel_name_once")]

    def __str__(self) -> str:
        return self.name


class PanelMember(models.Model):
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="panel_seats")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["panel", "user"], name="panel_member_once")]

    def __str__(self) -> str:
        return f"{self.panel_id} {self.user_id}"


class RecusalKind(models.TextChoices):
    FAMILY = "family", _("Es de mi familia")
    WORK = "work", _("Trabajamos juntos, o una persona dependía de la otra")
    STUDIES = "studies", _("Fui su profesora o profesor, o dirigí su tesis")
    FRIENDSHIP = "friendship", _("Hay amistad o enemistad")
    INTEREST = "interest", _("Me conviene, o me perjudica, su resultado")


class Recusal(models.Model):
    """That a panellist declared a conflict of interest with an applicant, and so does not score them.

    ``substitute`` is who sits in that one interview instead, if somebody was named.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recusals")
    application = models.ForeignKey("calls.Application", on_delete=models.PROTECT, related_name="recusals")
    kind = models.CharField(max_length=10, choices=RecusalKind)
    declared_at = models.DateTimeField()
    substitute = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "application"], name="recusal_once"),
            models.UniqueConstraint(fields=["substitute", "application"], name="substitute_once"),
            models.CheckConstraint(
                condition=models.Q(substitute__isnull=True) | ~models.Q(substitute=models.F("user")),
                name="nobody_substitutes_themselves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.application_id}"


class Outcome(models.TextChoices):
    HELD = "held", _("Calificada")
    ABSENT = "absent", _("No se presentó")


class Interview(models.Model):
    """The appointment of one applicant with a panel, and what came of it.

    ``turns`` counts the dates given. A closed interview has an ``outcome`` and
    the ``value`` that its sealed sheets, or the rule for who does not come,
    give by the call's rubric; neither ever changes.
    """

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="interviews")
    application = models.OneToOneField(
        "calls.Application", on_delete=models.PROTECT, related_name="interview"
    )
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    is_remote = models.BooleanField(default=False)
    place = models.CharField(max_length=200)
    turns = models.PositiveSmallIntegerField(default=1)
    reconciliation = models.CharField(max_length=600, blank=True)
    reconciled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    value = models.CharField(max_length=20, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "starts_at"], name="panel_hears_one_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=5, minutes__lte=240), name="interview_lasts_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, outcome="", value="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(outcome="") & ~models.Q(value="")),
                name="closed_interview_has_its_value",
            ),
            models.CheckConstraint(
                condition=models.Q(reconciled_by__isnull=True, reconciliation="")
                | (models.Q(reconciled_by__isnull=False) & ~models.Q(reconciliation="")),
                name="reconciliation_is_signed",
            ),
        ]
        indexes = [models.Index(fields=["panel", "starts_at"], name="interviews_of_panel")]

    def __str__(self) -> str:
        return f"{self.panel_id} {self.application_id}"


class Sheet(models.Model):
    """What one panellist found in one interview: ``levels`` as {criterion key: points of the level}.

    Kept while it is written, sealed once: then ``total`` is what the rubric
    makes of it, and ``digest`` the SHA-256 of its canonical text.
    """

    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="sheets")
    panellist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sheets")
    levels = models.JSONField(default=dict)
    note = models.CharField(max_length=600, blank=True)
    saved_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interview", "panellist"], name="one_sheet_each"),
            models.CheckConstraint(
                condition=models.Q(sealed_at__isnull=True, total__isnull=True, digest="")
                | (models.Q(sealed_at__isnull=False, total__isnull=False) & ~models.Q(digest="")),
                name="sealed_sheet_has_its_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.panellist_id}"
