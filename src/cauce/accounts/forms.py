"""What people type to register. Parsing only: rules decide, operations write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cauce.accounts import rules
from cauce.accounts.models import DocumentKind, Right, Sex
from cauce.accounts.operations import ForeignIdentity, ToldLicence
from cauce.accounts.queries import LinkingPage
from cauce.base import files
from cauce.base.errors import DomainError
from cauce.base.forms import DayField, DayInput

_UNVERIFIED = gettext_lazy("Se guarda como la escribes; nadie la verifica todavía.")
_EXACT = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


def _obey(rule: Callable[..., Any], *typed: Any) -> Any:
    """Return what ``rule`` reads in what was typed, or its refusal as the form's, so that all show at once."""
    try:
        return rule(*typed)
    except DomainError as refusal:
        raise forms.ValidationError(_sentence(refusal)) from refusal


def _sentence(refusal: DomainError) -> str:
    return f"{refusal.message} {refusal.remedy}".strip()


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


def _grouped_countries(*, mexico: bool) -> list[tuple[str, Any]]:
    """The countries whose documents are known come first, so that most people need not scroll."""
    language = get_language() or "es"
    first = [rules.MEXICO] if mexico else []
    known = [(code, rules.country_name(code, language)) for code in (*first, *rules.known_countries())]
    named = {code for code, _name in known}
    others = [(code, name) for code, name in rules.countries(language) if code not in named]
    return [
        ("", _("Elige un país")),
        (_("Los más frecuentes"), sorted(known, key=lambda pair: pair[0] != rules.MEXICO)),
        (_("Los demás"), others),
    ]


