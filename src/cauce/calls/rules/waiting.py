"""What waits for a person, in one line each: the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

CLAIM = "claim"  # the kind of a line that lets the person say that their result is wrong
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that a person has to do, or may. ``until`` is its last second, empty while no clock runs.

    ``is_now`` is what cannot wait although no clock runs yet. ``is_choice`` may be left alone without losing anything.
    ``folio`` and ``call`` say to which application it belongs, ``kind`` what it is where others must know.
    """

    folio: str
    call: str
    headline: str
    asked: str
    href: str
    action: str
    until: datetime | None = None
    is_now: bool = False
    is_choice: bool = False
    kind: str = ""

    @property
    def urgency(self) -> tuple[bool, bool, datetime]:
        """What must be done before what may; what runs out first before what runs out later, or never."""
        return self.is_choice, not self.is_now, self.until or _NEVER


def most_urgent_first(lines: Iterable[Waiting]) -> list[Waiting]:
    return sorted(lines, key=lambda line: line.urgency)
