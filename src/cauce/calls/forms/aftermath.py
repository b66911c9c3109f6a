"""What follows the results, as a manager sends it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.calls.forms.desk import Seen
from cauce.calls.rules.aftermath import ACCEPTS, LAPSES, MOST_DAYS, MOST_HOURS, Aftermath


class AftermathForm(Seen):
    """Fields named as the values; a zero leaves the thing out."""

    mark_optional = False
    claim_days = forms.IntegerField(
        min_value=0, max_value=MOST_DAYS, label=_("Días hábiles para inconformarse"),
        help_text=_("Cuentan desde el día siguiente al de la publicación. Con 0, lo que se publica es definitivo."),
    )  # fmt: skip
    answer_hours = forms.IntegerField(
        min_value=0, max_value=MOST_HOURS, label=_("Horas hábiles para responder una oferta"),
        help_text=_("No cuentan sábados, domingos ni días de descanso. Con 0, aquí no se hacen ofertas."),
    )  # fmt: skip
    silence = forms.ChoiceField(
        choices=[(LAPSES, _("La oferta vence y el lugar se vuelve a ofrecer")), (ACCEPTS, _("La oferta queda aceptada"))],
        label=_("Qué significa no responder"), widget=forms.RadioSelect,
    )  # fmt: skip
    hold_hours = forms.IntegerField(
        min_value=0, max_value=MOST_HOURS, label=_("Horas hábiles más para quien la aparta"),
        help_text=_("Con 0, nadie puede apartar una oferta."),
    )  # fmt: skip
    may_upgrade = forms.BooleanField(
        required=False,
        label=_("Quien acepta puede pedir que se le cambie a una opción que prefiere, si se libera"),
    )

    @staticmethod
    def initial_of(values: Aftermath) -> dict[str, Any]:
        return {**asdict(values), "seen": values.fingerprint}

    def values(self) -> Aftermath:
        return Aftermath(**self.sent(("claim_days", "answer_hours", "silence", "hold_hours", "may_upgrade")))
