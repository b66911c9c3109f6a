"""What anyone may see without signing in."""

from __future__ import annotations

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cauce.base import web
from cauce.calls import documents, queries
from cauce.calls.models import Call
from cauce.calls.queries.search import Search, posts_page, read_filters

_LONGEST_QUERY = 2000


@login_not_required
@require_safe
def home(request):
    return render(request, "calls/home.html", {"page": queries.home_page(request.actor, now=request.now)})


@login_not_required
@require_safe
def calls(request):
    return render(request, "calls/calls.html", {"page": queries.calls_page(request.actor, now=request.now)})


@login_not_required
@require_safe
@web.in_capitals
def call(request, code):
    found = _call(code)
    return render(
        request, "calls/call.html", {"page": queries.call_page(found, request.actor, now=request.now)}
    )


@login_not_required
@require_safe
@web.in_capitals
def call_rules(request, code):
    """The frozen rules, byte by byte as their digest was taken."""
    found = _call(code)
    return web.file_of(queries.frozen_text(found).encode(), "application/json", f"reglas-{found.code}.json")


@login_not_required
@require_safe
@web.in_capitals
def call_calendar(request, code):
    found = _call(code)
    return web.file_of(
        documents.calendar_file(found, now=request.now, origin=request.build_absolute_uri("/").rstrip("/")),
        "text/calendar; charset=utf-8",
        f"{found.code}.ics",
    )


def _with_short_query(view):
    """Answer a query of absurd length with the part of it that makes sense, and say so."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        if len(request.META.get("QUERY_STRING", "")) > _LONGEST_QUERY:
            messages.warning(
                request, _("La búsqueda era demasiado larga; esto es lo que se entendió de ella.")
            )
            return redirect(request.path + read_filters(request.GET).query(specialty="", state=""))
        return view(request, *args, **kwargs)

    return answer


@login_not_required
@require_safe
@_with_short_query
def search(request):
    found = queries.open_calls(now=request.now)
    return render(request, "calls/posts.html", {"page": posts_page(found, read_filters(request.GET))})


@login_not_required
@require_safe
def search_csv(request):
    found = queries.open_calls(now=request.now)
    return _posts_file(Search(found, read_filters(request.GET), with_demand=False), "plazas.csv")


@login_not_required
@require_safe
@web.in_capitals
@_with_short_query
def posts(request, code):
    found = _call(code)
    page = posts_page([found], read_filters(request.GET), call=found)
    return render(request, "calls/posts.html", {"page": page})


@login_not_required
@require_safe
@web.in_capitals
def posts_csv(request, code):
    found = _call(code)
    return _posts_file(
        Search([found], read_filters(request.GET), with_demand=False), f"plazas-{found.code}.csv"
    )


@login_not_required
@require_safe
@web.in_capitals
def post(request, code, key):
    found = get_object_or_404(queries.published_posts(), call__code=code, key=key.replace("\0", ""))
    return render(
        request, "calls/post.html", {"page": queries.post_page(found, request.actor, now=request.now)}
    )


@login_not_required
@require_safe
def receipt(request, receipt):
    """Whether a receipt is genuine and whether it is the one that counts: no name and no list."""
    page = queries.receipt_page(receipt)
    return render(
        request, "calls/receipt.html", {"page": page, "asked": receipt[:60]}, status=200 if page else 404
    )


# ----------------------------------------------------------------- shared


def _call(code: str) -> Call:
    return get_object_or_404(queries.published_calls().select_related("institution"), code=code)


def _posts_file(found: Search, name: str) -> StreamingHttpResponse:
    return web.csv_of(documents.posts_table(found.rows()), name)
