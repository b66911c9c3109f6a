"""Reads the catalogue's files and says exactly which row and field is at fault."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cauce.base.errors import Refused
from cauce.institutions import queries
from cauce.institutions.models import EntryRoute, InstitutionKind
from cauce.institutions.rules import fold

FOLDER = Path(__file__).resolve().parents[1] / "catalogue"
FILES = ("sources", "states", "institutions", "profiles", "specialties", "aliases", "sites", "invented_sites")

LONGEST_LINE = 4_000

Row = dict[str, Any]
Parser = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one cell; ``row`` counts lines of the file from 1."""

    file: str
    row: int
    column: str
    value: str
    problem: Any

    def __str__(self) -> str:
        return f"{self.file}.csv:{self.row} {self.column} «{self.value[:40]}»: {self.problem}"


class CatalogueRefused(Refused):
    """Some rows cannot be read; ``faults`` lists all of them. Nothing was loaded."""

    code = "catalogue_refused"

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        first = "; ".join(str(fault) for fault in faults[:5])
        super().__init__(
            ngettext(
                "El catálogo tiene %(n)s error: %(first)s",
                "El catálogo tiene %(n)s errores: %(first)s",
                len(faults),
            )
            % {"n": len(faults), "first": first},
            _("Corregir esas celdas y cargarlo otra vez; no se guardó nada."),
        )


@dataclass
class Catalogue:
    """Every file, parsed, with references already checked. Rows are dicts by column name plus ``source`` in words."""

    digest: str
    states: list[Row] = field(default_factory=list)
    institutions: list[Row] = field(default_factory=list)
    profiles: list[Row] = field(default_factory=list)
    specialties: list[Row] = field(default_factory=list)
    aliases: list[Row] = field(default_factory=list)
    sites: list[Row] = field(default_factory=list)


def digest_of(texts: Mapping[str, str]) -> str:
    """Return the SHA-256 over the files' names and contents, in the order of ``FILES``."""
    total = hashlib.sha256()
    for name in FILES:
        total.update(f"{name}\n{texts[name]}\n".encode())
    return total.hexdigest()


def texts_of(folder: Path = FOLDER) -> dict[str, str]:
    return {name: (folder / f"{name}.csv").read_text(encoding="utf-8") for name in FILES}


def is_loaded() -> bool:
    """Whether the files of the package are the last ones loaded. One query."""
    latest = queries.latest_load()
    return latest is not None and latest.digest == digest_of(texts_of())


def read_catalogue(texts: Mapping[str, str]) -> Catalogue:
    """Parse all files; raise ``CatalogueRefused`` with every fault found."""
    faults: list[Fault] = []
    tables = {name: _read(name, texts[name], SHAPES[name], faults) for name in FILES}
    sources = {row["key"]: row["text"] for _line, row in tables["sources"]}
    known = {
        "state": {row["key"] for _line, row in tables["states"]},
        "institution": {row["code"] for _line, row in tables["institutions"]},
        "specialty": {row["code"] for _line, row in tables["specialties"]},
    }
    for name, rows in tables.items():
        _check_repeats(name, rows, faults)
        for line, row in rows:
            for column in ("state", "institution", "specialty"):
                if column in row and row[column] not in known[column]:
                    faults.append(Fault(name, line, column, row[column], _("no existe en su catálogo")))
            for code in row.get("prerequisites", ()):
                if code not in known["specialty"]:
                    faults.append(Fault(name, line, "prerequisites", code, _("no existe en su catálogo")))
            if name in ("specialties", "sites"):
                row["source"] = _sources(name, line, row["source"], sources, faults)
    _check_aliases(tables, faults)
    if faults:
        raise CatalogueRefused(faults)
    return _assemble(
        digest_of(texts), {name: [row for _line, row in rows] for name, rows in tables.items()}, sources
    )


