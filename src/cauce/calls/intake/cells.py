"""Cells that tables about calls have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cauce.base.imports import Bad
from cauce.base.phrases import phrase as _
from cauce.institutions.rules import fold


def state_of(states: Mapping[str, str]) -> Callable[[str], str]:
    """Read a state by its name or key, as ``states`` has them folded; "" for an empty cell."""

    def parse(text: str) -> str:
        found = states.get(fold(text)) if text else ""
        if found is None:
            raise Bad(
                _("No es un estado de México."), _("Escribir su nombre o su clave de INEGI, de 01 a 32.")
            )
        return found

    return parse
