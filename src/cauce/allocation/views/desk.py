"""The desk: ask for runs, read them, sign and publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.accounts import roles
from cauce.allocation import bridge, documents, operations, queries
from cauce.allocation.forms import PublishForm, RequestRunForm, SignForm
from cauce.allocation.models import Run, RunState
from cauce.base import web
from cauce.calls.models import Call
from cauce.calls.queries import desk_rail


def _run_or_404(request: Any, code: str, number: int) -> Run:
    return get_object_or_404(queries.runs_visible_to(request.actor), call__code=code, number=number)


def _frame(request: Any, call: Call) -> dict[str, Any]:
    """What stands around every page of a call's desk."""
    rail = desk_rail(call, "allocation:runs")
    return {
        "rail": rail,
        "call_url": rail[0][1],
        "signs": request.actor.holds(roles.ALLOCATION_SIGN, call.institution_id),
    }


@require_GET
def runs(request: Any, code: str) -> HttpResponse:
    call = get_object_or_404(queries.calls_visible_to(request.actor), code=code)
    page = queries.runs_page(request.actor, call, now=request.now)
    form = RequestRunForm(initial={"after": page.after})
    return render(request, "allocation/desk/runs.html", {"page": page, "form": form, **_frame(request, call)})


@require_POST
def request_run(request: Any, code: str) -> HttpResponse:
    call = get_object_or_404(queries.calls_visible_to(request.actor), code=code)
    form = web.fill(request, RequestRunForm)
    if not form.is_valid():
        return _incomplete(request, form, "allocation:runs", code)
    asked = web.told(
        request,
        operations.request_run,
        actor=request.actor,
        call=call,
        after=form.cleaned_data["after"],
        now=request.now,
    )
    if asked is None:
        return redirect("allocation:runs", code)
    if asked.requested_at == request.now:
        messages.success(
            request, _("Corrida %(n)s pedida. Sigue sola aunque se cierre esta página.") % {"n": asked.number}
        )
    else:
        messages.info(request, _("La corrida %(n)s ya estaba pedida; es esta.") % {"n": asked.number})
    return redirect("allocation:run", code, asked.number)


def _incomplete(request: Any, form: Any, view: str, *where: Any) -> HttpResponse:
    messages.error(request, next(iter(form.errors.values()))[0])
    return redirect(view, *where)


@require_GET
def run(request: Any, code: str, number: int) -> HttpResponse:
    return _shown(request, _run_or_404(request, code, number), PublishForm())


def _shown(request: Any, found: Run, publish_form: PublishForm) -> HttpResponse:
    page = queries.run_page(request.actor, found, now=request.now)
    return render(
        request,
        "allocation/desk/run.html",
        {
            "page": page,
            "publish_form": publish_form,
            "table": queries.cutoff_table(found, request.GET) if page.checks else None,
            "sign_form": SignForm(initial={"digest": found.answer_digest}, auto_id="firma_%s"),
            "request_form": RequestRunForm(initial={"after": page.after}, auto_id="pedir_%s"),
            **_frame(request, found.call),
        },
        status=422 if publish_form.errors else 200,
    )


@require_GET
def run_progress(request: Any, code: str, number: int) -> HttpResponse:
    """The moving part of a run under way; tells the page to load itself again once the run is over."""
    found = _run_or_404(request, code, number)
    page = queries.run_page(request.actor, found, now=request.now)
    response = render(request, "allocation/desk/_progress.html", {"page": page})
    if not page.is_under_way:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def run_cutoffs(request: Any, code: str, number: int) -> StreamingHttpResponse:
    found = _run_or_404(request, code, number)
    return csv_of(found, request.GET)


@require_GET
def run_package(request: Any, code: str, number: int) -> HttpResponse:
    return package_of(
        get_object_or_404(queries.packages_visible_to(request.actor), call__code=code, number=number)
    )


def csv_of(found: Run, asked: Any) -> StreamingHttpResponse:
    return web.csv_of(
        documents.cutoffs_table(queries.cutoff_lines(found, asked)),
        f"{found.call.code}-corrida-{found.number}-cortes.csv",
    )


def package_of(found: Run) -> HttpResponse:
    if not found.package_digest:
        raise Http404
    return web.file_of(
        bridge.opened(queries.package_bytes(found)),
        "application/zip",
        f"{found.call.code}-corrida-{found.number}.zip",
        ETag=f'"{found.package_digest}"',
    )


@require_POST
def sign(request: Any, code: str, number: int) -> HttpResponse:
    found = _run_or_404(request, code, number)
    form = web.fill(request, SignForm)
    if not form.is_valid():
        return _incomplete(request, form, "allocation:run", code, number)
    if web.told(
        request, operations.sign, actor=request.actor, run=found, digest=form.cleaned_data["digest"],
        reviews_seen=form.cleaned_data["reviews_seen"] or 0, now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Firma puesta bajo la huella de la respuesta."))
    return redirect("allocation:run", code, number)


@require_POST
def withdraw(request: Any, code: str, number: int) -> HttpResponse:
    found = _run_or_404(request, code, number)
    if web.told(request, operations.withdraw_signature, actor=request.actor, run=found, now=request.now):
        messages.success(request, _("Firma retirada. Queda anotado en la bitácora."))
    return redirect("allocation:run", code, number)


@require_POST
def publish(request: Any, code: str, number: int) -> HttpResponse:
    found = _run_or_404(request, code, number)
    was_published = found.state == RunState.PUBLISHED
    form = web.fill(request, PublishForm)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        web.attempt(form, operations.publish, actor=request.actor, run=found, reason=reason, now=request.now)
    if form.has_error("reason"):
        return _shown(request, found, form)
    if form.errors:
        return _incomplete(request, form, "allocation:run", code, number)
    if was_published:
        messages.info(request, _("Los resultados ya estaban publicados."))
    else:
        messages.success(request, _("Resultados publicados. Se avisa a cada persona por correo."))
    return redirect("allocation:run", code, number)


@require_GET
def signing(request: Any) -> HttpResponse:
    if not request.actor.holds_anywhere(roles.ALLOCATION_SIGN):
        raise Http404
    return render(request, "allocation/desk/signing.html", {"page": queries.signing_desk(request.actor)})
