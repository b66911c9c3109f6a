"""Where doctors are formed and work: states, institutions, specialties, sites."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class State(models.Model):
    """Where a site is: one of the 32 federal entities, or another country as a whole.

    ``key`` of an entity is INEGI's, "01" to "32"; of a country ISO 3166-1 alpha-2, the same as ``country``.
    """

    key = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=40, unique=True)
    abbreviation = models.CharField(max_length=5)
    curp_code = models.CharField(max_length=2, unique=True)
    population_2020 = models.PositiveIntegerField()
    in_imss_bienestar = models.BooleanField(default=False)
    country = models.CharField(max_length=2, default="MX")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country="MX") | models.Q(country=models.F("key")),
                name="country_is_its_own_key",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InstitutionKind(models.TextChoices):
    HEALTH = "health", _("Servicios de salud")
    UNIVERSITY = "university", _("Universidad")
    NETWORK = "network", _("Organismo internacional")
    COMMISSION = "commission", _("Comisión")


class Institution(models.Model):
    """A body that forms, endorses, hires or cooperates. ``code`` is short, in capitals, for addresses and files."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    acronym = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=InstitutionKind)
    country = models.CharField(max_length=2, default="MX")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="institution_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.acronym


class InstitutionProfile(models.Model):
    """Size of an institution in a year. A figure that no source gives stays empty."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="profiles")
    year = models.PositiveSmallIntegerField()
    covered_population = models.PositiveBigIntegerField(null=True)
    units = models.PositiveIntegerField(null=True)
    beds = models.PositiveIntegerField(null=True)
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "year"], name="one_profile_per_year"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year}"


class EntryRoute(models.TextChoices):
    DIRECT = "direct", _("Entrada directa")
    BRANCH = "branch", _("Rama")
    DENTAL = "dental", _("Estomatología")


def specialty_name() -> str:
    """Return the field that holds a specialty's name in the language in force: name_es or name_en."""
    return "name_en" if (get_language() or "es").startswith("en") else "name_es"


class Specialty(models.Model):
    """A recognised field. Lists change by year, so it has validity dates; lengths in years are editable data."""

    code = models.SlugField(max_length=80, unique=True)
    name_es = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    route = models.CharField(max_length=6, choices=EntryRoute)
    own_years = models.PositiveSmallIntegerField()
    total_years = models.PositiveSmallIntegerField()
    is_trunk = models.BooleanField(default=False)
    prerequisites = models.ManyToManyField("self", symmetrical=False, related_name="branches", blank=True)
    prerequisite_min_years = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total_years__gte=models.F("own_years"), own_years__gte=1),
                name="specialty_years_add_up",
            ),
        ]

    def __str__(self) -> str:
        return self.name_es

    @property
    def name(self) -> str:
        """The name in the language in force."""
        return getattr(self, specialty_name())


class SpecialtyAlias(models.Model):
    """Another name by which people and files call a specialty; ``folded`` has no case, accents nor double spaces."""

    specialty = models.ForeignKey(Specialty, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120)
    folded = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A unit where people train or work: hospital, clinic, centre.

    ``clues`` and ``unit_key`` are empty when no public source gives them; ``clues_imb`` is the second CLUES of a
    unit that went over to IMSS-Bienestar.
    ``is_invented`` marks sites that exist only in the demo. ``folded`` is what
    a search looks at: names, municipality and keys without case nor accents.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="sites")
    state = models.ForeignKey(State, on_delete=models.PROTECT, related_name="sites")
    municipality = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=80)
    care_level = models.PositiveSmallIntegerField()
    # Empty is NULL, not "": a unique column takes many of those.
    clues = models.CharField(max_length=11, null=True, unique=True)  # noqa: DJ001
    clues_imb = models.CharField(max_length=11, null=True, unique=True)  # noqa: DJ001
    unit_key = models.CharField(max_length=10, null=True, unique=True)  # noqa: DJ001
    beds = models.PositiveIntegerField(null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    is_invented = models.BooleanField(default=False)
    source = models.CharField(max_length=300)
    folded = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(care_level__gte=1, care_level__lte=3), name="site_care_level_1_to_3"
            ),
            models.UniqueConstraint(
                fields=["institution", "state", "municipality", "name"], name="site_name_once_per_place"
            ),
        ]

    def __str__(self) -> str:
        return self.short_name


class CatalogueLoad(models.Model):
    """That the catalogue's files were loaded and changed something: which files, how many rows."""

    digest = models.CharField(max_length=64)
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:12]} +{self.added} ~{self.changed}"
