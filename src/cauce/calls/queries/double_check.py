"""How often a first decision about documents does not stand when somebody decides again without seeing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.base import figures
from cauce.calls.models import Call, Review, Stage


@dataclass(frozen=True, slots=True)
class Checked:
    """How many first decisions were looked at again without being shown, and how many did not stand."""

    decided: int
    checked: int
    changed: int

    @property
    def rate(self) -> str:
        return figures.percent(self.changed / self.checked, 1) if self.checked else ""

    @property
    def words(self) -> str:
        if not self.checked:
            return _("Todavía no termina ninguna doble revisión a ciegas.")
        return ngettext(
            "De %(checked)s expediente revisado dos veces a ciegas, %(changed)s decisión cambió (%(rate)s).",
            "De %(checked)s expedientes revisados dos veces a ciegas, %(changed)s decisiones cambiaron (%(rate)s).",
            self.checked,
        ) % {
            "checked": figures.number(self.checked),
            "changed": figures.number(self.changed),
            "rate": self.rate,
        }


def checked(call: Call) -> Checked:
    """Return the published error rate of the review; one query."""
    counts = Review.objects.filter(case__call=call, stage=Stage.FIRST).aggregate(
        decided=Count("pk"),
        checked=Count("pk", filter=Q(was_upheld__isnull=False)),
        changed=Count("pk", filter=Q(was_upheld=False)),
    )
    return Checked(**counts)
