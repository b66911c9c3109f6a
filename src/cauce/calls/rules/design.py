"""How a call shares out its seats: mechanism, posts' orders, classes of seats, regions. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.calls.models import Mechanism, PostOrders, RegionRule
from cauce.calls.rules.drafting import Part

OPEN = "open"
MOST_CLASSES = 6
MOST_POINTS = Decimal(1000)
CLASS_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass(frozen=True, slots=True)
class Design(Part):
    """The part of a call that says who gets a seat, named as the fields of its model.

    ``order_points``: ``{"site": "2", "state": "1.5"}``, added to the first
    criterion for who comes from the post's site and state. ``seat_classes``, in
    the sequence in which they are filled: ``[{"key", "label", "reverts_to"}]``,
    the open class among them as ``"open"`` (last where it is not named);
    ``reverts_to`` is a key or "" for seats that stay empty. ``regions``:
    ``[{"state", "cap"}]``.
    """

    mechanism: str = Mechanism.SERIAL
    post_orders: str = PostOrders.MERIT
    order_points: dict[str, str] = field(default_factory=dict)
    seat_classes: list[dict[str, str]] = field(default_factory=list)
    regions: list[dict[str, Any]] = field(default_factory=list)
    region_rule: str = RegionRule.FLEXIBLE

    @property
    def has_own_orders(self) -> bool:
        return self.mechanism == Mechanism.STABLE and self.post_orders != PostOrders.MERIT

    @property
    def is_plain(self) -> bool:
        """Whether one order of merit and plain seats decide everything."""
        return not (self.has_own_orders or self.seat_classes or self.regions)

    @property
    def sequence(self) -> list[dict[str, str]]:
        """The classes as they are filled, the open one always among them; none without classes."""
        if not self.seat_classes or any(one["key"] == OPEN for one in self.seat_classes):
            return self.seat_classes
        return [*self.seat_classes, {"key": OPEN, "label": "", "reverts_to": ""}]

    @property
    def groups(self) -> list[dict[str, str]]:
        """The classes that are kept for a group."""
        return [one for one in self.seat_classes if one["key"] != OPEN]

    def label_of(self, key: str) -> str:
        found = next((one["label"] for one in self.seat_classes if one["key"] == key), "")
        return found if key != OPEN and found else _("Lugares abiertos") if key == OPEN else key

    def caps(self) -> dict[str, int]:
        return {one["state"]: one["cap"] for one in self.regions}

    def points(self, *, from_site: bool, from_state: bool) -> Decimal:
        """What a post's own order adds to the first criterion of somebody."""
        added = Decimal(0)
        if self.mechanism == Mechanism.STABLE and self.post_orders == PostOrders.POINTS:
            added += Decimal(self.order_points.get("site") or 0) if from_site else 0
            added += Decimal(self.order_points.get("state") or 0) if from_state else 0
        return added

    def document(self) -> dict[str, Any]:
        """The design as it is frozen."""
        return {
            "mechanism": self.mechanism,
            "post_orders": self.post_orders,
            "order_points": dict(sorted(self.order_points.items())),
            "seat_classes": [dict(sorted(one.items())) for one in self.sequence],
            "regions": sorted(self.regions, key=lambda one: one["state"]),
            "region_rule": self.region_rule if self.regions else None,
        }


@dataclass(frozen=True, slots=True)
class SeatsOf:
    """How the seats of one post are shared out: those kept by class, and what its region owes it."""

    key: str
    reserved: dict[str, int]
    target: int | None = None
    minimum: int = 0


