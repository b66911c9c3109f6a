"""Posts that can be looked for: what a search asks, what it ignores and says so, and what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cauce.base.drawing import Region
from cauce.base.figures import number, percent
from cauce.calls.models import Call, ContractKind, Post, Shift
from cauce.institutions.models import Site, Specialty, SpecialtyAlias, State, specialty_name
from cauce.institutions.rules import fold, whereabouts

PAGE = 50
LONGEST_TEXT = 100
MOST_WORDS = 8

# What a post may offer: value in the address -> (words, condition).
OFFERS: dict[str, tuple[Any, Q]] = {
    "prioritaria": (gettext_lazy("Prioritaria"), Q(is_priority=True)),
    "alejada": (gettext_lazy("Suplemento por zona alejada"), Q(isolation_percent__gt=0)),
    "rural": (gettext_lazy("Suplemento rural"), Q(rural_percent__gt=0)),
    "vivienda": (gettext_lazy("Vivienda"), Q(has_housing=True)),
    "transporte": (gettext_lazy("Transporte"), Q(has_transport=True)),
    "sin-listas": (gettext_lazy("Sin ninguna lista todavía"), Q(listed=0)),
}
# Columns to sort by: value in the address -> (words, expression).
SORTS: dict[str, tuple[Any, Any]] = {
    "lugar": (gettext_lazy("lugar"), F("site__short_name")),
    "turno": (gettext_lazy("turno"), F("shift")),
    "lugares": (gettext_lazy("lugares"), F("seats")),
    "sueldo": (gettext_lazy("sueldo"), F("monthly_pay")),
    "suplemento": (gettext_lazy("suplemento"), F("isolation_percent") + F("rural_percent")),
    "listas": (gettext_lazy("listas"), F("listed")),
    "corte": (gettext_lazy("último lugar admitido"), F("last_place")),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks. ``ignored`` are sentences on what was asked and could not be understood."""

    text: str = ""
    specialty: str = ""
    state: str = ""
    shift: str = ""
    contract: str = ""
    offers: tuple[str, ...] = ()
    sort: str = ""
    page: str = ""
    ignored: tuple[str, ...] = ()

    def query(self, **changes: Any) -> str:
        """Return the address of this search with ``changes``, from its question mark; the page is left out."""
        it = replace(self, **changes)
        pairs = [
            ("q", it.text),
            ("especialidad", it.specialty),
            ("estado", it.state),
            ("turno", it.shift),
            ("contrato", it.contract),
            *(("ofrece", offer) for offer in it.offers),
            ("o", it.sort),
        ]
        return "?" + urlencode([(name, value) for name, value in pairs if value])

    @property
    def count(self) -> int:
        return sum(map(bool, (self.text, self.specialty, self.state, self.shift, self.contract))) + len(
            self.offers
        )


def read_filters(given: Any) -> Filters:
    """Read a search from a query (a ``QueryDict``). Never refuses: what makes no sense is named in ``ignored``."""
    ignored: list[str] = []
    text = " ".join(given.get("q", "")[: LONGEST_TEXT * 4].replace("\0", "").split())
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT].rsplit(" ", 1)[0]
        ignored.append(_("Solo se buscaron los primeros %(count)s caracteres.") % {"count": LONGEST_TEXT})
    offers = []
    for offer in dict.fromkeys(given.getlist("ofrece")[:20]):
        if offer in OFFERS:
            offers.append(offer)
        elif offer:
            ignored.append(_unknown("ofrece", offer))
    sort = given.get("o", "")
    if sort.removeprefix("-") not in SORTS:
        if sort:
            ignored.append(_unknown("o", sort))
        sort = ""
    return Filters(
        text=text,
        specialty=given.get("especialidad", "")[:80],
        state=given.get("estado", "")[:40],
        shift=_known(given, "turno", Shift.values, ignored),
        contract=_known(given, "contrato", ContractKind.values, ignored),
        offers=tuple(offers),
        sort=sort,
        page=given.get("p", "")[:20],
        ignored=tuple(ignored),
    )


def _known(given: Any, name: str, values: Sequence[str], ignored: list[str]) -> str:
    value = given.get(name, "")
    if value and value not in values:
        ignored.append(_unknown(name, value))
        return ""
    return str(value)


def _unknown(name: str, value: str) -> str:
    return _("Se ignoró el filtro «%(name)s»: no existe el valor «%(value)s».") % {
        "name": name,
        "value": value[:40],
    }


# ------------------------------------------------------------------- rows


