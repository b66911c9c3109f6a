"""The edge every HTML view shares: who, when, how a refusal is shown, and that nothing typed is lost."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django import forms, http, shortcuts
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cauce.base import clock, files
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.models import StoredFile
from cauce.base.spreadsheets import Table, csv_lines

logger = logging.getLogger("cauce.web")

F = TypeVar("F", bound=forms.Form)
R = TypeVar("R")

_UNSENT = "unsent"
_UNSENT_LIMIT = 60_000
_NEVER_KEPT = ("password", "csrfmiddlewaretoken")


class RequestContext:
    """Middleware: set ``request.actor`` and ``request.now``; show domain errors that no form could carry."""

    def __init__(self, get_response: Callable[[http.HttpRequest], http.HttpResponse]) -> None:
        self.get_response = get_response
        self.actor_for = import_string(settings.ACTOR_RESOLVER)

    def __call__(self, request: Any) -> http.HttpResponse:
        request.now = clock.arrived(request.META)
        user = request.user
        request.actor = self.actor_for(user) if user.is_authenticated else Actor.nobody()
        response = self.get_response(request)
        if isinstance(response, http.HttpResponseNotAllowed):
            return _only_a_button(request, response)
        return response

    def process_exception(self, request: Any, error: Exception) -> http.HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        return shortcuts.render(request, "base/error.html", {"error": error}, status=error.status)


class LoginRequired(LoginRequiredMiddleware):
    """Ask for sign-in unless a view says otherwise; keep what was being sent when the session had ended."""

    def handle_no_permission(self, request: Any, view_func: Callable[..., Any]) -> http.HttpResponseRedirect:
        if request.method == "POST":
            sent = {
                name: request.POST.getlist(name)
                for name in request.POST
                if not any(secret in name for secret in _NEVER_KEPT)
            }
            if sum(len(value) for values in sent.values() for value in values) <= _UNSENT_LIMIT:
                request.session[_UNSENT] = {request.path: sent}
                messages.warning(
                    request,
                    _("Tu sesión terminó antes de guardar. Entra otra vez: conservamos lo que escribiste."),
                )
            return redirect_to_login(_page_of(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


def _page_of(request: http.HttpRequest) -> str:
    """The page whose form or button sent this request: where to return to after sign-in."""
    referer = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return urlsplit(referer)._replace(scheme="", netloc="").geturl()
    return request.path


def _only_a_button(request: http.HttpRequest, response: http.HttpResponseNotAllowed) -> http.HttpResponse:
    """Somebody opened the address of a button: say so instead of showing an empty page."""
    error = DomainError(
        _("Esta dirección no es una página: solo recibe lo que manda un botón."),
        _("Vuelve a la página donde estaba el botón y úsalo ahí."),
    )
    told = shortcuts.render(request, "base/error.html", {"error": error}, status=405)
    told.headers["Allow"] = response.headers["Allow"]
    return told


def fill(request: Any, form: type[F], /, **kwargs: Any) -> F:
    """Return ``form`` bound to what was sent, or unbound; then with what a session's end left unsent, if anything."""
    if request.method == "POST":
        return form(request.POST, request.FILES or None, **kwargs)
    kept = request.session.get(_UNSENT, {}).get(request.path)
    if kept:
        del request.session[_UNSENT]
        messages.info(request, _("Esto es lo que habías escrito. Revísalo y envíalo otra vez."))
        initial = {name: values if len(values) > 1 else values[0] for name, values in kept.items() if values}
        kwargs["initial"] = {**kwargs.get("initial", {}), **initial}
    return form(**kwargs)


def attempt(form: forms.Form, use_case: Callable[..., R], /, **arguments: Any) -> R | None:
    """Call ``use_case``; if it refuses, put the reason on ``form`` (on its field, when it names one) and return ``None``."""
    try:
        return use_case(**arguments)
    except DomainError as error:
        sentence = f"{error.message} {error.remedy}".strip()
        form.add_error(error.field if error.field in form.fields else None, sentence)
        return None


def told(request: http.HttpRequest, use_case: Callable[..., R], /, **arguments: Any) -> R | None:
    """Call ``use_case`` for a button without fields; a refusal becomes a message on the next page, and ``None``."""
    try:
        return use_case(**arguments)
    except DomainError as error:
        messages.error(request, f"{error.message} {error.remedy}".strip())
        return None


