"""Figures: those that others published, and those counted here, each with its query and the digest of its extract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC as _UTC
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cauce.base.drawing import Region
from cauce.base.figures import hide_small, number
from cauce.calls.models import Application, ApplicationState, Call, CallState, Post
from cauce.indicators.models import PublishedFigure
from cauce.indicators.rules import digest_of, extract_bytes, shown, unit_name

FORMAT = "cauce-figures/1"
GROUPS = (
    (100, gettext_lazy("Formación de especialistas")),
    (200, gettext_lazy("Contratación y jornadas")),
    (300, gettext_lazy("Inversión")),
    (400, gettext_lazy("Instituciones")),
)


# ---------------------------------------------------------------- published


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of somebody else, in the language in force."""

    code: str
    title: str
    value: str
    raw: str
    unit: str
    as_of: str
    definition: str
    source: str
    note: str

    @property
    def href(self) -> str:
        return reverse("indicators:figure", args=[self.code])


def published_figure(row: PublishedFigure) -> Published:
    english = (get_language() or "es").startswith("en")
    return Published(
        code=row.code,
        title=row.title_en if english else row.title,
        value=shown(row.value, row.unit),
        raw=f"{row.value.normalize():f}",
        unit=row.unit,
        as_of=row.as_of_en if english else row.as_of,
        definition=row.definition_en if english else row.definition,
        source=row.source,
        note=row.note_en if english else row.note,
    )


def published_figures() -> list[tuple[int, Published]]:
    """Return every published figure with its position. One query."""
    return [
        (row.position, published_figure(row)) for row in PublishedFigure.objects.order_by("position", "code")
    ]


# --------------------------------------------------------------------- live