def _assemble(digest: str, tables: dict[str, list[Row]], sources: dict[str, str]) -> Catalogue:
    for row in tables["sites"]:
        row["is_invented"] = False
    for row in tables["invented_sites"]:
        tables["sites"].append(
            {
                **row,
                "institution": "IMSS-BIENESTAR",
                "short_name": row["name"],
                "care_level": 2,
                "clues": None,
                "unit_key": None,
                "is_invented": True,
                "source": sources["inegi-2020"],
            }
        )
    for row in tables["specialties"]:
        confidence = row.pop("years_confidence")
        row["source"] = f"{row['source']}. {CONFIDENCE[confidence]}"
    return Catalogue(
        digest,
        *(tables[name] for name in ("states", "institutions", "profiles", "specialties", "aliases", "sites")),
    )


CONFIDENCE = {
    "high": "Años y requisitos: conocimiento general, confianza alta",
    "medium": "Años y requisitos: conocimiento general, confianza media; varían según la universidad",
    "low": "Años y requisitos: conocimiento general, confianza baja; varían según la universidad",
}


# ------------------------------------------------------------------ cells


def _text(limit: int, *, empty: bool = False) -> Parser:
    def parse(value: str) -> str:
        if not value and not empty:
            raise ValueError(_("está vacío"))
        if len(value) > limit:
            raise ValueError(_("pasa de %(limit)s caracteres") % {"limit": limit})
        return value

    return parse


def _whole(low: int, high: int, *, empty: bool = False) -> Parser:
    def parse(value: str) -> int | None:
        if not value and empty:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 15 or not low <= int(value) <= high:
            raise ValueError(_("no es un entero de %(low)s a %(high)s") % {"low": low, "high": high})
        return int(value)

    return parse


def _one_of(*choices: str) -> Parser:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(_("no es ninguno de: %(choices)s") % {"choices": ", ".join(choices)})
        return value

    return parse


def _degrees(value: str) -> Decimal | None:
    if not value:
        return None
    try:
        number = Decimal(value).quantize(Decimal("0.00001"))
    except InvalidOperation:
        raise ValueError(_("no es una coordenada en grados")) from None
    if not -180 <= number <= 180:
        raise ValueError(_("no es una coordenada en grados"))
    return number


