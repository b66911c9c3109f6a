"""Pages of the applicant: home, five steps, versions, withdrawal. Everything works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cauce.accounts.queries import claim_of
from cauce.base import web
from cauce.base.errors import DomainError
from cauce.calls import documents, forms, operations, queries, rules
from cauce.calls.models import Application, ListVersion
from cauce.calls.queries.list import Step

_STEP_PAGES = {
    Step.DETAILS: "calls:application_details",
    Step.LIST: "calls:application_list",
    Step.SEND: "calls:application_send",
    Step.RECEIPT: "calls:application_receipt",
}


@require_safe
def my_home(request):
    """The person's home; an office goes to its desk, and who has yet to prove who they are, to the page for that."""
    if request.actor.person_id is None and claim_of(request.actor) is not None:
        return redirect("calls:claim_paper")
    if request.actor.person_id is None and request.actor.has_desk:
        try:
            return redirect("calls:desk")
        except NoReverseMatch:
            pass
    page = queries.my_home_page(request.actor, now=request.now)
    proposals = queries.my_nominations(request.actor, now=request.now)
    return render(request, "calls/my_home.html", {"page": page, "proposals": proposals})


@require_http_methods(["GET", "HEAD", "POST"])
@web.in_capitals
def apply(request, code):
    """Step 1: the call and whether one may; POST starts the application, however often it comes."""
    call = get_object_or_404(queries.published_calls().select_related("institution"), code=code)
    if request.method == "POST":
        started = web.told(
            request, operations.start_application, call=call, actor=request.actor, now=request.now
        )
        return (
            redirect("calls:application_details", started.folio) if started else redirect("calls:call", code)
        )
    page = queries.call_page(call, request.actor, now=request.now)
    return render(request, "calls/apply.html", {"page": page, "steps": _first_steps()})


def _first_steps() -> list[tuple[str, str]]:
    return [
        (_("Convocatoria"), "you"),
        (_("Tus datos"), ""),
        (_("Tu lista"), ""),
        (_("Revisar y enviar"), ""),
        (_("Comprobante"), ""),
    ]


