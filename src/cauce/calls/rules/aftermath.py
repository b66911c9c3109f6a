"""What follows the publication of a call's results: the window for claims, the clocks of offers. Pure, frozen with the rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.calls.rules.drafting import Part

LAPSES, ACCEPTS = "lapse", "accept"
MOST_DAYS, MOST_HOURS = 60, 720


@dataclass(frozen=True, slots=True)
class Aftermath(Part):
    """What a call declares for after its results; zeros are what a call without it does.

    ``claim_days`` are working days of the window for claims: with none, what
    is published is definitive. ``answer_hours`` are hours of working days to
    answer an offer: with none, no offers are made here. ``silence`` is what no
    answer means. ``hold_hours`` are the further working hours of a held offer.
    """

    claim_days: int = 0
    answer_hours: int = 0
    silence: str = LAPSES
    hold_hours: int = 0
    may_upgrade: bool = False

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(**row.aftermath)

    def document(self) -> dict[str, Any]:
        """The declaration as it is frozen; nothing where nothing is declared."""
        return asdict(self) if self != Aftermath() else {}


def aftermath_problem(values: Aftermath) -> str:
    """Say what contradicts itself, or nothing."""
    if not values.answer_hours and (values.hold_hours or values.may_upgrade):
        return _("Sin horas para responder no hay ofertas que apartar ni que mejorar.")
    return ""


def aftermath_sentences(values: Aftermath) -> list[str]:
    """Say in plain words what happens after the results, one sentence after another."""
    said = [
        ngettext(
            "Los resultados son provisionales: hay %(count)s día hábil para inconformarse. Después se publica la lista definitiva.",
            "Los resultados son provisionales: hay %(count)s días hábiles para inconformarse. Después se publica la lista definitiva.",
            values.claim_days,
        )
        % {"count": values.claim_days}
        if values.claim_days
        else _("Los resultados que se publican son definitivos.")
    ]
    if not values.answer_hours:
        return said
    said.append(
        _(
            "Cada lugar se ofrece con un documento firmado. Hay %(hours)s horas de días hábiles para responder."
        )
        % {"hours": values.answer_hours}
    )
    said.append(
        _("Si no se responde a tiempo, la oferta vence y el lugar pasa a la siguiente ronda.")
        if values.silence == LAPSES
        else _("Si no se responde a tiempo, la oferta queda aceptada.")
    )
    if values.hold_hours:
        said.append(
            _("Una oferta se puede apartar una vez, por %(hours)s horas hábiles más.")
            % {"hours": values.hold_hours}
        )
    if values.may_upgrade:
        said.append(
            _(
                "Quien acepta puede pedir que, si en otra ronda se libera una opción que prefiere, se le cambie a esa."
            )
        )
    said.append(_("Quien rechaza o deja vencer su oferta ya no entra en las rondas que siguen."))
    return said
