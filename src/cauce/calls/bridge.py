"""What calls need of the engine: the seal on a lottery's seed."""

from __future__ import annotations

from collections.abc import Sequence

import cauce_engine


def commitment_of(seed: str) -> str:
    """Return the text ("sha256:…") that is published at once and binds the secret seed."""
    return cauce_engine.commitment_of(seed)


def tickets(key: str, folios: Sequence[str]) -> list[str]:
    """The ticket of each folio in the call's lottery, as the engine draws it; the smaller comes first.

    ``key`` is the seed, followed by the beacon where the call has one.
    """
    lottery = cauce_engine.Lottery(key)
    return [lottery.ticket(folio) for folio in folios]
