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
from django.core.mail import EmailMessage
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
from cauce.accounts.rules import letters
from cauce.base import figures, web
from cauce.base.errors import DomainError
from cauce.base.texts import TEXT

_CURP = "registering_curp"
_EMAIL = "registering_email"
_FOLIO = "registering_folio"
_NEXT = "registering_next"
_LONGEST_NEXT = 500
_BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


# -------------------------------------------------------------- registration


class Entrance(DefaultAccountAdapter):
    """allauth's way in, whose letters also say what one came for, the temporary folio, and what is in the way."""

    def get_email_confirmation_url(self, request: Any, emailconfirmation: Any) -> str:
        link = super().get_email_confirmation_url(request, emailconfirmation)
        wanted = request and (request.session.get(_NEXT) or _wanted(request))
        # It may be opened in another browser, which knows nothing of where one was going.
        return f"{link}?{urlencode({'next': wanted}, safe='/')}" if wanted else link

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if template_prefix.startswith("account/email/email_confirmation"):
            context = {**context, "folio": queries.temporary_folio(context["user"].person_id)}
        super().send_mail(template_prefix, email, context)

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        """Our words for each mail of the library, marked with their version; its own for one that we do not know."""
        text = letters.OF_LIBRARY.get(template_prefix)
        if text is None:
            return super().render_mail(template_prefix, email, context, headers)
        now = getattr(self.request, "now", None) or context.get("timestamp")
        facts = {**context, "timestamp": figures.moment(now, zone=True) if now else ""}
        title, body = text.words(language=_language(), **facts)
        to = [email] if isinstance(email, str) else email
        return EmailMessage(
            title, body, self.get_from_email(), to, headers={**(headers or {}), TEXT: text.name}
        )

    def send_account_already_exists_mail(self, email: str) -> None:
        if queries.has_account(email):
            super().send_account_already_exists_mail(email)
        else:  # it was the document that is registered
            self.send_mail("account/email/document_already_registered", email, _ways_in())


