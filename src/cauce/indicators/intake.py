"""Reads the catalogue of published figures and says which entry is at fault."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from cauce.base.errors import Refused
from cauce.indicators.models import PublishedFigure, Replay
from cauce.indicators.rules import UNITS
from cauce.indicators.rules.drive import Assumption, Drive, Fact, Institution, Place
from cauce.indicators.rules.replay import digest

FILE = Path(__file__).resolve().parent / "catalogue" / "figures.json"
RESULTS = FILE.with_name("replay_2022.json")
DRIVE = FILE.with_name("drive_2022.json")
_MAY_BE_EMPTY = {"note", "note_en"}


class FiguresRefused(Refused):
    """An entry of the catalogue cannot be read. Nothing was loaded."""

    code = "figures_refused"


def read_figures(text: str) -> list[dict[str, Any]]:
    """Return the entries as values of ``PublishedFigure``; raise ``FiguresRefused`` at the first that is wrong."""
    try:
        entries = json.loads(text)["figures"]
    except (ValueError, KeyError, TypeError) as error:
        raise FiguresRefused(
            _("figures.json no es un catálogo de cifras: %(why)s") % {"why": str(error)[:80]}
        ) from error
    if not entries or not isinstance(entries, list):
        raise FiguresRefused(_("figures.json no trae ninguna cifra."))
    fields = [field for field in PublishedFigure._meta.get_fields() if field.name != "id"]
    seen: set[str] = set()
    for place, entry in enumerate(entries, 1):
        for field in fields:
            if problem := _problem(entry, field):
                raise FiguresRefused(
                    _("figures.json, cifra %(place)s, %(field)s: %(problem)s")
                    % {"place": place, "field": field.name, "problem": problem},
                    _("Corregirla y cargar el catálogo otra vez."),
                )
        if entry["code"] in seen:
            raise FiguresRefused(
                _("figures.json, cifra %(place)s: su clave está repetida.") % {"place": place}
            )
        seen.add(entry["code"])
        entry["value"] = Decimal(entry["value"]).quantize(Decimal("0.01"))
    return [{field.name: entry[field.name] for field in fields} for entry in entries]


def catalogue_text() -> str:
    """The catalogue's file."""
    return FILE.read_text(encoding="utf-8")


def is_loaded() -> bool:
    """Whether the rows are those of the catalogue's file. One query."""
    wanted = {entry["code"]: entry for entry in read_figures(catalogue_text())}
    rows = {row["code"]: row for row in PublishedFigure.objects.values(*next(iter(wanted.values())))}
    return rows == wanted


def _problem(entry: dict[str, Any], field: Any) -> Any:
    value: Any = entry.get(field.name)
    if value in ("", None) and field.name not in _MAY_BE_EMPTY:
        return _("falta.")
    if field.max_length and len(value) > field.max_length:
        return _("pasa de %(limit)s caracteres.") % {"limit": field.max_length}
    if field.name == "unit" and value not in UNITS:
        return _("no es ninguna de: %(units)s.") % {"units": ", ".join(UNITS)}
    if field.name == "value":
        try:
            Decimal(value)
        except InvalidOperation:
            return _("no es un número.")
    return ""


# ------------------------------------------------------------ the drive of 2022


@cache
def read_drive() -> Drive:
    """The catalogue of the drive of 2022: facts, splits, states, assumptions."""
    document = json.loads(DRIVE.read_text(encoding="utf-8"))
    return Drive(
        facts={fact["key"]: Fact(**fact) for fact in document["facts"]},
        checks=document["checks"],
        institutions=[
            Institution(**{**one, "named_percent": Decimal(one["named_percent"])})
            for one in document["institutions"]
        ],
        institutions_source=document["institutions_source"],
        specialties=[(one["code"], one["name"], one["posts"]) for one in document["specialties"]],
        specialties_source=document["specialties_source"],
        states=[
            Place(**{**one, "latitude": Decimal(one["latitude"]), "longitude": Decimal(one["longitude"])})
            for one in document["states"]
        ],
        states_source=document["states_source"],
        draft_2025=(document["draft_2025"]["posts"], document["draft_2025"]["source"]),
        assumptions=[Assumption(**one) for one in document["assumptions"]],
    )


class ResultsRefused(Refused):
    """The delivered results are not those whose digest stands beside them. Nothing was loaded."""

    code = "results_refused"


def delivered_replay() -> tuple[bytes, int]:
    """The results that come with the product, and the processor seconds they took; raises ``ResultsRefused``."""
    document = RESULTS.read_bytes()
    about = json.loads(RESULTS.with_suffix(".about.json").read_text(encoding="utf-8"))
    if digest(document) != about["digest"]:
        raise ResultsRefused(
            _("replay_2022.json no es el archivo cuya huella está en replay_2022.about.json."),
            _("Recuperarlo, o producirlo otra vez con la orden replay_2022 --write."),
        )
    return document, int(about["seconds"])


def replay_is_loaded() -> bool:
    """Whether the results that come with the product are among the rows. One query."""
    document, _seconds = delivered_replay()
    return Replay.objects.filter(is_delivered=True, digest=digest(document)).exists()


def write_replay(document: bytes, seconds: int) -> None:
    """Put results in the place of the delivered ones, with their digest beside them."""
    RESULTS.write_bytes(document)
    about = {"digest": digest(document), "seconds": seconds}
    RESULTS.with_suffix(".about.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
