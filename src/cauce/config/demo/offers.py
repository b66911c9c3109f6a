"""A small call of the demo whose places are being offered: everybody has answered but Itzel, who has until tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from cauce.accounts.models import Person, User
from cauce.accounts.queries import actor_for
from cauce.allocation import operations, queries
from cauce.allocation.models import (
    DeclineReason,
    Offer,
    OfferState,
    Release,
    ReleaseState,
    Run,
    RunState,
    Treatment,
)
from cauce.allocation.operations import privacy
from cauce.allocation.operations.offers import ACCEPT, DECLINE
from cauce.base.actors import Actor
from cauce.calls.models import Call, CallKind, ListRule
from cauce.config.demo.applications import Story
from cauce.config.demo.calls import AFTERMATH, CallPlan, Entry, at, call_plans, moment
from cauce.config.demo.posts import PostPlan

OFFERS = "RA24"
ITZEL = "itzel@demo.cauce.example"
PUBLISHED_AT = at(1, 5, 12)
RESULTS_AT = at(1, 23, 12)
STARTS_ON = date(2024, 3, 1)
PEOPLE = 9
SPECIALTY = "pediatria"
SITES = 3  # two seats each
_ITZEL_NUMBER = 330_415
_ITZEL_PLACE = 2  # nobody but the first two chooses before her: her first option is full
_CLOSED, _DEFINITIVE = at(1, 19, 18), at(1, 29, 10)

_GROUNDS = (
    "Texto de ejemplo. Las reglas de la convocatoria dicen que los resultados se publican por folio, sin nombres; sin "
    "puntajes ni listas nadie podría comprobarlos. Se avisa antes a quienes se distinguen."
)
_RULES = """\
Texto de ejemplo para la demostración. No sustituye a ninguna convocatoria.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023 en pediatría y no tienen sede.

Qué se ofrece. Seis lugares adicionales para el ciclo académico 2024-2025.

Cómo se elige. Cada persona ordena las sedes que quiera. Se puede cambiar y volver a enviar hasta el cierre; cuenta el último envío.

Cómo se asigna. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo.

Resultados e inconformidades. Los resultados se publican por folio, sin nombres. Quien no esté conforme tiene tres días hábiles para pedir que se revise su caso.

