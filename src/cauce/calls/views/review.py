"""Reviewing: the queue, the case in one's hands, and the review in numbers for the call's desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cauce.accounts import roles
from cauce.base import web
from cauce.calls import operations, queries
from cauce.calls.forms.review import DecisionForm, SignatureForm
from cauce.calls.models import ReviewCase
from cauce.calls.views.desk import call_of


@require_safe
def review_queue(request: Any) -> HttpResponse:
    """What waits for the reviewer, and what is in their hands."""
    if not request.actor.holds_anywhere(roles.DOCUMENT_REVIEW):
        raise Http404
    page = queries.queue_page(request.actor, now=request.now)
    return render(request, "calls/review/queue.html", {"page": page})


@require_POST
def claim_case(request: Any, code: str) -> HttpResponse:
    """Take the next case of a call."""
    call = get_object_or_404(queries.calls_reviewed_by(request.actor), code=code)
    case = web.told(request, operations.claim_case, call=call, actor=request.actor, now=request.now)
    return redirect("calls:review_case", case.pk) if case else redirect("calls:review_queue")


@require_http_methods(["GET", "HEAD", "POST"])
def review_case(request: Any, number: int) -> HttpResponse:
    """The case in the reviewer's hands; a POST decides it, or signs."""
    case = _case(request, number)
    page = queries.case_page(case, request.actor, now=request.now)
    if not page.may_decide or (request.method != "POST" and not page.minutes_left):
        if page.is_decided:
            messages.success(request, _("Este expediente ya tiene tu decisión."))
        else:
            messages.error(request, _("Este expediente ya no está en tus manos. Toma otro de la fila."))
        return redirect("calls:review_queue")
    if page.is_signature:
        form: Any = web.fill(request, SignatureForm)
    else:
        form = web.fill(request, DecisionForm, documents=page.waiting)
    if request.method == "POST" and form.is_valid():
        arguments = {"signs": form.cleaned_data["signs"]} if page.is_signature else {"marks": form.marks()}
        decided = web.attempt(
            form,
            operations.sign_exclusion if page.is_signature else operations.decide_case,
            case=case,
            remark=form.cleaned_data["remark"],
            actor=request.actor,
            now=request.now,
            **arguments,
        )
        if decided is not None:
            messages.success(request, _("Decisión guardada. Puedes tomar el siguiente."))
            return redirect("calls:review_queue")
    if form.errors and not page.is_signature:
        _show_current(form, page.waiting)
    context = {"page": page, "form": form, "call": case.call}
    return render(request, "calls/review/case.html", context, status=422 if form.errors else 200)


def _show_current(form: Any, documents: Any) -> None:
    """After a refusal the page shows the documents as they are now, so that the next sending says so."""
    form.data = form.data.copy()
    for one in documents:
        form.data[f"evidence_{one.requirement.key}"] = str(one.evidence.pk) if one.evidence else ""


@require_POST
def release_case(request: Any, number: int) -> HttpResponse:
    """Give the case back undecided."""
    if web.told(
        request, operations.release_case, case=_case(request, number), actor=request.actor, now=request.now
    ):
        messages.success(request, _("Expediente devuelto a la fila, en su lugar."))
    return redirect("calls:review_queue")


def _case(request: Any, number: int) -> ReviewCase:
    if not request.actor.holds_anywhere(roles.DOCUMENT_REVIEW):
        raise Http404
    return get_object_or_404(queries.cases_visible_to(request.actor), pk=number)


@require_safe
def desk_review(request: Any, code: str) -> HttpResponse:
    """The review of a call in numbers: the queue, the wait, the double check, and how alike reviewers decide."""
    call = call_of(request, code)
    page = queries.review_desk(request.actor, call, now=request.now)
    return render(request, "calls/desk/review.html", {"page": page, "frame": page.frame, "call": call})
