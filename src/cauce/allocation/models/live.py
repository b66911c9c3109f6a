"""Live choices: turns in the order of merit, a log that only grows, and what corrects it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.base.models import AppendOnly
from cauce.calls.models import Application, Call, Post
from cauce.institutions.models import Specialty


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
