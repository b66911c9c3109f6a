"""Zone and supervision teams: who is in charge of which units, and which posts are places in them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.institutions.models import Site, State


class TeamKind(models.TextChoices):
    ZONE = "zone", _("Zonal")
    SUPERVISION = "supervision", _("De supervisión")


class Team(models.Model):
    """A team that a call fills, in charge of the units of a zone of one state."""

    call = models.ForeignKey("calls.Call", on_delete=models.CASCADE, related_name="teams")
    key = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=TeamKind)
    state = models.ForeignKey(State, on_delete=models.PROTECT, related_name="+")
    zone = models.CharField(max_length=80)
    units = models.ManyToManyField(Site, through="TeamUnit", related_name="teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="team_key_once")]

    def __str__(self) -> str:
        return self.key


class TeamUnit(models.Model):
    """A unit in charge of a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="team_units")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="team_units")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "site"], name="unit_once_in_a_team")]

    def __str__(self) -> str:
        return f"{self.team_id} {self.site_id}"


class TeamRole(models.TextChoices):
    COORDINATOR = "coordinator", _("Coordinación")
    MEDICAL = "medical", _("Supervisión médica")
    NURSING = "nursing", _("Supervisión de enfermería")
    ADMINISTRATIVE = "administrative", _("Supervisión administrativa")
    PHARMACY = "pharmacy", _("Abasto y medicamentos")
    COMMUNITY = "community", _("Acción comunitaria")


class TeamPlace(models.Model):
    """What a post of the call is in a team. ``filled`` is written by whoever publishes results."""

    post = models.OneToOneField("calls.Post", on_delete=models.CASCADE, related_name="team_place")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="places")
    role = models.CharField(max_length=15, choices=TeamRole)
    filled = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.team_id} {self.post_id}"
