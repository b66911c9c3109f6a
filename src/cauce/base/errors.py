"""The one family of anticipated errors, and what a rule answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class DomainError(Exception):
    """Something a person can be told about, and often put right.

    Subclasses live beside the use case that raises them. ``message`` says what
    is wrong and where, ``remedy`` what to do; both are translated and fit to
    show. ``code`` is for tests, logs and the API. ``field`` names the form
    field at fault, if there is one.
    """

    status = 409
    code = "conflict"

    def __init__(
        self, message: Any = "", remedy: Any = "", *, field: str | None = None, **detail: Any
    ) -> None:
        super().__init__(message)
        self.message, self.remedy, self.field, self.detail = message, remedy, field, detail


class Denied(DomainError):
    """The actor may not do this, or not now."""

    status = 403
    code = "denied"


class Refused(DomainError):
    """What was sent is not what it must be; nothing was kept."""

    status = 422
    code = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule answers: true, or false with the reason to show and, if there is one, the remedy."""

    allowed: bool
    reason: Any = ""
    remedy: Any = ""

    def __bool__(self) -> bool:
        return self.allowed

    def unless(self, stands: bool, reason: Any, remedy: Any = "") -> Verdict:
        """Return this verdict, or a refusal if it allows and something else stands in the way."""
        return Verdict(False, reason, remedy) if self.allowed and stands else self

    def enforce(self) -> None:
        """Raise ``Denied`` with the reason unless allowed."""
        if not self.allowed:
            raise Denied(self.reason, self.remedy)


ALLOWED = Verdict(True)
