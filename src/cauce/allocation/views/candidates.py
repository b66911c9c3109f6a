"""The desk of candidates, who is eligible and in which order, and of demand, what is wanted and what stays empty."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cauce.allocation import queries
from cauce.allocation.queries import Asked
from cauce.allocation.views.releases import call_or_404, frame
from cauce.base import web
from cauce.calls.rules import may_manage


@require_GET
def candidates(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    asked = Asked.of(request.GET)
    page = queries.candidates_page(request.actor, call, asked, request.GET.get("p", "1"), now=request.now)
    context = {"page": page, **frame(request, call, "allocation:candidates")}
    return render(request, "allocation/desk/candidates.html", context)


@require_GET
def demand(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    asked = {name: request.GET.get(key, "") for name, key in (("state", "estado"), ("reason", "razon"))}
    page = queries.demand_page(call, **asked, number=request.GET.get("p", "1"))
    context = {"page": page, **frame(request, call, "allocation:demand")}
    return render(request, "allocation/desk/demand.html", context)


@require_GET
def candidates_csv(request: Any, code: str) -> StreamingHttpResponse:
    """Only who manages the call takes people away in a file, though by folio."""
    call = call_or_404(request, code)
    if not may_manage(request.actor, call):
        raise Http404
    table = queries.candidates_table(call, Asked.of(request.GET), now=request.now)
    return web.csv_of(table, f"candidatos-{call.code}.csv")
