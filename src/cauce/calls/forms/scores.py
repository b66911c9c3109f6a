"""Two files of scores, sent together, and what came of looking twice."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.base.import_pages import FileForm
from cauce.base.reading import MOST_OCTETS
from cauce.calls.intake import Pair
from cauce.calls.models import ReviewDecision
from cauce.calls.rules.scores import MOST_LETTERS

_ACCEPT = {"accept": ".xlsx,.csv,.txt,.tsv"}


class ScoresForm(FileForm):
    file = None  # type: ignore[assignment]
    a = forms.FileField(
        label=_("Archivo A"), help_text=_("Los puntajes, como salieron de la lectura."),
        widget=forms.FileInput(attrs=_ACCEPT),
    )  # fmt: skip
    b = forms.FileField(
        label=_("Archivo B"), help_text=_("El acta u otra fuente, hecha sin copiar el archivo A."),
        widget=forms.FileInput(attrs=_ACCEPT),
    )  # fmt: skip

    def name(self) -> str:
        return " + ".join(self.cleaned_data[one].name[:50] for one in "ab")

    def sent(self) -> bytes:
        """Both files as one; none larger than the limit is ever held whole."""
        return Pair(*(self.cleaned_data[one].read(MOST_OCTETS + 1) for one in "ab")).packed()


class OutcomeForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Qué se decide"), choices=ReviewDecision.choices, initial=ReviewDecision.CLEARED, required=False,
        widget=forms.RadioSelect,
        help_text=_("Ninguna cambia el puntaje ni excluye. Turnar espera a que la persona conteste o venza su plazo."),
    )  # fmt: skip
    outcome = forms.CharField(
        label=_("Qué se encontró"), max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
