"""Codes that runs keep, as sentences in the language in force."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _


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
