"""The lottery that settles ties: fixed before the lists closed, drawn once, repeatable by anyone."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from cauce_engine.faults import InvalidQuestion, quoted

_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}")


def commitment_of(seed: str) -> str:
    """The text to publish before the lists close: it binds the seed without revealing it."""
    return "sha256:" + hashlib.sha256(seed.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Lottery:
    """A seed, the commitment published for it, and a value (beacon) published after the lists closed.

    Raises `InvalidQuestion` when the commitment is not that of the seed.
    """

    seed: str
    commitment: str | None = None
    beacon: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("seed", self.seed), ("beacon", self.beacon), ("commitment", self.commitment)):
            place = f"lottery.{name}"
            if value is None and name != "seed":
                continue
            if not isinstance(value, str) or not value:
                raise InvalidQuestion(
                    place, "{value} is not a text with something in it", value=quoted(value)
                )
            if len(value) > 10_000:
                raise InvalidQuestion(place, "is longer than 10000 characters")
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise InvalidQuestion(place, "contains half of a character (a lone surrogate)") from None
        if self.commitment is None:
            return
        if not _COMMITMENT.fullmatch(self.commitment):
            raise InvalidQuestion("lottery.commitment", 'is not "sha256:" followed by 64 hexadecimal digits')
        if self.commitment != commitment_of(self.seed):
            raise InvalidQuestion("lottery.commitment", "is not the SHA-256 of the seed")

    @property
    def key(self) -> bytes:
        """The key of every draw: the seed followed by the beacon."""
        return (self.seed + (self.beacon or "")).encode("utf-8")

    def ticket(self, applicant: str) -> str:
        """The ticket of one person, 64 hexadecimal digits; the smaller ticket comes first."""
        return hmac.digest(self.key, applicant.encode("utf-8"), "sha256").hex()

    def to_document(self) -> dict[str, str]:
        document = {"seed": self.seed}
        if self.commitment is not None:
            document["commitment"] = self.commitment
        if self.beacon is not None:
            document["beacon"] = self.beacon
        return document
