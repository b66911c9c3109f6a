"""A small closed call of the demo, the second period of the residency, where some seats are kept for foreigners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from cauce.accounts.models import Person
from cauce.calls.models import CallKind, ListRule
from cauce.config.demo import market
from cauce.config.demo.applications import Story
from cauce.config.demo.calls import AFTERMATH, CallPlan, Entry, at, call_plans, moment
from cauce.config.demo.posts import PostPlan

SECOND = "RX24"
PUBLISHED_AT = at(1, 26, 10)
PEOPLE = 120
SPECIALTIES = ("medicina-interna", "pediatria", "anestesiologia")
SITES = 6  # of each specialty
FOREIGN_SHARE = 0.15
FOREIGN = {"key": "foreign", "label": "Personas extranjeras", "reverts_to": "open"}
OPEN = {"key": "open", "label": "", "reverts_to": ""}

_RULES = """\
Texto de ejemplo para la demostración. Sigue el orden general del ingreso a residencias; no sustituye a ninguna convocatoria.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023 en una de las especialidades que se ofrecen y no tienen sede del primer periodo.

Qué se ofrece. Lugares para el ciclo académico 2024-2025. En cada sede con tres lugares o más, uno se guarda para personas extranjeras; si ninguna lo alcanza, pasa a ser abierto y se da por mérito.

Cómo se elige. Cada persona ordena las sedes que quiera de su especialidad. Se puede cambiar y volver a enviar hasta el cierre; cuenta el último envío.

Cómo se asigna. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo. El lugar guardado se llena antes que los abiertos, con la mejor persona extranjera que lo pida.

Quién es de cada grupo. Lo carga la institución a partir de la lista de personas seleccionadas; nadie lo declara de sí mismo.

Resultados e inconformidades. Los resultados se publican por folio, sin nombres, con el corte de cada clase de lugares. Quien no esté conforme tiene tres días hábiles para pedir que se revise su caso por escrito, en el contacto de esta convocatoria.
"""


def second_plan() -> CallPlan:
    """The call before it is a row; its criteria are those of the first period."""
    first = call_plans()[0]
    fields: dict[str, Any] = {
        **first.fields,
        "kind": CallKind.RESIDENCY,
        "title": "Residencias médicas 2024-2025, segundo periodo",
        "summary": "Lugares que siguen libres en tres especialidades; algunos se guardan para personas extranjeras.",
        "opens_at": at(1, 29, 9),
        "closes_at": at(2, 12, 18),
        "results_at": at(2, 19, 12),
        "list_rule": ListRule.FREE,
        "seat_classes": [FOREIGN, OPEN],
        "aftermath": asdict(replace(AFTERMATH, may_upgrade=False)),
        "rules_text": _RULES,
    }
    return CallPlan(
        code=SECOND,
        institution=first.institution,
        seed="rx24-demo-" + "4e82d7f06b19c35a" * 3,
        fields=fields,
        entries=[
            Entry("Resultados por folio", at(2, 19, 12), None, "lunes 19 de febrero de 2024, 12:00 horas")
        ],
    )


def second_posts(posts: Sequence[PostPlan]) -> list[PostPlan]:
    """A few sites of each specialty, from the posts of the first period, with keys and seats of their own."""
    chosen: defaultdict[str, list[PostPlan]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: (-one.seats, one.key)):
        if post.specialty in SPECIALTIES and len(chosen[post.specialty]) < SITES:
            chosen[post.specialty].append(post)
    return [
        replace(post, key=f"X{post.key}"[:20], seats=2 + number % 3)
        for name in SPECIALTIES
        for number, post in enumerate(chosen[name])
    ]


def reserved_in(seats: int) -> dict[str, int]:
    return {"foreign": 1} if seats >= 3 else {}


def second_stories(
    world: Any, people: Sequence[Person], posts: Sequence[PostPlan]
) -> tuple[list[Story], list[bool]]:
    """How each application went, and whether its person is foreign."""
    random = world.random("second period")
    opens, closes = at(1, 29, 9), at(2, 12, 18)
    wishes = market.residency_wishes(posts, world.homes("second homes", len(people), world.states), random)
    stories = []
    for person, wish, number in zip(people, wishes, world.numbers(SECOND, len(people), -1), strict=True):
        sent_at = moment(random.random(), opens + timedelta(hours=1), closes)
        cut = random.randint(2, len(wish.posts))
        stories.append(
            Story(
                person, number, wish.specialty, wish.merit.values, (wish.posts[:cut],),
                moment(random.random() * 0.9, opens, sent_at), sent_at,
            )
        )  # fmt: skip
    return stories, [random.random() < FOREIGN_SHARE for _story in stories]