def file_of(content: bytes | str, kind: str, name: str, **headers: str) -> http.HttpResponse:
    """Answer with a file to keep under ``name``; ``kind`` is its content type."""
    return http.HttpResponse(content, content_type=kind, headers={**_kept_as(name), **headers})


def stored(file: StoredFile, name: str, *, is_kept: bool = False) -> http.HttpResponse:
    """Answer with what somebody uploaded, so that no browser runs it: shown as what it is, or with ``is_kept`` saved.

    The same file gives the same bytes to whoever may see it; who that is, the view has asked already.
    """
    return http.HttpResponse(
        files.content(file),
        content_type=file.media_type,
        headers={
            "Content-Disposition": f'{"attachment" if is_kept else "inline"}; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def csv_of(table: Table, name: str) -> http.StreamingHttpResponse:
    """Answer with a table as a CSV file, sent while its rows are read."""
    return http.StreamingHttpResponse(
        csv_lines(table), content_type="text/csv; charset=utf-8", headers=_kept_as(name)
    )


def _kept_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def in_capitals(view: Callable[..., http.HttpResponseBase]) -> Callable[..., http.HttpResponseBase]:
    """Lead a page whose ``code`` was typed in small letters to its one address; only what is asked with GET."""

    @wraps(view)
    def answer(request: http.HttpRequest, code: str, *args: Any, **kwargs: Any) -> http.HttpResponseBase:
        if request.method not in ("GET", "HEAD") or code == code.upper():
            return view(request, *args, code=code, **kwargs)
        # 404 if there is nothing there either. Closing this answer would end the request, and its connections.
        view(request, *args, code=code.upper(), **kwargs)
        match = request.resolver_match
        url = reverse(match.view_name, kwargs={**match.kwargs, "code": code.upper()})  # type: ignore[union-attr]
        query = request.META.get("QUERY_STRING", "")
        return shortcuts.redirect(f"{url}?{query}" if query else url)

    return answer


# --------------------------------------------------------------------- frame


@dataclass(frozen=True, slots=True)
class Demo:
    """What the bar of the demo says."""

    sentence: str


def chrome(request: Any) -> dict[str, Any]:
    """Context processor: what the frame of every page shows."""
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "actor": getattr(request, "actor", Actor.nobody()),
        "now": getattr(request, "now", None),
        "demo": Demo(_("Las personas de esta página son inventadas; las cifras citan su fuente."))
        if settings.DEMO
        else None,
        "navigation": _links(settings.NAVIGATION, request.path),
        "catalogues": _links(settings.CATALOGUES, request.path),
        "theme": request.COOKIES.get("theme", "")
        if request.COOKIES.get("theme") in ("light", "dark")
        else "",
        "language": language,
        "other_language": "en" if language.startswith("es") else "es-mx",
        "path": request.get_full_path(),
        "back": _page_of(request) if request.META.get("HTTP_REFERER") else "/",
    }


def _links(entries: list[tuple[Any, str]], path: str) -> list[tuple[Any, str, bool]]:
    """Label, address and whether it is the page shown; without the views that an installation lacks."""
    items = []
    for label, view in entries:
        try:
            url = reverse(view)
        except NoReverseMatch:
            continue
        items.append((label, url, path.startswith(url)))
    return items


# --------------------------------------------------------------------- errors


def csrf_failure(request: Any, reason: str = "") -> http.HttpResponse:
    """A form came without its proof: say whether cookies are off or the page was old, and what to do."""
    return shortcuts.render(request, "csrf.html", {"has_cookies": bool(request.COOKIES)}, status=403)


def bad_request(request: Any, exception: Exception) -> http.HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return shortcuts.render(request, "413.html", status=413)
    return shortcuts.render(request, "400.html", status=400)


def not_found(request: Any, exception: Exception) -> http.HttpResponse:
    return shortcuts.render(request, "404.html", status=404)


def denied(request: Any, exception: Exception) -> http.HttpResponse:
    return shortcuts.render(request, "403.html", status=403)


def our_fault(request: Any) -> http.HttpResponse:
    """Something failed on our side: give a case number that the log has too."""
    case = f"{secrets.token_hex(2)}-{secrets.token_hex(1)}".upper()
    logger.error("case %s at %s", case, request.path)
    return shortcuts.render(request, "500.html", {"case": case}, status=500)
