"""The auditor's desk: one page for a call, its findings, and the opinion. The institution reads it and answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.allocation import bridge, queries
from cauce.allocation.forms import FindingForm, FindingReplyForm, OpinionForm, SettleForm
from cauce.allocation.models import AuditFinding
from cauce.allocation.operations import audit as operations
from cauce.allocation.rules import audit as rules
from cauce.base import web
from cauce.calls.models import Call
from cauce.calls.rules.folio import read_folio

PAGE = require_http_methods(["GET", "HEAD", "POST"])


def _call(request: Any, code: str) -> Call:
    return get_object_or_404(queries.calls_visible_to(request.actor), code=code)


def _audited(request: Any, code: str) -> Call:
    """The call, for who audits it; who only reads it is not told of the buttons."""
    call = _call(request, code)
    if not rules.may_audit(request.actor, call):
        raise Http404
    return call


@require_GET
def audit(request: Any, code: str) -> HttpResponse:
    call = _call(request, code)
    asked = request.GET.get("folio", "")[:30].strip().upper()
    page = queries.audit_desk(
        request.actor, call, folio=read_folio(asked) or "", ticket=bridge.ticket, now=request.now
    )
    return render(request, "allocation/audit/call.html", {"page": page, "call": call, "asked": asked})


@require_POST
def request_rerun(request: Any, code: str) -> HttpResponse:
    run = queries.audited_run(_audited(request, code))
    if run is None:
        raise Http404
    if web.told(request, operations.request_rerun, actor=request.actor, run=run, now=request.now) is not None:
        messages.success(request, _("Repetición pedida. Sigue sola aunque se cierre esta página."))
    return redirect("allocation:audit", code)


@PAGE
def new_finding(request: Any, code: str) -> HttpResponse:
    call = _audited(request, code)
    form = web.fill(request, FindingForm)
    if request.method == "POST" and form.is_valid():
        done = web.attempt(
            form,
            operations.write_finding,
            actor=request.actor,
            call=call,
            now=request.now,
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(
                request, _("Hallazgo %(n)s escrito. Se avisó a la institución.") % {"n": done.number}
            )
            return redirect("allocation:audit_finding", code, done.number)
    return render(
        request,
        "allocation/audit/new_finding.html",
        {"form": form, "call": call},
        status=422 if form.errors else 200,
    )


@require_GET
def audit_finding(request: Any, code: str, number: int) -> HttpResponse:
    return _shown(request, _finding(request, code, number))


@require_POST
def reply_to_finding(request: Any, code: str, number: int) -> HttpResponse:
    found, form = _finding(request, code, number), FindingReplyForm(request.POST)
    if form.is_valid() and web.attempt(
        form, operations.reply_to_finding, actor=request.actor, finding=found, text=form.cleaned_data["text"],
        now=request.now,
    ) is not None:  # fmt: skip
        messages.success(request, _("Respuesta enviada. Se avisó a la auditoría."))
        return redirect("allocation:audit_finding", code, number)
    return _shown(request, found, reply=form)


@require_POST
def settle_finding(request: Any, code: str, number: int) -> HttpResponse:
    _audited(request, code)
    found, form = _finding(request, code, number), SettleForm(request.POST)
    if form.is_valid() and web.attempt(
        form, operations.settle_finding, actor=request.actor, finding=found, reason=form.cleaned_data["reason"],
        escalate="escalate" in request.POST, now=request.now,
    ) is not None:  # fmt: skip
        messages.success(request, _("Hallazgo resuelto. Se avisó a la institución."))
        return redirect("allocation:audit_finding", code, number)
    return _shown(request, found, settle=form)


def _finding(request: Any, code: str, number: int) -> AuditFinding:
    return get_object_or_404(queries.findings_of(_call(request, code)), number=number)


def _shown(request: Any, found: AuditFinding, *, reply: Any = None, settle: Any = None) -> HttpResponse:
    failed = (reply or settle) is not None
    context = {
        "finding": found, "call": found.call,
        "may_reply": rules.may_reply(request.actor, found),
        "may_settle": rules.may_settle(request.actor, found, now=request.now),
        "is_auditor": bool(rules.may_audit(request.actor, found.call)),
        "reply_form": reply or FindingReplyForm(auto_id="respuesta_%s"),
        "settle_form": settle or SettleForm(auto_id="resolver_%s"),
    }  # fmt: skip
    return render(request, "allocation/audit/finding.html", context, status=422 if failed else 200)


@PAGE
def opinion(request: Any, code: str) -> HttpResponse:
    call = _audited(request, code)
    run, form = queries.audited_run(call), web.fill(request, OpinionForm)
    if run is None:
        raise Http404
    if request.method == "POST" and form.is_valid():
        done = web.attempt(
            form,
            operations.publish_opinion,
            actor=request.actor,
            run=run,
            now=request.now,
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("Dictamen publicado."))
            return redirect("allocation:audit", code)
    return render(
        request,
        "allocation/audit/opinion.html",
        {"form": form, "call": call},
        status=422 if form.errors else 200,
    )
