"""Scores of a call from two files: compared, looked over, and loaded only when they agree in everything."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.web import attempt, fill
from cauce.calls import operations, queries, rules
from cauce.calls.forms.scores import ScoresForm
from cauce.calls.intake import read_scores
from cauce.calls.rules.scores import anomalies, differences, shifts
from cauce.calls.views.desk import PAGE, call_of

SHOWN = 100


@PAGE
def scores(request: Any, code: str) -> HttpResponse:
    """Two files of scores; nothing is written unless it is asked for and they agree."""
    call = call_of(request, code)
    known = queries.score_lookup(call.code)
    assert known is not None  # noqa: S101 - the call has just been found
    verdict = rules.may_load(request.actor, call)
    form = fill(request, ScoresForm)
    shown: dict[str, Any] = {}
    if request.method == "POST":
        verdict.enforce()
        if form.is_valid():
            data = (form.sent("a"), form.sent("b"))
            read = [read_scores(each, known.criteria, known.folios) for each in data]
            shown = _compared(known, read)
            if form.cleaned_data["load"] and shown["agree"]:
                digests = tuple(hashlib.sha256(each).hexdigest() for each in data)
                done = attempt(
                    form, operations.load_scores, actor=request.actor, call=call, a=read[0][1], b=read[1][1],
                    digests=digests, now=request.now,
                )  # fmt: skip
                if done is not None:
                    words = _("Puntajes cargados de los dos archivos, que coinciden: %(count)s personas.")
                    messages.success(request, words % {"count": figures.number(len(read[0][1]))})
                    return redirect("calls:scores", code)
    frame = queries.desk_frame(request.actor, call, "calls:scores", now=request.now)
    context = {
        "frame": frame, "form": form, "known": known, "verdict": verdict, **shown,
        "columns": ["folio", *(str(each["label"]) for each in known.criteria)],
    }  # fmt: skip
    is_wrong = request.method == "POST" and not (shown.get("agree") and form.is_valid())
    return render(request, "calls/desk/scores.html", context, status=422 if is_wrong else 200)


def _compared(known: Any, read: list[Any]) -> dict[str, Any]:
    faults = [
        (name, each)
        for name, (sheet, _scores) in zip("AB", read, strict=True)
        for each in sheet.report.findings
        if not each.is_doubt
    ]
    if faults:
        return {"compared": True, "agree": False, "faults": faults[:SHOWN], "fault_count": len(faults)}
    labels = [str(each["label"]) for each in known.criteria]
    a, b = read[0][1], read[1][1]
    found = differences(labels, a, b)
    strange = [] if found else anomalies(known.criteria, a)
    return {
        "compared": True, "agree": not found, "differences": found[:SHOWN], "difference_count": len(found),
        "shifts": shifts(labels, a, b), "anomalies": strange[:SHOWN], "anomaly_count": len(strange), "rows": len(a),
    }  # fmt: skip
