"""How every form looks: label, help, field, error; the error again in a summary that links to its field."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.template.backends.django import DjangoTemplates as TemplatesOfApps
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

CHECKS = {"checkbox", "radio"}
# Nobody types this much into one line: what is longer came by mistake and is not sent back whole.
LONGEST_LINE = 1000
OWN_TEMPLATES = {
    "django/forms/widgets/radio.html": "base/widgets/choices.html",
    "django/forms/widgets/checkbox_select.html": "base/widgets/choices.html",
    "django/forms/widgets/clearable_file_input.html": "base/widgets/file.html",
}


class Renderer(DjangoTemplates):
    """Render forms with the templates of this app and give each widget the class of its kind."""

    form_template_name = "base/form.html"
    field_template_name = "base/field.html"

    @cached_property
    def engine(self) -> TemplatesOfApps:
        return TemplatesOfApps(
            {
                "NAME": "forms",
                "DIRS": [Path(forms.__file__).parent / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {"builtins": ["cauce.base.templatetags.cauce", "django.templatetags.i18n"]},
            }
        )

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if "widget" in context:
            _dress(context["widget"])
        return super().render(OWN_TEMPLATES.get(template_name, template_name), context, request)


def _dress(widget: dict[str, Any]) -> None:
    for part in widget.get("subwidgets", ()):
        _dress(part)
    if widget.get("is_hidden") or "subwidgets" in widget:
        return
    kind = widget.get("type", "")
    if kind in CHECKS and not widget.get("optgroups"):
        look = "form-check-input"
    elif kind == "select" or "select" in widget.get("template_name", "").rsplit("/", 1)[-1]:
        look = "form-select"
    else:
        look = "form-control"
    value = widget.get("value")
    if kind and isinstance(value, str) and len(value) > LONGEST_LINE:
        widget["value"] = value[:LONGEST_LINE]
    attrs = widget.setdefault("attrs", {})
    invalid = " is-invalid" if attrs.get("aria-invalid") == "true" else ""
    attrs["class"] = f"{attrs.get('class', '')} {look}{invalid}".strip()


class DayInput(forms.MultiWidget):
    """A date typed as day, month and year, in that order. For ``forms.DateField``.

    Gives the field ``YYYY-MM-DD``, or what was typed when it is no date, so
    that the field refuses it and the person sees it again.
    """

    template_name = "base/widgets/day.html"
    use_fieldset = True
    parts = (_("Día"), _("Mes"), _("Año"))

    def __init__(self, attrs: dict[str, Any] | None = None, *, is_birthday: bool = False) -> None:
        lengths = (("2", "day"), ("2", "month"), ("4", "year"))
        widgets = [
            forms.TextInput(
                attrs={
                    "inputmode": "numeric",
                    "maxlength": length,
                    "autocomplete": f"bday-{name}" if is_birthday else "off",
                    "spellcheck": "false",
                }
            )
            for length, name in lengths
        ]
        super().__init__(widgets, attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, words in zip(context["widget"]["subwidgets"], self.parts, strict=True):
            part["part"] = words
        return context

    def decompress(self, value: date | str | None) -> list[Any]:
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return [value.day, value.month, value.year]
        if not value:
            return [None, None, None]
        year, month, day = [*str(value).split("-", 2), "", ""][:3]
        return [day, month, year]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        day, month, year = (
            str(part or "").strip() for part in super().value_from_datadict(data, files, name)
        )
        if not (day or month or year):
            return ""
        return f"{year}-{month.zfill(2) if month else ''}-{day.zfill(2) if day else ''}"


class DayField(forms.DateField):
    """A ``DateField`` with ``DayInput`` that says, of a date that does not exist, what was typed."""

    widget = DayInput

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as refusal:
            day, month, year = DayInput().decompress(value)
            typed = "/".join(str(part or "?") for part in (day, month, year))
            words = gettext(
                "%(typed)s no es una fecha. Escribe día, mes y año con números, por ejemplo 13, 2 y 2024."
            )
            raise forms.ValidationError(words % {"typed": typed}, code="invalid") from refusal