def classes_of(design: Design, seats: int, reserved: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """Return the classes of one post as (key, seats, reverts to), open ones being what is left; empty without any."""
    if not any(reserved.values()):
        return []
    kept = {key: count for key, count in reserved.items() if count}
    left = seats - sum(kept.values())
    named = {*kept, OPEN}
    return [
        (one["key"], left if one["key"] == OPEN else kept[one["key"]], one["reverts_to"])
        for one in _with_targets(design.sequence, named)
        if one["key"] in named
    ]


def _with_targets(sequence: Sequence[dict[str, str]], named: Collection[str]) -> Iterable[dict[str, str]]:
    """The classes of a post; one that would turn into a class which the post lacks turns into what that one turns into."""
    turns = {one["key"]: one["reverts_to"] for one in sequence}
    for one in sequence:
        to, seen = one["reverts_to"], {one["key"]}
        while to and to not in named and to not in seen:
            seen.add(to)
            to = turns.get(to, "")
        yield {**one, "reverts_to": to}


def design_problem(design: Design) -> str:
    """Say what contradicts itself in the classes or the points, or nothing."""
    keys = [one["key"] for one in design.seat_classes]
    if len(design.groups) > MOST_CLASSES:
        return _("Hay %(count)s clases; el máximo es %(most)s.") % {
            "count": len(design.groups),
            "most": MOST_CLASSES,
        }
    for one in design.groups:
        if not CLASS_KEY.fullmatch(one["key"]):
            return _("La clave «%(key)s» no sirve: minúsculas sin acento, números y guion bajo.") % one
        if not one["label"].strip():
            return _("A la clase «%(key)s» le falta el nombre.") % one
        if keys.count(one["key"]) > 1:
            return _("La clave «%(key)s» está repetida.") % one
    for one in design.seat_classes:
        if one["reverts_to"] and one["reverts_to"] not in {*keys, OPEN}:
            return _("La clase «%(key)s» pasa a «%(reverts_to)s», que no existe.") % one
        if _turns_round(design, one["key"]):
            return _("Los lugares de «%(key)s» volverían a ella misma.") % one
    for value in design.order_points.values():
        if problem := _points_problem(value):
            return problem
    return ""


def _turns_round(design: Design, key: str) -> bool:
    turns = {one["key"]: one["reverts_to"] for one in design.seat_classes}
    at, seen = turns.get(key, ""), set()
    while at and at not in seen:
        if at == key:
            return True
        seen.add(at)
        at = turns.get(at, "")
    return False


def _points_problem(text: str) -> str:
    try:
        value = Decimal(text or "0")
    except InvalidOperation:
        return _("Los puntos deben ser un número.")
    if not value.is_finite() or not 0 <= value <= MOST_POINTS:
        return _("Los puntos van de 0 a %(most)s.") % {"most": figures.number(int(MOST_POINTS))}
    return ""


def sentences(design: Design, states: Mapping[str, str]) -> list[str]:
    """Say in plain words who gets a seat, one sentence after another, for anybody. ``states`` are names by key."""
    said = [_order_words(design)]
    if design.groups:
        filled = ", ".join(design.label_of(one["key"]) for one in design.sequence)
        said.append(_("Los lugares reservados se llenan en este orden: %(filled)s.") % {"filled": filled})
        said += [_class_words(design, one) for one in design.groups]
    if design.regions:
        caps = ", ".join(
            _("%(state)s, hasta %(cap)s")
            % {"state": states.get(one["state"], one["state"]), "cap": figures.number(one["cap"])}
            for one in design.regions
        )
        said.append(_("Hay un tope de lugares por estado: %(caps)s.") % {"caps": caps})
        said.append(
            _(
                "Dentro de un estado, cada plaza recibe primero hasta su objetivo, por turnos; después se sigue "
                "repartiendo mientras el estado no llegue a su tope."
            )
            if design.region_rule == RegionRule.FLEXIBLE
            else _("Ninguna plaza de esos estados pasa de su objetivo.")
        )
    return said


def _order_words(design: Design) -> str:
    if design.mechanism == Mechanism.LIVE:
        return _(
            "Se elige en vivo, por turnos en orden de mérito, de mayor a menor, en cada especialidad. En tu turno eliges "
            "entre los lugares que quedan; si no estás o se acaba tu tiempo, recibes la primera opción de tu lista que "
            "aún tenga lugar."
        )
    if not design.has_own_orders:
        return _(
            "Se asigna por orden de mérito, de mayor a menor. En tu turno recibes la primera opción de tu lista "
            "que aún tenga lugar."
        )
    if design.post_orders == PostOrders.PARTNER:
        return _(
            "Se asigna por orden de mérito; en las plazas propias de un instituto socio, por el orden de preferencia de "
            "su propuesta firmada. Recibes la primera opción de tu lista que no se llene con personas que van antes que "
            "tú en esa plaza."
        )
    if design.post_orders == PostOrders.IMPORTED:
        return _(
            "Cada plaza tiene su propio orden de personas, que su institución entrega después del cierre. Recibes la "
            "primera opción de tu lista que no se llene con personas que van antes que tú en esa plaza."
        )
    parts = [
        words % {"points": figures.number(Decimal(design.order_points[name]))}
        for name, words in (
            ("site", _("%(points)s puntos a quien viene de esa misma sede")),
            ("state", _("%(points)s puntos a quien viene de ese estado")),
        )
        if Decimal(design.order_points.get(name) or 0)
    ]
    return _(
        "Cada plaza ordena a quienes la piden por mérito, y suma %(points)s. Recibes la primera opción de tu lista "
        "que no se llene con personas que van antes que tú en esa plaza."
    ) % {"points": _(" y ").join(parts)}


def _class_words(design: Design, one: dict[str, str]) -> str:
    facts = {"label": one["label"], "to": design.label_of(one["reverts_to"]) if one["reverts_to"] else ""}
    if one["reverts_to"]:
        return _("Los lugares de «%(label)s» que sobren pasan a «%(to)s».") % facts
    return _("Los lugares de «%(label)s» que sobren quedan vacíos.") % facts
