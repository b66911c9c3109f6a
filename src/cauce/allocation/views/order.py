"""The certificate of one place in the order of merit, for its person and for who answers for the call."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cauce.allocation import bridge, documents, queries, rules
from cauce.allocation.queries import Certificate
from cauce.base import web


@require_safe
@web.in_capitals
def order(request: Any, code: str, folio: str) -> HttpResponse:
    page = _certificate(request, code, folio)
    context = {
        "page": page, "decided": queries.decided_sentence(page), "drawn": queries.drawn_sentence(page),
        "how": queries.ticket_sentence(page), "neighbours": [queries.neighbour_sentence(one) for one in page.neighbours],
    }  # fmt: skip
    return render(request, "allocation/order.html", context)


@require_safe
@web.in_capitals
def order_pdf(request: Any, code: str, folio: str) -> HttpResponse:
    page = _certificate(request, code, folio)
    content = documents.order_pdf(page, origin=request.build_absolute_uri("/").rstrip("/"))
    return web.file_of(
        content, "application/pdf", f"orden-{page.folio}.pdf", **{"Cache-Control": "private, no-store"}
    )


def _certificate(request: Any, code: str, folio: str) -> Certificate:
    """Of a published run; what is not one's own does not exist."""
    run = get_object_or_404(queries.published_runs(), call__code=code)
    placement = queries.placement_of(run, folio.upper())
    if placement is None or not rules.may_explain(
        request.actor, run.call, person_id=placement.application.person_id
    ):
        raise Http404
    return queries.certificate_of(
        run, placement, person_id=request.actor.person_id, gap=bridge.gap, ticket=bridge.ticket
    )
