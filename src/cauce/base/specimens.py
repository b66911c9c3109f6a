"""What the page of components shows. Every person and figure here is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from cauce.base.drawing import Region, Span, StatesFigure, StatesRow, region_name, span
from cauce.base.errors import ALLOWED, Verdict
from cauce.base.figures import number, percent
from cauce.base.forms import DayField

TODAY = datetime(2026, 11, 21, 18, tzinfo=UTC)
# 27 November 2026, 18:00 in Mexico City.
DEADLINE = datetime(2026, 11, 28, 0, tzinfo=UTC)
SHARES = (22, 41, 39, 59, 54, 44, 74, 55, 12, 61, 31, 79, 48, 9, 36, 63, 33, 58, 14, 71, 38, 19, 45, 52, 47, 57,
          62, 66, 51, 56, 17, None)  # fmt: skip
LIMITS = (20, 40, 55, 70)


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    years: tuple[tuple[int, int | None], ...] = ()
    cutoff: int | None = None
    you: int | None = None
    seats_left: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    key: str
    name: str
    site: str
    years: tuple[tuple[int, int | None], ...]
    odds: str
    range: str


@dataclass(frozen=True, slots=True)
class Row:
    folio: str
    place: int
    score: float
    kind: str
    state: str
    is_you: bool = False


class SampleForm(forms.Form):
    """One field of each kind, with what goes wrong in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["curp"] = forms.CharField(
            label=_("CURP"), help_text=_("18 letras y números."), min_length=18, max_length=18,
            error_messages={"min_length": _("La CURP tiene 17 caracteres; son 18. Suele faltar el último número.")},
        )  # fmt: skip
        self.fields["birthday"] = DayField(label=_("Fecha de nacimiento"))
        self.fields["degree"] = forms.FileField(
            label=_("Acta de examen profesional"),
            help_text=_("Foto o PDF, hasta 10 MB. Puedes usar la cámara."),
        )
        self.fields["phone"] = forms.CharField(
            label=_("Teléfono"),
            required=False,
            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        )
        self.fields["channel"] = forms.ChoiceField(
            label=_("¿Dónde quieres recibir los avisos?"),
            choices=[("mail", _("Correo")), ("text", _("Mensaje de texto"))],
            widget=forms.RadioSelect,
        )
        self.fields["reason"] = forms.CharField(
            label=_("Motivo"), required=False, widget=forms.Textarea(attrs={"rows": 3})
        )
        self.fields["truth"] = forms.BooleanField(label=_("Declaro que los datos son ciertos"))


class SampleFilter(forms.Form):
    """Filters are all optional, so none says so."""

    mark_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"] = forms.CharField(label=_("Unidad, municipio o clave"), required=False)
        self.fields["state"] = forms.ChoiceField(
            label=_("Estado"), choices=[("", _("Todos (32)")), ("20", "Oaxaca")], required=False
        )
        self.fields["offers"] = forms.MultipleChoiceField(
            label=_("Lo que ofrece"),
            choices=[("housing", _("Vivienda")), ("morning", _("Turno matutino"))],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )


def _class_of(share: int) -> int:
    return 1 + sum(share >= limit for limit in LIMITS)


def _regions() -> list[Region]:
    return [
        Region(f"{key:02d}", percent(share / 100), _class_of(share), f"?estado={key:02d}#mapas")
        for key, share in enumerate(SHARES, start=1)
        if share is not None
    ]


def _states_figure() -> StatesFigure:
    regions = _regions()
    rows = [
        StatesRow(r.key, region_name(r.key), r.href, (r.value, number(40 + 7 * int(r.key)))) for r in regions
    ]
    edges = [0, *LIMITS, 101]
    limits = [_("%(low)s a %(high)s %%") % {"low": low, "high": high - 1} for low, high in pairwise(edges)]
    return StatesFigure(
        _("Plazas sin solicitudes, por estado"), _("sin solicitudes"), regions, limits,
        (_("Sin solicitudes"), _("Plazas")), rows,
    )  # fmt: skip


def _spans() -> list[tuple[str, str, Span]]:
    return [
        (_("De todo el eje"), _("120 a 610, mediana 300"), span(120, 300, 610, 0, 1000)),
        (_("Con el cero adentro"), _("−90 a 240, mediana 20"), span(-90, 20, 240, -200, 1000)),
    ]


