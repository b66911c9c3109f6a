"""The public log of outages: what was measured, and which closings moved by how much."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cauce.calls import queries


@login_not_required
@require_safe
def outages(request: Any) -> HttpResponse:
    return render(request, "calls/outages.html", {"page": queries.outages_page(request.GET.get("p", "1"))})
