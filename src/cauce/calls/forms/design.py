"""How a call shares out its seats, as a manager sends it: one form for the rules, tables for posts and people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cauce.base import figures
from cauce.base.spreadsheets import csv_rows
from cauce.calls.forms.desk import Seen
from cauce.calls.models import Mechanism, PostOrders, RegionRule
from cauce.calls.rules.design import MOST_CLASSES, OPEN, Design, SeatsOf
from cauce.calls.rules.folio import read_folio
from cauce.calls.rules.standing import OwnOrder, Standing
from cauce.institutions.rules import fold

ORDERS = [
    ("serial", _("Un solo orden, el del mérito, para todas las plazas")),
    ("live", _("El del mérito, y cada persona elige en vivo cuando le toca su turno")),
    ("points", _("Cada plaza suma puntos al mérito de quien viene de ahí")),
    ("partner", _("El del mérito; en las plazas de un instituto socio, el de su propuesta")),
    ("imported", _("Cada plaza entrega su propia lista ordenada")),
]
ONE_ORDER = (Mechanism.SERIAL, Mechanism.LIVE)
BLANK_ROWS = 2
MOST_ROWS = 50_000
MOST_PROBLEMS = 100
_SHOWN = 60
R = TypeVar("R")


class DesignForm(Seen):
    """Fields of classes are ``class_<n>_label``, ``_key`` and ``_to``; caps are ``cap_<state>``."""

    mark_optional = False
    orders = forms.ChoiceField(choices=ORDERS, label=_("Qué orden usa cada plaza"), widget=forms.RadioSelect)
    points_site = forms.DecimalField(
        required=False, min_value=0, max_value=1000, max_digits=7, decimal_places=3,
        label=_("Puntos a quien viene de la misma sede"), help_text=_("Se suman al primer criterio del orden."),
    )  # fmt: skip
    points_state = forms.DecimalField(
        required=False, min_value=0, max_value=1000, max_digits=7, decimal_places=3,
        label=_("Puntos a quien viene del mismo estado"),
    )  # fmt: skip
    open_first = forms.ChoiceField(
        choices=[("last", _("Al final: los reservados se llenan antes")), ("first", _("Primero: quien entra por mérito no gasta un lugar reservado"))],
        label=_("Cuándo se llenan los lugares abiertos"), widget=forms.RadioSelect, required=False,
    )  # fmt: skip
    region_rule = forms.ChoiceField(
        choices=[
            (RegionRule.FLEXIBLE, _("Flexible: las plazas pasan de su objetivo mientras el estado no llegue a su tope")),
            (RegionRule.TARGET, _("Cortar: ninguna plaza pasa de su objetivo, aunque sobre tope")),
        ],
        label=_("Cómo se reparte el tope"), widget=forms.RadioSelect, required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, design: Design, states: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = min(len(design.groups) + BLANK_ROWS, MOST_CLASSES)
        turns = [
            (OPEN, _("pasan a ser abiertos")),
            ("", _("quedan vacíos")),
            *((one["key"], gettext("pasan a «%(label)s»") % one) for one in design.groups),
        ]
        for at in range(self.rows):
            number = at + 1
            self.fields[f"class_{at}_label"] = forms.CharField(
                required=False, max_length=60, label=gettext("Clase %(n)s, nombre") % {"n": number}
            )
            self.fields[f"class_{at}_key"] = forms.RegexField(
                r"^[a-z][a-z0-9_]*$", required=False, max_length=30, label=gettext("Clase %(n)s, clave") % {"n": number},
                error_messages={"invalid": _("Usar minúsculas sin acento, números y guion bajo, y empezar con letra.")},
            )  # fmt: skip
            self.fields[f"class_{at}_to"] = forms.ChoiceField(
                choices=turns,
                required=False,
                initial=OPEN,
                label=gettext("Clase %(n)s, los que sobren") % {"n": number},
            )
        self.states = states
        for key, name in states:
            self.fields[f"cap_{key}"] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=100_000,
                label=gettext("Tope de %(state)s") % {"state": name},
            )

    @staticmethod
    def initial_of(design: Design) -> dict[str, Any]:
        stable = design.mechanism == Mechanism.STABLE and design.post_orders != PostOrders.MERIT
        initial: dict[str, Any] = {
            "orders": design.post_orders
            if stable
            else "live"
            if design.mechanism == Mechanism.LIVE
            else "serial",
            "points_site": design.order_points.get("site"),
            "points_state": design.order_points.get("state"),
            "open_first": "first" if design.sequence and design.sequence[0]["key"] == OPEN else "last",
            "region_rule": design.region_rule,
            "seen": design.fingerprint,
        }
        for at, one in enumerate(design.groups):
            initial |= {
                f"class_{at}_label": one["label"],
                f"class_{at}_key": one["key"],
                f"class_{at}_to": one["reverts_to"],
            }
        return initial | {f"cap_{state}": cap for state, cap in design.caps().items()}

    @property
    def class_rows(self) -> list[tuple[int, Any, Any, Any]]:
        return [
            (at + 1, self[f"class_{at}_label"], self[f"class_{at}_key"], self[f"class_{at}_to"])
            for at in range(self.rows)
        ]

    @property
    def cap_rows(self) -> list[tuple[str, Any]]:
        return [(name, self[f"cap_{key}"]) for key, name in self.states]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for at in range(self.rows):
            label, key = data.get(f"class_{at}_label"), data.get(f"class_{at}_key")
            if key and not label:
                self.add_error(f"class_{at}_label", _("Falta el nombre de la clase."))
            if label and not key and f"class_{at}_key" not in self.errors:
                self.add_error(f"class_{at}_key", _("Falta la clave de la clase."))
        return data

    def values(self) -> Design:
        data = self.cleaned_data
        orders = data["orders"]
        classes = [
            {
                "key": data[f"class_{at}_key"],
                "label": data[f"class_{at}_label"],
                "reverts_to": data[f"class_{at}_to"],
            }
            for at in range(self.rows)
            if data.get(f"class_{at}_key")
        ]
        opened = {"key": OPEN, "label": "", "reverts_to": ""}
        if classes:
            classes = [opened, *classes] if data["open_first"] == "first" else [*classes, opened]
        points = {"site": data["points_site"], "state": data["points_state"]} if orders == "points" else {}
        return Design(
            mechanism=orders if orders in ONE_ORDER else Mechanism.STABLE,
            post_orders=PostOrders.MERIT if orders in ONE_ORDER else PostOrders(orders).value,
            order_points={name: f"{value.normalize():f}" for name, value in points.items() if value},
            seat_classes=classes,
            regions=[
                {"state": key, "cap": data[f"cap_{key}"]}
                for key, _name in self.states
                if data.get(f"cap_{key}") is not None
            ],
            region_rule=data["region_rule"] or RegionRule.FLEXIBLE,
        )


# ------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a cell: row as counted in the sheet (the head is row 1), column, what it holds, remedy."""

    row: int
    column: str
    value: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[R]):
    """What a table holds: values ready to save, or the problems that stop all of it."""

    rows: int
    values: tuple[R, ...]
    problems: tuple[Problem, ...]


