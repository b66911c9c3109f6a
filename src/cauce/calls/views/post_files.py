"""The posts of a draft from a file: chosen, read dry, confirmed, loaded whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cauce.base import figures, import_pages
from cauce.base.models import Import
from cauce.calls import intake, operations, queries
from cauce.calls.models import Call
from cauce.calls.views.desk import PAGE, editable


@PAGE
def import_posts(request: Any, code: str) -> HttpResponse:
    """Bring the posts of a draft as a file."""
    call = editable(request, code)
    frame = queries.desk_frame(request.actor, call, "calls:desk_posts", now=request.now)
    return import_pages.answer(request, _desk(call), "calls/desk/import_posts.html", {"frame": frame})


@require_safe
def import_posts_progress(request: Any, code: str) -> HttpResponse:
    return import_pages.progress(request, _desk(editable(request, code)))


@require_safe
def import_posts_report(request: Any, code: str) -> HttpResponse:
    return import_pages.report(request, _desk(editable(request, code)))


@require_POST
def import_posts_confirm(request: Any, code: str) -> HttpResponse:
    return import_pages.confirm(request, _desk(editable(request, code)))


@require_POST
def import_posts_drop(request: Any, code: str) -> HttpResponse:
    return import_pages.drop(request, _desk(editable(request, code)))


def _desk(call: Call) -> import_pages.Desk:
    names = ("import_posts", *(f"import_posts_{part}" for part in ("progress", "report", "confirm", "drop")))
    return import_pages.Desk(
        kind=operations.POSTS, scope=call.code, title=_("Plazas de un archivo"),
        lead=_("Se cargan todas o ninguna. Las que ya están con la misma clave cambian a lo que diga el archivo."),
        columns=intake.columns(queries.post_lookup()),
        urls=import_pages.Addresses(*(reverse(f"calls:{name}", args=[call.code]) for name in names)),
        receive=operations.receive_posts, confirm=operations.confirm_posts, drop=operations.drop_posts,
        arguments={"call": call}, facts=_facts,
    )  # fmt: skip


def _facts(taken: Import) -> list[tuple[Any, str]]:
    facts = taken.facts
    return [
        (figures.number(facts.get("new", 0)), _("plazas nuevas")),
        (figures.number(facts.get("changed", 0)), _("cambian")),
        (figures.number(facts.get("same", 0)), _("ya están igual")),
        (figures.number(facts.get("seats", 0)), _("lugares en el archivo")),
    ]
