"""Public pages and downloads of figures."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cauce.base.web import file_of
from cauce.indicators import queries
from cauce.indicators.models import PublishedFigure
from cauce.indicators.rules import extract_bytes


@login_not_required
@require_safe
def figures(request):
    return render(request, "indicators/figures.html", {"page": queries.figures_page(now=request.now)})


@login_not_required
@require_safe
def figure(request, code):
    if definition := queries.LIVE_BY_CODE.get(code):
        return render(request, "indicators/live.html", {"figure": definition.count(request.now)})
    row = get_object_or_404(PublishedFigure, code=code)
    return render(request, "indicators/published.html", {"figure": queries.published_figure(row)})


@login_not_required
@require_safe
def figure_csv(request, code):
    """The extract of a live figure: the bytes its digest is taken of."""
    definition = queries.LIVE_BY_CODE.get(code)
    if definition is None:
        raise Http404
    return _csv(definition.count(request.now).extract, f"{code}.csv")


@login_not_required
@require_safe
def figures_csv(request):
    columns = [field.name for field in queries.DICTIONARY]
    return _csv(extract_bytes(columns, list(queries.table(now=request.now))), "cifras.csv")


@login_not_required
@require_safe
def figures_json(request):
    return JsonResponse(
        queries.document(now=request.now),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": 'attachment; filename="cifras.json"'},
    )


@login_not_required
@require_safe
def dictionary(request):
    return render(request, "indicators/dictionary.html", {"fields": queries.DICTIONARY, "live": queries.LIVE})


def _csv(content: bytes, name: str) -> HttpResponse:
    return file_of(content, "text/csv; charset=utf-8", name)
