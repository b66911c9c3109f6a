"""People, how they prove who they are, how they sign in, and what offices they hold."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from cauce.accounts.roles import Role


class Sex(models.TextChoices):
    """As the CURP writes it."""

    WOMAN = "M", _("Mujer")
    MAN = "H", _("Hombre")
    NON_BINARY = "X", _("No binario")


class Person(models.Model):
    """A human being, once, whatever accounts and documents they have.

    ``birth_state`` is an INEGI key (01 to 32), empty when born abroad or not
    told. ``time_zone`` is what the person chose, empty for that of their
    country or state. ``merged_into`` is set on the tombstone of a duplicate.
    ``is_invented`` marks the people of demos and tests.
    """

    given_names = models.CharField(max_length=80)
    first_surname = models.CharField(max_length=60)
    second_surname = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex)
    birth_state = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    time_zone = models.CharField(max_length=40, blank=True, default="")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    is_invented = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sex__in=Sex.values), name="person_sex_known"),
            models.CheckConstraint(condition=~models.Q(given_names=""), name="person_has_given_names"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.given_names, self.first_surname, self.second_surname]))


class DocumentKind(models.TextChoices):
    """The kinds that code names. Others are codes of the catalogue of documents by country."""

    CURP = "curp", _("CURP")
    PASSPORT = "passport", _("Pasaporte")
    DUI = "dui", _("DUI")
    FOLIO = "folio", _("Folio temporal")


# What offices write for foreigners who have no CURP of their own yet. Both are in use, although the check digit
# of the second is wrong; they identify nobody.
GENERIC_CURPS = frozenset({"XEXX010101HNEXXXA4", "XEXX010101MNEXXXA8"})


class IdentityDocument(models.Model):
    """A number that identifies a person. Never a key of anything else.

    ``kind`` is a ``DocumentKind`` or a code that the catalogue of documents
    has for ``country`` (ISO 3166-1 alpha-2). A temporary folio is Cauce's own
    number for who has no CURP; it stays when the CURP comes later, which has
    ``linked_at``. The generic CURPs of foreigners (F22) identify nobody: they
    are kept with ``is_generic`` and may belong to many people. ``doubt`` is
    the code of what could not be confirmed when the number was given.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10)
    country = models.CharField(max_length=2, default="MX")
    number = models.CharField(max_length=30)
    is_generic = models.BooleanField(default=False)
    doubt = models.CharField(max_length=10, blank=True, default="")
    linked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "country", "number"],
                condition=models.Q(is_generic=False),
                name="identity_number_belongs_to_one",
            ),
            # A generic CURP stays beside the own one that comes later.
            models.UniqueConstraint(
                fields=["person", "kind", "country", "is_generic"], name="one_document_of_a_kind"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="") & ~models.Q(number=""), name="identity_document_is_told"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["curp", "folio"]) | models.Q(country="MX"),
                name="curp_and_folio_are_of_mexico",
            ),
            models.CheckConstraint(
                condition=models.Q(is_generic=False) | models.Q(kind="curp"), name="only_a_curp_is_generic"
            ),
            models.CheckConstraint(
                condition=models.Q(is_generic=True)
                | ~models.Q(kind="curp")
                | ~models.Q(number__in=sorted(GENERIC_CURPS)),
                name="generic_curps_identify_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.country}"


class ProfessionalLicence(models.Model):
    """A licence to practise, as its holder tells it; nobody has verified it.

    ``authority`` is a code of the catalogue of authorities (JVPM, DGP) or, of
    other countries, the name that the holder wrote.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="licences")
    country = models.CharField(max_length=2)
    authority = models.CharField(max_length=120)
    number = models.CharField(max_length=30)
    issued_on = models.DateField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "country", "authority", "number"], name="professional_licence_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(country="") & ~models.Q(authority="") & ~models.Q(number=""),
                name="professional_licence_is_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.country}"


class Users(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """An account. People without an account exist (a clerk applies for them); accounts without a person are offices."""

    email = models.EmailField()
    person = models.OneToOneField(Person, on_delete=models.PROTECT, null=True, related_name="user")
    office_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=5, default="es-mx")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects = Users()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_its_case")]

    def __str__(self) -> str:
        return f"user:{self.pk}"

    @property
    def is_staff(self) -> bool:  # asked for by libraries; offices are memberships
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


class Membership(models.Model):
    """An office: a role held by a user at one institution, or everywhere when ``institution_id`` is empty.

    A plain number, not a foreign key: institutions stand above accounts.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    institution_id = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "institution_id"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(institution_id__isnull=True),
                name="membership_everywhere_once",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role}@{self.institution_id or '*'}"


class PrivacyNotice(models.Model):
    """A version of the privacy notice, in both languages. Published versions never change.

    Texts are paragraphs apart by an empty line; ``## `` begins a heading, ``- ``
    an item of a list. ``digest`` is the SHA-256 of the four texts.
    """

    version = models.PositiveSmallIntegerField(primary_key=True)
    simplified = models.TextField()
    simplified_en = models.TextField()
    integral = models.TextField()
    integral_en = models.TextField()
    digest = models.CharField(max_length=64)
    valid_from = models.DateTimeField()

    def __str__(self) -> str:
        return f"privacy notice {self.version}"


