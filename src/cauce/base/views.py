"""The page that shows every component, and the two preferences that anyone may set."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from cauce.base.specimens import Specimens

YEAR = 365 * 24 * 60 * 60


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Say that the process serves. Does nothing else: it is also the empty page that the bench compares with."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the language in a cookie and return to the same page; unknown values change nothing."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    secure = settings.SESSION_COOKIE_SECURE
    theme = request.POST.get("theme")
    if theme in ("light", "dark"):
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=secure)
    elif theme == "":
        response.delete_cookie("theme", samesite="Lax")
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=secure
        )
    return response


@login_not_required
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state, drawn by the same tags that pages use."""
    return render(request, "base/ui.html", {"page": Specimens()})
