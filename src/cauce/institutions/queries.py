"""Reads of the catalogues, and the public pages about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cauce.base.errors import Verdict
from cauce.base.figures import number
from cauce.institutions.models import (
    CatalogueLoad,
    EntryRoute,
    Institution,
    InstitutionKind,
    InstitutionProfile,
    Site,
    Specialty,
    SpecialtyAlias,
    State,
)
from cauce.institutions.rules import clues_check, fold

PAGE = 50
LONGEST_TEXT = 100
LEVELS = {
    "1": gettext_lazy("Primer nivel"),
    "2": gettext_lazy("Segundo nivel"),
    "3": gettext_lazy("Tercer nivel"),
}


def latest_load() -> CatalogueLoad | None:
    """Return the load that last changed the catalogues, if there was any."""
    return CatalogueLoad.objects.order_by("pk").last()


# --------------------------------------------------------------------- sites


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """What a search of sites asks. ``ignored`` are sentences on what could not be understood."""

    text: str = ""
    state: str = ""
    institution: str = ""
    level: str = ""
    page: str = ""
    ignored: tuple[str, ...] = ()

    def href(self, **changes: str) -> str:
        """Return the address of this search with ``changes``, from its question mark; the page is left out."""
        it = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [("q", it.text), ("estado", it.state), ("institucion", it.institution), ("nivel", it.level)]
        return "?" + urlencode([(name, value) for name, value in pairs if value])

    @property
    def put(self) -> list[str]:
        """The names of the filters that are put."""
        return [name for name in ("text", "state", "institution", "level") if getattr(self, name)]

    def conditions(self) -> dict[str, Q]:
        """Return what each filter that is put asks of a site."""
        found: dict[str, Q] = {}
        if self.text:
            found["text"] = Q(*(Q(folded__contains=word) for word in fold(self.text).split()))
        if self.state:
            found["state"] = Q(state_id=self.state)
        if self.institution:
            found["institution"] = Q(institution__code=self.institution)
        if self.level:
            found["level"] = Q(care_level=int(self.level))
        return found


def read_site_filters(given: Mapping[str, str]) -> SiteFilters:
    """Read a search from a query. Never refuses: what makes no sense is named in ``ignored``."""
    ignored: list[str] = []
    text = " ".join(given.get("q", "")[: 4 * LONGEST_TEXT].replace("\0", "").split())
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
        ignored.append(_("Solo se buscaron los primeros %(count)s caracteres.") % {"count": LONGEST_TEXT})
    level = given.get("nivel", "")
    if level and level not in LEVELS:
        ignored.append(_unknown("nivel", level))
        level = ""
    return SiteFilters(
        text=text,
        state=given.get("estado", "")[:40],
        institution=given.get("institucion", "")[:40],
        level=level,
        page=given.get("p", "")[:20],
        ignored=tuple(ignored),
    )


def _unknown(name: str, value: str) -> str:
    return _("Se ignoró el filtro «%(name)s»: no existe el valor «%(value)s».") % {
        "name": name,
        "value": value[:40],
    }


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site in a list."""

    id: int
    name: str
    place: str
    institution: str
    level: int
    beds: int | None
    is_invented: bool


@dataclass(frozen=True, slots=True)
class SitesPage:
    """A page of sites. ``states``, ``institutions`` and ``levels`` are pairs for the filters; ``chips`` and
    ``removals`` say which filter to take away, the latter with how many sites that gives."""

    filters: SiteFilters
    rows: Page[Any]
    count: int
    all: int
    states: Sequence[tuple[str, str]]
    institutions: Sequence[tuple[str, str]]
    levels: Sequence[tuple[str, Any]]
    chips: Sequence[tuple[str, str]]
    removals: Sequence[tuple[str, str, int]]

    @property
    def title(self) -> str:
        return _sites(self.count)

    @property
    def ignored(self) -> Sequence[str]:
        return self.filters.ignored


def _sites(count: int) -> str:
    return ngettext("%(n)s sede", "%(n)s sedes", count) % {"n": number(count)}


