"""Codes that runs keep, as sentences in the language in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cauce.allocation.rules import rehearsal as trial
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
    if code == "merit_without_sheets":
        return _(
            "A %(count)s solicitudes su calificación no les sale de hojas selladas; por ejemplo, %(folios)s. "
            "Nadie entra al orden con un valor que ningún jurado registró: revisar la bitácora."
        ) % {"count": facts.get("count"), "folios": ", ".join(facts.get("folios", []))}
    if code == "orders_missing":
        return _(
            "Falta el orden propio de %(count)s plazas que alguien pidió; por ejemplo, %(posts)s. "
            "Cargarlos en Grupos y órdenes y pedir otra corrida."
        ) % {"count": facts.get("count"), "posts": ", ".join(facts.get("posts", []))}
    if code == "log_differs":
        return _(
            "El motor no llega a lo que dice el registro de la elección en vivo en %(count)s folios; por ejemplo, "
            "%(folios)s. No se publica: avisar a auditoría."
        ) % {"count": facts.get("count"), "folios": ", ".join(facts.get("folios", []))}
    if code == "unanswerable":
        return _("Los datos se contradicen: %(problem)s. Corregir ese dato y pedir otra corrida.") % {
            "problem": facts.get("problem" if _in_spanish() else "problem_en")
        }
    if code == "lists_changed":
        return _(
            "Las listas cambiaron después de congelar la pregunta (huella %(frozen)s). "
            "Revisar la bitácora antes de pedir otra corrida."
        ) % {"frozen": facts.get("frozen")}
    if code == "uncertified":
        check = facts.get("check", {})
        return _(
            "El certificador no dio por buena la respuesta: no se cumple %(name)s (%(statement)s). Testigo: %(witness)s. "
            "Nada se guardó; avisar al equipo técnico con la huella de la pregunta."
        ) % {
            "name": check.get("name"),
            "statement": check.get("statement" if _in_spanish() else "statement_en"),
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


def rehearsal_failure(code: str, facts: dict[str, Any]) -> str:
    """Why a rehearsal failed and what to do, for its manager."""
    if code == "unanswerable":
        return _("Los datos se contradicen: %(problem)s. Corregir ese dato y ensayar otra vez.") % {
            "problem": facts.get("problem" if _in_spanish() else "problem_en")
        }
    if code == "silent":
        return _(
            "El programa que ensayaba dejó de dar señales tres veces. Ensayar otra vez; "
            "si vuelve a pasar, avisar al equipo técnico."
        )
    return _(
        "Algo falló de nuestro lado (%(error)s). Ensayar otra vez; si vuelve a fallar, avisar al equipo técnico."
    ) % {"error": facts.get("error", code)}


def _in_spanish() -> bool:
    return (get_language() or "es").startswith("es")


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


def variant_words(name: str, points: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Return of a way of assigning: its name, what it does, who gains and what it costs, for a manager."""
    given = _(" y ").join(
        words % {"points": value}
        for kind, words in (
            ("site", _("%(points)s puntos a quien viene de la sede")),
            ("state", _("%(points)s puntos a quien viene del estado")),
        )
        if (value := points.get(kind))
    )
    words = {
        "merit": (
            _("Por orden de mérito"),
            _("Se atiende a cada persona, de la primera a la última; recibe la primera opción de su lista con lugar."),
            _("Gana quien tiene más mérito. Nadie mejora mintiendo en su lista."),
            _("Quien va al final toma lo que queda; ninguna plaza puede preferir a nadie."),
        ),
        "classes": (
            _("Mérito con lugares reservados"),
            _("Cada plaza guarda lugares para un grupo; los que sobran pasan a la clase que digan las reglas."),
            _("Gana el grupo con lugares reservados, hasta donde alcancen. Nadie mejora mintiendo."),
            _("Puede quedar fuera de una plaza alguien con más mérito que no es del grupo."),
        ),
        "regions": (
            _("Mérito con tope por estado, flexible"),
            _("Un estado no recibe más personas que su tope; sus plazas pasan de su objetivo mientras quede tope."),
            _("Ganan los estados sin tope, que reciben a quien ya no cabe. Nadie mejora mintiendo."),
            _("Quedan lugares vacíos en los estados con tope, aunque haya quien los quiera."),
        ),
        "points": (
            _("Cada plaza con su orden: mérito más puntos"),
            _("Cada plaza suma %(given)s; las personas proponen en el orden de su lista.") % {"given": given}
            if given
            else _("Cada plaza suma puntos a quien viene de ahí; las personas proponen en el orden de su lista."),
            _("Gana quien pide plazas de donde viene. Nadie mejora mintiendo en su lista."),
            _("Quien no tiene ese origen puede perder una plaza ante alguien con menos mérito."),
        ),
        "draft": (
            _("Todo lo que dice esta convocatoria"),
            _("Clases, topes y orden de cada plaza, juntos, como están escritos en Cómo se asigna."),
            _("Ganan los grupos que esas reglas protegen. Nadie mejora mintiendo."),
            _("Cada regla le quita a alguien lo que le da a otra persona: ver la tabla por grupo."),
        ),
        "first": (
            _("Primero las primeras opciones"),
            _("Se reparten todas las primeras opciones, luego las segundas, y lo dado no se quita."),
            _("Suben las primeras opciones en el papel."),
            _("Quien pide primero algo difícil pierde también lo que sí alcanzaba: castiga decir la verdad."),
        ),
        "stuck": (
            _("Reservar sin decir a quién pasan"),
            _("Los lugares de un grupo que nadie de él pide quedan vacíos."),
            _("Nadie gana."),
            _("Lugares vacíos con personas que los querían."),
        ),
        "cut": (
            _("Cortar cada plaza a su objetivo"),
            _("El tope del estado se reparte de antemano entre sus plazas, y ninguna pasa de su parte."),
            _("Ganan las plazas menos pedidas, a veces."),
            _("Lugares vacíos dentro del tope: la regla flexible llena más sin pasarse."),
        ),
    }  # fmt: skip
    return words[name]


