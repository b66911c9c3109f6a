"""The table of cut-offs of a run: filtered, sorted and in pages, for the desk and for the public."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cauce.allocation.models import ClassCutoff, Cutoff, Run
from cauce.institutions.models import specialty_name

PAGE = 50
LONGEST_QUERY = 80
SORTS = {
    "corte": F("last_place").asc(nulls_last=True),
    "-corte": F("last_place").desc(nulls_first=True),
    "lugares": F("seats").asc(),
    "-lugares": F("seats").desc(),
    "solicitudes": F("listed").asc(),
    "-solicitudes": F("listed").desc(),
}


@dataclass(frozen=True, slots=True)
class CutoffLine:
    key: str
    specialty: str
    site: str
    state: str
    seats: int
    taken: int
    listed: int
    last_place: int | None
    last_merit: str
    previous: int | None
    classes: list[ClassCutoff] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CutoffTable:
    """One page. ``asked`` are the filters in force (q, especialidad, estado, o), ``chips`` what each says and the
    address without it; ``ignored`` says which values were not understood.
    """

    page: Page[CutoffLine]
    total: int
    asked: dict[str, str]
    specialties: list[tuple[str, str]]
    states: list[tuple[str, str]]
    chips: list[tuple[str, str]]
    ignored: list[str]
    criterion: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class _Places:
    """Specialties and sites of a run, for filters: (id, code, name) and (id, state key, state, folded names)."""

    specialties: list[tuple[int, str, str]]
    sites: list[tuple[int, str, str, str]]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _places(run: Run) -> _Places:
    rows = Cutoff.objects.filter(run=run)
    specialties = rows.values_list(
        "post__specialty_id", "post__specialty__code", f"post__specialty__{specialty_name()}"
    ).distinct()
    sites = rows.values_list(
        "post__site_id",
        "post__site__state_id",
        "post__site__state__name",
        "post__site__name",
        "post__site__short_name",
        "post__site__municipality",
    ).distinct()
    return _Places(
        sorted(specialties, key=lambda row: _fold(row[2])),
        [(pk, key, state, _fold(f"{name} {short} {town}")) for pk, key, state, name, short, town in sites],
    )


def cutoff_table(run: Run, asked: Mapping[str, str]) -> CutoffTable:
    """One page of a run's cut-offs, in four queries. Values that mean nothing are named in ``ignored``, never an error."""
    places = _places(run)
    by_code = {code: (pk, name) for pk, code, name in places.specialties}
    states = dict(
        sorted({(key, name) for _pk, key, name, _folded in places.sites}, key=lambda row: _fold(row[1]))
    )
    wanted, ignored = _read(asked, by_code, states)
    rows = _filtered(run, wanted, places, by_code)
    page = Paginator(_values(rows, wanted["o"]), PAGE).get_page(asked.get("p", "1")[:9])
    criteria = run.call.score_criteria
    chips = [
        (label, "?" + urlencode({other: text for other, text in wanted.items() if text and other != name}))
        for name, label in (
            ("q", f"“{wanted['q']}”" if wanted["q"] else ""),
            ("especialidad", by_code.get(wanted["especialidad"], (0, ""))[1]),
            ("estado", states.get(wanted["estado"], "")),
        )
        if label
    ]
    page.object_list = _with_classes(run, [_line(row) for row in page.object_list])
    return CutoffTable(
        page=page,
        total=page.paginator.count,
        asked=wanted,
        specialties=[(code, name) for _pk, code, name in places.specialties],
        states=list(states.items()),
        chips=chips,
        ignored=ignored,
        criterion=criteria[0]["label"] if criteria else "",
        is_shared="shared" in run.facts,
    )


def _with_classes(run: Run, lines: list[CutoffLine]) -> list[CutoffLine]:
    """The lines with the cut-offs of their classes, in one more query where the run has any."""
    if "shared" not in run.facts:
        return lines
    rows = ClassCutoff.objects.filter(run=run, post__key__in=[line.key for line in lines])
    by_post = _classes(run, rows)
    return [replace(line, classes=by_post[line.key]) for line in lines]


