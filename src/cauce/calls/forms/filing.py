"""What an office types to apply for a person: who they are, what they ask for, and their written consent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.accounts import rules as people
from cauce.base.errors import DomainError
from cauce.base.files import ACCEPTED
from cauce.base.forms import DayField
from cauce.calls.forms.application import DetailsForm
from cauce.calls.models import Call
from cauce.calls.queries import FilingLookup
from cauce.calls.rules import application as rulebook
from cauce.calls.rules.filing import Filing, Identity, check_names
from cauce.calls.rules.panels import is_recorded

_NAMES = ("given_names", "first_surname", "second_surname")
_BETWEEN = re.compile(r"[\n,;]+")
_LONGEST = 20_000


def _obey(rule: Callable[..., Any], *typed: Any, remedy: str = "") -> Any:
    """Return what ``rule`` reads, or its refusal as the form's; ``remedy`` instead of one that speaks to the person."""
    try:
        return rule(*typed)
    except DomainError as refusal:
        raise forms.ValidationError(f"{refusal.message} {remedy or refusal.remedy}".strip()) from refusal


class WhoForm(forms.Form):
    """Whose application it is."""

    curp = forms.CharField(
        label=_("CURP de la persona"), max_length=120,
        help_text=_("18 letras y números, como en su constancia o su identificación."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": _("Falta la CURP. Copiarla de su constancia.")},
    )  # fmt: skip

    def clean_curp(self) -> people.Curp:
        curp: people.Curp = _obey(
            people.read_curp, self.cleaned_data["curp"], remedy=gettext("Copiarla de la constancia.")
        )
        if curp.is_generic:
            words = gettext(
                "Es la CURP genérica de personas extranjeras y no identifica a nadie. "
                "Su solicitud entra con un archivo, con su pasaporte."
            )
            raise forms.ValidationError(words)
        return curp


def _name(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=200, help_text=help_text, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Falta este nombre. Escribirlo como en su acta.")},
    )  # fmt: skip


class PaperDetailsForm(DetailsForm):
    """Names, what the call asks for, and the list; ``names`` are those known with the CURP, to compare, never to show."""

    mark_optional = False  # the marks speak to the person
    given_names = _name(_("Nombres"))
    first_surname = _name(_("Primer apellido"))
    second_surname = _name(_("Segundo apellido"), required=False, help_text=_("Si tiene."))
    email = forms.EmailField(
        label=_("Correo electrónico"), required=False, max_length=254, help_text=_("Si lo dio."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"invalid": _("No es un correo. Escribirlo como nombre@correo.mx, o dejarlo vacío.")},
    )  # fmt: skip
    posts = forms.CharField(
        label=_("Plazas, en el orden que pide"), max_length=_LONGEST,
        help_text=_("Una clave por renglón; la primera es la que más quiere."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Falta la lista. Escribir las claves de las plazas que pide.")},
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        call: Call,
        curp: people.Curp,
        names: Sequence[str] | None,
        lookup: FilingLookup,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *args, call=call, criteria=[one for one in call.score_criteria if not is_recorded(one)], **kwargs
        )
        self.call, self.curp, self.names, self.lookup = call, curp, names, lookup
        self.fields["specialty"].help_text = _("La de su diploma o constancia.")
        self.fields["phone"].help_text = _("Diez números, si lo dio.")
        for one in self.declared:
            bounds = gettext("De %(low)s a %(high)s. Copiarlo de su documento.")
            self.fields[f"criterion_{one['key']}"].help_text = bounds % {
                "low": one["minimum"],
                "high": one["maximum"],
            }
        doubts = self._doubts() if self.is_bound and names is None else ()
        if doubts:
            wrong = ", ".join(str(self.fields[name].label).lower() for name in doubts)
            words = gettext(
                "Las letras de la CURP no corresponden a: %(names)s. Corregirlo, o marcar aquí que así dice su acta."
            )
            self.fields["names_checked"] = forms.BooleanField(
                label=_("Los nombres están escritos como en su acta"),
                error_messages={"required": words % {"names": wrong}},
            )
        criteria = [f"criterion_{one['key']}" for one in self.declared]
        self.order_fields([*_NAMES, "names_checked", "email", "phone", "specialty", *criteria, "posts"])

    def _doubts(self) -> tuple[str, ...]:
        typed = {name: (self.data.get(name) or "")[:200] for name in _NAMES}
        if not typed["given_names"].strip() or not typed["first_surname"].strip():
            return ()
        return people.name_doubts(self.curp, **typed)

    def clean_phone(self) -> str:
        return str(_obey(people.read_phone, self.cleaned_data["phone"]))

    def clean_posts(self) -> tuple[int, ...]:
        lines = [line.strip() for line in _BETWEEN.split(self.cleaned_data["posts"])]
        found: list[int] = []
        for key in filter(None, lines):
            post = self.lookup.posts.get(key) or self.lookup.posts.get(key.upper())
            if post is None:
                raise forms.ValidationError(
                    gettext("Opción %(at)s: ninguna plaza de esta convocatoria tiene la clave %(key)s. Copiarla de la lista de plazas.")
                    % {"at": len(found) + 1, "key": key[:40]}
                )  # fmt: skip
            found.append(post.id)
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        for name in _NAMES:
            self._read(name, people.read_name, name, remedy=gettext("Escribirlo como en su acta."))
        for one in self.declared:
            field = f"criterion_{one['key']}"
            self._read(field, lambda text, one=one: rulebook.read_merit(one, text))
        if not self.errors and self.names is not None:
            self._check("given_names", check_names, [self.cleaned_data[name] for name in _NAMES], self.names)
        if not self.errors:
            self._check("posts", self._check_list, remedy=gettext("Corregirla como dice el papel."))
        return self.cleaned_data

    def _read(self, field: str, rule: Callable[..., Any], *more: Any, remedy: str = "") -> None:
        if field not in self.errors:
            try:
                self.cleaned_data[field] = _obey(rule, self.cleaned_data[field], *more, remedy=remedy)
            except forms.ValidationError as error:
                self.add_error(field, error)

    def _check(self, field: str, rule: Callable[..., None], *typed: Any, remedy: str = "") -> None:
        try:
            _obey(rule, *typed, remedy=remedy)
        except forms.ValidationError as error:
            self.add_error(field, error)

    def _check_list(self) -> None:
        filing = self.filing()
        for post in self.lookup.posts.values():
            if post.id in filing.posts and post.specialty_id != filing.specialty_id:
                raise rulebook.ListRefused(
                    gettext("%(name)s (%(key)s) es de otra especialidad.")
                    % {"name": post.name, "key": post.key}
                )
        rulebook.check_sendable(
            self.call, filing.specialty_id, filing.merit, filing.posts,
            known={post.id: post for post in self.lookup.posts.values()},
            offered=self.lookup.offered.get(filing.specialty_id, ()),
        )  # fmt: skip

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.cleaned_data[name] for name in _NAMES)))

    def told(self) -> list[tuple[Any, str]]:
        """What was typed beside names and list, for a last look."""
        specialty = self.fields["specialty"]
        assert isinstance(specialty, forms.ChoiceField)  # noqa: S101 - declared above
        labels = {str(value): label for value, label in specialty.widget.choices}
        rows = [
            (specialty.label, str(labels.get(self.cleaned_data["specialty"], ""))),
            *((one["label"], self.cleaned_data[f"criterion_{one['key']}"]) for one in self.declared),
            (self.fields["email"].label, self.cleaned_data["email"]),
            (self.fields["phone"].label, self.cleaned_data["phone"]),
        ]
        return [(label, value) for label, value in rows if value]

    def filing(self) -> Filing:
        """What was typed, as an application."""
        typed, curp = self.cleaned_data, self.curp
        assert curp.birth_date is not None  # noqa: S101 - it is not a generic one
        return Filing(
            row=0, identity=Identity("curp", "MX", curp.number), document_doubt="", generic_curp="",
            **{name: typed[name] for name in _NAMES}, birth_date=curp.birth_date, sex=curp.sex,
            birth_state=curp.birth_state, email=typed["email"].lower(), rfc="",
            specialty_id=int(typed["specialty"]),
            merit=tuple(typed.get(f"criterion_{one['key']}", "") for one in self.call.score_criteria), groups=(), origin_state="",
            posts=typed["posts"],
        )  # fmt: skip


class ConsentForm(forms.Form):
    """When the person consented in writing, and where that is kept; the last look before sending."""

    mark_optional = False

    consent_on = DayField(
        label=_("Fecha del consentimiento firmado"),
        help_text=_("Como la dice el documento, con números."),
        error_messages={"required": _("Falta la fecha. Copiarla del documento firmado.")},
    )
    scan = forms.FileField(
        label=_("Consentimiento escaneado"), required=False,
        help_text=_("Una foto o un PDF, de hasta 10 MB. Lo puede ver la persona."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )  # fmt: skip
    consent_folio = forms.CharField(
        label=_("O el folio con que se archivó en papel"), required=False, max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    checked = forms.BooleanField(
        label=_("Cotejé la CURP y los nombres con su identificación, y la lista con lo que firmó"),
        error_messages={"required": _("Falta cotejar. Revisar los datos de arriba con sus papeles y marcar la casilla.")},
    )  # fmt: skip
