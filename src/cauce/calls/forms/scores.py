"""Two files of scores, sent together."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.base.reading import MOST_OCTETS

_ACCEPT = {"accept": ".xlsx,.csv,.txt,.tsv"}


class ScoresForm(forms.Form):
    a = forms.FileField(
        label=_("Archivo A"), help_text=_("Los puntajes, como salieron de la lectura."),
        widget=forms.FileInput(attrs=_ACCEPT),
    )  # fmt: skip
    b = forms.FileField(
        label=_("Archivo B"), help_text=_("El acta u otra fuente, hecha sin copiar el archivo A."),
        widget=forms.FileInput(attrs=_ACCEPT),
    )  # fmt: skip
    load = forms.BooleanField(required=False, label=_("Cargarlos, si coinciden en todo"))

    def sent(self, name: str) -> bytes:
        """The bytes of one file; no one larger than the limit is ever held whole."""
        return self.cleaned_data[name].read(MOST_OCTETS + 1)
