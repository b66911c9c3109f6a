"""What changes the catalogues: loading their files. Nothing else writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.institutions import intake, queries
from cauce.institutions.models import (
    CatalogueLoad,
    Institution,
    InstitutionProfile,
    Site,
    Specialty,
    SpecialtyAlias,
    State,
)
from cauce.institutions.rules import fold, searchable

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