def _classes(run: Run, rows: QuerySet[ClassCutoff]) -> defaultdict[str, list[ClassCutoff]]:
    by_post: defaultdict[str, list[ClassCutoff]] = defaultdict(list)
    if "shared" in run.facts:
        for row in rows.select_related("post").order_by("pk"):
            by_post[row.post.key].append(row)
    return by_post


def cutoff_lines(run: Run, asked: Mapping[str, str]) -> Iterator[CutoffLine]:
    """Every cut-off that the same filters give, for a file."""
    places = _places(run)
    by_code = {code: (pk, name) for pk, code, name in places.specialties}
    states = {key: name for _pk, key, name, _folded in places.sites}
    wanted, _ignored = _read(asked, by_code, states)
    by_post = _classes(run, ClassCutoff.objects.filter(run=run))
    for row in _values(_filtered(run, wanted, places, by_code), wanted["o"]).iterator():
        line = _line(row)
        yield replace(line, classes=by_post[line.key])


def _read(asked: Mapping[str, str], specialties: Mapping[str, Any], states: Mapping[str, str]) -> Any:
    wanted = {
        "q": " ".join(asked.get("q", "")[: LONGEST_QUERY * 2].replace("\0", "").split())[:LONGEST_QUERY],
        "especialidad": asked.get("especialidad", ""),
        "estado": asked.get("estado", ""),
        "o": asked.get("o", "corte"),
    }
    ignored = []
    if len(asked.get("q", "")) > LONGEST_QUERY:
        ignored.append(_("La búsqueda se cortó a %(n)s caracteres.") % {"n": LONGEST_QUERY})
    if wanted["especialidad"] and wanted["especialidad"] not in specialties:
        ignored.append(_("Esa especialidad no está en esta convocatoria; se muestran todas."))
        wanted["especialidad"] = ""
    if wanted["estado"] and wanted["estado"] not in states:
        ignored.append(_("Ese estado no está en esta convocatoria; se muestran todos."))
        wanted["estado"] = ""
    if wanted["o"] not in SORTS:
        ignored.append(_("Ese orden no existe; se ordena por corte."))
        wanted["o"] = "corte"
    return wanted, ignored


def _filtered(
    run: Run, wanted: Mapping[str, str], places: _Places, by_code: Mapping[str, Any]
) -> QuerySet[Cutoff]:
    rows = Cutoff.objects.filter(run=run)
    if wanted["especialidad"]:
        rows = rows.filter(post__specialty_id=by_code[wanted["especialidad"]][0])
    if wanted["estado"]:
        rows = rows.filter(post__site__state_id=wanted["estado"])
    for word in _fold(wanted["q"]).split():
        rows = rows.filter(
            Q(post__specialty_id__in=[pk for pk, _code, name in places.specialties if word in _fold(name)])
            | Q(
                post__site_id__in=[
                    pk for pk, _k, state, folded in places.sites if word in f"{folded} {_fold(state)}"
                ]
            )
            | Q(post__key__iexact=word)
        )
    return rows


def _values(rows: QuerySet[Cutoff], order: str) -> Any:
    return rows.order_by(SORTS[order], "post__key").values_list(
        "post__key",
        f"post__specialty__{specialty_name()}",
        "post__site__short_name",
        "post__site__state__name",
        "seats",
        "taken",
        "listed",
        "last_place",
        "last_merit",
        "post__last_place",
    )


def _line(row: tuple[Any, ...]) -> CutoffLine:
    key, specialty, site, state, seats, taken, listed, last_place, last_merit, previous = row
    first = last_merit[0] if last_merit else ""
    return CutoffLine(key, specialty, site, state, seats, taken, listed, last_place, first, previous)
