"""An office applies for a person: the CURP first, then what they ask for, then a last look with the written consent.

Nothing is kept before the last step: what was typed travels in the page.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cauce.accounts.queries import told_by
from cauce.base import files
from cauce.base.web import attempt, file_of, fill, stored
from cauce.calls import documents, operations, queries
from cauce.calls.forms.filing import ConsentForm, PaperDetailsForm, WhoForm
from cauce.calls.models import Call, PaperApplication
from cauce.calls.rules.filing import Identity, may_be_filed, may_file_one
from cauce.calls.views.desk import PAGE


@PAGE
@never_cache
def file_application(request: Any, code: str) -> HttpResponse:
    """Three steps on one address; any refusal shows the step it belongs to, with all that was typed."""
    call = _call_of(request, code)
    verdict = may_file_one(request.actor, call, now=request.now)
    who = fill(request, WhoForm)
    if request.method != "POST" or not verdict or not who.is_valid():
        return _shown(request, call, "who", who=who, verdict=verdict)
    curp = who.cleaned_data["curp"]
    known = queries.known_by(call, Identity("curp", "MX", curp.number))
    allowed = may_be_filed(known.held, has_account=known.has_account)
    is_sent = "send" in request.POST  # a second click meets its own application, which is no refusal
    if not allowed and not is_sent:
        who.add_error("curp", f"{allowed.reason} {allowed.remedy}")
        return _shown(request, call, "who", who=who, verdict=verdict)
    lookup = queries.filing_lookup(call, today=localdate(request.now))
    terms = {"call": call, "curp": curp, "names": known.names, "lookup": lookup}
    details = PaperDetailsForm(request.POST if "posts" in request.POST else None, **terms)
    if not details.is_bound or "back" in request.POST or not details.is_valid():
        if "back" in request.POST:
            details.errors.clear()
        return _shown(request, call, "details", who=who, details=details, told=told_by(curp), verdict=verdict)
    consent = ConsentForm(request.POST, request.FILES) if is_sent else ConsentForm()
    if consent.is_bound and consent.is_valid():
        sent = _send(request, call, details, consent)
        if sent is not None:
            messages.success(request, _("Solicitud enviada. Entregar a la persona su comprobante."))
            return redirect("calls:filed_application", code, sent.folio)
    return _shown(
        request, call, "consent", who=who, details=details, consent=consent, told=told_by(curp), verdict=verdict,
        wishes=queries.wishes(details.filing().posts),
    )  # fmt: skip


def _send(request: Any, call: Call, details: PaperDetailsForm, consent: ConsentForm) -> Any:
    upload, scan = consent.cleaned_data["scan"], None
    if upload is not None:
        examined = attempt(consent, _examined, upload=upload)
        if examined is None:
            return None
        scan = examined
    return attempt(
        consent,
        operations.file_application,
        actor=request.actor,
        call=call,
        filing=details.filing(),
        consent=operations.WrittenConsent(
            consent.cleaned_data["consent_on"], " ".join(consent.cleaned_data["consent_folio"].split()), scan
        ),
        phone=details.cleaned_data["phone"],
        now=request.now,
    )


def _examined(upload: Any) -> files.Examined:
    try:
        return files.examine_all([upload])[0]
    except files.FileRefused as refusal:
        raise files.FileRefused(refusal.message, refusal.remedy, field="scan", **refusal.detail) from refusal


def _shown(request: Any, call: Call, step: str, **context: Any) -> HttpResponse:
    form = context.get({"who": "who", "details": "details", "consent": "consent"}[step])
    frame = queries.desk_frame(request.actor, call, "calls:desk_applications", now=request.now)
    names = (("who", _("Persona")), ("details", _("Solicitud")), ("consent", _("Consentimiento y envío")))
    here = [key for key, _name in names].index(step)
    steps = [
        (name, "you" if at == here else "done" if at < here else "") for at, (_key, name) in enumerate(names)
    ]
    status = 422 if form is not None and form.is_bound and form.errors else 200
    context = {"call": call, "frame": frame, "step": step, "steps": steps, **context}
    return render(request, "calls/desk/file_application.html", context, status=status)


@require_safe
@never_cache
def filed_application(request: Any, code: str, folio: str) -> HttpResponse:
    """The receipt of what the actor sent for somebody, to be handed over; nobody else at the office sees it."""
    call = _call_of(request, code)
    page = queries.filed_page(_filed(request, call, folio))
    frame = queries.desk_frame(request.actor, call, "calls:desk_applications", now=request.now)
    return render(request, "calls/desk/filed_application.html", {"page": page, "frame": frame, "call": call})


@require_safe
@never_cache
def filed_receipt_pdf(request: Any, code: str, folio: str) -> HttpResponse:
    """The receipt as a document, which names the office."""
    page = queries.filed_page(_filed(request, _call_of(request, code), folio))
    content = documents.receipt_pdf(page.version, origin=request.build_absolute_uri("/").rstrip("/"))
    return file_of(
        content, "application/pdf", documents.receipt_file_name(page.version),
        **{"Cache-Control": "private, no-store"},
    )  # fmt: skip


@require_safe
def consent_scan(request: Any, folio: str) -> HttpResponse:
    """The written consent as it was scanned: the same bytes for the person and for who manages the call."""
    paper = get_object_or_404(queries.consents_visible_to(request.actor), application__folio=folio)
    assert paper.consent_file is not None  # noqa: S101 - the query asks for it
    kind = "pdf" if paper.consent_file.media_type == files.PDF else "jpg"
    return stored(paper.consent_file, f"consentimiento-{folio}.{kind}", is_kept=True)


def _call_of(request: Any, code: str) -> Call:
    calls = queries.calls_written_by(request.actor).select_related("institution", "edited_by__person")
    return get_object_or_404(calls, code=code)


def _filed(request: Any, call: Call, folio: str) -> PaperApplication:
    return get_object_or_404(queries.filed_by(request.actor, call), application__folio=folio)
