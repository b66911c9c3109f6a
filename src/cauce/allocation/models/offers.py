"""Seats one by one, who was offered each, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import User
from cauce.allocation.models.claims import Claim
from cauce.allocation.models.releases import Release
from cauce.base.models import AppendOnly
from cauce.calls.models import Application, Call, Post


class SeatState(models.TextChoices):
    FREE = "free", _("Libre")
    OFFERED = "offered", _("Ofrecido")
    HELD = "held", _("Apartado")
    ACCEPTED = "accepted", _("Aceptado")
    DISPUTED = "disputed", _("En disputa")
    CLOSED = "closed", _("Cerrado")


class Seat(models.Model):
    """One seat of a post, from the first round on. ``number`` counts from 1 to the post's seats.

    Whoever changes ``state`` writes a ``SeatMove``. ``seat_class`` is that of
    the classes of seats of the call, where there are any.
    """

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="places")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=SeatState, default=SeatState.FREE)
    seat_class = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "number"], name="seat_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="seats_begin_at_one"),
        ]
        indexes = [models.Index(fields=["post", "state"], name="seat_by_state")]

    def __str__(self) -> str:
        return f"{self.post_id} seat {self.number}"


class OfferState(models.TextChoices):
    PREPARED = "prepared", _("En preparación")
    ISSUED = "issued", _("Espera respuesta")
    HELD = "held", _("Apartada")
    ACCEPTED = "accepted", _("Aceptada")
    DECLINED = "declined", _("Rechazada")
    LAPSED = "lapsed", _("Venció sin respuesta")
    UPGRADED = "upgraded", _("Cambió por una mejor")
    ABSENT = "absent", _("No llegó")
    WITHDRAWN = "withdrawn", _("Se deshizo")


# An offer in one of these states has its seat.
LIVE = (OfferState.PREPARED, OfferState.ISSUED, OfferState.HELD, OfferState.ACCEPTED)


class DeclineReason(models.TextChoices):
    OTHER_PLACE = "other_place", _("Acepté otra plaza")
    DISTANCE = "distance", _("La distancia o la familia")
    SAFETY = "safety", _("La seguridad del lugar")
    PAY = "pay", _("El sueldo o la beca")
    HOUSING = "housing", _("La vivienda")
    PLANS = "plans", _("Cambié de planes")
    OTHER = "other", _("Otra razón")


class Offer(models.Model):
    """A place offered to one person: a signed document, its first day and a clock.

    ``document`` is the signed PDF and ``document_digest`` the SHA-256 of its
    bytes: without them an offer is only being prepared, and is shown to nobody.
    ``answer_by`` is the last second to answer. ``replaces`` is the accepted
    offer that this one took the place of. ``joined_at`` says that the person came.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="offers")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="offers")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="offers")
    number = models.CharField(max_length=40, unique=True)
    rank = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=OfferState, default=OfferState.PREPARED)
    starts_on = models.DateField()
    document = models.BinaryField(null=True)
    document_digest = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=12, choices=DeclineReason, blank=True)
    words = models.CharField(max_length=600, blank=True)
    wants_upgrade = models.BooleanField(default=False)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    joined_at = models.DateTimeField(null=True)
    marked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(state__in=["prepared", "issued", "held", "accepted"]),
                name="seat_offered_once",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state__in=["prepared", "issued", "held", "accepted"]),
                name="one_live_offer_per_application",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["prepared", "withdrawn"])
                | (
                    Q(document__isnull=False, issued_at__isnull=False, answer_by__isnull=False)
                    & ~Q(document_digest="")
                ),
                name="offer_shown_is_signed_and_has_a_clock",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | (~Q(reason="") & Q(answered_at__isnull=False)),
                name="declined_offer_says_why",
            ),
            models.CheckConstraint(
                condition=Q(joined_at__isnull=True)
                | Q(state__in=["accepted", "withdrawn"], marked_by__isnull=False),
                name="who_joined_had_accepted",
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=Q(state__in=["issued", "held"]), name="offer_clock")
        ]

    def __str__(self) -> str:
        return self.number


class SeatMove(models.Model):
    """A line of the ledger of seats: never changed, so that both histories stay after an undo."""

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="moves")
    before = models.CharField(max_length=8, choices=SeatState)
    after = models.CharField(max_length=8, choices=SeatState)
    cause = models.CharField(max_length=20)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, null=True, related_name="moves")
    at = models.DateTimeField()

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(before=models.F("after")), name="seat_move_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.seat_id}: {self.before} -> {self.after}"


class DisputeCause(models.TextChoices):
    CLAIM = "claim", _("Inconformidad abierta")
    OUTSIDE = "outside", _("Ingreso registrado fuera de la plataforma")


class DisputeOutcome(models.TextChoices):
    FREED = "freed", _("El lugar vuelve a ofrecerse")
    CLOSED = "closed", _("El lugar queda cerrado: está ocupado")


class Dispute(models.Model):
    """A seat of a post that nobody may be offered until somebody decides whose it is.

    ``seat`` is the one that is locked. It is empty while the post has no free
    seat or the ledger is not open: the next seat that falls free is locked instead.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="disputes")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="disputes")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, null=True, related_name="disputes")
    cause = models.CharField(max_length=8, choices=DisputeCause)
    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, null=True, related_name="dispute")
    words = models.CharField(max_length=600, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=DisputeOutcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat"], condition=Q(closed_at__isnull=True), name="seat_disputed_once"
            ),
            models.CheckConstraint(
                condition=Q(cause="claim", claim__isnull=False)
                | (Q(cause="outside", claim__isnull=True) & ~Q(words="")),
                name="dispute_has_its_cause",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="")
                | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="closed_dispute_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} dispute {self.pk}"