class _Bad(Exception):
    """A cell that cannot be read; carries column, sentence and remedy."""


def read_seats(data: bytes | str, design: Design, seats: Mapping[str, int]) -> Reading[SeatsOf]:
    """Read the table of how posts share out their seats: ``clave``, ``objetivo``, ``mínimo``, one column per class."""
    columns: dict[str, tuple[str, ...]] = {"key": ("clave",), "target": ("objetivo",), "minimum": ("minimo",)}
    columns |= {f"class {one['key']}": (one["key"], fold(one["label"])) for one in design.groups}

    def read(row: Mapping[str, str]) -> SeatsOf:
        key = row.get("key", "")
        if key not in seats:
            raise _Bad(
                "key",
                gettext("Esta plaza no es de la convocatoria."),
                gettext("Copiar su clave de la tabla."),
            )
        most = seats[key]
        reserved = {one["key"]: _count(f"class {one['key']}", row, most) or 0 for one in design.groups}
        kept = {name: count for name, count in reserved.items() if count}
        if sum(kept.values()) > most:
            facts = {"kept": figures.number(sum(kept.values())), "seats": figures.number(most)}
            raise _Bad(
                "key",
                gettext("Reserva %(kept)s lugares y tiene %(seats)s.") % facts,
                gettext("Bajar los reservados."),
            )
        return SeatsOf(key, kept, _count("target", row, most), _count("minimum", row, most) or 0)

    return _read(data, columns, ("key",), read, lambda one: one.key)


def read_standings(
    data: bytes | str, design: Design, states: Mapping[str, str], sites: Mapping[str, int]
) -> Reading[Standing]:
    """Read who belongs to which groups: ``folio``, ``grupos``, ``estado`` and ``clues``, the last two as origin."""
    columns = {
        "folio": ("folio",),
        "groups": ("grupos", "grupo"),
        "state": ("estado", "entidad"),
        "site": ("clues",),
    }
    known = {fold(name): one["key"] for one in design.groups for name in (one["key"], one["label"])}

    def read(row: Mapping[str, str]) -> Standing:
        groups = []
        for name in filter(
            None, (part.strip() for part in row.get("groups", "").replace(";", ",").split(","))
        ):
            if fold(name) not in known:
                raise _Bad(
                    "groups", gettext("Este grupo no es de la convocatoria."),
                    gettext("Usar uno de: %(known)s.") % {"known": ", ".join(one["key"] for one in design.groups)},
                )  # fmt: skip
            groups.append(known[fold(name)])
        state, clues = fold(row.get("state", "")), row.get("site", "").upper()
        if state and state not in states:
            raise _Bad(
                "state",
                gettext("Este estado no existe."),
                gettext("Escribir su nombre o su clave de dos cifras."),
            )
        if clues and clues not in sites:
            raise _Bad(
                "site",
                gettext("Ninguna sede del catálogo tiene esta CLUES."),
                gettext("Revisarla o dejarla vacía."),
            )
        return Standing(_folio(row), tuple(sorted(set(groups))), states.get(state, ""), sites.get(clues))

    return _read(data, columns, ("folio",), read, lambda one: one.folio)


