"""Who may register, and how they are reached."""

from __future__ import annotations

from datetime import date

from cauce.accounts.rules.curp import PASTE_LIMIT
from cauce.base.errors import Refused
from cauce.base.phrases import phrase as _

# Names the account in whose inbox a letter belongs too; the outbox keeps it and sends it to nobody.
INBOX_OF = "X-Cauce-Inbox-Of"
ADULT_AGE = 18
OLDEST_AGE = 110


class BirthDateRefused(Refused):
    """A date of birth that an adult of today cannot have."""

    code = "birth_date_refused"


def is_demo_address(email: str) -> bool:
    """Whether an address belongs to the demo's people. The domain is reserved for examples: nobody can own it."""
    return email.endswith("@demo.cauce.example")


def check_birth_date(birth_date: date, *, today: date) -> None:
    """Raise ``BirthDateRefused`` unless somebody born then is an adult today."""
    age = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    if birth_date > today:
        message = _("La fecha de nacimiento es posterior a hoy.")
    elif age < ADULT_AGE:
        message = _("Según la fecha de nacimiento, esta persona tiene menos de 18 años.")
    elif age > OLDEST_AGE:
        message = _("Según la fecha de nacimiento, esta persona tiene más de 110 años.")
    else:
        return
    raise BirthDateRefused(message, _("Revísala."), field="birth_date")


def masked(number: str) -> str:
    """Return a document's number with all but its last four characters hidden."""
    return "•" * max(len(number) - 4, 0) + number[-4:]


def masked_email(address: str) -> str:
    """Return an e-mail address of which only its first letter and its domain are told."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"


class PhoneRefused(Refused):
    """The text is no telephone number."""

    code = "phone_refused"


def read_phone(text: str) -> str:
    """Return a telephone as it is kept: digits, with + before a country's code; "" for none.

    Raises ``PhoneRefused``.
    """
    kept = "".join(c for c in text[: PASTE_LIMIT + 1] if not c.isspace() and c not in "-.()")
    if not kept:
        return ""
    digits = kept.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 10 <= len(digits) <= 15):
        raise PhoneRefused(
            _("Un teléfono tiene 10 dígitos, o hasta 15 con la clave del país."),
            _("Escribe solo números, por ejemplo 999 123 4567."),
            field="phone",
        )
    return kept
