"""Choosing a mechanism: what each one does to whom, and a rehearsal on the call's own shape."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.allocation import operations, queries
from cauce.base import web
from cauce.calls.queries import desk_rail


@require_GET
def mechanisms(request: Any, code: str) -> HttpResponse:
    return render(request, "allocation/desk/mechanisms.html", _context(request, code))


@require_GET
def rehearsal_progress(request: Any, code: str) -> HttpResponse:
    """The moving part of a rehearsal; tells the page to load itself again once it is over."""
    context = _context(request, code)
    response = render(request, "allocation/desk/_rehearsing.html", context)
    if context["page"].under_way is None:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def request_rehearsal(request: Any, code: str) -> HttpResponse:
    call = get_object_or_404(queries.calls_with_desk(request.actor), code=code)
    asked = web.told(request, operations.request_rehearsal, actor=request.actor, call=call, now=request.now)
    if asked is not None:
        messages.success(request, _("Ensayo pedido. Sigue solo aunque se cierre esta página."))
    return redirect("allocation:mechanisms", code)


def _context(request: Any, code: str) -> dict[str, Any]:
    call = get_object_or_404(queries.calls_with_desk(request.actor), code=code)
    rail = desk_rail(call, "allocation:mechanisms")
    return {"page": queries.mechanisms_page(request.actor, call), "rail": rail, "call_url": rail[0][1]}
