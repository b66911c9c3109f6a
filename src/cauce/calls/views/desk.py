"""The managers' desk: drafts, publication, numbers. What is not of one's institution is a 404."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cauce.base import figures
from cauce.base.spreadsheets import Table
from cauce.base.web import attempt, csv_of, fill, told
from cauce.calls import operations, queries, rules
from cauce.calls.forms import desk as forms
from cauce.calls.intake import COLUMNS, MOST_ROWS, read_posts
from cauce.calls.models import Call
from cauce.calls.rules.drafting import Dates, Entry, General, Part, PostValues, fingerprint

PAGE = require_http_methods(["GET", "HEAD", "POST"])
MOST_TOLD = 100


def call_of(request: Any, code: str) -> Call:
    """The call with its desk open to the actor, or a 404."""
    calls = queries.calls_managed_by(request.actor).select_related("institution", "edited_by__person")
    return get_object_or_404(calls, code=code)


def editable(request: Any, code: str) -> Call:
    """As ``call_of``, and refuses with its reason whoever may not change the draft."""
    call = call_of(request, code)
    rules.may_edit_call(request.actor, call).enforce()
    return call


def overtaken(form: Any, current: Part, sent: Part) -> list[tuple[Any, Any]]:
    """After a refusal: what is saved where it is not what was sent; the next sending decides knowingly."""
    if form.data.get("seen") == current.fingerprint:
        return []
    forms.resend(form, seen=current.fingerprint)
    rows = []
    for field in fields(current):
        saved = getattr(current, field.name)
        name = field.name.removesuffix("_id")
        if saved != getattr(sent, field.name) and name in form.fields:
            rows.append((form.fields[name].label, _shown(form, name, saved)))
    return rows


def _shown(form: Any, name: str, saved: Any) -> Any:
    for value, label in getattr(form.fields[name], "choices", ()):
        if isinstance(label, list | tuple):
            saved = dict(label).get(saved, saved)
        elif value == saved:
            return label
    if saved in ("", None):
        return "—"
    return figures.moment(saved) if hasattr(saved, "hour") else saved


def shown(form: django_forms.Form) -> list[tuple[Any, Any]]:
    """The fields of a form as label and value, for whoever may read them but not change them."""
    return [(field.label, _shown(form, field.name, field.value())) for field in form.visible_fields()]


def save(
    request: Any,
    form: Any,
    use_case: Callable[..., Any],
    current: Callable[[], Part] | None = None,
    /,
    **arguments: Any,
) -> tuple[Any, list[tuple[Any, Any]]]:
    """Call the use case with a valid form; return what it gives and, if it was overtaken, what is saved instead."""
    if request.method != "POST" or not form.is_valid():
        return None, []
    done = attempt(form, use_case, actor=request.actor, now=request.now, **arguments)
    return done, [] if done is not None or current is None else overtaken(
        form, current(), arguments["values"]
    )


# ---------------------------------------------------------------------- desk


@require_GET
def desk(request: Any) -> HttpResponse:
    """The calls of my institutions and what waits for me; nobody without an office has a desk."""
    if not request.actor.has_desk:
        raise Http404
    page = queries.desk_page(request.actor, now=request.now)
    return render(request, "calls/desk/desk.html", {"page": page})


@PAGE
def new_call(request: Any) -> HttpResponse:
    if not rules.may_create(request.actor, None):
        raise Http404
    form = fill(request, forms.NewCallForm, institutions=queries.institutions_managed_by(request.actor))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        call = attempt(
            form, operations.create_call, actor=request.actor, institution=data["institution"], code=data["code"],
            kind=data["kind"], title=data["title"], dates=form.values(), now=request.now,
        )  # fmt: skip
        if call is not None:
            messages.success(request, _("Borrador creado. El sorteo ya quedó sellado."))
            return redirect("calls:desk_call", call.code)
    return render(request, "calls/desk/new.html", {"form": form})


@require_GET
def silence(request: Any, code: str) -> HttpResponse:
    """Who has heard nothing for how long, and what became of the letters of the call."""
    page = queries.silence_page(
        request.actor, call_of(request, code), now=request.now, page=request.GET.get("p", 1),
        folio=request.GET.get("folio", "").strip().upper()[:40],
    )  # fmt: skip
    return render(request, "calls/desk/silence.html", {"page": page})


@require_GET
def desk_call(request: Any, code: str) -> HttpResponse:
    page = queries.overview_page(request.actor, call_of(request, code), now=request.now)
    return render(request, "calls/desk/call.html", {"page": page, "call": page.frame.call})


# --------------------------------------------------------------------- parts


@PAGE
def edit_general(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    current = General.of(call)
    initial = {field.name: getattr(current, field.name) for field in fields(current)}
    initial |= {"previous": current.previous_id, "seen": current.fingerprint}
    others = queries.calls_managed_by(request.actor).exclude(pk=call.pk).order_by("-opens_at")
    form = fill(request, forms.GeneralForm, initial=initial, calls=others)
    done, saved = save(
        request, form, operations.edit_general, lambda: General.of(call_of(request, code)), call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Datos guardados."))
        return redirect("calls:edit_general", code)
    frame = queries.desk_frame(request.actor, call, "calls:edit_general", now=request.now)
    context = {"form": form, "frame": frame, "saved": saved, "shown": shown(form)}
    return render(request, "calls/desk/general.html", context)


@PAGE
def edit_calendar(request: Any, code: str) -> HttpResponse:
    """Opening, closing and results, and the list of further dates."""
    call = call_of(request, code)
    current = Dates.of(call)
    initial = {field.name: getattr(current, field.name) for field in fields(current)}
    form = fill(request, forms.DatesForm, initial={**initial, "seen": current.fingerprint})
    done, saved = save(
        request, form, operations.edit_dates, lambda: Dates.of(call_of(request, code)), call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Fechas guardadas."))
        return redirect("calls:edit_calendar", code)
    page = queries.calendar_page(request.actor, call, now=request.now)
    return render(
        request, "calls/desk/calendar.html", {"page": page, "frame": page.frame, "form": form, "saved": saved}
    )


@PAGE
def edit_entry(request: Any, code: str, entry_id: int | None = None) -> HttpResponse:
    call = editable(request, code)
    initial: dict[str, Any] = {}
    if entry_id is not None:
        entry = get_object_or_404(call.calendar, pk=entry_id)
        current = Entry.of(entry)
        initial = {field.name: getattr(current, field.name) for field in fields(current)}
        initial["seen"] = current.fingerprint
    form = fill(request, forms.EntryForm, initial=initial)
    done, saved = save(
        request, form, operations.save_entry,
        None if entry_id is None else lambda: Entry.of(get_object_or_404(call.calendar, pk=entry_id)), call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""), entry_id=entry_id,
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Fecha guardada."))
        return redirect("calls:edit_calendar", code)
    frame = queries.desk_frame(request.actor, call, "calls:edit_calendar", now=request.now)
    title = _("Editar una fecha") if entry_id else _("Agregar una fecha")
    return _small_form(request, frame, form, title, _("Guardar la fecha"), "calls:edit_calendar", saved)


@require_POST
def remove_entry(request: Any, code: str, entry_id: int) -> HttpResponse:
    call = call_of(request, code)
    if told(
        request, operations.remove_entry, actor=request.actor, call=call, entry_id=entry_id, now=request.now
    ):
        messages.success(request, _("Fecha quitada del calendario."))
    return redirect("calls:edit_calendar", code)


@PAGE
def edit_scope(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    current = queries.scope_of(call)
    initial: dict[str, Any] = {"states": current.states, "seen": current.fingerprint}
    initial |= {f"specialty_{pk}": tier for pk, tier in current.specialties}
    day = call.opens_at.date()
    offered = queries.specialties_to_offer(day, also=[pk for pk, _tier in current.specialties])
    form = fill(request, forms.ScopeForm, initial=initial, states=queries.states(), specialties=offered)
    done, _saved = save(
        request, form, operations.edit_scope, None, call=call,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Estados y especialidades guardados."))
        return redirect("calls:edit_scope", code)
    if form.is_bound:
        forms.resend(form, seen=queries.scope_of(call).fingerprint)
    frame = queries.desk_frame(request.actor, call, "calls:edit_scope", now=request.now)
    context = {"form": form, "frame": frame, "scope": current, "call": call}
    return render(request, "calls/desk/scope.html", context)


# --------------------------------------------------------------------- order


@require_GET
def edit_order(request: Any, code: str) -> HttpResponse:
    page = queries.order_page(request.actor, call_of(request, code), now=request.now)
    return render(
        request, "calls/desk/order.html", {"page": page, "frame": page.frame, "call": page.frame.call}
    )


@PAGE
def edit_criterion(request: Any, code: str, key: str = "") -> HttpResponse:
    call = editable(request, code)
    found = next((each for each in call.score_criteria if each["key"] == key), None)
    if key and found is None:
        raise Http404
    seen = fingerprint(list(call.score_criteria))
    initial = {**forms.CriterionForm.initial_of(found), "seen": seen} if found else {"declared": "yes"}
    form = fill(request, forms.CriterionForm, initial=initial)
    done, _saved = save(
        request, form, operations.save_criterion, None, call=call, replaces=key,
        criterion=form.criterion() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Criterio guardado."))
        return redirect("calls:edit_order", code)
    if form.is_bound:
        forms.resend(form, seen=seen)
    frame = queries.desk_frame(request.actor, call, "calls:edit_order", now=request.now)
    title = _("Editar un criterio") if key else _("Agregar un criterio")
    return _small_form(request, frame, form, title, _("Guardar el criterio"), "calls:edit_order", [])


@require_POST
def move_criterion(request: Any, code: str, key: str) -> HttpResponse:
    call = call_of(request, code)
    position = request.POST.get("position", "")
    if position.isascii() and position.isdigit() and len(position) < 4:
        told(
            request, operations.move_criterion, actor=request.actor, call=call, key=key, position=int(position),
            now=request.now,
        )  # fmt: skip
    else:
        messages.error(request, _("Falta decir a qué lugar va el criterio. Usar los botones Subir y Bajar."))
    return redirect("calls:edit_order", code)


@require_POST
def remove_criterion(request: Any, code: str, key: str) -> HttpResponse:
    call = call_of(request, code)
    if told(request, operations.remove_criterion, actor=request.actor, call=call, key=key, now=request.now):
        messages.success(request, _("Criterio quitado."))
    return redirect("calls:edit_order", code)


# --------------------------------------------------------------------- posts


@require_GET
def desk_posts(request: Any, code: str) -> HttpResponse:
    call = call_of(request, code)
    text, specialty = _searched(request)
    rows = queries.posts_of(call, text=text, specialty=specialty)
    page = queries.posts_page(
        request.actor, call, rows, number=queries.page_number(request.GET.get("p", "")), text=text,
        specialty=specialty, now=request.now,
    )  # fmt: skip
    return render(request, "calls/desk/posts.html", {"page": page, "frame": page.frame, "call": call})


@require_GET
def desk_posts_csv(request: Any, code: str) -> StreamingHttpResponse:
    """The posts with the same filters, in the columns that the page for many posts reads."""
    call = call_of(request, code)
    text, specialty = _searched(request)
    rows = queries.post_table(queries.posts_of(call, text=text, specialty=specialty))
    return csv_of(Table([aliases[0] for aliases in COLUMNS.values()], rows), f"plazas-{call.code}.csv")


def _searched(request: Any) -> tuple[str, str]:
    text, specialty = request.GET.get("q", ""), request.GET.get("especialidad", "")
    return text.replace("\0", "").strip()[:80], specialty.replace("\0", "")[:80]


@PAGE
def edit_post(request: Any, code: str, key: str = "") -> HttpResponse:
    """A post of the draft; without ``key`` a new one, which ``?copia=`` fills from another."""
    call = editable(request, code)
    model = key or request.GET.get("copia", "")[:20]
    if "\0" in model:
        raise Http404
    initial: dict[str, Any] = {}
    if model:
        current = PostValues.of(get_object_or_404(call.posts, key=model))
        initial = {field.name.removesuffix("_id"): getattr(current, field.name) for field in fields(current)}
        initial["seen"] = current.fingerprint if key else ""
        initial["key"] = key
    form = fill(
        request, forms.PostForm, initial=initial, sites=queries.sites_for(call),
        specialties=call.specialties.order_by("name_es"),
    )  # fmt: skip
    done, saved = save(
        request, form, operations.save_post,
        (lambda: PostValues.of(get_object_or_404(call.posts, key=key))) if key else None, call=call, replaces=key,
        values=form.values() if form.is_valid() else None, seen=form.data.get("seen", ""),
    )  # fmt: skip
    if done is not None:
        messages.success(request, _("Plaza %(key)s guardada.") % {"key": form.cleaned_data["key"]})
        return redirect("calls:desk_posts", code)
    frame = queries.desk_frame(request.actor, call, "calls:desk_posts", now=request.now)
    title = _("Plaza %(key)s") % {"key": key} if key else _("Agregar una plaza")
    return _small_form(request, frame, form, title, _("Guardar la plaza"), "calls:desk_posts", saved)


@require_POST
def remove_post(request: Any, code: str, key: str) -> HttpResponse:
    call = call_of(request, code)
    if "\0" in key:
        raise Http404
    if told(request, operations.remove_post, actor=request.actor, call=call, key=key, now=request.now):
        messages.success(request, _("Plaza %(key)s quitada.") % {"key": key})
    return redirect("calls:desk_posts", code)


@PAGE
def posts_table(request: Any, code: str) -> HttpResponse:
    """Many posts at once, pasted: all or nothing, with a report by row and column. Files have their own page."""
    call = editable(request, code)
    form = fill(request, forms.PasteForm)
    problems: list[Any] = []
    rows = 0
    if request.method == "POST" and form.is_valid():
        sheet, posts = read_posts(form.cleaned_data["table"].encode(), queries.post_lookup())
        problems = [each for each in sheet.report.findings if not each.is_doubt][:MOST_TOLD]
        rows = sheet.rows
        if posts:
            done = attempt(
                form,
                operations.add_posts,
                actor=request.actor,
                call=call,
                posts=posts,
                now=request.now,
            )
            if done is not None:
                count = len(posts)
                words = ngettext("%(count)s plaza agregada.", "%(count)s plazas agregadas.", count)
                messages.success(request, words % {"count": figures.number(count)})
                return redirect("calls:desk_posts", code)
    context = {
        "form": form,
        "reading": {"rows": rows, "problems": problems},
        "frame": queries.desk_frame(request.actor, call, "calls:desk_posts", now=request.now),
        "columns": [names[0] for names in COLUMNS.values()],
        "most": MOST_ROWS,
    }
    return render(request, "calls/desk/table.html", context, status=422 if problems else 200)


def _small_form(
    request: HttpRequest, frame: Any, form: Any, title: str, button: str, back: str, saved: list[Any]
) -> HttpResponse:
    context = {
        "frame": frame, "form": form, "title": title, "button": button, "saved": saved,
        "back": reverse(back, args=[frame.call.code]),
        "back_label": next(
            (label for _group, items in frame.rail for label, _url, _count, current in items if current), ""
        ),
    }  # fmt: skip
    return render(request, "calls/desk/form.html", context)
