"""What a partner institute, a candidate and whoever drafts a call type about categories and proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.accounts.rules import NAME_LIMITS, documents_of
from cauce.base.forms import DayField, DayInput
from cauce.calls.forms.desk import MomentField, Seen
from cauce.calls.models import CallPartner, Category
from cauce.calls.operations import PartnerTerms
from cauce.calls.queries.categories import CategoryPage
from cauce.calls.rules.categories import LONGEST_NUMBER, Categories
from cauce.calls.rules.design import Design
from cauce.calls.rules.nominations import LONGEST_REASON, LONGEST_STAFF_NUMBER, Candidate
from cauce.institutions.models import Institution


class CandidateForm(forms.Form):
    """A candidate of an institute of ``country``."""

    staff_number = forms.CharField(
        label=_("Número de personal"),
        max_length=LONGEST_STAFF_NUMBER,
        help_text=_("El que tiene en el instituto."),
    )
    document_kind = forms.ChoiceField(label=_("Documento con el que se registra"), widget=forms.RadioSelect)
    document_number = forms.CharField(
        label=_("Número del documento"), max_length=30,
        help_text=_("Con él, y con su fecha de nacimiento, se sabe que es la misma persona. El nombre no basta."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    given_names = forms.CharField(label=_("Nombre o nombres"), max_length=NAME_LIMITS["given_names"])
    first_surname = forms.CharField(label=_("Primer apellido"), max_length=NAME_LIMITS["first_surname"])
    second_surname = forms.CharField(
        label=_("Segundo apellido"), max_length=NAME_LIMITS["second_surname"], required=False
    )
    birth_date = DayField(label=_("Fecha de nacimiento"), widget=DayInput)
    email = forms.EmailField(
        label=_("Correo"), help_text=_("Ahí recibe la carta cuando la propuesta se firma.")
    )
    reason = forms.CharField(
        label=_("Por qué se le propone"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Una o dos frases, sin datos de salud."),
    )  # fmt: skip

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        kinds = [(one.kind, one.label) for one in documents_of(country)]
        field = self.fields["document_kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = kinds
        field.initial = kinds[0][0]

    def add_error(self, field: str | None, error: Any) -> None:
        """The rules of documents name their own fields."""
        super().add_error(
            {"number": "document_number", "kind": "document_kind"}.get(field or "", field), error
        )

    def told(self) -> Candidate:
        return Candidate(document_country=self.country, **self.cleaned_data)


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Por qué no"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Lo lee tu instituto. Basta una frase."),
    )  # fmt: skip


class CategoryForm(forms.Form):
    """As what a person applies, among what their documents allow."""

    category = forms.ChoiceField(label=_("Te postulas como"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("Matrícula"), max_length=LONGEST_NUMBER, required=False,
        help_text=_("Solo de fuerzas armadas: la de la SEDENA o la SEMAR."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, page: CategoryPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.key, f"{one.label}. {one.proof}") for one in page.choices]
        if Category.ARMED_FORCES not in [one.key for one in page.choices]:
            del self.fields["number"]


class CategoriesForm(Seen):
    """Which categories a draft admits, and the class of seats of each: ``admits_<key>`` and ``group_<key>``."""

    mark_optional = False

    def __init__(self, *args: Any, design: Design, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = [
            ("", _("Solo los lugares abiertos")),
            *((one["key"], one["label"]) for one in design.groups),
        ]
        for key, label in Category.choices:
            self.fields[f"admits_{key}"] = forms.BooleanField(required=False, label=label)
            if key != Category.PARTNER:
                self.fields[f"group_{key}"] = forms.ChoiceField(
                    choices=classes, required=False,
                    label=gettext("Lugares que se guardan para «%(label)s»") % {"label": label},
                )  # fmt: skip

    @staticmethod
    def initial_of(declared: Categories) -> dict[str, Any]:
        initial: dict[str, Any] = {"seen": declared.fingerprint}
        for one in declared.categories:
            initial |= {f"admits_{one['key']}": True, f"group_{one['key']}": one["group"]}
        return initial

    def values(self) -> Categories:
        data = self.cleaned_data
        return Categories(
            [
                {"key": key, "group": data.get(f"group_{key}", "")}
                for key in Category.values
                if data[f"admits_{key}"]
            ]
        )


class PartnerForm(forms.Form):
    """An institute that proposes candidates, and on what terms."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("Instituto socio"))
    group = forms.ChoiceField(
        label=_("Clase de lugares"),
        help_text=_("La de «Cómo se asigna» cuyos lugares son para sus candidatos."),
    )
    closes_at = MomentField(
        label=_("Cierre de su propuesta"),
        help_text=_("Antes del cierre de la convocatoria. Hora del centro."),
    )
    most = forms.IntegerField(
        min_value=1, max_value=2000, required=False, label=_("Personas que puede proponer"),
        help_text=_("En blanco, sin máximo."),
    )  # fmt: skip
    stipend_note = forms.CharField(
        max_length=300, required=False, label=_("Beca: qué recibe y quién la paga")
    )
    service_note = forms.CharField(max_length=300, required=False, label=_("Servicio que deberá al volver"))

    def __init__(
        self, *args: Any, design: Design, institutions: Any, partner: CallPartner | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        institution, group = self.fields["institution"], self.fields["group"]
        assert isinstance(institution, forms.ModelChoiceField)  # noqa: S101 - declared above
        assert isinstance(group, forms.ChoiceField)  # noqa: S101 - declared above
        institution.queryset = institutions
        institution.label_from_instance = lambda obj: f"{obj.acronym}, {obj.name}"  # type: ignore[method-assign]
        group.choices = [(one["key"], one["label"]) for one in design.groups]
        if partner is not None:
            del self.fields["institution"]

    @staticmethod
    def initial_of(partner: CallPartner) -> dict[str, Any]:
        return {name: getattr(partner, name) for name in PartnerTerms.__dataclass_fields__}

    def terms(self) -> PartnerTerms:
        return PartnerTerms(**{name: self.cleaned_data[name] for name in PartnerTerms.__dataclass_fields__})


def moved(order: Sequence[int], asked: str) -> list[int] | None:
    """Return the order after one button, ``17:subir``; ``None`` for what makes no sense."""
    item, _colon, how = asked.partition(":")
    if not (item.isascii() and item.isdigit() and len(item) < 19) or int(item) not in order:
        return None
    at = order.index(int(item))
    places = {"subir": at - 1, "bajar": at + 1, "primero": 0}
    if how not in places:
        return None
    rest = [one for one in order if one != int(item)]
    rest.insert(min(max(places[how], 0), len(rest)), int(item))
    return rest
