"""What the buttons of a run carry."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

_STALE = _("La página estaba incompleta. Abrirla de nuevo y repetir.")


class RequestRunForm(forms.Form):
    """``after`` is the number of the last run that the person saw."""

    after = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        widget=forms.HiddenInput,
        error_messages={"required": _STALE, "invalid": _STALE, "min_value": _STALE, "max_value": _STALE},
    )


class PublishForm(forms.Form):
    """``reason`` is asked for when the results would come before their announced date."""

    reason = forms.CharField(
        max_length=600, required=False, strip=True, label=_("Motivo de publicar antes"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Queda en la bitácora y en la página pública de resultados. Sin datos de personas."),
    )  # fmt: skip


class SignForm(forms.Form):
    """``digest`` is that of the answer the person was shown; ``reviews_seen`` the open reviews of scores, once ticked."""

    digest = forms.CharField(
        max_length=80, widget=forms.HiddenInput, error_messages={"required": _STALE, "max_length": _STALE}
    )
    reviews_seen = forms.IntegerField(
        min_value=0, max_value=1_000_000, required=False,
        error_messages={"invalid": _STALE, "min_value": _STALE, "max_value": _STALE},
    )  # fmt: skip
