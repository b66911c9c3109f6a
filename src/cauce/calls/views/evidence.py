"""The person's documents: what is asked for, what is there, and each one with its pages as the reviewer sees them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cauce.base import files, web
from cauce.calls import operations, queries
from cauce.calls.forms.evidence import EvidenceForm, ReadingForm
from cauce.calls.models import Application
from cauce.calls.queries.evidence import FileRow, MyFile


@require_safe
def application_file(request: Any, folio: str) -> HttpResponse:
    """Every document that the call asks of the person, and how it stands."""
    page = _page(request, folio)
    context = {"page": page, "frame": page.frame, "steps": page.frame.steps("documents")}
    return render(request, "calls/application_file.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def application_document(request: Any, folio: str, key: str) -> HttpResponse:
    """One document: its pages, and handing in another until the closing second."""
    page = _page(request, folio)
    row = _row(page, key)
    form = web.fill(request, EvidenceForm, requirement=row.requirement, current=row.evidence)
    if request.method == "POST" and form.is_valid():
        row.may_hand_in.enforce()
        parts = web.attempt(form, _examined, uploads=form.sent())
        if parts and web.attempt(
            form,
            operations.hand_in,
            application=page.frame.application,
            requirement=row.requirement,
            parts=parts,
            issued_on=form.cleaned_data.get("issued_on"),
            adds=form.cleaned_data.get("adds", False),
            actor=request.actor,
            now=request.now,
        ):
            messages.success(
                request, _("%(name)s: recibido. Así lo verá quien revise.") % {"name": row.requirement.name}
            )
            return redirect("calls:application_document", folio, key)
    context = {"page": page, "frame": page.frame, "row": row, "form": form, "answer": ReadingForm()}
    return render(request, "calls/application_document.html", context, status=422 if form.errors else 200)


@require_POST
def application_reading(request: Any, folio: str, key: str) -> HttpResponse:
    """Say whether what a machine read of a document is so, or what it says."""
    page = _page(request, folio)
    row = _row(page, key)
    if row.read is None:
        raise Http404
    answer = ReadingForm(request.POST)
    answered = None
    if answer.is_valid():
        answered = web.attempt(
            answer,
            operations.answer_reading,
            reading=row.read.reading,
            told=answer.cleaned_data["told"],
            actor=request.actor,
            now=request.now,
        )
    if answered is not None:
        messages.success(request, _("Guardamos lo que dices de: %(name)s.") % {"name": row.requirement.name})
        return redirect("calls:application_file", folio)
    form = EvidenceForm(requirement=row.requirement, current=row.evidence)
    context = {"page": page, "frame": page.frame, "row": row, "form": form, "answer": answer}
    return render(request, "calls/application_document.html", context, status=422)


def _row(page: MyFile, key: str) -> FileRow:
    row = next((one for one in page.rows if one.requirement.key == key), None)
    if row is None:
        raise Http404
    return row


def _examined(uploads: list[Any]) -> tuple[files.Examined, ...]:
    try:
        return files.examine_all(uploads)
    except files.FileRefused as refusal:
        raise files.FileRefused(
            refusal.message, refusal.remedy, field="uploads", **refusal.detail
        ) from refusal


@require_POST
def application_reuse(request: Any, folio: str) -> HttpResponse:
    """Take over what was verified in other calls and is still good."""
    if web.told(
        request,
        operations.reuse_verified,
        application=_mine(request, folio),
        actor=request.actor,
        now=request.now,
    ):
        messages.success(request, _("Usamos los documentos que ya estaban verificados."))
    return redirect("calls:application_file", folio)


@require_safe
def evidence_page(request: Any, key: str, number: int) -> HttpResponse:
    """The picture of one page: one address and the same bytes for the person and for who reviews."""
    evidence = get_object_or_404(queries.evidence_visible_to(request.actor, now=request.now), key=key)
    pages = queries.pages_of([evidence]).get(evidence.pk, [])
    if not 1 <= number <= len(pages):
        raise Http404
    return web.stored(pages[number - 1], f"documento-{number}.jpg")


def _mine(request: Any, folio: str) -> Application:
    mine = queries.applications_visible_to(request.actor).select_related("call", "person", "specialty")
    return get_object_or_404(mine, folio=folio)


def _page(request: Any, folio: str) -> MyFile:
    frame = queries.frame(_mine(request, folio), request.actor, now=request.now)
    return queries.my_file(frame, request.actor, now=request.now)