def group_words(name: str, labels: Mapping[str, str]) -> str:
    words = {
        "all": _("Todas las personas"),
        "top": _("Primer tercio por mérito"),
        "middle": _("Tercio de en medio"),
        "bottom": _("Último tercio"),
    }
    key = name.removeprefix("class ")
    return words.get(name) or labels.get(key) or key


def assumption_words() -> list[str]:
    """What is assumed of generated people, one sentence each."""
    return [
        _("Son %(ratio)s personas por lugar, de cada especialidad en proporción a sus lugares; entre %(least)s y %(most)s.")
        % {
            "ratio": figures.number(trial.PEOPLE_PER_SEAT),
            "least": figures.number(trial.FEWEST_PEOPLE),
            "most": figures.number(trial.MOST_PEOPLE),
        },
        _("Cada lista tiene de %(least)s a %(most)s opciones, o todas las sedes (hasta %(all)s) si la convocatoria lo pide.")
        % {"least": trial.LIST_LENGTH[0], "most": trial.LIST_LENGTH[1], "all": trial.LONGEST_COMPLETE},
        _("Unas plazas gustan más que otras, en un orden al azar; las del propio estado pesan %(times)s veces más.")
        % {"times": trial.HOME_WEIGHT},
        _("El mérito se sortea alrededor de la mitad del intervalo de cada criterio, sin relación con el origen."),
        _("%(share)s de las personas vienen de una de las sedes de su estado.")
        % {"share": figures.percent(trial.FROM_A_SITE)},
        _("En cada grupo con lugares reservados hay %(ratio)s personas por lugar reservado.")
        % {"ratio": figures.number(Decimal(str(trial.GROUP_PER_SEAT)))},
        _("Si la convocatoria no da puntos, se prueban los de un ejemplo: %(share)s del intervalo del primer criterio.")
        % {"share": figures.percent(trial.POINTS_SHARE)},
    ]  # fmt: skip
