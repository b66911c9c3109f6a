"""Where the chance of a call comes from: declared at its desk, written down there, and its public list of folios."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cauce.base import web
from cauce.base.web import attempt, fill
from cauce.calls import operations, queries
from cauce.calls.forms.desk import resend
from cauce.calls.forms.lottery import SecretForm, SourceForm, ValueForm
from cauce.calls.models import Draw
from cauce.calls.rules.lottery import Source, source_sentences
from cauce.calls.views.desk import PAGE, call_of, save


@PAGE
def edit_lottery(request: Any, code: str) -> HttpResponse:
    """What a draft declares of its lottery besides the seal; of a published call, what it declared."""
    call = call_of(request, code)
    current = Source.of(call)
    form = fill(request, SourceForm, initial=SourceForm.initial_of(current))
    done, _saved = save(
        request, form, operations.edit_lottery, None, call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Guardado: de ahí sale el azar."))
        return redirect("calls:edit_order", code)
    if form.is_bound:
        resend(form, seen=Source.of(call_of(request, code)).fingerprint)
    frame = queries.desk_frame(request.actor, call, "calls:edit_order", now=request.now)
    context = {
        "frame": frame,
        "form": form,
        "call": call,
        "source": current,
        "sentences": source_sentences(current),
    }
    return render(request, "calls/desk/lottery.html", context)


@PAGE
def draw(request: Any, code: str) -> HttpResponse:
    """The draw of a closed call: what is sealed, and the public value, typed by one person and then by another."""
    call = call_of(request, code)
    form = fill(request, ValueForm, source=Source.of(call))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form, operations.enter_value, actor=request.actor, call=call, now=request.now,
            typed=operations.Typed(data["value"], data["read_at"], data.get("signature", "")),
        )  # fmt: skip
        if done is not None:
            _tell(request, done)
            return redirect("calls:draw", code)
    page = queries.draw_page(request.actor, call, now=request.now)
    if page is None:
        raise Http404
    return render(
        request, "calls/desk/draw.html", {"page": page, "frame": page.frame, "call": call, "form": form}
    )


def _tell(request: Any, draw: Draw) -> None:
    if draw.fixed_at is not None:
        messages.success(request, _("Los dos valores coinciden: el sorteo quedó fijado y ya no cambia."))
    elif draw.typed_by_id is None:
        messages.error(
            request,
            _("Lo que escribiste no coincide con lo que escribió la otra persona. No se guardó ninguno de los dos: lean otra vez dónde se publicó."),
        )  # fmt: skip
    else:
        messages.success(request, _("Guardado. Falta que otra persona lo escriba por su lado."))


@PAGE
def reveal_secret(request: Any, code: str, number: int) -> HttpResponse:
    """The text that one witness reveals."""
    call = call_of(request, code)
    page = queries.draw_page(request.actor, call, now=request.now)
    line = next((one for one in page.drawn.witnesses if one.number == number), None) if page else None
    if page is None or line is None:
        raise Http404
    form = fill(request, SecretForm)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.reveal_secret, actor=request.actor, call=call, number=number,
            text=form.cleaned_data["text"], now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("El texto corresponde a su sello. Guardado."))
            return redirect("calls:draw", code)
    context = {"page": page, "frame": page.frame, "call": call, "form": form, "line": line}
    return render(request, "calls/desk/secret.html", context)


@login_not_required
@require_safe
@web.in_capitals
def participants(request: Any, code: str) -> HttpResponse:
    """The sealed list of folios, byte by byte as its digest was taken; public with the results."""
    call = get_object_or_404(queries.published_calls(), code=code, results_published_at__isnull=False)
    text = queries.participants_file(call)
    if not text:
        raise Http404
    return web.file_of(text, "text/plain; charset=utf-8", f"{call.code}-participantes.txt")
