"""A small closed call of the demo, the second period of the residency.

Some of its seats are kept for foreigners, and its lottery mixes a value that nobody could know while it was open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from cauce.accounts.models import Person
from cauce.base.actors import Actor
from cauce.calls import operations
from cauce.calls.models import Call, CallKind, ListRule
from cauce.calls.rules.lottery import From, Source, Witness, seal_of
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
SEALED_AT, TYPED_AT, CONFIRMED_AT = at(2, 12, 19), at(2, 13, 21, 20), at(2, 13, 21, 35)
# No real draw is named: the value says of itself that it is invented.
VALUE = "inventado 07 19 23 31 44 52"
READ = "Acta inventada para la demostración, 13 de febrero de 2024"
LOTTERY = Source(
    kind=From.VALUE,
    words="Seis números inventados para esta demostración; hacen las veces de un sorteo público del martes 13 de febrero de 2024.",
    where="un acta inventada; de verdad diría qué institución y en qué dirección",
    known_at=at(2, 13, 21), fallback_hours=12, reveal_hours=24,
    witnesses=(
        Witness("Hortensia Balcázar Nava (persona inventada)", "Notaría invitada", seal_of("un secreto de la demostración, 1")),
        Witness("Celestino Urrutia Pech (persona inventada)", "Comité de residentes", seal_of("un secreto de la demostración, 2")),
        Witness("Leocadia Zamudio Ríos (persona inventada)", "Universidad invitada", seal_of("un secreto de la demostración, 3")),
    ),
)  # fmt: skip

_RULES = """\
Texto de ejemplo para la demostración. Sigue el orden general del ingreso a residencias; no sustituye a ninguna convocatoria.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023 en una de las especialidades que se ofrecen y no tienen sede del primer periodo.

Qué se ofrece. Lugares para el ciclo académico 2024-2025. En cada sede con tres lugares o más, uno se guarda para personas extranjeras; si ninguna lo alcanza, pasa a ser abierto y se da por mérito.

Cómo se elige. Cada persona ordena las sedes que quiera de su especialidad. Se puede cambiar y volver a enviar hasta el cierre; cuenta el último envío.

Cómo se asigna. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo, que mezcla el sello con un valor público posterior al cierre. El lugar guardado se llena antes que los abiertos, con la mejor persona extranjera que lo pida.

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
        "lottery_source": LOTTERY.document(),
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


def draw(call: Call, manager: Actor, signatory: Actor) -> None:
    """Close the list of participants and have two people type the value, when each would have; needs the lists sent."""
    operations.seal_participants(actor=Actor.system("lottery"), call=call, now=SEALED_AT)
    for actor, now in ((manager, TYPED_AT), (signatory, CONFIRMED_AT)):
        operations.enter_value(actor=actor, call=call, typed=operations.Typed(VALUE, READ), now=now)


def draw_lacking() -> bool:
    """Whether the call declares a value and waits for it; one of an older demo declares none."""
    waiting = Call.objects.filter(code=SECOND, lottery_beacon="").exclude(lottery_source={})
    return waiting.exists()
