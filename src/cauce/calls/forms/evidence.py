"""What an applicant hands in: files, a photograph of the moment, and when the document was issued."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from cauce.base.files import ACCEPTED
from cauce.base.forms import DayField
from cauce.calls.models import Evidence, Requirement

MOST_UPLOADS = 40


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class UploadsField(forms.FileField):
    """Any number of files in the order in which they were chosen; what they are is looked at later."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        return list(data)[:MOST_UPLOADS] if isinstance(data, list | tuple) else [data] if data else []


class EvidenceForm(forms.Form):
    """``current`` is what is there already, to which pages may be added. Files or a photograph: one is enough."""

    mark_optional = False

    uploads = UploadsField(
        label=_("Fotos o PDF"),
        required=False,
        help_text=_(
            "Hasta 10 MB cada archivo y 20 páginas en total. Si son varias fotos, elígelas en su orden."
        ),
        widget=SeveralFiles(attrs={"accept": ACCEPTED, "multiple": True}),
    )
    photo = UploadsField(
        label=_("O toma la foto ahora"),
        required=False,
        help_text=_("En el teléfono abre la cámara. Que se vean las cuatro esquinas y se pueda leer."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )

    def __init__(self, *args: Any, requirement: Requirement, current: Evidence | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if requirement.validity_days is not None:
            self.fields["issued_on"] = DayField(
                label=_("Fecha en que se expidió"),
                required=False,
                help_text=_("Como la dice el documento, con números."),
                initial=current.issued_on if current else None,
            )
        if current is not None:
            self.fields["adds"] = forms.BooleanField(
                label=_("Agregar al final de lo que ya subí, sin quitarlo"), required=False
            )

    def sent(self) -> list[UploadedFile]:
        return [*self.cleaned_data["uploads"], *self.cleaned_data["photo"]]


class ReadingForm(forms.Form):
    """What the document says, as the person reads it."""

    mark_optional = False

    told = forms.CharField(
        label=_("Si no es eso, escribe lo que dice el documento"),
        max_length=40,
        error_messages={"required": _("Escribe lo que dice el documento.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
