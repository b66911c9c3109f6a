"""Calls with frozen rules, their posts, and what people apply for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cauce.accounts.models import Person, User
from cauce.base.models import StoredFile
from cauce.calls.models.anomalies import (
    AnomalyReport,
    AnswerSheet,
    ReviewDecision,
    ReviewKind,
    ScoreReview,
)
from cauce.calls.models.categories import (
    CallPartner,
    Category,
    Nomination,
    NominationAnswer,
    NominationVersion,
)
from cauce.calls.models.downtime import OutageExtension
from cauce.calls.models.evidence import (
    CaseState,
    Evidence,
    EvidencePart,
    EvidenceState,
    Finding,
    Reach,
    ReadField,
    Reading,
    Requirement,
    Review,
    ReviewCase,
    Stage,
    Verifier,
)
from cauce.calls.models.lottery import Draw, WitnessSecret
from cauce.calls.models.managers import (
    Appointment,
    ProfileReview,
    Shortlist,
    ShortlistEntry,
)
from cauce.calls.models.outlooks import Outlook, PostOrder, PostOutlook
from cauce.calls.models.panels import (
    Interview,
    Outcome,
    Panel,
    PanelMember,
    Recusal,
    RecusalKind,
    Sheet,
)
from cauce.calls.models.teams import Team, TeamKind, TeamPlace, TeamRole, TeamUnit
from cauce.institutions.models import Institution, Site, Specialty, State

__all__ = [
    "Addendum",
    "AnomalyReport",
    "AnswerSheet",
    "Application",
    "ApplicationState",
    "Appointment",
    "CalendarEntry",
    "Call",
    "CallKind",
    "CallPartner",
    "CallReminder",
    "CallSpecialty",
    "CallState",
    "CaseState",
    "Category",
    "Choice",
    "ContractKind",
    "Draw",
    "Evidence",
    "EvidencePart",
    "EvidenceState",
    "Finding",
    "FrozenRules",
    "Interview",
    "ListRule",
    "ListVersion",
    "Mechanism",
    "Nomination",
    "NominationAnswer",
    "NominationVersion",
    "OutageExtension",
    "Outcome",
    "Outlook",
    "Panel",
    "PanelMember",
    "PaperApplication",
    "Post",
    "PostOrder",
    "PostOrders",
    "PostOutlook",
    "ProfileReview",
    "Reach",
    "ReadField",
    "Reading",
    "Recusal",
    "RecusalKind",
    "RegionRule",
    "Requirement",
    "Review",
    "ReviewCase",
    "ReviewDecision",
    "ReviewKind",
    "ScoreReview",
    "Sheet",
    "Shift",
    "Shortlist",
    "ShortlistEntry",
    "Stage",
    "Team",
    "TeamKind",
    "TeamPlace",
    "TeamRole",
    "TeamUnit",
    "Tier",
    "Verifier",
    "WitnessSecret",
]


class CallKind(models.TextChoices):
    DRIVE = "drive", _("Jornada de contratación")
    RESIDENCY = "residency", _("Residencia médica")
    TEAMS = "teams", _("Equipos zonales y de supervisión")
    MANAGERS = "managers", _("Mandos superiores")


class CallState(models.TextChoices):
    """What a manager has done to a call. Whether it takes applications is a question of the clock."""

    DRAFT = "draft", _("Borrador")
    PUBLISHED = "published", _("Publicada")


class Mechanism(models.TextChoices):
    SERIAL = "serial", _("Por orden de mérito")
    LIVE = "live", _("En vivo, por turnos en orden de mérito")
    STABLE = "stable", _("Cada plaza con su propio orden")


class PostOrders(models.TextChoices):
    """Where the orders of the posts come from under ``Mechanism.STABLE``."""

    MERIT = "merit", _("El mérito, igual en todas")
    POINTS = "points", _("El mérito más puntos")
    PARTNER = "partner", _("El mérito; en las de un instituto socio, el orden de su propuesta")
    IMPORTED = "imported", _("Una lista de cada plaza")


class RegionRule(models.TextChoices):
    FLEXIBLE = "flexible", _("Flexible")
    TARGET = "target", _("Cortar al objetivo")


class ListRule(models.TextChoices):
    FREE = "free", _("Las opciones que cada quien quiera")
    COMPLETE = "complete", _("Todas las sedes de la especialidad")


class Call(models.Model):
    """Published rules and dates of a process.

    ``score_criteria`` is the order rule as data, the first criterion first:
    ``[{"key", "label", "decimals", "minimum", "maximum", "declared"}]``,
    higher is better, exact decimals; the lottery always comes last. One with
    ``"source"`` ("panel" or "profile") is only ever computed from what panels or
    profile reviews recorded, by ``rubric`` or ``profile``, which are frozen too.
    ``opens_at`` is the first and ``closes_at`` the last second in which one
    can apply. ``rules_digest`` is the SHA-256 of the ``FrozenRules``; later
    changes are addenda.
    ``post_orders``, ``order_points``, ``seat_classes``, ``regions`` and
    ``region_rule`` say how seats are shared out, as ``rules.design.Design``
    reads them; ``categories`` who may apply, as ``rules.categories.Categories``.
    ``aftermath`` says what follows the publication of results, as
    ``rules.aftermath.Aftermath`` reads it. ``standings`` counts how often people's groups and origins, or
    posts' own orders, were loaded.
    ``answer_key`` is the key of the examination, if its answers were loaded.
    ``outage_window`` and ``outage_grace`` are minutes: what an outage in the
    last ones before closing gives back, and how many more.
    ``lottery_seed`` stays secret until a run reveals it. ``lottery_source``
    says what else it depends on, as ``rules.lottery.Source`` reads it, and
    ``lottery_beacon`` is its text, empty until the ``Draw`` is fixed.
    ``amendments`` counts the addenda; ``edited_at`` is of the last saved change.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="calls")
    previous = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    code = models.SlugField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=CallKind)
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=300)
    issuing_authority = models.CharField(max_length=160)
    legal_basis = models.TextField()
    contact = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=CallState, default=CallState.DRAFT)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    results_at = models.DateTimeField()
    outage_window = models.PositiveSmallIntegerField(default=180)
    outage_grace = models.PositiveSmallIntegerField(default=30)
    mechanism = models.CharField(max_length=10, choices=Mechanism, default=Mechanism.SERIAL)
    post_orders = models.CharField(max_length=10, choices=PostOrders, default=PostOrders.MERIT)
    order_points = models.JSONField(default=dict, blank=True)
    seat_classes = models.JSONField(default=list, blank=True)
    regions = models.JSONField(default=list, blank=True)
    region_rule = models.CharField(max_length=10, choices=RegionRule, default=RegionRule.FLEXIBLE)
    aftermath = models.JSONField(default=dict, blank=True)
    categories = models.JSONField(default=list, blank=True)
    standings = models.PositiveIntegerField(default=0)
    list_rule = models.CharField(max_length=10, choices=ListRule, default=ListRule.FREE)
    max_choices = models.PositiveSmallIntegerField(null=True)
    score_criteria = models.JSONField(default=list)
    rubric = models.JSONField(default=dict, blank=True)
    profile = models.JSONField(default=list, blank=True)
    rules_text = models.TextField(blank=True)
    rules_digest = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True)
    answer_key = models.CharField(max_length=600, blank=True)
    lottery_seed = models.CharField(max_length=64, blank=True)
    lottery_commitment = models.CharField(max_length=80, blank=True)
    lottery_source = models.JSONField(default=dict, blank=True)
    lottery_beacon = models.TextField(blank=True)
    amendments = models.PositiveSmallIntegerField(default=0)
    edited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_at = models.DateTimeField(null=True)
    demand_at = models.DateTimeField(null=True)
    # Written by whoever assigns places: this app keeps what it needs of a higher one.
    lists_frozen_at = models.DateTimeField(null=True)
    results_published_at = models.DateTimeField(null=True)
    states = models.ManyToManyField(State, related_name="calls")
    specialties = models.ManyToManyField(Specialty, through="CallSpecialty", related_name="calls")
    is_invented = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at"))
                & models.Q(results_at__gt=models.F("closes_at")),
                name="call_calendar_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(outage_window__range=(30, 1440), outage_grace__lte=240),
                name="call_gives_outages_back",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", published_at__isnull=True, rules_digest="")
                | (
                    models.Q(state="published", published_at__isnull=False)
                    & ~models.Q(rules_digest="")
                    & ~models.Q(lottery_commitment="")
                ),
                name="published_call_has_frozen_rules",
            ),
            models.CheckConstraint(
                condition=models.Q(mechanism="stable") | models.Q(post_orders="merit"),
                name="one_order_for_all_is_merit",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def lottery_key(self) -> str:
        """What draws everybody's ticket: the seed, and after it what nobody could know before."""
        return self.lottery_seed + self.lottery_beacon


class FrozenRules(models.Model):
    """The canonical text that a call froze as it was published. It names every post: a row apart, read when asked for."""

    call = models.OneToOneField(Call, on_delete=models.PROTECT, related_name="frozen")
    text = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="frozen_rules_have_text")]

    def __str__(self) -> str:
        return f"{self.call_id} rules"