class CountryForm(forms.Form):
    """The first question of two pages, asked with GET so that the next ones can follow from it."""

    pais = forms.ChoiceField(
        label=gettext_lazy("País"),
        error_messages={
            "required": gettext_lazy("Elige un país de la lista."),
            "invalid_choice": gettext_lazy("Ese país no está en la lista. Elige uno."),
        },
    )

    def __init__(self, *args, label: Any, mexico: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["pais"]
        country.label = label
        country.choices = _grouped_countries(mexico=mexico)


class LicenceFields(forms.Form):
    """Authority and number of a licence; the authority is asked for only where it is not known."""

    authority = forms.CharField(
        label=gettext_lazy("Autoridad de tu licencia para ejercer"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    licence = forms.CharField(
        label=gettext_lazy("Número de licencia"), max_length=120, widget=forms.TextInput(attrs=_EXACT)
    )

    def name_authority(self, country: str) -> None:
        """Ask in the words of ``country``: for the number of its authority, or for both."""
        known = rules.authority_of(country)
        self.fields["licence"].help_text = _UNVERIFIED
        if known is None:
            return
        del self.fields["authority"]
        if known.country == rules.MEXICO:
            self.fields["licence"].label = _("Número de cédula profesional")
        else:
            self.fields["licence"].label = _("Número de %(authority)s") % {"authority": known.code}
            self.fields["licence"].help_text = f"{known.title}. {_UNVERIFIED}"

    def read_licence(self, country: str) -> None:
        """Put the refusal of what was typed, if any, on its field."""
        data = self.cleaned_data
        if "licence" not in data:
            return
        try:
            rules.read_licence(country, data.get("authority", ""), data["licence"])
        except DomainError as refusal:
            field = refusal.field if refusal.field in self.fields else "licence"
            self.add_error(field, _sentence(refusal))


class LicenceForm(LicenceFields):
    """A licence added to one's own data."""

    issued_on = DayField(label=gettext_lazy("Fecha de expedición"), required=False)

    def __init__(self, *args, country: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.name_authority(country)

    def clean(self) -> None:
        self.read_licence(self.country)


class ForeignForm(NamesForm, LicenceFields):
    """Everything that somebody without a CURP is asked for, once the country is known.

    A number that breaks a rule which is not sure must be confirmed, no more.
    """

    kind = forms.ChoiceField(
        label=gettext_lazy("Documento"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Elige con qué documento te registras."),
            "invalid_choice": gettext_lazy("Ese documento no es de ese país. Elige uno de la lista."),
        },
    )
    number = forms.CharField(
        label=gettext_lazy("Número del documento"), max_length=100, widget=forms.TextInput(attrs=_EXACT)
    )
    birth_date = DayField(label=gettext_lazy("Fecha de nacimiento"), widget=DayInput(is_birthday=True))
    sex = forms.ChoiceField(label=gettext_lazy("Sexo"), choices=Sex.choices, widget=forms.RadioSelect)
    curp = forms.CharField(
        label=gettext_lazy("CURP genérica"),
        help_text=gettext_lazy("Solo si una oficina ya te dio una que empieza con XEXX."),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs=_EXACT),
    )
    field_order = [
        "kind", "number", "number_checked", "given_names", "first_surname", "second_surname", "birth_date", "sex",
        "authority", "licence", "curp", "email", "phone", "password",
    ]  # fmt: skip

    def __init__(self, *args, country: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        documents = rules.documents_of(country)
        kind: Any = self.fields["kind"]
        kind.choices = [(one.kind, _document_label(one)) for one in documents]
        if len(documents) == 1:
            kind.initial, kind.widget = documents[0].kind, forms.HiddenInput()
            self.fields["number"].label = _("Número de pasaporte")
        self.name_authority(country)
        for name in ("authority", "licence"):
            if name in self.fields:
                self.fields[name].required = False
        if doubt := self._doubt():
            self.fields["number_checked"] = forms.BooleanField(
                label=_("El número está bien escrito así"),
                error_messages={"required": doubt + " " + _("Revísalo; si está bien, márcalo aquí y sigue.")},
            )
            self.order_fields(self.field_order)

    def _doubt(self) -> str:
        """The sentence of the doubt about the number that was typed, "" when there is none or it is refused."""
        if not self.is_bound:
            return ""
        kind = self.data.get("kind", "")
        born = self.fields["birth_date"].widget.value_from_datadict(self.data, {}, "birth_date")
        try:
            birth_date = date.fromisoformat(born)
        except ValueError:
            birth_date = None
        try:
            read = rules.read_document(self.country, kind, self.data.get("number", ""), birth_date=birth_date)
        except DomainError:
            return ""
        return rules.doubt_words(self.country, kind, read.doubt)

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

    def clean(self) -> None:
        data = self.cleaned_data
        if "kind" in data and "number" in data:
            try:
                rules.read_document(self.country, data["kind"], data["number"])
            except DomainError as refusal:
                self.add_error("number", _sentence(refusal))
        if data.get("licence") or data.get("authority"):
            self.read_licence(self.country)

    def identity(self) -> ForeignIdentity:
        data = self.cleaned_data
        return ForeignIdentity(self.country, data["kind"], data["number"], data["birth_date"], data["sex"])

    def told_licence(self) -> ToldLicence | None:
        data = self.cleaned_data
        if not data["licence"]:
            return None
        return ToldLicence(self.country, data.get("authority", ""), data["licence"])


def _document_label(document: rules.DocumentType) -> str:
    if document.kind == DocumentKind.PASSPORT:
        return _("Pasaporte")
    facts = {"name": document.name, "title": document.title, "shape": document.shape}
    words = (
        "%(title)s, %(shape)s"
        if document.title.startswith(document.name)
        else "%(name)s (%(title)s), %(shape)s"
    )
    return words % facts


class LinkCurpForm(CurpForm):
    """The CURP of somebody who registered without one; what it says against expectation must be confirmed."""

    def __init__(self, *args, held: LinkingPage, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        self.fields["curp"].help_text = _(
            "18 letras y números, como en tu constancia. Puedes pegarla con espacios."
        )
        if doubts := self._doubts(held.names):
            self.fields["is_checked"] = forms.BooleanField(
                label=_("Así dice mi constancia"), error_messages={"required": " ".join(doubts)}
            )

    def clean_curp(self) -> rules.Curp:
        return _obey(self._read, self.cleaned_data["curp"])

    def _read(self, text: str) -> rules.Curp:
        curp = rules.read_curp(text)
        rules.check_same_person(curp, birth_date=self.held.birth_date, sex=self.held.sex)
        return curp

    def _doubts(self, names: dict[str, str]) -> list[str]:
        try:
            curp = self._read(self.data.get("curp", "")) if self.is_bound else None
        except DomainError:
            curp = None
        if curp is None:
            return []
        found = rules.linking_doubts(curp, **names)
        labels = {
            "given_names": _("nombres"),
            "first_surname": _("primer apellido"),
            "second_surname": _("segundo apellido"),
        }
        said = []
        if fields := [labels[name] for name in found if name in labels]:
            said.append(
                _("Las letras de la CURP no corresponden a: %(names)s.") % {"names": ", ".join(fields)}
            )
        if "birth_state" in found:
            said.append(
                _("La CURP dice que naciste en México (%(state)s).")
                % {"state": rules.STATE_NAMES[curp.birth_state]}
            )
        return [*said, _("Revísala; si así dice tu constancia, márcalo aquí.")] if said else []


class SignInForm(LoginForm):
    """The library's, whose label in Spanish is written like a title."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Correo electrónico")


class ZoneForm(forms.Form):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("¿Con qué hora vives?"),
        help_text=gettext_lazy("De entrada, la de tu país o la de tu entidad de nacimiento."),
        required=False,
        choices=[("", gettext_lazy("La de entrada")), *rules.NAMES.items()],
    )


# ------------------------------------------------------------ rights and care


class RightForm(forms.Form):
    right = forms.ChoiceField(
        label=gettext_lazy("¿Qué pides?"),
        choices=[
            (Right.ACCESS, gettext_lazy("Acceso: saber qué datos míos se tienen y para qué se usan")),
            (Right.RECTIFICATION, gettext_lazy("Rectificación: corregir un dato")),
            (Right.CANCELLATION, gettext_lazy("Cancelación: borrar mis datos")),
            (Right.OPPOSITION, gettext_lazy("Oposición: que no se usen para algo")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Elige qué derecho ejerces.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Qué dato o qué uso, y qué pides"),
        help_text=gettext_lazy("Hace falta para rectificar y para oponerte."),
        required=False,
        max_length=rules.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class RecoveryForm(CurpForm):
    email = forms.EmailField(label=gettext_lazy("Tu correo nuevo"), max_length=254)
    proof = forms.FileField(
        label=gettext_lazy("Identificación oficial con fotografía"),
        help_text=gettext_lazy(
            "Una foto o un PDF: INE, pasaporte o cédula. Solo la ve la unidad de datos personales."
        ),
        widget=forms.FileInput(attrs={"accept": files.ACCEPTED}),
    )

    def clean_curp(self) -> rules.Curp:
        curp = super().clean_curp()
        if curp.is_generic:
            raise forms.ValidationError(_("Esa CURP es la genérica y no identifica a nadie."))
        return curp

    def clean_proof(self) -> files.Examined:
        return _obey(files.examine, self.cleaned_data["proof"])


class DecisionForm(forms.Form):
    """What an office does, by the button it pressed, and in its words unless the deed is among ``wordless``."""

    wordless: tuple[str, ...] = ()
    words_field = "reason"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        words = self.fields[self.words_field]
        words.required = self.data.get("deed") not in self.wordless
        words.error_messages["required"] = _("Falta la razón.")


class AnswerForm(DecisionForm):
    wordless, words_field = ("done",), "words"
    deed = forms.ChoiceField(
        choices=[(name, name) for name in ("grant", "deny", "extend", "done")],
        widget=forms.HiddenInput,
        required=True,
    )
    words = forms.CharField(
        label=gettext_lazy("Razón, como la leerá la persona"),
        max_length=rules.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class MergeForm(DecisionForm):
    wordless = ("confirm", "withdraw", "undo")
    deed = forms.ChoiceField(
        choices=[
            (name, name) for name in ("keep_first", "keep_second", "distinct", "confirm", "withdraw", "undo")
        ],
        widget=forms.HiddenInput,
    )
    reason = forms.CharField(
        label=gettext_lazy("Qué se vio para decirlo"), max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class RecoveryDecisionForm(DecisionForm):
    wordless = ("complete",)
    deed = forms.ChoiceField(
        choices=[("complete", "complete"), ("refuse", "refuse")], widget=forms.HiddenInput
    )
    reason = forms.CharField(
        label=gettext_lazy("Qué no concuerda (solo para negar)"), max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
