"""What a person answers when their scores are looked at a second time."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.base.files import ACCEPTED
from cauce.calls.rules.second_look import MOST_LETTERS


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=_("Tu respuesta"),
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("La lee la persona que decide. No hace falta contestar: sin respuesta nadie te excluye."),
        error_messages={"required": _("Falta tu respuesta.")},
    )
    file = forms.FileField(
        label=_("Archivo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=_("Una foto o un PDF de 10 MB como máximo."),
    )
