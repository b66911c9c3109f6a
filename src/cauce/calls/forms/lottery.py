"""Where chance comes from, as a manager declares it; and what people write down once it is known."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.calls.forms.desk import MomentField, Seen
from cauce.calls.rules.lottery import (
    LEAST_WITNESSES,
    MOST_HOURS,
    MOST_SECRET,
    MOST_VALUE,
    MOST_WITNESSES,
    USUAL_HOURS,
    From,
    Source,
    Witness,
    is_seal,
    tidy,
)

_AS_TYPED = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
_PARTS = ("name", "office", "seal")


class SourceForm(Seen):
    """One source; what does not belong to it is left out when it is saved."""

    mark_optional = False
    kind = forms.ChoiceField(
        label=_("De dónde sale el azar"), widget=forms.RadioSelect,
        choices=[
            (From.SEAL, _("Solo del sello: una semilla secreta, sellada al crear el borrador")),
            (From.VALUE, _("Del sello y de un valor público posterior al cierre, como un sorteo de la Lotería")),
            (From.DRAND, _("Del sello y de la red pública drand «quicknet»: basta dar el momento")),
            (From.WITNESSES, _("Del sello y de los textos secretos de tres testigos o más")),
        ],
    )  # fmt: skip
    words = forms.CharField(
        required=False, max_length=300, label=_("Cuál es el valor público"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Con todas sus señas. Por ejemplo: los seis números naturales del sorteo Melate del miércoles 14 de febrero de 2024, en el orden en que se publican, de dos cifras y separados por espacios."),
    )  # fmt: skip
    where = forms.CharField(
        required=False, max_length=200, label=_("Dónde se publica"),
        help_text=_("Institución y dirección. Por ejemplo: Lotería Nacional, lotenal.gob.mx, «Resultados»."),
    )  # fmt: skip
    known_at = MomentField(
        required=False, label=_("Desde cuándo se conoce"),
        help_text=_("Después del cierre y antes de los resultados. Con testigos solos: desde cuándo revelan. Hora del centro."),
    )  # fmt: skip
    fallback_hours = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_HOURS, label=_("Horas tras las que valen los testigos"),
        help_text=_("Si a esas horas el valor público no se ha fijado. Con 0, no hay testigos de respaldo."),
    )  # fmt: skip
    reveal_hours = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_HOURS, label=_("Horas que tienen los testigos para revelar"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_WITNESSES + 1):
            facts = {"number": number}
            self.fields[f"name_{number}"] = forms.CharField(
                required=False, max_length=120, label=gettext("Testigo %(number)s: nombre") % facts
            )
            self.fields[f"office_{number}"] = forms.CharField(
                required=False, max_length=120, label=gettext("Testigo %(number)s: cargo") % facts
            )
            self.fields[f"seal_{number}"] = forms.CharField(
                required=False, max_length=80, label=gettext("Testigo %(number)s: sello") % facts,
                widget=forms.TextInput(attrs=_AS_TYPED),
            )  # fmt: skip

    @staticmethod
    def initial_of(source: Source) -> dict[str, Any]:
        initial: dict[str, Any] = {
            "kind": str(source.kind), "words": source.words, "where": source.where, "known_at": source.known_at,
            "fallback_hours": source.fallback_hours, "reveal_hours": source.reveal_hours, "seen": source.fingerprint,
        }  # fmt: skip
        for number, one in enumerate(source.witnesses, 1):
            initial |= {
                f"name_{number}": one.name,
                f"office_{number}": one.office,
                f"seal_{number}": f"sha256:{one.seal}",
            }
        return initial

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of each witness whom there must be, or who is there already."""
        filled = [
            number for number in range(1, MOST_WITNESSES + 1) if any(one.value() for one in self._row(number))
        ]
        return [self._row(number) for number in range(1, max(LEAST_WITNESSES, *filled, 0) + 1)]

    @property
    def more_rows(self) -> list[list[Any]]:
        return [self._row(number) for number in range(len(self.rows) + 1, MOST_WITNESSES + 1)]

    def _row(self, number: int) -> list[Any]:
        return [self[f"{part}_{number}"] for part in _PARTS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for number in range(1, MOST_WITNESSES + 1):
            seal = _seal(data.get(f"seal_{number}", ""))
            if seal and not is_seal(seal):
                self.add_error(
                    f"seal_{number}",
                    gettext("No es un sello: son 64 cifras hexadecimales, con «sha256:» delante o sin él."),
                )
        return data

    def values(self) -> Source:
        data = self.cleaned_data
        rows = [
            [tidy(data[f"{part}_{number}"]) for part in _PARTS] for number in range(1, MOST_WITNESSES + 1)
        ]
        return Source(
            **self.sent(("kind", "known_at")), words=tidy(data["words"]), where=tidy(data["where"]),
            fallback_hours=data["fallback_hours"] or 0, reveal_hours=data["reveal_hours"] or USUAL_HOURS,
            witnesses=tuple(Witness(name, office, _seal(seal)) for name, office, seal in rows if name or office or seal),
        )  # fmt: skip


def _seal(text: str) -> str:
    return text.strip().lower().removeprefix("sha256:").strip()


class ValueForm(forms.Form):
    """A public value, once; nobody is shown what somebody else typed."""

    value = forms.CharField(
        max_length=MOST_VALUE, label=_("El valor, como se publicó"), widget=forms.TextInput(attrs=_AS_TYPED)
    )
    signature = forms.CharField(
        max_length=200, label=_("«signature» de la misma vuelta"), widget=forms.TextInput(attrs=_AS_TYPED),
        help_text=_("96 cifras hexadecimales. «randomness» tiene que ser su SHA-256."),
    )  # fmt: skip
    read_at = forms.CharField(
        max_length=200,
        label=_("Dónde lo leíste"),
        help_text=_("Dirección de la página o documento, con su fecha."),
    )

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if source.kind == From.DRAND:
            self.fields["value"].label = gettext("«randomness» de la vuelta %(round)s") % {
                "round": source.round
            }
        else:
            del self.fields["signature"]


class SecretForm(forms.Form):
    """What a witness reveals. Spaces count."""

    text = forms.CharField(
        max_length=MOST_SECRET, strip=False, label=_("El texto, exactamente como se selló"),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )  # fmt: skip
