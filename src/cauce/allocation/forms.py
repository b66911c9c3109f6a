"""What the buttons of a run and of a live choice carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.allocation.models import (
    ClaimKind,
    DeclineReason,
    LiveChoice,
    LiveMode,
    OpinionKind,
    Severity,
    Treatment,
)
from cauce.allocation.rules.audit import MOST_LETTERS, REPLY_DAYS
from cauce.allocation.rules.live import LivePlan
from cauce.allocation.rules.privacy import MOST_LETTERS as MOST_GROUNDS
from cauce.base import files
from cauce.base.forms import DayField

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


class LivePlanForm(forms.Form):
    """How a live choice will be held. Appointments are asked for where there are desks."""

    mode = forms.ChoiceField(choices=LiveMode.choices, label=_("Dónde se elige"), widget=forms.RadioSelect)
    seconds = forms.IntegerField(
        min_value=10, max_value=7200, initial=180, label=_("Segundos por turno"),
        help_text=_("De 10 a 7,200. Cuando se acaban, actúa la lista que la persona envió."),
    )  # fmt: skip
    desks = forms.IntegerField(
        min_value=0,
        max_value=200,
        required=False,
        label=_("Mesas"),
        help_text=_("Solo si se elige en mesas."),
    )
    first_day = forms.DateField(
        required=False, label=_("Primer día de citas"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("En blanco, sin citas. Se cita en días hábiles, a partir de este."),
    )  # fmt: skip
    hours = forms.CharField(
        max_length=120, required=False, label=_("Horas de cita"),
        help_text=_("Separadas por comas, hora del centro: 09:00, 12:00, 15:00, 18:00"),
    )  # fmt: skip
    people = forms.IntegerField(
        min_value=1, max_value=10_000, required=False, label=_("Personas por hora de cita"),
        help_text=_("Se cita en el orden de mérito de toda la convocatoria."),
    )  # fmt: skip

    @staticmethod
    def initial_of(session: LiveChoice | None) -> dict[str, Any]:
        if session is None:
            return {"mode": LiveMode.BOTH}
        blocks = session.blocks
        return {
            "mode": session.mode, "seconds": session.seconds, "desks": session.desks, "people": blocks.get("people"),
            "first_day": blocks.get("first_day"), "hours": ", ".join(blocks.get("hours", [])),
        }  # fmt: skip

    def clean_hours(self) -> list[str]:
        read = []
        for text in filter(None, (one.strip() for one in self.cleaned_data["hours"].split(","))):
            try:
                read.append(time.fromisoformat(text.zfill(5)).strftime("%H:%M"))
            except ValueError:
                raise forms.ValidationError(
                    gettext("«%(text)s» no es una hora: escribirla como 09:00.") % {"text": text}
                ) from None
        return sorted(set(read))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (
            data.get("mode") == LiveMode.DESKS
            and not data.get("first_day")
            and "first_day" not in self.errors
        ):
            self.add_error("first_day", _("Quien elige en mesa necesita una cita: falta el primer día."))
        if (
            data.get("mode") in (LiveMode.DESKS, LiveMode.BOTH)
            and not data.get("desks")
            and "desks" not in self.errors
        ):
            self.add_error("desks", _("Falta cuántas mesas hay."))
        if data.get("first_day"):
            for name, words in (
                ("hours", _("Faltan las horas de cita.")),
                ("people", _("Falta cuántas personas por hora.")),
            ):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return data

    def plan(self) -> LivePlan:
        data = self.cleaned_data
        blocks = (
            {"first_day": data["first_day"].isoformat(), "hours": data["hours"], "people": data["people"]}
            if data["first_day"] and data["mode"] != LiveMode.ONLINE
            else {}
        )
        desks = 0 if data["mode"] == LiveMode.ONLINE else data["desks"]
        return LivePlan(data["mode"], data["seconds"], desks, blocks)


class ChooseForm(forms.Form):
    """``post`` is the number of a post, or the word for none; ``folio`` whose turn it is, at a desk."""

    post = forms.RegexField(
        r"^(\d{1,18}|ninguna)$", error_messages={"required": _("Elige una plaza."), "invalid": _STALE}
    )
    folio = forms.CharField(max_length=30, required=False)
    desk = forms.IntegerField(min_value=1, max_value=200, required=False)

    def chosen(self) -> int | None:
        return None if self.cleaned_data["post"] == "ninguna" else int(self.cleaned_data["post"])


class CorrectionForm(forms.Form):
    """What should stand instead of a mistaken choice, and why."""

    post = forms.ChoiceField(
        label=_("Plaza correcta"), error_messages={"required": _("Elige la plaza correcta.")}
    )
    reason = forms.CharField(
        max_length=300, label=_("Motivo"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Queda en el registro. Sin datos de personas."),
    )  # fmt: skip

    def __init__(self, *args: Any, options: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = [("", "—"), *options]  # type: ignore[attr-defined]

    def chosen(self) -> int | None:
        return None if self.cleaned_data["post"] == "ninguna" else int(self.cleaned_data["post"])


class DecideForm(forms.Form):
    decision = forms.ChoiceField(
        choices=[("confirm", ""), ("refuse", "")],
        error_messages={"required": _STALE, "invalid_choice": _STALE},
    )


# ------------------------------------------------------------------ releases


class ReasonForm(forms.Form):
    """Why something public is taken back."""

    mark_optional = False
    reason = forms.CharField(
        max_length=600, required=False, strip=True, label=_("Motivo de deshacer"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Se publica. Sin datos de personas."),
    )  # fmt: skip


class RoundForm(forms.Form):
    """The first day of the places that a round offers."""

    mark_optional = False
    starts_on = DayField(
        required=False, label=_("Primer día de estas plazas"),
        help_text=_("Va en cada oferta firmada. Sin fecha de inicio no se ofrece nada."),
    )  # fmt: skip


# -------------------------------------------------------------------- claims


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True


class _Papers(forms.FileField):
    """Any number of files, in the order in which they came."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        rows = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(_Papers, self).clean(one, initial) for one in rows]


