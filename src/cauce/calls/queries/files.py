"""How the documents of many applications stand, for a desk that lists people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cauce.accounts.models import IdentityDocument
from cauce.calls.models import Application, Call, Evidence, EvidenceState, Requirement
from cauce.calls.rules.requirements import expires_on, is_asked_of

MEXICO = "MX"
SOON = timedelta(days=30)
NAMED = 3


@dataclass(frozen=True, slots=True)
class FileStanding:
    """The documents of one application.

    ``verified`` of the ``asked`` are (an optional one counts once it is there); ``missing`` are needed and not handed in; ``expiring`` are verified and run out
    on the day, past or within a month.
    """

    asked: int
    verified: int
    missing: tuple[str, ...]
    expiring: tuple[tuple[str, date], ...]

    @property
    def first(self) -> tuple[str, ...]:
        """The first of what is missing: a line of a table has no room for more."""
        return self.missing[:NAMED]

    @property
    def others(self) -> int:
        return max(len(self.missing) - NAMED, 0)


def file_standings(
    call: Call, applications: Sequence[Application], *, today: date
) -> dict[int, FileStanding]:
    """Return them by application; three queries whatever their number, one where the call asks for nothing."""
    asked = list(Requirement.objects.filter(call=call).order_by("position"))
    if not asked or not applications:
        return {}
    held: defaultdict[int, dict[int, Evidence]] = defaultdict(dict)
    for row in Evidence.objects.filter(application__in=applications, replaced_at__isnull=True):
        held[row.application_id][row.requirement_id] = row
    foreign = set(
        IdentityDocument.objects.filter(person__in=[one.person_id for one in applications])
        .exclude(country=MEXICO)
        .values_list("person_id", flat=True)
    )
    return {
        one.pk: _standing(
            [row for row in asked if is_asked_of(row, is_foreign=one.person_id in foreign, category=one.category)],
            held[one.pk],
            today,
        )
        for one in applications
    }  # fmt: skip


def _standing(asked: Sequence[Requirement], held: dict[int, Evidence], today: date) -> FileStanding:
    verified, missing, expiring = 0, [], []
    for requirement in asked:
        evidence = held.get(requirement.pk)
        if evidence is None:
            if requirement.is_needed:
                missing.append(requirement.name)
        elif evidence.state == EvidenceState.VERIFIED:
            verified += 1
            last = expires_on(requirement, evidence.issued_on)
            if last is not None and last <= today + SOON:
                expiring.append((requirement.name, last))
    counted = sum(one.is_needed or one.pk in held for one in asked)
    return FileStanding(counted, verified, tuple(missing), tuple(expiring))
