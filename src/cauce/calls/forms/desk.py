"""What managers send. Forms parse; they never write. ``values()`` gives the part of the draft that was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cauce.base.forms import DayInput
from cauce.calls.models import (
    Call,
    CallKind,
    ContractKind,
    ListRule,
    Shift,
    Tier,
)
from cauce.calls.rules.downtime import GRACE, WINDOW
from cauce.calls.rules.drafting import MOST_DECIMALS, Dates, Entry, General, PostValues, Scope
from cauce.calls.rules.panels import PANEL, PROFILE, RECORDED
from cauce.institutions.models import Institution, Site, Specialty, State

CODE = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$"


class MomentInput(DayInput):
    """A moment typed as day, month, year and hour to the second, in the time of the centre."""

    parts: Any = (_("Día"), _("Mes"), _("Año"), _("Hora"))
    widgets_names: list[str]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        hour = forms.TextInput(
            attrs={"maxlength": "8", "size": "8", "autocomplete": "off", "spellcheck": "false"}
        )
        self.widgets = [*self.widgets, hour]
        self.widgets_names = [*self.widgets_names, "_3"]

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return [local.day, local.month, local.year, local.strftime("%H:%M:%S")]
        if not value:
            return [None, None, None, None]
        day, _space, hour = str(value).partition(" ")
        return [*super().decompress(day), hour.strip("?")]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        day, month, year, hour = (
            str(part or "").strip() for part in forms.MultiWidget.value_from_datadict(self, data, files, name)
        )
        if not (day or month or year):
            return ""
        return f"{year}-{month.zfill(2) if month else ''}-{day.zfill(2) if day else ''} {hour or '?'}"


class MomentField(forms.DateTimeField):
    """A ``DateTimeField`` to the second, in the time of the centre."""

    widget = MomentInput
    default_error_messages = {
        "invalid": _(
            "No es una fecha con hora. Escribir día, mes, año y hora, por ejemplo 23, 2, 2024 y 23:59:59."
        )
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**kwargs)


class Seen(forms.Form):
    """A form that carries the fingerprint of what its page showed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)

    def sent(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in names}


def resend(form: Any, **values: Any) -> None:
    """Let a bound form carry other hidden values when it is shown again; lists give several."""
    form.data = form.data.copy()
    for name, value in values.items():
        form.data.setlist(name, value if isinstance(value, list) else [value])


_DATES = ("opens_at", "closes_at", "results_at", "outage_window", "outage_grace")


class DatesForm(Seen):
    opens_at = MomentField(
        label=_("Apertura"), help_text=_("El primer segundo en que se recibe una solicitud.")
    )
    closes_at = MomentField(
        label=_("Cierre"), help_text=_("El último segundo en que se recibe. Hora del centro.")
    )
    results_at = MomentField(label=_("Resultados"), help_text=_("Cuándo se publican a más tardar."))

    outage_window: Any = forms.IntegerField(
        min_value=WINDOW[0], max_value=WINDOW[1], label=_("Interrupciones que cuentan, en minutos antes del cierre"),
        help_text=_("Si el sitio falla en ese tiempo, el cierre se mueve lo que haya fallado. Tres horas son 180."),
    )  # fmt: skip
    outage_grace: Any = forms.IntegerField(
        min_value=GRACE[0], max_value=GRACE[1], label=_("Minutos de gracia que se suman"),
        help_text=_("Además de lo que falló: para volver a entrar y enviar."),
    )  # fmt: skip

    def values(self) -> Dates:
        return Dates(**self.sent(name for name in _DATES if name in self.fields))


