"""Applications on paper from a file: chosen, read dry, confirmed, loaded whole. Only who manages the call knows of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cauce.base import figures, import_pages
from cauce.base.models import Import
from cauce.base.web import fill
from cauce.calls import intake, operations, queries
from cauce.calls.forms.applicants import ApplicantsForm
from cauce.calls.models import Call
from cauce.calls.rules.filing import is_late, may_file
from cauce.calls.views.desk import PAGE


def _call_of(request: Any, code: str) -> Call:
    calls = queries.calls_written_by(request.actor).select_related("institution", "edited_by__person")
    return get_object_or_404(calls, code=code)


@PAGE
def import_applicants(request: Any, code: str) -> HttpResponse:
    """Bring applications that came on paper as a file; while none may come, why not."""
    desk = _desk(request, code)
    call = desk.arguments["call"]
    late = is_late(call, request.now)
    context = {
        "frame": queries.desk_frame(request.actor, call, "calls:desk_applications", now=request.now),
        "verdict": may_file(request.actor, call),
    }
    form = fill(request, ApplicantsForm, is_late=late)
    return import_pages.answer(request, desk, "calls/desk/import_applicants.html", context, form=form)


def _desk(request: Any, code: str) -> import_pages.Desk:
    call = _call_of(request, code)
    lookup = queries.filing_lookup(call, today=localdate(request.now))
    return import_pages.Desk(
        kind=operations.APPLICANTS, scope=call.code, title=_("Solicitudes en papel"),
        lead=_("De quienes entregaron su solicitud firmada y no se postulan en línea. Cada fila queda enviada, con folio y comprobante."),
        columns=intake.applicant_columns(lookup),
        urls=import_pages.Addresses.of("calls:import_applicants", call.code),
        receive=operations.receive_applicants, confirm=operations.confirm_applicants,
        drop=operations.drop_applicants, arguments={"call": call}, facts=_facts,
    )  # fmt: skip


(
    import_applicants_progress,
    import_applicants_report,
    import_applicants_confirm,
    import_applicants_drop,
) = import_pages.parts(_desk)


def _facts(taken: Import) -> list[tuple[Any, str]]:
    facts = taken.facts
    return [
        (figures.number(facts.get("new", 0)), _("solicitudes nuevas")),
        (figures.number(facts.get("same", 0)), _("ya están igual")),
        (figures.number(facts.get("people", 0)), _("personas que no estaban")),
        (figures.number(facts.get("choices", 0)), _("opciones en el archivo")),
    ]