Ofertas. Con la lista definitiva, cada lugar se ofrece con un documento firmado y un plazo para responder. Lo que se rechaza se vuelve a ofrecer en otra ronda.
"""


def offers_plan() -> CallPlan:
    """The call before it is a row; its criteria are those of the residency."""
    first = call_plans()[0]
    fields: dict[str, Any] = {
        **first.fields,
        "kind": CallKind.RESIDENCY,
        "title": "Residencias médicas 2024-2025, lugares adicionales de pediatría",
        "summary": "Seis lugares más en tres hospitales. Ya se ofrecieron; lo que se rechaza se vuelve a ofrecer.",
        "opens_at": at(1, 8, 9),
        "closes_at": _CLOSED,
        "results_at": RESULTS_AT,
        "list_rule": ListRule.FREE,
        "aftermath": asdict(AFTERMATH),
        "rules_text": _RULES,
    }
    return CallPlan(
        code=OFFERS,
        institution=first.institution,
        seed="ra24-demo-" + "61c8f20e97bd435a" * 3,
        fields=fields,
        entries=[Entry("Resultados por folio", RESULTS_AT, None, "martes 23 de enero de 2024, 12:00 horas")],
    )


def offers_posts(posts: Sequence[PostPlan]) -> list[PostPlan]:
    """A few sites, from the posts of the first period, with keys and seats of their own."""
    chosen = sorted(
        (one for one in posts if one.specialty == SPECIALTY), key=lambda one: (-one.seats, one.key)
    )
    return [replace(post, key=f"A{post.key}"[:20], seats=2) for post in chosen[:SITES]]


def offers_stories(
    random: Random, people: Sequence[Person], numbers: Sequence[int], posts: Sequence[PostPlan], itzel: Person
) -> list[Story]:
    """How each application went: all want the sites in the same order, and Itzel comes third."""
    wishes = tuple(post.key for post in posts)
    everybody = list(zip(people, numbers, strict=True))
    everybody.insert(_ITZEL_PLACE, (itzel, _ITZEL_NUMBER))
    stories = []
    for place, (person, number) in enumerate(everybody):
        merit = [
            f"{94 - 2.5 * place - random.random():.3f}",
            str(180 - 7 * place),
            f"{random.uniform(7.9, 9.8):.2f}",
        ]
        sent_at = moment(random.random(), at(1, 8, 12), _CLOSED)
        stories.append(Story(person, number, SPECIALTY, merit, (wishes,), at(1, 8, 10), sent_at))
    return stories


def offer_places(call: Call, manager: User, second: User, officer: User, *, now: datetime) -> int:
    """Take the call from its run to a first round, answered by all but Itzel; return how many offers. No use case itself."""
    first, other = actor_for(manager), actor_for(second)
    if not Release.objects.filter(call=call).exists():
        _publish(call, first, other, actor_for(officer))
    begun = now - timedelta(hours=17)
    if not Release.objects.filter(call=call, kind="definitive", state=ReleaseState.PUBLIC).exists():
        listed = operations.propose_list(actor=first, call=call, now=_DEFINITIVE)
        operations.confirm_release(
            actor=other, release=listed, digest=listed.digest, now=_DEFINITIVE + timedelta(hours=1)
        )
    release = Release.objects.filter(call=call, kind="round", state=ReleaseState.PUBLIC).first()
    if release is None:
        starts_on = max(STARTS_ON, (now + timedelta(days=15)).date())
        release = operations.propose_round(
            actor=first, call=call, starts_on=starts_on, now=begun - timedelta(hours=1)
        )
        operations.confirm_release(actor=other, release=release, digest=release.digest, now=begun)
    operations.issue_everything(release_id=release.pk, task_id=str(uuid4()), read_clock=lambda: begun)
    _answer(release, now=now)
    return Offer.objects.filter(release=release).count()


def _publish(call: Call, first: Actor, other: Actor, officer: Actor) -> None:
    run = operations.request_run(actor=first, call=call, after=0, now=_CLOSED + timedelta(hours=16))
    operations.execute(
        run_id=run.pk, task_id=str(run.task_id), read_clock=lambda: _CLOSED + timedelta(hours=16)
    )
    run = Run.objects.get(pk=run.pk)
    if run.state == RunState.CERTIFIED:
        for hours, actor in enumerate((first, other), 17):
            operations.sign(
                actor=actor, run=run, digest=run.answer_digest, now=_CLOSED + timedelta(hours=hours)
            )
        privacy.decide_package(
            actor=officer, run=run, exposure=queries.exposure_of(run), treatment=Treatment.PUBLISH,
            grounds=_GROUNDS, now=_CLOSED + timedelta(hours=19),
        )  # fmt: skip
        operations.publish(actor=first, run=run, now=RESULTS_AT)


def _answer(release: Release, *, now: datetime) -> None:
    """The first one declines what Itzel prefers, the last one too; the others accept."""
    offers = Offer.objects.filter(release=release, state=OfferState.ISSUED).exclude(
        application__person__user__email=ITZEL
    )
    rows = list(offers.select_related("application").defer("document"))
    for number, offer in enumerate(sorted(rows, key=lambda one: -float(one.application.merit[0]))):
        declines = number in (0, len(rows) - 1)
        operations.answer_offer(
            actor=Actor("system:demo", person_id=offer.application.person_id),
            offer=offer,
            answer=DECLINE if declines else ACCEPT,
            reason=(DeclineReason.DISTANCE if number else DeclineReason.HOUSING) if declines else "",
            now=now - timedelta(hours=3, minutes=-11 * number),
        )