@dataclass(frozen=True)
class Live:
    """A figure counted here and now. ``value`` is ``None`` when it is small and hidden.

    ``sql`` and ``parameters`` are the query as it was run; ``columns`` and
    ``rows`` its extract after hiding; ``people`` says whether it counts people.
    """

    code: str
    title: Any
    definition: Any
    unit: str
    cutoff: datetime
    value: int | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: str
    parameters: tuple[str, ...]

    @property
    def shown(self) -> str:
        return shown(self.value, self.unit)

    @property
    def unit_name(self) -> str:
        return unit_name(self.unit)

    @property
    def href(self) -> str:
        return reverse("indicators:figure", args=[self.code])

    @cached_property
    def extract(self) -> bytes:
        return extract_bytes(self.columns, self.rows)

    @property
    def digest(self) -> str:
        return digest_of(self.extract)

    @property
    def cells(self) -> list[list[str]]:
        """The extract as a page shows it."""
        last = len(self.columns) - 1
        return [
            [
                shown(value, self.unit) if place == last else ("" if value is None else str(value))
                for place, value in enumerate(row)
            ]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a live figure is counted: a grouped query whose last column is summed."""

    code: str
    title: Any
    definition: Any
    unit: str
    columns: tuple[str, ...]
    query: Callable[[datetime], QuerySet[Any, tuple[Any, ...]]]
    counts_people: bool = False

    def count(self, now: datetime) -> Live:
        """Run the query at ``now``. One query."""
        asked = self.query(now)
        sql, parameters = asked.query.sql_with_params()
        rows = [tuple(row) for row in asked]
        value: int | None = sum(row[-1] for row in rows)
        if self.counts_people:
            counts = hide_small([row[-1] for row in rows])
            rows = [(*row[:-1], count) for row, count in zip(rows, counts, strict=True)]
            value = hide_small([value or 0])[0]
        return Live(
            code=self.code,
            title=self.title,
            definition=self.definition,
            unit=self.unit,
            cutoff=now,
            value=value,
            columns=self.columns,
            rows=tuple(rows),
            sql=sql,
            parameters=tuple(str(each) for each in parameters),
        )


def _open(now: datetime, prefix: str = "") -> Q:
    second = now.replace(microsecond=0)
    asked = {"state": CallState.PUBLISHED, "opens_at__lte": second, "closes_at__gte": second}
    return Q(**{f"{prefix}{name}": value for name, value in asked.items()})


def _calls_open(now: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    return (
        Call.objects.filter(_open(now))
        .values("code")
        .annotate(calls=Count("pk"))
        .order_by("code")
        .values_list("code", "calls")
    )


def _posts_by_state(now: datetime, measure: Any, *only: Q) -> QuerySet[Any, tuple[Any, ...]]:
    return (
        Post.objects.filter(_open(now, "call__"), *only)
        .values(state_key=F("site__state_id"), state=F("site__state__name"))
        .annotate(measure=measure)
        .order_by("state_key")
        .values_list("state_key", "state", "measure")
    )


def _applications(now: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    return (
        Application.objects.filter(state=ApplicationState.SUBMITTED, call__state=CallState.PUBLISHED)
        .values(code=F("call__code"))
        .annotate(sent=Count("pk"))
        .order_by("code")
        .values_list("code", "sent")
    )


_BY_STATE = ("state_key", "state")
LIVE = (
    Definition(
        "convocatorias-abiertas",
        gettext_lazy("Convocatorias abiertas"),
        gettext_lazy("Convocatorias publicadas que reciben solicitudes a la hora del corte."),
        "calls",
        ("call", "calls"),
        _calls_open,
    ),
    Definition(
        "plazas-ofrecidas",
        gettext_lazy("Plazas que se ofrecen"),
        gettext_lazy(
            "Plazas de las convocatorias abiertas, por el estado de su sede. Una plaza es una especialidad en una sede y un turno; puede tener varios lugares."
        ),
        "posts",
        (*_BY_STATE, "posts"),
        lambda now: _posts_by_state(now, Count("pk")),
    ),
    Definition(
        "lugares-ofrecidos",
        gettext_lazy("Lugares que se ofrecen"),
        gettext_lazy(
            "Suma de los lugares de las plazas de las convocatorias abiertas, por el estado de su sede."
        ),
        "seats",
        (*_BY_STATE, "seats"),
        lambda now: _posts_by_state(now, Sum("seats")),
    ),
    Definition(
        "plazas-sin-listas",
        gettext_lazy("Plazas que nadie ha puesto en su lista"),
        gettext_lazy(
            "Plazas de las convocatorias abiertas que no están en ninguna lista enviada, según el último recuento de la demanda de cada convocatoria. Las que no tienen recuento no se incluyen."
        ),
        "posts",
        (*_BY_STATE, "posts"),
        lambda now: _posts_by_state(now, Count("pk"), Q(listed=0, call__demand_at__isnull=False)),
    ),
    Definition(
        "solicitudes-enviadas",
        gettext_lazy("Solicitudes enviadas"),
        gettext_lazy(
            "Solicitudes enviadas y no retiradas, por convocatoria publicada, abierta o cerrada. Los grupos de menos de cinco personas no se muestran."
        ),
        "applications",
        ("call", "applications"),
        _applications,
        counts_people=True,
    ),
)
LIVE_BY_CODE = {definition.code: definition for definition in LIVE}


# -------------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """All figures: live ones, published ones by group, and the map of posts by state with its five classes."""

    cutoff: datetime
    live: Sequence[Live]
    groups: Sequence[tuple[Any, Sequence[Published]]]
    regions: Sequence[Region]
    regions_key: Sequence[str]

    @property
    def disputed(self) -> Sequence[Published]:
        """The published figures that something contradicts or qualifies."""
        return [figure for _label, figures in self.groups for figure in figures if figure.note]


def figures_page(*, now: datetime) -> FiguresPage:
    """Count the live figures and read the published ones, in six queries whatever their number."""
    live = [definition.count(now) for definition in LIVE]
    found = published_figures()
    groups = [
        (label, [figure for position, figure in found if start <= position < start + 100])
        for start, label in GROUPS
    ]
    posts = next(figure for figure in live if figure.code == "plazas-ofrecidas")
    regions, key = _map(posts)
    return FiguresPage(now, live, [(label, rows) for label, rows in groups if rows], regions, key)


def _map(posts: Live) -> tuple[list[Region], list[str]]:
    """Return the states with their posts in five classes of equal width from 1 to the most, and the classes in words."""
    most = max((row[-1] for row in posts.rows), default=0)
    if not most:
        return [], []
    width = -(-most // 5)
    address = reverse("calls:search")
    regions = [
        Region(key, number(count), min(5, -(-count // width)), f"{address}?estado={key}")
        for key, _name, count in posts.rows
    ]
    words = [
        _("%(low)s a %(high)s") % {"low": number(width * step + 1), "high": number(width * (step + 1))}
        for step in range(5)
    ]
    return regions, words


@dataclass(frozen=True, slots=True)
class DictionaryField:
    """A column of the downloads."""

    name: str
    kind: str
    meaning: Any


DICTIONARY = (
    DictionaryField(
        "code", "text", gettext_lazy("Clave de la cifra; es también su dirección: /cifras/<code>/.")
    ),
    DictionaryField(
        "kind",
        "published | live",
        gettext_lazy("Si otra institución la publicó (published) o se cuenta aquí (live)."),
    ),
    DictionaryField("title", "text", gettext_lazy("Qué cuenta.")),
    DictionaryField(
        "value",
        "number",
        gettext_lazy("Su valor, sin separador de miles. <5: menos de cinco personas, no se muestra."),
    ),
    DictionaryField("unit", "text", gettext_lazy("Unidad: persons, posts, seats, percent, pesos…")),
    DictionaryField(
        "as_of",
        "text",
        gettext_lazy("Para las publicadas, la fecha que da su fuente; para las vivas, el corte en UTC."),
    ),
    DictionaryField("definition", "text", gettext_lazy("Cómo se cuenta.")),
    DictionaryField("source", "text", gettext_lazy("Quién la publicó; para las vivas, este sitio.")),
    DictionaryField("note", "text", gettext_lazy("Qué la contradice o la matiza.")),
    DictionaryField(
        "sha256",
        "text",
        gettext_lazy("SHA-256 del extracto de una cifra viva, el archivo /cifras/<code>.csv."),
    ),
)


def table(*, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the whole download, in the columns of ``DICTIONARY``."""
    for _position, one in published_figures():
        yield (
            one.code,
            "published",
            one.title,
            one.raw,
            one.unit,
            one.as_of,
            one.definition,
            one.source,
            one.note,
            "",
        )
    for definition in LIVE:
        live = definition.count(now)
        yield (
            live.code, "live", str(live.title), live.value, live.unit, _utc(now), str(live.definition), "Cauce", "",
            live.digest,
        )  # fmt: skip


def document(*, now: datetime) -> dict[str, Any]:
    """Return everything as the JSON download says it; a hidden cell is ``null``."""
    return {
        "format": FORMAT,
        "generated_at": _utc(now),
        "published": [
            {
                "code": one.code,
                "title": one.title,
                "value": one.raw,
                "unit": one.unit,
                "as_of": one.as_of,
                "definition": one.definition,
                "source": one.source,
                "note": one.note,
            }
            for _position, one in published_figures()
        ],
        "live": [
            {
                "code": live.code,
                "title": str(live.title),
                "value": live.value,
                "unit": live.unit,
                "cutoff": _utc(live.cutoff),
                "definition": str(live.definition),
                "sql": live.sql,
                "parameters": list(live.parameters),
                "columns": list(live.columns),
                "rows": [list(row) for row in live.rows],
                "sha256": live.digest,
            }
            for live in (definition.count(now) for definition in LIVE)
        ],
    }


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(_UTC):%Y-%m-%dT%H:%M:%SZ}"
