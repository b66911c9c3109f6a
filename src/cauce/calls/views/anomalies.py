"""What stands out in scores: the desk's page, the file of answers, and the page of the person it is about."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.base import figures, files, import_pages
from cauce.base.models import Import
from cauce.base.web import attempt, stored, told
from cauce.calls import operations, queries, rules
from cauce.calls.forms.anomalies import ReplyForm
from cauce.calls.intake import answer_columns
from cauce.calls.models import Call, ScoreReview
from cauce.calls.rules.second_look import may_reply
from cauce.calls.views.application import _mine
from cauce.calls.views.desk import PAGE, call_of


@require_GET
def anomalies(request: Any, code: str) -> HttpResponse:
    """Counts, distributions, rooms, and whom to look at; read by the desk and by auditors alike."""
    call = call_of(request, code)
    page = queries.anomalies_page(
        request.actor,
        call,
        kind=request.GET.get("clase", ""),
        number=request.GET.get("p", 1),
        now=request.now,
    )
    return render(request, "calls/desk/anomalies.html", {"page": page, "frame": page.frame})


@require_POST
def look_again(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    if told(request, operations.ask_look, actor=request.actor, call=call, now=request.now) is not None:
        messages.success(request, _("Se están revisando los puntajes. Actualizar en un minuto."))
    return redirect("calls:anomalies", code)


@require_GET
def review_file(request: Any, code: str, number: int) -> HttpResponse:
    """The file that a person added to their answer, for whoever reads the desk of the call."""
    review = queries.reviews_of(call_of(request, code)).select_related("file").filter(pk=number).first()
    if review is None or review.file is None:
        raise Http404
    return stored(review.file, f"{review.application.folio}-respuesta")


# -------------------------------------------------------------------- answers


@PAGE
def answers(request: Any, code: str) -> HttpResponse:
    """A file of answers; nothing is written until somebody confirms it."""
    call = call_of(request, code)
    if request.method == "POST":
        rules.may_load(request.actor, call).enforce()
    context = {
        "frame": queries.desk_frame(request.actor, call, "calls:anomalies", now=request.now),
        "verdict": rules.may_load(request.actor, call),
        "sheets": queries.sheets_loaded(call),
    }
    return import_pages.answer(request, _desk(call), "calls/desk/answers.html", context)


def _desk(call: Call) -> import_pages.Desk:
    _call, folios = queries.answer_lookup(call.code)
    return import_pages.Desk(
        kind=operations.ANSWERS, scope=call.code, title=_("Respuestas del examen"),
        lead=_("Con ellas se comparan las hojas de cada sala. Lo que se vea abre una revisión; no excluye a nadie."),
        columns=answer_columns(folios), urls=import_pages.Addresses.of("calls:answers", call.code),
        receive=operations.receive_answers, confirm=operations.confirm_answers, drop=operations.drop_answers,
        arguments={"call": call}, facts=_facts,
    )  # fmt: skip


def _facts(taken: Import) -> list[tuple[Any, str]]:
    names = {"people": _("hojas"), "rooms": _("salas"), "questions": _("preguntas")}
    return [(figures.number(taken.facts.get(key, 0)), name) for key, name in names.items()]


def _loadable_desk(request: Any, code: str) -> import_pages.Desk:
    call = call_of(request, code)
    rules.may_load(request.actor, call).enforce()
    return _desk(call)


answers_progress, answers_report, answers_confirm, answers_drop = import_pages.parts(_loadable_desk)


# ------------------------------------------------------------- of the person


@require_GET
def application_reviews(request: Any, folio: str) -> HttpResponse:
    """What is looked at in the person's scores, what they may answer, and what came of it."""
    return _shown(request, folio, None, ReplyForm())


@require_http_methods(["POST"])
def answer_review(request: Any, folio: str, number: int) -> HttpResponse:
    application = _mine(request, folio)
    review = next((each for each in queries.my_reviews(application) if each.pk == number), None)
    if review is None:
        raise Http404
    form = ReplyForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            examined = files.examine(upload) if upload else None
        except files.FileRefused as refused:
            form.add_error("file", f"{refused.message} {refused.remedy}")
        else:
            done = attempt(
                form, operations.answer_review, actor=request.actor, review=review, text=form.cleaned_data["text"],
                examined=examined, now=request.now,
            )  # fmt: skip
            if done is not None:
                messages.success(request, _("Respuesta enviada. La leerá la persona que decide."))
                return redirect("calls:application_reviews", folio)
    return _shown(request, folio, review, form)


def _shown(request: Any, folio: str, answered: ScoreReview | None, form: ReplyForm) -> HttpResponse:
    application = _mine(request, folio)
    rows = [
        (
            each, may_reply(request.actor, each),
            form if each == answered else ReplyForm(auto_id=f"r{each.pk}_%s"),
        )
        for each in queries.my_reviews(application)
    ]  # fmt: skip
    frame = queries.frame(application, request.actor, now=request.now)
    return render(
        request,
        "calls/application_reviews.html",
        {"rows": rows, "frame": frame, "scores": queries.my_scores(frame, request.actor, now=request.now)},
        status=422 if form.errors else 200,
    )


@require_GET
def my_review_file(request: Any, folio: str, number: int) -> HttpResponse:
    """The file that the person added, for themselves."""
    application = _mine(request, folio)
    review = next((each for each in queries.my_reviews(application) if each.pk == number), None)
    if review is None or review.file is None:
        raise Http404
    return stored(review.file, f"{folio}-respuesta")