def _lines() -> list[Line]:
    years = ((2024, 3120), (2025, 3760), (2026, 3405))
    return [
        Line(_("Tres años y tu lugar"), years=years, you=3412),
        Line(_("Un año sobraron lugares"), years=((2025, 4100), (2026, None)), you=3412),
        Line(_("Corte final: no alcanzó"), cutoff=3011, you=3412),
        Line(_("Corte final: alcanzó"), cutoff=3655, you=3412),
        Line(_("Sobraron lugares"), seats_left=True, you=3412),
        Line(_("Sin años anteriores"), you=3412),
    ]


def _wishes() -> list[Wish]:
    inner = _("Medicina Interna")
    return [
        Wish("p017", inner, _("Hospital de Especialidades, Siglo XXI. Ciudad de México"),
             ((2024, 1102), (2025, 1240), (2026, 1190)), _("Muy difícil"), _("menos de 1 %")),
        Wish("p148", inner, _("Hospital de Especialidades, Manuel Ávila Camacho. Puebla"),
             ((2024, 3120), (2025, 3760), (2026, 3405)), _("Posible"), _("40 a 55 %")),
        Wish("p290", inner, _("Hospital de Especialidades No. 14. Veracruz"),
             ((2024, 4180), (2025, 4905), (2026, 4630)), _("Probable"), _("90 a 96 %")),
    ]  # fmt: skip


def _page() -> Page:
    return Paginator(range(6850), 50).page(7)


@dataclass(frozen=True, slots=True)
class Specimens:
    """Everything on the page, in the language in force when it is made."""

    now: datetime = TODAY
    deadline: datetime = DEADLINE
    day: date = date(2026, 10, 12)
    missing: None = None
    digest: str = "9f2c41d7e08b6a13c55e0d2b7f19a84477e01c9ba2f44b7a90c32fe1d6b877ce"
    allowed: Verdict = ALLOWED
    refused: Verdict = field(
        default_factory=lambda: Verdict(False, _("Aún no puedes enviar: falta tu identificación."))
    )
    steps: list[tuple[str, str]] = field(
        default_factory=lambda: [
            (_("Registro"), "done"), (_("Expediente"), "done"), (_("Tu lista"), "you"), (_("Resultado"), ""),
            (_("Inscripción"), ""),
        ]
    )  # fmt: skip
    steps_of_desk: list[tuple[str, str]] = field(
        default_factory=lambda: [
            (_("Congelar"), "done"), (_("Resolver"), "now"), (_("Certificar"), ""), (_("Publicar"), ""),
        ]
    )  # fmt: skip
    states: list[tuple[str, str]] = field(
        default_factory=lambda: [
            ("", _("Borrador")), ("now", _("En revisión")), ("ok", _("Completo")), ("warn", _("Vence en 2 días")),
            ("bad", _("Atrasado 6 días")), ("you", _("Tu lugar")),
        ]
    )  # fmt: skip
    waterlines: list[Line] = field(default_factory=_lines)
    wishes: list[Wish] = field(default_factory=_wishes)
    rows: list[Row] = field(
        default_factory=lambda: [
            Row("RM27-031177-4", 3411, 74.286, "ok", _("Aceptó")),
            Row("RM27-048213-7", 3412, 74.286, "now", _("Responde antes del 9"), is_you=True),
            Row("RM27-007402-9", 3413, 74.286, "", _("Sin respuesta")),
        ]
    )
    chips: list[tuple[str, str]] = field(
        default_factory=lambda: [("Oaxaca", "?#tablas"), (_("Con vivienda"), "?#tablas")]
    )
    numbered: Page = field(default_factory=_page)
    regions: list[Region] = field(default_factory=_regions)
    figure: StatesFigure = field(default_factory=_states_figure)
    spans: list[tuple[str, str, Span]] = field(default_factory=_spans)
    limits: list[str] = field(
        default_factory=lambda: [
            _("menos de 20 %"), _("20 a 39 %"), _("40 a 54 %"), _("55 a 69 %"), _("70 % o más"),
        ]
    )  # fmt: skip
    bars: list[tuple[str, float, str]] = field(
        default_factory=lambda: [
            ("ISSSTE", 0.17, "dry"),
            ("IMSS-Bienestar", 0.289, "dry"),
            ("Pemex", 0.836, ""),
        ]
    )
    form_with_faults: SampleForm = field(
        default_factory=lambda: SampleForm(
            {"curp": "XOCM960214MYNLTR0", "birthday_0": "31", "birthday_1": "2", "birthday_2": "1996", "channel": "mail",
             "truth": "on"},
            auto_id="sample_%s",
        )
    )  # fmt: skip
    filter_form: SampleFilter = field(default_factory=lambda: SampleFilter(auto_id="filter_%s"))
