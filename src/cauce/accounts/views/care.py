"""Rights over one's own data, a lost e-mail, and the office that answers for both and for duplicates."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume, respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.accounts import forms, operations, queries, rules
from cauce.base import web

PAGE = require_http_methods(["GET", "POST"])


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _office_only(request: Any) -> None:
    if not rules.may_care(request.actor):
        raise Http404


# -------------------------------------------------------------------- rights


@never_cache
@PAGE
def rights(request: Any) -> HttpResponse:
    """What a person may ask about their data, what they asked, and how its clocks stand."""
    if request.actor.person_id is None:
        raise Http404
    form = web.fill(request, forms.RightForm)
    if form.is_bound and form.is_valid():
        asked = web.attempt(
            form, operations.ask_right, actor=request.actor, now=request.now, **form.cleaned_data
        )
        if asked is not None:
            messages.success(request, _("Recibimos tu solicitud %(folio)s.") % {"folio": asked.folio})
            return redirect("accounts:rights")
    rows = queries.rights_page(request.actor, now=request.now)
    return render(request, "accounts/rights.html", {"form": form, "rows": rows})


@require_POST
def withdraw_request(request: Any, folio: str) -> HttpResponse:
    if not queries.requests_of(request.actor).filter(folio=folio).exists():
        raise Http404
    if web.told(request, operations.withdraw_request, folio=folio, actor=request.actor, now=request.now):
        messages.success(request, _("Retiraste tu solicitud."))
    return redirect("accounts:rights")


# ------------------------------------------------------------------ recovery


@login_not_required
@never_cache
@PAGE
def recover(request: Any) -> HttpResponse:
    """Ask for another e-mail when the old one is lost. The answer is the same whoever asks, for whomever."""
    if request.method == "POST" and not consume(request, action="signup"):
        return respond_429(request)
    form = web.fill(request, forms.RecoveryForm)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if not consume(request, action="reset_password", key=data["curp"].number):
            return respond_429(request)
        asked = web.attempt(
            form, operations.ask_recovery, curp=data["curp"].number, new_email=data["email"],
            proof=data["proof"], actor=request.actor, now=request.now,
        )  # fmt: skip
        if asked is not None:
            return redirect("accounts:recovery_asked")
    return render(request, "accounts/recover.html", {"form": form})


@login_not_required
@require_GET
def recovery_asked(request: Any) -> HttpResponse:
    return render(request, "accounts/recovery_asked.html", {"days": rules.RECOVERY_DAYS})


@login_not_required
@never_cache
@PAGE
def stop_recovery(request: Any, secret: str) -> HttpResponse:
    """Stop a change of e-mail from the old address; only the button does it, so that no scanner of links can."""
    if request.method == "POST" and web.told(
        request, operations.stop_recovery, secret=secret, actor=request.actor, now=request.now
    ):
        messages.success(request, _("Detuviste el cambio. Tu cuenta sigue con su correo."))
        return redirect("account_login")
    return render(request, "accounts/stop_recovery.html")


# -------------------------------------------------------------------- office


@never_cache
@require_GET
def care(request: Any) -> HttpResponse:
    """What waits for the office: requests by their clock, proposals, accounts."""
    _office_only(request)
    page = queries.care_page(request.actor, now=request.now, page=request.GET.get("p", 1))
    return render(request, "accounts/care/care.html", {"page": page})


@never_cache
@PAGE
def care_request(request: Any, folio: str) -> HttpResponse:
    """One request: answer it, extend its clock, say that it is carried out."""
    _office_only(request)
    row = queries.request_page(request.actor, folio, now=request.now)
    if row is None:
        raise Http404
    form = web.fill(request, forms.AnswerForm)
    if form.is_bound and form.is_valid() and _decide(request, form, folio):
        return redirect("accounts:care_request", folio)
    return render(request, "accounts/care/request.html", {"row": row, "form": form})


def _decide(request: Any, form: Any, folio: str) -> bool:
    by: dict[str, Any] = {"folio": folio, "actor": request.actor, "now": request.now}
    words, deed = form.cleaned_data["words"], form.cleaned_data["deed"]
    if deed == "done":
        done = web.attempt(form, operations.fulfil_request, **by)
    elif deed == "extend":
        done = web.attempt(form, operations.extend_request, reason=words, **by)
    else:
        done = web.attempt(form, operations.answer_request, is_granted=deed == "grant", answer=words, **by)
    return done is not None


@never_cache
@require_GET
def duplicates(request: Any) -> HttpResponse:
    """People that may be one human being."""
    _office_only(request)
    page = queries.duplicates_page(page=request.GET.get("p", 1))
    return render(request, "accounts/care/duplicates.html", {"page": page})


@never_cache
@PAGE
def pair(request: Any, one_id: int, other_id: int) -> HttpResponse:
    """Two people side by side: propose that they are one, say that they are two, confirm, withdraw or undo."""
    _office_only(request)
    page = queries.pair_page(request.actor, one_id, other_id, language=_language(), now=request.now)
    if page is None:
        raise Http404
    form = web.fill(request, forms.MergeForm)
    if form.is_bound and form.is_valid() and _merge(request, form, page):
        return redirect("accounts:pair", one_id, other_id)
    return render(request, "accounts/care/pair.html", {"page": page, "form": form})


def _merge(request: Any, form: Any, page: queries.PairPage) -> bool:
    by: dict[str, Any] = {"actor": request.actor, "now": request.now}
    reason, deed = form.cleaned_data["reason"], form.cleaned_data["deed"]
    one, other = (side.person.pk for side in page.sides)
    decided = {
        "confirm": operations.confirm_merge, "withdraw": operations.withdraw_merge, "undo": operations.undo_merge
    }  # fmt: skip
    if deed in decided:
        if page.merge is None:
            return False
        return web.attempt(form, decided[deed], merge_id=page.merge.pk, **by) is not None
    if deed == "distinct":
        done = web.attempt(form, operations.tell_apart, one_id=one, other_id=other, reason=reason, **by)
        return done is not None
    kept, gone = (one, other) if deed == "keep_first" else (other, one)
    done = web.attempt(form, operations.propose_merge, kept_id=kept, gone_id=gone, reason=reason, **by)
    return done is not None


@never_cache
@PAGE
def care_recovery(request: Any, recovery_id: int) -> HttpResponse:
    """One lost account: look at the document, then change the e-mail or say why not."""
    _office_only(request)
    page = queries.recovery_page(request.actor, recovery_id, language=_language(), now=request.now)
    if page is None:
        raise Http404
    form = web.fill(request, forms.RecoveryDecisionForm)
    if form.is_bound and form.is_valid():
        by: dict[str, Any] = {"recovery_id": recovery_id, "actor": request.actor, "now": request.now}
        if form.cleaned_data["deed"] == "complete":
            done = web.attempt(form, operations.complete_recovery, **by)
        else:
            done = web.attempt(form, operations.refuse_recovery, reason=form.cleaned_data["reason"], **by)
        if done is not None:
            return redirect("accounts:care_recovery", recovery_id)
    return render(request, "accounts/care/recovery.html", {"page": page, "form": form})


@never_cache
@require_GET
def recovery_proof(request: Any, recovery_id: int, number: int) -> HttpResponse:
    """A page of the document that was shown, as a picture."""
    _office_only(request)
    picture = queries.recovery_proof(recovery_id, number)
    if picture is None:
        raise Http404
    return web.stored(picture, f"documento-{number}")
