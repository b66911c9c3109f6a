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
    country or state. ``is_invented`` marks the people of demos and tests.
    """

    given_names = models.CharField(max_length=80)
    first_surname = models.CharField(max_length=60)
    second_surname = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex)
    birth_state = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    time_zone = models.CharField(max_length=40, blank=True, default="")
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
