"""What the buttons of a run and of a live choice carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.allocation.models import LiveChoice, LiveMode
from cauce.allocation.rules.live import LivePlan

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
