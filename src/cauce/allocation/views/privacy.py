"""The review of a package before it is public: what waits, and one package with its decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cauce.accounts import roles
from cauce.allocation import queries
from cauce.allocation.forms import PrivacyForm
from cauce.allocation.operations import privacy as operations
from cauce.base import web


@require_GET
def packages(request: Any) -> HttpResponse:
    if not request.actor.holds_anywhere(roles.PACKAGE_REVIEW):
        raise Http404
    return render(request, "allocation/privacy/packages.html", {"page": queries.packages_page(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: Any, code: str, number: int) -> HttpResponse:
    """Whom a package tells apart, for who reads runs; the decision, for who reviews packages."""
    run = get_object_or_404(queries.packages_visible_to(request.actor), call__code=code, number=number)
    exposure = queries.exposure_of(run)
    form = web.fill(request, PrivacyForm, initial={"digest": exposure.digest})
    if request.method == "POST":
        if not request.actor.holds(roles.PACKAGE_REVIEW, run.call.institution_id):
            raise Http404
        if form.is_valid() and form.cleaned_data["digest"] != exposure.digest:
            form.add_error(None, _("El paquete cambió desde que se abrió esta página. Leerlo de nuevo."))
        if form.is_valid() and web.attempt(
            form, operations.decide_package, actor=request.actor, run=run, exposure=exposure,
            treatment=form.cleaned_data["treatment"], grounds=form.cleaned_data["grounds"], now=request.now,
        ) is not None:  # fmt: skip
            messages.success(request, _("Decisión guardada. Se avisó a quienes publican."))
            return redirect("allocation:privacy", code, number)
    page = queries.privacy_page(request.actor, run, exposure)
    return render(
        request,
        "allocation/privacy/package.html",
        {"page": page, "form": form},
        status=422 if form.errors else 200,
    )
