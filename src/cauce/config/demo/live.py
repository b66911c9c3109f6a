"""A small call of the demo that chooses live: its session is under way, and it is Renata's turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cauce.accounts.models import Person
from cauce.accounts.queries import actor_for
from cauce.allocation.models import LiveMode, LiveTurn, TurnState
from cauce.allocation.operations import live
from cauce.allocation.rules.live import LivePlan
from cauce.base.actors import Actor
from cauce.calls.models import Call, CallKind, ListRule, Mechanism
from cauce.config.demo.applications import Story
from cauce.config.demo.calls import CallPlan, Entry, at, call_plans, moment
from cauce.config.demo.posts import PostPlan

LIVE = "EV24"
RENATA = "renata@demo.cauce.example"
PUBLISHED_AT = at(1, 29, 10)
PEOPLE = 39
SPECIALTIES = ("medicina-interna", "pediatria", "cirugia-general")
SITES = 5  # of each specialty, two seats each: 30 seats
CHOSEN = 4
"""How many of Renata's specialty have chosen before her turn."""
PLAN = LivePlan(LiveMode.BOTH, 3600, 4, {})
_RENATA_NUMBER = 241_007

_RULES = """\
Texto de ejemplo para la demostración. No sustituye a ninguna convocatoria.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023 en una de las especialidades que se ofrecen.

Qué se ofrece. Treinta lugares para el ciclo académico 2024-2025.

Cómo se elige. Después del cierre, en vivo: por turnos en orden de mérito, en línea o en una mesa. Cada especialidad avanza por su cuenta. En su turno, cada persona elige entre los lugares que quedan. Quien no está, o no elige a tiempo, recibe la primera opción de su lista que tenga lugar.

Cómo se ordena. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo.

Resultados. El registro de la elección es público desde el primer turno, por folio. Cuando termina, se certifica y lo firman dos personas.
"""


def live_plan() -> CallPlan:
    """The call before it is a row; its criteria are those of the residency."""
    first = call_plans()[0]
    fields: dict[str, Any] = {
        **first.fields,
        "kind": CallKind.RESIDENCY,
        "title": "Residencias médicas 2024-2025, elección en vivo",
        "summary": "Treinta lugares en tres especialidades. Se elige en vivo, por turnos en orden de mérito.",
        "opens_at": at(1, 31, 9),
        "closes_at": at(2, 13, 18),
        "results_at": at(2, 20, 12),
        "list_rule": ListRule.FREE,
        "mechanism": Mechanism.LIVE,
        "rules_text": _RULES,
    }
    return CallPlan(
        code=LIVE,
        institution=first.institution,
        seed="ev24-demo-" + "9d03b7e1c58f624a" * 3,
        fields=fields,
        entries=[Entry("Elección en vivo", at(2, 14, 9), at(2, 14, 18), "miércoles 14 de febrero de 2024")],
    )


def live_posts(posts: Sequence[PostPlan]) -> list[PostPlan]:
    """A few sites of each specialty, from the posts of the first period, with keys and seats of their own."""
    chosen: defaultdict[str, list[PostPlan]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: (-one.seats, one.key)):
        if post.specialty in SPECIALTIES and len(chosen[post.specialty]) < SITES:
            chosen[post.specialty].append(post)
    return [replace(post, key=f"V{post.key}"[:20], seats=2) for name in SPECIALTIES for post in chosen[name]]


def live_stories(
    random: Random,
    people: Sequence[Person],
    numbers: Sequence[int],
    posts: Sequence[PostPlan],
    renata: Person,
) -> list[Story]:
    """How each application went: a third of the people in each specialty; Renata fifth in hers."""
    by_specialty = {name: [post.key for post in posts if post.specialty == name] for name in SPECIALTIES}
    opens, closes = at(1, 31, 10), at(2, 13, 18)
    stories = []
    for index, (person, number) in enumerate(zip([renata, *people], [_RENATA_NUMBER, *numbers], strict=True)):
        name = SPECIALTIES[index % len(SPECIALTIES)]
        ahead = 0 < index <= CHOSEN * len(SPECIALTIES) and name == SPECIALTIES[0]
        right = random.uniform(88, 95) if ahead else 87 if index == 0 else random.uniform(60, 86)
        wishes = tuple(random.sample(by_specialty[name], k=random.randint(2, SITES)))
        sent_at = moment(random.random(), opens, closes)
        merit = [f"{right:.3f}", str(random.randrange(60, 200)), f"{random.uniform(7.5, 9.9):.2f}"]
        stories.append(Story(person, number, name, merit, (wishes,), opens, sent_at))
    return stories


def hold(call: Call, manager: Any, *, now: datetime) -> int:
    """Prepare and start the session, and let everybody before Renata choose; return how many did. No use case itself."""
    actor = actor_for(manager)
    session = live.prepare_live(actor=actor, call=call, plan=PLAN, now=now - timedelta(hours=1))
    live.set_up_live(session_id=session.pk, read_clock=lambda: now - timedelta(hours=1))
    session.refresh_from_db()
    begun = now - timedelta(minutes=40)
    live.start_live(actor=actor, session=session, now=begun)
    done = 0
    for minute in range(1, 30):
        turns = LiveTurn.objects.filter(session=session, state=TurnState.OPEN).order_by("place")
        for turn in turns.exclude(application__person__user__email=RENATA)[: 1 + minute % 2]:
            if done >= 3 * CHOSEN:
                break
            when = begun + timedelta(minutes=minute)
            live.choose_at_desk(
                actor=actor, turn=turn, post=_free(turn), desk=1 + done % PLAN.desks, now=when
            )  # fmt: skip
            done += 1
    live.make_up_time(actor=Actor.system("demo"), session=session, away=timedelta(minutes=40), now=now)
    return done


def _free(turn: LiveTurn) -> int | None:
    left = turn.session.posts.filter(specialty_id=turn.specialty_id)
    free = {post for post, seats, taken in left.values_list("post_id", "seats", "taken") if taken < seats}
    return next((post for post in turn.posts if post in free), None)
