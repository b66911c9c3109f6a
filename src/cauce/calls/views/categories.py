"""As what a person applies; and, on the desk, whom a draft admits and which institutes propose."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cauce.base import web
from cauce.base.spreadsheets import Table
from cauce.calls import operations, queries, rules
from cauce.calls.forms.desk import resend
from cauce.calls.forms.nominations import CategoriesForm, CategoryForm, PartnerForm
from cauce.calls.views.desk import PAGE, call_of, editable
from cauce.institutions.models import Institution


@PAGE
def application_category(request: Any, folio: str) -> HttpResponse:
    """As what I apply; a POST chooses."""
    mine = get_object_or_404(
        queries.applications_visible_to(request.actor).select_related("call", "person", "specialty"),
        folio=folio,
    )
    here = queries.frame(mine, request.actor, now=request.now)
    page = queries.category_page(mine)
    initial = {"category": mine.category, "number": mine.category_number}
    form = web.fill(request, CategoryForm, page=page, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = web.attempt(
            form, operations.choose_category, application=mine, category=form.cleaned_data["category"],
            number=form.cleaned_data.get("number", ""), actor=request.actor, now=request.now,
        )  # fmt: skip
        if saved is not None:
            messages.success(request, _("Guardamos tu categoría."))
            return redirect("calls:application_details", folio)
    may_change = rules.may_change_details(
        request.actor, mine, now=request.now, sent=queries.as_sent(here.sent)
    )
    context = {"frame": here, "page": page, "form": form, "may_change": may_change}
    return render(request, "calls/application_category.html", context, status=422 if form.errors else 200)


# ------------------------------------------------------------------ the desk


@PAGE
def edit_categories(request: Any, code: str) -> HttpResponse:
    """Whom the call admits, and through which class of seats; the institutes that propose."""
    call = call_of(request, code)
    page = queries.categories_page(request.actor, call, now=request.now)
    form = web.fill(
        request, CategoriesForm, design=page.design, initial=CategoriesForm.initial_of(page.categories)
    )
    if request.method == "POST":
        rules.may_edit_call(request.actor, call).enforce()
        saved = None
        if form.is_valid():
            saved = web.attempt(
                form, operations.edit_categories, actor=request.actor, call=call, values=form.values(),
                seen=form.data.get("seen", ""), now=request.now,
            )  # fmt: skip
        if saved is not None:
            messages.success(request, _("Categorías guardadas."))
            return redirect("calls:edit_categories", code)
    if form.is_bound:
        resend(form, seen=page.categories.fingerprint)
    rows = [
        (form[f"admits_{key}"], form[f"group_{key}"] if f"group_{key}" in form.fields else None)
        for key in (name.removeprefix("admits_") for name in form.fields if name.startswith("admits_"))
    ]
    context = {"frame": page.frame, "call": call, "page": page, "form": form, "rows": rows}
    return render(request, "calls/desk/categories.html", context, status=422 if form.errors else 200)


@PAGE
def edit_partner(request: Any, code: str, institution: str = "") -> HttpResponse:
    """An institute that proposes candidates in a draft."""
    call = editable(request, code)
    held = (
        get_object_or_404(queries.partners_of(call), institution__code=institution) if institution else None
    )
    initial = PartnerForm.initial_of(held) if held else {}
    form = web.fill(
        request, PartnerForm, design=queries.design_of(call), institutions=queries.institutions_to_propose(),
        partner=held, initial=initial,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        saved = web.attempt(
            form, operations.save_partner, actor=request.actor, call=call,
            institution=held.institution if held else form.cleaned_data["institution"], terms=form.terms(),
            now=request.now,
        )  # fmt: skip
        if saved is not None:
            messages.success(request, _("Instituto guardado."))
            return redirect("calls:edit_categories", code)
    context = {
        "frame": queries.desk_frame(request.actor, call, "calls:edit_categories", now=request.now),
        "form": form, "title": held.institution.acronym if held else _("Instituto que propone candidatos"),
        "button": _("Guardar el instituto"), "back": reverse("calls:edit_categories", args=[code]),
        "back_label": _("Categorías"),
    }  # fmt: skip
    return render(request, "calls/desk/form.html", context, status=422 if form.errors else 200)


@require_POST
def remove_partner(request: Any, code: str, institution: str) -> HttpResponse:
    call = call_of(request, code)
    found = get_object_or_404(Institution, code=institution)
    if web.told(
        request, operations.remove_partner, actor=request.actor, call=call, institution=found, now=request.now
    ):
        messages.success(request, _("Instituto quitado."))
    return redirect("calls:edit_categories", code)


@require_safe
def categories_csv(request: Any, code: str) -> StreamingHttpResponse:
    """What people asked to be, to be checked and loaded as the table of groups."""
    call = call_of(request, code)
    rules.may_load(request.actor, call).enforce()
    head = ["folio", "grupos", "estado", "clues", "categoría", "matrícula o número"]
    return web.csv_of(Table(head, queries.asked_categories(call)), f"categorias-{call.code}.csv")
