"""Senior managers at the desk: profile, reviews, shortlist, appointment with four eyes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cauce.base.web import attempt, fill, told
from cauce.calls import operations, queries
from cauce.calls.forms import panels as forms
from cauce.calls.models import CallKind
from cauce.calls.rules.managers import write_profile
from cauce.calls.views.desk import PAGE, call_of, editable


@PAGE
def edit_profile(request: Any, code: str) -> HttpResponse:
    """The profile of a draft, a requirement in each line."""
    call = editable(request, code)
    form = fill(request, forms.ProfileForm, initial={"profile": write_profile(call.profile)})
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.save_profile, actor=request.actor, call=call, profile=form.cleaned_data["profile"],
            now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Perfil guardado."))
            return redirect("calls:edit_profile", code)
    frame = queries.desk_frame(request.actor, call, "calls:edit_profile", now=request.now)
    context = {
        "frame": frame,
        "form": form,
        "title": _("Perfil"),
        "lead": _("Lo que el puesto pide a quien se postule. Se congela con las reglas."),
        "button": _("Guardar el perfil"),
        "rubric": None,
    }
    return render(request, "calls/desk/rubric.html", context, status=422 if form.errors else 200)


def _managed(request: Any, code: str) -> Any:
    call = call_of(request, code)
    if call.kind != CallKind.MANAGERS and not call.profile:
        raise Http404
    return call


@PAGE
def shortlists(request: Any, code: str) -> HttpResponse:
    """Who meets the profile, the shortlists and what became of them; a POST makes one."""
    call = _managed(request, code)
    if request.method == "POST":
        post = get_object_or_404(call.posts, key=request.POST.get("post", "")[:20].replace("\0", ""))
        if told(request, operations.make_shortlist, actor=request.actor, post=post, now=request.now):
            messages.success(request, _("Terna formada; sus integrantes reciben una carta."))
        return redirect("calls:shortlists", code)
    page = queries.shortlists_page(request.actor, call, number=request.GET.get("p", 1), now=request.now)
    return render(request, "calls/desk/shortlists.html", {"page": page, "frame": page.frame})


@PAGE
def profile_review(request: Any, code: str, folio: str) -> HttpResponse:
    """Which requirements one applicant meets."""
    call = _managed(request, code)
    application = get_object_or_404(call.applications.select_related("profile_review"), folio=folio)
    review = getattr(application, "profile_review", None)
    initial = {"met": review.met, "remark": review.note} if review else {}
    form = fill(request, forms.ProfileReviewForm, profile=call.profile, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.review_profile, actor=request.actor, application=application, now=request.now,
            met=form.cleaned_data["met"], remark=form.cleaned_data["remark"],
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Revisión guardada: %(folio)s.") % {"folio": folio})
            return redirect("calls:shortlists", code)
    return _small(request, call, form, folio, _("Guardar la revisión"))


@PAGE
def decline(request: Any, code: str, number: int) -> HttpResponse:
    """Somebody of a shortlist does not go on: why, in their words."""
    call = _managed(request, code)
    entry = get_object_or_404(queries.shortlisted_in(call), pk=number)
    form = fill(request, forms.DeclineForm)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.decline_shortlist, actor=request.actor, entry=entry, now=request.now,
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Anotado. Entra quien sigue en el orden."))
            return redirect("calls:shortlists", code)
    title = _("Declina %(folio)s") % {"folio": entry.application.folio}
    return _small(request, call, form, title, _("Anotar que declina"))


@PAGE
def propose(request: Any, code: str, key: str) -> HttpResponse:
    """Propose who of a shortlist is appointed, with the reasons that will be public."""
    call = _managed(request, code)
    made = getattr(get_object_or_404(call.posts.select_related("shortlist"), key=key), "shortlist", None)
    if made is None:
        raise Http404
    entries = list(
        made.entries.filter(declined_at__isnull=True).select_related("application").order_by("place")
    )
    choices = [(str(one.pk), f"{one.place}. {one.application.folio}") for one in entries]
    current = getattr(made, "appointment", None)
    initial = {"entry": str(current.entry_id), "reason": current.reason} if current else {}
    form = fill(request, forms.ProposalForm, choices=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        entry = next(one for one in entries if str(one.pk) == form.cleaned_data["entry"])
        done = attempt(
            form, operations.propose_appointment, actor=request.actor, entry=entry, now=request.now,
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Propuesta guardada. Falta que otra persona la firme."))
            return redirect("calls:shortlists", code)
    return _small(request, call, form, _("Proponer el nombramiento"), _("Proponer"))


@require_POST
def sign_appointment(request: Any, code: str, key: str) -> HttpResponse:
    call = _managed(request, code)
    made = getattr(
        get_object_or_404(call.posts.select_related("shortlist__appointment"), key=key), "shortlist", None
    )
    current = getattr(made, "appointment", None)
    if current is None:
        raise Http404
    if told(
        request, operations.sign_appointment, actor=request.actor, appointment=current, now=request.now,
        expected=request.POST.get("expected", ""),
    ):  # fmt: skip
        messages.success(request, _("Nombramiento firmado y publicado con sus razones."))
    return redirect("calls:shortlists", code)


def _small(request: Any, call: Any, form: Any, title: str, button: str) -> HttpResponse:
    frame = queries.desk_frame(request.actor, call, "calls:shortlists", now=request.now)
    context = {"frame": frame, "form": form, "title": title, "lead": "", "button": button, "rubric": None}
    return render(request, "calls/desk/rubric.html", context, status=422 if form.errors else 200)
