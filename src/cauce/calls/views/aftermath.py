"""What follows the results of a call: the page of its desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cauce.base.web import fill
from cauce.calls import operations, queries
from cauce.calls.forms.aftermath import AftermathForm
from cauce.calls.forms.desk import resend
from cauce.calls.rules.aftermath import Aftermath, aftermath_sentences
from cauce.calls.views.desk import PAGE, call_of, save


@PAGE
def edit_aftermath(request: Any, code: str) -> HttpResponse:
    """The window for claims, and the clocks of offers."""
    call = call_of(request, code)
    current = Aftermath.of(call)
    form = fill(request, AftermathForm, initial=AftermathForm.initial_of(current))
    done, _saved = save(
        request, form, operations.edit_aftermath, None, call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Guardado: así sigue después de los resultados."))
        return redirect("calls:edit_aftermath", code)
    if form.is_bound:
        resend(form, seen=Aftermath.of(call_of(request, code)).fingerprint)
    frame = queries.desk_frame(request.actor, call, "calls:edit_aftermath", now=request.now)
    context = {"frame": frame, "form": form, "call": call, "sentences": aftermath_sentences(current)}
    return render(request, "calls/desk/aftermath.html", context)
