"""Runs of the engine and live choices: what was asked, answered, chosen, signed and published."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.accounts.roles import Role
from cauce.base.models import AppendOnly
from cauce.calls.models import Application, Call, Post
from cauce.institutions.models import Specialty


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


class LiveMode(models.TextChoices):
    ONLINE = "online", _("En línea")
    DESKS = "desks", _("En mesas, con cita")
    BOTH = "both", _("En línea o en mesa")


class LiveState(models.TextChoices):
    PREPARING = "preparing", _("En preparación")
    READY = "ready", _("Por empezar")
    OPEN = "open", _("En curso")
    PAUSED = "paused", _("En pausa")
    DONE = "done", _("Terminada")
    FAILED = "failed", _("No se pudo preparar")


class LiveChoice(models.Model):
    """The session in which the people of one call choose in person, in the order of merit.

    ``seconds`` are those of one turn. ``blocks`` say when people are summoned:
    ``{"first_day", "hours", "people"}``; empty where all is online. ``sendings``
    is what stood when the order was fixed, ``order_digest`` is of the folios
    in that order. ``version`` grows with every change that the board shows.
    ``beat_id`` is where the worker that watches the clocks shows life.
    """

    call = models.OneToOneField(Call, on_delete=models.PROTECT, related_name="live_choice")
    mode = models.CharField(max_length=10, choices=LiveMode)
    state = models.CharField(max_length=10, choices=LiveState, default=LiveState.PREPARING)
    seconds = models.PositiveIntegerField()
    desks = models.PositiveSmallIntegerField(default=0)
    blocks = models.JSONField(default=dict)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    task_id = models.UUIDField(null=True)
    sendings = models.JSONField(default=list)
    order_digest = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=80, blank=True)
    beat_id = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seconds__gte=10, seconds__lte=7200), name="live_turn_has_a_sane_length"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["preparing", "failed"]) | ~models.Q(order_digest=""),
                name="live_choice_has_an_order",
            ),
            models.CheckConstraint(
                condition=models.Q(state="done", finished_at__isnull=False)
                | (~models.Q(state="done") & models.Q(finished_at__isnull=True)),
                name="done_live_choice_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(failure=""),
                name="failed_live_choice_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} live {self.state}"


class LivePost(models.Model):
    """The seats of one post that are taken so far. The database refuses one too many."""

    session = models.ForeignKey(LiveChoice, on_delete=models.CASCADE, related_name="posts")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    seats = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "post"], name="live_post_once"),
            models.CheckConstraint(
                condition=models.Q(taken__lte=models.F("seats")), name="no_seat_is_taken_twice"
            ),
        ]
        indexes = [models.Index(fields=["session", "specialty"], name="live_post_by_specialty")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.post_id}: {self.taken}/{self.seats}"


class TurnState(models.TextChoices):
    WAITING = "waiting", _("En espera")
    OPEN = "open", _("Es su turno")
    DONE = "done", _("Ya eligió")


class LiveTurn(models.Model):
    """One person's turn. At most one turn of a specialty is open: people of one specialty never compete at once.

    ``place`` is the 1-based position in the order of merit of the whole call.
    ``posts`` is the standing list, the list that was sent. ``deadline`` is
    when the clock of an open turn runs out; while the clock stands still (a
    pause, a correction) it is empty and ``left`` keeps the seconds.
    """

    session = models.ForeignKey(LiveChoice, on_delete=models.CASCADE, related_name="turns")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="live_turns")
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    posts = models.JSONField()
    appointment_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=TurnState, default=TurnState.WAITING)
    opened_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    left = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "application"], name="one_live_turn_each"),
            models.UniqueConstraint(fields=["session", "place"], name="one_live_turn_per_place"),
            models.UniqueConstraint(
                fields=["session", "specialty"],
                condition=models.Q(state="open"),
                name="one_open_turn_per_specialty",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="open")
                | (models.Q(opened_at__isnull=False) & models.Q(deadline__isnull=False, left__isnull=True))
                | models.Q(opened_at__isnull=False, deadline__isnull=True, left__isnull=False),
                name="open_turn_has_a_clock",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "specialty", "state", "place"], name="live_turn_by_specialty")
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.place} {self.state}"


class ChosenHow(models.TextChoices):
    ONLINE = "online", _("En línea")
    DESK = "desk", _("En mesa")
    LIST = "list", _("Actuó su lista")
    ABSENT = "absent", _("Sin nadie ni lista con lugar")
    CORRECTION = "correction", _("Corrección")


class LiveEntry(models.Model):
    """One line of the log of a live choice: only ever added, each with the digest of the one before.

    ``post`` is empty for who got none. A correction ``supersedes`` the entry
    that was mistaken and says why; what counts for a turn is its newest entry.
    """

    session = models.ForeignKey(LiveChoice, on_delete=models.PROTECT, related_name="log")
    number = models.PositiveIntegerField()
    turn = models.ForeignKey(LiveTurn, on_delete=models.PROTECT, related_name="entries")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=10, choices=ChosenHow)
    desk = models.PositiveSmallIntegerField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )
    reason = models.CharField(max_length=300, blank=True)
    previous = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=80)

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="live_entry_once"),
            models.UniqueConstraint(fields=["session", "previous"], name="live_log_never_forks"),
            models.UniqueConstraint(
                fields=["turn"], condition=models.Q(supersedes__isnull=True), name="one_choice_per_turn"
            ),
            models.CheckConstraint(
                condition=models.Q(how="correction", supersedes__isnull=False, by__isnull=False)
                & ~models.Q(reason="")
                | (~models.Q(how="correction") & models.Q(supersedes__isnull=True, reason="")),
                name="correction_says_of_what_and_why",
            ),
            models.CheckConstraint(
                condition=~models.Q(how="list") | models.Q(post__isnull=False), name="a_list_gives_a_post"
            ),
            models.CheckConstraint(
                condition=~models.Q(how="absent") | models.Q(post__isnull=True), name="absent_without_a_post"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} #{self.number}"


class LiveCorrection(models.Model):
    """That somebody asked to correct the last choice of a specialty; another person confirms or refuses it.

    While it is open, the clock of that specialty stands still.
    """

    entry = models.ForeignKey(LiveEntry, on_delete=models.PROTECT, related_name="corrections")
    session = models.ForeignKey(LiveChoice, on_delete=models.PROTECT, related_name="corrections")
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_confirmed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "specialty"],
                condition=models.Q(decided_at__isnull=True),
                name="one_open_correction_per_specialty",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    decided_by__isnull=True, decided_at__isnull=True, is_confirmed__isnull=True
                )
                | models.Q(decided_by__isnull=False, decided_at__isnull=False, is_confirmed__isnull=False),
                name="decided_correction_says_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(is_confirmed__isnull=True)
                | models.Q(is_confirmed=False)
                | ~models.Q(decided_by=models.F("asked_by")),
                name="corrections_take_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} correction {self.pk}"
