"""What is public of a call at a time: one release after another, never an edit."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.accounts.roles import Role
from cauce.allocation.models.runs import Run
from cauce.calls.models import Call


class ReleaseKind(models.TextChoices):
    PROVISIONAL = "provisional", _("Lista provisional")
    DEFINITIVE = "definitive", _("Lista definitiva")
    ROUND = "round", _("Ronda de ofertas")
    UNDO = "undo", _("Se deshizo una publicación")


class ReleaseState(models.TextChoices):
    PROPOSED = "proposed", _("Propuesta")
    PUBLIC = "public", _("Publicada")
    DROPPED = "dropped", _("Descartada")


class Release(models.Model):
    """Something made public about a call by two people, who both saw the same preview.

    ``run`` is the one that is public from then on (of a round: the one its
    offers come from; of an undo that leaves nothing public: empty). ``previous``
    is the newest public release as this one was proposed. ``preview`` says who
    wins and who loses against it, by folio; ``digest`` is that of its canonical
    text, and what both people confirm. ``claims_until`` is the end of the
    window of a provisional list. ``starts_on`` is the first day of the places
    that a round offers, ``answer_hours`` the working hours to answer in.
    ``undoes`` is the release that a compensating one takes back, with a
    ``reason`` that stays public.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="releases")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=ReleaseKind)
    state = models.CharField(max_length=8, choices=ReleaseState, default=ReleaseState.PROPOSED)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="releases")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    round = models.PositiveSmallIntegerField(default=0)
    starts_on = models.DateField(null=True)
    answer_hours = models.PositiveSmallIntegerField(default=0)
    claims_until = models.DateTimeField(null=True)
    preview = models.JSONField(default=dict)
    digest = models.CharField(max_length=80)
    reason = models.CharField(max_length=600, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposer_office = models.CharField(max_length=20, choices=Role)
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmer_office = models.CharField(max_length=20, choices=Role, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="release_number_once"),
            models.UniqueConstraint(
                fields=["call"], condition=Q(state="proposed"), name="one_release_proposed"
            ),
            models.UniqueConstraint(
                fields=["undoes"], condition=~Q(state="dropped"), name="release_undone_once"
            ),
            models.UniqueConstraint(
                fields=["call", "round", "number"], condition=Q(kind="round"), name="release_of_a_round"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="release_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="public", confirmed_by__isnull=False, released_at__isnull=False)
                | (~Q(state="public") & Q(confirmed_by__isnull=True, released_at__isnull=True)),
                name="public_release_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(kind="undo", undoes__isnull=False) & ~Q(reason="")
                | ~Q(kind="undo") & Q(undoes__isnull=True),
                name="undo_names_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(kind="undo") | Q(run__isnull=False), name="release_shows_a_run"
            ),
            models.CheckConstraint(
                condition=~Q(kind="round") | Q(round__gte=1, starts_on__isnull=False, answer_hours__gte=1),
                name="round_has_start_and_clock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} release {self.number}"
