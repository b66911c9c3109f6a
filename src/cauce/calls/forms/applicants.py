"""A file of paper applications, with what has to be said on bringing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.base.import_pages import FileForm

LONGEST_REASON = 500


class ApplicantsForm(FileForm):
    """``is_late`` asks for the reason of a file that comes after closing."""

    consent_held = forms.BooleanField(
        label=_("La institución tiene, firmado en papel, el consentimiento de cada persona del archivo"),
        help_text=_("Nadie de este archivo ha aceptado en línea el aviso de privacidad. Queda en la auditoría quién lo afirma."),
        error_messages={
            "required": _("Sin el consentimiento firmado de cada persona no se carga nada. Con él, marcar la casilla.")
        },
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Motivo por el que entran después del cierre"),
        help_text=_("El acuerdo o la norma que lo permite, en una oración. Queda en la auditoría."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Falta el motivo. Escribir el acuerdo o la norma que lo permite.")},
    )

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_late:
            del self.fields["reason"]

    def terms(self) -> dict[str, Any]:
        return {
            "consent_held": self.cleaned_data["consent_held"],
            "reason": self.cleaned_data.get("reason", ""),
        }