def _ways_in() -> dict[str, str]:
    names = {"login_url": "account_login", "password_reset_url": "account_reset_password"}
    return {name: f"{settings.ORIGIN}{reverse(view)}" for name, view in names.items()}


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
    page = {
        "form": form,
        "told": queries.told_by(curp),
        "notice": notice,
        "is_on_paper": queries.is_on_paper(curp),
    }
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
    """Without a CURP: first the country, then everything else on the same page. A temporary folio is issued at once."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST" and not consume(request, action="signup"):
        return respond_429(request)
    countries = _country_form(request, label=_("¿De qué país son tus documentos?"))
    if not countries.is_valid():
        return render(request, "accounts/register_foreign.html", {"countries": countries, "form": None})
    country = countries.cleaned_data["pais"]
    notice = _notice()
    form = web.fill(request, forms.ForeignForm, country=country, notice_version=notice.version)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = _register(
            request,
            form,
            foreign=form.identity(),
            licence=form.told_licence(),
            **{
                name: data[name]
                for name in ("email", "password", "phone", "notice_version", "curp", *rules.NAME_LIMITS)
            },
        )
        if done is not None:
            return done
    name = rules.country_name(country, _language())
    page = {"form": form, "notice": notice, "country": country, "country_name": name}
    return render(request, "accounts/register_foreign.html", page)


def _country_form(request: Any, **options: Any) -> forms.CountryForm:
    """The country that was asked for in the address, or sent along with the rest; unbound when there is none."""
    asked = request.POST.get("country") or request.GET.get("pais")
    return forms.CountryForm(None if asked is None else {"pais": asked}, **options)


def _register(request: Any, form, **arguments) -> HttpResponse | None:
    """Register and answer with the page that asks to confirm; the same page when somebody is in the way."""
    email = arguments["email"].lower()
    try:
        user = web.attempt(
            form, operations.register, actor=request.actor, now=request.now, language=_language(), **arguments
        )
    except operations.AlreadyRegistered as taken:
        _remember(request, email, taken.folio)
        return _quietly(request, prevent_enumeration(request, email=email))
    if user is None:
        return None
    _remember(request, email, queries.temporary_folio(user.person_id))
    # They have just chosen the password: a passkey made within minutes need not ask for it again.
    record_authentication(request, user, method="password", email=email, reauthenticated=True)
    return _quietly(
        request, complete_signup(request, user=user, redirect_url=reverse("accounts:passkey_offer"))
    )


def _remember(request: Any, email: str, folio: str) -> None:
    """What the next page shows. ``folio`` holds from when the address is confirmed, so that it tells a stranger nothing."""
    request.session.pop(_CURP, None)
    request.session[_EMAIL], request.session[_FOLIO] = email, folio


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
    page = {"email": email, "folio": request.session.get(_FOLIO, "")}
    return render(request, "accounts/confirm.html", page)


@login_not_required
@require_GET
def allauth_signup(request: Any) -> HttpResponse:
    """Registration has its own page; what somebody came for goes along."""
    query = request.GET.urlencode()
    return redirect(reverse("accounts:register") + (f"?{query}" if query else ""))


@require_GET
def passkey_offer(request: Any) -> HttpResponse:
    """The account is ready: give the temporary folio, if there is one, and offer a passkey, which can wait."""
    return render(
        request, "accounts/passkey.html", {"folio": queries.temporary_folio(request.actor.person_id)}
    )


@require_GET
def go_on(request: Any) -> HttpResponse:
    """The end of registration: back to what one came for, once; otherwise home."""
    return redirect(request.session.pop(_NEXT, settings.LOGIN_REDIRECT_URL))


# ------------------------------------------------------------------ own data


@never_cache
@require_GET
def my_data(request: Any) -> HttpResponse:
    page = queries.data_page(request.actor, language=_language())
    return render(request, "accounts/my_data.html", {"page": page})


@never_cache
@require_http_methods(["GET", "POST"])
def link_curp(request: Any) -> HttpResponse:
    """Add the CURP that came after registering without one."""
    page = queries.linking_page(request.actor)
    if page is None:
        raise Http404
    if request.method == "POST" and not consume(request, action="manage_email", user=request.user):
        return respond_429(request)
    form = web.fill(request, forms.LinkCurpForm, held=page)
    if form.is_bound and form.is_valid():
        linked = web.attempt(
            form,
            operations.link_curp,
            curp=form.cleaned_data["curp"].number,
            is_checked=form.cleaned_data.get("is_checked", False),
            actor=request.actor,
            now=request.now,
        )
        if linked is not None:
            messages.success(
                request, _("Tu CURP ya está en tu cuenta. Lo que enviaste con tu folio sigue igual.")
            )
            return redirect("accounts:my_data")
    return render(request, "accounts/link_curp.html", {"form": form, "page": page})


@never_cache
@require_http_methods(["GET", "POST"])
def tell_licence(request: Any) -> HttpResponse:
    """Add a licence to practise; its country decides what is asked."""
    if request.actor.person_id is None:
        raise Http404
    countries = _country_form(request, label=_("¿Qué país dio la licencia?"), mexico=True)
    if not countries.is_bound:
        own = {"pais": queries.home_country(request.actor)}
        countries = forms.CountryForm(own, label=countries.fields["pais"].label, mexico=True)
    if not countries.is_valid():
        return render(request, "accounts/licence.html", {"countries": countries, "form": None})
    country = countries.cleaned_data["pais"]
    form = web.fill(request, forms.LicenceForm, country=country)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        told = web.attempt(
            form,
            operations.tell_licence,
            country=country,
            authority=data.get("authority", ""),
            number=data["licence"],
            issued_on=data["issued_on"],
            actor=request.actor,
            now=request.now,
        )
        if told is not None:
            messages.success(request, _("Guardamos la licencia como la escribiste."))
            return redirect("accounts:my_data")
    name = rules.country_name(country, _language())
    page = {"form": form, "countries": countries, "country": country, "country_name": name}
    return render(request, "accounts/licence.html", page)


@require_POST
def drop_licence(request: Any, licence_id: int) -> HttpResponse:
    """Remove a licence of one's own."""
    if request.actor.person_id is None:
        raise Http404
    operations.drop_licence(licence_id=licence_id, actor=request.actor, now=request.now)
    messages.success(request, _("Quitamos la licencia de tu cuenta."))
    return redirect("accounts:my_data")


@never_cache
@require_http_methods(["GET", "POST"])
def time_zone(request: Any) -> HttpResponse:
    """Choose the time zone in which deadlines are told too."""
    if request.actor.person_id is None:
        raise Http404
    page = queries.data_page(request.actor, language=_language())
    form = web.fill(request, forms.ZoneForm, initial={"time_zone": page.time_zone})
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["time_zone"]
        if web.attempt(
            form, operations.choose_time_zone, time_zone=chosen, actor=request.actor, now=request.now
        ):
            messages.success(request, _("Las fechas que obligan se dicen también en la hora que elegiste."))
            return redirect("accounts:my_data")
    return render(request, "accounts/time_zone.html", {"form": form, "page": page})


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
