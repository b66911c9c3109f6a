"""Public pages of the catalogues."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cauce.base import figures, import_pages, web
from cauce.base.models import Import
from cauce.institutions import intake, operations, queries, rules
from cauce.institutions.models import Institution


@login_not_required
@require_safe
def sites(request):
    page = queries.sites_page(queries.read_site_filters(request.GET))
    return render(request, "institutions/sites.html", {"page": page})


@login_not_required
@require_safe
def site(request, pk):
    found = get_object_or_404(queries.sites(), pk=pk)
    return render(request, "institutions/site.html", {"page": queries.site_page(found)})


@login_not_required
@require_safe
def specialties(request):
    page = queries.specialties_page(request.GET.get("q", ""))
    return render(request, "institutions/specialties.html", {"page": page})


@login_not_required
@require_safe
def institutions(request):
    return render(request, "institutions/institutions.html", {"page": queries.institutions_page()})


@login_not_required
@require_safe
@web.in_capitals
def institution(request, code):
    found = get_object_or_404(Institution, code=code)
    return render(request, "institutions/institution.html", {"page": queries.institution_page(found)})


# ----------------------------------------------------------- national catalogue


@require_http_methods(["GET", "HEAD", "POST"])
def import_clues(request: Any) -> HttpResponse:
    """Bring the national catalogue of units: read dry, confirmed, loaded whole."""
    return import_pages.answer(request, _clues_desk(request), "institutions/import_clues.html", {})


def _clues_desk(request: Any) -> import_pages.Desk:
    if not rules.may_load_catalogue(request.actor):
        raise Http404
    return import_pages.Desk(
        kind=operations.CLUES, scope="", title=_("Catálogo nacional de unidades (CLUES)"),
        lead=_("El archivo que publica la Secretaría de Salud, completo o un extracto."),
        columns=intake.columns(queries.clues_lookup()),
        urls=import_pages.Addresses.of("institutions:import_clues"),
        receive=operations.receive_clues, confirm=operations.confirm_clues, drop=operations.drop_clues,
        arguments={}, facts=_clues_facts,
    )  # fmt: skip


(
    import_clues_progress,
    import_clues_report,
    import_clues_confirm,
    import_clues_drop,
) = import_pages.parts(_clues_desk)


def _clues_facts(taken: Import) -> list[tuple[Any, str]]:
    facts = taken.facts
    return [
        (figures.number(facts.get("units", 0)), _("unidades que atienden")),
        (figures.number(facts.get("closed", 0)), _("fuera de operación, no se cargan")),
        (figures.number(facts.get("no_care", 0)), _("sin nivel de atención, no se cargan")),
    ]