class NewCallForm(DatesForm):
    outage_window = outage_grace = None  # a new draft has the usual ones
    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("Institución"))
    kind = forms.ChoiceField(choices=CallKind.choices, label=_("Tipo"))
    code = forms.RegexField(
        CODE,
        max_length=20,
        label=_("Clave"),
        help_text=_(
            "Corta, con mayúsculas y números: va en la dirección y en los folios. Por ejemplo, JR25."
        ),
        error_messages={
            "invalid": _("Usar mayúsculas, números y guiones, y empezar con letra. Por ejemplo, JR25.")
        },
    )
    title = forms.CharField(max_length=160, label=_("Título"))
    field_order = ("institution", "kind", "code", "title", "opens_at", "closes_at", "results_at")

    def __init__(self, *args: Any, institutions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["institution"]
        field.queryset = institutions  # type: ignore[attr-defined]
        field.label_from_instance = lambda one: f"{one.acronym}, {one.name}"  # type: ignore[attr-defined]
        if len(institutions) == 1:
            field.initial = institutions[0]


class GeneralForm(Seen):
    """A draft may lack almost anything; each help says what publishing will ask for."""

    mark_optional = False
    kind = forms.ChoiceField(choices=CallKind.choices, label=_("Tipo"))
    title = forms.CharField(max_length=160, label=_("Título"))
    summary = forms.CharField(
        max_length=300, required=False, label=_("Resumen"), help_text=_("Una o dos frases para la lista pública, si hacen falta."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    issuing_authority = forms.CharField(
        max_length=160,
        required=False,
        label=_("Autoridad que convoca"),
        help_text=_("Obligatoria para publicar."),
    )
    legal_basis = forms.CharField(
        max_length=4000, required=False, label=_("Fundamento"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ley, acuerdo o contrato. Obligatorio para publicar."),
    )  # fmt: skip
    contact = forms.CharField(
        max_length=200, required=False, label=_("Contacto"),
        help_text=_("Nombre o área, con teléfono o correo. Obligatorio para publicar."),
    )  # fmt: skip
    list_rule = forms.ChoiceField(
        choices=ListRule.choices, label=_("Qué lleva cada lista"), widget=forms.RadioSelect,
        help_text=_(
            "Con todas las sedes, nadie se queda sin lugar por haber pedido pocas mientras sobran en su especialidad."
        ),
    )  # fmt: skip
    max_choices = forms.IntegerField(
        required=False, min_value=1, max_value=1000, label=_("Máximo de opciones por lista"),
        help_text=_("En blanco, sin máximo."),
    )  # fmt: skip
    previous = forms.ModelChoiceField(
        Call.objects.none(), required=False, label=_("Convocatoria anterior"), empty_label=_("Ninguna"),
        help_text=_("De ella salen los cortes del año pasado. Puede no haberla."),
    )  # fmt: skip
    rules_text = forms.CharField(
        max_length=100_000, required=False, label=_("Bases"), widget=forms.Textarea(attrs={"rows": 18}),
        help_text=_("Lo que obliga, en español llano. Obligatorias para publicar; ahí se congelan."),
    )  # fmt: skip

    def __init__(self, *args: Any, calls: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["previous"]
        field.queryset = calls  # type: ignore[attr-defined]
        field.label_from_instance = lambda call: f"{call.code}, {call.title}"  # type: ignore[attr-defined]

    def values(self) -> General:
        previous = self.cleaned_data["previous"]
        names = (
            "kind", "title", "summary", "issuing_authority", "legal_basis", "contact", "list_rule", "max_choices",
        )  # fmt: skip
        text = self.cleaned_data["rules_text"].replace("\r\n", "\n")
        basis = self.cleaned_data["legal_basis"].replace("\r\n", "\n")
        summary = self.cleaned_data["summary"].replace("\r\n", "\n")
        sent = {**self.sent(names), "legal_basis": basis, "summary": summary}
        return General(**sent, rules_text=text, previous_id=previous.pk if previous else None)


class EntryForm(Seen):
    label = forms.CharField(max_length=160, label=_("Qué es"), help_text=_("Por ejemplo, Mesas en Oaxaca."))
    starts_at = MomentField(label=_("Empieza"))
    ends_at = MomentField(label=_("Termina"), required=False)
    as_written = forms.CharField(
        max_length=160, required=False, label=_("Como está escrito en el documento"),
        help_text=_("Con el día de la semana, si lo dice. Si no coincide con la fecha, se avisa."),
    )  # fmt: skip

    def values(self) -> Entry:
        return Entry(**self.sent(("label", "starts_at", "ends_at", "as_written")))


class ScopeForm(Seen):
    """States as boxes; one choice of tier per specialty, named ``specialty_<id>``."""

    mark_optional = False

    states = forms.MultipleChoiceField(
        required=False, label=_("Estados"), widget=forms.CheckboxSelectMultiple(attrs={"class": ""})
    )

    def __init__(
        self, *args: Any, states: Iterable[State], specialties: Iterable[Specialty], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["states"].choices = [(state.key, state.name) for state in states]  # type: ignore[attr-defined]
        self.specialties = list(specialties)
        for specialty in self.specialties:
            self.fields[f"specialty_{specialty.pk}"] = forms.ChoiceField(
                choices=[("", _("No se ofrece")), *Tier.choices], required=False, label=specialty.name
            )

    @property
    def rows(self) -> list[forms.BoundField]:
        return [self[f"specialty_{specialty.pk}"] for specialty in self.specialties]

    @property
    def shown_states(self) -> list[str]:
        """The names of the states put, for who may only read."""
        put = set(self["states"].value() or ())
        return [name for key, name in self.fields["states"].choices if key in put]  # type: ignore[attr-defined]

    @property
    def shown_specialties(self) -> list[tuple[str, str]]:
        """The specialties on offer, each with its tier in words, for who may only read."""
        return [
            (specialty.name, str(Tier(tier).label))
            for specialty in self.specialties
            if (tier := self[f"specialty_{specialty.pk}"].value())
        ]

    def values(self) -> Scope:
        tiers = ((one.pk, self.cleaned_data[f"specialty_{one.pk}"]) for one in self.specialties)
        return Scope(
            states=tuple(sorted(self.cleaned_data["states"])),
            specialties=tuple(sorted((pk, tier) for pk, tier in tiers if tier)),
        )


class CriterionForm(Seen):
    label = forms.CharField(
        max_length=80, label=_("Nombre"), help_text=_("Por ejemplo, Calificación de egreso.")
    )
    key = forms.RegexField(
        r"^[a-z][a-z0-9_]*$", max_length=30, label=_("Clave"),
        help_text=_("Para archivos: minúsculas, números y guion bajo. Por ejemplo, exit_grade."),
        error_messages={"invalid": _("Usar minúsculas sin acento, números y guion bajo, y empezar con letra.")},
    )  # fmt: skip
    decimals = forms.IntegerField(min_value=0, max_value=MOST_DECIMALS, label=_("Decimales"))
    minimum = forms.DecimalField(max_digits=15, decimal_places=MOST_DECIMALS, label=_("Mínimo"))
    maximum = forms.DecimalField(max_digits=15, decimal_places=MOST_DECIMALS, label=_("Máximo"))
    declared = forms.ChoiceField(
        choices=[
            ("yes", _("Lo declara cada persona al solicitar")), ("no", _("Lo carga la institución")),
            (PANEL, _("Lo califica un jurado con la rúbrica: ningún archivo puede ponerlo")),
            (PROFILE, _("Sale de la revisión del perfil: ningún archivo puede ponerlo")),
        ],
        label=_("De dónde sale"), widget=forms.RadioSelect,
    )  # fmt: skip

    @staticmethod
    def initial_of(criterion: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **criterion,
            "declared": criterion.get("source") or ("yes" if criterion["declared"] else "no"),
        }

    def criterion(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "key": data["key"],
            "label": data["label"],
            "decimals": data["decimals"],
            "minimum": f"{data['minimum'].normalize():f}",
            "maximum": f"{data['maximum'].normalize():f}",
            "declared": data["declared"] == "yes",
            **({"source": data["declared"]} if data["declared"] in RECORDED else {}),
        }


class PostForm(Seen):
    key = forms.RegexField(
        r"^[A-Za-z0-9._-]+$", max_length=20, label=_("Clave"), help_text=_("Única en la convocatoria. Por ejemplo, 20-0031."),
        error_messages={"invalid": _("Usar letras sin acento, números, guiones o puntos.")},
    )  # fmt: skip
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Sede"))
    specialty = forms.ModelChoiceField(
        Specialty.objects.none(), label=_("Especialidad"), empty_label=_("Elegir…")
    )
    seats = forms.IntegerField(min_value=1, max_value=999, label=_("Lugares"))
    shift = forms.ChoiceField(choices=Shift.choices, label=_("Turno"))
    contract = forms.ChoiceField(choices=ContractKind.choices, label=_("Contrato"))
    monthly_pay = forms.DecimalField(
        required=False, min_value=0, max_digits=9, decimal_places=2, label=_("Sueldo mensual, en pesos")
    )
    isolation_percent = forms.IntegerField(
        min_value=0,
        max_value=50,
        initial=0,
        label=_("Compensación por aislamiento, en porcentaje del sueldo"),
    )
    rural_percent = forms.IntegerField(
        min_value=0, max_value=20, initial=0, label=_("Compensación por zona rural, en porcentaje del sueldo")
    )
    is_priority = forms.BooleanField(required=False, label=_("Plaza prioritaria"))
    has_housing = forms.BooleanField(required=False, label=_("Con vivienda"))
    has_transport = forms.BooleanField(required=False, label=_("Con transporte"))
    note = forms.CharField(max_length=300, required=False, label=_("Nota pública"))

    def __init__(self, *args: Any, sites: Iterable[Site], specialties: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(sites)
        field = self.fields["site"]
        field.queryset = Site.objects.all()  # type: ignore[attr-defined]
        field.choices = [  # type: ignore[attr-defined]
            ("", _("Elegir…")),
            *(
                (state, [(site.pk, f"{site.municipality}: {site.name}") for site in group])
                for state, group in groupby(rows, key=lambda site: site.state.name)
            ),
        ]
        self.fields["specialty"].queryset = specialties  # type: ignore[attr-defined]

    def values(self) -> PostValues:
        data = self.cleaned_data
        names = (
            "key", "seats", "shift", "contract", "monthly_pay", "isolation_percent", "rural_percent", "is_priority",
            "has_housing", "has_transport", "note",
        )  # fmt: skip
        return PostValues(**self.sent(names), site_id=data["site"].pk, specialty_id=data["specialty"].pk)


class TableForm(forms.Form):
    """A pasted table or a file; one of the two."""

    mark_optional = False
    table = forms.CharField(
        required=False, max_length=1_000_000, strip=False, label=_("Tabla"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "wrap": "off"}),
        help_text=_("Copiar las celdas de la hoja de cálculo, con su encabezado, y pegarlas aquí."),
    )  # fmt: skip
    file = forms.FileField(required=False, label=_("O bien, un archivo CSV"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("table", "").strip() and not data.get("file"):
            self.add_error("table", _("No hay nada que leer. Pegar la tabla o elegir el archivo."))
        return data

    def data_sent(self) -> bytes | str:
        uploaded = self.cleaned_data.get("file")
        return uploaded.read() if uploaded else self.cleaned_data["table"]


class PasteForm(forms.Form):
    """A pasted table; a file has its own page."""

    table = forms.CharField(
        max_length=1_000_000, strip=False, label=_("Tabla"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "wrap": "off"}),
        help_text=_("Copiar las celdas de la hoja de cálculo, con su encabezado, y pegarlas aquí."),
        error_messages={"required": _("No hay nada que leer. Pegar la tabla con su encabezado.")},
    )  # fmt: skip


class PublishForm(forms.Form):
    """``digest`` is of the rules as shown; ``warnings`` the keys of the warnings shown with them."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    warnings = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput, required=False)
    read = forms.BooleanField(required=False)

    def __init__(self, *args: Any, warnings: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warnings"].choices = [(key, key) for key in warnings]  # type: ignore[attr-defined]
        self.fields["warnings"].initial = warnings
        if warnings:
            self.fields["read"].label = _("Leí los avisos, y se publica así")
        else:
            del self.fields["read"]

    def acknowledged(self) -> list[str]:
        return self.cleaned_data["warnings"] if self.cleaned_data.get("read") else []


class AddendumForm(forms.Form):
    text = forms.CharField(
        max_length=10_000, label=_("Qué cambia y por qué"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Lo reciben todas las personas con solicitud. No se puede borrar."),
    )  # fmt: skip
    closes_at = MomentField(
        required=False,
        label=_("Nuevo cierre"),
        help_text=_("En blanco, el cierre no cambia. Solo puede ser más tarde."),
    )
