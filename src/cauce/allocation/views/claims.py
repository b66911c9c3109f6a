"""Claims: a person's own, with their receipt; and the desk where two people decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from cauce.allocation import operations, queries
from cauce.allocation.forms import ClaimForm, ConfirmForm, DecisionForm
from cauce.allocation.models import Claim
from cauce.allocation.views.releases import call_or_404, frame
from cauce.base import files, web
from cauce.base.errors import DomainError
from cauce.calls.models import Application


def application_or_404(request: Any, code: str, folio: str) -> Application:
    """The actor's own; what is somebody else's does not exist."""
    return get_object_or_404(queries.own_applications(request.actor, code), folio=folio.upper())


@require_http_methods(["GET", "HEAD", "POST"])
@web.in_capitals
def claim_form(request: Any, code: str, folio: str) -> HttpResponse:
    """One's claims in a call, and the form for one while the window is open."""
    mine = application_or_404(request, code, folio)
    page = queries.own_claims_page(request.actor, mine, now=request.now)
    form = web.fill(request, ClaimForm, wishes=page.wishes)
    if request.method == "POST" and form.is_valid() and _lodged(request, mine, form):
        return redirect("allocation:claim_form", code, mine.folio)
    return render(
        request, "allocation/claims.html", {"page": page, "form": form}, status=422 if form.errors else 200
    )


def _lodged(request: Any, mine: Application, form: ClaimForm) -> Claim | None:
    try:
        papers = form.examined()
    except DomainError as refusal:
        form.add_error("papers", f"{refusal.message} {refusal.remedy}".strip())
        return None
    sent = {name: form.cleaned_data[name] for name in ("kind", "facts", "asks", "post_key")}
    claim = web.attempt(
        form,
        operations.lodge_claim,
        actor=request.actor,
        application=mine,
        papers=papers,
        now=request.now,
        **sent,
    )
    if claim is not None:
        messages.success(
            request, _("Recibimos tu inconformidad. Su número es %(receipt)s.") % {"receipt": claim.receipt}
        )
    return claim


@require_safe
def own_claim_file(request: Any, code: str, folio: str, receipt: str, number: int) -> HttpResponse:
    mine = application_or_404(request, code, folio)
    return _file(queries.claim_file(mine.claims.filter(receipt=receipt), number))


def _file(found: Any) -> HttpResponse:
    if found is None:
        raise Http404
    return web.file_of(
        files.content(found), found.media_type, f"prueba-{found.digest[:12]}",
        **{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "private, no-store"},
    )  # fmt: skip


# --------------------------------------------------------------------- desk


@require_GET
def claims(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    page = queries.claims_page(request.actor, call, request.GET.get("p", "1"))
    return render(
        request, "allocation/desk/claims.html", {"page": page, **frame(request, call, "allocation:claims")}
    )


def _claim_or_404(request: Any, code: str, receipt: str) -> Claim:
    return get_object_or_404(
        queries.claims_visible_to(request.actor), application__call__code=code, receipt=receipt.upper()
    )


@require_GET
def claim(request: Any, code: str, receipt: str) -> HttpResponse:
    found = _claim_or_404(request, code, receipt)
    return _shown(request, found, None)


def _shown(request: Any, found: Claim, form: DecisionForm | None) -> HttpResponse:
    page = queries.claim_page(request.actor, found)
    values = found.merit or [value for _label, value, _new in page.criteria]
    form = form or DecisionForm(
        criteria=page.call.score_criteria, values=values,
        initial={"grounds": found.grounds, "upholds": {True: "yes", False: "no"}.get(found.upholds)},  # type: ignore[arg-type]
    )  # fmt: skip
    context = {
        "page": page, "form": form, "confirm": ConfirmForm(initial={"digest": page.fingerprint}),
        **frame(request, page.call, "allocation:claims"),
    }  # fmt: skip
    return render(request, "allocation/desk/claim.html", context, status=422 if form.errors else 200)


@require_POST
def propose_decision(request: Any, code: str, receipt: str) -> HttpResponse:
    found = _claim_or_404(request, code, receipt)
    form = web.fill(request, DecisionForm, criteria=found.application.call.score_criteria)
    made = None
    if form.is_valid():
        made = web.attempt(
            form, operations.propose_decision, actor=request.actor, claim=found, upholds=form.cleaned_data["upholds"] == "yes",
            grounds=form.cleaned_data["grounds"], merit=form.merit, now=request.now,
        )  # fmt: skip
    if made is None:
        return _shown(request, found, form)
    messages.success(request, _("Decisión propuesta. La confirma otra persona."))
    return redirect("allocation:claim", code, found.receipt)


@require_POST
def decide_claim(request: Any, code: str, receipt: str) -> HttpResponse:
    found = _claim_or_404(request, code, receipt)
    form = web.fill(request, ConfirmForm)
    if not form.is_valid():
        messages.error(request, _("La página estaba incompleta. Abrirla de nuevo y repetir."))
    elif web.told(
        request, operations.decide_claim, actor=request.actor, claim=found, fingerprint=form.cleaned_data["digest"], now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Decidida. Se le escribió a la persona."))
    return redirect("allocation:claim", code, found.receipt)


@require_safe
def claim_file(request: Any, code: str, receipt: str, number: int) -> HttpResponse:
    found = _claim_or_404(request, code, receipt)
    return _file(queries.claim_file(queries.claims_visible_to(request.actor).filter(pk=found.pk), number))


@require_POST
def request_correction(request: Any, code: str) -> HttpResponse:
    call = call_or_404(request, code)
    run = web.told(request, operations.request_correction, actor=request.actor, call=call, now=request.now)
    if run is None:
        return redirect("allocation:claims", code)
    messages.success(request, _("Corrida pedida. Sigue sola aunque se cierre esta página."))
    return redirect("allocation:run", code, run.number)
