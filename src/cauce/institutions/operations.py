"""What changes the catalogues: loading their files. Nothing else writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models

from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.models import Import, ImportState
from cauce.base.usecases import note, use_case
from cauce.institutions import intake, queries
from cauce.institutions.models import (
    CatalogueLoad,
    Institution,
    InstitutionKind,
    InstitutionProfile,
    Site,
    Specialty,
    SpecialtyAlias,
    State,
)
from cauce.institutions.rules import fold, may_load_catalogue, searchable

# For the apps above, which may not reach intake.
CatalogueRefused = intake.CatalogueRefused
catalogue_is_loaded = intake.is_loaded


@use_case
def load_catalogue(*, actor: Actor, now: datetime, texts: Mapping[str, str] | None = None) -> CatalogueLoad:
    """Make the catalogues' rows equal to their files; return the load that last changed anything.

    Adds what is new, changes what differs, removes nothing: calls may point
    at rows. Loading the same files again changes nothing and returns the
    earlier load. ``texts`` by file name replaces the files of the package.
    Raises ``CatalogueRefused`` with every fault; then nothing is saved.
    """
    catalogue = intake.read_catalogue(texts or intake.texts_of())
    tally = _Tally()
    tally.take(State, ("key",), _states(catalogue.states))
    tally.take(Institution, ("code",), catalogue.institutions)
    institutions = dict(Institution.objects.values_list("code", "pk"))
    tally.take(InstitutionProfile, ("institution_id", "year"), _linked(catalogue.profiles, institutions))
    known = set(Specialty.objects.values_list("code", flat=True))
    tally.take(Specialty, ("code",), _specialties(catalogue.specialties))
    specialties = dict(Specialty.objects.values_list("code", "pk"))
    # A specialty that has just been added is counted as added, not as changed too.
    tally.changed += len(_set_prerequisites(catalogue.specialties, specialties) & known)
    tally.take(SpecialtyAlias, ("folded",), _aliases(catalogue, specialties))
    sites = [{**row, "folded": searchable(row)} for row in _linked(catalogue.sites, institutions)]
    tally.take(Site, ("institution_id", "state_id", "municipality", "name"), sites)
    note(added=tally.added, changed=tally.changed, digest=catalogue.digest)
    latest = queries.latest_load()
    if latest is not None and not tally.added and not tally.changed and latest.digest == catalogue.digest:
        return latest
    return CatalogueLoad.objects.create(
        digest=catalogue.digest, added=tally.added, changed=tally.changed, at=now
    )


class _Tally:
    """Writes rows by their natural key and counts what that changed."""

    def __init__(self) -> None:
        self.added = 0
        self.changed = 0

    def take(
        self, model: type[models.Model], key: tuple[str, ...], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        manager = model._default_manager
        present = {
            tuple(getattr(row, name) for name in key): row
            for row in manager.select_for_update().order_by("pk")
        }
        new, differing, fields = [], [], set()
        for row in rows:
            here = present.get(tuple(row[name] for name in key))
            if here is None:
                new.append(model(**row))
                continue
            changes = {name for name, value in row.items() if getattr(here, name) != value}
            if changes:
                for name in changes:
                    setattr(here, name, row[name])
                differing.append(here)
                fields |= changes
        manager.bulk_create(new, batch_size=500)
        if differing:
            manager.bulk_update(differing, sorted(fields), batch_size=500)
        self.added += len(new)
        self.changed += len(differing)


def _states(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {
            **{name: value for name, value in row.items() if name != "imss_bienestar"},
            "in_imss_bienestar": row["imss_bienestar"],
        }


def _linked(rows: Iterable[Mapping[str, Any]], institutions: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    """Replace the institution's code by its id, and the state's key by the column it is kept in."""
    for row in rows:
        linked = {name: value for name, value in row.items() if name not in ("institution", "state")}
        linked["institution_id"] = institutions[row["institution"]]
        if "state" in row:
            linked["state_id"] = row["state"]
        yield linked


def _specialties(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for row in rows:
        yield {
            **{name: value for name, value in row.items() if name not in ("trunk", "prerequisites")},
            "is_trunk": row["trunk"],
        }


def _aliases(catalogue: intake.Catalogue, specialties: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    # The name itself is the first alias, so that one look-up finds any of them.
    for row in catalogue.specialties:
        yield {
            "specialty_id": specialties[row["code"]],
            "name": row["name_es"],
            "folded": fold(row["name_es"]),
        }
    for row in catalogue.aliases:
        yield {
            "specialty_id": specialties[row["specialty"]],
            "name": row["name"],
            "folded": row["folded"],
        }


def _set_prerequisites(rows: Iterable[Mapping[str, Any]], specialties: Mapping[str, int]) -> set[str]:
    """Make the links between specialties those of the files; return the codes of those that this changed."""
    through = Specialty.prerequisites.through
    present = set(through.objects.values_list("from_specialty_id", "to_specialty_id"))
    wanted = {(specialties[row["code"]], specialties[code]) for row in rows for code in row["prerequisites"]}
    mine = set(specialties.values())
    gone = {pair for pair in present - wanted if pair[0] in mine}
    for source, target in gone:
        through.objects.filter(from_specialty_id=source, to_specialty_id=target).delete()
    through.objects.bulk_create(
        [
            through(from_specialty_id=source, to_specialty_id=target)
            for source, target in sorted(wanted - present)
        ]
    )
    changed = {source for source, _target in (wanted - present) | gone}
    return {code for code, pk in specialties.items() if pk in changed}


# ----------------------------------------------------------- national catalogue

CLUES = "clues"
_READ_TASK, _LOAD_TASK = "cauce.institutions.tasks.read_clues", "cauce.institutions.tasks.load_clues"


@use_case
def receive_clues(*, actor: Actor, name: str, data: bytes, now: datetime, by_task: bool = True) -> Import:
    """Take a file of the national catalogue and have it read. Raises ``Denied``, ``ImportRefused``."""
    may_load_catalogue(actor).enforce()
    task = _READ_TASK if by_task else ""
    return imports.receive(kind=CLUES, scope="", name=name, data=data, task=task, actor=actor, now=now)


@use_case
def drop_clues(*, actor: Actor, taken: Import, now: datetime) -> Import:
    """Let go of the file that waits. Raises ``Denied``."""
    may_load_catalogue(actor).enforce()
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_clues(*, actor: Actor, taken: Import, digest: str, now: datetime, by_task: bool = True) -> Import:
    """Have the file with this digest loaded as it was read. Raises ``Denied``, ``ImportRefused``."""
    may_load_catalogue(actor).enforce()
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK if by_task else "", now=now)


@use_case
def load_clues(*, actor: Actor, taken: Import, units: Sequence[intake.Unit], now: datetime) -> Import:
    """Keep the units of a confirmed file, all or none; units that are not in it stay as they are.

    A unit is the same if either of its CLUES is. What came from such a file before is made equal to it; what came
    from elsewhere keeps its name and only gets what it lacked. A file loaded already changes nothing.
    """
    may_load_catalogue(actor).enforce()
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING:
        note(repeated=True)
        return taken
    institutions = _institutions_of(units)
    present: dict[str, Site] = {}
    by_place: dict[tuple[Any, ...], Site] = {}
    for site in Site.objects.select_for_update().order_by("pk"):
        for clues in filter(None, (site.clues, site.clues_imb)):
            present[clues] = site
        by_place[_place(site)] = site
    new: list[Site] = []
    differing: dict[int, Site] = {}
    for unit in units:
        known = present.get(unit.clues) or present.get(unit.clues_imb or "")
        values = _site_values(unit, institutions[unit.institution])
        if known is None:
            made = Site(**values)
            if _place(made) in by_place:  # a homonym that came from elsewhere, under another key or none
                values["name"] = f"{unit.name} ({unit.clues})"
                made = Site(**values, folded="")
            made.folded = searchable(values)
            by_place[_place(made)] = made
            new.append(made)
        elif _bring_up_to_date(known, unit, values, by_place):
            differing[known.pk] = known
    Site.objects.bulk_create(new, batch_size=500)
    fields = [*_SITE_FIELDS, "folded"]
    Site.objects.bulk_update(differing.values(), fields, batch_size=200)
    return imports.finish(taken, added=len(new), changed=len(differing), now=now)


_SITE_FIELDS = (
    "institution_id", "state_id", "municipality", "name", "short_name", "kind", "care_level", "clues", "clues_imb",
    "latitude", "longitude",
)  # fmt: skip


def _place(site: Site) -> tuple[Any, ...]:
    return (site.institution_id, site.state_id, site.municipality, site.name)


def _institutions_of(units: Sequence[intake.Unit]) -> dict[str, int]:
    known = dict(Institution.objects.values_list("code", "pk"))
    for code, name in {unit.institution: unit.institution_name for unit in units}.items():
        if code not in known:
            made = Institution.objects.create(
                code=code, acronym=code, name=name, kind=InstitutionKind.HEALTH, source=intake.SOURCE
            )
            known[code] = made.pk
    return known


def _site_values(unit: intake.Unit, institution_id: int) -> dict[str, Any]:
    return {
        "institution_id": institution_id, "state_id": unit.state, "municipality": unit.municipality,
        "name": unit.name, "short_name": unit.name[:80], "kind": unit.kind, "care_level": unit.care_level,
        "clues": unit.clues, "clues_imb": unit.clues_imb, "unit_key": None, "latitude": unit.latitude,
        "longitude": unit.longitude, "source": intake.SOURCE,
    }  # fmt: skip


def _bring_up_to_date(
    site: Site, unit: intake.Unit, values: dict[str, Any], by_place: dict[tuple[Any, ...], Site]
) -> bool:
    """Put on ``site`` what the file says and it lacks, or all of it if it came from such a file; tell if that changed it."""
    if site.source == intake.SOURCE:
        wanted = {name: values[name] for name in _SITE_FIELDS}
        taken_by = by_place.get((wanted["institution_id"], unit.state, unit.municipality, unit.name))
        if taken_by is not None and taken_by is not site:
            wanted["name"] = f"{unit.name} ({unit.clues})"
    else:
        wanted = {name: values[name] for name in ("latitude", "longitude") if getattr(site, name) is None}
        if site.clues_imb is None and site.clues != unit.clues_imb:
            wanted["clues_imb"] = unit.clues_imb
    changes = {name: value for name, value in wanted.items() if getattr(site, name) != value}
    for name, value in changes.items():
        setattr(site, name, value)
    if changes:
        site.folded = searchable({name: getattr(site, name) for name in (*_SITE_FIELDS, "unit_key")})
    return bool(changes)
