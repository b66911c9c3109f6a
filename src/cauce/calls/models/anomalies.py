"""What was looked for in the scores of a call before anybody signs, the reviews that it opened, and people's answers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.base.models import StoredFile


class AnswerSheet(models.Model):
    """What one application answered in the examination: one character for each question, in the room where they sat.

    A blank is a space. The key that the file brought is with the call: ``answer_key``.
    """

    application = models.OneToOneField(
        "calls.Application", on_delete=models.CASCADE, related_name="answer_sheet"
    )
    room = models.CharField(max_length=40)
    answers = models.CharField(max_length=600)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(answers="") & ~models.Q(room=""), name="answer_sheet_says_where_and_what"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} in {self.room}"


class AnomalyReport(models.Model):
    """One look over all the scores of a call: counts, drawings and rooms; the people are in its score reviews.

    ``basis`` is the digest of what was looked at, ``facts`` hold no person. ``opened`` counts the reviews that it
    opened: those of an earlier look stay as they are.
    """

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="anomaly_reports")
    made_at = models.DateTimeField()
    basis = models.CharField(max_length=64)
    people = models.PositiveIntegerField()
    opened = models.PositiveIntegerField()
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["call", "-made_at"], name="anomaly_report_newest")]

    def __str__(self) -> str:
        return f"{self.call_id} looked over at {self.made_at:%Y-%m-%d}"


class ReviewKind(models.TextChoices):
    """What made a score ask for a second look."""

    SCORES = "scores", _("Puntajes que se contradicen")
    ROWS = "rows", _("Filas del archivo")
    RECORD = "record", _("Puntaje y expediente")
    PEOPLE = "people", _("Dos solicitudes, una persona")
    ANSWERS = "answers", _("Respuestas iguales")


class ReviewDecision(models.TextChoices):
    """What came of a second look. Neither changes a score nor excludes: the second hands the matter to who may."""

    CLEARED = "cleared", _("Sin nada que corregir")
    REFERRED = "referred", _("Se turna a quien puede corregirlo")


class ScoreReview(models.Model):
    """What asked for a second look in the scores of somebody, the person's say in it, and what came of looking.

    It excludes nobody and changes no value. ``digest`` is that of what was looked at; ``outcome`` is what the
    person who looked wrote, with their ``decision``. ``other`` is the second of two applications that are alike;
    the sentence never says whose. ``told_at`` is when the person was told, ``reply_until`` how long at least they may
    answer; ``reply`` and ``file`` are what they answered.
    """

    application = models.ForeignKey(
        "calls.Application", on_delete=models.PROTECT, related_name="score_reviews"
    )
    other = models.ForeignKey("calls.Application", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=ReviewKind, default=ReviewKind.SCORES)
    sentence = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    reply_until = models.DateTimeField(null=True)
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=600, blank=True)
    decision = models.CharField(max_length=10, choices=ReviewDecision, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "sentence"],
                condition=models.Q(other__isnull=True),
                name="score_review_opened_once",
            ),
            models.UniqueConstraint(
                fields=["application", "other", "kind"],
                condition=models.Q(other__isnull=False),
                name="score_review_of_two_opened_once",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, closed_by__isnull=True, outcome="", decision="")
                | (
                    models.Q(closed_at__isnull=False, closed_by__isnull=False)
                    & ~models.Q(outcome="")
                    & ~models.Q(decision="")
                ),
                name="closed_score_review_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=models.Q(told_at__isnull=True, reply_until__isnull=True)
                | models.Q(told_at__isnull=False, reply_until__gt=models.F("told_at")),
                name="told_score_review_may_be_answered",
            ),
            models.CheckConstraint(
                condition=models.Q(replied_at__isnull=True, reply="", file__isnull=True)
                | (models.Q(replied_at__isnull=False) & ~models.Q(reply="")),
                name="score_review_reply_has_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.sentence[:40]}"
