"""Pages of registration, of one's own data, of the public notices, and the door of the demo."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from allauth.core.ratelimit import consume, respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.accounts import forms, intake, operations, queries, rules
from cauce.base import web
from cauce.base.errors import DomainError

_CURP = "registering_curp"
_EMAIL = "registering_email"
_NEXT = "registering_next"
_LONGEST_NEXT = 500
_BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


# -------------------------------------------------------------- registration


class Entrance(DefaultAccountAdapter):
    """allauth's way in, whose letter also says what one came for: it may be opened in another browser."""

    def get_email_confirmation_url(self, request: Any, emailconfirmation: Any) -> str:
        link = super().get_email_confirmation_url(request, emailconfirmation)
        wanted = request and (request.session.get(_NEXT) or _wanted(request))
        return f"{link}?{urlencode({'next': wanted}, safe='/')}" if wanted else link


class NoNotice(DomainError):
    """The installation has not loaded its privacy notice, so nobody can accept it."""

    status = 503
    code = "no_privacy_notice"


def _notice() -> queries.NoticePage:
    notice = queries.notice_page(version=None, language=_language())
    if notice is None:
        raise NoNotice(
            _("Esta instalación aún no publica su aviso de privacidad, y sin él nadie puede registrarse."),
            _("Avisa a quien la opera."),
        )
    return notice


def _wanted(request: Any) -> str:
    """The page of this site that somebody came from to register (``?next=``), or nothing."""
    asked = (request.POST.get("next") or request.GET.get("next", ""))[:_LONGEST_NEXT]
    own = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if own else ""


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: Any) -> HttpResponse:
    """First the CURP; once it is read, names, e-mail and consent, on the same address."""
    wanted = _wanted(request)
    if request.user.is_authenticated:
        return redirect(wanted or settings.LOGIN_REDIRECT_URL)
    if wanted:
        request.session[_NEXT] = wanted
    if request.method == "POST" and not consume(request, action="signup"):
        return respond_429(request)
    number = request.session.get(_CURP)
    if number is None and "email" in request.POST:
        messages.warning(request, _("Pasó mucho tiempo y la CURP se olvidó. Escríbela otra vez."))
        return redirect("accounts:register")
    if number is None or "curp" in request.POST:
        return _ask_curp(request)
    return _ask_names(request, rules.read_curp(number))


def _ask_curp(request: Any) -> HttpResponse:
    form = web.fill(request, forms.CurpForm)
    if form.is_bound and form.is_valid():
        curp = form.cleaned_data["curp"]
        if curp.is_generic:
            messages.info(
                request,
                _(
                    "Esa CURP es la genérica de personas extranjeras y no identifica a nadie. Usa tu pasaporte."
                ),
            )
            return redirect("accounts:register_foreign")
        if queries.is_registered(curp):
            form.add_error(
                "curp",
                _("Ya hay un registro con esta CURP. Si es tuya, entra o recupera tu acceso con tu correo."),
            )
        else:
            request.session[_CURP] = curp.number
            return redirect("accounts:register")
    page = {"form": form, "next": request.session.get(_NEXT, "")}
    return render(request, "accounts/register_curp.html", page)


def _ask_names(request: Any, curp: rules.Curp) -> HttpResponse:
    notice = _notice()
    form = web.fill(request, forms.PersonForm, curp=curp, notice_version=notice.version)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = _register(
            request,
            form,
            curp=curp.number,
            **{
                name: data[name]
                for name in ("email", "password", "phone", "notice_version", *rules.NAME_LIMITS)
            },
        )
        if done is not None:
            return done
    page = {"form": form, "told": queries.told_by(curp), "notice": notice}
    return render(request, "accounts/register_names.html", page)


