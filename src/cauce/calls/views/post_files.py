"""The posts of a draft from a file: chosen, read dry, confirmed, loaded whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cauce.base import figures, import_pages
from cauce.base.models import Import
from cauce.calls import intake, operations, queries
from cauce.calls.views.desk import PAGE, editable


@PAGE
def import_posts(request: Any, code: str) -> HttpResponse:
    """Bring the posts of a draft as a file."""
    desk = _desk(request, code)
    frame = queries.desk_frame(request.actor, desk.arguments["call"], "calls:desk_posts", now=request.now)
    return import_pages.answer(request, desk, "calls/desk/import_posts.html", {"frame": frame})


def _desk(request: Any, code: str) -> import_pages.Desk:
    call = editable(request, code)
    return import_pages.Desk(
        kind=operations.POSTS, scope=call.code, title=_("Plazas de un archivo"),
        lead=_("Se cargan todas o ninguna. Las que ya están con la misma clave cambian a lo que diga el archivo."),
        columns=intake.columns(queries.post_lookup()),
        urls=import_pages.Addresses.of("calls:import_posts", code),
        receive=operations.receive_posts, confirm=operations.confirm_posts, drop=operations.drop_posts,
        arguments={"call": call}, facts=_facts,
    )  # fmt: skip


(
    import_posts_progress,
    import_posts_report,
    import_posts_confirm,
    import_posts_drop,
) = import_pages.parts(_desk)


def _facts(taken: Import) -> list[tuple[Any, str]]:
    facts = taken.facts
    return [
        (figures.number(facts.get("new", 0)), _("plazas nuevas")),
        (figures.number(facts.get("changed", 0)), _("cambian")),
        (figures.number(facts.get("same", 0)), _("ya están igual")),
        (figures.number(facts.get("seats", 0)), _("lugares en el archivo")),
    ]
