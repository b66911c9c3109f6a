"""What an applicant types: their details, and the consent to send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cauce.calls.models import Call
from cauce.institutions.models import specialty_name


class DetailsForm(forms.Form):
    """Specialty, what the call asks each person to declare, and a telephone; ``criteria`` are asked for instead, if given."""

    specialty = forms.ChoiceField(
        label=_("Especialidad"),
        help_text=_(
            "La que aparece en tu diploma o constancia. Tu lista será de plazas de esta especialidad."
        ),
        error_messages={
            "invalid_choice": _("Esa especialidad no está en esta convocatoria. Elige una de la lista.")
        },
    )

    def __init__(
        self, *args: Any, call: Call, criteria: Sequence[dict[str, Any]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        name = f"specialty__{specialty_name()}"
        offered = call.call_specialties.order_by(name).values_list("specialty_id", name)
        specialty = self.fields["specialty"]
        assert isinstance(specialty, forms.ChoiceField)  # noqa: S101 - declared above
        specialty.choices = [("", gettext("Elige una")), *offered]
        self.declared = (
            [one for one in call.score_criteria if one.get("declared")] if criteria is None else criteria
        )
        for criterion in self.declared:
            self.fields[f"criterion_{criterion['key']}"] = forms.CharField(
                label=criterion["label"],
                max_length=20,
                help_text=_bounds(criterion),
                widget=forms.TextInput(
                    attrs={"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}
                ),
            )
        self.fields["phone"] = forms.CharField(
            label=_("Teléfono"),
            max_length=20,
            required=False,
            help_text=_("Por si hay que avisarte algo urgente. Diez números."),
            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        )

    def declared_values(self) -> dict[str, str]:
        """Return what was typed for each declared criterion, by its key."""
        return {one["key"]: self.cleaned_data[f"criterion_{one['key']}"] for one in self.declared}


def _bounds(criterion: dict[str, Any]) -> str:
    """Say what may be typed for a declared criterion."""
    facts = {"low": criterion["minimum"], "high": criterion["maximum"]}
    if not criterion["decimals"]:
        return gettext("De %(low)s a %(high)s, sin decimales. Se comprueba con tus documentos.") % facts
    return ngettext(
        "De %(low)s a %(high)s, con %(decimals)s decimal como máximo. Se comprueba con tus documentos.",
        "De %(low)s a %(high)s, con %(decimals)s decimales como máximo. Se comprueba con tus documentos.",
        criterion["decimals"],
    ) % {**facts, "decimals": criterion["decimals"]}


class SendForm(forms.Form):
    """The consent to send: ``version`` is the list on the page, ``rules`` the version of the rules it showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    rules = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**15)
    accepts = forms.BooleanField()
    consents = forms.BooleanField(
        error_messages={
            "required": _("Falta aceptar el uso de tus datos en esta convocatoria. Marca la casilla.")
        }
    )

    def __init__(self, *args: Any, rules_version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accepts"].label = gettext("Leí y acepto las reglas vigentes (versión %(version)s).") % {
            "version": rules_version
        }
        lacking = gettext("Falta aceptar las reglas vigentes (versión %(version)s).") % {
            "version": rules_version
        }
        self.fields["accepts"].error_messages["required"] = (
            f"{lacking} {gettext('Léelas y marca la casilla.')}"
        )
        self.fields["consents"].label = gettext(
            "Acepto que mis datos se usen en esta convocatoria, como dice el aviso de privacidad."
        )

    @property
    def accepted(self) -> int:
        """The version of the rules that was accepted; 0 for none."""
        return self.cleaned_data["rules"] if self.cleaned_data["accepts"] else 0
