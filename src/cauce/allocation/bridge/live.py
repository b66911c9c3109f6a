"""A live choice as the engine's question: the lists that stood, and the log of who chose in person."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import cauce_engine as engine
from cauce.allocation.bridge.runs import (
    COMPRESSION,
    PLAIN,
    CannotAsk,
    Frozen,
    Lists,
    Offer,
    question_document,
)
from cauce.calls.rules.canonical import digest_of


def freeze_live(
    lists: Lists,
    offer: Offer,
    *,
    seed: str,
    commitment: str,
    beacon: str = "",
    log: Sequence[tuple[str, str | None]],
) -> Frozen:
    """Return the question of mechanism ``live``: ``log`` are folio and key of who chose in person, in their order.

    Whoever is not in it was served from their list, which the engine follows
    again by itself. Raises ``CannotAsk`` for what contradicts itself.
    """
    document = question_document(lists, offer, seed=seed, commitment=commitment, beacon=beacon, design=PLAIN)
    document["mechanism"] = "live"
    document["log"] = [{"applicant": folio, "post": key} for folio, key in log]
    for post in document["posts"]:
        post.pop("minimum", None)
    try:
        question = engine.parse_question(document)
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    canonical = question.canonical()
    return Frozen(question, zlib.compress(canonical, COMPRESSION), f"sha256:{digest_of(canonical.decode())}")