@login_not_required
@require_POST
def other_curp(request: Any) -> HttpResponse:
    """Forget the CURP typed in the first step."""
    request.session.pop(_CURP, None)
    return redirect("accounts:register")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def register_foreign(request: Any) -> HttpResponse:
    """Register with a passport; a temporary folio is issued at once."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST" and not consume(request, action="signup"):
        return respond_429(request)
    notice = _notice()
    form = web.fill(request, forms.ForeignForm, notice_version=notice.version)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = _register(
            request,
            form,
            passport=form.passport(),
            **{
                name: data[name]
                for name in ("email", "password", "phone", "notice_version", "curp", *rules.NAME_LIMITS)
            },
        )
        if done is not None:
            return done
    return render(request, "accounts/register_foreign.html", {"form": form, "notice": notice})


def _register(request: Any, form, **arguments) -> HttpResponse | None:
    """Register and answer with the page that asks to confirm; the same page when the address is taken."""
    email = arguments["email"].lower()
    try:
        user = web.attempt(
            form, operations.register, actor=request.actor, now=request.now, language=_language(), **arguments
        )
    except operations.EmailTaken:
        request.session.pop(_CURP, None)
        request.session[_EMAIL] = email
        return _quietly(request, prevent_enumeration(request, email=email))
    if user is None:
        return None
    request.session.pop(_CURP, None)
    request.session[_EMAIL] = email
    # They have just chosen the password: a passkey made within minutes need not ask for it again.
    record_authentication(request, user, method="password", email=email, reauthenticated=True)
    return _quietly(
        request, complete_signup(request, user=user, redirect_url=reverse("accounts:passkey_offer"))
    )


def _quietly(request: Any, response: HttpResponse) -> HttpResponse:
    """Drop what allauth would say on the next page, which says it itself."""
    for _said in messages.get_messages(request):
        pass
    return response


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: Any) -> HttpResponse:
    """Say that a letter is on its way; send it again on demand, as often as the limits allow."""
    email = request.session.get(_EMAIL, "")
    if request.method == "POST" and email:
        # When it sends, allauth says so; within its pause it sends nothing and says nothing.
        if not send_verification_email_to_address(request, queries.unconfirmed_address(email), signup=True):
            messages.warning(
                request,
                _("Te escribimos hace menos de tres minutos. Espera un poco y revisa el correo no deseado."),
            )
        return redirect("account_email_verification_sent")
    return render(request, "accounts/confirm.html", {"email": email})


@login_not_required
@require_GET
def allauth_signup(request: Any) -> HttpResponse:
    """Registration has its own page; what somebody came for goes along."""
    query = request.GET.urlencode()
    return redirect(reverse("accounts:register") + (f"?{query}" if query else ""))


@require_GET
def passkey_offer(request: Any) -> HttpResponse:
    """The account is ready: give the temporary folio, if there is one, and offer a passkey, which can wait."""
    return render(request, "accounts/passkey.html", {"folio": queries.temporary_folio(request.actor)})


@require_GET
def go_on(request: Any) -> HttpResponse:
    """The end of registration: back to what one came for, once; otherwise home."""
    return redirect(request.session.pop(_NEXT, settings.LOGIN_REDIRECT_URL))


# ------------------------------------------------------------------ own data


@never_cache
@require_GET
def my_data(request: Any) -> HttpResponse:
    return render(request, "accounts/my_data.html", {"page": queries.data_page(request.actor)})


@never_cache
@require_GET
def my_data_file(request: Any) -> HttpResponse:
    """Everything held about the reader, as a JSON file."""
    held = queries.everything_held(request.actor, now=request.now)
    text = json.dumps(held, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    return web.file_of(text, "application/json; charset=utf-8", "cauce-mis-datos.json")


# ------------------------------------------------------------ public notices


@login_not_required
@require_GET
def privacy(request: Any, version: int | None = None) -> HttpResponse:
    page = queries.notice_page(version=version, language=_language())
    if page is None:
        raise Http404
    return render(request, "accounts/privacy.html", {"page": page})


@login_not_required
@require_GET
def accessibility(request: Any) -> HttpResponse:
    return render(request, "accounts/accessibility.html")


# ---------------------------------------------------------------------- demo


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404


@login_not_required
@never_cache
@require_GET
def demo(request: Any) -> HttpResponse:
    """The invented people one can enter as."""
    _only_in_demo()
    page = {
        "page": queries.demo_page(intake.demo_people(), language=_language()),
        "password": operations.DEMO_PASSWORD,
    }
    return render(request, "accounts/demo.html", page)


@login_not_required
@require_POST
def demo_enter(request: Any) -> HttpResponse:
    """Sign in as one of the invented people, without a password."""
    _only_in_demo()
    user = queries.demo_user(request.POST.get("email", ""))
    if user is None:
        raise Http404
    login(request, user, backend=_BACKEND)
    record_authentication(request, user, method="password", email=user.email)
    messages.success(request, _("Entraste como %(name)s.") % {"name": queries.display_name(user)})
    return redirect(settings.LOGIN_REDIRECT_URL)
