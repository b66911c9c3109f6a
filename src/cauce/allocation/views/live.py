"""A live choice, for everybody and for who chooses online: the board by folio, and one's own turn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cauce.allocation import documents
from cauce.allocation.forms import ChooseForm
from cauce.allocation.models import LiveTurn
from cauce.allocation.operations import live as operations
from cauce.allocation.queries import live as queries
from cauce.allocation.queries import live_pages as pages
from cauce.base import web


@login_not_required
@require_GET
@web.in_capitals
def board(request: Any, code: str) -> HttpResponse:
    """Whose turn it is, the seats that are left, and the last choices: folios, never names."""
    call = get_object_or_404(queries.live_calls(), code=code)
    page = pages.board_page(request.actor, call, code=request.GET.get("especialidad", ""))
    return render(request, "allocation/live/board.html", {"page": page})


@login_not_required
@require_GET
@web.in_capitals
def live_log(request: Any, code: str) -> StreamingHttpResponse:
    call = get_object_or_404(queries.live_calls(), code=code)
    session = queries.session_of(call)
    if session is None:
        raise Http404
    return web.csv_of(documents.live_log_table(queries.log_rows(session)), f"{code}-eleccion.csv")


def _my_turn(request: Any, code: str) -> LiveTurn:
    return get_object_or_404(queries.my_turns(request.actor), session__call__code=code)


@require_GET
def my_turn(request: Any, code: str) -> HttpResponse:
    """One's own turn; ``?plaza=`` asks to confirm that post."""
    return _shown(request, _my_turn(request, code), request.GET.get("plaza", ""))


def _shown(request: Any, turn: LiveTurn, key: str, status: int = 200) -> HttpResponse:
    page = pages.turn_page(request.actor, turn, key=key, now=request.now)
    return render(request, "allocation/live/my_turn.html", {"page": page}, status=status)


@require_POST
def choose_online(request: Any, code: str) -> HttpResponse:
    turn = _my_turn(request, code)
    form = web.fill(request, ChooseForm)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _shown(request, turn, "", status=422)
    done = web.told(
        request, operations.choose_online, actor=request.actor, turn=turn, post=form.chosen(), now=request.now
    )
    if done:
        messages.success(request, _("Quedó registrado con el número %(n)s.") % {"n": done.number})
    return redirect(reverse("allocation:my_turn", args=[code]))
