"""Offers: the page of a person's own on their phone, and the desk of rounds, locks and arrivals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from cauce.allocation import operations, queries
from cauce.allocation.forms import AnswerForm, MarkForm, OutsideForm, RoundForm
from cauce.allocation.models import Offer, OfferState
from cauce.allocation.views.claims import application_or_404
from cauce.allocation.views.releases import call_or_404, frame
from cauce.base import web
from cauce.calls.models import Call


@require_safe
@web.in_capitals
def my_offers(request: Any, code: str, folio: str) -> HttpResponse:
    mine = application_or_404(request, code, folio)
    return render(request, "allocation/my_offers.html", {"page": queries.my_offers_page(request.actor, mine)})


def _own_or_404(request: Any, code: str, folio: str, number: int) -> Offer:
    """One's own, and signed: an offer without its document or first day is shown to nobody."""
    return get_object_or_404(
        queries.own_offers(request.actor, code), application__folio=folio.upper(), release__number=number
    )


@require_http_methods(["GET", "HEAD", "POST"])
@web.in_capitals
def offer(request: Any, code: str, folio: str, number: int) -> HttpResponse:
    found = _own_or_404(request, code, folio, number)
    form = web.fill(request, AnswerForm)
    if request.method == "POST" and form.is_valid():
        sent = {name: form.cleaned_data[name] for name in ("answer", "reason", "words", "wants_upgrade")}
        answered = web.attempt(
            form, operations.answer_offer, actor=request.actor, offer=found, now=request.now, **sent
        )
        if answered is not None:
            messages.success(request, _said(answered))
            return redirect("allocation:offer", code, folio, number)
        found = _own_or_404(request, code, folio, number)
    page = queries.offer_page(request.actor, found, now=request.now)
    return render(
        request, "allocation/offer.html", {"page": page, "form": form}, status=422 if form.errors else 200
    )


def _said(offer: Offer) -> str:
    return {
        OfferState.ACCEPTED: _("Aceptaste el lugar."),
        OfferState.DECLINED: _("Rechazaste la oferta."),
        OfferState.HELD: _("Apartaste la oferta: tienes más tiempo para responder."),
    }[OfferState(offer.state)]


@require_safe
@web.in_capitals
def offer_pdf(request: Any, code: str, folio: str, number: int) -> HttpResponse:
    found = _own_or_404(request, code, folio, number)
    return web.file_of(
        queries.document_of(found),
        "application/pdf",
        f"oferta-{found.number}.pdf",
        **{"Cache-Control": "private, no-store"},
    )


# --------------------------------------------------------------------- desk


@require_GET
def offers(request: Any, code: str) -> HttpResponse:
    return _shown(request, call_or_404(request, code))


def _shown(request: Any, call: Call, **forms: Any) -> HttpResponse:
    page = queries.offers_page(
        request.actor, call, request.GET.get("p", "1"), request.GET.get("estado", ""), now=request.now
    )
    context = {"page": page, "round_form": RoundForm(), "outside_form": OutsideForm(), **forms}
    wrong = any(form.errors for form in forms.values())
    return render(
        request,
        "allocation/desk/offers.html",
        context | frame(request, call, "allocation:offers"),
        status=422 if wrong else 200,
    )


@require_POST
def request_round(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    run = web.told(request, operations.request_round, actor=request.actor, call=call, now=request.now)
    if run is None:
        return redirect("allocation:offers", code)
    messages.success(request, _("Corrida pedida. Sigue sola aunque se cierre esta página."))
    return redirect("allocation:run", code, run.number)


@require_POST
def propose_round(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    form = web.fill(request, RoundForm)
    made = None
    if form.is_valid():
        day = form.cleaned_data["starts_on"]
        made = web.attempt(
            form, operations.propose_round, actor=request.actor, call=call, starts_on=day, now=request.now
        )
    if made is None:
        return _shown(request, call, round_form=form)
    messages.success(request, _("Ronda propuesta. La confirma otra persona."))
    return redirect("allocation:release", code, made.number)


@require_POST
def record_outside(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    form = web.fill(request, OutsideForm)
    made = None
    if form.is_valid():
        made = web.attempt(
            form,
            operations.record_outside_admission,
            actor=request.actor,
            call=call,
            now=request.now,
            **form.cleaned_data,
        )
    if made is None:
        return _shown(request, call, outside_form=form)
    messages.success(request, _("Registrado. El lugar no se ofrece hasta que otra persona lo resuelva."))
    return redirect("allocation:offers", code)


@require_POST
def resolve_dispute(request: Any, code: str, number: int) -> HttpResponse:
    call = call_or_404(request, code)
    found = get_object_or_404(queries.call_disputes(call), pk=number)
    form = web.fill(request, MarkForm)
    if not form.is_valid():
        messages.error(request, _("La página estaba incompleta. Abrirla de nuevo y repetir."))
    elif web.told(
        request, operations.resolve_dispute, actor=request.actor, dispute=found, is_taken=form.cleaned_data["yes"], now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Resuelto. Queda anotado en la bitácora."))
    return redirect("allocation:offers", code)


@require_POST
def mark_joined(request: Any, code: str, number: int) -> HttpResponse:
    call = call_or_404(request, code)
    found = get_object_or_404(queries.call_offers(call), pk=number)
    form = web.fill(request, MarkForm)
    if not form.is_valid():
        messages.error(request, _("La página estaba incompleta. Abrirla de nuevo y repetir."))
    elif web.told(
        request, operations.mark_joined, actor=request.actor, offer=found, came=form.cleaned_data["yes"], now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Anotado."))
    return redirect("allocation:offers", code)