class ClaimForm(forms.Form):
    """A person's claim; ``post_key`` among the posts of their own list."""

    mark_optional = False
    kind = forms.ChoiceField(
        choices=ClaimKind.choices, label=_("Qué está mal"), widget=forms.RadioSelect,
        error_messages={"required": _("Falta decir qué está mal. Elige una opción.")},
    )  # fmt: skip
    facts = forms.CharField(
        required=False, max_length=20_000, label=_("Qué pasó"), widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Los hechos y sus fechas, con tus palabras."),
    )  # fmt: skip
    asks = forms.CharField(
        required=False, max_length=600, label=_("Qué pides"), widget=forms.Textarea(attrs={"rows": 2})
    )
    post_key = forms.ChoiceField(
        required=False, label=_("La plaza que dices que te toca"),
        help_text=_("Si dices cuál, un lugar de ella no se ofrece a nadie hasta que se decida."),
    )  # fmt: skip
    papers = _Papers(
        required=False, label=_("Pruebas"), widget=_Several(attrs={"accept": files.ACCEPTED}),
        help_text=_("Fotos o PDF, hasta 10 MB cada uno. Puedes elegir varios."),
    )  # fmt: skip

    def __init__(self, *args: Any, wishes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["post_key"]
        field.choices = [("", _("No digo cuál")), *wishes]

    def examined(self) -> tuple[files.Examined, ...]:
        """What came, made harmless. Raises ``FileRefused``."""
        papers = self.cleaned_data.get("papers") or []
        return files.examine_all(papers) if papers else ()


class DecisionForm(forms.Form):
    """A proposed decision; values of criteria are ``criterion_<key>``."""

    mark_optional = False
    upholds = forms.ChoiceField(
        choices=[("yes", _("Procede")), ("no", _("No procede"))], label=_("Decisión"), widget=forms.RadioSelect,
        error_messages={"required": _("Falta la decisión.")},
    )  # fmt: skip
    grounds = forms.CharField(
        required=False, max_length=6000, label=_("Fundamento de la decisión"), widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("La persona lo lee tal cual."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, criteria: Sequence[Any], values: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = [f"criterion_{one['key']}" for one in criteria]
        for at, (name, one) in enumerate(zip(self.names, criteria, strict=True)):
            self.fields[name] = forms.CharField(
                required=False, max_length=20, label=gettext("Valor correcto: %(label)s") % {"label": one["label"]},
                initial=values[at] if at < len(values) else "", widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )  # fmt: skip

    @property
    def merit(self) -> list[str]:
        return [self.cleaned_data.get(name, "") for name in self.names]


class ConfirmForm(forms.Form):
    """What the page showed of what is confirmed."""

    digest = forms.CharField(
        max_length=80, widget=forms.HiddenInput, error_messages={"required": _STALE, "max_length": _STALE}
    )


# -------------------------------------------------------------------- offers


class AnswerForm(forms.Form):
    """Accept, decline with a reason, or hold."""

    mark_optional = False
    answer = forms.ChoiceField(
        choices=[("accept", ""), ("decline", ""), ("hold", "")], widget=forms.HiddenInput,
        error_messages={"required": _STALE, "invalid_choice": _STALE},
    )  # fmt: skip
    wants_upgrade = forms.BooleanField(
        required=False, label=_("Si en otra ronda se libera una opción que prefiero, cámbienme a ella")
    )
    reason = forms.ChoiceField(
        required=False,
        choices=[("", _("Elige una razón")), *DeclineReason.choices],
        label=_("Por qué la rechazas"),
    )
    words = forms.CharField(
        required=False, max_length=600, strip=True, label=_("Algo más que quieras decir"),
        widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Opcional, salvo si eliges otra razón."),
    )  # fmt: skip


class OutsideForm(forms.Form):
    """An admission outside the platform."""

    mark_optional = False
    key = forms.CharField(required=False, max_length=20, strip=True, label=_("Clave de la plaza"))
    words = forms.CharField(
        required=False, max_length=600, strip=True, label=_("Qué se registró, y dónde consta"),
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Sin datos de personas."),
    )  # fmt: skip


class MarkForm(forms.Form):
    """Whether somebody came, or a locked seat is taken."""

    yes = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda text: text == "yes", widget=forms.HiddenInput,
        error_messages={"required": _STALE, "invalid_choice": _STALE},
    )  # fmt: skip


class FindingForm(forms.Form):
    """What an auditor found, how grave it is, where it shows, and how long the institution has."""

    severity = forms.ChoiceField(label=_("Gravedad"), choices=Severity.choices)
    text = forms.CharField(
        label=_("Qué se encontró"), max_length=MOST_LETTERS, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Sin nombres de personas: se usan folios."),
    )  # fmt: skip
    evidence = forms.CharField(
        label=_("Dónde se ve"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Una dirección de este sitio, un evento o una huella en cada línea."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Días hábiles para contestar"), min_value=1, max_value=60, initial=REPLY_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class FindingReplyForm(forms.Form):
    text = forms.CharField(
        label=_("Respuesta de la institución"),
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class SettleForm(forms.Form):
    reason = forms.CharField(
        label=_("Por qué se cierra o se escala"), max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class PrivacyForm(forms.Form):
    """``digest`` is that of the package whose review the person was shown."""

    digest = forms.CharField(
        max_length=80, widget=forms.HiddenInput, error_messages={"required": _STALE, "max_length": _STALE}
    )
    treatment = forms.ChoiceField(
        label=_("Decisión"), choices=Treatment.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Falta decir si se publica.")},
    )  # fmt: skip
    grounds = forms.CharField(
        label=_("Fundamento"), strip=True, max_length=MOST_GROUNDS, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Si se publica: la norma, con artículo, y por qué pesa más la publicidad. Si no: qué tiene que cambiar. "
            "Es público cuando el paquete lo es. Sin datos de personas."
        ),
    )  # fmt: skip


class OpinionForm(forms.Form):
    kind = forms.ChoiceField(label=_("Sentido del dictamen"), choices=OpinionKind.choices)
    text = forms.CharField(
        label=_("Dictamen"), max_length=MOST_LETTERS, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Es público desde que se publica, y no cambia."),
    )  # fmt: skip
