"""The documents that a draft asks for, on its desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cauce.base.web import attempt, fill, told
from cauce.calls import operations, queries, rules
from cauce.calls.forms.desk import resend
from cauce.calls.forms.requirements import CatalogueForm, RequirementForm
from cauce.calls.intake import requirement_catalogue, requirements_for
from cauce.calls.rules.categories import Categories
from cauce.calls.rules.drafting import fingerprint
from cauce.calls.rules.requirements import Asked, asked_words
from cauce.calls.views.desk import PAGE, call_of, editable


@PAGE
def edit_requirements(request: Any, code: str) -> HttpResponse:
    """What the call asks for; a POST asks for more, from the catalogue."""
    call = call_of(request, code)
    asked = queries.requirements_of(call)
    held = {one.key for one in asked}
    offered = [one for one in requirement_catalogue() if one.key not in held]
    usual = [one.key for one in requirements_for(call.kind, Categories.of(call).keys)]
    form = fill(request, CatalogueForm, offered=offered, initial={"keys": [] if held else usual})
    if request.method == "POST":
        rules.may_edit_call(request.actor, call).enforce()
        added = None
        if form.is_valid():
            added = attempt(
                form, operations.add_requirements, actor=request.actor, call=call, asked=form.asked(),
                now=request.now,
            )  # fmt: skip
        if added is not None:
            messages.success(request, _("Documentos agregados. Revisar de cada uno si es subsanable."))
            return redirect("calls:edit_requirements", code)
    frame = queries.desk_frame(request.actor, call, "calls:edit_requirements", now=request.now)
    context = {
        "frame": frame, "call": call, "form": form,
        "rows": [(one, queries.lasts(one), asked_words(one.reach, one.category)) for one in asked],
        "offers": bool(offered),
    }  # fmt: skip
    return render(request, "calls/desk/requirements.html", context, status=422 if form.errors else 200)


@PAGE
def edit_requirement(request: Any, code: str, key: str) -> HttpResponse:
    """One document of a draft: how it must be, how long it is good, and whether a fault can be mended."""
    call = editable(request, code)
    row = next((one for one in queries.requirements_of(call) if one.key == key), None)
    if row is None:
        raise Http404
    current = Asked.of(row)
    seen = fingerprint(current.values())
    form = fill(request, RequirementForm, initial={**RequirementForm.initial_of(current), "seen": seen})
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form, operations.save_requirement, actor=request.actor, call=call, values=form.values(key),
            seen=form.data.get("seen", ""), now=request.now,
        )  # fmt: skip
        if saved is not None:
            messages.success(request, _("Documento guardado."))
            return redirect("calls:edit_requirements", code)
    if form.is_bound:
        resend(form, seen=seen)
    context = {
        "frame": queries.desk_frame(request.actor, call, "calls:edit_requirements", now=request.now),
        "form": form, "title": current.name, "button": _("Guardar el documento"),
        "back": reverse("calls:edit_requirements", args=[code]), "back_label": _("Documentos"),
    }  # fmt: skip
    return render(request, "calls/desk/form.html", context, status=422 if form.errors else 200)


@require_POST
def remove_requirement(request: Any, code: str, key: str) -> HttpResponse:
    call = call_of(request, code)
    if told(request, operations.remove_requirement, actor=request.actor, call=call, key=key, now=request.now):
        messages.success(request, _("Documento quitado."))
    return redirect("calls:edit_requirements", code)
