"""What people type to register. Parsing only: rules decide, operations write."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

from allauth.account.forms import LoginForm
from babel import Locale
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import Sex
from cauce.accounts.operations import Passport
from cauce.base.errors import DomainError
from cauce.base.forms import DayField, DayInput

# Codes of the catalogue of territories that are no country one can be a national of.
_NO_COUNTRY = {"MX", "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
_EXACT = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


def _obey(rule: Callable[..., Any], *typed: Any) -> Any:
    """Return what ``rule`` reads in what was typed, or its refusal as the form's, so that all show at once."""
    try:
        return rule(*typed)
    except DomainError as refusal:
        raise forms.ValidationError(f"{refusal.message} {refusal.remedy}".strip()) from refusal


class CurpForm(forms.Form):
    curp = forms.CharField(
        label=gettext_lazy("Tu CURP"),
        help_text=gettext_lazy("18 letras y números. Puedes pegarla con espacios."),
        widget=forms.TextInput(attrs=_EXACT),
        error_messages={"required": gettext_lazy("Escribe tu CURP: son 18 letras y números.")},
    )

    def clean_curp(self) -> rules.Curp:
        return _obey(rules.read_curp, self.cleaned_data["curp"])


class AccountForm(forms.Form):
    """How to sign in and be reached, and the consent: the last part of both registrations."""

    email = forms.EmailField(
        label=gettext_lazy("Correo electrónico"),
        help_text=gettext_lazy("Ahí llegarán tus avisos. Te enviaremos un enlace para confirmarlo."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "invalid": gettext_lazy("Le falta algo a este correo; por ejemplo: nombre@correo.mx.")
        },
    )
    phone = forms.CharField(
        label=gettext_lazy("Teléfono"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Contraseña"),
        help_text=gettext_lazy("10 caracteres o más; cuatro palabras sueltas son una buena."),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    notice_version = forms.IntegerField(widget=forms.HiddenInput)
    consent = forms.BooleanField(
        error_messages={"required": gettext_lazy("Para registrarte hace falta que aceptes el aviso.")}
    )

    def __init__(self, *args, notice_version: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notice_version"].initial = notice_version
        self.fields["consent"].label = _("Leí y acepto el aviso de privacidad, versión %(version)s") % {
            "version": notice_version
        }

    def clean_phone(self) -> str:
        return _obey(rules.read_phone, self.cleaned_data["phone"])

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]


def _name(label: Any, autocomplete: str, field: str, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        # Room to be told how long it is, instead of a name cut without a word.
        max_length=10 * rules.NAME_LIMITS[field],
        widget=forms.TextInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"}),
        **options,
    )


class NamesForm(AccountForm):
    given_names = _name(gettext_lazy("Nombres"), "given-name", "given_names")
    first_surname = _name(gettext_lazy("Primer apellido"), "family-name", "first_surname")
    second_surname = _name(
        gettext_lazy("Segundo apellido"), "additional-name", "second_surname", required=False
    )

    def clean_given_names(self) -> str:
        return _obey(rules.read_name, self.cleaned_data["given_names"], "given_names")

    def clean_first_surname(self) -> str:
        return _obey(rules.read_name, self.cleaned_data["first_surname"], "first_surname")

    def clean_second_surname(self) -> str:
        return _obey(rules.read_name, self.cleaned_data["second_surname"], "second_surname")


class PersonForm(NamesForm):
    """The second step with a CURP, which has told the rest. Names that disagree with it must be confirmed."""

    field_order = ["given_names", "first_surname", "second_surname", "email", "phone", "password"]

    def __init__(self, *args, curp: rules.Curp, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.curp = curp
        doubts = self._doubts() if self.is_bound else ()
        if doubts:
            self.fields["names_checked"] = forms.BooleanField(
                label=_("Mis nombres están bien escritos así"),
                error_messages={"required": self._doubt_words(doubts)},
            )
            self.order_fields(["given_names", "first_surname", "second_surname", "names_checked"])

    def _doubts(self) -> tuple[str, ...]:
        typed = {name: (self.data.get(name) or "")[:200] for name in rules.NAME_LIMITS}
        if not typed["given_names"].strip() or not typed["first_surname"].strip():
            return ()
        return rules.name_doubts(self.curp, **typed)

    def _doubt_words(self, doubts: tuple[str, ...]) -> str:
        names = ", ".join(str(self.fields[name].label).lower() for name in doubts)
        return _(
            "Las letras de tu CURP no corresponden a: %(names)s. "
            "Corrígelo, o marca aquí que está bien escrito como en tu acta."
        ) % {"names": names}


class ForeignForm(NamesForm):
    """The only step without a Mexican CURP: everything is typed by hand."""

    country = forms.ChoiceField(label=gettext_lazy("País que expidió tu pasaporte"))
    number = forms.CharField(
        label=gettext_lazy("Número de pasaporte"), max_length=100, widget=forms.TextInput(attrs=_EXACT)
    )
    birth_date = DayField(label=gettext_lazy("Fecha de nacimiento"), widget=DayInput(is_birthday=True))
    sex = forms.ChoiceField(label=gettext_lazy("Sexo"), choices=Sex.choices, widget=forms.RadioSelect)
    curp = forms.CharField(
        label=gettext_lazy("CURP genérica"),
        help_text=gettext_lazy("Sólo si una oficina ya te dio una que empieza con XEXX."),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs=_EXACT),
    )
    field_order = [
        "country", "number", "given_names", "first_surname", "second_surname", "birth_date", "sex", "curp",
        "email", "phone", "password",
    ]  # fmt: skip

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.choices = [("", _("Elige un país")), *countries(get_language() or "es")]

    def clean_curp(self) -> str:
        typed = self.cleaned_data["curp"]
        if not typed:
            return ""
        curp = _obey(rules.read_curp, typed)
        if not curp.is_generic:
            raise forms.ValidationError(
                _("Esta CURP es tuya y de nadie más: regístrate con ella, es más corto.")
            )
        return curp.number

    def clean_number(self) -> str:
        return _obey(rules.read_document_number, self.cleaned_data["number"])

    def passport(self) -> Passport:
        data = self.cleaned_data
        return Passport(data["country"], data["number"], data["birth_date"], data["sex"])


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return (ISO 3166-1 code, name) of every country but Mexico, in the order of ``language``."""
    names = Locale.parse("es_MX" if language.startswith("es") else "en").territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code not in _NO_COUNTRY]
    return tuple(sorted(found, key=lambda pair: unicodedata.normalize("NFD", pair[1]).casefold()))


class SignInForm(LoginForm):
    """The library's, whose label in Spanish is written like a title."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Correo electrónico")
