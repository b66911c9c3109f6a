"""What the tie-breaks of a run decide: read it, and ask the worker to count it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cauce.allocation import queries
from cauce.allocation.operations import sensitivity as operations
from cauce.base import web
from cauce.calls.queries import desk_rail


@require_http_methods(["GET", "HEAD", "POST"])
def sensitivity(request: Any, code: str, number: int) -> HttpResponse:
    """The counts, for who reads runs; a POST asks for them, for who manages the call or audits it."""
    run = get_object_or_404(queries.runs_visible_to(request.actor), call__code=code, number=number)
    if request.method == "POST":
        asked = web.told(
            request, operations.request_sensitivity, actor=request.actor, run=run, now=request.now
        )
        if asked is not None:
            messages.success(request, _("Cuenta pedida. Sigue sola aunque se cierre esta página."))
        return redirect("allocation:sensitivity", code, number)
    rail = desk_rail(run.call, "allocation:runs")
    page = queries.sensitivity_page(request.actor, run)
    return render(
        request, "allocation/desk/sensitivity.html", {"page": page, "rail": rail, "call_url": rail[0][1]}
    )
