"""Results, for everybody: by folio, never by name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from cauce.allocation import bridge, queries
from cauce.allocation.views.desk import csv_of, package_of
from cauce.base import web
from cauce.calls.rules.folio import example_folio, read_folio

LONGEST_FOLIO = 30


@login_not_required
@require_GET
def results(request: Any) -> HttpResponse:
    page = queries.results_page(request.GET.get("p", "1"), now=request.now)
    return render(request, "allocation/results.html", {"page": page})


@login_not_required
@require_GET
@web.in_capitals
def call_results(request: Any, code: str) -> HttpResponse:
    """A call's results, or when they come; ``?folio=`` leads to that folio's page."""
    call = get_object_or_404(queries.published_calls(), code=code)
    run = queries.published_runs().filter(call=call).first()
    asked = _clean(request.GET.get("folio", ""))
    if asked and run is not None:
        return redirect("allocation:result", code, read_folio(asked) or asked)
    page = queries.call_results_page(call, run)
    table = queries.cutoff_table(run, request.GET) if run is not None else None
    context = {"page": page, "table": table, "after": queries.public_aftermath(call, now=request.now)}
    return render(request, "allocation/call_results.html", context)


def _clean(text: str) -> str:
    """A folio as somebody typed it: no spaces nor bars, in capitals, of a sane length."""
    return "".join(c for c in text[: LONGEST_FOLIO * 2] if c.isalnum() or c == "-").upper()[:LONGEST_FOLIO]


@login_not_required
@require_GET
@web.in_capitals
def cutoffs(request: Any, code: str) -> StreamingHttpResponse:
    return csv_of(get_object_or_404(queries.published_runs(), call__code=code), request.GET)


@login_not_required
@require_GET
@web.in_capitals
def package(request: Any, code: str) -> HttpResponse:
    return package_of(get_object_or_404(queries.published_runs(), call__code=code))


@login_not_required
@require_GET
@web.in_capitals
def release_package(request: Any, code: str, number: int) -> HttpResponse:
    """The package of a release that was ever public: what was superseded or taken back can still be checked."""
    found = queries.public_release(code, number)
    if found is None or found.run is None:
        raise Http404
    return package_of(found.run)


@login_not_required
@require_GET
@web.in_capitals
def result(request: Any, code: str, folio: str) -> HttpResponse:
    """What a folio got: the outcome for everybody; why, for its person and for who answers for the call."""
    run = get_object_or_404(queries.published_runs(), call__code=code)
    folio = _clean(folio)
    placement = queries.placement_of(run, folio)
    if placement is None:
        context = {
            "call": run.call,
            "folio": folio,
            "is_readable": read_folio(folio) is not None,
            "example": example_folio(code),
        }
        return render(request, "allocation/no_folio.html", context, status=404)
    page = queries.result_page(request.actor, run, placement, gap=bridge.gap, now=request.now)
    after = queries.own_aftermath(request.actor, run, placement, wishes=page.wishes, now=request.now)
    return render(request, "allocation/result.html", {"page": page, "after": after})
