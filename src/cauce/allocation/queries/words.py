"""Codes that runs keep, as sentences in the language in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cauce.base import figures


def stage_words(stage: str) -> tuple[str, int, int]:
    """What a worker is doing, how many stages are behind it, and how many there are."""
    words = {
        "freeze": _("Congelando la pregunta, etapa 1 de 3"),
        "solve": _("Resolviendo y certificando, etapa 2 de 3"),
        "keep": _("Guardando la respuesta, etapa 3 de 3"),
    }
    done = list(words).index(stage) if stage in words else 0
    return words.get(stage, _("Esperando turno")), done, len(words)


def failure_sentence(code: str, facts: dict[str, Any]) -> str:
    """Why a run failed and what to do, for its manager; empty without a code."""
    if not code:
        return ""
    if code == "no_lists":
        return _("Nadie envió lista a esta convocatoria: no hay qué asignar.")
    if code == "merit_missing":
        return _(
            "A %(count)s solicitudes les falta el puntaje de algún criterio; por ejemplo, %(folios)s. "
            "Cargar los puntajes y pedir otra corrida."
        ) % {"count": facts.get("count"), "folios": ", ".join(facts.get("folios", []))}
    if code == "orders_missing":
        return _(
            "Falta el orden propio de %(count)s plazas que alguien pidió; por ejemplo, %(posts)s. "
            "Cargarlos en Grupos y órdenes y pedir otra corrida."
        ) % {"count": facts.get("count"), "posts": ", ".join(facts.get("posts", []))}
    if code == "unanswerable":
        return _("Los datos se contradicen: %(problem)s. Corregir ese dato y pedir otra corrida.") % {
            "problem": facts.get("problem")
        }
    if code == "lists_changed":
        return _(
            "Las listas cambiaron después de congelar la pregunta (huella %(frozen)s). "
            "Revisar la bitácora antes de pedir otra corrida."
        ) % {"frozen": facts.get("frozen")}
    if code == "uncertified":
        check = facts.get("check", {})
        spanish = (get_language() or "es").startswith("es")
        return _(
            "El certificador no dio por buena la respuesta: no se cumple %(name)s (%(statement)s). Testigo: %(witness)s. "
            "Nada se guardó; avisar al equipo técnico con la huella de la pregunta."
        ) % {
            "name": check.get("name"),
            "statement": check.get("statement" if spanish else "statement_en"),
            "witness": check.get("witness"),
        }
    if code == "silent":
        return _(
            "El programa que hacía la corrida dejó de dar señales tres veces. Nada quedó a medias. "
            "Pedir otra corrida; si vuelve a pasar, avisar al equipo técnico."
        )
    return _(
        "Algo falló de nuestro lado (%(error)s). Nada quedó a medias. Pedir otra corrida; "
        "si vuelve a fallar, dar al equipo técnico el número de tarea %(task)s."
    ) % {"error": facts.get("error", code), "task": facts.get("task", "–")}


def wish_sentence(
    reason: Sequence[Any], *, criteria: Sequence[Mapping[str, Any]], labels: Mapping[str, str]
) -> str:
    """Say what became of a wish where classes of seats, regions or posts' own orders decide; for anybody to read."""
    code, seat_class, distance, element, mine, last = reason
    if code == "no_seats":
        return _(
            "Esta plaza no tiene lugares para quien no es de sus grupos reservados, o su estado llegó a su tope."
        )
    if code == "dropped":
        return _("La plaza no incluyó este folio en su orden.")
    if code != "behind":
        return ""
    facts = {
        "distance": figures.number(distance), "class": labels.get(seat_class) or _("Lugares abiertos"),
        "mine": mine, "last": last, "label": criteria[element - 1]["label"] if element > 0 else "",
    }  # fmt: skip
    said = ngettext(
        "A %(distance)s lugar de la última persona admitida en «%(class)s», en el orden de esta plaza.",
        "A %(distance)s lugares de la última persona admitida en «%(class)s», en el orden de esta plaza.",
        distance,
    )
    if element > 0:
        said += " " + _("Los separó %(label)s, con los puntos de esta plaza: %(last)s; este folio, %(mine)s.")
    elif element == 0:
        said += " " + _("Todo lo demás era igual; los separó el sorteo, sellado antes del cierre.")
    else:
        said += " " + _("Así los ordenó la plaza en la lista que entregó.")
    return said % facts
