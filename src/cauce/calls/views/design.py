"""How a call shares out its seats: the rules of a draft, the seats of each post, and what people and posts bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from cauce.base import figures
from cauce.base.spreadsheets import Table
from cauce.base.web import attempt, csv_of, fill
from cauce.calls import operations, queries, rules
from cauce.calls.forms import design as forms
from cauce.calls.forms.desk import TableForm, resend
from cauce.calls.rules.design import Design
from cauce.calls.views.desk import PAGE, call_of, editable, save


@PAGE
def edit_design(request: Any, code: str) -> HttpResponse:
    """Who goes first, which seats are kept for whom, and how many a state may take."""
    call = call_of(request, code)
    current = Design.of(call)
    form = fill(
        request, forms.DesignForm, design=current, states=queries.states_of(call),
        initial=forms.DesignForm.initial_of(current),
    )  # fmt: skip
    done, _saved = save(
        request, form, operations.edit_design, None, call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Guardado: así se asigna."))
        return redirect("calls:edit_design", code)
    if form.is_bound:
        resend(form, seen=Design.of(call_of(request, code)).fingerprint)
    page = queries.design_page(request.actor, call, now=request.now)
    context = {"page": page, "frame": page.frame, "form": form, "call": call}
    return render(request, "calls/desk/design.html", context)


@require_GET
def seats_csv(request: Any, code: str) -> StreamingHttpResponse:
    """The seats of every post by class, in the columns that the page for them reads."""
    call = call_of(request, code)
    design = queries.design_of(call)
    table = Table(queries.seats_head(design), queries.seats_table(call, design))
    return csv_of(table, f"lugares-{call.code}.csv")


@PAGE
def seats_table(request: Any, code: str) -> HttpResponse:
    """How many seats of each post are kept for each class, its target and its minimum, from a table."""
    call = editable(request, code)
    design = queries.design_of(call)
    return _load(
        request, call, "calls:edit_design",
        read=lambda data: forms.read_seats(data, design, queries.seats_of(call)),
        keep=operations.set_seats,
        title=_("Lugares de cada plaza, de una tabla"),
        lead=_("Lo reservado a cada clase; lo demás queda abierto. Se guarda todo o nada."),
        columns=queries.seats_head(design),
        button=_("Guardar los lugares"),
        done=_("Lugares guardados."),
    )  # fmt: skip


@PAGE
def standings(request: Any, code: str) -> HttpResponse:
    """Which groups people belong to and where they come from: in numbers, and from a table."""
    call = call_of(request, code)
    design = queries.design_of(call)

    def read(data: bytes | str) -> Any:
        states, sites = queries.origins()
        return forms.read_standings(data, design, states, sites)

    return _load(
        request, call, "calls:standings", read=read, keep=operations.load_standings,
        title=_("Grupos y origen de las personas"),
        lead=_("De qué grupo es cada folio, y de qué estado y sede viene. Nadie lo escribe de sí mismo."),
        columns=["folio", "grupos", "estado", "clues"],
        button=_("Cargar la tabla"),
        done=_("Tabla cargada. Una corrida anterior ya no vale: pedir otra."),
        page=queries.standings_page(request.actor, call, now=request.now),
    )  # fmt: skip


@PAGE
def own_orders(request: Any, code: str) -> HttpResponse:
    """The order in which each post takes people, from a table."""
    call = call_of(request, code)
    return _load(
        request, call, "calls:standings", read=forms.read_orders, keep=operations.load_orders,
        title=_("El orden de cada plaza"),
        lead=_("Una fila por plaza y folio, con su lugar; dos folios en el mismo lugar empatan."),
        columns=["clave", "lugar", "folio"],
        button=_("Cargar los órdenes"),
        done=_("Órdenes cargados. Una corrida anterior ya no vale: pedir otra."),
        page=queries.standings_page(request.actor, call, now=request.now),
    )  # fmt: skip


def _load(
    request: Any,
    call: Any,
    current: str,
    *,
    read: Callable[[bytes | str], Any],
    keep: Callable[..., Any],
    done: str,
    page: Any = None,
    **words: Any,
) -> HttpResponse:
    """A table that is read, checked whole, and kept all or nothing."""
    may = (
        rules.may_load(request.actor, call) if page is not None else rules.may_edit_call(request.actor, call)
    )
    if request.method == "POST":
        may.enforce()
    form = fill(request, TableForm)
    reading = None
    if request.method == "POST" and form.is_valid():
        reading = read(form.data_sent())
        if not reading.problems and attempt(
            form, keep, actor=request.actor, call=call, rows=reading.values, now=request.now
        ):
            count = len(reading.values)
            rows = ngettext("Una fila leída.", "%(count)s filas leídas.", count) % {
                "count": figures.number(count)
            }
            messages.success(request, f"{done} {rows}")
            return redirect(current, call.code)
    context = {
        "form": form, "reading": reading, "page": page, "may": may, **words,
        "frame": page.frame if page else queries.desk_frame(request.actor, call, current, now=request.now),
    }  # fmt: skip
    return render(
        request, "calls/desk/load.html", context, status=422 if reading and reading.problems else 200
    )
