"""The inbox, the office that looks after letters, and the letterbox of the demo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.accounts.queries import demo_user
from cauce.base import web
from cauce.notices import operations, queries, rules

_MOST_SHOWN = 99
_LETTERBOX = "demo_letterbox"


def frame(request: Any) -> dict[str, Any]:
    """Context processor: how many notices the reader has not opened, counted only if the page shows it."""

    def unread() -> str:
        try:
            count = queries.unread_count(request.actor) if hasattr(request, "actor") else 0
        except DatabaseError:
            return ""  # the page that says that the database failed has this frame too
        return f"{_MOST_SHOWN}+" if count > _MOST_SHOWN else str(count or "")

    return {"unread_notices": unread}


@never_cache
@require_GET
def inbox(request: Any) -> HttpResponse:
    page = queries.inbox_page(request.actor, page=request.GET.get("p", 1))
    return render(request, "notices/inbox.html", {"page": page})


@never_cache
@require_http_methods(["GET", "POST"])
def open_message(request: Any, message_id: int) -> HttpResponse:
    """Show a letter; a POST notes it as read and goes to what it is about."""
    message = get_object_or_404(queries.messages_visible_to(request.actor), pk=message_id)
    if request.method == "POST":
        web.told(request, operations.mark_read, message_id=message.pk, actor=request.actor, now=request.now)
        return redirect(message.link or "notices:inbox")
    return render(request, "notices/message.html", {"letter": message})


@require_POST
def read_all(request: Any) -> HttpResponse:
    web.told(request, operations.mark_all_read, actor=request.actor, now=request.now)
    return redirect("notices:inbox")


@require_POST
def reminders(request: Any) -> HttpResponse:
    """Want reminders, or no longer."""
    wanted = request.POST.get("wanted") == "yes"
    operations.choose_reminders(wanted=wanted, actor=request.actor, now=request.now)
    messages.success(
        request,
        _("Te recordaremos las fechas que se acercan.")
        if wanted
        else _("Ya no te enviaremos recordatorios. Lo que se decida sobre ti te llegará igual."),
    )
    return redirect("notices:inbox")


# -------------------------------------------------------------------- office


@never_cache
@require_GET
def outbox(request: Any) -> HttpResponse:
    """How letters fare, by text and version, and those that nobody knows whether they arrived."""
    _operators_only(request)
    page = queries.outbox_page(request.actor, now=request.now, page=request.GET.get("p", 1))
    return render(request, "notices/outbox.html", {"page": page})


@never_cache
@require_GET
def texts(request: Any) -> HttpResponse:
    """What letters say, in every version, for who operates or audits."""
    if not rules.may_read_texts(request.actor):
        raise Http404
    return render(request, "notices/texts.html", {"page": queries.texts_page(request.actor)})


@require_POST
def settle(request: Any, message_id: int) -> HttpResponse:
    """Send a letter in doubt again, or count it as delivered."""
    _operators_only(request)
    arrived = request.POST.get("fate") == "arrived"
    use_case = operations.count_as_sent if arrived else operations.send_again
    if web.told(request, use_case, message_id=message_id, actor=request.actor, now=request.now):
        messages.success(
            request,
            _("La carta cuenta como entregada.") if arrived else _("La carta volvió a la fila de salida."),
        )
    return redirect("notices:outbox")


def _operators_only(request: Any) -> None:
    if not rules.may_operate(request.actor):
        raise Http404


# ---------------------------------------------------------------------- demo


@login_not_required
@never_cache
@require_GET
def letterbox(request: Any) -> HttpResponse:
    """The letters to who is using this browser, or to a person of the demo (``?correo=``).

    Only in a demo: it shows links of access.
    """
    if not settings.DEMO:
        raise Http404
    asked = request.GET.get("correo", "")
    addresses = [asked] if demo_user(asked) else _addresses_of_this_browser(request)
    letters = queries.letterbox(addresses, origin=f"{request.scheme}://{request.get_host()}")
    response = render(request, "notices/letterbox.html", {"letters": letters, "addresses": addresses})
    if not asked and addresses:
        # Signing out empties the session, and a letter with a new password may be on its way.
        response.set_signed_cookie(_LETTERBOX, " ".join(addresses[-5:]), httponly=True, samesite="Lax")
    return response


def _addresses_of_this_browser(request: Any) -> list[str]:
    known = request.get_signed_cookie(_LETTERBOX, "").split()
    now = [request.session.get("registering_email", "")]
    if request.user.is_authenticated:
        now.append(request.user.email)
    return list(dict.fromkeys(address for address in [*known, *now] if address))