def sites_page(filters: SiteFilters) -> SitesPage:
    """Read a page of sites in at most six queries."""
    states = list(State.objects.order_by("name").values_list("key", "name"))
    institutions = list(
        Institution.objects.filter(sites__isnull=False)
        .distinct()
        .order_by("acronym")
        .values_list("code", "acronym")
    )
    filters = _only_known(filters, dict(states), dict(institutions))
    conditions = filters.conditions()
    found = Site.objects.filter(*conditions.values())
    paginator = Paginator(
        found.select_related("state", "institution").order_by("state__name", "municipality", "name", "pk"),
        PAGE,
    )
    rows: Page[Any] = paginator.get_page(filters.page)
    rows.object_list = [_row(site) for site in rows.object_list]
    names = _put_names(filters, dict(states), dict(institutions))
    return SitesPage(
        filters=filters,
        rows=rows,
        count=paginator.count,
        all=paginator.count if not conditions else Site.objects.count(),
        states=states,
        institutions=institutions,
        levels=list(LEVELS.items()),
        chips=[(names[name], filters.href(**{name: ""})) for name in filters.put],
        removals=_removals(filters, conditions, names) if not paginator.count else [],
    )


def _only_known(
    filters: SiteFilters, states: Mapping[str, str], institutions: Mapping[str, str]
) -> SiteFilters:
    ignored = list(filters.ignored)
    if filters.state and filters.state not in states:
        ignored.append(_unknown("estado", filters.state))
        filters = replace(filters, state="")
    if filters.institution and filters.institution not in institutions:
        ignored.append(_unknown("institucion", filters.institution))
        filters = replace(filters, institution="")
    return replace(filters, ignored=tuple(ignored))


def _put_names(
    filters: SiteFilters, states: Mapping[str, str], institutions: Mapping[str, str]
) -> dict[str, str]:
    return {
        "text": f"«{filters.text}»",
        "state": states.get(filters.state, ""),
        "institution": institutions.get(filters.institution, ""),
        "level": str(LEVELS.get(filters.level, "")),
    }


def _removals(
    filters: SiteFilters, conditions: Mapping[str, Q], names: Mapping[str, str]
) -> list[tuple[str, str, int]]:
    """Return (filter, address without it, how many sites that gives) for the removals that give any; one query."""
    if len(conditions) < 2:
        return []
    without = {
        name: Count("pk", filter=Q(*(ask for other, ask in conditions.items() if other != name)))
        for name in conditions
    }
    counts = Site.objects.aggregate(**{f"without_{name}": count for name, count in without.items()})
    found = [(names[name], filters.href(**{name: ""}), counts[f"without_{name}"]) for name in conditions]
    return [row for row in found if row[2]]


def _row(site: Site) -> SiteRow:
    return SiteRow(
        id=site.pk,
        name=site.name,
        place=f"{site.municipality}, {site.state.name}" if site.municipality else site.state.name,
        institution=site.institution.acronym,
        level=site.care_level,
        beds=site.beds,
        is_invented=site.is_invented,
    )


@dataclass(frozen=True, slots=True)
class SitePage:
    """A site with the others of its municipality. ``clues`` tells whether its key holds, if it has one."""

    site: Site
    level: Any
    clues: Verdict | None
    neighbours: Sequence[SiteRow]
    neighbours_href: str

    @property
    def coordinates(self) -> str:
        """Latitude and longitude in degrees, if known."""
        if self.site.latitude is None or self.site.longitude is None:
            return ""
        return f"{self.site.latitude.normalize():f}, {self.site.longitude.normalize():f}"


def sites() -> QuerySet[Site]:
    """Every site is public."""
    return Site.objects.select_related("institution", "state")


def site_page(site: Site) -> SitePage:
    """Complete a site's page in one more query."""
    others = sites().filter(state_id=site.state_id, municipality=site.municipality).exclude(pk=site.pk)
    return SitePage(
        site=site,
        level=LEVELS[str(site.care_level)],
        clues=clues_check(site.clues) if site.clues else None,
        neighbours=[_row(other) for other in others.order_by("name", "pk")[:8]] if site.municipality else [],
        neighbours_href=SiteFilters(state=site.state_id).href(),
    )


# --------------------------------------------------------------- specialties


@dataclass(frozen=True, slots=True)
class SpecialtyRow:
    """A specialty with the other names that people give it."""

    code: str
    name: str
    own_years: int
    total_years: int
    is_trunk: bool
    prerequisites: str
    aliases: Sequence[str]
    source: str
    ended: bool


@dataclass(frozen=True, slots=True)
class SpecialtiesPage:
    """Specialties by route of entry, as pairs (route in words, rows); routes without rows are left out."""

    text: str
    count: int
    all: int
    groups: Sequence[tuple[Any, Sequence[SpecialtyRow]]]


