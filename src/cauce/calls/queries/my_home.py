"""A person's home: what waits for them, the most urgent first, then their applications and the calls they may enter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.calls.models import CallState
from cauce.calls.queries.application import applications_visible_to
from cauce.calls.queries.list import Frame, Step, frame
from cauce.calls.queries.portal import CallCard, calls_page
from cauce.calls.rules.receipt import to_the_second
from cauce.calls.rules.waiting import Waiting, most_urgent_first

RESULT = "allocation:result"


@dataclass(frozen=True, slots=True)
class MyApplication:
    frame: Frame
    headline: str
    asked: str
    href_name: str
    action: str
    until: datetime | None = None

    @property
    def waiting(self) -> Waiting:
        """The same as a line of what waits for the person."""
        application = self.frame.application
        return Waiting(
            application.folio,
            self.frame.call.title,
            self.headline,
            self.asked,
            self.href,
            self.action,
            self.until,
        )

    @property
    def href(self) -> str:
        application = self.frame.application
        if self.href_name == RESULT:
            return reverse(RESULT, args=[self.frame.call.code, application.folio])
        return reverse(self.href_name, args=[application.folio])


@dataclass(frozen=True, slots=True)
class MyHomePage:
    """One thing first: ``first`` is the most urgent of what waits for the person, ``also`` the others that run out.

    ``rest`` are the applications, but the one that is first; then the calls one may still enter.
    """

    first: Waiting | None
    also: list[Waiting]
    rest: list[MyApplication]
    calls: list[CallCard]

    @property
    def are_others(self) -> bool:
        """Whether no line of ``rest`` is of the application that stands first, as when an offer waits for its answer."""
        return self.first is not None and all(
            one.frame.application.folio != self.first.folio for one in self.rest
        )


def my_home_page(actor: Actor, *, now: datetime) -> MyHomePage:
    """Return the person's home; the number of queries grows with nothing but one's own applications (at most ten shown).

    What apps above this one know to wait for the person comes through ``settings.WAITS_FOR``.
    """
    found = (
        applications_visible_to(actor)
        .select_related("call__institution", "specialty")
        .filter(call__state=CallState.PUBLISHED)
        .order_by("-call__closes_at")[:10]
    )
    mine = [my_application(frame(application, actor, now=now)) for application in found]
    lines = most_urgent_first([*(one.waiting for one in mine if one.asked), *elsewhere(actor, now=now)])
    first = next((line for line in lines if not line.is_choice), None)
    also = [line for line in lines if line is not first and (line.until or line.is_now)]
    page = calls_page(actor, now=now)
    return MyHomePage(
        first=first,
        also=also,
        # An application whose line stands above says nothing twice.
        rest=[
            replace(one, asked="") if one.until and one.waiting in also else one
            for one in mine
            if one.waiting != first
        ],
        calls=[card for card in [*page.open, *page.announced] if not card.my_folio],
    )


def elsewhere(actor: Actor, *, now: datetime) -> list[Waiting]:
    """What apps above this one know to wait for the actor (``settings.WAITS_FOR``)."""
    return [line for path in settings.WAITS_FOR for line in import_string(path)(actor, now=now)]


def my_application(here: Frame) -> MyApplication:
    """Return what a person's application says of itself: its state, what it asks for, and where that is done."""
    by, closes = {"when": here.closes_when}, here.call.closes_at
    if here.is_withdrawn:
        return MyApplication(
            here, _("Retiraste esta solicitud"), "", "calls:application", _("Ver la solicitud")
        )
    if here.has_result and (published_at := here.call.results_published_at):
        asked = _("Se publicó el %(when)s, con las razones de cada opción.") % {
            "when": to_the_second(published_at)
        }
        return MyApplication(here, _("Ya hay resultado"), asked, RESULT, _("Ver mi resultado"))
    if here.documents.mend_by:
        asked = _("Corrige a más tardar el %(when)s.") % {"when": to_the_second(here.documents.mend_by)}
        return MyApplication(
            here, _("Hay algo que corregir"), asked, "calls:application_file", _("Corregir mis documentos"),
            here.documents.mend_by,
        )  # fmt: skip
    if here.has_unsent_changes and here.is_open:
        closing = _("Cierra el %(when)s.") % by
        asked = f"{here.what_counts} {closing}"
        return MyApplication(
            here,
            _("Tienes cambios sin enviar"),
            asked,
            "calls:application_send",
            _("Revisar y enviar"),
            closes,
        )
    match here.next:
        case Step.DETAILS:
            asked = _("Elige tu especialidad y escribe tus datos antes del %(when)s.") % by
            return MyApplication(
                here,
                _("Faltan tus datos"),
                asked,
                "calls:application_details",
                _("Escribir mis datos"),
                closes,
            )
        case Step.LIST:
            asked = _("Pon tus plazas en orden y envíalas antes del %(when)s.") % by
            return MyApplication(
                here, _("Falta tu lista"), asked, "calls:application_list", _("Ordenar mi lista"), closes
            )
        case Step.SEND:
            asked = _("Tu lista está guardada, pero no enviada. Envíala antes del %(when)s.") % by
            return MyApplication(
                here,
                _("Falta enviar tu lista"),
                asked,
                "calls:application_send",
                _("Revisar y enviar"),
                closes,
            )
        case Step.RECEIPT:
            return MyApplication(
                here, _("Tu lista está enviada"), "", "calls:application_receipt", _("Ver mi comprobante")
            )
    return MyApplication(here, _("No enviaste tu lista"), "", "calls:application", _("Ver la solicitud"))
