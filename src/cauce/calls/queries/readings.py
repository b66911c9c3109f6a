"""What a machine read of the documents, beside what the person says and has in their data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from cauce.accounts.models import IdentityDocument
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Application, Evidence, ReadField, Reading
from cauce.calls.rules import readings as rulebook
from cauce.calls.rules.application import DetailsRefused, read_merit


@dataclass(frozen=True, slots=True)
class Read:
    """A reading, with ``typed``: what the person's data say of the same, or nothing."""

    reading: Reading
    typed: str
    may_answer: Verdict

    @property
    def label(self) -> str:
        return str(ReadField(self.reading.field).label)

    @property
    def differs(self) -> bool:
        return rulebook.differ(self.reading.field, [self.reading.value, self.reading.told, self.typed])

    @property
    def is_confirmed(self) -> bool:
        return self.reading.confirmed_at is not None

    @property
    def is_to_do(self) -> bool:
        return not self.reading.told and bool(self.may_answer)

    @property
    def state(self) -> tuple[str, str]:
        if self.differs:
            return "you", _("No coincide")
        return ("ok", _("Confirmado")) if self.is_confirmed else ("you", _("Sin confirmar"))

    @property
    def own(self) -> list[tuple[str, str]]:
        """The values as the person sees them, each with what it is."""
        names = (_("La máquina leyó"), _("Tú dices que es"), _("En tus datos"))
        return [(name, value) for name, value in zip(names, self._values(), strict=True) if value]

    @property
    def reviewed(self) -> list[tuple[str, str]]:
        """The same values as a reviewer sees them: of an identity, only where they differ."""
        names = (_("La máquina leyó"), _("La persona dice que es"), _("En sus datos"))
        told = [(name, value) for name, value in zip(names, self._values(), strict=True) if value]
        if self.reading.field not in rulebook.IDENTITIES:
            return told
        veiled = rulebook.veiled([value for _name, value in told])
        return [(name, value) for (name, _value), value in zip(told, veiled, strict=True)]

    def _values(self) -> tuple[str, str, str]:
        told = "" if self.is_confirmed else self.reading.told
        return self.reading.value, told, self.typed


def readings_of(evidences: Collection[Evidence], actor: Actor) -> dict[int, Read]:
    """Return what was read of each evidence, by its id; one query however many there are."""
    curp = IdentityDocument.objects.filter(
        person=models.OuterRef("evidence__application__person"), kind="curp", is_generic=False
    ).values("number")[:1]
    rows = (
        Reading.objects.filter(evidence__in=evidences)
        .select_related("evidence__application__call")
        .annotate(curp=models.Subquery(curp))
    )
    return {
        row.evidence_id: Read(
            row,
            _typed(row, row.curp or ""),
            rulebook.may_answer(actor, row.evidence.application.person_id, row.evidence),
        )
        for row in rows
    }


def _typed(reading: Reading, curp: str) -> str:
    if reading.field == ReadField.CURP:
        return curp
    if reading.field == ReadField.AVERAGE:
        application = reading.evidence.application
        for criterion, value in zip(application.call.score_criteria, application.merit, strict=False):
            if rulebook.is_average(criterion):
                return str(value)
    return ""


def prefilled(application: Application) -> dict[str, str]:
    """Return what the form of a person's details may begin with, by its field: a confirmed average that the call admits.

    Nothing that the person did not confirm; nothing where they declared a value already.
    """
    merit = [*application.merit, *[""] * len(application.call.score_criteria)]
    lacking = [
        criterion
        for criterion, value in zip(application.call.score_criteria, merit, strict=False)
        if rulebook.is_average(criterion) and not value
    ]
    if not lacking:
        return {}
    read = Reading.objects.filter(
        evidence__application=application,
        evidence__replaced_at__isnull=True,
        field=ReadField.AVERAGE,
        confirmed_at__isnull=False,
    ).first()
    if read is None:
        return {}
    try:
        return {f"criterion_{one['key']}": read_merit(one, read.value) for one in lacking}
    except DetailsRefused:
        return {}  # the average is not on the scale of the call: the person types what the call asks
