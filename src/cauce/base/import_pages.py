"""The page of an importer, the same for every app: choose a file, wait, read what was found, confirm or let go."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cauce.base import imports
from cauce.base.imports import Column, Finding
from cauce.base.models import Import, ImportState
from cauce.base.reading import MOST_OCTETS
from cauce.base.web import attempt, file_of, fill, told

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Archivo"),
        help_text=gettext_lazy("Libro de Excel (.xlsx) o CSV, de 25 MB como máximo."),
        error_messages={
            "required": gettext_lazy("Falta el archivo. Elegirlo y subirlo otra vez."),
            "empty": gettext_lazy("El archivo está vacío. Elegirlo otra vez."),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv"}),
    )

    def name(self) -> str:
        return self.cleaned_data["file"].name

    def sent(self) -> bytes:
        """The bytes of the file; one octet more than may come, so that no one larger is ever held whole."""
        return self.cleaned_data["file"].read(MOST_OCTETS + 1)

    def terms(self) -> dict[str, Any]:
        """What else an importer's own form tells the use case that receives the file."""
        return {}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the five parts of an importer are."""

    here: str
    progress: str
    report: str
    confirm: str
    drop: str

    @classmethod
    def of(cls, name: str, *where: Any) -> Addresses:
        """Those under ``name`` and, for the parts, ``name`` with _progress, _report, _confirm and _drop."""
        return cls(*(reverse(f"{name}{part}", args=where) for part in ("", *_PARTS)))


_PARTS = ("_progress", "_report", "_confirm", "_drop")


@dataclass(frozen=True, slots=True)
class Desk:
    """What makes one importer's page: its words, columns and addresses, and the use cases behind its buttons."""

    kind: str
    scope: str
    title: str
    lead: str
    columns: Sequence[Column]
    urls: Addresses
    receive: Callable[..., Import]
    confirm: Callable[..., Import]
    drop: Callable[..., Import]
    arguments: Mapping[str, Any]
    facts: Callable[[Import], list[tuple[Any, str]]]
    asks: Callable[[Import], str] = lambda taken: ""  # what the person must say they did before loading
    file_of: Callable[[bytes], bytes] = lambda data: data  # the one whose cells the report marks


def answer(
    request: Any, desk: Desk, template: str, context: Mapping[str, Any], *, form: FileForm | None = None
) -> HttpResponse:
    """The page; a POST receives a file and leads back to it. ``form`` asks for more than the file, already filled."""
    form = form or fill(request, FileForm)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            done = attempt(
                form, desk.receive, actor=request.actor, name=form.name(), data=form.sent(),
                now=request.now, **desk.arguments, **form.terms(),
            )  # fmt: skip
            if done is not None:
                return redirect(desk.urls.here)
        status = 422
    return render(request, template, {**context, **_shown(desk), "form": form}, status=status)


class Parts(NamedTuple):
    """The views of an importer besides its page."""

    progress: Callable[..., HttpResponse]
    report: Callable[..., HttpResponse]
    confirm: Callable[..., HttpResponse]
    drop: Callable[..., HttpResponse]


def parts(desk_of: Callable[..., Desk]) -> Parts:
    """Make them; ``desk_of`` takes the request and what the address says, and stops who may not come here."""

    def part(answered: Callable[[Any, Desk], HttpResponse], method: Any) -> Callable[..., HttpResponse]:
        @functools.wraps(answered)
        def view(request: Any, **where: Any) -> HttpResponse:
            return answered(request, desk_of(request, **where))

        return method(view)

    return Parts(
        part(_progress, require_safe), part(_report, require_safe), part(_confirm, require_POST), part(_drop, require_POST)
    )  # fmt: skip


def _progress(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Only how far the work has come; when it is over, the whole page again."""
    shown = _shown(desk)
    if not shown["page"].is_working or shown["page"].failed:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "base/import_progress.html", shown)


def _report(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The findings as a workbook in which the faulty cells are marked."""
    taken = imports.pending(desk.kind, desk.scope)
    found = imports.brought(taken.pk) if taken is not None else None
    if taken is None or found is None or taken.state != ImportState.READ:
        raise Http404
    findings = [Finding.of(each) for each in taken.findings]
    return file_of(
        imports.workbook(desk.file_of(found[1]), desk.columns, findings),
        XLSX,
        f"hallazgos-{taken.digest[:8]}.xlsx",
    )


def _confirm(request: Any, desk: Desk) -> HttpResponse:
    """Load the file that was shown."""
    taken = imports.pending(desk.kind, desk.scope)
    if taken is None:
        messages.info(request, _("No hay ningún archivo por confirmar."))
    else:
        said = {"has_looked": "has_looked" in request.POST} if desk.asks(taken) else {}
        told(
            request, desk.confirm, actor=request.actor, taken=taken, digest=request.POST.get("digest", "")[:64],
            now=request.now, **said, **desk.arguments,
        )  # fmt: skip
    return redirect(desk.urls.here)


def _drop(request: Any, desk: Desk) -> HttpResponse:
    """Let go of the file."""
    taken = imports.pending(desk.kind, desk.scope)
    if taken is None:
        return redirect(desk.urls.here)
    dropped: Import | None = told(
        request, desk.drop, actor=request.actor, taken=taken, now=request.now, **desk.arguments
    )
    if dropped is not None:
        messages.success(request, _("Archivo olvidado. No se cargó nada."))
    return redirect(desk.urls.here)


def _shown(desk: Desk) -> dict[str, Any]:
    page = imports.import_page(desk.kind, desk.scope)
    return {
        "page": page,
        "desk": desk,
        "facts": desk.facts(page.taken) if page.taken and page.taken.state == ImportState.READ else [],
        "asks": desk.asks(page.taken) if page.taken else "",
        "needed": [column.names[0] for column in desk.columns if column.needed and column.listed],
        "others": [column.names[0] for column in desk.columns if not column.needed and column.listed],
    }