def specialties_page(text: str) -> SpecialtiesPage:
    """Read all specialties, or those one of whose names holds every word of ``text``, in three queries."""
    text = " ".join(text[:LONGEST_TEXT].replace("\0", "").split())
    words = fold(text).split()
    found = list(
        Specialty.objects.prefetch_related(
            "prerequisites", Prefetch("aliases", SpecialtyAlias.objects.order_by("folded"))
        )
    )
    found.sort(key=lambda one: fold(one.name))
    kept = [
        one
        for one in found
        if any(all(word in alias.folded for word in words) for alias in one.aliases.all()) or not words
    ]
    groups = [
        (label, [_specialty(one) for one in kept if one.route == route])
        for route, label in EntryRoute.choices
    ]
    return SpecialtiesPage(text, len(kept), len(found), [(label, rows) for label, rows in groups if rows])


def _specialty(one: Specialty) -> SpecialtyRow:
    required = [each.name for each in one.prerequisites.all()]
    words = ""
    if required:
        names = reduce(
            lambda before, name: _("%(before)s o %(name)s") % {"before": before, "name": name},
            sorted(required),
        )
        words = ngettext("%(n)s año de %(names)s", "%(n)s años de %(names)s", one.prerequisite_min_years) % {
            "n": one.prerequisite_min_years,
            "names": names,
        }
    return SpecialtyRow(
        code=one.code,
        name=one.name,
        own_years=one.own_years,
        total_years=one.total_years,
        is_trunk=one.is_trunk,
        prerequisites=words,
        aliases=[alias.name for alias in one.aliases.all() if alias.folded != fold(one.name_es)],
        source=one.source,
        ended=one.valid_until is not None,
    )


# -------------------------------------------------------------- institutions


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An institution in a list, with how many of its sites the catalogue has."""

    institution: Institution
    sites: int


@dataclass(frozen=True, slots=True)
class InstitutionsPage:
    """Institutions by kind, as pairs (kind in words, rows); ``former`` are names no longer in use."""

    groups: Sequence[tuple[Any, Sequence[InstitutionRow]]]
    former: Sequence[InstitutionRow]

    @property
    def is_empty(self) -> bool:
        return not (self.groups or self.former)


def institutions_page() -> InstitutionsPage:
    """Read every institution in one query."""
    found = [
        InstitutionRow(one, one.site_count)
        for one in Institution.objects.annotate(site_count=Count("sites")).order_by("acronym")
    ]
    groups = [
        (
            label,
            [row for row in found if row.institution.kind == kind and row.institution.valid_until is None],
        )
        for kind, label in InstitutionKind.choices
    ]
    return InstitutionsPage(
        [(label, rows) for label, rows in groups if rows],
        [row for row in found if row.institution.valid_until is not None],
    )


@dataclass(frozen=True, slots=True)
class InstitutionPage:
    """An institution: its sizes by year, newest first, and its sites by level of care (level in words, count)."""

    institution: Institution
    profiles: Sequence[InstitutionProfile]
    levels: Sequence[tuple[Any, int, str]]
    invented: int

    @property
    def sites(self) -> str:
        return _sites(sum(count for _label, count, _href in self.levels))

    @property
    def sites_href(self) -> str:
        return SiteFilters(institution=self.institution.code).href()


def institution_page(institution: Institution) -> InstitutionPage:
    """Complete an institution's page in two more queries."""
    counts = {
        row["care_level"]: row
        for row in institution.sites.order_by("care_level")
        .values("care_level")
        .annotate(all=Count("pk"), invented=Count("pk", filter=Q(is_invented=True)))
    }
    return InstitutionPage(
        institution=institution,
        profiles=list(institution.profiles.order_by("-year")),
        levels=[
            (
                LEVELS[str(level)],
                row["all"],
                SiteFilters(institution=institution.code, level=str(level)).href(),
            )
            for level, row in counts.items()
        ],
        invented=sum(row["invented"] for row in counts.values()),
    )


# ----------------------------------------------------------- national catalogue


@dataclass(frozen=True, slots=True)
class CluesLookup:
    """States by key, and the key by the two letters that begin a CLUES."""

    states: dict[str, str]
    prefixes: dict[str, str]


def clues_lookup() -> CluesLookup:
    """What reading the national catalogue needs to know, in one query."""
    rows = list(State.objects.filter(country="MX").values_list("key", "name", "curp_code"))
    return CluesLookup({key: name for key, name, _code in rows}, {code: key for key, _name, code in rows})
