"""Rows of the catalogues, with as little said as a test needs."""

from __future__ import annotations

from itertools import count

from cauce.institutions.models import (
    EntryRoute,
    Institution,
    InstitutionKind,
    Site,
    Specialty,
    SpecialtyAlias,
    State,
)
from cauce.institutions.rules import fold, searchable

_numbers = count(1)


def state(key="20", name="Oaxaca", **facts):
    defaults = {
        "name": name,
        "abbreviation": name[:4].upper(),
        "curp_code": key,
        "population_2020": 4_132_148,
    }
    return State.objects.get_or_create(key=key, defaults={**defaults, **facts})[0]


def institution(code="IMSS", **facts):
    defaults = {
        "acronym": code,
        "name": f"Instituto {code}",
        "kind": InstitutionKind.HEALTH,
        "source": "prueba",
    }
    return Institution.objects.get_or_create(code=code, defaults={**defaults, **facts})[0]


def site(name="", **facts):
    name = name or f"Hospital {next(_numbers)}"
    facts = {
        "institution": facts.pop("institution", None) or institution(),
        "state": facts.pop("state", None) or state(),
        "municipality": "Oaxaca de Juárez",
        "name": name,
        "short_name": name[:80],
        "kind": "HGZ",
        "care_level": 2,
        "clues": None,
        "unit_key": None,
        "source": "prueba",
        **facts,
    }
    return Site.objects.create(**facts, folded=searchable(facts))


def specialty(name="Pediatría", aliases=(), **facts):
    defaults = {
        "code": f"{fold(name).replace(' ', '-')}",
        "name_es": name,
        "name_en": name,
        "route": EntryRoute.DIRECT,
        "own_years": 3,
        "total_years": 3,
        "source": "prueba",
    }
    made = Specialty.objects.create(**{**defaults, **facts})
    for alias in (name, *aliases):
        SpecialtyAlias.objects.create(specialty=made, name=alias, folded=fold(alias))
    return made
