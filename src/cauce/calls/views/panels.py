"""Interviews by panels: the desk that sets them, the panellist who scores alone, the person who reads afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.accounts import roles
from cauce.base.web import attempt, fill, told
from cauce.calls import operations, queries
from cauce.calls.forms import panels as forms
from cauce.calls.models import Interview
from cauce.calls.rules.panels import Rubric
from cauce.calls.views.desk import PAGE, call_of, editable


@PAGE
def edit_rubric(request: Any, code: str) -> HttpResponse:
    """The rubric of a draft as text, with each level's meaning."""
    call = editable(request, code)
    form = fill(request, forms.RubricForm, initial=forms.RubricForm.initial_of(Rubric.of(call.rubric)))
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, operations.save_rubric, actor=request.actor, call=call, values=form.values(),
            seen=form.cleaned_data["seen"], now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Rúbrica guardada."))
            return redirect("calls:edit_rubric", code)
    frame = queries.desk_frame(request.actor, call, "calls:edit_rubric", now=request.now)
    context = {
        "frame": frame, "form": form, "title": _("Rúbrica"), "rubric": Rubric.of(call.rubric),
        "button": _("Guardar la rúbrica"),
        "lead": _("Con qué califica el jurado cada entrevista. Se publica con la convocatoria y se congela con las reglas."),
    }  # fmt: skip
    return render(request, "calls/desk/rubric.html", context, status=422 if form.errors else 200)


@PAGE
def panels(request: Any, code: str) -> HttpResponse:
    """The panels of a call and its interviews; a POST names a panel or sets appointments."""
    call = call_of(request, code)
    page = queries.panels_page(request.actor, call, number=request.GET.get("p", 1), now=request.now)
    if request.method == "POST":
        page.verdict.enforce()
    wants = request.POST.get("do", "")
    people = queries.panellists_of(call)
    choices = [(str(row.panel.pk), row.panel.name) for row in page.panels]
    named = (
        fill(request, forms.PanelForm, people=people)
        if wants != "schedule"
        else forms.PanelForm(people=people)
    )
    slots = (
        fill(request, forms.ScheduleForm, choices=choices)
        if wants == "schedule"
        else forms.ScheduleForm(choices=choices)
    )
    done = None
    if request.method == "POST" and wants == "schedule" and slots.is_valid():
        data = dict(slots.cleaned_data)
        panel = next(row.panel for row in page.panels if str(row.panel.pk) == data.pop("panel"))
        done = attempt(slots, operations.schedule, actor=request.actor, panel=panel, now=request.now, **data)
    elif request.method == "POST" and wants != "schedule" and named.is_valid():
        done = attempt(
            named, operations.save_panel, actor=request.actor, call=call, name=named.cleaned_data["name"],
            users=[int(pk) for pk in named.cleaned_data["members"]], now=request.now,
        )  # fmt: skip
    if done is not None:
        messages.success(request, _("Citas puestas.") if wants == "schedule" else _("Jurado guardado."))
        return redirect("calls:panels", code)
    context = {"page": page, "frame": page.frame, "named": named, "slots": slots}
    status = 422 if request.method == "POST" else 200
    return render(request, "calls/desk/panels.html", context, status=status)


@PAGE
def interview(request: Any, code: str, number: int) -> HttpResponse:
    """One interview for its manager: another date, an absence, or the second date of the rules."""
    call = call_of(request, code)
    found = _interview_of(call, number)
    rubric = Rubric.of(call.rubric)
    moves = "move" in request.POST
    slot = {
        "starts_at": found.starts_at,
        "is_remote": "yes" if found.is_remote else "no",
        "place": found.place,
    }
    form = forms.SecondDateForm() if moves else fill(request, forms.SecondDateForm)
    moved = fill(request, forms.MoveForm, initial=slot) if moves else forms.MoveForm(initial=slot)
    if request.method == "POST":
        if "absent" in request.POST:
            if told(
                request, operations.record_absence, actor=request.actor, interview=found, now=request.now
            ):
                messages.success(request, _("Anotado: no se presentó."))
            return redirect("calls:interview", code, number)
        done = None
        if moves and moved.is_valid():
            done = attempt(
                moved, operations.move_interview, actor=request.actor, interview=found, now=request.now,
                **moved.cleaned_data,
            )  # fmt: skip
        elif not moves and form.is_valid():
            done = attempt(
                form, operations.give_second_date, actor=request.actor, interview=found, now=request.now,
                starts_at=form.cleaned_data["starts_at"],
            )  # fmt: skip
        if done is not None:
            messages.success(request, _("Fecha puesta; la persona recibe una carta."))
            return redirect("calls:interview", code, number)
    page = queries.interview_page(request.actor, call, found, now=request.now)
    substitute = forms.SubstituteForm(choices=queries.panellists_of(call) if page.recusals else [])
    context = {
        "page": page, "frame": page.frame, "form": form, "moved": moved, "rubric": rubric, "substitute": substitute,
    }  # fmt: skip
    status = 422 if form.errors or moved.errors else 200
    return render(request, "calls/desk/interview.html", context, status=status)


