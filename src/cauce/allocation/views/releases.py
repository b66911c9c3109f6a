"""The desk of releases: what is public, what waits for a second person, and taking back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.accounts import roles
from cauce.allocation import operations, queries
from cauce.allocation.forms import ConfirmForm, ReasonForm
from cauce.allocation.models import Release
from cauce.base import web
from cauce.calls.models import Call
from cauce.calls.queries import desk_rail


def frame(request: Any, call: Call, current: str) -> dict[str, Any]:
    """What stands around every page of a call's desk."""
    rail = desk_rail(call, current)
    signs = request.actor.holds(roles.ALLOCATION_SIGN, call.institution_id)
    return {"rail": rail, "call_url": rail[0][1], "signs": signs}


def call_or_404(request: Any, code: str) -> Call:
    return get_object_or_404(queries.calls_visible_to(request.actor), code=code)


def _release_or_404(request: Any, code: str, number: int) -> Release:
    return get_object_or_404(queries.releases_visible_to(request.actor), call__code=code, number=number)


@require_GET
def releases(request: Any, code: str) -> HttpResponse:
    return _shown(request, call_or_404(request, code), ReasonForm())


def _shown(request: Any, call: Call, form: ReasonForm) -> HttpResponse:
    page = queries.releases_page(request.actor, call, now=request.now)
    context = {"page": page, "form": form, **frame(request, call, "allocation:releases")}
    return render(request, "allocation/desk/releases.html", context, status=422 if form.errors else 200)


@require_GET
def release(request: Any, code: str, number: int) -> HttpResponse:
    found = _release_or_404(request, code, number)
    page = queries.release_page(request.actor, found)
    form = ConfirmForm(initial={"digest": found.digest})
    context = {"page": page, "form": form, **frame(request, found.call, "allocation:releases")}
    return render(request, "allocation/desk/release.html", context)


@require_POST
def propose_list(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    made = web.told(request, operations.propose_list, actor=request.actor, call=call, now=request.now)
    if made is None:
        return redirect("allocation:releases", code)
    messages.success(request, _("Propuesta hecha. La confirma otra persona."))
    return redirect("allocation:release", code, made.number)


@require_POST
def propose_undo(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    form = web.fill(request, ReasonForm)
    made = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made = web.attempt(
            form, operations.propose_undo, actor=request.actor, call=call, reason=reason, now=request.now
        )
    if made is None:
        return _shown(request, call, form)
    messages.success(request, _("Propuesta hecha. La confirma otra persona."))
    return redirect("allocation:release", code, made.number)


@require_POST
def confirm_release(request: Any, code: str, number: int) -> HttpResponse:
    found = _release_or_404(request, code, number)
    form = web.fill(request, ConfirmForm)
    if not form.is_valid():
        messages.error(request, _("La página estaba incompleta. Abrirla de nuevo y repetir."))
    elif web.told(
        request, operations.confirm_release, actor=request.actor, release=found, digest=form.cleaned_data["digest"], now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Publicado. Se avisa a cada persona."))
    return redirect("allocation:release", code, number)


@require_POST
def drop_release(request: Any, code: str, number: int) -> HttpResponse:
    found = _release_or_404(request, code, number)
    if web.told(request, operations.drop_release, actor=request.actor, release=found, now=request.now):
        messages.success(request, _("Propuesta descartada."))
    return redirect("allocation:releases", code)