class PostRow(NamedTuple):
    """A post as a list shows it; only what is shown is read."""

    id: int
    key: str
    call_code: str
    site: str
    municipality: str
    state: str
    specialty: str
    seats: int
    shift: str
    contract: str
    monthly_pay: Decimal | None
    isolation_percent: int
    rural_percent: int
    is_priority: bool
    has_housing: bool
    has_transport: bool
    listed: int
    last_place: int | None

    @property
    def shift_label(self) -> str:
        return str(Shift(self.shift).label)

    @property
    def contract_label(self) -> str:
        return str(ContractKind(self.contract).label)

    @property
    def supplement(self) -> str:
        return supplement_words(self.isolation_percent, self.rural_percent)

    @property
    def extras(self) -> str:
        words = [
            _("prioritaria") if self.is_priority else "",
            _("vivienda") if self.has_housing else "",
            _("transporte") if self.has_transport else "",
        ]
        return ", ".join(filter(None, words)).capitalize()

    @property
    def where(self) -> str:
        return whereabouts(self.site, self.municipality, self.state)

    @property
    def place(self) -> str:
        """Where it is, its key, and what it offers besides, in one line."""
        parts = (self.site, self.where, self.key, self.extras)
        return " · ".join(filter(None, parts))

    @property
    def href(self) -> str:
        return reverse("calls:post", args=[self.call_code, self.key])


_ROW = (
    "id", "key", "call__code", "site__short_name", "site__municipality", "site__state__name", "",
    "seats", "shift", "contract", "monthly_pay", "isolation_percent", "rural_percent", "is_priority",
    "has_housing", "has_transport", "listed", "last_place",
)  # fmt: skip


def _row() -> tuple[str, ...]:
    """The fields of a row; the specialty goes by its name in the language in force."""
    return tuple(field or f"specialty__{specialty_name()}" for field in _ROW)


def supplement_words(isolation: int, rural: int) -> str:
    """Return the supplements of a post in words: "40 % + 20 % rural"."""
    parts = [percent(Decimal(isolation) / 100)] if isolation else []
    if rural:
        parts.append(_("%(percent)s rural") % {"percent": percent(Decimal(rural) / 100)})
    return " + ".join(parts)


# ------------------------------------------------------------------ search


@dataclass(frozen=True, slots=True)
class Removal:
    """A filter that could be taken away: what it is, the address without it, and how many posts that gives."""

    label: str
    href: str
    count: int


