"""What a reviewer decides of each document of a case, and what a second signatory says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.calls.models import Finding
from cauce.calls.queries.review import Document
from cauce.calls.rules.review import LONGEST_REMARK, REASONS, Mark

_REMARK_HELP = _("La lee la persona. Sin nombres ni datos personales.")


class DecisionForm(forms.Form):
    """For each document that waits: a finding, the reason of whatever is not accepted, and which one was seen."""

    mark_optional = False

    def __init__(self, *args: Any, documents: Sequence[Document], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents = documents
        reasons = [
            ("", gettext("Elegir el motivo")),
            *((code, str(words)) for code, words in REASONS.items()),
        ]
        for one in documents:
            key, name = one.requirement.key, {"name": one.requirement.name}
            self.fields[f"finding_{key}"] = forms.ChoiceField(
                label=gettext("Decisión: %(name)s") % name,
                choices=one.findings,
                widget=forms.RadioSelect,
                error_messages={"required": _("Falta decidir.")},
            )
            self.fields[f"reason_{key}"] = forms.ChoiceField(
                label=gettext("Motivo, si no se acepta: %(name)s") % name, choices=reasons, required=False
            )
            self.fields[f"evidence_{key}"] = forms.IntegerField(
                required=False, widget=forms.HiddenInput, initial=one.evidence.pk if one.evidence else None,
                min_value=1, max_value=2**62,
            )  # fmt: skip
        self.fields["remark"] = forms.CharField(
            label=_("Explicación"), required=False, max_length=LONGEST_REMARK, help_text=_REMARK_HELP,
            widget=forms.Textarea(attrs={"rows": 3}),
        )  # fmt: skip

    def rows(self) -> list[tuple[Document, Any, Any, Any]]:
        """Each document with its three fields."""
        rows = []
        for one in self.documents:
            key = one.requirement.key
            rows.append((one, self[f"finding_{key}"], self[f"reason_{key}"], self[f"evidence_{key}"]))
        return rows

    def marks(self) -> list[Mark]:
        data = self.cleaned_data
        return [
            Mark(
                requirement=key,
                evidence=data[f"evidence_{key}"],
                finding=data[f"finding_{key}"],
                reason="" if data[f"finding_{key}"] == Finding.ACCEPT else data[f"reason_{key}"],
            )
            for key in (one.requirement.key for one in self.documents)
        ]


class SignatureForm(forms.Form):
    mark_optional = False

    signs = forms.TypedChoiceField(
        label=_("Segunda firma"),
        choices=[("yes", _("Firmar la exclusión")), ("no", _("No firmarla: que decida una tercera persona"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Falta decidir si se firma.")},
    )
    remark = forms.CharField(
        label=_("Razón, si no se firma"), required=False, max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
