"""What a call asks people to prove, what they hand in for it, and who looked at it and decided."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.base.models import StoredFile
from cauce.calls.models.categories import Category


class Verifier(models.TextChoices):
    """Who says that a document is what it seems."""

    REVIEWER = "reviewer", _("Quien revisa el expediente")
    SOURCE = "source", _("Se coteja con la fuente que lo expide")
    DESK = "desk", _("Se coteja con el original, en persona")


class Reach(models.TextChoices):
    """Of whom a document is asked."""

    EVERYONE = "everyone", _("A todas las personas")
    NATIONAL = "national", _("A quien se identifica con documentos de México")
    FOREIGN = "foreign", _("A quien se identifica con documentos de otro país")


class Requirement(models.Model):
    """A document that a call asks for.

    ``key`` is that of the catalogue, so that what was verified for one call
    serves in another. ``validity_days`` counts from the day of issue; empty,
    it never expires. ``is_curable`` is empty until somebody declares it: a call
    with such a requirement cannot be published. ``cure_days`` are working days.
    ``category`` says that only who applies as that is asked; empty, everybody within ``reach``.
    """

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="requirements")
    key = models.SlugField(max_length=30)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    detail = models.CharField(max_length=400, blank=True)
    validity_days = models.PositiveSmallIntegerField(null=True)
    is_curable = models.BooleanField(null=True)
    cure_days = models.PositiveSmallIntegerField(null=True)
    alternative = models.CharField(max_length=300, blank=True)
    verifier = models.CharField(max_length=10, choices=Verifier, default=Verifier.REVIEWER)
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.EVERYONE)
    category = models.CharField(max_length=12, choices=Category, blank=True)
    is_needed = models.BooleanField(default=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="requirement_once"),
            models.CheckConstraint(
                condition=models.Q(is_curable=True, cure_days__gte=1)
                | (
                    (models.Q(is_curable=False) | models.Q(is_curable__isnull=True))
                    & models.Q(cure_days__isnull=True)
                ),
                name="curable_requirement_has_a_window",
            ),
            models.CheckConstraint(
                condition=models.Q(validity_days__isnull=True) | models.Q(validity_days__gte=1),
                name="requirement_validity_is_a_day_or_more",
            ),
            models.CheckConstraint(
                condition=models.Q(category="") | models.Q(category__in=Category.values),
                name="requirement_of_a_known_category",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.key}"


class EvidenceState(models.TextChoices):
    HANDED_IN = "handed_in", _("Por revisar")
    VERIFIED = "verified", _("Verificado")
    OBSERVED = "observed", _("Con observación")
    FAILED = "failed", _("No cumple")


class Evidence(models.Model):
    """What a person handed in for a requirement: one or more files in their order, never changed.

    Another one for the same requirement replaces it: the former stays, with
    ``replaced_at``. ``key`` names it in addresses and says nothing.
    ``reused_from`` is the verified evidence of another call that this repeats.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    application = models.ForeignKey("calls.Application", on_delete=models.CASCADE, related_name="evidence")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="evidence")
    state = models.CharField(max_length=10, choices=EvidenceState, default=EvidenceState.HANDED_IN)
    issued_on = models.DateField(null=True)
    handed_in_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    reused_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    files = models.ManyToManyField(StoredFile, through="EvidencePart", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "requirement"],
                condition=models.Q(replaced_at__isnull=True),
                name="one_current_evidence",
            ),
            models.CheckConstraint(
                condition=models.Q(state="verified", verified_at__isnull=False)
                | (~models.Q(state="verified") & models.Q(verified_at__isnull=True)),
                name="verified_evidence_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)


class EvidencePart(models.Model):
    """One file of an evidence, from 1."""

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evidence", "number"], name="evidence_part_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="evidence_parts_begin_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.number}"


class ReadField(models.TextChoices):
    """What a machine reads of a document; nothing else."""

    CURP = "curp", _("CURP")
    RFC = "rfc", _("RFC")
    AVERAGE = "average", _("Promedio")


class Reading(models.Model):
    """What a machine read of a document that was handed in. Of no use until the person says that it is so.

    ``told`` is what the person says that the document says, empty until they
    do. With ``confirmed_at`` it is the same as ``value``; told and not
    confirmed, the two differ.
    """

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="readings")
    field = models.CharField(max_length=10, choices=ReadField)
    value = models.CharField(max_length=20)
    read_at = models.DateTimeField()
    told = models.CharField(max_length=20, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evidence", "field"], name="one_reading_of_a_field"),
            models.CheckConstraint(condition=~models.Q(value=""), name="reading_has_a_value"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=False, told=models.F("value"))
                | (models.Q(confirmed_at__isnull=True) & ~models.Q(told=models.F("value"))),
                name="confirmed_reading_is_what_was_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.field}"


class CaseState(models.TextChoices):
    QUEUED = "queued", _("En revisión")
    OBSERVED = "observed", _("Con observaciones")
    ACCEPTED = "accepted", _("Aceptado")
    EXCLUDED = "excluded", _("Excluido")


class Stage(models.TextChoices):
    """What the queue asks of the next reviewer."""

    FIRST = "first", _("Revisión")
    BLIND = "blind", _("Doble revisión a ciegas")
    SIGNATURE = "signature", _("Segunda firma de una exclusión")
    THIRD = "third", _("Tercera revisión")


class ReviewCase(models.Model):
    """The documents of one application on their way through review.

    A ``round`` begins each time there is something new to look at; nobody
    decides twice in one. ``claimed_until`` is the end of a lease: after it
    anybody may take the case. ``cure_until`` is the last second to mend what
    was observed; after it the case is in the queue again.
    """

    application = models.OneToOneField("calls.Application", on_delete=models.CASCADE, related_name="review")
    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(max_length=10, choices=CaseState, default=CaseState.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.FIRST)
    round = models.PositiveSmallIntegerField(default=1)
    is_complete = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    claimed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    cure_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    claimed_by__isnull=True, claimed_at__isnull=True, claimed_until__isnull=True
                )
                | models.Q(claimed_by__isnull=False, claimed_at__isnull=False, claimed_until__isnull=False),
                name="claimed_case_has_a_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(state="observed", cure_until__isnull=False)
                | (~models.Q(state="observed") & models.Q(cure_until__isnull=True)),
                name="observed_case_has_a_clock",
            ),
            models.CheckConstraint(
                condition=models.Q(state="queued", decided_at__isnull=True)
                | (~models.Q(state="queued") & models.Q(decided_at__isnull=False)),
                name="decided_case_has_a_time",
            ),
        ]
        indexes = [
            # Only what may wait, in the order of waiting: the next case is the first of a few, however many are done.
            models.Index(
                fields=["call", "queued_at", "id"],
                condition=models.Q(state__in=("queued", "observed")),
                name="review_queue",
            )
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Finding(models.TextChoices):
    """What a reviewer decides; ``RETURN`` only instead of a second signature."""

    ACCEPT = "accept", _("Aceptar")
    OBSERVE = "observe", _("Observar")
    EXCLUDE = "exclude", _("Excluir")
    RETURN = "return", _("No firmar la exclusión")


class Review(models.Model):
    """One person's decision on a case, kept for ever.

    ``marks`` are ``[{"requirement", "evidence", "finding", "reason"}]``, each with
    the key of the requirement, the id of the evidence that was seen or null,
    and the code of a closed reason. ``remark`` is what the applicant reads
    besides. A first decision that was looked at a second time without being
    shown (``is_checked``) was upheld or not once the round ended.
    """

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=10, choices=Stage)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=10, choices=Finding)
    marks = models.JSONField(default=list)
    remark = models.CharField(max_length=600, blank=True)
    queued_at = models.DateTimeField()
    claimed_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    is_checked = models.BooleanField(default=False)
    was_upheld = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "reviewer"], name="nobody_decides_twice"),
            models.UniqueConstraint(fields=["case", "round", "stage"], name="one_decision_of_a_stage"),
            models.CheckConstraint(
                condition=models.Q(stage="signature") | ~models.Q(finding="return"),
                name="only_a_signature_is_refused",
            ),
            models.CheckConstraint(
                condition=models.Q(was_upheld__isnull=True) | models.Q(is_checked=True),
                name="only_what_was_checked_is_upheld",
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "decided_at"], name="review_by_reviewer")]

    def __str__(self) -> str:
        return f"{self.case_id}.{self.round} {self.stage}"
