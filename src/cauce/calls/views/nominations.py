"""Pages of a partner institute: its calls, its proposal, the signatures; and of the candidate who answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cauce.accounts import roles
from cauce.base import figures, import_pages, web
from cauce.base.errors import DomainError
from cauce.base.models import Import
from cauce.calls import intake, operations, queries
from cauce.calls.forms.nominations import CandidateForm, DeclineForm, moved
from cauce.calls.models import CallPartner, Nomination
from cauce.calls.rules.nominations import Candidate, may_nominate

PAGE = require_http_methods(["GET", "HEAD", "POST"])


def _partner(request: Any, number: int) -> CallPartner:
    return get_object_or_404(queries.partners_visible_to(request.actor), pk=number)


def _writable(request: Any, number: int) -> CallPartner:
    """As ``_partner``, and refuses with its reason whoever may not change the proposal now."""
    partner = _partner(request, number)
    may_nominate(request.actor, partner, now=request.now).enforce()
    return partner


def _nomination(request: Any, number: int) -> Nomination:
    return get_object_or_404(queries.nominations_visible_to(request.actor), pk=number)


@require_safe
def partner_home(request: Any) -> HttpResponse:
    """The calls in which my institutes propose candidates."""
    page = queries.partner_home(request.actor, now=request.now)
    if not (page.cards or request.actor.holds_anywhere(roles.PARTNER_NOMINATE)):
        raise Http404
    return render(request, "calls/partner/home.html", {"page": page})


@PAGE
def partner(request: Any, number: int) -> HttpResponse:
    """What the call grants the institute, its candidates in order and how they fare. A POST moves one, or sends the whole order."""
    found = _partner(request, number)
    if request.method == "POST":
        return _order(request, found)
    page = queries.partner_page(found, request.actor, now=request.now)
    return render(request, "calls/partner/partner.html", {"page": page})


def _order(request: Any, found: CallPartner) -> HttpResponse:
    by_script = not request.accepts("text/html")
    order = list(found.nominations.order_by("position").values_list("pk", flat=True))
    after = (
        _whole(request.POST.get("orden", "")) if by_script else moved(order, request.POST.get("mover", ""))
    )
    if after is None:
        messages.error(request, _("No se entendió qué mover. Usar los botones de la lista."))
        return redirect("calls:partner", found.pk)
    arguments = {"partner": found, "order": after, "actor": request.actor, "now": request.now}
    if not by_script:
        if web.told(request, operations.order_nominations, **arguments):
            messages.success(request, _("Orden guardado."))
        return redirect("calls:partner", found.pk)
    try:
        operations.order_nominations(**arguments)
    except DomainError as error:
        return JsonResponse({"message": str(error.message), "remedy": str(error.remedy)}, status=error.status)
    clock = f"{timezone.localtime(request.now):%H:%M:%S}"
    return JsonResponse(
        {"version": 0, "saved": _("Guardada a las %(clock)s") % {"clock": clock}, "unsent": False}
    )


def _whole(sent: str) -> list[int] | None:
    items = sent.split(",", 2001)[:2001]
    return [int(one) for one in items] if all(one.isascii() and one.isdigit() for one in items) else None


@PAGE
def nominate(request: Any, number: int) -> HttpResponse:
    """Add a candidate."""
    found = _writable(request, number)
    form = web.fill(request, CandidateForm, country=found.institution.country)
    if request.method == "POST" and form.is_valid():
        told = form.told()
        made = web.attempt(
            form, operations.add_nomination, partner=found, told=told, actor=request.actor, now=request.now
        )
        if made is not None:
            _say_likeness(request, found, made)
            messages.success(request, _("Agregada en el lugar %(place)s.") % {"place": made.position})
            return redirect("calls:partner", number)
    context = {
        "partner": found,
        "form": form,
        "title": _("Proponer a una persona"),
        "button": _("Agregar a la propuesta"),
    }
    return render(request, "calls/partner/candidate.html", context, status=422 if form.errors else 200)


def _say_likeness(request: Any, found: CallPartner, made: Nomination) -> None:
    if doubt := queries.likeness_doubt(found.call, Candidate.of(made)):
        messages.warning(request, doubt)


@PAGE
def nomination(request: Any, number: int) -> HttpResponse:
    """Correct a candidate who has no letter yet."""
    one = _nomination(request, number)
    found = _writable(request, one.partner_id)
    told = Candidate.of(one)
    initial = {name: getattr(told, name) for name in CandidateForm.base_fields}
    form = web.fill(request, CandidateForm, country=one.document_country, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = web.attempt(
            form, operations.change_nomination, nomination=one, told=form.told(), actor=request.actor,
            now=request.now,
        )  # fmt: skip
        if saved is not None:
            _say_likeness(request, found, saved)
            messages.success(request, _("Datos guardados."))
            return redirect("calls:partner", found.pk)
    context = {"partner": found, "form": form, "title": told.name, "button": _("Guardar los datos")}
    return render(request, "calls/partner/candidate.html", context, status=422 if form.errors else 200)


@require_POST
def remove_nomination(request: Any, number: int) -> HttpResponse:
    """Take a candidate out, or keep them after all."""
    one = _nomination(request, number)
    if web.told(request, operations.remove_nomination, nomination=one, actor=request.actor, now=request.now):
        messages.success(request, _("Propuesta cambiada."))
    return redirect("calls:partner", one.partner_id)


@require_POST
def sign_nominations(request: Any, number: int) -> HttpResponse:
    """Sign the proposal that the page showed."""
    found = _partner(request, number)
    signed = web.told(
        request, operations.sign_nominations, partner=found, digest=request.POST.get("digest", ""),
        actor=request.actor, now=request.now,
    )  # fmt: skip
    if signed is not None:
        messages.success(
            request,
            _("Propuesta firmada por dos personas: salieron las cartas.")
            if signed.second_by_id
            else _("Firmaste la propuesta. Falta la firma de otra persona."),
        )
    return redirect("calls:partner", number)


# ------------------------------------------------------------------ a file


def _desk(request: Any, number: int) -> import_pages.Desk:
    found = _writable(request, number)
    return import_pages.Desk(
        kind=operations.NOMINATIONS, scope=str(found.pk), title=_("Candidatos de un archivo"),
        lead=_("Una fila por persona, en el orden de preferencia. Se agregan al final de la propuesta, todas o ninguna."),
        columns=intake.nomination_columns(found.institution.country),
        urls=import_pages.Addresses.of("calls:import_nominations", number),
        receive=operations.receive_nominations, confirm=operations.confirm_nominations,
        drop=operations.drop_nominations, arguments={"partner": found}, facts=_facts,
    )  # fmt: skip


def _facts(taken: Import) -> list[tuple[Any, str]]:
    return [
        (figures.number(taken.facts.get("new", 0)), _("personas nuevas")),
        (figures.number(taken.facts.get("same", 0)), _("ya están igual")),
    ]


@PAGE
def import_nominations(request: Any, number: int) -> HttpResponse:
    """Bring candidates as a file."""
    desk = _desk(request, number)
    context = {"partner": desk.arguments["partner"]}
    return import_pages.answer(request, desk, "calls/partner/import.html", context)


(
    import_nominations_progress,
    import_nominations_report,
    import_nominations_confirm,
    import_nominations_drop,
) = import_pages.parts(_desk)


# ------------------------------------------------------------------ the candidate


@PAGE
def my_nomination(request: Any, number: int) -> HttpResponse:
    """A proposal as its candidate sees it; a POST accepts it, or declines with a reason."""
    page = queries.my_nomination(number, request.actor, now=request.now)
    if page is None:
        raise Http404
    form = DeclineForm(request.POST if "rechazar" in request.POST else None)
    if request.method == "POST" and "rechazar" in request.POST:
        declined = None
        if form.is_valid():
            declined = web.attempt(
                form, operations.decline_nomination, nomination=page.nomination,
                reason=form.cleaned_data["reason"], actor=request.actor, now=request.now,
            )  # fmt: skip
        if declined is not None:
            messages.success(request, _("Tu instituto ya sabe que no aceptas."))
            return redirect("calls:my_nomination", number)
    elif request.method == "POST":
        accepted = web.told(
            request,
            operations.accept_nomination,
            nomination=page.nomination,
            actor=request.actor,
            now=request.now,
        )
        if accepted is not None and accepted.application is not None:
            messages.success(request, _("Aceptaste. Sigue con tus datos y tu lista."))
            return redirect(reverse("calls:application", args=[accepted.application.folio]))
        return redirect("calls:my_nomination", number)
    context = {"page": page, "form": form}
    return render(request, "calls/my_nomination.html", context, status=422 if form.errors else 200)
