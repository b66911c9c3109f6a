"""Who a draft admits and which institutes propose candidates for it; and as what a person applies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.calls import rules
from cauce.calls.models import Application, Call, CallPartner, Category
from cauce.calls.operations.application import back_to_draft
from cauce.calls.operations.desk import DraftRefused, differs, locked_draft, touch
from cauce.calls.queries import categories as reads
from cauce.calls.queries.application import as_sent, counting
from cauce.calls.rules import categories as rulebook
from cauce.calls.rules.categories import Categories
from cauce.calls.rules.design import Design
from cauce.institutions.models import Institution


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """What a call grants an institute that proposes candidates; named as the fields of ``CallPartner``."""

    group: str
    closes_at: datetime
    most: int | None
    stipend_note: str
    service_note: str


@use_case
def edit_categories(*, actor: Actor, call: Call, values: Categories, seen: str, now: datetime) -> Call:
    """Replace who a draft admits.

    Raises ``Denied`` unless the actor may edit, ``ChangedMeanwhile``, and
    ``DraftRefused`` for a class that does not exist, or where an institute proposes for a category that goes.
    """
    call = locked_draft(actor, call)
    if not differs(call, Categories.of(call), values, seen):
        return call
    known = {"", *(one["key"] for one in Design.of(call).groups)}
    for one in values.categories:
        if one["key"] not in Category.values or one["group"] not in known:
            raise DraftRefused(_("Esa clase de lugares no existe."), _("Elegir una de «Cómo se asigna»."))
    if Category.PARTNER not in values.keys and call.partners.exists():
        raise DraftRefused(
            _("Hay institutos que proponen candidatos: su categoría no se puede quitar."),
            _("Quitar primero los institutos."),
        )
    call.categories = values.categories
    call.save(update_fields=["categories"])
    touch(call, actor, now)
    note(part="categories", fingerprint=values.fingerprint)
    return call


@use_case
def save_partner(
    *, actor: Actor, call: Call, institution: Institution, terms: PartnerTerms, now: datetime
) -> CallPartner:
    """Let an institute propose candidates in a draft, or change its terms.

    Raises ``Denied`` unless the actor may edit, ``DraftRefused`` for a class
    that does not exist or is another institute's, and where the category is not admitted.
    """
    call = locked_draft(actor, call)
    if Category.PARTNER not in Categories.of(call).keys:
        raise DraftRefused(
            _("La convocatoria no admite personas propuestas por un instituto."),
            _("Admitir antes la categoría."),
        )
    if terms.group not in {one["key"] for one in Design.of(call).groups}:
        raise DraftRefused(
            _("Esa clase de lugares no existe."), _("Elegir una de «Cómo se asigna»."), field="group"
        )
    if call.partners.filter(group=terms.group).exclude(institution=institution).exists():
        raise DraftRefused(
            _("Esa clase ya es de otro instituto."), _("Crear una clase para cada uno."), field="group"
        )
    partner, _created = CallPartner.objects.update_or_create(
        call=call, institution=institution,
        defaults={name: getattr(terms, name) for name in PartnerTerms.__dataclass_fields__},
    )  # fmt: skip
    touch(call, actor, now)
    note(part="categories", partner=institution.code)
    return partner


@use_case
def remove_partner(*, actor: Actor, call: Call, institution: Institution, now: datetime) -> Call:
    """Take an institute out of a draft; one that is not there changes nothing. Raises ``Denied``."""
    call = locked_draft(actor, call)
    call.partners.filter(institution=institution).delete()
    touch(call, actor, now)
    note(part="categories", partner=institution.code)
    return call


# ------------------------------------------------------------------ of a person


@use_case
def choose_category(
    *, application: Application, category: str, number: str = "", actor: Actor, now: datetime
) -> Application:
    """Keep as what the person applies, among what their documents allow; the same again changes nothing.

    It puts nobody into a class of seats: the institution does, after checking,
    or a proposal that was accepted. A withdrawn application is a draft again. Raises ``Denied`` while a sending counts, and ``CategoryRefused``.
    """
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "person")
        .get(pk=application.pk)
    )
    sent = as_sent(counting(application))
    rules.may_edit(actor, application, now=now, sent=sent).enforce()
    who = reads.identity_of(application.person_id, application.call)
    number = rulebook.check_category(category, number, who, Categories.of(application.call).keys)
    if (application.category, application.category_number) == (category, number):
        note(repeated=True)
        return application
    rules.may_change_details(actor, application, now=now, sent=sent).enforce()
    back_to_draft(application, now=now)
    application.category, application.category_number = category, number
    application.save(update_fields=["category", "category_number", "state", "withdrawn_at"])
    note(category=category)
    return application