def _day(value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(_("no es una fecha como 2024-02-13")) from None


def _flag(value: str) -> bool:
    return _one_of("yes", "no")(value) == "yes"


def _or_none(parser: Parser) -> Parser:
    return lambda value: parser(value) if value else None


SHAPES: dict[str, dict[str, Parser]] = {
    "sources": {"key": _text(40), "text": _text(300)},
    "states": {
        "key": _text(2),
        "name": _text(40),
        "abbreviation": _text(5),
        "curp_code": _text(2),
        "population_2020": _whole(1, 10**9),
        "imss_bienestar": _flag,
    },
    "institutions": {
        "code": _text(20),
        "acronym": _text(30),
        "name": _text(160),
        "kind": _one_of(*InstitutionKind.values),
        "country": _text(2),
        "valid_from": _day,
        "valid_until": _day,
        "source": _text(300),
    },
    "profiles": {
        "institution": _text(20),
        "year": _whole(1900, 2100),
        "covered_population": _whole(0, 10**12, empty=True),
        "units": _whole(0, 10**6, empty=True),
        "beds": _whole(0, 10**7, empty=True),
        "source": _text(300),
    },
    "specialties": {
        "code": _text(80),
        "name_es": _text(120),
        "name_en": _text(120),
        "route": _one_of(*EntryRoute.values),
        "own_years": _whole(1, 9),
        "total_years": _whole(1, 12),
        "trunk": _flag,
        "prerequisites": lambda value: tuple(value.split()),
        "prerequisite_min_years": _whole(0, 9),
        "valid_from": _day,
        "valid_until": _day,
        "years_confidence": _one_of("high", "medium", "low"),
        "source": _text(120),
    },
    "aliases": {"name": _text(120), "specialty": _text(80)},
    "sites": {
        "institution": _text(20),
        "state": _text(2),
        "municipality": _text(80, empty=True),
        "name": _text(200),
        "short_name": _text(80),
        "kind": _text(20),
        "care_level": _whole(1, 3),
        "clues": _or_none(_text(11)),
        "unit_key": _or_none(_text(10)),
        "beds": _whole(0, 5000, empty=True),
        "latitude": _degrees,
        "longitude": _degrees,
        "source": _text(80),
    },
    "invented_sites": {
        "state": _text(2),
        "municipality": _text(80),
        "name": _text(80),
        "kind": _text(20),
        "beds": _whole(0, 5000, empty=True),
        "latitude": _degrees,
        "longitude": _degrees,
    },
}
UNIQUE = {
    "sources": (("key",),),
    "states": (("key",), ("name",), ("curp_code",)),
    "institutions": (("code",),),
    "profiles": (("institution", "year"),),
    "specialties": (("code",),),
    "sites": (("clues",), ("unit_key",), ("institution", "state", "municipality", "name")),
    "invented_sites": (("state", "municipality", "name"),),
}


# ------------------------------------------------------------------- files


def _read(name: str, text: str, shape: dict[str, Parser], faults: list[Fault]) -> list[tuple[int, Row]]:
    numbered = [
        (number, line) for number, line in enumerate(text.splitlines(), 1) if not line.startswith("#")
    ]
    if not numbered or next(csv.reader([numbered[0][1]])) != list(shape):
        head = numbered[0][0] if numbered else 1
        faults.append(
            Fault(name, head, "", "", _("las columnas deben ser: %(names)s") % {"names": ", ".join(shape)})
        )
        return []
    rows = []
    for number, line in numbered[1:]:
        if len(line) > LONGEST_LINE:
            faults.append(
                Fault(
                    name,
                    number,
                    "",
                    line,
                    _("la línea pasa de %(limit)s caracteres") % {"limit": LONGEST_LINE},
                )
            )
            continue
        cells = next(csv.reader([line]), [])
        if len(cells) != len(shape):
            faults.append(Fault(name, number, "", line, _("sobran o faltan columnas")))
            continue
        row: Row = {}
        for (column, parse), cell in zip(shape.items(), cells, strict=True):
            try:
                row[column] = parse(cell.strip())
            except ValueError as error:
                faults.append(Fault(name, number, column, cell, str(error)))
        if len(row) == len(shape):
            rows.append((number, row))
    return rows


def _check_repeats(name: str, rows: Iterable[tuple[int, Row]], faults: list[Fault]) -> None:
    for columns in UNIQUE.get(name, ()):
        seen: dict[tuple[Any, ...], int] = {}
        for line, row in rows:
            key = tuple(row[column] for column in columns)
            if key == (None,):
                continue
            if key in seen:
                said = _("repite la línea %(line)s") % {"line": seen[key]}
                faults.append(Fault(name, line, ", ".join(columns), " ".join(map(str, key)), said))
            seen[key] = line


def _check_aliases(tables: dict[str, list[tuple[int, Row]]], faults: list[Fault]) -> None:
    """A name, whatever its case and accents, means one specialty only."""
    seen = {fold(row["name_es"]): row["code"] for _line, row in tables["specialties"]}
    for line, row in tables["aliases"]:
        row["folded"] = fold(row["name"])
        if row["folded"] in seen:
            said = _("ya es nombre de %(code)s") % {"code": seen[row["folded"]]}
            faults.append(Fault("aliases", line, "name", row["name"], said))
        seen[row["folded"]] = row["specialty"]


def _sources(name: str, line: int, keys: str, sources: dict[str, str], faults: list[Fault]) -> str:
    for key in keys.split():
        if key not in sources:
            faults.append(Fault(name, line, "source", key, _("no existe en sources.csv")))
    return "; ".join(sources.get(key, key) for key in keys.split())
