"""Calls, posts and people for tests: plain functions that write the rows a published call would have."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from cauce.accounts.models import Person, User
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.calls.models import Application, Call, CallSpecialty, FrozenRules, Post
from cauce.institutions.models import Institution, Site, Specialty, State
from tests.accounts import factories as people
from tests.institutions import factories as catalogues

_numbers = count(1)
OPENS = datetime(2024, 2, 1, 6, tzinfo=UTC)
CLOSES = datetime(2024, 2, 24, 5, 59, 59, tzinfo=UTC)  # 23 February 2024, 23:59:59 in Mexico City
RESULTS = datetime(2024, 3, 1, 18, tzinfo=UTC)
MARK = {
    "key": "mark",
    "label": "Calificación de egreso",
    "decimals": 2,
    "minimum": "60",
    "maximum": "100",
    "declared": True,
}
SCORE = {
    "key": "score",
    "label": "Puntaje ENARM",
    "decimals": 3,
    "minimum": "0",
    "maximum": "100",
    "declared": False,
}


def institution(code: str = "IMSSB") -> Institution:
    return catalogues.institution(code)


def state(key: str = "20", name: str = "Oaxaca") -> State:
    return catalogues.state(key, name)


def specialty(code: str = "pediatria", name: str = "Pediatría") -> Specialty:
    found, _ = Specialty.objects.get_or_create(
        code=code,
        defaults={
            "name_es": name,
            "name_en": name,
            "route": "direct",
            "own_years": 3,
            "total_years": 3,
            "source": "prueba",
        },
    )
    return found


def site(name: str | None = None, where: State | None = None, **values) -> Site:
    where = where or state()
    defaults = {
        "institution": institution(),
        "state": where,
        "municipality": f"Municipio de {where.name}",
        "kind": "HG",
        "is_invented": True,
    }
    return catalogues.site(name or f"Hospital General {next(_numbers)}", **{**defaults, **values})


def call(code: str | None = None, specialties: tuple[Specialty, ...] | None = None, **values) -> Call:
    """A published call that is open on 10 February 2024."""
    code = code or f"JR{next(_numbers)}"
    defaults = {
        "institution": institution(),
        "code": code,
        "kind": "drive",
        "title": f"Jornada de contratación {code}",
        "summary": "Plazas de especialista.",
        "issuing_authority": "Unidad de prueba",
        "legal_basis": "Ley General de Salud",
        "contact": "Rosalba Quintanar, 55 0000 0000",
        "state": "published",
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "results_at": RESULTS,
        "score_criteria": [MARK],
        "rules_text": "Se asigna por orden de mérito.",
        "rules_digest": hashlib.sha256(b'{"format":"cauce-rules/1"}').hexdigest(),
        "published_at": OPENS,
        "lottery_commitment": "sha256:" + "e1" * 32,
        "is_invented": True,
    }
    made = Call.objects.create(**{**defaults, **values})
    if made.rules_digest:
        FrozenRules.objects.create(call=made, text='{"format":"cauce-rules/1"}')
    for one in specialties if specialties is not None else (specialty(),):
        CallSpecialty.objects.create(call=made, specialty=one, tier="core")
    return made


def post(of: Call, at: Site | None = None, **values) -> Post:
    number = next(_numbers)
    defaults = {
        "call": of,
        "key": f"20-{number:04d}",
        "site": at or site(),
        "specialty": specialty(),
        "seats": 2,
        "shift": "morning",
        "contract": "02",
        "monthly_pay": Decimal("39021.00"),
    }
    made = Post.objects.create(**{**defaults, **values})
    made.site.state.calls.add(of)
    return made


def person(given: str = "Mariana", **values) -> Person:
    defaults = {"birth_date": date(1995, 5, 4), "created_at": OPENS, "is_invented": True}
    return people.make_person(given, **{**defaults, **values})


def user(given: str = "Mariana", **values) -> User:
    who = person(given)
    return User.objects.create(
        email=f"{given.lower()}{next(_numbers)}@cauce.example", person=who, joined_at=OPENS, **values
    )


def actor(of: User) -> Actor:
    return actor_for(of)


def application(of: Call, who: Person, **values) -> Application:
    number = next(_numbers)
    defaults = {
        "call": of,
        "person": who,
        "folio": f"{of.code}-{number:06d}-0",
        "specialty": specialty(),
        "merit": ["91.25"],
        "started_at": OPENS,
    }
    return Application.objects.create(**{**defaults, **values})