@require_safe
def application(request, folio):
    """Where the application stands, and the one thing it asks for."""
    here = queries.frame(_mine(request, folio), request.actor, now=request.now)
    withdrawal = rules.may_withdraw(request.actor, here.application, now=request.now)
    next_url = reverse(_STEP_PAGES[here.next], args=[folio]) if here.next in _STEP_PAGES else ""
    return render(
        request,
        "calls/application.html",
        {
            "page": queries.my_application(here),
            "frame": here,
            "steps": here.steps(""),
            "filed": queries.filed_note(here.application, here.sent),
            "may_withdraw": withdrawal,
            "next_url": next_url,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def application_details(request, folio):
    """Step 2: specialty, declared values, telephone."""
    mine = _mine(request, folio)
    if request.method != "POST" and mine.call.categories and not mine.category:
        return redirect("calls:application_category", folio)
    here = queries.frame(mine, request.actor, now=request.now)
    prefilled = queries.prefilled(mine)
    form = web.fill(request, forms.DetailsForm, call=mine.call, initial=_details_of(mine) | prefilled)
    if request.method == "POST" and form.is_valid():
        saved = web.attempt(
            form,
            operations.save_details,
            application=mine,
            specialty_id=int(form.cleaned_data["specialty"]),
            declared=form.declared_values(),
            phone=form.cleaned_data["phone"],
            actor=request.actor,
            now=request.now,
        )
        if saved:
            messages.success(request, _("Guardamos tus datos."))
            return redirect("calls:application_list", folio)
    may_change = rules.may_change_details(
        request.actor, mine, now=request.now, sent=queries.as_sent(here.sent)
    )
    return render(
        request,
        "calls/application_details.html",
        {
            "frame": here,
            "form": form,
            "steps": here.steps("details"),
            "may_change": may_change,
            "prefilled": prefilled,
            "category": queries.choice_of(mine.category) if mine.category else None,
            "number": queries.own_number(mine) if mine.category else "",
        },
        status=422 if form.errors else 200,
    )


def _details_of(mine: Application) -> dict[str, str]:
    values = {
        f"criterion_{criterion['key']}": value
        for criterion, value in zip(mine.call.score_criteria, mine.merit, strict=False)
    }
    return {"specialty": str(mine.specialty_id or ""), "phone": mine.person.phone, **values}


# ------------------------------------------------------------------ the list


@require_http_methods(["GET", "HEAD", "POST"])
def application_list(request, folio):
    """Step 3. POST takes one move, one addition, one removal, all that is missing, or a whole order (for the script)."""
    mine = _mine(request, folio)
    if request.method != "POST":
        if mine.specialty_id is None:
            messages.info(request, _("Primero elige tu especialidad."))
            return redirect("calls:application_details", folio)
        page = queries.list_page(mine, request.actor, now=request.now)
        return render(request, "calls/application_list.html", {"page": page, "frame": page.frame,
                                                               "steps": page.frame.steps("list")})  # fmt: skip
    if "completar" in request.POST:
        done = web.told(
            request, operations.add_missing, application=mine, actor=request.actor, now=request.now
        )
        if done:
            messages.success(request, _("Agregamos al final las que faltaban."))
        return redirect("calls:application_list", folio)
    if request.accepts("text/html"):
        return _one_move(request, mine)
    return _whole_order(request, mine)


def _one_move(request, mine: Application) -> HttpResponse:
    back = _back(request, mine)
    base = _number(request.POST.get("base", ""), mine.version)
    before = _posts_of(mine, base)
    change = _change(request.POST, before)
    if change is None:
        messages.error(request, _("No se entendió qué mover. Usa los botones de la lista."))
        return redirect(back)
    posts, words = change
    saved = web.told(
        request,
        operations.save_list,
        application=mine,
        posts=posts,
        based_on=base,
        actor=request.actor,
        now=request.now,
    )
    if saved is None:
        return redirect(back)
    if saved.is_refused:
        return redirect("calls:application_conflict", mine.folio, saved.number)
    messages.success(
        request,
        _("%(what)s Guardada a las %(clock)s.")
        % {"what": words, "clock": f"{timezone.localtime(saved.saved_at):%H:%M:%S}"},
    )
    return redirect(back)


def _back(request, mine: Application) -> str:
    """Where the button was: the list, or the page of choosing with its search."""
    if "desde" not in request.POST:
        return reverse("calls:application_list", args=[mine.folio])
    query = request.POST["desde"]
    tail = f"?{query.removeprefix('?')}" if query and len(query) < 500 and "\n" not in query else ""
    return reverse("calls:application_add", args=[mine.folio]) + tail


def _change(given, before: list[int]) -> tuple[list[int], str] | None:
    """Return the list after the one change that was asked for, and what was done; ``None`` if it makes no sense."""
    if add := given.get("agregar"):
        if not _is_id(add):
            return None
        # Twice the same button adds once.
        return (before if int(add) in before else [*before, int(add)]), _("Está en tu lista.")
    if remove := given.get("quitar"):
        if not _is_id(remove):
            return None
        return [post for post in before if post != int(remove)], _("Se quitó de tu lista.")
    post, _colon, how = given.get("mover", "").partition(":")
    moves: dict[str, Callable[[int], int]] = {
        "subir": lambda place: place - 1,
        "bajar": lambda place: place + 1,
        "primero": lambda place: 0,
    }
    if not _is_id(post) or how not in moves or int(post) not in before:
        return None
    after = [other for other in before if other != int(post)]
    place = min(max(moves[how](before.index(int(post))), 0), len(after))
    after.insert(place, int(post))
    return after, _("Ahora es tu opción %(place)s.") % {"place": place + 1}


def _whole_order(request, mine: Application) -> JsonResponse:
    """Save the order that the script sends; answer in data: kept, in conflict, or refused with its sentence."""
    order = request.POST.get("orden", "")
    items = order.split(",", 1001)[:1001] if order else []
    if not all(map(_is_id, items)):
        return JsonResponse(
            {"message": _("La lista no se entendió."), "remedy": _("Vuelve a abrir la página.")}, status=422
        )
    try:
        saved = operations.save_list(
            application=mine,
            posts=[int(item) for item in items],
            based_on=_number(request.POST.get("base", ""), 0),
            actor=request.actor,
            now=request.now,
        )
    except DomainError as error:
        return JsonResponse({"message": str(error.message), "remedy": str(error.remedy)}, status=error.status)
    if saved.is_refused:
        url = reverse("calls:application_conflict", args=[mine.folio, saved.number])
        return JsonResponse({"message": _("Otro aparato guardó antes."), "conflict": url}, status=409)
    mine.refresh_from_db(fields=["version", "state"])
    here = queries.frame(mine, request.actor, now=request.now)
    return JsonResponse(
        {
            "version": saved.number,
            "saved": _("Guardada a las %(clock)s")
            % {"clock": f"{timezone.localtime(saved.saved_at):%H:%M:%S}"},
            "unsent": here.has_unsent_changes,
        }
    )


@require_safe
def application_add(request, folio):
    """The posts of the person's specialty, to choose from."""
    mine = _mine(request, folio)
    if mine.specialty_id is None:
        messages.info(request, _("Primero elige tu especialidad."))
        return redirect("calls:application_details", folio)
    page = queries.add_page(mine, request.GET, request.actor, now=request.now)
    return render(request, "calls/application_add.html", {"page": page, "frame": page.frame})


@require_http_methods(["GET", "HEAD", "POST"])
def application_versions(request, folio):
    """Every list that was saved; POST takes one over."""
    mine = _mine(request, folio)
    if request.method == "POST":
        taken = web.told(
            request,
            operations.take_over,
            application=mine,
            number=_number(request.POST.get("version", ""), 0),
            actor=request.actor,
            now=request.now,
        )
        if taken:
            messages.success(request, _("Esa es ahora tu lista. Las demás siguen guardadas en «Versiones»."))
        return redirect("calls:application_list", folio)
    page = queries.versions_page(mine, request.actor, now=request.now)
    return render(request, "calls/application_versions.html", {"page": page, "frame": page.frame})


@require_safe
def application_conflict(request, folio, number):
    """Two lists made over the same one, side by side; one button takes over either."""
    mine = _mine(request, folio)
    page = queries.conflict_page(mine, number, request.actor, now=request.now)
    if page is None:
        return redirect("calls:application_versions", folio)
    return render(request, "calls/application_conflict.html", {"page": page, "frame": page.frame})


# ---------------------------------------------------------- send and receipt


@require_http_methods(["GET", "HEAD", "POST"])
def application_send(request, folio):
    """Step 4: what will be sent, and the consent."""
    mine = _mine(request, folio)
    in_force = rules.current_version(mine.call)
    form = web.fill(
        request,
        forms.SendForm,
        rules_version=in_force,
        initial={"version": mine.version, "rules": in_force},
    )
    if request.method == "POST" and form.is_valid():
        before = queries.counting(mine)
        sent = web.attempt(
            form,
            operations.send_list,
            application=mine,
            version=form.cleaned_data["version"],
            accepts_rules=form.accepted,
            actor=request.actor,
            now=request.now,
        )
        if sent:
            is_new = before is None or sent.pk != before.pk
            messages.success(
                request, _("Recibimos tu lista.") if is_new else _("Esta lista ya estaba enviada.")
            )
            return redirect("calls:application_receipt", folio)
    if form.is_bound and not form.errors.get("consents"):
        # The page shows the list as it is now, so the next sending must name that one.
        form.data = {**request.POST.dict(), "version": mine.version, "rules": in_force}
    page = queries.send_page(mine, request.actor, now=request.now)
    return render(
        request,
        "calls/application_send.html",
        {"page": page, "frame": page.frame, "form": form, "steps": page.frame.steps("send")},
        status=422 if form.errors else 200,
    )


@require_safe
def application_receipt(request, folio):
    """Step 5: what was sent."""
    mine = _mine(request, folio)
    page = queries.my_receipt_page(mine, request.actor, now=request.now)
    if page.frame.sent is None:
        messages.info(request, _("Todavía no envías esta lista, así que no hay comprobante."))
        return redirect("calls:application", folio)
    return render(
        request,
        "calls/application_receipt.html",
        {
            "page": page,
            "frame": page.frame,
            "steps": page.frame.steps("receipt"),
            "filed": queries.filed_note(mine, page.frame.sent),
        },
    )


@require_safe
def application_receipt_pdf(request, folio, number):
    """The receipt of a sent version, to keep."""
    version = _sent_version(request, folio, number)
    content = documents.receipt_pdf(version, origin=request.build_absolute_uri("/").rstrip("/"))
    return _private_file(content, "application/pdf", documents.receipt_file_name(version))


@require_safe
def application_receipt_content(request, folio, number):
    """The very bytes that the receipt's digest was taken of."""
    version = _sent_version(request, folio, number)
    found = documents.receipt_content_of(version)
    if found is None:
        messages.info(
            request, _("Tus datos cambiaron después de ese envío; su huella sigue en tus versiones.")
        )
        return redirect("calls:application_versions", folio)
    return _private_file(found[0], "application/json", f"envio-{version.receipt}.json")


def _sent_version(request, folio: str, number: int) -> ListVersion:
    return get_object_or_404(
        queries.sendings_visible_to(request.actor), application=_mine(request, folio), number=number
    )


def _private_file(content: bytes, kind: str, name: str) -> HttpResponse:
    return web.file_of(content, kind, name, **{"Cache-Control": "private, no-store"})


@require_http_methods(["GET", "HEAD", "POST"])
def application_withdraw(request, folio):
    """Ask before withdrawing; POST withdraws."""
    mine = _mine(request, folio)
    if request.method == "POST":
        done = web.told(request, operations.withdraw, application=mine, actor=request.actor, now=request.now)
        if done:
            messages.success(request, _("Retiraste tu solicitud. Puedes reactivarla hasta el cierre."))
        return redirect("calls:application", folio)
    here = queries.frame(mine, request.actor, now=request.now)
    verdict = rules.may_withdraw(request.actor, mine, now=request.now, sent=queries.as_sent(here.sent))
    if here.is_withdrawn or not verdict:
        said = f"{verdict.reason} {verdict.remedy}"
        messages.info(request, _("Esta solicitud ya está retirada.") if here.is_withdrawn else said)
        return redirect("calls:application", folio)
    return render(request, "calls/application_withdraw.html", {"frame": here, "may_withdraw": verdict})


@require_POST
def application_restore(request, folio):
    """Bring a withdrawn application back."""
    mine = _mine(request, folio)
    done = web.told(request, operations.restore, application=mine, actor=request.actor, now=request.now)
    if done:
        messages.success(request, _("Tu solicitud participa otra vez, con la lista que habías enviado."))
    return redirect("calls:application", folio)


# ------------------------------------------------------------------- shared


def _mine(request, folio: str) -> Application:
    return get_object_or_404(
        queries.applications_visible_to(request.actor).select_related(
            "call__institution", "specialty", "person", "paper"
        ),
        folio=folio.replace("\0", ""),
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else otherwise


def _posts_of(mine: Application, number: int) -> list[int]:
    """Return the posts of the version that the page showed, or of the current one."""
    rows = dict(mine.versions.filter(number__in=(number, mine.version)).values_list("number", "posts"))
    return list(rows.get(number, rows.get(mine.version, [])))
