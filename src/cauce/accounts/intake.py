"""Reads the catalogue files of the app: the privacy notice and the people of the demo."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

CATALOGUE = Path(__file__).parent / "catalogue"
_ZONE = ZoneInfo("America/Mexico_City")


@dataclass(frozen=True, slots=True)
class NoticeTexts:
    """One version of the privacy notice as its files hold it."""

    version: int
    valid_from: datetime
    simplified: str
    simplified_en: str
    integral: str
    integral_en: str

    @property
    def digest(self) -> str:
        """SHA-256 of the four texts, in the order of the fields."""
        texts = (self.simplified, self.simplified_en, self.integral, self.integral_en)
        return hashlib.sha256("\x00".join(texts).encode()).hexdigest()


def privacy_notices() -> list[NoticeTexts]:
    """Return every version, oldest first."""
    versions = json.loads((CATALOGUE / "privacy_notices.json").read_text("utf-8"))
    return [
        NoticeTexts(
            entry["version"],
            datetime.combine(date.fromisoformat(entry["valid_from"]), datetime.min.time(), _ZONE),
            *(
                (CATALOGUE / f"privacy_notice_{entry['version']}.{part}.{language}.txt")
                .read_text("utf-8")
                .strip()
                for part in ("simplified", "integral")
                for language in ("es", "en")
            ),
        )
        for entry in versions
    ]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody invented whom a visitor of the demo can enter as.

    Doctors have names, birth, sex and state; those from abroad, besides, a
    ``country``, a document of it, the temporary ``folio`` with which they
    registered and a ``licence``. Offices have a ``name``, a ``role`` and the
    ``institution`` code where they hold it ("" everywhere).
    """

    email: str
    group: str
    sentence_es: str
    sentence_en: str
    given_names: str = ""
    first_surname: str = ""
    second_surname: str = ""
    birth_date: str = ""
    sex: str = ""
    birth_state: str = ""
    country: str = ""
    document: str = ""
    document_number: str = ""
    folio: str = ""
    licence: str = ""
    name: str = ""
    role: str = ""
    institution: str = ""

    @property
    def is_doctor(self) -> bool:
        return self.group == "doctors"

    @property
    def full_name(self) -> str:
        return self.name or " ".join(
            filter(None, [self.given_names, self.first_surname, self.second_surname])
        )


def demo_people() -> list[DemoPerson]:
    """Return the people of the demo, in the order in which they are shown."""
    return [DemoPerson(**entry) for entry in json.loads((CATALOGUE / "demo_people.json").read_text("utf-8"))]
