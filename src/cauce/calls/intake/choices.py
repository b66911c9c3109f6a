"""The choices of applicants as files bring them: side by side in one row, or each in a row of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cauce.base import figures
from cauce.base.imports import Bad, Column, Record, Sheet
from cauce.base.phrases import phrase as _
from cauce.base.reading import plain
from cauce.calls.queries.applicants import FilingLookup
from cauce.calls.rules.application import PostFact
from cauce.calls.rules.filing import Identity

MOST_COLUMNS = 250
_SPARE = 10  # columns beyond the limit that are read, so that the rows which use them are named
_NUMBERED = re.compile(r"(opcion|choice) \d+")
Wish = tuple[str, Record, PostFact | None]
Entry = tuple[Record, Identity, list[PostFact]]
Identify = Callable[[Sheet, Record], Identity | None]


def choice_columns(lookup: FilingLookup) -> list[Column]:
    """The columns of both shapes; which of them a file has, ``has_choices`` looks at."""
    wide = min(max(lookup.most_choices, 1) + _SPARE, MOST_COLUMNS)
    post = _post(lookup)
    return [
        *(
            Column(_wide(at), (f"Opción {at}", f"choice {at}"), post, needed=False, memo=True, listed=at == 1)
            for at in range(1, wide + 1)
        ),
        Column("rank", ("Opción", "número de opción", "prioridad", "rank"), _rank, needed=False, memo=True, listed=False),
        Column("post", ("Plaza", "clave de la plaza", "clave", "post"), post, needed=False, memo=True, listed=False),
    ]  # fmt: skip


def _wide(at: int) -> str:
    return f"choice_{at}"


def has_choices(sheet: Sheet, lookup: FilingLookup) -> bool:
    """Whether the head has the columns of one shape; if of neither, of both, or with more than any list, that is told."""
    table = sheet.table
    if table is None or table.missing or not table.places:
        return False
    before = sheet.report.faults
    is_wide, is_long = _wide(1) in table.places, {"rank", "post"} <= table.places.keys()
    if not (is_wide or is_long):
        sheet.whole(
            _("Falta decir las plazas."),
            _("Agregar Opción 1, Opción 2…; o las columnas Opción y Plaza, con una fila por cada plaza."),
            row=table.head_row, column="Opción 1",
        )  # fmt: skip
    elif is_wide and ({"rank", "post"} & table.places.keys()):
        sheet.whole(
            _("Las plazas vienen de las dos formas: en columnas numeradas y en filas."),
            _("Dejar una de las dos."), row=table.head_row, column="Plaza",
        )  # fmt: skip
    for name in table.unknown:
        if _NUMBERED.fullmatch(plain(name)):
            sheet.whole(
                _("Aquí ninguna lista llega a tantas opciones: el máximo es %(most)s.")
                % {"most": figures.number(lookup.most_choices)},
                _("Quitar la columna."), row=table.head_row, column=name,
            )  # fmt: skip
    return sheet.report.faults == before


def folded(sheet: Sheet, lookup: FilingLookup, identify: Identify) -> Iterator[Entry]:
    """Yield each person's first row with the identity and the posts, best first; faults are told.

    A person whose rows are at fault is left out, unless only the record is no longer good.
    """
    is_long = sheet.table is not None and "post" in sheet.table.places
    gathered = _by_person if is_long else _by_row
    for record, identity, wishes in gathered(sheet, identify):
        posts = _checked(sheet, lookup, record, wishes)
        if posts is not None:
            yield record, identity, posts


def _by_row(sheet: Sheet, identify: Identify) -> Iterator[tuple[Record, Identity, list[Wish]]]:
    places = sheet.table.places if sheet.table else {}
    keys = [key for key in (_wide(at) for at in range(1, MOST_COLUMNS + 1)) if key in places]
    seen: dict[Identity, int] = {}
    for record in sheet.records:
        identity = identify(sheet, record)
        if identity is None:
            continue
        first = seen.setdefault(identity, record.row)
        if first != record.row:
            _tell_twice(sheet, record, identity, first)
            continue
        if all(key in record.values for key in keys):
            yield record, identity, [(key, record, record.values[key]) for key in keys]


def _tell_twice(sheet: Sheet, record: Record, identity: Identity, first: int) -> None:
    key = "curp" if identity.kind == "curp" else "number"
    record.raw.setdefault(key, identity.number)
    facts = {"one": figures.number(first), "other": figures.number(record.row)}
    sheet.fault(
        record, key, _("La misma persona está en las filas %(one)s y %(other)s.") % facts,
        _("Dejar la que diga lo mismo que el papel."),
    )  # fmt: skip


def _by_person(sheet: Sheet, identify: Identify) -> Iterator[tuple[Record, Identity, list[Wish]]]:
    """Gather the rows of each person; what is not a choice must be the same in all that say it."""
    rows: dict[Identity, list[Record]] = {}
    broken: set[Identity] = set()
    for record in sheet.records:
        identity = identify(sheet, record)
        if identity is None:
            continue
        rows.setdefault(identity, []).append(record)
        if not {"rank", "post"} <= record.values.keys():
            broken.add(identity)
    for identity, found in rows.items():
        first = found[0]
        for other in found[1:]:
            _tell_differing(sheet, first, other)
        if all(record.is_good for record in found) and identity not in broken:
            if ranked := _ranked(sheet, found):
                yield first, identity, ranked
        else:
            first.is_good = False


def _tell_differing(sheet: Sheet, first: Record, other: Record) -> None:
    for key, value in other.values.items():
        mine = first.values.get(key)
        if key not in ("rank", "post") and value and mine is not None and _meant(value) != _meant(mine):
            other.raw.setdefault(key, _written(value))
            sheet.fault(
                other, key, _("La fila %(row)s de la misma persona dice otra cosa.") % {"row": figures.number(first.row)},
                _("Escribir lo mismo en todas sus filas."),
            )  # fmt: skip


def _meant(value: Any) -> Any:
    """Two ways to write one date are the same."""
    return getattr(value, "value", value)


def _written(value: Any) -> str:
    return str(getattr(value, "number", getattr(value, "text", value)))


def _ranked(sheet: Sheet, found: list[Record]) -> list[Wish]:
    """The choices of one person in the order of their numbers; empty with the fault told."""
    by_rank: dict[int, Record] = {}
    for record in found:
        rank = record.values["rank"]
        if rank is None or record.values["post"] is None:
            key = "rank" if rank is None else "post"
            sheet.fault(
                record, key, _("Falta la opción, o su plaza."), _("Escribir las dos, o quitar la fila.")
            )
            return []
        first = by_rank.setdefault(rank, record)
        if first is not record:
            record.raw.setdefault("rank", str(rank))
            facts = {"rank": rank, "row": figures.number(first.row)}
            sheet.fault(
                record, "rank", _("La opción %(rank)s ya está en la fila %(row)s.") % facts,
                _("Dar a cada plaza su número."),
            )  # fmt: skip
            return []
    last = max(by_rank)
    if last != len(by_rank):
        lacking = next(rank for rank in range(1, last) if rank not in by_rank)
        record = by_rank[min(rank for rank in by_rank if rank > lacking)]
        record.raw.setdefault("rank", str(record.values["rank"]))
        sheet.fault(
            record, "rank", _("Falta la opción %(rank)s.") % {"rank": lacking},
            _("Agregar su fila, o numerar las demás desde ella."),
        )  # fmt: skip
        return []
    return [("post", by_rank[rank], by_rank[rank].values["post"]) for rank in sorted(by_rank)]


def _checked(sheet: Sheet, lookup: FilingLookup, first: Record, wishes: list[Wish]) -> list[PostFact] | None:
    """The posts of a list that the call takes; ``None`` with every fault in its cell."""
    while wishes and wishes[-1][2] is None:
        wishes.pop()
    faults = 0

    def fault(key: str, record: Record, value: str, sentence: str, remedy: str) -> None:
        nonlocal faults
        faults += 1
        record.raw.setdefault(key, value)
        sheet.fault(record, key, sentence, remedy)

    if not wishes:
        fault(_wide(1), first, "", _("No pide ninguna plaza."), _("Escribir al menos una."))
        return None
    specialty = first.values.get("specialty")
    seen: set[int] = set()
    posts: list[PostFact] = []
    for at, (key, record, post) in enumerate(wishes, start=1):
        if post is None:
            fault(
                key, record, "", _("La opción %(rank)s está vacía y hay otras después.") % {"rank": at},
                _("Escribirla, o recorrer las que siguen."),
            )  # fmt: skip
            continue
        if post.id in seen:
            fault(
                key, record, post.key, _("%(name)s (%(key)s) está dos veces.") % {"name": post.name, "key": post.key},
                _("Dejar la de más arriba y quitar la otra."),
            )  # fmt: skip
        elif specialty is not None and post.specialty_id != specialty:
            fault(
                key, record, post.key, _("%(name)s (%(key)s) es de otra especialidad.") % {"name": post.name, "key": post.key},
                _("Corregir la plaza o la especialidad."),
            )  # fmt: skip
        elif lookup.has_limit and at == lookup.most_choices + 1:
            facts = {"count": figures.number(len(wishes)), "most": figures.number(lookup.most_choices)}
            fault(
                key, record, post.key, _("Pide %(count)s plazas y la convocatoria admite %(most)s.") % facts,
                _("Quitar las que sobran, desde esta."),
            )  # fmt: skip
        seen.add(post.id)
        posts.append(post)
    if not faults and lookup.is_complete and specialty is not None:
        lacking = [post for post in lookup.offered.get(specialty, ()) if post.id not in seen]
        if lacking:
            facts = {"count": figures.number(len(lacking)), "key": lacking[0].key}
            fault(
                wishes[-1][0], wishes[-1][1], posts[-1].key,
                _("La convocatoria pide ordenar todas las sedes; faltan %(count)s, como %(key)s.") % facts,
                _("Agregarlas en el orden que diga el papel."),
            )  # fmt: skip
    return None if faults else posts


# ----------------------------------------------------------------- the cells


def _post(lookup: FilingLookup) -> Callable[[str], PostFact | None]:
    def parse(text: str) -> PostFact | None:
        if not text:
            return None
        found = lookup.posts.get(text) or lookup.posts.get(text.upper())
        if found is None:
            raise Bad(
                _("Ninguna plaza de esta convocatoria tiene esta clave."),
                _("Copiarla de la lista de plazas. Las de otra convocatoria no sirven aquí."),
            )
        return found

    return parse


def _rank(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text)):
        raise Bad(_("No es un número de opción."), _("Escribir 1 para la que más se quiere."))
    return int(text)
