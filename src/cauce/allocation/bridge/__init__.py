"""The only door to the engine: rows to a question, an answer to rows. No writes.

Nothing here loads the compiler until something is solved, so pages may import this package.
"""

import cauce_engine as engine
from cauce.allocation.bridge.corrections import Outcome, correction_outcome
from cauce.allocation.bridge.live import freeze_live
from cauce.allocation.bridge.outlooks import Found, rehearsed
from cauce.allocation.bridge.own_values import own_orders
from cauce.allocation.bridge.runs import (
    COMPRESSION,
    ENGINE_VERSION,
    Answer,
    CannotAsk,
    ClassCut,
    Cut,
    Frozen,
    Gap,
    Lists,
    NotCertified,
    Offer,
    Placed,
    Reason,
    class_cuts,
    cuts,
    digest_of,
    dropped,
    first_difference,
    freeze,
    gap,
    merit_order,
    minima,
    opened,
    placements,
    question_document,
    rehearse,
    solve,
    ticket,
)
from cauce.allocation.bridge.sensitivity import answered_without

__all__ = [
    "COMPRESSION",
    "ENGINE_VERSION",
    "Answer",
    "CannotAsk",
    "ClassCut",
    "Cut",
    "Found",
    "Frozen",
    "Gap",
    "Lists",
    "NotCertified",
    "Offer",
    "Outcome",
    "Placed",
    "Reason",
    "answered_without",
    "class_cuts",
    "correction_outcome",
    "cuts",
    "digest_of",
    "dropped",
    "engine",
    "first_difference",
    "freeze",
    "freeze_live",
    "gap",
    "merit_order",
    "minima",
    "opened",
    "own_orders",
    "placements",
    "question_document",
    "rehearse",
    "rehearsed",
    "solve",
    "ticket",
]
