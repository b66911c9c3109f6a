"""The documents that a draft asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cauce.calls.forms.desk import Seen
from cauce.calls.models import Category, Reach, Verifier
from cauce.calls.rules.requirements import LONGEST_CURE, LONGEST_VALIDITY, Asked

_CURABLE = {"yes": True, "no": False, "": None}


class CatalogueForm(forms.Form):
    """Which documents of the catalogue to ask for besides."""

    keys = forms.MultipleChoiceField(
        label=_("Documentos del catálogo"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Elegir al menos un documento.")},
    )

    def __init__(self, *args: Any, offered: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {one.key: one for one in offered}
        field = self.fields["keys"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.key, one.name) for one in offered]

    def asked(self) -> list[Asked]:
        return [self.offered[key] for key in self.offered if key in self.cleaned_data["keys"]]


class RequirementForm(Seen):
    name = forms.CharField(max_length=120, label=_("Nombre"))
    detail = forms.CharField(
        max_length=400, required=False, label=_("Cómo debe ser"), widget=forms.Textarea(attrs={"rows": 2})
    )
    is_curable = forms.ChoiceField(
        label=_("Si algo falla, ¿se puede corregir?"),
        choices=[
            ("yes", _("Sí, es subsanable")),
            ("no", _("No es subsanable")),
            ("", _("Sin decidir todavía")),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Sin decidirlo, la convocatoria no se publica."),
    )
    cure_days = forms.IntegerField(
        min_value=1, max_value=LONGEST_CURE, required=False, label=_("Días hábiles para corregir")
    )
    validity_days = forms.IntegerField(
        min_value=1, max_value=LONGEST_VALIDITY, required=False, label=_("Vigencia, en días desde que se expide"),
        help_text=_("En blanco si no vence."),
    )  # fmt: skip
    alternative = forms.CharField(
        max_length=300, required=False, label=_("Qué se acepta en su lugar"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    reach = forms.ChoiceField(choices=Reach.choices, label=_("A quién se pide"))
    category = forms.ChoiceField(
        choices=[("", _("Cualquiera de las que se admiten")), *Category.choices], required=False,
        label=_("A qué categoría se pide"),
        help_text=_("A las demás personas no les aparece."),
    )  # fmt: skip
    verifier = forms.ChoiceField(choices=Verifier.choices, label=_("Quién lo verifica"))
    is_needed = forms.TypedChoiceField(
        choices=[("yes", _("Es indispensable")), ("no", _("Es opcional"))],
        coerce=lambda value: value == "yes", label=_("¿Hace falta?"), widget=forms.RadioSelect,
    )  # fmt: skip
    source = forms.CharField(
        max_length=300,
        required=False,
        label=_("De dónde sale"),
        help_text=_("Ley, norma o convocatoria que lo pide."),
    )

    @staticmethod
    def initial_of(asked: Asked) -> dict[str, Any]:
        curable = next(word for word, value in _CURABLE.items() if value is asked.is_curable)
        return {**asked.values(), "is_curable": curable, "is_needed": "yes" if asked.is_needed else "no"}

    def values(self, key: str) -> Asked:
        data = self.cleaned_data
        is_curable = _CURABLE[data["is_curable"]]
        return Asked(
            key=key,
            **self.sent(
                (
                    "name",
                    "detail",
                    "validity_days",
                    "alternative",
                    "reach",
                    "category",
                    "verifier",
                    "is_needed",
                    "source",
                )
            ),
            is_curable=is_curable,
            cure_days=data["cure_days"] if is_curable else None,
        )