class Tier(models.TextChoices):
    CORE = "core", _("Prioritaria")
    LISTED = "listed", _("Incluida")


class CallSpecialty(models.Model):
    """A specialty that a call offers, and whether the call names it as a priority."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="call_specialties")
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT)
    tier = models.CharField(max_length=6, choices=Tier, default=Tier.LISTED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "specialty"], name="call_specialty_once")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.specialty_id}"


class CalendarEntry(models.Model):
    """A date of a call's calendar. ``as_written`` keeps the wording of the document, weekday included."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="calendar")
    label = models.CharField(max_length=160)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    as_written = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="calendar_entry_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.label}"


class Addendum(models.Model):
    """A change to a published call: number, text, and a digest chained to the rules before it.

    Version 1 of the rules is the publication; addendum ``n`` makes version ``n + 1``.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="addenda")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    closes_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="addendum_number_once")]

    def __str__(self) -> str:
        return f"{self.call_id} addendum {self.number}"


class CallReminder(models.Model):
    """That a reminder was written: ``kind`` is a step before the closing it names, or a week."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="reminders")
    kind = models.CharField(max_length=20)
    closes_at = models.DateTimeField()
    written_at = models.DateTimeField()
    told = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "kind", "closes_at"], name="call_reminder_once"),
            models.CheckConstraint(
                condition=models.Q(written_at__lt=models.F("closes_at")), name="call_reminder_before_closing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.kind}"


class Shift(models.TextChoices):
    MORNING = "morning", _("Matutino")
    AFTERNOON = "afternoon", _("Vespertino")
    NIGHT = "night", _("Nocturno")
    WEEKEND = "weekend", _("Jornada acumulada")
    FULL = "full", _("Tiempo completo")


class ContractKind(models.TextChoices):
    PERMANENT = "02", _("Base (02)")
    SUBSTITUTION = "08", _("Sustitución (08)")
    TRAINING = "training", _("Beca de residencia")


class Post(models.Model):
    """Seats that a call offers at one site for one specialty: jobs in a drive, training places in a residency.

    Pay is in Mexican pesos a month; supplements are percentages of it.
    ``listed`` and ``listed_first`` count sent lists as of the call's
    ``demand_at``. ``last_place`` and ``last_score`` are of the previous call.
    ``reserved`` are seats by class key; the rest are open. ``target`` is what
    its region gives it first; ``minimum`` the seats that should be filled.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="posts")
    key = models.CharField(max_length=20)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="posts")
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="posts")
    seats = models.PositiveIntegerField()
    shift = models.CharField(max_length=10, choices=Shift)
    contract = models.CharField(max_length=10, choices=ContractKind)
    monthly_pay = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    isolation_percent = models.PositiveSmallIntegerField(default=0)
    rural_percent = models.PositiveSmallIntegerField(default=0)
    is_priority = models.BooleanField(default=False)
    has_housing = models.BooleanField(default=False)
    has_transport = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    reserved = models.JSONField(default=dict, blank=True)
    target = models.PositiveIntegerField(null=True)
    minimum = models.PositiveIntegerField(default=0)
    listed = models.PositiveIntegerField(default=0)
    listed_first = models.PositiveIntegerField(default=0)
    last_place = models.PositiveIntegerField(null=True)
    last_score = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="post_key_once"),
            models.CheckConstraint(condition=models.Q(seats__gte=1), name="post_has_a_seat"),
            models.CheckConstraint(
                condition=models.Q(minimum__lte=models.F("seats")), name="post_minimum_within_seats"
            ),
            models.CheckConstraint(
                condition=models.Q(target__isnull=True) | models.Q(target__lte=models.F("seats")),
                name="post_target_within_seats",
            ),
            models.CheckConstraint(
                condition=models.Q(isolation_percent__lte=50, rural_percent__lte=20),
                name="post_supplements_in_range",
            ),
        ]
        indexes = [models.Index(fields=["call", "specialty"], name="post_by_specialty")]

    def __str__(self) -> str:
        return self.key


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("Sin enviar")
    SUBMITTED = "submitted", _("Enviada")
    WITHDRAWN = "withdrawn", _("Retirada")


class Application(models.Model):
    """One person's application to one call.

    ``folio`` is the public number; it says nothing about the person.
    ``merit`` holds the values of the call's criteria as decimal strings, in
    their order; empty until known. ``groups`` are keys of the call's classes of
    seats; ``origin_state`` (INEGI) and ``origin_site`` are what posts' own
    orders may give points for; all three are loaded by the institution.
    ``category`` is what the person applies as, empty where the call makes no
    difference; ``category_number`` the number that their force or their
    institute gave them. ``version`` is the number of the current
    ``ListVersion``; 0 before the first.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="applications")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="applications")
    folio = models.CharField(max_length=20, unique=True)
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=ApplicationState, default=ApplicationState.DRAFT)
    merit = models.JSONField(default=list)
    merit_source = models.CharField(max_length=200, blank=True)
    groups = models.JSONField(default=list, blank=True)
    category = models.CharField(max_length=12, choices=Category, blank=True)
    category_number = models.CharField(max_length=30, blank=True)
    origin_state = models.CharField(max_length=2, blank=True)
    origin_site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    accepted_rules = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "person"], name="one_application_per_call"),
            models.CheckConstraint(
                condition=~models.Q(state="submitted") | models.Q(submitted_at__isnull=False),
                name="submitted_application_has_a_time",
            ),
            models.CheckConstraint(
                condition=(models.Q(state="withdrawn") & models.Q(withdrawn_at__isnull=False))
                | (~models.Q(state="withdrawn") & models.Q(withdrawn_at__isnull=True)),
                name="withdrawn_application_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["call", "state"], name="application_by_state")]

    def __str__(self) -> str:
        return self.folio


class PaperApplication(models.Model):
    """That an institution brought an application for a person: from a row of a file, or typed in by an office.

    Whoever brings a file says that the institution holds the person's signed
    consent; the audit keeps that word, and the reason of a file after closing.
    An office says of the one person when they consented in writing, and keeps
    the scan (``consent_file``) or the folio of the sheet; ``office`` is its
    name then. ``email`` and ``rfc`` are as told; nobody has confirmed them.
    """

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="paper")
    file_digest = models.CharField(max_length=64, blank=True)
    row = models.PositiveIntegerField(null=True)
    email = models.EmailField(blank=True)
    rfc = models.CharField(max_length=13, blank=True)
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    office = models.CharField(max_length=200, blank=True)
    consent_on = models.DateField(null=True)
    consent_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    consent_folio = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(
                        row__gte=1, filed_by__isnull=True, office="", consent_on__isnull=True,
                        consent_file__isnull=True, consent_folio="",
                    )
                    & ~models.Q(file_digest="")
                )
                | (
                    models.Q(
                        file_digest="", row__isnull=True, filed_by__isnull=False, consent_on__isnull=False
                    )
                    & ~models.Q(office="")
                    & (models.Q(consent_file__isnull=False) | ~models.Q(consent_folio=""))
                ),
                name="paper_application_names_its_row_or_its_consent",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.application_id} {f'row {self.row}' if self.row else self.office}"


class Choice(models.Model):
    """A post in an application's current list. Rank 1 is the most wanted."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="choices")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="choices")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "post"], name="post_chosen_once"),
            models.UniqueConstraint(fields=["application", "rank"], name="rank_given_once"),
            models.CheckConstraint(condition=models.Q(rank__gte=1), name="ranks_begin_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.rank}"


class ListVersion(models.Model):
    """A list as it was saved: kept for ever, so that nothing a person ordered is ever lost.

    ``posts`` are post ids, best first. A save that met a newer version is kept
    with ``is_refused`` and can be taken over. What counts at closing is the
    newest version with ``sent_at`` of an application that is not withdrawn;
    ``receipt`` and ``digest`` are what the person was given for it.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    based_on = models.PositiveIntegerField()
    posts = models.JSONField()
    is_refused = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=30, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="list_version_once"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True, receipt="", digest="")
                | (
                    models.Q(sent_at__isnull=False, is_refused=False)
                    & ~models.Q(receipt="")
                    & ~models.Q(digest="")
                ),
                name="sent_list_has_a_receipt",
            ),
        ]
        indexes = [
            models.Index(fields=["application", "-sent_at"], name="list_version_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} v{self.number}"