class Consent(models.Model):
    """That a person accepted a version of the privacy notice, and when."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, related_name="consents")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "notice"], name="consent_once_per_version")]

    def __str__(self) -> str:
        return f"person:{self.person_id} notice:{self.notice_id}"


class IdentityClaim(models.Model):
    """An account that says it is of somebody whom an institution brought on paper, and has yet to prove it.

    Until then the account has no person: it reads and does nothing of theirs. ``notice`` is the one accepted and
    ``phone`` what was told on registering; both pass to the person with the account.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="claim")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="claims")
    notice = models.ForeignKey(PrivacyNotice, on_delete=models.PROTECT, related_name="+")
    phone = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"user:{self.user_id} claims person:{self.person_id}"


class Right(models.TextChoices):
    """What the law lets a person ask of whoever keeps their data."""

    ACCESS = "access", _("Acceso")
    RECTIFICATION = "rectification", _("Rectificación")
    CANCELLATION = "cancellation", _("Cancelación")
    OPPOSITION = "opposition", _("Oposición")


class DataRequestState(models.TextChoices):
    OPEN = "open", _("Por responder")
    GRANTED = "granted", _("Procede, por cumplir")
    DENIED = "denied", _("No procede")
    DONE = "done", _("Cumplida")
    WITHDRAWN = "withdrawn", _("Retirada")


class DataRequest(models.Model):
    """A request about one's own personal data, with its legal clocks.

    ``due_at`` is when the answer is due, ``effect_due_at`` when what was
    granted must be carried out; both in working days. The clock of the answer
    may be extended once, with a reason.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="data_requests")
    folio = models.CharField(max_length=20, unique=True)
    right = models.CharField(max_length=14, choices=Right)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=DataRequestState, default=DataRequestState.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(max_length=600, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    effect_due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "right"],
                condition=models.Q(state__in=("open", "granted")),
                name="one_live_request_of_a_right",
            ),
            models.CheckConstraint(
                condition=models.Q(right__in=Right.values), name="data_request_right_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("open", "withdrawn"), answered_at__isnull=True)
                | (
                    models.Q(state__in=("granted", "denied", "done"), answered_at__isnull=False)
                    & models.Q(answered_by__isnull=False)
                    & ~models.Q(answer="")
                ),
                name="data_request_answer_has_words",
            ),
            models.CheckConstraint(
                condition=models.Q(extended_at__isnull=True, extension_reason="")
                | (models.Q(extended_at__isnull=False) & ~models.Q(extension_reason="")),
                name="data_request_extension_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(state="done", done_at__isnull=False)
                | (~models.Q(state="done") & models.Q(done_at__isnull=True)),
                name="data_request_done_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.folio


class MergeState(models.TextChoices):
    PROPOSED = "proposed", _("Espera la segunda firma")
    DONE = "done", _("Unidas")
    UNDONE = "undone", _("Separadas otra vez")
    WITHDRAWN = "withdrawn", _("Retirada")
    DISTINCT = "distinct", _("Son dos personas")


class PersonMerge(models.Model):
    """That two people of the registry are one human being, as two officers say; or that they are not.

    ``gone`` stays as a tombstone that points to ``kept`` (``Person.merged_into``). ``moved`` are the rows that were
    given to ``kept``: ``[model, field, [ids]]``, so that the merge can be undone.
    """

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_kept")
    gone = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_gone")
    reason = models.CharField(max_length=600)
    state = models.CharField(max_length=10, choices=MergeState, default=MergeState.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    moved = models.JSONField(default=list)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gone"], condition=models.Q(state__in=("proposed", "done")), name="person_merged_once"
            ),
            models.CheckConstraint(condition=~models.Q(kept=models.F("gone")), name="merge_is_of_two_people"),
            models.CheckConstraint(
                condition=~models.Q(state__in=("done", "undone"))
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("proposed_by"))),
                name="merge_has_four_eyes",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="merge_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"


class RecoveryState(models.TextChoices):
    ASKED = "asked", _("Por confirmar")
    STOPPED = "stopped", _("La detuvo su dueña o dueño")
    DONE = "done", _("Cambiado")
    REFUSED = "refused", _("No procede")


class AccountRecovery(models.Model):
    """A person who lost their e-mail asks for another one, with a picture of an identity document.

    Until ``waits_until`` whoever reads the old address may stop it with a
    secret link, of which only the digest is kept. Then an office decides.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recoveries")
    new_email = models.EmailField()
    proof = models.ForeignKey("base.StoredFile", on_delete=models.PROTECT, related_name="+")
    stop_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=RecoveryState, default=RecoveryState.ASKED)
    asked_at = models.DateTimeField()
    waits_until = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(state="asked"), name="one_recovery_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(waits_until__gt=models.F("asked_at")), name="recovery_waits"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(decided_at__gte=models.F("waits_until")),
                name="recovery_done_after_its_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"recovery of user:{self.user_id}"
