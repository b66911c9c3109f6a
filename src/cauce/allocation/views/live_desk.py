"""A live choice, for who conducts it and for who attends a desk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.accounts import roles
from cauce.allocation.forms import ChooseForm, CorrectionForm, DecideForm, LivePlanForm
from cauce.allocation.models import LiveChoice, LiveTurn
from cauce.allocation.operations import live as operations
from cauce.allocation.queries import live as queries
from cauce.allocation.queries import live_pages as pages
from cauce.base import web
from cauce.calls.models import Call
from cauce.calls.queries import desk_rail
from cauce.calls.rules.folio import read_folio

LONGEST_FOLIO = 30
ACTS = {
    "empezar": (operations.start_live, gettext_lazy("La elección empezó.")),
    "pausar": (operations.pause_live, gettext_lazy("La elección está en pausa.")),
    "reanudar": (operations.resume_live, gettext_lazy("La elección sigue.")),
}


# ---------------------------------------------------------------- conductor


def _conducted(request: Any, code: str) -> Call:
    return get_object_or_404(queries.live_calls_conducted_by(request.actor), code=code)


def _session_or_404(call: Call) -> LiveChoice:
    session = queries.session_of(call)
    if session is None:
        raise Http404
    return session


@require_GET
def live(request: Any, code: str) -> HttpResponse:
    call = _conducted(request, code)
    return _shown(request, call, LivePlanForm(initial=LivePlanForm.initial_of(queries.session_of(call))))


def _shown(request: Any, call: Call, form: LivePlanForm) -> HttpResponse:
    page = pages.live_page(request.actor, call, number=request.GET.get("p", "1"), now=request.now)
    rail = desk_rail(call, "allocation:live")
    context = {"page": page, "form": form, "rail": rail, "call_url": rail[0][1]}
    return render(request, "allocation/live/conduct.html", context, status=422 if form.errors else 200)


@require_POST
def prepare_live(request: Any, code: str) -> HttpResponse:
    call = _conducted(request, code)
    form = web.fill(request, LivePlanForm)
    if form.is_valid():
        web.attempt(
            form, operations.prepare_live, actor=request.actor, call=call, plan=form.plan(), now=request.now
        )
    if form.errors:
        return _shown(request, call, form)
    messages.success(request, _("Se fija el orden y se envían las citas. Tarda unos segundos."))
    return redirect("allocation:live", code)


@require_POST
def conduct_live(request: Any, code: str, act: str) -> HttpResponse:
    """``act``: empezar, pausar, reanudar."""
    session = _session_or_404(_conducted(request, code))
    if act not in ACTS:
        raise Http404
    use_case, words = ACTS[act]
    if web.told(request, use_case, actor=request.actor, session=session, now=request.now):
        messages.success(request, words)
    return redirect("allocation:live", code)


@require_POST
def decide(request: Any, code: str, number: int) -> HttpResponse:
    session = _session_or_404(_conducted(request, code))
    correction = queries.correction_of(session, number)
    if correction is None:
        raise Http404
    form = web.fill(request, DecideForm)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("allocation:live", code)
    is_confirmed = form.cleaned_data["decision"] == "confirm"
    if web.told(
        request, operations.decide_correction, actor=request.actor, correction=correction, is_confirmed=is_confirmed,
        now=request.now,
    ):  # fmt: skip
        messages.success(request, _("Corrección confirmada.") if is_confirmed else _("Corrección rechazada."))
    return redirect("allocation:live", code)


# --------------------------------------------------------------------- desk


def _served(request: Any, code: str) -> LiveChoice:
    return _session_or_404(get_object_or_404(queries.live_calls_served_by(request.actor), code=code))


@require_GET
def live_desks(request: Any) -> HttpResponse:
    """The live choices where the actor attends a desk."""
    if not request.actor.holds_anywhere(roles.DESK_SERVE):
        raise Http404
    calls = queries.live_calls_served_by(request.actor).select_related("live_choice").order_by("-closes_at")
    return render(request, "allocation/live/desks.html", {"calls": calls})


@require_GET
def live_desk(request: Any, code: str) -> HttpResponse:
    """A desk: ``?folio=`` who stands there, ``?plaza=`` the post to confirm, ``?mesa=`` the desk's number.

    ``?siguiente=`` is a specialty: whoever's turn it is now stands there.
    """
    session = _served(request, code)
    if request.GET.get("siguiente"):
        return _next(request, session, request.GET["siguiente"].replace("\0", "")[:80])
    folio, turn = _asked_turn(session, request.GET.get("folio", ""))
    page = pages.desk_page(
        request.actor, session, turn, folio=folio, key=request.GET.get("plaza", ""), now=request.now
    )
    desk = request.GET.get("mesa", "")
    reads = request.actor.holds(roles.CALL_READ, session.call.institution_id)
    context = {"page": page, "desk": desk if desk.isdigit() and len(desk) < 4 else "", "reads": reads}
    return render(request, "allocation/live/desk.html", context)


def _next(request: Any, session: LiveChoice, specialty: str) -> HttpResponse:
    turn = queries.open_turn_of(session, specialty)
    told = {"folio": turn.application.folio if turn else "", "mesa": request.GET.get("mesa", "")[:3]}
    if turn is None:
        messages.info(request, _("Nadie tiene el turno en esa especialidad."))
    query = urlencode({name: value for name, value in told.items() if value})
    return redirect(f"{reverse('allocation:live_desk', args=[session.call.code])}?{query}")


def _asked_turn(session: LiveChoice, text: str) -> tuple[str, LiveTurn | None]:
    folio = "".join(c for c in text[: LONGEST_FOLIO * 2] if c.isalnum() or c == "-").upper()[:LONGEST_FOLIO]
    return folio, queries.turn_with_folio(session, read_folio(folio) or folio) if folio else None


def _at_desk(code: str, form: ChooseForm) -> str:
    told = {"folio": form.data.get("folio", ""), "mesa": form.data.get("desk", "")}
    query = urlencode({name: value for name, value in told.items() if value})
    return f"{reverse('allocation:live_desk', args=[code])}?{query}"


@require_POST
def choose_at_desk(request: Any, code: str) -> HttpResponse:
    session, form = _served(request, code), web.fill(request, ChooseForm)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(_at_desk(code, form))
    _folio, turn = _asked_turn(session, form.cleaned_data["folio"])
    if turn is None:
        raise Http404
    done = web.told(
        request, operations.choose_at_desk, actor=request.actor, turn=turn, post=form.chosen(),
        desk=form.cleaned_data["desk"], now=request.now,
    )  # fmt: skip
    if done:
        messages.success(request, _("Quedó registrado con el número %(n)s.") % {"n": done.number})
    return redirect(_at_desk(code, form))


@require_POST
def call_absent(request: Any, code: str) -> HttpResponse:
    session, form = _served(request, code), ChooseForm(request.POST)
    _folio, turn = _asked_turn(session, request.POST.get("folio", ""))
    if turn is None:
        messages.error(request, _("Falta el folio de quien no se presentó."))
        return redirect(_at_desk(code, form))
    if web.told(request, operations.call_absent, actor=request.actor, turn=turn, now=request.now):
        messages.success(request, _("Actuó la lista de esa persona."))
    return redirect(_at_desk(code, form))


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Any, code: str, number: int) -> HttpResponse:
    """Ask to correct a line of the log; somebody else decides."""
    session = _served(request, code)
    entry = queries.entry_of(session, number)
    if entry is None:
        raise Http404
    page = pages.correction_page(request.actor, session, entry)
    form = web.fill(request, CorrectionForm, options=page.options)
    if request.method == "POST" and form.is_valid():
        asked = web.attempt(
            form, operations.ask_correction, actor=request.actor, entry=entry, post=form.chosen(),
            reason=form.cleaned_data["reason"], now=request.now,
        )  # fmt: skip
        if asked:
            messages.success(request, _("Corrección pedida. El reloj espera a que otra persona la confirme."))
            return redirect(
                f"{reverse('allocation:live_desk', args=[code])}?{urlencode({'folio': entry.turn.application.folio})}"
            )
    status = 422 if request.method == "POST" else 200
    return render(request, "allocation/live/correct.html", {"page": page, "form": form}, status=status)
