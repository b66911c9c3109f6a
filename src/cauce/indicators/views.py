"""Public pages and downloads of figures."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cauce.base.web import file_of, told
from cauce.indicators import intake, operations, queries
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


# ------------------------------------------------------------- the drive of 2022


@login_not_required
@require_safe
def replay(request):
    """The drive of 2022 played again: data, what follows from them, and ranges over what is assumed."""
    return render(request, "indicators/replay.html", {"page": _replay_page(request)})


@login_not_required
@require_safe
def replay_progress(request):
    """Only how far the replay under way has come; when it is over, the whole page again."""
    page = _replay_page(request)
    if not page.is_under_way:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "indicators/_replay_progress.html", {"page": page})


@require_POST
def request_replay(request):
    """Ask for the replay to be computed here."""
    asked = told(request, operations.request_replay, actor=request.actor, now=request.now)
    if asked is not None and asked.requested_at == request.now:
        messages.success(request, _("Repetición pedida. Sigue sola aunque se cierre esta página."))
    elif asked is not None:
        messages.info(request, _("Ya hay una repetición en curso; es esta."))
    return redirect("indicators:replay")


@login_not_required
@require_safe
def replay_json(request):
    """The results' bytes: what the digest is of."""
    document, _digest = _ready()
    return file_of(document, "application/json", "jornada-2022.json")


@login_not_required
@require_safe
def replay_csv(request):
    document, _digest = _ready()
    return _csv(extract_bytes(*queries.results_table(document)), "jornada-2022.csv")


def _ready():
    found = queries.ready_document()
    if found is None:
        raise Http404
    return found


def _replay_page(request):
    return queries.replay_page(intake.read_drive(), request.actor, measure=request.GET.get("m", ""))


def _csv(content: bytes, name: str) -> HttpResponse:
    return file_of(content, "text/csv; charset=utf-8", name)
