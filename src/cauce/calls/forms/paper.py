"""What proves that a paper application is somebody's."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PaperForm(forms.Form):
    folio = forms.CharField(
        label=_("Folio de tu solicitud"), max_length=60,
        help_text=_("Está en el comprobante que te dieron, por ejemplo JR24-048213-7."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Falta el folio. Cópialo de tu comprobante.")},
    )  # fmt: skip