def read_orders(data: bytes | str) -> Reading[OwnOrder]:
    """Read the posts' own orders: ``clave``, ``lugar`` and ``folio``; the same place twice at a post is a tie."""
    columns = {"key": ("clave", "plaza"), "place": ("lugar", "posicion"), "folio": ("folio",)}

    def read(row: Mapping[str, str]) -> tuple[str, int, str]:
        place = _count("place", row, MOST_ROWS)
        if not place:
            raise _Bad(
                "place",
                gettext("Falta el lugar en el orden."),
                gettext("Escribir 1 para la primera persona."),
            )
        return row.get("key", ""), place, _folio(row)

    rows = _read(data, columns, ("key", "place", "folio"), read, lambda one: f"{one[0]} {one[2]}")
    tiers: dict[str, dict[int, list[str]]] = {}
    for key, place, folio in rows.values:
        tiers.setdefault(key, {}).setdefault(place, []).append(folio)
    return Reading(
        rows.rows,
        tuple(
            OwnOrder(key, tuple(tuple(sorted(found[place])) for place in sorted(found)))
            for key, found in tiers.items()
        ),
        rows.problems,
    )


def _folio(row: Mapping[str, str]) -> str:
    found = read_folio(row.get("folio", ""))
    if found is None:
        raise _Bad(
            "folio",
            gettext("No es un folio, o su último dígito no corresponde."),
            gettext("Copiarlo de la lista de solicitudes."),
        )
    return found


def _count(column: str, row: Mapping[str, str], most: int) -> int | None:
    text = row.get(column, "").replace(",", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) <= most):
        facts = {"most": figures.number(most)}
        raise _Bad(
            column,
            gettext("No es un número entero de 0 a %(most)s.") % facts,
            gettext("Escribirlo con números."),
        )
    return int(text)


def _read(
    data: bytes | str,
    columns: Mapping[str, Sequence[str]],
    needed: Iterable[str],
    read: Callable[[Mapping[str, str]], R],
    identity: Callable[[R], str],
) -> Reading[R]:
    """Read every row, or tell what is wrong with each; any problem means no values."""
    text, fault = _text(data)
    if fault:
        return Reading(0, (), (fault,))
    lines = [line for line in text.splitlines() if line.strip()]
    rows = csv_rows(lines, delimiter=max("\t;,", key=lines[0].count)) if lines else []
    if len(rows) < 2 or len(rows) > MOST_ROWS:
        sentence = (
            gettext("La tabla no tiene filas.")
            if len(rows) < 2
            else gettext("La tabla tiene demasiadas filas.")
        )
        return Reading(
            0, (), (Problem(1, "", "", sentence, gettext("Pegarla con su encabezado y sus filas.")),)
        )
    names = {alias: name for name, aliases in columns.items() for alias in aliases}
    places = {names[fold(cell)]: at for at, cell in enumerate(rows[0]) if fold(cell) in names}
    problems = [
        Problem(1, columns[name][0], "", gettext("Falta esta columna."), gettext("Agregarla al encabezado."))
        for name in needed
        if name not in places
    ]
    values: list[R] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows[1:] if not problems else [], start=2):
        row = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
        try:
            value = read(row)
        except _Bad as bad:
            column, sentence, remedy = bad.args
            problems.append(
                Problem(number, columns[column][0], row.get(column, "")[:_SHOWN], sentence, remedy)
            )
            continue
        first = seen.setdefault(identity(value), number)
        if first != number:
            said = gettext("Está también en la fila %(row)s.") % {"row": first}
            problems.append(Problem(number, "", identity(value)[:_SHOWN], said, gettext("Dejar una sola.")))
        values.append(value)
        if len(problems) >= MOST_PROBLEMS:
            break
    return Reading(len(rows) - 1, () if problems else tuple(values), tuple(problems))


def _text(data: bytes | str) -> tuple[str, Problem | None]:
    text = data if isinstance(data, str) else ""
    if isinstance(data, bytes):
        if data[:2] == b"PK":
            return "", Problem(
                1, "", "", gettext("Es un libro de cálculo, no un CSV."), gettext("Guardarlo como CSV, o copiar y pegar las celdas.")
            )  # fmt: skip
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        return "", Problem(1, "", "", gettext("No es un archivo de texto."), gettext("Guardarlo como CSV."))
    return text.removeprefix("\ufeff"), None