class Search:
    """A search over the posts of some calls. Reads lazily, each thing once, in a fixed number of queries."""

    def __init__(self, calls: Sequence[Call], filters: Filters, *, with_demand: bool) -> None:
        self.calls = calls
        self.with_demand = with_demand
        self.specialties = self._read_specialties()
        self.filters = self._without_unknown_specialty(filters)
        self._tally = self._read_tally()
        self.filters = self._without_unknown_state(self.filters)

    # What can be chosen -------------------------------------------------

    def _read_specialties(self) -> list[tuple[str, str]]:
        names = (
            Specialty.objects.filter(calls__in=self.calls)
            .distinct()
            .order_by(specialty_name())
            .values_list("code", specialty_name())
        )
        return list(names)

    def _without_unknown_specialty(self, filters: Filters) -> Filters:
        if not filters.specialty or filters.specialty in dict(self.specialties):
            return filters
        ignored = (*filters.ignored, _unknown("especialidad", filters.specialty))
        return replace(filters, specialty="", ignored=ignored)

    def _without_unknown_state(self, filters: Filters) -> Filters:
        if not filters.state or filters.state in {row["site__state_id"] for row in self._tally}:
            return filters
        if filters.state in self._state_names:
            return filters
        ignored = (*filters.ignored, _unknown("estado", filters.state))
        return replace(filters, state="", ignored=ignored)

    @cached_property
    def _state_names(self) -> dict[str, str]:
        return dict(State.objects.order_by("name").values_list("key", "name"))

    @property
    def states(self) -> list[tuple[str, str]]:
        """The states that have a post with the rest of the filters, by name, with the chosen one in any case."""
        here = {row["site__state_id"] for row in self._tally} | {self.filters.state}
        return [(key, name) for key, name in self._state_names.items() if key in here]

    # What matches -------------------------------------------------------

    def _conditions(self, filters: Filters) -> dict[str, Q]:
        """Return each filter that is put as a condition, by its name and value."""
        found: dict[str, Q] = {}
        if filters.text:
            found["text"] = self._text
        if filters.specialty:
            found["specialty"] = Q(specialty__code=filters.specialty)
        if filters.state:
            found["state"] = Q(site__state_id=filters.state)
        if filters.shift:
            found["shift"] = Q(shift=filters.shift)
        if filters.contract:
            found["contract"] = Q(contract=filters.contract)
        for offer in filters.offers:
            found[offer] = OFFERS[offer][1]
        return found

    @cached_property
    def _text(self) -> Q:
        """Every word must occur in the site, its place, the specialty or the key; case and accents do not count."""
        words = fold(self.filters.text).split()[:MOST_WORDS]
        sites = [
            (pk, fold(" ".join(filter(None, names))))
            for pk, *names in Site.objects.filter(posts__call__in=self.calls)
            .distinct()
            .values_list("pk", "name", "short_name", "municipality", "state__name", "clues")
        ]
        specialties = [
            (pk, fold(" ".join(names)))
            for pk, *names in Specialty.objects.filter(calls__in=self.calls).values_list(
                "pk", "name_es", "name_en"
            )
        ]
        specialties += SpecialtyAlias.objects.filter(specialty__calls__in=self.calls).values_list(
            "specialty_id", "folded"
        )
        condition = Q()
        for word in words:
            condition &= (
                Q(site_id__in=[pk for pk, text in sites if word in text])
                | Q(specialty_id__in={pk for pk, text in specialties if word in text})
                | Q(key__icontains=word)
            )
        return condition

    def _matching(self, conditions: Mapping[str, Q]) -> QuerySet[Post]:
        posts = Post.objects.filter(call__in=self.calls)
        for condition in conditions.values():
            posts = posts.filter(condition)
        return posts

    def _read_tally(self) -> list[dict[str, Any]]:
        """Count by state what matches all filters but the state: the map, the choices and the total in one query."""
        conditions = self._conditions(self.filters)
        conditions.pop("state", None)
        tally: Any = (
            self._matching(conditions)
            .values("site__state_id")
            .order_by("site__state_id")
            .annotate(posts=Count("pk"), seats=Sum("seats"), unlisted=Count("pk", filter=Q(listed=0)))
        )
        return list(tally)

    @property
    def _counted(self) -> list[dict[str, Any]]:
        chosen = self.filters.state
        return [row for row in self._tally if not chosen or row["site__state_id"] == chosen]

    @property
    def count(self) -> int:
        return sum(row["posts"] for row in self._counted)

    @property
    def seats(self) -> int:
        return sum(row["seats"] for row in self._counted)

    def _ordered(self) -> QuerySet[Post]:
        posts = self._matching(self._conditions(self.filters))
        sort = self.filters.sort
        if not sort:
            return posts.order_by(
                "site__state__name", "site__short_name", f"specialty__{specialty_name()}", "key"
            )
        expression = SORTS[sort.removeprefix("-")][1]
        direction = (
            expression.desc(nulls_last=True) if sort.startswith("-") else expression.asc(nulls_last=True)
        )
        return posts.order_by(direction, "key")

    def page(self) -> tuple[Page[PostRow], str]:
        """Return the page that is asked for, and a sentence if there is no such page and another is shown."""
        paginator: Paginator[PostRow] = Paginator(
            _Counted(self._ordered().values_list(*_row()), self.count), PAGE
        )
        asked, words = self.filters.page, ""
        wanted = int(asked) if asked.isascii() and asked.isdigit() else 1
        number_ = min(max(wanted, 1), paginator.num_pages)
        if asked and str(number_) != asked:
            words = _("La página «%(asked)s» no existe; esta es la %(shown)s de %(count)s.") % {
                "asked": asked,
                "shown": number_,
                "count": paginator.num_pages,
            }
        return paginator.page(number_), words

    def rows(self) -> Iterator[PostRow]:
        """Yield every match, for a file."""
        return map(PostRow._make, self._ordered().values_list(*_row()).iterator(chunk_size=1000))

    # What is put, and what taking it away would give --------------------

    def chips(self) -> list[tuple[str, str]]:
        """Return the filters that are put, each with the address without it."""
        return [(label, self.filters.query(**change)) for _name, label, change in self._put()]

    def removals(self) -> list[Removal]:
        """Return, for a search that found nothing, each filter with how many posts remain without it, best first."""
        put = list(self._put())
        if not put:
            return []
        conditions = self._conditions(self.filters)
        counts = Post.objects.filter(call__in=self.calls).aggregate(
            **{
                f"without_{place}": Count(
                    "pk", filter=_all(value for key, value in conditions.items() if key != name)
                )
                for place, (name, _label, _change) in enumerate(put)
            }
        )
        found = [
            Removal(label, self.filters.query(**change), counts[f"without_{place}"])
            for place, (_name, label, change) in enumerate(put)
        ]
        return sorted((one for one in found if one.count), key=lambda one: -one.count)

    def _put(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        it = self.filters
        if it.text:
            yield "text", f"«{it.text}»", {"text": ""}
        if it.specialty:
            yield "specialty", dict(self.specialties)[it.specialty], {"specialty": ""}
        if it.state:
            yield "state", self._state_names[it.state], {"state": ""}
        if it.shift:
            yield "shift", str(Shift(it.shift).label), {"shift": ""}
        if it.contract:
            yield "contract", str(ContractKind(it.contract).label), {"contract": ""}
        for offer in it.offers:
            rest = tuple(one for one in it.offers if one != offer)
            yield offer, str(OFFERS[offer][0]), {"offers": rest}

    # The map ------------------------------------------------------------

    def regions(self) -> list[Region]:
        """Return the states as a map wants them: share of posts in no list when lists are counted, else posts."""
        most = max((row["posts"] for row in self._tally), default=0)
        return [
            Region(
                row["site__state_id"],
                percent(Decimal(row["unlisted"]) / row["posts"])
                if self.with_demand
                else number(row["posts"]),
                _class(row["unlisted"] / row["posts"])
                if self.with_demand
                else _class(row["posts"] / (most + 1)),
                self.filters.query(state=row["site__state_id"]),
            )
            for row in self._tally
            if row["site__state_id"].isdigit()  # the map is of Mexico
        ]

    def regions_key(self) -> list[str]:
        """Return the five classes of the map in words."""
        if self.with_demand:
            return [_("menos de 20 %"), _("20 a 39 %"), _("40 a 59 %"), _("60 a 79 %"), _("80 % o más")]
        most = max((row["posts"] for row in self._tally), default=0) + 1
        edges = [-(-most * step // 5) for step in range(6)]
        return [
            _("%(low)s a %(high)s") % {"low": number(low), "high": number(max(high - 1, low))}
            for low, high in pairwise(edges)
        ]


def _class(share: float) -> int:
    return min(int(share * 5), 4) + 1


def _all(conditions: Iterable[Q]) -> Q:
    together = Q(pk__isnull=False)
    for condition in conditions:
        together &= condition
    return together


class _Counted(Sequence[PostRow]):
    """Rows whose number is known already, so that pages need not count them again."""

    def __init__(self, rows: QuerySet[Any, Any], count: int) -> None:
        self._rows, self._count = rows, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: Any) -> Any:
        return [PostRow._make(row) for row in self._rows[part]]


@dataclass(frozen=True, slots=True)
class PostsPage:
    """The page of a search: over one call, or over all that are open (``call`` empty)."""

    call: Call | None
    is_demand_counted: bool
    demand_at: datetime | None
    filters: Filters
    count: int
    seats: int
    rows: Page[PostRow]
    page_note: str
    chips: list[tuple[str, str]]
    removals: list[Removal]
    specialties: list[tuple[str, str]]
    states: list[tuple[str, str]]
    shifts: list[tuple[str, str]]
    contracts: list[tuple[str, str]]
    offers: list[tuple[str, str]]
    regions: list[Region]
    regions_key: list[str]

    @property
    def button(self) -> str:
        return ngettext("Ver %(count)s plaza", "Ver %(count)s plazas", self.count) % {
            "count": number(self.count)
        }

    @property
    def title(self) -> str:
        return ngettext("%(count)s plaza", "%(count)s plazas", self.count) % {"count": number(self.count)}


def posts_page(calls: Sequence[Call], filters: Filters, *, call: Call | None = None) -> PostsPage:
    """Return the page of a search over the posts of ``calls``, in a fixed number of queries."""
    counted = [one.demand_at for one in calls if one.demand_at is not None]
    is_counted = bool(calls) and len(counted) == len(calls)
    search = Search(calls, filters, with_demand=is_counted)
    rows, page_note = search.page()
    return PostsPage(
        call=call,
        is_demand_counted=is_counted,
        demand_at=min(counted, default=None),
        filters=search.filters,
        count=search.count,
        seats=search.seats,
        rows=rows,
        page_note=page_note,
        chips=search.chips(),
        removals=search.removals() if not search.count else [],
        specialties=search.specialties,
        states=search.states,
        shifts=[(value, str(label)) for value, label in Shift.choices],
        contracts=[(value, str(label)) for value, label in ContractKind.choices],
        offers=[(value, str(words)) for value, (words, _condition) in OFFERS.items()],
        regions=search.regions(),
        regions_key=search.regions_key(),
    )
