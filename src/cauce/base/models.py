"""What every app leans on: the audit and the progress of long work."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(models.QuerySet[Any]):
    """Rows that may be added and read, never changed nor removed."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError(f"{self.model.__name__} is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self.model.__name__} is append-only")


class AuditEvent(models.Model):
    """One thing that happened. Written by use cases, never changed, never read by rules.

    No foreign keys, so that erasing a person or a call cannot erase what was
    done; ``detail`` holds identifiers and digests, no personal value in clear.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    subject_model = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    objects = AppendOnly.as_manager()

    class Meta:
        indexes = [models.Index(fields=["subject_model", "subject_id"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.pk} {self.action} {self.subject_model}:{self.subject_id}"


class AuditSeal(models.Model):
    """A link of the hash chain over audit events, added after commit by the sealer.

    ``digest`` is the SHA-256 of the previous digest and the event's canonical
    form; a changed, removed or inserted event breaks every later link.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    event_id = models.PositiveBigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    objects = AppendOnly.as_manager()

    def __str__(self) -> str:
        return f"{self.number}: {self.digest[:12]}"


class AuditWalk(models.Model):
    """A walk over the whole chain, from its first seal, that somebody asked for; and how far it was carried on since.

    The walk found every link good up to ``whole_to``, or a bad one at
    ``broken_at``. Afterwards only new seals are walked: ``reached_to`` and the
    digest found there. What lies before ``whole_to`` may have been changed
    after ``whole_at``: only the next whole walk tells.
    """

    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    is_under_way = models.BooleanField(default=True)
    whole_at = models.DateTimeField(null=True)
    whole_to = models.PositiveBigIntegerField(default=0)
    whole_digest = models.CharField(max_length=64, blank=True)
    reached_at = models.DateTimeField(null=True)
    reached_to = models.PositiveBigIntegerField(default=0)
    reached_event = models.PositiveBigIntegerField(null=True)
    reached_digest = models.CharField(max_length=64, blank=True)
    broken_at = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_under_way"],
                condition=models.Q(is_under_way=True),
                name="one_walk_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(whole_at__isnull=True, reached_at__isnull=True)
                | models.Q(
                    whole_at__isnull=False,
                    is_under_way=False,
                    reached_at__gte=models.F("whole_at"),
                    reached_to__gte=models.F("whole_to"),
                ),
                name="walk_reaches_on_from_its_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.reached_to}"


class TaskProgress(models.Model):
    """How far a task of a worker has come, and when its worker last showed life."""

    task_id = models.UUIDField(primary_key=True)
    stage = models.CharField(max_length=40, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    heartbeat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_id}: {self.stage} {self.done}/{self.total}"


class ImportState(models.TextChoices):
    """The way of a file that somebody brought."""

    READING = "reading", _("Se está leyendo")
    READ = "read", _("Leído, sin cargar")
    LOADING = "loading", _("Se está cargando")
    DONE = "done", _("Cargado")
    DROPPED = "dropped", _("Olvidado")

    @classmethod
    def live(cls) -> tuple[str, ...]:
        return (cls.READING, cls.READ, cls.LOADING)


class Import(models.Model):
    """A file that somebody brought, kept with its digest until it is loaded or let go of; then only the digest stays.

    ``kind`` names the importer and ``scope`` what it is loaded into. ``findings`` may hold personal values: they
    go with the file. ``facts`` are the importer's own counts.
    """

    kind = models.CharField(max_length=20)
    scope = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    data = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=ImportState)
    task_id = models.UUIDField(null=True)
    asked_by = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    doubts = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "scope"],
                condition=models.Q(state__in=("reading", "read", "loading")),
                name="one_live_import_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("reading", "read", "loading"), data__isnull=False, finished_at__isnull=True
                )
                | models.Q(state__in=("done", "dropped"), data__isnull=True, finished_at__isnull=False),
                name="finished_import_is_forgotten",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"


class StoredFile(models.Model):
    """A file as it is kept: its bytes never change and are found by ``digest``, their SHA-256.

    ``pages`` counts what a reader turns over: 1 for a picture. Pages of a
    document were drawn when it came in: ``FilePage``. Nothing here says whose
    it is, nor what it was called.
    """

    digest = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=40)
    pages = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(size__gte=1, pages__gte=1), name="stored_file_is_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class FilePage(models.Model):
    """The picture of one page of a document, from 1: what every reader is shown instead of the document itself."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="drawn")
    number = models.PositiveSmallIntegerField()
    picture = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="file_page_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="file_pages_begin_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} p. {self.number}"


class Pulse(models.Model):
    """When a part of the product last showed life: ``worker``, or ``web`` as the worker sees it."""

    part = models.CharField(max_length=10, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.part} at {self.at:%Y-%m-%d %H:%M:%S}"


class Outage(models.Model):
    """A time in which a part of the product did not serve, measured by itself as it came back. Public, and never changed."""

    part = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    measured_by = models.CharField(max_length=40)

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__gt=models.F("started_at")), name="outage_ends_after_start"
            ),
            models.UniqueConstraint(fields=["part", "started_at"], name="outage_measured_once"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.started_at:%Y-%m-%d %H:%M:%S}"