@require_POST
def replace_panellist(request: Any, code: str, number: int) -> HttpResponse:
    """Name who sits in this interview for somebody who is recused."""
    call = call_of(request, code)
    found = _interview_of(call, number)
    form = forms.SubstituteForm(request.POST, choices=queries.panellists_of(call))
    if not form.is_valid():
        messages.error(request, _("Falta elegir quién suple."))
    elif told(
        request, operations.replace_panellist, actor=request.actor, interview=found, now=request.now,
        recusal=form.cleaned_data["recusal"], substitute=int(form.cleaned_data["substitute"]),
    ):  # fmt: skip
        messages.success(request, _("Suplente puesto: ya tiene esta entrevista en «Mis entrevistas»."))
    return redirect("calls:interview", code, number)


def _interview_of(call: Any, number: int) -> Interview:
    return get_object_or_404(queries.interviews_in(call), pk=number)


# ------------------------------------------------------------------- panellist


@require_GET
def my_panels(request: Any) -> HttpResponse:
    """The interviews that wait for me; only for panellists."""
    if not request.actor.holds_anywhere(roles.PANEL_SCORE):
        raise Http404
    page = queries.my_panels_page(request.actor, number=request.GET.get("p", 1), now=request.now)
    return render(request, "calls/panel/list.html", {"page": page})


@PAGE
def sheet(request: Any, number: int) -> HttpResponse:
    """My own sheet of one interview: saved unfinished, sealed once."""
    found = _mine(request, number)
    page = queries.sheet_page(request.actor, found, now=request.now)
    initial = {**page.sheet.levels, "remark": page.sheet.note} if page.sheet else {}
    form = fill(
        request, forms.SheetForm, rubric=page.rubric, is_whole="save" not in request.POST, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        seal = "seal" in request.POST
        done = attempt(
            form, operations.save_sheet, actor=request.actor, interview=found, levels=form.levels(),
            remark=form.cleaned_data["remark"], seal=seal, now=request.now,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Hoja sellada.") if seal else _("Guardado. Falta sellar."))
            return redirect("calls:sheet", number)
    context = {"page": page, "form": form, "recusal": forms.RecusalForm(), "words": forms.WordsForm()}
    return render(request, "calls/panel/sheet.html", context, status=422 if form.errors else 200)


@require_POST
def recuse(request: Any, number: int) -> HttpResponse:
    found = _mine(request, number)
    kind = request.POST.get("kind", "")
    if told(request, operations.recuse, actor=request.actor, interview=found, kind=kind, now=request.now):
        messages.success(request, _("Excusa declarada. La califica el resto del jurado."))
    return redirect("calls:sheet", number)


@require_POST
def reconcile(request: Any, number: int) -> HttpResponse:
    found = _mine(request, number)
    words = request.POST.get("words", "")[:2000]
    if told(
        request, operations.reconcile, actor=request.actor, interview=found, words=words, now=request.now
    ):
        messages.success(request, _("Conciliación guardada. La entrevista se cerró."))
    return redirect("calls:sheet", number)


def _mine(request: Any, number: int) -> Interview:
    return get_object_or_404(queries.interviews_of(request.actor), pk=number)


# ---------------------------------------------------------------------- person


@require_GET
def my_interview(request: Any, folio: str) -> HttpResponse:
    """My appointment and the rubric; with the results, my sheets."""
    rows = queries.applications_visible_to(request.actor).select_related("call", "specialty")
    application = get_object_or_404(rows, folio=folio)
    if not application.call.rubric:
        raise Http404
    here = queries.frame(application, request.actor, now=request.now)
    return render(
        request, "calls/my_interview.html", {"page": queries.my_interview_page(application), "frame": here}
    )
