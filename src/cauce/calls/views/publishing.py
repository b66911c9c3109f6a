"""Publishing a call, amending it, and what may be read of it afterwards: numbers, log, audit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.accounts import roles
from cauce.base.web import attempt, csv_of, fill, told
from cauce.calls import operations, queries
from cauce.calls.forms import desk as forms
from cauce.calls.models import CallState
from cauce.calls.views.desk import PAGE, call_of


@PAGE
def publish(request: Any, code: str) -> HttpResponse:
    """What stops or warns, what will be frozen, and the button."""
    call = call_of(request, code)
    page = queries.overview_page(request.actor, call, now=request.now, current="calls:publish")
    if call.state != CallState.DRAFT:
        if request.method == "POST":
            messages.info(request, _("La convocatoria ya estaba publicada; no cambió nada."))
        return redirect("calls:desk_call", code)
    keys = [row.finding.key for row in page.warnings]
    form = fill(request, forms.PublishForm, warnings=keys, initial={"digest": page.digest})
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.publish_call, actor=request.actor, call=call, acknowledged=form.acknowledged(),
            expected=form.cleaned_data["digest"], now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(
                request, _("Convocatoria publicada. Sus reglas quedaron congeladas con su huella.")
            )
            return redirect("calls:desk_call", code)
    if form.is_bound:
        # What is shown now is what the next sending agrees to.
        forms.resend(form, digest=page.digest, warnings=keys)
    return render(request, "calls/desk/publish.html", {"page": page, "form": form, "call": call})


@PAGE
def addenda(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    form = fill(request, forms.AddendumForm)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.publish_addendum, actor=request.actor, call=call, text=form.cleaned_data["text"],
            closes_at=form.cleaned_data["closes_at"], now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(
                request,
                _("Adenda %(number)s publicada; se avisó a las personas con solicitud.")
                % {"number": done.number},
            )
            return redirect("calls:addenda", code)
    page = queries.addenda_page(request.actor, call, now=request.now)
    return render(request, "calls/desk/addenda.html", {"page": page, "form": form, "call": call})


@require_GET
def desk_applications(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    number = queries.page_number(request.GET.get("p", ""))
    page = queries.applications_page(request.actor, call, number=number, now=request.now)
    return render(request, "calls/desk/applications.html", {"page": page, "call": call})


@require_GET
def log(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    page = queries.log_page(
        request.actor, call, number=queries.page_number(request.GET.get("p", "")), now=request.now
    )
    return render(request, "calls/desk/log.html", {"page": page, "call": call})


@require_GET
def log_csv(request: Any, code: str) -> StreamingHttpResponse:
    call = call_of(request, code)
    return csv_of(queries.event_table(queries.events_about(call)), f"bitacora-{call.code}.csv")


@require_GET
def audit(request: Any) -> HttpResponse:
    """The whole chain, for whoever may read the audit."""
    _auditors_only(request)
    page = queries.audit_page(request.actor, number=queries.page_number(request.GET.get("p", "")))
    return render(request, "calls/desk/audit.html", {"page": page})


@require_POST
def walk_audit(request: Any) -> HttpResponse:
    """Ask for a walk over the whole chain, from its first seal."""
    _auditors_only(request)
    asked = told(request, operations.walk_audit, actor=request.actor, now=request.now)
    if asked is not None and asked.asked_at == request.now:
        messages.success(request, _("Recorrido pedido. Sigue solo aunque se cierre esta página."))
    elif asked is not None:
        messages.info(request, _("Ya hay un recorrido en curso; es este."))
    return redirect("calls:audit")


@require_GET
def audit_csv(request: Any) -> StreamingHttpResponse:
    _auditors_only(request)
    return csv_of(queries.event_table(queries.all_events()), "auditoria.csv")


def _auditors_only(request: Any) -> None:
    if not request.actor.holds(roles.AUDIT_READ):
        raise Http404
