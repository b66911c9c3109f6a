"""What auditors do with a call's allocation: repeat it, write findings, publish an opinion."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.calls.models import Call


class Rerun(models.Model):
    """A run repeated from its package by the worker. ``difference`` is the first one; empty once done means identical."""

    run = models.ForeignKey("allocation.Run", on_delete=models.CASCADE, related_name="reruns")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    engine_version = models.CharField(max_length=20, blank=True)
    done_at = models.DateTimeField(null=True)
    difference = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=models.Q(done_at__isnull=True), name="one_rerun_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=False) | models.Q(difference=""),
                name="rerun_differs_once_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} repeated at {self.requested_at:%Y-%m-%d}"


class Severity(models.TextChoices):
    NOTE = "note", _("Observación")
    MINOR = "minor", _("Menor")
    MAJOR = "major", _("Mayor")
    CRITICAL = "critical", _("Crítica")


class FindingState(models.TextChoices):
    OPEN = "open", _("Espera respuesta")
    ANSWERED = "answered", _("Contestado")
    CLOSED = "closed", _("Cerrado")
    ESCALATED = "escalated", _("Escalado")


class AuditFinding(models.Model):
    """Something an auditor found in a call, what the institution says to it, and how it ended.

    ``evidence`` are addresses of this site or references, one a line. ``reply_due`` counts working days.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="audit_findings")
    number = models.PositiveSmallIntegerField()
    severity = models.CharField(max_length=10, choices=Severity)
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    text = models.TextField()
    evidence = models.TextField(blank=True)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    reply_due = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="audit_finding_number_once"),
            models.CheckConstraint(
                condition=~models.Q(text="") & models.Q(reply_due__gt=models.F("written_at")),
                name="audit_finding_says_what_and_by_when",
            ),
            models.CheckConstraint(
                condition=models.Q(reply="", replied_by__isnull=True, replied_at__isnull=True)
                | (~models.Q(reply="") & models.Q(replied_by__isnull=False, replied_at__isnull=False)),
                name="audit_reply_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("open", "answered"),
                    reason="",
                    settled_by__isnull=True,
                    settled_at__isnull=True,
                )
                | (
                    models.Q(
                        state__in=("closed", "escalated"), settled_by__isnull=False, settled_at__isnull=False
                    )
                    & ~models.Q(reason="")
                ),
                name="settled_audit_finding_says_why",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="open") | models.Q(reply=""), name="open_audit_finding_has_no_reply"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} finding {self.number}"


class OpinionKind(models.TextChoices):
    CLEAN = "clean", _("Sin salvedades")
    QUALIFIED = "qualified", _("Con salvedades")
    ADVERSE = "adverse", _("Adversa")


class AuditOpinion(models.Model):
    """What an auditor says in public of a published run: once, for good."""

    run = models.OneToOneField("allocation.Run", on_delete=models.PROTECT, related_name="opinion")
    kind = models.CharField(max_length=10, choices=OpinionKind)
    text = models.TextField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="audit_opinion_has_words")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind}"
