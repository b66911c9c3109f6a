"""Teams of a territory: who covers what, for anybody; and the draft where they are typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cauce.base.web import attempt, csv_of, fill
from cauce.calls import operations, queries
from cauce.calls.forms.panels import TeamsForm
from cauce.calls.models import Call, CallKind
from cauce.calls.views.desk import PAGE, call_of


def _published(code: str) -> Call:
    return get_object_or_404(queries.published_calls(), code=code, kind=CallKind.TEAMS)


@login_not_required
@require_GET
def coverage(request: Any, code: str) -> HttpResponse:
    """By state, the teams, what is filled, and the units that no team has."""
    page = queries.coverage_page(
        _published(code), state=request.GET.get("estado", "")[:2], number=request.GET.get("p", 1),
        units=request.GET.get("u", 1),
    )  # fmt: skip
    return render(request, "calls/coverage.html", {"page": page})


@login_not_required
@require_GET
def coverage_csv(request: Any, code: str) -> StreamingHttpResponse:
    table = queries.uncovered_table(_published(code), request.GET.get("estado", "").replace("\0", "")[:2])
    return csv_of(table, f"unidades-sin-equipo-{code}.csv")


@PAGE
def teams(request: Any, code: str) -> HttpResponse:
    """The teams of a call for its desk; of a draft, as tables to type or paste."""
    call = call_of(request, code)
    if call.kind != CallKind.TEAMS:
        raise Http404
    frame = queries.desk_frame(request.actor, call, "calls:teams", now=request.now)
    if request.method == "POST":
        frame.may_edit.enforce()
    initial = (
        {"teams": queries.teams_text(call), "places": queries.places_text(call)}
        if frame.may_edit and request.method != "POST"
        else {}
    )
    form = fill(request, TeamsForm, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.set_teams, actor=request.actor, call=call, teams=form.cleaned_data["teams"],
            places=form.cleaned_data["places"], now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Equipos guardados."))
            return redirect("calls:teams", code)
    page = queries.coverage_page(
        call,
        state=request.GET.get("estado", "")[:2],
        number=request.GET.get("p", 1),
        units=request.GET.get("u", 1),
    )
    context = {"page": page, "frame": frame, "form": form}
    return render(request, "calls/desk/teams.html", context, status=422 if form.errors else 200)
