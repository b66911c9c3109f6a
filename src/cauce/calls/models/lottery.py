"""The public side of a call's lottery: who takes part, sealed, and then the value that nobody could know."""

from __future__ import annotations

from django.db import models

from cauce.accounts.models import User

_UNTYPED = models.Q(value="", typed_by__isnull=True, typed_at__isnull=True)
_TYPED = ~models.Q(value="") & models.Q(typed_by__isnull=False, typed_at__isnull=False)


class Draw(models.Model):
    """The draw of a call whose rules declare a public value or witnesses.

    ``folios`` are those of the lists that were sent, one a line, ``digest``
    its SHA-256. What a first person typed waits in ``value`` for the second;
    ``differed_at`` is when two last wrote different things. Neither the list
    nor, once ``fixed_at`` is set, anything else ever changes: the database
    refuses. The text that it gives is ``Call.lottery_beacon``.
    """

    call = models.OneToOneField("calls.Call", on_delete=models.PROTECT, related_name="draw")
    participants = models.PositiveIntegerField()
    folios = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    value = models.CharField(max_length=200, blank=True)
    signature = models.CharField(max_length=96, blank=True)
    read_at = models.CharField(max_length=200, blank=True)
    typed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    typed_at = models.DateTimeField(null=True)
    differed_at = models.DateTimeField(null=True)
    confirmed_read_at = models.CharField(max_length=200, blank=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    fixed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_UNTYPED | _TYPED, name="draw_value_has_its_author"),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | (_TYPED & models.Q(fixed_at__isnull=False) & ~models.Q(confirmed_by=models.F("typed_by"))),
                name="draw_value_of_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(fixed_at__isnull=True) | _UNTYPED | models.Q(confirmed_by__isnull=False),
                name="draw_value_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} draw"


class WitnessSecret(models.Model):
    """The text that a witness revealed; ``number`` is theirs in the frozen rules, from 1. It never changes."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="secrets")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=100)
    typed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    revealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "number"], name="witness_reveals_once"),
            models.CheckConstraint(condition=~models.Q(text=""), name="witness_reveals_something"),
        ]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.number}"
