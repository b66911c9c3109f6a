"""What is typed for the other kinds of call: rubric, panels, sheets, teams, profiles, appointments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.base import errors
from cauce.calls.forms.desk import MomentField, Seen
from cauce.calls.models import RecusalKind
from cauce.calls.rules import coverage, managers, panels
from cauce.calls.rules.panels import Rubric


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "true"})


class RubricForm(Seen):
    criteria = forms.CharField(
        max_length=20_000, label=_("Criterios y niveles"), widget=_area(18),
        help_text=_("Un renglón «Nombre; peso» y debajo, de menos a más, un renglón «puntos: qué significa» por nivel. Por ejemplo, «Trato con la comunidad; 2» y debajo «0: no da ejemplos» y «5: da uno y dice qué aprendió»."),
    )  # fmt: skip
    combine = forms.ChoiceField(
        choices=panels.Combine.choices,
        label=_("Si califican varias personas, cuenta"),
        widget=forms.RadioSelect,
    )
    quorum = forms.IntegerField(
        min_value=1, max_value=panels.MOST_PANELLISTS, label=_("Cuántas personas califican, al menos")
    )
    threshold = forms.DecimalField(
        min_value=0, max_digits=9, decimal_places=3, label=_("Diferencia que pide conciliar"),
        help_text=_("En puntos del criterio del orden. Si dos hojas difieren más, el jurado escribe por qué; ninguna cifra se fuerza."),
    )  # fmt: skip
    absent = forms.ChoiceField(
        choices=panels.Absent.choices, label=_("Quien no se presenta"), widget=forms.RadioSelect
    )

    @staticmethod
    def initial_of(rubric: Rubric) -> dict[str, Any]:
        return {
            "criteria": panels.write_rubric(rubric.asked), "combine": rubric.combine, "quorum": rubric.quorum,
            "threshold": rubric.threshold, "absent": rubric.absent, "seen": rubric.fingerprint,
        }  # fmt: skip

    def clean_criteria(self) -> Any:
        try:
            return panels.read_rubric(self.cleaned_data["criteria"])
        except errors.Refused as refused:
            raise forms.ValidationError(f"{refused.message} {refused.remedy}") from None

    def values(self) -> Rubric:
        data = self.cleaned_data
        threshold = f"{data['threshold'].normalize():f}"
        return Rubric(data["criteria"], data["combine"], data["quorum"], threshold, data["absent"])


class PanelForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        label=_("Nombre del jurado"),
        help_text=_("Con el nombre de uno que existe, se cambian sus integrantes."),
    )
    members = forms.MultipleChoiceField(
        label=_("Integrantes"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Quien ya selló una hoja se queda."),
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["members"]
        members.choices = people


class ScheduleForm(forms.Form):
    panel = forms.ChoiceField(label=_("Jurado"))
    starts_at = MomentField(label=_("Primera cita"), help_text=_("Hora del centro."))
    minutes = forms.IntegerField(min_value=5, max_value=240, label=_("Minutos por cita"), initial=30)
    count = forms.IntegerField(min_value=1, max_value=200, label=_("Cuántas citas seguidas"), initial=8)
    is_remote = forms.TypedChoiceField(
        choices=[("no", _("En persona")), ("yes", _("A distancia"))], coerce=lambda value: value == "yes",
        label=_("Cómo"), widget=forms.RadioSelect, initial="no",
    )  # fmt: skip
    place = forms.CharField(max_length=200, label=_("Dirección, o liga de la videollamada"))

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        panel: Any = self.fields["panel"]
        panel.choices = choices


class SecondDateForm(forms.Form):
    starts_at = MomentField(label=_("Segunda fecha"), help_text=_("Hora del centro."))


class MoveForm(forms.Form):
    starts_at = MomentField(label=_("Cuándo"), help_text=_("Hora del centro."))
    is_remote = forms.TypedChoiceField(
        choices=[("no", _("En persona")), ("yes", _("A distancia"))], coerce=lambda value: value == "yes",
        label=_("Cómo"), widget=forms.RadioSelect,
    )  # fmt: skip
    place = forms.CharField(max_length=200, label=_("Dirección, o liga de la videollamada"))


class SheetForm(forms.Form):
    """One question for each criterion; nothing is asked twice, and what is written is kept unfinished too."""

    remark = forms.CharField(
        required=False, max_length=panels.MOST_LETTERS, label=_("En qué se basa"), widget=_area(4),
        help_text=_("La persona lo leerá con los resultados, sin tu nombre."),
    )  # fmt: skip

    def __init__(self, *args: Any, rubric: Rubric, is_whole: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = rubric.asked
        for one in rubric.asked:
            self.fields[one.key] = forms.TypedChoiceField(
                required=is_whole, coerce=int, empty_value=None, widget=forms.RadioSelect, label=one.label,
                help_text=_("Peso %(weight)s") % {"weight": one.weight},
                choices=[(level.points, f"{level.points}. {level.anchor}") for level in one.levels],
            )  # fmt: skip
        self.order_fields([one.key for one in rubric.asked])

    def levels(self) -> dict[str, int]:
        return {
            one.key: self.cleaned_data[one.key]
            for one in self.asked
            if self.cleaned_data.get(one.key) is not None
        }


class RecusalForm(forms.Form):
    kind = forms.ChoiceField(
        choices=RecusalKind.choices, label=_("Por qué te excusas"), widget=forms.RadioSelect
    )


class SubstituteForm(forms.Form):
    """Who sits for whom: ``choices`` are panellists."""

    recusal = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    substitute = forms.ChoiceField(label=_("Quién suple"))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["substitute"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices


class WordsForm(forms.Form):
    words = forms.CharField(
        max_length=panels.MOST_LETTERS, label=_("Por qué difieren las hojas"), widget=_area(4),
        help_text=_("Ninguna cifra cambia: cuenta la regla publicada."),
    )  # fmt: skip


class TeamsForm(forms.Form):
    teams = forms.CharField(
        required=False, max_length=900_000, label=_("Equipos"), widget=_area(10),
        help_text=_("Un renglón por equipo: clave; nombre; zonal o de supervisión; clave del estado; zona; CLUES separadas por espacios."),
    )  # fmt: skip
    places = forms.CharField(
        required=False, max_length=900_000, label=_("Plazas de los equipos"), widget=_area(10),
        help_text=_("Un renglón por plaza: clave de la plaza; clave del equipo; función."),
    )  # fmt: skip

    def clean_teams(self) -> Any:
        return self._read("teams", coverage.read_teams)

    def clean_places(self) -> Any:
        return self._read("places", coverage.read_places)

    def _read(self, name: str, reader: Any) -> Any:
        try:
            return reader(self.cleaned_data[name])
        except errors.Refused as refused:
            raise forms.ValidationError(f"{refused.message} {refused.remedy}") from None


class ProfileForm(forms.Form):
    profile = forms.CharField(
        required=False, max_length=8000, label=_("Requisitos"), widget=_area(10),
        help_text=_("Un renglón por requisito: «Requisito; sí» si es indispensable, o «Requisito; peso» si suma. Por ejemplo, «Cédula de especialidad; sí» y «Dos años en un cargo directivo; 3»."),
    )  # fmt: skip

    def clean_profile(self) -> Any:
        try:
            return managers.read_profile(self.cleaned_data["profile"])
        except errors.Refused as refused:
            raise forms.ValidationError(f"{refused.message} {refused.remedy}") from None


class ProfileReviewForm(forms.Form):
    met = forms.MultipleChoiceField(required=False, label=_("Cumple"), widget=forms.CheckboxSelectMultiple)
    remark = forms.CharField(
        required=False, max_length=panels.MOST_LETTERS, label=_("Con qué documento"), widget=_area(3)
    )

    def __init__(self, *args: Any, profile: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        met: Any = self.fields["met"]
        met.choices = [
            (
                one["key"],
                f"{one['label']} ({one['weight']})"
                if one["weight"]
                else _("%(label)s (indispensable)") % one,
            )
            for one in profile
        ]


class DeclineForm(forms.Form):
    reason = forms.CharField(max_length=panels.MOST_LETTERS, label=_("Por qué declina"), widget=_area(3))


class ProposalForm(forms.Form):
    entry = forms.ChoiceField(label=_("A quién se nombra"), widget=forms.RadioSelect)
    reason = forms.CharField(
        max_length=managers.MOST_REASON, label=_("Razones"), widget=_area(5),
        help_text=_("Por qué esta persona y no las otras de la terna. Se publican con el nombramiento."),
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entry: Any = self.fields["entry"]
        entry.choices = choices
