"""Scores of a call from two files: read and compared, shown, confirmed, loaded; and what asks for a second look."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.base import figures, import_pages
from cauce.base.models import Import
from cauce.base.web import attempt, fill
from cauce.calls import operations, queries, rules
from cauce.calls.forms.scores import OutcomeForm, ScoresForm
from cauce.calls.intake import Pair, score_columns
from cauce.calls.models import Call, ReviewDecision
from cauce.calls.views.desk import PAGE, call_of


@PAGE
def scores(request: Any, code: str) -> HttpResponse:
    """Two files of scores; nothing is written until they agree and somebody confirms them."""
    call = call_of(request, code)
    if request.method == "POST":
        rules.may_load(request.actor, call).enforce()
    page = queries.scores_page(request.actor, call, number=request.GET.get("p", 1), now=request.now)
    return import_pages.answer(
        request, _desk(call), "calls/desk/scores.html", {"scores": page, "frame": page.frame},
        form=fill(request, ScoresForm),
    )  # fmt: skip


def _loadable_desk(request: Any, code: str) -> import_pages.Desk:
    call = call_of(request, code)
    rules.may_load(request.actor, call).enforce()
    return _desk(call)


scores_progress, scores_report, scores_confirm, scores_drop = import_pages.parts(_loadable_desk)


@PAGE
def score_review(request: Any, code: str, number: int) -> HttpResponse:
    """What asked for a second look in the scores of one folio; a POST says what came of it."""
    call = call_of(request, code)
    review = queries.score_reviews(call).filter(pk=number).first()
    if review is None:
        raise Http404
    form = fill(request, OutcomeForm)
    if request.method == "POST":
        rules.may_load(request.actor, call).enforce()
        done = None
        if form.is_valid():
            done = attempt(
                form, operations.close_review, actor=request.actor, review=review,
                outcome=form.cleaned_data["outcome"], now=request.now,
                decision=form.cleaned_data["decision"] or ReviewDecision.CLEARED,
            )  # fmt: skip
        if done is not None:
            messages.success(request, _("Revisión cerrada: %(folio)s.") % {"folio": review.application.folio})
            return redirect("calls:scores", code)
    frame = queries.desk_frame(request.actor, call, "calls:scores", now=request.now)
    context = {
        "frame": frame, "form": form, "review": review, "verdict": rules.may_load(request.actor, call),
        "merit": queries.merit_lines(review.application),
        "closed_by": queries.name_of(review.closed_by) if review.closed_by else "",
    }  # fmt: skip
    return render(request, "calls/desk/score_review.html", context, status=422 if form.errors else 200)


def _desk(call: Call) -> import_pages.Desk:
    known = queries.score_lookup(call.code)
    assert known is not None  # noqa: S101 - the call has just been found
    return import_pages.Desk(
        kind=operations.SCORES, scope=call.code, title=_("Puntajes de dos fuentes"),
        lead=_("Nadie ve un lugar en el orden hasta que dos archivos, hechos por separado, dicen lo mismo."),
        columns=score_columns(known.criteria, known.folios),
        urls=import_pages.Addresses.of("calls:scores", call.code),
        receive=operations.receive_scores, confirm=operations.confirm_scores, drop=operations.drop_scores,
        arguments={"call": call}, facts=_facts, asks=_asks, file_of=lambda data: Pair.of(data).a,
    )  # fmt: skip


def _facts(taken: Import) -> list[tuple[Any, str]]:
    return [(figures.number(taken.facts.get("people", 0)), _("personas en las que coinciden"))]


def _asks(taken: Import) -> str:
    count = taken.facts.get("reviews", 0)
    if not count:
        return ""
    return ngettext(
        "Vi a la persona por revisar: se abre su revisión y se carga su puntaje como está.",
        "Vi a las %(count)s personas por revisar: se abren sus revisiones y se cargan sus puntajes como están.",
        count,
    ) % {"count": figures.number(count)}
