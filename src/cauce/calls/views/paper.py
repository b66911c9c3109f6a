"""The page on which a new account proves that a paper application is its own."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume, respond_429
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cauce.accounts.queries import claim_of
from cauce.base import web
from cauce.calls import operations
from cauce.calls.forms.paper import PaperForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim_paper(request: Any) -> HttpResponse:
    """Ask for the folio of the paper application; tries are few for the account and for whom it claims to be."""
    claim = claim_of(request.actor)
    if claim is None:
        if request.actor.person_id is None:
            raise Http404
        return redirect("calls:my_home")
    if request.method == "POST" and not consume(
        request, action="claim_paper", user=request.user, key=f"person:{claim.person_id}"
    ):
        return respond_429(request)
    form = web.fill(request, PaperForm)
    if form.is_bound and form.is_valid():
        taken = web.attempt(
            form, operations.take_over_paper, folio=form.cleaned_data["folio"], actor=request.actor,
            now=request.now,
        )  # fmt: skip
        if taken is not None:
            messages.success(request, _("Tu solicitud en papel ya está en tu cuenta."))
            return redirect("calls:application", taken.folio)
    return render(request, "calls/claim_paper.html", {"form": form}, status=422 if form.errors else 200)
