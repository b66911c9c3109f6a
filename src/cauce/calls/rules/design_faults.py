"""What is wrong with how a call shares out its seats. Pure: looks at the snapshot of the call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.calls.models import Mechanism, PostOrders, RegionRule
from cauce.calls.rules.design import OPEN, Design, design_problem
from cauce.calls.rules.freezing import PostFacts, Snapshot


@dataclass(frozen=True, slots=True)
class Fault:
    """One contradiction, with where it is and what to do."""

    code: str
    about: str
    place: str
    sentence: str
    remedy: str
    blocks: bool = True


def design_faults(call: Snapshot) -> Iterator[Fault]:
    """Yield what contradicts itself in mechanism, classes and regions, and what would change nothing."""
    design = call.design
    if problem := design_problem(design):
        yield Fault("design", problem, _("Cómo se asigna"), problem, _("Corregir la tabla de clases."))
    yield from _orders(call, design)
    yield from _live(call, design)
    yield from _classes(call, design)
    yield from _regions(call, design)


def _orders(call: Snapshot, design: Design) -> Iterator[Fault]:
    place = _("Orden de cada plaza")
    if design.mechanism != Mechanism.STABLE:
        return
    if design.post_orders == PostOrders.MERIT:
        yield Fault(
            "orders-all-alike", "", place,
            _("Cada plaza tendría su orden, pero todos serían el del mérito: da lo mismo que por orden de mérito."),
            _("Elegir puntos o listas de las plazas, o volver al orden de mérito."), blocks=False,
        )  # fmt: skip
    elif design.post_orders == PostOrders.IMPORTED:
        yield Fault(
            "orders-to-load", "", place,
            _("Las plazas entregan su orden después del cierre: sin todas sus listas no se puede asignar."),
            _("Tener acordado quién las entrega y cuándo."), blocks=False,
        )  # fmt: skip
    elif design.post_orders == PostOrders.PARTNER:
        if not any(
            post.institution == partner.institution for post in call.posts for partner in call.partners
        ):
            yield Fault(
                "partner-order-of-nothing", "", place,
                _("Se usaría el orden de un instituto socio en sus plazas, y ninguna plaza es de uno."),
                _("Agregar sus plazas, o volver al orden de mérito."),
            )  # fmt: skip
    elif not call.score_criteria:
        yield Fault(
            "points-without-merit", "", place,
            _("Los puntos se suman al primer criterio del orden, y no hay ninguno."),
            _("Agregar un criterio en Orden y desempates."),
        )  # fmt: skip
    elif not any(Decimal(value or 0) for value in design.order_points.values()):
        yield Fault(
            "points-of-nothing", "", place, _("No se da ningún punto: todas las plazas tendrían el mismo orden."),
            _("Escribir los puntos, o volver al orden de mérito."),
        )  # fmt: skip


def _live(call: Snapshot, design: Design) -> Iterator[Fault]:
    shared = design.seat_classes or design.regions or any(post.minimum for post in call.posts)
    if design.mechanism == Mechanism.LIVE and shared:
        yield Fault(
            "live-with-shares", "", _("Cómo se asigna"),
            _("En la elección en vivo todos los lugares son abiertos: no admite clases, topes por estado ni mínimos."),
            _("Quitarlos, o asignar por orden de mérito sin elección en vivo."),
        )  # fmt: skip


def _classes(call: Snapshot, design: Design) -> Iterator[Fault]:
    known = {one["key"] for one in design.groups}
    kept: Counter[str] = Counter()
    for post in call.posts:
        kept.update(post.reserved)
        yield from _reserved(post, known)
    for one in design.groups:
        place = _("Clase «%(label)s»") % {"label": one["label"] or one["key"]}
        if not kept[one["key"]]:
            yield Fault(
                "class-without-seats", one["key"], place,
                _("Ninguna plaza le guarda lugares: nadie podría usarla."),
                _("Guardarle lugares en la tabla de lugares, o quitarla."),
            )  # fmt: skip
        elif not one["reverts_to"]:
            yield Fault(
                "class-stays-empty", one["key"], place,
                _("Si nadie de ese grupo los pide, sus %(seats)s lugares quedan vacíos aunque haga falta gente.")
                % {"seats": figures.number(kept[one["key"]])},
                _("Decir a qué clase pasan los que sobren, o confirmar que es lo que se quiere."), blocks=False,
            )  # fmt: skip


def _reserved(post: PostFacts, known: set[str]) -> Iterator[Fault]:
    place = _("Plaza %(key)s") % {"key": post.key}
    total = sum(post.reserved.values())
    if total > post.seats:
        yield Fault(
            "reserved-beyond-seats", post.key, place,
            _("Reserva %(kept)s lugares, pero tiene %(seats)s.")
            % {"kept": figures.number(total), "seats": figures.number(post.seats)},
            _("Bajar los reservados o subir los lugares."),
        )  # fmt: skip
    for key in sorted(set(post.reserved) - known - {OPEN}):
        yield Fault(
            "reserved-for-unknown-class", f"{post.key}|{key}", place,
            _("Reserva lugares a la clase «%(key)s», que no existe.") % {"key": key},
            _("Agregar la clase o quitarle esos lugares."),
        )  # fmt: skip


def _regions(call: Snapshot, design: Design) -> Iterator[Fault]:
    by_state: defaultdict[str, list[PostFacts]] = defaultdict(list)
    for post in call.posts:
        by_state[post.state].append(post)
    names = dict(call.states)
    caps = design.caps()
    for state, cap in sorted(caps.items()):
        posts = by_state.get(state, [])
        place = _("Tope de %(state)s") % {"state": names.get(state, state)}
        yield from _cap(state, cap, posts, place, cut=design.region_rule == RegionRule.TARGET)
    for post in call.posts:
        if post.target is not None and post.state not in caps:
            yield Fault(
                "target-without-cap", post.key, _("Plaza %(key)s") % {"key": post.key},
                _("Tiene objetivo, pero su estado no tiene tope: el objetivo no hace nada."),
                _("Poner el tope del estado o quitar el objetivo."), blocks=False,
            )  # fmt: skip


def _cap(state: str, cap: int, posts: list[PostFacts], place: str, *, cut: bool) -> Iterator[Fault]:
    seats = sum(post.seats for post in posts)
    least = sum(post.minimum for post in posts)
    kept = sum(sum(post.reserved.values()) for post in posts)
    facts = {name: figures.number(value) for name, value in
             (("cap", cap), ("least", least), ("kept", kept), ("seats", seats))}  # fmt: skip
    if not posts:
        yield Fault(
            "cap-without-posts", state, place, _("No hay plazas en ese estado."), _("Quitar el tope."),
            blocks=False,
        )  # fmt: skip
        return
    if cap < least:
        yield Fault(
            "cap-below-minima", state, place,
            _("El tope, %(cap)s, es menor que los mínimos de sus plazas, %(least)s en total.") % facts,
            _("Subir el tope o bajar los mínimos."),
        )  # fmt: skip
    if cap < kept:
        yield Fault(
            "cap-below-reserved", state, place,
            _("El tope, %(cap)s, es menor que los lugares que sus plazas reservan, %(kept)s en total.") % facts,
            _("Subir el tope o reservar menos."),
        )  # fmt: skip
    if cap >= seats:
        yield Fault(
            "cap-limits-nothing", state, place,
            _("El tope, %(cap)s, no es menor que los lugares del estado, %(seats)s: no limita nada.") % facts,
            _("Bajarlo o quitarlo."), blocks=False,
        )  # fmt: skip
    for post in posts:
        target = post.target or 0
        if cut and post.minimum > target:
            yield Fault(
                "minimum-above-target", post.key, _("Plaza %(key)s") % {"key": post.key},
                _("Su mínimo, %(least)s, es mayor que su objetivo, %(target)s, al que se corta.")
                % {"least": figures.number(post.minimum), "target": figures.number(target)},
                _("Subir el objetivo o bajar el mínimo."),
            )  # fmt: skip
    if cut and not any(post.target for post in posts):
        yield Fault(
            "cut-to-nothing", state, place,
            _("Se cortaría a los objetivos, y ninguna plaza del estado tiene: nadie entraría."),
            _("Escribir los objetivos o usar la regla flexible."),
        )  # fmt: skip
