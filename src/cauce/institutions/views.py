"""Public pages of the catalogues."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cauce.base import web
from cauce.institutions import queries
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
