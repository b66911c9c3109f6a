"""Runs of the engine: what was asked, answered, signed and published; and rehearsals, which promise nothing."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.accounts.roles import Role
from cauce.calls.models import Application, Call, Post


class RunState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("En curso")
    CERTIFIED = "certified", _("Certificada")
    PUBLISHED = "published", _("Publicada")
    SUPERSEDED = "superseded", _("Reemplazada")
    FAILED = "failed", _("Falló")


class Run(models.Model):
    """One execution of the engine over the lists of a closed call.

    ``question``, ``answer`` and ``package`` (the file that repeats the run,
    public from publication) are the engine's own documents, compressed; their
    digests are of the uncompressed bytes, and the database refuses to change
    them once they are there. ``checks`` are the certifier's, each with its
    witness. ``facts`` are counts for the page, ``timings`` seconds by stage,
    ``failure`` the code of what stopped it, whose particulars are in ``facts``.
    ``corrects`` is the run whose answer upheld claims put right. ``round`` is 0
    for the lists of everybody; a later round, from 2 on, shares out the seats
    that came back among those who still wait.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    round = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    engine_version = models.CharField(max_length=20, blank=True)
    question = models.BinaryField(null=True)
    question_digest = models.CharField(max_length=80, blank=True)
    answer = models.BinaryField(null=True)
    answer_digest = models.CharField(max_length=80, blank=True)
    checks = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    timings = models.JSONField(default=dict)
    failure = models.TextField(blank=True)
    certified_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    package = models.BinaryField(null=True)
    package_digest = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["call"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_run_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["call", "round"], condition=models.Q(state="published"), name="one_published_run"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["certified", "published", "superseded"])
                | (
                    models.Q(certified_at__isnull=False, answer__isnull=False, package__isnull=False)
                    & ~models.Q(answer_digest="")
                    & ~models.Q(package_digest="")
                ),
                name="certified_run_has_an_answer",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["published", "superseded"], published_at__isnull=False)
                | (~models.Q(state__in=["published", "superseded"]) & models.Q(published_at__isnull=True)),
                name="published_run_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(failure=""), name="failed_run_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} run {self.number}"


class Signature(models.Model):
    """A person's signature under one answer. Two different people are needed to publish.

    ``office`` is the role they held when they signed; the public sees it, not the person.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="signatures")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    office = models.CharField(max_length=20, choices=Role)
    answer_digest = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "user"], name="one_signature_per_person")]

    def __str__(self) -> str:
        return f"{self.run_id} signed by user:{self.user_id}"


class Placement(models.Model):
    """What one application got in a run, with the list and merit it was decided on.

    ``place`` is the 1-based position in the order of merit; ``post`` is empty
    for who got none; ``rank`` is the position of the post in the list.
    ``posts`` are post ids as frozen, ``merit`` decimal strings. ``seat_class``
    is the class of seat held. ``reasons`` has an entry for each wish where one
    order of merit does not decide alone (``bridge.Reason`` as a list); empty otherwise.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="placements")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="placements")
    place = models.PositiveIntegerField()
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="placements")
    rank = models.PositiveSmallIntegerField(null=True)
    posts = models.JSONField()
    merit = models.JSONField()
    seat_class = models.CharField(max_length=30, blank=True)
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "application"], name="one_placement_per_application"),
            models.UniqueConstraint(fields=["run", "place"], name="one_placement_per_place"),
            models.CheckConstraint(
                condition=models.Q(post__isnull=True, rank__isnull=True)
                | models.Q(post__isnull=False, rank__isnull=False),
                name="placement_has_post_and_rank_or_neither",
            ),
        ]
        indexes = [models.Index(fields=["run", "post"], name="placement_by_post")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.place}"


class Cutoff(models.Model):
    """How far down the order of merit a post reached in a run.

    ``last_place`` and ``last_merit`` belong to the last person admitted; they
    are empty while the post has a free seat, which is open to everybody.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cutoffs")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="cutoffs")
    seats = models.PositiveIntegerField()
    taken = models.PositiveIntegerField()
    listed = models.PositiveIntegerField()
    last_place = models.PositiveIntegerField(null=True)
    last_merit = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "post"], name="one_cutoff_per_post"),
            models.CheckConstraint(
                condition=models.Q(taken__lte=models.F("seats")), name="cutoff_within_seats"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.post_id}"


class ClassCutoff(models.Model):
    """How far one class of seats of a post reached, where a run has classes or posts have orders of their own.

    ``seats`` are those declared for the class, ``taken`` those that its people
    hold (others' that turned into it included). ``last_folio`` is the last
    person admitted, ``last_score`` what the post's order saw of them first;
    both empty while a seat is left.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="class_cutoffs")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="class_cutoffs")
    seat_class = models.CharField(max_length=30)
    label = models.CharField(max_length=80)
    seats = models.PositiveIntegerField()
    taken = models.PositiveIntegerField()
    last_folio = models.CharField(max_length=20, blank=True)
    last_score = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "post", "seat_class"], name="one_cutoff_per_class")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.post_id} {self.seat_class}"


class RehearsalState(models.TextChoices):
    QUEUED = "queued", _("En espera")
    RUNNING = "running", _("En curso")
    READY = "ready", _("Listo")
    FAILED = "failed", _("Falló")


class Rehearsal(models.Model):
    """Several mechanisms tried on a call's own shape, to choose among them. Never a run: it places nobody.

    ``basis`` says on what: lists sent so far, or generated people. ``document``
    holds counts only, no person; ``digest`` is of its canonical text. ``failure``
    is the code of what stopped it, whose particulars are then in ``document``.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="rehearsals")
    state = models.CharField(max_length=10, choices=RehearsalState, default=RehearsalState.QUEUED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    basis = models.CharField(max_length=10, blank=True)
    document = models.JSONField(default=dict)
    digest = models.CharField(max_length=80, blank=True)
    engine_version = models.CharField(max_length=20, blank=True)
    ready_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_rehearsal_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready")
                | (models.Q(ready_at__isnull=False) & ~models.Q(digest="")),
                name="ready_rehearsal_has_a_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} rehearsal {self.pk}"
