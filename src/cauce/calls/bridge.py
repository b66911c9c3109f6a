"""What calls need of the engine: the seal on a lottery's seed."""

from __future__ import annotations

import cauce_engine


def commitment_of(seed: str) -> str:
    """Return the text ("sha256:…") that is published at once and binds the secret seed."""
    return cauce_engine.commitment_of(seed)
