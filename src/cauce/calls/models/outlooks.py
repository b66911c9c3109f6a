"""How posts take people where each brings its own order, and what rehearsals said of a call."""

from __future__ import annotations

from django.db import models


class PostOrder(models.Model):
    """The order in which a post takes people, where each post brings its own.

    ``tiers`` are lists of application ids, best first; an inner list is a tie.
    """

    post = models.OneToOneField("calls.Post", on_delete=models.CASCADE, related_name="own_order")
    tiers = models.JSONField()
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.post_id} order"


class Outlook(models.Model):
    """What a call's rehearsals said last: written by whoever rehearses, read by the pages of lists.

    ``rehearsals`` is how many, ``lists`` how many sent lists they had,
    ``assumed`` the fewest and the most further people that were generated.
    """

    call = models.OneToOneField("calls.Call", on_delete=models.CASCADE, related_name="outlook")
    computed_at = models.DateTimeField()
    rehearsals = models.PositiveSmallIntegerField()
    lists = models.PositiveIntegerField()
    assumed = models.JSONField(default=list)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.call_id} outlook"


class PostOutlook(models.Model):
    """How far one class of seats of a post reached in each rehearsal: ``ends`` as ``rules.outlook`` encodes them.

    Rehearsals stand in the same sequence in all posts of a call. A post that
    few people list has no row: its ends would tell of one person.
    """

    outlook = models.ForeignKey(Outlook, on_delete=models.CASCADE, related_name="posts")
    post = models.ForeignKey("calls.Post", on_delete=models.CASCADE, related_name="outlooks")
    seat_class = models.CharField(max_length=30, default="open")
    ends = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "seat_class"], name="one_outlook_per_post_and_class")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.seat_class} outlook"
